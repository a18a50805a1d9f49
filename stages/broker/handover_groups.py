"""What the next supporter has to know of a case's work in groups: with whom it meets, which meetings there were, are off and are to come."""

import datetime
from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.note import NoteContent
from models.school import School
from models.trail import Event
from models.words import AttendanceStatus, VisitStatus
from programmes.sessions import sessions_of
from programmes.sessions import titles as titles_of_matches
from stages.brief import Brief
from stages.broker.handover_visits import said_in
from stages.visits import PART_IN_WORDS

_AT = {"online": "online", "supporter": "with whoever leads it"}
_COMES = (AttendanceStatus.EXPECTED, AttendanceStatus.CAME)
_TO_COME = (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)
_PLACE_IN_WORDS = {
    AttendanceStatus.EXPECTED: "expected", AttendanceStatus.APOLOGIES: "sent apologies", AttendanceStatus.CAME: "came",
    AttendanceStatus.ABSENT: "did not come", AttendanceStatus.GIVEN_BACK: "place given back",
}  # fmt: skip


def groups_of(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    """Yield each group that a case is or was in: who leads it, the other schools, and why the case left it."""
    query = select(GroupPlace, SupportGroup).join(SupportGroup, col(SupportGroup.id) == GroupPlace.group_id).where(GroupPlace.case_id == case.id)
    for place, group in session.exec(query.order_by(col(GroupPlace.id))).all():
        leader = brief.supporters.get(group.supporter_id or 0)
        what = f" ({titles_of_matches(brief.programme)[group.further]})" if group.further else ""
        said = f"{group.title}{what}, " + (f"led by {leader.name}, " if leader and leader.name not in group.title else "")
        others = _beside(session, place)
        said += f"with {', '.join(others)}" if others else "with no other school"
        yield said + (f"; the school was in it until {place.left_on:%-d %B %Y}. Why: {place.why_left or 'not said'}" if place.left_on else "")


def _beside(session: Session, mine: GroupPlace) -> list[str]:
    """Return the other schools that were in a group while a case was, or are in it with it."""
    query = select(GroupPlace, School.name).join(Case, col(Case.id) == GroupPlace.case_id).join(School, col(School.urn) == Case.urn)
    rows = session.exec(query.where(GroupPlace.group_id == mine.group_id, GroupPlace.case_id != mine.case_id).order_by(col(GroupPlace.id))).all()
    until = mine.left_on or datetime.date.max
    met = [name for other, name in rows if other.joined_on <= until and (other.left_on or datetime.date.max) >= mine.joined_on]
    return list(dict.fromkeys(met if mine.left_on else [name for other, name in rows if other.left_on is None]))


def meetings_held(session: Session, case: Case) -> Iterator[str]:
    """Yield the meetings that were held at which a case had a place, with whether its school came and what was agreed there for all."""
    for meeting, place, host in _meetings(session, case, (VisitStatus.HELD,)):
        said = said_in(NoteContent.model_validate(meeting.noted))
        yield f"{_line(meeting, host)} ({_PLACE_IN_WORDS[place.status]}). {said}".rstrip()


def meetings_off(session: Session, case: Case) -> Iterator[str]:
    """Yield the meetings of a case that were cancelled, with why, and who had sent apologies."""
    for meeting, _, host in _meetings(session, case, (VisitStatus.CANCELLED,)):
        yield f"{_line(meeting, host)}. Why: {meeting.why or 'not said'}{_apologies(session, meeting)}"


def meetings_to_come(session: Session, case: Case) -> Iterator[str]:
    """Yield the meetings to come at which a case has its place, and who has sent apologies."""
    for meeting, place, host in _meetings(session, case, _TO_COME):
        if place.status is not AttendanceStatus.GIVEN_BACK:
            moves = ", which has to move" if meeting.status is VisitStatus.TO_MOVE else ""
            yield f"{_line(meeting, host)}{moves} ({_PLACE_IN_WORDS[place.status]}){_apologies(session, meeting)}"


def without_meeting(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    """Yield the sessions in groups that a case has still to have and that have no day; one that somebody cancelled does not come again."""
    dated = [one.session for one, place, _ in _meetings(session, case, tuple(VisitStatus)) if place.status is not AttendanceStatus.GIVEN_BACK]
    for one in sessions_of(brief.programme, "group"):
        left = one.count - dated.count(one.id) if one.every == "once" else 0
        if left > 0:
            yield f"{one.title} with other schools" + ("" if left == 1 else f", {left} times")


def _meetings(session: Session, case: Case, statuses: Sequence[VisitStatus]) -> list[tuple[Meeting, Attendance, str | None]]:
    query = select(Meeting, Attendance, School.name).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    query = query.outerjoin(School, col(School.urn) == Meeting.host_urn).where(Attendance.case_id == case.id, col(Meeting.status).in_(statuses))
    return [(meeting, place, host) for meeting, place, host in session.exec(query.order_by(col(Meeting.day), col(Meeting.id))).all()]


def _line(meeting: Meeting, host: str | None) -> str:
    where = f"at {host}" if host else _AT.get(meeting.place, "at the partnership")
    return f"{meeting.held_on or meeting.day:%-d %B %Y} ({PART_IN_WORDS[meeting.part.value]}): {meeting.purpose}, {where}"


def _apologies(session: Session, meeting: Meeting) -> str:
    """Return which schools had sent apologies for a meeting and why, as the trail has it: whoever left the group since has no place any more."""
    query = select(Event, Case.id, School.name).join(Case, col(Case.id) == Event.case_id).join(School, col(School.urn) == Case.urn)
    sent = session.exec(query.where(Event.kind == "meeting.apologies", Event.commission_id == meeting.commission_id).order_by(col(Event.id))).all()
    places = {one.case_id: one.status for one in session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id)).all()}
    said = {name: event.detail.get("reason") for event, number, name in sent
            if event.detail.get("meeting_id") == meeting.id and places[number] not in _COMES}  # fmt: skip
    return f". Apologies: {'; '.join(name + (f' ({why})' if why else '') for name, why in said.items())}" if said else ""
