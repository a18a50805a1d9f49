"""`make bench`: a table on standard output and the same as JSON in bench/results; ratios are within this run.

`python -m bench visits` measures timetabling instead, see `bench.visits`.
"""

import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import prefect_task, visits
from bench.moves import databases, fill, moves_a_second

SIZES = (100, 500, 5_000, 24_000)
TASKS = 200
REFERENCES = {"a BPMN engine in Python": 618, "a durable-execution library": 350, "a Prefect task per move": 140}


def rates(make: Any, size: int, repeats: int) -> float:
    """Return the median rate of durable moves of `size` cases over several fresh databases."""
    found = []
    for _ in range(repeats):
        database = make()
        found.append(moves_a_second(database, fill(database, size)))
        database.close()
    return statistics.median(found)


def demo() -> dict[str, Any]:
    """Run the demo as a process of its own and return its time, memory and messages."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(Path(sys.executable).parent / "lodestar"), "demo", "--json"]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=True, env={"LODESTAR_HOME": home, "PATH": "/usr/bin:/bin"}, text=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    summary = json.loads(done.stdout)
    return {"seconds": round(seconds, 1), "largest_process_mb": round(peak), "messages": summary["messages"]["by_status"].get("sent", 0),
            "events": summary["events"]}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    result: dict[str, Any] = {"machine": platform.platform(), "python": platform.python_version(), "moves_a_second": {}}
    result["demo"] = demo()
    with databases() as makers:
        for name, make in makers.items():
            rates(make, 100, 1)  # warm up
            found = {size: round(rates(make, size, 5 if size <= 500 else 3 if size <= 5000 else 1)) for size in SIZES}
            result["moves_a_second"][name] = found
            print(f"{name}: " + ", ".join(f"{size:,} cases {rate:,}/s" for size, rate in found.items()), flush=True)
            result.setdefault("time_24000_over_500", {})[name] = round((24_000 / found[24_000]) / (500 / found[500]), 1)
        make = makers["SQLite"]
        database = make()
        ids = fill(database, TASKS)
        single = round(prefect_task.moves_a_second(database, ids))
        database.close()
    result["prefect_task_a_move"] = single
    result["ratio_to_prefect_task"] = {name: round(found[500] / single, 1) for name, found in result["moves_a_second"].items()}
    best = max(REFERENCES.values())
    result["ratio_to_best_reference"] = {name: round(found[24_000] / best, 1) for name, found in result["moves_a_second"].items()}
    show(result)
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def show(result: dict[str, Any]) -> None:
    """Print what the run found."""
    print(f"One Prefect task a move, in this run: {result['prefect_task_a_move']}/s; ours is so many times that: {result['ratio_to_prefect_task']}")
    print(f"Time for 24,000 over time for 500 (48 is linear): {result['time_24000_over_500']}")
    print(f"Over the best reference point ({max(REFERENCES.values())}/s, measured elsewhere): {result['ratio_to_best_reference']}")
    run = result["demo"]
    print(f"demo: {run['seconds']} s, largest process {run['largest_process_mb']} MB, {run['messages']} messages, {run['events']} events")


if __name__ == "__main__":
    visits.main(sys.argv[2:]) if sys.argv[1:2] == ["visits"] else main()
