"""A whole programme, as its file says it."""

from typing import Annotated

from pydantic import Field

from models.base import Strict
from models.programme.broker import Broker, FurtherMatch, Partner
from models.programme.diagnose import Diagnose
from models.programme.evaluate import Evaluate, Published
from models.programme.messages import Messages, Themes
from models.programme.plain import Name, Slug, Text
from models.programme.plan import Plan
from models.programme.schedule import Schedule
from models.programme.taking_part import SchoolFilter, TakePart
from models.programme.terms import Commitment, Gate, Goal, Lasts, Price
from models.words import CommissionerKind, Stage, Status


class Programme(Strict):
    """A programme: the definition of an offer, as data, with a version."""

    programme: Slug = Field(description="Name of the programme, used in commands.")
    version: int = Field(ge=1, le=1_000_000, description="Rises with every change of the file.")
    title: Text = Field(description="Title as people see it.")
    summary: Text = Field(description="What it does, in a sentence or two.")
    published: Published | None = Field(default=None, description="The figure that the real programme reached.")
    commissioned_by: list[CommissionerKind] = Field(min_length=1, description="Kinds of body that may commission it.")
    lasts: Lasts = Field(description="How long a commission lasts.")
    case_lasts: Lasts | None = Field(default=None, description="How long one case lasts, where that is shorter than the commission.")
    stages: list[Stage] = Field(
        default=list(Stage), min_length=1, description="The stages that a case passes; all five unless some have no part in the programme."
    )
    take_part: TakePart = Field(default=TakePart(), description="Who takes part.")
    diagnose: Diagnose = Field(description="How need is found.")
    broker: Broker = Field(default=Broker(), description="How supporters are found.")
    further_matches: list[FurtherMatch] = Field(default=[], description="Further matches or groupings beside the first.")
    partners: list[Partner] = Field(default=[], description="Organisations with a named part.")
    schedule: Schedule = Field(default=Schedule(), description="Visits and other sessions.")
    plan: Plan = Field(default=Plan(), description="Action plans and reviews.")
    evaluate: Evaluate = Field(default=Evaluate(), description="Measures and KPIs.")
    messages: Messages = Field(default=Messages(), description="Newsletter and reminders.")
    themes: Themes | None = Field(default=None, description="Reading across cases.")
    gates: list[Gate] = Field(default=[], description="Approvals between stages.")
    clocks: dict[Status, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="School days allowed in a status, where they differ from the usual."
    )
    parts: list[Slug] = Field(default=[], description="Programmes that this one is made of.")
    goals: list[Goal] = Field(default=[], description="Strategic goals.")
    commitments: list[Commitment] = Field(default=[], description="Public promises.")
    prices: list[Price] = Field(default=[], description="Licences and memberships.")
    income_sources: list[Name] = Field(default=[], description="Sources by which the ledger is kept.")
    board_report: bool = Field(default=False, description="Whether a report for the board is made.")

    def filters(self) -> list[SchoolFilter]:
        """Return every filter on schools in the programme, those inside another included."""
        take_part = self.take_part
        named = (take_part.invited, take_part.may_opt_in, *(c.always_when for c in self.diagnose.categories),
                 *(i.asked_where for i in self.diagnose.instruments), *(m.among for m in self.evaluate.measures))  # fmt: skip
        return [inner for one in named if one for inner in one.with_inner()]
