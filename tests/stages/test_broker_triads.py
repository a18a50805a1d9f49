"""Groups matched as one: the books kept again apart from the code, who is with whom, and the best there is in small cases."""

import dataclasses
import math
import pathlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from models.database import Database
from models.programme import Broker
from models.words import Phase, Status
from stages.broker.matching.solution import Limits
from stages.broker.rules import Candidate, Matched, Unmet, Wanted
from stages.broker.triads import Group, Together, match_groups
from stages.broker.work import advance
from tests.stages.meeting_builders import company, triads
from tests.stages.test_broker_rules import candidate, case

LIMITS = Limits(seconds=5.0)
RULES = ("near", "alike_in_need", "no_shared_trust", "same_phase")
EASTS = (440_000, 445_000, 450_000, 470_000)


def school(number: int, **more: Any) -> Wanted:
    return case(number, **{"urn": 100 + number, "easting": 450_000 + 1000 * number, **more})


def matched(
    wanted: Sequence[Wanted], pool: Sequence[Candidate], size: int = 3, budget: int = 1_000_000_00, there: Sequence[Group] = (), **broker: Any
) -> Together:
    return match_groups(wanted, pool, Broker(**{"mode": "triad", **broker}), size, budget, LIMITS, there)


def of(found: Together, number: int) -> Matched | Unmet:
    return next(one for one in found.found.outcomes if one.case_id == number)


@dataclasses.dataclass(frozen=True)
class Round:
    """Schools that want a triad, those that are in one already, and who could come."""

    wanted: list[Wanted]
    there: list[Group]
    pool: list[Candidate]
    broker: Broker
    budget: int


@st.composite
def rounds(draw: st.DrawFn, most: int = 8, most_there: int = 2) -> Round:
    """Return a small round; what the groups that are there take is in their supporters' books already."""

    def one(number: int) -> Wanted:
        return school(
            number, easting=draw(st.sampled_from((*EASTS, *EASTS, None))), severity=draw(st.integers(0, 100)), half_days=draw(st.integers(1, 4)),
            trust=draw(st.sampled_from([None, None, "Oak Trust", "Elm Trust"])), phase=draw(st.sampled_from([Phase.PRIMARY, Phase.PRIMARY, Phase.SECONDARY])),
            not_these={draw(st.integers(10, 12))} if draw(st.integers(0, 5)) == 0 else (),
        )  # fmt: skip

    pool = [
        candidate(
            10 + n, half_days=40, half_days_left=draw(st.integers(0, 30)), pence_a_half_day=draw(st.sampled_from([0, 100_00, 250_00])),
            easting=draw(st.sampled_from(EASTS)), cases=draw(st.integers(0, 2)), caseload_cap=draw(st.none() | st.none() | st.integers(3, 7)),
            conflicted_urns=frozenset(draw(st.lists(st.integers(100, 112), max_size=2))) if draw(st.integers(0, 2)) == 0 else frozenset(),
            declared=draw(st.integers(0, 9)) < 9,
            trust=draw(st.sampled_from([None, None, "Oak Trust"])), kind=draw(st.sampled_from(["adviser"] * 9 + ["hub"])),
        )
        for n in range(draw(st.sampled_from([0, 1, 2, 3, 3, 3])))
    ]  # fmt: skip
    numbers = iter(range(100))
    there = [
        Group(n, draw(st.sampled_from([10, 11, 12])), tuple(
            dataclasses.replace(one(next(numbers)), easting=450_000, trust=None, phase=Phase.PRIMARY) for _ in range(draw(st.integers(1, 4)))))
        for n in range(1, 1 + draw(st.integers(0, most_there)))
    ]  # fmt: skip
    wanted = [one(next(numbers)) for _ in range(draw(st.integers(most - 6, most)))]
    rules = [rule for rule in RULES if draw(st.booleans())]
    broker = Broker(
        mode="triad",
        group_rules=rules,
        cases_per_supporter=draw(st.none() | st.none() | st.integers(4, 8)),
        max_km=draw(st.sampled_from([None, None, 15.0])),
    )
    return Round(wanted, there, pool, broker, draw(st.sampled_from([0, 1_500_00, 1_000_000_00, 1_000_000_00, 1_000_000_00])))


