"""Who supports whom, checked by keeping the books again and by trying every matching, apart from the code that matched."""

import dataclasses
import itertools
import math
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
from stages.broker.rules import Candidate, Matched, Unmet, Wanted

SKILLS = ("reading", "leadership")
PHASES = (Phase.PRIMARY, Phase.SECONDARY)
TRUSTS = (None, "Oak Trust", "Elm Trust")
URNS = (101, 102, 103)


def candidate(number: int = 1, **more: Any) -> Candidate:
    base: dict[str, Any] = {
        "name": f"Adviser {number}", "kind": "adviser", "skills": {("reading", None): 2}, "half_days": 20, "half_days_left": 20,
        "pence_a_half_day": 300_00, "easting": 450_000, "northing": 200_000, "cases": 0, "caseload_cap": None, "trust": None,
        "employer_urn": None, "conflicted_urns": frozenset(),
    }  # fmt: skip
    return Candidate(id=number, **{**base, **more})


def case(number: int = 1, **more: Any) -> Wanted:
    base: dict[str, Any] = {
        "urn": 101, "phase": Phase.PRIMARY, "trust": None, "easting": 450_000, "northing": 200_000, "skills": ("reading",), "severity": 50,
        "half_days": 2,
    }  # fmt: skip
    return Wanted(case_id=number, **{**base, **more})


def unmet(wanted: Wanted, *candidates: Candidate, budget: int = 10_000_00, **broker: Any) -> str:
    (found,) = match_all([wanted], candidates, Broker(**broker), budget).outcomes
    assert isinstance(found, Unmet) and found.case_id == wanted.case_id
    return found.why


def matched(wanted: Wanted, *candidates: Candidate, budget: int = 10_000_00, **broker: Any) -> Matched:
    (found,) = match_all([wanted], candidates, Broker(**broker), budget).outcomes
    assert isinstance(found, Matched) and found.case_id == wanted.case_id
    return found


coordinates = st.none() | st.sampled_from([450_000, 451_000, 470_000, 500_000])
candidates_ = st.builds(
    Candidate,
    id=st.just(0), name=st.just("X"), kind=st.sampled_from(["adviser", "adviser", "adviser", "hub"]),
    skills=st.just({(skill, None): 2 for skill in SKILLS})
    | st.dictionaries(st.tuples(st.sampled_from(SKILLS), st.sampled_from((None, *PHASES))), st.integers(1, 3)),
    half_days=st.just(10), half_days_left=st.integers(-1, 10), pence_a_half_day=st.sampled_from([0, 100_00, 250_00]),
    easting=coordinates, northing=coordinates, cases=st.integers(0, 2), caseload_cap=st.none() | st.integers(0, 3),
    trust=st.sampled_from(TRUSTS), employer_urn=st.none() | st.sampled_from(URNS), declared=st.sampled_from([True, True, True, False]),
    conflicted_urns=st.just(frozenset()) | st.frozensets(st.sampled_from(URNS)),
)  # fmt: skip
pools = st.lists(candidates_, max_size=5).map(lambda found: [dataclasses.replace(one, id=10 + n) for n, one in enumerate(found)])
wanteds = st.builds(
    Wanted,
    case_id=st.just(0), urn=st.sampled_from(URNS), phase=st.sampled_from(PHASES), trust=st.sampled_from(TRUSTS), easting=coordinates,
    northing=coordinates, skills=st.lists(st.sampled_from(SKILLS), unique=True).map(tuple), severity=st.integers(0, 4), half_days=st.integers(0, 5),
    not_these=st.just(frozenset()) | st.frozensets(st.integers(10, 14), max_size=2),
)  # fmt: skip
queues = st.lists(wanteds, max_size=7).map(lambda found: [dataclasses.replace(one, case_id=20 - n) for n, one in enumerate(found)])
brokers = st.builds(Broker, max_km=st.none() | st.sampled_from([5.0, 25.0]), cases_per_supporter=st.none() | st.integers(1, 3))


