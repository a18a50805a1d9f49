"""A file whose download broke off is refused with the line at which it ends, and one that only lacks its last line end is read."""

import datetime
from pathlib import Path

import pytest

from evidence.kind import Context
from evidence.reading import read_file
from models.errors import BadFile

CONTEXT = Context(datetime.date(2026, 8, 3))
GRADES = "unique_reference_number,pupil_boys,rating\n900001,10,Outstanding\n" + "".join(f"9000{n},14,Good\n" for n in range(10, 20))
ABSENCE = "LA,ESTAB,URN,PERCTOT,PPERSABS10\r\n998,4000,900001,4.1,10.2\r\nNAT,PRI,,5.5,14.6\r\nNAT,SEC,,8.9,25.6\r\nNAT,SPE,,13,37.2\r\n"  # made up


def kept(folder: Path, text: str, name: str = "grades_2024-04.csv") -> int:
    path = folder / name
    path.write_bytes(text.encode())
    return read_file(path, CONTEXT).rows_kept


def test_a_file_without_its_last_line_end_is_whole(tmp_path: Path) -> None:
    assert kept(tmp_path, GRADES[:-1]) == 11
    assert kept(tmp_path, ABSENCE[:-2], "absence_2023-2024.csv") == 1


def test_grades_that_are_cut_anywhere_in_their_last_record_are_refused_with_its_line(tmp_path: Path) -> None:
    start = GRADES.rindex("900019")
    for end in range(start + 1, len(GRADES) - 1):
        with pytest.raises(BadFile, match=r"line 12\b"):
            kept(tmp_path, GRADES[:end])


def test_grades_that_lost_their_last_five_bytes_are_refused_with_the_column(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"is cut short: its last record, line 12, ends before its rating, which all others have"):
        kept(tmp_path, GRADES[:-5])


def test_a_last_cell_that_others_leave_empty_too_or_a_line_end_follows_or_few_others_fill_is_no_cut(tmp_path: Path) -> None:
    assert kept(tmp_path, GRADES[:-5] + "\n") == 10
    assert kept(tmp_path, GRADES.replace("Outstanding", "")[:-5]) == 9
    few = GRADES.splitlines(keepends=True)[:3]
    assert kept(tmp_path, "".join(few)[:-5]) == 1


def test_a_last_number_that_ends_at_its_decimal_point_is_refused_where_no_other_does_and_no_line_end_follows(tmp_path: Path) -> None:
    start = ABSENCE[:-2].removesuffix("37.2")
    with pytest.raises(BadFile, match=r'is cut short: its last record, line 5, ends in the middle of the number "37\."\. Download it again\.$'):
        kept(tmp_path, start + "37.", "absence_2023-2024.csv")
    assert kept(tmp_path, start + "37.\r\n", "absence_2023-2024.csv") == 1
    assert kept(tmp_path, start.replace("25.6", "25.") + "37.", "absence_2023-2024.csv") == 1


def test_a_quoted_cell_that_is_never_closed_is_refused_with_its_line(tmp_path: Path) -> None:
    quoted = GRADES.replace("14,Good", '14,"Good"')
    with pytest.raises(BadFile, match="is damaged at line 12: unexpected end of data"):
        kept(tmp_path, quoted[:-2])


def test_a_last_row_that_is_shorter_than_all_others_is_refused_whatever_the_kind(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"is cut short: its last record, line 5, has 4 of 5 columns"):
        kept(tmp_path, ABSENCE[:-7], "absence_2023-2024.csv")


def test_a_source_below_the_table_is_no_record(tmp_path: Path) -> None:
    assert kept(tmp_path, ABSENCE + "Source: made up\r\n", "absence_2023-2024.csv") == 1


def test_absence_without_one_of_its_national_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"is cut short: the national rows that end it are missing \(special\)"):
        kept(tmp_path, ABSENCE[: ABSENCE.index("NAT,SPE")], "absence_2023-2024.csv")


@pytest.mark.parametrize("cut", range(1, 12))
def test_the_real_grades_are_refused_wherever_their_last_record_was_cut(shared: Path, tmp_path: Path, cut: int) -> None:
    whole = (shared / "ofsted" / "grades_2024-04.csv").read_text(encoding="utf-8")
    start = whole.rindex("\n", 0, -1) + 1
    if cut == 1:
        assert kept(tmp_path, whole[:-cut]) == 20_571
        return
    with pytest.raises(BadFile, match=rf"line {whole[:start].count(chr(10)) + 1}\b"):
        kept(tmp_path, whole[:-cut])
