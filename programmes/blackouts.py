"""Weeks in which a school is kept free of visits, since its own pupils sit tests or examinations. Pure."""

from collections.abc import Iterable

from calendars.school_days import Span
from calendars.terms import blackout
from models.programme import Programme

# The lowest and the highest statutory age of a school's pupils, as the register has them.
Ages = tuple[int | None, int | None]

# How old pupils are before and after their birthday in the year in which they sit them: year 6, year 1 and year 11.
_SAT_AT = {"ks2_tests": (10, 11), "phonics_check": (5, 6), "gcse_exams": (15, 16)}


def sits(name: str, ages: Ages) -> bool:
    """Tell whether pupils of a school of these ages sit the tests or examinations of a blackout; where an age is not known, they may."""
    (low, high), (youngest, oldest) = ages, _SAT_AT[name]
    return (low is None or low <= youngest) and (high is None or high >= oldest)


def blackouts(programme: Programme, ages: Ages, years: Iterable[int]) -> list[Span]:
    """Return the weeks of some calendar years in which the programme keeps a school of these ages free."""
    names = [name for name in programme.schedule.avoid if sits(name, ages)]
    return [blackout(name, year) for year in years for name in names]
