"""What several stages do to a case's visits: which are still to be held, changing one, cancelling those that will not be."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, or_, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.programme import Programme
from models.visit import Visit
from models.words import VisitStatus
from programmes.timing import Wanted

PART_IN_WORDS = {"morning": "morning", "afternoon": "afternoon", "whole_day": "the whole day"}
NOT_HELD = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)


def of_supporters(supporter_ids: Collection[int]) -> Any:
    """Return what holds for visits to which some of these supporters come, as the first or as the second."""
    return or_(col(Visit.supporter_id).in_(supporter_ids), col(Visit.second_id).in_(supporter_ids))


def comers(one: Wanted, who: Mapping[str, int]) -> tuple[int, ...]:
    """Return who comes to a session, by who there is for each match: one supporter or, to a joint visit, two."""
    second = who.get(one.joined_by or "") if one.joined_by else None
    return (who[one.further],) if second in (None, who[one.further]) else (who[one.further], second)


def coming(supporter_ids: Sequence[int]) -> dict[str, int | None]:
    """Return who comes as columns of a visit."""
    return {"supporter_id": supporter_ids[0], "second_id": supporter_ids[1] if len(supporter_ids) > 1 else None}


def writes_note(programme: Programme, session_key: str) -> bool:
    """Tell whether a note is written of a visit, by the key of its session in the case."""
    return any(one.note for one in programme.schedule.sessions if one.id == session_key.partition(".")[0])


def cancel_visits(
    session: Session, case_ids: Collection[int], why: str | None, statuses: Collection[VisitStatus] = NOT_HELD, supporter_id: int | None = None
) -> None:
    """Cancel the visits of some cases that stand in some statuses, all or those to which one supporter comes, counting the change."""
    mine = () if supporter_id is None else (of_supporters([supporter_id]),)
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
