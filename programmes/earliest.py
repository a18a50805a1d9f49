"""On which day each session of a case can be held at the earliest, and the days on which that takes time of its supporter. Pure.

This is the timetable as it would be if everybody were always free: it tells in which terms a supporter will be needed before any date is set.
"""

import datetime
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from calendars.school_days import ONE_DAY, SchoolCalendar
from models.programme import Programme, Session
from programmes.blackouts import Ages, blackouts
from programmes.sessions import group_of, group_size, half_days_each, is_led_inside, matches_of
from programmes.timing import Wanted, expand, tighten

_WEEK = 7 * ONE_DAY
_TRIES = 40


@dataclass(frozen=True, slots=True)
class CaseTime:
    """The time of a case: the days on which its commission starts and it ends itself, from when its weeks count, and before which nothing can be.

    `ages` are those of its school, which tell which examinations keep it free.
    """

    starts: datetime.date
    ends: datetime.date
    ready: datetime.date
    earliest: datetime.date
    ages: Ages = (None, None)


def earliest_days(
    programme: Programme, span: CaseTime, calendar: SchoolCalendar, known: Mapping[str, datetime.date]
) -> list[tuple[str, Session, datetime.date]]:
    """Return the key, the session and the earliest day of every time that a session is held; days that are `known` (by key) stay."""
    held = expand(programme.schedule.sessions, span.starts, span.ends, span.ready, calendar)
    sessions = {one.id: one for one in programme.schedule.sessions}
    floors = tighten(held, known, span.earliest)
    open_days, days = _open_days(programme, span, calendar), dict(known)
    for _ in range(_TRIES):
        days, early = _place(held, floors, known, open_days, span.ends)
        if early is None:
            break
        floors[early] = days[early] + _WEEK
    return [(one.key, sessions[one.key.partition(".")[0]], days[one.key]) for one in held]


def _place(
    held: Sequence[Wanted], floors: Mapping[str, datetime.date], known: Mapping[str, datetime.date], open_days: Sequence[datetime.date],
    ends: datetime.date,
) -> tuple[dict[str, datetime.date], str | None]:  # fmt: skip
    """Put each session on the first open day from its floor; return the days by key, and which was so early that what follows is too late."""
    days, early = dict(known), None
    for one in held:
        if one.key in known:
            continue
        before = days.get(one.after or "")
        least = max(floors[one.key], before + one.gap) if before else floors[one.key]
        taken, at = set(days.values()), bisect_left(open_days, least)
        days[one.key] = next((day for day in open_days[at:] if day not in taken), max(least, ends))
        if early is None and before and one.after not in known and days[one.key] > before + one.most:
            early = one.after
    return days, early


def half_day_dates(programme: Programme, further: str, held: Sequence[tuple[str, Session, datetime.date]]) -> list[datetime.date]:
    """Return the days on which sessions take time of the supporter of one match, one date for each half day.

    Of a meeting of a group each case has its share, rounded up over all meetings so far.
    """
    found, together, size = list[datetime.date](), 0, group_size(programme, further) or 1
    for _, session, day in sorted(held, key=lambda one: one[2]):
        half_days = half_days_each(session)
        if session.held == "group":
            if group_of(programme, session) == further:
                found += [day] * (ceil((together + half_days) / size) - ceil(together / size))
                together += half_days
        elif further in matches_of(session) and not is_led_inside(session):
            found += [day] * half_days
    return found


def _open_days(programme: Programme, span: CaseTime, calendar: SchoolCalendar) -> list[datetime.date]:
    """Return the school days on which the programme lets the school be visited."""
    if calendar.last is None:
        return []
    shut = [days for days, _ in blackouts(programme, span.ages, range(span.earliest.year - 1, calendar.last.year + 1))]
    return [day for day in calendar.days(span.earliest, calendar.last) if not any(first <= day <= last for first, last in shut)]
