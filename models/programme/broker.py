"""How supporters are found, and who else has a part."""

from typing import Literal

from pydantic import Field

from models.base import Strict
from models.programme.plain import Name, Slug, Text


class Broker(Strict):
    """How supporters are found."""

    mode: Literal["adviser", "provider", "group", "triad", "mentor", "peer", "hub"] = Field(
        default="adviser", description="What kind of match is sought."
    )
    skills: list[Slug] = Field(default=[], description="Skills that every match must bring.")
    max_km: float | None = Field(default=None, gt=0, description="Furthest distance from a supporter's base, in kilometres.")
    cases_per_supporter: int | None = Field(default=None, ge=1, description="Most cases that one supporter may have in the commission.")
    group_size: int | None = Field(default=None, ge=2, description="Schools in a group.")
    group_rules: list[Literal["near", "alike_in_need", "no_shared_trust", "no_reciprocity", "same_phase"]] = Field(
        default=[], description="How groups and pairs are made."
    )
    approved_by: Literal["commissioner", "lead"] | None = Field(
        default=None, description="Who approves a match before it is offered; none means that it is offered at once."
    )
    accepted_by: list[Literal["supporter", "school"]] = Field(default=["supporter", "school"], description="Who must accept a match, in this order.")
    due_diligence: list[Text] = Field(default=[], description="Checks on a supporting organisation that must be complete before it starts.")
    keep_supporter: bool = Field(default=False, description="Whether a school keeps its supporter for as long as both can.")
    reviewer_levels: list[Name] = Field(default=[], description="Levels of leader who take part as reviewers.")
    trained_first: bool = Field(default=False, description="Whether supporters are trained before they support.")


class FurtherMatch(Strict):
    """A second match or grouping that each case has beside the first."""

    id: Slug = Field(description="Name of the match, unique in the programme.")
    title: Text = Field(description="What it is for.")
    broker: Broker = Field(description="How it is found.")


class Partner(Strict):
    """An organisation with a named part in the programme."""

    part: Text = Field(description="What it does.")
    kind: Literal["charity", "university", "health", "authority", "provider"] = Field(description="What it is.")
