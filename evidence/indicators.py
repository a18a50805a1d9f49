"""Comparable figures of schools on a date, each with its value or the reason why it is missing."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.school import School
from models.words import Missing

GRADES = {"Outstanding": 1.0, "Good": 2.0, "Requires improvement": 3.0, "Inadequate": 4.0, "Serious Weaknesses": 4.0, "Special Measures": 4.0}
SMALL = 100
NAMES = {
    "pupils": "number of pupils on roll",
    "fsm_share": "share of pupils eligible for free school meals (per cent)",
    "last_grade": "grade at the last inspection (1 outstanding to 4 inadequate)",
    "years_since_inspection": "number of years since the last inspection",
    "small_school": "mark for a small school (1 for fewer than 100 pupils, else 0)",
    "self_evaluation": "mean of its own answers",
}

SHORT_NAMES = {
    "pupils": "pupils",
    "fsm_share": "free school meals",
    "last_grade": "last grade",
    "years_since_inspection": "years since inspection",
    "small_school": "small school",
    "self_evaluation": "own answers",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, or the reason why there is none."""

    value: float | None
    missing: Missing | None = None


def figure(name: str, school: School, answers: Mapping[str, float] | None, today: datetime.date) -> Figure:
    """Return one indicator of `school` as it stands on `today`; `answers` are its scores on the programme's scale questions."""
    value: float | None
    match name:
        case "pupils":
            value = school.pupils
        case "fsm_share":
            value = school.fsm_share
        case "last_grade":
            value = GRADES.get(school.last_grade or "")
        case "years_since_inspection":
            value = None if school.last_inspected is None else round((today - school.last_inspected).days / 365.25, 2)
        case "small_school":
            value = None if school.pupils is None else float(school.pupils < SMALL)
        case "self_evaluation":
            value = sum(answers.values()) / len(answers) if answers else None
            return Figure(value, None if answers else Missing.NOT_PUBLISHED)
        case _:
            value = None
    return Figure(value, Missing.NOT_IN_SOURCE if value is None else None)


def figures(
    names: Iterable[str], schools: Sequence[School], answers: Mapping[int, Mapping[str, float]], today: datetime.date
) -> dict[str, dict[int, Figure]]:
    """Return the named indicators of all `schools`: by indicator, then by URN."""
    return {name: {school.urn: figure(name, school, answers.get(school.urn), today) for school in schools} for name in names}
