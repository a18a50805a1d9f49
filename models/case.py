"""Cases: one school (or group of schools) in one commission."""

import datetime

import pendulum
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, moment, word
from models.words import Stage, Status, Turn


class Case(Row, table=True):
    """A school's way through a commission: one stage, one status, and whose turn it is.

    `further` is the further match that is sought, empty for the first; from `begins` its weeks count.
    `version` rises with every change, so that nobody overwrites what they have not seen.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("commission_id", "urn"),
        Index("ix_cases_ready", "commission_id", "turn", "stage", "status"),
    )
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    urn: int = Field(index=True)
    joined_by: str = "invited"
    stage: Stage = word(Stage)
    status: Status = word(Status)
    turn: Turn = word(Turn)
    since: pendulum.DateTime = moment()
    due: datetime.date | None = None
    paused_since: datetime.date | None = None
    pause_reason: str | None = None
    category: str | None = None
    entitlement: int = 0
    focus_area: str | None = None
    supporter_id: int | None = Field(default=None, foreign_key="supporters.id", index=True)
    further: str = ""
    begins: datetime.date | None = None
    why: str | None = None
    closed_at: pendulum.DateTime | None = moment(default=None)
    version: int = 1


class CaseSchool(Row, table=True):
    """One further school of a case that is a group, or a school that the case had before it moved to a successor."""

    __tablename__ = "case_schools"
    __table_args__ = (Index("ix_case_schools_part", "case_id", "part"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    urn: int = Field(index=True)
    part: str
    until: datetime.date | None = None
