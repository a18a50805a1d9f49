"""What people decide on a meeting: who came, that it has to move or cannot be, and a school that books a place or sends apologies."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from evidence.privacy import refuse_pupils_in
from models.case import Case
from models.commission import LedgerLine
from models.database import insert_rows
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.match import Match
from models.meeting import Attendance, GroupPlace, Meeting
from models.programme import Session as Planned
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, DayPart, Role, Stage, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from stages import ledger
from stages.brief import Brief, check_running
from stages.invitations import of_meeting
from stages.journey import ENDED
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may, check_open
from stages.schedule.diaries import busy_days, closed_days
from stages.schedule.meeting_moves import cancel
from stages.schedule.meetings import where
from stages.schedule.notes import REPLY_SCHOOL_DAYS
from stages.visits import NOT_HELD, PART_IN_WORDS

_LEADS = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)
_MOST_PEOPLE = 500
_NOTES_FROM = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """How a meeting went: people by URN of each school that came, the day if not the planned one, and what it leaves."""

    came: Mapping[int, int]
    on: datetime.date | None = None
    speaker: str | None = None
    resources: Sequence[str] = ()
    strengths: str = ""
    areas: str = ""
    actions: Sequence[str] = field(default_factory=tuple)


def find_meeting(session: Session, brief: Brief, number: int) -> Meeting:
    """Return a meeting of the commission by its number; NotFound otherwise."""
    meeting = session.get(Meeting, number, with_for_update=True)
    if meeting is None or meeting.commission_id != brief.commission_id:
        raise NotFound(f"There is no meeting {number} in {brief.commission.reference}: `lodestar meeting list` shows those there are.")
    return meeting


def _planned(brief: Brief, meeting: Meeting) -> Planned:
    return next(one for one in brief.programme.schedule.sessions if one.id == meeting.session)


def _places(session: Session, meeting: Meeting) -> dict[int, tuple[Case, Attendance]]:
    """Return the cases with a place at a meeting, by URN; a case that has ended has given its own back for good."""
    query = select(Case, Attendance).join(Attendance, col(Attendance.case_id) == Case.id).where(Attendance.meeting_id == meeting.id)
    rows = session.exec(query.order_by(col(Case.id))).all()
    return {case.urn: (case, place) for case, place in rows if place.status is not AttendanceStatus.GIVEN_BACK or case.status not in ENDED}


def _unexpected(session: Session, meeting: Meeting, urns: Collection[int]) -> dict[int, tuple[Case, Attendance]]:
    """Return schools of the commission (or of the meeting's group) that came without a place, each with the place it is given now."""
    mine = (Case.commission_id == meeting.commission_id, col(Case.urn).in_(urns), col(Case.status).not_in(ENDED), Case.stage != Stage.DIAGNOSE)
    cases = session.exec(select(Case).where(*mine).order_by(col(Case.id))).all()
    able = [case for case in cases if meeting.group_id is None or meeting.group_id in _groups(session, case)]
    return {case.urn: (case, Attendance(meeting_id=meeting.id, case_id=case.id)) for case in able}


def hold_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, held: Held) -> int:
    """Record that a meeting was held and who came; return how many schools did.

    Of one that writes a note, the note is about the school where it was held and goes there to be marked accurate.
    """
    check_running(brief.commission)
    check_may(actor, _LEADS, "record a meeting")
    written = {"What is strong": held.strengths, "What to work on": held.areas, "An action": "\n".join(held.actions),
               "The speaker": held.speaker or "", "A resource": "\n".join(held.resources)}  # fmt: skip
    for what, text in written.items():
        refuse_pupils_in(text, what)
    today, planned = at.in_timezone("Europe/London").date(), _planned(brief, meeting)
    day, places = held.on or meeting.day, _places(session, meeting)
    _check_can_be_held(brief, meeting, day, today)
    places |= _unexpected(session, meeting, set(held.came) - {urn for urn, (_, place) in places.items() if place.id is not None})
    _check_came(meeting, held.came, places, planned)
    came = {urn: people for urn, people in held.came.items() if people}
    rows, messages = _written_up(session, brief, meeting, planned, held, day, places, came, at)
    for urn, (_, place) in places.items():
        if place.status in (AttendanceStatus.EXPECTED, AttendanceStatus.APOLOGIES) or urn in came:
            stays = place.status is AttendanceStatus.APOLOGIES and urn not in came
            place.status = AttendanceStatus.CAME if urn in came else AttendanceStatus.APOLOGIES if stays else AttendanceStatus.ABSENT
            place.people = came.get(urn, 0)
            session.add(place)
    meeting.status, meeting.held_on, meeting.speaker, meeting.resources = VisitStatus.HELD, day, held.speaker, list(held.resources)
    meeting.version += 1
    session.add(meeting)
    note(session, [Note("meeting.held", actor, brief.commission_id, before="confirmed", after="held", rows=rows, messages=messages,
                        detail={"meeting_id": meeting.id, "came": len(came), "of": len(places), "held_on": day.isoformat()})], at)  # fmt: skip
    return len(came)


