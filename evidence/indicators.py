"""Comparable figures of schools on a date: the catalogue of indicators, and each school's value or the reason why it is missing."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from evidence.bounds import COUNT, DECILE, GRADE, MARK, OF_OTHERS, POINTS, PROGRESS, PROGRESS_8, RATE, ROLL, SCALED, SHARE, YEARS, Bounds
from evidence.known import Known
from evidence.standing import SCALE, Standing
from evidence.understood import OWN
from models.words import Missing, Phase

SMALL = 100


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is called in a sentence and in a sum; `shrinks` says as what it is drawn towards the mean where cohorts are small.

    `kept` says where it comes from: the school's own row, the figures loaded for it, or those and else its row, its neighbourhood, or what
    it answered; `bounds` between what it can lie; `ages` that it grows by one a year without any news.
    """

    title: str
    short: str
    kept: Literal["figures", "school", "figures_or_school", "standing", "answers", "neighbourhood"] = "figures"
    shrinks: Literal["share", "mean"] | None = None
    bounds: Bounds = SHARE
    ages: bool = False


INDICATORS: dict[str, Indicator] = {
    "pupils": Indicator("number of pupils on roll", "pupils", "school", bounds=ROLL),
    "fsm_share": Indicator("share of pupils eligible for free school meals (per cent)", "free school meals", "figures_or_school"),
    "last_grade": Indicator(
        "grade at the last inspection (1 outstanding to 4 inadequate, as which a category of concern counts)", "last grade", "standing", bounds=GRADE
    ),
    "years_since_inspection": Indicator("number of years since the last inspection", "years since inspection", "standing", bounds=YEARS, ages=True),
    "small_school": Indicator("mark for a small school (1 for fewer than 100 pupils, else 0)", "small school", "school", bounds=MARK),
    "self_evaluation": Indicator("mean of its own answers", "own answers", "answers"),
    "overall_absence": Indicator("overall absence (per cent of sessions)", "absence"),
    "persistent_absence": Indicator("share of pupils who are persistently absent (per cent)", "persistent absence"),
    "ks2_expected": Indicator(
        "share of pupils at the expected standard in reading, writing and maths at 11 (per cent)", "expected standard at 11", shrinks="share"
    ),
    "ks2_higher": Indicator("share of pupils at the higher standard at 11 (per cent)", "higher standard at 11", shrinks="share"),
    "ks2_reading_progress": Indicator("progress in reading to 11", "reading progress", shrinks="mean", bounds=PROGRESS),
    "ks2_writing_progress": Indicator("progress in writing to 11", "writing progress", shrinks="mean", bounds=PROGRESS),
    "ks2_maths_progress": Indicator("progress in maths to 11", "maths progress", shrinks="mean", bounds=PROGRESS),
    "ks2_reading_score": Indicator("average scaled score in reading at 11", "reading at 11", shrinks="mean", bounds=SCALED),
    "ks2_maths_score": Indicator("average scaled score in maths at 11", "maths at 11", shrinks="mean", bounds=SCALED),
    "ks2_prior": Indicator("attainment at 7 of those now 11", "attainment at 7", shrinks="mean", bounds=POINTS),
    "ks4_attainment": Indicator("Attainment 8 score at 16", "Attainment 8", shrinks="mean"),
    "ks4_progress": Indicator("Progress 8 score at 16", "Progress 8", shrinks="mean", bounds=PROGRESS_8),
    "ks4_basics_94": Indicator("share with grade 4 or above in English and maths at 16 (per cent)", "grade 4 in both", shrinks="share"),
    "ks4_basics_95": Indicator("share with grade 5 or above in English and maths at 16 (per cent)", "grade 5 in both", shrinks="share"),
    "ks4_ebacc_entry": Indicator("share entered for the English Baccalaureate (per cent)", "EBacc entry", shrinks="share"),
    "ks4_prior": Indicator("attainment at 11 of those now 16", "attainment at 11", shrinks="mean", bounds=POINTS),
    "eal_share": Indicator("share of pupils whose first language is not English (per cent)", "English not first language"),
    "fsm6_share": Indicator("share of pupils eligible for free school meals in the last six years (per cent)", "free meals in six years"),
    "ehcp_share": Indicator("share of pupils with an education, health and care plan (per cent)", "EHC plans", bounds=OF_OTHERS),
    "sen_support_share": Indicator("share of pupils with SEN support (per cent)", "SEN support"),
    "send_share": Indicator("share of pupils with special educational needs (per cent)", "special needs", bounds=OF_OTHERS),
    "semh_share": Indicator("share of pupils whose main need is social, emotional and mental health (per cent)", "SEMH needs"),
    "exclusions": Indicator("rate of suspensions and exclusions in a school year (per 100 pupils)", "suspensions and exclusions", bounds=RATE),
    "head_changed": Indicator("mark for a change of head in the last year (1 if there was one, else 0)", "new head", bounds=MARK),
    "idaci_decile": Indicator(
        "decile of income deprivation affecting children around it (1 is most deprived)", "IDACI decile", "neighbourhood", bounds=DECILE
    ),
    "imd_decile": Indicator("decile of multiple deprivation around it (1 is most deprived)", "IMD decile", "neighbourhood", bounds=DECILE),
}

