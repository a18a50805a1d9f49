"""Explanations against trying: the runner-up is the best other, and the smallest change is enough and no more than enough."""

import dataclasses

import pytest
from hypothesis import assume, given, settings

from stages.broker.matching.explaining import Explaining, Shortfall, value_of
from stages.broker.matching.problem import Need, Pairing, Problem, Supporter
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from tests.stages.matching_oracle import broken, problems, value

LONG = Limits(seconds=60)


def changed(problem: Problem, smallest: tuple[Shortfall, ...], less: int | None = None) -> Problem:
    """Return the problem with its limits raised; the one numbered `less` by one too little."""
    for number, one in enumerate(smallest):
        more = one.lacks - (number == less)
        supporters = []
        for supporter in problem.supporters:
            if one.limit == "capacity" and supporter.id == one.supporter:
                half_days = tuple(free + more * (window == one.window) for window, free in enumerate(supporter.half_days))
                supporter = dataclasses.replace(supporter, half_days=half_days)
            if one.limit == "caseload" and supporter.id == one.supporter and supporter.most_cases is not None:
                supporter = dataclasses.replace(supporter, most_cases=supporter.most_cases + more)
            supporters.append(supporter)
        budget = problem.budget + more if one.limit == "budget" and problem.budget is not None else problem.budget
        most = problem.most_supporters + more * (one.limit == "supporters")
        problem = dataclasses.replace(problem, supporters=tuple(supporters), budget=budget, most_supporters=most)
    return problem


@settings(max_examples=80, deadline=None)
@given(problems())
def test_the_smallest_change_meets_the_need_and_one_less_does_not(problem: Problem) -> None:
    solution = solve(problem, LONG)
    explaining = Explaining.of(problem, solution)
    for need in solution.unmet:
        found = explaining.unmet(need)
        allowed = sorted(p.supporter for p in problem.pairings if p.need == need)
        assert (found.by is None) == (not allowed)
        if found.by is None:
            continue
        met = {**solution.supporter_of, need: found.by}
        assert not broken(changed(problem, found.smallest), met)
        for number in range(len(found.smallest)):
            assert broken(changed(problem, found.smallest, less=number), met)
        if not found.smallest:
            assert found.worth <= 1e-4, "nothing stops it, so it must not be worth having"
        assert found.worth == pytest.approx(value(problem, met) - value(problem, solution.supporter_of), abs=1e-5)
        stopped = dict.fromkeys(found.stops, 0)
        for supporter in allowed:
            for limit in set(broken(problem, {**solution.supporter_of, need: supporter})):
                stopped[limit] += 1
        assert stopped == found.stops


@settings(max_examples=80, deadline=None)
@given(problems())
def test_the_runner_up_is_the_best_other_supporter_who_could(problem: Problem) -> None:
    solution = solve(problem, LONG)
    explaining = Explaining.of(problem, solution)
    for need, now in solution.supporter_of.items():
        others = [p.supporter for p in problem.pairings if p.need == need and p.supporter != now]
        swaps = [{**solution.supporter_of, need: other} for other in others]
        losses = [value(problem, solution.supporter_of) - value(problem, swap) for swap in swaps if not broken(problem, swap)]
        found = explaining.runner_up([need])
        if now is None or not losses:
            assert found is None
        else:
            assert found is not None and found.value_lost == pytest.approx(min(losses), abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(problems())
def test_the_value_of_a_matching_is_the_same_by_either_book(problem: Problem) -> None:
    solution = solve(problem, LONG)
    assert value_of(problem, solution.supporter_of) == pytest.approx(value(problem, solution.supporter_of), abs=1e-6)


def test_all_of_a_match_goes_to_the_runner_up_together() -> None:
    needs = (Need(1, 1, 10.0), Need(2, 1, 10.0))
    pairings = (
        Pairing(1, 1, (1,), 0, 5.0),
        Pairing(2, 1, (1,), 0, 5.0),
        Pairing(1, 2, (1,), 0, 4.0),
        Pairing(2, 2, (1,), 0, 3.0),
        Pairing(1, 3, (1,), 0, 4.9),
    )
    problem = Problem(needs, tuple(Supporter(n, (4,)) for n in (1, 2, 3)), pairings)
    explaining = Explaining.of(problem, solve(problem, LONG))
    found = explaining.runner_up([1, 2])
    assert found is not None and found.supporter == 2 and found.value_lost == pytest.approx(3.0)


@settings(max_examples=30, deadline=None)
@given(problems())
def test_asking_changes_nothing(problem: Problem) -> None:
    solution = solve(problem, LONG)
    assume(solution.unmet)
    explaining = Explaining.of(problem, solution)
    first = [explaining.unmet(need) for need in solution.unmet]
    for need in solution.supporter_of:
        explaining.runner_up([need])
    assert first == [explaining.unmet(need) for need in solution.unmet]
