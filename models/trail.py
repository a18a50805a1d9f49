"""Decisions and the append-only audit trail."""

from typing import Any

import pendulum
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import Role


class Decision(Row, table=True):
    """What a person decided, as whom, when and why."""

    __tablename__ = "decisions"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    kind: str
    role: Role = word(Role)
    by: str
    reason: str | None = None
    detail: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()


class Event(Row, table=True):
    """A line of the audit trail: what changed, from what to what; it is never changed or removed."""

    __tablename__ = "events"
    id: int = Field(default=None, primary_key=True)
    commission_id: int | None = Field(default=None, index=True)
    case_id: int | None = Field(default=None, index=True)
    kind: str
    role: Role = word(Role)
    by: str
    before: str | None = None
    after: str | None = None
    detail: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()


class Relayed(Row, table=True):
    """How far a listener outside the database has been told of the trail."""

    __tablename__ = "relayed"
    listener: str = Field(primary_key=True)
    event_id: int = 0
