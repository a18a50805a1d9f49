"""Figures that an authority or a partnership keeps itself, in a plain list: what is not published school by school, such as changes of head.

A figure may be of a group of pupils, as `ks2_expected:send`, and a row may give the national figure that schools are set against.
"""

import datetime
import re
from collections import Counter
from collections.abc import Mapping

from evidence.bounds import COUNT, PUPILS
from evidence.indicators import INDICATORS, bounds_of
from evidence.kind import Context, Kind
from evidence.opening import Table, cell
from evidence.understood import ALL, OWN, OWN_SCOPE, Understood
from evidence.values import EARLIEST, day, number, urn_of
from models.errors import BadFile
from models.school import ENGLAND
from models.words import Missing

NAME = OWN
_NEEDED = ("urn", "indicator", "date", "value")
_EXPECTED = frozenset((*_NEEDED, "cohort", "school", "sector"))
MAY = tuple(name for name, indicator in INDICATORS.items() if indicator.kept in {"figures", "figures_or_school"})
_GROUP = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NATION = frozenset({ENGLAND.casefold(), "england"})
# A rate of one or two pupils tells of each of them, so that nobody publishes it.
FEWEST_IN_GROUP = 3
_SECTORS = ("primary", "secondary", "special", ALL)
# Whose a figure is: a school's, by its URN, or England's, by the sector of its schools.
_Key = tuple[str, int | str, datetime.date]
_Line = tuple[float | None, Missing | None, float | None]


def read(table: Table, context: Context) -> Understood:
    """Read one figure a row: a URN or ENG, an indicator (or indicator:group), the day it is for and its value or a code that says why there is none.

    A row that cannot be meant is refused with its line, since nobody publishes a corrected edition of such a list.
    """
    found: dict[_Key, _Line] = {}
    result = Understood(NAME, "", context.today, scope=context.authority or OWN_SCOPE)
    _check_columns(table)
    for line, row in table.rows:
        result.rows_read += 1
        if len(row) > len(table.columns):
            # Empty ones too: 4,2 before an empty cohort would be read as 4, of two pupils.
            raise BadFile(
                f"{table.name}, line {line}: there are more cells than columns. Write a number with a point (4.2, not 4,2), words with a comma in"
                " quotation marks, and no comma at the end of a line."
            )
        name, whose, when = key = _key(table, line, row, context.today)
        if key in found:
            of = whose if isinstance(whose, int) else f"England ({whose})"
            raise BadFile(f"{table.name}, line {line}: {name} of {of} on {when:%-d %B %Y} stands there twice. Leave one of them out.")
        found[key] = _figure(table, line, row, key, result)
    if not found:
        raise BadFile(f"{table.name} has the columns of {NAME} but no figure.")
    result.figures = [(name, whose, when, *line) for (name, whose, when), line in found.items() if isinstance(whose, int)]
    nation = [(name, whose, when, value) for (name, whose, when), (value, *_) in found.items() if isinstance(whose, str)]
    result.area_figures = [(name, ENGLAND, sector, when, value) for name, sector, when, value in nation if value is not None]
    result.rows_kept = len(found)
    result.unknown_columns = [column for column in table.columns if column and column.casefold() not in _EXPECTED]
    result.as_of = max(when for _, _, when in found)
    # Lists stand side by side: only the very figures that a later one names are replaced, whatever the lists are called.
    result.edition = f"{', '.join(sorted({name for name, *_ in found}))} to {result.as_of.isoformat()}"
    return result


def _check_columns(table: Table) -> None:
    """Raise BadFile for a column that is read and is there twice: which of the two is meant nobody can tell."""
    counts = Counter(column.casefold() for column in table.columns)
    twice = next((column for column in table.columns if column.casefold() in _EXPECTED and counts[column.casefold()] > 1), None)
    if twice is not None:
        raise BadFile(f"{table.name} has the column {twice} twice: leave one of them out.")


def _key(table: Table, line: int, row: list[str], today: datetime.date) -> _Key:
    """Return what one row is about; BadFile for a school, an indicator, a group or a day that cannot be."""
    cells: Mapping[str, str] = {name: cell(row, table.at(name)).strip() for name in _NEEDED}
    whose = _whose(table, line, row, cells["urn"])
    indicator, parted, group = cells["indicator"].partition(":")
    if indicator not in MAY:
        raise BadFile(f'{table.name}, line {line}: there is no indicator "{indicator}" to load: choose one of {", ".join(MAY)}.')
    if parted and not _GROUP.fullmatch(group):
        raise BadFile(
            f'{table.name}, line {line}: "{group}" is no group of pupils: write it in small letters, digits and underscores, as in {indicator}:send.'
        )
    try:
        when = day(cells["date"])
    except ValueError as error:
        raise BadFile(f'{table.name}, line {line}: "{cells["date"]}" is no date: write it as 31/08/2026.') from error
    if when is None or not EARLIEST <= when <= today:
        raise BadFile(f"{table.name}, line {line}: a figure needs the day it is for, from {EARLIEST.year} on and today at the latest.")
    return cells["indicator"], whose, when


def _whose(table: Table, line: int, row: list[str], text: str) -> int | str:
    """Return a school's URN or, for England, the sector of its schools that the national figure is of."""
    urn = urn_of(text)
    if urn is not None:
        return urn
    if text.casefold() not in _NATION:
        raise BadFile(f'{table.name}, line {line}: "{text}" is no URN: it has six digits, or is ENG for the national figure.')
    sector = cell(row, table.at("sector")).strip().casefold() or ALL
    if sector not in _SECTORS:
        raise BadFile(f'{table.name}, line {line}: "{sector}" is no sector of a national figure: write {", ".join(_SECTORS)} or nothing.')
    return sector


def _figure(table: Table, line: int, row: list[str], key: _Key, result: Understood) -> _Line:
    """Return a row's value, or why it is missing, and its cohort; a national figure is not missing, it is left out."""
    where, text, pupils = f"{table.name}, line {line}", cell(row, table.at("value")).strip(), cell(row, table.at("cohort")).strip()
    indicator, whose, _ = key
    is_national = isinstance(whose, str)
    if not text:
        raise BadFile(f"{where}: {indicator} has no value: write a number, or a code that says why there is none, such as NA or SUPP.")
    try:
        value, missing = number(text)
        cohort, _ = number(pupils)
    except ValueError as error:
        raise BadFile(f'{where}: "{error}" is neither a number nor a known code.') from error
    limits = (text, indicator, bounds_of(indicator).why_not(value)), (pupils, "a cohort", (COUNT if is_national else PUPILS).why_not(cohort))
    for shown, what, why in limits:
        if why is not None:
            raise BadFile(f'{where}: "{shown}" cannot be meant: as {what} it {why}.')
    signed = [pupils] if "%" in pupils or "£" in pupils else [text] if "£" in text else []
    if signed:
        raise BadFile(f'{where}: "{signed[0]}" cannot be meant: write a number without a sign of money, and a cohort without one of per cent.')
    if value is None and is_national:
        raise BadFile(f'{where}: the national figure of {indicator} is "{text}": write a number, or leave the row out while there is none.')
    if ":" in indicator and value is not None and cohort is not None and cohort < FEWEST_IN_GROUP:
        raise BadFile(f"{where}: {indicator} of {cohort:g} pupils would tell of single pupils: write SUPP as its value.")
    if missing is not None:
        result.codes[text] += 1
    return value, missing, cohort


KIND = Kind(NAME, lambda columns, _text: frozenset(_NEEDED) <= columns, read)
