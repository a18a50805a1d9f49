"""Visits and meetings as entries of calendars, and who is told when what stood in a calendar will not be."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from calendars.invitations import STANDING, Entry, stable_uid
from models.case import Case
from models.meeting import Attendance, Meeting, SupportGroup
from models.school import School
from models.visit import Visit
from models.words import AttendanceStatus, DayPart, VisitStatus
from notifications.draft import Draft, Recipient
from notifications.messages import to_school, to_staff
from stages.brief import Brief
from stages.record import Note
from stages.visits import NOT_HELD, PART_IN_WORDS, of_supporters

# What stood in somebody's calendar, with the supporter who was to come; none for a school's place at a meeting.
Stood = tuple[int | None, Entry]


def of_visit(brief: Brief, case: Case, visit: Visit, changed: Mapping[str, Any] | None = None) -> Entry:
    """Return a visit as a calendar holds it, with whatever columns are `changed` and not in the row yet."""
    now = {name: getattr(visit, name) for name in ("day", "part", "status", "sequence")} | dict(changed or {})
    school = brief.school(case)
    # Each of two who come to one visit reads who the other is.
    both = "" if visit.second_id is None else f", with {brief.names_of(visit.supporter_ids)}"
    return _entry(brief, "visit", visit.id, now, f"{visit.purpose}: {school.name}{both}", _address(school))


def of_meeting(session: Session, brief: Brief, meeting: Meeting) -> Entry:
    """Return a meeting as a calendar holds it."""
    host = session.get(School, meeting.host_urn) if meeting.host_urn is not None else None
    leader = brief.supporters.get(meeting.supporter_id or 0)
    where = host.name if host else "online" if meeting.place == "online" else leader.name if leader else brief.head.partnership
    now = {name: getattr(meeting, name) for name in ("day", "part", "status", "sequence")}
    return _entry(brief, "meeting", meeting.id, now, f"{meeting.purpose}: {where}", _address(host) if host else where)


def _entry(brief: Brief, what: str, number: int, now: Mapping[str, Any], title: str, place: str) -> Entry:
    head = brief.head
    about = f"{head.programme}, {head.partnership}\nReference: {head.reference}\nQuestions: {head.adviser}, {head.adviser_email}"
    uid = stable_uid(head.reference, brief.commission.opened_at, what, number)
    standing = STANDING[now["status"]]
    return Entry(uid, now["sequence"], standing, now["day"], now["part"], title, place, about, head.adviser, head.adviser_email)


def _address(school: School) -> str:
    return f"{school.name}, {school.postcode}" if school.postcode else school.name


def visit_line(brief: Brief, case: Case, day: datetime.date, part: DayPart, purpose: str, supporter_ids: Sequence[int]) -> dict[str, str]:
    """Return a visit as a line of a message to its school, with who comes unless that is the supporter of the case alone."""
    others = {} if tuple(supporter_ids) == (case.supporter_id,) else {"with": brief.names_of(supporter_ids)}
    return {"day": day.isoformat(), "part": PART_IN_WORDS[part.value], "purpose": purpose, **others}


def each_comer(brief: Brief, visit: Visit, edition: str) -> list[tuple[Recipient, str]]:
    """Return how to write to everybody who comes to a visit, each with an edition of its own."""
    first, *others = visit.supporter_ids
    return [(brief.to_supporter(first), edition), *((brief.to_supporter(number), f"{edition}/{number}") for number in others)]


def was_told(visit: Visit) -> bool:
    """Tell whether a visit can stand in calendars: it was agreed, or had another date after it was first offered."""
    return visit.status in (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE) or (visit.status is VisitStatus.PROPOSED and visit.sequence > 0)


def stood(
    session: Session, brief: Brief, case: Case, today: datetime.date, *,
    statuses: Collection[VisitStatus] = NOT_HELD, supporter_id: int | None = None, further: str | None = None,
) -> list[Stood]:  # fmt: skip
    """Return what a case has to come, as cancelled: its visits (those of one supporter) and its places at meetings (those of one match).

    Ask before they are cancelled and given back.
    """
    mine = () if supporter_id is None else (of_supporters([supporter_id]),)
    query = select(Visit).where(Visit.case_id == case.id, col(Visit.status).in_(statuses), Visit.day >= today, *mine)
    visits = [visit for visit in session.exec(query.order_by(col(Visit.ordinal))).all() if was_told(visit)]
    found: list[Stood] = [
        (number, of_visit(brief, case, visit, {"status": VisitStatus.CANCELLED, "sequence": visit.sequence + 1}))
        for visit in visits
        for number in visit.supporter_ids
    ]
    places = select(Meeting).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    if further is not None:
        places = places.join(SupportGroup, col(SupportGroup.id) == Meeting.group_id).where(SupportGroup.further == further)
    expected = (Attendance.case_id == case.id, Attendance.status == AttendanceStatus.EXPECTED, col(Meeting.status).in_(NOT_HELD))
    meetings = session.exec(places.where(*expected, Meeting.day >= today).order_by(col(Meeting.day))).all()
    # The meeting is for the others, so it keeps its sequence.
    return [*found, *((None, replace(of_meeting(session, brief, one), standing="CANCELLED")) for one in meetings)]


def tell_supporters(brief: Brief, case: Case, found: Sequence[Stood], why: str) -> list[Draft]:
    """Tell each supporter who was to come that it will not be."""
    by_supporter: dict[int, list[Entry]] = {}
    for number, entry in found:
        if number is not None:
            by_supporter.setdefault(number, []).append(entry)
    return [
        to_staff.visits_off(brief.head, brief.to_supporter(number), case.id, f"{case.version}/{number}", entries, why)
        for number, entries in by_supporter.items()
    ]


def tell_everybody(brief: Brief, case: Case, found: Sequence[Stood], why: str) -> list[Draft]:
    """Tell the school and each supporter that what stood in their calendars will not be."""
    if not found:
        return []
    # What two supporters were to come to is one visit to the school.
    entries = list({entry.uid: entry for _, entry in found}.values())
    to = brief.to_school(case.urn)
    return [
        to_school.dates_off(brief.head, to, case.id, case.version, brief.school(case).name, entries, why),
        *tell_supporters(brief, case, found, why),
    ]


def booked_for_supporters(brief: Brief, case: Case, visits: Sequence[tuple[int, Entry]], edition: int | str | None = None) -> list[Draft]:
    """Tell each supporter which dates were agreed with a school, with the invitations; `edition` is that of the case, if left out."""
    by_supporter: dict[int, list[Entry]] = {}
    for number, entry in visits:
        by_supporter.setdefault(number, []).append(entry)
    return [
        to_staff.visits_booked(brief.head, brief.to_supporter(number), case.id, f"{edition or case.version}/{number}", entries)
        for number, entries in by_supporter.items()
    ]


def told_leaders(session: Session, brief: Brief, notes: Sequence[Note]) -> list[Note]:
    """Return the notes of what was set with one message to each supporter who leads some of it."""
    by_leader: dict[int, list[Meeting]] = {}
    for one in notes:
        meeting = session.get_one(Meeting, one.detail["meeting_id"]) if one.kind == "meeting.set" else None
        if meeting is not None and meeting.supporter_id is not None:
            by_leader.setdefault(meeting.supporter_id, []).append(meeting)
    messages = [
        to_staff.visits_booked(brief.head, brief.to_supporter(number), None, f"meeting-{mine[0].id}/{number}",
                               [of_meeting(session, brief, one) for one in mine])
        for number, mine in by_leader.items()
    ]  # fmt: skip
    return [replace(notes[0], messages=messages), *notes[1:]] if messages else list(notes)
