"""Absence of schools' pupils over a whole school year, as the performance tables publish it."""

from dataclasses import replace

from evidence.kind import Context
from evidence.kinds.performance import Column, Layout, england_by_sector, national_rows_missing
from evidence.kinds.results import once
from evidence.opening import Table
from evidence.understood import Understood

# In years when persistent absence was 15 per cent or more of sessions (PPERSABS15) it is another figure, and is left out.
_LAYOUT = Layout(
    kind="absence",
    needs=("URN", "PERCTOT"),
    figures={"overall_absence": Column(("PERCTOT",)), "persistent_absence": Column(("PPERSABS10",))},
    area=england_by_sector("LA"),
    authority=("LA",),
    expected=("ESTAB", "PPERSABS15"),
    complete=national_rows_missing,
)


def read(table: Table, context: Context) -> Understood:
    """Read the absence of every school, or of one authority's beside England's own rows; BadFile if a school is there twice."""
    return _LAYOUT.read(once(table), context)


KIND = replace(_LAYOUT.as_kind(), read=read)
