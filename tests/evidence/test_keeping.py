"""Keeping a file to one authority: by its own column where it has one, else by the schools of the register; national files stay whole."""

import csv
import io
import json
import pathlib
import zipfile
from collections.abc import Callable

import pytest
from sqlmodel import select

from evidence.loading import load_file
from models.database import Database
from models.errors import BadFile
from models.evidence import AreaEvidence, Evidence
from tests.evidence import test_kind_benchmarks as lait
from tests.evidence.made_up import AT, school, with_schools
from tests.evidence.test_kind_census import NEW, NEW_END, PREMIUM
from tests.evidence.test_kind_census import written as text
from tests.evidence.test_kind_results import PROGRESS, PROGRESS_ROWS, REDUCED, REDUCED_ROWS, written
from tests.evidence.test_register_rows import register_rows


def census(folder: pathlib.Path) -> pathlib.Path:
    """Return a census of 900001 in authority 999 and 900002 in 998, with England's rows."""
    row = "{},{},2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    return text(folder, NEW, row.format(900001, 999), row.format(900002, 998), *NEW_END)


def premium(folder: pathlib.Path) -> pathlib.Path:
    """Return a whole file of pupil premium, which must reach the last authority of England."""
    row = '{0},{1}2001,{1},Place,2001,Elm,Mainstream,200,0,"£44,385",33,"£44,385"'
    rows = (row.format(urn, code) for urn, code in ((900001, 999), (900002, 998)))
    return text(folder, PREMIUM, *rows, name="pupil_premium_2020-2021.csv")


def ks2_reduced(folder: pathlib.Path) -> pathlib.Path:
    return written(folder / "ks2_2015-2016.csv", REDUCED, REDUCED_ROWS)


def ks2_progress(folder: pathlib.Path) -> pathlib.Path:
    return written(folder / "ks2_2018-2019_progress.csv", PROGRESS, PROGRESS_ROWS)


def ks4_reduced(folder: pathlib.Path) -> pathlib.Path:
    path = folder / "ks4_2024-2025.json"
    path.write_text(json.dumps([{"urn": urn, "metrics": {"att8_score": 40.0, "l2basics_94": 50.0}} for urn in (900001, 900002)]), encoding="utf-8")
    return path


WITH_COLUMN = {"census": census, "pupil premium": premium}
WITHOUT_COLUMN = {"key stage 2 (reduced)": ks2_reduced, "key stage 2 (progress)": ks2_progress, "key stage 4 (reduced)": ks4_reduced}
Make = Callable[[pathlib.Path], pathlib.Path]


def rows_of(path: pathlib.Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        return list(csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig")))


def urns(database: Database) -> set[int]:
    with database.reading() as session:
        return set(session.exec(select(Evidence.urn)).all())


@pytest.mark.parametrize("make", WITH_COLUMN.values(), ids=WITH_COLUMN)
def test_a_file_that_says_the_authority_is_kept_to_it_without_a_register(database: Database, tmp_path: pathlib.Path, make: Make) -> None:
    load = load_file(database, make(tmp_path), AT, "998").load
    assert (urns(database), load.scope, load.rows_kept, load.skipped["other authority"]) == ({900002}, "998", 1, 1)


@pytest.mark.parametrize("make", WITHOUT_COLUMN.values(), ids=WITHOUT_COLUMN)
def test_a_file_that_does_not_say_the_authority_is_kept_to_the_schools_of_the_register(
    database: Database, tmp_path: pathlib.Path, make: Make
) -> None:
    with pytest.raises(BadFile, match="cannot be kept to authority 998, of which no school is known: load the register first"):
        load_file(database, make(tmp_path), AT, "998")
    with_schools(database, school(900001), school(900002, authority="998"))
    load = load_file(database, make(tmp_path), AT, "998").load
    assert (urns(database), load.scope, load.rows_kept) == ({900002}, "998", 1)
    assert load.skipped["other authority"] == load.rows_read - 1


@pytest.mark.parametrize("make", (WITH_COLUMN | WITHOUT_COLUMN).values(), ids=WITH_COLUMN | WITHOUT_COLUMN)
def test_an_authority_of_which_the_file_has_no_school_is_refused_and_nothing_is_loaded(
    database: Database, tmp_path: pathlib.Path, make: Make
) -> None:
    with_schools(database, school(900001), school(900009, authority="997"))
    with pytest.raises(BadFile, match=r"no school of that authority|says nothing of a school of authority 997"):
        load_file(database, make(tmp_path), AT, "997")
    assert urns(database) == set()


@pytest.mark.parametrize("make", (WITH_COLUMN | WITHOUT_COLUMN).values(), ids=WITH_COLUMN | WITHOUT_COLUMN)
def test_a_file_of_one_authority_can_be_loaded_again_without_change_and_whole_after_it(
    database: Database, tmp_path: pathlib.Path, make: Make
) -> None:
    with_schools(database, school(900001), school(900002, authority="998"))
    first = load_file(database, make(tmp_path), AT, "998")
    again = load_file(database, make(tmp_path), AT, "998")
    assert again.understood is None and again.load.id == first.load.id
    whole = load_file(database, make(tmp_path), AT)
    assert whole.understood is not None and whole.load.scope == "ENG" and {900001, 900002} <= urns(database)


def test_the_rows_of_england_stay_beside_one_authoritys_schools(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, census(tmp_path), AT, "998")
    with database.reading() as session:
        assert {row.sector for row in session.exec(select(AreaEvidence)).all()} == {"primary", "secondary", "special"}


def test_benchmarks_are_kept_to_one_authority_and_england(database: Database, tmp_path: pathlib.Path) -> None:
    path = lait.written(tmp_path, lait.ENGLAND, lait.CAMDEN, ("PriTotAbs", None, "2024", "Barnet", "5.1", 302.0, "Outer London"))
    with pytest.raises(BadFile, match="has no figure of authority 201"):
        load_file(database, path, AT, "201")
    load = load_file(database, path, AT, "202").load
    with database.reading() as session:
        assert {row.area for row in session.exec(select(AreaEvidence)).all()} == {"ENG", "202"}
    assert (load.scope, load.rows_kept, load.skipped["other authority"]) == ("202", 2, 1)


def test_the_real_census_of_one_authority_has_just_its_rows(sqlite_database: Database, shared: pathlib.Path) -> None:
    path = shared / "census" / "2024-2025_england_census.csv.zip"
    mine = {int(row["URN"]) for row in rows_of(path) if row["LA"] == "936"}
    load = load_file(sqlite_database, path, AT, "936").load
    assert urns(sqlite_database) == mine and load.rows_kept == len(mine)


def test_the_real_reduced_results_of_one_authority_are_those_of_its_schools(sqlite_database: Database, shared: pathlib.Path) -> None:
    register, results = shared / "register" / "edubasealldata20231116.zip", shared / "results" / "ks2_national_2015-2016_reduced.csv.zip"
    mine = {int(record["URN"]) for _, record in register_rows(register) if record["LA (code)"] == "936"}
    load_file(sqlite_database, register, AT, "936")
    load = load_file(sqlite_database, results, AT, "936").load
    with sqlite_database.reading() as session:
        kept = set(session.exec(select(Evidence.urn).where(Evidence.load_id == load.id)).all())
    assert kept == mine & {int(row["URN"]) for row in rows_of(results)}
    assert (load.rows_read, load.rows_kept, load.skipped["other authority"]) == (16_162, len(kept), 16_162 - len(kept))
