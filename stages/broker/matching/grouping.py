"""Groups of schools: what the two ways of grouping share. `triads` and `reviewing` have a function each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import dist

import highspy
import numpy as np

from stages import highs
from stages.broker.matching.indexing import Floats

# To leave a school out is never cheaper than to place it, unless no group is allowed.
UNPLACED = 1e4


@dataclass(frozen=True, slots=True)
class School:
    """A school to be grouped: place in kilometres, and need as numbers that are alike in alike schools (0 to 1, say)."""

    id: int
    east: float
    north: float
    need: tuple[float, ...] = ()
    trust: str | None = None
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups (members in order), those left out with a word why, and how good that is.

    `objective` and `bound` are in kilometres of distance and unlikeness (lower is better) or in value (higher is better) and leave
    out the price of those not placed. `exact` is whether all possible groups were weighed, or only those of near neighbours, in which
    case the bound holds among those; `proven` is whether the best of what was weighed is proven.
    """

    groups: tuple[tuple[int, ...], ...]
    unplaced: Mapping[int, str]
    objective: float
    bound: float
    exact: bool
    proven: bool


def apart(one: School, other: School, unlike_km: float) -> float:
    """Return how ill two schools go together, in kilometres: distance, and `unlike_km` for each point of difference in need."""
    return dist((one.east, one.north), (other.east, other.north)) + unlike_km * (dist(one.need, other.need) if one.need else 0.0)


def apart_all(schools: Sequence[School], unlike_km: float) -> Floats:
    """Return `apart` for all pairs, (n, n)."""
    places = np.array([(s.east, s.north) for s in schools]).reshape(len(schools), 2)
    needs = np.array([s.need for s in schools]).reshape(len(schools), -1)
    far = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    return np.asarray(far + unlike_km * np.sqrt(((needs[:, None] - needs[None]) ** 2).sum(axis=2)))


class Choosing:
    """A choice among columns, each 0 or 1 (or any number from 0), at the least cost, with rows that add them up."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.binary: list[bool] = []
        self.rows: list[tuple[float, float, list[tuple[int, float]]]] = []

    def column(self, cost: float, *, binary: bool = True) -> int:
        """Add a column and return its number."""
        self.costs.append(cost)
        self.binary.append(binary)
        return len(self.costs) - 1

    def row(self, lower: float, upper: float, parts: list[tuple[int, float]]) -> None:
        """Add a row: the sum of (column, coefficient) lies between two numbers."""
        self.rows.append((lower, upper, parts))

    def solve(self, seconds: float, seed: int) -> highs.Answer:
        """Return the cheapest choice that was found."""
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.costs), len(self.rows)
        lp.col_cost_, lp.col_lower_ = np.array(self.costs), np.zeros(len(self.costs))
        lp.col_upper_ = np.where(self.binary, 1.0, highspy.kHighsInf)
        lp.row_lower_, lp.row_upper_ = np.array([row[0] for row in self.rows]), np.array([row[1] for row in self.rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0, *(len(row[2]) for row in self.rows)])
        lp.a_matrix_.index_ = np.array([column for row in self.rows for column, _ in row[2]], dtype=np.int64)
        lp.a_matrix_.value_ = np.array([value for row in self.rows for _, value in row[2]])
        kinds = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
        lp.integrality_ = [kinds[one] for one in self.binary]
        return highs.run(lp, seconds, seed)
