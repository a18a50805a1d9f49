"""Reading GIAS's links: everything is kept, what is odd is counted, what is damaged is refused."""

import datetime
import pathlib

import pendulum
import pytest
from sqlmodel import select

from evidence.kind import Context
from evidence.kinds.links import KIND, read, unknown_targets
from evidence.loading import load_file
from evidence.opening import open_file
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.school import SchoolLink
from tests.evidence.made_up import saved, share

AT = pendulum.datetime(2026, 8, 3, 9)
HEADER = '"URN","LinkURN","LinkName","LinkType","LinkEstablishedDate"'
THERE = '"900002","900001","Mill Lane School","Predecessor","01-09-2019"'
BACK = '"900001","900002","Mill Lane Academy","Successor",""'


def written(folder: pathlib.Path, *rows: str, name: str = "links_edubasealldata20260801.csv") -> pathlib.Path:
    path = folder / name
    path.write_bytes("\r\n".join((HEADER, *rows)).encode("cp1252"))
    return path


def read_links(path: pathlib.Path) -> Understood:
    with open_file(path) as table:
        return read(table, Context(AT.date()))


def test_a_link_is_kept_with_its_kind_and_date_and_one_without_a_date_is_counted(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, THERE, BACK))
    assert found.links == [
        {"urn": 900002, "linked_urn": 900001, "kind": "Predecessor", "since": datetime.date(2019, 9, 1)},
        {"urn": 900001, "linked_urn": 900002, "kind": "Successor", "since": None},
    ]
    assert (found.rows_read, found.rows_kept, found.skipped) == (2, 2, {"no date, kept": 1})


def test_1_january_1900_is_an_unknown_date(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, '"900002","900001","","Predecessor","01-01-1900"', THERE.replace("Predecessor", "Other"), BACK))
    assert found.links[0]["since"] is None and found.skipped["no date, kept"] == 2


def test_a_link_without_one_back_is_kept_and_counted(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, THERE))
    assert found.rows_kept == 1 and found.skipped == {"in one direction only, kept": 1}


def test_a_link_to_an_establishment_that_is_not_known_is_kept_and_can_be_counted(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, THERE, BACK))
    assert unknown_targets(found.links, {900001}) == 1 and unknown_targets(found.links, {900001, 900002}) == 0


def test_the_same_link_twice_is_one_and_keeps_the_date_that_either_has(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, THERE.replace("01-09-2019", ""), THERE, THERE.replace("01-09-2019", "")))
    assert [link["since"] for link in found.links] == [datetime.date(2019, 9, 1)]
    assert (found.rows_read, found.rows_kept, found.skipped["the same link twice"]) == (3, 1, 2)


def test_two_links_of_different_kinds_between_the_same_schools_are_both_kept(tmp_path: pathlib.Path) -> None:
    assert read_links(written(tmp_path, THERE, THERE.replace("Predecessor", "Other"))).rows_kept == 2


def test_a_number_that_is_no_urn_is_counted_and_left_out(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, THERE, BACK, THERE.replace("900001", "NAT")))
    assert (found.rows_read, found.rows_kept, found.skipped["no URN"]) == (3, 2, 1)


def test_numbers_as_a_spreadsheet_writes_them_and_letters_of_windows_are_read(tmp_path: pathlib.Path) -> None:
    found = read_links(written(tmp_path, '"900002.0","900001.0","St Joseph\u2019s","Predecessor","2019-09-01"'))
    assert (found.links[0]["urn"], found.links[0]["linked_urn"], found.links[0]["since"]) == (900002, 900001, datetime.date(2019, 9, 1))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('"900002","900001","Mill', "is damaged at line 3"),
        ("900002,900001,Mill Lane School", "cut short at line 3: it has 3 of 5 fields"),
        ("900002,900001,Mill Lane School,Predecessor,01-0", 'line 3: "01-0" in column LinkEstablishedDate is no date'),
        ("900002,900001,Mill Lane School,,01-09-2019", "line 3: the link has no kind"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line(tmp_path: pathlib.Path, bad: str, says: str) -> None:
    with pytest.raises(BadFile, match=f"{says}.*Download it again"):
        read_links(written(tmp_path, THERE, bad))


def test_a_file_without_a_link_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="but no link: download it again"):
        read_links(written(tmp_path))


@pytest.mark.parametrize(("name", "as_of"), [("links_edubasealldata20260801.csv", datetime.date(2026, 8, 1)), ("links.csv", AT.date())])
def test_the_links_are_dated_by_the_name_of_the_file_or_else_by_today(tmp_path: pathlib.Path, name: str, as_of: datetime.date) -> None:
    found = read_links(written(tmp_path, THERE, name=name))
    assert (found.as_of, found.edition) == (as_of, as_of.isoformat())


def test_a_column_that_is_not_known_is_reported(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, THERE + ',"x"')
    path.write_text(path.read_text().replace('"LinkEstablishedDate"', '"LinkEstablishedDate","Why"'))
    assert read_links(path).unknown_columns == ["Why"]


def test_links_are_recognised_and_newer_ones_take_the_place_of_those_loaded_before(tmp_path: pathlib.Path, database: Database) -> None:
    load_file(database, written(tmp_path, THERE, BACK), AT)
    assert load_file(database, written(tmp_path, BACK, name="newer.csv"), AT.add(days=1), smaller=True).load.kind == KIND.name
    with database.reading() as session:
        assert [(link.urn, link.linked_urn, link.kind) for link in session.exec(select(SchoolLink)).all()] == [(900001, 900002, "Successor")]


def test_the_real_links_are_all_kept_with_their_published_counts(shared: pathlib.Path) -> None:
    found = read_links(shared / "register" / "links_edubasealldata20250422.csv")
    assert (found.rows_read, found.rows_kept, len({link["kind"] for link in found.links})) == (33_801, 33_801, 17)
    assert found.skipped == {"no date, kept": 8_253, "in one direction only, kept": 325}
    assert found.as_of == datetime.date(2025, 4, 22) and found.unknown_columns == []


@pytest.mark.parametrize(("scope", "says"), [("999", ", as is expected while only a part of the register is loaded"), ("ENG", "")])
def test_links_to_unknown_schools_are_said_to_be_expected_while_only_a_part_of_the_register_is_there(
    sqlite_database: Database, tmp_path: pathlib.Path, scope: str, says: str
) -> None:
    saved(sqlite_database, share(900002, 2025, 20, name="fsm_share"), kind="GIAS establishments", scope=scope)
    skipped = load_file(sqlite_database, written(tmp_path, THERE, BACK), AT).load.skipped
    assert skipped[f"to a school that is not in the register, kept{says}"] == 2
