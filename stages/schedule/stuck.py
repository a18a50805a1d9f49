"""Visits that must move and find no new day: told once for each reason to move, and read back by whoever has to see to them."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.trail import Event
from models.visit import Visit
from models.words import VisitStatus
from notifications.messages import to_school, to_staff
from stages.brief import Brief
from stages.invitations import of_visit
from stages.record import ENGINE, Note
from stages.schedule.offers import offers_of

STUCK = "visit.stuck"


@dataclass(frozen=True, slots=True)
class WithoutDay:
    """A visit that must move and has no day: why, in a sentence, and since when that is known."""

    visit: Visit
    why: str
    since: datetime.date


def without_day(session: Session, case_ids: Collection[int]) -> list[WithoutDay]:
    """Return the visits of some cases that find no new day, in order of the days they had; those with days on offer are not among them."""
    to_move = select(Visit).where(col(Visit.case_id).in_(case_ids), Visit.status == VisitStatus.TO_MOVE)
    visits = session.exec(to_move.order_by(col(Visit.day), col(Visit.id))).all()
    offered = offers_of(session, [visit.id for visit in visits])
    told = select(Event).where(Event.kind == STUCK, col(Event.before).in_([_edition(visit) for visit in visits]))
    events = {event.before: event for event in session.exec(told.where(col(Event.case_id).in_(case_ids))).all()}
    return [
        WithoutDay(visit, event.detail["reason"], day_of(event.at))
        for visit in visits if visit.id not in offered and (event := events.get(_edition(visit))) is not None
    ]  # fmt: skip


def tell_stuck(session: Session, brief: Brief, case: Case, visit: Visit, why: str, today: datetime.date) -> list[Note]:
    """Tell adviser and school, once for each reason to move, of a visit that finds no new date; it is tried again at every turn."""
    edition = _edition(visit)
    told = select(Event.id).where(Event.case_id == case.id, Event.kind == STUCK, Event.before == edition)
    if session.exec(told).first() is not None:
        return []
    school = brief.school(case).name
    messages = [to_staff.visit_stuck(brief.head, brief.adviser, case.id, edition, school, visit.purpose, visit.day, why)]
    if visit.day >= today:
        entry, reason = of_visit(brief, case, visit, {"status": VisitStatus.TO_MOVE}), visit.why or "the date could not be kept"
        to = brief.to_school(case.urn)
        messages.append(to_school.visit_undated(brief.head, to, case.id, edition, school, visit.purpose, visit.day, reason, [entry]))
    return [Note(STUCK, ENGINE, brief.commission_id, case.id, before=edition, reason=why, messages=messages)]


def _edition(visit: Visit) -> str:
    """Return by what the trail knows a visit as it must move: a further reason to move is told anew."""
    return f"{visit.id}-{visit.version}"
