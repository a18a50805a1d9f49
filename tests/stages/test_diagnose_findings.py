"""Findings in plain sentences, and what a diagnosis says of the one before."""

import datetime
from typing import Any

import pendulum
import pytest

from evidence.indicators import Held
from evidence.known import Known
from models.evidence import Diagnosis
from models.programme import Category
from models.words import Missing
from stages.diagnose.findings import differences, finding, own_changes
from stages.diagnose.population import Against, Population
from stages.diagnose.rules import DEMANDED, Part, Score, categorise
from stages.diagnose.work import demanded
from tests.evidence.made_up import school
from tests.stages.test_diagnose_population import known, population

TODAY = datetime.date(2026, 9, 1)
NEXT_DOOR = 900002


def says(name: str, value: float | None, world: Population, missing: Missing | None = None, among: str = "england") -> str:
    return finding(Part(name, value, missing, None if value is None else 75, 1, among), world, 900001).says


def test_a_figure_is_said_with_england_and_its_authority() -> None:
    england = [school(900001, pupils=100), school(NEXT_DOOR, pupils=300), school(900003, pupils=100, authority="998")]
    series = {900001: known(900001, 10), NEXT_DOOR: known(NEXT_DOOR, 20), 900003: known(900003, 40)}
    assert says("persistent_absence", 10, population(england[:1], england, persistent_absence=series)) == (
        "The share of pupils who are persistently absent (per cent) is 10: 75 of 100 points of need, by its rank among its phase in England. "
        "Only 3 schools could be ranked, so that this tells little. "
        "Of the schools whose figures of August 2025 are known here it is 22 in England, 17.5 in the authority, weighted by pupils."
    )


@pytest.mark.parametrize(("value", "said"), [(13 / 6, "2.17"), (31.9, "31.9"), (100.0, "100"), (0.0, "0"), (1234567.0, "1234567"), (-0.5, "-0.5")])
def test_a_figure_has_two_decimals_at_most(value: float, said: str) -> None:
    assert says("self_evaluation", value, population([school(900001)], [])).startswith(f"The mean of its own answers is {said}, which ")


@pytest.mark.parametrize(("among", "schools"), [("commission", 1), ("authority", 2), ("england", 3), ("similar", 3)])
def test_a_rank_among_few_schools_says_among_how_many(among: str, schools: int) -> None:
    england = [school(900001), school(NEXT_DOOR), school(900003, authority="998"), school(900004)]
    series = {one.urn: known(one.urn, 10.0 + n) for n, one in enumerate(england[:3])}
    said = says(
        "persistent_absence", 10, population(england[:1], england, persistent_absence=series, eal_share=series, fsm_share=series), among=among
    )
    assert f"Only {schools} school{'s' * (schools > 1)} could be ranked, so that this tells little." in said
    many = [school(900001 + n) for n in range(10)]
    world = population(many, many, persistent_absence={one.urn: known(one.urn, 10.0) for one in many})
    assert "Only" not in says("persistent_absence", 10, world, among="commission")


@pytest.mark.parametrize(
    ("days", "value", "found"), [(0, 2.0, set()), (365, 3.0, set()), (365, 2.0, {"years_since_inspection"}), (1, 0.1, {"years_since_inspection"})]
)
def test_that_time_has_passed_since_an_inspection_is_no_change(days: int, value: float, found: set[str]) -> None:
    was = Diagnosis(case_id=1, at=pendulum.datetime(2026, 9, 1, 9), sum=[{"indicator": "years_since_inspection", "value": 2.0, "points": 5}])
    score = Score(5, 5, 5, (Part("years_since_inspection", value, None, 5, 1),))
    assert own_changes(was, score, TODAY + datetime.timedelta(days)) == found


def test_a_figure_of_a_predecessor_says_whose_it_is() -> None:
    world = population([school(900001)], [], persistent_absence={900001: known(900009, 10)})
    found = says("persistent_absence", 10, world)
    assert found.endswith("The figure is that of its predecessor, URN 900009.")
    own = population([school(900001)], [], persistent_absence={900001: known(900001, 10)})
    assert "predecessor" not in says("persistent_absence", 10, own)


def test_a_trend_is_said_where_it_is_beyond_chance() -> None:
    def series(*values: float) -> dict[int, list[Known]]:
        return {900001: [Known(datetime.date(2023 + n, 8, 31), value, None, 400, 1, 900001) for n, value in enumerate(values)]}

    rising = population([school(900001)], [], ks2_expected=series(40, 55, 70))
    assert says("ks2_expected", 70, rising).endswith("Over 3 years it is rising.")
    assert "years" not in says("ks2_expected", 51, population([school(900001)], [], ks2_expected=series(50, 52, 51)))
    assert "years" not in says("ks2_expected", 70, population([school(900001)], [], ks2_expected=series(40, 70)))


