"""What booked cases wait for: to be met for the first time, at a visit or a meeting; and those that have nothing left of it."""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Attendance, Meeting
from models.programme import Programme
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, Status, VisitStatus
from stages.brief import Brief
from stages.visits import NOT_HELD


def first_noted(session: Session, brief: Brief) -> set[int]:
    """Return booked cases that were met for the first time: at a visit whose note is published, if it has one, or at a meeting.

    A meeting is the first where the programme begins with one, or where no visit of the case is left to come before its plan.
    """
    booked = (Case.commission_id == brief.commission_id, Case.status == Status.BOOKED)
    visited = select(Case.id).join(Visit, col(Visit.case_id) == Case.id).where(*booked, Visit.status == VisitStatus.HELD)
    # A draft that nobody has been sent is of a visit that does not count as held yet.
    unpublished = select(NoteOfVisit.case_id).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).join(Case, col(Case.id) == NoteOfVisit.case_id)
    waiting = (Visit.status == VisitStatus.HELD, col(NoteOfVisit.published_at).is_(None))
    met = set(session.exec(_placed(brief.programme).where(*booked, Meeting.status == VisitStatus.HELD)).all())
    assigned = [one for one in brief.programme.schedule.sessions if one.bookings == "assigned"]
    if not assigned or assigned[0].held != "group":
        met -= set(session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(met), col(Visit.status).in_(NOT_HELD))).all())
    return {*session.exec(visited).all(), *met} - set(session.exec(unpublished.where(*booked, *waiting)).all())


def with_something(session: Session, programme: Programme, case_ids: Collection[int]) -> set[int]:
    """Return the cases among some that have a visit or a place at a meeting, held or to come."""
    live = (*NOT_HELD, VisitStatus.HELD)
    visits = select(Visit.case_id).where(col(Visit.case_id).in_(case_ids), col(Visit.status).in_(live))
    places = _placed(programme).where(col(Case.id).in_(case_ids), col(Meeting.status).in_(live))
    return {*session.exec(visits).all(), *session.exec(places).all()}


def with_nothing(session: Session, brief: Brief) -> set[int]:
    """Return the booked cases for which nothing is to come: a meeting that they may book, and need not, leads no case on."""
    mine = (Case.commission_id == brief.commission_id, Case.status == Status.BOOKED, col(Case.paused_since).is_(None))
    ids = set(session.exec(select(Case.id).where(*mine)).all())
    return ids - with_something(session, brief.programme, ids)


def _placed(programme: Programme) -> Any:
    """Return the query of cases with a place at a meeting that is not only open to them."""
    open_to_all = [one.id for one in programme.schedule.sessions if one.bookings == "open"]
    query = select(Case.id).join(Attendance, col(Attendance.case_id) == Case.id).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    return query.where(Attendance.status != AttendanceStatus.GIVEN_BACK, col(Meeting.session).not_in(open_to_all))
