"""Lists that people keep in spreadsheets: a csv or xlsx file with a header, row by row."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evidence.opening import check_parted, open_file
from models.errors import BadFile


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a csv or xlsx file from its second line on, as mappings of column name to text, one with something in it at least.

    BadFile if it cannot be read as a table, has no rows, or if something in it would be left out or could be meant in two ways.
    """
    with open_file(file) as table:
        names = [name.strip().casefold().replace(" ", "_") for name in table.columns]
        check_parted(file.name, table.columns)
        _check_once(file.name, names)
        rows = {line: row for line, row in table.rows if _is_within(file.name, line, row, names)}
    if not rows:
        raise BadFile(f"{file.name} has no row below its column names: fill it in, or see that what was filled in is saved.")
    # Rows that are left empty stay, so that a row is where its line says.
    return [{name: value for name, value in zip(names, rows.get(line, ()), strict=False) if name} for line in range(2, max(rows) + 1)]


def _check_once(name: str, names: Sequence[str]) -> None:
    """Raise BadFile if a column stands there twice."""
    twice = [column for column, count in Counter(column for column in names if column).items() if count > 1]
    if twice:
        raise BadFile(f"{name} has the column {', '.join(twice)} twice: leave one of them out.")


def _is_within(name: str, line: int, row: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether a row has anything in it; BadFile if it has something in a place without a column name."""
    outside = next((value for place, value in enumerate(row) if value.strip() and (place >= len(names) or not names[place])), None)
    if outside is not None:
        raise BadFile(f'{name}, line {line}: "{outside}" stands in no column that has a name: name the column, or take it out.')
    return any(value.strip() for value in row)