def test_a_figure_of_few_pupils_is_said_with_what_it_is_taken_as() -> None:
    schools = [school(900001 + n) for n in range(12)]
    series = {one.urn: known(one.urn, 40.0 + 4 * n, 200) for n, one in enumerate(schools)} | {900001: known(900001, 100, 2)}
    one = finding(Part("ks2_expected", 100, None, 75, 1, "england"), population(schools, schools, ks2_expected=series), 900001)
    assert f"It stands on 2 pupils; weighed with all schools it is taken as {one.compared['estimate']:g}." in one.says
    assert one.compared["estimate"] < 90 and one.compared["own_weight"] < 0.5


def test_what_is_not_known_is_compared_with_nothing() -> None:
    world = population([school(900001)], [school(NEXT_DOOR)], persistent_absence={900001: known(900001, None), NEXT_DOOR: known(NEXT_DOOR, 8)})
    one = finding(Part("persistent_absence", None, Missing.SUPPRESSED, None, 1, "england"), world, 900001)
    assert one.compared == {} and one.says == "The share of pupils who are persistently absent (per cent) is not known (suppressed)."


@pytest.mark.parametrize("name", ["small_school", "pupils", "exclusions"])
def test_a_mark_is_not_compared_as_a_figure_is(name: str) -> None:
    world = population([school(900001, pupils=50)], [school(NEXT_DOOR, pupils=70)])
    assert finding(Part(name, 1, None, 75, 1, "england"), world, 900001).compared == {}


def test_similar_schools_are_said_only_where_they_were_compared_with() -> None:
    schools = [school(900001 + n, pupils=100 + n, fsm_share=10.0 + n) for n in range(5)]
    world = population(schools, schools)
    assert "similar schools" in says("fsm_share", 10, world, among="similar") and "similar schools" not in says("fsm_share", 10, world)


def before(*parts: tuple[str, float | None, float | None]) -> Diagnosis:
    return Diagnosis(case_id=1, at=pendulum.datetime(2026, 9, 2, 8), rules_version="p 1", category="a", reason="r",
                     sum=[{"indicator": name, "value": value, "points": points} for name, value, points in parts])  # fmt: skip


def now(*parts: tuple[str, float | None, float | None]) -> Score:
    return Score(50, 50, 50, tuple(Part(name, value, None, points, 1) for name, value, points in parts))


@pytest.mark.parametrize(
    ("was", "is_", "sentence"),
    [
        (("pupils", 90, 40), ("pupils", 90, 40), None),
        (("pupils", None, None), ("pupils", None, None), None),
        (("pupils", 90, 40), ("pupils", 120, 60), "pupils went from 90 to 120 (40 to 60 points)"),
        (("pupils", 90, 40), ("pupils", 90, 60), "pupils went from 40 to 60 points, because other schools changed"),
        (("pupils", None, None), ("pupils", 0, 0), "pupils went from not known to 0 (not known to 0 points)"),
        (("pupils", 90, 40), ("fsm_share", 3, 60), "free school meals is looked at now"),
    ],
)
def test_a_diagnosis_says_what_changed_since_the_one_before_and_why(was: tuple[Any, ...], is_: tuple[Any, ...], sentence: str | None) -> None:
    assert differences(before(was), now(is_)) == (sentence and f"Since the diagnosis of 2 September 2026: {sentence}.")


CATEGORIES = [Category.model_validate(one) for one in (
    {"id": "light", "title": "Light", "days": 1}, {"id": "middle", "title": "Middle", "days": 3, "at_or_above": 50},
    {"id": "urgent", "title": "Urgent", "days": 9, "always_when": {"standing": ["category_of_concern"]}},
)]  # fmt: skip


@pytest.mark.parametrize("score", [None, 0, 49.99, 50, 100])
@pytest.mark.parametrize("in_category", [True, False])
def test_a_standing_that_demands_a_category_wins_whatever_the_score(score: float | None, in_category: bool) -> None:
    from evidence.standing import Standing

    standing = Standing("Graded Inadequate on 1 June 2026.", 4, in_category, False, False, TODAY, False)
    held = Against(Held({}, {900001: standing})).held
    found, why = categorise(CATEGORIES, Score(score, 0, 100, ()), demanded(CATEGORIES, school(900001), TODAY, held))
    expected = "urgent" if in_category else "middle" if score is not None and score >= 50 else "light"
    assert found.id == expected and (DEMANDED in why) is in_category


def test_a_school_without_a_standing_is_demanded_nothing() -> None:
    assert demanded(CATEGORIES, school(900001), TODAY, Held()) is None
