"""The timetable: pure decisions on which day and half day each session of a case takes place.

Sessions are placed in order, each on the earliest day that its window, the school, the supporter and the gap to the
session before it allow. Nobody is ever booked twice.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

from calendars.periods import periods
from calendars.school_days import ONE_DAY, SchoolCalendar, Span, school_year
from models.programme import Session
from models.words import DayPart
from programmes.sessions import FIRST, match_of

# Two half-day visits fit into one day if the schools lie no further apart than this.
_SAME_DAY_KM = 30.0
_WEEKLY_HALF_DAYS = 6
_PARTS = (DayPart.MORNING, DayPart.AFTERNOON)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session to be placed: between two days, so many weeks after the session before it (by key), with whoever one match is with."""

    key: str
    purpose: str
    whole_day: bool
    first: datetime.date
    last: datetime.date
    after: str | None
    least_weeks: int
    most_weeks: int
    further: str = FIRST


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
_ANY_WEEKS = 520
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


def expand(
    sessions: Sequence[Session], starts: datetime.date, ends: datetime.date, ready: datetime.date, calendar: SchoolCalendar | None = None
) -> list[Wanted]:
    """Return every session of a case as many times as it is held, with the days between which it may be.

    `ready` is the day from which the case's weeks count. What comes back by term, half-term or year is held in each that is left of the time
    between `ready` and `ends`, told by the `calendar`.
    """
    wanted: list[Wanted] = []
    last_key: dict[str, str] = {}
    for session in sessions:
        after = last_key.get(session.after) if session.after else None
        spans = _spans(session, starts, ends, ready, calendar)
        gap = session.gap_weeks
        most = gap.at_most if session.every == "once" else _ANY_WEEKS
        for number, (first, last) in enumerate(spans, start=1):
            key = session.id if len(spans) == 1 and session.every == "once" else f"{session.id}.{number}"
            purpose = session.title if len(spans) == 1 else f"{session.title} {number} of {len(spans)}"
            wanted.append(Wanted(key, purpose, session.length == "whole_day", first, last, after, gap.at_least, most, match_of(session)))
            after = last_key[session.id] = key
    return wanted


def _spans(session: Session, starts: datetime.date, ends: datetime.date, ready: datetime.date, calendar: SchoolCalendar | None) -> list[Span]:
    """Return the days between which each repeat of a session may be."""
    first, last = _window(session, starts, ends, ready)
    if session.every == "once" or calendar is None:
        return [(first, last)] * session.count
    whole = periods(calendar, starts, ends, session.every)
    left = [(max(begin, first, ready), min(end, last)) for begin, end in whole if end >= max(first, ready) and begin <= last]
    return [span for span in left for _ in range(session.count)]


def without(wanted: Sequence[Wanted], gone: Collection[str]) -> list[Wanted]:
    """Return the sessions that are not `gone`; what came after one of those comes after the one before it, with the time for both."""
    known = {one.key: one for one in wanted}
    kept = []
    for one in wanted:
        after, most = one.after, one.most_weeks
        while after is not None and after in gone:
            most += known[after].most_weeks
            after = known[after].after
        if one.key not in gone:
            kept.append(replace(one, after=after, most_weeks=most))
    return kept


def _window(session: Session, starts: datetime.date, ends: datetime.date, ready: datetime.date) -> Span:
    """Return the first and last day of a session's window within the commission."""
    window = session.window
    first, last = starts, ends
    if window.school_year:
        year = school_year(starts) + window.school_year - 1
        first, last = max(first, datetime.date(year, 9, 1)), min(last, datetime.date(year + 1, 8, 31))
    if window.from_week is not None and window.to_week is not None:
        first = max(first, ready + window.from_week * 7 * ONE_DAY)
        last = min(last, ready + window.to_week * 7 * ONE_DAY)
    return first, last


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


def tighten(wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date) -> dict[str, datetime.date]:
    """Return the day before which no session can be: because of its own time, of what comes before it, and of what may not come too long after it."""
    floors = {one.key: fixed.get(one.key) or max(one.first, earliest) for one in wanted}
    for _ in wanted:
        for one in wanted:
            if one.after in floors:
                floors[one.key] = max(floors[one.key], floors[one.after] + max(1, one.least_weeks * 7) * ONE_DAY)
                floors[one.after] = max(floors[one.after], floors[one.key] - one.most_weeks * 7 * ONE_DAY)
    return floors


def bounds(session: Wanted, wanted: Sequence[Wanted], days: Mapping[str, datetime.date], earliest: datetime.date) -> Span:
    """Return the first and last day for a session, from its window and from the sessions before and after it that have a day."""
    first, last = max(session.first, earliest), session.last
    before = days.get(session.after) if session.after else None
    if before is not None:
        first = max(first, before + max(1, session.least_weeks * 7) * ONE_DAY)
        last = min(last, before + session.most_weeks * 7 * ONE_DAY)
    for later in wanted:
        if later.after == session.key and later.key in days:
            first = max(first, days[later.key] - later.most_weeks * 7 * ONE_DAY)
            last = min(last, days[later.key] - max(1, later.least_weeks * 7) * ONE_DAY)
    return first, last


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
