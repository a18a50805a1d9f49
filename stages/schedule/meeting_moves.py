"""Meetings that must change: a new day where one cannot be kept, another host where one has left, none where nobody is left to come."""

import datetime
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Attendance, Meeting
from models.school import School
from models.trail import Event
from models.words import AttendanceStatus, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from stages.batch import Tally
from stages.brief import Brief, load_brief
from stages.invitations import of_meeting
from stages.journey import ENDED
from stages.record import ENGINE, Note, note
from stages.schedule.diaries import NOTICE_SCHOOL_DAYS, blackouts, busy_days, closed_days, diaries
from stages.schedule.meeting_rules import next_host, set_day
from stages.schedule.meetings import leaders, where
from stages.schedule.rules import Diary, Unplaced, Wanted
from stages.visits import PART_IN_WORDS

_TO_COME = (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)
_LATEST_WEEKS = 26
_NOBODY = "nobody is left who would come"


def unsettled(session: Session, commission_id: int, today: datetime.date) -> list[Meeting]:
    """Return the meetings of a commission that must move, whose host has left, or to which nobody is left to come."""
    live = select(Meeting).where(Meeting.commission_id == commission_id, col(Meeting.status).in_(_TO_COME))
    rows = session.exec(live.order_by(col(Meeting.id))).all()
    hosts = set(session.exec(select(Case.urn).where(Case.commission_id == commission_id, col(Case.status).not_in(ENDED))).all())
    deserted = _deserted(session, [one.id for one in rows])
    return [
        one for one in rows
        if one.status is VisitStatus.TO_MOVE or (one.day > today and (one.id in deserted or (one.host_urn is not None and one.host_urn not in hosts)))
    ]  # fmt: skip


def _deserted(session: Session, meeting_ids: Sequence[int]) -> set[int]:
    """Return the meetings at which there were places and all were given back."""
    rows = session.exec(select(Attendance.meeting_id, Attendance.status).where(col(Attendance.meeting_id).in_(meeting_ids))).all()
    left = {number for number, status in rows if status is not AttendanceStatus.GIVEN_BACK}
    return {number for number, _ in rows} - left


def settle_meetings(session: Session, brief: Brief, at: pendulum.DateTime, tally: Tally) -> None:
    """Move, give another host or cancel each meeting that needs it, and tell everybody who was to come."""
    today = at.in_timezone("Europe/London").date()
    found = unsettled(session, brief.commission_id, today)
    if not found:
        return
    whole = load_brief(session, brief.commission_id)
    books, deserted, notes = diaries(session, whole, leaders(session, whole)), _deserted(session, [one.id for one in found]), []
    for meeting in found:
        if meeting.id in deserted:
            notes.append(cancel(session, whole, meeting, _NOBODY))
            continue
        changed = _settle(session, whole, meeting, books.get(meeting.supporter_id or 0, Diary((1, 2, 3, 4, 5))), today)
        notes += [changed] if changed else []
        tally.moves["settle-meeting"] += changed is not None and changed.kind == "meeting.changed"
    note(session, notes, at)


def expected(session: Session, meeting: Meeting) -> list[Case]:
    """Return the cases that are expected at a meeting."""
    query = select(Case).join(Attendance, col(Attendance.case_id) == Case.id)
    mine = (Attendance.meeting_id == meeting.id, Attendance.status == AttendanceStatus.EXPECTED)
    return list(session.exec(query.where(*mine).order_by(col(Case.id))).all())


