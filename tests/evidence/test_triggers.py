"""Triggers: what a newly loaded inspection changed in a school's standing, raised once."""

import pathlib

import pytest
from sqlmodel import col, select

from evidence.loading import load_file
from models.database import Database
from models.evidence import Trigger
from tests.evidence.inspected import AFTER, BEFORE, graded, in_measures, inspections
from tests.evidence.made_up import AT, asked
from tests.evidence.test_loading import census

LATER = AT.add(months=2)
GOOD = graded(900001, "2", "14/03/2023")


def triggers(database: Database) -> list[Trigger]:
    with database.reading() as session:
        return list(session.exec(select(Trigger).order_by(col(Trigger.id))).all())


def test_the_first_file_of_inspections_is_news_of_those_that_are_in_trouble_alone(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD, in_measures(900002, "01/06/2026")), AT)
    [one] = triggers(database)
    assert one.urn == 900002 and one.says.startswith("First known: now in a category of concern, safeguarding is not met. Graded Inadequate")


def test_a_standing_that_gets_worse_raises_one_trigger_that_says_how(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD, GOOD | graded(900002, "2", "14/03/2023")), AT)
    load = load_file(database, inspections(tmp_path, AFTER, in_measures(900001, "15/09/2026"), graded(900002, "2", "14/03/2023")), LATER).load
    [one] = triggers(database)
    assert (one.urn, one.kind, one.load_id, one.at, one.handled_at) == (900001, "new_inspection", load.id, LATER, None)
    assert one.says.startswith("Worse: now in a category of concern, safeguarding is not met, a lower grade. Graded Inadequate on 15 September 2026")


def test_a_standing_that_gets_better_raises_one_too_and_the_same_kind_of_standing_none(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD, graded(900002, "2", "14/03/2023")), AT)
    load_file(database, inspections(tmp_path, AFTER, graded(900001, "1", "15/09/2026"), graded(900002, "2", "15/09/2026")), LATER)
    assert [(one.urn, one.says.split(".")[0]) for one in triggers(database)] == [(900001, "Better: a higher grade")]


def test_the_same_load_twice_raises_nothing_more(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD), AT)
    path = inspections(tmp_path, AFTER, in_measures(900001, "15/09/2026"))
    load_file(database, path, LATER)
    load_file(database, path, LATER.add(days=1))
    renamed = inspections(tmp_path, "made_up_as_at_31_October_2026.csv", in_measures(900001, "15/09/2026"))
    load_file(database, renamed, LATER.add(months=1))
    assert len(triggers(database)) == 1


def test_a_school_of_which_nothing_was_known_raises_one_if_its_first_outcome_is_bad(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD), AT)
    load_file(database, inspections(tmp_path, AFTER, GOOD, in_measures(900002, "15/09/2026"), graded(900003, "2", "15/09/2026")), LATER)
    assert [one.urn for one in triggers(database)] == [900002]


def test_an_older_file_loaded_late_does_not_repeat_what_newer_ones_said(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, AFTER, in_measures(900001, "15/09/2026")), LATER)
    load_file(database, inspections(tmp_path, "made_up_as_at_31_August_2020.csv", graded(900001, "2", "14/03/2017")), LATER)
    load_file(database, inspections(tmp_path, "made_up_as_at_31_August_2021.csv", graded(900001, "3", "14/03/2019")), LATER)
    assert [one.says.split(":")[0] for one in triggers(database)] == ["First known"]


@pytest.mark.parametrize("grade", ["4", "1"])
def test_an_inspection_put_right_by_a_corrected_file_raises_one(database: Database, tmp_path: pathlib.Path, grade: str) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD), AT)
    load_file(database, inspections(tmp_path, BEFORE, GOOD | {"Overall effectiveness": grade}), LATER)
    assert [one.says.split(":")[0] for one in triggers(database)] == ["Worse" if grade == "4" else "Better"]


def test_a_standing_that_goes_to_and_fro_is_told_each_time(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, inspections(tmp_path, BEFORE, GOOD), AT)
    for days, grade in enumerate(["4", "2", "4"], start=1):
        load_file(
            database, inspections(tmp_path, BEFORE, GOOD | {"Overall effectiveness": grade, "School name": f"Made up {days}"}), AT.add(days=days)
        )
    assert [one.says.split(":")[0] for one in triggers(database)] == ["Worse", "Better", "Worse"]


def test_triggers_of_old_are_looked_up_only_for_schools_that_would_have_another(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    def looked_up(path: pathlib.Path) -> list[str]:
        with asked(sqlite_database) as statements:
            load_file(sqlite_database, path, LATER)
        return [one for one in statements if "FROM triggers" in one]

    load_file(sqlite_database, inspections(tmp_path, BEFORE, GOOD, in_measures(900002, "01/06/2026")), AT)
    assert looked_up(census(tmp_path)) == []
    [query] = looked_up(inspections(tmp_path, AFTER, in_measures(900001, "15/09/2026"), in_measures(900002, "01/06/2026")))
    assert "triggers.urn IN (?)" in query
    assert [one.urn for one in triggers(sqlite_database)] == [900002, 900001]
