"""Results at the end of primary school (key stage 2), in the four layouts in which they are to be had."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from evidence.kind import Context, Kind
from evidence.kinds.performance import Column, Layout
from evidence.kinds.results import EXPECTED, PerformanceTables, once, rank_of, the_same, whole
from evidence.naming import normalised
from evidence.opening import Table, cell
from evidence.understood import OTHER_AUTHORITY, Understood
from models.errors import BadFile
from models.school import ENGLAND

NAME = "key stage 2 results"
_FOUND_OUT = ("urn", "why it is left out")
_ELIGIBLE = ("TELIG", "KS2 Pupils")
# Only by-name files call their columns rwm, hs, read and maths; only reduced ones write words with spaces.
FIGURES: Mapping[str, Column] = {
    "ks2_expected": Column(("PTRWM_EXP", "Overall Meet Std", "rwm"), _ELIGIBLE),
    "ks2_higher": Column(("PTRWM_HIGH", "Overall Exceed Std", "hs"), _ELIGIBLE),
    "ks2_reading_progress": Column(("READPROG", "Reading Progress"), _ELIGIBLE),
    "ks2_writing_progress": Column(("WRITPROG", "Writing Progress"), _ELIGIBLE),
    "ks2_maths_progress": Column(("MATPROG", "Maths Progress"), _ELIGIBLE),
    "ks2_reading_score": Column(("READ_AVERAGE", "Reading Score", "read"), _ELIGIBLE),
    "ks2_maths_score": Column(("MAT_AVERAGE", "Maths Score", "maths"), _ELIGIBLE),
    "ks2_prior": Column(("TKS1AVERAGE",), _ELIGIBLE),
}


def _year_of(table: Table, said: str) -> int:
    if len(said) == 4 and said.startswith("20") and said.isdigit():
        return int(said)
    raise BadFile(f'{table.name}: "{said}" in column Academic Year is no year: download it again.')


def _read_reduced(table: Table, context: Context) -> Understood:
    """Read a reduced file, which says on every row the calendar year in which its school year ends."""
    said, rows = the_same(table, "Academic Year")
    year = _year_of(table, said)
    return replace(_REDUCED, year=lambda *_: year).read(whole(once(rows)), context)


def _read_progress(table: Table, context: Context) -> Understood:
    """Read a file of progress, which has no area row to end it: special schools follow the mainstream ones."""
    kind_at, phase_at = table.at("RECTYPE"), table.at("PHASE")
    kinds, phases, last = Counter[str](), Counter[str](), ""

    def leave_out(_table: Table, row: list[str]) -> str | None:
        nonlocal last
        kind, last = cell(row, kind_at).strip(), cell(row, phase_at)
        kinds[kind] += 1
        phases[last] += 1
        return None if kind in {"1", "2"} else f"row of type {kind or 'not given'}"

    def incomplete(found: Understood) -> str | None:
        if not kinds["2"]:
            return f"the special schools should follow its {found.rows_read} rows"
        broken = phases[last] == 1 and any(phase != last and phase.startswith(last) for phase in phases)
        return f"row {found.rows_read}, its last, ends in the middle of a word" if broken else None

    return replace(_PROGRESS, leave_out=leave_out, complete=incomplete).read(whole(once(table)), context)


def _read_by_name(table: Table, context: Context) -> Understood:
    """Read a file without URNs: a school is found by authority and name, and left out where that could be another."""
    area, name = table.at("lea"), table.at("name")
    rows = [(line, row, (cell(row, area).strip().zfill(3), normalised(cell(row, name)))) for line, row in table.rows]
    count = Counter(key for _, _, key in rows)
    urns = {key: context.names[key] for key in count if key[1] and key in context.names}
    if not any(context.authority in (None, authority) for authority, _ in urns):
        whose = f" of authority {context.authority}" if context.authority else ""
        raise BadFile(f"{table.name} has no URNs, and none of its schools{whose} is known by name: load the register first.")

    def why_not(key: tuple[str, str]) -> str:
        if context.authority not in (None, key[0]):
            return OTHER_AUTHORITY
        if count[key] > 1:
            return "no URN, and its name is there twice in the authority"
        return "" if key in urns else "no URN, and its name is not known in the authority or is of two schools"

    found_out = ((line, [str(urns.get(key, "")), why_not(key), *row]) for line, row, key in rows)
    named = Table(table.name, (*_FOUND_OUT, *table.columns), found_out)
    layout = replace(_BY_NAME, leave_out=lambda _, row: row[1] or None)
    found = layout.read(named, context)
    found.scope = context.authority or ENGLAND
    return found


_TABLES = PerformanceTables(
    Layout(NAME, ("RECTYPE", "LEA", "URN", "TELIG", "PTRWM_EXP"), FIGURES, expected=EXPECTED),
    authority="3", england="5", everyone="4", rank=lambda table: rank_of(table.name),
)  # fmt: skip

_REDUCED = Layout(
    f"{NAME} (reduced)",
    ("URN", "KS2 Pupils", "Overall Meet Std", "Academic Year"),
    FIGURES,
    expected=(
        "KS2 Boys", "KS2 Girls", "Reading Meet Std", "Reading Exceed Std", "Reading Progress Band", "Reading Progress Desc", "Writing Score",
        "Writing Meet Std", "Writing Exceed Std", "Writing Progress Band", "Writing Progress Desc", "Maths Meet Std", "Maths Exceed Std",
        "Maths Progress Band", "Maths Progress Desc",
    ),
)  # fmt: skip

_PROGRESS = Layout(
    f"{NAME} (progress)",
    ("RECTYPE", "URN", "READPROG", "WRITPROG", "MATPROG", "PHASE"),
    FIGURES,
    without=("TELIG",),
    expected=(
        "SCHNAME", "PCODE", "PCODE2", "TOWN", "READPROG_DESCR", "WRITPROG_DESCR", "MATPROG_DESCR", "OFSTEDRATING", "INSPECTIONDT", "WEB", "SCHTYPE",
        "GENDER", "RELIGION", "LATITUDE", "LONGITUDE", "COLOUR1", "COLOUR2",
    ),
)  # fmt: skip

# The columns pe to lg are places in an order of all schools, made by those who reduced the file; they are no published figure.
_BY_NAME = Layout(
    f"{NAME} (by name)",
    ("name", "lea", "rwm", "hs", "read", "maths"),
    FIGURES,
    without=("urn",),
    expected=(*_FOUND_OUT, "area", "type", "region", "gps", "pe", "ph", "pr", "pm", "pg", "lh", "lr", "lm", "lg"),
)

KINDS: tuple[Kind, ...] = (
    _TABLES.as_kind(),
    replace(_REDUCED.as_kind(), read=_read_reduced),
    replace(_PROGRESS.as_kind(), read=_read_progress),
    replace(_BY_NAME.as_kind(), read=_read_by_name),
)
