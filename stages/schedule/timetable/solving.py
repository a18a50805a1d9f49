"""Solving a timetable: clusters, each whole if it is small, else supporter by supporter, then again in parts until nothing is better."""

import datetime
import time
from collections.abc import Callable, Sequence

from stages.schedule.timetable.books import Books, cost
from stages.schedule.timetable.checking import check_problem
from stages.schedule.timetable.clusters import Cluster, clusters, of_supporter, ring, waves
from stages.schedule.timetable.explaining import unplaced
from stages.schedule.timetable.indexing import PART, At, Indexed, index
from stages.schedule.timetable.jobs import Done, Job, running
from stages.schedule.timetable.problem import Problem, Slot
from stages.schedule.timetable.rounding import make_room
from stages.schedule.timetable.solution import Limits, Solution, Stopped

# A cluster of so many sessions is solved whole, whoever they share.
_WHOLE = 60
# A choice may take so many seconds, more where a session might find a date yet, unless the same answer is promised on any machine.
_EACH, _TO_RECOVER = 1.5, 3.0
# First answers of more sessions are only rounded from the relaxation: parts of them are soon better.
_FEW = 30
# Days of a span.
_SPAN = 70
Run = Callable[[Sequence[Job]], list[Done]]


def solve(problem: Problem, limits: Limits | None = None) -> Solution:
    """Return the best timetable found within the limits, with a proven bound; a session that finds no date is named with why.

    Raises BadInput if the problem does not hold together.
    """
    limits, started = limits or Limits(), time.monotonic()
    check_problem(problem)
    ix = index(problem)
    with running(ix, {}, {}, limits.workers) as run:
        return Solving(ix, limits, started, run).done()


