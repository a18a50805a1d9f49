"""What several stages do to a case's visits: which are still to be held, changing one, cancelling those that will not be."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.programme import Programme
from models.visit import Visit
from models.words import VisitStatus

PART_IN_WORDS = {"morning": "morning", "afternoon": "afternoon", "whole_day": "the whole day"}
NOT_HELD = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)


def writes_note(programme: Programme, session_key: str) -> bool:
    """Tell whether a note is written of a visit, by the key of its session in the case."""
    return any(one.note for one in programme.schedule.sessions if one.id == session_key.partition(".")[0])


def cancel_visits(
    session: Session, case_ids: Collection[int], why: str | None, statuses: Collection[VisitStatus] = NOT_HELD, supporter_id: int | None = None
) -> None:
    """Cancel the visits of some cases that stand in some statuses, all or those of one supporter, counting the change."""
    mine = () if supporter_id is None else (col(Visit.supporter_id) == supporter_id,)
    session.execute(
        update(Visit)
        .where(col(Visit.case_id).in_(case_ids), col(Visit.status).in_(statuses), *mine)
        .values(status=VisitStatus.CANCELLED, why=why, sequence=Visit.sequence + 1, version=Visit.version + 1)
    )


def move_visit(session: Session, visit: Visit, values: dict[str, Any]) -> None:
    """Change a visit, counting the change; `visit` itself keeps what it was, for whoever tells of the change."""
    changed = (
        update(Visit)
        .where(col(Visit.id) == visit.id, col(Visit.version) == visit.version)
        .values(**values, sequence=visit.sequence + 1, version=visit.version + 1)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[Any], session.execute(changed)).rowcount != 1:
        raise NotPossible("Somebody else changed this visit in the meantime: look again.")


def visits_of(session: Session, cases: Sequence[Case]) -> dict[int, list[Visit]]:
    """Return all visits of some cases, by case, in order."""
    found: dict[int, list[Visit]] = {}
    query = select(Visit).where(col(Visit.case_id).in_([case.id for case in cases])).order_by(col(Visit.ordinal))
    for visit in session.exec(query).all():
        found.setdefault(visit.case_id, []).append(visit)
    return found
