"""Seeking supporters for the cases of one match, in the way its mode asks for: one by one, as peers, or group by group."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pendulum
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.case import Case
from models.match import Match
from models.meeting import SupportGroup
from models.moments import day_of
from models.programme import Broker
from models.words import CommissionStatus, Stage, Status
from programmes.sessions import GROUPED, brokers, group_size
from stages import ledger
from stages.apart import Apart
from stages.brief import Brief
from stages.broker.conflicts import helping
from stages.broker.gathering import gather_candidates, gather_wanted
from stages.broker.outcomes import LIMITS, Brokered, match_all
from stages.broker.peers import match_peers
from stages.broker.rules import LED_BY_A_SCHOOL, Unmet, Wanted
from stages.broker.terms import by_term
from stages.broker.triads import Group, match_groups
from stages.groups import open_groups
from stages.journey import ENDED
from stages.reminders.lines import counted

# In these modes a match depends on who else is there, so the first to come wait for the others, so many school days at most.
_TOGETHER = frozenset({"triad", "peer"})
_WAIT_SCHOOL_DAYS = 30
_WAITS = "waits for the other schools, so that they can be put together"


@dataclass(frozen=True, slots=True)
class Sought:
    """What was found, whether matches make groups, which cases are together in new ones or joined one, and how many wait for others."""

    found: Brokered
    in_groups: bool = False
    together: Sequence[tuple[int, ...]] = ()
    joined: Mapping[int, int] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)


def seek(
    session: Session, brief: Brief, further: str, cases: Mapping[int, Case], proposed: Mapping[int, tuple[Case, Match]], gone: Mapping[int, str],
    at: pendulum.DateTime, apart: Apart,
) -> Sought:  # fmt: skip
    """Return what becomes of `cases`, and of those that were `proposed` somebody who may still be another."""
    broker, today = with_its_size(brief, further), day_of(at)
    limits = replace(LIMITS, seed=brief.commission.seed)
    if broker.mode in _TOGETHER:
        # A proposal is part of a whole; only one that cannot stand is taken back, and its case is matched at the next pass.
        back: list[Unmet] = [Unmet(number, "It is matched anew.") for number in proposed if number in gone]
        coming = session.exec(_coming(brief).limit(1)).first() is not None
        waiting = [case for case in cases.values() if coming and _has_time(brief, case, today)]
        mine = [case for case in cases.values() if case not in waiting]
        sought = _together(session, brief, further, mine, at, apart) if mine else Sought(Brokered([]))
        return replace(sought, found=replace(sought.found, outcomes=[*back, *sought.found.outcomes]),
                       waiting=Counter({_WAITS: len(waiting)} if waiting else {}))  # fmt: skip
    everybody = [*cases.values(), *(case for case, _ in proposed.values())]
    matches = [match for _, match in proposed.values()]
    wanted, candidates = by_term(
        session, brief, gather_wanted(session, brief, everybody, further), gather_candidates(session, brief, today, matches), today, further, matches
    )
    found = apart.of(
        len(wanted), match_all, wanted, candidates, broker,
        ledger.money_left(session, brief.commission_id) + sum(match.cost for match in matches), limits,
        {number: match.supporter_id for number, (_, match) in proposed.items()},
    )  # fmt: skip
    return Sought(found, broker.mode in GROUPED)


def with_its_size(brief: Brief, further: str) -> Broker:
    """Return how a match is found; whoever leads a group of so many schools takes no more of them."""
    broker = brokers(brief.programme)[further]
    if broker.mode not in LED_BY_A_SCHOOL or broker.cases_per_supporter is not None:
        return broker
    return broker.model_copy(update={"cases_per_supporter": group_size(brief.programme, further)})


def _has_time(brief: Brief, case: Case, today: datetime.date) -> bool:
    """Tell whether a case may still wait for schools that are on their way to a match."""
    return brief.calendar.between(day_of(case.since), today) < _WAIT_SCHOOL_DAYS


def _coming(brief: Brief) -> SelectOfScalar[int]:
    """Return the query of the cases that are on their way to a match."""
    coming = (Case.commission_id == brief.commission_id, Case.stage == Stage.DIAGNOSE, col(Case.status).not_in(ENDED))
    return select(Case.id).where(*coming, col(Case.paused_since).is_(None))


def to_be_matched(session: Session, brief: Brief, today: datetime.date) -> list[tuple[Case, str]]:
    """Return the cases that want support and were not matched yet, with what each waits for in words."""
    cases = session.exec(select(Case).where(Case.commission_id == brief.commission_id, Case.status == Status.TO_MATCH).order_by(col(Case.id))).all()
    coming = len(session.exec(_coming(brief)).all()) if cases else 0
    return [(case, _waits_for(brief, case, coming, today)) for case in cases]


def _waits_for(brief: Brief, case: Case, coming: int, today: datetime.date) -> str:
    if brief.commission.status is not CommissionStatus.RUNNING:
        return f"The commission is {brief.commission.status.value}, so nobody is sought."
    if case.paused_since is not None:
        return "It is paused: somebody is sought once it is resumed."
    if brokers(brief.programme)[case.further].mode in _TOGETHER and coming and _has_time(brief, case, today):
        until = brief.calendar.add(day_of(case.since), _WAIT_SCHOOL_DAYS)
        schools = f"{counted(coming, 'school')} {'is' if coming == 1 else 'are'}"
        return f"It {_WAITS}: {schools} still being diagnosed. It waits until {until:%-d %B %Y} at the latest."
    return "Somebody is sought at the engine's next turn."


def _together(session: Session, brief: Brief, further: str, cases: Sequence[Case], at: pendulum.DateTime, apart: Apart) -> Sought:
    """Match cases as peers or group by group."""
    broker, today = brokers(brief.programme)[further], day_of(at)
    wanted, candidates = by_term(
        session, brief, gather_wanted(session, brief, cases, further), gather_candidates(session, brief, today), today, further
    )
    money, limits = ledger.money_left(session, brief.commission_id), replace(LIMITS, seed=brief.commission.seed)
    if broker.mode == "peer":
        return Sought(apart.of(len(wanted), match_peers, wanted, candidates, broker, money, limits, helping(session)))
    size = group_size(brief.programme, further) or len(wanted)
    there = groups_there(session, brief, further)
    made = apart.of(len(wanted), match_groups, wanted, candidates, broker, size, money, limits, there)
    return Sought(made.found, True, made.together, made.joined)


def groups_there(session: Session, brief: Brief, further: str) -> list[Group]:
    """Return the groups that there are, with their schools as the rules see them."""
    members = open_groups(session, brief.commission_id, further)
    who = dict(session.exec(select(SupportGroup.id, SupportGroup.supporter_id).where(col(SupportGroup.id).in_(members))).all())
    return [Group(number, who[number] or 0, _as_wanted(session, brief, further, ids)) for number, ids in members.items() if who[number]]


def _as_wanted(session: Session, brief: Brief, further: str, ids: Collection[int]) -> tuple[Wanted, ...]:
    cases = session.exec(select(Case).where(col(Case.id).in_(ids)).order_by(col(Case.id))).all()
    return tuple(gather_wanted(session, brief, cases, further))
