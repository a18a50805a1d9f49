"""The register of conflicts of interest: links that people declare and links that the data show, and what is decided on each.

Nobody is matched where a conflict is open or barred. What the data show is entered as open, so that a person decides on it.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission
from models.database import Database, until_saved
from models.errors import BadInput, NotAllowed, NotFound
from models.match import Match
from models.moments import day_of
from models.school import GroupMember, School, SchoolGroup
from models.supporter import Conflict, Supporter
from models.words import CommissionStatus, ConflictKind, ConflictOutcome, Role
from stages.batch import hold_diaries
from stages.broker.under_way import Touched, counts, links_under_way, pairs_under_way, reopen, tell_advisers, untold
from stages.ledger import LIVE_MATCHES
from stages.record import ENGINE, Actor, Note, note

STOPPING = (ConflictOutcome.OPEN, ConflictOutcome.BARRED)
_LETTING_THROUGH = (ConflictOutcome.CLEAR, ConflictOutcome.MANAGED)
# What a managed one is let through with is said by its mitigation.
_WITH_REASON = frozenset({ConflictOutcome.CLEAR, ConflictOutcome.BARRED})
# A tie of one's own that makes an organisation's other people colleagues of somebody too close.
_OWN = frozenset({ConflictKind.EMPLOYER, ConflictKind.GOVERNOR, ConflictKind.FAMILY, ConflictKind.FORMER_POST, ConflictKind.RIVAL_BID})
Link = tuple[int, int, ConflictKind]
_REGISTER, _COLLEAGUE = "the register: both in", "a colleague in the same organisation has a link"


@dataclass(frozen=True, slots=True)
class Tie:
    """What is known of a supporter's or a school's organisation: its own school, its trust, and its federations."""

    urn: int | None
    trust: str | None
    federations: frozenset[str] = frozenset()


def derived(
    supporters: Mapping[int, Tie], schools: Mapping[int, Tie], known: Collection[Link], helping: Collection[tuple[int, int]],
    pairs: Collection[tuple[int, int]] | None = None,
) -> dict[Link, str]:  # fmt: skip
    """Return the links that the data show, with their source; pure.

    `known` are links that are in the register and count, `helping` are (employer of a supporter, school it supports) of live matches.
    With `pairs` only those supporters with those schools are looked at, instead of all with all.
    """
    found: dict[Link, str] = {}
    # Somebody whom the school employs makes colleagues of others, so that one is always looked at.
    employed = {(number, tie.urn) for number, tie in supporters.items() if tie.urn is not None and tie.urn in schools}
    for number, urn in product(supporters, schools) if pairs is None else {*pairs, *employed}:
        tie, school = supporters[number], schools[urn]
        if tie.urn == urn:
            found[number, urn, ConflictKind.EMPLOYER] = "the school employs the supporter"
        elif tie.trust is not None and tie.trust == school.trust:
            found[number, urn, ConflictKind.TRUST] = f"{_REGISTER} {tie.trust}"
        elif shared := tie.federations & school.federations:
            found[number, urn, ConflictKind.TRUST] = f"{_REGISTER} {min(shared)}"
        if tie.urn is not None and (urn, tie.urn) in helping and tie.urn != urn:
            found[number, urn, ConflictKind.RECIPROCAL] = f"this school supports school {tie.urn}, which employs the supporter"
    found |= _colleagues(supporters, schools, {*known, *found})
    return {link: source for link, source in found.items() if pairs is None or link[:2] in pairs}


def _colleagues(supporters: Mapping[int, Tie], schools: Mapping[int, Tie], links: Collection[Link]) -> dict[Link, str]:
    """Return the links of the second degree: somebody of the same organisation has a tie of their own to the school."""
    ties: dict[tuple[int, int], set[str]] = {}
    for colleague, urn, kind in links:
        if kind not in _OWN or urn not in schools or colleague not in supporters:
            continue
        theirs = supporters[colleague]
        for number, tie in supporters.items():
            same = (tie.urn is not None and tie.urn == theirs.urn) or (tie.trust is not None and tie.trust == theirs.trust)
            if number != colleague and same:
                ties.setdefault((number, urn), set()).add(kind.value.replace("_", " "))
    # All of them, in order: which came last would be chance, and a further one is something new.
    return {(*pair, ConflictKind.COLLEAGUE): f"{_COLLEAGUE} ({', '.join(sorted(kinds))})" for pair, kinds in ties.items()}


def enter_derived(session: Session, commission_id: int, supporters: Sequence[Supporter], schools: Sequence[School], at: pendulum.DateTime) -> int:
    """Enter as open what the data show of these supporters and schools and is not in the register yet; return how many links were new."""
    return _enter(session, commission_id, not_in_register(session, supporters, schools, _day(at)), at)


@until_saved
def watch_links(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Enter what the data have come to show where support is under way, tell the adviser of what is open there, and return how many links are new."""
    with database.reading() as session:
        if session.get_one(Commission, commission_id).status is not CommissionStatus.RUNNING:
            return 0
        if not _to_enter(session, commission_id, _day(at)) and not untold(session, _day(at), commission_id):
            return 0
    with database.writing() as session:
        # Two commissions share their supporters, and each link is entered once.
        hold_diaries(session)
        return _enter(session, commission_id, _to_enter(session, commission_id, _day(at)), at)


