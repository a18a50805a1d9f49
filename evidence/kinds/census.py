"""The school census as the performance tables publish it, and the pupil premium: who the pupils of a school are."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import repeat

from evidence.figures import Figures, Number
from evidence.kind import Context, Kind
from evidence.kinds.performance import Column, Columns, Layout, england_by_sector, national_rows_missing
from evidence.kinds.results import once
from evidence.opening import Table, cell
from evidence.understood import Understood
from evidence.values import CODES
from models.errors import BadFile
from models.words import Missing

_PUPILS = "pupils_census"
# What a national row is the sum of; for special schools that changed between the years, so they are not counted by sector.
_TYPES = {"State-funded primary": "pupils_primary", "State-funded secondary": "pupils_secondary"}
_COUNTS = {"fsm6_share": "NUMFSMEVER", "eal_share": "NUMEAL", "ehcp_share": "TSENELSE", "sen_support_share": "TSENELK"}
_NOT_READ = ("ESTAB", "SCHOOLTYPE", "NORG", "NORB", "PNORG", "PNORB", "NUMENGFL", "NUMUNCFL", "PNUMENGFL", "PNUMUNCFL", "PNUMUNCLF",
             "NORFSMEVER")  # fmt: skip


_LAYOUT = Layout(
    kind="census",
    needs=("URN", "NOR", "PNUMEAL", "PSENELSE"),
    figures={
        _PUPILS: Column(("NOR",)),
        "fsm6_share": Column(("PNUMFSMEVER",)),
        "eal_share": Column(("PNUMEAL",)),
        "ehcp_share": Column(("PSENELSE",)),
        "sen_support_share": Column(("PSENELK",)),
        **{name: Column((name,)) for name in (*_COUNTS.values(), "NUMFSM")},
    },
    area=england_by_sector("URN"),
    authority=("LA",),
    expected=_NOT_READ,
    complete=national_rows_missing,
)


def read(table: Table, context: Context) -> Understood:
    """Read the census of every school, or of one authority's, and of England; BadFile for a file that is cut short or has a school twice."""
    types: dict[str, str] = {}
    found, columns = _LAYOUT.columns(once(replace(table, rows=_watched(table, types))), context)
    urns, raw = columns.urns, _by_name(_LAYOUT, table, columns)
    found.figures = figures = Figures()
    for name, numbers in _indicators(raw).items():
        figures.add(name, found.as_of, urns, numbers, None if name == _PUPILS else [value for value, _ in raw[_PUPILS]])
    for kind, name in _TYPES.items():
        mine = [pair for pair in zip(urns, raw[_PUPILS], strict=True) if types.get(str(pair[0])) == kind]
        figures.add(name, found.as_of, [urn for urn, _ in mine], [pupils for _, pupils in mine])
    sectors: dict[tuple[str, str], dict[str, list[Number]]] = {}
    for name, area, sector, _, value in found.area_figures:
        of_area = sectors.setdefault((area, sector), {})
        if name in of_area:
            raise BadFile(f"{table.name} has the national row of {sector} schools twice: leave out the one that is not as published.")
        of_area[name] = [(value, None)]
    found.area_figures = [
        (name, *where, found.as_of, value)
        for where, of_area in sectors.items() for name, [(value, _)] in _indicators(of_area).items() if value is not None
    ]  # fmt: skip
    return found


