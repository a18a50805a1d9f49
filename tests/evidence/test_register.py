"""Loading the register: one authority whole or not at all, as often as one likes."""

import datetime
import pathlib
import re
from typing import Any

import pendulum
import pytest
from sqlmodel import Session, col, select

from evidence.indicators import Held, figure
from evidence.kind import Context
from evidence.kinds.register import read
from evidence.known import load_series
from evidence.loading import load_file
from evidence.opening import open_file
from evidence.register import load_register
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.evidence import Evidence, Load
from models.school import School
from simulation.wexcombe import FILE_NAME, write_register
from tests.evidence.test_register_rows import lines, written

TODAY = datetime.date(2026, 8, 3)
AT = pendulum.datetime(2026, 8, 3, 9)


def read_register(path: pathlib.Path, authority: str | None, today: datetime.date) -> Understood:
    with open_file(path) as table:
        return read(table, Context(today, authority))


def kept(database: Database) -> tuple[list[Any], list[Any]]:
    """Return all schools and all evidence as plain values, without the numbers that the database gives out."""

    def plain(session: Session, table: Any, key: Any) -> list[Any]:
        return [{k: v for k, v in one.model_dump().items() if k != "id"} for one in session.exec(select(table).order_by(*key)).all()]

    with database.reading() as session:
        return plain(session, School, (col(School.urn),)), plain(session, Evidence, (col(Evidence.urn), col(Evidence.indicator)))


def test_only_the_wanted_authority_is_read_and_the_rest_is_counted(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, lines({"URN": "1"}, {"URN": "2", "LA (code)": "997"}, {"URN": "3"}))
    register = read_register(path, "998", TODAY)
    assert [found["urn"] for found in register.schools] == [1, 3]
    assert (register.rows_read, register.skipped) == (3, {"other authority": 1})


def test_an_unknown_authority_is_refused_and_those_that_are_there_are_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r"no establishment of authority 202: give a three-digit code that it has, such as 998 Madeupshire\."):
        read_register(written(tmp_path, lines({})), "202", TODAY)


@pytest.mark.parametrize("urn", ["", "abc", "12x", "12\u00b2"])
def test_a_number_that_is_no_urn_is_refused_with_its_line(tmp_path: pathlib.Path, urn: str) -> None:
    with pytest.raises(BadFile, match=f'line 3: "{urn}" is no URN'):
        read_register(written(tmp_path, lines({}, {"URN": urn})), "998", TODAY)


@pytest.mark.parametrize(
    ("column", "text"),
    [("EstablishmentStatus (name)", "Opne"), ("PhaseOfEducation (name)", "Primry"), ("NumberOfPupils", "37.5"), ("EstablishmentName", " "),
     ("OpenDate", "31-02-2019"), ("LA (code)", "9"), ("LA (code)", ""), ("LA (code)", "99\u00b2")],
)  # fmt: skip
def test_a_slip_in_a_record_is_refused_with_its_line_and_column(tmp_path: pathlib.Path, column: str, text: str) -> None:
    with pytest.raises(BadFile, match=rf"^register\.csv, line 3: .* column {re.escape(column)}.*\. Download it again\.$"):
        read_register(written(tmp_path, lines({}, {"URN": "900002", column: text})), "998", TODAY)


def test_a_school_of_no_authority_is_read(tmp_path: pathlib.Path) -> None:
    found = read_register(written(tmp_path, lines({}, {"URN": "900002", "LA (code)": "000"})), None, TODAY)
    assert [school["authority"] for school in found.schools] == ["998", "000"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("edubasealldata20231116.csv", datetime.date(2023, 11, 16)), ("mine.csv", TODAY), ("edubasealldata20231399.csv", TODAY)],
)
def test_the_register_is_dated_by_its_name_or_else_by_today(tmp_path: pathlib.Path, name: str, expected: datetime.date) -> None:
    register = read_register(written(tmp_path, lines({}), name), "998", TODAY)
    assert register.as_of == expected
    assert register.schools[0]["register_date"] == expected


