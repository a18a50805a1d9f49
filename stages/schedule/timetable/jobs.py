"""One neighbourhood solved, here or in another process."""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.clusters import ring
from stages.schedule.timetable.indexing import At, Indexed, index
from stages.schedule.timetable.model import Found, Model
from stages.schedule.timetable.problem import Problem
from stages.schedule.timetable.rounding import rounded

Places = tuple[At | None, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """Sessions to place anew with all else of `at` kept, until a moment of the monotonic clock, which all processes share.

    The choice has so many `seconds`; with none, the relaxation's first answer will do.

    With `alone` only a bound on one supporter's part is wanted.
    """

    free: tuple[int, ...]
    at: Places
    seconds: float
    until: float
    seed: int
    alone: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Where the sessions of a job go, what they gain by it, and a bound on the cost of the job's model; `proven` if it is the best there."""

    at: Places
    gain: float
    bound: float
    proven: bool


def solve_job(ix: Indexed, job: Job) -> Done:
    """Solve one neighbourhood; what is found is never worse than what was there."""
    free, old = set(job.free), [job.at[one] for one in job.free]
    if any(old) and time.monotonic() > job.until:
        return Done(tuple(old), 0.0, -math.inf, proven=False)
    books = Books(ix, locked=False)
    # Nothing else weighs on these sessions, and books of thousands take their time.
    for session in ring(ix, job.free, locked=True):
        slot = ix.fixed[session] or job.at[session]
        if slot is not None and session not in free:
            books.put(session, slot)
    model = Model(ix, books, job.free, job.seed, job.alone)
    model.relax(job.until)
    if job.alone is not None:
        return Done(tuple(old), 0.0, model.bound, proven=False)
    before, guess = model.cost_at(old), rounded(books, model.tours, model.taken)
    if before <= model.bound + 1e-6:
        return Done(tuple(old), 0.0, model.bound, proven=True)
    until = min(job.until, time.monotonic() + job.seconds)
    found = _chosen(model, until, old if before <= model.cost_at(guess) else guess)
    if found.cost > before - 1e-9:
        return Done(tuple(old), 0.0, model.bound, proven=before <= model.bound + _near(before))
    return Done(tuple(found.at), before - found.cost, model.bound, proven=found.cost <= model.bound + _near(found.cost))


def _near(cost: float) -> float:
    return 1e-6 * max(1.0, abs(cost))


def _chosen(model: Model, until: float, start: list[At | None]) -> Found:
    """Choose, and choose again among more tours as long as a session has no date that the bound says could have one."""
    found, price = Found(start, model.cost_at(start), model.bound), model.ix.problem.prices.unplaced
    for times in (1.0, 1.6, 4.0):
        if time.monotonic() > until or (times > 1 and found.cost < model.bound + price / 2):
            break
        found = _better(found, model.choose(until, found.at, times))
    return found


def _better(one: Found, other: Found | None) -> Found:
    return one if other is None or one.cost <= other.cost else other


_HERE: dict[str, Indexed] = {}


def _begin(problem: Problem, homes: Mapping[int, Any], leave: Mapping[int, Any]) -> None:
    """Read the problem once a process."""
    _HERE["ix"] = index(problem, homes, leave)


def _there(job: Job) -> Done:
    return solve_job(_HERE["ix"], job)


@contextmanager
def running(ix: Indexed, homes: Mapping[int, Any], leave: Mapping[int, Any], workers: int) -> Iterator[Callable[[Sequence[Job]], list[Done]]]:
    """Give a function that solves jobs in the order given: here, or in so many processes that begin afresh."""
    if workers <= 1:
        yield lambda jobs: [solve_job(ix, job) for job in jobs]
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (ix.problem, homes, leave)) as pool:
        yield lambda jobs: list(pool.map(_there, jobs)) if len(jobs) > 1 else [solve_job(ix, job) for job in jobs]
