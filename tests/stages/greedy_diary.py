"""One case after another, each session on the earliest day that is left: what a person with a diary does, and what the timetable is held against."""

import copy
import datetime
from collections.abc import Mapping, Sequence

from calendars.school_days import ONE_DAY, SchoolCalendar, Span, dates
from programmes.timing import Wanted
from stages.schedule.rules import Diary, Place, Placed, Unplaced, place_one
from stages.schedule.timetable.problem import CLOSED, Shut

_TRIES = 40


def in_order(one: Wanted, day: datetime.date, before: datetime.date) -> bool:
    """Tell whether a session may be on a day if the one before it is on another."""
    days = (day - before).days
    return days >= 1 and 7 * one.least_weeks <= days <= 7 * one.most_weeks


def floors_of(wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date) -> dict[str, datetime.date]:
    """Return the day before which each session cannot be: put off, one at a time, what is too soon after another or lets another be too late."""
    floors = {one.key: (fixed.get(one.key) or max(one.first, earliest)) for one in wanted}
    pairs = [(one, one.after) for one in wanted if one.after in floors]
    for _ in range(len(wanted) ** 2):
        for one, before in pairs:
            days = (floors[one.key] - floors[before]).days
            if (days < 1 or days < 7 * one.least_weeks) and one.key not in fixed:
                floors[one.key] = floors[before] + datetime.timedelta(days=1 if one.least_weeks == 0 else 7 * one.least_weeks)
                break
            if days > 7 * one.most_weeks and before not in fixed:
                floors[before] = floors[one.key] - datetime.timedelta(weeks=one.most_weeks)
                break
        else:
            break
    return floors


def limits_of(session: Wanted, wanted: Sequence[Wanted], days: Mapping[str, datetime.date], earliest: datetime.date) -> Span:
    """Return the first and the last day on which a session is in order with those that have a day; the wrong way round if there is none."""
    able = [
        day
        for day in dates(max(session.first, earliest), session.last)
        if (session.after not in days or in_order(session, day, days[session.after]))
        and all(in_order(one, days[one.key], day) for one in wanted if one.after == session.key and one.key in days)
    ]
    return (able[0], able[-1]) if able else (session.last, session.last - ONE_DAY)


def by_hand(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date, calendar: SchoolCalendar,
    school_closed: Shut, diaries: Mapping[str, Diary], place: Place,
) -> list[Placed] | Unplaced:  # fmt: skip
    """Place every session that is not in `fixed` (by key); the diaries, by match, are left as they are."""
    floors, first = floors_of(wanted, fixed, earliest), None
    for _ in range(_TRIES):
        found, placed = _try(wanted, fixed, floors, earliest, calendar, school_closed, copy.deepcopy(dict(diaries)), place)
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
    calendar: SchoolCalendar, school_closed: Shut, diaries: Mapping[str, Diary], place: Place,
) -> tuple[Unplaced | None, dict[str, Placed]]:  # fmt: skip
    days, placed = dict(fixed), dict[str, Placed]()
    for session in wanted:
        if session.key in days:
            continue
        first, last = limits_of(session, wanted, days, earliest)
        limits, closed = (max(first, floors[session.key]), last), {**dict.fromkeys(days.values(), CLOSED), **school_closed}
        found = place_one(session, limits, calendar, closed, diaries[session.further], place)
        if isinstance(found, Unplaced):
            return found, placed
        diaries[session.further].book(found.day, found.part, place)
        days[found.key], placed[found.key] = found.day, found
    return None, placed
