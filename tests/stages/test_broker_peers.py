"""Peer review: who reviews whom, with books of one's own and against every ring in small rounds."""

import dataclasses
import math
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.programme import Broker
from models.words import Phase
from stages.broker.matching.solution import Limits
from stages.broker.peers import match_peers
from stages.broker.rules import Candidate, Matched, Unmet, Wanted, fit, unfit
from tests.stages.test_broker_rules import candidate, case

LIMITS = Limits(seconds=5.0)


def reviewer(urn: int, **more: Any) -> Candidate:
    base: dict[str, Any] = {
        "name": f"School {urn}", "kind": "supporting_school", "employer_urn": urn, "half_days": 3, "half_days_left": 3, "pence_a_half_day": 0,
    }  # fmt: skip
    return candidate(1000 + urn, **{**base, **more})


def school(urn: int, **more: Any) -> Wanted:
    return case(urn, **{"urn": urn, "half_days": 3, **more})


def peers(wanted: list[Wanted], pool: list[Candidate], already: Any = (), budget: int = 1_000_000_00, **broker: Any) -> dict[int, int]:
    """Return who reviews each school, by URN."""
    found = match_peers(wanted, pool, Broker(**{"mode": "peer", "cases_per_supporter": 1, **broker}), budget, LIMITS, already)
    employers = {one.id: one.employer_urn or 0 for one in pool}
    return {one.case_id: employers[one.supporter_id] for one in found.outcomes if isinstance(one, Matched)}


@pytest.mark.parametrize("count", [3, 4, 5, 8])
def test_every_school_reviews_one_other_and_is_reviewed_by_one(count: int) -> None:
    by = peers([school(n) for n in range(1, count + 1)], [reviewer(n) for n in range(1, count + 1)])
    assert sorted(by) == sorted(by.values()) == list(range(1, count + 1))
    assert all(by[by[of]] != of and by[of] != of for of in by)


def test_of_two_schools_one_reviews_the_other_and_the_graver_need_is_met() -> None:
    by = peers([school(1, severity=10), school(2, severity=90)], [reviewer(1), reviewer(2)])
    assert by == {2: 1}


def why_not(wanted: list[Wanted], pool: list[Candidate], already: Any = ()) -> list[str]:
    """Return why schools have no reviewer."""
    found = match_peers(wanted, pool, Broker(mode="peer", cases_per_supporter=1), 0, LIMITS, already)
    return [one.why for one in found.outcomes if isinstance(one, Unmet)]


def test_where_two_would_review_each_other_a_third_who_is_free_reviews_one_of_them() -> None:
    pool = [reviewer(1), reviewer(2), reviewer(3, easting=480_000)]
    assert peers([school(1, severity=90), school(2)], pool) == {1: 2, 2: 3}


def test_whose_only_reviewer_is_reviewed_by_them_is_told_so() -> None:
    (why,) = why_not([school(1), school(2)], [reviewer(1), reviewer(2)])
    assert why == (
        "Every reviewer who could is reviewed by this school: another school in the round would do "
        "(reviewed by this school stops 1, conflict of interest stops 1)."
    )
    assert "declined" not in why_not([school(9)], [reviewer(3), reviewer(9)], {(9, 3)})[0]


def test_nobody_is_said_to_have_declined_where_a_school_has_only_itself() -> None:
    assert why_not([school(1)], [reviewer(1)]) == [
        "Everybody who could is too close to the school: another supporter is needed (conflict of interest stops 1)."
    ]


def test_a_late_school_gets_a_reviewer_who_is_free() -> None:
    pool = [reviewer(1, cases=1, half_days_left=0), reviewer(2, cases=1, half_days_left=0), reviewer(3), reviewer(9)]
    assert peers([school(9)], pool, already={(1, 2), (2, 1)}) == {9: 3}


