"""What people decide on a match: approve or refuse it, take or decline the case, accept or decline the support, replace the supporter."""

from collections.abc import Mapping
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import NotAllowed, NotFound, NotPossible
from models.match import Match
from models.moments import day_of
from models.trail import Event
from models.visit import Visit
from models.words import MatchStatus, Role, Stage, Status, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_staff
from programmes.sessions import FIRST, GROUPED, brokers
from stages import ledger
from stages.brief import Brief, load_brief
from stages.broker.gathering import may_not
from stages.broker.handover import handover_pack
from stages.broker.offering import next_after, offers, onward
from stages.groups import group_of_case, leave_groups, open_groups
from stages.invitations import stood, tell_everybody
from stages.journey import MOVES, STANDINGS, check_move
from stages.record import Actor, Change, save
from stages.visits import cancel_visits

# In the trail of a case that went on because it is of the same group: with which case.
WITH_CASE = "with_case"
_NOBODY_TO_REPLACE = frozenset(
    status for status, standing in STANDINGS.items() if standing.stage in {None, Stage.DIAGNOSE, Stage.EVALUATE} or status in
    {Status.TO_MATCH, Status.UNMET}
)  # fmt: skip


def live_match(session: Session, case: Case, further: str | None = None) -> Match:
    """Return the case's match that has not ended, of the one that is sought or of another; NotPossible if there is none."""
    match = _live(session, case, case.further if further is None else further)
    if match is None:
        raise NotPossible(f"Case {case.id} has no match to decide on.")
    return match


def _live(session: Session, case: Case, further: str) -> Match | None:
    query = select(Match).where(Match.case_id == case.id, Match.further == further, col(Match.status).in_(ledger.LIVE_MATCHES))
    return session.exec(query.order_by(col(Match.id).desc())).first()


def go_on(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str) -> None:
    """Take a match one step on: approve it, take the case as supporter, or accept the support as school.

    Whoever approves or takes on a group does so for all its cases that wait for the same.
    """
    broker = brokers(brief.programme)[case.further]
    if move == "approve" and broker.approved_by == "lead" and actor.role is Role.COMMISSIONER:
        raise NotAllowed("In this programme the partnership lead approves matches: use --as lead.")
    _refuse_what_its_group_did(session, case, actor, move)
    others = _with_it(session, case) if move != "accept-support" and broker.mode in GROUPED else []
    _go_on(session, brief, case, actor, at, move)
    if others:
        brief = load_brief(session, brief.commission_id, [one.urn for one in others])
    matched = [(one, live_match(session, one)) for one in others]
    barred = may_not(session, matched, day_of(at))
    for one in others:
        if one.id not in barred:
            _go_on(session, brief, one, actor, at, move, {WITH_CASE: case.id})


def _refuse_what_its_group_did(session: Session, case: Case, actor: Actor, move: str) -> None:
    """Raise NotPossible for a move that a case made already when it was made for its whole group: whoever asks may not know of it."""
    if case.status in MOVES[move].starts or actor.role not in MOVES[move].roles:
        return
    last = session.exec(select(Event).where(Event.case_id == case.id, Event.kind == f"case.{move}").order_by(col(Event.id).desc())).first()
    if last is not None and WITH_CASE in last.detail:
        raise NotPossible(
            f'Case {case.id} stands at "{STANDINGS[case.status].means}": "{move}" was decided for its whole group with case '
            f"{last.detail[WITH_CASE]} on {day_of(last.at):%-d %B %Y}, so there is nothing left to decide on it."
        )


def _with_it(session: Session, case: Case) -> list[Case]:
    """Return the other cases of a case's group that stand where it stands."""
    group = group_of_case(session, case.id, case.further)
    ids = [one for one in (open_groups(session, case.commission_id, case.further).get(group, []) if group else []) if one != case.id]
    alike = (col(Case.id).in_(ids), Case.status == case.status, Case.further == case.further, col(Case.paused_since).is_(None))
    return list(session.exec(select(Case).where(*alike).order_by(col(Case.id)).with_for_update()).all())


