"""What people decide on a visit that will not be held, or was not: cancelled, or nobody was there."""

from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import NotAllowed, NotPossible
from models.match import Match
from models.moments import day_of
from models.visit import Visit
from models.words import Role, Slip, Status, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from stages import ledger
from stages.brief import Brief, days_in_words
from stages.invitations import each_comer, of_visit, was_told
from stages.record import ENGINE, Actor, Change, Note, note, save
from stages.schedule.decide import check_may, check_open, find_visit
from stages.schedule.on_offer import answered_later
from stages.schedule.slips import charge, given_up_on, is_lost_already, slip_row
from stages.schedule.work import CANCELLED_FOR_GOOD
from stages.visits import NOT_HELD, move_visit, of_supporters

Rows = list[tuple[type[SQLModel], dict[str, Any]]]


def cancel_visit(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str, slip: Slip | None = None
) -> None:
    """Cancel a visit for good and tell the school; the case goes on without it or, with none left to come, is looked at anew.

    With less notice than the programme asks for its time is charged, unless it is not the school's doing (`slip`).
    """
    if actor.role in (Role.SCHOOL, Role.SUPPORTER):
        raise NotAllowed(f"The role {actor.role.value} cannot cancel a visit: have it moved with `lodestar decide move-visit`, "
                         f"naming days that will not do with --not-on, or ask the adviser to cancel it ({brief.head.adviser_email}).")  # fmt: skip
    check_may(actor, (Role.ADVISER, Role.LEAD), "cancel a visit")
    check_open(case)
    if not reason.strip():
        raise NotPossible("Cancelling a visit needs a reason: give one with --reason.")
    visit = find_visit(session, case, key)
    if visit.status not in NOT_HELD:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so it cannot be cancelled.")
    slip = slip or visit.slip
    half_days = charge(brief, visit, slip, given_up_on(session, visit) or day_of(at))
    rows = _lost(brief, case, visit, slip, half_days, f"visit {visit.session} cancelled late", at)
    messages = _told_cancelled(brief, case, visit, reason, charged=half_days > 0)
    move_visit(session, visit, {"status": VisitStatus.CANCELLED, "why": reason, "slip": slip})
    note(session, [Note(CANCELLED_FOR_GOOD, actor, brief.commission_id, case.id, before=visit.status.value, after="cancelled", reason=reason,
                        detail={"visit_id": visit.id, "charged_half_days": half_days}, rows=rows, messages=messages)], at)  # fmt: skip
    _look_anew(session, case, actor, reason, at)
    # What was left on offer could not be agreed while this one had no day.
    changed = [case.id] if visit.status is VisitStatus.TO_MOVE else []
    save(session, answered_later(session, brief, [case], changed, at), at)


def no_show(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str) -> None:
    """Record that whoever came found nobody to meet; the time is charged, and the visit is dated anew only if somebody has it moved."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "record that nobody was there")
    check_open(case)
    if not reason.strip():
        raise NotPossible("What happened? Say so with --reason.")
    visit = find_visit(session, case, key)
    if visit.status is not VisitStatus.CONFIRMED:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}: only at an agreed visit can nobody be there.")
    if visit.day > day_of(at):
        raise NotPossible(f"The visit is on {visit.day:%-d %B %Y}, which is still to come: cancel or move it if it cannot be.")
    rows = _lost(brief, case, visit, Slip.NOBODY_THERE, visit.part.half_days, f"visit {visit.session}: nobody there", at)
    move_visit(session, visit, {"status": VisitStatus.NO_SHOW, "why": reason, "slip": Slip.NOBODY_THERE})
    message = to_school.visit_missed(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence + 1, brief.school(case).name, visit.purpose, visit.day,
        brief.names_of(visit.supporter_ids), reason, _time(session, case, visit),
    )  # fmt: skip
    note(session, [Note("visit.no-show", actor, brief.commission_id, case.id, before="confirmed", after="no_show", reason=reason,
                        detail={"visit_id": visit.id, "charged_half_days": visit.part.half_days}, rows=rows, messages=[message])], at)  # fmt: skip
    _look_anew(session, case, actor, reason, at)


def _time(session: Session, case: Case, visit: Visit) -> dict[str, str]:
    """Return in words what a missed visit takes, what is left after it of the time of whoever was to come, and what visits to come need of that."""
    live = select(Match).where(Match.case_id == case.id, Match.supporter_id == visit.supporter_id, col(Match.status).in_(ledger.LIVE_MATCHES))
    match = session.exec(live.order_by(col(Match.id))).first()
    left = ledger.still_unused(session, [match])[case.id][0] if match else 0
    to_come = select(Visit).where(Visit.case_id == case.id, col(Visit.status).in_(NOT_HELD), of_supporters([visit.supporter_id]))
    needed = sum(one.part.half_days for one in session.exec(to_come.where(Visit.id != visit.id)).all())
    half_days = {"charged": visit.part.half_days, "left": max(0, left - visit.part.half_days), "needed": needed}
    return {name: days_in_words(count / 2) if count else "no time" for name, count in half_days.items()}


def _lost(brief: Brief, case: Case, visit: Visit, slip: Slip | None, half_days: int, what: str, at: pendulum.DateTime) -> Rows:
    """Return the rows that keep a visit that was agreed and lost, and its charge: `half_days` of everybody who was to come."""
    if visit.status is VisitStatus.PROPOSED or is_lost_already(visit):
        return []
    rows: Rows = [slip_row(visit, None, slip, at, half_days * len(visit.supporter_ids))]
    lost = visit.supporter_ids if half_days else ()
    return [*rows, *((LedgerLine, ledger.charged(case, brief.supporters[number], half_days, what, at)) for number in lost)]


def _look_anew(session: Session, case: Case, actor: Actor, reason: str, at: pendulum.DateTime) -> None:
    """Send a case back to the timetable that has nothing left of what it waits for."""
    if not _goes_on(session, case):
        # Whoever came may say that nobody was there, and what follows for the case is the engine's.
        save(session, [Change(case, "cancel-visit", ENGINE if actor.role is Role.SUPPORTER else actor, reason=reason)], at)


def _told_cancelled(brief: Brief, case: Case, visit: Visit, reason: str, *, charged: bool) -> list[Draft]:
    """Return what the school and, if it was agreed, whoever was to come are told of a visit that is cancelled."""
    entry = of_visit(brief, case, visit, {"status": VisitStatus.CANCELLED, "sequence": visit.sequence + 1})
    told = to_school.visit_cancelled(
        brief.head, brief.to_school(case.urn), case.id, visit.id, entry.sequence, brief.school(case).name, visit.purpose, visit.day, reason,
        [entry] if was_told(visit) else [], charged=charged,
    )  # fmt: skip
    if visit.status is VisitStatus.PROPOSED:
        return [told]
    edition = f"visit-{visit.id}-{entry.sequence}"
    whom = each_comer(brief, visit, edition)
    return [told, *(to_staff.visits_off(brief.head, to, case.id, own, [entry], reason) for to, own in whom)]


def _goes_on(session: Session, case: Case) -> bool:
    """Tell whether a case has what it waits for: dates to agree while they are on offer, any visit at all once they are agreed."""
    if case.status not in {Status.AWAITING_DATES, Status.BOOKED}:
        return True
    wanted = NOT_HELD if case.status is Status.AWAITING_DATES else (*NOT_HELD, VisitStatus.HELD)
    query = select(Visit.id).where(Visit.case_id == case.id, col(Visit.status).in_(wanted))
    return session.exec(query).first() is not None
