"""Who came to a meeting put right after it was recorded; what was recorded first stays in the trail."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from evidence.privacy import refuse_pupils_in
from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput, NotPossible
from models.meeting import Attendance, Meeting
from models.moments import day_of
from models.note import AgreedAction
from models.trail import Event
from models.visit import Visit
from models.words import AttendanceStatus, MoneyKind, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from stages.brief import Brief, check_running
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may
from stages.schedule.meeting_held import (
    LEADS,
    MOST_PEOPLE,
    Held,
    charged,
    has_no_place,
    host_note,
    places_at,
    planned_of,
    shared_note,
    take_agreed,
    unexpected,
)

Places = dict[int, tuple[Case, Attendance]]
_CAME, _NO_PLACE = AttendanceStatus.CAME, AttendanceStatus.GIVEN_BACK


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right, by URN: people of each school that came, who was absent, who had sent apologies; words for a host who was there after all."""

    came: Mapping[int, int] = field(default_factory=dict)
    absent: Collection[int] = ()
    apologies: Collection[int] = ()
    strengths: str = ""
    areas: str = ""
    actions: Sequence[AgreedAction] = ()

    @property
    def right(self) -> dict[int, tuple[AttendanceStatus, int]]:
        """Return how each school that is named was there."""
        missed = dict.fromkeys(self.absent, (AttendanceStatus.ABSENT, 0)) | dict.fromkeys(self.apologies, (AttendanceStatus.APOLOGIES, 0))
        return {urn: (_CAME, people) for urn, people in self.came.items()} | missed


@dataclass(frozen=True, slots=True)
class _Changed:
    """One place that was put right: how it was recorded, and whether it had to be made for it."""

    case: Case
    place: Attendance
    was: tuple[AttendanceStatus, int]
    new: bool


def correct_meeting(session: Session, brief: Brief, meeting: Meeting, actor: Actor, at: pendulum.DateTime, asked: Correction, reason: str) -> int:
    """Put right who came to a meeting that was held, and return for how many schools something has changed.

    Counts follow the attendance. The meeting's time is charged once, and to another case if the one that paid turns out to have had no place.
    """
    check_running(brief.commission)
    check_may(actor, LEADS, "correct a meeting")
    _check_asked(asked, reason)
    recorded = _recorded(session, meeting)
    _check_was_held(meeting, recorded, at)
    places = places_at(session, meeting)
    places |= unexpected(session, meeting, asked.came.keys() - places.keys())
    _check_has_place(meeting, asked, places)
    no_place = {number for event in recorded for number in event.detail.get("without_place", ())}
    changed = [one for urn, right in asked.right.items() if (one := _put_right(session, *places[urn], right, no_place)) is not None]
    if not changed:
        raise NotPossible(f"Nothing of this is otherwise than it is recorded: `lodestar meeting show {meeting.id}` shows who came.")
    if planned_of(brief, meeting).attendance and all(place.status is not _CAME for _, place in places.values()):
        raise BadInput("At this meeting attendance is taken, and then nobody would have come: name at least one school that did.")
    messages = [*_host_as_well(session, brief, meeting, actor, asked, changed, at), *_shared(brief, meeting, changed)]
    rows = [(LedgerLine, line) for line in _charged_anew(session, brief, meeting, places, reason, at)]
    meeting.version += 1
    session.add(meeting)
    take_agreed(session, brief, meeting, [one.case for one in changed if one.place.status is _CAME], day_of(at))
    first, *others = [_noted(brief, meeting, one, actor, reason) for one in changed]
    note(session, [replace(first, rows=rows, messages=messages), *others], at)
    return len(changed)


def _check_asked(asked: Correction, reason: str) -> None:
    actions = "\n".join(f"{one.action}\n{one.owner}" for one in asked.actions)
    written = {"What is strong": asked.strengths, "What to work on": asked.areas, "An action": actions}
    for what, text in written.items():
        refuse_pupils_in(text, what)
    if not reason.strip():
        raise BadInput("A correction needs a reason: give one with --reason.")
    named = [*asked.came, *asked.absent, *asked.apologies]
    if not named:
        raise BadInput("Say what is right: --came URN=PEOPLE, --absent URN or --apologies URN, once for each school.")
    twice = sorted(urn for urn in set(named) if named.count(urn) > 1)
    if twice:
        raise BadInput(f"School {twice[0]} is named twice: it either came, was absent, or had sent apologies.")
    if any(not 1 <= people <= MOST_PEOPLE for people in asked.came.values()):
        raise BadInput(f"A school that came sent from 1 to {MOST_PEOPLE} people: look at --came, or say --absent.")


def _recorded(session: Session, meeting: Meeting) -> list[Event]:
    """Return what the trail says on how a meeting was held, and on what was put right since."""
    mine = (Event.commission_id == meeting.commission_id, col(Event.kind).in_(("meeting.held", "meeting.corrected")))
    return [event for event in session.exec(select(Event).where(*mine).order_by(col(Event.id))).all() if event.detail["meeting_id"] == meeting.id]


def _check_was_held(meeting: Meeting, recorded: Sequence[Event], at: pendulum.DateTime) -> None:
    if meeting.status is not VisitStatus.HELD:
        raise NotPossible(f"Meeting {meeting.id} is {meeting.status.value.replace('_', ' ')}: who came is put right of one that was held.")
    last = max((event.at for event in recorded), default=None)
    if last is not None and at < last:
        raise NotPossible(f"What is to be put right was recorded on {last.in_timezone('Europe/London'):%-d %B %Y at %H:%M}: correct it from then on.")


