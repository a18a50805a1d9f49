"""The timetable: pure decisions on which day and half day each session of a case takes place.

Sessions are placed in order, each on the earliest day that its window, the school, the supporter and the gap to the
session before it allow. Nobody is ever booked twice.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

from calendars.school_days import ONE_DAY, SchoolCalendar, Span
from models.words import DayPart
from programmes.timing import Wanted, bounds, tighten

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
    """A session for which there is no day, and what stops it."""

    key: str
    why: str


Place = tuple[int | None, int | None]
_TRIES = 40


@dataclass(slots=True)
class Diary:
    """What a supporter has on: by day, which parts are taken and where; with working weekdays and days away."""

    working_days: Collection[int]
    away: Sequence[Span] = ()
    taken: dict[datetime.date, dict[DayPart, Place]] = field(default_factory=dict)
    weeks: Counter[tuple[int, int]] = field(default_factory=Counter)

    def book(self, day: datetime.date, part: DayPart, place: Place) -> None:
        """Enter a visit."""
        self.taken.setdefault(day, {})[part] = place
        self.weeks[_week(day)] += part.half_days

    def copy(self) -> "Diary":
        """Return a diary in which things can be tried."""
        return Diary(self.working_days, self.away, {day: dict(parts) for day, parts in self.taken.items()}, Counter(self.weeks))

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
            return "the supporter's week is full"
        return None

    def free_part(self, day: datetime.date, whole_day: bool, place: Place) -> DayPart | None:
        """Return a part of `day` that is free and can be reached; None if there is none."""
        taken = self.taken.get(day, {})
        if whole_day:
            return None if taken else DayPart.WHOLE_DAY
        if DayPart.WHOLE_DAY in taken or any(not _reachable(place, other) for other in taken.values()):
            return None
        return next((part for part in _PARTS if part not in taken), None)


def _week(day: datetime.date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _reachable(one: Place, other: Place) -> bool:
    """Tell whether two schools can be visited on one day; unknown places cannot."""
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return False
    return hypot(one[0] - other[0], one[1] - other[1]) <= _SAME_DAY_KM * 1000


def place_all(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date, calendar: SchoolCalendar,
    blackouts: Sequence[Span], school_closed: Collection[datetime.date], diaries: Mapping[str, Diary], place: Place,
) -> list[Placed] | Unplaced:  # fmt: skip
    """Place every session that is not in `fixed` (by key) on or after `earliest`; enter them in the diaries only if all fit.

    `school_closed` are days on which this school cannot have a visit; `diaries` are of the supporter of each match.
    """
    floors, first = tighten(wanted, fixed, earliest), None
    for _ in range(_TRIES):
        trials = {further: diary.copy() for further, diary in diaries.items()}
        found, placed = _try(wanted, fixed, floors, earliest, calendar, blackouts, school_closed, trials, place)
        if found is None:
            for one, further in placed.values():
                diaries[further].book(one.day, one.part, place)
            return [one for one, _ in placed.values()]
        first = first or found
        before = next(one.after for one in wanted if one.key == found.key)
        # It may only be too late because what comes before it was so early.
        if before is None or before not in placed:
            return first
        floors[before] = placed[before][0].day + 7 * ONE_DAY
    return first or Unplaced(wanted[0].key, "No day was found.")


def _try(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], floors: Mapping[str, datetime.date], earliest: datetime.date,
    calendar: SchoolCalendar, blackouts: Sequence[Span], school_closed: Collection[datetime.date], trials: Mapping[str, Diary], place: Place,
) -> tuple[Unplaced | None, dict[str, tuple[Placed, str]]]:  # fmt: skip
    """Place each session on the earliest day from its floor; return what could not be placed, if anything, and what was until then."""
    days, placed = dict(fixed), dict[str, tuple[Placed, str]]()
    for session in wanted:
        if session.key in days:
            continue
        first, last = bounds(session, wanted, days, earliest)
        limits, closed = (max(first, floors[session.key]), last), {*school_closed, *days.values()}
        found = place_one(session, limits, calendar, blackouts, closed, trials[session.further], place)
        if isinstance(found, Unplaced):
            return found, placed
        trials[session.further].book(found.day, found.part, place)
        days[found.key] = found.day
        placed[found.key] = found, session.further
    return None, placed


def place_one(
    session: Wanted, limits: Span, calendar: SchoolCalendar,
    blackouts: Sequence[Span], closed: Collection[datetime.date], diary: Diary, place: Place,
) -> Placed | Unplaced:  # fmt: skip
    """Place one session, or say which limit stops most of its days."""
    first, last = limits
    if first > last:
        return Unplaced(session.key, f"{session.purpose}: it would have to be after {first:%-d %B %Y}, and its time ends on {last:%-d %B %Y}.")
    stops: Counter[str] = Counter()
    for day in calendar.days(first, last):
        why = _stops(day, session, blackouts, closed, diary)
        part = None if why else diary.free_part(day, session.whole_day, place)
        if part is not None:
            return Placed(session.key, session.purpose, day, part)
        stops[why or "the supporter is booked"] += 1
    if not stops:
        return Unplaced(session.key, f"{session.purpose}: no school day lies between {first:%-d %B %Y} and {last:%-d %B %Y}.")
    counts = "; ".join(f"{why} ({number} days)" for why, number in stops.most_common())
    return Unplaced(session.key, f"{session.purpose}: no day between {first:%-d %B %Y} and {last:%-d %B %Y}: {counts}.")


def _stops(day: datetime.date, session: Wanted, blackouts: Sequence[Span], closed: Collection[datetime.date], diary: Diary) -> str | None:
    if day in closed:
        return "the school cannot"
    if any(begin <= day <= end for begin, end in blackouts):
        return "tests or examinations"
    return diary.stops(day, session.whole_day)
