"""Wexcombe's public files, year after year: made-up inspections, deprivation and figures, loaded as real ones are."""

import csv
import datetime
import random
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pendulum
from sqlmodel import col, select

from evidence.indicators import INDICATORS
from evidence.kinds.deprivation import IDACI_2019
from evidence.loading import load_file
from models.database import Database
from models.programme import Programme
from models.school import School
from simulation.wexcombe import AUTHORITY, lsoa_of
from stages.diagnose.gathering import indicators_of

_CONCERNS = ("School remains Good (Concerns) - S5 Next", "School remains Outstanding (Concerns) - S5 Next")
_REMAINS = ("School remains Good", "School remains Outstanding")
_NUMBERS = {"Outstanding": "1", "Good": "2", "Requires improvement": "3", "Inadequate": "4"}
_INSPECTION_COLUMNS = (
    "URN", "Overall effectiveness", "Inspection start date", "Publication date",
    "Does the latest graded inspection relate to the URN of the current school?",
    "Date of latest ungraded inspection", "Ungraded inspection publication date", "Ungraded inspection overall outcome",
    "Does the ungraded inspection relate to the URN of the current school?",
)  # fmt: skip


class _Figure(NamedTuple):
    """How one figure is spread over schools: middle, spread, and by how much a year of support moves it."""

    middle: float
    spread: float
    moved: float


_FIGURES = {
    "semh_share": _Figure(4.0, 2.0, 0.0), "send_share": _Figure(16.0, 5.0, 0.0), "exclusions": _Figure(6.0, 4.0, -1.5),
    "persistent_absence": _Figure(18.0, 5.0, -1.0),
}  # fmt: skip
_NEW_HEADS = 0.12
# Figures of a school year come out once, in the autumn that follows it.
_FIGURES_FROM = 9


def wants_evidence(programme: Programme) -> bool:
    """Tell whether a programme asks for more than the register says of a school."""
    kept = {INDICATORS[name].kept for name in indicators_of(programme) if name in INDICATORS}
    measured = any(rule.indicator in _FIGURES for rule in programme.evaluate.measures)
    return measured or bool(kept & {"figures", "neighbourhood"}) or any(one.ungraded_outcome or one.standing for one in programme.filters())


def publish(database: Database, seed: int, at: pendulum.DateTime, supported: Collection[int] = ()) -> None:
    """Load what is published on Wexcombe's schools by a day: inspections so far, deprivation, and the figures of the last school year.

    `supported` are the schools whose figures a year of support has moved.
    """
    with database.reading() as session:
        schools = session.exec(select(School).where(School.authority == AUTHORITY, col(School.open).is_(True)).order_by(col(School.urn))).all()
    with tempfile.TemporaryDirectory() as name:
        for path in _written(Path(name), schools, seed, at.date(), supported):
            load_file(database, path, at)


def _written(folder: Path, schools: Sequence[School], seed: int, today: datetime.date, supported: Collection[int]) -> Iterable[Path]:
    yield _table(folder / f"made_up_latest_inspections_{today:%Y-%m-%d}.csv", _INSPECTION_COLUMNS, _inspections(schools, seed, today))
    deprivation = (IDACI_2019.code, IDACI_2019.rank, IDACI_2019.decile)
    yield _table(folder / "made_up_income_deprivation.csv", deprivation, _deprivation(schools, seed))
    if today.month >= _FIGURES_FROM:
        rows = _figures(schools, seed, datetime.date(today.year, 8, 31), supported)
        yield _table(folder / f"made_up_figures_{today.year}.csv", ("urn", "indicator", "date", "value"), rows)


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _chance(seed: int, *what: object) -> random.Random:
    return random.Random("/".join(map(str, (seed, *what))))  # noqa: S311 - invents figures, protects nothing


def _inspections(schools: Sequence[School], seed: int, today: datetime.date) -> Iterable[tuple[str, ...]]:
    """Yield each inspected school's grade and, for half of the good ones, an ungraded inspection since, which often has concerns."""
    for school in schools:
        if school.last_inspected is None or school.last_grade is None:
            continue
        graded = (str(school.urn), _NUMBERS[school.last_grade], f"{school.last_inspected:%d/%m/%Y}", "", "Yes")
        chance = _chance(seed, "ungraded", school.urn)
        # By September 2026 some have been inspected again; others follow in the two years after.
        day = max(school.last_inspected, datetime.date(2025, 9, 15)) + datetime.timedelta(days=chance.randint(0, 900))
        if chance.random() < 0.5 and school.last_grade in ("Good", "Outstanding") and day <= today:
            outcome = (_CONCERNS if chance.random() < 0.6 else _REMAINS)[school.last_grade == "Outstanding"]
            yield (*graded, f"{day:%d/%m/%Y}", "", outcome, "Yes")
        else:
            yield (*graded, "NULL", "NULL", "NULL", "NULL")


def _deprivation(schools: Sequence[School], seed: int) -> Iterable[tuple[str, str, str]]:
    """Yield a neighbourhood a school, ranked by chance, and the tenth it falls in."""
    areas = [lsoa_of(school.urn) for school in schools]
    _chance(seed, "deprivation").shuffle(areas)
    for rank, area in enumerate(areas, start=1):
        yield area, str(rank), str((rank - 1) * 10 // len(areas) + 1)


def _figures(schools: Sequence[School], seed: int, until: datetime.date, supported: Collection[int]) -> Iterable[tuple[str, str, str, str]]:
    """Yield each figure of a school year: a school's own level, that year's chance and, for a supported school, what support moved."""
    for school in schools:
        for name, spread in _FIGURES.items():
            level = _chance(seed, name, school.urn).gauss(spread.middle, spread.spread)
            value = level + _chance(seed, name, school.urn, until.year).gauss(0, spread.spread / 6) + spread.moved * (school.urn in supported)
            yield str(school.urn), name, until.isoformat(), f"{max(value, 0):.1f}"
        new = _chance(seed, "head", school.urn, until.year).random() < _NEW_HEADS
        yield str(school.urn), "head_changed", until.isoformat(), str(int(new))
