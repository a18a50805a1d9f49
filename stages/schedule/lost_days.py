"""School days that were lost to closures: what somebody has to answer by is put back, also where a day becomes known on itself or afterwards."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlmodel import Session, col, select

from calendars.school_days import ONE_DAY, SchoolCalendar
from models.case import Case
from models.commission import Commission
from models.errors import BadInput
from models.moments import day_of
from models.school import School
from models.trail import Event
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Role
from notifications.outbox import skip_late
from stages.brief import load_calendar
from stages.clocks import put_cases_back
from stages.journey import ENDED
from stages.record import Actor, Note

_SHUT = "schools were closed meanwhile, so there is more time"


@dataclass(frozen=True, slots=True)
class Silent:
    """A note of visit that was published because its school had not answered by a day that is put back now."""

    case_id: int
    session: str
    day: datetime.date


def put_clocks_back(
    session: Session, authority: str, urns: Collection[int], own: Mapping[int, set[datetime.date]], days: Sequence[datetime.date], actor: Actor,
    today: datetime.date,
) -> list[Note]:  # fmt: skip
    """Put back what is due of open cases so that as many school days are left as there were; a day that cannot be put back stays.

    `own` are the days on which each school was closed by itself before: those are not lost once more. Nor is a day lost before somebody was
    asked, or while a case was paused: that was given back when it went on. What had been late before the first of the days stays so.
    """
    query = select(Case, Commission.authority).join(Commission, col(Commission.id) == Case.commission_id)
    query = query.where(col(Case.status).not_in(ENDED), col(Case.urn).in_(urns) if urns else Commission.authority == authority)
    cases = {case.id: (case, there) for case, there in session.exec(query.order_by(col(Case.id))).all()}
    awake = _awake_since(session, days[0]) if days[0] <= today else {}

    @cache
    def calendars(there: str, shut: frozenset[datetime.date]) -> tuple[SchoolCalendar, SchoolCalendar]:
        return load_calendar(session, there, shut), load_calendar(session, there, {*shut, *days})

    def later(case_id: int, due: datetime.date, asked: datetime.date) -> datetime.date | None:
        case, there = cases[case_id]
        begun = max(asked, awake.get((case.commission_id, case_id), asked), awake.get((case.commission_id, None), asked))
        return put_back(due, *calendars(there, frozenset(own.get(case.urn, ()))), days[0], min(today, max(begun, days[0] - ONE_DAY)))

    notes = put_cases_back(session, [case for case, _ in cases.values()], actor, later)
    skip_late(session, [one.case_id for one in notes if one.case_id is not None], _SHUT)
    return notes


def _awake_since(session: Session, since: datetime.date) -> dict[tuple[int | None, int | None], datetime.date]:
    """Return the last day, from `since` on, on which each case or (without one) commission was resumed."""
    midnight = datetime.datetime.combine(since - ONE_DAY, datetime.time(), datetime.UTC)
    resumed = select(Event).where(col(Event.kind).in_(["case.resume", "commission.resume"]), col(Event.at) >= midnight)
    rows = session.exec(resumed.order_by(col(Event.id))).all()
    return {(one.commission_id, one.case_id): day_of(one.at) for one in rows}


def put_back(due: datetime.date, before: SchoolCalendar, after: SchoolCalendar, first: datetime.date, begun: datetime.date) -> datetime.date | None:
    """Return the day on which as many school days have passed from `begun` as would have by `due`; None if that is `due` itself.

    `first` is the first day that was closed; what was due before it loses nothing.
    """
    if due < max(first, begun):
        return None
    left = before.between(begun, due)
    try:
        new = after.add(begun, left) if left else after.add(due, 0)
    except BadInput:
        return None
    return new if new > due else None


def taken_as_accurate(session: Session, authority: str, urns: Collection[int], first: datetime.date) -> list[Silent]:
    """Return the notes of visit that the engine published, since their schools had not answered by `first` or a later day, which is put back now.

    What is published stays so; whoever closes the days is told, and has a note corrected if its school says otherwise.
    """
    query = select(NoteOfVisit, Visit).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).join(Case, col(Case.id) == NoteOfVisit.case_id)
    query = query.join(School, col(School.urn) == Case.urn)
    where = col(School.urn).in_(urns) if urns else School.authority == authority
    due = (NoteOfVisit.status == NoteStatus.PUBLISHED, col(NoteOfVisit.reply_due) >= first, col(NoteOfVisit.replied_at).is_(None))
    rows = session.exec(query.where(where, *due, col(Case.status).not_in(ENDED)).order_by(col(NoteOfVisit.id))).all()
    silent = select(Event.case_id, Event.detail).where(Event.kind == "note.published", Event.role == Role.ENGINE)
    told = session.exec(silent.where(col(Event.case_id).in_({note.case_id for note, _ in rows}))).all()
    by_silence = {detail.get("note_id") for _, detail in told}
    return [Silent(note.case_id, visit.session, visit.held_on or visit.day) for note, visit in rows if note.id in by_silence]
