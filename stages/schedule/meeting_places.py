"""How a meeting is seen: where it is in words and on the map, its line in a message, on which days a case has one, and who leads any."""

import datetime
from collections import Counter
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Attendance, Meeting, SupportGroup
from models.school import School
from models.words import AttendanceStatus, VisitStatus
from programmes.sessions import is_led_inside
from stages.brief import Brief
from stages.schedule.rules import Place
from stages.visits import PART_IN_WORDS


def line_of(session: Session, brief: Brief, meeting: Meeting, urn: int, *, book: bool) -> dict[str, Any]:
    """Return a meeting as the message to the school `urn` lists it; `book` says that a place is still to be booked."""
    return {"number": meeting.id, "day": meeting.day.isoformat(), "part": PART_IN_WORDS[meeting.part.value], "purpose": meeting.purpose,
            "where": where(session, brief, meeting, urn), "book": book}  # fmt: skip


def place_of(session: Session, brief: Brief, host_urn: int | None, supporter_id: int | None) -> Place:
    """Return where a meeting is on the map: at its host or, without one, where whoever leads it is based."""
    if host_urn is not None:
        school = session.get_one(School, host_urn)
        return school.easting, school.northing
    leader = brief.supporters.get(supporter_id or 0)
    return (leader.base_easting, leader.base_northing) if leader else (None, None)


def is_inside(brief: Brief, meeting: Meeting) -> bool:
    """Tell whether a meeting is led by people of the school where it is, and is for that school alone."""
    return any(is_led_inside(one) for one in brief.programme.schedule.sessions if one.id == meeting.session)


def where(session: Session, brief: Brief, meeting: Meeting, urn: int) -> str:
    """Return where a meeting is, as the school `urn` reads it."""
    if meeting.host_urn == urn and is_inside(brief, meeting):
        return "at your school, led by those of you who were trained"
    if meeting.host_urn is not None:
        return "at your school" if meeting.host_urn == urn else f"at {session.get_one(School, meeting.host_urn).name}"
    if meeting.place == "online":
        return "online"
    return f"with {brief.supporters[meeting.supporter_id].name}" if meeting.supporter_id else "at the partnership"


def meeting_days(session: Session, case: Case) -> dict[str, datetime.date]:
    """Return the days of the meetings at which a case has or had a place, by the keys of their sessions."""
    query = select(Meeting).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    mine = (Attendance.case_id == case.id, Attendance.status != AttendanceStatus.GIVEN_BACK, Meeting.status != VisitStatus.CANCELLED)
    found, counts = dict[str, datetime.date](), Counter[str]()
    for meeting in session.exec(query.where(*mine).order_by(col(Meeting.day))).all():
        counts[meeting.session] += 1
        number = meeting.ordinal if meeting.group_id is not None else counts[meeting.session]
        found[f"{meeting.session}.{number}"] = meeting.day
        if number == 1:
            found[meeting.session] = meeting.day
    return found


def leaders(session: Session, brief: Brief) -> set[int]:
    """Return the supporters of a commission's groups."""
    query = select(SupportGroup.supporter_id).where(SupportGroup.commission_id == brief.commission_id)
    return {number for number in session.exec(query).all() if number is not None}
