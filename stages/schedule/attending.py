"""What people decide on a meeting to come: that it has to move or cannot be, and a school that books a place or sends apologies."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.database import insert_rows
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.meeting import Attendance, Meeting
from models.moments import day_of
from models.words import AttendanceStatus, Role, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from stages.brief import Brief, check_running
from stages.groups import groups_of_case
from stages.invitations import of_meeting
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may, check_open, school_days_to_come
from stages.schedule.diaries import busy_days, closed_days
from stages.schedule.leaving import meeting_leaves_day
from stages.schedule.meeting_moves import cancel
from stages.schedule.meeting_places import is_inside, line_of

_LEADS = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)
_MOST_PEOPLE = 500
_NOTES_FROM = 1000


def find_meeting(session: Session, brief: Brief, number: int) -> Meeting:
    """Return a meeting of the commission by its number; NotFound otherwise."""
    meeting = session.get(Meeting, number, with_for_update=True)
    if meeting is None or meeting.commission_id != brief.commission_id:
        raise NotFound(f"There is no meeting {number} in {brief.commission.reference}: `lodestar meeting list` shows those there are.")
    return meeting


def move_meeting(
    session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, reason: str, not_on: Sequence[datetime.date] = ()
) -> None:
    """Have a meeting moved, to none of the days in `not_on`; its old day is kept free, the engine finds the new one and tells everybody."""
    _check_may_change(brief, meeting, actor, reason, "move")
    days = [meeting.day, *school_days_to_come(brief, not_on, at)]
    note(session, [meeting_leaves_day(session, meeting, actor, reason, not_on=days, reason=reason)], at)


def cancel_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Cancel a meeting for good and tell everybody who was to come."""
    _check_may_change(brief, meeting, actor, reason, "cancel")
    note(session, [replace(cancel(session, brief, meeting, reason), actor=actor)], at)


def _check_may_change(brief: Brief, meeting: Meeting, actor: Actor, reason: str, what: str) -> None:
    check_running(brief.commission)
    check_may(actor, (*_LEADS, Role.SCHOOL) if is_inside(brief, meeting) else _LEADS, f"{what} a meeting")
    if not reason.strip():
        raise NotPossible(f"To {what} a meeting needs a reason: give one with --reason.")
    if meeting.status not in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE):
        raise NotPossible(f"Meeting {meeting.id} is {meeting.status.value}, so it stays as it is.")


def book_place(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int | None) -> None:
    """Book a place for a school at a meeting to come that is open to it."""
    meeting = _for_school(session, brief, case, actor, at, number, "book a place")
    if is_inside(brief, meeting):
        raise NotPossible(f"Meeting {meeting.id} is for the staff of one school, so there are no places to book.")
    if meeting.group_id is not None and meeting.group_id not in groups_of_case(session, case.id):
        raise NotPossible(f"Meeting {meeting.id} is of a group that case {case.id} is not in.")
    place = session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.case_id == case.id)).first()
    if place is not None and place.status is AttendanceStatus.EXPECTED:
        raise NotPossible(f"Case {case.id} has its place at meeting {meeting.id} already.")
    if meeting.day in busy_days(session, [case.id], implied=False)[case.id] | closed_days(session, brief, [case.urn])[case.urn].keys():
        raise NotPossible(f"The school has something else on {meeting.day:%-d %B %Y}, or cannot that day: choose another meeting.")
    if place is None:
        insert_rows(session, Attendance, [{"meeting_id": meeting.id, "case_id": case.id, "booked": True}])
    else:
        _set_place(session, place.id, AttendanceStatus.EXPECTED, None)
    message = _booked(session, brief, case, meeting)
    note(session, [Note("meeting.booked", actor, brief.commission_id, case.id, detail={"meeting_id": meeting.id}, messages=[message])], at)


def _booked(session: Session, brief: Brief, case: Case, meeting: Meeting) -> Draft:
    """Return the message that a school has its place, with the invitation."""
    line = line_of(session, brief, meeting, case.urn, book=False)
    edition, entry = f"booked-{meeting.id}-{meeting.sequence}", of_meeting(session, brief, meeting)
    return to_school.meetings(
        brief.head, brief.to_school(case.urn), case.id, edition, brief.school(case).name, meeting.purpose, [line], entries=[entry]
    )


def send_apologies(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int | None, reason: str) -> None:
    """Say that a school cannot come to a meeting; a place that it booked is given back."""
    meeting = _for_school(session, brief, case, actor, at, number, "send apologies")
    if is_inside(brief, meeting):
        raise NotPossible(f"Meeting {meeting.id} is the school's own: have it moved with `lodestar meeting move {meeting.id}`.")
    place = session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.case_id == case.id)).first()
    if place is None or place.status is not AttendanceStatus.EXPECTED:
        raise NotPossible(f"Case {case.id} is not expected at meeting {meeting.id}.")
    _set_place(session, place.id, AttendanceStatus.GIVEN_BACK if place.booked else AttendanceStatus.APOLOGIES, reason or None)
    note(session, [Note("meeting.apologies", actor, brief.commission_id, case.id, reason=reason or None, detail={"meeting_id": meeting.id})], at)


def _for_school(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int | None, what: str) -> Meeting:
    """Return a meeting to come on which a school decides something."""
    if actor.role not in (Role.SCHOOL, Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot {what}: it is for school, adviser, lead.")
    check_open(case)
    if number is None:
        raise BadInput("Which meeting? Give its number with --meeting.")
    meeting = find_meeting(session, brief, number)
    if meeting.status is not VisitStatus.CONFIRMED or meeting.day < day_of(at):
        raise NotPossible(f"Meeting {meeting.id} of {meeting.day:%-d %B %Y} is not to come, so nothing changes in its places.")
    return meeting


def _set_place(session: Session, number: int, status: AttendanceStatus, why: str | None) -> None:
    session.execute(update(Attendance).where(col(Attendance.id) == number).values(status=status, why=why))
