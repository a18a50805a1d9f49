"""Meetings of several schools: pure decisions on the day, on the school that hosts, and on which meeting a case goes to."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from calendars.school_days import ONE_DAY, SchoolCalendar, Span
from programmes.timing import Wanted, bounds
from stages.schedule.rules import Diary, Place, Placed, Unplaced, place_one
from stages.schedule.timetable.problem import Shut

# The first to need a meeting of all schools has it set so far ahead that those who come in the next weeks can join it.
AHEAD_SCHOOL_DAYS = 30


@dataclass(frozen=True, slots=True)
class Offer:
    """A meeting that there is: its number and day."""

    id: int
    day: datetime.date


def limits_of(one: Wanted, wanted: Mapping[str, Wanted], days: Mapping[str, datetime.date], earliest: datetime.date) -> Span:
    """Return between which days a meeting may be; what comes before it and has no day yet is taken to be as early as can be."""
    first, last = bounds(one, tuple(wanted.values()), days, earliest)
    return max(first, _earliest(one, wanted, days, earliest)), last


def _earliest(one: Wanted, wanted: Mapping[str, Wanted], days: Mapping[str, datetime.date], earliest: datetime.date) -> datetime.date:
    first, before = max(one.first, earliest), wanted.get(one.after or "")
    if before is None:
        return first
    day = days.get(before.key) or _earliest(before, wanted, days, earliest)
    return max(first, day + max(1, one.least_weeks * 7) * ONE_DAY)


def join(offers: Iterable[Offer], limits: Span, taken: Collection[datetime.date]) -> Offer | None:
    """Return the first meeting between two days that a case can go to, on a day on which it has nothing else."""
    first, last = limits
    able = [one for one in offers if first <= one.day <= last and one.day not in taken]
    return min(able, key=lambda one: (one.day, one.id), default=None)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A day of what comes before or after a meeting, with the fewest and the most weeks that may lie between."""

    day: datetime.date
    least_weeks: int
    most_weeks: int


def in_order(limits: Span, before: Collection[Neighbour], after: Collection[Neighbour]) -> Span:
    """Return between which days a meeting may move so that it stays in its place between what comes before it and after it."""
    first, last = limits
    for one in before:
        first = max(first, one.day + max(1, one.least_weeks * 7) * ONE_DAY)
    for one in after:
        last = min(last, one.day - max(1, one.least_weeks * 7) * ONE_DAY)
    # How long is too long is told by the nearest; what lies further off has others between.
    if before:
        nearest = max(before, key=lambda one: one.day)
        last = min(last, nearest.day + nearest.most_weeks * 7 * ONE_DAY)
    if after:
        nearest = min(after, key=lambda one: one.day)
        first = max(first, nearest.day - nearest.most_weeks * 7 * ONE_DAY)
    return first, last


def set_day(
    one: Wanted, limits: Span, ahead: datetime.date | None, calendar: SchoolCalendar, closed: Shut, diary: Diary, place: Place
) -> Placed | Unplaced:
    """Return the earliest day for a new meeting, not before `ahead` where the time for it allows."""
    first, last = limits
    if ahead is not None and first < ahead <= last:
        later = place_one(one, (ahead, last), calendar, closed, diary, place)
        if isinstance(later, Placed):
            return later
    return place_one(one, limits, calendar, closed, diary, place)


def next_host(schools: Sequence[int], hosted: Mapping[int, int]) -> int | None:
    """Return the school that hosts next: of those that did so least often, the first."""
    return min(schools, key=lambda urn: (hosted.get(urn, 0), schools.index(urn)), default=None)
