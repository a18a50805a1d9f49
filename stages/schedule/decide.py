"""What people decide on visits: agree dates, ask for others, cancel, record leave, write a note, answer it."""

import datetime
from collections.abc import Sequence
from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.supporter import Leave, Supporter
from models.term import Closure
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Role, Status, VisitStatus
from notifications.messages import to_school
from stages import ledger
from stages.brief import Brief
from stages.journey import ENDED, STANDINGS, check_awake, check_move
from stages.record import Actor, Change, Note, note, save
from stages.schedule.work import CANCELLED_FOR_GOOD, move_visit

_NOT_HELD = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)
# Proposed default for accuracy replies, in school days; published turnaround protocols speak of about a week.
_REPLY_SCHOOL_DAYS = 5


def confirm_dates(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """Agree all dates that were offered."""
    visits = session.exec(select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.PROPOSED).order_by(col(Visit.ordinal))).all()
    check_move("confirm-dates", case.id, case.status, actor.role, paused=case.paused_since is not None)
    if not visits:
        raise NotPossible(f"Case {case.id} has no visit on offer to agree: ask for other dates, or wait until new ones are offered.")
    today = at.in_timezone("Europe/London").date()
    if visits[0].day < today:
        raise NotPossible(f"The first date on offer, {visits[0].day:%-d %B %Y}, has passed: new dates are offered at the engine's next turn.")
    lines = [{"day": v.day.isoformat(), "part": v.part.value.replace("_", " "), "purpose": v.purpose} for v in visits]
    name = brief.to_supporter(case.supporter_id).name
    message = to_school.dates_confirmed(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, name, lines)
    save(session, [Change(case, "confirm-dates", actor, messages=[message])], at)
    session.execute(
        update(Visit)
        .where(col(Visit.case_id) == case.id, col(Visit.status) == VisitStatus.PROPOSED)
        .values(status=VisitStatus.CONFIRMED, version=Visit.version + 1)
    )


def ask_other_dates(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str, not_on: Sequence[datetime.date]
) -> None:
    """Ask for other dates; the days in `not_on` (all offered days, if none is named) are kept free from then on."""
    offered = session.exec(select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.PROPOSED)).all()
    days = set(not_on) or {visit.day for visit in offered}
    rows = [
        (Closure, {"authority": brief.commission.authority, "urn": case.urn, "day": day, "reason": f"the school: {reason}"}) for day in sorted(days)
    ]
    detail = {"not_on": [day.isoformat() for day in sorted(days)]}
    save(session, [Change(case, "ask-other-dates", actor, reason=reason, detail=detail, rows=rows)], at)
    session.execute(
        update(Visit)
        .where(col(Visit.case_id) == case.id, col(Visit.status) == VisitStatus.PROPOSED)
        .values(status=VisitStatus.CANCELLED, sequence=Visit.sequence + 1, version=Visit.version + 1)
    )


def find_visit(session: Session, case: Case, key: str | None) -> Visit:
    """Return the visit of that session, or the next one that was not held; NotFound names those there are."""
    visits = session.exec(select(Visit).where(Visit.case_id == case.id).order_by(col(Visit.ordinal))).all()
    for visit in visits:
        if visit.session == key or (key is None and visit.status in _NOT_HELD):
            return visit
    there = ", ".join(visit.session for visit in visits) or "none yet"
    raise NotFound(f"Case {case.id} has no such visit to come; its visits are: {there}.")


def _check_may(actor: Actor, roles: Sequence[Role], what: str) -> None:
    if actor.role not in roles:
        raise NotAllowed(f"The role {actor.role.value} cannot {what}: it is for {', '.join(role.value for role in roles)}.")


def _check_awake(case: Case) -> None:
    check_awake(case.id, paused=case.paused_since is not None)


def _check_open(case: Case) -> None:
    """Raise NotPossible unless the case is open and awake; what a visit takes was settled when the case ended."""
    _check_awake(case)
    if case.status in ENDED:
        raise NotPossible(f'Case {case.id} stands at "{STANDINGS[case.status].means}", so nothing changes in its visits any more.')


def move_on_request(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str) -> None:
    """Have one confirmed visit moved; its old day is kept free, and the engine finds the new one."""
    _check_may(actor, (Role.SCHOOL, Role.SUPPORTER, Role.ADVISER, Role.LEAD), "move a visit")
    _check_open(case)
    if not reason.strip():
        raise NotPossible("Moving a visit needs a reason: give one with --reason.")
    visit = find_visit(session, case, key)
    if visit.status is not VisitStatus.CONFIRMED:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so it cannot be moved.")
    move_visit(session, visit, {"status": VisitStatus.TO_MOVE, "why": reason})
    rows = [(Closure, {"authority": brief.commission.authority, "urn": case.urn, "day": visit.day, "reason": reason})]
    note(session, [Note("visit.to-move", actor, brief.commission_id, case.id, before=visit.day.isoformat(), reason=reason,
                        detail={"visit_id": visit.id}, rows=rows)], at)  # fmt: skip