class Books:
    """What is left of everybody's days and of the money, kept apart from the code that is checked."""

    def __init__(self, pool: list[Candidate], broker: Broker, budget: int) -> None:
        self.pool, self.broker, self.budget = pool, broker, budget
        self.left = {one.id: one.half_days_left for one in pool}
        self.cases = {one.id: one.cases for one in pool}

    def take(self, wanted: Wanted, supporter: Candidate) -> None:
        self.left[supporter.id] -= wanted.half_days
        self.cases[supporter.id] += 1
        self.budget -= wanted.half_days * supporter.pence_a_half_day

    def broken(self, wanted: Wanted, one: Candidate) -> set[str]:
        """Return every limit that a match would break, in the words in which reasons name them."""
        caps = [cap for cap in (one.caseload_cap, self.broker.cases_per_supporter) if cap is not None]
        breaks = {
            "expertise": not all((skill, wanted.phase) in one.skills or (skill, None) in one.skills for skill in wanted.skills),
            "kind of supporter": one.kind != "adviser",
            "conflict of interest": wanted.urn in one.conflicted_urns,
            "declaration": not one.declared,
            "declined before": one.id in wanted.not_these,
            "distance": self.broker.max_km is not None and not self.is_near(wanted, one, self.broker.max_km),
            "capacity": self.left[one.id] < wanted.half_days,
            "caseload": any(self.cases[one.id] + 1 > cap for cap in caps),
            "budget": wanted.half_days * one.pence_a_half_day > self.budget,
        }
        return {limit for limit, is_broken in breaks.items() if is_broken}

    @staticmethod
    def is_near(wanted: Wanted, one: Candidate, kilometres: float) -> bool:
        if None in (wanted.easting, wanted.northing, one.easting, one.northing):
            return False
        return math.dist((wanted.easting, wanted.northing), (one.easting, one.northing)) <= 1000 * kilometres  # type: ignore[arg-type]


def books_of(outcomes: list[Any], queue: list[Wanted], pool: list[Candidate], broker: Broker, budget: int, without: int | None = None) -> Books:
    """Return the books after all matches but that of one case."""
    books, wanted, by_id = Books(pool, broker, budget), {one.case_id: one for one in queue}, {one.id: one for one in pool}
    for found in outcomes:
        if isinstance(found, Matched) and found.case_id != without:
            books.take(wanted[found.case_id], by_id[found.supporter_id])
    return books


@settings(deadline=None, max_examples=200)
@given(queues, pools, brokers, st.sampled_from([0, 500_00, 5_000_00]))
def test_no_match_breaks_a_limit_and_every_unmet_case_names_one_that_stops_it(
    queue: list[Wanted], pool: list[Candidate], broker: Broker, budget: int
) -> None:
    outcomes = match_all(queue, pool, broker, budget).outcomes
    assert [found.case_id for found in outcomes] == [one.case_id for one in sorted(queue, key=lambda w: (-w.severity, w.case_id))]
    by_id, wanted_by_id = {one.id: one for one in pool}, {one.case_id: one for one in queue}
    for found in outcomes:
        wanted = wanted_by_id[found.case_id]
        # Everything else stays as it is: what was chosen may be taken, and nobody else could have been for a case that stays without.
        books = books_of(outcomes, queue, pool, broker, budget, without=found.case_id)
        broken = {one.id: books.broken(wanted, one) for one in pool}
        if isinstance(found, Matched):
            assert broken[found.supporter_id] == set()
            assert found.runner_up_id is None or (broken[found.runner_up_id] == set() and found.runner_up_id != found.supporter_id)
            assert (found.runner_up_id is None) == (sum(not limits for limits in broken.values()) == 1)
            assert found.half_days == wanted.half_days
            assert found.cost == wanted.half_days * by_id[found.supporter_id].pence_a_half_day
        else:
            assert all(broken.values())
            counts = {limit: int(number) for limit, number in re.findall(r"([a-z ]+?) stops (\d+)", found.why)}
            assert sum(counts.values()) >= len(pool)
            for limit, number in counts.items():
                assert 1 <= number <= sum(limit.strip() in limits for limits in broken.values())


