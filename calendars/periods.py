"""Half-terms, terms and school years as periods in which something comes back, told from the school days alone."""

import datetime
from collections.abc import Hashable
from functools import lru_cache
from typing import Literal, cast

from calendars.school_days import SchoolCalendar, Span, school_year

Every = Literal["half_term", "term", "year"]
# The terms of a school year, which are in this order by the alphabet too.
SEASONS = ("autumn", "spring", "summer")
# A term of one school year: the year in which that began, and the season.
Term = tuple[int, str]


def period(calendar: SchoolCalendar, day: datetime.date, every: Every) -> Hashable | None:
    """Return the half-term, term or school year that a school day lies in; None for a day that is in none.

    A half-term is a stretch without a week's break; a term is the stretches of one season, autumn, spring or summer, by the middle of each:
    authorities name and part their terms differently, and some have a break of two weeks in the autumn.
    """
    if every == "year":
        return school_year(day)
    stretch = calendar.stretch(day)
    if stretch is None:
        return None
    if every == "half_term":
        return stretch[0]
    middle = stretch[0] + (stretch[1] - stretch[0]) / 2
    season = "autumn" if middle.month >= 9 else "spring" if middle.month <= 3 else "summer"
    return school_year(middle), season


@lru_cache(maxsize=64)
def periods(calendar: SchoolCalendar, first: datetime.date, last: datetime.date, every: Every) -> tuple[Span, ...]:
    """Return the first and last school day of each half-term, term or school year from `first` to `last`, cut off at both ends."""
    found: dict[Hashable, list[datetime.date]] = {}
    for day in calendar.days(first, last):
        found.setdefault(period(calendar, day, every), []).append(day)
    return tuple((days[0], days[-1]) for days in found.values())


@lru_cache(maxsize=64)
def terms(calendar: SchoolCalendar) -> dict[Term, Span]:
    """Return the first and last school day of every term that a calendar knows, in order."""
    if calendar.first is None or calendar.last is None:
        return {}
    found: dict[Term, Span] = {}
    for day in calendar.days(calendar.first, calendar.last):
        year, season = cast(Term, period(calendar, day, "term"))
        found[year, season] = (found.get((year, season), (day, day))[0], day)
    return found


def title(term: Term) -> str:
    """Return how people call a term: spring 2027."""
    year, season = term
    return f"{season} {year if season == SEASONS[0] else year + 1}"