def _watched(table: Table, types: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Pass rows on, note each school's type, and refuse a row with too few fields, which is where a file was cut."""
    urn, kind = table.at("URN"), table.at("SCHOOLTYPE")
    for line, row in table.rows:
        if len(row) < len(table.columns):
            raise BadFile(f"{table.name} is cut short at line {line}: the row has {len(row)} of {len(table.columns)} fields. Download it again.")
        # A spreadsheet may have made a decimal number of it.
        types[cell(row, urn).strip().removesuffix(".0")] = cell(row, kind).strip()
        yield line, row


def _by_name(layout: Layout, table: Table, columns: Columns) -> dict[str, list[Number]]:
    """Return what each column that the table has says of the schools in their order."""
    places = {name: table.at(*column.names) for name, column in layout.figures.items()}
    return {name: columns.numbers[place] for name, place in places.items() if place is not None}


def _indicators(raw: Mapping[str, list[Number]]) -> dict[str, list[Number]]:
    """Return the indicators that the columns make; a sum or a quotient has a value only if both its parts have one."""
    some = next(iter(raw.values()))
    pupils = raw.get(_PUPILS, [(None, Missing.NOT_IN_SOURCE)] * len(some))
    found = {_PUPILS: pupils}
    for share, count in _COUNTS.items():
        if share in raw:
            found[share] = list(map(_known, raw[share], raw.get(count, repeat(None)), pupils))
    if "NUMFSM" in raw:
        found["fsm_share"] = list(map(share_of, raw["NUMFSM"], pupils))
    if "ehcp_share" in found and "sen_support_share" in found:
        found["send_share"] = list(map(_both, found["ehcp_share"], found["sen_support_share"]))
    return found


def _both(plans: Number, support: Number) -> Number:
    """Return the share of pupils with a plan or support; unknown if either is."""
    if plans[0] is None or support[0] is None:
        return None, plans[1] or support[1]
    return round(plans[0] + support[0], 4), None


def _known(share: Number, count: Number | None, pupils: Number) -> Number:
    """Return a share, missing where 0.00 % is printed though there is nobody, or the number was not collected."""
    if share[0] is not None and pupils[0] == 0:
        return None, Missing.NOT_APPLICABLE
    if share[0] == 0 and count is not None and count[0] is None:
        return None, count[1]
    return share


def share_of(part: Number, whole: Number) -> Number:
    """Return a percentage: a value only if both are known and there is somebody."""
    if part[0] is None or whole[0] is None:
        return None, part[1] or whole[1]
    if whole[0] == 0:
        return None, Missing.NOT_APPLICABLE
    return round(100 * part[0] / whole[0], 4), None


KIND = Kind(_LAYOUT.kind, _LAYOUT.as_kind().knows, read)

_ROLL, _ELIGIBLE = "Number of pupils on roll", "Total number of pupils eligible for the Deprivation Pupil Premium"
_NOTE = re.compile(r"\s*\(\d+\)\s*$")
# The pound sign is often lost when the file is saved again, and a sign for an unknown letter stands in its place.
_MONEY = re.compile(r"-?[£\ufffd]?(\d{1,3}(,\d{3})*|\d+)(\.\d+)?")
_LAST_AUTHORITY = "938"
_PREMIUM = Layout(
    kind="pupil premium",
    needs=("URN", "LA", _ROLL, _ELIGIBLE),
    figures={"roll": Column((_ROLL,)), "eligible": Column((_ELIGIBLE,))},
    authority=("LA",),
    expected=(
        "LAEstab", "Local Authority", "Estab", "School Name", "School Type", "Parliamentary Constituency", "Number of Primary pupils on roll",
        "Number of Primary pupils eligible for the Deprivation Pupil Premium", "Number of Secondary pupils on roll",
        "Percentage of Primary pupils eligible for the Deprivation Pupil Premium", "Deprivation Pupil Premium Allocation",
        "Number of Secondary pupils eligible for the Deprivation Pupil Premium", "Total allocation for the Deprivation Pupil Premium",
        "Percentage of Secondary pupils eligible for the Deprivation Pupil Premium",
    ),
)  # fmt: skip


def read_premium(table: Table, context: Context) -> Understood:
    """Read the allocations of pupil premium of all schools, or of one authority's; BadFile with the place for a file that was cut short."""
    table = replace(table, columns=tuple(_named(column) for column in table.columns))
    rows = list(table.rows)
    _check_whole(table, rows)
    found, columns = _PREMIUM.columns(once(replace(table, rows=iter(rows))), context)
    raw = _by_name(_PREMIUM, table, columns)
    found.figures = figures = Figures()
    shares = map(share_of, raw["eligible"], raw["roll"])
    figures.add("pupil_premium_share", found.as_of, columns.urns, shares, [value for value, _ in raw["roll"]])
    return found


def _named(column: str) -> str:
    """Return a column's name without the number of its footnote and without doubled spaces."""
    return " ".join(_NOTE.sub("", column).split())


def _check_whole(table: Table, rows: list[tuple[int, list[str]]]) -> None:
    """Raise BadFile if a row stops short, a sum of money is broken off, or the last authorities of England are not there."""
    code, name, urn = table.at("LA"), table.at("Local Authority"), table.at("URN")
    money = [place for place, column in enumerate(table.columns) if "allocation" in column.casefold()]
    place = ""
    for line, row in rows:
        place = f"authority {cell(row, code)} {cell(row, name)}, URN {cell(row, urn)}"
        if len(row) < len(table.columns):
            raise BadFile(f"{table.name} is cut short at line {line} ({place}): {len(row)} of {len(table.columns)} fields. Download it again.")
        for column in money:
            text = row[column].strip()
            if text not in CODES and not _MONEY.fullmatch(text):
                shown = text.replace("\ufffd", "£")
                raise BadFile(
                    f'{table.name} is cut short or damaged at line {line} ({place}): "{shown}" in column {table.columns[column]} '
                    "is no sum of money. Download it again."
                )
    authorities = {cell(row, code) for _, row in rows}
    if len(authorities) > 1 and max(authorities) < _LAST_AUTHORITY:
        raise BadFile(f"{table.name} is cut short: it ends with {place}, and authorities up to {_LAST_AUTHORITY} are missing. Download it again.")


def _knows_premium(columns: frozenset[str], _text: str) -> bool:
    return {name.casefold() for name in _PREMIUM.needs} <= {_named(column) for column in columns}


PUPIL_PREMIUM = Kind(_PREMIUM.kind, _knows_premium, read_premium)
