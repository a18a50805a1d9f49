"""Computed figures beside published ones: whether what is loaded says what was published about the same schools."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from evidence.kind import edition_of
from evidence.kinds.benchmarks import KIND as BENCHMARKS
from evidence.kinds.census import KIND as CENSUS
from evidence.kinds.register import NAME as REGISTER
from models.evidence import AreaEvidence, Evidence, Inspection, Load
from models.school import ENGLAND, School
from models.words import Phase
from reports.published_joins import SOURCE as JOINS_SOURCE
from reports.published_joins import YEAR as JOINED_YEAR
from reports.published_joins import join_checks
from stages.reminders.lines import counted

_REGISTER_DAY = datetime.date(2023, 11, 16)
_REGISTER_SOURCE = "GIAS, all establishment data of 16 November 2023"
_STATE_FUNDED = {"202": 57, "330": 444, "919": 535, "936": 403}
_STATE_FUNDED_ENGLAND, _OPEN_ENGLAND, _ALL_ENGLAND = 22_075, 27_075, 50_515
_OFSTED_MONTH, _OFSTED_SOURCE = (datetime.date(2024, 4, 1), datetime.date(2024, 4, 30)), "Ofsted, grades of state-funded schools, April 2024"
_OFSTED = {"Outstanding": 2835, "Good": 16035, "Requires improvement": 1611, "Inadequate": 90}
_PHASES = {"primary": Phase.PRIMARY, "secondary": Phase.SECONDARY}


class _Area(NamedTuple):
    """A published figure with the file it is from."""

    value: float
    source: str


def published_checks(session: Session, authority: str) -> list[dict[str, Any]]:
    """Return each check as what, computed, published, difference, source and status; what is not loaded says so and which file is needed."""
    return [
        *_register(session, authority), *_key_stage_2(session, authority), *_census(session), *_absence(session, authority), *_ofsted(session),
        *_joins(session, authority),
    ]  # fmt: skip


def _row(
    what: str, computed: float | None, published: float | None, source: str, needs: str | None = None, explained: str | None = None
) -> dict[str, Any]:
    """Return one check; the difference is that of the two figures as they are shown, and `explained` says where it comes from."""
    computed = None if computed is None else round(computed, 2)
    difference = None if computed is None or published is None else round(computed - published, 2)
    status = f"compared{': ' + explained if explained else ''}" if needs is None else f"not loaded: needs {needs}"
    return {"what": what, "computed": computed, "published": published, "difference": difference, "source": source, "status": status}


def _register(session: Session, authority: str) -> Iterable[dict[str, Any]]:
    """Yield counts of schools, if the register of the published day is the newest that is loaded."""
    mine = (col(School.register_date) == _REGISTER_DAY,)
    running = (*mine, col(School.open).is_(True))
    funded = (*running, col(School.state_funded).is_(True))
    checks: list[tuple[str, tuple[ColumnElement[bool], ...], int, str | None]] = [
        ("Open state-funded schools in England", funded, _STATE_FUNDED_ENGLAND, None),
        ("All open establishments in England", running, _OPEN_ENGLAND, None),
        ("All establishments in England, open or not", mine, _ALL_ENGLAND, None),
    ]
    if authority in _STATE_FUNDED:
        here = (*funded, col(School.authority) == authority)
        checks.insert(0, (f"Open state-funded schools in authority {authority}", here, _STATE_FUNDED[authority], authority))
    for what, conditions, published, area in checks:
        needs = _lacks_register(session, area)
        count = None if needs else session.execute(select(func.count()).select_from(School).where(*conditions)).scalar_one()
        yield _row(what, count, published, _REGISTER_SOURCE, needs)


def _lacks_register(session: Session, area: str | None) -> str | None:
    """Return which register a count of an area (England if None) needs; None if it is loaded."""
    whole = " of all England" if area is None else ""
    return None if _is_newest_register(session, area) else f"{REGISTER}{whole} of {_REGISTER_DAY:%-d %B %Y}, and no other"


def _is_newest_register(session: Session, area: str | None) -> bool:
    """Tell whether the register of the published day covers an area (England if None) and no newer one replaced a part of it."""
    newest = select(func.max(col(School.register_date)))
    if area is not None:
        newest = newest.where(col(School.authority) == area)
    whole = area is not None or _has_whole_register(session, _REGISTER_DAY)
    return bool(whole and session.execute(newest).scalar() == _REGISTER_DAY)


def _has_whole_register(session: Session, on: datetime.date | None = None) -> bool:
    """Tell whether a register of all England was loaded, of one day if it is given; one authority's says nothing about England."""
    query = select(func.count()).select_from(Load).where(col(Load.kind) == REGISTER, col(Load.scope) == ENGLAND)
    return bool(session.execute(query if on is None else query.where(col(Load.as_of) == on)).scalar_one())


