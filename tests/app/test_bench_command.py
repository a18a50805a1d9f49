"""lodestar bench gap: what it prints, and what it refuses."""

import json
from pathlib import Path

from tests.app.conftest import Run

SMALL = "2 3\n 1 5 2\n 4 1 3\n 2 2 2\n 2 2 2\n 4 4\n"


def written(folder: Path, text: str = SMALL) -> Path:
    file = folder / "small"
    file.write_text(text)
    return file


def test_a_problem_is_solved_and_printed_as_json_and_nothing_else(lodestar: Run, tmp_path: Path) -> None:
    ran = lodestar("bench", "gap", "--file", written(tmp_path), "--seconds", "30", "--json")
    found = json.loads(ran.out)
    assert ran.code == 0 and list(found) == ["instance", "objective", "bound", "seconds"]
    assert (found["instance"], found["objective"], found["bound"]) == ("small", 4, 4)


def test_a_person_reads_one_line(lodestar: Run, tmp_path: Path) -> None:
    assert "small: cost 4, which is proven to be the least" in lodestar("bench", "gap", "--file", written(tmp_path)).out


def test_items_that_fit_nowhere_are_counted(lodestar: Run, tmp_path: Path) -> None:
    file = written(tmp_path, SMALL.replace("4 4", "4 1"))
    assert "1 of 3 items could not be assigned" in lodestar("bench", "gap", "--file", file).out
    assert json.loads(lodestar("bench", "gap", "--file", file, "--json").out)["objective"] is None


def test_a_damaged_file_is_refused_in_one_sentence(lodestar: Run, tmp_path: Path) -> None:
    ran = lodestar("bench", "gap", "--file", written(tmp_path, "2 3 x"), "--json")
    assert ran.code == 1 and ran.out == "" and "line 1: 'x'" in ran.err
