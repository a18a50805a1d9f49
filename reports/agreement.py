"""Every authority's published figure beside the same figure computed from its schools: how many agree, how far the others are, and why."""

import datetime
from collections.abc import Mapping
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from evidence.kind import edition_of
from evidence.kinds.benchmarks import KIND as BENCHMARKS
from evidence.kinds.benchmarks import MEASURES
from models.evidence import AreaEvidence, Evidence, Load
from models.school import ENGLAND, School
from models.words import Phase

_ALIKE, _NEAR = 0.1, 0.5
_PHASES = {"primary": Phase.PRIMARY, "secondary": Phase.SECONDARY, "special": Phase.SPECIAL}
# The census counts a school by its own sector, whatever the register calls its phase.
_PUPILS = {"primary": "pupils_primary", "secondary": "pupils_secondary", "special": "pupils_special"}
_BY_NAME = "the file has no URNs, and schools whose names are not unique in their authority are left out; "
_WHY = {
    "absence": "published over possible sessions, here over the pupils of the nearest census; schools that have closed since carry no pupils",
    "ks2": "published over pupils at the end of key stage 2; schools whose few pupils are suppressed are in the published figure and not here",
    "ks4": "published over pupils at the end of key stage 4; schools whose few pupils are suppressed are in the published figure and not here",
    "fsm6": "not explained by the files: the department may count the six years over other pupils than a school's census line does",
    "share": "published by the sector of the census; middle and all-through schools are counted there as primary or secondary",
}  # fmt: skip
Figures = dict[datetime.date, dict[int, tuple[float | None, float | None]]]


class _Pair(NamedTuple):
    """One authority's computed and published figure, and of how many schools the first is made."""

    authority: str
    computed: float
    published: float
    schools: int

    @property
    def apart(self) -> float:
        """Return by how much the computed figure is off."""
        return abs(self.computed - self.published)


def agreement(session: Session) -> list[dict[str, Any]]:
    """Return a row for each published measure and year that the loaded schools allow to compute, over all authorities.

    `alike` differ by at most 0.1 and `near` by at most 0.5 (percentage points or points); `furthest` names the authority that differs most.
    An authority that has no open school any more was reorganised: its schools are another's now, so it is counted and not compared.
    """
    columns = (col(School.urn), col(School.authority), col(School.phase), col(School.open))
    schools = session.execute(select(*columns).where(col(School.state_funded).is_(True))).tuples().all()
    authorities = {urn: (code, phase) for urn, code, phase, _ in schools}
    running = {code for _, code, _, is_open in schools if is_open}
    pupils = {sector: _figures(session, name) for sector, name in _PUPILS.items()}
    rows = []
    for indicator, sector in sorted({(measure.indicator, measure.sector) for measure in MEASURES.values()}):
        published = _published(session, indicator, sector)
        for as_of, figures in sorted(_figures(session, indicator).items()):
            weights = _weights(figures, pupils, sector, as_of)
            of_year = published.get(as_of, {})
            pairs = _pairs(figures, weights, authorities, sector, {code: value for code, value in of_year.items() if code in running})
            if pairs:
                by_name = _BY_NAME if as_of in _without_urns(session, indicator) else ""
                rows.append(_row(indicator, sector, as_of, pairs) | {"reorganised": len(of_year.keys() - running), "why": by_name + _why(indicator)})
    return rows


def _without_urns(session: Session, indicator: str) -> set[datetime.date]:
    """Return the years whose figures came from a file without URNs, in which schools were found by their names."""
    query = select(col(Evidence.as_of)).join(Load, col(Load.id) == col(Evidence.load_id))
    found = query.where(col(Evidence.indicator) == indicator, col(Load.kind).contains("by name")).distinct()
    return set(session.execute(found).scalars())


def _row(indicator: str, sector: str, as_of: datetime.date, pairs: list[_Pair]) -> dict[str, Any]:
    furthest = max(pairs, key=lambda pair: (pair.apart, pair.authority))
    return {
        "measure": indicator, "sector": sector, "year": edition_of(as_of.year), "authorities": len(pairs),
        "alike": sum(round(pair.apart, 4) <= _ALIKE for pair in pairs), "near": sum(round(pair.apart, 4) <= _NEAR for pair in pairs),
        "median_difference": round(median(pair.apart for pair in pairs), 2), "furthest": furthest.authority,
        "furthest_difference": round(furthest.computed - furthest.published, 2), "schools": sum(pair.schools for pair in pairs),
    }  # fmt: skip


def _why(indicator: str) -> str:
    """Return why computed and published figures of this kind differ where they do."""
    return next((why for part, why in _WHY.items() if part in indicator), _WHY["share"])


def _pairs(
    figures: Mapping[int, tuple[float | None, float | None]], weights: Mapping[int, float], authorities: Mapping[int, tuple[str, Phase]],
    sector: str, published: Mapping[str, float],
) -> list[_Pair]:  # fmt: skip
    """Return each authority's pair; a school without a value or a weight is left out."""
    sums: dict[str, list[float]] = {}
    wanted = _PHASES.get(sector)
    for urn, (value, _) in figures.items():
        code, phase = authorities.get(urn, ("", None))
        weight = weights.get(urn, 0)
        if value is not None and weight and code in published and (wanted is None or phase is wanted):
            found = sums.setdefault(code, [0.0, 0.0, 0])
            found[0] += value * weight
            found[1] += weight
            found[2] += 1
    return [_Pair(code, total / weight, published[code], int(count)) for code, (total, weight, count) in sorted(sums.items())]


def _weights(
    figures: Mapping[int, tuple[float | None, float | None]], pupils: Mapping[str, Figures], sector: str, as_of: datetime.date
) -> dict[int, float]:
    """Return what each school weighs: the pupils behind its figure or, where the file does not say, those on roll in the nearest census."""
    own = {urn: cohort for urn, (_, cohort) in figures.items() if cohort}
    if own:
        return own
    found: dict[int, float] = {}
    for name, censuses in pupils.items():
        if sector in {name, "all"} and censuses:
            nearest = min(censuses, key=lambda day: (abs(day.year - as_of.year), -day.year))
            found |= {urn: value for urn, (value, _) in censuses[nearest].items() if value}
    return found


def _published(session: Session, indicator: str, sector: str) -> dict[datetime.date, dict[str, float]]:
    """Return the department's figure of each authority, by date."""
    query = (
        select(col(AreaEvidence.as_of), col(AreaEvidence.area), col(AreaEvidence.value))
        .join(Load, col(Load.id) == col(AreaEvidence.load_id))
        .where(col(AreaEvidence.indicator) == indicator, col(AreaEvidence.sector) == sector, col(AreaEvidence.area) != ENGLAND)
        .where(col(Load.kind) == BENCHMARKS.name)
        .order_by(col(Load.id))
    )
    found: dict[datetime.date, dict[str, float]] = {}
    for as_of, area, value in session.execute(query).tuples():
        found.setdefault(as_of, {})[area] = value
    return found


def _figures(session: Session, indicator: str) -> Figures:
    """Return value and cohort by date and URN; the final edition counts, and of those the one loaded last."""
    query = (
        select(col(Evidence.as_of), col(Evidence.urn), col(Evidence.value), col(Evidence.cohort))
        .join(Load, col(Load.id) == col(Evidence.load_id))
        .where(col(Evidence.indicator) == indicator)
        .order_by(col(Load.rank), col(Load.id))
    )
    found: Figures = {}
    for as_of, urn, value, cohort in session.execute(query).tuples():
        found.setdefault(as_of, {})[urn] = (value, cohort)
    return found