def every_matching(model: Model, budget: int) -> float:
    """Return the value of the best of all matchings that keep the limits, tried one by one."""
    problem, best = model.problem(), -math.inf
    choices = [[None, *model.allowed.get(one.case_id, ())] for one in model.queue if one.case_id in model.allowed]
    cases = [one for one in model.queue if one.case_id in model.allowed]
    for picked in itertools.product(*choices):
        books, fine = Books(list(model.pool.values()), model.broker, budget), True
        for wanted, number in zip(cases, picked, strict=True):
            if number is not None:
                fine = fine and not books.broken(wanted, model.pool[number])
                books.take(wanted, model.pool[number])
        if fine:
            best = max(best, value_of(problem, dict(zip((one.case_id for one in cases), picked, strict=True))))
    return best


@settings(deadline=None, max_examples=100)
@given(st.lists(wanteds, min_size=1, max_size=4), pools, brokers, st.sampled_from([500_00, 2_000_00]))
def test_no_other_matching_is_worth_more(queue: list[Wanted], pool: list[Candidate], broker: Broker, budget: int) -> None:
    queue = sorted((dataclasses.replace(one, case_id=20 - n) for n, one in enumerate(queue)), key=lambda one: (-one.severity, one.case_id))
    model = Model(queue, {one.id: one for one in pool}, broker, budget, {})
    found = match_all(queue, pool, broker, budget)
    chosen = {one.case_id: one.supporter_id if isinstance(one, Matched) else None for one in found.outcomes if one.case_id in model.allowed}
    if chosen:
        assert value_of(model.problem(), chosen) == pytest.approx(every_matching(model, budget), abs=1e-4)
        assert found.stopped_by == "proven" and found.gap == 0


@settings(deadline=None, max_examples=50)
@given(queues, pools, brokers, st.integers(0, 3_000_00), st.randoms())
def test_the_order_in_which_cases_and_supporters_are_listed_changes_nothing(
    queue: list[Wanted], pool: list[Candidate], broker: Broker, budget: int, chance: Any
) -> None:
    before = match_all(queue, pool, broker, budget)
    chance.shuffle(queue)
    chance.shuffle(pool)
    assert match_all(queue, pool, broker, budget) == before


def test_the_most_severe_case_is_served_first_when_there_is_only_enough_for_one() -> None:
    light, grave = case(1, severity=10), case(2, severity=90)
    first, second = match_all([light, grave], [candidate(half_days_left=2)], Broker(), 10_000_00).outcomes
    assert isinstance(first, Matched) and first.case_id == 2
    assert isinstance(second, Unmet) and second.case_id == 1 and "no days left" in second.why
    assert "the least that would do, if nothing else moves and no other case takes it: 1 more day of Adviser 1" in second.why


def test_cases_that_lack_the_same_supporter_say_what_would_do_for_all_of_them_and_it_does() -> None:
    queue, full = [case(number) for number in range(1, 5)], candidate(half_days_left=2, caseload_cap=1, cases=0)
    unmet = [found for found in match_all(queue, [full], Broker(), 10_000_00).outcomes if isinstance(found, Unmet)]
    assert len(unmet) == 3 and len({found.why for found in unmet}) == 1
    assert "1 more day of Adviser 1" in unmet[0].why and "1 more case for Adviser 1" in unmet[0].why
    total = unmet[0].why.partition("for all 3 cases that lack the same supporter together: ")[2].partition(" (")[0]
    assert sorted(total.split(" and ")) == ["3 more cases for Adviser 1", "3 more days of Adviser 1"]
    enough = candidate(half_days_left=8, caseload_cap=4, cases=0)
    assert all(isinstance(found, Matched) for found in match_all(queue, [enough], Broker(), 10_000_00).outcomes)


