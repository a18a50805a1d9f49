"""What people decide on a visit that has been: record that it was held, write its note, answer it, settle it."""

import datetime
from collections.abc import Sequence
from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, update
from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput, NotPossible
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Role, Status, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from stages import ledger
from stages.brief import Brief
from stages.journey import check_awake
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may, check_open, find_visit
from stages.schedule.training import check_trained
from stages.visits import NOT_HELD, move_visit

# Proposed default for accuracy replies, in school days; published turnaround protocols speak of about a week.
_REPLY_SCHOOL_DAYS = 5
Rows = list[tuple[type[SQLModel], dict[str, Any]]]


def _check_held(brief: Brief, case: Case, visit: Visit, day: datetime.date, today: datetime.date) -> None:
    """Raise NotPossible unless a visit can have been held on `day`."""
    opened = max(brief.commission.starts, brief.commission.opened_at.in_timezone("Europe/London").date())
    if visit.status is VisitStatus.PROPOSED or case.status is Status.AWAITING_DATES:
        raise NotPossible(f"The dates of case {case.id} are not agreed yet: confirm them with `confirm-dates`, then write the note.")
    if day > today:
        raise NotPossible(f"The visit is on {day:%-d %B %Y}, which is still to come: write the note after it.")
    if day < opened:
        raise NotPossible(
            f"The visit cannot have been held on {day:%-d %B %Y}, before the commission opened on {opened:%-d %B %Y}: look at --held-on."
        )


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


def _record_held(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime,
    visit: Visit, day: datetime.date, people: dict[str, int], rows: Rows, messages: Sequence[Draft],
) -> None:  # fmt: skip
    """Save that a visit was held, with the time it took and whatever goes with it."""
    used = ledger.used(case, visit, brief.supporters[visit.supporter_id], at)
    move_visit(session, visit, {"status": VisitStatus.HELD, "held_on": day, **people})
    detail = {"visit_id": visit.id, "session": visit.session, "planned": visit.day.isoformat(), "held_on": day.isoformat(), **people}
    note(session, [Note("visit.held", actor, brief.commission_id, case.id, before=visit.status.value, after="held", detail=detail,
                        rows=[*rows, (LedgerLine, used)], messages=messages)], at)  # fmt: skip


def _find_to_hold(session: Session, brief: Brief, case: Case, key: str | None, held_on: datetime.date | None, today: datetime.date) -> Visit:
    """Return a visit that can have been held; NotPossible says why one cannot."""
    visit = find_visit(session, case, key)
    if visit.status not in NOT_HELD:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so it cannot be recorded as held.")
    _check_held(brief, case, visit, held_on or visit.day, today)
    check_trained(session, brief, visit, held_on or visit.day)
    return visit


def hold_visit(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime,
    key: str | None, held_on: datetime.date | None, expected: int | None, attended: int | None,
) -> None:  # fmt: skip
    """Record that a session of which no note is written was held, and how many came."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "record a visit")
    check_open(case)
    visit = _find_to_hold(session, brief, case, key, held_on, at.in_timezone("Europe/London").date())
    if any(one.note for one in brief.programme.schedule.sessions if one.id == visit.session.partition(".")[0]):
        raise NotPossible(f"Of the visit {visit.session} a note is written: use write-note.")
    people = attendance_of(brief, visit, expected, attended)
    _record_held(session, brief, case, actor, at, visit, held_on or visit.day, people, [], [])


def check_written(strengths: str, areas: str) -> None:
    """Raise BadInput unless a note of visit says what is strong and what to work on."""
    if not (strengths.strip() and areas.strip()):
        raise BadInput("A note of visit needs its strengths and its areas to work on: give --strengths and --areas.")


def note_of(
    brief: Brief, case: Case, visit_id: int, day: datetime.date, strengths: str, areas: str, actions: Sequence[str], at: pendulum.DateTime
) -> tuple[dict[str, Any], Draft]:
    """Return a note of visit as columns, and the message that asks the school whether it is accurate."""
    due = brief.calendar.add(at.in_timezone("Europe/London").date(), _REPLY_SCHOOL_DAYS)
    row = {
        "visit_id": visit_id, "case_id": case.id, "strengths": strengths, "areas": areas, "agreed_actions": list(actions),
        "written_at": at, "reply_due": due,
    }  # fmt: skip
    return row, to_school.note_for_reply(
        brief.head, brief.to_school(case.urn), case.id, visit_id, 1, brief.school(case).name, day, strengths, areas, actions, due
    )


def write_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime,
    key: str | None, held_on: datetime.date | None, strengths: str, areas: str, actions: Sequence[str],
    expected: int | None = None, attended: int | None = None,
) -> None:  # fmt: skip
    """Record that a visit was held and send its note to the school to mark accurate or not."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "write a note of visit")
    check_open(case)
    check_written(strengths, areas)
    visit = _find_to_hold(session, brief, case, key, held_on, at.in_timezone("Europe/London").date())
    day = held_on or visit.day
    row, message = note_of(brief, case, visit.id, day, strengths, areas, actions, at)
    people = attendance_of(brief, visit, expected, attended)
    _record_held(session, brief, case, actor, at, visit, day, people, [(NoteOfVisit, row)], [message])


