"""Visits that do not keep their agreed day: what is kept of why, and what a late cancellation costs."""

import datetime
from typing import Any

import pendulum

from models.errors import BadInput
from models.visit import Visit, VisitSlip
from models.words import Role, Slip, VisitStatus
from stages.brief import Brief

# What nobody at the school could have told earlier, or was not theirs, is not charged.
_FREE = frozenset({Slip.SUPPORTER_ASKED, Slip.SUPPORTER_AWAY, Slip.SCHOOL_CLOSED, Slip.TERM_DATES_CHANGED, Slip.INSPECTION, Slip.MADE_ROOM})
_BY_ROLE = {Role.SCHOOL: Slip.SCHOOL_ASKED, Role.SUPPORTER: Slip.SUPPORTER_ASKED}


def slip_of(role: Role, given: Slip | None) -> Slip | None:
    """Return why an agreed day is given up: as somebody said, or by who asks; None if neither tells."""
    return given or _BY_ROLE.get(role)


def is_late(brief: Brief, visit: Visit, today: datetime.date) -> bool:
    """Tell whether an agreed visit is cancelled with less notice than the programme asks for; days on which schools are closed do not count."""
    notice = brief.calendar.between(today, visit.day)
    return visit.status in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE) and notice < brief.programme.schedule.late_cancel_working_days


def charge(brief: Brief, visit: Visit, reason: Slip | None, today: datetime.date) -> int:
    """Return the half days that the cancellation of a visit is charged; BadInput if it depends on a reason that nobody gave."""
    if not is_late(brief, visit, today):
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
