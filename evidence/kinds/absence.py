"""Absence of schools' pupils over a whole school year, as the performance tables publish it."""

from dataclasses import replace

from evidence.kind import Context
from evidence.kinds.performance import Column, Layout
from evidence.kinds.results import OTHER_AUTHORITY, once
from evidence.opening import Table, cell
from evidence.understood import Understood
from models.errors import BadFile
from models.school import ENGLAND

_SECTORS = {"PRI": "primary", "SEC": "secondary", "SPE": "special"}


def _area(table: Table, row: list[str]) -> tuple[str, str] | None:
    """Return England's sector for the three national rows at the end."""
    return (ENGLAND, _SECTORS.get(cell(row, table.at("ESTAB")), "all")) if cell(row, table.at("LA")) == "NAT" else None


def _complete(found: Understood) -> str | None:
    return None if found.area_figures else "the national rows that end it are missing"


# In years when persistent absence was 15 per cent or more of sessions (PPERSABS15) it is another figure, and is left out.
_LAYOUT = Layout(
    kind="absence",
    needs=("URN", "PERCTOT"),
    figures={"overall_absence": Column(("PERCTOT",)), "persistent_absence": Column(("PPERSABS10",))},
    area=_area,
    expected=("LA", "ESTAB", "PPERSABS15"),
    complete=_complete,
)


def read(table: Table, context: Context) -> Understood:
    """Read the absence of every school, or of one authority's beside England's own rows; BadFile if a school is there twice."""
    place = table.at("LA")
    if context.authority is not None and place is None:
        raise BadFile(f"{table.name} has no column LA by which to keep to authority {context.authority}: load it whole.")

    def leave_out(_table: Table, row: list[str]) -> str | None:
        return OTHER_AUTHORITY if context.authority not in (None, cell(row, place).strip()) else None

    found = replace(_LAYOUT, leave_out=leave_out).read(once(table), context)
    found.scope = context.authority or ENGLAND
    return found


KIND = replace(_LAYOUT.as_kind(), read=read)
