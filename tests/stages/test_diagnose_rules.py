"""From figures to score, category and needs, compared with sums done the long way."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.indicators import Figure
from models.programme import Category, Programme, Weight
from models.school import School
from models.words import Missing, Phase, SchoolStatus
from stages.diagnose.population import Population, percentile_points
from stages.diagnose.rules import Part, Score, categorise, half_up, needs_of, points, says, score_all

TODAY = datetime.date(2026, 9, 1)
INDICATORS = ("pupils", "fsm_share", "self_evaluation", "last_grade")
GRADES = ("Outstanding", "Good", "Requires improvement", "Inadequate", None)


def school(urn: int, **more: Any) -> School:
    base = {"name": "S", "authority": "998", "authority_name": "M", "type_name": "Community school", "status": SchoolStatus.MAINTAINED,
            "phase": Phase.PRIMARY, "state_funded": True, "open": True}  # fmt: skip
    return School(urn=urn, **{**base, **more})


def programme(indicators: list[dict[str, Any]], needs: list[dict[str, Any]] | None = None, lowest: int = 1, highest: int = 4) -> Programme:
    return Programme.model_validate({
        "programme": "p", "version": 1, "title": "P", "summary": "S", "commissioned_by": ["local_authority"], "lasts": {"school_years": 1},
        "diagnose": {
            "instruments": [{"id": "view", "kind": "self_evaluation", "title": "View", "questions": [
                {"id": "sure", "asks": "Sure?", "lowest": lowest, "highest": highest}, {"id": "count", "asks": "How many?", "kind": "count"},
            ]}],
            "indicators": indicators, "needs": needs or [], "categories": [{"id": "a", "title": "A", "days": 1}],
        },
    })  # fmt: skip


def weight(indicator: str, number: float = 1, higher_means: str = "more_need") -> dict[str, Any]:
    return {"indicator": indicator, "weight": number, "higher_means": higher_means}


@given(st.dictionaries(st.integers(1, 99), st.integers(0, 6) | st.floats(0, 100, allow_nan=False), max_size=30))
def test_points_are_the_share_of_schools_below_with_ties_in_the_middle(values: dict[int, float]) -> None:
    found = percentile_points(values)
    assert found.keys() == values.keys()
    for urn, value in values.items():
        below = sum(1 for other in values.values() if other < value)
        same = sum(1 for other in values.values() if other == value)
        assert found[urn] == pytest.approx(100 * (below + same / 2) / len(values))
        assert 0 < found[urn] < 100


def test_points_of_four_schools_are_as_worked_out_by_hand() -> None:
    assert percentile_points({1: 10, 2: 20, 3: 20, 4: 90}) == {1: 12.5, 2: 50, 3: 50, 4: 87.5}


@given(st.dictionaries(st.integers(1, 99), st.integers(0, 9), min_size=1, max_size=20))
def test_where_less_means_need_the_points_are_turned_round(values: dict[int, int]) -> None:
    population = Population([school(urn, pupils=value) for urn, value in values.items()], {}, TODAY)
    one = programme([weight("pupils")])
    more = points(one, Weight(indicator="pupils", weight=1), population, list(values))
    less = points(one, Weight(indicator="pupils", weight=1, higher_means="less_need"), population, list(values))
    assert less == {urn: 100 - value for urn, value in more.items()}


@pytest.mark.parametrize(("lowest", "highest", "value", "expected"), [(1, 4, 1, 0), (1, 4, 4, 100), (1, 4, 2.5, 50), (0, 10, 7, 70), (1, 5, 2, 25)])
def test_a_schools_own_view_is_placed_on_its_scale_and_not_ranked(lowest: int, highest: int, value: float, expected: float) -> None:
    asked = programme([weight("self_evaluation")], lowest=lowest, highest=highest)
    population = Population([school(1), school(2), school(3)], {1: {"sure": value}, 2: {"sure": float(highest)}}, TODAY)
    found = points(asked, asked.diagnose.indicators[0], population, [1, 2, 3])
    assert found[1] == expected
    assert 3 not in found


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[School], dict[int, dict[str, float]]]:
    """Return weights, schools with holes in what is known of them, and answers of some."""
    chosen = draw(st.lists(st.sampled_from(INDICATORS), unique=True, min_size=1))
    weights = [weight(name, draw(st.integers(1, 9)), draw(st.sampled_from(["more_need", "less_need"]))) for name in chosen]
    schools = [
        school(
            urn, pupils=draw(st.none() | st.integers(0, 9)), fsm_share=draw(st.none() | st.floats(0, 100)), last_grade=draw(st.sampled_from(GRADES))
        )
        for urn in range(1, draw(st.integers(1, 8)) + 1)
    ]
    return weights, schools, {one.urn: {"sure": float(draw(st.integers(1, 4)))} for one in schools if draw(st.booleans())}


def known_value(name: str, one: School, answers: dict[int, dict[str, float]]) -> float | None:
    match name:
        case "pupils":
            return one.pupils
        case "fsm_share":
            return one.fsm_share
        case "last_grade":
            return None if one.last_grade is None else GRADES.index(one.last_grade) + 1
        case _:
            return answers[one.urn]["sure"] if one.urn in answers else None


def slow_points(one_weight: dict[str, Any], one: School, schools: list[School], answers: dict[int, dict[str, float]]) -> float | None:
    """Return the points of one school for one indicator, looking at every other school."""
    name = one_weight["indicator"]
    mine = known_value(name, one, answers)
    if mine is None:
        return None
    if name == "self_evaluation":
        made = 100 * (mine - 1) / 3
    else:
        all_known = [value for other in schools if (value := known_value(name, other, answers)) is not None]
        made = 100 * sum(1.0 if value < mine else 0.5 if value == mine else 0.0 for value in all_known) / len(all_known)
    return half_up(made) if one_weight["higher_means"] == "more_need" else 100 - half_up(made)


@settings(deadline=None)
@given(situations())
def test_scores_agree_with_the_sum_done_the_long_way(situation: tuple[list[dict[str, Any]], list[School], dict[int, dict[str, float]]]) -> None:
    weights, schools, answers = situation
    scores = score_all(programme(weights), schools, answers, TODAY)
    assert scores.keys() == {one.urn for one in schools}
    for one in schools:
        mine = [(w["weight"], slow_points(w, one, schools, answers)) for w in weights]
        known = [(number, value) for number, value in mine if value is not None]
        whole = sum(number for number, _ in mine)
        score = scores[one.urn]
        assert [part.points for part in score.parts] == [value for _, value in mine]
        if known:
            assert score.value == pytest.approx(sum(n * v for n, v in known) / sum(n for n, _ in known), abs=0.0051)
        else:
            assert score.value is None
        assert score.lowest == pytest.approx(sum(n * (0 if v is None else v) for n, v in mine) / whole, abs=0.051)
        assert score.highest == pytest.approx(sum(n * (100 if v is None else v) for n, v in mine) / whole, abs=0.051)


@settings(deadline=None)
@given(situations())
def test_a_score_lies_in_its_range_and_the_range_closes_when_all_is_known(
    situation: tuple[list[dict[str, Any]], list[School], dict[int, dict[str, float]]],
) -> None:
    weights, schools, answers = situation
    for score in score_all(programme(weights), schools, answers, TODAY).values():
        assert 0 <= score.lowest <= score.highest <= 100
        if score.value is not None:
            assert score.lowest <= score.value <= score.highest
        if all(part.points is not None for part in score.parts):
            assert score.lowest == score.value == score.highest


@settings(deadline=None)
@given(situations())
def test_what_is_unknown_counts_as_if_it_had_not_been_asked(
    situation: tuple[list[dict[str, Any]], list[School], dict[int, dict[str, float]]],
) -> None:
    weights, schools, answers = situation
    scores = score_all(programme(weights), schools, answers, TODAY)
    for one in schools:
        asked = [w for w in weights if known_value(w["indicator"], one, answers) is not None]
        if asked:
            assert scores[one.urn].value == score_all(programme(asked), schools, answers, TODAY)[one.urn].value


def test_a_missing_share_of_free_meals_is_not_taken_for_none() -> None:
    weights = [weight("fsm_share"), weight("pupils")]
    schools = [school(1, fsm_share=None, pupils=50), school(2, fsm_share=0.0, pupils=50), school(3, fsm_share=40.0, pupils=50)]
    scores = score_all(programme(weights), schools, {}, TODAY)
    assert scores[1].value == 50.0
    assert (scores[1].lowest, scores[1].highest) == (25.0, 75.0)
    assert scores[2].value == 37.5
    assert scores[1].parts[0].missing is Missing.NOT_IN_SOURCE


def test_the_sum_can_be_read_and_names_what_is_not_known() -> None:
    scores = score_all(
        programme([weight("fsm_share", 3), weight("pupils")]), [school(1, fsm_share=5.0), school(2, fsm_share=9.0, pupils=3)], {}, TODAY
    )
    assert (
        scores[1].as_sentence()
        == "Score 25 = (3 x 25 (free school meals)) / 3. Not known: pupils; with it the score could lie between 18.75 and 43.75."
    )
    assert scores[2].as_sentence() == "Score 68.75 = (3 x 75 (free school meals) + 1 x 50 (pupils)) / 4."


def test_nothing_known_is_said_to_be_nothing_known() -> None:
    score = score_all(programme([weight("fsm_share")]), [school(1)], {}, TODAY)[1]
    assert (score.value, score.lowest, score.highest) == (None, 0, 100)
    assert score.as_sentence() == "Nothing is known that could make up a score."
    assert score_all(programme([]), [school(1)], {}, TODAY)[1] == Score(None, 0, 100, ())


def categories(*bounds: float, special: int | None = None) -> list[Category]:
    return [
        Category.model_validate({"id": f"c{n}", "title": f"C{n}", "days": n, "at_or_above": bound, "always_when": {} if n == special else None})
        for n, bound in enumerate(bounds)
    ]


def scored(value: float | None) -> Score:
    return Score(value, 0, 100, ())


@pytest.mark.parametrize(("value", "expected"), [(0, "c0"), (39.9, "c0"), (40, "c1"), (74.9, "c1"), (75, "c2"), (100, "c2")])
def test_a_category_begins_exactly_at_its_score(value: float, expected: str) -> None:
    assert categorise(categories(0, 40, 75), scored(value), None)[0].id == expected


@given(st.lists(st.integers(1, 100), unique=True, max_size=5).map(sorted), st.integers(0, 1000))
def test_every_score_has_the_highest_category_that_it_reaches(bounds: list[int], tenths: int) -> None:
    value, expected = tenths / 10, 0
    for number, bound in enumerate(bounds, 1):
        if value >= bound:
            expected = number
    assert categorise(categories(0, *bounds), scored(value), None)[0].id == f"c{expected}"


def test_a_school_of_unknown_score_has_the_lightest_category_until_more_is_known() -> None:
    category, reason = categorise(categories(0, 40), scored(None), None)
    assert category.id == "c0" and reason.startswith("C0, until more is known.")


def test_a_category_that_standing_demands_is_given_whatever_the_score() -> None:
    three = categories(0, 40, 75)
    assert categorise(three, scored(0), three[2])[0].id == "c2"
    assert "whatever its score" in categorise(three, scored(None), three[2])[1]


def test_a_category_for_special_cases_alone_is_never_reached_by_score() -> None:
    assert categorise(categories(0, 40, 0, special=2), scored(100), None)[0].id == "c1"
    assert categorise(categories(0, 40, 75, special=2), scored(80), None)[0].id == "c2"


@pytest.mark.parametrize("value", [59.4, 59.6, 59.9, 60.0])
def test_the_sentence_never_shows_a_score_that_would_have_given_another_category(value: float) -> None:
    """A score of 59.6 shown as 60 beside a category that begins at 60 looks like a mistake."""
    category, reason = categorise(categories(0, 60), Score(value, value, value, (Part("fsm_share", 1, None, value, 1),)), None)
    shown = float(reason.split("Score ")[1].split(" ")[0])
    assert (shown >= 60) == (category.id == "c1"), reason


def need(name: str, severity: int | None = None, **when: Any) -> dict[str, Any]:
    return {"need": name, "title": name.title(), "skill": f"{name}-skill", "when": when, "severity": severity}


def test_needs_follow_from_figures_and_the_most_severe_comes_first() -> None:
    rules = [
        need("always"),
        need("big", 90, pupils={"at_or_above": 100}),
        need("both", 10, pupils={"at_or_above": 100}, fsm_share={"at_or_below": 5}),
    ]
    of = {"pupils": Figure(100.0), "fsm_share": Figure(5.0)}
    found = needs_of(programme([], rules), of, scored(40))
    assert [(one.need, one.skill, one.severity) for one in found] == [
        ("big", "big-skill", 90),
        ("always", "always-skill", 40),
        ("both", "both-skill", 10),
    ]
    assert found[0].says == "Big (number of pupils on roll is 100)."


@pytest.mark.parametrize(("value", "holds"), [(None, False), (2, False), (3, True), (4, True), (5, True), (6, False)])
def test_a_need_holds_within_its_bounds_and_never_on_an_unknown_figure(value: float | None, holds: bool) -> None:
    rules = [need("n", None, pupils={"at_or_above": 3, "at_or_below": 5})]
    assert bool(needs_of(programme([], rules), {"pupils": Figure(value)}, scored(1))) is holds


def test_a_severity_that_cannot_be_known_is_the_middle_and_says_so() -> None:
    found = needs_of(programme([], [need("n"), need("fixed", 0)]), {}, scored(None))
    assert [(one.need, one.severity) for one in found] == [("n", 50), ("fixed", 0)]
    assert found[0].says.endswith("Its severity is not known and is taken as the middle.")
    assert "not known" not in found[1].says


@pytest.mark.parametrize("indicator", ["pupils", "fsm_share", "last_grade", "self_evaluation"])
def test_a_finding_is_a_sentence(indicator: str) -> None:
    known, unknown = says(Part(indicator, 2.0, None, 66.7, 1)), says(Part(indicator, None, Missing.NOT_IN_SOURCE, None, 1))
    assert "the the" not in known.lower() and "the the" not in unknown.lower()
    assert known.startswith("The ") and " is 2" in known
    assert unknown.endswith("is not known (not in source)." if indicator != "self_evaluation" else "has not given its own view.")


def test_a_finding_from_the_schools_own_view_claims_no_rank_among_schools() -> None:
    """Its points are a place on the scale; no other school was looked at."""
    assert "of the schools compared" not in says(Part("self_evaluation", 2.0, None, 66.7, 1))
