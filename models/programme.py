"""What a programme file says: the Pydantic schema behind `programmes/*.yaml` and the published JSON Schema.

Lengths of time are whole numbers with their unit in the name; money is integer pence; shares are percentages.
"""

import datetime
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.base import Strict
from models.note import EvidenceKind
from models.words import CommissionerKind, Phase, SchoolStatus, Stage, Status

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Percent = Annotated[float, Field(ge=0, le=100)]


def _of_every_year(value: str) -> str:
    try:
        # A year without a 29 February.
        datetime.date.fromisoformat(f"2027-{value}")
    except ValueError:
        raise ValueError(f'"{value}" is no day of every year: give month and day, as in "09-01"') from None
    return value


DayOfYear = Annotated[str, AfterValidator(_of_every_year)]
IndicatorName = Literal[
    "pupils", "fsm_share", "last_grade", "years_since_inspection", "small_school",
    "idaci_decile", "imd_decile", "persistent_absence", "overall_absence", "ks2_expected", "ks2_higher", "ks2_reading_progress",
    "ks2_writing_progress", "ks2_maths_progress", "ks2_reading_score", "ks2_maths_score", "ks4_attainment", "ks4_progress", "ks4_basics_94",
    "ks4_basics_95", "ks4_ebacc_entry", "eal_share", "fsm6_share", "ehcp_share", "sen_support_share", "send_share",
    "exclusions", "head_changed", "self_evaluation", "semh_share",
]  # fmt: skip


class Threshold(Strict):
    """Bounds on an indicator's value; both may be given."""

    at_or_above: float | None = Field(default=None, description="The value must be this or more.")
    at_or_below: float | None = Field(default=None, description="The value must be this or less.")

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.at_or_above is None and self.at_or_below is None:
            raise ValueError("give at_or_above, at_or_below or both")
        return self


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
        default=None, description="When places are limited: the figure that ranks the schools, highest first."
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


class Question(Strict):
    """One question of an instrument."""

    id: Name = Field(description="Short name of the question, unique in its instrument.")
    asks: Text = Field(description="The question in plain English.")
    kind: Literal["scale", "count", "number", "choice", "text"] = Field(
        default="scale", description="What an answer is; a count or number never describes one pupil."
    )
    unit: str = Field(default="", description="Unit of a number.")
    labels: list[str] = Field(default=[], description="Words for the points of a scale, lowest first.")
    lowest: int = Field(default=1, description="Lowest point of a scale.")
    highest: int = Field(default=4, description="Highest point of a scale.")
    choices: list[str] = Field(default=[], description="Possible answers of a choice.")


class Instrument(Strict):
    """Something that schools answer."""

    id: Slug = Field(description="Name of the instrument, unique in the programme.")
    kind: Literal["self_evaluation", "assessment", "screening", "census", "survey"] = Field(description="What sort of instrument it is.")
    title: Text = Field(description="Title as schools see it.")
    asked_of: list[Literal["headteacher", "chair", "clerk", "practitioner", "pupils_as_counts"]] = Field(
        default=["headteacher"], description="Who answers."
    )
    due_school_days: int = Field(default=15, ge=1, le=200, description="School days to answer.")
    asked_where: SchoolFilter | None = Field(default=None, description="Which of the schools are asked; none means all.")
    overview: bool = Field(default=False, description="Whether answers are shown side by side, at a glance.")
    repeats: Literal["once", "before_and_after", "half_termly", "termly", "yearly"] = Field(default="once", description="How often it is asked.")
    by_group: list[Name] = Field(default=[], description="Groups of pupils for which counts are given separately.")
    questions: list[Question] = Field(default=[], description="The questions; answers on a scale can feed the indicator self_evaluation.")
    suppress_below: int | None = Field(default=None, ge=2, description="Groups of answers smaller than this are not shown.")


# Of which more is less need: results and, where the first tenth is the most deprived, deciles.
LESS_NEED = frozenset({
    "idaci_decile", "imd_decile", "ks2_expected", "ks2_higher", "ks2_reading_progress", "ks2_writing_progress", "ks2_maths_progress",
    "ks2_reading_score", "ks2_maths_score", "ks4_attainment", "ks4_progress", "ks4_basics_94", "ks4_basics_95", "ks4_ebacc_entry",
    "self_evaluation",
})  # fmt: skip


