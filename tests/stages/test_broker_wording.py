"""What is said of whoever was not taken, and of what the money meets instead: in plain words, and true of the matching it is said of."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.programme import Broker
from models.words import Phase
from stages.broker.matching.explaining import value_of
from stages.broker.modelling import Model
from stages.broker.outcomes import match_all
from stages.broker.rules import ORDER, Candidate, Matched, Unmet, Wanted
from stages.broker.wording import nobody_else
from tests.stages.test_broker_rules import candidate, case, matched, unmet


def next_of(*candidates: Candidate, proposed: dict[int, int] | None = None, **wanted: Any) -> str:
    (found,) = match_all([case(**wanted)], candidates, Broker(), 10_000_00, proposed=proposed).outcomes
    assert isinstance(found, Matched)
    assert found.supporter_id == 1
    return (found.runner_up_reason or "").partition("if every other match stays as it is: ")[2]


def skilled(level: int) -> dict[tuple[str, Phase | None], int]:
    return {("reading", None): level}


@pytest.mark.parametrize(
    ("first", "second", "wanted", "says"),
    [
        ({}, {"easting": 453_000}, {}, "3.0 km further; weighed together, as much worse as if they had 3.0 km further to travel"),
        ({"skills": skilled(3), "easting": 452_000}, {}, {}, "2.0 km nearer, but less skilled; weighed together, as much worse as if they had 8.0 km further to travel"),
        ({"easting": 455_000}, {}, {"known": {1}},
         "5.0 km nearer, but not known to the school from earlier work; weighed together, as much worse as if they had 10.0 km further to travel"),
        ({"faith": "Quaker"}, {}, {"faith": "Quaker"}, "not of the school's faith; weighed together, as much worse as if they had 5.0 km further to travel"),
        ({}, {"easting": None}, {}, "a distance that is not known; weighed together, as much worse as if they had 50.0 km further to travel"),
        ({}, {}, {}, "as good"),
        ({}, {"half_days_left": 10}, {}, "work less evenly shared; weighed together, as much worse as if they had 4.0 km further to travel"),
        ({}, {"easting": 453_000, "pence_a_half_day": 350_00}, {},
         "3.0 km further; weighed together, as much worse as if they had 3.0 km further to travel; £100.00 more in money"),
        ({}, {"pence_a_half_day": 299_00}, {}, "as good; £2.00 less in money"),
    ],
)  # fmt: skip
def test_what_would_be_better_and_worse_with_the_runner_up_is_said_and_what_the_money_would_be(
    first: dict[str, Any], second: dict[str, Any], wanted: dict[str, Any], says: str
) -> None:
    assert next_of(candidate(1, **first), candidate(2, **second), **wanted) == says


def test_a_supporter_who_was_proposed_is_said_to_be_kept_for_that() -> None:
    far = candidate(1, easting=455_000)
    assert next_of(far, candidate(2), proposed={1: 1}) == (
        "5.0 km nearer, but a change of what was proposed; weighed together, as much worse as if they had 15.0 km further to travel"
    )
    assert next_of(candidate(1), candidate(2, easting=480_000), proposed={1: 2}) == (
        "as was proposed already, but 30.0 km further; weighed together, as much worse as if they had 10.0 km further to travel"
    )


@pytest.mark.parametrize(
    ("other", "broker", "says"),
    [
        ({"pence_a_half_day": 5_000_01}, {}, "1 too dear for what is left of the budget"),
        ({"half_days_left": 1}, {}, "1 with no days left"),
        ({"cases": 2}, {"cases_per_supporter": 2}, "1 with as many cases as they may have"),
        ({"conflicted_urns": frozenset({101})}, {}, "1 with a conflict of interest"),
        ({"declared": False}, {}, "1 without a declaration of interests"),
        ({"easting": 490_000}, {"max_km": 30}, "1 too far away or at a distance that is not known"),
        ({"skills": {}}, {}, "1 without the expertise"),
    ],
)
def test_a_match_without_a_runner_up_says_what_stops_everybody_else(other: dict[str, Any], broker: dict[str, Any], says: str) -> None:
    found = matched(case(), candidate(1), candidate(2, **other), **broker)
    assert (found.supporter_id, found.runner_up_id, found.runner_up_reason) == (1, None, f"nobody else could: {says}")


def test_without_anybody_else_it_says_so_and_of_several_limits_each_is_counted() -> None:
    assert matched(case(), candidate()).runner_up_reason == "nobody else: there is no other supporter"
    others = [candidate(2, half_days_left=1), candidate(3, half_days_left=0), candidate(4, skills={})]
    assert matched(case(), candidate(), *others).runner_up_reason == "nobody else could: 2 with no days left, 1 without the expertise"


def test_what_other_cases_take_is_what_stops_the_runner_up() -> None:
    """Two cases and money for two: whoever is dearer cannot be paid once the other case has its share."""
    cases = [case(1), case(2)]
    first, second = match_all(cases, [candidate(1), candidate(2, pence_a_half_day=400_00)], Broker(), 1_200_00).outcomes
    assert isinstance(first, Matched) and isinstance(second, Matched)
    assert first.runner_up_reason == second.runner_up_reason == "nobody else could: 1 too dear for what is left of the budget"


def left_out(cases: list[Wanted], budget: int, *candidates: Candidate, proposed: dict[int, int] | None = None) -> str:
    (found,) = (one for one in match_all(cases, candidates, Broker(), budget, proposed=proposed).outcomes if one.case_id == 1)
    assert isinstance(found, Unmet)
    return found.why


def test_a_grave_need_left_out_for_money_says_what_it_would_cost_and_what_the_money_meets() -> None:
    grave = case(1, severity=90, half_days=4)
    why = left_out([grave, case(2), case(3), case(4, severity=10)], 1_200_00, candidate())
    assert (
        "£1,200.00 more; its 2 days would cost £1,200.00, and the money meets lighter needs (2), of which 2 or more would have to go without, "
        "which weigh no less together, with their ways"
    ) in why
    why = left_out([grave, case(2), case(3, severity=95)], 1_200_00, candidate())
    assert "the money meets lighter needs (1), " not in why and "would not do even without the lighter needs that it meets (1) (budget" in why
    assert unmet(case(half_days=3), candidate(), budget=800_00).endswith("£100.00 more; its 1.5 days would cost £900.00 (budget stops 1).")
    why = left_out([grave, case(2), case(3)], 1_200_00, candidate(), proposed={2: 1, 3: 1})
    assert why.endswith("its 2 days would cost £1,200.00, and what was proposed already stays (budget stops 1).")


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 5), st.sampled_from([450_000, 470_000])), min_size=3, max_size=6),
    st.integers(200_00, 2_500_00),
)
def test_what_is_said_to_weigh_no_less_weighs_no_less_and_the_fewest_are_the_fewest(rows: list[tuple[int, int, int]], budget: int) -> None:
    cases = [case(number, severity=severity, half_days=days, easting=place) for number, (severity, days, place) in enumerate(rows, start=1)]
    cases.sort(key=lambda one: (-one.severity, one.case_id))
    dear = candidate(half_days=100, half_days_left=100)
    model, by_id = Model(cases, {1: dear}, Broker(), budget, {}), {one.case_id: one for one in cases}
    found = match_all(cases, [dear], Broker(), budget).outcomes
    chosen = {one.case_id: 1 if isinstance(one, Matched) else None for one in found}
    left = budget - sum(one.cost for one in found if isinstance(one, Matched))
    for one in found:
        if not isinstance(one, Unmet):
            continue
        mine = by_id[one.case_id]
        lighter = [by_id[other] for other, number in chosen.items() if number is not None and by_id[other].severity < mine.severity]
        enough = [
            some for count in range(1, len(lighter) + 1) for some in itertools.combinations(lighter, count)
            if left + sum(other.half_days for other in some) * 300_00 >= mine.half_days * 300_00
        ]  # fmt: skip
        said = re.search(r"meets lighter needs \((\d+)\), of which (\d+) or more", one.why)
        assert (said is not None) == bool(enough) and ("even without the lighter" in one.why) == bool(lighter and not enough)
        if said is not None:
            assert [int(number) for number in said.groups()] == [len(lighter), min(map(len, enough))]
            for some in enough:
                otherwise = chosen | dict.fromkeys(other.case_id for other in some) | {one.case_id: 1}
                assert value_of(model.problem(), otherwise) <= value_of(model.problem(), chosen) + 1e-3


def test_there_are_words_for_each_limit_that_can_stop_a_match() -> None:
    assert all(nobody_else({stop: 1}) for stop in ORDER)
