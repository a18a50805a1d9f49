"""Days that a school may choose from: offered where it asked for another date, and kept free for as long as it has to answer."""

import datetime
from collections.abc import Collection

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from calendars.school_days import Span
from models.case import Case
from models.moments import day_of
from models.trail import Event
from models.visit import DateOffer, Visit
from models.words import Slip, Status
from notifications.messages import to_school
from programmes.timing import Wanted, bounds
from stages.brief import Brief
from stages.record import ENGINE, Note
from stages.schedule.diaries import STANDS
from stages.schedule.modelling import Asked, Times
from stages.schedule.rules import Placed, options, stops_on
from stages.schedule.timetable.books import BOOKED
from stages.schedule.timetable.problem import CLOSED, Shut
from stages.visits import PART_IN_WORDS

OFFERED = "visit.dates-offered"


def offers_of(session: Session, visit_ids: Collection[int]) -> dict[int, list[DateOffer]]:
    """Return the days on offer for some visits, in order of the days; a visit that has changed since has none."""
    found: dict[int, list[DateOffer]] = {}
    query = select(DateOffer).join(Visit, col(Visit.id) == DateOffer.visit_id).where(*STANDS)
    for one in session.exec(query.where(col(DateOffer.visit_id).in_(visit_ids)).order_by(col(DateOffer.day))).all():
        found.setdefault(one.visit_id, []).append(one)
    return found


def forget_offers(session: Session, visit_ids: Collection[int]) -> None:
    """Take the days on offer for some visits back, so that the supporter is free on them again."""
    session.execute(delete(DateOffer).where(col(DateOffer.visit_id).in_(visit_ids)).execution_options(synchronize_session=False))


def asks_to_choose(session: Session, case: Case, visit: Visit) -> bool:
    """Tell whether a school is to choose the new date of a visit: it asked for another, had agreed one, and has not let days lapse since."""
    asked = visit.slip is Slip.SCHOOL_ASKED and case.status is not Status.AWAITING_DATES
    told = select(Event.id).where(Event.case_id == case.id, Event.kind == OFFERED, Event.before == _edition(visit))
    return asked and session.exec(told).first() is None


def _edition(visit: Visit) -> str:
    """Return by what the trail knows a visit as it stands: it changes with every change of the visit."""
    return f"{visit.id}-{visit.sequence}"


def offer_days(brief: Brief, case: Case, visit: Visit, asked: Asked, times: Times, at: pendulum.DateTime) -> Note | None:
    """Return the note that offers a school days for a visit; None if there are none and others may have to make room."""
    due = brief.due(case.urn, day_of(at), Status.AWAITING_DATES)
    found = _days(visit, asked, times, due)
    if not found:
        return None
    lines = [{"day": one.day.isoformat(), "part": PART_IN_WORDS[one.part.value]} for one in found]
    message = to_school.date_choice(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence, brief.school(case).name, visit.purpose, visit.day,
        brief.names_of(visit.supporter_ids), lines, due,
    )  # fmt: skip
    same = {"visit_id": visit.id, "supporter_id": visit.supporter_id, "sequence": visit.sequence, "due": due}
    rows = [(DateOffer, {**same, "day": one.day, "part": one.part}) for one in found]
    detail = {"visit_id": visit.id, "was": visit.day.isoformat(), "days": [line["day"] for line in lines]}
    return Note(OFFERED, ENGINE, brief.commission_id, case.id, before=_edition(visit), detail=detail, rows=rows, messages=[message])


def _days(visit: Visit, asked: Asked, times: Times, due: datetime.date) -> list[Placed]:
    """Return days for a visit that keep the order of its case and leave the school its notice after it has answered."""
    wanted = _wanted(visit, asked)
    if wanted is None:
        return []
    limits, closed = _limits(wanted, asked, times, max(times.earliest, due))
    # The day that it had is not offered again, whoever keeps it free.
    return options(
        wanted,
        limits,
        visit.day,
        times.calendar,
        {**closed, visit.day: CLOSED},
        [times.diaries[number] for number in visit.supporter_ids],
        asked.place,
    )


def in_the_way(visit: Visit, offer: DateOffer, asked: Asked, times: Times) -> str | None:
    """Return what has come in the way of a day on offer; None if it can still be had. What is on offer for the visit must not be in the diary."""
    wanted = _wanted(visit, asked)
    if wanted is None:
        return "the visit is not wanted any more"
    (first, last), closed = _limits(wanted, asked, times, min(times.earliest, offer.day))
    if not first <= offer.day <= last:
        return "the order of the visits and the weeks between them"
    if not times.calendar.is_school_day(offer.day):
        return "schools are closed then"
    diaries = [times.diaries[number] for number in visit.supporter_ids]
    free = all(one.is_free(offer.day, offer.part, asked.place) for one in diaries)
    return stops_on(offer.day, wanted, closed, diaries) or (None if free else BOOKED)


def _wanted(visit: Visit, asked: Asked) -> Wanted | None:
    return next((one for one in asked.wanted if one.key == visit.session), None)


def _limits(wanted: Wanted, asked: Asked, times: Times, earliest: datetime.date) -> tuple[Span, Shut]:
    """Return between which days a session may be, and the days on which its school has something else or cannot have a visit."""
    stay = {key: slot.day for key, slot in asked.homes.items() if key not in asked.leave} | dict(asked.fixed)
    others = {key: day for key, day in stay.items() if key != wanted.key}
    return bounds(wanted, asked.wanted, others, earliest), {**dict.fromkeys(others.values(), CLOSED), **times.closed.get(asked.urn, {})}
