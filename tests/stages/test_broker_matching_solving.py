"""The matching engine against brute force, and what it promises whatever the problem."""

import dataclasses
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput, NotPossible
from stages.broker.matching import solving
from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from stages.highs import Stopped
from tests.stages.matching_oracle import best, broken, everything, problems, value

LONG = Limits(seconds=60)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_a_small_problem_is_solved_to_the_proven_best(problem: Problem) -> None:
    solution = solve(problem, LONG)
    assert not broken(problem, solution.supporter_of)
    assert solution.objective == pytest.approx(value(problem, solution.supporter_of), abs=1e-5)
    assert solution.objective == pytest.approx(best(problem), abs=1e-4)
    assert solution.bound >= solution.objective - 1e-6
    assert solution.stopped_by is Stopped.PROVEN and solution.gap == pytest.approx(0, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_prices_neighbourhoods_and_leaving_out_reach_the_same_best(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, number in (("_SMALL", 0), ("_WHOLE", 0)):
            patch.setattr(solving, name, number)
        solution = solve(problem, LONG)
    assert not broken(problem, solution.supporter_of)
    assert solution.objective == pytest.approx(best(problem), abs=1e-3)
    assert solution.bound >= best(problem) - 1e-4


@settings(max_examples=30, deadline=None)
@given(problem=problems(), effort=st.integers(0, 2))
def test_a_solver_stopped_early_keeps_every_limit_and_a_true_bound(problem: Problem, effort: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, number in (("_SMALL", 0), ("_WHOLE", 0), ("_LARGE", 0)):
            patch.setattr(solving, name, number)
        solution = solve(problem, Limits(60, effort))
    assert not broken(problem, solution.supporter_of)
    assert value(problem, solution.supporter_of) == pytest.approx(solution.objective, abs=1e-5)
    assert solution.bound >= best(problem) - 1e-4
    assert solution.stopped_by in (Stopped.PROVEN, Stopped.EFFORT)


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_that_has_not_changed_is_not_solved_once_more_and_ends_a_solve_with_an_effort(seed: int) -> None:
    dice = random.Random(seed)
    needs = tuple(Need(number, number, 500.0 + dice.randrange(60)) for number in range(30))
    supporters = tuple(Supporter(number, (dice.randrange(14, 22),), None, 8) for number in range(4))
    pairings = tuple(
        Pairing(one.id, who.id, (dice.choice((2, 3, 4, 5)),), dice.choice((40000, 52000, 61000)), -float(dice.randrange(60)))
        for one in needs for who in supporters
    )  # fmt: skip
    problem = Problem(needs, supporters, pairings, budget=900_000, overload_steps=((0, 2.0), (8, 2.0)), first_is_whole=True)
    stopped = {}
    for effort in (10_000, None):
        one = solving._Solving(problem, Limits(60, effort, seed=1), time.monotonic())
        one._begin()
        # No node but the first, so that nothing is proven.
        rounds = []
        for _ in range(4):
            one._finish(0)
            rounds.append(one.search.rounds)
        assert rounds[-1] == rounds[-2] and not one._proven()
        stopped[effort] = one._stopped()
    assert stopped == {10_000: True, None: False}


@settings(max_examples=40, deadline=None)
@given(problem=problems(), choice=st.randoms(use_true_random=False))
def test_what_is_agreed_stays_and_the_rest_is_the_best_that_goes_with_it(problem: Problem, choice: object) -> None:
    matching = choice.choice(list(everything(problem)))  # type: ignore[attr-defined]
    agreed = tuple((need, who) for need, who in matching.items() if who is not None and need % 2 == 0)
    problem = dataclasses.replace(problem, agreed=agreed)
    solution = solve(problem, LONG)
    assert not broken(problem, solution.supporter_of)
    assert solution.objective == pytest.approx(best(problem), abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(problems())
def test_the_same_seed_and_effort_give_the_same_matching(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, number in (("_SMALL", 0), ("_WHOLE", 0)):
            patch.setattr(solving, name, number)
        first, second = (solve(problem, Limits(60, 2, seed=3)) for _ in range(2))
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)


def test_a_start_that_presolve_mistakes_for_the_best_is_found_out() -> None:
    needs = (Need(0, 11, 0.0), Need(1, 11, 3.0), Need(2, 11, 3.0), Need(3, 12, 0.0))
    pairings = tuple(Pairing(n, 100, (0,), pence, worth) for n, pence, worth in ((0, 200, 0.1), (1, 300, 0.0), (2, 200, 0.0), (3, 200, 0.2)))
    problem = Problem(needs, (Supporter(100, (0,)),), pairings, (SettingUp(11, 100, (0,), 200, 0.0),), 1, 600, proposed=((0, 100),))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_SMALL", "_WHOLE"):
            patch.setattr(solving, name, 0)
        solution = solve(problem, LONG)
    assert solution.objective == pytest.approx(best(problem)) == pytest.approx(-2.8)


def simple(**more: object) -> Problem:
    needs = tuple(Need(n, n, 10.0) for n in range(4))
    supporters = (Supporter(1, (4,)), Supporter(2, (4,)))
    pairings = tuple(Pairing(n, s, (2,), 100, 1.0 + 0.1 * s * (n % 2)) for n in range(4) for s in (1, 2))
    return dataclasses.replace(Problem(needs, supporters, pairings), **more)  # type: ignore[arg-type]


def test_a_price_for_moves_keeps_a_new_solve_near() -> None:
    before = ((0, 2), (1, 1), (2, 2), (3, 1))
    moved = solve(simple(proposed=before), LONG).supporter_of
    kept = solve(simple(proposed=before, move_price=1.0), LONG).supporter_of
    assert moved != dict(before) and kept == dict(before)


def test_what_a_half_day_and_a_penny_are_worth_is_said() -> None:
    short = solve(simple(supporters=(Supporter(1, (3,)), Supporter(2, (0,)))), LONG)
    assert short.half_day_prices[1] > 1 and len(short.unmet) == 3
    assert solve(simple(budget=100), LONG).penny_price >= 0


def test_nothing_to_match_is_a_matching_too() -> None:
    empty = solve(Problem((), (), ()), LONG)
    assert empty.supporter_of == {} and empty.stopped_by is Stopped.PROVEN and empty.gap == 0
    alone = solve(Problem((Need(1, 1, 5.0),), (), ()), LONG)
    assert alone.supporter_of == {1: None} and alone.objective == -5 and alone.unmet == (1,)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"agreed": ((0, 1), (1, 1), (2, 1))}, "more half days"),
        ({"agreed": ((0, 1),), "budget": 50}, "budget"),
        ({"agreed": ((0, 1), (1, 1)), "supporters": (Supporter(1, (4,), 1), Supporter(2, (4,)))}, "caseload"),
        ({"agreed": ((0, 1), (1, 2)), "needs": tuple(Need(n, 7, 1.0) for n in range(4))}, "supporters"),
    ],
)
def test_agreements_that_break_a_limit_by_themselves_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(NotPossible, match=says):
        solve(simple(**change), LONG)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"agreed": ((0, 9),)}, "not listed"),
        ({"proposed": ((0, 9),)}, "not in the problem"),
        ({"needs": (Need(0, 0, 1.0),)}, "not in the problem"),
        ({"needs": (Need(0, 0, 1.0),) * 2}, "listed 2 times"),
        ({"supporters": (Supporter(1, (4, 4)), Supporter(2, (4, 4)))}, "windows"),
        ({"overload_steps": ((0, -1.0),)}, "below nothing"),
    ],
)
def test_a_problem_that_does_not_hold_together_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        solve(simple(**change), LONG)