def distance(one: Wanted, who: Candidate) -> float:
    if None in (one.easting, one.northing, who.easting, who.northing):
        return math.inf
    return math.dist((one.easting, one.northing), (who.easting, who.northing)) / 1000  # type: ignore[arg-type]


def faults(given: Round, found: Together) -> list[str]:
    """Return every rule that a result breaks, with books of one's own."""
    wanted, pool, wrong = {one.case_id: one for one in given.wanted}, {one.id: one for one in given.pool}, list[str]()
    if sorted(one.case_id for one in found.found.outcomes) != sorted(wanted):
        wrong.append("not every case once")
    took = {one.case_id: one for one in found.found.outcomes if isinstance(one, Matched)}
    days, loads, money = Counter[int](), Counter[int](), 0
    for number, one in took.items():
        case, who = wanted[number], pool[one.supporter_id]
        days[who.id] += case.half_days
        loads[who.id] += 1
        money += one.cost
        stops = {
            "kind": who.kind != "adviser", "conflict": case.urn in who.conflicted_urns, "declaration": not who.declared,
            "shared trust with the supporter": "no_shared_trust" in given.broker.group_rules and case.trust is not None and case.trust == who.trust,
            "declined": who.id in case.not_these, "too far": given.broker.max_km is not None and distance(case, who) > given.broker.max_km,
            "cost": one.cost != case.half_days * who.pence_a_half_day, "half days": one.half_days != case.half_days,
            "skill": any((skill, None) not in who.skills for skill in case.skills),
        }  # fmt: skip
        wrong += [name for name, broken in stops.items() if broken]
    wrong += [f"days of {n}" for n, took_days in days.items() if took_days > pool[n].half_days_left]
    caps = {n: [cap for cap in (one.caseload_cap, given.broker.cases_per_supporter) if cap is not None] for n, one in pool.items()}
    wrong += [f"caseload of {n}" for n, load in loads.items() if any(pool[n].cases + load > cap for cap in caps[n])]
    wrong += ["budget"] if money > given.budget else []
    return wrong + group_faults(given, found, took)


def group_faults(given: Round, found: Together, took: dict[int, Matched]) -> list[str]:
    """Return what is wrong with the groups: their sizes, trusts and phases, and one supporter for each."""
    wanted, wrong = {one.case_id: one for one in given.wanted}, list[str]()
    groups = [[wanted[number] for number in numbers] for numbers in found.together]
    for numbers in found.together:
        if len(numbers) not in (2, 3, 4):
            wrong.append(f"a new group of {len(numbers)}")
        if len({took[number].supporter_id for number in numbers}) != 1:
            wrong.append("two supporters in a group")
    for group in given.there:
        came = [wanted[number] for number, to in found.joined.items() if to == group.id]
        wrong += ["another supporter than the group's"] if any(took[one.case_id].supporter_id != group.supporter_id for one in came) else []
        wrong += [f"a group of {len(group.members)} with {len(came)} more"] if came and len(group.members) + len(came) > 4 else []
        groups += [[*group.members, *came]] if came else []
    for members in groups:
        trusts = [one.trust for one in members if one.trust]
        if "no_shared_trust" in given.broker.group_rules and len(trusts) != len(set(trusts)):
            wrong.append("a shared trust")
        if "same_phase" in given.broker.group_rules and len({one.phase for one in members}) > 1:
            wrong.append("two phases")
    placed = [number for numbers in found.together for number in numbers] + list(found.joined)
    return wrong + (["matched and in no group, or in two"] if sorted(placed) != sorted(took) else [])


@settings(max_examples=100)
@given(rounds())
def test_no_conflict_trust_capacity_caseload_or_budget_is_ever_broken(given: Round) -> None:
    found = match_groups(given.wanted, given.pool, given.broker, 3, given.budget, LIMITS, given.there)
    assert faults(given, found) == []


