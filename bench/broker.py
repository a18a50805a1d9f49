"""`make bench-broker`: matching on made-up authorities, against its own proven bound and against simple rules; England; a decline.

Everything is in gain: the value over matching nothing. `--sizes 100 300`, `--seeds 1`, `--seconds 10`, `--no-england`, `--no-long` run a part.
"""

import argparse
import dataclasses
import json
import platform
import resource
import statistics
import time
from pathlib import Path
from typing import Any

from bench.authorities import TIGHTNESS, Authority, authority
from bench.greedy import rules
from stages.broker.matching.explaining import value_of
from stages.broker.matching.problem import Problem
from stages.broker.matching.solution import Limits, Solution
from stages.broker.matching.solving import solve

SUPPORTERS = {100: 20, 300: 60, 500: 100}
DECLINES, MOVE_PRICE = 5, 20.0


def ratio(solution: Solution) -> float:
    """Return the gain reached over the gain that is proven to be the most."""
    return round((solution.objective - solution.nothing) / (solution.bound - solution.nothing), 4)


def measure(found: Authority, seconds: float) -> tuple[dict[str, Any], Solution]:
    """Solve an authority and compare with the rules."""
    solution = solve(found.problem, Limits(seconds))
    gain = solution.objective - solution.nothing
    others = {name: value_of(found.problem, matching) - solution.nothing for name, matching in rules(found).items()}
    nearest, *rest = others.values()
    return {
        "seconds": round(solution.seconds, 2), "over_bound": ratio(solution), "stopped_by": solution.stopped_by.value,
        "over_nearest_free": round(gain / nearest, 4), "over_best_rule": round(gain / max(nearest, *rest), 4),
        "best_rule": max(others, key=lambda name: others[name]), "needs": len(found.problem.needs), "unmet": len(solution.unmet),
    }, solution  # fmt: skip


def decline(problem: Problem, solution: Solution, number: int) -> dict[str, Any]:
    """Let a supporter decline one case: the rest is proposed, a third of it agreed; solve again and count who else moved."""
    case = {need.id: need.case for need in problem.needs}
    matched = [(need, who) for need, who in solution.supporter_of.items() if who is not None]
    need, who = matched[number * 37 % len(matched)]
    declined = {(other, who) for other in case if case[other] == case[need]}
    kept = [pair for pair in matched if pair not in declined]
    again = dataclasses.replace(
        problem, pairings=tuple(p for p in problem.pairings if (p.need, p.supporter) not in declined), proposed=tuple(kept), move_price=MOVE_PRICE,
        agreed=tuple(pair for pair in kept if case[pair[0]] % 3 == 0),
    )  # fmt: skip
    started = time.perf_counter()
    found = solve(again, Limits(1.5))
    moved = {case[n] for n, before in kept if found.supporter_of[n] != before}
    return {"seconds": round(time.perf_counter() - started, 2), "other_matches_changed": len(moved - {case[need]})}


def england(seconds: float) -> dict[str, Any]:
    """Solve 22,000 schools with 3,000 supporters, each need with the 15 nearest who could meet it."""
    found = authority(22_000, 3_000, "normal", 1, nearest=15)
    started = time.perf_counter()
    solution = solve(found.problem, Limits(seconds))
    return {"needs": len(found.problem.needs), "pairings": len(found.problem.pairings), "seconds": round(time.perf_counter() - started, 1),
            "over_bound": ratio(solution), "gap": round(solution.gap, 4), "unmet": len(solution.unmet)}  # fmt: skip


def options() -> argparse.Namespace:
    """Return what part is to be run."""
    parser = argparse.ArgumentParser(description="Measure the matching engine.")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SUPPORTERS), choices=list(SUPPORTERS))
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--england-seconds", type=float, default=240.0)
    parser.add_argument("--no-england", action="store_true")
    parser.add_argument("--no-long", action="store_true", help="leave out the solves of 60 seconds at 300 schools")
    return parser.parse_args()


def main() -> None:
    """Measure, print, write."""
    wanted = options()
    runs, declines = [], []
    for size in wanted.sizes:
        for seed in range(1, wanted.seeds + 1):
            for tightness in TIGHTNESS:
                found = authority(size, SUPPORTERS[size], tightness, seed)
                run, solution = measure(found, wanted.seconds)
                if size == 300 and not wanted.no_long:
                    run["over_bound_60_s"] = ratio(solve(found.problem, Limits(60.0)))
                runs.append({"schools": size, "supporters": SUPPORTERS[size], "tightness": tightness, "seed": seed, **run})
                print(json.dumps(runs[-1]), flush=True)
                declines += [{"schools": size, **decline(found.problem, solution, number)} for number in range(DECLINES)]
    result: dict[str, Any] = {"machine": platform.platform(), "python": platform.python_version(), "runs": runs, "declines": declines}
    result["summary"] = summary(runs, declines)
    if not wanted.no_england:
        result["england"] = england(wanted.england_seconds)
        print(json.dumps(result["england"]), flush=True)
    result["largest_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(result["summary"], indent=2))
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "broker.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def summary(runs: list[dict[str, Any]], declines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means and worst, by size and over all."""
    found: dict[str, Any] = {}
    for size in sorted({run["schools"] for run in runs}):
        mine = [run for run in runs if run["schools"] == size]
        for name in ("over_bound", "over_bound_60_s", "over_nearest_free", "over_best_rule"):
            values = [run[name] for run in mine if name in run]
            if values:
                found.setdefault(str(size), {})[name] = {"mean": round(statistics.mean(values), 4), "worst": min(values)}
        again = [one for one in declines if one["schools"] == size]
        found[str(size)]["decline"] = {
            "slowest_seconds": max(one["seconds"] for one in again),
            "mean_other_matches_changed": round(statistics.mean(one["other_matches_changed"] for one in again), 2),
            "most_other_matches_changed": max(one["other_matches_changed"] for one in again),
        }
    for name in ("over_nearest_free", "over_best_rule"):
        found[f"mean_{name}"] = round(statistics.mean(run[name] for run in runs), 4)
    return found


if __name__ == "__main__":
    main()
