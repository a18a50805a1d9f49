"""Whether a figure rises or falls, compared with least squares solved in general and with simulated years."""

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.diagnose.trend import Trend, trend

Years = dict[int, tuple[float, float | None]]
KINDS: tuple[Literal["share", "mean"], ...] = ("share", "mean")

counted = st.dictionaries(
    st.integers(2012, 2026), st.tuples(st.integers(0, 1000).map(lambda tenths: tenths / 10), st.integers(1, 300)), min_size=3, max_size=10
)


def simulated_shares(chance: np.random.Generator, pupils: int, start: float, a_year: float, years: int) -> Years:
    shares = [min(max(start + a_year * year, 0), 100) for year in range(years)]
    return {2020 + year: (100 * int(chance.binomial(pupils, share / 100)) / pupils, pupils) for year, share in enumerate(shares)}


@given(counted)
def test_the_slope_is_that_of_least_squares_with_pupils_as_weights(years: Years) -> None:
    found = trend(years, "share")
    root = np.sqrt([cohort for _, cohort in years.values()])
    design = np.array([[1, year - 2019] for year in years]) * root[:, None]
    (_, slope), *_ = np.linalg.lstsq(design, np.array([value for value, _ in years.values()]) * root, rcond=None)
    assert found.slope == pytest.approx(slope, abs=1e-7)
    assert found.years == len(years)


@given(counted)
def test_the_error_is_the_larger_of_scatter_and_chance(years: Years) -> None:
    found = trend(years, "share")
    weights = np.array([float(cohort or 0) for _, cohort in years.values()])
    values = np.array([value for value, _ in years.values()])
    design = np.array([[1.0, year - 2019] for year in years])
    inverse = np.linalg.inv(design.T @ (design * weights[:, None]))
    left = values - design @ inverse @ design.T @ (weights * values)
    scatter = math.sqrt(float(weights @ left**2) / (len(years) - 2) * inverse[1, 1])
    share = float(weights @ values / weights.sum())
    chance = math.sqrt(max(share * (100 - share), 0) * inverse[1, 1])
    assert found.error == pytest.approx(max(scatter, chance), rel=1e-6, abs=1e-6)


@given(counted, st.sampled_from(KINDS))
def test_the_direction_is_the_rule_applied_to_slope_and_error(years: Years, kind: Literal["share", "mean"]) -> None:
    found = trend(years, kind, 30.0)
    assert found.slope is not None and found.error is not None
    if abs(found.slope) < 1e-6:
        return
    beyond = abs(found.slope) > 2 * found.error
    assert found.direction == (("rising" if found.slope > 0 else "falling") if beyond else "steady")


@given(counted)
def test_turned_round_a_rise_is_a_fall(years: Years) -> None:
    there, back = trend(years, "share"), trend({year: (100 - value, cohort) for year, (value, cohort) in years.items()}, "share")
    assert there.slope is not None and back.slope == pytest.approx(-there.slope, abs=1e-9)
    turned = {"rising": "falling", "falling": "rising"}
    if there.error is not None and abs(abs(there.slope) - 2 * there.error) > 1e-9:
        assert back.direction == turned.get(there.direction, there.direction)


@pytest.mark.parametrize(
    "years", [{}, {2024: (50.0, 30)}, {2023: (10.0, 30), 2025: (90.0, 30)}, {2023: (1.0, 9), 2024: (math.nan, 9), 2025: (9.0, 9)}]
)
def test_fewer_than_three_known_years_are_not_enough(years: Years) -> None:
    found = trend(years, "share")
    assert (found.direction, found.slope, found.error) == ("not enough years", None, None)


def test_a_clear_rise_of_many_pupils_rises_and_the_same_of_nine_is_steady() -> None:
    values = {2023: 40.0, 2024: 55.0, 2025: 63.0}
    many = trend({year: (value, 200) for year, value in values.items()}, "share")
    few = trend({year: (value, 9) for year, value in values.items()}, "share")
    assert many.slope == few.slope == pytest.approx(11.5)
    assert (many.direction, few.direction) == ("rising", "steady")


def test_years_that_are_missing_keep_their_place_on_the_line() -> None:
    found = trend({2019: (30.0, 300), 2022: (60.0, 300), 2024: (80.0, 300)}, "share")
    assert found == Trend("rising", pytest.approx(10), found.error, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cohort", [None, 25.0])
@pytest.mark.parametrize("value", [0.0, 0.1, 33.3, 100.0])
def test_a_figure_that_never_changes_is_steady(kind: Literal["share", "mean"], cohort: float | None, value: float) -> None:
    assert trend(dict.fromkeys(range(2019, 2026), (value, cohort)), kind).direction == "steady"


def test_without_cohorts_all_years_weigh_the_same_and_three_years_must_lie_almost_on_a_line() -> None:
    bent = trend({2023: (40.0, None), 2024: (55.0, 30), 2025: (63.0, 900)}, "share")
    assert bent.slope == pytest.approx(11.5)
    assert bent.direction == "steady"
    assert trend({2023: (40.0, None), 2024: (51.6, 30), 2025: (63.0, 900)}, "share").direction == "rising"
    # Eleven years and more use the last value of Student's table.
    assert trend({year: ((-1.0) ** year - year, None) for year in range(2000, 2020)}, "mean").direction == "falling"


@pytest.mark.parametrize(("pupils", "years"), [(9, 3), (30, 3), (30, 5), (180, 4)])
def test_chance_alone_seldom_makes_a_share_rise_or_fall(pupils: int, years: int) -> None:
    chance = np.random.default_rng(20260901)
    found = [trend(simulated_shares(chance, pupils, 60, 0, years), "share").direction for _ in range(3000)]
    assert found.count("rising") + found.count("falling") < 0.06 * len(found)


@pytest.mark.parametrize("spread", [None, 8.0])
@pytest.mark.parametrize("years", [3, 4, 6])
def test_chance_alone_seldom_makes_a_mean_rise_or_fall(years: int, spread: float | None) -> None:
    chance = np.random.default_rng(20260902)
    found = []
    for _ in range(3000):
        shown = {2020 + year: (float(chance.normal(105, 8 / math.sqrt(30))), 30.0) for year in range(years)}
        found.append(trend(shown, "mean", spread).direction)
    assert found.count("rising") + found.count("falling") < 0.065 * len(found)


def test_a_true_rise_of_a_large_school_is_nearly_always_seen() -> None:
    chance = np.random.default_rng(20260903)
    found = [trend(simulated_shares(chance, 180, 45, 6, 4), "share").direction for _ in range(1000)]
    assert found.count("rising") > 0.8 * len(found)
    assert found.count("falling") == 0
