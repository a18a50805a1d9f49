"""Means over pupils and schools that are alike, compared with plain loops."""

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.words import Phase
from stages.diagnose.comparing import Features, GroupMean, group_mean, similar

PHASES = (Phase.PRIMARY, Phase.SECONDARY)
maybe = st.none() | st.integers(0, 8).map(float)
features = st.builds(Features, phase=st.sampled_from(PHASES), pupils=st.none() | st.integers(0, 500), fsm_share=maybe, eal_share=maybe, prior=maybe)
some_schools = st.dictionaries(st.integers(100_000, 100_200), features, max_size=25)


def row(school: Features) -> list[float | None]:
    return [math.log(school.pupils) if school.pupils else None, school.fsm_share, school.eal_share, school.prior]


def distances(schools: Mapping[int, Features], urn: int) -> dict[int, float]:
    """Work out one school's squared distances feature by feature, to those of its phase that share two known features or more."""
    peers = {other: row(one) for other, one in schools.items() if one.phase == schools[urn].phase}
    spread = []
    for place in range(4):
        known = [found for one in peers.values() if (found := one[place]) is not None]
        middle = sum(known) / len(known) if known else 0
        deviation = math.sqrt(sum((value - middle) ** 2 for value in known) / len(known)) if known else 0
        spread.append(deviation if deviation > 1e-12 else math.inf)
    apart = {}
    for other, theirs in peers.items():
        pairs = [(a, b, spread[place]) for place, (a, b) in enumerate(zip(peers[urn], theirs, strict=True)) if a is not None and b is not None]
        if other != urn and len(pairs) >= 2:
            apart[other] = sum(((a - b) / deviation) ** 2 for a, b, deviation in pairs) / len(pairs)
    return apart


def many(count: int, seed: int) -> dict[int, Features]:
    chance = np.random.default_rng(seed)
    numbers = chance.normal(20, 8, (count, 3)).tolist()
    pupils = np.exp(chance.normal(5.5, 0.6, count)).tolist()
    gaps = (chance.random((count, 3)) < 0.1).tolist()
    made = {}
    for urn in range(count):
        free, language, prior = (None if gap else number for number, gap in zip(numbers[urn], gaps[urn], strict=True))
        made[urn] = Features(PHASES[urn % 4 == 0], pupils[urn], free, language, prior)
    return made


@settings(max_examples=200)
@given(some_schools, st.integers(1, 6))
def test_similar_schools_are_the_nearest_of_their_phase(schools: dict[int, Features], count: int) -> None:
    found = similar(schools, count)
    assert found.keys() == schools.keys()
    for urn, alike in found.items():
        apart = distances(schools, urn)
        assert len(set(alike)) == len(alike) == min(count, len(apart))
        assert set(alike) <= apart.keys()
        steps = [apart[other] for other in alike]
        assert all(near <= far + 1e-6 for near, far in pairwise(steps))
        others = [far for other, far in apart.items() if other not in alike]
        assert not others or not steps or steps[-1] <= min(others) + 1e-6


def test_of_many_schools_each_gets_the_same_as_by_plain_loops() -> None:
    schools = many(700, seed=1)
    found = similar(schools)
    for urn in range(0, 700, 35):
        apart = distances(schools, urn)
        assert found[urn] == tuple(sorted(apart, key=lambda other: apart[other])[:25])


def test_schools_that_are_the_same_come_by_urn() -> None:
    schools = {urn: Features(Phase.PRIMARY, 210, 12.3, 4.5, 0.1) for urn in range(300)}
    schools[300] = Features(Phase.PRIMARY, 20, 50.0, 60.0, -3.0)
    assert similar(schools, 3)[0] == (1, 2, 3)
    assert similar(schools, 3)[299] == (0, 1, 2)


@given(some_schools, st.randoms(use_true_random=False))
def test_the_order_in_which_schools_are_handed_in_does_not_matter(schools: dict[int, Features], chance: object) -> None:
    turned = dict(reversed(schools.items()))
    assert similar(turned, 4) == similar(schools, 4)
    assert list(similar(turned, 4)) == list(turned)


