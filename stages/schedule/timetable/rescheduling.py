"""A timetable after a disturbance: what is confirmed stays unless it must move.

First only what cannot stay is placed anew, with all else kept. Where that leaves a session without a date, or moves more than must move, those
around it are freed too, a ring at a time, each at the price of a move.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.checking import check_problem
from stages.schedule.timetable.clusters import clusters, ring
from stages.schedule.timetable.explaining import unplaced
from stages.schedule.timetable.indexing import Indexed, index
from stages.schedule.timetable.jobs import running
from stages.schedule.timetable.problem import Problem, Slot
from stages.schedule.timetable.solution import Limits, Moved, Rescheduled
from stages.schedule.timetable.solving import Solving, as_slot

_RINGS, _MOST_FREE, _SECONDS = 5, 300, 3.0
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
    least = len(staying.sure) if _lacking(solving, solving.free) else staying.least(solving.free)
    return _told(solving.books, staying, least, time.monotonic() - started, proven)


class _Staying:
    """Who stays: the books with all that can, why others cannot, and how many those are at least."""

    def __init__(self, ix: Indexed, disturbed: Mapping[int, str]) -> None:
        self.ix, self.books = ix, Books(ix)
        self.clashes: set[int] = set()
        # Of each of these sets, which have none in common, one session must move.
        self._counted: set[int] = set()
        self.sure: set[int] = set()
        homes = [session for session, home in enumerate(ix.home) if home is not None]
        self.why = {session: why for session in homes if (why := self._cannot(session, disturbed)) is not None}
        self.sure |= self.why.keys()
        for session in homes:
            if session not in self.why:
                self._stay(session)
        self.pushing = {session for session in sorted(self.sure - self.clashes) if self._pushes(session)}

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
        self.clashes.add(session)
        clash = {session, *(one for one in others if one >= 0 and self.ix.fixed[one] is None)}
        if self._counted.isdisjoint(clash):
            self.sure.add(session)
            self._counted |= clash

    def _pushes(self, session: int) -> bool:
        """Tell whether a session that must move finds no day unless another of its chain moves too."""
        ix, chain = self.ix, [*self.ix.before[session], *self.ix.later[session]]
        others = {one.session for one in chain if self.books.at[one.session] is not None and ix.fixed[one.session] is None}
        if not len(ix.days_of[session]) or not others or not self._counted.isdisjoint(others):
            return False
        if any(self.books.in_order(session, day) for day in ix.days_of[session].tolist()):
            return False
        self._counted |= others
        return True

    def least(self, sessions: Collection[int]) -> int:
        """Return how many of some sessions and those around them must move at least, if all are to have a date."""
        return len(self.sure.intersection(sessions)) + len(self.pushing.intersection(sessions))


def _place(solving: Solving, staying: _Staying) -> bool:
    """Place what has no date, freeing rings around what does not fit; return whether nothing better is possible."""
    ix, books = solving.ix, solving.books
    groups = clusters(ix, [session for session in solving.free if books.at[session] is None])
    solving.work([one.sessions for one in groups], _SECONDS)
    proven = True
    for group in groups:
        proven = _widen(solving, group.sessions, staying) and proven
    return proven


def _widen(solving: Solving, group: tuple[int, ...], staying: _Staying) -> bool:
    """Free ring after ring around a group until it lacks nothing; return whether nothing better is possible for it."""
    free, least = group, staying.least(group)
    for number in range(_RINGS):
        if not _lacking(solving, group) and _moves(solving, free) <= least:
            return True
        if number > 2 and (not _lacking(solving, group) or len(free) > _MOST_FREE):
            return False
        free = ring(solving.ix, free, supporters=number > 0)
        (answer,) = solving.work([free], _SECONDS)
        if ring(solving.ix, free) == free:
            return answer.proven
    return False


def _lacking(solving: Solving, sessions: Collection[int]) -> bool:
    """Tell whether a session that some day suits has none."""
    return any(solving.books.at[one] is None and len(solving.ix.days_of[one]) for one in sessions)


def _moves(solving: Solving, sessions: Collection[int]) -> int:
    return sum(solving.ix.home[one] not in (None, solving.books.at[one]) for one in sessions)


def _told(books: Books, staying: _Staying, least: int, seconds: float, proven: bool) -> Rescheduled:
    """Say who moved and why."""
    ix, moved = books.ix, list[Moved]()
    slots = {one.id: as_slot(ix.dates, books.at[number]) for number, one in enumerate(ix.problem.sessions)}
    for session, home in enumerate(ix.home):
        before = as_slot(ix.dates, home)
        if before is not None and books.at[session] != home:
            number = ix.problem.sessions[session].id
            moved.append(Moved(number, before, slots[number], staying.why.get(session) or _in_the_way(books, session)))
    return Rescheduled(slots, unplaced(books), tuple(moved), least, seconds, proven)


def _in_the_way(books: Books, session: int) -> str:
    """Return for whom a session made room: those that stop it from the slot it had."""
    home = books.ix.home[session]
    _, others = books.stops(session, home[0], home[1:]) if home else (None, [])
    names = ", ".join(str(books.ix.problem.sessions[one].id) for one in others if one >= 0)
    return f"to make room for session {names}" if names else "so that others find a date"
