"""What is sent beside the messages of each stage."""

from typing import Literal

from pydantic import Field

from models.base import Strict
from models.programme.plain import Text


class Newsletter(Strict):
    """A regular letter."""

    to: Literal["every_school", "taking_part", "members"] = Field(default="every_school", description="Who gets it, taking part or not.")
    every: Literal["half_term", "term", "year"] = Field(default="term", description="How often.")


class Ladder(Strict):
    """Reminders around a due date, in school days, and who is told when nothing comes."""

    before: list[int] = Field(default=[3], description="School days before the due date.")
    after: list[int] = Field(default=[2, 7], description="School days after it.")
    then: list[Literal["adviser", "commissioner"]] = Field(
        default=["adviser", "commissioner"], description="Who is told next, one after another, each five school days later."
    )


class Messages(Strict):
    """What is said beyond the messages that every move sends."""

    newsletter: Newsletter | None = Field(default=None, description="A regular letter, if there is one.")
    reminders: Ladder = Field(default=Ladder(), description="The ladder for everything that is waited for.")


class Themes(Strict):
    """Reading across cases."""

    read_by: Text = Field(description="The group that reads.")
    sources: list[Literal["focus_areas", "needs", "notes", "plans"]] = Field(default=["focus_areas", "needs"], description="What it reads.")
    into: Literal["guides", "report"] = Field(default="guides", description="What comes of it.")