def _key_stage_2(session: Session, authority: str) -> Iterable[dict[str, Any]]:
    """Yield the share at the expected standard at 11, each school weighing as many pupils as it is made of."""
    what = f"Pupils at the expected standard in reading, writing and maths at 11, authority {authority}"
    schools = _schools(session, authority)
    loaded = False
    for as_of, figures in sorted(_figures(session, "ks2_expected").items()):
        values = {urn: value for urn, (value, _) in figures.items() if urn in schools}
        mean, count = _weighted(values, {urn: cohort for urn, (_, cohort) in figures.items()})
        if mean is None:
            continue
        loaded = True
        dated = f"{what}, {edition_of(as_of.year)} ({counted(count, 'school')}, weighted by pupils)"
        published = _areas(session, "ks2_expected", authority, as_of)
        for area in published:
            yield _row(dated, mean, area.value, area.source)
        if not published:
            yield _row(dated, mean, None, BENCHMARKS.name, f"{BENCHMARKS.name} or the authority's row of the results")
    if not loaded:
        yield _row(what, None, None, "performance tables", f"key stage 2 results with numbers of pupils, and {REGISTER}")


def _days_of_all_england(session: Session, kind: str) -> set[datetime.date]:
    """Return the days for which a file of a kind was loaded whole; one authority's part of it says nothing about England."""
    query = select(col(Load.as_of)).where(col(Load.kind) == kind, col(Load.scope) == ENGLAND)
    return set(session.execute(query).scalars().all())


def _census(session: Session) -> Iterable[dict[str, Any]]:
    """Yield the sum of pupils over schools beside the national row that ends each census."""
    whole = _days_of_all_england(session, CENSUS.name)
    for sector in _PHASES:
        what = f"Pupils in state-funded {sector} schools in England"
        sums = {day: sum(v for v, _ in f.values() if v is not None) for day, f in sorted(_figures(session, f"pupils_{sector}").items())}
        for as_of in [day for day in sums if day not in whole]:
            yield _row(f"{what}, {edition_of(as_of.year)}", None, None, "school census", f"{CENSUS.name} of all England")
        for as_of, total in ((day, total) for day, total in sums.items() if day in whole):
            for area in _areas(session, "pupils_census", ENGLAND, as_of, sector):
                yield _row(f"{what}, {edition_of(as_of.year)}", round(total), round(area.value), f"{area.source}, national row")
        if not sums:
            yield _row(what, None, None, "school census", CENSUS.name)


def _absence(session: Session, authority: str) -> Iterable[dict[str, Any]]:
    """Yield overall absence of an authority and England: no file says on how many pupils a rate stands, so others' pupils weigh it."""
    absence = _figures(session, "overall_absence")
    days, counted_on = _days_of_all_england(session, "absence"), _days_of_all_england(session, CENSUS.name)
    areas = {ENGLAND: "England", authority: f"authority {authority}"}
    for sector, phase in _PHASES.items():
        if not absence:
            yield from (_row(f"Overall absence in {sector} schools, {name}", None, None, BENCHMARKS.name, "absence") for name in areas.values())
            continue
        register, censuses = _register_pupils(session, phase), _figures(session, f"pupils_{sector}")
        for area, name in areas.items():
            here = None if area == ENGLAND else _schools(session, area)
            for as_of in sorted(day for day in absence if area == ENGLAND and day not in days):
                yield _row(
                    f"Overall absence in {sector} schools, {name}, {edition_of(as_of.year)}", None, None, BENCHMARKS.name, "absence of all England"
                )
            there = {day: figures for day, figures in censuses.items() if here is not None or day in counted_on}
            for as_of, figures in sorted((day, figures) for day, figures in absence.items() if here is not None or day in days):
                what = f"Overall absence in {sector} schools, {name}, {edition_of(as_of.year)}"
                published = next(iter(_areas(session, "overall_absence", area, as_of, sector, BENCHMARKS.name)), None)
                values = {urn: value for urn, (value, _) in figures.items() if here is None or urn in here}
                whole = here or (here is None and _has_whole_register(session))
                yield from _absence_row(f"{what}, by the register's pupils", values, register if whole else {}, published, _register_of(area))
                needs = f"{CENSUS.name} of all England" if area == ENGLAND else f"{CENSUS.name} and {REGISTER}"
                known = here is None or here
                yield from _absence_row(f"{what}, by the census's pupils", values, _nearest(there, as_of) if known else {}, published, needs)


def _absence_row(
    what: str, values: Mapping[int, float | None], pupils: Mapping[int, float | None], published: _Area | None, needs: str
) -> Iterable[dict[str, Any]]:
    """Yield one mean beside the published one; nothing if everything is loaded and there is no such school."""
    source = published.source if published else BENCHMARKS.name
    mean, count = _weighted(values, pupils)
    if not pupils:
        yield _row(what, None, published.value if published else None, source, needs)
    elif mean is not None:
        yield _row(
            f"{what} ({counted(count, 'school')})", mean, published.value if published else None, source, None if published else BENCHMARKS.name
        )