def test_one_grave_case_gives_way_to_two_that_are_nearly_as_grave_if_there_is_enough_for_both() -> None:
    large, small, other = case(1, severity=90, half_days=4), case(2, severity=80), case(3, severity=80)
    outcome = match_all([large, small, other], [candidate(half_days_left=4)], Broker(), 10_000_00).outcomes
    assert [(found.case_id, isinstance(found, Matched)) for found in outcome] == [(1, False), (2, True), (3, True)]


def test_what_was_proposed_stays_unless_another_is_better_by_more_than_the_move() -> None:
    near, far = candidate(1, easting=450_000), candidate(2, easting=455_000)
    assert match_all([case()], [near, far], Broker(), 10_000_00, proposed={1: 2}).outcomes[0].supporter_id == 2  # type: ignore[union-attr]
    further = candidate(2, easting=490_000)
    assert match_all([case()], [near, further], Broker(), 10_000_00, proposed={1: 2}).outcomes[0].supporter_id == 1  # type: ignore[union-attr]


def test_a_supporter_that_the_school_knows_is_worth_some_way() -> None:
    found = matched(case(known={2}), candidate(1), candidate(2, easting=464_000))
    assert found.supporter_id == 2 and "they have worked together before" in found.reason
    assert matched(case(known={2}), candidate(1), candidate(2, easting=466_000)).supporter_id == 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"easting": 455_000}, {"easting": 456_000}),
        ({"skills": {("reading", None): 3}}, {"skills": {("reading", None): 2}}),
        ({"skills": {("reading", Phase.PRIMARY): 3, ("reading", None): 1}}, {"skills": {("reading", None): 2}}),
        ({"half_days_left": 20}, {"half_days_left": 5}),
        ({}, {"easting": None}),
    ],
)
def test_the_nearer_more_skilled_and_less_loaded_supporter_is_preferred(better: dict[str, Any], worse: dict[str, Any]) -> None:
    for one, other in ((1, 2), (2, 1)):
        found = matched(case(), candidate(one, **better), candidate(other, **worse))
        assert (found.supporter_id, found.runner_up_id) == (one, other)
        assert found.reason.startswith(f"Adviser {one}: ") and (found.runner_up_reason or "").startswith(f"Adviser {other}: ")
        assert re.search(
            r"; compared with the one chosen, if every other match stays as it is: [^;]+; weighed together, as much worse as if they had [0-9.]+ km further to travel$",
            found.runner_up_reason or "",
        )


FULL: list[dict[str, Any]] = [{"half_days_left": 0}, {"caseload_cap": 1, "cases": 1}, {"pence_a_half_day": 9_000_00}]


@pytest.mark.parametrize("full", FULL)
def test_those_who_cannot_take_a_case_do_not_keep_the_one_who_can_out_of_sight(full: dict[str, Any]) -> None:
    found = matched(case(), *(candidate(n, **full) for n in range(1, 81)), candidate(99, easting=470_000))
    assert found.supporter_id == 99 and found.reason.endswith("; 1 could do it")


def test_all_who_could_do_it_are_counted() -> None:
    assert matched(case(), *(candidate(n) for n in range(1, 81))).reason.endswith("; 80 could do it")


def test_where_the_best_are_all_taken_those_who_were_not_looked_at_come_in() -> None:
    """Seventy near supporters with time for one case each, and two who are far off, for seventy-two cases."""
    pool = [*(candidate(n, half_days_left=2) for n in range(1, 71)), *(candidate(n, half_days_left=2, easting=470_000) for n in (98, 99))]
    found = match_all([case(n) for n in range(1, 73)], pool, Broker(), 10**8).outcomes
    assert sum(isinstance(one, Matched) for one in found) == 72


