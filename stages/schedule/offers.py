"""Days that a school may choose from: offered where it asked for another date, and kept free for as long as it has to answer."""

import datetime
from collections.abc import Collection, Mapping

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.case import Case
from models.visit import DateOffer, Visit
from models.words import Slip, Status
from notifications.messages import to_school
from programmes.timing import bounds
from stages.brief import Brief
from stages.record import ENGINE, Note
from stages.schedule.modelling import Asked, Times
from stages.schedule.rules import Placed, options
from stages.visits import PART_IN_WORDS


def offers_of(session: Session, visit_ids: Collection[int]) -> dict[int, list[DateOffer]]:
    """Return the days on offer for some visits, in order of the days."""
    found: dict[int, list[DateOffer]] = {}
    for one in session.exec(select(DateOffer).where(col(DateOffer.visit_id).in_(visit_ids)).order_by(col(DateOffer.day))).all():
        found.setdefault(one.visit_id, []).append(one)
    return found


def forget_offers(session: Session, visit_ids: Collection[int]) -> None:
    """Take the days on offer for some visits back, so that the supporter is free on them again."""
    session.execute(delete(DateOffer).where(col(DateOffer.visit_id).in_(visit_ids)).execution_options(synchronize_session=False))


def asks_to_choose(case: Case, visit: Visit) -> bool:
    """Tell whether a school is to choose the new date of a visit: it asked for another, and had agreed one."""
    return visit.slip is Slip.SCHOOL_ASKED and case.status is not Status.AWAITING_DATES


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
    rows = [(DateOffer, {"visit_id": visit.id, "supporter_id": visit.supporter_id, "day": one.day, "part": one.part, "due": due}) for one in found]
    return Note("visit.dates-offered", ENGINE, brief.commission_id, case.id, before=visit.day.isoformat(),
                detail={"visit_id": visit.id, "days": [line["day"] for line in lines]}, rows=rows, messages=[message])  # fmt: skip


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


def _dated(asked: Asked) -> Mapping[str, datetime.date]:
    """Return the days of all sessions of a case that stay where they are."""
    homes = {key: slot.day for key, slot in asked.homes.items() if key not in asked.leave}
    return homes | dict(asked.fixed)
