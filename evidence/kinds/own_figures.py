"""Figures that an authority or a partnership keeps itself, in a plain list: what is not published school by school, such as changes of head."""

import datetime
from collections.abc import Mapping

from evidence.bounds import ROLL
from evidence.indicators import INDICATORS, bounds_of
from evidence.kind import Context, Kind
from evidence.opening import Table, cell
from evidence.understood import OWN, OWN_SCOPE, Understood
from evidence.values import EARLIEST, day, number, urn_of
from models.errors import BadFile
from models.words import Missing

NAME = OWN
_NEEDED = ("urn", "indicator", "date", "value")
_EXPECTED = frozenset((*_NEEDED, "cohort", "school"))
MAY = tuple(name for name, indicator in INDICATORS.items() if indicator.kept == "figures")
_Line = tuple[float | None, Missing | None, float | None]


def read(table: Table, context: Context) -> Understood:
    """Read one figure a row: a school's URN, an indicator by its name, the day it is for and its value or a code that says why there is none.

    A row that cannot be meant is refused with its line, since nobody publishes a corrected edition of such a list.
    """
    found: dict[tuple[str, int, datetime.date], _Line] = {}
    result = Understood(NAME, "", context.today, scope=context.authority or OWN_SCOPE)
    for line, row in table.rows:
        result.rows_read += 1
        key = _key(table, line, row, context.today)
        if key in found:
            raise BadFile(f"{table.name}, line {line}: {key[0]} of {key[1]} on {key[2]:%-d %B %Y} stands there twice. Leave one of them out.")
        found[key] = _figure(table, line, row, key[0], result)
    if not found:
        raise BadFile(f"{table.name} has the columns of {NAME} but no figure.")
    result.figures = [(*key, *line) for key, line in found.items()]
    result.rows_kept = len(found)
    result.unknown_columns = [column for column in table.columns if column and column.casefold() not in _EXPECTED]
    result.as_of = max(key[2] for key in found)
    # Lists stand side by side: only the very figures that a later one names are replaced, whatever the lists are called.
    result.edition = f"{', '.join(sorted({key[0] for key in found}))} to {result.as_of.isoformat()}"
    return result


def _key(table: Table, line: int, row: list[str], today: datetime.date) -> tuple[str, int, datetime.date]:
    """Return what one row is about; BadFile for a school, an indicator or a day that cannot be."""
    cells: Mapping[str, str] = {name: cell(row, table.at(name)).strip() for name in _NEEDED}
    urn = urn_of(cells["urn"])
    if urn is None:
        raise BadFile(f'{table.name}, line {line}: "{cells["urn"]}" is no URN: it has six digits.')
    if cells["indicator"] not in MAY:
        raise BadFile(f'{table.name}, line {line}: there is no indicator "{cells["indicator"]}" to load: choose one of {", ".join(MAY)}.')
    try:
        when = day(cells["date"])
    except ValueError as error:
        raise BadFile(f'{table.name}, line {line}: "{cells["date"]}" is no date: write it as 31/08/2026.') from error
    if when is None or not EARLIEST <= when <= today:
        raise BadFile(f"{table.name}, line {line}: a figure needs the day it is for, from {EARLIEST.year} on and today at the latest.")
    return cells["indicator"], urn, when


def _figure(table: Table, line: int, row: list[str], indicator: str, result: Understood) -> _Line:
    """Return a row's value, or why it is missing, and its cohort."""
    where, text, pupils = f"{table.name}, line {line}", cell(row, table.at("value")).strip(), cell(row, table.at("cohort")).strip()
    if not text:
        raise BadFile(f"{where}: {indicator} has no value: write a number, or a code that says why there is none, such as NA or SUPP.")
    try:
        value, missing = number(text)
        cohort, _ = number(pupils)
    except ValueError as error:
        raise BadFile(f'{where}: "{error}" is neither a number nor a known code.') from error
    for shown, what, why in ((text, indicator, bounds_of(indicator).why_not(value)), (pupils, "a cohort", ROLL.why_not(cohort))):
        if why is not None:
            raise BadFile(f'{where}: "{shown}" cannot be meant: as {what} it {why}.')
    if missing is not None:
        result.codes[text] += 1
    return value, missing, cohort


KIND = Kind(NAME, lambda columns, _text: frozenset(_NEEDED) <= columns, read)
