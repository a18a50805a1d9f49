"""Asking again through the year: an instrument that comes back every half-term, term or year is asked once in each, whatever the stage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from calendars.periods import Every, period
from calendars.school_days import SchoolCalendar
from models.case import Case
from models.database import Database, insert_rows, until_saved
from models.evidence import Asking
from models.moments import day_of
from models.programme import Instrument, Programme
from models.words import CommissionStatus, Stage
from stages import asking
from stages.batch import ready_cases
from stages.brief import load_brief
from stages.journey import OPEN, STANDINGS
from stages.record import ENGINE, Note, note

EVERY: dict[str, Every] = {"half_termly": "half_term", "termly": "term", "yearly": "year"}
# While need is still being found nobody is asked a second time, and at the end the endline is asked instead.
_UNDER_WAY = tuple(status for status in OPEN if STANDINGS[status].stage in {Stage.BROKER, Stage.SCHEDULE, Stage.PLAN})


@dataclass(frozen=True, slots=True)
class Due:
    """An instrument that a case is to be asked with again, and for the how manieth time."""

    case: Case
    instrument: Instrument
    number: int


def repeating(programme: Programme) -> list[Instrument]:
    """Return the instruments of a programme that come back by the calendar."""
    return [one for one in programme.diagnose.instruments if one.repeats in EVERY]


def due_again(
    calendar: SchoolCalendar, programme: Programme, cases: Iterable[Case], askings: Sequence[Asking], at: pendulum.DateTime
) -> list[Due]:  # fmt: skip
    """Return what is to be asked on a day: whatever was last asked in an earlier half-term, term or year. Outside term nothing is."""
    today, last = day_of(at), dict[tuple[int, str], Asking]()
    for one in sorted(askings, key=lambda asked: asked.round):
        last[one.case_id, one.instrument] = one
    found = []
    for instrument in repeating(programme) if calendar.is_school_day(today) else ():
        now = period(calendar, today, EVERY[instrument.repeats])
        for case in cases:
            before = last.get((case.id, instrument.id))
            if before is None:
                continue
            # Asked in a holiday, it was asked for the term that followed.
            asked_on = calendar.add(day_of(before.asked_at), 0)
            if period(calendar, asked_on, EVERY[instrument.repeats]) != now and asked_on < today:
                found.append(Due(case, instrument, before.round + 1))
    return found


@until_saved
def ask_again(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Ask every case of a commission again that is due, and return how many were asked; run twice, it asks nobody twice.

    What was asked in the period before and never answered lapses.
    """
    with database.reading() as session:
        if not _to_ask(session, commission_id, at):
            return 0
    with database.writing() as session:
        list(session.exec(select(Case.id).where(Case.commission_id == commission_id).order_by(col(Case.id)).with_for_update()).all())
        found = _to_ask(session, commission_id, at)
        brief = load_brief(session, commission_id, [one.case.urn for one in found])
        today, notes = day_of(at), []
        for one in found:
            asking.lapse_askings(session, [one.case.id], at, [one.instrument.id])
            rows, messages = asking.ask(brief, one.case, [one.instrument], one.number, today)
            insert_rows(session, Asking, [{**row, "asked_at": at} for row in rows])
            detail = {"instrument": one.instrument.id, "round": one.number}
            notes.append(Note("case.ask-again", ENGINE, commission_id, one.case.id, detail=detail, messages=messages))
        note(session, notes, at)
    return len(found)


def _to_ask(session: Session, commission_id: int, at: pendulum.DateTime) -> list[Due]:
    brief = load_brief(session, commission_id, [])
    if brief.commission.status is not CommissionStatus.RUNNING or not repeating(brief.programme):
        return []
    cases = ready_cases(session, commission_id, _UNDER_WAY)
    rows: list[Asking] = []
    for start in range(0, len(cases), 5000):
        ids = [case.id for case in cases[start : start + 5000]]
        rows += session.exec(select(Asking).where(col(Asking.case_id).in_(ids))).all()
    return due_again(brief.calendar, brief.programme, cases, rows, at)
