"""Evidence with source and date, what it says as indicators and findings, and the needs that follow."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import Missing


class Load(Row, table=True):
    """One file that was read: what it was understood to be, and what was skipped and why."""

    __tablename__ = "loads"
    id: int = Field(default=None, primary_key=True)
    kind: str
    edition: str
    file_name: str
    digest: str
    rows_read: int
    rows_kept: int
    skipped: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()


class Evidence(Row, table=True):
    """One figure on one school with its source and date; without a value it says why it is missing."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("urn", "indicator", "as_of", "source"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    indicator: str
    value: float | None = None
    missing: Missing | None = word(Missing, default=None, nullable=True)
    as_of: datetime.date
    source: str


class Inspection(Row, table=True):
    """One inspection outcome, dated, in the words of its own regime."""

    __tablename__ = "inspections"
    __table_args__ = (UniqueConstraint("urn", "inspected", "regime"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    inspected: datetime.date
    regime: str = "overall_grade"
    grade: str
    source: str


class Diagnosis(Row, table=True):
    """A dated judgement of a case: its score with the sum, the range that unknowns leave, and the category."""

    __tablename__ = "diagnoses"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    at: pendulum.DateTime = moment()
    rules_version: str
    score: float | None = None
    lowest: float | None = None
    highest: float | None = None
    sum: list[Any] = json_column(list)
    category: str
    reason: str


class Finding(Row, table=True):
    """A judgement on one indicator of a case, as a plain sentence."""

    __tablename__ = "findings"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    indicator: str
    value: float | None = None
    missing: Missing | None = word(Missing, default=None, nullable=True)
    says: str
    at: pendulum.DateTime = moment()


class Need(Row, table=True):
    """What support is for: a need with its severity (0 to 100) and the skill that meets it."""

    __tablename__ = "needs"
    __table_args__ = (UniqueConstraint("case_id", "need"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    need: str
    skill: str
    severity: int
    says: str
    at: pendulum.DateTime = moment()


class Answer(Row, table=True):
    """A school's answers to one instrument; counts and judgements only, never a pupil's record."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("case_id", "instrument", "edition"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    instrument: str
    edition: int = 1
    answers: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()
