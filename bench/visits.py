"""`make bench-visits`: timetables of made-up authorities against their proven bound and a person with a diary; an illness, and a day of snow.

`--sizes 100`, `--seeds 1`, `--seconds 20`, `--workers 1` run a part. Two workers use two cores; others' work on them shows in the seconds.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.diary import by_hand
from bench.visiting import DAY, year
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.costing import cost_of
from stages.schedule.timetable.problem import CLOSED, Problem, Slot
from stages.schedule.timetable.rescheduling import reschedule
from stages.schedule.timetable.solution import Limits, Rescheduled, Solution
from stages.schedule.timetable.solving import solve

SIZES = (100, 300, 500)
# Days before the new dates that a disturbance brings: the time for schools to hear of them.
NOTICE = 14 * DAY


def measure(problem: Problem, hopeless: frozenset[int], limits: Limits) -> tuple[dict[str, Any], Solution]:
    """Timetable a year and compare it with what a person does."""
    solution, hand = solve(problem, limits), by_hand(problem)
    mine, theirs = cost_of(problem, solution.slots), cost_of(problem, hand)
    free = [one for one in problem.sessions if not one.locked]
    without = {one.session for one in solution.unplaced} - hopeless
    # What no day suits costs the same in every timetable, and would hide the rest.
    sure = len(hopeless) * problem.prices.unplaced

    def placed(missing: int) -> float:
        return round(1 - missing / (len(free) - len(hopeless)), 5)

    return {
        "sessions": len(free), "supporters": len(problem.supporters), "seconds": round(solution.seconds, 1), "stopped_by": solution.stopped_by.value,
        "rounds": solution.rounds, "without_a_day_by_design": len(hopeless), "placed_of_placeable": placed(len(without)),
        "named_with_a_limit": sum(bool(one.limit) for one in solution.unplaced),
        "with_a_nearest_day": sum(one.nearest is not None for one in solution.unplaced),
        "over_bound": round((solution.objective - sure) / (solution.bound - sure), 4), **_parts(problem, solution.slots),
        "by_hand": {"placed_of_placeable": placed(theirs.unplaced - len(hopeless)), **_parts(problem, hand)},
        "kilometres_over_by_hand": round(mine.kilometres / theirs.kilometres, 4),
    }, solution  # fmt: skip


def _parts(problem: Problem, slots: Mapping[int, Slot | None]) -> dict[str, int]:
    """Return what a timetable costs in its own units, and how many rules it breaks."""
    cost = cost_of(problem, slots)
    return {"broken_rules": len(broken(problem, slots)), "kilometres": round(cost.kilometres), "days_from_ideal": cost.days,
            "crowded_half_days": cost.crowded}  # fmt: skip


def illness(problem: Problem, solution: Solution) -> dict[str, Any]:
    """Let the supporter with the most visits be ill for three weeks from the middle of November."""
    loads = {who.id: sum(who.id in one.supporters for one in problem.sessions) for who in problem.supporters}
    ill, first = max(loads, key=lambda who: loads[who]), datetime.date(2026, 11, 16)
    people = tuple(replace(who, away=(*who.away, (first, first + 18 * DAY))) if who.id == ill else who for who in problem.supporters)
    return told(replace(problem, supporters=people), solution, first)


def snow(problem: Problem, solution: Solution) -> dict[str, Any]:
    """Let all schools in the southern half of the authority be closed on the school day in January on which most of them have a visit."""
    norths = {school: one.place[1] for one in problem.sessions for school in one.schools if one.place and len(one.schools) == 1}
    south = {school for school, north in norths.items() if north <= statistics.median(norths.values())}
    slots = [(solution.slots[one.id], one.schools) for one in problem.sessions if len(one.schools) == 1]
    january = [day for day in problem.days if day.year == 2027 and day.month == 1]
    day = max(january, key=lambda day: sum(slot is not None and slot.day == day and not south.isdisjoint(schools) for slot, schools in slots))
    closed = {school: {**days, day: CLOSED} if school in south else days for school, days in problem.closed.items()}
    return told(replace(problem, closed=closed), solution, day)


def told(problem: Problem, solution: Solution, today: datetime.date) -> dict[str, Any]:
    """Reschedule: what lies before today is held, nothing new is sooner than the notice allows."""
    current = {number: slot for number, slot in solution.slots.items() if slot is not None}
    held = tuple(replace(one, locked=current[one.id]) if one.id in current and current[one.id].day < today else one for one in problem.sessions)
    problem = replace(problem, sessions=held, earliest=today + NOTICE)
    found = reschedule(problem, current, {}, Limits(10.0))
    lost = [one for one in found.moved if one.after is None]
    return {"seconds": round(found.seconds, 2), "moved": len(found.moved), "must_move_at_least": found.least_moved, "proven_fewest": found.proven,
            "lost_their_date": len(lost), "broken_rules": len(broken(_as_kept(problem, current, found), found.slots))}  # fmt: skip


def _as_kept(problem: Problem, current: dict[int, Slot], found: Rescheduled) -> Problem:
    """Return the problem with what stayed as a fact, since it may be sooner than new dates may be."""
    kept = {number for number, slot in current.items() if found.slots[number] == slot}
    return replace(problem, sessions=tuple(replace(one, locked=current[one.id]) if one.id in kept else one for one in problem.sessions))


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Return what part is to be run."""
    parser = argparse.ArgumentParser(description="Measure timetabling.")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, write."""
    wanted, runs = options(arguments), list[dict[str, Any]]()
    for size in wanted.sizes:
        for seed in range(1, wanted.seeds + 1):
            problem, hopeless = year(size, seed)
            run, solution = measure(problem, hopeless, Limits(wanted.seconds, workers=wanted.workers))
            run |= {"illness": illness(problem, solution), "snow": snow(problem, solution)}
            runs.append({"schools": size, "seed": seed, "load_on_the_machine": round(os.getloadavg()[0], 1), **run})
            print(json.dumps(runs[-1]), flush=True)
    seconds = {size: statistics.mean(run["seconds"] for run in runs if run["schools"] == size) for size in wanted.sizes}
    smallest = min(seconds)
    growth = {size: round(found / seconds[smallest], 2) for size, found in seconds.items()}
    result = {"machine": platform.platform(), "python": platform.python_version(), "runs": runs,
              "time_over_smallest": growth, "size_over_smallest": {size: round(size / smallest, 2) for size in seconds}}  # fmt: skip
    print(json.dumps({key: result[key] for key in ("time_over_smallest", "size_over_smallest")}))
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "visits.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
