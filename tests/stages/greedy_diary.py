"""One case after another, each session on the earliest day that is left: what a person with a diary does, and what the timetable is held against."""

import copy
import datetime
from collections.abc import Collection, Mapping, Sequence

from calendars.school_days import ONE_DAY, SchoolCalendar, Span
from programmes.timing import Wanted, bounds, tighten
from stages.schedule.rules import Diary, Place, Placed, Unplaced, place_one

_TRIES = 40


def by_hand(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date, calendar: SchoolCalendar,
    blackouts: Sequence[Span], school_closed: Collection[datetime.date], diaries: Mapping[str, Diary], place: Place,
) -> list[Placed] | Unplaced:  # fmt: skip
    """Place every session that is not in `fixed` (by key); the diaries, by match, are left as they are."""
    floors, first = tighten(wanted, fixed, earliest), None
    for _ in range(_TRIES):
        found, placed = _try(wanted, fixed, floors, earliest, calendar, blackouts, school_closed, copy.deepcopy(dict(diaries)), place)
        if found is None:
            return list(placed.values())
        first = first or found
        before = next(one.after for one in wanted if one.key == found.key)
        # It may only be too late because what comes before it was so early.
        if before is None or before not in placed:
            return first
        floors[before] = placed[before].day + 7 * ONE_DAY
    return first or Unplaced(wanted[0].key, "No day was found.")


def _try(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], floors: Mapping[str, datetime.date], earliest: datetime.date,
    calendar: SchoolCalendar, blackouts: Sequence[Span], school_closed: Collection[datetime.date], diaries: Mapping[str, Diary], place: Place,
) -> tuple[Unplaced | None, dict[str, Placed]]:  # fmt: skip
    days, placed = dict(fixed), dict[str, Placed]()
    for session in wanted:
        if session.key in days:
            continue
        first, last = bounds(session, wanted, days, earliest)
        limits, closed = (max(first, floors[session.key]), last), {*school_closed, *days.values()}
        found = place_one(session, limits, calendar, blackouts, closed, diaries[session.further], place)
        if isinstance(found, Unplaced):
            return found, placed
        diaries[session.further].book(found.day, found.part, place)
        days[found.key], placed[found.key] = found.day, found
    return None, placed