class Weight(Strict):
    """An indicator with its weight in the score."""

    indicator: IndicatorName = Field(description="The indicator.")
    weight: float = Field(gt=0, le=100, description="Its weight; only the proportions between weights matter.")
    higher_means: Literal["more_need", "less_need"] = Field(
        default="more_need",
        description="Which way the indicator points; left out, higher results, deciles and own judgements mean less need, and all else more.",
    )
    compared_with: Literal["commission", "authority", "england", "similar"] = Field(
        default="commission",
        description="Among which schools a figure is ranked: those of the commission, all of the same phase in the authority or in England, "
        "or the schools most alike in size, free school meals, language and earlier results.",
    )

    @model_validator(mode="before")
    @classmethod
    def _points_its_usual_way(cls, values: Any) -> Any:
        if isinstance(values, dict) and "higher_means" not in values and values.get("indicator") in LESS_NEED:
            return {**values, "higher_means": "less_need"}
        return values


class NeedRule(Strict):
    """A need that support may be for, and when a school has it."""

    need: Slug = Field(description="Name of the need.")
    title: Text = Field(description="The need in plain English.")
    skill: Slug = Field(description="The skill that a supporter must have to meet it.")
    when: dict[IndicatorName, Threshold] = Field(
        default={}, description="Bounds that must all hold; none means that every school in the programme has the need."
    )
    severity: int | None = Field(default=None, ge=0, le=100, description="Fixed severity; without it the school's score is used.")


class Category(Strict):
    """A level of support with its entitlement."""

    id: Slug = Field(description="Name of the category.")
    title: Text = Field(description="The category as schools see it.")
    days: float = Field(ge=0, le=200, multiple_of=0.5, description="Entitlement in days over the whole commission; half days count.")
    at_or_above: Percent = Field(default=0, description="Lowest score for this category; the first category starts at 0.")
    days_per: Literal["commission", "year"] = Field(
        default="commission", description="Whether the entitlement is for the whole commission or for each year."
    )
    always_when: SchoolFilter | None = Field(default=None, description="A school like this gets the category whatever its score.")


class Diagnose(Strict):
    """How need is found."""

    focus_areas: dict[Slug, Text] = Field(default={}, description="The framework's areas; each school chooses one as its focus.")
    instruments: list[Instrument] = Field(default=[], description="What schools are asked.")
    indicators: list[Weight] = Field(default=[], description="What makes up the score.")
    needs: list[NeedRule] = Field(default=[], description="What support may be for.")
    categories: list[Category] = Field(min_length=1, description="Levels of support, the lightest first.")
    confirmed_by: Literal["adviser", "lead"] = Field(default="adviser", description="Who confirms a diagnosis.")
    reply_school_days: int = Field(default=10, ge=1, le=100, description="School days in which a school may reply to its category.")
    override_lasts_weeks: int = Field(default=52, ge=1, le=260, description="Weeks after which a category set by hand has to be looked at again.")


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