@settings(max_examples=15)
@given(rounds())
def test_the_same_schools_are_put_together_the_same_way_again(given: Round) -> None:
    def again() -> Together:
        return match_groups(given.wanted, given.pool, given.broker, 3, given.budget, LIMITS, given.there)

    assert again() == again()


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (3, [3]), (4, [4]), (5, [2, 3]), (6, [3, 3]), (7, [3, 4]), (8, [4, 4]), (10, [3, 3, 4])])
def test_groups_are_of_three_and_of_four_or_two_only_where_the_numbers_force_it(count: int, sizes: list[int]) -> None:
    found = matched([school(n) for n in range(count)], [candidate(10, half_days_left=100)])
    assert sorted(len(group) for group in found.together) == sizes and not found.joined


def test_a_school_alone_waits_for_another_and_is_told_so() -> None:
    outcome = of(matched([school(1)], [candidate(10)]), 1)
    assert isinstance(outcome, Unmet) and "a further school, or a group with room, would do" in outcome.why


def test_a_school_of_unknown_place_is_told_what_is_missing() -> None:
    found = matched([*(school(n) for n in range(3)), school(7, easting=None)], [candidate(10)])
    outcome = of(found, 7)
    assert isinstance(outcome, Unmet) and "its place is not known" in outcome.why.lower()
    assert found.together == [(0, 1, 2)]


def test_latecomers_fill_short_groups_before_they_make_new_ones() -> None:
    short = Group(5, 10, (school(1), school(2)))
    found = matched([school(3), school(4), school(5), school(6)], [candidate(10, half_days_left=100)], there=[short])
    assert list(found.joined.values()) == [5] and [len(group) for group in found.together] == [3]


def test_latecomers_do_not_all_take_the_last_place() -> None:
    there = [Group(5, 10, (school(1), school(2)))]
    two = matched([school(3), school(4)], [candidate(10, half_days_left=100)], there=there)
    assert two.joined == {3: 5, 4: 5} and two.together == []
    three = matched([school(3), school(4), school(6)], [candidate(10, half_days_left=100)], there=there)
    assert three.joined == {3: 5} and three.together == [(4, 6)]


def test_no_two_latecomers_are_both_the_fourth() -> None:
    there = [Group(5, 10, tuple(school(n, phase=Phase.PRIMARY) for n in (1, 2, 3)))]
    late = [school(4, trust="Oak Trust"), school(6, trust="Oak Trust")]
    found = matched(late, [candidate(10, half_days_left=100)], there=there, group_rules=["no_shared_trust"])
    assert found.joined == {4: 5} and isinstance(of(found, 6), Unmet)


def test_where_every_latecomer_finds_room_there_is_no_new_group() -> None:
    found = matched([school(3)], [candidate(10, half_days_left=100)], there=[Group(5, 10, (school(1), school(2)))])
    assert found.joined == {3: 5} and found.together == []


def test_where_no_place_is_known_nobody_is_grouped() -> None:
    assert matched([school(3, northing=None)], [candidate(10)]).together == []


def test_a_latecomer_that_makes_no_new_group_is_the_fourth_of_one_that_is_there() -> None:
    found = matched([school(4)], [candidate(10, half_days_left=100)], there=[Group(5, 10, (school(1), school(2), school(3)))])
    assert found.joined == {4: 5}
    outcome = of(found, 4)
    assert isinstance(outcome, Matched) and outcome.supporter_id == 10 and outcome.reason.startswith("joins a group")


def test_nobody_is_the_fifth() -> None:
    found = matched([school(5)], [candidate(10, half_days_left=100)], there=[Group(5, 10, tuple(school(n) for n in range(1, 5)))])
    assert not found.joined and isinstance(of(found, 5), Unmet)


def test_a_latecomer_goes_to_the_nearest_group_that_has_room() -> None:
    far, near = Group(1, 10, (school(1, easting=480_000), school(2, easting=480_000))), Group(2, 11, (school(3), school(4)))
    found = matched([school(6, easting=451_000)], [candidate(10, half_days_left=50), candidate(11, half_days_left=50)], there=[far, near])
    assert found.joined == {6: 2}


