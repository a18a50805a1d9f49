"""Diaries, and on which day and half day one session takes place: pure. Nobody is ever booked twice.

All visits of many cases at once are `modelling`'s.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import hypot

from calendars.school_days import SchoolCalendar, Span
from models.words import DayPart
from programmes.timing import Wanted
from stages.reminders.lines import counted
from stages.schedule.timetable.books import BOOKED, FULL
from stages.schedule.timetable.problem import Shut

# Two half-day visits fit into one day if the schools lie no further apart than this.
_SAME_DAY_KM = 30.0
_WEEKLY_HALF_DAYS = 6
_PARTS = (DayPart.MORNING, DayPart.AFTERNOON)


@dataclass(frozen=True, slots=True)
class Placed:
    """A session with its day and part."""

    key: str
    purpose: str
    day: datetime.date
    part: DayPart


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A session for which there is no day: why, in a sentence, and each limit that stops some of its days."""

    key: str
    why: str
    stops: tuple[str, ...] = ()


Place = tuple[int | None, int | None]


@dataclass(slots=True)
class Diary:
    """What a supporter has on: by day, which parts are taken and where; with working weekdays, days away and where tours begin."""

    working_days: Collection[int]
    away: Sequence[Span] = ()
    base: Place = (None, None)
    taken: dict[datetime.date, dict[DayPart, Place]] = field(default_factory=dict)
    weeks: Counter[tuple[int, int]] = field(default_factory=Counter)

    def book(self, day: datetime.date, part: DayPart, place: Place) -> None:
        """Enter a visit."""
        self.taken.setdefault(day, {})[part] = place
        self.weeks[_week(day)] += part.half_days

    def unbook(self, day: datetime.date, part: DayPart) -> None:
        """Take a visit out again."""
        del self.taken[day][part]
        self.weeks[_week(day)] -= part.half_days
        if not self.taken[day]:
            del self.taken[day]

    def stops(self, day: datetime.date, whole_day: bool) -> str | None:
        """Return why the supporter cannot come on `day`; None if a part may be free."""
        if day.isoweekday() not in self.working_days:
            return "the supporter does not work on that weekday"
        if any(first <= day <= last for first, last in self.away):
            return "the supporter is away"
        if self.weeks[_week(day)] + (2 if whole_day else 1) > _WEEKLY_HALF_DAYS:
            return FULL
        return None

    def is_free(self, day: datetime.date, part: DayPart, place: Place) -> bool:
        """Tell whether a part of `day` is free and `place` can be reached."""
        taken = self.taken.get(day, {})
        if part is DayPart.WHOLE_DAY or not taken:
            return not taken
        return part not in taken and DayPart.WHOLE_DAY not in taken and all(_reachable(place, other) for other in taken.values())


def free_part(diaries: Collection[Diary], day: datetime.date, whole_day: bool, place: Place) -> DayPart | None:
    """Return a part of `day` that is free for everybody who comes and can be reached; None if there is none."""
    parts = (DayPart.WHOLE_DAY,) if whole_day else _PARTS
    return next((part for part in parts if all(one.is_free(day, part, place) for one in diaries)), None)


def _week(day: datetime.date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _reachable(one: Place, other: Place) -> bool:
    """Tell whether two schools can be visited on one day; unknown places cannot."""
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return False
    return hypot(one[0] - other[0], one[1] - other[1]) <= _SAME_DAY_KM * 1000


def place_one(session: Wanted, limits: Span, calendar: SchoolCalendar, closed: Shut, diary: Diary, place: Place) -> Placed | Unplaced:
    """Place one session, or say which limit stops most of its days."""
    first, last = limits
    if first > last:
        return Unplaced(session.key, f"{session.purpose}: it would have to be after {first:%-d %B %Y}, and its time ends on {last:%-d %B %Y}.")
    stops: Counter[str] = Counter()
    for day in calendar.days(first, last):
        why = stops_on(day, session, closed, [diary])
        part = None if why else free_part([diary], day, session.whole_day, place)
        if part is not None:
            return Placed(session.key, session.purpose, day, part)
        stops[why or BOOKED] += 1
    if not stops:
        return Unplaced(session.key, f"{session.purpose}: no school day lies between {first:%-d %B %Y} and {last:%-d %B %Y}.")
    counts = "; ".join(f"{why} ({counted(number, 'day')})" for why, number in stops.most_common())
    return Unplaced(session.key, f"{session.purpose}: no day between {first:%-d %B %Y} and {last:%-d %B %Y}: {counts}.")


def options(
    session: Wanted,
    limits: Span,
    near: datetime.date,
    calendar: SchoolCalendar,
    closed: Shut,
    diaries: Collection[Diary],
    place: Place,
    count: int = 3,
) -> list[Placed]:
    """Return up to so many days to choose from, the nearest to `near` first; another weekday and another week come before more of the same."""
    days = sorted(calendar.days(*limits), key=lambda day: (abs((day - near).days), day)) if limits[0] <= limits[1] else []
    able = [
        Placed(session.key, session.purpose, day, part) for day in days
        if stops_on(day, session, closed, diaries) is None and (part := free_part(diaries, day, session.whole_day, place)) is not None
    ]  # fmt: skip
    chosen = able[:1]
    while len(chosen) < min(count, len(able)):
        left = [one for one in able if one not in chosen]
        weekdays, weeks = {one.day.isoweekday() for one in chosen}, {_week(one.day) for one in chosen}
        fresh = [one for one in left if one.day.isoweekday() not in weekdays and (len(chosen) < count - 1 or _week(one.day) not in weeks)]
        chosen.append((fresh or left)[0])
    return sorted(chosen, key=lambda one: one.day)


def stops_on(day: datetime.date, session: Wanted, closed: Shut, diaries: Collection[Diary]) -> str | None:
    """Return why a session cannot be on a school day; None if it can where a part of the day is free for all who come."""
    return closed.get(day) or next((why for one in diaries if (why := one.stops(day, session.whole_day))), None)
