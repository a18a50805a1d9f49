"""Reviews of progress, measures, KPIs and the evaluation."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import Rag


class Review(Row, table=True):
    """A dated look at a plan's progress; it is open until held or no longer needed."""

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    ordinal: int
    due: datetime.date
    held_on: datetime.date | None = None
    rag: Rag | None = word(Rag, default=None, nullable=True)
    summary: str | None = None
    not_needed: str | None = None
    version: int = 1


class SchoolReport(Row, table=True):
    """What a school was told of one census in the school year that begins in `year`, as it was shown; `schools` is how many had answered."""

    __tablename__ = "school_reports"
    __table_args__ = (UniqueConstraint("case_id", "instrument", "year"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    instrument: str
    year: int
    lines: list[Any] = json_column(list)
    schools: int
    at: pendulum.DateTime = moment()


class Measure(Row, table=True):
    """A quantity of one case with its baseline and endline; what is not known stays empty."""

    __tablename__ = "measures"
    __table_args__ = (UniqueConstraint("case_id", "measure"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    measure: str
    unit: str
    baseline: float | None = None
    baseline_on: datetime.date | None = None
    endline: float | None = None
    endline_on: datetime.date | None = None
    why_missing: str | None = None


class KpiResult(Row, table=True):
    """A promise to the commissioner, computed on a date: numerator over denominator, with what was excluded and why."""

    __tablename__ = "kpi_results"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    kpi: str
    at: pendulum.DateTime = moment()
    numerator: int
    denominator: int
    excluded: dict[str, Any] = json_column()
    target: float | None = None


class Evaluation(Row, table=True):
    """The judgement of impact on one case."""

    __tablename__ = "evaluations"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", unique=True)
    figures: dict[str, Any] = json_column()
    computed_at: pendulum.DateTime = moment()
    judgement: str | None = None
    judged_at: pendulum.DateTime | None = moment(default=None)
