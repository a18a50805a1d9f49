"""Gathering what schools are compared against: the open state-funded schools that are known, and the figures loaded for them."""

import datetime
from collections.abc import Collection, Sequence
from typing import cast

from sqlalchemy import select
from sqlmodel import Session

from evidence.indicators import INDICATORS, LOADED, Held, SchoolFacts, kindred
from evidence.known import load_series
from evidence.standing import Standing
from evidence.standings import load_standings
from evidence.succession import load_predecessors
from models.programme import Programme
from models.school import School
from stages.diagnose.population import Against

_LIKENESS = ("fsm_share", "eal_share", "ks2_prior", "ks4_prior")
_COLUMNS = ("urn", "authority", "phase", "pupils", "fsm_share", "last_grade", "last_inspected")


def indicators_of(programme: Programme) -> list[str]:
    """Return the indicators that a programme looks at in selection and diagnosis, each once."""
    named: list[str] = [weight.indicator for weight in programme.diagnose.indicators]
    named += [name for rule in programme.diagnose.needs for name in rule.when]
    named += [name for wanted in programme.filters() for name in wanted.indicators]
    by = programme.take_part.ranked_by
    return list(dict.fromkeys([*named, *([by] if by not in {None, "score"} else [])]))


def gather(session: Session, programme: Programme, mine: Collection[int], on: datetime.date) -> Against:
    """Return what the schools `mine` of a commission are compared against on a day.

    All years are read of the commission's own schools; of others only the newest, and only where the programme compares with them.
    What tells nearly the same as a part of the score is read too, to be named where that is not known.
    """
    kin = [name for weight in programme.diagnose.indicators for name in kindred(weight.indicator)]
    names = [name for name in dict.fromkeys([*indicators_of(programme), *kin]) if name in INDICATORS]
    wider = {weight.indicator: weight.compared_with for weight in programme.diagnose.indicators if weight.compared_with != "commission"}
    england = _open_schools(session) if wider else []
    beyond = set(wider) | (set(_LIKENESS) if "similar" in wider.values() else set())
    before = load_predecessors(session) if _loaded({*names, *beyond}) else {}
    series = load_series(session, _loaded(names), mine, on, predecessors=before)
    everybody = {*mine, *(school.urn for school in england)}
    others = load_series(session, _loaded(beyond), everybody, on, newest_only=True, predecessors=before)
    merged = {name: {**others.get(name, {}), **series.get(name, {})} for name in {*series, *others}}
    return Against(Held(merged, _standings(session, programme, names, beyond, mine, on)), england)


def _open_schools(session: Session) -> Sequence[SchoolFacts]:
    """Return the open state-funded schools that are known, as plain rows: whole objects would take seconds for all of England."""
    table = School.__table__.c  # type: ignore[attr-defined]
    query = select(*(table[name] for name in _COLUMNS)).where(table.open.is_(True), table.state_funded.is_(True)).order_by(table.urn)
    return cast(Sequence[SchoolFacts], session.execute(query).all())


def _loaded(names: Collection[str]) -> list[str]:
    return [name for name in names if INDICATORS[name].kept in LOADED]


def _standings(
    session: Session, programme: Programme, names: Collection[str], beyond: Collection[str], mine: Collection[int], on: datetime.date
) -> dict[int, Standing]:
    """Return standings where the programme asks for them: of all schools only where all are compared by them."""
    by_standing = {name for name in names if INDICATORS[name].kept == "standing"}
    if not by_standing and not any(wanted.standing or wanted.last_grade or wanted.ungraded_outcome for wanted in programme.filters()):
        return {}
    return load_standings(session, None if by_standing & set(beyond) else list(mine), on)
