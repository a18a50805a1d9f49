"""Whether a table ends where it was meant to: a download that broke off leaves a last record that is not like the others."""

from collections.abc import Iterator
from dataclasses import replace

from evidence.opening import Table
from models.errors import BadFile

_MANY = 10  # records; of fewer it may be chance that all have a last cell


def to_the_end(table: Table) -> Table:
    """Return a csv table with its rows looked at as they go by, and BadFile after them if the last one was cut off; others as they are.

    A missing line end alone is no sign: about half of the published files with Windows line ends have none after the last record. What
    is reliable is a last record that differs from all before it: it has fewer cells than any, or the file ends at the comma before a last
    cell that none of many other records leaves empty. A number that lost its last digits is as good as any
    other, so there only what a kind knows of its own end helps, such as national rows; a word that lost its end is no word that a kind knows.
    """
    # Rows of a workbook are as long as what stands in them, and JSON or parquet that is cut off cannot be opened at all.
    return table if table.open_ended is None else replace(table, rows=_watched(table))


def _watched(table: Table) -> Iterator[tuple[int, list[str]]]:
    narrowest, filled = len(table.columns), True
    before: list[str] | None = None
    line, row, others = 0, before, 0
    for line, row in table.rows:
        if before is not None:
            others += 1
            narrowest, filled = min(narrowest, len(before)), filled and before[-1] != ""
        before = row
        yield line, row
    if row is None:
        return
    if len(row) < narrowest and not _is_note(row):
        raise BadFile(f"{table.name} is cut short: its last record, line {line}, has {len(row)} of {len(table.columns)} columns. Download it again.")
    if table.open_ended and filled and others >= _MANY:
        raise BadFile(
            f"{table.name} is cut short: its last record, line {line}, ends before its {table.columns[-1]}, which all others have. Download it again."
        )


def _is_note(row: list[str]) -> bool:
    """Tell whether a row is words below a table, such as its source, and no record."""
    said = [value for value in row if value.strip()]
    return len(said) == 1 and " " in said[0].strip()
