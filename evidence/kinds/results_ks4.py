"""Results at the end of compulsory schooling (key stage 4), in the three layouts in which they are to be had."""

from collections.abc import Mapping
from dataclasses import replace

from evidence.kind import Context, Kind
from evidence.kinds.performance import Column, Layout
from evidence.kinds.results import EXPECTED, PerformanceTables, once, rank_of, the_same, whole
from evidence.opening import Table, cell
from evidence.understood import OTHER_AUTHORITY, PROVISIONAL, Understood
from models.errors import BadFile
from models.school import ENGLAND

NAME = "key stage 4 results"
_PUPILS = ("TPUP", "t_pupils")
# Attainment at 11 was counted in points up to 2020/21 and is a scaled score since: never compare it between years.
_PRIOR = ("KS2APS", "KS2ASS")
FIGURES: Mapping[str, Column] = {
    "ks4_attainment": Column(("ATT8SCR", "metrics.att8_score"), _PUPILS),
    "ks4_progress": Column(("P8MEA",), _PUPILS),
    "ks4_basics_94": Column(("PTL2BASICS_94", "metrics.l2basics_94"), _PUPILS),
    "ks4_basics_95": Column(("PTL2BASICS_95",), _PUPILS),
    "ks4_ebacc_entry": Column(("PTEBACC_E_PTQ_EE", "metrics.ebacc_entry"), _PUPILS),
    "ks4_prior": Column((*_PRIOR, "avg_ks2_scaledscore"), _PUPILS),
}
# A file of England in the order of authorities begins with the City of London and cannot end before West Sussex.
_FIRST, _NEAR_LAST = "201", "938"


def _rank(table: Table) -> int:
    """Return how final a table is: provisional ones say so in their name, or have no column of attainment at 11 yet."""
    return rank_of(table.name) if table.at(*_PRIOR) is not None else PROVISIONAL


def _year_of(table: Table, period: str) -> int:
    """Return the year in which a period such as 202324 ends."""
    if len(period) == 6 and period.isdigit() and (int(period[:4]) + 1) % 100 == int(period[4:]):
        return int(period[:4]) + 1
    raise BadFile(f'{table.name}: "{period}" in column time_period is no school year such as 202324: download it again.')


def _read_pupils(table: Table, context: Context) -> Understood:
    """Read a file of Explore Education Statistics, which says its own year and edition on every row."""
    period, rows = the_same(table, "time_period")
    version, rows = the_same(rows, "version")
    year, place = _year_of(table, period), table.at("old_la_code")
    authorities: set[str] = set()

    def leave_out(_table: Table, row: list[str]) -> str | None:
        authority = cell(row, place).strip()
        authorities.add(authority)
        return OTHER_AUTHORITY if context.authority not in (None, authority) else None

    def incomplete(found: Understood) -> str | None:
        cut = len(authorities) > 1 and _FIRST in authorities and max(authorities) < _NEAR_LAST
        return f"after {found.rows_read} rows it stops at authority {max(authorities)}, which is not the last of England" if cut else None

    layout = replace(_PUPILS_LAYOUT, year=lambda *_: year, rank=rank_of(version), leave_out=leave_out, complete=incomplete)
    found = layout.read(whole(once(rows)), context)
    found.scope = context.authority or ENGLAND
    return found


def _read_reduced(table: Table, context: Context) -> Understood:
    """Read a reduced JSON file, which is whole if it can be opened at all."""
    return _REDUCED.read(once(table), context)


_TABLES = PerformanceTables(
    Layout(NAME, ("RECTYPE", "LEA", "URN", "TPUP", "ATT8SCR"), FIGURES, expected=(*EXPECTED, "TOTPUPS")),
    authority="4", england="7", everyone="5", rank=_rank,
)  # fmt: skip

_PUPILS_LAYOUT = Layout(
    f"{NAME} (pupils)",
    ("time_period", "version", "school_urn", "old_la_code", "t_pupils", "avg_ks2_scaledscore"),
    FIGURES,
    urn=("school_urn",),
    expected=(
        "time_identifier", "geographic_level", "country_code", "country_name", "school_laestab", "school_name", "new_la_code", "la_name",
        "establishment_type_group", "full_address", "telnum", "pcon_code", "pcon_name", "contflag", "iclose", "reldenom", "admpol_pt", "egender",
        "feeder", "agerange", "t_allks_pupils", "t_allks_boys", "t_allks_girls", "diffn_att8", "diffn_p8mea", "p8_banding",
        *(f"{share}{group}" for share in ("t_", "pt_") for group in (
            "boys", "girls", "prior_lo", "prior_av", "prior_hi", "disadvantaged", "not_disadvantaged", "language_not_english", "language_english",
            "language_unknown", "not_mobile", "sen_with_ehcp", "sen", "sen_no_ehcp",
        )),
    ),
)  # fmt: skip

_REDUCED = Layout(
    f"{NAME} (reduced)",
    ("urn", "metrics.att8_score", "metrics.l2basics_94"),
    FIGURES,
    expected=(
        "name", "postcode", "latitude", "longitude", "school_type", "age_low", "age_high", "performance_score", "phase", "metrics.ebacc_94",
        "fsm_pct", "address.street", "address.town", "address.locality",
    ),
)  # fmt: skip

KINDS: tuple[Kind, ...] = (_TABLES.as_kind(), replace(_PUPILS_LAYOUT.as_kind(), read=_read_pupils), replace(_REDUCED.as_kind(), read=_read_reduced))
