"""Notes of visit that are not published: what keeps a case from being judged, and what is closed with a case that ends."""

import datetime
from collections.abc import Collection, Sequence

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotPossible
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, VisitStatus
from stages.brief import Brief
from stages.record import Actor, Note, note
from stages.visits import writes_note

_SETTLED = (NoteStatus.PUBLISHED, NoteStatus.CLOSED)


def unpublished(session: Session, case_ids: Collection[int]) -> Sequence[tuple[NoteOfVisit, Visit]]:
    """Return the notes of some cases that are still to be published, with their visits; a draft counts once its visit was held."""
    query = select(NoteOfVisit, Visit).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).where(col(NoteOfVisit.case_id).in_(case_ids))
    mine = (col(NoteOfVisit.status).not_in(_SETTLED), Visit.status == VisitStatus.HELD)
    return session.exec(query.where(*mine).order_by(col(NoteOfVisit.id))).all()


def unwritten(session: Session, case_ids: Collection[int], today: datetime.date) -> Sequence[Visit]:
    """Return the agreed visits of some cases that have had their day while nothing says whether they were held."""
    had = (col(Visit.case_id).in_(case_ids), Visit.status == VisitStatus.CONFIRMED, Visit.day < today)
    return session.exec(select(Visit).where(*had).order_by(col(Visit.id))).all()


def note_due_on(brief: Brief, visit: Visit) -> datetime.date | None:
    """Return the day by which a visit that has had its day is written up, or recorded; None beyond the known term dates."""
    try:
        due = brief.calendar.add(visit.day, school_days_to_write(brief, visit))
        return brief.calendar.add(due, 1) if brief.calendar.is_last_before_break(due) else due
    except BadInput:
        return None


def school_days_to_write(brief: Brief, visit: Visit) -> int:
    """Return how many school days there are for the note of a visit, or for recording it where none is written."""
    return brief.programme.schedule.note.due_school_days if writes_note(brief.programme, visit.session) else 1


def check_published(session: Session, case: Case) -> None:
    """Raise NotPossible, naming the first and what is to be done about it, while a note of a case is still to be published."""
    for found, visit in unpublished(session, [case.id]):
        due = f"wait until {found.reply_due:%-d %B %Y} for" if found.reply_due else "wait for"
        todo = {
            NoteStatus.DRAFT: "send it to the school with write-note",
            NoteStatus.WITH_SCHOOL: f"{due} the school's reply, or record it with note-accurate or note-inaccurate",
            NoteStatus.DISPUTED: "settle it with settle-note",
            NoteStatus.WITH_LEAD: "have the lead read it, for pass-note or return-note",
        }[found.status]
        held = visit.held_on or visit.day
        raise NotPossible(f"The note of the visit {visit.session} of case {case.id}, held on {held:%-d %B %Y}, is not published yet: {todo}.")


def close_notes(session: Session, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Close every note of a case that is not published, drafts too; what was published of it before stands."""
    query = select(NoteOfVisit).where(NoteOfVisit.case_id == case.id, col(NoteOfVisit.status).not_in(_SETTLED)).order_by(col(NoteOfVisit.id))
    notes = [
        Note("note.closed", actor, case.commission_id, case.id, before=one.status.value, after=NoteStatus.CLOSED.value, reason=reason,
             detail={"visit_id": one.visit_id, "note_id": one.id})
        for one in session.exec(query).all()
    ]  # fmt: skip
    ids = [one.detail["note_id"] for one in notes]
    session.execute(update(NoteOfVisit).where(col(NoteOfVisit.id).in_(ids)).values(status=NoteStatus.CLOSED, version=NoteOfVisit.version + 1))
    note(session, notes, at)
