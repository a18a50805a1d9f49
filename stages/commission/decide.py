"""What people decide on a commission as a whole: pause, resume, close."""

from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, func, update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission
from models.errors import BadInput, NotAllowed, NotPossible
from models.moments import day_of
from models.trail import Event
from models.words import CommissionStatus, Role, Turn
from stages.brief import load_brief, load_calendar
from stages.clocks import after_pause, put_cases_back, put_reviews_back
from stages.journey import ENDED
from stages.record import Actor, Note, note

_MAY_STEER = frozenset({Role.ADVISER, Role.LEAD, Role.COMMISSIONER})


def check_steers(actor: Actor) -> None:
    """Raise NotAllowed if somebody may not decide on a commission as a whole."""
    if actor.role not in _MAY_STEER:
        raise NotAllowed(f"The role {actor.role.value} cannot open, pause, resume or close a commission: an adviser, lead or commissioner can.")


def set_status(session: Session, commission: Commission, status: CommissionStatus, actor: Actor, reason: str, at: pendulum.DateTime) -> None:
    """Pause, resume or close a commission; closing is refused while any of its cases is open.

    With one that resumes, all that somebody has to answer by moves by as many school days as the pause took.
    """
    check_steers(actor)
    if not reason.strip():
        raise BadInput("This needs a reason: give one with --reason.")
    wanted = {CommissionStatus.PAUSED: CommissionStatus.RUNNING, CommissionStatus.RUNNING: CommissionStatus.PAUSED}
    before = commission.status
    if before is CommissionStatus.CLOSED or (status in wanted and before is not wanted[status]):
        raise NotPossible(f"Commission {commission.reference} is {before.value}, so that is not possible.")
    if status is CommissionStatus.CLOSED:
        _check_nothing_open(session, commission)
    changed = (
        update(Commission)
        .where(col(Commission.id) == commission.id, col(Commission.version) == commission.version)
        .values(status=status, status_reason=reason, version=Commission.version + 1, closed_at=at if status is CommissionStatus.CLOSED else None)
    )
    result = cast(CursorResult[Any], session.execute(changed))
    if result.rowcount != 1:
        raise NotPossible(f"Somebody else changed commission {commission.reference} in the meantime: look again.")
    kind = {CommissionStatus.PAUSED: "pause", CommissionStatus.RUNNING: "resume", CommissionStatus.CLOSED: "close"}[status]
    one = Note(f"commission.{kind}", actor, commission.id, before=before.value, after=status.value, reason=reason)
    moved = _put_clocks_back(session, commission, actor, at) if status is CommissionStatus.RUNNING else []
    note(session, [one, *moved], at)


def _put_clocks_back(session: Session, commission: Commission, actor: Actor, at: pendulum.DateTime) -> list[Note]:
    """Put back what is due of open cases by the school days since the commission was paused; one that is paused itself waits for its own resume."""
    calendar, today = load_calendar(session, commission.authority), day_of(at)
    pauses = select(col(Event.at)).where(Event.commission_id == commission.id, Event.kind == "commission.pause").order_by(col(Event.id).desc())
    lost = calendar.between(day_of(session.exec(pauses.limit(1)).one()), today)
    later = after_pause(calendar, today, lost)
    if not lost:
        return []
    query = select(Case).where(Case.commission_id == commission.id, col(Case.status).not_in(ENDED), col(Case.paused_since).is_(None))
    cases = session.exec(query.order_by(col(Case.id)).with_for_update()).all()
    brief = load_brief(session, commission.id, [])
    put_reviews_back(session, {case.id: brief.ends(case) for case in cases}, calendar, lost)
    return put_cases_back(session, cases, actor, lambda _, due, _asked: later(due))


def _check_nothing_open(session: Session, commission: Commission) -> None:
    """Raise NotPossible, counting by whose turn it is, while a case is open."""
    rows = session.exec(
        select(col(Case.turn), func.count())
        .where(Case.commission_id == commission.id, col(Case.status).not_in(ENDED))
        .group_by(col(Case.turn))
        .order_by(col(Case.turn))
    ).all()
    if rows:
        parts = ", ".join(f"{count} with {'nobody to act' if turn is Turn.NOBODY else turn.value}" for turn, count in rows)
        raise NotPossible(f"Commission {commission.reference} still has open cases ({parts}): finish or withdraw them first.")
