"""Listing portfolios, choosing among them and closing the gap from above: all compared with trying everything."""

from copy import copy
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NotPossible
from stages.broker.matching.books import nothing, worth
from stages.broker.matching.closing import Answer, Closing, by_need, plain
from stages.broker.matching.improving import Search
from stages.broker.matching.indexing import index
from stages.broker.matching.listing import Portfolios, portfolios_within
from stages.broker.matching.partitioning import Chosen, Partitioning
from stages.broker.matching.pricing import Bounding, Prices, price
from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from tests.stages.matching_oracle import best

FAR = 1e18
# Draws of lists in which the bound alone decides on every supporter and need while more than one portfolio is left.
EVERYTHING_DECIDED = (1152, 2051)


@st.composite
def assignments(draw: st.DrawFn) -> Problem:
    needs = tuple(Need(n, n, draw(st.sampled_from([500.0, 500.0, 500.0, 8.0]))) for n in range(draw(st.integers(1, 6))))
    supporters = tuple(Supporter(100 + s, (draw(st.integers(0, 14)),)) for s in range(draw(st.integers(1, 3))))
    pairings = tuple(
        Pairing(need.id, one.id, (draw(st.integers(0, 6)),), 0, -float(draw(st.integers(1, 20))))
        for need in needs
        for one in supporters
        if draw(st.integers(0, 5))
    )
    setting_up = tuple(SettingUp(p.need, p.supporter, (0,), 0, float(draw(st.integers(0, 5)))) for p in pairings if draw(st.booleans()))
    proposed = tuple((p.need, p.supporter) for p in {p.need: p for p in pairings}.values() if draw(st.booleans()))
    return Problem(needs, supporters, pairings, setting_up, draw(st.integers(1, 2)), proposed=proposed, move_price=float(draw(st.integers(0, 3))))


def bounded(problem: Problem, room: float = 0.0) -> Bounding:
    """Return prices with a good bound; `room` is what stays on the cases, where a linear model may put it as well as on their needs."""
    ix = index(problem)
    needs = len(problem.needs)
    found = Bounding(ix, Prices(np.full(needs, 450.0 - room), np.full(needs, room), 0.0, np.zeros((len(problem.supporters), 1))))
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
    chosen = Partitioning(listed, pair_need, np.arange(needs), gap + 1e-3).search(10**9, FAR)
    assert chosen.complete
    assert (chosen.pairs is None) == (not losses)
    if chosen.pairs is not None:
        assert abs(chosen.loss - min(losses)) < 1e-3 and sorted(pair_need[chosen.pairs].tolist()) == list(range(needs))


def some_lists(seed: int, owners: int, needs: int, most_loss: int, share: float) -> list[Portfolios]:
    """Return lists with a choice that meets every need once, others near it and some at random; pairing 10 * supporter + need."""
    drawn = np.random.default_rng(seed)
    owner, listed = drawn.integers(0, owners, needs), []
    for one in range(owners):
        held = {tuple((owner == one).tolist())} | {tuple((drawn.random(needs) < share).tolist()) for _ in range(4)}
        for _ in range(3):
            changed = owner.copy()
            changed[drawn.integers(0, needs)] = one
            held.add(tuple((changed == one).tolist()))
        losses = drawn.integers(0, most_loss, len(held)).astype(np.float64)
        listed.append(Portfolios(10 * one + np.arange(needs), np.array(sorted(held)), losses))
    return listed


def least_loss(listed: list[Portfolios]) -> float:
    """Return the least loss of a choice that meets every need once, from the least of each set of needs met."""
    least: dict[int, float] = {0: 0.0}
    for one in listed:
        further: dict[int, float] = {}
        for row, loss in zip(one.holds, one.loss.tolist(), strict=True):
            held = sum(1 << place for place in np.flatnonzero(row).tolist())
            for met, before in least.items():
                if not met & held:
                    further[met | held] = min(further.get(met | held, np.inf), before + loss)
        least = further
    return least.get((1 << listed[0].holds.shape[1]) - 1, np.inf)


def searched(listed: list[Portfolios], gap: float, most_work: int, until: float = FAR) -> Chosen:
    needs = listed[0].holds.shape[1]
    return Partitioning(listed, np.arange(10 * len(listed)) % 10, np.arange(needs), gap).search(most_work, until)


@pytest.mark.parametrize("seed", range(60))
def test_eight_supporters_share_the_needs_as_the_least_of_all_sets_does(seed: int) -> None:
    listed = some_lists(seed, 8, 6, 9, 0.2)
    least = least_loss(listed)
    for gap in (least, least + 5, least - 1):
        chosen = searched(listed, gap + 1e-3, 10**7)
        assert chosen.complete and chosen.loss == (least if gap >= least else np.inf)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_said_to_be_best_is_best_however_large_the_losses_are(seed: int) -> None:
    listed = some_lists(seed, 5, 10, 30_000, 0.3)
    least = least_loss(listed)
    chosen = searched(listed, least + 1e-3, 20_000)
    assert chosen.loss == least if chosen.complete else chosen.loss in (least, np.inf)


