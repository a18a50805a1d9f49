"""Reading GIAS's establishment file as people download it: zip or csv, by column name, with its traps."""

import datetime
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from evidence import values
from evidence.opening import Table
from evidence.standing import SCALE
from models.errors import BadFile
from models.words import Phase, SchoolStatus

T = TypeVar("T")
NEEDED = ("URN", "LA (code)", "EstablishmentName", "EstablishmentStatus (name)", "TypeOfEstablishment (name)", "EstablishmentTypeGroup (name)")
# Of some hundred and forty columns, those that are read; the last tells when a file without a date in its name was written.
_READ = (
    *NEEDED, "LA (name)", "EstablishmentNumber", "PhaseOfEducation (name)", "OfstedRating (name)", "OfstedLastInsp", "NumberOfPupils",
    "PercentageFSM", "StatutoryLowAge", "StatutoryHighAge", "ReligiousCharacter (name)", "Diocese (name)", "Trusts (name)", "Federations (name)",
    "Town", "Postcode", "LSOA (code)", "Easting", "Northing", "OpenDate", "CloseDate", "LastChangedDate",
)  # fmt: skip
_MAINTAINED, _ACADEMIES = "Local authority maintained schools", {"Academies", "Free Schools"}
_SPECIAL_MAINTAINED = {"Community special school", "Foundation special school"}
_TECHNOLOGY_COLLEGE = "City technology college"  # grouped with independent schools, yet paid for by the state
# All words that the register has for what follows, in small letters, as older files write some with capitals: any other is a slip.
_PHASES = {
    "nursery": Phase.NURSERY, "primary": Phase.PRIMARY, "middle deemed primary": Phase.MIDDLE, "middle deemed secondary": Phase.MIDDLE,
    "secondary": Phase.SECONDARY, "all-through": Phase.ALL_THROUGH, "all through": Phase.ALL_THROUGH, "16 plus": Phase.POST_16,
    "not applicable": Phase.ALL_THROUGH, "unknown": Phase.ALL_THROUGH, "": Phase.ALL_THROUGH,
}  # fmt: skip
_CLOSING = "open, but proposed to close"
_STATES = {
    "open": True, _CLOSING: True, "closed": False, "proposed to open": False, "pending approval": False, "rejected opening": False,
    "de-registered as ey setting": False, "quarantine": False, "created in error": False, "archived": False,
}  # fmt: skip
_GROUPS = {name.casefold(): name for name in (
    _MAINTAINED, "Academies", "Free Schools", "Special schools", "Independent schools", "Colleges", "Universities", "Welsh schools",
    "Children's Centres", "Online provider", "Other types",
)}  # fmt: skip


def records(table: Table) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each record as its line number and a mapping of column name to text, for the columns that are read.

    Extra fields beyond the header (a known fault of the file) are dropped; a record with fewer fields than the header
    means that the file was cut short, and is refused as BadFile with its line.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise BadFile(f"{table.name} is no register of establishments: it has no column {', '.join(missing)}.")
    places = {column: place for place, column in enumerate(table.columns) if column in _READ}
    names, cells = tuple(places), itemgetter(*places.values())
    count, width = 0, len(table.columns)
    for line, record in table.rows:
        if len(record) < width:
            raise BadFile(f"{table.name} is cut short at line {line}: the record has {len(record)} of {width} fields. Download it again.")
        count += 1
        yield line, dict(zip(names, cells(record), strict=True))
    if count == 0:
        raise BadFile(f"{table.name} has a header but no establishments: download it again.")


