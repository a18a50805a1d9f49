"""Estimates that small cohorts do not carry away, compared with slow sums and with simulated schools whose truth is known."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stages.diagnose.reliability import FEWEST, Kind, Prior, Shrunk, fit, shrunken

Values = dict[int, tuple[float, float | None]]
KINDS: tuple[Kind, ...] = ("share", "mean")

cohorts = st.integers(1, 400)
shares = cohorts.flatmap(lambda n: st.tuples(st.integers(0, n).map(lambda met: 100 * met / n), st.just(n)))
means = st.tuples(st.integers(800, 1200).map(lambda tenths: tenths / 10), cohorts)
some_shares = st.lists(shares, min_size=FEWEST, max_size=60).map(lambda pairs: dict(enumerate(pairs)))
some_means = st.lists(means, min_size=30, max_size=60).map(lambda pairs: dict(enumerate(pairs)))


def simulated(kind: Kind, seed: int, schools: int = 3000, between: bool = True) -> tuple[Values, dict[int, float]]:
    """Return what schools show and what is true of them: cohorts of 3 to 300, shares about 60 per cent, means 50 with spread 15 within."""
    chance = np.random.default_rng(seed)
    pupils = np.clip(np.exp(chance.normal(3.4, 0.9, schools)), 3, 300).round().astype(int)
    if kind == "share":
        truth = chance.beta(24, 16, schools) * 100 if between else np.full(schools, 60.0)
        shown = 100 * chance.binomial(pupils, truth / 100) / pupils
    else:
        truth = chance.normal(50, 3 if between else 0, schools)
        shown = chance.normal(truth, 15 / np.sqrt(pupils))
    return {urn: (float(shown[urn]), float(pupils[urn])) for urn in range(schools)}, {urn: float(truth[urn]) for urn in range(schools)}


def mean_squared_error(found: dict[int, float], truth: dict[int, float]) -> float:
    return sum((found[urn] - truth[urn]) ** 2 for urn in truth) / len(truth)


def fit_shares_slowly(values: Values) -> Prior | None:
    """Do Kleinman's moments school by school: E[sum w(p - m)^2] = m(1 - m) * sum w(1 - w/W) * ((1 - r)/n + r), where r is 1/(pupils + 1)."""
    known = [(value / 100, n) for value, n in values.values() if n]
    weight = [float(n) for _, n in known]
    pupils = math.inf
    for _ in range(100):
        whole = sum(weight)
        mean = sum(w * p for w, (p, _) in zip(weight, known, strict=True)) / whole
        scatter = sum(w * (p - mean) ** 2 for w, (p, _) in zip(weight, known, strict=True))
        noise = sum(w * (1 - w / whole) / n for w, (_, n) in zip(weight, known, strict=True))
        free = sum(w * (1 - w / whole) for w in weight)
        if free - noise <= 1e-6 * free:
            return None
        if mean * (1 - mean) == 0 or scatter <= mean * (1 - mean) * noise:
            return Prior(100 * sum(p * n for p, n in known) / sum(n for _, n in known), math.inf)
        r = min((scatter / (mean * (1 - mean)) - noise) / (free - noise), 1)
        before, pupils = pupils, 1 / r - 1
        weight = [n / (n + pupils) for _, n in known]
        if math.isclose(before, pupils, rel_tol=1e-12):
            break
    return Prior(100 * sum(w * p for w, (p, _) in zip(weight, known, strict=True)) / sum(weight), pupils)


@pytest.mark.parametrize("seed", range(20))
def test_a_fit_of_shares_is_kleinmans_sum_done_school_by_school(seed: int) -> None:
    values, _ = simulated("share", seed, schools=40 + 5 * seed)
    expected = fit_shares_slowly(values)
    found = fit(values, "share")
    assert found is not None and expected is not None
    assert found.pupils == pytest.approx(expected.pupils, rel=1e-6)
    assert found.mean == pytest.approx(expected.mean)


@pytest.mark.parametrize("seed", range(6))
def test_a_fit_of_means_is_at_least_as_likely_as_any_on_a_wide_grid(seed: int) -> None:
    values, _ = simulated("mean", seed, schools=200)
    found = fit(values, "mean")
    assert found is not None

    def unlikeliness(pupils: float) -> float:
        """Return minus twice the restricted log-likelihood with both the mean and the variance between schools at their best, 1 + pupils/n each."""
        variance = [1 + pupils / n for _, n in values.values() if n]
        whole = sum(1 / v for v in variance)
        mean = sum(y / v for (y, _), v in zip(values.values(), variance, strict=True)) / whole
        scale = sum((y - mean) ** 2 / v for (y, _), v in zip(values.values(), variance, strict=True)) / (len(values) - 1)
        return (len(values) - 1) * math.log(scale) + sum(math.log(v) for v in variance) + math.log(whole)

    best = unlikeliness(min(found.pupils, 1e9))
    assert all(best <= unlikeliness(10 ** (step / 20)) + 1e-6 for step in range(-40, 121))


