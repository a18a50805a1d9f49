"""What follows a school to its successor besides its case: the meetings it hosts, whoever works for it, its links, and its closed days."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Meeting
from models.moments import day_of
from models.supporter import Conflict, Supporter
from models.term import Closure
from models.words import VisitStatus
from stages.brief import load_brief
from stages.record import Actor, Note, note
from stages.schedule.meeting_moves import expected, told


def follow(session: Session, case: Case, before: int, actor: Actor, at: pendulum.DateTime, why: str) -> None:
    """Let everything that stands under the number of a case's school `before` follow to the school that the case is with now."""
    notes = [*_meetings(session, case, before, actor, day_of(at), why), *_supporters(session, case, before, actor, why)]
    note(session, [*notes, *_links(session, case, before, actor, why), *_closures(session, case, before, actor, why)], at)


def _meetings(session: Session, case: Case, before: int, actor: Actor, today: datetime.date, why: str) -> list[Note]:
    """Let the successor host in the school's place, and tell everybody of those that are to come; the number of turns it had follows too."""
    query = select(Meeting).where(Meeting.commission_id == case.commission_id, Meeting.host_urn == before, Meeting.status != VisitStatus.CANCELLED)
    brief, notes = load_brief(session, case.commission_id), []
    for meeting in session.exec(query.order_by(col(Meeting.id))).all():
        meeting.host_urn, meeting.version = case.urn, meeting.version + 1
        told_now = meeting.status is VisitStatus.CONFIRMED and meeting.day >= today
        # One that is to move is told with its new day.
        meeting.sequence += told_now
        session.add(meeting)
        messages = told(session, brief, meeting, expected(session, meeting), meeting.day, why) if told_now else []
        detail = {"meeting_id": meeting.id, "from_urn": before, "host": case.urn}
        day = meeting.day.isoformat()
        notes.append(Note("meeting.changed", actor, case.commission_id, before=day, after=day, reason=why, detail=detail, messages=messages))
    return notes


def _supporters(session: Session, case: Case, before: int, actor: Actor, why: str) -> list[Note]:
    """Let whoever works for the school, or is it in peer review or as the lead of a hub, work for its successor."""
    mine = session.exec(select(Supporter).where(Supporter.employer_urn == before).order_by(col(Supporter.id))).all()
    session.execute(update(Supporter).where(col(Supporter.employer_urn) == before).values(employer_urn=case.urn, version=Supporter.version + 1))
    return [
        Note("supporter.followed", actor, case.commission_id, reason=why, before=str(before), after=str(case.urn), detail={"supporter": one.name})
        for one in mine
    ]


def _links(session: Session, case: Case, before: int, actor: Actor, why: str) -> list[Note]:
    """Enter each link with the school as one with its successor, as it was decided; one that is known stays as it is."""
    known = {(one.supporter_id, one.kind) for one in session.exec(select(Conflict).where(Conflict.urn == case.urn)).all()}
    rows = session.exec(select(Conflict).where(Conflict.urn == before).order_by(col(Conflict.id))).all()
    names = dict(session.exec(select(Supporter.id, Supporter.name)).all())
    return [
        Note("conflict.followed", actor, case.commission_id, reason=why, after=one.outcome.value, rows=[(Conflict, _row(one, case.urn))],
             detail={"supporter": names[one.supporter_id], "urn": case.urn, "from_urn": before, "kind": one.kind.value})
        for one in rows if (one.supporter_id, one.kind) not in known
    ]  # fmt: skip


def _closures(session: Session, case: Case, before: int, actor: Actor, why: str) -> list[Note]:
    """Enter each day on which the school has no visits as one of its successor; a day that is known stays as it is."""
    known = set(session.exec(select(col(Closure.day)).where(Closure.urn == case.urn)).all())
    mine = session.exec(select(Closure).where(Closure.urn == before).order_by(col(Closure.day), col(Closure.id))).all()
    new = {one.day: one for one in mine if one.day not in known}
    rows = [(Closure, one.model_dump(exclude={"id", "urn"}) | {"urn": case.urn}) for one in new.values()]
    detail = {"urn": case.urn, "from_urn": before, "days": [day.isoformat() for day in new]}
    return [Note("closure.followed", actor, case.commission_id, case.id, reason=why, detail=detail, rows=rows)] if rows else []


def _row(one: Conflict, urn: int) -> dict[str, Any]:
    return one.model_dump(exclude={"id", "urn", "source"}) | {"urn": urn, "source": f"{one.source}; with school {one.urn} before"}
