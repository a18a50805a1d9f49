"""Reminders of days: of a visit or meeting that is near, to the school and to whoever comes, and of a visit that has had its day without a note."""

import datetime
from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput
from models.meeting import Attendance, Meeting
from models.visit import SchoolPart, Visit
from models.words import AttendanceStatus, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from stages.brief import Brief
from stages.invitations import each_comer, of_meeting, of_visit
from stages.reminders.rules import current_step, is_near
from stages.schedule.meeting_places import where
from stages.unpublished import note_due_on, school_days_to_write, unwritten
from stages.visits import PART_IN_WORDS, writes_note


def coming_up(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Draft]:
    """Return what is said today of visits and meetings that are near; the key of each says it once for each date."""
    if not brief.programme.messages.reminders.before:
        return []
    by_id = {case.id: case for case in cases}
    return [*_visits(session, brief, by_id, today), *_meetings(session, brief, by_id, today)]


def _latest(brief: Brief, today: datetime.date) -> datetime.date:
    """Return the last day of which anything may be said today."""
    try:
        return brief.calendar.add(today, brief.programme.messages.reminders.before[0] + 1)
    except BadInput:
        return brief.calendar.last or today


def _is_near(brief: Brief, day: datetime.date, today: datetime.date) -> bool:
    return is_near(day, brief.programme.messages.reminders.before[0], brief.calendar, today)


def _visits(session: Session, brief: Brief, cases: Mapping[int, Case], today: datetime.date) -> list[Draft]:
    found = []
    agreed = (col(Visit.case_id).in_(cases), Visit.status == VisitStatus.CONFIRMED, Visit.day >= today, Visit.day <= _latest(brief, today))
    for visit in session.exec(select(Visit).where(*agreed).order_by(col(Visit.id))).all():
        if not _is_near(brief, visit.day, today):
            continue
        case = cases[visit.case_id]
        entry = of_visit(brief, case, visit)
        found += [
            to_school.visit_soon(
                brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence, brief.school(case).name,
                brief.names_of(visit.supporter_ids), visit.purpose, visit.day, PART_IN_WORDS[visit.part.value], _still_asked(session, brief, visit),
            ),
            *(to_staff.visit_ahead(brief.head, to, case.id, edition, entry)
              for to, edition in each_comer(brief, visit, f"visit-{visit.id}-{visit.sequence}")),
        ]  # fmt: skip
    return found


def _still_asked(session: Session, brief: Brief, visit: Visit) -> list[str]:
    """Return what the school is asked before a visit and has not answered."""
    told = session.exec(select(SchoolPart.answers).where(SchoolPart.visit_id == visit.id)).first() or {}
    asked = brief.programme.schedule.note.school_part if writes_note(brief.programme, visit.session) else []
    return [one.asks for one in asked if one.id not in told]


def _meetings(session: Session, brief: Brief, cases: Mapping[int, Case], today: datetime.date) -> list[Draft]:
    """Return what is said of meetings: to each school that is expected and, if any is, to whoever leads it."""
    live = (Meeting.commission_id == brief.commission_id, Meeting.status == VisitStatus.CONFIRMED)
    days = (Meeting.day >= today, Meeting.day <= _latest(brief, today))
    places = select(Meeting, Attendance.case_id).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    rows = session.exec(places.where(*live, *days, Attendance.status == AttendanceStatus.EXPECTED).order_by(col(Attendance.id))).all()
    near = [(meeting, cases[number]) for meeting, number in rows if number in cases and _is_near(brief, meeting.day, today)]
    found = [
        to_school.meeting_soon(
            brief.head, brief.to_school(case.urn), case.id, meeting.id, meeting.sequence, brief.school(case).name, meeting.purpose, meeting.day,
            PART_IN_WORDS[meeting.part.value], where(session, brief, meeting, case.urn),
        )
        for meeting, case in near
    ]  # fmt: skip
    led = {meeting.id: meeting for meeting, _ in near if meeting.supporter_id is not None}
    return found + [
        to_staff.visit_ahead(brief.head, brief.to_supporter(one.supporter_id), None, f"meeting-{one.id}-{one.sequence}",
                             of_meeting(session, brief, one))
        for one in led.values()
    ]  # fmt: skip


def notes_due(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Draft]:
    """Return the rung of the ladder of each visit that has had its day and of which nothing is written: to the supporter, then to the adviser.

    A note is due so many school days after the visit as its template says, and asked for from the first of them on; on the last day before a
    break it can wait.
    """
    if brief.calendar.is_last_before_break(today):
        return []
    by_id = {case.id: case for case in cases}
    return [draft for visit in unwritten(session, by_id, today) for draft in _note_due(brief, by_id[visit.case_id], visit, today)]


def _note_due(brief: Brief, case: Case, visit: Visit, today: datetime.date) -> list[Draft]:
    usual, edition = brief.programme.messages.reminders, f"visit-{visit.id}-{visit.sequence}"
    # That a note is late is for the adviser to settle, and nobody further up.
    ladder = usual.model_copy(update={"before": [school_days_to_write(brief, visit) - 1], "then": ["adviser"] if "adviser" in usual.then else []})
    due = note_due_on(brief, visit)
    if due is None:
        return []
    step = current_step(due, ladder, brief.calendar, today)
    if step is None:
        return []
    school, to = brief.school(case).name, brief.to_supporter(visit.supporter_id)
    if step.to == "adviser":
        return [to_staff.overdue(brief.head, brief.adviser, case.id, edition, school, "the note of a visit", to.name, due)]
    writes = writes_note(brief.programme, visit.session)
    return [to_staff.note_due(brief.head, to, case.id, f"{edition}/{step.name}", school, visit.purpose, visit.day, due,
                              writes=writes, overdue=step.late)]  # fmt: skip