def school_row(record: Mapping[str, str], register_date: datetime.date | None) -> dict[str, Any]:
    """Return the columns of a School from one record of the register; ValueError says what cannot be, and in which column."""
    kind, group = record["TypeOfEstablishment (name)"], _word(_GROUPS, record, "EstablishmentTypeGroup (name)")
    name = record["EstablishmentName"].strip()
    if not name:
        raise ValueError("there is nothing in column EstablishmentName")
    grade = record.get("OfstedRating (name)") or None
    return {
        "urn": int(record["URN"]),
        "name": name,
        "authority": record["LA (code)"],
        "authority_name": record.get("LA (name)", ""),
        "establishment_number": record.get("EstablishmentNumber") or None,
        "type_name": kind,
        "status": _status(kind, group),
        "phase": _phase(kind, _word(_PHASES, record, "PhaseOfEducation (name)")),
        "state_funded": _state_funded(kind, group),
        "open": _word(_STATES, record, "EstablishmentStatus (name)"),
        "closing": record["EstablishmentStatus (name)"].casefold() == _CLOSING,
        "pupils": _whole(record, "NumberOfPupils"),
        "fsm_share": _number(record, "PercentageFSM"),
        "low_age": _whole(record, "StatutoryLowAge"),
        "high_age": _whole(record, "StatutoryHighAge"),
        "religious_character": _named(record.get("ReligiousCharacter (name)")),
        "diocese": _named(record.get("Diocese (name)")),
        "trust": _named(record.get("Trusts (name)")),
        "federation": _named(record.get("Federations (name)")),
        "town": record.get("Town") or None,
        "postcode": record.get("Postcode") or None,
        "lsoa": _lsoa(record.get("LSOA (code)")),
        "easting": _whole(record, "Easting") or None,
        "northing": _whole(record, "Northing") or None,
        "last_grade": grade if grade in SCALE else None,
        "last_inspected": _day(record, "OfstedLastInsp"),
        "opened": _day(record, "OpenDate"),
        "closed": _day(record, "CloseDate"),
        "register_date": register_date,
    }


def _status(kind: str, group: str) -> SchoolStatus:
    if group == _MAINTAINED or kind in _SPECIAL_MAINTAINED:
        return SchoolStatus.MAINTAINED
    if group in _ACADEMIES:
        return SchoolStatus.ACADEMY
    if kind == "Non-maintained special school":
        return SchoolStatus.NON_MAINTAINED_SPECIAL
    return SchoolStatus.INDEPENDENT if "ndependent" in kind else SchoolStatus.OTHER


def _state_funded(kind: str, group: str) -> bool:
    """Tell whether a school counts as state-funded: maintained, special or academy, and not an independent special school."""
    return (
        group == _MAINTAINED
        or group in _ACADEMIES
        or kind == _TECHNOLOGY_COLLEGE
        or (group == "Special schools" and kind != "Other independent special school")
    )


def _phase(kind: str, phase: Phase) -> Phase:
    """Return the phase; the register leaves it out for special schools and alternative provision."""
    lower = kind.lower()
    if "special" in lower:
        return Phase.SPECIAL
    if "alternative provision" in lower or kind == "Pupil referral unit":
        return Phase.ALTERNATIVE
    return phase


def _word(known: Mapping[str, T], record: Mapping[str, str], column: str) -> T:
    """Return what a word stands for; ValueError for one that the register does not have: taken for another, it would change the school."""
    word = record.get(column, "")
    found = known.get(word.casefold())
    if found is None:
        raise ValueError(f'"{word}" in column {column} is none of the words that the register has there')
    return found


def _named(value: str | None) -> str | None:
    return None if value in {None, "", "None", "Does not apply", "Not applicable"} else value


def _lsoa(value: str | None) -> str | None:
    """Return a neighbourhood's code; 999999999 and the like stand for none."""
    return value if value and value.startswith("E01") else None


def _whole(record: Mapping[str, str], column: str) -> int | None:
    number = _number(record, column)
    if number is not None and number != int(number):
        raise ValueError(f'"{record[column]}" in column {column} is no whole number')
    return None if number is None else int(number)


def _number(record: Mapping[str, str], column: str) -> float | None:
    """Return a number of 0 or more, or None for an empty field or a code; ValueError for anything else."""
    try:
        return _read_number(record.get(column))
    except ValueError as error:
        raise ValueError(f'"{error}" in column {column} is no number that a school can have') from error


@lru_cache(maxsize=2**16)
def _read_number(value: str | None) -> float | None:
    found, _ = values.number(value)
    if found is not None and found < 0:
        raise ValueError(value)
    return found


def _day(record: Mapping[str, str], column: str) -> datetime.date | None:
    try:
        return values.day(record.get(column))
    except ValueError as error:
        raise ValueError(f'"{error}" in column {column} is no date') from error
