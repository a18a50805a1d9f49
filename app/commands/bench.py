"""lodestar bench: the matching engine on published problems."""

import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from app.output import say, show_json
from app.session import Json, Seed
from stages.broker.matching.assignment import cost_of, read_assignment, to_problem
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from stages.highs import Stopped

app = App(name="bench")


@app.command
def gap(
    *,
    file: Annotated[Path, Parameter(help="A generalised assignment problem: agents and items, costs, amounts, capacities.")],
    seconds: Annotated[float, Parameter(validator=Number(gt=0, lte=86_400), help="How long to try.")] = 10.0,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Solve a generalised assignment problem (each item to one agent at the least cost), with the bound that was proven."""
    started = time.monotonic()
    assignment = read_assignment(file)
    problem = to_problem(assignment)
    solution = solve(problem, Limits(max(0.1, seconds - (time.monotonic() - started)), seed=seed))
    cost, bound = cost_of(assignment, solution), round(-solution.bound, 6)
    taken = round(time.monotonic() - started, 2)
    result: dict[str, Any] = {"instance": assignment.name, "objective": cost, "bound": int(bound) if bound.is_integer() else bound, "seconds": taken}
    if json:
        show_json(result)
    elif cost is None:
        say(f"{assignment.name}: {len(solution.unmet)} of {len(problem.needs)} items could not be assigned in {taken} s.")
    else:
        how = "which is proven to be the least" if solution.stopped_by is Stopped.PROVEN else f"no less than {result['bound']} is possible"
        say(f"{assignment.name}: cost {cost}, {how}; {taken} s.")
