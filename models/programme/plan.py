"""How action plans are made and followed."""

from typing import Literal

from pydantic import Field

from models.base import Strict
from models.programme.plain import Slug, Text


class ObjectiveTemplate(Strict):
    """An objective that a plan may be drafted with."""

    for_need: Slug | None = Field(default=None, description="The need it answers; without it, it answers the chosen focus area.")
    objective: Text = Field(description="What is to be reached; {focus} stands for the chosen focus area.")
    success_criterion: Text = Field(description="How one will know.")
    actions: list[Text] = Field(default=[], description="First actions towards it.")


class Plan(Strict):
    """How action plans are made and followed."""

    drafted_from: list[Literal["needs", "focus_area", "notes"]] = Field(default=["needs"], description="What the first draft is made from.")
    objectives: list[ObjectiveTemplate] = Field(
        default=[], description="Objectives to draft with; without one for a need, the need's own title is used."
    )
    agreed_by: list[Literal["adviser", "school"]] = Field(
        default=["adviser", "school"], min_length=1, description="Who agrees the plan, in this order."
    )
    reviewed_every_school_weeks: int = Field(default=12, ge=1, le=60, description="School weeks between reviews.")
