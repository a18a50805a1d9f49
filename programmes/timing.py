"""When each session of a case may be: how often it is held, between which days, and how long after the one before it. Pure.

Whoever sets dates, and whoever only asks when there will be work, goes by this.
"""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from calendars.periods import periods
from calendars.school_days import ANY_WEEKS, ONE_DAY, SchoolCalendar, Span, school_year
from models.programme import Session
from programmes.sessions import FIRST, match_of

# A school has the time to answer, and some notice after that.
NOTICE_SCHOOL_DAYS = 10
# Within so many a school says whether it wants to take part, unless the programme says otherwise.
INVITATION_SCHOOL_DAYS = 15


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session to be placed: between two days, so many weeks after the session before it (by key), with whoever one match is with.

    Where it is joint, the supporter of the match `joined_by` comes too, if there is one.
    """

    key: str
    purpose: str
    whole_day: bool
    first: datetime.date
    last: datetime.date
    after: str | None
    least_weeks: int
    most_weeks: int
    further: str = FIRST
    joined_by: str | None = None

    @property
    def gap(self) -> datetime.timedelta:
        """Return the least time after the session before it: a day at least, since no two are on one day."""
        return max(1, self.least_weeks * 7) * ONE_DAY

    @property
    def most(self) -> datetime.timedelta:
        """Return the most time after the session before it."""
        return self.most_weeks * 7 * ONE_DAY


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
        most = gap.at_most if session.every == "once" else ANY_WEEKS
        for number, (first, last) in enumerate(spans, start=1):
            key = session.id if len(spans) == 1 and session.every == "once" else f"{session.id}.{number}"
            purpose = session.title if len(spans) == 1 else f"{session.title} {number} of {len(spans)}"
            whole_day, with_whom = session.length == "whole_day", (match_of(session), session.joined_by)
            wanted.append(Wanted(key, purpose, whole_day, first, last, after, gap.at_least, most, *with_whom))
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


def tighten(wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date) -> dict[str, datetime.date]:
    """Return the day before which no session can be: because of its own time, of what comes before it, and of what may not come too long after it."""
    floors = {one.key: fixed.get(one.key) or max(one.first, earliest) for one in wanted}
    for _ in wanted:
        for one in wanted:
            if one.after in floors:
                floors[one.key] = max(floors[one.key], floors[one.after] + one.gap)
                floors[one.after] = max(floors[one.after], floors[one.key] - one.most)
    return floors


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A session that has a day and comes just before or (`later`) after another, and between which days it lets that other be."""

    key: str
    day: datetime.date
    later: bool
    first: datetime.date
    last: datetime.date
    least_weeks: int
    most_weeks: int


def neighbours(session: Wanted, wanted: Sequence[Wanted], days: Mapping[str, datetime.date]) -> Iterator[Neighbour]:
    """Yield the sessions with a day that bound a session, the one before it first."""
    day = days.get(session.after) if session.after else None
    if session.after and day is not None:
        yield Neighbour(session.after, day, False, day + session.gap, day + session.most, session.least_weeks, session.most_weeks)
    for one in wanted:
        if one.after == session.key and one.key in days:
            day = days[one.key]
            yield Neighbour(one.key, day, True, day - one.most, day - one.gap, one.least_weeks, one.most_weeks)


def bounds(session: Wanted, wanted: Sequence[Wanted], days: Mapping[str, datetime.date], earliest: datetime.date) -> Span:
    """Return the first and last day for a session, from its window and from the sessions before and after it that have a day."""
    first, last = max(session.first, earliest), session.last
    for one in neighbours(session, wanted, days):
        first, last = max(first, one.first), min(last, one.last)
    return first, last
