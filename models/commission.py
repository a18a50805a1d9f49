"""Commissions, the programme versions that they bought, and their ledger."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import CommissionStatus, MoneyKind, Stage


class ProgrammeVersion(Row, table=True):
    """A programme exactly as it stood when a commission of it was opened."""

    __tablename__ = "programme_versions"
    __table_args__ = (UniqueConstraint("slug", "version", "digest"),)
    id: int = Field(default=None, primary_key=True)
    slug: str
    version: int
    digest: str
    definition: dict[str, Any] = json_column()


class Commission(Row, table=True):
    """One programme bought by one commissioner for a period; `budget` is in pence.

    One that `rolls_on` has no end that was agreed: `ends` moves on by a year, each year, until somebody sets it.
    """

    __tablename__ = "commissions"
    __table_args__ = (
        CheckConstraint("budget > 0", name="budget_above_zero"),
        CheckConstraint("ends > starts", name="ends_after_start"),
    )
    id: int = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    partnership_id: int = Field(foreign_key="partnerships.id")
    commissioner_id: int = Field(foreign_key="commissioners.id", index=True)
    programme_version_id: int = Field(foreign_key="programme_versions.id")
    adviser_id: int = Field(foreign_key="people.id")
    authority: str
    starts: datetime.date
    ends: datetime.date
    budget: int = Field(sa_type=BigInteger)
    status: CommissionStatus = word(CommissionStatus, default=CommissionStatus.RUNNING)
    status_reason: str | None = None
    rolls_on: bool = False
    seed: int = 1
    opened_at: pendulum.DateTime = moment()
    closed_at: pendulum.DateTime | None = moment(default=None)
    version: int = 1


class Selection(Row, table=True):
    """Why a school of the commission's area is in, may opt in, or is out."""

    __tablename__ = "selections"
    __table_args__ = (UniqueConstraint("commission_id", "urn"),)
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    urn: int
    outcome: str
    reason: str


class LedgerLine(Row, table=True):
    """One line of a commission's money: pence and half days, with what it was for."""

    __tablename__ = "ledger_lines"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    supporter_id: int | None = Field(default=None, foreign_key="supporters.id")
    kind: MoneyKind = word(MoneyKind)
    pence: int = Field(sa_type=BigInteger)
    half_days: int = 0
    source: str = "commissioner"
    reason: str
    at: pendulum.DateTime = moment()


class StageRun(Row, table=True):
    """One run of one stage over a commission: what was ready and what became of it."""

    __tablename__ = "stage_runs"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    stage: Stage = word(Stage)
    at: pendulum.DateTime = moment()
    ready: int
    outcome: dict[str, Any] = json_column()