def test_what_is_said_of_an_unmet_case_is_true_of_everybody() -> None:
    pool = [*(candidate(n, half_days_left=0) for n in range(1, 81)), candidate(99, half_days_left=1, easting=470_000)]
    assert unmet(case(), *pool).endswith("half a day more of Adviser 99 (capacity stops 81).")


def test_one_day_that_is_left_is_one_day() -> None:
    assert "; 1 day free; " in matched(case(), candidate(half_days_left=2)).reason
    assert "; 0.5 days free; " in matched(case(half_days=1), candidate(half_days_left=1)).reason


def test_a_runner_up_is_found_among_everybody() -> None:
    near = [candidate(n, half_days_left=2 * (n == 1)) for n in range(1, 81)]
    assert matched(case(), *near, candidate(99, easting=470_000)).runner_up_id == 99
    assert matched(case(), *near).runner_up_reason == "nobody else could: 79 with no days left"


def test_a_supporter_who_was_proposed_is_looked_at_however_many_are_nearer() -> None:
    pool = [*(candidate(n) for n in range(1, 81)), candidate(99, easting=451_000)]
    (found,) = match_all([case()], pool, Broker(), 10**8, proposed={1: 99}).outcomes
    assert isinstance(found, Matched) and found.supporter_id == 99


def test_a_match_says_why_in_plain_words() -> None:
    found = matched(case(), candidate(easting=453_000, northing=204_000, half_days_left=15))
    assert found.reason == "Adviser 1: reading at level 2 of 3; 5.0 km away; 7.5 days free; 1 could do it"
    assert (found.kilometres, found.cost, found.runner_up_id) == (5.0, 600_00, None)


def test_a_place_that_is_not_known_is_said_to_be_unknown_and_not_near() -> None:
    found = matched(case(), candidate(easting=None))
    assert found.kilometres is None and "distance not known" in found.reason


def test_money_and_places_that_one_case_takes_are_gone_for_the_next() -> None:
    cases = [case(n) for n in (1, 2, 3)]
    by_money = match_all(cases, [candidate()], Broker(), 1_200_00).outcomes
    assert [isinstance(found, Matched) for found in by_money] == [True, True, False]
    assert isinstance(by_money[2], Unmet) and "The budget that is left" in by_money[2].why
    by_cases = match_all(cases, [candidate(caseload_cap=1)], Broker(), 10_000_00).outcomes
    assert [isinstance(found, Matched) for found in by_cases] == [True, False, False]


def test_work_is_spread_over_equals_as_their_load_grows() -> None:
    outcome = match_all([case(n) for n in range(1, 5)], [candidate(1), candidate(2)], Broker(), 10_000_00).outcomes
    assert sorted(found.supporter_id for found in outcome if isinstance(found, Matched)) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("wanted", "supporter", "broker", "says"),
    [
        ({}, {"kind": "mentor"}, {}, "no supporter of the kind"),
        ({"skills": ("leadership",)}, {}, {}, "nobody has the expertise in this phase"),
        ({}, {"skills": {("reading", Phase.SECONDARY): 3}}, {}, "nobody has the expertise in this phase"),
        ({}, {"conflicted_urns": frozenset({101})}, {}, "too close to the school"),
        ({}, {"declared": False}, {}, "has not declared any conflicts of interest yet"),
        ({}, {"open_checks": 2}, {}, "has checks that are not done yet"),
        ({"not_these": {1}}, {}, {}, "has declined or was declined"),
        ({}, {"easting": 480_001}, {"max_km": 30}, "too far away"),
        ({}, {"half_days_left": 1}, {}, "no days left"),
        ({}, {"cases": 2}, {"cases_per_supporter": 2}, "(caseload stops 1)"),
        ({}, {"cases": 2, "caseload_cap": 2}, {"cases_per_supporter": 9}, "(caseload stops 1)"),
        ({}, {"pence_a_half_day": 5_000_01}, {}, "the budget that is left does not pay"),
    ],
)
def test_each_limit_stops_a_match_and_is_named(wanted: dict[str, Any], supporter: dict[str, Any], broker: dict[str, Any], says: str) -> None:
    assert says.lower() in unmet(case(**wanted), candidate(**supporter), **broker).lower()