def test_a_late_school_is_not_reviewed_by_one_that_it_reviews() -> None:
    pool = [reviewer(3), reviewer(9, cases=1)]
    found = match_peers([school(9)], pool, Broker(mode="peer", cases_per_supporter=1), 0, LIMITS, {(9, 3)})
    assert isinstance(found.outcomes[0], Unmet)


def test_nobody_reviews_their_own_school_even_if_they_are_the_only_ones_free() -> None:
    assert peers([school(1)], [reviewer(1)]) == {}


def test_a_reviewer_takes_at_most_as_many_as_they_may() -> None:
    pool = [reviewer(1, half_days=30, half_days_left=30)]
    assert len(peers([school(n) for n in (2, 3, 4)], pool)) == 1
    assert len(peers([school(n) for n in (2, 3, 4)], pool, cases_per_supporter=2)) == 2
    pool = [reviewer(1, half_days=30, half_days_left=30, caseload_cap=1)]
    assert len(peers([school(n) for n in (2, 3, 4)], pool, cases_per_supporter=3)) == 1


def in_rings(wanted: list[Wanted], pool: list[Candidate]) -> int:
    """Return how many schools are reviewed in a ring."""
    found = match_peers(wanted, pool, Broker(mode="peer", cases_per_supporter=1), 0, LIMITS)
    return sum(isinstance(one, Matched) and one.reason.startswith("in a ring") for one in found.outcomes)


def test_an_adviser_whom_a_school_of_the_round_employs_is_not_its_reviewer() -> None:
    schools, reviewers = [school(n) for n in (1, 2, 3)], [reviewer(n) for n in (1, 2, 3)]
    for adviser in (candidate(1, employer_urn=1), candidate(9000, employer_urn=1)):
        assert in_rings(schools, [adviser, *reviewers]) == in_rings(schools, [*reviewers, adviser]) == 3


def test_of_two_who_review_for_one_school_the_one_with_time_does() -> None:
    full = dataclasses.replace(reviewer(1), id=9000, half_days_left=0)
    assert in_rings([school(n) for n in (1, 2, 3)], [*(reviewer(n) for n in (1, 2, 3)), full]) == 3


def test_whoever_reviews_in_a_ring_takes_no_other_school_beyond_what_they_may() -> None:
    pool = [reviewer(n, half_days=30, half_days_left=30) for n in (1, 2, 3)]
    by = peers([school(n) for n in (1, 2, 3, 9)], pool)
    assert sorted(by) == [1, 2, 3]
    assert sorted(peers([school(n) for n in (1, 2, 3, 9)], pool, cases_per_supporter=2)) == [1, 2, 3, 9]


def test_a_ring_goes_the_other_way_round_where_one_of_its_pairs_would_review_back() -> None:
    wanted, pool = [school(n) for n in (1, 2, 3)], [reviewer(n) for n in (1, 2, 3)]
    assert peers(wanted, pool, already={(2, 1)}) == {3: 1, 2: 3, 1: 2}
    assert peers(wanted, pool, already={(3, 1)}) == {2: 1, 3: 2, 1: 3}


def test_a_ring_keeps_phases_and_trusts_apart_where_the_programme_says_so() -> None:
    phases = {1: Phase.PRIMARY, 2: Phase.PRIMARY, 3: Phase.PRIMARY, 4: Phase.SECONDARY}
    wanted = [school(n, phase=phase) for n, phase in phases.items()]
    by = peers(wanted, [reviewer(n, phase=phase) for n, phase in phases.items()], group_rules=["same_phase"])
    assert sorted(by) == [1, 2, 3]
    trusts = {1: "Oak", 2: "Oak", 3: None, 4: "Elm"}
    wanted = [school(n, trust=trust) for n, trust in trusts.items()]
    by = peers(wanted, [reviewer(n, trust=trust) for n, trust in trusts.items()], group_rules=["no_shared_trust"])
    assert len(by) == 4 and (by[1], by[2]) != (2, 1) and by[1] != 2 and by[2] != 1


