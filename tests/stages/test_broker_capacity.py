"""Capacity by term: no term is ever promised more than it has, checked by books kept apart, and what lacks is named with its term."""

import dataclasses
import datetime
import itertools
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.periods import Term, terms, title
from calendars.school_days import SchoolCalendar
from calendars.terms import assumed_terms
from models.programme import Broker
from models.words import Phase
from stages.broker.capacity import TermDays, after, half_days_away, has_time, spread, with_more, with_terms
from stages.broker.matching.explaining import value_of
from stages.broker.matching.solution import Limits
from stages.broker.modelling import Model
from stages.broker.outcomes import Brokered, match_all
from stages.broker.peers import match_peers
from stages.broker.rules import Candidate, Matched, Unmet, Wanted
from stages.broker.triads import Group, match_groups
from tests.stages.test_broker_rules import candidate, case

D, DAY = datetime.date, datetime.timedelta(days=1)
CALENDAR = SchoolCalendar([span for year in (2026, 2027) for _, span in assumed_terms(year)])
AUTUMN, SPRING, SUMMER = TERMS = ((2026, "autumn"), (2026, "spring"), (2026, "summer"))
MONEY, LIMITS = 100_000_00, Limits(seconds=60, effort=200)


def free(autumn: int = 0, spring: int = 0, summer: int = 0) -> dict[Term, int]:
    return dict(zip(TERMS, (autumn, spring, summer), strict=True))


def termed(number: int = 1, autumn: int = 0, spring: int = 0, summer: int = 0, any_term: int = 0, **more: Any) -> Candidate:
    return with_terms(candidate(number, **more), free(autumn, spring, summer), any_term)


def wants(number: int = 1, autumn: int = 0, spring: int = 0, summer: int = 0, any_term: int = 0, **more: Any) -> Wanted:
    return case(number, by_term=free(autumn, spring, summer), half_days=autumn + spring + summer + any_term, **more)


by_terms = st.tuples(*[st.integers(0, 4)] * 3)
pools = st.lists(
    st.tuples(by_terms, st.booleans(), st.integers(0, 10), st.sampled_from([450_000, 460_000]), st.none() | st.integers(0, 3)), max_size=4
)
queues = st.lists(st.tuples(st.tuples(*[st.integers(0, 2)] * 4).filter(any), st.integers(0, 4), st.sampled_from([450_000, 470_000])), max_size=6)


def drawn(pool: list[Any], queue: list[Any]) -> tuple[list[Candidate], list[Wanted]]:
    people = []
    for number, (shares, has_terms, whole, easting, cap) in enumerate(pool, 10):
        one = candidate(number, half_days_left=whole, easting=easting, caseload_cap=cap)
        people.append(with_terms(one, free(*shares), whole % 3) if has_terms else one)
    return people, [wants(number, *needs, severity=severity, easting=easting) for number, (needs, severity, easting) in enumerate(queue, 1)]


def broken(people: list[Candidate], cases: list[Wanted], chosen: dict[int, int | None]) -> set[int]:
    """Return who would have more to do than there is time for, kept as books apart: term by term, or over the whole time."""
    wanted, found = {one.case_id: one for one in cases}, set()
    for one in people:
        mine = [wanted[number] for number, who in chosen.items() if who == one.id]
        if mine and sum(each.half_days for each in mine) > one.half_days_left:
            found.add(one.id)
        for term in TERMS if one.by_term is not None else ():
            if sum(each.by_term[term] for each in mine) > one.by_term[term]:
                found.add(one.id)
        if one.caseload_cap is not None and len(mine) > one.caseload_cap:
            found.add(one.id)
    return found


def chosen_of(found: Brokered) -> dict[int, int | None]:
    return {one.case_id: one.supporter_id if isinstance(one, Matched) else None for one in found.outcomes}


