"""Inspections of one file beside those of others: the newer edition counts, a corrected file takes back what the wrong one said."""

import pathlib

import pytest
from sqlmodel import col, select

from evidence.loading import load_file
from models.database import Database
from models.errors import BadFile
from models.evidence import Inspection
from tests.evidence.inspected import AFTER, BEFORE, graded, in_measures, inspections
from tests.evidence.made_up import AT
from tests.evidence.test_triggers import LATER, triggers
from tests.stages.builders import everything

DAY = "14/03/2023"


def grades(database: Database) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    with database.reading() as session:
        for one in session.exec(select(Inspection).order_by(col(Inspection.urn), col(Inspection.inspected))).all():
            found.setdefault(one.urn, []).append(one.grade)
    return found


def test_an_inspection_knows_the_file_that_told_of_it_last(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, graded(900001, "2", DAY)), AT)
    load = load_file(database, inspections(tmp_path, AFTER, graded(900001, "3", DAY)), LATER).load
    with database.reading() as session:
        [one] = session.exec(select(Inspection)).all()
    assert (one.grade, one.load_id) == ("Requires improvement", load.id)


def test_an_older_edition_loaded_later_changes_nothing_that_a_newer_one_said(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, AFTER, graded(900001, "1", DAY)), LATER)
    old = load_file(database, inspections(tmp_path, BEFORE, graded(900001, "4", DAY), graded(900002, "3", DAY)), LATER).load
    assert grades(database) == {900001: ["Outstanding"], 900002: ["Requires improvement"]} and triggers(database) == []
    assert old.skipped["inspection of which a newer edition was loaded, kept as that says"] == 1


def test_a_corrected_file_takes_back_inspections_that_it_no_longer_has(database: Database, tmp_path: pathlib.Path) -> None:
    rows = [graded(urn, "2", DAY) for urn in range(900001, 900005)]
    load_file(database, inspections(tmp_path, BEFORE, *rows), AT)
    load_file(database, inspections(tmp_path, AFTER, *rows[1:], in_measures(900001, "15/09/2026")), LATER)
    put_right = load_file(database, inspections(tmp_path, AFTER, *rows[1:]), LATER.add(days=1)).load
    assert grades(database) == {urn: ["Good"] for urn in range(900001, 900005)}
    assert put_right.skipped["inspection that the file it replaces had and this one has not, taken out"] == 1
    assert [(one.urn, one.says.split(":")[0]) for one in triggers(database)] == [(900001, "Worse"), (900001, "Better")]


@pytest.mark.parametrize(
    ("day", "name"), [("01/09/2026", "made_up_latest_inspections.csv"), ("01/08/2026", BEFORE), ("04/08/2026", "made_up_as_at_31_August_2026.csv")]
)
def test_an_inspection_that_is_yet_to_come_is_refused_with_its_line_and_raises_nothing(
    database: Database, tmp_path: pathlib.Path, day: str, name: str
) -> None:
    load_file(database, inspections(tmp_path, "made_up_as_at_30_June_2026.csv", graded(900001, "2", DAY)), AT)
    before = everything(database)
    with pytest.raises(BadFile, match=r"line 3: an inspection of .* 2026 cannot be in a file of .* 2026\. Download it again"):
        load_file(database, inspections(tmp_path, name, graded(900002, "2", DAY), in_measures(900001, day)), AT)
    assert everything(database) == before and triggers(database) == []


def test_a_file_named_for_a_month_to_come_is_refused(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="is named for 30 September 2026, which is still to come"):
        load_file(sqlite_database, inspections(tmp_path, AFTER, graded(900001, "2", DAY)), AT)


def test_grades_of_this_month_are_dated_by_today_at_the_latest(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "grades_2026-08.csv"
    path.write_text("unique_reference_number,rating\n900001,Good\n", encoding="utf-8")
    load_file(sqlite_database, path, AT)
    with sqlite_database.reading() as session:
        [one] = session.exec(select(Inspection)).all()
    assert one.inspected == one.published == AT.date()
