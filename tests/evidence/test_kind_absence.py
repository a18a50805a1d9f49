"""Absence: each school once, with England's rows at the end; one authority's if that is asked for."""

import pathlib

import pytest

from evidence.loading import load_file
from models.database import Database
from models.errors import BadFile
from tests.evidence.made_up import AT
from tests.evidence.test_kind_results import written

COLUMNS = ("LA", "ESTAB", "URN", "PERCTOT", "PPERSABS10")
ROWS = (("998", "2001", "900001", "4.3", "8.4"), ("999", "2002", "900002", "5.3", "15.1"), ("NAT", "PRI", "", "5.5", "14.6"),
        ("NAT", "SEC", "", "8.9", "25.6"), ("NAT", "SPE", "", "13", "37.2"))  # fmt: skip
NAME = "england_abs_2023-2024.csv"


def test_a_school_that_is_there_twice_is_refused_with_its_lines(database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="line 3: URN 900001 is on line 2 already"):
        load_file(database, written(tmp_path / NAME, COLUMNS, [ROWS[0], *ROWS]), AT)


def test_only_the_schools_of_the_authority_that_was_asked_for_are_kept_and_england_to_compare_with(
    database: Database, tmp_path: pathlib.Path
) -> None:
    found = load_file(database, written(tmp_path / NAME, COLUMNS, ROWS), AT, "999")
    assert found.understood is not None and {figure[1] for figure in found.understood.figures} == {900002}
    assert (found.load.scope, found.load.skipped["other authority"], len(found.understood.area_figures)) == ("999", 1, 6)


def test_a_file_without_a_column_of_authorities_cannot_be_kept_to_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    path = written(tmp_path / NAME, ("ESTAB", "URN", "PERCTOT", "PPERSABS10"), [row[1:] for row in ROWS])
    with pytest.raises(BadFile, match="has no column LA by which to keep to authority 999: load it whole"):
        load_file(sqlite_database, path, AT, "999")


def test_an_authority_without_a_school_in_the_file_is_refused(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="no school"):
        load_file(sqlite_database, written(tmp_path / NAME, COLUMNS, ROWS), AT, "997")
