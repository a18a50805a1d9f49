"""Matches: a supporter for a case's need, with reason and runner-up."""

import pendulum
from sqlmodel import Field

from models.base import Row, moment, word
from models.words import MatchStatus


class Match(Row, table=True):
    """A supporter for a case: half days, cost in pence, distance in kilometres, why this one and who was next.

    `further` names which of the programme's further matches it is, empty for the first.
    """

    __tablename__ = "matches"
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    status: MatchStatus = word(MatchStatus, default=MatchStatus.PROPOSED)
    further: str = ""
    half_days: int
    cost: int
    kilometres: float | None = None
    reason: str
    runner_up_id: int | None = Field(default=None, foreign_key="supporters.id")
    runner_up_reason: str | None = None
    proposed_at: pendulum.DateTime = moment()
    ended_reason: str | None = None