@given(some_schools, st.sets(st.integers(100_000, 100_200)))
def test_asking_for_some_schools_gives_what_asking_for_all_gives(schools: dict[int, Features], of: set[int]) -> None:
    everyone = similar(schools, 4)
    assert similar(schools, 4, of) == {urn: alike for urn, alike in everyone.items() if urn in of}


def test_a_missing_feature_is_neither_zero_nor_an_advantage() -> None:
    base = {urn: Features(Phase.PRIMARY, 100 + 10 * urn, 20.0 + urn, 10.0, 100.0) for urn in range(10)}
    # All that is known of 50 is the same as 0; 51 is known in full and a little off in one feature only.
    schools = {**base, 50: Features(Phase.PRIMARY, 100, 20.0), 51: Features(Phase.PRIMARY, 100, 20.5, 10.0, 100.0)}
    assert similar(schools, 2)[0] == (50, 51)
    # As far off in each known feature, a school does not seem nearer for having fewer of them.
    off = {**base, 60: Features(Phase.PRIMARY, 110, 21.0), 61: Features(Phase.PRIMARY, 110, 21.0, 10.0, 100.0)}
    assert similar(off, 11)[0].index(60) > similar(off, 11)[0].index(61)


def test_schools_that_share_one_known_feature_or_none_are_not_alike() -> None:
    schools = {
        1: Features(Phase.PRIMARY, 100),
        2: Features(Phase.PRIMARY, 100),
        3: Features(Phase.PRIMARY, 100, 5.0),
        4: Features(Phase.PRIMARY, 90, 6.0),
    }
    assert similar(schools) == {1: (), 2: (), 3: (4,), 4: (3,)}
    assert similar({}) == {}
    assert similar({7: Features(Phase.NURSERY, 40, 3.0)}) == {7: ()}
    with pytest.raises(ValueError, match="at least one"):
        similar(schools, 0)


@given(some_schools)
def test_another_unit_for_a_feature_changes_nothing(schools: dict[int, Features]) -> None:
    other = {
        urn: Features(one.phase, one.pupils, one.fsm_share, one.eal_share, None if one.prior is None else one.prior * 4)
        for urn, one in schools.items()
    }
    assert similar(other, 25) == similar(schools, 25)


@pytest.mark.slow
def test_of_all_schools_of_england_each_has_as_many_alike_as_there_can_be() -> None:
    schools = many(22_000, seed=2)
    found = similar(schools)
    for urn, alike in found.items():
        assert len(alike) == (25 if sum(value is not None for value in row(schools[urn])) >= 2 else 0)


pairs = st.tuples(st.integers(0, 1000).map(lambda tenths: tenths / 10), st.none() | st.integers(0, 300).map(float))


@given(st.dictionaries(st.integers(1, 30), pairs, max_size=20), st.sets(st.integers(1, 30)))
def test_a_groups_mean_is_that_of_its_pupils_put_together(values: dict[int, tuple[float, float | None]], among: set[int]) -> None:
    pupils = [value for urn in among if urn in values for value, cohort in [values[urn]] for _ in range(int(cohort or 0))]
    found = group_mean(values, among)
    assert found.pupils == len(pupils)
    assert found.value == (pytest.approx(sum(pupils) / len(pupils)) if pupils else None)
    assert found.schools == sum(1 for urn in among if urn in values and values[urn][1])
    assert found.schools + found.left_out == len(among)


def test_a_large_school_weighs_more_and_who_is_left_out_is_counted() -> None:
    values = {1: (50.0, 10.0), 2: (80.0, 90.0), 3: (0.0, None), 4: (math.nan, 30.0)}
    assert group_mean(values) == GroupMean(77.0, 100, 2, 2)
    assert group_mean(values, [3, 99]) == GroupMean(None, 0, 0, 2)
