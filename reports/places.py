"""Who has one of a programme's places, who waits for one, and why."""

from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Selection
from models.errors import NotPossible
from models.moments import day_of
from models.school import School
from models.words import Status
from stages.brief import Brief
from stages.commission.places import room, turns
from stages.journey import ONLY_ASKED

_GAVE_BACK = {Status.WITHDRAWN, Status.SCHOOL_CLOSED}


def places(session: Session, brief: Brief, at: pendulum.DateTime) -> dict[str, Any]:
    """Return how many places there are and are free, and a row a school that wanted one: those with a place, the list in order, all others."""
    total = brief.programme.take_part.places
    if not brief.programme.take_part.limits_opt_ins or total is None:
        raise NotPossible(f"In {brief.programme.title} places are not limited among schools that opt in, so nobody waits for one.")
    query = (
        select(Case, School.name, Selection.reason)
        .join(School, col(School.urn) == Case.urn)
        .outerjoin(Selection, (col(Selection.urn) == Case.urn) & (col(Selection.commission_id) == Case.commission_id))
        .where(Case.commission_id == brief.commission_id, col(Case.status).not_in([Status.INVITED, Status.DECLINED]))
        .order_by(col(Case.id))
    )
    rows = session.exec(query).all()
    waiting = [case for case, _, _ in rows if case.status is Status.AWAITING_PLACE]
    queue = {one.wish.case_id: one.number for one in turns(session, brief, waiting, 0, at)}
    found = [
        {"case": case.id, "school": name, "place": _stands(case, queue), "number": queue.get(case.id), "why": case.why if _is_over(case) else why}
        for case, name, why in rows
    ]
    order = ("has a place", "waits", "gave it back", "no place came free")
    found.sort(key=lambda row: (order.index(str(row["place"])), row["number"] or 0))
    return {"places": total, "free": room(session, brief, day_of(at)).free, "schools": found}


def _is_over(case: Case) -> bool:
    return case.status in _GAVE_BACK or case.status is Status.NO_PLACE


def _stands(case: Case, queue: dict[int, int]) -> str:
    if case.id in queue:
        return "waits"
    if case.status in _GAVE_BACK:
        return "gave it back"
    return "no place came free" if case.status in ONLY_ASKED else "has a place"
