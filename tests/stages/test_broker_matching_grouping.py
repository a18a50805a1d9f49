"""Groups of schools against brute force, and the rules each kind of group keeps."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.broker.matching.grouping import School, apart
from stages.broker.matching.reviewing import pair_reviewers
from stages.broker.matching.triads import group_near_and_alike, sizes


@st.composite
def schools(draw: st.DrawFn, least: int = 1, most: int = 7) -> tuple[School, ...]:
    place = st.integers(0, 30).map(float)
    return tuple(
        School(
            n,
            draw(place),
            draw(place),
            (draw(st.integers(0, 4)) / 4,),
            draw(st.sampled_from([None, "Oak", "Elm"])),
            draw(st.sampled_from(["p", "p", "s"])),
        )
        for n in range(draw(st.integers(least, most)))
    )


def partitions(members: list[int], wanted: Counter[int]) -> Iterator[list[tuple[int, ...]]]:
    if not members:
        yield []
        return
    first, rest = members[0], members[1:]
    for size in [size for size, count in wanted.items() if count]:
        for others in combinations(rest, size - 1):
            left = [n for n in rest if n not in others]
            for groups in partitions(left, wanted - Counter([size])):
                yield [(first, *others), *groups]


@settings(max_examples=40, deadline=None)
@given(schools(least=3, most=8))
def test_triads_are_the_nearest_and_most_alike_that_there_are(found: tuple[School, ...]) -> None:
    grouped = group_near_and_alike(found, one_trust_apart=False, same_phase=False)
    price = {pair: apart(found[pair[0]], found[pair[1]], 20.0) for pair in combinations(range(len(found)), 2)}
    costs = [
        sum(price[pair] for group in way for pair in combinations(group, 2))
        for way in partitions(list(range(len(found))), Counter(sizes(len(found), 3)))
    ]
    assert grouped.exact and grouped.proven and not grouped.unplaced
    assert grouped.objective == pytest.approx(min(costs), abs=1e-4) == pytest.approx(grouped.bound, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(schools(most=9))
def test_triads_keep_phase_and_trust_and_name_who_is_left_out(found: tuple[School, ...]) -> None:
    grouped = group_near_and_alike(found)
    members = [n for group in grouped.groups for n in group]
    assert sorted([*members, *grouped.unplaced]) == [s.id for s in found]
    for group in grouped.groups:
        trusts = [found[n].trust for n in group if found[n].trust]
        assert len({found[n].phase for n in group}) == 1 and len(trusts) == len(set(trusts)) and 2 <= len(group) <= 4


@pytest.mark.parametrize("count", range(30))
def test_leftovers_make_groups_of_one_more_or_else_of_one_less(count: int) -> None:
    made = sizes(count, 3)
    assert sum(size * number for size, number in made.items()) in (count, 0)
    assert made == {} or all(size in (2, 3, 4) and number >= 0 for size, number in made.items())
    assert (count in (1,)) == (made == {}) or count == 0
    assert made.get(2, 0) == 0 or count in (2, 5)


def test_many_schools_make_triads_of_neighbours() -> None:
    many = tuple(School(n, float(n // 3 * 10), float(n % 3), (), None, "p") for n in range(60))
    grouped = group_near_and_alike(many)
    assert not grouped.exact and grouped.proven and grouped.groups == tuple(tuple(range(n, n + 3)) for n in range(0, 60, 3))


@settings(max_examples=40, deadline=None)
@given(found=schools(least=2, most=6), data=st.data())
def test_peer_review_is_the_most_valuable_ring_without_reciprocity(found: tuple[School, ...], data: st.DataObject) -> None:
    pairs = list(permutations(range(len(found)), 2))
    values = {pair: float(data.draw(st.integers(0, 9))) for pair in pairs if data.draw(st.integers(0, 5))}
    conflicts = {frozenset(pair) for pair in pairs if not data.draw(st.integers(0, 9))}
    grouped = pair_reviewers(found, values, conflicts=conflicts, most_km=25.0)
    far = {pair for pair in pairs if apart(found[pair[0]], found[pair[1]], 0) > 25}
    allowed = {pair: worth for pair, worth in values.items() if frozenset(pair) not in conflicts and pair not in far}
    ways = []
    for count in range(len(found) + 1):
        for within in combinations(range(len(found)), count):
            for to in permutations(within):
                chosen = dict(zip(within, to, strict=True))
                if all((a, b) in allowed and chosen[b] != a for a, b in chosen.items()):
                    ways.append((count, sum(allowed[pair] for pair in chosen.items())))
    placed, worth = max(ways)
    assert len(grouped.groups) == placed == len(found) - len(grouped.unplaced) and grouped.objective == pytest.approx(worth)
    assert all((b, a) not in grouped.groups and (a, b) in allowed for a, b in grouped.groups)


def hub_cost(found: tuple[School, ...], leads: tuple[int, ...], to: tuple[int | None, ...], size: int, most: int) -> tuple[int, float] | None:
    rest = [n for n in range(len(found)) if n not in leads]
    members = Counter(lead for lead in to if lead is not None)
    if any(members[lead] + 1 > most for lead in leads):
        return None
    cost = sum(apart(found[n], found[lead], 20.0) for n, lead in zip(rest, to, strict=True) if lead is not None)
    return sum(lead is None for lead in to), cost + 5.0 * sum(abs(members[lead] + 1 - size) for lead in leads)
