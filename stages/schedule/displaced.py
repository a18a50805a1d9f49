"""Visits to come whose day is no day for a visit any more, since term dates or days without visits were entered after they were dated."""

import datetime
from collections.abc import Collection

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.term import Closure
from models.visit import Visit
from models.words import ClosureKind, Slip, VisitStatus
from stages.brief import Brief
from stages.record import ENGINE, note
from stages.schedule.diaries import closed_days
from stages.schedule.leaving import leave_day
from stages.schedule.timetable.problem import CLOSED

_CLOSED, _CHANGED, _KEPT_FREE = "schools are closed then", "term dates have changed", "the programme keeps that day free of visits"


def displaced(session: Session, brief: Brief, today: datetime.date) -> list[tuple[Visit, str, Slip]]:
    """Return the visits of a commission, agreed or on offer, that lie beyond today on a day on which their school cannot have one, with why."""
    query = select(Visit, Case.urn).join(Case, col(Case.id) == Visit.case_id).where(Case.commission_id == brief.commission_id)
    live = (col(Visit.status).in_([VisitStatus.CONFIRMED, VisitStatus.PROPOSED]), Visit.day > today, col(Visit.meeting_id).is_(None))
    rows = session.exec(query.where(*live).order_by(col(Visit.id))).all()
    # That a school cannot have one visit then is said of that visit alone.
    closed = closed_days(session, brief, {urn for _, urn in rows}, asked=False)
    closures = session.exec(select(Closure).where(col(Closure.day).in_({visit.day for visit, _ in rows}))).all()
    by_day = {(row.urn, row.day): row.kind for row in closures if row.urn is not None or row.authority == brief.commission.authority}
    found = []
    for visit, urn in rows:
        why = closed[urn].get(visit.day)
        if why not in (None, CLOSED):
            found.append((visit, _KEPT_FREE, Slip.SCHOOL_CLOSED))
        elif why or not brief.calendar.is_school_day(visit.day):
            kind = by_day.get((urn, visit.day)) or by_day.get((None, visit.day))
            # A day that nobody closed is none of term any more.
            shut = kind not in (None, ClosureKind.OWN_DATES)
            found.append((visit, _CLOSED if shut else _CHANGED, Slip.SCHOOL_CLOSED if shut else Slip.TERM_DATES_CHANGED))
    return found


def displace(session: Session, brief: Brief, case_ids: Collection[int], at: pendulum.DateTime) -> None:
    """Mark such visits of some cases as having to move."""
    notes = []
    for visit, why, slip in displaced(session, brief, day_of(at)):
        if visit.case_id in case_ids:
            notes.append(leave_day(session, visit, brief.commission_id, ENGINE, why, slip, reason=why))
            session.expire(visit)
    note(session, notes, at)