@dataclasses.dataclass(frozen=True)
class Round:
    """Schools that want a review, who could review, and who reviews whom already, as (reviewing, reviewed)."""

    wanted: list[Wanted]
    pool: list[Candidate]
    already: frozenset[tuple[int, int]]
    broker: Broker
    budget: int


@st.composite
def rounds(draw: st.DrawFn, most: int = 6) -> Round:
    easts = st.sampled_from([450_000, 455_000, 470_000, None])
    phases = st.sampled_from([Phase.PRIMARY, Phase.PRIMARY, Phase.SECONDARY])
    urns = list(range(1, 1 + draw(st.integers(1, most))))
    places = {urn: (draw(easts), draw(phases), draw(st.sampled_from([None, None, "Oak Trust"]))) for urn in range(1, most + 3)}
    wanted = [
        school(urn, easting=places[urn][0], phase=places[urn][1], trust=places[urn][2], severity=draw(st.integers(0, 100)),
               half_days=draw(st.sampled_from([3, 3, 2, 4])), not_these={1000 + draw(st.integers(1, most))} if draw(st.integers(0, 4)) == 0 else ())
        for urn in urns
    ]  # fmt: skip
    pool = [
        reviewer(urn, easting=places[urn][0], phase=places[urn][1], trust=places[urn][2], half_days=8, half_days_left=draw(st.sampled_from([3, 3, 8, 0])),
                 cases=draw(st.sampled_from([0, 0, 0, 1])), pence_a_half_day=draw(st.sampled_from([0, 0, 100_00])),
                 declared=draw(st.integers(0, 7)) > 0, caseload_cap=draw(st.sampled_from([None, None, 1, 2])),
                 conflicted_urns=frozenset({urn} if draw(st.booleans()) else ()))
        for urn in range(1, most + 3) if draw(st.integers(0, 6))
    ]  # fmt: skip
    others = st.integers(1, most + 2)
    already = frozenset(pair for pair in draw(st.lists(st.tuples(others, others), max_size=3)) if pair[0] != pair[1])
    broker = Broker(
        mode="peer", cases_per_supporter=draw(st.sampled_from([1, 1, 2])), max_km=draw(st.sampled_from([None, 10.0])),
        group_rules=draw(st.sampled_from([[], ["no_shared_trust"], ["same_phase"], ["no_reciprocity", "no_shared_trust", "same_phase"]])),
    )  # fmt: skip
    return Round(wanted, pool, already, broker, draw(st.sampled_from([0, 500_00, 1_000_000_00])))