class Solving:
    """One solve: the timetable as it gets better, and what is proven of each cluster."""

    def __init__(self, ix: Indexed, limits: Limits, started: float, run: Run, books: Books | None = None) -> None:
        """Begin with what is locked, or with a timetable that is there already."""
        self.ix, self.limits, self.started, self.run = ix, limits, started, run
        self.until = started + limits.seconds
        self.books = books or Books(ix)
        self.rounds = 0
        self.free = [session for session, slot in enumerate(ix.fixed) if slot is None]
        self.bounds: dict[int, float] = {}
        self.open: list[Cluster] = []
        self.whole: dict[tuple[int, ...], int] = {}
        self.quiet: set[tuple[tuple[int, ...], tuple[At | None, ...]]] = set()
        self.rings: dict[tuple[int, ...], tuple[int, ...]] = {}

    def done(self) -> Solution:
        """Run to the end and return what was found."""
        found = clusters(self.ix, self.free)
        self._first_answers(found)
        self._recover()
        stopped_by = self.improve()
        self.fill()
        return self.solution(self._base() + sum(self.bounds.values()), stopped_by)

    def _first_answers(self, found: Sequence[Cluster]) -> None:
        """Solve clusters whole, or each supporter's part of a large one in turn, with a bound on each part by itself."""
        whole = [one for one in found if len(one.supporters) == 1 or len(one.sessions) <= _WHOLE]
        large = [one for one in found if one not in whole]
        answers = self.work([one.sessions for one in whole], 0.0)
        for number, (cluster, answer) in enumerate(zip(whole, answers, strict=True)):
            self.bounds[number] = answer.bound
            if not answer.proven:
                self.open.append(cluster)
                self.whole[cluster.sessions] = number
        parts = [(who, free) for cluster in large for who, free in of_supporter(self.ix, cluster).items()]
        locked = tuple(self.ix.fixed)
        jobs = [self._job(free, locked, 0.0, who) for who, free in parts]
        for answer in self.run(jobs):
            self.bounds[len(self.bounds)] = answer.bound
        for wave in waves(self.ix, [free for _, free in parts]):
            self.work(wave, 0.0)
        self.open += large

    def _job(self, free: tuple[int, ...], at: tuple[At | None, ...], seconds: float, alone: int | None = None) -> Job:
        """Return a job whose choice may take so many seconds; as long as it likes, or not at all, if one answer is promised."""
        steady, limits = self.limits.effort is not None and seconds > 0, self.limits
        return Job(free, at, limits.seconds if steady else seconds, self.until, limits.seed, alone)

    def work(self, neighbourhoods: Sequence[tuple[int, ...]], seconds: float = _EACH) -> list[Done]:
        """Solve neighbourhoods that do not touch, and enter what they find."""
        at = tuple(self.books.at)
        answers = self.run([self._job(free, at, seconds if len(free) > _FEW or seconds else _EACH) for free in neighbourhoods])
        for free, answer in zip(neighbourhoods, answers, strict=True):
            self._enter(free, answer.at)
            if free in self.whole:
                self.bounds[self.whole[free]] = max(self.bounds[self.whole[free]], answer.bound)
        self.quiet |= {self._around(free) for free, answer in zip(neighbourhoods, answers, strict=True) if not answer.gain}
        return answers

    def _around(self, free: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[At | None, ...]]:
        """Return a neighbourhood with how all stands that weighs on it: what gained nothing then gains nothing now."""
        if free not in self.rings:
            self.rings[free] = ring(self.ix, free)
        return free, tuple(self.books.at[one] for one in self.rings[free])

    def _enter(self, free: Sequence[int], at: Sequence[At | None]) -> None:
        for session in free:
            self.books.remove(session)
        for session, slot in zip(free, at, strict=True):
            if slot is not None:
                self.books.put(session, slot)

    def _recover(self) -> None:
        """Look again at sessions that might find a date yet: send a few others elsewhere, then solve what its supporters do in its time."""
        for session in self._lost():
            make_room(self.books, session)
        for margin in (0, 28):
            lost = self._lost()
            for wave in waves(self.ix, [self._near(one, margin) for one in lost]):
                if time.monotonic() < self.until:
                    self.work([free for free in wave if self._around(free) not in self.quiet], _TO_RECOVER)

    def _lost(self) -> list[int]:
        """Return the sessions without a date that some day suits by itself."""
        return [one for one in self.free if self.books.at[one] is None and len(self.ix.days_of[one])]

    def _near(self, session: int, margin: int) -> tuple[int, ...]:
        ix, days = self.ix, self.ix.ordinal[self.ix.days_of[session]]
        first, last = int(days[0]) - margin, int(days[-1]) + margin
        schools, supporters = set(ix.schools_of[session]), set(ix.supporters_of[session])
        return tuple(
            one for one in self.free
            if ((slot := self.books.at[one]) is None and not supporters.isdisjoint(ix.supporters_of[one]))
            or not schools.isdisjoint(ix.schools_of[one])
            or (slot is not None and first <= ix.ordinal[slot[0]] <= last and not supporters.isdisjoint(ix.supporters_of[one]))
        )  # fmt: skip

    def improve(self) -> Stopped:
        """Solve parts of the open clusters again, with all else kept, until a whole round gains nothing."""
        quiet = 0
        while self.open:
            if time.monotonic() > self.until:
                return Stopped.TIME
            if self.limits.effort is not None and self.rounds >= self.limits.effort:
                return Stopped.EFFORT
            if quiet >= 3:
                return Stopped.SETTLED
            gained = 0.0
            for wave in waves(self.ix, self._neighbourhoods(self.rounds)):
                if time.monotonic() < self.until:
                    gained += sum(one.gain for one in self.work([free for free in wave if self._around(free) not in self.quiet]))
            self.rounds += 1
            quiet = 0 if gained > 1e-6 else quiet + 1
        return Stopped.PROVEN

    def _neighbourhoods(self, turn: int) -> list[tuple[int, ...]]:
        """Return parts to solve again: spans of weeks of each supporter, shifted at every other turn, and all of each at every third."""
        found = []
        for cluster in self.open:
            for free in of_supporter(self.ix, cluster).values():
                found += [free] if turn % 3 == 2 else self._spans(free, _SPAN, turn % 3 * _SPAN // 2)
        return [free for free in found if free]

    def _spans(self, free: Sequence[int], span: int, shift: int) -> list[tuple[int, ...]]:
        """Return the sessions of each so many days, with those that have no date."""
        days = {one: int(self.ix.ordinal[slot[0]]) for one in free if (slot := self.books.at[one])}
        begin, found = min(days.values(), default=0) - shift, []
        while begin <= max(days.values(), default=0):
            found.append(tuple(one for one in free if one not in days or begin <= days[one] < begin + span))
            begin += span
        return found

    def fill(self) -> None:
        """Give what has no date one if that goes, should time have ended before its turn."""
        for session in self._lost():
            make_room(self.books, session)

    def _base(self) -> float:
        """Return what is paid whatever is placed: for what is locked and taken."""
        prices, homes = self.ix.problem.prices, self.ix.home
        return cost(Books(self.ix)) - sum(prices.unplaced + (prices.moved if homes[one] else 0.0) for one in self.free)

    def solution(self, bound: float, stopped_by: Stopped) -> Solution:
        """Return the timetable as it is."""
        ix, objective = self.ix, cost(self.books)
        slots = {one.id: as_slot(ix.dates, self.books.at[number]) for number, one in enumerate(ix.problem.sessions)}
        if objective <= bound + 1e-6 * max(1.0, abs(objective)):
            stopped_by = Stopped.PROVEN
        seconds = time.monotonic() - self.started
        return Solution(slots, unplaced(self.books), objective, min(bound, objective), seconds, stopped_by, self.rounds)


def as_slot(dates: Sequence[datetime.date], at: At | None) -> Slot | None:
    """Return a slot as it is called outside."""
    return None if at is None else Slot(dates[at[0]], PART[at[1]])
