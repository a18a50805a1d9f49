"""What people decide on a match: approve or refuse it, take or decline the case, accept or decline the support, replace the supporter."""

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import NotAllowed, NotPossible
from models.match import Match
from models.visit import Visit
from models.words import MatchStatus, Role, Stage, Status, VisitStatus
from notifications.messages import to_staff
from stages import ledger
from stages.brief import Brief
from stages.broker.gathering import may_not
from stages.broker.handover import handover_pack
from stages.broker.work import next_after, offers
from stages.journey import STANDINGS
from stages.record import Actor, Change, save
from stages.visits import cancel_visits

_NOBODY_TO_REPLACE = frozenset(
    status for status, standing in STANDINGS.items() if standing.stage in {None, Stage.DIAGNOSE, Stage.EVALUATE} or status in
    {Status.TO_MATCH, Status.UNMET}
)  # fmt: skip


def live_match(session: Session, case: Case) -> Match:
    """Return the case's match that has not ended; NotPossible if there is none."""
    match = session.exec(
        select(Match).where(Match.case_id == case.id, col(Match.status).in_(ledger.LIVE_MATCHES)).order_by(col(Match.id).desc())
    ).first()
    if match is None:
        raise NotPossible(f"Case {case.id} has no match to decide on.")
    return match


def go_on(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str) -> None:
    """Take a match one step on: approve it, take the case as supporter, or accept the support as school."""
    if move == "approve" and brief.programme.broker.approved_by == "lead" and actor.role is Role.COMMISSIONER:
        raise NotAllowed("In this programme the partnership lead approves matches: use --as lead.")
    match = live_match(session, case)
    why = may_not(session, [(case, match)], at.in_timezone("Europe/London").date()).get(case.id)
    if why:
        raise NotPossible(f"Case {case.id} cannot go on with this match, since {why}: put that right, or refuse or replace it.")
    status = next_after(case.status, brief.programme.broker.accepted_by)
    days = brief.school_days(status)
    due = brief.calendar.add(at.in_timezone("Europe/London").date(), days) if days else None
    messages = offers(brief, case, match.supporter_id, match.half_days, match.reason, status, due) if due else []
    if status is Status.TO_SCHEDULE and _was_begun(session, case):
        pack, school = handover_pack(session, brief, case), brief.school(case).name
        messages = [*messages, to_staff.handover(brief.head, brief.to_supporter(match.supporter_id), case.id, case.version, school, pack)]
    to = None if move == "accept-support" else status
    save(session, [Change(case, move, actor, to=to, due=due, detail={"supporter_id": match.supporter_id}, messages=messages)], at)
    _set_status(session, match, MatchStatus.AGREED if status is Status.TO_SCHEDULE else MatchStatus.APPROVED, None)


def _was_begun(session: Session, case: Case) -> bool:
    """Tell whether a case was visited before, so that whoever takes it now takes it over."""
    return session.exec(select(Visit.id).where(Visit.case_id == case.id, Visit.status == VisitStatus.HELD)).first() is not None


def turn_down(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str, reason: str) -> None:
    """Refuse or decline a match; its money is released and somebody else is sought."""
    match = live_match(session, case)
    money = ledger.released(case, match, match.half_days, f"{move}: {reason}", at)
    change = Change(case, move, actor, reason=reason, fields={"supporter_id": None}, detail={"supporter_id": match.supporter_id},
                    rows=[(LedgerLine, money)])  # fmt: skip
    save(session, [change], at)
    _set_status(session, match, MatchStatus.REFUSED, reason)


def replace_supporter(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """End a match in mid-case and seek another supporter; visits that were not held are cancelled and timetabled anew.

    What was held, and a plan that was agreed, stay as they are: the case comes back to them when somebody else has taken it.
    """
    if case.status in _NOBODY_TO_REPLACE:
        raise NotPossible(f'Case {case.id} stands at "{STANDINGS[case.status].means}", so it has no supporter to replace.')
    match = live_match(session, case)
    unwritten = unwritten_visit(session, case, at)
    if unwritten:
        raise NotPossible(f"Say first whether {unwritten} was held, with write-note or hold-visit, or cancel it: replacing would lose it.")
    money = ledger.unused(session, case, f"supporter replaced: {reason}", at)
    change = Change(case, "replace-supporter", actor, reason=reason, fields={"supporter_id": None},
                    detail={"supporter_id": match.supporter_id}, rows=[(LedgerLine, line) for line in money])  # fmt: skip
    save(session, [change], at)
    _set_status(session, match, MatchStatus.ENDED, reason)
    cancel_visits(session, [case.id], reason)


def unwritten_visit(session: Session, case: Case, at: pendulum.DateTime) -> str | None:
    """Return which visit has had its day while nothing says whether it was held, in words; None if there is none."""
    today = at.in_timezone("Europe/London").date()
    query = select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.CONFIRMED, Visit.day <= today)
    visit = session.exec(query.order_by(col(Visit.day))).first()
    return None if visit is None else f"the visit of {visit.day:%-d %B %Y} of case {case.id} ({visit.session})"


def _set_status(session: Session, match: Match, status: MatchStatus, reason: str | None) -> None:
    session.execute(update(Match).where(col(Match.id) == match.id).values(status=status, ended_reason=reason))
