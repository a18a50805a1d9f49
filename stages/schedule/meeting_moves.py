"""Meetings that must change: a new day where one cannot be kept, another host where one has left, none where nobody is left to come."""

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import ANY_WEEKS
from models.case import Case
from models.meeting import Attendance, GroupPlace, Meeting
from models.moments import day_of
from models.trail import Event
from models.visit import Visit
from models.words import AttendanceStatus, Stage, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from programmes.timing import Wanted
from stages.batch import Tally
from stages.brief import Brief, load_brief
from stages.groups import give_back
from stages.invitations import of_meeting
from stages.journey import ENDED
from stages.record import ENGINE, Note, note
from stages.schedule.diaries import LIVE, busy_days, closed_days, diaries
from stages.schedule.meeting_places import leaders, place_of, where
from stages.schedule.meeting_rules import Neighbour, in_order, next_host, set_day
from stages.schedule.rules import Diary, Placed, Unplaced
from stages.schedule.timetable.problem import CLOSED, shut_for_some
from stages.visits import PART_IN_WORDS

_TO_COME = (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)
_LATEST_WEEKS = 26
_NOBODY = "the group that was to meet has changed, and nobody is left to come"


def unsettled(session: Session, commission_id: int, today: datetime.date) -> list[Meeting]:
    """Return the meetings of a commission that must move, whose host has left, or to which nobody is left to come."""
    live = select(Meeting).where(Meeting.commission_id == commission_id, col(Meeting.status).in_(_TO_COME))
    rows = session.exec(live.order_by(col(Meeting.id))).all()
    able, deserted = _able_to_host(session, commission_id), _deserted(session, [one.id for one in rows])
    cannot = _cannot_host(session, [one.id for one in rows])
    return [
        one for one in rows
        if one.status is VisitStatus.TO_MOVE
        or (one.day > today and (one.id in deserted or _has_lost_its_host(one, _others(able.get(one.group_id, []), cannot.get(one.id, ())))))
    ]  # fmt: skip


