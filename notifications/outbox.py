"""The outbox: enqueue exactly once, lease, and record what became of each attempt."""

import datetime
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pendulum
from sqlalchemy import Dialect, and_, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from models.database import insert_rows
from models.message import Delivery, Message, OptOut
from models.words import MessageStatus
from notifications.channels.outcome import Outcome
from notifications.draft import Draft

MOST_ATTEMPTS = 8
_MESSAGES = Message.__table__  # type: ignore[attr-defined]
_ATTEMPTED = (
    update(_MESSAGES)
    # A worker whose lease is over and whose message another has taken leaves that one's outcome alone.
    .where(_MESSAGES.c.id == bindparam("message"), _MESSAGES.c.leased_by == bindparam("worker"), _MESSAGES.c.attempts == bindparam("attempt"))
    .values(status=bindparam("status_now"), not_before=bindparam("later"), leased_by=None, leased_until=None)
)
_GIVEN_UP = (
    update(_MESSAGES)
    .where(_MESSAGES.c.status == MessageStatus.SENDING, _MESSAGES.c.leased_until < bindparam("now"), _MESSAGES.c.attempts >= MOST_ATTEMPTS)
    .values(status=MessageStatus.FAILED, leased_by=None, leased_until=None)
)
LEASE = pendulum.duration(minutes=5)
# Digests and letters may be declined; what concerns a school's own case may not.
_MAY_BE_DECLINED = frozenset({"newsletter", "worklist", "guide"})


def enqueue(session: Session, drafts: Sequence[Draft], at: pendulum.DateTime) -> None:
    """Put `drafts` into the outbox; one whose key is there already is left alone."""
    if not drafts:
        return
    declined = _declined(session, drafts)
    rows = [_row(draft, at, declined) for draft in drafts]
    connection = session.connection()
    connection.execute(_put(connection.dialect, tuple(rows[0])), rows)


