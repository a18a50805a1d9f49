"""Days on which a school is kept free of visits: its own pupils sit tests or examinations, or the programme says so. Pure."""

import datetime
from collections.abc import Iterable

from calendars.school_days import Span
from calendars.terms import blackout
from models.programme import Blackout, Programme

# The lowest and the highest statutory age of a school's pupils, as the register has them.
Ages = tuple[int | None, int | None]

EXAMINATIONS = "tests or examinations"
# How old pupils are before and after their birthday in the year in which they sit them: year 6, year 1 and year 11.
_SAT_AT = {"ks2_tests": (10, 11), "phonics_check": (5, 6), "gcse_exams": (15, 16)}


def sits(name: str, ages: Ages) -> bool:
    """Tell whether pupils of a school of these ages sit the tests or examinations of a blackout; where an age is not known, they may."""
    (low, high), (youngest, oldest) = ages, _SAT_AT[name]
    return (low is None or low <= youngest) and (high is None or high >= oldest)


def blackouts(programme: Programme, ages: Ages, years: Iterable[int]) -> list[tuple[Span, str]]:
    """Return the days that begin in some calendar years on which the programme keeps a school of these ages free, each stretch with why."""
    names, found = [name for name in programme.schedule.avoid if sits(name, ages)], list[tuple[Span, str]]()
    for year in years:
        found += [(blackout(name, year), EXAMINATIONS) for name in names]
        found += [(_span(one, year), one.title) for one in programme.schedule.blackouts]
    return found


def _span(one: Blackout, year: int) -> Span:
    """Return a blackout as it begins in a year; one that ends earlier in the year than it begins goes on into the next."""
    first, last = datetime.date.fromisoformat(f"{year}-{one.first}"), datetime.date.fromisoformat(f"{year}-{one.last}")
    return (first, last) if first <= last else (first, datetime.date.fromisoformat(f"{year + 1}-{one.last}"))
