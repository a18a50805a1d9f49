"""Reading GIAS's groups: several groups at once, closed groups, numbers and dates as a spreadsheet saves them."""

import collections
import datetime
import pathlib

import pendulum
import pytest
from sqlmodel import select

from evidence.kind import Context
from evidence.kinds.groups import KIND, read
from evidence.loading import load_file
from evidence.opening import open_file
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.school import GroupMember, SchoolGroup

AT = pendulum.datetime(2026, 8, 3, 9)
COLUMNS = ("", "URN", "Group UID", "Group Name", "Group Type", "Closed Date", "Group Status (code)", "Group Status", "Joined date")
PLAIN = {"URN": "900001", "Group UID": "90", "Group Name": "Mill Lane Trust", "Group Type": "Multi-academy trust", "Group Status": "Open",
         "Joined date": "2019-09-01"}  # fmt: skip
JOINED = datetime.date(2019, 9, 1)


def written(folder: pathlib.Path, *records: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> pathlib.Path:
    path = folder / "group_links.csv"
    rows = [columns, *([{**PLAIN, **record}.get(name, "") for name in columns] for record in records)]
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    return path


def read_groups(path: pathlib.Path) -> Understood:
    with open_file(path) as table:
        return read(table, Context(AT.date()))


def member(code: str, urn: int, joined: datetime.date | None = JOINED, left: datetime.date | None = None) -> dict[str, object]:
    return {"code": code, "urn": urn, "joined": joined, "left": left}


def test_a_group_has_its_number_as_code_and_its_type_as_kind(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {}))
    assert found.groups == [{"code": "90", "name": "Mill Lane Trust", "kind": "Multi-academy trust"}]
    assert found.members == [member("90", 900001)]


def test_one_school_is_in_several_groups_at_once_and_one_group_has_several_schools(tmp_path: pathlib.Path) -> None:
    sponsor = {"Group UID": "91", "Group Name": "Mill Lane", "Group Type": "School sponsor"}
    found = read_groups(written(tmp_path, {}, sponsor, {"URN": "900002"}))
    assert [group["kind"] for group in found.groups] == ["Multi-academy trust", "School sponsor"]
    assert found.members == [member("90", 900001), member("91", 900001), member("90", 900002)]


def test_numbers_saved_as_floats_and_the_five_digits_of_a_childrens_centre_are_read(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {"URN": "20003.0", "Group UID": "90.0"}, {"URN": "900001.0"}))
    assert found.members == [member("90", 20003), member("90", 900001)]


def test_1_january_1900_is_an_unknown_date(tmp_path: pathlib.Path) -> None:
    assert read_groups(written(tmp_path, {"Joined date": "1900-01-01"})).members == [member("90", 900001, None)]


def test_whoever_was_in_a_closed_group_has_left_on_the_day_it_closed(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {"Group Status": "Closed", "Closed Date": "31-08-2020"}))
    assert found.members == [member("90", 900001, left=datetime.date(2020, 8, 31))]


@pytest.mark.parametrize("closed", ["", "1900-01-01"])
def test_a_group_that_closed_on_an_unknown_day_has_no_members_and_is_counted(tmp_path: pathlib.Path, closed: str) -> None:
    found = read_groups(written(tmp_path, {"URN": "900002"}, {"Group UID": "91", "Group Status": "Closed", "Closed Date": closed}))
    assert [group["code"] for group in found.groups] == ["90"]
    assert (found.rows_read, found.rows_kept, found.skipped) == (2, 1, {"group closed on an unknown day": 1})


def test_a_group_that_is_only_proposed_has_no_members_yet(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {}, {"Group UID": "91", "Group Status": "Proposed to open"}))
    assert found.rows_kept == 1 and found.skipped == {"group proposed to open": 1}


def test_a_file_that_only_has_the_code_of_the_status_is_read_by_that(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {"Group Status": "", "Group Status (code)": "CLOSED", "Closed Date": "2020-08-31"}))
    assert found.members[0]["left"] == datetime.date(2020, 8, 31)


def test_a_school_that_joined_the_same_group_again_is_in_it_once_since_the_last_time(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {}, {"Joined date": "2022-09-01"}, {"Joined date": "2020-09-01"}))
    assert found.members == [member("90", 900001, datetime.date(2022, 9, 1))]
    assert found.skipped == {"joined the same group before": 2}


