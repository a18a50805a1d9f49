"""Workbooks: the first table is read, a formula without its value and a list of pupils on any sheet are refused, damage is one sentence."""

import pathlib
import zipfile

import pytest
from openpyxl import Workbook

from evidence.opening import open_file
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
