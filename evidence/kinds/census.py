"""The school census as the performance tables publish it, and the pupil premium: who the pupils of a school are."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import repeat

from evidence.kind import Context, Kind
from evidence.kinds.performance import SECTORS, Column, Layout, england_by_sector
from evidence.kinds.results import once
from evidence.opening import Table, cell
from evidence.understood import Understood
from evidence.values import CODES
from models.errors import BadFile
from models.words import Missing

Figure = tuple[float | None, Missing | None, float | None]

# What a national row is the sum of; for special schools that changed between the years, so they are not counted by sector.
_TYPES = {"State-funded primary": "pupils_primary", "State-funded secondary": "pupils_secondary"}
_COUNTS = {"fsm6_share": "NUMFSMEVER", "eal_share": "NUMEAL", "ehcp_share": "TSENELSE", "sen_support_share": "TSENELK"}
_NOT_READ = ("ESTAB", "SCHOOLTYPE", "NORG", "NORB", "PNORG", "PNORB", "NUMENGFL", "NUMUNCFL", "PNUMENGFL", "PNUMUNCFL", "PNUMUNCLF",
             "NORFSMEVER")  # fmt: skip


def _complete(found: Understood) -> str | None:
    gone = set(SECTORS.values()) - {sector for _, _, sector, _, _ in found.area_figures}
    return f"the national rows that end it are missing ({', '.join(sorted(gone))})" if gone else None


_LAYOUT = Layout(
    kind="census",
    needs=("URN", "NOR", "PNUMEAL", "PSENELSE"),
    figures={
        "pupils_census": Column(("NOR",)),
        "fsm6_share": Column(("PNUMFSMEVER",)),
        "eal_share": Column(("PNUMEAL",)),
        "ehcp_share": Column(("PSENELSE",)),
        "sen_support_share": Column(("PSENELK",)),
        **{name: Column((name,)) for name in (*_COUNTS.values(), "NUMFSM")},
    },
    area=england_by_sector("URN"),
    authority=("LA",),
    expected=_NOT_READ,
    complete=_complete,
)


def read(table: Table, context: Context) -> Understood:
    """Read the census of every school, or of one authority's, and of England; BadFile for a file that is cut short or has a school twice."""
    types: dict[str, str] = {}
    found = _LAYOUT.read(once(replace(table, rows=_watched(table, types))), context)
    urns, raw = _by_column(found)
    found.figures = [
        (name, urn, found.as_of, *figure) for name, figures in _indicators(raw).items() for urn, figure in zip(urns, figures, strict=True)
    ]
    for kind, name in _TYPES.items():
        mine = (pair for pair in zip(urns, raw["pupils_census"], strict=True) if types.get(str(pair[0])) == kind)
        found.figures += [(name, urn, found.as_of, *pupils) for urn, pupils in mine]
    sectors: dict[tuple[str, str], dict[str, list[Figure]]] = {}
    for name, area, sector, _, value in found.area_figures:
        sectors.setdefault((area, sector), {})[name] = [(value, None, None)]
    found.area_figures = [
        (name, *where, found.as_of, value)
        for where, of_area in sectors.items() for name, [(value, _, _)] in _indicators(of_area).items() if value is not None
    ]  # fmt: skip
    return found


def _watched(table: Table, types: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Pass rows on, note each school's type, and refuse a row with too few fields, which is where a file was cut."""
    urn, kind = table.at("URN"), table.at("SCHOOLTYPE")
    for line, row in table.rows:
        if len(row) < len(table.columns):
            raise BadFile(f"{table.name} is cut short at line {line}: the row has {len(row)} of {len(table.columns)} fields. Download it again.")
        types[cell(row, urn).strip()] = cell(row, kind).strip()
        yield line, row


def _by_column(found: Understood) -> tuple[list[int], dict[str, list[Figure]]]:
    """Return the schools, and what each column says of them in their order."""
    columns: dict[str, list[Figure]] = {}
    urns: dict[str, list[int]] = {}
    for name, urn, _, value, missing, cohort in found.figures:
        columns.setdefault(name, []).append((value, missing, cohort))
        urns.setdefault(name, []).append(urn)
    return next(iter(urns.values()), []), columns


def _indicators(raw: Mapping[str, list[Figure]]) -> dict[str, list[Figure]]:
    """Return the indicators that the columns make; a sum or a quotient has a value only if both its parts have one."""
    some = next(iter(raw.values()))
    pupils = raw.get("pupils_census", [(None, Missing.NOT_IN_SOURCE, None)] * len(some))
    found = {"pupils_census": pupils}
    for share, count in _COUNTS.items():
        if share in raw:
            found[share] = list(map(_known, raw[share], raw.get(count, repeat(None)), pupils))
    if "NUMFSM" in raw:
        found["fsm_now_share"] = list(map(share_of, raw["NUMFSM"], pupils))
    if "ehcp_share" in found and "sen_support_share" in found:
        found["send_share"] = list(map(_both, found["ehcp_share"], found["sen_support_share"], pupils))
    return found


def _both(plans: Figure, support: Figure, pupils: Figure) -> Figure:
    """Return the share of pupils with a plan or support; unknown if either is."""
    if plans[0] is None or support[0] is None:
        return None, plans[1] or support[1], pupils[0]
    return round(plans[0] + support[0], 4), None, pupils[0]


def _known(share: Figure, count: Figure | None, pupils: Figure) -> Figure:
    """Return a share with the pupils as its cohort, missing where 0.00 % is printed though there is nobody, or the number was not collected."""
    if share[0] is not None and pupils[0] == 0:
        return None, Missing.NOT_APPLICABLE, pupils[0]
    if share[0] == 0 and count is not None and count[0] is None:
        return None, count[1], pupils[0]
    return share[0], share[1], pupils[0]


def share_of(part: Figure, whole: Figure) -> Figure:
    """Return a percentage with the whole as its cohort: a value only if both are known and there is somebody."""
    if part[0] is None or whole[0] is None:
        return None, part[1] or whole[1], whole[0]
    if whole[0] == 0:
        return None, Missing.NOT_APPLICABLE, whole[0]
    return round(100 * part[0] / whole[0], 4), None, whole[0]


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
    found = _PREMIUM.read(once(replace(table, rows=iter(rows))), context)
    urns, raw = _by_column(found)
    shares = map(share_of, raw["eligible"], raw["roll"])
    found.figures = [("pupil_premium_share", urn, found.as_of, *share) for urn, share in zip(urns, shares, strict=True)]
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