@pytest.mark.parametrize("seed", EVERYTHING_DECIDED)
def test_where_nothing_is_left_to_decide_the_only_choice_is_looked_at(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    owners, needs = (int(drawn.integers(low, 9)) for low in (6, 5))
    listed = []
    for one in range(owners):
        held = sorted({tuple((drawn.random(needs) < 0.25).tolist()) for _ in range(int(drawn.integers(1, 5)))})
        listed.append(Portfolios(10 * one + np.arange(needs), np.array(held), drawn.integers(0, 9, len(held)).astype(np.float64)))
    gap, least = float(drawn.integers(5, 25)), least_loss(listed)
    chosen = searched(listed, gap + 1e-3, 10**7)
    assert chosen.complete and chosen.loss == (least if least <= gap else np.inf)


def test_a_part_whose_time_is_over_is_given_up_after_one_step_and_loses_nothing() -> None:
    listed = some_lists(1, 8, 6, 9, 0.2)
    partitioning = Partitioning(listed, np.arange(80) % 10, np.arange(6), least_loss(listed) + 5.0)
    parts = partitioning.parts(partitioning.whole(), -FAR)
    assert len(parts) == 2 and partitioning.work == sum(len(one.loss) for one in listed)
    assert partitioning.search(10**7, FAR).loss == least_loss(listed)


def test_a_choice_that_is_better_by_one_unit_is_still_looked_for_and_an_equal_one_is_not() -> None:
    listed = [Portfolios(np.arange(1), np.ones((2, 1), dtype=np.bool_), np.array([4.0, 5.0]))]
    partitioning = Partitioning(listed, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), 9.0)
    partitioning.found([1])
    assert partitioning.search(10**9, FAR).loss == 4.0
    partitioning.found([0])
    assert partitioning.search(10**9, FAR).loss == 4.0 and partitioning.best == [0]


def test_a_search_that_may_not_weigh_so_much_says_that_it_did_not_end() -> None:
    listed = [Portfolios(np.arange(2) + 2 * owner, np.array([[True, False], [False, True]]), np.zeros(2)) for owner in range(3)]
    chosen = Partitioning(listed, np.array([0, 1, 0, 1, 0, 1]), np.arange(2), 5.0).search(-1, FAR)
    assert not chosen.complete and chosen.pairs is None


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


def asked_down(problem: Problem, bounding: Bounding) -> tuple[Closing, Answer]:
    """Ask ever lower until a matching is found or the search does not go to the end; no answer of 'none' may be wrong."""
    ix, most = index(problem), best(problem)
    closing, bound = Closing(ix, 10**9), float(np.floor(bounding.best.bound + 1e-6))
    while True:
        answer = closing.ask(bounding, bound, -1.0, FAR)
        if not answer.complete or answer.pairs is not None:
            return closing, answer
        assert most - ix.base < answer.goal, "an answer of 'none' was wrong"
        bound = answer.goal - 1


def gained(problem: Problem, answer: Answer) -> float:
    """Return the value of what was found, all needs of it met once."""
    ix, pairs = index(problem), answer.pairs
    assert pairs is not None and len(set(ix.pair_need[pairs].tolist())) == len(pairs) == len(set(ix.pair_need.tolist()))
    chosen = nothing(ix)
    chosen[ix.pair_need[pairs]] = pairs
    return ix.base + worth(ix, chosen)


@settings(max_examples=150, deadline=None)
@given(assignments(), st.sampled_from([0.0, 3.0, 40.0]))
def test_asking_ever_lower_ends_at_the_best_that_trying_finds(problem: Problem, room: float) -> None:
    ix, bounding = index(problem), bounded(problem, room)
    if not plain(ix):
        assert not problem.pairings
        return
    closing, answer = asked_down(problem, bounding)
    if answer.pairs is not None:
        assert abs(gained(problem, answer) - best(problem)) < 1e-6
        return
    # Only where leaving a need unmet costs so little that it might be best, which is not for this search.
    narrowed, hopeful = copy(bounding), np.ones(len(ix.gain), dtype=np.bool_)
    closing._narrow(narrowed, hopeful, closing.unlisted, FAR)
    gap = narrowed.best.bound - closing.unlisted + 1e-3
    assert not answer.complete and (gap > 100 or narrowed.best.prices.need[closing.must].min() <= gap)


@pytest.mark.parametrize("room", [0.0, 40.0])
@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5])
def test_the_best_of_a_problem_that_can_be_met_is_found_and_proven_wherever_the_prices_lie(seed: int, room: float) -> None:
    problem = made_up(3, 6, seed)
    _, answer = asked_down(problem, bounded(problem, room))
    assert answer.complete and gained(problem, answer) == best(problem)