@settings(max_examples=100)
@given(rounds())
def test_nobody_reviews_who_reviews_them_nor_themselves_and_no_limit_is_broken(given: Round) -> None:
    found = match_peers(given.wanted, given.pool, given.broker, given.budget, LIMITS, given.already)
    assert sorted(one.case_id for one in found.outcomes) == [one.case_id for one in given.wanted]
    who, of = {one.id: one for one in given.pool}, {one.case_id: one for one in given.wanted}
    links, days, loads, money = list(given.already), Counter[int](), Counter[int](), 0
    for one in found.outcomes:
        if not isinstance(one, Matched):
            continue
        by, wanted = who[one.supporter_id], of[one.case_id]
        assert by.employer_urn != wanted.urn and wanted.urn not in by.conflicted_urns and by.declared and by.id not in wanted.not_these
        if given.broker.max_km is not None:
            assert None not in (by.easting, wanted.easting) and abs((by.easting or 0) - (wanted.easting or 0)) <= 10_000
        if "no_shared_trust" in given.broker.group_rules:
            assert by.trust is None or by.trust != wanted.trust
        if "same_phase" in given.broker.group_rules:
            assert by.phase is wanted.phase
        links.append((by.employer_urn or 0, wanted.urn))
        days[by.id] += wanted.half_days
        loads[by.id] += 1
        money += one.cost
        assert one.cost == wanted.half_days * by.pence_a_half_day
    new = links[len(given.already) :]
    assert not any((reviewed, reviewing) in links for reviewing, reviewed in new)
    for number, load in loads.items():
        caps = [cap for cap in (who[number].caseload_cap, given.broker.cases_per_supporter) if cap is not None]
        assert who[number].cases + load <= min(caps) and days[number] <= who[number].half_days_left
    assert money <= given.budget


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), min_size=3, max_size=6))
def test_a_ring_is_the_nearest_and_ablest_of_all_there_are(drawn: list[tuple[int, int]]) -> None:
    wanted = [school(n, easting=450_000 + 1000 * east) for n, (east, _) in enumerate(drawn, 1)]
    pool = [reviewer(n, easting=450_000 + 1000 * east, skills={("reading", None): level}) for n, (east, level) in enumerate(drawn, 1)]
    by = peers(wanted, pool)
    worth = {(one.employer_urn, other.urn): fit(other, one) for one in pool for other in wanted}
    rings = [
        dict(zip(range(1, len(drawn) + 1), ring, strict=True)) for ring in permutations(range(1, len(drawn) + 1))
        if all(reviewing != reviewed and ring[reviewing - 1] != reviewed for reviewed, reviewing in enumerate(ring, 1))
    ]  # fmt: skip
    best = max(sum(worth[reviewing, reviewed] for reviewed, reviewing in ring.items()) for ring in rings)
    assert len(by) == len(drawn)
    assert math.isclose(sum(worth[reviewing, reviewed] for reviewed, reviewing in by.items()), best, abs_tol=1e-6)


def test_what_a_ring_costs_is_within_the_budget_and_the_gravest_come_first() -> None:
    wanted = [school(n, severity=10 * n) for n in (1, 2, 3)]
    by = peers(wanted, [reviewer(n, pence_a_half_day=100_00) for n in (1, 2, 3)], budget=600_00)
    assert sorted(by) == [2, 3]


def test_a_pair_names_who_would_have_been_next() -> None:
    wanted = [school(n, easting=450_000 + 1000 * n) for n in (1, 2, 3, 4)]
    pool = [reviewer(n, easting=450_000 + 1000 * n) for n in (1, 2, 3, 4)]
    found = match_peers(wanted, pool, Broker(mode="peer", cases_per_supporter=1), 0, LIMITS)
    for one in found.outcomes:
        assert isinstance(one, Matched) and one.reason.startswith("in a ring of peers")
        assert one.runner_up_id not in (None, one.supporter_id, 1000 + one.case_id)


@settings(max_examples=60)
@given(rounds(most=5))
def test_whoever_is_unmet_has_nobody_who_is_free(given: Round) -> None:
    """Free is who could review this school as everything stands in the end, by books of one's own."""
    found = match_peers(given.wanted, given.pool, given.broker, given.budget, LIMITS, given.already)
    who, of = {one.id: one for one in given.pool}, {one.case_id: one for one in given.wanted}
    links, days, loads, money = set(given.already), Counter[int](), Counter[int](), given.budget
    for one in found.outcomes:
        if isinstance(one, Matched):
            links.add((who[one.supporter_id].employer_urn or 0, of[one.case_id].urn))
            days[one.supporter_id] += of[one.case_id].half_days
            loads[one.supporter_id] += 1
            money -= one.cost
    for one in found.outcomes:
        if isinstance(one, Unmet):
            wanted = of[one.case_id]
            free = [
                by.id for by in given.pool
                if unfit(wanted, by, given.broker) is None and (wanted.urn, by.employer_urn) not in links
                and by.half_days_left - days[by.id] >= wanted.half_days and wanted.half_days * by.pence_a_half_day <= money
                and by.cases + loads[by.id] < min(cap for cap in (by.caseload_cap, given.broker.cases_per_supporter) if cap is not None)
            ]  # fmt: skip
            assert free == [], one.why
