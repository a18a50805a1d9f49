"""A school that asks to take part after the commission has opened, where the programme takes schools in on request."""

from dataclasses import replace

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Selection
from models.database import insert_rows
from models.errors import NotFound, NotPossible
from models.moments import day_of
from models.school import ENGLAND, School
from models.words import Status
from notifications.messages import to_school
from stages.brief import Brief, check_running
from stages.commission.membership import check_member
from stages.commission.opening import assume_terms, open_cases
from stages.commission.rules import Chosen
from stages.commission.terms import why_not
from stages.diagnose.gathering import gather
from stages.record import Actor, Change, save
from stages.reminders.rules import gives_up_on


def join(session: Session, brief: Brief, urn: int, actor: Actor, at: pendulum.DateTime) -> int:
    """Take a school in on its request, or back after it had declined, and return the number of its case.

    Where places are limited among those that want one, it waits for its turn.
    """
    check_running(brief.commission)
    case = session.exec(select(Case).where(Case.commission_id == brief.commission_id, Case.urn == urn)).first()
    if case is not None and case.status not in {Status.DECLINED, Status.INVITED}:
        raise NotPossible(f"School {urn} has case {case.id} in this commission already.")
    school = _check_may_join(session, brief, urn, at)
    if case is not None:
        save(session, [replace(opted_in(brief, case, actor), detail={"on_request": True})], at)
        return case.id
    reason = f"asked to take part on {day_of(at):%-d %B %Y}"
    session.execute(delete(Selection).where(col(Selection.commission_id) == brief.commission_id, col(Selection.urn) == urn))
    insert_rows(session, Selection, [{"commission_id": brief.commission_id, "urn": urn, "outcome": "invited", "reason": reason}])
    waits = brief.programme.take_part.limits_opt_ins
    if school.authority != brief.commission.authority:
        reason = f"{reason}, from {school.authority_name}"
        assume_terms(session, school.authority, brief.commission.starts, brief.commission.ends)
    open_cases(session, brief.commission_id, [Chosen(school.urn, "waiting" if waits else "invited", reason)], at, actor)
    return session.exec(select(Case.id).where(Case.commission_id == brief.commission_id, Case.urn == urn)).one()


def opted_in(brief: Brief, case: Case, actor: Actor) -> Change:
    """Return the change by which a school that was asked takes part or, where places are limited among those that want one, waits for its turn."""
    take_part = brief.programme.take_part
    if not take_part.limits_opt_ins:
        return Change(case, "opt-in", actor, to=Status.SELECTED)
    messages = []
    if take_part.ranked_by is not None:
        known_by = gives_up_on(case.due, brief.programme.messages.reminders, brief.calendar) if case.due else None
        messages = [to_school.place_wanted(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name,
                                           take_part.places or 0, known_by)]  # fmt: skip
    return Change(case, "opt-in", actor, to=Status.AWAITING_PLACE, fields={"why": None}, messages=messages)


def _check_may_join(session: Session, brief: Brief, urn: int, at: pendulum.DateTime) -> School:
    """Return the school if the programme's terms let it in; else raise NotFound or NotPossible saying why not."""
    take_part, school = brief.programme.take_part, session.get(School, urn)
    if "request" not in take_part.opened_by:
        raise NotPossible(f"{brief.programme.title} takes no school in later on.")
    if school is None:
        raise NotFound(f"No school with URN {urn} is known: load the register first.")
    inside = brief.commission.authority in {ENGLAND, school.authority}
    if not (school.open and school.state_funded) or not (inside or take_part.outside_authority):
        raise NotPossible(f"{school.name} is not an open state-funded school of the commissioner's area, so it cannot join.")
    today = day_of(at)
    if today > brief.commission.ends:
        raise NotPossible(f"Commission {brief.commission.reference} ended on {brief.commission.ends:%-d %B %Y}, so nobody can join it any more.")
    check_member(session, brief, school, today)
    held = gather(session, brief.programme, [urn], today).held
    against = [why_not(one, school, today, held) for one in (take_part.invited, take_part.may_opt_in) if one is not None]
    if None not in against:
        raise NotPossible(f"{school.name} does not meet the programme's terms: {against[0] if against else 'nobody may opt in'}.")
    return school
