"""Supported schools against schools like them: the estimate by an obvious slow sum, a planted effect found, and silence where there is none."""

import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.evaluate.comparison import FEWEST, compare

changes = st.dictionaries(st.integers(1, 40), st.floats(-20, 20), min_size=FEWEST, max_size=40)


@settings(deadline=None)
@given(changes, st.dictionaries(st.integers(100, 120), st.floats(-20, 20), min_size=8), st.randoms(use_true_random=False))
def test_the_estimate_is_the_mean_of_each_schools_change_less_its_likes(
    supported: dict[int, float], others: dict[int, float], chance: random.Random
) -> None:
    alike = {urn: chance.sample(range(100, 121), 3) for urn in supported}
    found = compare(supported, alike, others)
    differences = []
    for urn, change in supported.items():
        near = [others[one] for one in alike[urn] if one in others]
        if near:
            differences.append(change - sum(near) / len(near))
    assert (found.schools, found.left_out) == (len(differences), len(supported) - len(differences))
    used = {one for urn in supported for one in alike[urn] if one in others}
    if len(differences) < FEWEST or len(used) < FEWEST:
        assert found.estimate is None and found.says == "too few schools to say"
    else:
        assert found.estimate == pytest.approx(mean(differences), abs=0.006)
        assert found.lowest is not None and found.highest is not None and found.lowest <= found.estimate <= found.highest


def drawn(chance: random.Random, effect: float, others: int = 300) -> bool:
    """Return whether a difference is found among made-up schools, 60 of them supported with this effect."""
    supported = {urn: chance.gauss(effect, 2) for urn in range(60)}
    change = {urn: chance.gauss(0, 2) for urn in range(100, 100 + others)}
    alike = {urn: chance.sample(sorted(change), 5) for urn in supported}
    return compare(supported, alike, change).says == "a clear difference"


@pytest.mark.parametrize("others", [300, 12])
def test_a_planted_effect_is_found_and_no_effect_is_cried_out_about_once_in_twenty_also_where_few_are_compared_with(others: int) -> None:
    chance = random.Random(7)
    assert sum(drawn(chance, 2.0, others) for _ in range(50)) >= 45
    # 400 draws without an effect: about 20, and 8 to 36 in all but a few of a thousand such tests.
    assert 8 <= sum(drawn(chance, 0.0, others) for _ in range(400)) <= 36