# Kept among the figures that were loaded, so that those have to be read for it.
LOADED = frozenset({"figures", "figures_or_school", "neighbourhood"})

# The kinds of file, as `lodestar evidence kinds` calls them, that bring indicators; what is not here is brought by a list of one's own.
_BROUGHT_BY: dict[str, tuple[str, ...]] = {
    "GIAS establishments": ("pupils", "small_school"),
    "Ofsted latest inspections": ("last_grade", "years_since_inspection"),
    "absence": ("overall_absence", "persistent_absence"),
    "census": ("fsm_share", "fsm6_share", "eal_share", "ehcp_share", "sen_support_share", "send_share"),
    "income deprivation affecting children 2019": ("idaci_decile",),
    "index of multiple deprivation 2025": ("imd_decile",),
    "key stage 2 results": (
        "ks2_expected", "ks2_higher", "ks2_reading_progress", "ks2_writing_progress", "ks2_maths_progress", "ks2_reading_score", "ks2_maths_score",
        "ks2_prior",
    ),
    "key stage 4 results": ("ks4_attainment", "ks4_progress", "ks4_basics_94", "ks4_basics_95", "ks4_ebacc_entry", "ks4_prior"),
}  # fmt: skip

# Indicators that tell nearly the same, and what sets each apart from the others: none stands in for another, but it is named where that is not known.
_KINDRED: tuple[dict[str, str], ...] = (
    {"fsm_share": "the current figure", "fsm6_share": "the six-year figure"},
    {"overall_absence": "overall absence", "persistent_absence": "persistent absence"},
    {"idaci_decile": "the index of income deprivation affecting children", "imd_decile": "the index of multiple deprivation"},
    {"ks4_basics_94": "the share with grade 4", "ks4_basics_95": "the share with grade 5"},
)


class SchoolFacts(Protocol):
    """What indicators need of a school's row; a School has it, and so has a plain row of these columns."""

    @property
    def urn(self) -> int:
        """URN."""

    @property
    def authority(self) -> str:
        """Three digits."""

    @property
    def phase(self) -> Phase:
        """Phase."""

    @property
    def pupils(self) -> int | None:
        """Pupils on roll."""

    @property
    def fsm_share(self) -> float | None:
        """Per cent."""

    @property
    def last_grade(self) -> str | None:
        """Grade in the register."""

    @property
    def last_inspected(self) -> datetime.date | None:
        """Date in the register."""


# What is kept to compare with or to add up, and is no indicator by itself, is a share by its name or else a count.
_BESIDE = {"pupil_premium_share": OF_OTHERS}


def indicator_of(name: str) -> str:
    """Return the indicator that a figure is of; `indicator:group` names one that is about a group of pupils."""
    return name.partition(":")[0]


def bounds_of(name: str) -> Bounds:
    """Return between what a figure of this name can lie, an indicator's, for a group of pupils too, or one beside them."""
    name = indicator_of(name)
    if name in INDICATORS:
        return INDICATORS[name].bounds
    return _BESIDE.get(name, SHARE if name.endswith("_share") else COUNT)


