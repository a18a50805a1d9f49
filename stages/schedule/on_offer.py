"""Dates on offer to a school that do not stand any more: the case goes back to the timetable, or the school has its time to answer anew."""

from collections.abc import Collection, Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.visit import Visit
from models.words import Status, VisitStatus
from stages.brief import Brief
from stages.record import Change
from stages.visits import cancel_visits

_NO_DAY = "no date that was on offer can be kept, and no other was found for it"


def passed(at: pendulum.DateTime) -> tuple[Any, ...]:
    """Return what holds for a visit whose date was offered, and passed before anybody agreed it."""
    return (col(Visit.status) == VisitStatus.PROPOSED, col(Visit.day) < day_of(at))


def offered_in_vain(session: Session, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Take back all dates on offer where the first has passed before anybody agreed it; the next pass offers new ones."""
    waiting = {case.id: case for case in cases if case.status is Status.AWAITING_DATES}
    ids = sorted(set(session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(waiting), *passed(at))).all()))
    cancel_visits(session, ids, None, (VisitStatus.PROPOSED,))
    return [Change(waiting[number], "offer-again", reason="a date on offer passed before it was agreed") for number in ids]


def with_visits(session: Session, cases: Sequence[Case], status: VisitStatus) -> set[int]:
    """Return the cases among those that wait for their school to agree dates that have a visit in a status."""
    waiting = [case.id for case in cases if case.status is Status.AWAITING_DATES]
    return set(session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(waiting), Visit.status == status)).all())


def without_any(session: Session, cases: Sequence[Case]) -> list[Case]:
    """Return the cases whose school is to agree dates and has none on offer."""
    offered = with_visits(session, cases, VisitStatus.PROPOSED)
    return [case for case in cases if case.status is Status.AWAITING_DATES and case.id not in offered]


def looked_at_anew(session: Session, cases: Sequence[Case]) -> list[Change]:
    """Return the changes by which cases without a date on offer go back to the timetable, which finds dates or says what stops them."""
    return [Change(case, "offer-again", reason=_NO_DAY) for case in without_any(session, cases)]


def answered_later(session: Session, brief: Brief, cases: Sequence[Case], changed: Collection[int], at: pendulum.DateTime) -> list[Change]:
    """Return the changes by which schools have their time anew whose dates have `changed` and can be agreed (again)."""
    today = day_of(at)
    whole = with_visits(session, cases, VisitStatus.PROPOSED) - with_visits(session, cases, VisitStatus.TO_MOVE)
    return [
        Change(case, "change-dates", fields={"due": brief.due(case.urn, today, Status.AWAITING_DATES)})
        for case in cases if case.id in whole and case.id in changed
    ]  # fmt: skip