class Window(Strict):
    """When a session may take place: a school year of the commission, or weeks from its start."""

    school_year: int | None = Field(default=None, ge=1, le=10, description="Which school year of the commission, 1 for the first.")
    from_week: int | None = Field(default=None, ge=0, le=520, description="First week after the case is ready, 0 for at once.")
    to_week: int | None = Field(default=None, ge=1, le=520, description="Last week after the case is ready.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.from_week is None) != (self.to_week is None):
            raise ValueError("give from_week and to_week together")
        if self.from_week is not None and self.to_week is not None and self.from_week >= self.to_week:
            raise ValueError("from_week must be before to_week")
        return self


class Gap(Strict):
    """How many weeks lie between a session and the one before it."""

    at_least: int = Field(default=0, ge=0, le=520, description="Fewest weeks.")
    at_most: int = Field(default=104, ge=1, le=520, description="Most weeks.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError("at_least must not be more than at_most")
        return self


class Session(Strict):
    """A visit or other meeting that every case has."""

    id: Slug = Field(description="Name of the session, unique in the programme.")
    title: Text = Field(description="Its purpose in plain English.")
    kind: Literal["visit", "meeting", "training", "webinar", "module", "coaching", "supervision", "review_visit", "open_week"] = Field(
        default="visit", description="What sort of session it is."
    )
    held: Literal["single", "group"] = Field(default="single", description="For one case, or for a group of cases together.")
    length: Literal["half_day", "whole_day"] = Field(default="half_day", description="How long it takes.")
    count: int = Field(default=1, ge=1, le=60, description="How many of them there are, one after another.")
    after: Slug | None = Field(default=None, description="The session that must come before.")
    gap_weeks: Gap = Field(default=Gap(), description="Weeks since the session before, counting repeats too.")
    window: Window = Field(default=Window(), description="When it may take place; nothing given means any time in the commission.")
    hosts: Literal["school", "rotating", "supporter", "online"] = Field(default="school", description="Where it takes place.")
    bookings: Literal["assigned", "open"] = Field(default="assigned", description="Whether places are assigned or booked freely.")
    attendance: bool = Field(default=False, description="Whether attendance is taken.")
    note: bool = Field(default=True, description="Whether a note of visit is written.")
    every: Literal["once", "half_term", "term", "year"] = Field(default="once", description="Whether the session comes back.")
    with_match: Slug | None = Field(default=None, description="The further match that it is held with; none means the first.")
    joined_by: Slug | None = Field(default=None, description="The further match whose supporter comes too, at a joint visit.")
    led_by: Literal["supporter", "trained_people"] = Field(default="supporter", description="Who leads it.")
    visiting_speaker: bool = Field(default=False, description="Whether a speaker from outside comes.")
    shared_resources: bool = Field(default=False, description="Whether resources are shared afterwards.")


class SchoolQuestion(Strict):
    """A question that a school answers before a visit."""

    id: Name = Field(description="Short name of the question, unique in the note.")
    asks: Text = Field(description="The question in plain English.")
    required: bool = Field(default=False, description="Whether a school that answers has to answer this one.")


class NoteSection(Strict):
    """A part of a note of visit that whoever visited fills in."""

    id: Name = Field(description="Short name of the section, unique in the note.")
    title: Text = Field(description="Its heading.")
    required: bool = Field(default=True, description="Whether a note without it cannot be sent.")


class NoteTemplate(Strict):
    """What a note of visit holds, who reads it and how long each step may take."""

    version: int = Field(default=1, ge=1, description="Rises with every change of the template.")
    school_part: list[SchoolQuestion] = Field(default=[], description="What the school is asked before each visit of which a note is written.")
    sections: list[NoteSection] = Field(
        default=[NoteSection(id="strengths", title="Strengths"), NoteSection(id="areas", title="Areas to work on")],
        min_length=1, description="What whoever visited writes afterwards.",
    )  # fmt: skip
    evidence: list[EvidenceKind] = Field(default=[*get_args(EvidenceKind)], description="Kinds of evidence that may be named; all, if left out.")
    suggests_category: bool = Field(default=False, description="Whether the writer may suggest another category; it is never set by itself.")
    circulation: list[Literal["headteacher", "chair", "adviser", "supporter", "commissioner"]] = Field(
        default=["headteacher"], description="Who gets the published note; the headteacher always does."
    )
    due_school_days: int = Field(default=1, ge=1, le=60, description="School days from the visit until its note is with the school.")
    reply_school_days: int = Field(default=5, ge=1, le=60, description="School days in which the school may say that a note is not accurate.")
    quality_assurance: Literal["none", "all", "sample"] = Field(
        default="none", description="Which notes the partnership lead reads before they are published."
    )
    sample_percent: Percent = Field(default=20, description="How many of a hundred notes are read, where it is a sample.")
    turnaround_school_days: int = Field(default=15, ge=1, le=120, description="School days from the visit until its note is published.")


class Blackout(Strict):
    """Days of every year on which schools are not visited."""

    title: Text = Field(description="What keeps schools free then, as it is told where a session finds no day.")
    first: DayOfYear = Field(description='The first of these days, as month and day: "09-01".')
    last: DayOfYear = Field(description="The last of them; one that is earlier in the year than the first lies in the next year.")


class Schedule(Strict):
    """Which sessions there are."""

    sessions: list[Session] = Field(default=[], description="The sessions in order.")
    note: NoteTemplate = Field(default=NoteTemplate(), description="The notes that are written of visits.")
    avoid: list[Literal["ks2_tests", "gcse_exams", "phonics_check"]] = Field(
        default=[], description="Weeks in which schools are not visited whose own pupils sit these, by their ages."
    )
    blackouts: list[Blackout] = Field(default=[], description="Other days of every year on which no school is visited.")
    move_notice_school_days: int = Field(
        default=10, ge=1, le=30, description="Fewest school days from a visit's or meeting's move to its new day, where it could not keep its own."
    )
    late_cancel_working_days: int = Field(default=2, ge=0, description="A visit cancelled with fewer working days' notice is charged.")


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
