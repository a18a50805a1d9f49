"""Measures: baseline and endline from answers or figures, and the reason where one is missing."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.programme import Instrument, MeasureRule
from stages.evaluate.measures import BeforeAndAfter, Taken, against_national, is_better, of_answers, of_figures
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


def year_of(day: datetime.date) -> int:
    """Return the calendar year in which the school year of a day ends, walking to its last day."""
    while (day.month, day.day) != (8, 31):
        day += datetime.timedelta(days=1)
    return day.year


tenths = st.integers(0, 1000).map(lambda whole: whole / 10)
missing = st.sampled_from(["suppressed", "not_published"])
lines = st.dictionaries(
    st.dates(D(2023, 9, 1), D(2028, 8, 31)), st.one_of(st.tuples(tenths, st.none()), st.tuples(st.none(), missing)), max_size=6
).map(lambda found: [(day, *found[day]) for day in sorted(found)])
nations = st.dictionaries(st.integers(2024, 2028), tenths)


def slowly(figures: list[tuple[datetime.date, float | None, str | None]], national: dict[int, float], none: str) -> tuple[float | None, str | None]:
    """Return the difference of the last figure from the national one of its year, or why there is none."""
    if not figures:
        return None, none
    day, value, why = figures[-1]
    if value is None:
        return None, str(why).replace("_", " ")
    if year_of(day) not in national:
        return None, "no national figure"
    return round(value - national[year_of(day)], 4), None


@given(lines, nations)
def test_a_figure_is_set_against_the_national_one_of_the_same_school_year(figures: Any, national: dict[int, float]) -> None:
    found = against_national(of_figures(figures, BEGAN), national)
    before, after = [one for one in figures if one[0] <= BEGAN], [one for one in figures if one[0] > BEGAN]
    assert (found.baseline.value, found.baseline.why) == slowly(before, national, "no figure from before")
    assert (found.endline.value, found.endline.why) == slowly(after, national, "no figure since")
    assert all((one.value is None) != (one.why is None) for one in (found.baseline, found.endline))


def test_a_newest_figure_without_a_national_one_is_not_replaced_by_an_older_one_and_a_suppressed_one_says_so() -> None:
    figures = [(D(2026, 8, 31), None, "suppressed"), (D(2027, 8, 31), 24.0, None), (D(2028, 8, 31), 25.0, None)]
    found = against_national(of_figures(figures, BEGAN), {2026: 20.0, 2027: 21.0})
    assert found == BeforeAndAfter(Taken(on=D(2026, 8, 31), why="suppressed"), Taken(on=D(2028, 8, 31), why="no national figure"))
    assert found.why_missing == "no national figure" and found.change is None and found.newest is None


def test_a_difference_of_nothing_is_a_figure_and_no_missing_one() -> None:
    found = against_national(of_figures([(D(2026, 8, 31), 20.0, None), (D(2027, 8, 31), 0.0, None)], BEGAN), {2026: 20.0, 2027: 21.5})
    assert (found.baseline.value, found.endline.value, found.change, found.newest) == (0.0, -21.5, -21.5, -21.5)


ends = st.one_of(st.none(), st.sampled_from([-2.5, 0.0, 3.0]))
measured = st.builds(lambda good, first, last: (rule(direction=good), BeforeAndAfter(Taken(first), Taken(last))),
                     st.sampled_from(["up_is_good", "down_is_good"]), ends, ends)  # fmt: skip


@given(st.lists(measured, max_size=4))
def test_a_school_is_better_where_all_that_is_known_of_it_is(found: list[tuple[MeasureRule, BeforeAndAfter]]) -> None:
    verdicts = []
    for one, both in found:
        newest = both.endline.value if both.endline.value is not None else both.baseline.value
        if newest is not None:
            verdicts.append("better" if (newest > 0 and one.direction == "up_is_good") or (newest < 0 and one.direction == "down_is_good") else "not")
    assert is_better(found) is (None if not verdicts else "not" not in verdicts)
