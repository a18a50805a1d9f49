"""What schools have to answer by, put back where they lost time: what they were asked, notes of visit, days to choose from."""

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import String, and_, cast, func, update
from sqlmodel import Session, SQLModel, col, select

from calendars.school_days import SchoolCalendar
from models.case import Case
from models.errors import BadInput, NotPossible
from models.evidence import Asking
from models.moments import day_of
from models.review import Review
from models.trail import Event
from models.visit import DateOffer, NoteOfVisit, NoteVersion, Visit
from models.words import NoteStatus
from stages.asking import open_askings
from stages.record import Actor, Note

_AT_ONCE = 5000
# The day that a case, its due day and the day on which it was asked become; None where that stays as it is.
Later = Callable[[int, datetime.date, datetime.date], datetime.date | None]
# Number, case, the day by which somebody is to answer, and the day on which they were asked.
_Clock = tuple[int, int, datetime.date | None, datetime.date]


def after_pause(calendar: SchoolCalendar, today: datetime.date, lost: int) -> Callable[[datetime.date], datetime.date]:
    """Return what a due day becomes after a pause that took so many school days: later by as many, at most the last day that is known.

    NotPossible where no term dates of today or later are known, so that nobody could be given a day.
    """
    known = calendar.days(today, calendar.last) if calendar.last is not None and calendar.last >= today else []
    if not known:
        raise NotPossible(
            f"No term dates from {today:%-d %B %Y} on are known, so nobody can be given days to answer by: load them with `lodestar evidence load`, "
            "or enter a term with `lodestar calendar term`, and resume then."
        )

    def later(due: datetime.date) -> datetime.date:
        try:
            return calendar.add(due, lost) if lost else due
        except BadInput:
            return max(due, known[-1])

    return later


def put_back(session: Session, case_ids: Collection[int], later: Later) -> set[int]:
    """Put back every day by which the schools of some cases have to answer; return the cases of which one was."""
    ids, touched = sorted(case_ids), set[int]()
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        touched |= _put_back(
            session, Asking, "due", [(one.id, one.case_id, one.due, day_of(one.asked_at)) for one in open_askings(session, part)], later
        )
        touched |= _put_back(session, NoteOfVisit, "reply_due", _with_school(session, part), later)
        touched |= _put_back(session, DateOffer, "due", _on_offer(session, part), later)
    return touched


def put_cases_back(session: Session, cases: Sequence[Case], actor: Actor, later: Later) -> list[Note]:
    """Put back what some cases are due by, and all that their schools have to answer by; return a note of each of which anything was."""
    new = {case.id: later(case.id, case.due, day_of(case.since)) if case.due else None for case in cases}
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


def _with_school(session: Session, case_ids: Sequence[int]) -> list[_Clock]:
    """Return by when schools are to answer notes, with when they got the newest version of each."""
    sent = select(NoteVersion.note_id, func.max(col(NoteVersion.at)).label("at")).group_by(col(NoteVersion.note_id)).subquery()
    query = select(col(NoteOfVisit.id), col(NoteOfVisit.case_id), col(NoteOfVisit.reply_due), sent.c.at).join(sent, sent.c.note_id == NoteOfVisit.id)
    rows = session.exec(query.where(NoteOfVisit.status == NoteStatus.WITH_SCHOOL, col(NoteOfVisit.case_id).in_(case_ids))).all()
    return [(number, case_id, due, day_of(at)) for number, case_id, due, at in rows]


def _on_offer(session: Session, case_ids: Sequence[int]) -> list[_Clock]:
    """Return by when schools are to choose between days, with when those were offered, which is when the visit last changed."""
    query = select(col(DateOffer.id), col(Visit.case_id), col(DateOffer.due), col(Event.at)).join(Visit, col(Visit.id) == DateOffer.visit_id)
    edition = cast(col(Visit.id), String) + "-" + cast(col(DateOffer.sequence), String)
    told = and_(col(Event.case_id) == col(Visit.case_id), col(Event.kind) == "visit.dates-offered", col(Event.before) == edition)
    rows = session.exec(query.join(Event, told).where(col(Visit.case_id).in_(case_ids))).all()
    return [(number, case_id, due, day_of(at)) for number, case_id, due, at in rows]


def _put_back(session: Session, table: type[SQLModel], name: str, rows: Collection[_Clock], later: Later) -> set[int]:
    """Put back the days of one table; return the cases of which one was."""
    new = [(number, case_id, later(case_id, due, asked)) for number, case_id, due, asked in rows if due is not None]
    changed = [(number, case_id, day) for number, case_id, day in new if day is not None]
    if changed:
        session.execute(update(table), [{"id": number, name: day} for number, _, day in changed])
    return {case_id for _, case_id, _ in changed}