@settings(max_examples=200, deadline=None)
@given(pools, queues)
def test_no_term_is_ever_promised_more_than_it_has_and_no_case_waits_that_could_be_met(pool: list[Any], queue: list[Any]) -> None:
    people, cases = drawn(pool, queue)
    chosen = chosen_of(match_all(cases, people, Broker(), MONEY))
    assert broken(people, cases, chosen) == set()
    for number, who in chosen.items():
        if who is None:
            assert all(broken(people, cases, {**chosen, number: one.id}) for one in people)


@settings(max_examples=60, deadline=None)
@given(pools, queues.filter(lambda drawn: 0 < len(drawn) <= 4))
def test_no_other_matching_that_keeps_every_term_is_worth_more(pool: list[Any], queue: list[Any]) -> None:
    people, cases = drawn(pool, queue)
    cases.sort(key=lambda one: (-one.severity, one.case_id))
    model, found = Model(cases, {one.id: one for one in people}, Broker(), MONEY, {}), match_all(cases, people, Broker(), MONEY)
    mine = [one.case_id for one in cases if one.case_id in model.allowed]
    if not mine:
        return
    best, problem = -math.inf, model.problem()
    for picked in itertools.product(*[[None, *model.allowed[number]] for number in mine]):
        chosen = dict(zip(mine, picked, strict=True))
        if not broken(people, cases, chosen):
            best = max(best, value_of(problem, chosen))
    assert value_of(problem, {number: chosen_of(found)[number] for number in mine}) == pytest.approx(best, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(pools, queues)
def test_where_nobody_has_days_by_term_the_terms_of_cases_change_nothing(pool: list[Any], queue: list[Any]) -> None:
    people, cases = drawn([(shares, False, *others) for shares, _, *others in pool], queue)
    plain = [dataclasses.replace(one, by_term={}) for one in cases]
    assert match_all(cases, people, Broker(), MONEY) == match_all(plain, people, Broker(), MONEY)
    if cases and people:
        problem = Model(cases, {one.id: one for one in people}, Broker(), MONEY, {}).problem()
        assert {len(one.half_days) for one in (*problem.pairings, *problem.supporters)} == {1}


def unmet(wanted: Wanted, *people: Candidate) -> str:
    (found,) = match_all([wanted], people, Broker(), MONEY).outcomes
    assert isinstance(found, Unmet)
    return found.why


def test_a_case_that_lacks_days_in_one_term_names_the_term_and_how_many_would_do() -> None:
    assert unmet(wants(spring=4), termed(autumn=9, spring=1, summer=9)) == (
        "Everybody who could has no days left in the spring term of 2027: more days of one of them would do; "
        "the least that would do, if nothing else moves and no other case takes it: "
        "1.5 more days of Adviser 1 in spring 2027 (capacity stops 1)."
    )
    assert "half a day more of Adviser 1 in autumn 2026 (capacity" in unmet(wants(autumn=1), termed(spring=9))


def test_two_terms_that_lack_days_are_both_named() -> None:
    why = unmet(wants(autumn=2, summer=3), termed(spring=9))
    assert "no days left in the autumn term of 2026 and the summer term of 2027" in why
    assert "1 more day of Adviser 1 in autumn 2026 and 1.5 more days of Adviser 1 in summer 2027" in why


def test_a_term_is_named_for_everybody_only_if_everybody_lacks_days_in_it() -> None:
    one, other = termed(1, autumn=2), termed(2, spring=2)
    why = unmet(wants(autumn=1, spring=2), one, other)
    assert why.startswith("Everybody who could has no days left: more days") and "half a day more of Adviser 2 in autumn 2026" in why
    assert "has no days left: " in unmet(wants(spring=2), termed(1), candidate(2, half_days_left=1))


def test_days_in_another_term_are_no_help_and_days_of_somebody_without_terms_are() -> None:
    assert "no days left in the autumn" in unmet(wants(autumn=2), termed(spring=20, summer=20))
    (found,) = match_all([wants(autumn=2)], [termed(1, spring=20), candidate(2, half_days_left=2)], Broker(), MONEY).outcomes
    assert isinstance(found, Matched) and found.supporter_id == 2


def test_half_days_that_no_session_needs_may_be_in_any_term_and_all_together_are_no_more_than_there_are() -> None:
    (found,) = match_all([wants(autumn=1, any_term=3)], [termed(autumn=1, summer=3)], Broker(), MONEY).outcomes
    assert isinstance(found, Matched)
    assert "takes it: half a day more of Adviser 1 (capacity" in unmet(wants(autumn=1, any_term=4), termed(autumn=1, summer=3))
    # A half day more in the autumn is one more altogether too.
    assert "takes it: half a day more of Adviser 1 in autumn 2026 (capacity" in unmet(wants(autumn=2, any_term=2), termed(autumn=1, summer=2))
    both = unmet(wants(autumn=2, any_term=4), termed(autumn=1, summer=2))
    assert "takes it: 1 more day of Adviser 1 and half a day more of Adviser 1 in autumn 2026 (capacity" in both


def test_what_is_promised_for_any_term_is_gone_from_all_of_them_together() -> None:
    assert "no days left: " in unmet(wants(autumn=2), termed(autumn=2, any_term=1))
    (found,) = match_all([wants(autumn=2)], [termed(autumn=2, spring=1, any_term=1)], Broker(), MONEY).outcomes
    assert isinstance(found, Matched)


@given(st.integers(0, 12), st.lists(st.integers(0, 330), max_size=8))
def test_half_days_fall_in_the_term_of_their_date_or_in_the_next_that_begins(half_days: int, days: list[int]) -> None:
    dates, known = [D(2026, 8, 20) + day * DAY for day in days], {term: span for term, span in terms(CALENDAR).items() if term[0] == 2026}
    expected: Counter[Term] = Counter()
    for day in sorted(dates)[-half_days:] if half_days else []:
        while not any(first <= day <= last for first, last in known.values()) and day < D(2027, 7, 22):
            day += DAY
        expected[next((term for term, (first, last) in known.items() if first <= day <= last), SUMMER)] += 1
    assert spread(half_days, dates, known) == expected and expected.total() == min(half_days, len(dates))


def test_without_any_term_nothing_falls_anywhere() -> None:
    assert spread(3, [D(2026, 9, 3)], {}) == {} and terms(SchoolCalendar([])) == {}


def test_terms_are_whole_in_order_and_called_as_people_call_them() -> None:
    assert [title(term) for term in terms(CALENDAR)][:4] == ["autumn 2026", "spring 2027", "summer 2027", "autumn 2027"]
    assert terms(CALENDAR)[AUTUMN] == (D(2026, 9, 2), D(2026, 12, 18)) and list(terms(CALENDAR)) == sorted(terms(CALENDAR))


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 40)), max_size=3), st.frozensets(st.integers(1, 5)))
def test_leave_takes_two_half_days_for_each_school_day_that_would_have_been_worked(leave: list[tuple[int, int]], working: frozenset[int]) -> None:
    spans = [(D(2026, 8, 1) + start * DAY, D(2026, 8, 1) + (start + long) * DAY) for start, long in leave]
    count, day = 0, D(2026, 9, 2)
    while day <= D(2026, 12, 18):
        count += CALENDAR.is_school_day(day) and day.isoweekday() in working and any(first <= day <= last for first, last in spans)
        day += DAY
    assert half_days_away(spans, working, CALENDAR, terms(CALENDAR)[AUTUMN]) == 2 * count


