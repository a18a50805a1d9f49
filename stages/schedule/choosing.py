"""What a school decides on days that it may choose from."""

import datetime

import pendulum
from sqlmodel import Session, select

from models.case import Case
from models.errors import BadInput, NotPossible
from models.moments import day_of
from models.visit import Visit
from models.words import Role, VisitStatus
from stages.batch import hold_diaries
from stages.brief import Brief
from stages.record import Actor, note
from stages.schedule.decide import check_may, check_open
from stages.schedule.moving import as_it_stands, moved
from stages.schedule.offers import forget_offers, in_the_way, offers_of
from stages.schedule.rules import Placed


def choose_date(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, day: datetime.date | None) -> None:
    """Choose one of the days on offer for a visit; it is agreed then, and the others are free again."""
    check_may(actor, (Role.SCHOOL, Role.ADVISER, Role.LEAD), "choose a date")
    check_open(case)
    # A turn that reads visits and then the days on offer would find the chosen day in neither.
    hold_diaries(session)
    visits = session.exec(select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.TO_MOVE)).all()
    offers = offers_of(session, [visit.id for visit in visits if key in (None, visit.session)])
    if not offers:
        raise NotPossible(f"Case {case.id} has no days on offer to choose from as it stands.")
    visit = next(visit for visit in visits if visit.id in offers)
    mine = offers[visit.id]
    chosen = next((one for one in mine if one.day == day), None)
    if chosen is None:
        raise BadInput(f"Choose one of the days on offer with --day: {', '.join(one.day.isoformat() for one in mine)}.")
    if chosen.day < day_of(at):
        raise NotPossible(f"The {chosen.day:%-d %B %Y} has passed: a new date is found at the engine's next turn.")
    forget_offers(session, [visit.id])
    why = in_the_way(visit, chosen, *as_it_stands(session, brief, case, visit, at))
    if why:
        raise NotPossible(f"The {chosen.day:%-d %B %Y} cannot be any more ({why}): choose another of the days, or ask for others.")
    placed = Placed(visit.session, visit.purpose, chosen.day, chosen.part)
    note(session, [moved(session, brief, case, visit, placed, visit.why or "the school asked for another date", at, actor)], at)
