"""The columns of Ofsted's files as tables of data: which outcomes stand side by side in one row, and what each column has been called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One outcome in a row: its date, whose it is, what was said; each column by all names that it has had.

    `outcome` is the overall grade, or what an ungraded inspection found; without `inspected` the outcome is dated by the edition.
    `graded_on` are the dates of single areas, which a later visit can grade anew.
    """

    regime: str
    inspected: Names = ()
    published: Names = ()
    relates: Names = ()
    urn_then: Names = ()
    outcome: Names = ()
    category: Names = ()
    safeguarding: Names = ()
    converted: Names = ()
    areas: Mapping[str, Names] = field(default_factory=dict)
    graded_on: Mapping[str, Names] = field(default_factory=dict)

    def columns(self) -> Names:
        """Return every column that is read for this outcome."""
        single = (self.inspected, self.published, self.relates, self.urn_then, self.outcome, self.category, self.safeguarding, self.converted)
        return tuple(name for names in (*single, *self.areas.values(), *self.graded_on.values()) for name in names)


@dataclass(frozen=True, slots=True)
class Edition:
    """One of Ofsted's files: `needs` and `without` make it known, `once` says that a school has one row, `ignored` are known but not read.

    `current` is a column that repeats the category of concern which holds now, whichever of the outcomes put the school there.
    """

    kind: str
    needs: Names
    blocks: tuple[Block, ...]
    without: Names = ()
    urn: Names = ("URN",)
    once: bool = True
    ignored: Names = ()
    current: Names = ()

    def columns(self) -> frozenset[str]:
        """Return every column that is known, whether it is read or not."""
        read = [name for block in self.blocks for name in block.columns()]
        return frozenset([*read, *self.needs, *self.urn, *self.ignored, *self.current])


SCHOOL = (
    "Web link", "Web Link (opens in new window)", "Web Link (opens in new window) [link address]", "LAESTAB", "School name", "Ofsted phase",
    "Type of education", "School open date", "Admissions policy", "Sixth form", "Designated religious character", "Religious ethos",
    "Faith grouping", "Ofsted region", "Region", "Local authority", "Parliamentary constituency", "Postcode", "Multi-academy trust UID",
    "Multi-academy trust name", "Academy sponsor UID", "Academy sponsor name", "Total number of pupils", "Statutory lowest age",
    "Statutory highest age", "The income deprivation affecting children index (IDACI) quintile",
)  # fmt: skip
OEIF_AREAS = {
    "Quality of education": "quality of education",
    "Behaviour and attitudes": "behaviour and attitudes",
    "Personal development": "personal development",
    "Leadership and management": "effectiveness of leadership and management",
    "Early years provision": "early years provision (where applicable)",
    "Sixth form provision": "sixth form provision (where applicable)",
}
CARD_AREAS: Mapping[str, Names] = {
    "Inclusion": ("Inclusion",),
    "Curriculum and teaching": ("Curriculum and teaching",),
    "Achievement": ("Achievement",),
    "Attendance and behaviour": ("Attendance and behaviour",),
    "Personal development and wellbeing": ("Personal development and wellbeing",),
    "Early years": ("Early years (where applicable)",),
    "Post-16 provision": ("Post-16 provision (where applicable)",),
    "Leadership and governance": ("Leadership and governance",),
}


def _then(*of: str) -> Names:
    """Return the columns that describe the school as it was when it was inspected."""
    return tuple(f"{what} at time of {one}" for one in of for what in ("LAESTAB", "School name", "School type"))


def _about(prefix: str, suffix: str = "") -> Names:
    """Return the columns that describe an inspection without saying what it found."""
    return tuple(f"{prefix}{what}{suffix}" for what in ("Inspection type", "Inspection type grouping", "Event type grouping", "Inspection end date"))


def _relates(*of: str) -> Names:
    return tuple(f"Does the {one} relate to the URN of the current school?" for one in of)


def _oeif(prefix: str, inspected: str, published: str, overall: Names, *of: str) -> Block:
    """Return a graded inspection under the framework of 2019 to 2025; full inspections have been called graded since 2021."""
    return Block(
        "graded", (inspected,), (published,), _relates(*of), tuple(f"URN at time of {one}" for one in of), overall,
        (f"{prefix}category of concern",), (f"{prefix}safeguarding is effective?",),
        areas={area: (f"{prefix}{column}",) for area, column in OEIF_AREAS.items()},
    )  # fmt: skip


