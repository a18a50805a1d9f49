"""The indices of deprivation: one row a neighbourhood of England, and no rank left out."""

import datetime
import pathlib

import pytest

from evidence.kind import Context
from evidence.kinds.deprivation import KINDS
from evidence.opening import open_file
from evidence.understood import Understood
from models.errors import BadFile

IDACI = (
    "LSOA code (2011),LSOA name (2011),Local Authority District code (2019),Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived),"
    "Income Deprivation Affecting Children Index (IDACI) Rank (where 1 is most deprived),"
    "Income Deprivation Affecting Children Index (IDACI) Decile (where 1 is most deprived 10% of LSOAs)"
)
IMD = "lsoa21_code,IMD_decile,Income_decile,IMD_rank,IMD_score"


def read(tmp_path: pathlib.Path, *lines: str) -> Understood:
    path = tmp_path / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_file(path)


def read_file(path: pathlib.Path) -> Understood:
    with open_file(path) as table:
        columns = frozenset(column.casefold() for column in table.columns)
        (kind,) = [kind for kind in KINDS if kind.knows(columns, "")]
        return kind.read(table, Context(datetime.date(2026, 8, 3)))


def test_rank_and_decile_of_children_are_kept_by_neighbourhood(tmp_path: pathlib.Path) -> None:
    found = read(tmp_path, IDACI, "E01900001,Made up 001A,E09999999,5,2,10", "E01900002,Made up 001B,E09999999,6,1,1")
    day = datetime.date(2019, 9, 26)
    assert (found.edition, found.as_of, found.rows_kept, found.unknown_columns) == ("2019", day, 2, [])
    assert found.area_figures == [
        ("idaci_decile", "E01900001", "all", day, 10.0), ("idaci_rank", "E01900001", "all", day, 2.0),
        ("idaci_decile", "E01900002", "all", day, 1.0), ("idaci_rank", "E01900002", "all", day, 1.0),
    ]  # fmt: skip


def test_ranks_written_with_a_decimal_point_are_whole_numbers(tmp_path: pathlib.Path) -> None:
    found = read(tmp_path, IMD + ",Something_new", "E01900001,8.0,10.0,1.0,8.742,")
    assert [(name, value) for name, _, _, _, value in found.area_figures] == [("imd_decile", 8.0), ("imd_rank", 1.0)]
    assert (found.as_of, found.unknown_columns) == (datetime.date(2025, 10, 30), ["Something_new"])


def test_neighbourhoods_that_are_equal_share_a_rank(tmp_path: pathlib.Path) -> None:
    assert read(tmp_path, IMD, *(f"E0190000{n},1,1,{rank},1" for n, rank in enumerate((1, 2, 2, 4)))).rows_kept == 4


def test_a_file_that_lacks_ranks_is_refused_with_the_place(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r"it ends with E01900002, and 1 neighbourhoods, not 2, come before rank 3\. Give the whole file for England"):
        read(tmp_path, IMD, "E01900001,1,1,1,1", "E01900002,1,1,3,1")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("E01900002,1,1,2", 'damaged at line 3: "E01900002" is no whole row'),
        ("E019,1,1,2,1", 'damaged at line 3: "E019" is no whole row'),
        ("E01900001,1,1,2,1", "line 3: E01900001 is there twice"),
        ("E01900002,11,1,2,1", "line 3: 11 is no decile"),
        ("E01900002,1,1,,1", 'line 3: "" is no rank or decile'),
        ("E01900002,1,1,2.5,1", 'line 3: "2.5" is no rank or decile'),
        ("E01900002,ten,1,2,1", 'line 3: "ten" is no rank or decile'),
        ("E01900002,0,1,2,1", 'line 3: "0" is no rank or decile'),
    ],
)
def test_a_row_that_cannot_be_is_named_by_its_line(tmp_path: pathlib.Path, row: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(tmp_path, IMD, "E01900001,1,1,1,1", row)


def test_a_header_alone_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="has a header but no neighbourhood"):
        read(tmp_path, IMD)


@pytest.mark.parametrize(("name", "index", "count"), [("IoD2019_File_3_IDACI", "idaci", 32_844), ("imd2025_england_lsoa21", "imd", 33_755)])
def test_the_real_indices_are_whole(shared: pathlib.Path, name: str, index: str, count: int) -> None:
    found = read_file(shared / "deprivation" / f"{name}.csv.zip")
    assert (found.rows_kept, found.unknown_columns, len(found.area_figures)) == (count, [], 2 * count)
    assert {figure[0] for figure in found.area_figures} == {f"{index}_decile", f"{index}_rank"}
