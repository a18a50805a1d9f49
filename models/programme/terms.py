"""How long it lasts, what it costs, and what is agreed for the whole of it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from models.base import Strict
from models.programme.plain import Slug, Text
from models.programme.taking_part import SchoolFilter
from models.words import Stage


class Goal(Strict):
    """A strategic goal with its indicator."""

    id: Slug = Field(description="Name of the goal.")
    title: Text = Field(description="The goal.")
    indicator: Text = Field(description="How progress is seen.")
    target: Text = Field(description="What is to be reached, and by when.")
    owner: Text = Field(description="Who answers for it, as an office.")
    part: Slug | None = Field(default=None, description="The part of the programme that serves it.")
    delivered_by: Literal["partnership", "commissioner", "both"] = Field(default="partnership", description="Who delivers it.")


class Commitment(Strict):
    """A public promise with the body that made it."""

    id: Slug = Field(description="Name of the commitment.")
    promise: Text = Field(description="The promise.")
    owner: Text = Field(description="The body that made it.")
    kept_when: Text = Field(description="How everyone can see that it is kept.")
    public: bool = Field(default=True, description="Whether progress is on a public page.")


class Price(Strict):
    """A licence or membership with its price in pence a year."""

    id: Slug = Field(description="Name of the price.")
    title: Text = Field(description="What is bought.")
    pence_a_year: int = Field(ge=0, description="Price in pence a year; 0 for a free place.")
    sold_to: Literal["everyone", "members", "non_members"] = Field(default="everyone", description="Whom the price is for.")
    free_for: SchoolFilter | None = Field(default=None, description="Schools that pay nothing.")


class Gate(Strict):
    """An approval before a stage begins."""

    before: Stage = Field(description="The stage that waits.")
    approved_by: Literal["commissioner", "lead"] = Field(description="Who approves.")


class Lasts(Strict):
    """How long a commission of the programme lasts."""

    school_years: int | None = Field(default=None, ge=1, le=10, description="Whole school years.")
    weeks: int | None = Field(default=None, ge=1, le=520, description="Weeks.")
    open_ended: bool = Field(default=False, description="No end date; evaluated yearly.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum((self.school_years is not None, self.weeks is not None, self.open_ended)) != 1:
            raise ValueError("give exactly one of school_years, weeks or open_ended")
        return self
