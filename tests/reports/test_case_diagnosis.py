"""What a case file says of its diagnoses: the findings that stand, and how it is with a category that was set by hand."""

import pathlib

from models.database import Database
from models.evidence import Finding
from models.words import Role, Status
from reports.case_file import case_file
from reports.case_words import in_words
from reports.words import day
from tests.stages.builders import ANSWERS, Journey, journey


def told(one: Journey) -> str:
    with one.database.reading() as session:
        return in_words(case_file(session, one.case_id, one.at))


def part_of(text: str, title: str) -> list[str]:
    """Return the lines of one part of a case file."""
    return [line.removeprefix("  - ") for line in text.partition(f"\n{title}\n")[2].partition("\n\n")[0].splitlines()]


def test_only_the_findings_of_the_newest_diagnosis_are_told_with_its_day_and_all_are_kept(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    first = [row.says for row in one.rows(Finding)]
    assert part_of(told(one), f"Findings of the diagnosis of {day(one.at)}") == first
    one.at = one.at.add(days=2)
    one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    one.engine()
    both, text = [row.says for row in one.rows(Finding)], told(one)
    assert text.count("\nFindings of the diagnosis of ") == 1
    assert part_of(text, f"Findings of the diagnosis of {day(one.at)}") == both[len(first) :] != first
    with one.database.reading() as session:
        kept = case_file(session, one.case_id, one.at)["findings"]
    assert [row["says"] for row in kept] == both and len({row["at"] for row in kept}) == 2


def test_two_diagnoses_of_one_moment_are_not_mixed(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    first = len(one.rows(Finding))
    one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    one.engine()
    assert part_of(told(one), f"Findings of the diagnosis of {day(one.at)}") == [row.says for row in one.rows(Finding)][first:]


def test_a_case_that_was_not_diagnosed_yet_has_no_findings(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    assert "Findings" not in told(journey(sqlite_database, tmp_path))