def _check_has_place(meeting: Meeting, asked: Correction, places: Collection[int]) -> None:
    strangers = sorted(asked.right.keys() - set(places))
    if strangers:
        raise BadInput(f"School {strangers[0]} had no place at meeting {meeting.id} and could not come: look at the URN.")


def _put_right(session: Session, case: Case, place: Attendance, right: tuple[AttendanceStatus, int], no_place: Collection[int]) -> _Changed | None:
    """Put one place right, and return what has changed; a school that did not come and was never expected has no place again."""
    new, was = has_no_place(place), (place.status, place.people or 0)
    status, people = right
    if status is not _CAME and (new or case.id in no_place):
        status = _NO_PLACE
    if not new and was == (status, people):
        return None
    place.status, place.people = status, people
    session.add(place)
    return _Changed(case, place, was, new)


def _host_as_well(
    session: Session, brief: Brief, meeting: Meeting, actor: Actor, asked: Correction, changed: Iterable[_Changed], at: pendulum.DateTime
) -> list[Draft]:
    """Return the message with the note of a host that was there after all; NotPossible where one was written of a host that was not there."""
    host = next((one for one in changed if one.case.urn == meeting.host_urn and (one.was[0] is _CAME) != (one.place.status is _CAME)), None)
    writes = host is not None and planned_of(brief, meeting).note and meeting.supporter_id is not None
    written = session.exec(select(Visit.id).where(Visit.meeting_id == meeting.id)).first() is not None
    if host is None or not writes or (written and host.place.status is _CAME):
        if asked.strengths or asked.areas or asked.actions:
            raise BadInput("No note of visit comes of this correction: leave --strengths, --areas and --action out.")
        return []
    if written:
        raise NotPossible(f"Of {brief.school(host.case).name}, where meeting {meeting.id} was, there is a note of visit, so it was there.")
    day = meeting.held_on or meeting.day
    held = Held({}, day, strengths=asked.strengths, areas=asked.areas, actions=asked.actions)
    return [host_note(session, brief, meeting, host.case, actor, held, day, at)]


def _shared(brief: Brief, meeting: Meeting, changed: Iterable[_Changed]) -> list[Draft]:
    """Return what the meeting leaves for schools that came without a place, who had no message of it; all others were told at once."""
    return [
        to_school.meeting_held(
            brief.head, brief.to_school(one.case.urn), one.case.id, meeting.id, brief.school(one.case).name, meeting.purpose,
            meeting.held_on or meeting.day, meeting.speaker, meeting.resources, shared_note(meeting), came=True,
        )
        for one in changed if one.new and (meeting.speaker or meeting.resources or meeting.noted)
    ]  # fmt: skip


def _charged_anew(session: Session, brief: Brief, meeting: Meeting, places: Places, reason: str, at: pendulum.DateTime) -> list[dict[str, Any]]:
    """Return the lines that give a charge back to a case that turns out to have had no place, and charge another; none if it stays as it is."""
    if meeting.supporter_id is None:
        return []
    here = {urn: (case, place) for urn, (case, place) in places.items() if place.status is not _NO_PLACE}
    lines = _lines(session, meeting)
    paid = {line.case_id for line in lines}
    if paid and paid <= {case.id for case, _ in here.values()}:
        return []
    back = [_given_back(line, f"meeting {meeting.id} corrected: {reason}", at) for line in lines]
    return [*back, *charged(session, brief, meeting, here, at)] if here else back


def _lines(session: Session, meeting: Meeting) -> list[LedgerLine]:
    """Return the lines by which a meeting is charged now, without those that were given back."""
    mine = (LedgerLine.commission_id == meeting.commission_id, col(LedgerLine.reason).startswith(f"meeting {meeting.id} ", autoescape=True))
    found: list[LedgerLine] = []
    for line in session.exec(select(LedgerLine).where(*mine).order_by(col(LedgerLine.id))).all():
        if " corrected: " in line.reason:
            found = [one for one in found if one.case_id != line.case_id]
        else:
            found.append(line)
    return found


def _given_back(line: LedgerLine, reason: str, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line that undoes another: what was used is taken off what is used, what was committed with it is released."""
    used = line.kind is MoneyKind.USED
    kind, sign = (MoneyKind.USED, -1) if used else (MoneyKind.RELEASED, 1)
    return {"commission_id": line.commission_id, "case_id": line.case_id, "supporter_id": line.supporter_id, "kind": kind, "pence": sign * line.pence,
            "half_days": sign * line.half_days, "reason": reason, "at": at}  # fmt: skip


def _noted(brief: Brief, meeting: Meeting, one: _Changed, actor: Actor, reason: str) -> Note:
    now = (one.place.status, one.place.people or 0)
    detail = {
        "meeting_id": meeting.id, "urn": one.case.urn, "school": brief.school(one.case).name, "without_place": [one.case.id] if one.new else [],
        "was": [one.was[0].value if not one.new else _NO_PLACE.value, one.was[1]], "now": [now[0].value, now[1]],
    }  # fmt: skip
    before = "no place" if one.new else _in_words(*one.was)
    return Note("meeting.corrected", actor, brief.commission_id, one.case.id, before=before, after=_in_words(*now), reason=reason, detail=detail)


def _in_words(status: AttendanceStatus, people: int) -> str:
    """Return how a school was at a meeting, with how many people."""
    if status is _NO_PLACE:
        return "no place"
    return f"came ({people} {'person' if people == 1 else 'people'})" if status is _CAME else status.value
