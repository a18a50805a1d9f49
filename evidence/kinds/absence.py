"""Absence of schools' pupils over a whole school year, as the performance tables publish it."""

from dataclasses import replace

from evidence.kind import Context
from evidence.kinds.performance import Column, Layout
from evidence.kinds.results import once
from evidence.opening import Table, cell
from evidence.understood import Understood
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
    authority=("LA",),
    expected=("ESTAB", "PPERSABS15"),
    complete=_complete,
)


def read(table: Table, context: Context) -> Understood:
    """Read the absence of every school, or of one authority's beside England's own rows; BadFile if a school is there twice."""
    return _LAYOUT.read(once(table), context)


KIND = replace(_LAYOUT.as_kind(), read=read)
