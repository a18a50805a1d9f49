"""Whether a table ends where it was meant to: a download that broke off leaves a last record that is not like the others."""

import re
from collections.abc import Iterator
from dataclasses import replace

from evidence.opening import Table
from models.errors import BadFile

_TO_ITS_POINT = re.compile(r"[+-]?[0-9,]*[0-9]\.")
_MANY = 10  # records; of fewer it may be chance that all have a last cell


def to_the_end(table: Table) -> Table:
    """Return a csv table with its rows looked at as they go by, and BadFile after them if the last one was cut off; others as they are.

    A missing line end alone is no sign: about half of the published files with Windows line ends have none after the last record. What
    is reliable is a last record that differs from all before it: it has fewer cells than any, or the file ends at the comma before a last
    cell that none of many other records leaves empty, or at the decimal point of a number where no other ends so. A number that lost other
    digits is as good as any, so there only what a kind knows of its own end helps, such as national rows; a word that lost its end is no
    word that a kind knows.
    """
    # Rows of a workbook are as long as what stands in them, and JSON or parquet that is cut off cannot be opened at all.
    return table if table.ends_in is None else replace(table, rows=_watched(table))


def _watched(table: Table) -> Iterator[tuple[int, list[str]]]:
    narrowest, filled, pointed = len(table.columns), True, False
    before: list[str] | None = None
    line, row, others = 0, before, 0
    for line, row in table.rows:
        if before is not None:
            others += 1
            narrowest, filled = min(narrowest, len(before)), filled and before[-1] != ""
            pointed = pointed or before[-1].endswith(".")
        before = row
        yield line, row
    if row is None:
        return
    if len(row) < narrowest and not _is_note(row):
        raise BadFile(f"{table.name} is cut short: its last record, line {line}, has {len(row)} of {len(table.columns)} columns. Download it again.")
    if table.ends_in == "." and not pointed and _TO_ITS_POINT.fullmatch(row[-1]):
        raise BadFile(f'{table.name} is cut short: its last record, line {line}, ends in the middle of the number "{row[-1]}". Download it again.')
    if table.ends_in == "," and filled and others >= _MANY:
        raise BadFile(
            f"{table.name} is cut short: its last record, line {line}, ends before its {table.columns[-1]}, which all others have. Download it again."
        )


def _is_note(row: list[str]) -> bool:
    """Tell whether a row is words below a table, such as its source, and no record."""
    said = [value for value in row if value.strip()]
    return len(said) == 1 and " " in said[0].strip()
