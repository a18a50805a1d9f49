"""What is promised and measured, and what was published of it."""

from typing import Literal

from pydantic import Field

from models.base import Strict
from models.programme.plain import IndicatorName, Name, Percent, Slug, Text
from models.programme.taking_part import SchoolFilter

CaseFact = Literal[
    "taking_part", "self_evaluation_returned", "focus_chosen", "match_agreed", "visited", "visits_held", "note_published",
    "plan_agreed", "review_held", "actions_done", "inspected_since", "good_or_better_since", "evaluated",
    "near_points", "attended", "completed", "head_retained", "survey_answered", "trained",
    "improved_since", "commitment_kept", "member", "licence_held", "goal_on_track", "paired", "grouped", "post_taken", "screened_twice",
    "reviewed_by_peer", "census_returned", "in_induction", "better_than_national", "in_any_programme", "report_sent",
]  # fmt: skip


Population = Literal[
    "invited",
    "asked_to_opt_in",
    "taking_part",
    "every_school",
    "maintained",
    "academy",
    "visited",
    "plan_agreed",
    "inspected_since",
    "goals",
    "commitments",
]


class Kpi(Strict):
    """A promise to the commissioner: how many of whom, without whom, and the target."""

    id: Slug = Field(description="Name of the KPI.")
    title: Text = Field(description="The promise in plain English.")
    counts: CaseFact = Field(description="The numerator: cases of which this is true.")
    at_least: int = Field(default=1, ge=1, description="How often it must be true, for visits and reviews.")
    within_school_days: int | None = Field(default=None, ge=1, description="How soon after the event named in `since` it must be true.")
    since: Literal["opening", "first_visit", "confirmation"] = Field(default="opening", description="From when `within_school_days` counts.")
    of: Population = Field(default="taking_part", description="The denominator.")
    excluding: list[Literal["school_closed", "withdrawn", "paused", "declined", "not_yet_due"]] = Field(
        default=["school_closed"], description="Cases left out of both, counted and named."
    )
    per: Literal["case", "respondent"] = Field(default="case", description="Whether cases or the people asked are counted.")
    target_percent: Percent | None = Field(default=None, description="The target as a share; none for a figure that is only reported.")
    target_count: int | None = Field(default=None, ge=1, description="The target as a number, where the programme promises so many.")


class MeasureRule(Strict):
    """A quantity that is followed for each case."""

    id: Slug = Field(description="Name of the measure.")
    title: Text = Field(description="The measure in plain English.")
    kind: Literal[
        "pre_post", "endline_only", "inspection", "survey_mean", "counts", "trend", "months_of_progress", "attainment_gap", "rate_against_national"
    ] = Field(description="How it is taken.")
    unit: str = Field(default="", max_length=60, description="Its unit.")
    direction: Literal["up_is_good", "down_is_good"] = Field(default="up_is_good", description="Which way is better.")
    indicator: IndicatorName | None = Field(default=None, description="The indicator it is read from.")
    instrument: Slug | None = Field(default=None, description="The instrument it is read from.")
    question: Name | None = Field(default=None, description="The question of the instrument that it is read from.")
    numerator: Name | None = Field(default=None, description="The question that gives the part, for a share or a mean.")
    denominator: Name | None = Field(default=None, description="The question that gives the whole, for a share or a mean.")
    among: SchoolFilter | None = Field(default=None, description="The schools it is taken in, as they were when their case began; none means all.")
    pupil_group: Name | None = Field(default=None, description="The group of pupils it is about, always as counts or rates of a school.")
    income_source: Name | None = Field(default=None, description="The source of income it is about.")
    months_per_point: float | None = Field(
        default=None,
        gt=0,
        le=120,
        description="How many months of progress one point of the test is worth, by its published conversion; none where scores are ages in months.",
    )

    @property
    def series(self) -> str | None:
        """Return the name under which its figures are kept: the indicator's, with the group of pupils where it is about one."""
        return f"{self.indicator}:{self.pupil_group}" if self.indicator and self.pupil_group else self.indicator


class Published(Strict):
    """The figure that the real programme reached."""

    says: Text = Field(description="The published figure.")
    by: Text = Field(description="Who published it.")


class Evaluate(Strict):
    """How progress and impact are judged."""

    measures: list[MeasureRule] = Field(default=[], description="Quantities with baseline and endline.")
    kpis: list[Kpi] = Field(default=[], description="Promises to the commissioner.")
    comparison: Literal["none", "before_after", "national", "matched_schools", "over_years"] = Field(
        default="none", description="What results are compared with."
    )
