"""Places among schools that opt in: who has one, who waits for one, and when nobody waits any more."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import pendulum
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission, Selection
from models.moments import day_of
from models.words import Status
from notifications.messages import to_school
from stages.batch import ready_cases
from stages.brief import Brief, load_brief
from stages.commission.opening import ranked_by, ranking
from stages.commission.rules import Turned, Wish, give_places
from stages.diagnose.gathering import gather
from stages.journey import NOT_TAKING_PART
from stages.record import Change


@dataclass(frozen=True, slots=True)
class Room:
    """How many places are free now; whether they are given yet, and whether the list of those who wait is over."""

    free: int
    given_yet: bool
    is_over: bool


def list_ends(brief: Brief) -> datetime.date:
    """Return the last day on which a place that is given back goes to the next school."""
    week = brief.programme.take_part.waiting_list_until_week
    last = brief.commission.starts + datetime.timedelta(weeks=week) if week else brief.commission.ends
    return min(last, brief.commission.ends)


def room(session: Session, brief: Brief, today: datetime.date) -> Room:
    """Return how many places there are for those who wait; by a ranking they are first given when everybody asked has answered."""
    take_part, mine = brief.programme.take_part, Case.commission_id == brief.commission_id
    holding = session.exec(select(func.count()).select_from(Case).where(mine, col(Case.status).not_in(NOT_TAKING_PART))).one()
    # Nothing is heard from a school while its case is paused, so that nobody waits for its answer.
    invited = (mine, Case.status == Status.INVITED, col(Case.paused_since).is_(None))
    asked = session.exec(select(func.count()).select_from(Case).where(*invited)).one()
    waits_for_answers = take_part.ranked_by is not None and asked > 0 and holding == 0
    return Room(max(0, (take_part.places or 0) - holding), not waits_for_answers, today > list_ends(brief))


def left_for_invited(session: Session, brief: Brief) -> int | None:
    """Return how many places are left among schools that are in without asking; None if they are not limited. Who left, or never came, holds none."""
    places = brief.programme.take_part.places
    if places is None:
        return None
    invited = (Case.commission_id == brief.commission_id, Case.joined_by == "invited", col(Case.status).not_in(NOT_TAKING_PART))
    return max(places - session.exec(select(func.count()).select_from(Case).where(*invited)).one(), 0)


def waiting(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the cases that wait for a place, if there is anything to tell them: a place, that they have none yet, or that the list is over."""
    cases = ready_cases(session, commission_id, (Status.AWAITING_PLACE,))
    if not cases:
        return []
    brief = load_brief(session, commission_id, [])
    now = room(session, brief, day_of(at))
    to_tell = now.given_yet and (now.is_over or now.free > 0 or any(case.why is None for case in cases))
    return [case.id for case in cases] if to_tell else []


def places_given(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Return what becomes of all cases that wait for a place: those whose turn it is have one, the others hear once that they wait.

    When the list is over, what is free then still goes to those who are next, and only who is left hears that no place came free.
    The commission is locked, so that two runs at once do not give one place twice.
    """
    if not cases:
        return []
    session.exec(select(Commission.id).where(Commission.id == brief.commission_id).with_for_update()).one()
    now = room(session, brief, day_of(at))
    if not now.given_yet:
        return []
    by_id = {case.id: case for case in cases}
    found = []
    for one in turns(session, brief, cases, now.free, at):
        case = by_id[one.wish.case_id]
        if one.has_place:
            found.append(_given(session, brief, case, one))
        elif now.is_over:
            found.append(_closed(brief, case))
        elif case.why is None:
            found.append(_told(session, brief, case, one, now.free))
    return found


def turns(session: Session, brief: Brief, cases: Sequence[Case], free: int, at: pendulum.DateTime) -> list[Turned]:
    """Return the queue of some cases that wait, in order, and who of them has one of the `free` places."""
    wishes = [Wish(case.id, case.urn, case.since) for case in cases]
    if brief.programme.take_part.ranked_by is None:
        return give_places(wishes, free, None)
    today, schools = day_of(at), [brief.school(case) for case in cases]
    against = gather(session, brief.programme, [school.urn for school in schools], today)
    return give_places(wishes, free, ranking(brief.programme, schools, today, against), ranked_by(brief.programme))


def _given(session: Session, brief: Brief, case: Case, one: Turned) -> Change:
    why = f"it has a place: {one.reason}"
    _keep_reason(session, brief, case, why)
    message = to_school.place_given(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name,
                                    brief.programme.summary, waited=case.why is not None)  # fmt: skip
    return Change(case, "give-place", reason=why, messages=[message])


def _told(session: Session, brief: Brief, case: Case, one: Turned, free: int) -> Change:
    """Return the change that tells a school once that it waits, and how manieth it is of those who do."""
    why = f"it waits for a place: {one.reason}"
    _keep_reason(session, brief, case, why)
    places = brief.programme.take_part.places or 0
    message = to_school.place_waiting(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, places, one.number - free, list_ends(brief)
    )
    return Change(case, "wait", reason=why, fields={"why": why}, messages=[message])


def _closed(brief: Brief, case: Case) -> Change:
    message = to_school.no_place(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name,
                                 brief.programme.take_part.places or 0)  # fmt: skip
    return Change(case, "close-list", reason="no place came free in time", messages=[message])


def _keep_reason(session: Session, brief: Brief, case: Case, why: str) -> None:
    """Keep with the selection why a school has a place or waits for one."""
    mine = (col(Selection.commission_id) == brief.commission_id, col(Selection.urn) == case.urn)
    session.execute(update(Selection).where(*mine).values(reason=why))