def test_four_schools_worked_out_by_hand_with_a_known_spread() -> None:
    # Cohorts of 25 and a spread of 10 make a variance by chance of 100/25 = 4; what the schools show beyond it is theirs.
    found = fit({1: (41, 25), 2: (49, 25), 3: (51, 25), 4: (59, 25)}, "mean", spread=10)
    between = (81 + 1 + 1 + 81) / 3 - 4
    assert found is not None
    assert found.mean == pytest.approx(50)
    assert found.pupils == pytest.approx(100 / between)
    made = shrunken({9: (59, 25)}, "mean", found)[9]
    assert made.weight == pytest.approx(between / (between + 4))
    assert made.value == pytest.approx(50 + 9 * between / (between + 4))


def test_fits_find_the_truth_that_schools_were_made_from() -> None:
    shared, _ = simulated("share", 1, schools=20_000)
    found = fit(shared, "share")
    assert found is not None
    assert found.mean == pytest.approx(60, abs=0.3)
    assert found.pupils == pytest.approx(40, rel=0.1)
    meant, _ = simulated("mean", 1, schools=20_000)
    for known in (None, 15.0):
        made = fit(meant, "mean", known)
        assert made is not None
        assert made.mean == pytest.approx(50, abs=0.2)
        assert made.pupils == pytest.approx(15**2 / 3**2, rel=0.1)


@given(some_shares | some_means)
def test_an_estimate_lies_between_the_raw_value_and_the_pooled_mean(values: Values) -> None:
    kind: Kind = "share" if all(raw <= 100 for raw, _ in values.values()) else "mean"
    prior = fit(values, kind)
    for urn, made in shrunken(values, kind).items():
        assert made.raw == values[urn][0]
        if prior is None:
            assert made == Shrunk(made.raw, None, made.raw)
        else:
            assert made.weight is not None and 0 <= made.weight <= 1
            assert min(made.raw, prior.mean) - 1e-9 <= made.value <= max(made.raw, prior.mean) + 1e-9


@given(some_shares, st.integers(1, 400))
def test_schools_with_equal_cohorts_keep_their_order(values: Values, cohort: int) -> None:
    same: Values = {urn: (raw, float(cohort)) for urn, (raw, _) in values.items()}
    prior = fit(values, "share")
    made = shrunken(same, "share", prior)
    in_order = sorted(made.values(), key=lambda one: one.raw)
    assert all(low.value <= high.value + 1e-9 for low, high in pairwise(in_order))


@given(some_shares, st.floats(0, 100))
def test_the_more_pupils_the_less_an_estimate_is_drawn(values: Values, raw: float) -> None:
    prior = fit(values, "share")
    assume(prior is not None)
    assert prior is not None
    made = shrunken({pupils: (raw, float(pupils)) for pupils in (1, 5, 9, 30, 200)}, "share", prior)
    weights = [one.weight or 0 for one in made.values()]
    assert weights == sorted(weights)
    away = [abs(one.value - raw) for one in made.values()]
    assert all(less <= more + 1e-9 for more, less in pairwise(away))


@given(some_means, st.integers(-6, 6))
def test_a_change_of_unit_changes_estimates_in_the_same_way(values: Values, power: int) -> None:
    unit = 2.0**power
    other: Values = {urn: (raw * unit, cohort) for urn, (raw, cohort) in values.items()}
    changed = shrunken(other, "mean")
    for urn, made in shrunken(values, "mean").items():
        assert changed[urn].value == pytest.approx(made.value * unit)
        assert changed[urn].weight == pytest.approx(made.weight)


