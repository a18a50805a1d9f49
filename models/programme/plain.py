"""Names, texts and days as a programme file writes them."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.base import Strict

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
