"""Action plans as in schools: objectives and actions with owner, dates, cost, success criterion and rating."""

import datetime

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, moment, word
from models.words import PlanStatus, Rag


class ActionPlan(Row, table=True):
    """One edition of a case's plan; an older edition stays readable."""

    __tablename__ = "action_plans"
    __table_args__ = (UniqueConstraint("case_id", "edition"),)
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    edition: int = 1
    status: PlanStatus = word(PlanStatus, default=PlanStatus.DRAFT)
    focus_area: str | None = None
    drafted_at: pendulum.DateTime = moment()
    agreed_at: pendulum.DateTime | None = moment(default=None)
    asked_changes: str | None = None


class Objective(Row, table=True):
    """What the plan is to reach, and how one will know."""

    __tablename__ = "objectives"
    id: int = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="action_plans.id", index=True)
    ordinal: int
    area: str
    objective: str
    success_criterion: str
    rag: Rag | None = word(Rag, default=None, nullable=True)


class Action(Row, table=True):
    """One thing to do for an objective; `cost` is in pence.

    What was agreed at a visit says in which note of visit, and which of its actions it is; where that note does not say it any more, since when.
    """

    __tablename__ = "actions"
    id: int = Field(default=None, primary_key=True)
    objective_id: int = Field(foreign_key="objectives.id", index=True)
    action: str
    owner: str
    starts: datetime.date
    due: datetime.date
    cost: int = 0
    done_on: datetime.date | None = None
    note_id: int | None = Field(default=None, foreign_key="notes_of_visit.id")
    note_action: int | None = None
    taken_out_on: datetime.date | None = None
    rag: Rag | None = word(Rag, default=None, nullable=True)


class Milestone(Row, table=True):
    """A dated sign on the way to an objective."""

    __tablename__ = "milestones"
    id: int = Field(default=None, primary_key=True)
    objective_id: int = Field(foreign_key="objectives.id", index=True)
    milestone: str
    due: datetime.date
    reached_on: datetime.date | None = None
