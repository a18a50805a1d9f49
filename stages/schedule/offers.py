"""Days that a school may choose from: offered where it asked for another date, and kept free for as long as it has to answer."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.case import Case
from models.trail import Event
from models.visit import DateOffer, Visit
from models.words import Slip, Status, VisitStatus
from notifications.messages import to_school
from programmes.timing import bounds
from stages.brief import Brief
from stages.record import ENGINE, Note
from stages.schedule.modelling import Asked, Times
from stages.schedule.rules import Placed, Unplaced, options, place_one
from stages.visits import PART_IN_WORDS

OFFERED = "visit.dates-offered"
# What holds for an offer that stands, with its visit joined to it.
STANDING: tuple[Any, ...] = (Visit.status == VisitStatus.TO_MOVE, DateOffer.sequence == Visit.sequence)


def offers_of(session: Session, visit_ids: Collection[int]) -> dict[int, list[DateOffer]]:
    """Return the days on offer for some visits, in order of the days; a visit that has changed since has none."""
    found: dict[int, list[DateOffer]] = {}
    query = select(DateOffer).join(Visit, col(Visit.id) == DateOffer.visit_id).where(*STANDING)
    for one in session.exec(query.where(col(DateOffer.visit_id).in_(visit_ids)).order_by(col(DateOffer.day))).all():
        found.setdefault(one.visit_id, []).append(one)
    return found


def forget_offers(session: Session, visit_ids: Collection[int]) -> None:
    """Take the days on offer for some visits back, so that the supporter is free on them again."""
    session.execute(delete(DateOffer).where(col(DateOffer.visit_id).in_(visit_ids)).execution_options(synchronize_session=False))


def asks_to_choose(session: Session, case: Case, visit: Visit) -> bool:
    """Tell whether a school is to choose the new date of a visit: it asked for another, had agreed one, and has not let days lapse since."""
    asked = visit.slip is Slip.SCHOOL_ASKED and case.status is not Status.AWAITING_DATES
    told = select(Event).where(Event.case_id == case.id, Event.kind == OFFERED)
    return asked and all((event.detail["visit_id"], event.detail["sequence"]) != (visit.id, visit.sequence) for event in session.exec(told).all())


def offer_days(brief: Brief, case: Case, visit: Visit, asked: Asked, times: Times, at: pendulum.DateTime) -> Note | None:
    """Return the note that offers a school days for a visit, entered in the diary; None if there are none and others may have to make room."""
    due = brief.calendar.add(at.in_timezone("Europe/London").date(), brief.school_days(Status.AWAITING_DATES))
    found = _days(visit, asked, times, due)
    if not found:
        return None
    for one in found:
        times.diaries[visit.supporter_id].book(one.day, one.part, asked.place)
    lines = [{"day": one.day.isoformat(), "part": PART_IN_WORDS[one.part.value]} for one in found]
    message = to_school.date_choice(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence, brief.school(case).name, visit.purpose, visit.day,
        brief.to_supporter(visit.supporter_id).name, lines, due,
    )  # fmt: skip
    same = {"visit_id": visit.id, "supporter_id": visit.supporter_id, "sequence": visit.sequence, "due": due}
    rows = [(DateOffer, {**same, "day": one.day, "part": one.part}) for one in found]
    detail = {"visit_id": visit.id, "sequence": visit.sequence, "days": [line["day"] for line in lines]}
    return Note(OFFERED, ENGINE, brief.commission_id, case.id, before=visit.day.isoformat(), detail=detail, rows=rows, messages=[message])


def _days(visit: Visit, asked: Asked, times: Times, due: datetime.date) -> list[Placed]:
    """Return days for a visit that keep the order of its case and leave the school its notice after it has answered."""
    wanted = next((one for one in asked.wanted if one.key == visit.session), None)
    if wanted is None:
        return []
    days = _dated(asked)
    limits = bounds(wanted, asked.wanted, {key: day for key, day in days.items() if key != wanted.key}, max(times.earliest, due))
    closed = {*times.closed.get(asked.urn, ()), *days.values()}
    diary = times.diaries[visit.supporter_id]
    return options(wanted, limits, visit.day, times.calendar, times.blackouts, closed, diary, asked.place)


def still_possible(visit: Visit, asked: Asked, times: Times, day: datetime.date) -> Placed | Unplaced:
    """Return a day on offer as it can be had now, or what has come in its way; what is on offer for the visit itself must not be in the diary."""
    wanted, days = next(one for one in asked.wanted if one.key == visit.session), _dated(asked)
    first, last = bounds(wanted, asked.wanted, {key: one for key, one in days.items() if key != wanted.key}, min(times.earliest, day))
    if not first <= day <= last:
        return Unplaced(wanted.key, "the order of the visits and the weeks between them")
    closed = {*times.closed.get(asked.urn, ()), *(one for key, one in days.items() if key != wanted.key)}
    found = place_one(wanted, (day, day), times.calendar, times.blackouts, closed, times.diaries[visit.supporter_id], asked.place)
    return found if isinstance(found, Placed) else Unplaced(wanted.key, found.why.partition(": ")[2].rpartition(": ")[2].rstrip("."))


def _dated(asked: Asked) -> Mapping[str, datetime.date]:
    """Return the days of all sessions of a case that stay where they are."""
    homes = {key: slot.day for key, slot in asked.homes.items() if key not in asked.leave}
    return homes | dict(asked.fixed)
