"""Listing portfolios, choosing among them and closing the gap from above: all compared with trying everything."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.broker.matching.closing import Closing, plain
from stages.broker.matching.fixing import losses, plain_losses, sharper_losses
from stages.broker.matching.indexing import index
from stages.broker.matching.listing import Portfolios, portfolios_within
from stages.broker.matching.partitioning import Partitioning
from stages.broker.matching.pricing import Bounding, Prices
from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from tests.stages.matching_oracle import best, everything, value

FAR = 1e18


@st.composite
def assignments(draw: st.DrawFn) -> Problem:
    needs = tuple(Need(n, n, 500.0) for n in range(draw(st.integers(1, 6))))
    supporters = tuple(Supporter(100 + s, (draw(st.integers(0, 14)),)) for s in range(draw(st.integers(1, 3))))
    pairings = tuple(
        Pairing(need.id, one.id, (draw(st.integers(0, 6)),), 0, -float(draw(st.integers(1, 20))))
        for need in needs
        for one in supporters
        if draw(st.integers(0, 5))
    )
    return Problem(needs, supporters, pairings)


def bounded(problem: Problem) -> Bounding:
    ix = index(problem)
    found = Bounding(ix, Prices(np.full(len(problem.needs), 450.0), np.zeros(len(problem.needs)), 0.0, np.zeros((len(problem.supporters), 1))))
    found.improve(60, FAR, -np.inf)
    return found


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(-30, 60)), max_size=8),
    st.integers(0, 15),
    st.integers(0, 80),
)
def test_every_portfolio_within_the_gap_is_listed_and_no_other(items: list[tuple[int, int]], most_load: int, gap: int) -> None:
    load, profit = (np.array([item[n] for item in items], dtype=np.int64) for n in (0, 1))
    listed = portfolios_within(10 + np.arange(len(items)), load, profit / 10, most_load, gap / 10 + 1e-9, 1000)
    assert listed is not None
    worth = {
        tuple(10 + place for place, take in enumerate(choice) if take): sum(profit[place] for place, take in enumerate(choice) if take) / 10
        for choice in product((False, True), repeat=len(items))
        if sum(load[place] for place, take in enumerate(choice) if take) <= most_load
    }
    expected = {held: max(worth.values()) - value for held, value in worth.items() if max(worth.values()) - value <= gap / 10 + 1e-9}
    found = {tuple(sorted(listed.pairs[row].tolist())): loss for row, loss in zip(listed.holds, listed.loss.tolist(), strict=True)}
    assert found.keys() == expected.keys() and len(found) == len(listed.loss)
    assert all(abs(found[held] - expected[held]) < 1e-6 for held in found)


def test_portfolios_that_are_too_many_are_not_listed() -> None:
    ones = np.ones(6, dtype=np.int64)
    assert portfolios_within(np.arange(6), ones, np.ones(6), 6, 10.0, 63) is None
    listed = portfolios_within(np.arange(6), ones, np.ones(6), 6, 10.0, 64)
    assert listed is not None and len(listed.loss) == 64


@given(
    st.integers(1, 4).flatmap(
        lambda needs: st.lists(
            st.lists(st.tuples(st.sets(st.integers(0, needs - 1)), st.integers(0, 8)), min_size=1, max_size=5),
            min_size=1,
            max_size=4,
        ).map(lambda lists: (needs, lists))
    ),
    st.integers(0, 20),
)
def test_the_best_choice_meets_every_need_once_and_is_the_one_that_trying_finds(case: tuple[int, list[list[tuple[set[int], int]]]], gap: int) -> None:
    needs, lists = case
    # Pairing 10 * supporter + need.
    pair_need = np.arange(10 * len(lists)) % 10
    listed = [
        Portfolios(10 * owner + np.arange(needs), np.array([[need in held for need in range(needs)] for held, _ in some]), np.array([float(n) for _, n in some]))
        for owner, some in enumerate(lists)
    ]  # fmt: skip
    losses = [
        sum(loss for _, loss in choice)
        for choice in product(*lists)
        if sorted(need for held, _ in choice for need in held) == list(range(needs)) and sum(loss for _, loss in choice) <= gap
    ]
    chosen = Partitioning(listed, pair_need, np.arange(needs), gap + 1e-3, 1.0).search(10**9, FAR)
    assert chosen.complete
    assert (chosen.pairs is None) == (not losses)
    if chosen.pairs is not None:
        assert abs(chosen.loss - min(losses)) < 1e-3 and sorted(pair_need[chosen.pairs].tolist()) == list(range(needs))


def test_a_choice_that_is_better_by_one_unit_is_still_looked_for_and_an_equal_one_is_not() -> None:
    listed = [Portfolios(np.arange(1), np.ones((2, 1), dtype=np.bool_), np.array([4.0, 5.0]))]
    partitioning = Partitioning(listed, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), 9.0, 1.0)
    partitioning.found([1], 5.0)
    assert partitioning.search(10**9, FAR).loss == 4.0
    partitioning.found([1], 4.0)
    assert partitioning.search(10**9, FAR).loss == 4.0 and partitioning.best == [1]


def test_a_search_that_may_not_weigh_so_much_says_that_it_did_not_end() -> None:
    listed = [Portfolios(np.arange(2) + 2 * owner, np.array([[True, False], [False, True]]), np.zeros(2)) for owner in range(3)]
    chosen = Partitioning(listed, np.array([0, 1, 0, 1, 0, 1]), np.arange(2), 5.0, 1.0).search(-1, FAR)
    assert not chosen.complete and chosen.pairs is None


@settings(max_examples=80, deadline=None)
@given(assignments())
def test_asking_ever_lower_ends_at_the_best_that_trying_finds(problem: Problem) -> None:
    ix, bounding = index(problem), bounded(problem)
    if not plain(ix):
        assert not problem.pairings
        return
    closing, bound, most = Closing(ix, 10**9), float(np.floor(bounding.best.bound + 1e-6)), best(problem)
    for _ in range(500):
        answer = closing.ask(bounding, bound, -1.0, FAR)
        if not answer.complete or answer.pairs is not None:
            break
        assert most - ix.base < answer.goal, "an answer of 'none' was wrong"
        bound = answer.goal - 1
    if answer.pairs is not None:
        assert abs(ix.gain[answer.pairs].sum() + ix.base - most) < 1e-6
        assert len(set(ix.pair_need[answer.pairs].tolist())) == len(answer.pairs)
    else:
        # Only where some need cannot be met at all, or is better left: that is not for this search.
        assert not answer.complete


@settings(max_examples=100, deadline=None)
@given(assignments())
def test_no_matching_with_a_pairing_is_nearer_to_the_bound_than_its_loss(problem: Problem) -> None:
    ix, priced = index(problem), bounded(problem).best
    if not plain(ix):
        return
    loss = plain_losses(ix, priced)
    matchings = [(matching, value(problem, matching) - ix.base) for matching in everything(problem)]
    for pair in range(len(ix.gain)):
        need, who = problem.needs[ix.pair_need[pair]].id, problem.supporters[ix.pair_supporter[pair]].id
        most = max((worth for matching, worth in matchings if matching[need] == who), default=-np.inf)
        assert loss[pair] <= priced.bound - most + 1e-6
    everyone = sharper_losses(ix, priced, losses(ix, priced), np.ones(len(ix.gain), dtype=np.bool_))
    assert (loss >= everyone - 1e-6).all()


def test_only_a_plain_assignment_is_closed_this_way() -> None:
    needs, supporters = (Need(0, 0, 50.0), Need(1, 1, 50.0)), (Supporter(9, (4,)),)
    simple = Problem(needs, supporters, (Pairing(0, 9, (2,), 0, -1.0), Pairing(1, 9, (2,), 0, -2.0)))
    assert plain(index(simple))
    others = [
        replace(simple, needs=(needs[0], Need(1, 0, 50.0))),
        replace(simple, budget=100),
        replace(simple, setting_up=(SettingUp(0, 9, (1,), 0, 0.0),)),
        replace(simple, supporters=(Supporter(9, (4,), most_cases=1),)),
        replace(simple, supporters=(Supporter(9, (4,), None, 2),), overload_steps=((0, 1.0),)),
        replace(simple, pairings=(Pairing(0, 9, (2,), 0, -1.5),)),
        replace(simple, pairings=()),
    ]
    assert not any(plain(index(other)) for other in others)


def made_up(agents: int, items: int, seed: int) -> Problem:
    drawn = np.random.default_rng(seed)
    amounts, costs = drawn.integers(5, 26, (agents, items)), drawn.integers(10, 51, (agents, items))
    capacity = int(0.8 * amounts.sum() / agents / agents)
    return Problem(
        tuple(Need(item, item, 1000.0) for item in range(items)),
        tuple(Supporter(agent, (capacity,)) for agent in range(agents)),
        tuple(
            Pairing(item, agent, (int(amounts[agent, item]),), 0, -float(costs[agent, item])) for agent in range(agents) for item in range(items)
        ),
    )  # fmt: skip


def test_a_larger_assignment_is_proven_and_the_same_each_time() -> None:
    problem = made_up(6, 60, 3)
    first, second = (solve(problem, Limits(600, effort=40)) for _ in range(2))
    assert first.objective == first.bound and first.supporter_of == second.supporter_of
