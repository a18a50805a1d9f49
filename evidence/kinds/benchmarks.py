"""DfE's Local Authority Interactive Tool: published figures on every authority and England, to compare computed ones with."""

import re
from typing import NamedTuple

from evidence.indicators import bounds_of
from evidence.kind import Context, Kind, edition_of
from evidence.opening import Table, cell
from evidence.understood import OTHER_AUTHORITY, Understood
from evidence.values import end_of_school_year, number
from models.errors import BadFile
from models.school import ENGLAND


class Measure(NamedTuple):
    """Which of our indicators, for which sector, a measure of the tool is."""

    indicator: str
    sector: str


# By indicator and sector, the tool's short name of the measure; all are of state-funded schools and of all their pupils.
# Results are of all sectors, special schools too, as the authority's rows of the performance tables are.
_NAMES = {
    "overall_absence": {"primary": "PriTotAbs", "secondary": "SecTotAbs", "special": "total_absence_special", "all": "TotAbs"},
    "persistent_absence": {"primary": "SFPriPerAbNew", "secondary": "SFSecPerAbNew", "special": "SpecPerAbNew", "all": "TotPerAbNew"},
    "ks2_expected": {"all": "KS2RWM_Expected_STD"},
    "ks2_higher": {"all": "KS2RWM_Higher_STD"},
    "ks2_reading_progress": {"all": "KS2R_Prog_VA"},
    "ks2_writing_progress": {"all": "KS2W_Prog_VA"},
    "ks2_maths_progress": {"all": "KS2M_Prog_VA"},
    "ks2_reading_score": {"all": "KS2R_AVG_Scaled_Score"},
    "ks2_maths_score": {"all": "KS2M_AVG_Scaled_Score"},
    "ks4_attainment": {"all": "AVG_Attain8_Score"},
    "ks4_progress": {"all": "AVG_Prog8_Score"},
    "ks4_basics_94": {"all": "EngMaths9-4"},
    "ks4_basics_95": {"all": "EngMaths9-5"},
    "ks4_ebacc_entry": {"all": "EngBacEntries"},
    "fsm_share": {"primary": "PriFSM", "secondary": "SecFSM"},
    "fsm6_share": {"primary": "Ever6_FSM_Prim", "secondary": "Ever6_FSM_Sec"},
    "eal_share": {"primary": "EALPri", "secondary": "EALSec"},
    "ehcp_share": {"primary": "PrimStatements", "secondary": "SecStatements", "all": "SEN_TotStat"},
    "sen_support_share": {"primary": "PrimNoStatements", "secondary": "SecNoStatements", "all": "SEN_TotSENSuP"},
}
MEASURES = {name: Measure(indicator, sector) for indicator, names in _NAMES.items() for sector, name in names.items()}
_NEEDS = ("Short Desc", "Years", "LA and Regions", "Values", "LA Number", "Region")
# Every measure that is kept is of a school year and written as the year in which it ends; a census of January is of that school year.
_YEAR = re.compile(r"(20\d\d)(?: \((?:prov|rev|final)\))?", re.IGNORECASE)
_AUTHORITY = re.compile(r"[2-9]\d\d")


def read(table: Table, context: Context) -> Understood:
    """Read the measures that are indicators here, of every authority or of one beside England.

    BadFile names the row of a value that cannot be, or says that England is missing.
    """
    kept: dict[tuple[str, str, str, int], float] = {}
    found = Understood("authority benchmarks", "", end_of_school_year(2000))
    found.unknown_columns = [column for column in table.columns if column not in {*_NEEDS, "Data item"}]
    at = {name: table.at(name) for name in _NEEDS}
    for line, row in table.rows:
        found.rows_read += 1
        measure = MEASURES.get(cell(row, at["Short Desc"]))
        if measure is None:
            found.skipped["a measure that is no indicator here"] += 1
            continue
        area = _area(table, line, cell(row, at["LA and Regions"]), cell(row, at["LA Number"]), cell(row, at["Region"]))
        value = _value(found, table, line, cell(row, at["Values"]))
        if area is None or value is None:
            found.skipped["a region" if area is None else "no figure"] += 1
            continue
        if area not in (ENGLAND, context.authority or area):
            found.skipped[OTHER_AUTHORITY] += 1
            continue
        key = (*measure, area, _year(table, line, cell(row, at["Years"])))
        if key in kept:
            raise BadFile(f"{table.name}, row {line}: {measure.indicator} of {area} in {key[3]} is there twice. Download it again.")
        why = bounds_of(measure.indicator).why_not(value)
        if why is not None:
            raise BadFile(f"{table.name}, row {line}: {measure.indicator} of {area} would be {value:g}, which {why}. Download it again.")
        kept[key] = value
    _keep(found, table, kept)
    if context.authority is not None:
        found.scope = context.authority
        if not any(area == context.authority for _, _, area, _ in kept):
            raise BadFile(f"{table.name} has no figure of authority {context.authority}: give the number of another, or load the file whole.")
    return found


def _keep(found: Understood, table: Table, kept: dict[tuple[str, str, str, int], float]) -> None:
    """Put what was read into rows to be saved, dated by the newest year; BadFile if nothing or no England was there."""
    if not any(area == ENGLAND for _, _, area, _ in kept):
        raise BadFile(f"{table.name} is cut short: no figure on England is in it. Download it again.")
    newest = max(year for *_, year in kept)
    found.edition, found.as_of = edition_of(newest), end_of_school_year(newest)
    found.rows_kept = len(kept)
    found.area_figures = [(indicator, area, sector, end_of_school_year(year), value) for (indicator, sector, area, year), value in kept.items()]


def _area(table: Table, line: int, name: str, code: str, region: str) -> str | None:
    """Return an authority's three digits or ENG; None for a region, which has a number of three digits too but no region above it."""
    if name == "England":
        return ENGLAND
    if region == "NA":
        return None
    if not _AUTHORITY.fullmatch(code):
        raise BadFile(f'{table.name}, row {line}: "{code}" is no number of an authority. Download it again.')
    return code


def _value(found: Understood, table: Table, line: int, text: str) -> float | None:
    try:
        value, _ = number(text)
    except ValueError as error:
        raise BadFile(f'{table.name}, row {line}: "{text}" is neither a number nor a known code. Download it again.') from error
    if value is None and text.strip():
        found.codes[text.strip()] += 1
    return value


def _year(table: Table, line: int, text: str) -> int:
    match = _YEAR.fullmatch(text.strip())
    if match is None:
        raise BadFile(f'{table.name}, row {line}: "{text}" is no year that is known here. Download it again.')
    return int(match.group(1))


KIND = Kind("authority benchmarks", lambda columns, _text: {name.casefold() for name in _NEEDS} <= columns, read)