@pytest.mark.parametrize(("change", "why"), [({"URN": "NAT"}, "no URN"), ({"URN": ""}, "no URN"), ({"Group UID": ""}, "no group")])
def test_a_row_without_school_or_group_is_counted_and_left_out(tmp_path: pathlib.Path, change: dict[str, str], why: str) -> None:
    found = read_groups(written(tmp_path, {}, change))
    assert (found.rows_read, found.rows_kept, found.skipped) == (2, 1, {why: 1})


def test_an_apostrophe_of_windows_that_was_saved_as_a_control_character_is_put_right(tmp_path: pathlib.Path) -> None:
    assert read_groups(written(tmp_path, {"Group Name": "St Mary\x92s"})).groups[0]["name"] == "St Mary\u2019s"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Joined date": "2019-09"}, 'line 3: "2019-09" in column Joined date is no date'),
        ({"Closed Date": "31-02-2020"}, 'line 3: "31-02-2020" in column Closed Date is no date'),
        ({"Group Name": "Another Trust"}, "line 3: group 90 has another name or type than before"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line(tmp_path: pathlib.Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(BadFile, match=f"{says}.*Download it again"):
        read_groups(written(tmp_path, {}, {"URN": "900002", **change}))


def test_a_file_that_was_cut_short_or_is_empty_is_refused(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, {}, {})
    path.write_text(path.read_text()[:-20])
    with pytest.raises(BadFile, match="cut short at line 3: it has 5 of 9 fields"):
        read_groups(path)
    with pytest.raises(BadFile, match="but no school in a group: download it again"):
        read_groups(written(tmp_path))


def test_a_file_that_was_cut_in_the_middle_of_its_last_name_is_refused_where_that_authority_is_known(tmp_path: pathlib.Path) -> None:
    columns, mine, other = (*COLUMNS, "LA (code)", "LA (name)"), {"LA (code)": "999", "LA (name)": "Wexcombe"}, {"LA (code)": "998"}
    path = written(tmp_path, mine, {"URN": "900002", **mine}, columns=columns)
    whole = path.read_text()
    assert len(read_groups(path).members) == 2
    for kept in range(1, len("Wexcombe")):
        path.write_text(whole[: kept - len("Wexcombe")])
        with pytest.raises(BadFile, match=f'line 3, has "{"Wexcombe"[:kept]}" as the name of authority 999, which is Wexcombe elsewhere'):
            read_groups(path)
    for name in ("Wexcombe and Hill", "Hill"):
        assert len(read_groups(written(tmp_path, mine, {"URN": "900002", **mine, "LA (name)": name}, columns=columns)).members) == 2
    assert len(read_groups(written(tmp_path, mine, {"URN": "900002", **other, "LA (name)": "Wex"}, columns=columns)).members) == 2


def test_the_groups_are_dated_by_the_last_school_that_joined_not_counting_days_to_come(tmp_path: pathlib.Path) -> None:
    found = read_groups(written(tmp_path, {}, {"URN": "900002", "Joined date": "2031-09-01"}))
    assert (found.as_of, found.edition) == (JOINED, "2019-09-01")


def test_groups_are_recognised_and_newer_ones_take_the_place_of_those_loaded_before(tmp_path: pathlib.Path, database: Database) -> None:
    load_file(database, written(tmp_path, {}, {"URN": "900002"}), AT)
    loaded = load_file(database, written(tmp_path, {"Group UID": "91", "Group Name": "Hill Trust"}), AT.add(days=1), smaller=True)
    assert loaded.load.kind == KIND.name
    with database.reading() as session:
        group = session.exec(select(SchoolGroup)).one()
        assert (group.code, group.name) == ("91", "Hill Trust")
        assert session.exec(select(GroupMember.group_id, GroupMember.urn)).all() == [(group.id, 900001)]


def test_the_real_groups_are_all_kept_with_schools_in_several_at_once(shared: pathlib.Path) -> None:
    """README of the data says that 7,315 URNs are in several groups: 7,314 are, with 7,315 places beyond their first (one has three)."""
    found = read_groups(shared / "register" / "group_links_2022-03.csv.zip")
    groups_of = collections.Counter(one["urn"] for one in found.members)
    assert (found.rows_read, found.rows_kept, len(found.groups), found.skipped) == (20_395, 20_395, 4_741, {})
    assert sum(1 for count in groups_of.values() if count > 1) == 7_314
    assert sum(count - 1 for count in groups_of.values()) == 7_315 and max(groups_of.values()) == 3
    assert sum(1 for one in found.members if one["left"]) == 54 and sum(1 for urn in groups_of if urn < 100_000) == 1_623
    assert not any("\x80" <= letter < "\xa0" for group in found.groups for letter in group["name"])
    assert found.unknown_columns == []
