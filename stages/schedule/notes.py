"""What people decide on a visit that has been: record that it was held, draft its note, send it to the school, correct it later."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput, NotPossible
from models.moments import day_of
from models.note import Given, NoteContent
from models.visit import NoteOfVisit, SchoolPart, Visit
from models.words import NoteStatus, Role, Slip, VisitStatus
from notifications.draft import Draft
from stages import ledger
from stages.brief import Brief
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may, check_open, find_visit
from stages.schedule.holding import find_to_hold
from stages.schedule.note_publishing import Scene, change_note, for_reply, keep_version
from stages.schedule.note_replies import corrected, find_note, setting_of
from stages.schedule.note_rules import check_whole, compose
from stages.schedule.slips import slip_row
from stages.visits import NOT_HELD, move_visit, writes_note

# Why the lead gave a note back stays between the two.
_READ_AGAIN = "It was read once more before it is published."
_WRITERS = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)
Rows = list[tuple[type[SQLModel], dict[str, Any]]]


def attendance_of(brief: Brief, visit: Visit, expected: int | None, attended: int | None) -> dict[str, int]:
    """Return attendance as columns of a visit; BadInput where the programme takes it and it was not given, or cannot be."""
    wanted = any(one.attendance for one in brief.programme.schedule.sessions if one.id == visit.session.partition(".")[0])
    if wanted and (expected is None or attended is None):
        raise BadInput("At this session attendance is taken: give --expected and --attended, as numbers of people.")
    if expected is None or attended is None:
        return {}
    if expected < 1 or not 0 <= attended <= expected:
        raise BadInput(f"{attended} of {expected} cannot have come: look at --expected and --attended.")
    return {"expected": expected, "attended": attended}


@dataclass(frozen=True, slots=True)
class Went:
    """How a visit went: its day if not the planned one and whose doing that was, and how many of whom came where attendance is taken."""

    held_on: datetime.date | None = None
    slip: Slip | None = None
    expected: int | None = None
    attended: int | None = None


def _record_held(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, visit: Visit, went: Went, messages: Sequence[Draft]
) -> None:
    """Save that a visit was held, with the time it took, the message that follows and, if it was on another day than planned, why."""
    day, people = went.held_on or visit.day, attendance_of(brief, visit, went.expected, went.attended)
    rows: Rows = [slip_row(visit, day, went.slip, at)] if day != visit.day else []
    used = [(LedgerLine, ledger.used(case, visit, brief.supporters[number], at)) for number in visit.supporter_ids]
    move_visit(session, visit, {"status": VisitStatus.HELD, "held_on": day, **people})
    detail = {"visit_id": visit.id, "session": visit.session, "planned": visit.day.isoformat(), "held_on": day.isoformat(), **people}
    note(session, [Note("visit.held", actor, brief.commission_id, case.id, before=visit.status.value, after="held", detail=detail,
                        rows=[*rows, *used], messages=messages)], at)  # fmt: skip


def hold_visit(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, went: Went) -> None:
    """Record that a session of which no note is written was held, and how many came."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "record a visit")
    check_open(case)
    visit = find_to_hold(session, brief, case, key, went.held_on, day_of(at), noted=False)
    if writes_note(brief.programme, visit.session):
        raise NotPossible(f"Of the visit {visit.session} a note is written: use write-note.")
    _record_held(session, brief, case, actor, at, visit, went, [])


def prepare_visit(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, answers: Mapping[str, Any]
) -> None:
    """Record what a school tells before a visit; until its day an answer may be given again, and what was answered before stays."""
    check_may(actor, (Role.SCHOOL, Role.ADVISER, Role.LEAD), "answer what is asked before a visit")
    check_open(case)
    visit, asked = find_visit(session, case, key), brief.programme.schedule.note.school_part
    if not asked or not writes_note(brief.programme, visit.session):
        raise NotPossible(f"Nothing is asked of the school before the visit {visit.session}.")
    if visit.status not in NOT_HELD or day_of(at) > visit.day:
        raise NotPossible(f"The visit {visit.session} has been: what the school says to its note goes with the reply to the note.")
    unknown = sorted(answers.keys() - {one.id for one in asked})
    if unknown or not answers:
        what = f'"{unknown[0]}" is not asked before a visit' if unknown else "There is no answer"
        raise BadInput(f"{what}: answer {', '.join(one.id for one in asked)} with --answer question=value.")
    before = session.exec(select(SchoolPart).where(SchoolPart.visit_id == visit.id)).first()
    whole = {**(before.answers if before else {}), **{name: str(value).strip() for name, value in answers.items() if str(value).strip()}}
    missing = [one.id for one in asked if one.required and one.id not in whole]
    if missing:
        raise BadInput(f"These cannot be left out: {', '.join(missing)}; answer each with --answer question=value.")
    told = before or SchoolPart(visit_id=visit.id, case_id=case.id, role=actor.role, by=actor.by, at=at)
    told.answers, told.role, told.by, told.at = whole, actor.role, actor.by, at
    told.version += before is not None
    session.add(told)
    note(session, [Note("visit.prepared", actor, brief.commission_id, case.id, detail={"visit_id": visit.id, "answered": sorted(whole)})], at)


