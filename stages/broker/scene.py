"""What a matching on a copy is made of: cases that are open to it, whoever could support them, money, and the groups there are."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from calendars.periods import Term
from models.case import Case
from models.match import Match
from models.programme import Broker
from models.words import Status
from programmes.sessions import FIRST, group_size
from stages import ledger
from stages.brief import Brief
from stages.broker.conflicts import helping
from stages.broker.gathering import gather_candidates, gather_wanted
from stages.broker.outcomes import LIMITS, Brokered, match_all
from stages.broker.peers import Link, match_peers
from stages.broker.rules import Candidate, Matched, Wanted
from stages.broker.seeking import groups_there
from stages.broker.terms import by_term, terms_of
from stages.broker.triads import Group, match_groups
from stages.broker.under_way import needs_nobody
from stages.groups import open_groups
from stages.journey import ENDED

# What is not settled yet is matched again; what a school and a supporter agreed stays.
_OPEN = (Status.TO_MATCH, Status.UNMET, Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT)
Row = tuple[Case, Match | None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a question is about: cases that are `open`, those that `leaving` supporters have agreed to, and those of schools that are `out`."""

    open: Sequence[Row]
    leaving: Sequence[Row]
    out: Sequence[Row]


def parts_of(session: Session, brief: Brief, gone: Collection[str], without: Collection[int]) -> Parts:
    """Return the cases that a matching would look at; a group in which anything is settled stands, with all who are in it."""
    live = col(Match.status).in_(ledger.LIVE_MATCHES)
    first = (col(Match.case_id) == Case.id) & live & (col(Match.further) == FIRST)
    query = select(Case, Match).outerjoin(Match, first).where(Case.commission_id == brief.commission_id, col(Case.status).not_in(ENDED))
    rows = session.exec(query.order_by(col(Case.id))).all()
    names = {one.id: one.name for one in brief.supporters.values()}
    able = {case.id for case, _ in rows if case.status in _OPEN and case.further == FIRST and case.paused_since is None}
    able -= {case for cases in _triads(session, brief) if not able.issuperset(cases) for case in cases}
    settled = [(case, match) for case, match in rows if case.id not in able]
    return Parts(
        [(case, match) for case, match in rows if case.id in able],
        [
            (case, match) for case, match in settled
            if case.urn not in without and match is not None and names[match.supporter_id] in gone and case.paused_since is None
            and not needs_nobody(session, case, match.supporter_id)
        ],
        [(case, match) for case, match in settled if case.urn in without and match is not None],
    )  # fmt: skip


def _triads(session: Session, brief: Brief) -> list[list[int]]:
    """Return the open cases of each group that was put together before it was matched."""
    return list(open_groups(session, brief.commission_id, FIRST).values()) if brief.programme.broker.mode == "triad" else []


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a matching is made of: `budget` in pence, supporters proposed by case, groups that stand, and who reviews whom already."""

    wanted: Sequence[Wanted]
    candidates: Sequence[Candidate]
    budget: int
    proposed: Mapping[int, int]
    terms: Collection[Term]
    size: int | None = None
    groups: Sequence[Group] = ()
    already: Collection[Link] = ()


def set_scene(session: Session, brief: Brief, rows: Sequence[Row], freed: Sequence[Row], today: datetime.date) -> Scene:
    """Return what a matching of some cases is made of, with what the matches of those and of the `freed` ones take counted as free.

    What visits have used of a match already is not there to be promised again.
    """
    matches = [match for _, match in (*rows, *freed) if match is not None]
    wanted, unused = gather_wanted(session, brief, [case for case, _ in rows]), ledger.still_unused(session, matches)
    used: Counter[int] = Counter()
    for match in matches:
        used[match.supporter_id] += match.half_days - unused[match.case_id][0]
    candidates = [replace(one, half_days_left=one.half_days_left - used[one.id]) for one in gather_candidates(session, brief, today, matches)]
    # Whoever is added may have days by term though nobody has them yet.
    wanted, candidates = by_term(session, brief, wanted, candidates, today, FIRST, matches, always=True)
    budget = ledger.money_left(session, brief.commission_id) + sum(pence for _, pence in unused.values())
    mode, looked_at = brief.programme.broker.mode, {case.id for case, _ in (*rows, *freed)}
    return Scene(
        wanted, candidates, budget, {case.id: match.supporter_id for case, match in rows if match is not None}, terms_of(brief, today),
        group_size(brief.programme, FIRST), _standing(session, brief, looked_at) if mode == "triad" else (),
        helping(session) - _links(brief, [*rows, *freed]) if mode == "peer" else (),
    )  # fmt: skip


def _standing(session: Session, brief: Brief, looked_at: Collection[int]) -> list[Group]:
    """Return the groups that stand, without the cases that are looked at; a group that has nobody else is taken apart."""
    there = groups_there(session, brief, FIRST)
    left = [replace(group, members=tuple(one for one in group.members if one.case_id not in looked_at)) for group in there]
    return [group for group in left if group.members]


def _links(brief: Brief, rows: Sequence[Row]) -> set[Link]:
    """Return who reviews whom by the matches of these cases."""
    return {(brief.supporters[match.supporter_id].employer_urn or 0, case.urn) for case, match in rows if match is not None}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a matching comes to, and which cases are together in a group, where schools are put together first."""

    found: Brokered
    together: Sequence[tuple[int, ...]] = ()


def play(scene: Scene, broker: Broker, seed: int) -> Answer:
    """Match the cases of a scene as its mode asks for: one by one, as peers, or group by group."""
    limits = replace(LIMITS, seed=seed)
    if broker.mode == "peer":
        return Answer(match_peers(scene.wanted, scene.candidates, broker, scene.budget, limits, scene.already))
    if broker.mode == "triad":
        made = match_groups(scene.wanted, scene.candidates, broker, scene.size or 1, scene.budget, limits, scene.groups)
        grown = {group.id: [one.case_id for one in group.members] for group in scene.groups}
        for case, group_id in made.joined.items():
            grown[group_id].append(case)
        return Answer(made.found, [*made.together, *(tuple(cases) for number, cases in grown.items() if number in made.joined.values())])
    return Answer(match_all(scene.wanted, scene.candidates, broker, scene.budget, limits, scene.proposed))


def as_agreed(session: Session, brief: Brief, rows: Sequence[Row]) -> Answer:
    """Return matches that stand as they were agreed, with what is still to come of each, and their groups."""
    matches = [match for _, match in rows if match is not None]
    unused, mine = ledger.still_unused(session, matches), {match.case_id for match in matches}
    found = [
        Matched(match.case_id, match.supporter_id, *unused[match.case_id], match.kilometres, match.reason, match.runner_up_id, match.runner_up_reason)
        for match in matches
    ]
    return Answer(Brokered([*found]), [tuple(cases) for cases in _triads(session, brief) if mine.intersection(cases)])
