"""Running HiGHS: a linear model that grows by rows and columns, and a whole-number model; one thread, a fixed seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from models.errors import NotPossible
from stages.highs import Stopped, new_solver, run
from stages.schedule.timetable.indexing import Floats, Ints

INF = highspy.kHighsInf
_FINISHED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
# A column or a row: where it has numbers, and which.
Line = tuple[list[int], list[float]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Values of the columns (None: none found), cost, the bound that was proven, row duals of a linear model, whether it went to the end."""

    values: Floats | None
    cost: float
    bound: float
    duals: Floats
    finished: bool


def _packed(lines: Sequence[Line]) -> tuple[int, Ints, Ints, Floats]:
    starts = np.concatenate([[0], np.cumsum([len(where) for where, _ in lines])]).astype(np.int32)
    index = np.array([n for where, _ in lines for n in where], dtype=np.int32)
    return len(index), starts, index, np.array([n for _, values in lines for n in values], dtype=np.float64)  # type: ignore[return-value]


class Growing:
    """A linear model, minimised again after each growth from where it was."""

    def __init__(self, lower: Floats, upper: Floats, seed: int) -> None:
        """Begin with rows and no columns."""
        self.solver = new_solver(seed)
        self.solver.setOptionValue("presolve", "off")
        none = np.zeros(0, dtype=np.int32)
        self.solver.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), none, np.zeros(0))

    def add_columns(self, costs: Floats, lines: Sequence[Line]) -> None:
        """Add columns from nothing upwards."""
        count, starts, index, values = _packed(lines)
        self.solver.addCols(len(lines), costs, np.zeros(len(lines)), np.full(len(lines), INF), count, starts[:-1], index, values)

    def add_rows(self, upper: Floats, lines: Sequence[Line]) -> None:
        """Add rows with an upper limit each."""
        count, starts, index, values = _packed(lines)
        self.solver.addRows(len(lines), np.full(len(lines), -INF), upper, count, starts[:-1], index, values)

    def solve(self) -> Answer:
        """Return the least cost; it has an answer, since everything may stay without a date."""
        self.solver.run()
        status = self.solver.getModelStatus()
        if status not in _FINISHED:
            raise NotPossible(f"The optimiser ended with '{self.solver.modelStatusToString(status)}', which a timetable cannot: report it.")
        found, cost = self.solver.getSolution(), float(self.solver.getInfo().objective_function_value)
        return Answer(np.asarray(found.col_value), cost, cost, np.asarray(found.row_dual), finished=True)


def _whole_numbers(costs: Floats, lines: Sequence[Line], whole: int, lower: Floats, upper: Floats) -> highspy.HighsLp:
    """Return a model in HiGHS's form of which all columns but the first `whole` are taken or not."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(lines), len(lower)
    lp.col_cost_, lp.col_lower_ = costs, np.zeros(len(lines))
    lp.col_upper_ = np.concatenate([np.full(whole, INF), np.ones(len(lines) - whole)])
    lp.row_lower_, lp.row_upper_ = lower, upper
    _, starts, index, values = _packed(lines)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, values
    lp.integrality_ = [highspy.HighsVarType.kContinuous] * whole + [highspy.HighsVarType.kInteger] * (len(lines) - whole)
    return lp


def choose(
    costs: Floats, lines: Sequence[Line], whole: int, lower: Floats, upper: Floats, *, seconds: float, seed: int, nodes: int, start: Floats | None
) -> Answer:
    """Return the cheapest choice of columns of which all but the first `whole` are taken or not; `start` is a known choice to begin from."""
    lp = _whole_numbers(costs, lines, whole, lower, upper)
    found = run(lp, seconds, seed, nodes, start)
    cost = float(costs @ found.values) if found.values is not None else INF
    return Answer(found.values, cost, found.bound, np.zeros(0), finished=found.stopped_by is Stopped.PROVEN)