def test_leave_never_takes_what_is_promised() -> None:
    assert TermDays(10, away=3, used=1, promised=2).left == 4
    assert TermDays(10, away=9, promised=4).left == 0 and TermDays(4, promised=6).left == 0


def test_more_days_are_shared_out_over_the_terms_and_those_of_a_season_stay_in_it() -> None:
    one = termed(autumn=2, spring=2, summer=2)
    assert with_more(one, 4).by_term == free(4, 3, 3) and with_more(one, -4).by_term == free(0, 1, 1)
    assert with_more(one, -99).by_term == free() and with_more(one, 0) == one
    assert with_more(one, 4, "spring").by_term == free(2, 6, 2) and with_more(one, -4, "spring").by_term == free(2, 0, 2)
    assert with_more(termed(autumn=2, any_term=1), 3).half_days_left == 4
    assert with_more(one, 4).half_days_left == 10 and with_more(one, 4).half_days == one.half_days + 4
    plain = with_more(candidate(), 3)
    assert (plain.half_days, plain.half_days_left, plain.by_term) == (23, 23, None)


def test_whoever_took_a_case_has_less_in_its_terms() -> None:
    one = after(termed(autumn=2, spring=2, summer=1), wants(autumn=1, spring=2, any_term=1))
    assert one.by_term == free(1, 0, 1) and one.half_days_left == 1
    assert (
        has_time(one, wants(autumn=1))
        and has_time(one, wants(summer=1))
        and not has_time(one, wants(spring=1))
        and not has_time(one, wants(autumn=1, summer=1))
    )
    assert has_time(candidate(half_days_left=2), wants(spring=2)) and not has_time(candidate(half_days_left=1), wants(spring=2))


