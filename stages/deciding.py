"""Carrying out a decision: one request, one transaction, whoever asks for it (command line, form or page)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pendulum
import sqlalchemy
from sqlalchemy import func
from sqlmodel import Session, col, select

from evidence.privacy import check_answers, refuse_pupils_in
from models.case import Case
from models.database import Database, until_saved
from models.errors import NotAllowed, NotFound, NotPossible
from models.message import Message
from models.moments import day_of
from models.trail import Event
from models.words import Role
from stages.brief import check_running, load_brief
from stages.decisions import KINDS, Scene
from stages.groups import lock_with_groups
from stages.record import Actor, refuse_unkept, texts_in
from stages.request import KindName, Request

# What ends a case stays possible when nobody knows further term dates, or old cases could never be closed.
_ENDING: frozenset[KindName] = frozenset({"decline", "judge", "withdraw", "close-school"})

# Whoever approves or takes on one case of a group does so for the others as well.
_OF_A_GROUP: frozenset[KindName] = frozenset({"approve", "accept-case"})


# Asked at every decision, so it is written once.
_LAST = sqlalchemy.select(func.max(col(Event.at)), func.max(col(Event.id))).where(col(Event.case_id) == sqlalchemy.bindparam("case"))


def _check_after_the_last(session: Session, case: Case, at: pendulum.DateTime) -> int:
    """Return the number of the case's last event (0 for none); NotPossible if anything happened to it after `at`: the trail only goes forward."""
    last, number = session.execute(_LAST, {"case": case.id}).one()
    last = max(case.since, last) if last else case.since
    if at < last:
        raise NotPossible(f"Case {case.id} last moved on {last.in_timezone('Europe/London'):%-d %B %Y at %H:%M}: decide from then on.")
    return number or 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to: the case as it stands then, the lines that it left in the case's trail, and its messages, both in order."""

    case: Case
    events: Sequence[Event]
    messages: Sequence[Message]


def decide(database: Database, request: Request, at: pendulum.DateTime) -> Case:
    """Carry out one decision, whole or not at all, and return the case as it stands then."""
    return carry_out(database, request, at).case


@until_saved
def carry_out(database: Database, request: Request, at: pendulum.DateTime) -> Decided:
    """Carry out one decision, whole or not at all, and return what it came to."""
    _check_words(request)
    with database.writing() as session:
        if request.kind in _OF_A_GROUP:
            lock_with_groups(session, request.case)
        case = session.get(Case, request.case, with_for_update=True)
        if case is None:
            raise NotFound(f"There is no case {request.case}: `lodestar case list` shows those there are.")
        last = _check_after_the_last(session, case, at)
        urns = [case.urn] if request.urn is None else [case.urn, request.urn]
        brief = load_brief(session, case.commission_id, urns)
        check_running(brief.commission)
        if request.kind not in _ENDING:
            # A moment beyond the calendar is a slip of the pen, and whatever it wrote would stop all that comes after it.
            brief.calendar.add(day_of(at), 0)
        said = session.exec(select(func.max(col(Message.id))).where(Message.case_id == case.id)).one() or 0
        KINDS[request.kind][1](Scene(session, brief, case, Actor(request.role, request.by), at, request))
        events = session.exec(select(Event).where(Event.case_id == request.case, col(Event.id) > last).order_by(col(Event.id))).all()
        messages = session.exec(select(Message).where(Message.case_id == request.case, col(Message.id) > said).order_by(col(Message.id))).all()
        session.flush()
        session.refresh(case)
    return Decided(case, events, messages)


def _check_words(request: Request) -> None:
    """Raise NotAllowed for a decision as the engine, BadInput for words that look as if they named pupils."""
    if request.role is Role.ENGINE:
        raise NotAllowed("Nobody decides as the engine: say in which role you act, such as adviser or school.")
    written = {"The reason": request.reason, "What is strong": request.strengths, "What to work on": request.areas,
               "The suggestion": request.suggest_why, "The evidence": "\n".join(request.evidence or []),
               **{f"Section {name}": text for name, text in request.sections.items()},
               **{f"Action {number}": f"{one.action}\n{one.owner}" for number, one in enumerate(request.actions or [], start=1)}}  # fmt: skip
    if request.kind == "prepare-visit":
        check_answers(request.answers)
    for what, text in written.items():
        refuse_pupils_in(text or "", what)
    for text in texts_in(request.model_dump()):
        refuse_unkept(text)
