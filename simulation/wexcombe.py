"""Wexcombe: a synthetic authority in the register's own format; no school or person of it exists."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

AUTHORITY, NAME = "999", "Wexcombe"
FILE_NAME = "edubasealldata20260801.csv"
SUCCESSOR_URN = 990_900
NEIGHBOURS, NEIGHBOURS_FROM = "998", 991_001
TRUSTS = ("Wexcombe Learning Trust", "Three Rivers Academies Trust")
DIOCESE = "Diocese of Wexcombe"
_PLACES = (
    "Alderbrook", "Ashmere", "Barrow Hill", "Bellfield", "Birchwood", "Bramley Park", "Castle Mead", "Chalk Lane", "Coldharbour", "Copperfield",
    "Cranmoor", "Dovecote", "Eastgate", "Elmbridge", "Fairoak", "Fernhill", "Foxholes", "Glebe", "Grange Road", "Greenacre", "Hawthorn", "Hazel Down",
    "Highmoor", "Hollybank", "Kingsmead", "Larkfield", "Lime Tree", "Longmeadow", "Lowther", "Marsh Green", "Meadowside", "Millbrook", "Moorland",
    "Netherton", "Northfield", "Oakhurst", "Orchard", "Parkside", "Pinewood", "Priory", "Quarry Bank", "Queensway", "Redhill", "Riverside", "Rowan",
    "Sandpit", "Silverdale", "Southdown", "Springwell", "Stonebridge", "Summerfield", "Swanmere", "Thornfield", "Town End", "Underhill", "Upton",
    "Valley", "Waterside", "Westbourne", "Whitegate", "Willow", "Windmill", "Woodlands", "Wychwood",
)  # fmt: skip
_FURTHER = ("Street", "Green", "Hill", "Cross")
_COLUMNS = (
    "URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (name)", "EstablishmentTypeGroup (name)",
    "EstablishmentStatus (name)", "OpenDate", "CloseDate", "PhaseOfEducation (name)", "StatutoryLowAge", "StatutoryHighAge",
    "ReligiousCharacter (name)", "Diocese (name)", "NumberOfPupils", "PercentageFSM", "Trusts (name)", "Town", "Postcode", "Easting", "Northing",
    "OfstedLastInsp", "OfstedRating (name)", "LSOA (code)",
)  # fmt: skip
_LA, _ACADEMY, _SPECIAL, _FREE = "Local authority maintained schools", "Academies", "Special schools", "Free Schools"


@dataclass(frozen=True, slots=True)
class _Kind:
    """So many schools of one type, phase and size."""

    count: int
    type_name: str
    group: str
    phase: str
    ages: tuple[int, int]
    pupils: tuple[int, int]
    label: str


_KINDS = (
    _Kind(4, "Local authority nursery school", _LA, "Nursery", (2, 5), (50, 110), "Nursery School"),
    _Kind(32, "Community school", _LA, "Primary", (4, 11), (60, 480), "Primary School"),
    _Kind(9, "Voluntary aided school", _LA, "Primary", (4, 11), (90, 420), "Catholic Primary School"),
    _Kind(7, "Voluntary controlled school", _LA, "Primary", (4, 11), (45, 210), "Church of England Primary School"),
    _Kind(16, "Academy converter", _ACADEMY, "Primary", (4, 11), (150, 630), "Primary Academy"),
    _Kind(4, "Academy sponsor led", _ACADEMY, "Primary", (4, 11), (120, 400), "Community Academy"),
    _Kind(1, "Free schools", _FREE, "Primary", (4, 11), (180, 420), "Free School"),
    _Kind(3, "Community school", _LA, "Secondary", (11, 18), (700, 1300), "School"),
    _Kind(2, "Voluntary aided school", _LA, "Secondary", (11, 18), (800, 1200), "Catholic School"),
    _Kind(9, "Academy converter", _ACADEMY, "Secondary", (11, 18), (750, 1600), "Academy"),
    _Kind(2, "Academy sponsor led", _ACADEMY, "Secondary", (11, 16), (600, 1000), "Academy"),
    _Kind(2, "Academy converter", _ACADEMY, "All-through", (4, 18), (900, 1500), "All-through Academy"),
    _Kind(5, "Community special school", _SPECIAL, "Not applicable", (3, 19), (60, 160), "Special School"),
    _Kind(2, "Academy special converter", _ACADEMY, "Not applicable", (3, 19), (70, 140), "Special Academy"),
    _Kind(2, "Pupil referral unit", _LA, "Not applicable", (11, 16), (20, 70), "Learning Centre"),
)


def write_register(path: Path, seed: int = 1, times: int = 1) -> Path:
    """Write the synthetic register (100 open state-funded schools, or so many `times` that, and a few that are not) and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(_rows(random.Random(seed), times))  # noqa: S311 - invents schools, protects nothing
    return path


