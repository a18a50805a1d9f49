"""Published generalised assignment problems: how many are solved to the best known, how many are proven, and how far off the rest is.

`python -m bench.assignments FOLDER` takes the problems that are listed in FOLDER/optima.csv (instance, best_known); `--seconds 10`, `--only c d e`.
"""

import argparse
import csv
import json
import time
from pathlib import Path
from typing import Any

from stages.broker.matching.assignment import cost_of, read_assignment, to_problem
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve


def measure(file: Path, best_known: int, seconds: float) -> dict[str, Any]:
    """Solve one problem."""
    assignment = read_assignment(file)
    started = time.perf_counter()
    solution = solve(to_problem(assignment), Limits(seconds))
    return {
        "instance": file.name, "best_known": best_known, "objective": cost_of(assignment, solution), "bound": round(-solution.bound, 3),
        "seconds": round(time.perf_counter() - started, 2),
    }  # fmt: skip


def main() -> None:
    """Measure, print one line a problem, then the sum of them."""
    parser = argparse.ArgumentParser(description="Measure the matching engine on published problems.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of names")
    wanted = parser.parse_args()
    runs = []
    for row in csv.DictReader((wanted.folder / "optima.csv").read_text(encoding="ascii").splitlines()):
        if row["instance"].startswith(tuple(wanted.only)):
            runs.append(measure(wanted.folder / row["instance"], int(row["best_known"]), wanted.seconds))
            print(json.dumps(runs[-1]), flush=True)
    reached = [run for run in runs if run["objective"] == run["best_known"]]
    proven = sum(run["bound"] == run["best_known"] for run in reached)
    print(
        json.dumps(
            {"problems": len(runs), "best_known_reached": len(reached), "proven": proven, "slowest": max((run["seconds"] for run in runs), default=0)}
        )
    )


if __name__ == "__main__":
    main()
