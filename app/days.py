"""Days as they are written on the command line: one, or from one to another."""

import datetime
from collections.abc import Iterable

from calendars.school_days import dates
from models.errors import BadInput

_LONGEST = 60


def days_in(given: Iterable[str], option: str) -> list[datetime.date]:
    """Return every day that is given as YYYY-MM-DD or as FIRST..LAST, each once and in order; BadInput names the `option` for what is neither."""
    return sorted({day for one in given for day in _span(one, option)})


def _span(text: str, option: str) -> list[datetime.date]:
    first, dots, last = (part.strip() for part in text.partition(".."))
    try:
        begin = datetime.date.fromisoformat(first)
        end = datetime.date.fromisoformat(last) if dots else begin
    except ValueError:
        raise BadInput(f'"{text}" is no day: write {option} 2027-03-01, or {option} 2027-03-01..2027-03-05 for a period.') from None
    if not 0 <= (end - begin).days <= _LONGEST:
        raise BadInput(f'"{text}" is no period: it goes from a day to a later one, {_LONGEST} days at most.')
    return dates(begin, end)
