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
from models.school import ENGLAND, School
from models.words import Phase
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


class _Group(NamedTuple):
    """A figure of one group of pupils: how it is spread, England's figure, and the phases whose schools have such pupils."""

    spread: _Figure
    england: float
    phases: frozenset[Phase]


_OF_ELEVEN, _OF_SIXTEEN = frozenset({Phase.PRIMARY, Phase.MIDDLE}), frozenset({Phase.SECONDARY})
_BOTH = frozenset({Phase.ALL_THROUGH, Phase.SPECIAL})
_GROUPS = {
    "ks2_expected:send": _Group(_Figure(21.0, 7.0, 2.5), 22.0, _OF_ELEVEN | _BOTH),
    "ks4_attainment:send": _Group(_Figure(30.0, 5.0, 1.5), 30.5, _OF_SIXTEEN | _BOTH),
    "exclusions:send": _Group(_Figure(14.0, 7.0, -2.5), 13.5, frozenset(Phase) - {Phase.NURSERY, Phase.POST_16}),
}
# With so few pupils a school has too few in the group for a figure that tells of nobody.
_TOO_FEW = 100
# Figures of a school year come out once, in the autumn that follows it.
_FIGURES_FROM = 9


def wants_evidence(programme: Programme) -> bool:
    """Tell whether a programme asks for more than the register says of a school."""
    kept = {INDICATORS[name].kept for name in indicators_of(programme) if name in INDICATORS}
    measured = bool(groups_wanted(programme)) or any(rule.indicator in _FIGURES for rule in programme.evaluate.measures)
    return measured or bool(kept & {"figures", "neighbourhood"}) or any(one.ungraded_outcome or one.standing for one in programme.filters())


def groups_wanted(programme: Programme) -> list[str]:
    """Return the figures of groups of pupils that a programme's measures are read from, in order."""
    return sorted({rule.series for rule in programme.evaluate.measures if rule.series in _GROUPS and not rule.instrument})


def publish(database: Database, seed: int, at: pendulum.DateTime, supported: Collection[int] = (), groups: Collection[str] = ()) -> None:
    """Load what is published on Wexcombe's schools by a day: inspections so far, deprivation, and the figures of the last school year.

    `supported` are the schools whose figures a year of support has moved; `groups` the figures by group of pupils that are wanted.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, schools, today = Path(name), _schools(database), at.date()
        for path in _written(folder, schools, seed, today, supported):
            load_file(database, path, at)
        if groups and today.month >= _FIGURES_FROM:
            load_file(database, _by_group(folder, schools, seed, datetime.date(today.year, 8, 31), supported, groups), at)


def gather_by_group(database: Database, seed: int, at: pendulum.DateTime, supported: Collection[int], groups: Collection[str]) -> None:
    """Load the figures by group of pupils of the school year that is about to end, as a partnership gathers them from its schools."""
    with tempfile.TemporaryDirectory() as name:
        load_file(database, _by_group(Path(name), _schools(database), seed, at.date(), supported, groups), at)


def _schools(database: Database) -> Sequence[School]:
    with database.reading() as session:
        return session.exec(select(School).where(School.authority == AUTHORITY, col(School.open).is_(True)).order_by(col(School.urn))).all()


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


def _by_group(folder: Path, schools: Sequence[School], seed: int, on: datetime.date, supported: Collection[int], groups: Collection[str]) -> Path:
    """Write the figures of groups of pupils with England's beside them, for the school year of a day."""
    rows = _group_figures(schools, seed, on, supported, groups)
    return _table(folder / f"made_up_figures_by_group_{on:%Y-%m-%d}.csv", ("urn", "indicator", "date", "value"), rows)


def _group_figures(
    schools: Sequence[School], seed: int, on: datetime.date, supported: Collection[int], groups: Collection[str]
) -> Iterable[tuple[str, str, str, str]]:
    """Yield England's figure of each group and those of the schools that have such pupils; of small schools, that it is not shown."""
    for name in groups:
        spread, england, phases = _GROUPS[name]
        yield ENGLAND, name, on.isoformat(), f"{england + _chance(seed, name, ENGLAND, on.year).gauss(0, 0.3):.1f}"
        for school in schools:
            if school.phase not in phases or not school.state_funded:
                continue
            level = _chance(seed, name, school.urn).gauss(spread.middle, spread.spread)
            value = level + _chance(seed, name, school.urn, on.year).gauss(0, spread.spread / 6) + spread.moved * (school.urn in supported)
            # In a special school all pupils are in the group.
            is_small = school.phase is not Phase.SPECIAL and (school.pupils is None or school.pupils < _TOO_FEW)
            yield str(school.urn), name, on.isoformat(), "SUPP" if is_small else f"{max(value, 0):.1f}"
