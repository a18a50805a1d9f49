"""A supporter who leaves for good: whatever is still to come is given to somebody else, and nothing that was done is lost."""

from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotAllowed, NotPossible
from models.match import Match
from models.supporter import Supporter
from models.visit import Visit
from models.words import CommissionStatus, Role, VisitStatus
from stages.brief import load_brief
from stages.broker.decide import replace_supporter
from stages.journey import ENDED
from stages.ledger import LIVE_MATCHES
from stages.record import Actor, Note, note

_TO_COME = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)


@dataclass(frozen=True, slots=True)
class Left:
    """How many cases are given to somebody else, how many stay because all visits were held, and how many are paused and wait."""

    replaced: int
    finished: int
    paused: int


def leave_for_good(session: Session, supporter: Supporter, actor: Actor, reason: str, at: pendulum.DateTime) -> Left:
    """Take a supporter off the list and out of every case that still needs one; each such case is matched anew at the engine's next turn."""
    if actor.role not in {Role.ADVISER, Role.LEAD}:
        raise NotAllowed(f"The role {actor.role.value} cannot take a supporter off the list: it is for adviser, lead.")
    if not reason.strip():
        raise BadInput("This needs a reason: give one with --reason.")
    if not supporter.active:
        raise NotPossible(f"{supporter.name} has left already.")
    supporter.active, supporter.version = False, supporter.version + 1
    session.add(supporter)
    query = select(Case).join(Match, col(Match.case_id) == Case.id).where(Match.supporter_id == supporter.id, col(Match.status).in_(LIVE_MATCHES))
    cases = session.exec(query.where(col(Case.status).not_in(ENDED)).order_by(col(Case.id)).with_for_update()).all()
    replaced = finished = paused = 0
    for case in cases:
        brief = load_brief(session, case.commission_id, [case.urn])
        if case.paused_since is not None or brief.commission.status is not CommissionStatus.RUNNING:
            paused += 1
        elif _has_all(session, case):
            finished += 1
        else:
            replace_supporter(session, brief, case, actor, at, reason)
            replaced += 1
    detail = {"supporter": supporter.name, "replaced": replaced, "finished": finished, "paused": paused}
    note(session, [Note("supporter.left", actor, reason=reason, detail=detail)], at)
    return Left(replaced, finished, paused)


def _has_all(session: Session, case: Case) -> bool:
    """Tell whether a case has had visits and has none to come, so that it needs no supporter any more."""
    statuses = session.exec(select(Visit.status).where(Visit.case_id == case.id)).all()
    return VisitStatus.HELD in statuses and not any(status in _TO_COME for status in statuses)
