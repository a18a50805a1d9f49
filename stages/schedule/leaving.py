"""A visit or a meeting that has to leave its day: marked so, with the note of it; the engine finds the new day at its next turn."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, SQLModel

from models.meeting import Meeting
from models.visit import Visit
from models.words import Slip, VisitStatus
from stages.record import Actor, Note
from stages.schedule.slips import LEAVES_DAY
from stages.visits import move_visit


def leave_day(
    session: Session, visit: Visit, commission_id: int, actor: Actor, why: str, slip: Slip | None, *, reason: str | None = None,
    rows: Sequence[tuple[type[SQLModel], Mapping[str, Any]]] = (),
) -> Note:  # fmt: skip
    """Mark a visit as having to move and return the note of it; the school reads `why`, `reason` is kept in the trail only."""
    move_visit(session, visit, {"status": VisitStatus.TO_MOVE, "why": why, "slip": slip})
    return Note(LEAVES_DAY, actor, commission_id, visit.case_id, before=visit.day.isoformat(), reason=reason,
                detail={"visit_id": visit.id}, rows=rows)  # fmt: skip


def meeting_leaves_day(
    session: Session, meeting: Meeting, actor: Actor, why: str, *, not_on: Iterable[datetime.date] = (), reason: str | None = None
) -> Note:
    """Mark a meeting as having to move, never to a day in `not_on`, and return the note of it; those who were to come read `why`."""
    meeting.status, meeting.why, meeting.version = VisitStatus.TO_MOVE, why, meeting.version + 1
    meeting.not_on = [*meeting.not_on, *(day.isoformat() for day in not_on)]
    session.add(meeting)
    return Note("meeting.to-move", actor, meeting.commission_id, before=meeting.day.isoformat(), reason=reason, detail={"meeting_id": meeting.id})
