"""Meetings of several schools and the groups that meet: as a list, one by one, and in a case's file."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotFound
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.moments import day_of
from models.school import School
from models.supporter import Supporter
from models.trail import Event
from models.words import AttendanceStatus, VisitStatus
from programmes.sessions import is_led_inside
from stages.brief import Brief, load_brief
from stages.journey import ENDED
from stages.schedule.meeting_places import where

Rows = list[dict[str, Any]]
_OUTSIDE = 0
INSIDE = "people of the school who were trained"
_WAS_EXPECTED = (AttendanceStatus.CAME, AttendanceStatus.ABSENT, AttendanceStatus.APOLOGIES)


def find_meeting_brief(session: Session, number: int) -> tuple[Meeting, Brief]:
    """Return a meeting by its number, with the brief of its commission; NotFound otherwise."""
    meeting = session.get(Meeting, number)
    if meeting is None:
        raise NotFound(f"There is no meeting {number}: `lodestar meeting list` shows those there are.")
    return meeting, load_brief(session, meeting.commission_id)


def meetings_of(session: Session, brief: Brief, number: int | None = None) -> Rows:
    """Return a row a meeting of a commission, by day: what it is, where, who leads it, and how many are expected or came; just one by its number."""
    mine = Meeting.commission_id == brief.commission_id if number is None else Meeting.id == number
    # The host is read with its meeting: `where` then finds it in the session instead of asking for it.
    query = select(Meeting, SupportGroup.title, Supporter.name, School).outerjoin(SupportGroup, col(SupportGroup.id) == Meeting.group_id)
    query = query.outerjoin(Supporter, col(Supporter.id) == Meeting.supporter_id).outerjoin(School, col(School.urn) == Meeting.host_urn).where(mine)
    places = select(Attendance.meeting_id, Attendance.status).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    inside = {one.id for one in brief.programme.schedule.sessions if is_led_inside(one)}
    count = Counter(session.exec(places.where(mine)).all())
    return [
        {"meeting": one.id, "day": one.held_on or one.day, "part": one.part.value.replace("_", " "), "what": one.purpose,
         "where": where(session, brief, one, _OUTSIDE), "group": group, "led_by": leader or (INSIDE if one.session in inside else "the partnership"),
         "status": one.status.value.replace("_", " "), "expected": _expected(count, one),
         "came": count[one.id, AttendanceStatus.CAME]}
        for one, group, leader, _ in session.exec(query.order_by(col(Meeting.day), col(Meeting.id))).all()
    ]  # fmt: skip


def _expected(count: Mapping[tuple[int, str], int], meeting: Meeting) -> int:
    """Return how many schools are expected at a meeting or, once it was held, had a place at it."""
    held = meeting.status is VisitStatus.HELD
    return sum(count.get((meeting.id, status), 0) for status in (_WAS_EXPECTED if held else (AttendanceStatus.EXPECTED,)))


def places_of(session: Session, meeting: Meeting) -> Rows:
    """Return a row a school with a place at a meeting: whether it is expected, came or cannot, and how many people."""
    query = select(Attendance, Case.urn, School.name).join(Case, col(Case.id) == Attendance.case_id).join(School, col(School.urn) == Case.urn)
    return [
        {"case": place.case_id, "urn": urn, "school": name, "place": place.status.value.replace("_", " "), "people": place.people, "why": place.why}
        for place, urn, name in session.exec(query.where(Attendance.meeting_id == meeting.id).order_by(col(School.name))).all()
    ]


def still_to_come_of(session: Session, meeting: Meeting) -> list[str]:
    """Return the schools in the group of a meeting to come that have no place at it yet, with which hosts it; a case may still be being matched."""
    if meeting.group_id is None or meeting.status not in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE):
        return []
    query = select(School).join(Case, col(Case.urn) == School.urn).join(GroupPlace, col(GroupPlace.case_id) == Case.id)
    has_place = select(Attendance.case_id).where(Attendance.meeting_id == meeting.id)
    mine = (GroupPlace.group_id == meeting.group_id, col(GroupPlace.left_on).is_(None), col(Case.status).not_in(ENDED))
    found = session.exec(query.where(*mine, col(GroupPlace.case_id).not_in(has_place)).order_by(col(School.name))).all()
    return [f"{one.name} (the host)" if one.urn == meeting.host_urn else one.name for one in found]


def corrections_of(session: Session, commission_id: int, meeting_id: int | None = None, case_id: int | None = None) -> Rows:
    """Return what was put right on who came to a commission's meetings, of one meeting or one case: was and now, by whom, when and why."""
    query = select(Event).where(Event.commission_id == commission_id, Event.kind == "meeting.corrected").order_by(col(Event.id))
    found = session.exec(query if case_id is None else query.where(Event.case_id == case_id)).all()
    return [
        {"meeting": one.detail["meeting_id"], "at": day_of(one.at), "by": one.by, "role": one.role.value,
         "school": one.detail["school"], "urn": one.detail["urn"], "was": one.before, "now": one.after, "why": one.detail.get("reason")}
        for one in found if meeting_id in (None, one.detail["meeting_id"])
    ]  # fmt: skip


def meetings_of_case(session: Session, brief: Brief, case: Case) -> Rows:
    """Return the meetings at which a case has or had a place, by day."""
    query = select(Meeting, Attendance, School).join(Attendance, col(Attendance.meeting_id) == Meeting.id).where(Attendance.case_id == case.id)
    query = query.outerjoin(School, col(School.urn) == Meeting.host_urn)
    corrections = corrections_of(session, case.commission_id, case_id=case.id)
    return [
        {"meeting": one.id, "day": one.held_on or one.day, "purpose": one.purpose, "where": where(session, brief, one, case.urn),
         "status": one.status.value, "place": place.status.value, "people": place.people, "resources": list(one.resources),
         "noted": dict(one.noted), "corrections": [row for row in corrections if row["meeting"] == one.id]}
        for one, place, _ in session.exec(query.order_by(col(Meeting.day), col(Meeting.id))).all()
    ]  # fmt: skip


def groups_of(session: Session, commission_id: int) -> Rows:
    """Return a row a group of a commission that has anybody in it: who leads it and which schools it has."""
    query = (
        select(SupportGroup, Supporter.name, Case.id, School.name)
        .join(GroupPlace, col(GroupPlace.group_id) == SupportGroup.id)
        .join(Case, col(Case.id) == GroupPlace.case_id)
        .join(School, col(School.urn) == Case.urn)
        .outerjoin(Supporter, col(Supporter.id) == SupportGroup.supporter_id)
        .where(SupportGroup.commission_id == commission_id, col(GroupPlace.left_on).is_(None))
        .order_by(col(SupportGroup.id), col(School.name))
    )
    found: dict[int, dict[str, Any]] = {}
    for group, leader, _, school in session.exec(query).all():
        row = found.setdefault(group.id, {"group": group.title, "led_by": leader, "schools": 0, "members": []})
        row["members"].append(school)
        row["schools"] += 1
    return list(found.values())