def _check_can_be_held(brief: Brief, meeting: Meeting, day: datetime.date, today: datetime.date) -> None:
    if meeting.status is not VisitStatus.CONFIRMED:
        raise NotPossible(f"Meeting {meeting.id} is {meeting.status.value.replace('_', ' ')}, so it cannot be recorded as held.")
    if day > today:
        raise NotPossible(f"The meeting is on {day:%-d %B %Y}, which is still to come: record it after it.")
    if day < brief.commission.starts:
        raise NotPossible(f"The meeting cannot have been held on {day:%-d %B %Y}, before the commission began: look at --on.")


def _check_came(meeting: Meeting, came: Mapping[int, int], places: Collection[int], planned: Planned) -> None:
    strangers = sorted(set(came) - set(places))
    if strangers:
        raise BadInput(f"School {strangers[0]} has no place at meeting {meeting.id}: book it one first, or look at the URN.")
    if any(not 0 <= people <= _MOST_PEOPLE for people in came.values()):
        raise BadInput(f"A school sends from 0 to {_MOST_PEOPLE} people: look at --came.")
    if planned.attendance and not any(came.values()):
        raise BadInput("At this meeting attendance is taken: name each school that came with --came, or cancel the meeting if nobody did.")


def _written_up(
    session: Session, brief: Brief, meeting: Meeting, planned: Planned, held: Held, day: datetime.date,
    places: Mapping[int, tuple[Case, Attendance]], came: Mapping[int, int], at: pendulum.DateTime,
) -> tuple[list[tuple[type[SQLModel], Mapping[str, Any]]], list[Draft]]:  # fmt: skip
    """Return the rows and messages of a meeting that was held: the time it took, what it leaves, and the host's note of visit."""
    rows = list[tuple[type[SQLModel], Mapping[str, Any]]]()
    if meeting.supporter_id is not None and places:
        rows += [(LedgerLine, line) for line in _charged(session, brief, meeting, places, at)]
    messages = [
        to_school.meeting_held(brief.head, brief.to_school(urn), case.id, meeting.id, brief.school(case).name, meeting.purpose, day, held.speaker,
                               held.resources, came=urn in came)
        for urn, (case, place) in places.items()
        if (held.speaker or held.resources) and (urn in came or place.status is not AttendanceStatus.GIVEN_BACK)
    ]  # fmt: skip
    host = places.get(meeting.host_urn or 0)
    # Without the host it was not at the host's, and there is nothing to say of that school.
    if planned.note and host is not None and meeting.host_urn in came and meeting.supporter_id is not None:
        messages.append(_host_note(session, brief, meeting, host[0], held, day, at))
    return rows, messages


def _charged(
    session: Session, brief: Brief, meeting: Meeting, places: Mapping[int, tuple[Case, Attendance]], at: pendulum.DateTime
) -> list[dict[str, Any]]:
    """Return the lines for a meeting's time: charged once, to the case with most left of what its match with whoever leads it committed.

    A group that is smaller than planned may have nothing left; then what is used is committed with it.
    """
    cases, leader = {case.id: case for case, _ in places.values()}, brief.supporters[meeting.supporter_id or 0]
    live = (col(Match.case_id).in_(cases), Match.supporter_id == leader.id, col(Match.status).in_(ledger.LIVE_MATCHES))
    to_come = _to_come(session, list(cases), leader.id)
    unused = ledger.still_unused(session, session.exec(select(Match).where(*live)).all())
    left = {number: half_days - to_come.get(number, 0) for number, (half_days, _) in unused.items()}
    case = cases[min(left or cases, key=lambda number: (-left.get(number, 0), number))]
    as_visit = Visit(case_id=case.id, supporter_id=leader.id, session=meeting.session, ordinal=0, purpose="", day=meeting.day, part=meeting.part)
    used = {**ledger.used(case, as_visit, leader, at), "reason": f"meeting {meeting.id} ({meeting.session}) held"}
    if left.get(case.id, 0) >= used["half_days"]:
        return [used]
    reason = f"meeting {meeting.id} of a group smaller than planned"
    return [{**ledger.committed(case, leader.id, used["pence"], used["half_days"], at), "reason": reason}, used]


def _to_come(session: Session, case_ids: Sequence[int], supporter_id: int) -> dict[int, int]:
    """Return the half days of visits that a supporter still owes each case."""
    query = select(Visit).where(col(Visit.case_id).in_(case_ids), Visit.supporter_id == supporter_id, col(Visit.status).in_(NOT_HELD))
    found: dict[int, int] = {}
    for visit in session.exec(query).all():
        found[visit.case_id] = found.get(visit.case_id, 0) + (2 if visit.part is DayPart.WHOLE_DAY else 1)
    return found


