"""The only way anything is saved: a change with its audit event, decision and messages, in the caller's one transaction."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, bindparam, update
from sqlmodel import Session, SQLModel

from evidence.privacy import refuse_pupils_in
from models.case import Case
from models.database import insert_rows
from models.errors import BadInput, NotPossible
from models.trail import Decision, Event
from models.words import Role, Status
from notifications.draft import Draft
from notifications.outbox import enqueue
from stages.journey import ENDED, ONWARD, STANDINGS, check_move


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a role and how the person is known to the trail."""

    role: Role
    by: str


ENGINE = Actor(Role.ENGINE, "engine")


@dataclass(frozen=True, slots=True)
class Change:
    """One case's move, with everything that is saved together with it.

    `to` is the status a move leads to where the programme decides it; `fields` are further columns of the case;
    `rows` are new rows by table; `messages` follow from the move.
    """

    case: Case
    move: str
    actor: Actor = ENGINE
    to: Status | None = None
    due: datetime.date | None = None
    reason: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[tuple[type[SQLModel], Mapping[str, Any]]] = ()
    messages: Sequence[Draft] = ()


_CASES = Case.__table__  # type: ignore[attr-defined]
_MOVABLE = ("urn", "stage", "status", "turn", "since", "due", "paused_since", "pause_reason", "category", "entitlement",
            "focus_area", "supporter_id", "further", "begins", "why", "closed_at")  # fmt: skip
_UPDATE = (
    update(_CASES)
    .where(_CASES.c.id == bindparam("was_id"), _CASES.c.version == bindparam("was_version"))
    .values(**{name: bindparam(f"new_{name}") for name in _MOVABLE}, version=_CASES.c.version + 1)
)


def save(session: Session, changes: Sequence[Change], at: pendulum.DateTime) -> None:
    """Save `changes` whole; raise NotPossible, and leave nothing, if a case has moved on since it was read."""
    if not changes:
        return
    for change in changes:
        _check_words(change.actor, change.reason, change.detail)
    updates = [_updated(change, at) for change in changes]
    _write(session, updates, changes)
    insert_rows(session, Event, [_event(change, new, at) for change, new in zip(changes, updates, strict=True)])
    insert_rows(session, Decision, [_decision(change, at) for change in changes if change.actor.role is not Role.ENGINE])
    _insert_rows_by_table(session, [row for change in changes for row in change.rows])
    enqueue(session, [draft for change in changes for draft in change.messages], at)


def _check_words(actor: Actor, reason: str | None, detail: Mapping[str, Any]) -> None:
    """Raise BadInput if words that a person gave look as if they named pupils, whatever they are words of: nothing gets past here."""
    if actor.role is Role.ENGINE:
        return
    refuse_pupils_in(reason or "", "The reason")
    for text in (actor.by, reason or "", *texts_in(detail)):
        refuse_pupils_in(text)
        refuse_unkept(text)


def refuse_unkept(text: str) -> None:
    """Raise BadInput if a text has a character that not every database keeps."""
    if "\x00" in text:
        raise BadInput("There is a character of no meaning (NUL) in the text, which cannot be kept: take it out.")


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from texts_in(inner)


def _write(session: Session, updates: Sequence[Mapping[str, Any]], changes: Sequence[Change]) -> None:
    """Update the cases and make sure that each was still as it was read."""
    result = cast(CursorResult[Any], session.execute(_UPDATE, list(updates)))
    if result.rowcount != len(updates):
        numbers = ", ".join(str(change.case.id) for change in changes[:3])
        raise NotPossible(f"Somebody else changed case {numbers} in the meantime: look again and repeat what is still right.")


def _updated(change: Change, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the new columns of the case; the journey's table decides stage and turn."""
    case = change.case
    move = check_move(change.move, case.id, case.status, change.actor.role, change.reason, paused=case.paused_since is not None)
    to = move.to or change.to or case.status
    if change.to is not None and move.to is None and change.to not in ONWARD.get(change.move, {case.status}):
        raise NotPossible(f'"{change.move}" does not lead to "{STANDINGS[change.to].means}".')
    standing = STANDINGS[to]
    values = {name: getattr(case, name) for name in _MOVABLE}
    if to is not case.status:
        values |= {"since": at, "due": change.due, "why": change.reason}
    values |= {"status": to, "stage": standing.stage or case.stage, "turn": standing.turn}
    if to in ENDED:
        values |= {"closed_at": at, "due": None, "paused_since": None}
    elif case.status in ENDED:
        values |= {"closed_at": None}
    values |= change.fields
    return {f"new_{name}": value for name, value in values.items()} | {"was_id": case.id, "was_version": case.version}


def _event(change: Change, new: Mapping[str, Any], at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line of the trail for one change."""
    detail = dict(change.detail)
    if change.reason:
        detail["reason"] = change.reason
    return {
        "commission_id": change.case.commission_id,
        "case_id": change.case.id,
        "kind": f"case.{change.move}",
        "role": change.actor.role,
        "by": change.actor.by,
        "before": change.case.status.value,
        "after": new["new_status"].value,
        "detail": detail,
        "at": at,
    }


def _decision(change: Change, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the decision of a person behind one change."""
    return {
        "commission_id": change.case.commission_id,
        "case_id": change.case.id,
        "kind": change.move,
        "role": change.actor.role,
        "by": change.actor.by,
        "reason": change.reason,
        "detail": dict(change.detail),
        "at": at,
    }


def _insert_rows_by_table(session: Session, rows: Sequence[tuple[type[SQLModel], Mapping[str, Any]]]) -> None:
    """Insert rows of several tables, those of one table and one set of columns together, in the order tables first came."""
    groups: dict[tuple[type[SQLModel], frozenset[str]], list[Mapping[str, Any]]] = {}
    for table, row in rows:
        groups.setdefault((table, frozenset(row)), []).append(row)
    for (table, _columns), together in groups.items():
        insert_rows(session, table, together)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened and is not a case's move: a line of the trail with what is saved alongside."""

    kind: str
    actor: Actor
    commission_id: int | None = None
    case_id: int | None = None
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[tuple[type[SQLModel], Mapping[str, Any]]] = ()
    messages: Sequence[Draft] = ()
    changes: Callable[[Session], None] | None = None


def note(session: Session, notes: Sequence[Note], at: pendulum.DateTime) -> None:
    """Save events that move no case; a person's is also kept as a decision. Each note's `changes` runs in the transaction."""
    for one in notes:
        _check_words(one.actor, one.reason, {"after": one.after, **one.detail})
        if one.changes is not None:
            one.changes(session)
    insert_rows(session, Event, [_noted(one, at) for one in notes])
    people = [one for one in notes if one.actor.role is not Role.ENGINE and one.commission_id is not None]
    insert_rows(session, Decision, [
        {"commission_id": one.commission_id, "case_id": one.case_id, "kind": one.kind, "role": one.actor.role, "by": one.actor.by,
         "reason": one.reason, "detail": dict(one.detail), "at": at}
        for one in people
    ])  # fmt: skip
    _insert_rows_by_table(session, [row for one in notes for row in one.rows])
    enqueue(session, [draft for one in notes for draft in one.messages], at)


def _noted(one: Note, at: pendulum.DateTime) -> dict[str, Any]:
    detail = dict(one.detail) | ({"reason": one.reason} if one.reason else {})
    return {
        "commission_id": one.commission_id, "case_id": one.case_id, "kind": one.kind, "role": one.actor.role, "by": one.actor.by,
        "before": one.before, "after": one.after, "detail": detail, "at": at,
    }  # fmt: skip
