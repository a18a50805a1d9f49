"""Supporters: who can help, with what, when, and where they stand too close."""

import datetime

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, optional_json, word
from models.words import ConflictKind, ConflictOutcome, Phase, SupporterKind


class Supporter(Row, table=True):
    """An adviser, supporting school, hub, provider or mentor; `cost_a_day` is in pence, capacity in half days a school year.

    `half_days_by_term` is how that capacity lies in autumn, spring and summer, where somebody is not as free in one term as in another.
    `working_days` holds ISO weekdays, 1 for Monday; `base_easting` and `base_northing` are metres on the National Grid.
    """

    __tablename__ = "supporters"
    id: int = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    email: str
    kind: SupporterKind = word(SupporterKind)
    half_days_a_year: int
    half_days_by_term: dict[str, int] | None = optional_json()
    cost_a_day: int
    working_days: list[int] = json_column(lambda: [1, 2, 3, 4, 5])
    base_easting: int | None = None
    base_northing: int | None = None
    caseload_cap: int | None = None
    employer_urn: int | None = None
    trust: str | None = None
    faith: str | None = None
    languages: list[str] = json_column(list)
    active: bool = True
    version: int = 1


class Expertise(Row, table=True):
    """One skill of a supporter, in one phase or in all of them (phase empty); level 1 to 3."""

    __tablename__ = "expertise"
    __table_args__ = (UniqueConstraint("supporter_id", "skill", "phase"),)
    id: int = Field(default=None, primary_key=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    skill: str
    phase: Phase | None = word(Phase, default=None, nullable=True)
    level: int = 2
    evidence: str | None = None


class DueDiligence(Row, table=True):
    """One check on a supporting organisation that a programme asks for, done: by whom, when and what was seen."""

    __tablename__ = "due_diligence"
    __table_args__ = (UniqueConstraint("supporter_id", "programme", "check"),)
    id: int = Field(default=None, primary_key=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    programme: str
    check: str
    seen: str
    done_by: str
    done_on: datetime.date


class Declaration(Row, table=True):
    """A supporter's yearly declaration of interests: when it was asked for, by when, and when it was made."""

    __tablename__ = "declarations"
    id: int = Field(default=None, primary_key=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    asked_at: pendulum.DateTime = moment()
    due: datetime.date
    made_at: pendulum.DateTime | None = moment(default=None)
    made_by: str | None = None


class Leave(Row, table=True):
    """Days on which a supporter is away, first and last included."""

    __tablename__ = "leave"
    id: int = Field(default=None, primary_key=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    first: datetime.date
    last: datetime.date
    reason: str


class Conflict(Row, table=True):
    """A link between a supporter and a school that may bar a match, with what was decided on it.

    `source` says how it came to be known: declared, or from which data; after `until` it does not count any more.
    """

    __tablename__ = "conflicts"
    __table_args__ = (UniqueConstraint("supporter_id", "urn", "kind"),)
    id: int = Field(default=None, primary_key=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    urn: int = Field(index=True)
    kind: ConflictKind = word(ConflictKind)
    declared_on: datetime.date
    source: str = "declared"
    until: datetime.date | None = None
    outcome: ConflictOutcome = word(ConflictOutcome, default=ConflictOutcome.OPEN)
    decided_on: datetime.date | None = None
    mitigation: str | None = None
    approved_by: str | None = None
