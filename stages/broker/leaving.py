"""A supporter who leaves for good: whatever is still to come is given to somebody else, and nothing that was done is lost."""

from dataclasses import dataclass

import pendulum
from sqlalchemy import or_
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database, until_saved
from models.errors import BadInput, NotAllowed, NotPossible
from models.match import Match
from models.supporter import Supporter
from models.words import CommissionStatus, Role, Stage, Status
from stages.brief import load_brief
from stages.broker.decide import replace_supporter, unwritten_visit
from stages.broker.under_way import needs_nobody
from stages.journey import ENDED
from stages.ledger import LIVE_MATCHES
from stages.record import ENGINE, Actor, Note, note


@dataclass(frozen=True, slots=True)
class Left:
    """The cases that are given to somebody else, those that stay because all visits were held, and those that wait (paused, say), by number."""

    replaced: tuple[int, ...] = ()
    finished: tuple[int, ...] = ()
    paused: tuple[int, ...] = ()


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
    query = (
        select(Case, Match.further).join(Match, col(Match.case_id) == Case.id).where(
            Match.supporter_id == supporter.id, col(Match.status).in_(LIVE_MATCHES))
    )  # fmt: skip
    cases = session.exec(query.where(col(Case.status).not_in(ENDED)).order_by(col(Case.id)).with_for_update()).all()
    replaced, finished, paused = list[int](), list[int](), list[int]()
    for case, further in cases:
        brief = load_brief(session, case.commission_id, [case.urn])
        elsewhere = case.stage is Stage.BROKER and further != case.further
        if elsewhere or case.paused_since is not None or brief.commission.status is not CommissionStatus.RUNNING:
            paused.append(case.id)
        elif needs_nobody(session, case, supporter.id):
            finished.append(case.id)
        else:
            replace_supporter(session, brief, case, actor, at, reason, further)
            replaced.append(case.id)
    detail = {"supporter": supporter.name, "replaced": len(replaced), "finished": len(finished), "paused": len(paused)}
    note(session, [Note("supporter.left", actor, reason=reason, detail=detail)], at)
    return Left(tuple(replaced), tuple(finished), tuple(paused))


@until_saved
def replace_those_who_left(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Match the cases anew whose supporter left while they were paused, and return how many."""
    with database.reading() as session:
        if not _with_somebody_who_left(session, commission_id):
            return 0
    with database.writing() as session:
        replaced = set[int]()
        for case, match in _with_somebody_who_left(session, commission_id, lock=True):
            # Of a case that has lost two, the first is sought now and the other once it is settled.
            if case.id in replaced:
                continue
            brief = load_brief(session, commission_id, [case.urn])
            running = brief.commission.status is CommissionStatus.RUNNING
            # A visit whose day has come is written up first; the adviser is reminded of it as of any other.
            if running and not needs_nobody(session, case, match.supporter_id) and unwritten_visit(session, case, at) is None:
                replace_supporter(session, brief, case, ENGINE, at, "the supporter has left", match.further)
                replaced.add(case.id)
    return len(replaced)


def _with_somebody_who_left(session: Session, commission_id: int, *, lock: bool = False) -> list[tuple[Case, Match]]:
    """Return the open cases, not paused, whose supporter is not there any more; proposals are matching's own business."""
    query = (
        select(Case, Match)
        .join(Match, col(Match.case_id) == Case.id)
        .join(Supporter, col(Supporter.id) == Match.supporter_id)
        .where(
            Case.commission_id == commission_id, col(Case.status).not_in([*ENDED, Status.AWAITING_APPROVAL]), col(Case.paused_since).is_(None),
            col(Match.status).in_(LIVE_MATCHES), col(Supporter.active).is_(False),
            # What is sought beside is settled first.
            or_(col(Case.stage) != Stage.BROKER, col(Case.further) == col(Match.further)),
        )
        .order_by(col(Case.id))
    )  # fmt: skip
    return [(case, match) for case, match in session.exec(query.with_for_update() if lock else query).all()]
