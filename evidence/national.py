"""National figures: what a figure of an indicator, or of a group of pupils in it, was over England in a school year."""

import datetime
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from evidence.indicators import INDICATORS
from evidence.kinds.benchmarks import KIND as BENCHMARKS
from evidence.kinds.register import NAME as REGISTER
from evidence.understood import ALL, OWN
from evidence.values import last_school_year
from models.evidence import AreaEvidence, Evidence, Load
from models.school import ENGLAND, School
from models.words import Missing, Phase

Years = dict[int, float]
National = dict[str, dict[Phase, Years]]
_SECTORS = {Phase.PRIMARY: "primary", Phase.SECONDARY: "secondary", Phase.SPECIAL: "special"}
# When and how final it is and by which load, its value, and its cohort.
_Newest = tuple[tuple[datetime.date, int, int], float | None, float | None]
_FIGURES: Any = Evidence.__table__.c  # type: ignore[attr-defined]


def load_national(session: Session, names: Collection[str], phases: Collection[Phase]) -> National:
    """Return the national figure by name, phase of the school that is set against it, and the year in which the school year ends.

    Of several for one year that of one's own lists counts, then the department's benchmarks, then the national rows of other files. Where
    none is published it is the mean over all pupils of England's schools, if register and figures are there for all of England. Of a group
    of pupils (`indicator:group`) only a figure that was given is known.
    """
    england = _England(session)
    return {name: _by_phase(england, name, phases) for name in names}


class _England:
    """What is the same for every indicator, each read once and only if it is wanted."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @cached_property
    def has_register(self) -> bool:
        """Tell whether the register was loaded for all of England: without it nobody knows whose figures are state-funded schools'."""
        query = select(col(Load.id)).where(col(Load.kind) == REGISTER, col(Load.scope) == ENGLAND).limit(1)
        return self.session.execute(query).first() is not None

    @cached_property
    def schools(self) -> dict[int, tuple[Phase, int | None]]:
        """Return phase and pupils of each state-funded school."""
        query = select(col(School.urn), col(School.phase), col(School.pupils)).where(col(School.state_funded).is_(True))
        return {urn: (phase, pupils) for urn, phase, pupils in self.session.execute(query).tuples()}

    @cached_property
    def ranks(self) -> dict[int, int]:
        """Return how final each load of all England is."""
        query = select(col(Load.id), col(Load.rank)).where(col(Load.scope) == ENGLAND, col(Load.kind) != OWN)
        return dict(self.session.execute(query).tuples().all())


def _by_phase(england: _England, name: str, phases: Collection[Phase]) -> dict[Phase, Years]:
    sources = _published(england.session, name)
    found = {phase: _merged(sources, _SECTORS.get(phase, ALL)) for phase in phases}
    if ":" not in name and england.has_register:
        known = set[int].intersection(*(set(years) for years in found.values())) if found else set()
        sums = _sums(england, name, known)
        # Results are published over all schools with pupils of that age, all else by phase.
        is_result = name in INDICATORS and INDICATORS[name].shrinks is not None
        for phase, years in found.items():
            found[phase] = _means(sums, None if is_result else phase) | years
    return found


def _merged(sources: Mapping[int, Mapping[str, Years]], sector: str) -> Years:
    """Return the figures of a sector, the better source over the others; a source that does not part sectors gives the figure of all schools."""
    found: Years = {}
    for rank in sorted(sources):
        found |= sources[rank].get(sector) or sources[rank].get(ALL, {})
    return found


def _published(session: Session, name: str) -> dict[int, dict[str, Years]]:
    """Return what was published or given on England, by how good the source is, by sector and year; of one year the last day counts."""
    query = (
        select(col(AreaEvidence.sector), col(AreaEvidence.as_of), col(AreaEvidence.value), col(Load.kind))
        .join(Load, col(Load.id) == col(AreaEvidence.load_id))
        .where(col(AreaEvidence.indicator) == name, col(AreaEvidence.area) == ENGLAND)
        .order_by(col(AreaEvidence.as_of), col(Load.rank), col(Load.id))
    )
    found: dict[int, dict[str, Years]] = {}
    for sector, as_of, value, kind in session.execute(query).tuples():
        rank = {OWN: 2, BENCHMARKS.name: 1}.get(kind, 0)
        found.setdefault(rank, {}).setdefault(sector, {})[last_school_year(as_of)] = value
    return found


def _sums(england: _England, name: str, known: Collection[int]) -> dict[int, dict[Phase, tuple[float, float]]]:
    """Return by year and phase the sum over pupils and the pupils, of the figures of whole editions; not of years that are `known`."""
    days = england.session.execute(select(_FIGURES.as_of).where(_FIGURES.indicator == name).distinct()).scalars()
    wanted = [day for day in days if last_school_year(day) not in known]
    found: dict[int, dict[Phase, tuple[float, float]]] = {}
    for (urn, year), (_, value, cohort) in _newest(england, name, wanted).items():
        phase, pupils = england.schools.get(urn, (None, None))
        weight = cohort if cohort is not None else pupils
        if phase is not None and value is not None and weight:
            total, so_far = found.setdefault(year, {}).get(phase, (0.0, 0.0))
            found[year][phase] = (total + value * weight, so_far + weight)
    return found


def _newest(england: _England, name: str, days: Collection[datetime.date]) -> dict[tuple[int, int], _Newest]:
    """Return each school's newest figure of each year, of files of all England; as when read back, one that lacks it takes nobody's place."""
    columns = (_FIGURES.urn, _FIGURES.as_of, _FIGURES.value, _FIGURES.cohort, _FIGURES.load_id)
    there = or_(_FIGURES.missing.is_(None), _FIGURES.missing != Missing.NOT_IN_SOURCE)
    found: dict[tuple[int, int], _Newest] = {}
    query = select(*columns).where(_FIGURES.indicator == name, _FIGURES.as_of.in_(days), there)
    for urn, as_of, value, cohort, load_id in england.session.execute(query):
        key = urn, last_school_year(as_of)
        order = as_of, england.ranks.get(load_id, 0), load_id
        if load_id in england.ranks and (key not in found or found[key][0] < order):
            found[key] = order, value, cohort
    return found


def _means(sums: Mapping[int, Mapping[Phase, tuple[float, float]]], phase: Phase | None) -> Years:
    """Return the mean over pupils by year, of one phase or of all."""
    found: Years = {}
    for year, by_phase in sums.items():
        mine = [pair for one, pair in by_phase.items() if phase in (None, one)]
        if mine:
            found[year] = sum(total for total, _ in mine) / sum(weight for _, weight in mine)
    return found
