"""What stops a session that has no date, and the nearest day that would do."""

from collections import Counter

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.indexing import EARLY
from stages.schedule.timetable.solution import Unplaced


def unplaced(books: Books) -> tuple[Unplaced, ...]:
    """Return every session without a date, with why."""
    return tuple(_why(books, session) for session, slot in enumerate(books.at) if slot is None)


def _why(books: Books, session: int) -> Unplaced:
    """Count what stops each school day of the window, then look outside it for a day that nothing stops."""
    ix, one = books.ix, books.ix.problem.sessions[session]
    stops: Counter[str] = Counter()
    for day in ix.stops.between(one.first, one.last):
        why = stop(books, session, ix.dates.index(day))
        stops[why or "nothing"] += 1
    near = sorted(ix.stops.days, key=lambda day: (max((one.first - day).days, (day - one.last).days, 0), day))
    nearest = next((day for day in near if stop(books, session, ix.dates.index(day)) is None), None)
    return Unplaced(one.id, tuple(stops.most_common()), nearest)


def stop(books: Books, session: int, day: int) -> str | None:
    """Return what stops a session on a day, its window apart; None if nothing does."""
    problem, date = books.ix.problem, books.ix.dates[day]
    if problem.earliest is not None and date < problem.earliest:
        return EARLY
    return books.ix.stops.why_not(problem.sessions[session], date) or books.why_not(session, day)[0]
