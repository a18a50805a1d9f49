"""Membership of the partnership, and surveys of its members."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment


class Membership(Row, table=True):
    """A school's membership in one school year; `fee` is in pence and is zero for a free place."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("urn", "school_year"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    school_year: int
    kind: str
    fee: int
    joined: datetime.date
    left: datetime.date | None = None


class Survey(Row, table=True):
    """One survey, asked in one year."""

    __tablename__ = "surveys"
    __table_args__ = (UniqueConstraint("survey", "year"),)
    id: int = Field(default=None, primary_key=True)
    survey: str
    year: int
    questions: list[str] = json_column(list)
    opens: datetime.date
    closes: datetime.date


class SurveyResponse(Row, table=True):
    """One answer to a survey from one school's role."""

    __tablename__ = "survey_responses"
    __table_args__ = (UniqueConstraint("survey_id", "urn", "role"),)
    id: int = Field(default=None, primary_key=True)
    survey_id: int = Field(foreign_key="surveys.id", index=True)
    urn: int
    role: str
    scores: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()
