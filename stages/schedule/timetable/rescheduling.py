"""A timetable after a disturbance: what is confirmed stays unless it must move.

First only what cannot stay is placed anew, with all else kept. Where that leaves a session without a date, or moves more than must move, those
around it are freed too, a ring at a time, each at the price of a move.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.checking import check_problem
from stages.schedule.timetable.clusters import Cluster, clusters, ring
from stages.schedule.timetable.explaining import unplaced
from stages.schedule.timetable.indexing import Indexed, index
from stages.schedule.timetable.jobs import running
from stages.schedule.timetable.problem import Problem, Slot
from stages.schedule.timetable.solution import Limits, Moved, Rescheduled
from stages.schedule.timetable.solving import Solving, as_slot

_RINGS, _MOST_FREE = 4, 400
_OUTSIDE = "its day lies outside its time"


def reschedule(problem: Problem, current: Mapping[int, Slot], disturbed: Mapping[int, str], limits: Limits | None = None) -> Rescheduled:
    """Return a timetable in which as few confirmed sessions as may be have another slot than in `current` (by session id).

    `disturbed` are sessions that must leave their day, with why; what else cannot stay by the problem's rules is found. A moved session is
    placed as near to its old day as the prices allow. Raises BadInput if the problem does not hold together.
    """
    limits, started = limits or Limits(10.0), time.monotonic()
    check_problem(problem)
    near = tuple(replace(one, ideal=current[one.id].day) if one.id in current else one for one in problem.sessions)
    leave = {number: current[number].day for number in disturbed if number in current}
    ix = index(replace(problem, sessions=near), current, leave)
    with running(ix, current, leave, limits.workers) as run:
        staying = _Staying(ix, disturbed)
        solving = Solving(ix, limits, started, run, staying.books)
        proven = _place(solving, staying)
    return _told(solving.books, staying, time.monotonic() - started, proven)


class _Staying:
    """Who stays: the books with all that can, why others cannot, and how many those are at least."""

    def __init__(self, ix: Indexed, disturbed: Mapping[int, str]) -> None:
        self.ix, self.books = ix, Books(ix)
        self.why: dict[int, str] = {}
        self.clashes: list[int] = []
        self._counted: set[int] = set()
        self.least = 0
        homes = [session for session, home in enumerate(ix.home) if home is not None]
        for session in homes:
            why = self._cannot(session, disturbed)
            if why is not None:
                self.why[session] = why
                self.least += 1
        for session in homes:
            if session not in self.why:
                self._stay(session)

    def _cannot(self, session: int, disturbed: Mapping[int, str]) -> str | None:
        """Return why a session cannot have the slot it has, whatever else is placed."""
        ix, home = self.ix, self.ix.home[session]
        one = ix.problem.sessions[session]
        if one.id in disturbed:
            return disturbed[one.id]
        if home is None or home[0] in ix.days_of[session]:
            return None
        return ix.stops.why_not(one, ix.dates[home[0]]) or _OUTSIDE

    def _stay(self, session: int) -> None:
        """Let a session stay if those before it leave room, else count it: of those that clash, one must move."""
        home = self.ix.home[session]
        if home is None:
            return
        why, others = self.books.stops(session, home[0], home[1:])
        if why is None:
            self.books.put(session, home)
            return
        self.why[session] = why
        self.clashes.append(session)
        clash = {session, *(one for one in others if one >= 0 and self.ix.fixed[one] is None)}
        if self._counted.isdisjoint(clash):
            self.least += 1
            self._counted |= clash


def _place(solving: Solving, staying: _Staying) -> bool:
    """Place what has no date, freeing rings around what does not fit; return whether nothing better is possible."""
    ix, books = solving.ix, solving.books
    lost = [session for session in solving.free if books.at[session] is None]
    groups = clusters(ix, lost)
    solving.work([one.sessions for one in groups])
    if _fewest(solving, staying):
        return True
    proven = True
    for group in groups:
        if _short(solving, group, staying):
            proven = _widen(solving, group, staying) and proven
    return proven or _fewest(solving, staying)


def _widen(solving: Solving, group: Cluster, staying: _Staying) -> bool:
    """Free ring after ring around a group until it lacks nothing; return whether nothing better is possible for it."""
    free = group.sessions
    for _ in range(_RINGS):
        free = ring(solving.ix, free)
        (answer,) = solving.work([free])
        if ring(solving.ix, free) == free:
            return answer.proven
        if len(free) > _MOST_FREE or not _short(solving, group, staying):
            break
    return False


def _moves(solving: Solving) -> list[int]:
    return [session for session, home in enumerate(solving.ix.home) if home is not None and solving.books.at[session] != home]


def _fewest(solving: Solving, staying: _Staying) -> bool:
    """Tell whether no more moved than must, and only sessions that no day suits have none."""
    hopeless = all(not len(solving.ix.days_of[one]) for one in solving.free if solving.books.at[one] is None)
    return hopeless and len(_moves(solving)) <= staying.least


def _short(solving: Solving, group: Cluster, staying: _Staying) -> bool:
    """Tell whether a group has a session that might still find a date, or moved what need not have moved."""
    mine, clashes = set(group.sessions), set(staying.clashes)
    lacking = any(solving.books.at[one] is None and len(solving.ix.days_of[one]) for one in mine)
    return lacking or bool(mine & clashes)


def _told(books: Books, staying: _Staying, seconds: float, proven: bool) -> Rescheduled:
    """Say who moved and why."""
    ix, moved = books.ix, list[Moved]()
    slots = {one.id: as_slot(ix.dates, books.at[number]) for number, one in enumerate(ix.problem.sessions)}
    for session, home in enumerate(ix.home):
        before = as_slot(ix.dates, home)
        if before is not None and books.at[session] != home:
            number = ix.problem.sessions[session].id
            moved.append(Moved(number, before, slots[number], staying.why.get(session) or _in_the_way(books, session)))
    return Rescheduled(slots, unplaced(books), tuple(moved), staying.least, seconds, proven)


def _in_the_way(books: Books, session: int) -> str:
    """Return for whom a session made room: those that stop it from the slot it had."""
    home = books.ix.home[session]
    _, others = books.stops(session, home[0], home[1:]) if home else (None, [])
    names = ", ".join(str(books.ix.problem.sessions[one].id) for one in others if one >= 0)
    return f"to make room for session {names}" if names else "so that others find a date"