def in_words(value: float) -> str:
    """Return a figure as people write it: with two decimals at most, and none that are noughts."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def title_of(name: str) -> str:
    """Return what an indicator is called in a sentence, with its group of pupils if it has one; its own name if it is not in the catalogue."""
    indicator, _, group = name.partition(":")
    title = INDICATORS[indicator].title if indicator in INDICATORS else indicator
    return f"{title}, of the group {group}" if group else title


def short_of(name: str) -> str:
    """Return what an indicator is called inside a sum."""
    return INDICATORS[name].short if name in INDICATORS else name


def brought_by(name: str) -> str | None:
    """Return the kind of file that brings an indicator; None for what schools answer themselves."""
    if name in INDICATORS and INDICATORS[name].kept == "answers":
        return None
    return next((kind for kind, names in _BROUGHT_BY.items() if name in names), OWN)


def kindred(name: str) -> list[str]:
    """Return the indicators that tell nearly the same as one does."""
    return [other for kin in _KINDRED if name in kin for other in kin if other != name]


def said_of_kindred(name: str, other: str) -> str:
    """Return what to say where a programme asks for an indicator and only another of its kin is known, as part of a sentence."""
    kin = next(kin for kin in _KINDRED if name in kin and other in kin)
    return f"{kin[other]} is loaded; the programme asks for {kin[name]}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, or the reason why there is none; where it was loaded from a file, also its cohort, date and source."""

    value: float | None
    missing: Missing | None = None
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What was loaded about schools: figures by indicator and URN, oldest first, and standings by URN."""

    series: Mapping[str, Mapping[int, Sequence[Known]]] = field(default_factory=dict)
    standings: Mapping[int, Standing] = field(default_factory=dict)


NOTHING_HELD = Held()


def figure(name: str, school: SchoolFacts, answers: Mapping[str, float] | None, today: datetime.date, held: Held = NOTHING_HELD) -> Figure:
    """Return one indicator of `school` as it stands on `today`; `answers` are its scores on the programme's scale questions."""
    standing = held.standings.get(school.urn)
    value: float | None
    match name:
        case "pupils":
            value = school.pupils
        case "fsm_share":
            # The register as it is published leaves it out, and has it where an authority writes its own.
            found = _loaded(held.series.get(name, {}).get(school.urn, ()))
            return found if found.value is not None or school.fsm_share is None else Figure(school.fsm_share)
        case "last_grade":
            value = standing.grade if standing is not None else SCALE.get(school.last_grade or "")
        case "years_since_inspection":
            inspected = _inspected(standing, school)
            value = None if inspected is None else round((today - inspected).days / 365.25, 2)
        case "small_school":
            value = None if school.pupils is None else float(school.pupils < SMALL)
        case "self_evaluation":
            value = sum(answers.values()) / len(answers) if answers else None
            return Figure(value, None if answers else Missing.NOT_ANSWERED)
        case _:
            return _loaded(held.series.get(name, {}).get(school.urn, ()))
    return Figure(value, Missing.NOT_IN_SOURCE if value is None else None)


def _inspected(standing: Standing | None, school: SchoolFacts) -> datetime.date | None:
    """Return the day of a school's newest inspection; None where no file tells it."""
    if standing is None:
        return school.last_inspected
    if standing.dated and standing.newest:
        return standing.as_of
    # A grade that only the edition of a file dates is older than that, nobody can say by how much; the register's day is that of its own grade.
    return school.last_inspected if SCALE.get(school.last_grade or "") == standing.grade else None


def _loaded(series: Sequence[Known]) -> Figure:
    """Return the newest figure that was loaded; a suppressed one is not replaced by an older one, which would hide it."""
    if not series:
        return Figure(None, Missing.NOT_IN_SOURCE)
    newest = series[-1]
    return Figure(newest.value, newest.missing, newest)


def loaded_figure(name: str, urn: int, held: Held) -> Figure:
    """Return a loaded indicator of a school of which nothing else is needed; the same as `figure`."""
    return _loaded(held.series.get(name, {}).get(urn, ()))