def answer_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, accurate: bool, text: str | None
) -> None:
    """Mark a note accurate, which publishes it, or say what is not right, which the writer then has to settle."""
    check_may(actor, (Role.SCHOOL, Role.ADVISER, Role.LEAD), "answer a note of visit")
    check_awake(case.id, paused=case.paused_since is not None)
    found = _note_with(session, case, key, NoteStatus.WITH_SCHOOL, "no note that waits for its reply")
    if not accurate and not (text and text.strip()):
        raise NotPossible("Please say what is not right: give it with --reason.")
    status = NoteStatus.PUBLISHED if accurate else NoteStatus.DISPUTED
    _set_note(session, found, {"status": status, "reply": text, "published_at": at if accurate else None})
    kind = "note.published" if accurate else "note.disputed"
    note(session, [Note(kind, actor, brief.commission_id, case.id, before="with_school", after=status.value, reason=text,
                        detail={"visit_id": found.visit_id})], at)  # fmt: skip


def settle_note(
    session: Session,
    brief: Brief,
    case: Case,
    actor: Actor,
    at: pendulum.DateTime,
    key: str | None,
    strengths: str | None,
    areas: str | None,
    reason: str,
) -> None:
    """Settle a disputed note, corrected or left with a reason, and publish it."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "settle a disputed note")
    check_awake(case.id, paused=case.paused_since is not None)
    found = _note_with(session, case, key, NoteStatus.DISPUTED, "no disputed note")
    values = {"status": NoteStatus.PUBLISHED, "published_at": at, "strengths": strengths or found.strengths, "areas": areas or found.areas}
    _set_note(session, found, values)
    note(session, [Note("note.settled", actor, brief.commission_id, case.id, before="disputed", after="published", reason=reason,
                        detail={"visit_id": found.visit_id, "was": {"strengths": found.strengths, "areas": found.areas}})], at)  # fmt: skip


def _note_with(session: Session, case: Case, key: str | None, status: NoteStatus, none: str) -> NoteOfVisit:
    query = select(NoteOfVisit).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).where(Visit.case_id == case.id, NoteOfVisit.status == status)
    found = session.exec(query.where(Visit.session == key) if key else query).first()
    if found is None:
        raise NotPossible(f"Case {case.id} has {none}.")
    return found


def _set_note(session: Session, found: NoteOfVisit, values: dict[str, object]) -> None:
    changed = (
        update(NoteOfVisit)
        .where(col(NoteOfVisit.id) == found.id, col(NoteOfVisit.version) == found.version)
        .values(**values, version=found.version + 1)
        .execution_options(synchronize_session=False)
    )
    result = cast(CursorResult[Any], session.execute(changed))
    if result.rowcount != 1:
        raise NotPossible("Somebody else changed this note in the meantime: look again.")