@pytest.mark.parametrize(
    ("wanted", "supporter", "broker"),
    [
        ({}, {"easting": 480_000}, {"max_km": 30}),
        ({}, {"half_days_left": 2}, {}),
        ({}, {"cases": 1}, {"cases_per_supporter": 2}),
        ({}, {"pence_a_half_day": 5_000_00}, {}),
        ({}, {"trust": "Oak Trust"}, {}),
        ({"not_these": {2}}, {}, {}),
    ],
)
def test_a_limit_that_is_just_kept_stops_nobody(wanted: dict[str, Any], supporter: dict[str, Any], broker: dict[str, Any]) -> None:
    assert matched(case(**wanted), candidate(**supporter), **broker).supporter_id == 1


def test_without_supporters_it_says_that_there_are_none() -> None:
    assert unmet(case()) == "There are no supporters yet: add some."


def test_one_who_is_too_far_to_be_worth_the_way_is_not_said_to_be_missing() -> None:
    assert unmet(case(severity=0), candidate(northing=900_000)) == "Nobody is near enough to be worth the way."
    assert unmet(case(severity=0), candidate(northing=900_000), candidate(2, skills={})) == (
        "Nobody is near enough to be worth the way (expertise stops 1)."
    )


def test_the_limit_nearest_to_being_met_is_named_first_with_all_counts() -> None:
    why = unmet(case(), candidate(1, kind="hub"), candidate(2, half_days_left=0), candidate(3, skills={}), candidate(4, half_days_left=1))
    assert why == (
        "Everybody who could has no days left: more days of one of them would do; the least that would do, if nothing else moves and no other case takes it: half a day more of Adviser 4 "
        "(capacity stops 2, expertise stops 1, kind of supporter stops 1: it takes an adviser)."
    )


def test_what_lacks_where_a_limit_is_passed_already_is_all_that_lacks() -> None:
    assert ": £1,100.00 more; its 1 day would cost £600.00 (budget stops 1)" in unmet(case(), candidate(), budget=-500_00)
    assert ": 4 more cases for Adviser 1 (caseload stops 1)" in unmet(case(), candidate(cases=5, caseload_cap=2))
    assert matched(case(), candidate(cases=5, caseload_cap=6), budget=600_00).supporter_id == 1


def test_whoever_costs_nothing_lacks_no_money_however_much_is_overspent() -> None:
    assert matched(case(), candidate(pence_a_half_day=0), budget=-500_00).supporter_id == 1
    assert "£" not in unmet(case(), candidate(pence_a_half_day=0, half_days_left=1), budget=-500_00)


def test_more_days_are_not_advised_where_it_is_the_caseload_that_is_full() -> None:
    """Twenty half days are free; only the number of cases stops the match."""
    assert "more days" not in unmet(case(), candidate(half_days_left=20, cases=2), cases_per_supporter=2)


@pytest.mark.parametrize("unknown", [{"easting": None}, {"northing": None}])
def test_a_longer_distance_is_not_advised_where_the_distance_is_not_known(unknown: dict[str, Any]) -> None:
    assert "longer distance" not in unmet(case(**unknown), candidate(), max_km=30)


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [("adviser", {"adviser"}), ("provider", {"provider", "hub", "supporting_school"}), ("hub", {"hub"}), ("mentor", {"mentor"})],
)
def test_each_way_of_brokering_has_its_kinds_of_supporter(mode: str, kinds: set[str]) -> None:
    every = ("adviser", "provider", "hub", "supporting_school", "mentor")
    found = [match_all([case()], [candidate(kind=kind)], Broker.model_validate({"mode": mode}), 10_000_00).outcomes[0] for kind in every]
    assert {kind for kind, one in zip(every, found, strict=True) if isinstance(one, Matched)} == kinds