def _go_on(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str, also: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    """Take one case a step on; `also` is what its line in the trail says besides."""
    check_move(move, case.id, case.status, actor.role, paused=case.paused_since is not None)
    match, today = live_match(session, case), day_of(at)
    why = may_not(session, [(case, match)], today).get(case.id)
    if why:
        raise NotPossible(f"Case {case.id} cannot go on with this match, since {why}: put that right, or refuse or replace it.")
    status = next_after(case.status, brokers(brief.programme)[case.further].accepted_by)
    days, fields = brief.school_days(status), dict[str, Any]()
    due = brief.due(case.urn, today, status) if days else None
    messages = offers(brief, case, match.supporter_id, match.half_days, match.reason, status, due) if due else []
    agreed = status is Status.TO_SCHEDULE
    if agreed and _was_begun(session, case):
        pack, school = handover_pack(session, brief, case), brief.school(case).name
        messages = [*messages, to_staff.handover(brief.head, brief.to_supporter(match.supporter_id), case.id, case.version, school, pack)]
    if agreed:
        status, fields = onward(session, brief, case, {case.further}, match.supporter_id)
    detail = {"supporter_id": match.supporter_id} | ({"match": case.further} if case.further else {}) | dict(also or {})
    save(session, [Change(case, move, actor, to=status, due=due, fields=fields, detail=detail, messages=messages)], at)
    _set_status(session, match, MatchStatus.AGREED if agreed else MatchStatus.APPROVED, None)


def _was_begun(session: Session, case: Case) -> bool:
    """Tell whether a case was visited before by somebody whose match has ended, so that whoever takes it now takes it over."""
    held = select(Visit.id).where(Visit.case_id == case.id, Visit.status == VisitStatus.HELD)
    before = select(Match.id).where(Match.case_id == case.id, Match.further == case.further, Match.status == MatchStatus.ENDED)
    return session.exec(held).first() is not None and session.exec(before).first() is not None


def turn_down(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str, reason: str) -> None:
    """Refuse or decline a match; its money is released and somebody else is sought."""
    check_move(move, case.id, case.status, actor.role, reason, paused=case.paused_since is not None)
    match = live_match(session, case)
    money = ledger.released(case, match, match.half_days, f"{move}: {reason}", at)
    change = Change(case, move, actor, reason=reason, fields={"supporter_id": None}, detail={"supporter_id": match.supporter_id},
                    rows=[(LedgerLine, money)])  # fmt: skip
    save(session, [change], at)
    _set_status(session, match, MatchStatus.REFUSED, reason)
    leave_groups(session, [case.id], reason, day_of(at), case.further)


def replace_supporter(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str, further: str = FIRST) -> None:
    """End a match in mid-case and seek another supporter; visits of that match that were not held are cancelled and timetabled anew.

    What was held, and a plan that was agreed, stay as they are: the case comes back to them when somebody else has taken it. A further
    match that could not be had is sought again.
    """
    if further not in brokers(brief.programme):
        raise NotFound(f'There is no match "{further}" in this programme: its further matches are {_further(brief) or "none"}.')
    if case.status in _NOBODY_TO_REPLACE:
        raise NotPossible(f'Case {case.id} stands at "{STANDINGS[case.status].means}", so it has no supporter to replace.')
    if case.stage is Stage.BROKER and further != case.further:
        raise NotPossible(f"Case {case.id} is being matched otherwise at the moment: settle that first, then replace its supporter.")
    # A further match that could not be had is sought all the same.
    match = live_match(session, case, further) if further == FIRST else _live(session, case, further)
    unwritten = unwritten_visit(session, case, at)
    if unwritten:
        raise NotPossible(f"Say first whether {unwritten} was held, with write-note or hold-visit, or cancel it: replacing would lose it.")
    money = ledger.unused(session, case, f"supporter replaced: {reason}", at, match) if match else []
    detail = ({"supporter_id": match.supporter_id} if match else {}) | ({"match": further} if further else {})
    change = Change(case, "replace-supporter", actor, reason=reason, fields={"supporter_id": None, "further": further}, detail=detail,
                    rows=[(LedgerLine, line) for line in money], messages=_off(session, brief, case, match, at))  # fmt: skip
    save(session, [change], at)
    if match is not None:
        _set_status(session, match, MatchStatus.ENDED, reason)
        cancel_visits(session, [case.id], reason, supporter_id=match.supporter_id)
        leave_groups(session, [case.id], reason, day_of(at), further)


def _off(session: Session, brief: Brief, case: Case, match: Match | None, at: pendulum.DateTime) -> list[Draft]:
    """Return what the school and the supporter are told of visits and places that end with a match."""
    if match is None:
        return []
    found = stood(session, brief, case, day_of(at), supporter_id=match.supporter_id, further=match.further)
    return tell_everybody(brief, case, found, "somebody else is sought to come, and new dates will be offered")


def _further(brief: Brief) -> str:
    return ", ".join(match.id for match in brief.programme.further_matches)


def unwritten_visit(session: Session, case: Case, at: pendulum.DateTime) -> str | None:
    """Return which visit has had its day while nothing says whether it was held, in words; None if there is none."""
    today = day_of(at)
    query = select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.CONFIRMED, Visit.day <= today)
    visit = session.exec(query.order_by(col(Visit.day))).first()
    return None if visit is None else f"the visit of {visit.day:%-d %B %Y} of case {case.id} ({visit.session})"


def _set_status(session: Session, match: Match, status: MatchStatus, reason: str | None) -> None:
    session.execute(update(Match).where(col(Match.id) == match.id).values(status=status, ended_reason=reason))
