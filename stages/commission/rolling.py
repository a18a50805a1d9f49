"""Commissions without an agreed end: they roll on by a year, each year, until somebody sets their last day."""

import datetime

import pendulum
from sqlmodel import Session

from calendars.school_days import school_year
from models.commission import Commission
from models.database import Database, until_saved
from models.errors import BadInput, NotPossible
from models.moments import day_of
from models.words import CommissionStatus
from stages.commission.decide import check_steers
from stages.commission.opening import assume_terms
from stages.record import ENGINE, Actor, Note, note

_AHEAD = 2


def horizon(day: datetime.date) -> datetime.date:
    """Return the day that a commission without an agreed end is planned to: the end of the school year after the one of `day`."""
    return datetime.date(school_year(day) + _AHEAD, 8, 31)


@until_saved
def roll_on(database: Database, commission_id: int, at: pendulum.DateTime) -> bool:
    """Move the horizon of a commission on at the start of a school year, and tell whether that was done."""
    today = day_of(at)
    with database.reading() as session:
        if not _is_due(session.get(Commission, commission_id), today):
            return False
    with database.writing() as session:
        commission = session.get(Commission, commission_id, with_for_update=True)
        if commission is None or not _is_due(commission, today):
            return False
        before, commission.ends = commission.ends, horizon(today)
        commission.version += 1
        assume_terms(session, commission.authority, before, commission.ends)
        one = Note("commission.roll-on", ENGINE, commission_id, before=before.isoformat(), after=commission.ends.isoformat())
        note(session, [one], at)
    return True


def _is_due(commission: Commission | None, today: datetime.date) -> bool:
    return commission is not None and commission.rolls_on and commission.status is CommissionStatus.RUNNING and commission.ends < horizon(today)


def set_end(session: Session, commission: Commission, on: datetime.date, actor: Actor, reason: str, at: pendulum.DateTime) -> None:
    """Set the last day of a commission that had none: from then on it is like any other, and its cases are brought to their evaluation."""
    check_steers(actor)
    if not reason.strip():
        raise BadInput("This needs a reason: give one with --reason.")
    if commission.status is CommissionStatus.CLOSED or not commission.rolls_on:
        raise NotPossible(f"Commission {commission.reference} has its last day already: {commission.ends:%-d %B %Y}.")
    if on < day_of(at):
        raise BadInput(f"{on:%-d %B %Y} is past: give a day from today with --on.")
    if on > commission.ends:
        raise BadInput(f"{on:%-d %B %Y} is further ahead than is planned yet: give a day up to {commission.ends:%-d %B %Y}.")
    before, commission.ends, commission.rolls_on = commission.ends, on, False
    commission.version += 1
    session.add(commission)
    note(session, [Note("commission.set-end", actor, commission.id, before=before.isoformat(), after=on.isoformat(), reason=reason)], at)