def _host_note(session: Session, brief: Brief, meeting: Meeting, case: Case, held: Held, day: datetime.date, at: pendulum.DateTime) -> Draft:
    """Write the note of visit of the school where a meeting was held, and return the message that asks for its reply."""
    if not (held.strengths.strip() and held.areas.strip()):
        raise BadInput("Of this meeting a note of visit is written for the host: give --strengths and --areas.")
    visit = Visit(
        case_id=case.id, supporter_id=meeting.supporter_id or 0, session=f"{meeting.session}.{meeting.ordinal}", ordinal=_NOTES_FROM + meeting.id,
        purpose=meeting.purpose, day=meeting.day, part=meeting.part, status=VisitStatus.HELD, held_on=day, meeting_id=meeting.id,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    due = brief.calendar.add(at.in_timezone("Europe/London").date(), REPLY_SCHOOL_DAYS)
    insert_rows(session, NoteOfVisit, [{
        "visit_id": visit.id, "case_id": case.id, "strengths": held.strengths, "areas": held.areas, "agreed_actions": list(held.actions),
        "written_at": at, "reply_due": due,
    }])  # fmt: skip
    return to_school.note_for_reply(
        brief.head, brief.to_school(case.urn), case.id, visit.id, 1, brief.school(case).name, day, held.strengths, held.areas, held.actions, due
    )


def move_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Have a meeting moved; its old day is kept free, the engine finds the new one and tells everybody."""
    _check_may_change(brief, meeting, actor, reason, "move")
    meeting.status, meeting.why, meeting.not_on = VisitStatus.TO_MOVE, reason, [*meeting.not_on, meeting.day.isoformat()]
    meeting.version += 1
    session.add(meeting)
    detail = {"meeting_id": meeting.id}
    note(session, [Note("meeting.to-move", actor, brief.commission_id, before=meeting.day.isoformat(), reason=reason, detail=detail)], at)


def cancel_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Cancel a meeting for good and tell everybody who was to come."""
    _check_may_change(brief, meeting, actor, reason, "cancel")
    note(session, [replace(cancel(session, brief, meeting, reason), actor=actor)], at)


def _check_may_change(brief: Brief, meeting: Meeting, actor: Actor, reason: str, what: str) -> None:
    check_running(brief.commission)
    check_may(actor, _LEADS, f"{what} a meeting")
    refuse_pupils_in(reason, "The reason")
    if not reason.strip():
        raise NotPossible(f"To {what} a meeting needs a reason: give one with --reason.")
    if meeting.status not in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE):
        raise NotPossible(f"Meeting {meeting.id} is {meeting.status.value}, so it stays as it is.")


def book_place(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int | None) -> None:
    """Book a place for a school at a meeting to come that is open to it."""
    meeting = _for_school(session, brief, case, actor, at, number, "book a place")
    if meeting.group_id is not None and meeting.group_id not in _groups(session, case):
        raise NotPossible(f"Meeting {meeting.id} is of a group that case {case.id} is not in.")
    place = session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.case_id == case.id)).first()
    if place is not None and place.status is AttendanceStatus.EXPECTED:
        raise NotPossible(f"Case {case.id} has its place at meeting {meeting.id} already.")
    if meeting.day in busy_days(session, [case.id], implied=False)[case.id] | closed_days(session, [case.urn])[case.urn]:
        raise NotPossible(f"The school has something else on {meeting.day:%-d %B %Y}, or cannot that day: choose another meeting.")
    if place is None:
        insert_rows(session, Attendance, [{"meeting_id": meeting.id, "case_id": case.id, "booked": True}])
    else:
        _set_place(session, place.id, AttendanceStatus.EXPECTED, None)
    message = _booked(session, brief, case, meeting)
    note(session, [Note("meeting.booked", actor, brief.commission_id, case.id, detail={"meeting_id": meeting.id}, messages=[message])], at)


def _booked(session: Session, brief: Brief, case: Case, meeting: Meeting) -> Draft:
    """Return the message that a school has its place, with the invitation."""
    line = {"number": meeting.id, "day": meeting.day.isoformat(), "part": PART_IN_WORDS[meeting.part.value], "purpose": meeting.purpose,
            "where": where(session, brief, meeting, case.urn), "book": False}  # fmt: skip
    edition, entry = f"booked-{meeting.id}-{meeting.sequence}", of_meeting(session, brief, meeting)
    return to_school.meetings(
        brief.head, brief.to_school(case.urn), case.id, edition, brief.school(case).name, meeting.purpose, [line], entries=[entry]
    )


def send_apologies(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int | None, reason: str) -> None:
    """Say that a school cannot come to a meeting; a place that it booked is given back."""
    meeting = _for_school(session, brief, case, actor, at, number, "send apologies")
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
    if meeting.status is not VisitStatus.CONFIRMED or meeting.day < at.in_timezone("Europe/London").date():
        raise NotPossible(f"Meeting {meeting.id} of {meeting.day:%-d %B %Y} is not to come, so nothing changes in its places.")
    return meeting


def _groups(session: Session, case: Case) -> set[int | None]:
    return set(session.exec(select(GroupPlace.group_id).where(GroupPlace.case_id == case.id, col(GroupPlace.left_on).is_(None))).all())


def _set_place(session: Session, number: int, status: AttendanceStatus, why: str | None) -> None:
    session.execute(update(Attendance).where(col(Attendance.id) == number).values(status=status, why=why))