def draft_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, held_on: datetime.date | None, given: Given
) -> None:
    """Save a draft of a note, as often as need be; nobody is told, and the visit counts as held only when its note is sent."""
    check_may(actor, _WRITERS, "draft a note of visit")
    if given.is_empty:
        raise BadInput("There is nothing to save yet: give --strengths, --areas, --section, --evidence, --action or --suggest-category.")
    returned = _returned(session, brief, case, at, key)
    if returned is not None:
        check_open(case)
        change_note(session, returned.note, {"content": corrected(returned, given).plain()})
        visit = returned.visit
    else:
        check_open(case)
        visit = find_to_hold(session, brief, case, key, held_on, day_of(at), noted=True)
        _check_written_of(brief, visit)
        draft, content = _composed(session, brief, case, visit, held_on or visit.day, given)
        if draft is None:
            session.add(NoteOfVisit(visit_id=visit.id, case_id=case.id, status=NoteStatus.DRAFT, content=content.plain()))
        else:
            change_note(session, draft, {"content": content.plain()})
    note(session, [Note("note.drafted", actor, brief.commission_id, case.id, after="draft", detail={"visit_id": visit.id})], at)


def write_note(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, given: Given, went: Went) -> None:
    """Record that a visit was held and send its note, with what is in its draft, to the school to mark accurate or not.

    A note that the lead gave back goes to the school again, as its next version.
    """
    check_may(actor, _WRITERS, "write a note of visit")
    returned = _returned(session, brief, case, at, key)
    if returned is not None:
        check_open(case)
        content = NoteContent.model_validate(returned.note.content) if given.is_empty else corrected(returned, given)
        _send_again(returned, actor, content, returned.note.edition, "note.sent", returned.note.returned, _READ_AGAIN)
        return
    check_open(case)
    visit = find_to_hold(session, brief, case, key, went.held_on, day_of(at), noted=True)
    _check_written_of(brief, visit)
    day = went.held_on or visit.day
    draft, content = _composed(session, brief, case, visit, day, given)
    check_whole(brief.programme.schedule.note, content)
    attendance_of(brief, visit, went.expected, went.attended)
    message = send_first(session, brief, case, actor, at, visit, day, content, draft)
    _record_held(session, brief, case, actor, at, visit, went, [message])


def correct_note(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, given: Given, reason: str) -> None:
    """Correct a note that is published: a new version goes to the school, and the published one stands until that is published too."""
    check_may(actor, _WRITERS, "correct a note of visit")
    check_open(case)
    scene = find_note(session, brief, case, at, key, [NoteStatus.PUBLISHED], "no published note of that visit")
    if not reason.strip():
        raise NotPossible("A published note is only corrected for a reason: give it with --reason.")
    _send_again(scene, actor, corrected(scene, given), scene.note.edition + 1, "note.corrected", reason, reason)


def send_first(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, visit: Visit, day: datetime.date, content: NoteContent,
    draft: NoteOfVisit | None = None,
) -> Draft:  # fmt: skip
    """Save a note as it goes to the school for the first time, and return the message that asks whether it is accurate."""
    due = brief.by_when(case.urn, day_of(at), brief.programme.schedule.note.reply_school_days)
    found = draft or NoteOfVisit(visit_id=visit.id, case_id=case.id)
    found.status, found.content, found.written_at, found.reply_due = NoteStatus.WITH_SCHOOL, content.plain(), at, due
    found.version += draft is not None
    session.add(found)
    session.flush()
    scene = Scene(session, brief, case, visit, found, at)
    keep_version(scene, actor, None, content.plain(), 1)
    return for_reply(scene, content, 1, due, day=day)


def _send_again(scene: Scene, actor: Actor, content: NoteContent, edition: int, kind: str, why: str | None, told: str) -> None:
    """Send a further version of a note to the school, which is `told` what it is for."""
    brief, session = scene.brief, scene.session
    due = brief.by_when(scene.case.urn, scene.today, brief.programme.schedule.note.reply_school_days)
    # What the school said beside an earlier version stays beside this one; it may say something else.
    values = {"status": NoteStatus.WITH_SCHOOL, "content": content.plain(), "edition": edition, "reply_due": due,
              "reply": None, "returned": None}  # fmt: skip
    change_note(session, scene.note, values)
    keep_version(scene, actor, why, content.plain(), edition)
    detail = {"visit_id": scene.visit.id, "note_id": scene.note.id, "edition": edition}
    note(session, [Note(kind, actor, brief.commission_id, scene.case.id, before=scene.note.status.value, after="with_school", reason=why,
                        detail=detail, messages=[for_reply(scene, content, edition, due, told)])], scene.at)  # fmt: skip


def _composed(session: Session, brief: Brief, case: Case, visit: Visit, day: datetime.date, given: Given) -> tuple[NoteOfVisit | None, NoteContent]:
    """Return the draft of a visit's note, if there is one, and the note with what is given and what the school told."""
    draft = session.exec(select(NoteOfVisit).where(NoteOfVisit.visit_id == visit.id)).first()
    told = session.exec(select(SchoolPart).where(SchoolPart.visit_id == visit.id)).first()
    before = NoteContent.model_validate(draft.content) if draft else None
    return draft, compose(setting_of(brief, case, day), given, before, told.answers if told else {})


def _returned(session: Session, brief: Brief, case: Case, at: pendulum.DateTime, key: str | None) -> Scene | None:
    """Return the note that the lead gave back, if it is meant: the one of that session or, without one, any if no visit waits for its note."""
    due = (Visit.case_id == case.id, Visit.status == VisitStatus.CONFIRMED, Visit.day <= day_of(at))
    if key is None and session.exec(select(Visit.id).where(*due)).first() is not None:
        return None
    query = select(NoteOfVisit, Visit).where(NoteOfVisit.visit_id == Visit.id, Visit.case_id == case.id, NoteOfVisit.status == NoteStatus.DRAFT)
    found = session.exec(query.where(Visit.status == VisitStatus.HELD, *([Visit.session == key] if key else []))).first()
    return Scene(session, brief, case, found[1], found[0], at) if found else None


def _check_written_of(brief: Brief, visit: Visit) -> None:
    if not writes_note(brief.programme, visit.session):
        raise NotPossible(f"Of the visit {visit.session} no note is written: record it with hold-visit.")