def _to_enter(session: Session, commission_id: int, today: datetime.date) -> dict[Link, str]:
    """Return the links that the data show between the supporters and schools of a commission's support under way, where they are new."""
    pairs = pairs_under_way(session, commission_id)
    if not pairs:
        return {}
    # Colleagues count too, whether or not they support anybody here.
    everybody = session.exec(select(Supporter).where(col(Supporter.active))).all()
    return not_in_register(session, everybody, list({school.urn: school for school in pairs.values()}.values()), today, pairs.keys())


def not_in_register(
    session: Session, supporters: Sequence[Supporter], schools: Sequence[School], today: datetime.date,
    pairs: Collection[tuple[int, int]] | None = None,
) -> dict[Link, str]:  # fmt: skip
    """Return what the data show and is not in the register yet, with its source."""
    rows = session.exec(select(Conflict)).all()
    urns = {school.urn for school in schools}
    federations = _federations(session, urns | {one.employer_urn for one in supporters if one.employer_urn})
    own_schools = {school.urn: school for school in session.exec(select(School).where(col(School.urn).in_(_employers(supporters)))).all()}
    ties = {one.id: _tie(one, own_schools, federations) for one in supporters}
    places = {school.urn: Tie(school.urn, school.trust, federations.get(school.urn, frozenset())) for school in schools}
    known = {(row.supporter_id, row.urn, row.kind) for row in rows if counts(row, today)}
    entered = {(row.supporter_id, row.urn, row.kind): row for row in rows}
    found = derived(ties, places, known, helping(session), pairs)
    return {link: source for link, source in found.items() if link not in entered or _is_new(entered[link], source, today)}


def _is_new(row: Conflict, source: str, today: datetime.date) -> bool:
    """Tell whether what the data show is something else than what an entry of the same kind is about: that has run out, or was decided on for less.

    That is another trust or federation, or a colleague's tie of a further kind; what people declared is not compared with what the data say.
    """
    if not counts(row, today):
        return True
    if row.outcome not in _LETTING_THROUGH:
        return False
    if row.source.startswith(_REGISTER):
        return source.startswith(_REGISTER) and source != row.source
    if row.source.startswith(_COLLEAGUE):
        return not set(_kinds(source)) <= set(_kinds(row.source))
    return False


def _kinds(source: str) -> list[str]:
    """Return the kinds of ties that a colleague's source names."""
    return source.removeprefix(f"{_COLLEAGUE} (").removesuffix(")").split(", ")


def _enter(session: Session, commission_id: int, new: Mapping[Link, str], at: pendulum.DateTime) -> int:
    """Enter links as open, those that were there and are not any more once again, and tell the advisers of those that touch support under way."""
    numbers = {link[0] for link in new}
    names = {one.id: one.name for one in session.exec(select(Supporter).where(col(Supporter.id).in_(numbers))).all()}
    rows = session.exec(select(Conflict).where(col(Conflict.supporter_id).in_(numbers))).all()
    before = {link: row for row in rows if (link := (row.supporter_id, row.urn, row.kind)) in new}
    note(session, [
        Note("conflict.found", ENGINE, commission_id, before=before[link].outcome.value if link in before else None, after="open", reason=source,
             detail={"supporter": names[link[0]], "urn": link[1]}, rows=[] if link in before else [(Conflict, _row(link, source, _day(at)))])
        for link, source in sorted(new.items())
    ], at)  # fmt: skip
    for link, row in before.items():
        reopen(row, _day(at))
        row.source, row.until = new[link], None
        session.add(row)
    session.flush()
    tell_advisers(session, at)
    return len(new)


def _day(at: pendulum.DateTime) -> datetime.date:
    return day_of(at)


