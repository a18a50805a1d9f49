"""Which kind of file a table is: by its columns, never by its name."""

from evidence.kind import Kind
from evidence.kinds import (
    absence,
    benchmarks,
    calendars,
    census,
    deprivation,
    groups,
    holidays,
    links,
    ofsted,
    own_figures,
    register,
    results_ks2,
    results_ks4,
)  # fmt: skip
from evidence.opening import Table
from evidence.privacy import check_columns
from models.errors import BadFile

KINDS: tuple[Kind, ...] = (
    register.KIND, absence.KIND, *ofsted.KINDS, links.KIND, groups.KIND, *calendars.KINDS, holidays.KIND,
    census.KIND, census.PUPIL_PREMIUM, *deprivation.KINDS, benchmarks.KIND, *results_ks2.KINDS, *results_ks4.KINDS,
    own_figures.KIND,
)  # fmt: skip


def recognise(table: Table) -> Kind:
    """Return the kind of a table; BadFile if it is none that is known, or could be two."""
    check_columns(table.name, table.columns)
    columns = frozenset(column.casefold() for column in table.columns)
    found = [kind for kind in KINDS if kind.knows(columns, table.text or "")]
    if len(found) != 1:
        what = "could be " + " or ".join(kind.name for kind in found) if found else "is of no kind that is known here"
        begins = f" (its columns begin {', '.join(table.columns[:4])})" if table.columns else ""
        raise BadFile(f"{table.name} {what}{begins}: `lodestar evidence kinds` lists what can be read.")
    return found[0]