def test_a_shift_of_the_scale_shifts_estimates_and_leaves_weights() -> None:
    values, _ = simulated("mean", 7, schools=400)
    shifted: Values = {urn: (3 * raw - 1000, cohort) for urn, (raw, cohort) in values.items()}
    made, again = shrunken(values, "mean"), shrunken(shifted, "mean")
    for urn, one in made.items():
        assert again[urn].value == pytest.approx(3 * one.value - 1000, abs=1e-4)
        assert again[urn].weight == pytest.approx(one.weight, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_estimates_are_nearer_the_truth_than_raw_values_are(kind: Kind, seed: int) -> None:
    values, truth = simulated(kind, seed)
    made = shrunken(values, kind)
    error = mean_squared_error({urn: one.value for urn, one in made.items()}, truth)
    assert error < 0.5 * mean_squared_error({urn: raw for urn, (raw, _) in values.items()}, truth)
    # The pooled mean for everyone is the other extreme, and is beaten too.
    assert error < 0.9 * float(np.var(list(truth.values())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_tiny_schools_no_longer_fill_the_top_of_the_list_by_chance(kind: Kind, seed: int) -> None:
    values, truth = simulated(kind, seed)
    made = shrunken(values, kind)

    def top(worth: dict[int, float]) -> list[int]:
        return sorted(worth, key=lambda urn: (-worth[urn], urn))[:20]

    raw, drawn, true = top({urn: pair[0] for urn, pair in values.items()}), top({urn: one.value for urn, one in made.items()}), top(truth)
    tiny = {urn for urn, (_, cohort) in values.items() if (cohort or 0) <= 9}
    # One school in ten is tiny, so two of twenty would be fair.
    assert len(tiny) < 0.12 * len(values)
    assert len(tiny & set(raw)) >= 6
    assert len(tiny & set(drawn)) <= 2
    assert sum(truth[urn] for urn in drawn) > sum(truth[urn] for urn in raw)
    assert sum(truth[urn] for urn in true) >= sum(truth[urn] for urn in drawn)


@given(st.integers(1, 99), st.lists(cohorts, min_size=FEWEST, max_size=40))
def test_schools_that_show_the_same_are_all_the_pooled_mean(value: int, sizes: list[int]) -> None:
    assume(max(sizes) > 1)
    for kind in KINDS:
        values: Values = {urn: (float(value), float(size)) for urn, size in enumerate(sizes)}
        prior = fit(values, kind)
        assert prior is not None
        assert prior.mean == pytest.approx(value)
        for made in shrunken(values, kind).values():
            assert made.value == pytest.approx(value)
            assert made.weight == 0


def test_schools_nearer_to_one_another_than_chance_would_have_them_are_all_the_pooled_mean() -> None:
    values: Values = {1: (48, 25), 2: (52, 25), 3: (50, 50), 4: (56, 25)}
    pooled = (48 * 25 + 52 * 25 + 50 * 50 + 56 * 25) / 125
    assert fit(values, "share") == Prior(pytest.approx(pooled), math.inf)
    assert all(made == Shrunk(pytest.approx(pooled), 0, made.raw) for made in shrunken(values, "share").values())
    assert all(made.value == pytest.approx(pooled) for made in shrunken(values, "mean", fit(values, "mean", spread=50)).values())


@pytest.mark.parametrize("kind", KINDS)
def test_where_only_chance_tells_schools_apart_hardly_anything_is_left_of_it(kind: Kind) -> None:
    values, truth = simulated(kind, 3, between=False)
    made = shrunken(values, kind)
    raw_error = mean_squared_error({urn: raw for urn, (raw, _) in values.items()}, truth)
    assert mean_squared_error({urn: one.value for urn, one in made.items()}, truth) < 0.02 * raw_error


@pytest.mark.parametrize("cohort", [None, 0, -3, math.nan, math.inf])
def test_a_school_without_a_cohort_keeps_its_raw_value_and_moves_nobody_else(cohort: float | None) -> None:
    values, _ = simulated("share", 2, schools=100)
    made = shrunken({**values, 1000: (97.0, cohort)}, "share")
    assert made.pop(1000) == Shrunk(97.0, None, 97.0)
    assert made == shrunken(values, "share")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, "share"),
        ({1: (10.0, 9.0), 2: (90.0, 9.0), 3: (50.0, 90.0)}, "share"),
        ({urn: (100.0 * (urn % 2), 1.0) for urn in range(50)}, "share"),
        ({urn: (float(urn), 10.0 + urn) for urn in range(29)}, "mean"),
        ({urn: (float(urn % 7), 30.0) for urn in range(100)}, "mean"),
        ({urn: (100.0 if urn % 5 else 100.0 * urn, 5.0 if urn % 5 else 500.0) for urn in range(100)}, "mean"),
    ],
    ids=["none", "three schools", "one pupil each", "few means", "equal cohorts", "large schools scatter further"],
)
def test_where_nothing_can_be_fitted_raw_values_stay_and_no_weight_is_made_up(values: Values, kind: Kind) -> None:
    assert fit(values, kind) is None
    assert shrunken(values, kind) == {urn: Shrunk(raw, None, raw) for urn, (raw, _) in values.items()}


def test_a_share_beyond_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="percentages"):
        fit(dict.fromkeys(range(10), (100.5, 30)), "share")


def test_one_authority_can_borrow_what_england_tells() -> None:
    values, _ = simulated("share", 4)
    england = fit(values, "share")
    assert england is not None
    made = shrunken({1: (100.0, 9.0), 2: (100.0, 90.0)}, "share", england)
    assert england.mean < made[1].value < made[2].value < 100