def cancel_visit(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str) -> None:
    """Cancel a visit for good and tell the school; the case goes on without it or, with none left to come, is looked at anew."""
    _check_may(actor, (Role.ADVISER, Role.LEAD), "cancel a visit")
    _check_open(case)
    if not reason.strip():
        raise NotPossible("Cancelling a visit needs a reason: give one with --reason.")
    visit = find_visit(session, case, key)
    if visit.status not in _NOT_HELD:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value}, so it cannot be cancelled.")
    move_visit(session, visit, {"status": VisitStatus.CANCELLED, "why": reason})
    message = to_school.visit_cancelled(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence + 1, brief.school(case).name, visit.purpose, visit.day, reason
    )
    note(session, [Note(CANCELLED_FOR_GOOD, actor, brief.commission_id, case.id, before=visit.status.value, after="cancelled", reason=reason,
                        detail={"visit_id": visit.id}, messages=[message])], at)  # fmt: skip
    if not _goes_on(session, case):
        save(session, [Change(case, "cancel-visit", actor, reason=reason)], at)


def _goes_on(session: Session, case: Case) -> bool:
    """Tell whether a case has what it waits for: dates to agree while they are on offer, any visit at all once they are agreed."""
    if case.status not in {Status.AWAITING_DATES, Status.BOOKED}:
        return True
    wanted = _NOT_HELD if case.status is Status.AWAITING_DATES else (*_NOT_HELD, VisitStatus.HELD)
    query = select(Visit.id).where(Visit.case_id == case.id, col(Visit.status).in_(wanted))
    return session.exec(query).first() is not None


def record_leave(
    session: Session, supporter: Supporter, first: datetime.date, last: datetime.date, actor: Actor, reason: str, at: pendulum.DateTime
) -> int:
    """Record that a supporter is away; every visit in that time has to move. Return how many."""
    _check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "record leave")
    if last < first:
        raise BadInput("The leave would end before it begins: look at --first and --last.")
    touched = session.exec(
        select(Visit, Case.commission_id)
        .join(Case, col(Case.id) == Visit.case_id)
        .where(
            Visit.supporter_id == supporter.id, Visit.day >= first, Visit.day <= last,
            col(Visit.status).in_([VisitStatus.CONFIRMED, VisitStatus.PROPOSED]),
        )
    ).all()  # fmt: skip
    leave = {"supporter_id": supporter.id, "first": first, "last": last, "reason": reason}
    detail = {"supporter_id": supporter.id, "first": first.isoformat(), "last": last.isoformat()}
    notes = [Note("supporter.leave", actor, reason=reason, detail=detail, rows=[(Leave, leave)])]
    for visit, commission_id in touched:
        # The school reads why; an illness is nobody's business but the supporter's.
        move_visit(session, visit, {"status": VisitStatus.TO_MOVE, "why": "the supporter is away that day"})
        notes.append(Note("visit.to-move", actor, commission_id, visit.case_id, before=visit.day.isoformat(), detail={"visit_id": visit.id}))
    note(session, notes, at)
    return len(notes) - 1


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


def write_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime,
    key: str | None, held_on: datetime.date | None, strengths: str, areas: str, actions: Sequence[str],
) -> None:  # fmt: skip
    """Record that a visit was held and send its note to the school to mark accurate or not."""
    _check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "write a note of visit")
    _check_open(case)
    if not (strengths.strip() and areas.strip()):
        raise BadInput("A note of visit needs its strengths and its areas to work on: give --strengths and --areas.")
    visit, today = find_visit(session, case, key), at.in_timezone("Europe/London").date()
    day = held_on or visit.day
    if visit.status not in _NOT_HELD:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so no note can be written on it.")
    _check_held(brief, case, visit, day, today)
    due = brief.calendar.add(today, _REPLY_SCHOOL_DAYS)
    row = {
        "visit_id": visit.id, "case_id": case.id, "strengths": strengths, "areas": areas, "agreed_actions": list(actions),
        "written_at": at, "reply_due": due,
    }  # fmt: skip
    message = to_school.note_for_reply(
        brief.head, brief.to_school(case.urn), case.id, visit.id, 1, brief.school(case).name, day, strengths, areas, actions, due
    )
    used = ledger.used(case, visit, brief.supporters[visit.supporter_id], at)
    move_visit(session, visit, {"status": VisitStatus.HELD, "held_on": day})
    note(session, [Note("visit.held", actor, brief.commission_id, case.id, before=visit.status.value, after="held",
                        detail={"visit_id": visit.id, "session": visit.session, "planned": visit.day.isoformat(), "held_on": day.isoformat()},
                        rows=[(NoteOfVisit, row), (LedgerLine, used)], messages=[message])], at)  # fmt: skip


def answer_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, accurate: bool, text: str | None
) -> None:
    """Mark a note accurate, which publishes it, or say what is not right, which the writer then has to settle."""
    _check_may(actor, (Role.SCHOOL, Role.ADVISER, Role.LEAD), "answer a note of visit")
    _check_awake(case)
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
    _check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "settle a disputed note")
    _check_awake(case)
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
