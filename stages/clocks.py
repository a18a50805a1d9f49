"""What schools have to answer by, put back where they lost time: what they were asked, notes of visit, days to choose from."""

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from calendars.school_days import SchoolCalendar
from models.case import Case
from models.evidence import Asking
from models.review import Review
from models.visit import DateOffer, NoteOfVisit, Visit
from models.words import NoteStatus
from stages.asking import open_askings
from stages.record import Actor, Note

_AT_ONCE = 5000
# The day that a case and its due day become; None where that stays as it is.
Later = Callable[[int, datetime.date], datetime.date | None]


def put_back(session: Session, case_ids: Collection[int], later: Later) -> set[int]:
    """Put back every day by which the schools of some cases have to answer; return the cases of which one was."""
    ids, touched = sorted(case_ids), set[int]()
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        offers = select(col(DateOffer.id), col(Visit.case_id), col(DateOffer.due)).join(Visit, col(Visit.id) == DateOffer.visit_id)
        notes = select(col(NoteOfVisit.id), col(NoteOfVisit.case_id), col(NoteOfVisit.reply_due)).where(NoteOfVisit.status == NoteStatus.WITH_SCHOOL)
        asked = [(one.id, one.case_id, one.due) for one in open_askings(session, part)]
        touched |= _put_back(session, Asking, "due", asked, later)
        touched |= _put_back(session, NoteOfVisit, "reply_due", session.exec(notes.where(col(NoteOfVisit.case_id).in_(part))).all(), later)
        touched |= _put_back(session, DateOffer, "due", session.exec(offers.where(col(Visit.case_id).in_(part))).all(), later)
    return touched


def put_cases_back(session: Session, cases: Sequence[Case], actor: Actor, later: Later) -> list[Note]:
    """Put back what some cases are due by, and all that their schools have to answer by; return a note of each of which anything was."""
    new = {case.id: later(case.id, case.due) if case.due else None for case in cases}
    touched = put_back(session, new, later)
    # Before they are updated, since the cases then have their new days.
    notes = [
        Note("case.due-moved", actor, case.commission_id, case.id, before=_iso(case.due), after=_iso(new[case.id] or case.due))
        for case in cases if new[case.id] or case.id in touched
    ]  # fmt: skip
    moved = [{"id": case.id, "due": new[case.id], "version": case.version + 1} for case in cases if new[case.id]]
    if moved:
        session.execute(update(Case), moved)
    return notes


def put_reviews_back(session: Session, ends: Mapping[int, datetime.date], calendar: SchoolCalendar, lost: int) -> None:
    """Put back the open reviews of some cases by the school days that a pause took, each as far as its case has time (`ends`, by case)."""
    still_open = (col(Review.case_id).in_(ends), col(Review.held_on).is_(None), col(Review.not_needed).is_(None))
    for review in session.exec(select(Review).where(*still_open)).all():
        last = ends[review.case_id]
        review.due = calendar.add(review.due, lost) if calendar.between(review.due, last) > lost else max(review.due, last)
        session.add(review)


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _put_back(session: Session, table: type[SQLModel], name: str, rows: Collection[Any], later: Later) -> set[int]:
    """Put back the days of one table, given as number, case and day; return the cases of which one was."""
    new = [(number, case_id, later(case_id, due)) for number, case_id, due in rows if due is not None]
    changed = [(number, case_id, day) for number, case_id, day in new if day is not None]
    if changed:
        session.execute(update(table), [{"id": number, name: day} for number, _, day in changed])
    return {case_id for _, case_id, _ in changed}
