"""Visits that do not keep their agreed day: what is kept of why, and what a late cancellation costs."""

import datetime
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.errors import BadInput
from models.moments import day_of
from models.trail import Event
from models.visit import Visit, VisitSlip
from models.words import Role, Slip, VisitStatus
from stages.brief import Brief

# What nobody at the school could have told earlier, or was not theirs, is not charged.
_FREE = frozenset({Slip.SUPPORTER_ASKED, Slip.SUPPORTER_AWAY, Slip.SCHOOL_CLOSED, Slip.TERM_DATES_CHANGED, Slip.INSPECTION, Slip.MADE_ROOM})
# How the trail calls a visit that has to leave its day, and one that has another.
LEAVES_DAY, MOVED = "visit.to-move", "visit.moved"
_BY_ROLE = {Role.SCHOOL: Slip.SCHOOL_ASKED, Role.SUPPORTER: Slip.SUPPORTER_ASKED}


def slip_of(role: Role, given: Slip | None) -> Slip | None:
    """Return why an agreed day is given up: as somebody said, or by who asks; None if neither tells."""
    return given or _BY_ROLE.get(role)


def given_up_on(session: Session, visit: Visit) -> datetime.date | None:
    """Return the day on which it was first said that a visit cannot keep the day that it still stands under; None if that was not said."""
    if visit.status is not VisitStatus.TO_MOVE:
        return None
    query = select(Event).where(Event.case_id == visit.case_id, col(Event.kind).in_((LEAVES_DAY, MOVED)))
    said: datetime.date | None = None
    for event in session.exec(query.order_by(col(Event.id))).all():
        if event.detail["visit_id"] == visit.id:
            leaves = event.kind == LEAVES_DAY and event.before == visit.day.isoformat()
            said = (said or day_of(event.at)) if leaves else None
    return said


def is_lost_already(visit: Visit) -> bool:
    """Tell whether nobody was there on the day under which a visit still stands: what that cost is charged then, and once."""
    return visit.status is VisitStatus.TO_MOVE and visit.slip is Slip.NOBODY_THERE


def is_late(brief: Brief, visit: Visit, told_on: datetime.date) -> bool:
    """Tell whether an agreed visit is lost with less notice than the programme asks for; days on which schools are closed do not count."""
    if visit.status not in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE) or is_lost_already(visit):
        return False
    return brief.calendar.between(told_on, visit.day) < brief.programme.schedule.late_cancel_working_days


def charge(brief: Brief, visit: Visit, reason: Slip | None, told_on: datetime.date) -> int:
    """Return the half days that the cancellation of a visit is charged; BadInput if it depends on a reason that nobody gave.

    `told_on` is the day on which its day was given up: today, or when it was said that the visit has to move.
    """
    if not is_late(brief, visit, told_on):
        return 0
    if reason is None:
        days = brief.programme.schedule.late_cancel_working_days
        kinds = ", ".join(one.value for one in Slip)
        raise BadInput(
            f"The visit is so near (less than {days} working days) that it is charged unless the school could not help it: "
            f"say why with --slip ({kinds})."
        )
    return 0 if reason in _FREE else visit.part.half_days


def slip_row(
    visit: Visit, to_day: datetime.date | None, reason: Slip | None, at: pendulum.DateTime, charged: int = 0
) -> tuple[type[VisitSlip], dict[str, Any]]:
    """Return the row that keeps how a visit slipped: to another day, or to none."""
    row = {"visit_id": visit.id, "case_id": visit.case_id, "day": visit.day, "to_day": to_day, "reason": reason, "charged": charged, "at": at}
    return VisitSlip, row