def test_prices_of_cases_that_are_one_need_each_are_prices_of_needs() -> None:
    problem = made_up(3, 6, 1)
    ix = index(problem)
    apart = Prices(np.full(6, 900.0), np.arange(6) * 10.0, 0.0, np.zeros((3, 1)))
    together = by_need(ix, apart)
    assert not together.room.any() and abs(price(ix, together).bound - price(ix, apart).bound) < 1e-6


def test_lists_that_are_too_long_are_not_made_again_for_as_low_a_goal() -> None:
    problem = made_up(3, 6, 1)
    ix, bounding = index(problem), bounded(problem)
    closing, most = Closing(ix, 10**9, most=0), float(np.floor(bounding.best.bound))
    first = closing.ask(bounding, most, -1.0, FAR)
    while first.complete:
        first = closing.ask(bounding, first.goal - 1, -1.0, FAR)
    again = closing.ask(bounding, first.goal, -1.0, FAR)
    assert not again.complete and again.goal > first.goal and closing.effort == 10**9


def test_the_effort_for_a_question_grows_when_it_was_too_little_and_not_without_end() -> None:
    problem = made_up(6, 40, 3)
    bounding = bounded(problem)
    closing, bound = Closing(index(problem), 1), float(np.floor(bounding.best.bound))
    while (answer := closing.ask(bounding, bound, -1.0, FAR)).complete and answer.pairs is None:
        bound = answer.goal - 1
    assert closing.effort == 3
    large = Closing(index(problem), 10**9)
    large.ask(bounding, bound, -1.0, -FAR)
    assert large.effort == 10**9


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


def test_an_assignment_that_sums_or_tables_cannot_carry_is_no_plain_one() -> None:
    simple = Problem((Need(0, 0, 50.0), Need(1, 1, 50.0)), (Supporter(9, (4,)),), (Pairing(0, 9, (2,), 0, -1.0), Pairing(1, 9, (2,), 0, -2.0)))
    assert plain(index(simple))
    others = [
        replace(simple, pairings=(Pairing(0, 9, (2,), 0, -2e10), Pairing(1, 9, (2,), 0, -2.0))),
        replace(simple, supporters=(Supporter(9, (10**9,)),)),
        replace(simple, supporters=(Supporter(9, (4,)), Supporter(8, (-1,)))),
        replace(simple, most_supporters=0),
    ]
    assert not any(plain(index(other)) for other in others)


def test_a_matching_worth_less_than_was_asked_for_is_refused() -> None:
    problem = made_up(3, 6, 1)
    ix, bounding = index(problem), bounded(problem)
    search = Search(ix, nothing(ix), 0, FAR, steady=True)
    wrong = _Wrong(ix)
    with pytest.raises(NotPossible, match="worth less than it was asked for"):
        wrong.close(search, bounding, float(np.floor(bounding.best.bound)))
    assert search.value == 0


class _Wrong(Closing):
    """Answers that promise one more than their pairings are worth."""

    def ask(self, bounding: Bounding, bound: float, value: float, until: float) -> Answer:
        pairs = np.array([0])
        return Answer(float(self.ix.gain[pairs].sum()) + 1, pairs, complete=True)


def test_where_the_same_answer_is_promised_on_any_machine_no_share_of_the_time_ends_a_step() -> None:
    ix = index(made_up(2, 2, 1))
    steady, timed = (Search(ix, nothing(ix), 0, FAR, steady=steady) for steady in (True, False))
    assert steady.share_of_time(0.2) == FAR > timed.share_of_time(0.2)


def test_a_matching_near_the_bound_has_the_gap_closed_at_once_and_then_again_after_a_pause() -> None:
    problem = made_up(3, 6, 1)
    ix, bounding = index(problem), bounded(problem)
    search, closing = Search(ix, nothing(ix), 0, FAR, steady=True), Closing(ix, 10**9, most=0)
    bound = float(np.floor(bounding.best.bound))
    assert not closing.due(search, bound)
    closing.close(search, bounding, bound)
    assert closing.due(search, search.value + 10) and not closing.due(search, search.value + 11)
    closing.close(search, bounding, search.value + 10)
    assert not closing.due(search, search.value + 10)
    search.rounds += 50
    assert closing.due(search, search.value + 10)


def test_a_plain_assignment_begins_with_what_was_proposed_however_little_time_there_is() -> None:
    problem = made_up(8, 60, 5)
    best_known = solve(problem, Limits(600, effort=40))
    pairs = tuple((need, who) for need, who in best_known.supporter_of.items() if who is not None)
    without, proposed = (solve(one, Limits(0.0)) for one in (problem, replace(problem, proposed=pairs)))
    assert without.objective < best_known.objective == proposed.objective


def test_a_larger_assignment_is_proven_and_the_same_each_time() -> None:
    problem = made_up(6, 60, 3)
    first, second = (solve(problem, Limits(600, effort=40)) for _ in range(2))
    assert first.objective == first.bound and first.supporter_of == second.supporter_of
