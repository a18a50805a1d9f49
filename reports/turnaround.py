"""How long notes of visit take: school days from the visit to the school, to its reply, and to publication."""

import datetime
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from calendars.school_days import SchoolCalendar, Span
from models.case import Case
from models.programme import NoteTemplate
from models.trail import Event
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Status, VisitStatus
from stages.brief import Brief
from stages.journey import ENDED
from stages.visits import writes_note

_LONDON = "Europe/London"
_BEGINS, _ENDS = ("case.pause", "commission.pause"), ("case.resume", "commission.resume")
_OUT = {Status.WITHDRAWN: "withdrawn", Status.SCHOOL_CLOSED: "school_closed"}


@dataclass(frozen=True, slots=True)
class Clock:
    """The days of one note; `out` says why the case is left out while a step is not done yet, `pauses` when the case stood still."""

    held: datetime.date
    sent: datetime.date | None = None
    replied: datetime.date | None = None
    published: datetime.date | None = None
    silent: bool = False
    out: str | None = None
    pauses: Sequence[Span] = ()


def school_days(calendar: SchoolCalendar, first: datetime.date, last: datetime.date, pauses: Sequence[Span]) -> int:
    """Return the school days after `first` up to `last` on which the case did not stand still; the day on which a pause ends counts."""
    days = calendar.days(first + datetime.timedelta(days=1), last)
    return sum(not any(begins <= day < ends for begins, ends in pauses) for day in days)


def turnaround(clocks: Sequence[Clock], template: NoteTemplate, calendar: SchoolCalendar, today: datetime.date) -> list[dict[str, Any]]:
    """Return a row for each step: notes counted, median of those done, how many within the programme's days, and who is left out and why.

    A step that is late and not done counts as not within its days, though it has no length yet; one that still has time is left out.
    """
    steps = (
        ("sent", "From the visit to the school", template.due_school_days),
        ("replied", "From the school's having it to its reply", template.reply_school_days),
        ("published", "From the visit to publication", template.turnaround_school_days),
    )
    return [_step(name, title, allowed, clocks, calendar, today) for name, title, allowed in steps]


def _step(name: str, title: str, allowed: int, clocks: Sequence[Clock], calendar: SchoolCalendar, today: datetime.date) -> dict[str, Any]:
    took, within, left = list[int](), 0, Counter[str]()
    late = 0
    for one in clocks:
        begun, done = (one.sent, one.replied) if name == "replied" else (one.held, getattr(one, name))
        if begun is None:
            left["not_sent_yet"] += 1
        elif done is not None:
            took.append(school_days(calendar, begun, done, one.pauses))
            within += took[-1] <= allowed
        elif name == "replied" and one.silent:
            left["no_reply"] += 1
        elif one.out:
            left[one.out] += 1
        elif school_days(calendar, begun, today, one.pauses) > allowed:
            late += 1
        else:
            left["not_yet_due"] += 1
    count = len(took) + late
    return {
        "step": name, "title": title, "notes": count, "median_school_days": statistics.median(took) if took else None, "allowed_school_days": allowed,
        "within": within, "percent": round(100 * within / count, 1) if count else None, "late_and_not_done": late, "left_out": dict(left),
    }  # fmt: skip


def turnaround_of(session: Session, brief: Brief, today: datetime.date) -> list[dict[str, Any]]:
    """Return how long the notes of a commission take as things stand; no rows if none is due of any visit yet."""
    clocks = load_clocks(session, brief, today)
    return turnaround(clocks, brief.programme.schedule.note, brief.calendar, today) if clocks else []


def load_clocks(session: Session, brief: Brief, today: datetime.date) -> list[Clock]:
    """Return the clock of each visit that was held, or has had its day, and of which a note is written."""
    query = select(Visit, Case, NoteOfVisit).join(Case, col(Case.id) == Visit.case_id).outerjoin(NoteOfVisit, col(NoteOfVisit.visit_id) == Visit.id)
    been = (Visit.status == VisitStatus.HELD) | ((Visit.status == VisitStatus.CONFIRMED) & (Visit.day < today))
    rows = session.exec(query.where(Case.commission_id == brief.commission_id, been).order_by(col(Visit.id))).all()
    pauses = _pauses(session, brief.commission_id)
    return [
        _clock(visit, case, note, (*pauses.get(case.id, ()), *pauses.get(None, ())))
        for visit, case, note in rows
        # The note of a meeting is of the school where it was, whatever the session says of visits.
        if visit.meeting_id is not None or writes_note(brief.programme, visit.session)
    ]


def _clock(visit: Visit, case: Case, note: NoteOfVisit | None, pauses: Sequence[Span]) -> Clock:
    held = visit.held_on or visit.day
    out = _OUT.get(case.status) or ("paused" if case.paused_since is not None else "ended" if case.status in ENDED else None)
    if note is None:
        return Clock(held, out=out, pauses=pauses)
    silent = note.replied_at is None and note.status not in (NoteStatus.DRAFT, NoteStatus.WITH_SCHOOL, NoteStatus.CLOSED)
    return Clock(held, _day(note.written_at), _day(note.replied_at), _day(note.published_at), silent, out, pauses)


def _day(moment: Any) -> datetime.date | None:
    return moment.in_timezone(_LONDON).date() if moment is not None else None


def _pauses(session: Session, commission_id: int) -> Mapping[int | None, list[Span]]:
    """Return when each case and, under None, the whole commission stood still, from the trail; a pause that has not ended has no last day yet."""
    query = select(Event).where(Event.commission_id == commission_id, col(Event.kind).in_([*_BEGINS, *_ENDS])).order_by(col(Event.id))
    found: dict[int | None, list[Span]] = {}
    for event in session.exec(query).all():
        day = event.at.in_timezone(_LONDON).date()
        spans = found.setdefault(event.case_id, [])
        if event.kind in _BEGINS:
            spans.append((day, datetime.date.max))
        elif spans:
            spans[-1] = (spans[-1][0], day)
    return found