def test_a_peer_without_time_in_that_term_reviews_nobody() -> None:
    def school(number: int, spring: int) -> Candidate:
        return termed(number, spring=spring, autumn=9, employer_urn=100 + number, kind="supporting_school", conflicted_urns=frozenset({100 + number}))

    cases = [dataclasses.replace(wants(number, spring=2), urn=100 + number, easting=450_000 + number * 1000) for number in (1, 2, 3)]
    broker = Broker.model_validate({"mode": "peer"})
    all_free = chosen_of(match_peers(cases, [school(number, 2) for number in (1, 2, 3)], broker, MONEY, LIMITS))
    assert set(all_free.values()) == {1, 2, 3}
    one_busy = chosen_of(match_peers(cases, [school(1, 1), school(2, 2), school(3, 2)], broker, MONEY, LIMITS))
    assert 1 not in one_busy.values() and set(one_busy.values()) <= {2, 3, None} and len([who for who in one_busy.values() if who]) == 2


def test_a_group_takes_the_half_days_of_all_its_schools_in_each_term() -> None:
    cases = [dataclasses.replace(wants(number, autumn=1, spring=1), urn=100 + number, easting=450_000 + number) for number in (1, 2, 3)]
    broker = Broker.model_validate({"mode": "triad"})
    enough = match_groups(cases, [termed(1, autumn=3, spring=3)], broker, 3, MONEY, LIMITS)
    assert all(isinstance(one, Matched) for one in enough.found.outcomes)
    short = match_groups(cases, [termed(1, autumn=3, spring=2, summer=9)], broker, 3, MONEY, LIMITS)
    assert all(isinstance(one, Unmet) and "half a day more of Adviser 1 in spring 2027" in one.why for one in short.found.outcomes)


@pytest.mark.parametrize("has_terms", [True, False])
def test_schools_that_join_a_group_one_after_another_do_not_take_more_than_there_is(has_terms: bool) -> None:
    there = Group(7, 1, (dataclasses.replace(wants(9), urn=109),))
    cases = [dataclasses.replace(wants(number, spring=2), urn=100 + number, phase=Phase.PRIMARY) for number in (1, 2)]
    who = termed(1, spring=3, autumn=9) if has_terms else candidate(1, half_days_left=3)
    made = match_groups(cases, [who], Broker.model_validate({"mode": "triad"}), 3, MONEY, LIMITS, [there])
    assert sorted(isinstance(one, Matched) for one in made.found.outcomes) == [False, True]


def test_work_is_spread_evenly_over_somebody_with_terms_and_somebody_without() -> None:
    found = match_all([wants(n, autumn=2) for n in range(1, 5)], [termed(1, autumn=20), candidate(2)], Broker(), MONEY)
    assert sorted(who for who in chosen_of(found).values() if who) == [1, 1, 2, 2]
