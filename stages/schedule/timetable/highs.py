"""Running HiGHS: a linear model that grows by rows and columns, and a whole-number model; one thread, a fixed seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from models.errors import NotPossible
from stages.schedule.timetable.indexing import Floats, Ints

INF = highspy.kHighsInf
_FINISHED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
_STOPPED = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kIterationLimit)
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


def _solver(seed: int) -> highspy.Highs:
    # Not `highspy.Highs`: that sets up callbacks, which prints a banner on standard output and would spoil what a command prints.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", seed)):
        solver.setOptionValue(name, value)
    return solver  # type: ignore[no-any-return]


def _packed(lines: Sequence[Line]) -> tuple[int, Ints, Ints, Floats]:
    starts = np.concatenate([[0], np.cumsum([len(where) for where, _ in lines])]).astype(np.int32)
    index = np.array([n for where, _ in lines for n in where], dtype=np.int32)
    return len(index), starts, index, np.array([n for _, values in lines for n in values], dtype=np.float64)  # type: ignore[return-value]


class Growing:
    """A linear model, minimised again after each growth from where it was."""

    def __init__(self, lower: Floats, upper: Floats, seed: int) -> None:
        """Begin with rows and no columns."""
        self.solver = _solver(seed)
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
    solver = _solver(seed)
    for name, value in (("time_limit", max(0.01, seconds)), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-6), ("mip_max_nodes", nodes)):
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status not in (*_FINISHED, *_STOPPED):
        raise NotPossible(f"The optimiser ended with '{solver.modelStatusToString(status)}', which a timetable cannot: report it.")
    has_values = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    found = np.asarray(solver.getSolution().col_value) if has_values else None
    cost = float(costs @ found) if found is not None else INF
    if start is not None and found is not None and abs(cost - info.objective_function_value) > 1e-4 * max(1.0, abs(cost)):
        # HiGHS 1.16 can give back the start with the value of something else when presolve alone ends the search.
        return choose(costs, lines, whole, lower, upper, seconds=seconds, seed=seed, nodes=nodes, start=None)
    return Answer(found, cost, float(info.mip_dual_bound), np.zeros(0), status in _FINISHED)
