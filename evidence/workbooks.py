"""Workbooks as csv text: the first sheet that looks like a table, after all of them were looked at for lists of pupils."""

import csv
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from evidence.privacy import check_cells, check_columns
from models.errors import BadFile

_HEADERS = 10  # lines in which a sheet's header is looked for
Rows = list[list[str]]


def workbook_text(path: Path) -> str:
    """Return the first table in a workbook as csv text; BadFile if it is damaged, has none, tells of pupils or has a formula without its value."""
    try:
        values, formulas = _sheets(path, data_only=True), _sheets(path, data_only=False)
    except (KeyError, SyntaxError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile) as error:
        raise BadFile(f"{path.name} is a damaged workbook: open it in a spreadsheet and save it again, or download it again.") from error
    for rows in values:
        for line, row in enumerate(rows, start=1):
            if line <= _HEADERS:
                check_columns(path.name, row)
            check_cells(path.name, line, row)
    for rows, written_in in zip(values, formulas, strict=True):
        if sum(1 for row in rows if sum(1 for value in row if value) > 1) > 1 or _uncalculated(rows, written_in):
            _check_calculated(path.name, rows, written_in)
            out = io.StringIO()
            csv.writer(out).writerows(rows)
            return out.getvalue()
    raise BadFile(f"{path.name} has no sheet with a table.")


def _sheets(path: Path, *, data_only: bool) -> list[Rows]:
    from openpyxl import load_workbook  # here, since it takes a while to import and few files are workbooks

    with warnings.catch_warnings():
        # Colours and rules of a sheet that the library does not know are nothing to whoever loads its figures.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        book = load_workbook(path, read_only=True, data_only=data_only)
        try:
            return [[[written(value) for value in row] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
        finally:
            book.close()


def _uncalculated(rows: Rows, formulas: Rows) -> tuple[int, str] | None:
    """Return the line and the formula of the first cell that has a formula and no value, as where a program wrote it that does not calculate."""
    for line, (row, asked) in enumerate(zip(rows, formulas, strict=False), start=1):
        for value, formula in zip(row, asked, strict=False):
            if not value and formula.startswith("="):
                return line, formula
    return None


def _check_calculated(name: str, rows: Rows, formulas: Rows) -> None:
    missing = _uncalculated(rows, formulas)
    if missing is not None:
        line, formula = missing
        raise BadFile(f"{name}, line {line}: the formula {formula} was never worked out: open the file in a spreadsheet, save it, and load it again.")


def written(value: Any) -> str:
    """Return a spreadsheet's cell as a csv file would have it."""
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return str(value.strftime("%d/%m/%Y"))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