def _register_of(area: str) -> str:
    return f"{REGISTER} of all England" if area == ENGLAND else REGISTER


def _register_pupils(session: Session, phase: Phase) -> dict[int, float | None]:
    """Return how many pupils each open school of a phase has in the register."""
    query = select(col(School.urn), col(School.pupils)).where(col(School.phase) == phase, col(School.open).is_(True))
    return dict(session.execute(query).tuples().all())


def _nearest(censuses: Mapping[datetime.date, Mapping[int, tuple[float | None, float | None]]], as_of: datetime.date) -> dict[int, float | None]:
    """Return how many pupils each school has in the census nearest to a school year, the later of two that are as near."""
    if not censuses:
        return {}
    nearest = min(censuses, key=lambda day: (abs(day.year - as_of.year), -day.year))
    return {urn: value for urn, (value, _) in censuses[nearest].items()}


def _ofsted(session: Session) -> Iterable[dict[str, Any]]:
    """Yield how many schools had each grade, of the one month whose counts were published."""
    query = select(col(Load.kind), col(Load.edition)).where(
        col(Load.kind).startswith("Ofsted"), col(Load.scope) == ENGLAND, col(Load.as_of).between(*_OFSTED_MONTH)
    )
    sources = {f"{kind} {edition}" for kind, edition in session.execute(query).tuples()}
    counts = Counter(session.execute(select(col(Inspection.grade)).where(col(Inspection.source).in_(sources))).scalars().all())
    for grade, published in _OFSTED.items():
        needs = None if counts else "Ofsted grades of all England of April 2024"
        yield _row(f"Schools in England graded {grade}, April 2024", counts[grade] if counts else None, published, _OFSTED_SOURCE, needs)


def _joins(session: Session, authority: str) -> Iterable[dict[str, Any]]:
    """Yield how many schools are joined to results of years ago through their predecessors."""
    shares = {urn: value for urn, (value, _) in _figures(session, "ks2_expected").get(JOINED_YEAR, {}).items()}
    lacks = {area: _lacks_register(session, None if area == ENGLAND else area) for area in (ENGLAND, authority)}
    for check in join_checks(session, authority, shares, lacks):
        yield _row(check.what, check.computed, check.published, JOINS_SOURCE, check.needs, check.explained)


def _figures(session: Session, indicator: str) -> dict[datetime.date, dict[int, tuple[float | None, float | None]]]:
    """Return value and cohort by date and URN; of several editions for one date the final one counts, and then the one loaded last."""
    query = (
        select(col(Evidence.as_of), col(Evidence.urn), col(Evidence.value), col(Evidence.cohort))
        .join(Load, col(Load.id) == col(Evidence.load_id))
        .where(col(Evidence.indicator) == indicator)
        .order_by(col(Load.rank), col(Load.id))
    )
    found: dict[datetime.date, dict[int, tuple[float | None, float | None]]] = {}
    for as_of, urn, value, cohort in session.execute(query).tuples():
        found.setdefault(as_of, {})[urn] = (value, cohort)
    return found


def _areas(session: Session, indicator: str, area: str, as_of: datetime.date, sector: str | None = None, kind: str | None = None) -> list[_Area]:
    """Return published figures on an area, one from each kind of file: the final edition, and of those the one loaded last."""
    query = (
        select(col(AreaEvidence.value), col(Load.kind), col(Load.edition))
        .join(Load, col(Load.id) == col(AreaEvidence.load_id))
        .where(col(AreaEvidence.indicator) == indicator, col(AreaEvidence.area) == area, col(AreaEvidence.as_of) == as_of)
        .order_by(col(Load.rank), col(Load.id))
    )
    if sector is not None:
        query = query.where(col(AreaEvidence.sector) == sector)
    if kind is not None:
        query = query.where(col(Load.kind) == kind)
    newest = {name: _Area(value, f"{name} {edition}") for value, name, edition in session.execute(query).tuples()}
    return [newest[name] for name in sorted(newest)]


def _schools(session: Session, authority: str) -> set[int]:
    """Return the URNs of an authority, closed ones too: results of years ago are theirs."""
    return set(session.execute(select(col(School.urn)).where(col(School.authority) == authority)).scalars())


def _weighted(values: Mapping[int, float | None], pupils: Mapping[int, float | None]) -> tuple[float | None, int]:
    """Return the mean over pupils and of how many schools; a school without a value or a number of pupils is left out."""
    pairs = [(value, weight) for urn, value in values.items() if value is not None and (weight := pupils.get(urn))]
    total = sum(weight for _, weight in pairs)
    return (sum(value * weight for value, weight in pairs) / total if total else None), len(pairs)