# SQLAlchemy keeps no statement that says what to do about a key that is there: it would compile it anew for every decision.
@lru_cache(maxsize=4)
def _put(dialect: Dialect, columns: tuple[str, ...]) -> Any:
    """Return the compiled insert that leaves a row alone whose key is there."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement = insert(_MESSAGES).on_conflict_do_nothing(index_elements=["key"])
    return statement.compile(dialect=dialect, column_keys=list(columns), for_executemany=True)


def _declined(session: Session, drafts: Sequence[Draft]) -> set[tuple[str, str]]:
    """Return the pairs of address and kind that were opted out of, if any draft may be."""
    if not any(draft.kind in _MAY_BE_DECLINED for draft in drafts):
        return set()
    return {(row.address, row.kind) for row in session.execute(select(OptOut)).scalars()}


def _row(draft: Draft, at: pendulum.DateTime, declined: set[tuple[str, str]]) -> dict[str, Any]:
    skip = None
    if not draft.to.address:
        skip = f"no address is known for {draft.to.name} ({draft.to.role})"
    elif (draft.to.address, draft.kind) in declined:
        skip = f"{draft.to.role} opted out of {draft.kind}"
    return {
        "key": draft.key,
        "commission_id": draft.commission_id,
        "case_id": draft.case_id,
        "kind": draft.kind,
        "to_role": draft.to.role,
        "to_name": draft.to.name,
        "to_address": draft.to.address,
        "reply_to": draft.reply_to,
        "context": dict(draft.context),
        "status": MessageStatus.SKIPPED if skip else MessageStatus.WAITING,
        "skip_reason": skip,
        "created_at": at,
        "not_before": draft.not_before or at,
    }


def skip_waiting(session: Session, case_ids: Sequence[int], kinds: Sequence[str], reason: str) -> None:
    """Skip messages that are waiting but no longer true, keeping the reason."""
    session.execute(
        update(Message)
        .where(col(Message.case_id).in_(case_ids), col(Message.kind).in_(kinds), col(Message.status) == MessageStatus.WAITING)
        .values(status=MessageStatus.SKIPPED, skip_reason=reason)
    )


def skip_late(session: Session, case_ids: Sequence[int], reason: str) -> None:
    """Skip waiting messages that say of cases that something is late, which it is not any more."""
    for start in range(0, len(case_ids), 5000):
        mine = (col(Message.case_id).in_(case_ids[start : start + 5000]), col(Message.kind).in_(["reminder", "overdue"]))
        for message in session.execute(select(Message).where(*mine, col(Message.status) == MessageStatus.WAITING)).scalars().all():
            if message.kind == "overdue" or message.context.get("overdue"):
                message.status, message.skip_reason = MessageStatus.SKIPPED, reason


def wait_again(session: Session, case_id: int, kinds: Sequence[str], reason: str, later: Callable[[datetime.date], datetime.date]) -> None:
    """Have messages of a case that were skipped for a reason wait once more; the day by which they ask for an answer is the `later` one."""
    skipped = (col(Message.case_id) == case_id, col(Message.kind).in_(kinds), col(Message.status) == MessageStatus.SKIPPED)
    for message in session.execute(select(Message).where(*skipped, col(Message.skip_reason) == reason)).scalars().all():
        message.status, message.skip_reason = MessageStatus.WAITING, None
        if message.context.get("due"):
            message.context = {**message.context, "due": later(datetime.date.fromisoformat(message.context["due"])).isoformat()}


def _due(at: pendulum.DateTime) -> Any:
    waiting = and_(col(Message.status) == MessageStatus.WAITING, col(Message.not_before) <= at)
    abandoned = and_(col(Message.status) == MessageStatus.SENDING, col(Message.leased_until) < at)
    return or_(waiting, abandoned)


def lease(session: Session, worker: str, at: pendulum.DateTime, most: int = 50) -> list[Message]:
    """Take up to `most` messages for `worker`; no other worker gets them until the lease is over."""
    session.execute(_GIVEN_UP, {"now": at})
    statement = select(Message).where(_due(at)).order_by(col(Message.id)).limit(most).with_for_update(skip_locked=True)
    messages = list(session.execute(statement).scalars())
    for message in messages:
        message.status = MessageStatus.SENDING
        message.leased_by = worker
        message.leased_until = at + LEASE
        message.attempts += 1
    return messages


def record_attempts(session: Session, said: Sequence[tuple[Message, Outcome]], at: pendulum.DateTime) -> list[MessageStatus]:
    """Save an attempt each: sent, to be tried again later (with backoff), or failed for good; return the new statuses."""
    if not said:
        return []
    statuses, updates, deliveries = list[MessageStatus](), [], []
    for message, outcome in said:
        status, later = MessageStatus.SENT, message.not_before
        if not outcome.accepted:
            again = outcome.transient and message.attempts < MOST_ATTEMPTS
            status = MessageStatus.WAITING if again else MessageStatus.FAILED
            later = at + _pause(message.attempts, message.key) if again else later
        statuses.append(status)
        updates.append({"message": message.id, "worker": message.leased_by, "attempt": message.attempts, "status_now": status, "later": later})
        deliveries.append({
            "message_id": message.id, "at": at, "channel": outcome.channel, "accepted": outcome.accepted, "code": outcome.code,
            "text": outcome.text[:500], "transient": outcome.transient,
        })  # fmt: skip
    session.execute(_ATTEMPTED, updates)
    insert_rows(session, Delivery, deliveries)
    return statuses


def _pause(attempts: int, key: str) -> pendulum.Duration:
    """Return how long to wait before the next attempt: doubling, with jitter that is the same for the same message."""
    jitter = random.Random(f"{key}/{attempts}").uniform(0.8, 1.2)  # noqa: S311 - spreads load, protects nothing
    return pendulum.duration(seconds=60 * 2 ** (attempts - 1) * jitter)
