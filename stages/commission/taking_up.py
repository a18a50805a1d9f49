"""Taking up a case that ended before any visit was agreed: its school declined, left or had no place, and now takes part after all."""

import datetime

import pendulum
from sqlmodel import Session, select

from models.case import Case
from models.errors import NotPossible
from models.evidence import Asking
from models.moments import day_of
from models.visit import Visit
from models.words import Status
from notifications.messages import to_school
from stages.brief import Brief
from stages.commission.places import left_for_invited, room
from stages.journey import check_move
from stages.record import Actor, Change, save


def take_up_again(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Open an ended case once more, from its diagnosis on; NotPossible after visits, beyond the commission's end or where no place is left."""
    check_move("take-up-again", case.id, case.status, actor.role, reason)
    if session.exec(select(Visit.id).where(Visit.case_id == case.id)).first() is not None:
        raise NotPossible(f"Case {case.id} had visits already, and cannot begin again: open another commission for the school.")
    if day_of(at) > brief.commission.ends:
        raise NotPossible(f"Commission {brief.commission.reference} ended on {brief.commission.ends:%-d %B %Y}: open another one for the school.")
    _check_place(session, brief, case, day_of(at))
    # A school that was asked before is not asked the same once more: what it answered, or did not, stands.
    asked = session.exec(select(Asking.id).where(Asking.case_id == case.id)).first() is not None
    to = Status.TO_ASSESS if asked else Status.SELECTED
    fields = {"category": None, "entitlement": 0, "supporter_id": None, "further": "", "begins": None, "why": None}
    school = brief.school(case).name
    message = to_school.welcome(brief.head, brief.to_school(case.urn), case.id, case.version + 1, school, brief.programme.summary)
    save(session, [Change(case, "take-up-again", actor, to=to, reason=reason, fields=fields, messages=[message])], at)


def _check_place(session: Session, brief: Brief, case: Case, today: datetime.date) -> None:
    """Raise NotPossible where places are limited among schools like this one, and all are taken."""
    if brief.programme.take_part.limits_opt_ins:
        left: int | None = room(session, brief, today).free
    else:
        left = left_for_invited(session, brief) if case.joined_by == "invited" else None
    if left == 0:
        places = brief.programme.take_part.places
        raise NotPossible(f"All {places} places of {brief.commission.reference} are taken, so that case {case.id} cannot begin again.")
