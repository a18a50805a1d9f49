"""A meeting that was held: who came, whose days it takes, what it leaves for each school, and the note of the school where it was."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, col, select

from evidence.privacy import refuse_pupils_in
from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput, NotPossible
from models.match import Match
from models.meeting import Attendance, Meeting
from models.moments import day_of
from models.note import AgreedAction, Given, NoteContent
from models.programme import Session as Planned
from models.visit import Visit
from models.words import AttendanceStatus, Role, Stage, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from programmes.sessions import NOBODY_HOSTS
from stages import ledger
from stages.agreed import take_meeting_into_plans
from stages.brief import Brief, check_running
from stages.groups import groups_of_case
from stages.journey import ENDED
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may
from stages.schedule.meeting_places import is_inside
from stages.schedule.note_replies import setting_of
from stages.schedule.note_rules import check_whole, compose, in_message
from stages.schedule.notes import send_first
from stages.schedule.training import check_people_trained
from stages.visits import NOT_HELD, of_supporters

LEADS = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)
MOST_PEOPLE = 500
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
    actions: Sequence[AgreedAction] = field(default_factory=tuple)
    sections: Mapping[str, str] = field(default_factory=dict)
    evidence: Sequence[str] = ()

    def given(self) -> Given:
        """Return what is written of the school where it was held."""
        named = {name: text for name, text in (("strengths", self.strengths), ("areas", self.areas)) if text.strip()}
        return Given(sections={**self.sections, **named}, evidence=list(self.evidence) or None, actions=list(self.actions) or None)


def planned_of(brief: Brief, meeting: Meeting) -> Planned:
    """Return the programme's session that a meeting is one of."""
    return next(one for one in brief.programme.schedule.sessions if one.id == meeting.session)


def places_at(session: Session, meeting: Meeting) -> dict[int, tuple[Case, Attendance]]:
    """Return the cases with a place at a meeting, by URN; a case that has ended has given its own back for good."""
    query = select(Case, Attendance).join(Attendance, col(Attendance.case_id) == Case.id).where(Attendance.meeting_id == meeting.id)
    rows = session.exec(query.order_by(col(Case.id))).all()
    return {case.urn: (case, place) for case, place in rows if place.status is not AttendanceStatus.GIVEN_BACK or case.status not in ENDED}


def unexpected(session: Session, meeting: Meeting, urns: Collection[int]) -> dict[int, tuple[Case, Attendance]]:
    """Return schools of the commission (or of the meeting's group) that came without a place, each with the place it is given now."""
    mine = (Case.commission_id == meeting.commission_id, col(Case.urn).in_(urns), col(Case.status).not_in(ENDED), Case.stage != Stage.DIAGNOSE)
    cases = session.exec(select(Case).where(*mine).order_by(col(Case.id))).all()
    able = [case for case in cases if meeting.group_id is None or meeting.group_id in groups_of_case(session, case.id)]
    return {case.urn: (case, Attendance(meeting_id=meeting.id, case_id=case.id)) for case in able}


def has_no_place(place: Attendance) -> bool:
    """Tell whether a school comes, if it does, without having been expected: its place is made for that, or was given back."""
    return place.id is None or place.status is AttendanceStatus.GIVEN_BACK


def hold_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, held: Held) -> int:
    """Record that a meeting was held and who came; return how many schools did.

    Of one that writes a note, the note is about the school where it was held and goes there to be marked accurate; where no school hosts it, it is
    about what all agreed, and shared with everybody who had a place.
    """
    check_running(brief.commission)
    inside = is_inside(brief, meeting)
    check_may(actor, (*LEADS, Role.SCHOOL) if inside else LEADS, "record a meeting")
    actions = "\n".join(f"{one.action}\n{one.owner}" for one in held.actions)
    written = {"What is strong": held.strengths, "What to work on": held.areas, "An action": actions,
                "A section": "\n\n".join(held.sections.values()), "The evidence": "\n".join(held.evidence),
               "The speaker": held.speaker or "", "A resource": "\n".join(held.resources)}  # fmt: skip
    for what, text in written.items():
        refuse_pupils_in(text, what)
    today, planned = day_of(at), planned_of(brief, meeting)
    day, places = held.on or meeting.day, places_at(session, meeting)
    _check_can_be_held(brief, meeting, day, today)
    if inside:
        check_people_trained(session, brief, [case for case, _ in places.values()], day)
    places |= {} if inside else unexpected(session, meeting, held.came.keys() - places.keys())
    _check_came(meeting, held.came, places, planned)
    came = {urn: people for urn, people in held.came.items() if people}
    without = [case.id for urn, (case, place) in places.items() if urn in came and has_no_place(place)]
    meeting.noted = _noted(brief, planned, held, [case for case, _ in places.values()], day)
    rows, messages = _written_up(session, brief, meeting, planned, held, day, places, came, actor, at)
    for urn, (_, place) in places.items():
        if place.status in (AttendanceStatus.EXPECTED, AttendanceStatus.APOLOGIES) or urn in came:
            stays = place.status is AttendanceStatus.APOLOGIES and urn not in came
            place.status = AttendanceStatus.CAME if urn in came else AttendanceStatus.APOLOGIES if stays else AttendanceStatus.ABSENT
            place.people = came.get(urn, 0)
            session.add(place)
    meeting.status, meeting.held_on, meeting.speaker, meeting.resources = VisitStatus.HELD, day, held.speaker, list(held.resources)
    meeting.version += 1
    session.add(meeting)
    in_plans = take_agreed(session, brief, meeting, [places[urn][0] for urn in came], today)
    note(session, [Note("meeting.held", actor, brief.commission_id, before="confirmed", after="held", rows=rows, messages=messages,
                        detail={"meeting_id": meeting.id, "came": len(came), "of": len(places), "held_on": day.isoformat(),
                                "without_place": without, "in_plans": in_plans})], at)  # fmt: skip
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
    if any(not 0 <= people <= MOST_PEOPLE for people in came.values()):
        raise BadInput(f"A school sends from 0 to {MOST_PEOPLE} people: look at --came.")
    if planned.attendance and not any(came.values()):
        raise BadInput("At this meeting attendance is taken: name each school that came with --came, or cancel the meeting if nobody did.")


