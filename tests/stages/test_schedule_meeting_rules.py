"""On which day a meeting is, where, and which one a case goes to: against a slow search of every day."""

import datetime
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from models.words import DayPart
from stages.schedule.meeting_rules import Neighbour, Offer, in_order, join, limits_of, next_host, set_day
from stages.schedule.rules import Diary, Placed, Unplaced, place_one
from tests.stages.test_schedule_rules import CALENDAR, DAY, END, HERE, START, WEEK, Situation, diary, faults_of_a_day, session, situations

D = datetime.date
some_day = st.dates(START, END)
offers = st.lists(some_day, max_size=8).map(lambda found: [Offer(n, day) for n, day in enumerate(found, 1)])


@given(offers, some_day, some_day, st.sets(some_day, max_size=10))
def test_a_case_joins_the_first_meeting_that_is_within_its_time_and_on_a_free_day(
    there: list[Offer], first: datetime.date, last: datetime.date, taken: set[datetime.date]
) -> None:
    found = join(there, (first, last), taken)
    able = sorted((one.day, one.id) for one in there if first <= one.day <= last and one.day not in taken)
    assert (None if found is None else (found.day, found.id)) == (able[0] if able else None)


@given(st.lists(st.integers(1, 6), min_size=1, unique=True), st.integers(0, 30))
def test_hosts_take_turns_so_that_nobody_is_more_than_one_ahead(schools: list[int], meetings: int) -> None:
    hosted = Counter[int]()
    for _ in range(meetings):
        host = next_host(schools, hosted)
        assert host is not None
        hosted[host] += 1
    counts = [hosted[school] for school in schools]
    assert max(counts) - min(counts) <= 1 and counts == sorted(counts, reverse=True)


def test_a_school_that_has_hosted_elsewhere_waits_for_the_others() -> None:
    assert next_host([1, 2, 3], {1: 1, 2: 1}) == 3
    assert next_host([1, 2, 3], {1: 2, 2: 1, 3: 1}) == 2
    assert next_host([], {1: 1}) is None


def test_what_comes_before_and_has_no_day_yet_is_taken_to_be_as_early_as_can_be() -> None:
    wanted = {
        "a": session("a", first=D(2025, 9, 8)), "b": session("b", "a", least_weeks=2), "c": session("c", "b", least_weeks=3, last=D(2025, 12, 1)),
    }  # fmt: skip
    assert limits_of(wanted["c"], wanted, {}, START) == (D(2025, 9, 8) + 5 * WEEK, D(2025, 12, 1))
    assert limits_of(wanted["c"], wanted, {"b": D(2025, 10, 1)}, START)[0] == D(2025, 10, 1) + 3 * WEEK
    assert limits_of(wanted["c"], wanted, {"a": D(2025, 9, 15)}, START)[0] == D(2025, 9, 15) + 5 * WEEK
    assert limits_of(wanted["a"], wanted, {"b": D(2025, 10, 1)}, START) == (D(2025, 9, 8), D(2025, 10, 1) - 2 * WEEK)


def test_sessions_without_a_gap_are_still_on_different_days() -> None:
    wanted = {"a": session("a"), "b": session("b", "a")}
    assert limits_of(wanted["b"], wanted, {}, START)[0] == START + DAY


@settings(max_examples=80)
@given(situations(), st.integers(0, 90), st.integers(1, 60), st.none() | st.integers(0, 120))
def test_a_meeting_has_the_earliest_day_that_breaks_no_rule_and_is_far_enough_ahead_where_there_is_time(
    given: Situation, first: int, length: int, ahead: int | None
) -> None:
    one, limits = given.wanted[0], (START + first * DAY, START + (first + length) * DAY)
    given.earliest = START
    until = None if ahead is None else START + ahead * DAY
    found = set_day(one, limits, until, CALENDAR, given.shut(), given.diary(), given.at)
    open_days = [
        (day, part) for day in (limits[0] + n * DAY for n in range(length + 1)) for part in DayPart
        if not set(faults_of_a_day(given, one, day, part, given.booked)) - {"window"}
    ]  # fmt: skip
    late = [slot for slot in open_days if until is not None and slot[0] >= until]
    best = (late or open_days or [None])[0]
    assert (None if isinstance(found, Unplaced) else (found.day, found.part)) == best


def test_a_meeting_that_finds_no_day_says_why_and_none_is_booked() -> None:
    book = Diary([1])
    found = set_day(session("a"), (D(2025, 9, 2), D(2025, 9, 5)), D(2025, 9, 4), CALENDAR, {}, book, HERE)
    assert isinstance(found, Unplaced) and "does not work on that weekday" in found.why and book.taken == {}


def test_one_leader_has_a_visit_in_the_morning_and_a_meeting_in_the_afternoon_and_never_both_at_once() -> None:
    day = D(2025, 9, 2)
    book = diary((day, DayPart.MORNING, HERE))
    found = set_day(session("a"), (day, day), None, CALENDAR, {}, book, HERE)
    assert isinstance(found, Placed) and found.part is DayPart.AFTERNOON
    book.book(day, found.part, HERE)
    assert isinstance(place_one(session("b"), (day, day), CALENDAR, {}, book, HERE), Unplaced)


def test_a_meeting_that_moves_keeps_between_its_neighbours() -> None:
    whole = (START, END)
    before, after = [Neighbour(D(2025, 9, 8), 2, 6)], [Neighbour(D(2025, 11, 10), 1, 8)]
    assert in_order(whole, before, after) == (D(2025, 9, 22), D(2025, 10, 20))
    assert in_order(whole, before, []) == (D(2025, 9, 22), D(2025, 10, 20))
    assert in_order(whole, [], after) == (D(2025, 9, 15), D(2025, 11, 3))
    assert in_order(whole, [], []) == whole


def test_of_several_before_it_the_last_says_how_long_is_too_long() -> None:
    before = [Neighbour(D(2025, 9, 8), 0, 4), Neighbour(D(2025, 10, 6), 0, 4)]
    assert in_order((START, END), before, []) == (D(2025, 10, 7), D(2025, 11, 3))
