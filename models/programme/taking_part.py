"""Which schools take part, and how they come to it."""

from typing import Literal

from pydantic import Field

from models.base import Strict
from models.programme.plain import IndicatorName, Name, Text, Threshold
from models.words import Phase, SchoolStatus


class Point(Strict):
    """A named place on the British National Grid, in metres."""

    name: Text = Field(description="What the place is called, such as a key neighbourhood.")
    easting: int = Field(ge=0, le=700_000, description="Metres east.")
    northing: int = Field(ge=0, le=1_300_000, description="Metres north.")


class Near(Strict):
    """Within so many kilometres, in a straight line, of at least one of some places."""

    within_km: float = Field(gt=0, description="How near, in kilometres.")
    points: list[Point] = Field(min_length=1, description="The places; being near one of them is enough.")


class SchoolFilter(Strict):
    """Which schools are meant; everything that is given must hold, and nothing given means every school."""

    status: list[SchoolStatus] = Field(default=[], description="Who maintains the school.")
    phases: list[Phase] = Field(default=[], description="Phases of education.")
    last_grade: list[str] = Field(default=[], description="Overall grades at the last graded inspection, as the register prints them.")
    indicators: dict[IndicatorName, Threshold] = Field(
        default={}, description="Bounds on indicators; a school whose figure is missing does not pass."
    )
    near: Near | None = Field(default=None, description="Distance to named places.")
    standing: list[Literal["category_of_concern", "safeguarding_not_met", "concerns"]] = Field(
        default=[], description="What its newest inspection outcome says of it; one of them is enough, and an unknown standing does not pass."
    )
    trusts: list[Text] = Field(default=[], description="Trusts, as the register names them.")
    ungraded_outcome: list[str] = Field(default=[], description="Outcomes of the last ungraded inspection, in the inspectorate's words.")
    any_of: list["SchoolFilter"] = Field(default=[], description="Filters of which at least one must hold too.")

    def with_inner(self) -> list["SchoolFilter"]:
        """Return the filter and all those inside it, however deep."""
        return [self, *(inner for one in self.any_of for inner in one.with_inner())]


class TakePart(Strict):
    """Who takes part, and how schools come in."""

    unit: Literal["school", "group", "setting", "person"] = Field(default="school", description="What one case is about.")
    invited: SchoolFilter | None = Field(default=SchoolFilter(), description="Schools that are in from the start; null if nobody is.")
    may_opt_in: SchoolFilter | None = Field(default=None, description="Schools that are asked, and come in only if they say yes.")
    opened_by: list[Literal["new_inspection", "change_of_head", "new_result", "request"]] = Field(
        default=[],
        description="What opens further cases later on, of schools that meet `invited` or `may_opt_in` then; "
        "those that meet them at the start are in from the start.",
    )
    ranked_by: Literal["score"] | IndicatorName | None = Field(
        default=None,
        description="When places are limited: the figure that ranks the schools, highest first; of equals the lower URN or, "
        "among schools that opt in, who asked first.",
    )
    places: int | None = Field(
        default=None,
        ge=1,
        description="How many schools are in at most, of those that need not ask; schools that opt in come on top. "
        "Where nobody is in without asking, how many of those that opt in are: by ranked_by or, without it, those who asked first. The others wait.",
    )
    waiting_list_until_week: int | None = Field(
        default=None,
        ge=1,
        le=520,
        description="Where those that opt in wait for places: last week of the commission in which a place that is given back goes to the next; "
        "none means to its end.",
    )
    roll_up_by: list[Literal["trust", "phase", "diocese", "hub", "area"]] = Field(default=[], description="How results are also added up.")
    outside_authority: bool = Field(default=False, description="Whether schools of other authorities may take part, if they ask to.")
    members_only: bool = Field(default=False, description="Whether only members of the partnership take part.")
    setting_kinds: list[Name] = Field(default=[], description="Kinds of setting that are not schools and may take part.")
    member_kinds: list[Name] = Field(default=[], description="Kinds of member that are not schools.")

    @property
    def limits_opt_ins(self) -> bool:
        """Tell whether places are limited among the schools that opt in, so that some of them wait for one."""
        return self.places is not None and self.invited is None