def _cannot_host(session: Session, meeting_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the schools that have said that they cannot come to a meeting, by meeting."""
    query = select(Attendance.meeting_id, Case.urn).join(Case, col(Case.id) == Attendance.case_id)
    found: dict[int, set[int]] = {}
    for number, urn in session.exec(query.where(col(Attendance.meeting_id).in_(meeting_ids), Attendance.status == AttendanceStatus.APOLOGIES)).all():
        found.setdefault(number, set()).add(urn)
    return found


def _others(able: Sequence[int], cannot: Collection[int]) -> list[int]:
    return [urn for urn in able if urn not in cannot]


def _able_to_host(session: Session, commission_id: int) -> dict[int | None, list[int]]:
    """Return the schools that may host the meetings of each group, and (by None) those of the whole commission."""
    mine = (Case.commission_id == commission_id, col(Case.status).not_in(ENDED), Case.stage != Stage.DIAGNOSE)
    found: dict[int | None, list[int]] = {None: list(session.exec(select(Case.urn).where(*mine).order_by(col(Case.id))).all())}
    members = select(GroupPlace.group_id, Case.urn).join(Case, col(Case.id) == GroupPlace.case_id).where(*mine, col(GroupPlace.left_on).is_(None))
    for number, urn in session.exec(members.order_by(col(GroupPlace.id))).all():
        found.setdefault(number, []).append(urn)
    return found


def _has_lost_its_host(meeting: Meeting, able: Collection[int]) -> bool:
    """Tell whether a meeting is at a school that has left while there is another that could have it."""
    return meeting.host_urn is not None and meeting.host_urn not in able and bool(able)


def _deserted(session: Session, meeting_ids: Sequence[int]) -> set[int]:
    """Return the meetings at which places were given back and nobody is expected any more; those who sent apologies do not come either."""
    rows = session.exec(select(Attendance.meeting_id, Attendance.status).where(col(Attendance.meeting_id).in_(meeting_ids))).all()
    left = {number for number, status in rows if status not in (AttendanceStatus.GIVEN_BACK, AttendanceStatus.APOLOGIES)}
    return {number for number, status in rows if status is AttendanceStatus.GIVEN_BACK} - left


def settle_meetings(session: Session, brief: Brief, at: pendulum.DateTime, tally: Tally) -> None:
    """Move, give another host or cancel each meeting that needs it, and tell everybody who was to come."""
    today = day_of(at)
    found = _as_read(session, unsettled(session, brief.commission_id, today))
    if not found:
        return
    whole = load_brief(session, brief.commission_id)
    books, deserted, notes = diaries(session, whole, leaders(session, whole)), _deserted(session, [one.id for one in found]), []
    able, cannot = _able_to_host(session, brief.commission_id), _cannot_host(session, [one.id for one in found])
    for meeting in found:
        if meeting.id in deserted or (meeting.group_id is not None and not able.get(meeting.group_id)):
            notes.append(cancel(session, whole, meeting, _NOBODY))
            # Once somebody is to come the session is set again, which it is not where anybody kept a place.
            give_back(
                session,
                [case.id for case in _with(session, meeting, AttendanceStatus.APOLOGIES)],
                select(Meeting.id).where(Meeting.id == meeting.id),
                _NOBODY,
            )
            continue
        changed = _settle(session, whole, meeting, books.get(meeting.supporter_id or 0, Diary((1, 2, 3, 4, 5))), today,
                          _others(able.get(meeting.group_id, []), cannot.get(meeting.id, ())))  # fmt: skip
        notes += [changed] if changed else []
        tally.moves["settle-meeting"] += changed is not None and changed.kind == "meeting.changed"
    note(session, notes, at)


def _as_read(session: Session, found: Sequence[Meeting]) -> list[Meeting]:
    """Return, locked, those of the meetings that nobody has changed since they were read; any other is looked at anew at the next turn."""
    read = {one.id: one.version for one in found}
    query = select(Meeting).where(col(Meeting.id).in_(read)).order_by(col(Meeting.id)).with_for_update()
    return [one for one in session.exec(query.execution_options(populate_existing=True)).all() if one.version == read[one.id]] if read else []


def expected(session: Session, meeting: Meeting) -> list[Case]:
    """Return the cases that are expected at a meeting."""
    return _with(session, meeting, AttendanceStatus.EXPECTED)


def _with(session: Session, meeting: Meeting, *places: AttendanceStatus) -> list[Case]:
    """Return the cases whose place at a meeting stands so."""
    query = select(Case).join(Attendance, col(Attendance.case_id) == Case.id)
    mine = (Attendance.meeting_id == meeting.id, col(Attendance.status).in_(places))
    return list(session.exec(query.where(*mine).order_by(col(Case.id))).all())


def _settle(session: Session, brief: Brief, meeting: Meeting, diary: Diary, today: datetime.date, able: Sequence[int]) -> Note | None:
    """Give one meeting what it needs: a host who is still there, and a day that suits."""
    cases, was, why = expected(session, meeting), meeting.day, meeting.why or "the host is not there any more"
    urns = [case.urn for case in cases]
    if _has_lost_its_host(meeting, able):
        meeting.host_urn = next_host([urn for urn in urns if urn in able] or able, _hosted(session, meeting))
    if meeting.status is VisitStatus.TO_MOVE:
        first = brief.calendar.add(today, brief.programme.schedule.move_notice_school_days)
        not_on = {datetime.date.fromisoformat(day) for day in meeting.not_on}
        not_on |= {day for days in busy_days(session, [case.id for case in cases]).values() for day in days if day != was}
        closed = shut_for_some([dict.fromkeys(not_on, CLOSED), *closed_days(session, brief, urns).values()])
        one, place = (
            Wanted(meeting.session, meeting.purpose, meeting.part.value == "whole_day", first, first, None, 0, 0),
            place_of(session, brief, meeting.host_urn, meeting.supporter_id),
        )
        whole = (first, first + datetime.timedelta(weeks=_LATEST_WEEKS))
        before, after = _neighbours(session, brief, meeting, [case.id for case in cases])
        slot: Placed | Unplaced = Unplaced(one.key, "")
        # In its place between the others if that can be, then at least after what must come first.
        for limits in (in_order(whole, before, after), in_order(whole, [replace(other, most_weeks=ANY_WEEKS) for other in before], [])):
            if isinstance(slot, Unplaced):
                slot = set_day(one, limits, None, brief.calendar, closed, diary, place)
        if isinstance(slot, Unplaced):
            return _stuck(session, brief, meeting, cases, slot.why)
        diary.book(slot.day, slot.part, place)
        meeting.day, meeting.part, meeting.status = slot.day, slot.part, VisitStatus.CONFIRMED
    meeting.sequence, meeting.version, meeting.why = meeting.sequence + 1, meeting.version + 1, None
    session.add(meeting)
    return Note("meeting.changed", ENGINE, brief.commission_id, before=was.isoformat(), after=meeting.day.isoformat(), reason=why,
                detail={"meeting_id": meeting.id, "host": meeting.host_urn}, messages=told(session, brief, meeting, cases, was, why))  # fmt: skip


def _hosted(session: Session, meeting: Meeting) -> Counter[int]:
    """Return how often each school hosts the meetings of a group, or those of the whole commission."""
    query = select(Meeting.host_urn).where(Meeting.commission_id == meeting.commission_id, Meeting.status != VisitStatus.CANCELLED)
    mine = query.where(col(Meeting.group_id).is_(None) if meeting.group_id is None else Meeting.group_id == meeting.group_id)
    return Counter(urn for urn in session.exec(mine).all() if urn is not None)


def _neighbours(session: Session, brief: Brief, meeting: Meeting, case_ids: Sequence[int]) -> tuple[list[Neighbour], list[Neighbour]]:
    """Return what comes before and after a meeting for those who are to come: its own repeats, what it waits for, and what waits for it."""
    sessions = {one.id: one for one in brief.programme.schedule.sessions}
    meetings = select(col(Meeting.session), col(Meeting.day)).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    theirs = (col(Attendance.case_id).in_(case_ids), Attendance.status != AttendanceStatus.GIVEN_BACK, Meeting.id != meeting.id)
    visits = select(col(Visit.session), col(Visit.day)).where(col(Visit.case_id).in_(case_ids), col(Visit.meeting_id).is_(None))
    days = {
        *session.exec(meetings.where(*theirs, col(Meeting.status).in_(LIVE))).all(),
        *session.exec(visits.where(col(Visit.status).in_(LIVE))).all(),
    }
    mine, before, after = sessions[meeting.session], list[Neighbour](), list[Neighbour]()
    for key, day in days:
        other = sessions[key.partition(".")[0]]
        waits = other if other.after == mine.id else mine
        most = waits.gap_weeks.at_most if waits.every == "once" else ANY_WEEKS
        found = Neighbour(day, waits.gap_weeks.at_least, most)
        if other.after == mine.id or (other is mine and day > meeting.day):
            after.append(found)
        elif other is mine or mine.after == other.id:
            before.append(found)
    return before, after


def _stuck(session: Session, brief: Brief, meeting: Meeting, cases: Sequence[Case], why: str) -> Note | None:
    """Tell the adviser, once for each reason to move, of a meeting that finds no new day; it is tried again at every turn."""
    edition = f"meeting-{meeting.id}-{meeting.version}"
    if session.exec(select(Event.id).where(Event.kind == "meeting.stuck", Event.before == edition)).first() is not None or not cases:
        return None
    whose = f"{len(cases)} schools" if len(cases) > 1 else brief.school(cases[0]).name
    message = to_staff.meeting_stuck(brief.head, brief.adviser, cases[0].id, meeting.id, edition, whose, meeting.purpose, meeting.day, why)
    return Note("meeting.stuck", ENGINE, brief.commission_id, before=edition, reason=why, detail={"meeting_id": meeting.id}, messages=[message])


def told(session: Session, brief: Brief, meeting: Meeting, cases: Sequence[Case], was: datetime.date, why: str) -> list[Draft]:
    """Return what schools and whoever leads a meeting are told of its change."""
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


def cancel(session: Session, brief: Brief, meeting: Meeting, why: str) -> Note:
    """Return the note of a meeting that will not take place, changed so; everybody in whose calendar it may stand is told."""
    meeting.status, meeting.why, meeting.version, meeting.sequence = VisitStatus.CANCELLED, why, meeting.version + 1, meeting.sequence + 1
    session.add(meeting)
    entry = of_meeting(session, brief, meeting)
    messages = [
        to_school.meeting_cancelled(brief.head, brief.to_school(case.urn), case.id, meeting.id, brief.school(case).name, meeting.purpose, meeting.day,
                                    why, [entry])
        for case in _whose_calendar(session, meeting)
    ]  # fmt: skip
    if meeting.supporter_id is not None:
        leader = brief.to_supporter(meeting.supporter_id)
        messages.append(to_staff.visits_off(brief.head, leader, None, f"meeting-{meeting.id}-{meeting.sequence}", [entry], why))
    return Note("meeting.cancelled", ENGINE, brief.commission_id, before=meeting.day.isoformat(), reason=why, detail={"meeting_id": meeting.id},
                messages=messages)  # fmt: skip


def _whose_calendar(session: Session, meeting: Meeting) -> list[Case]:
    """Return the cases that hear that a meeting is off: those expected or left behind, and those with apologies, who have it in theirs still."""
    sorry = [case for case in _with(session, meeting, AttendanceStatus.APOLOGIES) if case.status not in ENDED]
    return sorted([*(expected(session, meeting) or _left_behind(session, meeting)), *sorry], key=lambda case: case.id)


def _left_behind(session: Session, meeting: Meeting) -> list[Case]:
    """Return the open cases whose place at a meeting was given back for them, since whoever led it has left, say."""
    query = select(Case).join(Attendance, col(Attendance.case_id) == Case.id)
    mine = (Attendance.meeting_id == meeting.id, Attendance.status == AttendanceStatus.GIVEN_BACK, col(Attendance.booked).is_(False))
    return list(session.exec(query.where(*mine, col(Case.status).not_in(ENDED)).order_by(col(Case.id))).all())
