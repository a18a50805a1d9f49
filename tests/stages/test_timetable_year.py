"""A school year of a made-up authority: solved in parts, against a person with a diary, and after an illness."""

import dataclasses

import pytest

from bench.diary import by_hand
from bench.visiting import year
from bench.visits import illness, snow
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.costing import cost_of
from stages.schedule.timetable.problem import Problem
from stages.schedule.timetable.solution import Limits, Solution, Stopped
from stages.schedule.timetable.solving import solve


@pytest.fixture(scope="module")
def solved() -> tuple[Problem, frozenset[int], Solution]:
    problem, hopeless = year(24, 1)
    return problem, hopeless, solve(problem, Limits(600, effort=2))


def test_every_session_that_some_day_suits_has_a_date_near_the_bound(solved: tuple[Problem, frozenset[int], Solution]) -> None:
    problem, hopeless, solution = solved
    assert not broken(problem, solution.slots) and solution.stopped_by in (Stopped.EFFORT, Stopped.SETTLED)
    assert {one.session for one in solution.unplaced} == hopeless and all(one.limit == "the school cannot" for one in solution.unplaced)
    sure = problem.prices.unplaced * len(hopeless)
    assert solution.bound - sure <= solution.objective - sure <= 1.1 * (solution.bound - sure)


def test_it_travels_less_than_a_person_with_a_diary(solved: tuple[Problem, frozenset[int], Solution]) -> None:
    problem, _, solution = solved
    hand = by_hand(problem)
    assert not broken(problem, hand)
    assert cost_of(problem, solution.slots).kilometres < cost_of(problem, hand).kilometres


def test_two_processes_find_the_same_year(solved: tuple[Problem, frozenset[int], Solution]) -> None:
    problem, _, solution = solved
    again = solve(problem, Limits(600, effort=2, workers=2))
    assert dataclasses.replace(again, seconds=0) == dataclasses.replace(solution, seconds=0)


def test_after_an_illness_and_a_day_of_snow_only_few_move(solved: tuple[Problem, frozenset[int], Solution]) -> None:
    problem, _, solution = solved
    for found in (illness(problem, solution), snow(problem, solution)):
        assert not found["broken_rules"] and found["must_move_at_least"] <= found["moved"] <= 2 * found["must_move_at_least"]