def test_a_group_is_as_far_as_those_of_its_schools_whose_place_is_known_wherever_that_is() -> None:
    # One school on the line from which eastings are counted, and one of which nobody knows where it is.
    edge = Group(1, 10, (school(1, easting=0), school(2, easting=None)))
    nowhere = Group(2, 11, (school(4, easting=None), school(5, easting=None)))
    pool = [candidate(10, half_days_left=50, easting=0), candidate(11, half_days_left=50, easting=0)]
    found = matched([school(6, easting=10_000)], pool, there=[nowhere, edge])
    outcome = of(found, 6)
    assert found.joined == {6: 1} and isinstance(outcome, Matched) and outcome.reason.startswith("joins a group 10.0 km away on average: ")
    found = matched([school(6, easting=10_000)], pool, there=[nowhere])
    outcome = of(found, 6)
    assert isinstance(outcome, Matched) and outcome.reason.startswith("joins a group whose distance is not known: ")


def test_cases_that_wait_for_others_ask_once_whether_any_comes(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads(5))
    for number in range(4):
        while one.cases[number].status is not Status.TO_MATCH:
            one.one(number).step()
    asked = list[str]()

    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    tally = advance(sqlite_database, one.commission_id, [case.id for case in one.cases], one.at)
    event.remove(sqlite_database.engine, "before_cursor_execute", note)
    assert dict(tally.stayed) == {"waits for the other schools, so that they can be put together": 4} and not +tally.moves
    assert sum("cases.stage = ?" in statement for statement in asked) == 1
    assert {case.status for case in one.cases[:4]} == {Status.TO_MATCH}


def test_two_schools_of_one_trust_do_not_join_the_same_group_on_one_day() -> None:
    there = [Group(5, 10, (school(1),))]
    late = [school(3, trust="Oak Trust"), school(4, trust="Oak Trust")]
    found = matched(late, [candidate(10, half_days_left=100)], there=there, group_rules=["no_shared_trust"])
    assert found.joined == {3: 5}


