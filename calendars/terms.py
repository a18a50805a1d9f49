"""Term dates assumed by rule where an authority's own have not been loaded, and weeks to keep free of visits."""

import datetime

from dateutil.easter import easter

from calendars.bank_holidays import bank_holidays
from calendars.school_days import ONE_DAY, Span

ASSUMED = "assumed by rule: load the authority's own dates"
_WEEK = 7 * ONE_DAY


def _monday_of(day: datetime.date) -> datetime.date:
    return day - (day.isoweekday() - 1) * ONE_DAY


def _on_school_days(first: datetime.date, last: datetime.date) -> Span:
    """Return a term without the weekends and bank holidays at its ends."""
    shut = bank_holidays({first.year, last.year})
    while first.isoweekday() > 5 or first in shut:
        first += ONE_DAY
    while last.isoweekday() > 5 or last in shut:
        last -= ONE_DAY
    return first, last


def assumed_terms(year: int) -> list[tuple[str, Span]]:
    """Return the six half-terms of the school year that begins in `year`, as most authorities in England set them.

    Autumn begins on 2 September; half-terms fall in the last full week of October, the week of the
    third Monday of February and the week of the late May bank holiday; two weeks are free around Easter; summer ends on
    22 July. Where the first or last day would be a weekend or a bank holiday, it is the next or the last school day.
    """
    last_october = datetime.date(year, 10, 31)
    october = _monday_of(last_october) if last_october.isoweekday() >= 5 else _monday_of(last_october) - _WEEK
    christmas = _monday_of(datetime.date(year, 12, 23)) - 3 * ONE_DAY
    january = datetime.date(year + 1, 1, 4)
    february = _monday_of(datetime.date(year + 1, 2, 21))
    sunday = easter(year + 1)
    # An early Easter is followed by the holiday, a late one closes it.
    before_easter = sunday - 2 * ONE_DAY if sunday < datetime.date(year + 1, 4, 5) else sunday - 9 * ONE_DAY
    after_easter = before_easter + 17 * ONE_DAY
    may = _monday_of(datetime.date(year + 1, 5, 31))
    terms = [
        (f"Autumn 1 {year}", (datetime.date(year, 9, 2), october - 3 * ONE_DAY)),
        (f"Autumn 2 {year}", (october + _WEEK, christmas)),
        (f"Spring 1 {year + 1}", (january, february - 3 * ONE_DAY)),
        (f"Spring 2 {year + 1}", (february + _WEEK, before_easter)),
        (f"Summer 1 {year + 1}", (after_easter, may - 3 * ONE_DAY)),
        (f"Summer 2 {year + 1}", (may + _WEEK, datetime.date(year + 1, 7, 22))),
    ]
    return [(name, _on_school_days(*span)) for name, span in terms]


def _nth_monday(year: int, month: int, number: int) -> datetime.date:
    first = datetime.date(year, month, 1)
    return _monday_of(first + 6 * ONE_DAY) + (number - 1) * _WEEK


def blackout(name: str, year: int) -> Span:
    """Return the first and last day of a blackout in calendar year `year`.

    Key stage 2 tests are held in the second full week of May, the phonics check in the second week of June, and GCSE
    examinations from the second week of May to the third week of June (Standards and Testing Agency; JCQ key dates).
    """
    match name:
        case "ks2_tests":
            monday = _nth_monday(year, 5, 2)
            return monday, monday + 4 * ONE_DAY
        case "phonics_check":
            monday = _nth_monday(year, 6, 2)
            return monday, monday + 4 * ONE_DAY
        case _:
            return _nth_monday(year, 5, 2), _nth_monday(year, 6, 3) + 4 * ONE_DAY
