"""`make bench-assignments`: published assignment problems; how many are solved to the best known and proven, and how far off the rest is.

The folder (solvers/gap in LODESTAR_DATA, else in ../shared/data) holds the problems and optima.csv (instance, best_known).
`--folder`, `--seconds 10`, `--only a b` (beginnings of names) run others, or a part.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

from stages.broker.matching.assignment import cost_of, read_assignment, to_problem
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve

FOLDER = Path(os.environ.get("LODESTAR_DATA", "../shared/data")) / "solvers" / "gap"
RESULTS = Path(__file__).parent / "results"


def measure(file: Path, best_known: int, seconds: float) -> dict[str, Any]:
    """Solve one problem; SystemExit if what is claimed contradicts what is known."""
    assignment = read_assignment(file)
    started = time.perf_counter()
    solution = solve(to_problem(assignment), Limits(seconds))
    cost, bound = cost_of(assignment, solution), round(-solution.bound, 3)
    if bound > best_known or (cost is not None and cost < best_known):
        raise SystemExit(f"{file.name}: cost {cost} and bound {bound} contradict the best known cost of {best_known}: one of them is wrong.")
    return {"instance": file.name, "best_known": best_known, "objective": cost, "bound": bound, "seconds": round(time.perf_counter() - started, 2)}


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many were solved, and mean distances from the best known in per cent."""
    reached = [run for run in runs if run["objective"] == run["best_known"]]
    matched = [run for run in runs if run["objective"] is not None]
    return {
        "problems": len(runs), "best_known_reached": len(reached), "proven": sum(run["bound"] == run["best_known"] for run in reached),
        "slowest": max((run["seconds"] for run in runs), default=0), "without_an_assignment": len(runs) - len(matched),
        "cost_above_per_cent": round(statistics.mean([100 * run["objective"] / run["best_known"] - 100 for run in matched] or [0]), 4),
        "bound_below_per_cent": round(statistics.mean([100 - 100 * run["bound"] / run["best_known"] for run in runs] or [0]), 4),
    }  # fmt: skip


def main(arguments: list[str] | None = None, results: Path = RESULTS) -> None:
    """Measure, print one line a problem and the sum of them, write."""
    parser = argparse.ArgumentParser(description="Measure the matching engine on published problems.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of names")
    wanted, runs = parser.parse_args(arguments), list[dict[str, Any]]()
    for row in csv.DictReader((wanted.folder / "optima.csv").read_text(encoding="ascii").splitlines()):
        if row["instance"].startswith(tuple(wanted.only)):
            runs.append(measure(wanted.folder / row["instance"], int(row["best_known"]), wanted.seconds))
            print(json.dumps(runs[-1]), flush=True)
    result = {"machine": platform.platform(), "python": platform.python_version(), "seconds": wanted.seconds, **summary(runs), "runs": runs}
    print(json.dumps(summary(runs)))
    results.mkdir(exist_ok=True)
    (results / "assignments.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
