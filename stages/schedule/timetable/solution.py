"""What a solve gives: when each session is held, how good that is proven to be, and what stops those that have no date."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stages.schedule.timetable.problem import Slot


class Stopped(StrEnum):
    """Why the solver stopped: the best is proven, nothing it tries is better, or one of the two limits came first."""

    PROVEN = "proven"
    SETTLED = "settled"
    TIME = "time"
    EFFORT = "effort"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to try: seconds of wall time, and rounds of improvement (None: until nothing is better); `workers` are processes.

    The same problem, seed and `effort` give the same answer, with any number of workers, whenever the time is not what stopped the solver.
    """

    seconds: float = 60.0
    effort: int | None = None
    seed: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A session without a date: how many days of its window each limit stops, most first, and the nearest day if only the window did not count.

    `whose` says of each limit of diaries to which supporters (by id) of several it is due, on how many days; to nobody alone, if it names none.
    """

    session: int
    stops: tuple[tuple[str, int], ...]
    nearest: datetime.date | None
    whose: tuple[tuple[str, tuple[int, ...], int], ...] = ()

    @property
    def limit(self) -> str:
        """Return the limit that stops most days."""
        return self.stops[0][0] if self.stops else "no school day lies in its time"


@dataclass(frozen=True, slots=True)
class Solution:
    """A timetable: `slots` has every session, with None where there is no date.

    `objective` is its cost, `bound` a proven limit below which no timetable can cost, both in the prices of the problem.
    """

    slots: Mapping[int, Slot | None]
    unplaced: tuple[Unplaced, ...]
    objective: float
    bound: float
    seconds: float
    stopped_by: Stopped
    rounds: int

    @property
    def gap(self) -> float:
        """Return how much of the cost may be unnecessary, as a share; 0 if this is the best."""
        spare = self.objective - self.bound
        return spare / self.objective if spare > 1e-6 * (1 + abs(self.objective)) else 0.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A session with another date than it had (None: no date any more), and why."""

    session: int
    before: Slot
    after: Slot | None
    why: str


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A timetable after a disturbance: who moved and why, and how many must move at least, since they cannot stay.

    It is proven if no timetable has fewer sessions without a date, or as few and fewer moved.
    """

    slots: Mapping[int, Slot | None]
    unplaced: tuple[Unplaced, ...]
    moved: tuple[Moved, ...]
    least_moved: int
    seconds: float
    proven: bool