def test_who_joins_takes_the_supporters_time_before_a_new_group_does() -> None:
    there = [Group(5, 10, (school(1), school(2)))]
    late = [school(n, half_days=2) for n in range(3, 7)]
    found = matched(late, [candidate(10, half_days_left=7)], there=there)
    assert len(found.joined) == 1 and found.together == []


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to put schools into groups and to give each a supporter."""

    groups: tuple[tuple[int, ...], ...]
    leaders: tuple[int | None, ...]


def ways(groups: list[tuple[int, ...]], pool: Sequence[Candidate]) -> Iterator[Way]:
    for leaders in product([None, *(one.id for one in pool)], repeat=len(groups)):
        yield Way(tuple(groups), leaders)


@settings(max_examples=40)
@given(rounds(most=7, most_there=0))
def test_no_other_choice_of_supporters_for_the_same_groups_meets_more_schools(given: Round) -> None:
    """The groups are the nearest there are (tested with the grouping); for them every choice of supporters is tried."""
    found = match_groups(given.wanted, given.pool, given.broker, 3, given.budget, LIMITS)
    placed = [one for one in given.wanted if one.easting is not None]
    made = {number: group for group in found.together for number in group}
    met = sum(isinstance(one, Matched) for one in found.found.outcomes)
    # One group only, so that its members are known whether or not it was matched.
    if not 2 <= len(placed) <= 4 or "same_phase" in given.broker.group_rules or "no_shared_trust" in given.broker.group_rules:
        assert met == len(made)
        return
    group = tuple(one.case_id for one in placed)
    outcomes = []
    for who in given.pool:
        as_matched = [Matched(one.case_id, who.id, one.half_days, one.half_days * who.pence_a_half_day, None, "", None, None) for one in placed]
        rest: list[Matched | Unmet] = [Unmet(one.case_id, "") for one in given.wanted if one not in placed]
        tried = Together(dataclasses.replace(found.found, outcomes=[*rest, *as_matched]), [group], {})
        if not faults(given, tried):
            outcomes.append(sum(distance(one, who) for one in placed))
    assert met == (len(placed) if outcomes else 0)


def test_of_two_ways_to_make_triads_the_nearer_schools_are_together() -> None:
    west, east = [school(n, easting=440_000 + n) for n in (1, 3, 5)], [school(n, easting=470_000 + n) for n in (2, 4, 6)]
    found = matched([*west, *east], [candidate(10, half_days_left=100)])
    assert found.together == [(1, 3, 5), (2, 4, 6)]


def test_schools_alike_in_need_are_together_where_the_programme_says_so() -> None:
    schools = [school(n, easting=450_000 + 100 * n, severity=100 * (n % 2)) for n in range(6)]
    alike = matched(schools, [candidate(10, half_days_left=100)], group_rules=["near", "alike_in_need"])
    assert {frozenset(group) for group in alike.together} == {frozenset({0, 2, 4}), frozenset({1, 3, 5})}
    near = matched(schools, [candidate(10, half_days_left=100)], group_rules=["near"])
    assert {frozenset(group) for group in near.together} == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}


def test_the_grouping_is_the_nearest_of_all_that_there_are() -> None:
    schools = [school(n, easting=440_000 + 1000 * place) for n, place in enumerate((0, 9, 1, 20, 8, 21))]
    found = matched(schools, [candidate(10, half_days_left=100)])

    def cost(groups: Sequence[Sequence[int]]) -> int:
        return sum(abs((schools[a].easting or 0) - (schools[b].easting or 0)) for group in groups for a, b in combinations(group, 2))

    every = [(first, tuple(n for n in range(6) if n not in first)) for first in combinations(range(6), 3) if 0 in first]
    assert cost(found.together) == min(cost(groups) for groups in every)


def test_a_caseload_counts_schools_and_not_groups() -> None:
    """Five schools make a group of two and one of three; a caseload of five takes both, and one of four the larger, or the graver."""
    assert len(matched([school(n) for n in range(5)], [candidate(10, half_days_left=100, caseload_cap=5)]).together) == 2
    assert len(matched([school(n) for n in range(5)], [candidate(10, half_days_left=100, caseload_cap=4)]).together) == 1
    assert len(matched([school(n) for n in range(7)], [candidate(10, half_days_left=100, caseload_cap=3)]).together) == 1


@pytest.mark.parametrize(("cap", "cases", "lacks"), [(3, 0, 3), (4, 0, 2), (5, 0, 1), (3, 4, 4)])
def test_the_smallest_change_of_a_caseload_is_so_many_schools_and_does(cap: int, cases: int, lacks: int) -> None:
    wanted = [school(n) for n in range(6)]
    found = matched(wanted, [candidate(10, half_days_left=100, caseload_cap=cap, cases=cases)])
    whys = [one.why for one in found.found.outcomes if isinstance(one, Unmet)]
    assert len(whys) == (3 if cases == 0 else 6)
    # Two groups that both lack the same supporter are told what would do for both.
    both = "" if cases == 0 else f"; for all 6 cases that lack the same supporter together: {lacks + 3} more cases for Adviser 10"
    assert all(f": {lacks} more case{'' if lacks == 1 else 's'} for Adviser 10{both} (caseload stops 1)" in why for why in whys)
    more = matched(wanted, [candidate(10, half_days_left=100, caseload_cap=cap + lacks, cases=cases)])
    assert len(more.together) == len(found.together) + 1
    less = matched(wanted, [candidate(10, half_days_left=100, caseload_cap=cap + lacks - 1, cases=cases)])
    assert len(less.together) == len(found.together)


def test_a_group_whose_supporter_has_left_says_so() -> None:
    outcome = of(matched([school(3)], [candidate(10)], there=[Group(5, 77, (school(1), school(2)))]), 3)
    assert isinstance(outcome, Unmet) and "of the groups there are, the nearest cannot: its supporter has left;" in outcome.why
