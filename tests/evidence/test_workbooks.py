"""Workbooks: the first table is read, a formula without its value and a list of pupils on any sheet are refused, damage is one sentence."""

import datetime
import pathlib
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from evidence.kind import Context
from evidence.opening import open_file
from evidence.reading import read_file
from models.errors import BadFile

HEADER = ["urn", "indicator", "date", "value"]


def workbook(folder: pathlib.Path, *sheets: list[list[object]]) -> pathlib.Path:
    book, path = Workbook(), folder / "figures.xlsx"
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def rows_of(path: pathlib.Path) -> list[list[str]]:
    with open_file(path) as table:
        return [list(table.columns), *(row for _, row in table.rows)]


def test_the_first_sheet_that_is_a_table_is_read(tmp_path: pathlib.Path) -> None:
    path = workbook(tmp_path, [["A note"]], [HEADER, [900001, "exclusions", "31/08/2026", 4.0]])
    assert rows_of(path) == [HEADER, ["900001", "exclusions", "31/08/2026", "4"]]


@pytest.mark.parametrize(
    ("value", "number_format", "read"),
    [
        (0.152, "0.0%", "15.2%"), (0.152, "0%", "15.2%"), (1, "0%", "100%"), (0, "0.00%", "0%"), (0.07, "0.0%;[Red]-0.0%", "7%"), (1.1, "0%", "110%"),
        (0.00005, "0%", "0.005%"), (15.2, '0.0"%"', "15.2"), (15.2, "0.0\\%", "15.2"), (0.152, "General", "0.152"), (0.152, "0.000", "0.152"),
        ("SUPP", "0.0%", "SUPP"), ("15.2%", "0.0%", "15.2%"), (True, "0%", "True"),
    ],
)  # fmt: skip
def test_a_share_is_read_as_the_per_cent_that_are_shown(tmp_path: pathlib.Path, value: object, number_format: str, read: str) -> None:
    book, path = Workbook(), tmp_path / "shares.xlsx"
    sheet = book.worksheets[0]
    sheet.append(HEADER)
    sheet.append([900001, "persistent_absence", "31/08/2026", value])
    sheet["D2"].number_format = number_format
    book.save(path)
    assert rows_of(path)[1][3] == read


def test_a_share_in_a_workbook_of_ones_own_figures_is_known_as_it_is_shown(tmp_path: pathlib.Path) -> None:
    book, path = Workbook(), tmp_path / "shares.xlsx"
    sheet = book.worksheets[0]
    sheet.append(HEADER)
    sheet.append([900001, "persistent_absence", "31/08/2026", 0.152])
    sheet["D2"].number_format = "0.0%"
    book.save(path)
    assert [figure[3] for figure in read_file(path, Context(datetime.date(2026, 9, 3))).figures] == [15.2]


def test_a_formula_that_was_never_worked_out_is_refused_with_its_line(tmp_path: pathlib.Path) -> None:
    path = workbook(tmp_path, [HEADER, [900001, "exclusions", "31/08/2026", "=2+2"]])
    with pytest.raises(BadFile, match=r"line 2: the formula =2\+2 was never worked out: open the file in a spreadsheet, save it"):
        rows_of(path)


@pytest.mark.parametrize("other", [[["Pupil Name", "Year"], ["x", 3]], [["n", "who"], [1, "A123456789012"]]])
def test_a_list_of_pupils_on_another_sheet_is_refused(tmp_path: pathlib.Path, other: list[list[object]]) -> None:
    with pytest.raises(BadFile, match=r"figures\.xlsx"):
        rows_of(workbook(tmp_path, [HEADER, [900001, "exclusions", "31/08/2026", 4]], other))


