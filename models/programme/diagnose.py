"""How need is found: what schools are asked, what makes up the score, and the levels of support."""

from typing import Any, Literal

from pydantic import Field, model_validator

from models.base import Strict
from models.programme.plain import IndicatorName, Name, Percent, Slug, Text, Threshold
from models.programme.taking_part import SchoolFilter


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