def _written_up(
    session: Session, brief: Brief, meeting: Meeting, planned: Planned, held: Held, day: datetime.date,
    places: Mapping[int, tuple[Case, Attendance]], came: Mapping[int, int], actor: Actor, at: pendulum.DateTime,
) -> tuple[list[tuple[type[SQLModel], Mapping[str, Any]]], list[Draft]]:  # fmt: skip
    """Return the rows and messages of a meeting that was held: the time it took, what it leaves, and the host's note of visit."""
    rows = list[tuple[type[SQLModel], Mapping[str, Any]]]()
    if meeting.supporter_id is not None and places:
        rows += [(LedgerLine, line) for line in charged(session, brief, meeting, places, at)]
    messages = [
        to_school.meeting_held(brief.head, brief.to_school(urn), case.id, meeting.id, brief.school(case).name, meeting.purpose, day, held.speaker,
                               held.resources, shared_note(meeting), came=urn in came)
        for urn, (case, place) in places.items()
        if (held.speaker or held.resources or meeting.noted) and (urn in came or place.status is not AttendanceStatus.GIVEN_BACK)
    ]  # fmt: skip
    host = places.get(meeting.host_urn or 0)
    # Without the host it was not at the host's, and there is nothing to say of that school.
    if planned.note and host is not None and meeting.host_urn in came and meeting.supporter_id is not None:
        messages.append(host_note(session, brief, meeting, host[0], actor, held, day, at))
    return rows, messages


def _noted(brief: Brief, planned: Planned, held: Held, cases: Sequence[Case], day: datetime.date) -> dict[str, Any]:
    """Return the note of a meeting that no school hosts, which is about no one school; empty where none is written."""
    if not planned.note or planned.hosts not in NOBODY_HOSTS or not cases:
        return {}
    content = compose(setting_of(brief, max(cases, key=brief.ends), day), held.given(), None, {})
    check_whole(brief.programme.schedule.note, content)
    # What single schools told before a visit has no place in what all of them read.
    return content.model_copy(update={"told": []}).plain()


def take_agreed(session: Session, brief: Brief, meeting: Meeting, cases: Iterable[Case], today: datetime.date) -> list[int]:
    """Bring what was agreed at a meeting that no school hosts into the plans of those that came, and return which cases had some added."""
    return take_meeting_into_plans(session, brief, cases, NoteContent.model_validate(meeting.noted).actions if meeting.noted else [], today)


def shared_note(meeting: Meeting) -> dict[str, object] | None:
    """Return the note of a meeting that no school hosts as schools read it; None where there is none."""
    return in_message(NoteContent.model_validate(meeting.noted), "headteacher") if meeting.noted else None


def charged(
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
    query = select(Visit).where(col(Visit.case_id).in_(case_ids), of_supporters([supporter_id]), col(Visit.status).in_(NOT_HELD))
    found: dict[int, int] = {}
    for visit in session.exec(query).all():
        found[visit.case_id] = found.get(visit.case_id, 0) + visit.part.half_days
    return found


def host_note(
    session: Session, brief: Brief, meeting: Meeting, case: Case, actor: Actor, held: Held, day: datetime.date, at: pendulum.DateTime
) -> Draft:
    """Write the note of visit of the school where a meeting was held, and return the message that asks for its reply."""
    content = compose(setting_of(brief, case, day), held.given(), None, {})
    check_whole(brief.programme.schedule.note, content)
    visit = Visit(
        case_id=case.id, supporter_id=meeting.supporter_id or 0, session=f"{meeting.session}.{meeting.ordinal}", ordinal=_NOTES_FROM + meeting.id,
        purpose=meeting.purpose, day=meeting.day, part=meeting.part, status=VisitStatus.HELD, held_on=day, meeting_id=meeting.id,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return send_first(session, brief, case, actor, at, visit, day, content)