_LATEST = _oeif("", "Inspection start date", "Publication date", ("Overall effectiveness",), "latest graded inspection", "latest full inspection")
_PREVIOUS = _oeif(
    "Previous ", "Previous inspection start date", "Previous publication date",
    ("Previous graded inspection overall effectiveness", "Previous full inspection overall effectiveness"),
    "previous graded inspection", "previous full inspection",
)  # fmt: skip
_LATEST_OEIF = _oeif(
    "Latest OEIF ", "Inspection start date of latest OEIF graded inspection", "Publication date of latest OEIF graded inspection",
    ("Latest OEIF overall effectiveness",), "latest OEIF graded inspection",
)  # fmt: skip
# An ungraded inspection was a section 8 inspection until 2021.
_UNGRADED = Block(
    "ungraded",
    ("Date of latest ungraded inspection", "Date of latest section 8 inspection"),
    ("Ungraded inspection publication date", "Section 8 inspection publication date"),
    _relates("ungraded inspection", "section 8 inspection"),
    ("URN at time of the ungraded inspection", "URN at time of the section 8 inspection"),
    ("Ungraded inspection overall outcome", "Section 8 inspection overall outcome"),
    converted=(
        "Did the latest ungraded inspection convert to a graded inspection?",
        "Did the latest section 8 inspection convert to a full inspection?",
    ),
)
_CARD = Block(
    "report_card", ("Inspection start date",), ("Publication date",), _relates("latest full inspection"), ("URN at time of latest full inspection",),
    category=("Category of concern",), safeguarding=("Safeguarding standards",), areas=CARD_AREAS,
    graded_on={area: (f"{area} - date of grade",) for area in ("Safeguarding standards", *CARD_AREAS)},
)  # fmt: skip
# In the file of all inspections a monitoring visit has an outcome of its own.
_MONITORING = Block("monitoring", _CARD.inspected, _CARD.published, outcome=("Outcomes for legacy monitoring inspections",))

_NUMBERS = (
    "Latest section 8 inspection number since last full inspection", "Number of section 8 inspections since the last full inspection",
    "Number of other section 8 inspections since last full inspection", "Inspection number of latest full inspection",
    "Previous full inspection number", "Previous inspection end date", "Latest ungraded inspection number since last graded inspection",
    "Number of ungraded inspections since the last graded inspection", "Inspection number of latest graded inspection",
    "Number of monitoring and urgent inspections since last graded inspection", "Previous graded inspection number",
)  # fmt: skip
_OEIF_IGNORED = (
    *SCHOOL, *_NUMBERS, *_about(""),
    *_then("the section 8 inspection", "the latest section 8 inspection", "latest full inspection", "previous full inspection",
           "the ungraded inspection", "latest graded inspection", "previous graded inspection"),
)  # fmt: skip
_SECTION_8 = "Date of latest section 8 inspection"
_LATEST_GRADE = "Latest OEIF overall effectiveness"

EDITIONS = (
    Edition(
        "Ofsted establishments", ("URN", "Overall effectiveness", "Inspection start date", _SECTION_8),
        (_LATEST, _PREVIOUS, _UNGRADED), ignored=_OEIF_IGNORED,
    ),
    Edition(
        "Ofsted latest inspections", ("URN", "Overall effectiveness", "Inspection start date", "Date of latest ungraded inspection"),
        (_LATEST, _PREVIOUS, _UNGRADED), without=(_SECTION_8,), ignored=_OEIF_IGNORED,
    ),
    Edition(
        "Ofsted latest inspections with report cards", ("URN", "Inspection start date", "Safeguarding standards", _LATEST_GRADE),
        (_CARD, _LATEST_OEIF, _UNGRADED), current=("Most recent category of concern",),
        ignored=(*SCHOOL, *_about(""), *_about("", " of latest OEIF graded inspection"), "Inspection number of latest full inspection",
                 "Inspection number of latest OEIF graded inspection", "Latest ungraded inspection number",
                 *_then("latest full inspection", "latest OEIF graded inspection", "the ungraded inspection")),
    ),
    Edition(
        "Ofsted all inspections of a year", ("URN", "Inspection number", "Inspection start date", "Safeguarding standards"),
        (_CARD, _MONITORING), without=(_LATEST_GRADE,), once=False, ignored=(*SCHOOL, *_about("")),
    ),
    Edition(
        "Ofsted grades of one month", ("unique_reference_number", "rating"), (Block("overall_grade", outcome=("rating",)),),
        urn=("unique_reference_number",),
        ignored=(
            "authority_code", "establishment_type_code", "pupil_number", "pupil_boys", "pupil_girls", "gender_type", "gender_category",
            "religious_type", "religious_classification", "percent_pupil_boys", "percent_pupil_girls", "percent_ehc_plan", "percent_sen_support",
            "percent_english_language", "percent_not_english_language", "percent_free_school_meals",
        ),
    ),
    Edition(
        "Ofsted history of grades", ("URN", "Rating", "Inspection Date"),
        (Block("overall_grade", ("Inspection Date",), outcome=("Rating",)),), once=False,
    ),
)  # fmt: skip