def test_loading_tells_what_was_understood(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    path = write_register(tmp_path / FILE_NAME)
    loaded = load_register(sqlite_database, path, "999", AT)
    assert (loaded.authority, loaded.authority_name, loaded.register_date) == ("999", "Wexcombe", datetime.date(2026, 8, 1))
    assert (loaded.rows_read, loaded.schools, loaded.open_state_funded, loaded.skipped) == (103, 103, 100, {})


def test_no_pupils_are_none_and_free_meals_that_a_register_does_not_tell_are_no_figure(tmp_path: pathlib.Path, database: Database) -> None:
    load_register(database, written(tmp_path, lines({"NumberOfPupils": "0", "PercentageFSM": "SUPP"}), "edubasealldata20231116.csv"), "998", AT)
    found = {one["indicator"]: one for one in kept(database)[1]}
    assert (found["pupils"]["value"], found["pupils"]["missing"]) == (0, None)
    assert found.keys() == {"pupils"} and {one["as_of"] for one in found.values()} == {datetime.date(2023, 11, 16)}
    with database.reading() as session:
        load = session.get_one(Load, found["pupils"]["load_id"])
    assert (load.kind, load.edition, load.scope) == ("GIAS establishments", "2023-11-16", "998")


@pytest.mark.parametrize(("told", "value"), [("", 24.5), ("31.0", 31.0)])
def test_free_meals_are_those_of_the_census_where_the_register_that_follows_it_does_not_tell_them(
    tmp_path: pathlib.Path, sqlite_database: Database, told: str, value: float
) -> None:
    end = ["NAT,,PRI,,300,6,2,30,10,60,20,45", "NAT,,SEC,,200,4,2,20,10,20,10,30", "NAT,,SPE,,50,50,100,0,0,5,10,20"]
    census = tmp_path / "2022-2023_england_census.csv"
    head = "URN,LA,ESTAB,SCHOOLTYPE,NOR,TSENELSE,PSENELSE,TSENELK,PSENELK,NUMEAL,PNUMEAL,NUMFSM"
    census.write_text("\n".join([head, "100001,998,2001,,200,4,2,20,10,50,25,49", *end]) + "\n", encoding="utf-8")
    register = written(tmp_path, lines({"URN": "100001", "PercentageFSM": told}), "edubasealldata20231116.csv")
    for path in (census, register):
        load_file(sqlite_database, path, AT)
    with sqlite_database.reading() as session:
        for newest_only in (False, True):
            series = load_series(session, ["fsm_share"], [100001], TODAY, newest_only=newest_only)
            one = session.exec(select(School)).one()
            assert figure("fsm_share", one, None, TODAY, Held(series)).value == value


def test_loading_the_same_file_twice_changes_neither_schools_nor_evidence(tmp_path: pathlib.Path, database: Database) -> None:
    path = write_register(tmp_path / FILE_NAME)
    first = load_register(database, path, "999", AT)
    before = kept(database)
    assert len(before[0]) == 103 and 101 < len(before[1]) <= 2 * 101
    assert load_register(database, path, "999", AT.add(days=1)) == first
    assert kept(database) == before


def test_every_load_is_written_down_with_the_digest_of_its_file(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    path = write_register(tmp_path / FILE_NAME)
    load_register(sqlite_database, path, "999", AT)
    assert load_register(sqlite_database, path, "999", AT).schools == 103  # the same file again is not loaded again
    with sqlite_database.reading() as session:
        loads = session.exec(select(Load)).all()
    assert len({one.digest for one in loads}) == 1
    assert [(one.edition, one.file_name, one.rows_read, one.rows_kept) for one in loads] == [("2026-08-01", FILE_NAME, 103, 103)]


def test_a_newer_file_replaces_schools_and_adds_to_evidence(tmp_path: pathlib.Path, database: Database) -> None:
    load_register(database, written(tmp_path, lines({"NumberOfPupils": "200"}), "edubasealldata20231116.csv"), "998", AT)
    load_register(database, written(tmp_path, lines({"NumberOfPupils": "240"}), "edubasealldata20240116.csv"), "998", AT)
    schools, evidence = kept(database)
    assert [one["pupils"] for one in schools] == [240]
    assert {(one["as_of"].year, one["value"]) for one in evidence if one["indicator"] == "pupils"} == {(2023, 200), (2024, 240)}


def test_an_older_file_is_refused_and_changes_nothing(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    load_register(sqlite_database, written(tmp_path, lines({"URN": "1"}), "edubasealldata20260801.csv"), "998", AT)
    before = kept(sqlite_database)
    with pytest.raises(BadFile, match=r"is of 1 July 2026, older than the register of 1 August 2026"):
        load_register(sqlite_database, written(tmp_path, lines({"URN": "2"}), "edubasealldata20260701.csv"), "998", AT)
    assert kept(sqlite_database) == before


def test_a_school_that_is_not_in_the_file_any_more_is_counted_and_stays(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    load_register(sqlite_database, written(tmp_path, lines({"URN": "1"}, {"URN": "2"}), "edubasealldata20260701.csv"), "998", AT)
    loaded = load_register(sqlite_database, written(tmp_path, lines({"URN": "1"}), "edubasealldata20260801.csv"), "998", AT)
    assert loaded.vanished == 1 and {school["urn"] for school in kept(sqlite_database)[0]} == {1, 2}


def test_closed_schools_carry_no_evidence(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    load_register(sqlite_database, written(tmp_path, lines({"EstablishmentStatus (name)": "Closed"})), "998", AT)
    schools, evidence = kept(sqlite_database)
    assert len(schools) == 1 and evidence == []


@pytest.mark.parametrize("fault", ["cut", "urn", "twice"])
def test_a_refused_file_leaves_what_was_there(tmp_path: pathlib.Path, database: Database, fault: str) -> None:
    load_register(database, written(tmp_path, lines({"URN": "1"}, {"URN": "2"}), "edubasealldata20231116.csv"), "998", AT)
    before = kept(database)
    bad = {
        "cut": lines({"URN": "1", "NumberOfPupils": "1"}, {"URN": "2"})[:-30],
        "urn": lines({"URN": "1", "NumberOfPupils": "1"}, {"URN": "none"}),
        "twice": lines({"URN": "1", "NumberOfPupils": "1"}, {"URN": "1"}),
    }[fault]
    with pytest.raises(BadFile, match="edubasealldata20240116"):
        load_register(database, written(tmp_path, bad, "edubasealldata20240116.csv"), "998", AT)
    assert kept(database) == before
    with database.reading() as session:
        assert len(session.exec(select(Load)).all()) == 1


@pytest.mark.parametrize(("authority", "name", "count"), [("202", "Camden", 57), ("936", "Surrey", 403)])
def test_one_authority_of_the_real_register_is_loaded_with_its_published_count(
    shared: pathlib.Path, sqlite_database: Database, authority: str, name: str, count: int
) -> None:
    path = shared / "register" / "edubasealldata20231116.zip"
    loaded = load_register(sqlite_database, path, authority, AT)
    assert (loaded.authority_name, loaded.open_state_funded, loaded.rows_read) == (name, count, 50_515)
    assert loaded.schools + loaded.skipped["other authority"] == 50_515
    schools, _ = kept(sqlite_database)
    assert sum(1 for one in schools if one["open"] and one["state_funded"]) == count


@pytest.mark.parametrize("name", ["edubasealldata20991231.csv", "edubasealldata20260804.csv"])
def test_a_register_named_for_a_day_to_come_is_refused(tmp_path: pathlib.Path, name: str) -> None:
    path = written(tmp_path, lines({}))
    with pytest.raises(BadFile, match=r"is named for .*, which is still to come"):
        read_register(path.rename(tmp_path / name), "998", TODAY)
