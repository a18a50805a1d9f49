"""Dates on offer to a school that do not stand any more: the case goes back to the timetable."""

from collections.abc import Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.visit import Visit
from models.words import Status, VisitStatus
from stages.record import Change
from stages.visits import cancel_visits


def passed(at: pendulum.DateTime) -> tuple[Any, ...]:
    """Return what holds for a visit whose date was offered, and passed before anybody agreed it."""
    return (col(Visit.status) == VisitStatus.PROPOSED, col(Visit.day) < at.in_timezone("Europe/London").date())


def offered_in_vain(session: Session, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Take back all dates on offer where the first has passed before anybody agreed it; the next pass offers new ones."""
    waiting = {case.id: case for case in cases if case.status is Status.AWAITING_DATES}
    ids = sorted(set(session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(waiting), *passed(at))).all()))
    cancel_visits(session, ids, None, (VisitStatus.PROPOSED,))
    return [Change(waiting[number], "offer-again", reason="a date on offer passed before it was agreed") for number in ids]