def write_neighbours(path: Path, seed: int = 1) -> Path:
    """Write a register of three schools of a neighbouring authority, 60 km to the east, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chance = random.Random(f"{seed}/neighbours")  # noqa: S311 - invents schools, protects nothing
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        for number, (kind, place) in enumerate(((_KINDS[1], "Netherby"), (_KINDS[9], "Overby"), (_KINDS[11], "Middleby"))):
            row = _school(chance, kind, NEIGHBOURS_FROM + number, place)
            writer.writerow({**row, "LA (code)": NEIGHBOURS, "LA (name)": "Netherby", "Easting": str(int(row["Easting"]) + 60_000)})
    return path


def lsoa_of(urn: int) -> str:
    """Return the code of the neighbourhood that a school of Wexcombe lies in; every school has one of its own."""
    return f"E01{urn}"


def _rows(chance: random.Random, times: int) -> Iterator[dict[str, str]]:
    """Yield the records: open schools, a closed one, an independent one, and a successor that is still to open."""
    more = [f"{place} {word}" for word in _FURTHER[: 2 * times - 2] for place in _PLACES]
    names, urn = [*_PLACES, *(f"{place} Lane" for place in _PLACES), *more], 990_001
    chance.shuffle(names)
    trust_turn = 0
    for kind in _KINDS:
        for _ in range(kind.count * times):
            row = _school(chance, kind, urn, names.pop())
            if kind.group == _ACADEMY:
                # A third of the academies each in one of the two trusts, the rest on their own.
                row["Trusts (name)"] = (*TRUSTS, "")[trust_turn % 3] or f"{row['EstablishmentName']} Trust"
                trust_turn += 1
            yield row
            urn += 1
    closed = _school(chance, _KINDS[1], urn, names.pop())
    yield {**closed, "EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2024"}
    independent = _school(chance, _KINDS[1], urn + 1, names.pop())
    yield {**independent, "TypeOfEstablishment (name)": "Other independent school", "EstablishmentTypeGroup (name)": "Independent schools"}
    successor = _school(chance, _KINDS[4], SUCCESSOR_URN, names.pop())
    yield {**successor, "EstablishmentStatus (name)": "Proposed to open", "Trusts (name)": TRUSTS[0]}


def _school(chance: random.Random, kind: _Kind, urn: int, place: str) -> dict[str, str]:
    """Return one record with plausible figures; one in twenty lacks its share of free school meals, one in ten an inspection."""
    church = "Catholic" if "Catholic" in kind.label else "Church of England" if "Church" in kind.label else ""
    grade = chance.choices(("Outstanding", "Good", "Requires improvement", "Inadequate"), (13, 70, 13, 4))[0]
    inspected = chance.random() > 0.1
    return {
        "URN": str(urn),
        "LA (code)": AUTHORITY,
        "LA (name)": NAME,
        "EstablishmentNumber": str(urn - 988_000),
        "EstablishmentName": f"{place} {kind.label}",
        "TypeOfEstablishment (name)": kind.type_name,
        "EstablishmentTypeGroup (name)": kind.group,
        "EstablishmentStatus (name)": "Open",
        "OpenDate": "01-09-2012" if kind.group == _ACADEMY else "",
        "CloseDate": "",
        "PhaseOfEducation (name)": kind.phase,
        "StatutoryLowAge": str(kind.ages[0]),
        "StatutoryHighAge": str(kind.ages[1]),
        "ReligiousCharacter (name)": {"Catholic": "Roman Catholic", "Church of England": "Church of England"}.get(church, "Does not apply"),
        "Diocese (name)": DIOCESE if church else "Not applicable",
        "NumberOfPupils": str(chance.randint(*kind.pupils)),
        "PercentageFSM": "" if chance.random() < 0.05 else f"{min(72.0, chance.lognormvariate(3.0, 0.55)):.1f}",
        "Trusts (name)": "",
        "Town": "Wexcombe" if chance.random() < 0.6 else place,
        "Postcode": f"WX{chance.randint(1, 9)} {chance.randint(1, 9)}{chance.choice('ABDEFGH')}{chance.choice('JLNPQRS')}",
        "Easting": str(chance.randint(440_000, 470_000)),
        "Northing": str(chance.randint(180_000, 210_000)),
        "OfstedLastInsp": f"{chance.randint(1, 28):02}-{chance.randint(1, 12):02}-{chance.randint(2017, 2025)}" if inspected else "01-01-1900",
        "OfstedRating (name)": grade if inspected else "",
        "LSOA (code)": lsoa_of(urn),
    }