@pytest.mark.parametrize("left", [("xl/workbook.xml",), ()])
def test_a_damaged_workbook_is_refused_in_one_sentence(tmp_path: pathlib.Path, left: tuple[str, ...]) -> None:
    whole, path = workbook(tmp_path, [HEADER, [900001, "exclusions", "31/08/2026", 4]]), tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name in left or not left:
                target.writestr(name, source.read(name)[: None if left else len(source.read(name)) // 2])
    with pytest.raises(BadFile, match=r"damaged\.xlsx is a damaged workbook"):
        rows_of(path)


def test_lists_inside_lists_without_end_are_no_zip(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(BadFile, match=r"deep\.json has lists inside lists without end"):
        rows_of(path)


def changed(path: pathlib.Path, part: str, old: bytes, new: bytes) -> pathlib.Path:
    """Put other words into one part of a workbook, as another program would have written it."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    assert old in parts[part]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data.replace(old, new) if name == part else data)
    return path


FIGURE: list[object] = [900001, "exclusions", "31/08/2026", 4]


@pytest.mark.parametrize(
    ("place", "says"), [("XFD1048576", "row 1,048,576, column 16,384"), ("BXY2", "row 2, column 2,001"), ("A200001", "row 200,001")]
)
def test_a_stray_cell_far_from_any_table_is_refused_with_its_place(tmp_path: pathlib.Path, place: str, says: str) -> None:
    book, path = Workbook(), tmp_path / "far.xlsx"
    book.worksheets[0].append(HEADER)
    book.worksheets[0].append(FIGURE)
    book.worksheets[0][place] = "x"
    book.save(path)
    with pytest.raises(BadFile, match=rf"^far\.xlsx has a cell in {says}.* delete what stands outside the table, and save it again\.$"):
        rows_of(path)


def test_formatting_at_the_end_of_a_sheet_is_no_cell(tmp_path: pathlib.Path) -> None:
    book, path = Workbook(), tmp_path / "formatted.xlsx"
    sheet = book.worksheets[0]
    sheet.append(HEADER)
    sheet.append(FIGURE)
    sheet.cell(1, 16_384).font = sheet.cell(300_000, 3).font = Font(bold=True)
    book.save(path)
    assert rows_of(path) == [HEADER, ["900001", "exclusions", "31/08/2026", "4"]]


def test_a_stated_size_that_is_too_small_cuts_nothing_off(tmp_path: pathlib.Path) -> None:
    path = workbook(tmp_path, [HEADER, FIGURE])
    changed(path, "xl/worksheets/sheet1.xml", b'<dimension ref="A1:D2"', b'<dimension ref="A1:B1"')
    assert rows_of(path) == [HEADER, ["900001", "exclusions", "31/08/2026", "4"]]


def test_a_workbook_that_unpacks_to_more_than_may_be_read_is_refused_unread(tmp_path: pathlib.Path) -> None:
    path = workbook(tmp_path, [HEADER, FIGURE])
    rows = b'<row r="9"></row>' * 200_000
    changed(path, "xl/worksheets/sheet1.xml", b"</sheetData>", rows + b"</sheetData>")
    assert path.stat().st_size < 100_000
    with pytest.raises(BadFile, match=r"figures\.xlsx has more than 2 MB unpacked, which no list has: save the one sheet"), open_file(path, 2**21):
        pass
    with open_file(path, 2**23) as table:
        assert [row for _, row in table.rows] == [["900001", "exclusions", "31/08/2026", "4"]]


def test_a_table_may_be_wide_or_long_and_not_both_without_end(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.workbooks._MOST_CELLS", 8)
    assert len(rows_of(workbook(tmp_path, [HEADER, FIGURE]))) == 2
    with pytest.raises(BadFile, match=r"figures\.xlsx has more than 8 cells, which no list has"):
        rows_of(workbook(tmp_path, [HEADER, FIGURE, FIGURE]))


def test_the_real_workbooks_are_read_whatever_is_formatted_in_them(shared: pathlib.Path) -> None:
    found = sorted((shared / "results" / "meta").glob("*.xlsx"))
    assert found
    for path in found:
        assert len(rows_of(path)) > 50


def test_a_second_sheet_with_the_same_columns_is_refused_and_not_passed_over(tmp_path: pathlib.Path) -> None:
    more: list[list[object]] = [["More figures"], [*[str(name).upper() for name in HEADER], "cohort"], [900002, "exclusions", "31/08/2026", 2, 40]]
    with pytest.raises(BadFile, match=r"^figures\.xlsx has a second sheet with the same columns, Sheet1 beside Sheet: put all rows on one sheet"):
        rows_of(workbook(tmp_path, [HEADER, FIGURE], more))
    beside: list[list[list[object]]] = [[["code", "meaning"], ["exclusions", "pupils excluded"]], [HEADER], []]
    assert len(rows_of(workbook(tmp_path, [HEADER, FIGURE], *beside))) == 2
