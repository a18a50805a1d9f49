"""What stops a session that has no date, and the nearest day that would do."""

from collections import Counter

from stages.schedule.timetable.books import BOOKED, FAR, FULL, Books
from stages.schedule.timetable.indexing import AWAY, EARLY, WEEKDAY
from stages.schedule.timetable.solution import Unplaced

# What may be due to one of several supporters.
_DIARIES = frozenset({WEEKDAY, AWAY, FULL, FAR, BOOKED})


def unplaced(books: Books) -> tuple[Unplaced, ...]:
    """Return every session without a date, with why."""
    return tuple(_why(books, session) for session, slot in enumerate(books.at) if slot is None)


def _why(books: Books, session: int) -> Unplaced:
    """Count what stops each school day of the window, then look outside it for a day that nothing stops."""
    ix, one = books.ix, books.ix.problem.sessions[session]
    stops: Counter[str] = Counter()
    whose: Counter[tuple[str, tuple[int, ...]]] = Counter()
    for day in ix.stops.between(one.first, one.last):
        why = stop(books, session, ix.dates.index(day))
        stops[why or "nothing"] += 1
        if why in _DIARIES and len(one.supporters) > 1:
            whose[why, _whose(books, session, ix.dates.index(day), why)] += 1
    near = sorted(ix.stops.days, key=lambda day: (max((one.first - day).days, (day - one.last).days, 0), day))
    nearest = next((day for day in near if stop(books, session, ix.dates.index(day)) is None), None)
    return Unplaced(one.id, tuple(stops.most_common()), nearest, tuple((why, who, days) for (why, who), days in whose.most_common()))


def _whose(books: Books, session: int, day: int, why: str) -> tuple[int, ...]:
    """Return the supporters of a session, by id, whom a limit alone keeps from a day."""
    ix = books.ix
    ids = ix.problem.sessions[session].supporters
    if why in (WEEKDAY, AWAY):
        return tuple(one for one in ids if ix.stops.away[one].get(ix.dates[day]) == why)
    return tuple(one for one, who in zip(ids, ix.supporters_of[session], strict=True) if books.stops_one(session, day, who) == why)


def stop(books: Books, session: int, day: int) -> str | None:
    """Return what stops a session on a day, its window apart; None if nothing does."""
    problem, date = books.ix.problem, books.ix.dates[day]
    if problem.earliest is not None and date < problem.earliest:
        return EARLY
    return books.ix.stops.why_not(problem.sessions[session], date) or books.why_not(session, day)[0]
