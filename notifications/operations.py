"""Telling operations that something failed, through any address that Apprise knows."""

import logging

import apprise

from models.settings import Settings

_LOG = logging.getLogger("lodestar.operations")


def alert(title: str, body: str, settings: Settings) -> bool:
    """Tell operations; without an address, or if it does not answer, it stays a line in the log. Return whether it was told."""
    _LOG.error("%s: %s", title, body)
    if settings.alerts_url is None:
        return False
    channel = apprise.Apprise()
    if not channel.add(settings.alerts_url.get_secret_value()):
        _LOG.error("LODESTAR_ALERTS_URL is not an address that Apprise knows.")
        return False
    return bool(channel.notify(title=title, body=body))
