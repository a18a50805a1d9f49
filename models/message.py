"""Messages: what is to be said to whom, once; and each attempt to say it."""

from typing import Any

import pendulum
from sqlalchemy import Index
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import MessageStatus


class Message(Row, table=True):
    """One thing to say to one recipient; `key` says it is said once and gives the mail its Message-ID."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_queue", "status", "not_before"),)
    id: int = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    commission_id: int | None = Field(default=None, index=True)
    case_id: int | None = Field(default=None, index=True)
    kind: str
    to_role: str
    to_name: str
    to_address: str | None = None
    reply_to: str | None = None
    context: dict[str, Any] = json_column()
    status: MessageStatus = word(MessageStatus, default=MessageStatus.WAITING)
    skip_reason: str | None = None
    attempts: int = 0
    created_at: pendulum.DateTime = moment()
    not_before: pendulum.DateTime = moment()
    leased_until: pendulum.DateTime | None = moment(default=None)
    leased_by: str | None = None


class Delivery(Row, table=True):
    """One attempt to deliver a message, with what the other side said."""

    __tablename__ = "deliveries"
    id: int = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", index=True)
    at: pendulum.DateTime = moment()
    channel: str
    accepted: bool
    code: int
    text: str
    transient: bool = False


class OptOut(Row, table=True):
    """An address that does not want one kind of digest or newsletter."""

    __tablename__ = "opt_outs"
    id: int = Field(default=None, primary_key=True)
    address: str = Field(index=True)
    kind: str
    at: pendulum.DateTime = moment()
