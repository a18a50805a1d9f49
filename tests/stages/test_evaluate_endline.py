"""Asking once more at the end: the case waits for it, goes on without it, and its measures have two ends."""

import pathlib
from typing import Any

import pytest

from models.database import Database
from models.evidence import Answer, Asking
from models.programme import Programme
from models.review import Evaluation, Measure
from models.words import Role, Status
from tests.stages.builders import ANSWERS, Journey, journey, small_programme
from tests.stages.test_asking import COUNTS, PROFILE

MEASURES: list[dict[str, Any]] = [
    {"id": "secure", "title": "Secure", "kind": "pre_post", "instrument": "profile", "numerator": "secure", "denominator": "assessed"},
    {"id": "own", "title": "Own view", "kind": "pre_post", "instrument": "cost-of-the-school-day"},
]


def before_and_after() -> Programme:
    values = small_programme(places=1).model_dump(mode="json")
    values["diagnose"]["instruments"][0]["repeats"] = "before_and_after"
    values["diagnose"]["instruments"].append({**PROFILE, "repeats": "before_and_after", "suppress_below": 5})
    values["evaluate"] = {"measures": MEASURES}
    return Programme.model_validate(values)


@pytest.fixture
def at_the_end(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    one = journey(sqlite_database, tmp_path, before_and_after()).until(Status.AWAITING_SELF_EVALUATION)
    one.decide("answer", Role.SCHOOL, answers=COUNTS, instrument="profile")
    return one.until(Status.AWAITING_ENDLINE)


def measured(one: Journey) -> dict[str, tuple[float | None, float | None, str | None]]:
    return {row.measure: (row.baseline, row.endline, row.why_missing) for row in one.rows(Measure)}


def test_a_case_waits_for_both_last_answers_before_its_figures_are_computed(at_the_end: Journey) -> None:
    one = at_the_end
    assert [row.instrument for row in one.rows(Asking) if row.round == 2] == ["cost-of-the-school-day", "profile"]
    assert one.case.due is not None and one.rows(Evaluation) == []
    one.decide("answer", Role.SCHOOL, answers={"assessed": 10, "secure": 9}, instrument="profile")
    one.engine()
    assert one.case.status is Status.AWAITING_ENDLINE
    one.decide("answer", Role.SCHOOL, answers={**ANSWERS, "food": 4}, instrument="cost-of-the-school-day")
    one.engine()
    assert one.case.status is Status.AWAITING_JUDGEMENT and len(one.rows(Answer)) == 4
    assert measured(one) == {"secure": (round(100 * 5 / 12, 4), 90.0, None), "own": (2.0, 2.75, None)}


def test_it_goes_on_without_an_answer_after_the_last_reminder_and_says_what_is_missing(at_the_end: Journey) -> None:
    one = at_the_end
    one.at = one.at.add(days=5)
    one.engine()
    assert one.case.status is Status.AWAITING_ENDLINE
    one.at = one.at.add(days=90)
    one.engine()
    assert one.case.status is Status.AWAITING_JUDGEMENT
    assert measured(one) == {"secure": (round(100 * 5 / 12, 4), None, "answered once only"), "own": (2.0, None, "answered once only")}
    assert all(row.lapsed_at is not None for row in one.rows(Asking) if row.round == 2)


def test_a_share_of_too_few_pupils_is_not_shown(at_the_end: Journey) -> None:
    one = at_the_end
    one.decide("answer", Role.SCHOOL, answers={"assessed": 4, "secure": 3}, instrument="profile")
    one.decide("answer", Role.SCHOOL, answers=ANSWERS, instrument="cost-of-the-school-day")
    one.engine()
    assert measured(one)["secure"] == (round(100 * 5 / 12, 4), None, "too few pupils to show")
