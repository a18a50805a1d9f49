"""Evidence with source and date, what it says as indicators and findings, and the needs that follow."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.school import ENGLAND
from models.words import Missing


class Load(Row, table=True):
    """One file that was read: what it was understood to be, what was kept, and what was skipped and why.

    `scope` is the authority it was cut down to, or ENG; `rank` orders editions of one date (3 final, 2 revised, 1 provisional).
    """

    __tablename__ = "loads"
    id: int = Field(default=None, primary_key=True)
    kind: str
    edition: str
    scope: str = ENGLAND
    as_of: datetime.date | None = None
    rank: int = 3
    file_name: str
    digest: str
    rows_read: int
    rows_kept: int
    skipped: dict[str, Any] = json_column()
    unknown_columns: list[str] = json_column(list)
    codes: dict[str, Any] = json_column()
    at: pendulum.DateTime = moment()


class Evidence(Row, table=True):
    """One figure on one school, of the file it came from and the date it is for; without a value it says why it is missing.

    `cohort` is how many pupils the figure is made of, where the file says so.
    """

    __tablename__ = "evidence"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - this is how SQLAlchemy is told
    indicator: str = Field(primary_key=True)
    urn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    as_of: datetime.date = Field(primary_key=True)
    load_id: int = Field(primary_key=True, foreign_key="loads.id")
    value: float | None = None
    missing: Missing | None = word(Missing, default=None, nullable=True)
    cohort: float | None = None


class AreaEvidence(Row, table=True):
    """One published figure on an area: ENG, an authority's three digits or a neighbourhood's LSOA code.

    `sector` is primary, secondary, special or all; these figures are compared with, never added up.
    """

    __tablename__ = "area_evidence"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - this is how SQLAlchemy is told
    indicator: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    sector: str = Field(primary_key=True)
    as_of: datetime.date = Field(primary_key=True)
    load_id: int = Field(primary_key=True, foreign_key="loads.id")
    value: float


class Inspection(Row, table=True):
    """One inspection outcome, dated, in the words of its own regime.

    `regime` is overall_grade, graded (without an overall grade), ungraded or report_card; `urn_then` is the school that was
    inspected where the outcome was carried over from a predecessor; `judgements` are the grades by area;
    `load_id` is the file that told of it last.
    """

    __tablename__ = "inspections"
    __table_args__ = (UniqueConstraint("urn", "inspected", "regime"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    inspected: datetime.date
    regime: str = "overall_grade"
    grade: str
    judgements: dict[str, Any] = json_column()
    category_of_concern: str | None = None
    safeguarding_met: bool | None = None
    urn_then: int | None = None
    published: datetime.date | None = None
    source: str
    load_id: int | None = Field(default=None, foreign_key="loads.id", index=True)


class Trigger(Row, table=True):
    """Newly loaded evidence that changed a school's standing, and what came of it."""

    __tablename__ = "triggers"
    __table_args__ = (UniqueConstraint("urn", "kind", "says", "load_id"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    kind: str
    says: str
    load_id: int = Field(foreign_key="loads.id")
    at: pendulum.DateTime = moment()
    handled_at: pendulum.DateTime | None = moment(default=None)
    outcome: str | None = None


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
    decided_by: str | None = None
    expires: datetime.date | None = None


class CategoryReply(Row, table=True):
    """A school's right of reply to its category: what it says, who moderated it, and the outcome."""

    __tablename__ = "category_replies"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    category: str
    says: str
    at: pendulum.DateTime = moment()
    moderated_by: str | None = None
    moderated_at: pendulum.DateTime | None = moment(default=None)
    outcome: str | None = None
    reason: str | None = None


class Finding(Row, table=True):
    """A judgement on one indicator of a case, as a plain sentence, with where the figure is from.

    `compared` holds what it was compared with: the values of England, the authority and similar schools, the trend, the
    shrunken estimate with its weight, and the school that the figure was carried over from.
    """

    __tablename__ = "findings"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    indicator: str
    value: float | None = None
    missing: Missing | None = word(Missing, default=None, nullable=True)
    says: str
    as_of: datetime.date | None = None
    source: str | None = None
    compared: dict[str, Any] = json_column()
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


class Asking(Row, table=True):
    """One request to answer one instrument: `round` is 1 the first time; it ends with an answer, or lapses without one."""

    __tablename__ = "askings"
    __table_args__ = (UniqueConstraint("case_id", "instrument", "round"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    instrument: str
    round: int
    asked_at: pendulum.DateTime = moment()
    due: datetime.date
    answered_at: pendulum.DateTime | None = moment(default=None)
    lapsed_at: pendulum.DateTime | None = moment(default=None)


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
