"""Measures: baseline and endline from answers or figures, and the reason where one is missing."""

import datetime
from typing import Any

import pytest

from models.programme import Instrument, MeasureRule
from stages.evaluate.measures import BeforeAndAfter, Taken, of_answers, of_figures
from tests.stages.test_asking import PROFILE

D = datetime.date
BEGAN = D(2026, 9, 2)
FIRST, LAST = D(2026, 9, 20), D(2028, 6, 1)
INSTRUMENT = Instrument.model_validate({**PROFILE, "suppress_below": 5})


def rule(**more: Any) -> MeasureRule:
    return MeasureRule.model_validate({"id": "m", "title": "M", "kind": "pre_post", **more})


SHARE = rule(instrument="profile", numerator="secure", denominator="assessed")


def test_the_first_edition_is_the_baseline_and_the_newest_the_endline_whatever_lies_between() -> None:
    editions = [(FIRST, {"assessed": 10, "secure": 2}), (D(2027, 6, 1), {"assessed": 10, "secure": 9}), (LAST, {"assessed": 20, "secure": 12})]
    found = of_answers(SHARE, INSTRUMENT, editions)
    assert found == BeforeAndAfter(Taken(20.0, FIRST), Taken(60.0, LAST)) and found.change == 40.0 and found.why_missing is None


@pytest.mark.parametrize(
    ("editions", "why"),
    [
        ([], "never answered"),
        ([(FIRST, {"assessed": 10, "secure": 2})], "answered once only"),
        ([(FIRST, {"assessed": 0, "secure": 0}), (LAST, {"assessed": 10, "secure": 2})], "no baseline: no pupils"),
        ([(FIRST, {"assessed": 10, "secure": 2}), (LAST, {"assessed": 4, "secure": 2})], "too few pupils to show"),
        ([(FIRST, {"assessed": 10}), (LAST, {"assessed": 10, "secure": 2})], "no baseline: not answered"),
    ],
)
def test_what_cannot_be_said_keeps_its_reason_and_is_never_zero(editions: Any, why: str) -> None:
    found = of_answers(SHARE, INSTRUMENT, editions)
    assert found.change is None and found.why_missing == why


def test_a_group_of_pupils_is_measured_by_its_own_counts() -> None:
    mine = rule(instrument="profile", numerator="secure", denominator="assessed", pupil_group="fsm")
    editions = [(FIRST, {"assessed": 10, "secure": 2, "assessed:fsm": 5, "secure:fsm": 4}), (LAST, {"assessed": 10, "secure": 9})]
    found = of_answers(mine, INSTRUMENT, editions)
    assert found.baseline.value == 80.0 and found.endline == Taken(on=LAST, why="not answered")


def test_without_a_question_it_is_the_mean_of_the_scales_alone() -> None:
    scales = Instrument.model_validate({**PROFILE, "by_group": [], "questions": [
        {"id": "a", "asks": "A?"}, {"id": "b", "asks": "B?"}, {"id": "n", "asks": "N?", "kind": "count"}]})  # fmt: skip
    found = of_answers(rule(instrument="profile"), scales, [(FIRST, {"a": 1, "b": 2, "n": 50}), (LAST, {"a": 3, "b": 4, "n": 60})])
    assert (found.baseline.value, found.endline.value) == (1.5, 3.5)
    found = of_answers(rule(instrument="profile", question="n"), scales, [(FIRST, {"n": 50}), (LAST, {"n": 60})])
    assert found.change == 10


def test_a_figure_of_the_year_before_the_case_began_is_the_baseline_and_the_newest_since_the_endline() -> None:
    figures = [(D(2025, 8, 31), 6.0, None), (D(2026, 8, 31), 5.0, None), (D(2027, 8, 31), 4.5, None), (D(2028, 8, 31), 4.0, None)]
    assert of_figures(figures, BEGAN) == BeforeAndAfter(Taken(5.0, D(2026, 8, 31)), Taken(4.0, D(2028, 8, 31)))


def test_a_suppressed_newest_figure_is_not_replaced_by_an_older_one() -> None:
    found = of_figures([(D(2026, 8, 31), 5.0, None), (D(2027, 8, 31), 4.5, None), (D(2028, 8, 31), None, "suppressed")], BEGAN)
    assert found.endline == Taken(on=D(2028, 8, 31), why="suppressed") and found.why_missing == "suppressed"
    assert of_figures([], BEGAN).why_missing == "no figure since"
