"""Visits to come whose day is no day for a visit any more, since term dates or days without visits were entered after they were dated."""

import datetime
from collections.abc import Collection

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.visit import Visit
from models.words import Slip, VisitStatus
from stages.brief import Brief
from stages.record import ENGINE, note
from stages.schedule.diaries import closed_days
from stages.schedule.leaving import leave_day
from stages.schedule.timetable.problem import CLOSED

_CLOSED, _KEPT_FREE = "schools are closed then", "the programme keeps that day free of visits"


def displaced(session: Session, brief: Brief, today: datetime.date) -> list[tuple[Visit, str]]:
    """Return the visits of a commission, agreed or on offer, that lie beyond today on a day on which their school cannot have one, with why."""
    query = select(Visit, Case.urn).join(Case, col(Case.id) == Visit.case_id).where(Case.commission_id == brief.commission_id)
    live = (col(Visit.status).in_([VisitStatus.CONFIRMED, VisitStatus.PROPOSED]), Visit.day > today, col(Visit.meeting_id).is_(None))
    rows = session.exec(query.where(*live).order_by(col(Visit.id))).all()
    # That a school cannot have one visit then is said of that visit alone.
    closed = closed_days(session, brief, {urn for _, urn in rows}, asked=False)
    return [
        (visit, _CLOSED if closed[urn].get(visit.day, CLOSED) == CLOSED else _KEPT_FREE)
        for visit, urn in rows if not brief.calendar.is_school_day(visit.day) or visit.day in closed[urn]
    ]  # fmt: skip


def displace(session: Session, brief: Brief, case_ids: Collection[int], at: pendulum.DateTime) -> None:
    """Mark such visits of some cases as having to move."""
    notes = []
    for visit, why in displaced(session, brief, at.in_timezone("Europe/London").date()):
        if visit.case_id in case_ids:
            notes.append(leave_day(session, visit, brief.commission_id, ENGINE, why, Slip.SCHOOL_CLOSED, reason=why))
            session.expire(visit)
    note(session, notes, at)