def _row(link: Link, source: str, today: datetime.date) -> dict[str, Any]:
    return {"supporter_id": link[0], "urn": link[1], "kind": link[2], "declared_on": today, "source": source}


def _employers(supporters: Iterable[Supporter]) -> list[int]:
    return sorted({one.employer_urn for one in supporters if one.employer_urn is not None})


def _tie(one: Supporter, schools: Mapping[int, School], federations: Mapping[int, frozenset[str]]) -> Tie:
    """Return a supporter's organisation; whoever works for a school is of that school's trust."""
    own = schools.get(one.employer_urn) if one.employer_urn is not None else None
    return Tie(one.employer_urn, one.trust or (own.trust if own else None), federations.get(one.employer_urn or 0, frozenset()))


def _federations(session: Session, urns: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the federations and other groups of schools, by URN; trusts are in the school's own row."""
    query = select(GroupMember.urn, SchoolGroup.name).join(SchoolGroup, col(SchoolGroup.id) == GroupMember.group_id)
    found: dict[int, set[str]] = {}
    for urn, name in session.exec(query.where(col(SchoolGroup.kind).contains("Federation"), col(GroupMember.left).is_(None))).all():
        if urn in urns:
            found.setdefault(urn, set()).add(name)
    return {urn: frozenset(names) for urn, names in found.items()}


def helping(session: Session) -> set[tuple[int, int]]:
    """Return which school helps which in live matches: the employer of the supporter, and the school of the case."""
    query = select(Supporter.employer_urn, Case.urn).join(Match, col(Match.supporter_id) == Supporter.id).join(Case, col(Case.id) == Match.case_id)
    rows = session.exec(query.where(col(Match.status).in_(LIVE_MATCHES), col(Supporter.employer_urn).is_not(None))).all()
    return {(employer, urn) for employer, urn in rows if employer is not None}


def stopped_urns(session: Session, today: datetime.date) -> dict[int, set[int]]:
    """Return the schools with which each supporter cannot be matched: those where a conflict is open or barred."""
    found: dict[int, set[int]] = {}
    for row in session.exec(select(Conflict).where(col(Conflict.outcome).in_(STOPPING))).all():
        if counts(row, today):
            found.setdefault(row.supporter_id, set()).add(row.urn)
    return found


def decide_conflict(
    session: Session, name: str, urn: int, outcome: ConflictOutcome, actor: Actor, at: pendulum.DateTime, mitigation: str | None = None,
    kind: ConflictKind | None = None, reason: str | None = None,
) -> list[Touched]:  # fmt: skip
    """Decide on a link in the register; only the partnership's adviser or lead may. A managed one needs its mitigation, any other the reason.

    Where a supporter has several links with a school, `kind` says which is meant: to clear one clears no other. Returns the open cases in
    which a supporter who is barred now supports that school.
    """
    if actor.role not in (Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot decide on a conflict: it is for adviser, lead.")
    if outcome is ConflictOutcome.MANAGED and not (mitigation and mitigation.strip()):
        raise BadInput("A managed conflict needs its mitigation: say how it is managed.")
    why = (reason or "").strip()
    if outcome in _WITH_REASON and not why:
        raise BadInput("This needs a reason: give one with --reason.")
    query = select(Conflict).join(Supporter, col(Supporter.id) == Conflict.supporter_id).where(Supporter.name == name, Conflict.urn == urn)
    rows = session.exec(query.order_by(col(Conflict.id)).with_for_update()).all()
    meant = [row for row in rows if kind in (None, row.kind)]
    if not meant:
        raise NotFound(f"No conflict of {name} with school {urn} was declared{f' as {_said(kind)}' if kind and rows else ''}.")
    if len(meant) > 1:
        kinds = ", ".join(_said(row.kind) for row in meant)
        raise BadInput(f"{name} has several links with school {urn} ({kinds}): say which with --kind.")
    before, one = meant[0].outcome.value, meant[0]
    one.outcome, one.mitigation, one.decided_on, one.approved_by = outcome, mitigation, _day(at), actor.by
    session.add(one)
    detail = {"supporter": name, "urn": urn, "kind": one.kind.value}
    note(session, [Note("conflict.decided", actor, before=before, after=outcome.value, reason=why or mitigation, detail=detail)], at)
    return [touched for touched in links_under_way(session, _day(at), (ConflictOutcome.BARRED,)) if touched.link.id == one.id]


def _said(kind: ConflictKind) -> str:
    return kind.value.replace("_", "-")
