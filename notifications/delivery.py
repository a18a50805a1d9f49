"""Delivering what waits in the outbox: lease a few, say each, record each."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pendulum

from models.database import Database
from models.errors import DeliveryTrouble
from models.message import Message
from models.settings import Settings
from notifications import outbox
from notifications.channels.councilmail import NotifyCouncilMail, Server
from notifications.channels.mail import Mail, Party, is_address
from notifications.channels.mailbox import NotifyMailbox
from notifications.channels.outcome import Outcome
from notifications.invitations import files_of
from notifications.rendering import render

Channel = Callable[[Mail], Outcome]
_LEASED = 50
_LOG = logging.getLogger("lodestar.delivery")


@dataclass(frozen=True, slots=True)
class Post:
    """How messages leave this installation: the channel, the sender, and whether a message said again only replaces itself."""

    channel: Channel
    sender: Party
    repeats_replace: bool = False


def mailbox_channel(folder: Path) -> Channel:
    """Return a channel that writes into `folder`; DeliveryTrouble if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeliveryTrouble(f"The mailbox folder {folder} cannot be made ({error.strerror}): set LODESTAR_HOME.") from error

    def deliver(mail: Mail) -> Outcome:
        plugin = NotifyMailbox(mail, folder)
        plugin.notify(body=mail.text, title=mail.subject)
        return plugin.outcome

    return deliver


def smtp_channel(server: Server) -> Channel:
    """Return a channel that hands mails to `server`."""

    def deliver(mail: Mail) -> Outcome:
        plugin = NotifyCouncilMail(mail, server)
        plugin.notify(body=mail.text, title=mail.subject)
        return plugin.outcome

    return deliver


def post_from(settings: Settings) -> Post:
    """Return the way out that the settings ask for."""
    sender = Party(settings.sender_name, settings.sender_address)
    if settings.mail == "mailbox":
        return Post(mailbox_channel(settings.mailbox), sender, repeats_replace=True)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = Server(settings.smtp_host, settings.smtp_port, settings.smtp_starttls, settings.smtp_user, password)
    return Post(smtp_channel(server), sender)


def deliver_one(message: Message, post: Post, at: pendulum.DateTime) -> Outcome:
    """Say one message; what cannot be said (no such address) is a final outcome, not an exception."""
    if message.to_address is None or not is_address(message.to_address):
        return Outcome("address", False, 553, "this is not an address that can be written to")
    try:
        words = render(message.kind, message.context)
        # A message that comes late is as old as it is: what was said after it counts.
        calendars = files_of(message.context, message.to_name, message.to_address, message.created_at)
    except jinja2.TemplateError as error:
        return Outcome("words", False, 554, f"this message cannot be put into words: {error}")
    to = Party(message.to_name, message.to_address)
    return post.channel(Mail(message.key, to, post.sender, words.subject, words.text, words.html, at, message.reply_to, calendars))


def deliver_waiting(database: Database, post: Post, worker: str, at: pendulum.DateTime, most: int = 10_000) -> Counter[str]:
    """Deliver up to `most` messages that are due at `at`, and return how many ended how.

    Each outcome is saved before the next message is said, so that a killed worker repeats at most the message in flight;
    where a repeat only replaces what was there, those of one lease are saved together.
    """
    tally: Counter[str] = Counter()
    while tally.total() < most:
        with database.writing() as session:
            messages = outbox.lease(session, worker, at, min(_LEASED, most - tally.total()))
        if not messages:
            break
        size = _LEASED if post.repeats_replace else 1
        for start in range(0, len(messages), size):
            tally.update(_deliver(database, post, messages[start : start + size], at))
    return tally


def _deliver(database: Database, post: Post, messages: Sequence[Message], at: pendulum.DateTime) -> list[str]:
    """Say these messages, then save their outcomes in one transaction; return how each ended."""
    said = [(message, deliver_one(message, post, at)) for message in messages]
    for message, outcome in said:
        if not outcome.accepted:
            _LOG.warning("message %s was not accepted: %s %s", message.id, outcome.code, outcome.channel)
    with database.writing() as session:
        return [status.value for status in outbox.record_attempts(session, said, at)]
