"""Workbooks as csv text: the first sheet that looks like a table, after all of them were looked at for lists of pupils."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from evidence.privacy import check_cells, check_columns
from models.errors import BadFile

_HEADERS = 10  # lines in which a sheet's header is looked for
# The widest and longest table of results for all schools of England has some 300 columns, 20,000 rows and, as a workbook, 230 MB unpacked.
_MOST_BYTES, _MOST_ROWS, _MOST_COLUMNS, _MOST_CELLS = 256 * 2**20, 200_000, 2_000, 8_000_000
_PERCENT = re.compile(rb"%|numFmtId=[\"'](?:9|10)[\"']")  # the two that every spreadsheet has, and those that a workbook brings
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^]]*\]')
_LAST_ROW = 1_048_576  # of any spreadsheet


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet as text, without what is empty at its end, and the line and formula of its first cell that has a formula and no value."""

    title: str
    rows: list[list[str]]
    uncalculated: tuple[int, str] | None


def workbook_text(path: Path, largest: int = _MOST_BYTES) -> str:
    """Return the first table in a workbook as csv text; BadFile if it is damaged, has none, tells of pupils or has a formula without its value.

    It is refused too if another sheet has the same columns, and if it has more than `largest` bytes, unpacked, or cells further off than any
    table has; formatting alone is no cell.
    """
    try:
        _check_size(path, min(largest, _MOST_BYTES))
        sheets = _sheets(path)
    except (KeyError, SyntaxError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile) as error:
        raise BadFile(f"{path.name} is a damaged workbook: open it in a spreadsheet and save it again, or download it again.") from error
    for place, sheet in enumerate(sheets):
        if _is_table(sheet):
            _check_calculated(path.name, sheet)
            _check_alone(path.name, sheet, sheets[place + 1 :])
            out = io.StringIO()
            csv.writer(out).writerows(sheet.rows)
            return out.getvalue()
    raise BadFile(f"{path.name} has no sheet with a table: column names, and a row below them.")


def _is_table(sheet: _Sheet) -> bool:
    return sum(1 for row in sheet.rows if sum(1 for value in row if value) > 1) > 1 or sheet.uncalculated is not None


def _check_alone(name: str, sheet: _Sheet, others: Sequence[_Sheet]) -> None:
    """Raise BadFile if another sheet has most of the columns of the one that is read: its rows would be passed over in silence."""
    columns = _header(sheet)
    for other in others:
        if _is_table(other) and 2 * len(columns & _header(other)) > len(columns):
            raise BadFile(
                f"{name} has a second sheet with the same columns, {other.title} beside {sheet.title}:"
                " put all rows on one sheet, or each sheet in a file."
            )


def _header(sheet: _Sheet) -> frozenset[str]:
    """Return the column names of a sheet in small letters: the first of its upper rows that has as much in it as any."""
    row = max(sheet.rows[:_HEADERS], key=lambda row: sum(1 for value in row if value), default=[])
    return frozenset(value.strip().casefold() for value in row if value.strip())


def _check_size(path: Path, largest: int) -> None:
    """Raise BadFile by what the zip says of its parts, more than which is never unpacked; pictures and the like are not read."""
    with zipfile.ZipFile(path) as archive:
        size = sum(one.file_size for one in archive.infolist() if one.filename.casefold().endswith((".xml", ".rels")))
    if size > largest:
        raise BadFile(f"{path.name} has more than {largest // 2**20:,} MB unpacked, which no list has: save the one sheet that is meant as csv.")


def _sheets(path: Path) -> list[_Sheet]:
    with warnings.catch_warnings():
        # Colours and rules of a sheet that the library does not know are nothing to whoever loads its figures.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        with _book(path, data_only=True) as values, _book(path, data_only=False) as formulas:
            formatted = _has_percent(path)
            return [_sheet(path.name, *both, formatted=formatted) for both in zip(values.worksheets, formulas.worksheets, strict=True)]


def _has_percent(path: Path) -> bool:
    """Tell whether any cell of a workbook can be shown in per cent: to look at each one's format takes twice the time."""
    with zipfile.ZipFile(path) as archive:
        return any(_PERCENT.search(archive.read(name)) for name in archive.namelist() if name.casefold().endswith("styles.xml"))


@contextmanager
def _book(path: Path, *, data_only: bool) -> Iterator[Any]:
    from openpyxl import load_workbook  # here, since it takes a while to import and few files are workbooks

    book = load_workbook(path, read_only=True, data_only=data_only, keep_links=False)
    try:
        yield book
    finally:
        book.close()


def _sheet(name: str, values: Any, formulas: Any, *, formatted: bool) -> _Sheet:
    """Read a sheet once for its values and once, beside it, for its formulas; BadFile if a row tells of pupils."""
    rows: list[list[str]] = []
    held, first = 0, None
    for (line, row), (_, asked) in zip(_cells(name, values, formatted=formatted), _cells(name, formulas, formatted=False), strict=True):
        if not row and not asked:
            continue
        if line <= _HEADERS:
            check_columns(name, row)
        check_cells(name, line, row)
        if first is None:
            first = next(((line, formula) for value, formula in zip_longest(row, asked, fillvalue="") if not value and formula.startswith("=")), None)
        if row:
            rows += [[] for _ in range(len(rows) + 1, line)]
            rows.append(row)
            held += len(row)
        if held > _MOST_CELLS:
            raise BadFile(f"{name} has more than {_MOST_CELLS:,} cells, which no list has: save the columns that are meant as csv.")
    return _Sheet(values.title, rows, first)


def _cells(name: str, sheet: Any, *, formatted: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's number and cells up to its last that has something in it; BadFile for one further off than any table has them.

    Where they are to be `formatted`, a share that is shown as 15.2% is that and not the 0.152 that is stored.
    """
    # The size that a file states for a sheet is at times too small, and then cells would be cut off; at times it is all the sheet there can be.
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(values_only=not formatted), start=1):
        cells = [_formatted(one) for one in row] if formatted else row
        width = len(cells)
        while width and cells[width - 1] in (None, ""):
            width -= 1
        if width > _MOST_COLUMNS or line > (_MOST_ROWS if width else _LAST_ROW):
            raise BadFile(
                f"{name} has a cell in row {line:,}, column {width:,} of the sheet {sheet.title}, and no list has more than {_MOST_ROWS:,} rows and"
                f" {_MOST_COLUMNS:,} columns: delete what stands outside the table, and save it again."
            )
        yield line, [written(value) for value in cells[:width]]


def _check_calculated(name: str, sheet: _Sheet) -> None:
    if sheet.uncalculated is not None:
        line, formula = sheet.uncalculated
        raise BadFile(f"{name}, line {line}: the formula {formula} was never worked out: open the file in a spreadsheet, save it, and load it again.")


def _formatted(one: Any) -> Any:
    """Return a cell's value; of a number in a format of per cent the words that are shown, with all its digits."""
    value = one.value
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_percent(one.number_format):
        return f"{(100 * Decimal(str(value))).normalize():f}%"
    return value


@lru_cache(maxsize=1024)
def _is_percent(number_format: str) -> bool:
    """Tell whether a number format shows hundredths; a sign in quotation marks or behind a backslash is only written beside the number."""
    return "%" in _LITERAL.sub("", number_format)


def written(value: Any) -> str:
    """Return a spreadsheet's cell as a csv file would have it."""
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return str(value.strftime("%d/%m/%Y"))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
