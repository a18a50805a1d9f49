"""Generalised assignment problems: read or refused, and solved to the published best."""

import json
import random
from itertools import product
from pathlib import Path

import pytest

from bench import assignments
from models.errors import BadFile
from stages.broker.matching.assignment import cost_of, read_assignment, to_problem
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from stages.highs import Stopped

PUBLISHED = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "solvers" / "gap"
SMALL = "2 3\n 1 5 2\n 4 1 3\n 2 2 2\n 2 2 2\n 4 4\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "made-up"
    file.write_text(text)
    return file


def test_a_small_file_is_read_and_solved(tmp_path: Path) -> None:
    assignment = read_assignment(written(tmp_path, SMALL))
    assert assignment.costs == ((1, 5, 2), (4, 1, 3)) and assignment.amounts == ((2, 2, 2), (2, 2, 2)) and assignment.capacities == (4, 4)
    solution = solve(to_problem(assignment), Limits(60))
    assert cost_of(assignment, solution) == 4 == -solution.bound and solution.stopped_by is Stopped.PROVEN


def test_an_item_that_fits_nowhere_is_said_to_be_left_out(tmp_path: Path) -> None:
    assignment = read_assignment(written(tmp_path, SMALL.replace("4 4", "4 1")))
    solution = solve(to_problem(assignment), Limits(60))
    assert cost_of(assignment, solution) is None and len(solution.unmet) == 1


def test_made_up_problems_are_solved_to_the_best_that_trying_finds(tmp_path: Path) -> None:
    drawn = random.Random(4)
    for _ in range(8):
        agents, items = drawn.randint(2, 3), drawn.randint(3, 6)
        table = [[[drawn.randint(low, 15) for _ in range(items)] for _ in range(agents)] for low in (1, 3)]
        capacities = [drawn.randint(15, 30) for _ in range(agents)]
        numbers = [agents, items, *(n for rows in table for row in rows for n in row), *capacities]
        assignment = read_assignment(written(tmp_path, " ".join(map(str, numbers))))
        costs = [
            sum(table[0][agent][item] for item, agent in enumerate(choice))
            for choice in product(range(agents), repeat=items)
            if all(sum(table[1][a][i] for i, a in enumerate(choice) if a == agent) <= capacities[agent] for agent in range(agents))
        ]
        solution = solve(to_problem(assignment), Limits(60))
        assert cost_of(assignment, solution) == min(costs, default=None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin"),
        ("0 4 1 2", "does not begin"),
        ("2 3 1 2 three", "line 1: 'three'"),
        ("2 3\n1 2\n1.5", "line 3: '1.5'"),
        ("2 3\n99999999999", "line 2"),
        (SMALL.replace("4 4", "4"), "capacities"),
        (SMALL + "7", "more after"),
        ("2 3 1 2", "breaks off in the costs"),
        ("2 3 1 2 3 4 5 6 7", "breaks off in the amounts"),
        (SMALL.replace(" 2 2 2\n 4", " 2 -2 2\n 4"), "agent 2 has an amount below 0 for item 2"),
        (SMALL.replace("4 4", "4 -4"), "agent 2 has a capacity below 0"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read_assignment(written(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("nowhere", "binary"):
        with pytest.raises(BadFile, match="cannot be read"):
            read_assignment(tmp_path / name)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published problems are not beside the project")
@pytest.mark.parametrize("name", ["gap1-0", "gap9-2", "a10100"])
def test_published_problems_are_solved_to_their_proven_best(name: str) -> None:
    rows = [line.split(",") for line in (PUBLISHED / "optima.csv").read_text().splitlines()]
    optimum = next(int(row[rows[0].index("optimum")]) for row in rows if row[0] == name)
    assignment = read_assignment(PUBLISHED / name)
    solution = solve(to_problem(assignment), Limits(60))
    assert cost_of(assignment, solution) == optimum == -solution.bound


def published(folder: Path, best_known: int) -> list[str]:
    (folder / "small").write_text(SMALL)
    (folder / "optima.csv").write_text(f"instance,best_known\nsmall,{best_known}\n")
    return ["--folder", str(folder)]


def test_a_bench_of_published_problems_writes_what_it_found(tmp_path: Path) -> None:
    assignments.main(published(tmp_path, 4), tmp_path)
    found = json.loads((tmp_path / "assignments.json").read_text())
    assert [found[name] for name in ("problems", "best_known_reached", "proven", "cost_above_per_cent", "without_an_assignment")] == [1, 1, 1, 0, 0]
    assert [run["instance"] for run in found["runs"]] == ["small"]


@pytest.mark.parametrize("best_known", [3, 5])
def test_a_bench_stops_at_a_claim_that_contradicts_what_is_known(tmp_path: Path, best_known: int) -> None:
    with pytest.raises(SystemExit, match=f"small: cost 4 and bound 4.0 contradict the best known cost of {best_known}"):
        assignments.main(published(tmp_path, best_known), tmp_path)
    assert not (tmp_path / "assignments.json").exists()
