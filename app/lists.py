"""Lists that people keep in spreadsheets: a csv or xlsx file with a header, row by row."""

from pathlib import Path
from typing import Any

from evidence.opening import open_file


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a csv or xlsx file as mappings of column name to text; BadFile if it cannot be read as a table."""
    with open_file(file) as table:
        names = [name.strip().casefold().replace(" ", "_") for name in table.columns]
        return [dict(zip(names, row, strict=False)) for _, row in table.rows]
