"""Moments, and the days on which they fall where Lodestar is at home."""

import datetime
from zoneinfo import ZoneInfo

LONDON = "Europe/London"
_ZONE = ZoneInfo(LONDON)


def day_of(moment: datetime.datetime) -> datetime.date:
    """Return the day in London on which a moment falls."""
    return moment.astimezone(_ZONE).date()
