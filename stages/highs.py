"""Running HiGHS: one thread, a fixed seed, a limit of time and of nodes; the answer and what was proven."""

from dataclasses import dataclass
from enum import StrEnum

import highspy
import numpy as np
import numpy.typing as npt

from models.errors import NotPossible

Floats = npt.NDArray[np.float64]


class Stopped(StrEnum):
    """Why the solver stopped: the best is proven, or one of the two limits came first."""

    PROVEN = "proven"
    TIME = "time"
    EFFORT = "effort"


_STOPPED = {
    highspy.HighsModelStatus.kOptimal: Stopped.PROVEN,
    highspy.HighsModelStatus.kModelEmpty: Stopped.PROVEN,
    highspy.HighsModelStatus.kTimeLimit: Stopped.TIME,
    highspy.HighsModelStatus.kSolutionLimit: Stopped.EFFORT,
    highspy.HighsModelStatus.kIterationLimit: Stopped.EFFORT,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Values of the columns (None if none was found), the bound that was proven, row duals of a linear model, nodes searched, and
    work: simplex iterations, which are the same on any machine."""

    values: Floats | None
    bound: float
    duals: Floats
    stopped_by: Stopped
    nodes: int
    work: int


def new_solver(seed: int) -> highspy.Highs:
    """Return a solver that says nothing, with one thread and a fixed seed."""
    # Not `highspy.Highs`: that sets up callbacks, which prints a banner on standard output and would spoil what a command prints.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", seed)):
        solver.setOptionValue(name, value)
    return solver  # type: ignore[no-any-return]


def run(lp: highspy.HighsLp, seconds: float, seed: int, nodes: int | None = None, start: Floats | None = None, near: float = 1e-6) -> Answer:
    """Solve a model that has an answer; `start` is a known answer to begin from, `near` how far from the best is near enough."""
    if not lp.num_col_:
        return Answer(np.zeros(0), 0.0, np.zeros(lp.num_row_), Stopped.PROVEN, 0, 0)
    solver, whole_numbers = new_solver(seed), bool(len(lp.integrality_))
    solver.setOptionValue("time_limit", max(0.01, seconds))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", near)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_allow_restart", False)
    solver.setOptionValue("mip_heuristic_run_root_reduced_cost", False)
    solver.passModel(lp)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    solver.run()
    answer, claimed = _answer(solver, whole_numbers)
    if answer.values is not None and start is not None and abs(_worth(lp, answer.values) - claimed) > 1e-4 * max(1.0, abs(claimed)):
        # HiGHS 1.16 can give back the start with the value of something else when presolve alone ends the search: see the test.
        return run(lp, seconds, seed, nodes, None, near)
    return answer


def _worth(lp: highspy.HighsLp, values: Floats) -> float:
    return float(np.asarray(lp.col_cost_) @ values + lp.offset_)


def _answer(solver: highspy.Highs, whole_numbers: bool) -> tuple[Answer, float]:
    """Return what a solver found, and the value it claims for that."""
    status, info = solver.getModelStatus(), solver.getInfo()
    if status not in _STOPPED:
        raise NotPossible(f"The optimiser ended with '{solver.modelStatusToString(status)}', which it cannot here: report it with the problem.")
    found, claimed = solver.getSolution(), float(info.objective_function_value)
    bound = float(info.mip_dual_bound) if whole_numbers else claimed
    has_values = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(found.col_value) if has_values else None
    nodes, work = max(0, int(info.mip_node_count)), max(0, int(info.simplex_iteration_count))
    return Answer(values, bound, np.asarray(found.row_dual), _STOPPED[status], nodes, work), claimed