def _settle(session: Session, brief: Brief, meeting: Meeting, diary: Diary, today: datetime.date) -> Note | None:
    """Give one meeting what it needs: a host who is still there, and a day that suits."""
    cases, was, why = expected(session, meeting), meeting.day, meeting.why or "the host is not there any more"
    urns = [case.urn for case in cases]
    if meeting.host_urn is not None and meeting.host_urn not in urns:
        meeting.host_urn = next_host(urns, {}) or meeting.host_urn
    if meeting.status is VisitStatus.TO_MOVE:
        first = brief.calendar.add(today, NOTICE_SCHOOL_DAYS)
        closed = {datetime.date.fromisoformat(day) for day in meeting.not_on}
        closed |= {day for days in closed_days(session, urns).values() for day in days}
        closed |= {day for days in busy_days(session, [case.id for case in cases]).values() for day in days if day != was}
        one = Wanted(meeting.session, meeting.purpose, meeting.part.value == "whole_day", first, first, None, 0, 0)
        limits = (first, first + datetime.timedelta(weeks=_LATEST_WEEKS))
        slot = set_day(one, limits, None, brief.calendar, blackouts(brief), closed, diary, _place(session, brief, meeting))
        if isinstance(slot, Unplaced):
            return _stuck(session, brief, meeting, cases, slot.why)
        diary.book(slot.day, slot.part, _place(session, brief, meeting))
        meeting.day, meeting.part, meeting.status = slot.day, slot.part, VisitStatus.CONFIRMED
    meeting.sequence, meeting.version, meeting.why = meeting.sequence + 1, meeting.version + 1, None
    session.add(meeting)
    return Note("meeting.changed", ENGINE, brief.commission_id, before=was.isoformat(), after=meeting.day.isoformat(), reason=why,
                detail={"meeting_id": meeting.id, "host": meeting.host_urn}, messages=_told(session, brief, meeting, cases, was, why))  # fmt: skip


def _stuck(session: Session, brief: Brief, meeting: Meeting, cases: Sequence[Case], why: str) -> Note | None:
    """Tell the adviser, once for each reason to move, of a meeting that finds no new day; it is tried again at every turn."""
    edition = f"meeting-{meeting.id}-{meeting.version}"
    if session.exec(select(Event.id).where(Event.kind == "meeting.stuck", Event.before == edition)).first() is not None or not cases:
        return None
    whose = f"{len(cases)} schools" if len(cases) > 1 else brief.school(cases[0]).name
    message = to_staff.visit_stuck(brief.head, brief.adviser, cases[0].id, edition, whose, meeting.purpose, meeting.day, why)
    return Note("meeting.stuck", ENGINE, brief.commission_id, before=edition, reason=why, detail={"meeting_id": meeting.id}, messages=[message])


def _told(session: Session, brief: Brief, meeting: Meeting, cases: Sequence[Case], was: datetime.date, why: str) -> list[Draft]:
    entry = of_meeting(session, brief, meeting)
    found = [
        to_school.meeting_changed(
            brief.head, brief.to_school(case.urn), case.id, meeting.id, meeting.sequence, brief.school(case).name, meeting.purpose, was,
            meeting.day, PART_IN_WORDS[meeting.part.value], where(session, brief, meeting, case.urn), why, [entry],
        )
        for case in cases
    ]  # fmt: skip
    if meeting.supporter_id is not None:
        edition = f"meeting-{meeting.id}-{meeting.sequence}"
        found.append(to_staff.visit_changed(brief.head, brief.to_supporter(meeting.supporter_id), None, edition, was, entry, why))
    return found


def _place(session: Session, brief: Brief, meeting: Meeting) -> tuple[int | None, int | None]:
    host = session.get(School, meeting.host_urn) if meeting.host_urn else None
    leader = brief.supporters.get(meeting.supporter_id or 0)
    return (host.easting, host.northing) if host else (leader.base_easting, leader.base_northing) if leader else (None, None)


def cancel(session: Session, brief: Brief, meeting: Meeting, why: str) -> Note:
    """Return the note of a meeting that will not take place, changed so; everybody who was to come is told."""
    meeting.status, meeting.why, meeting.version, meeting.sequence = VisitStatus.CANCELLED, why, meeting.version + 1, meeting.sequence + 1
    session.add(meeting)
    entry = of_meeting(session, brief, meeting)
    messages = [
        to_school.meeting_cancelled(brief.head, brief.to_school(case.urn), case.id, meeting.id, brief.school(case).name, meeting.purpose, meeting.day,
                                    why, [entry])
        for case in expected(session, meeting)
    ]  # fmt: skip
    if meeting.supporter_id is not None:
        leader = brief.to_supporter(meeting.supporter_id)
        messages.append(to_staff.visits_off(brief.head, leader, None, f"meeting-{meeting.id}-{meeting.sequence}", [entry], why))
    return Note("meeting.cancelled", ENGINE, brief.commission_id, before=meeting.day.isoformat(), reason=why, detail={"meeting_id": meeting.id},
                messages=messages)  # fmt: skip
