"""Sessions that wait for one another, that come back, and that are held with different people, against plain readings of the rules."""

import copy
import datetime
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from calendars.periods import Every, periods
from calendars.school_days import SchoolCalendar
from calendars.terms import assumed_terms
from models.programme import Session
from programmes.catalogue import find_programme
from programmes.timing import Wanted, bounds, expand, tighten
from stages.schedule.rules import Placed, Unplaced
from tests.stages.test_schedule_rules import (
    CALENDAR,
    DAY,
    END,
    HERE,
    START,
    WEEK,
    Situation,
    days,
    diary,
    faults_of_a_day,
    place,
    place_all,
    session,
    situations,
)

D = datetime.date
YEARS = SchoolCalendar([span for year in (2026, 2027, 2028) for _, span in assumed_terms(year)])


def test_a_session_waits_for_what_may_not_come_too_long_after_it() -> None:
    found = place(session("a"), session("b", "a", first=D(2025, 11, 10), most_weeks=2))
    assert days(found) == [D(2025, 11, 3), D(2025, 11, 10)]


def test_all_of_a_chain_wait_for_its_last() -> None:
    chain = (session("a"), session("b", "a", most_weeks=2), session("c", "b", first=D(2025, 12, 8), least_weeks=1, most_weeks=2))
    first, second, third = days(place(*chain))
    assert third >= D(2025, 12, 8) and third - second <= 2 * WEEK and second - first <= 2 * WEEK


def test_a_session_waits_where_only_the_holidays_come_between() -> None:
    """The window of the second opens in the holidays, so its first day is later than its window says."""
    first, second = days(place(session("a"), session("b", "a", first=D(2025, 12, 20), most_weeks=2)))
    assert second >= D(2026, 1, 5) and second - first <= 2 * WEEK


def test_a_session_waits_for_whichever_of_two_needs_it_latest() -> None:
    first, *_ = days(
        place(session("a"), session("b", "a", first=D(2025, 9, 22), most_weeks=1), session("c", "a", first=D(2025, 10, 13), most_weeks=4))
    )
    assert first == D(2025, 9, 15)


def test_a_session_waits_where_the_supporter_of_the_later_one_is_away() -> None:
    away = ((D(2025, 9, 3), D(2025, 10, 10)),)
    wanted = [session("a"), session("b", "a", most_weeks=1, further="coach")]
    found = place_all(wanted, {}, START, CALENDAR, {}, {"": diary(), "coach": diary(away=away)}, HERE)
    assert not isinstance(found, Unplaced)
    assert found[1].day > D(2025, 10, 10) and found[1].day - found[0].day <= WEEK


def test_where_waiting_does_not_help_the_first_reason_is_given_and_nobody_is_booked() -> None:
    book = diary()
    found = place(session("a", last=D(2025, 9, 12)), session("b", "a", first=D(2025, 11, 10), most_weeks=2), diary=book)
    assert isinstance(found, Unplaced) and book.taken == {}


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(situations())
def test_a_session_is_never_held_up_beyond_any_day_on_which_the_whole_could_be(given: Situation) -> None:
    """The floors are lower bounds: whatever timetable there is keeps to them."""
    given.fixed = {}
    floors = tighten(given.wanted, {}, given.earliest)
    found = given.place(given.diary())
    assume(not isinstance(found, Unplaced))
    assert isinstance(found, list)
    wanted = {one.key: one for one in given.wanted}
    for one in found:
        assert one.day >= floors[one.key] >= max(wanted[one.key].first, given.earliest)
    # Any shift to later days of the same timetable that keeps the gaps keeps to the floors too.
    for one in given.wanted:
        if one.after:
            assert floors[one.key] - floors[one.after] >= max(1, one.least_weeks * 7) * DAY
            assert floors[one.key] - floors[one.after] <= max(one.most_weeks * 7, 1) * DAY


@settings(max_examples=60)
@given(situations(), situations(), st.data())
def test_a_timetable_with_two_supporters_keeps_all_rules_in_both_diaries(given: Situation, other: Situation, data: st.DataObject) -> None:
    with_whom = [data.draw(st.sampled_from(["", "coach"])) for _ in given.wanted]
    given.wanted = [replace(one, further=further) for one, further in zip(given.wanted, with_whom, strict=True)]
    books, theirs = {"": given.diary(), "coach": other.diary()}, {"": given, "coach": other}
    before = copy.deepcopy(books)
    found = place_all(given.wanted, given.fixed, given.earliest, CALENDAR, given.shut(), books, given.at)
    if isinstance(found, Unplaced):
        assert books == before
        return
    on, wanted = dict(given.fixed), {one.key: one for one in given.wanted}
    booked = {further: copy.deepcopy(situation.booked) for further, situation in theirs.items()}
    for one in found:
        mine = wanted[one.key]
        whose = theirs[mine.further]
        as_theirs = replace(given, working_days=whose.working_days, away=whose.away, booked=whose.booked)
        assert faults_of_a_day(as_theirs, mine, one.day, one.part, booked[mine.further]) == []
        assert one.day not in on.values()
        on[one.key] = one.day
        booked[mine.further].setdefault(one.day, {})[one.part] = given.at
    for one in given.wanted:
        if one.after and one.key in on and one.key not in given.fixed:
            assert max(DAY, one.least_weeks * WEEK) <= on[one.key] - on[one.after] <= one.most_weeks * WEEK
    assert {further: book.taken for further, book in books.items()} == booked


@settings(max_examples=60)
@given(situations())
def test_bounds_are_those_of_the_window_and_of_every_neighbour_that_has_a_day(given: Situation) -> None:
    known = {one.key: START + n * 10 * DAY for n, one in enumerate(given.wanted)}
    for one in given.wanted:
        first, last = bounds(one, given.wanted, {key: day for key, day in known.items() if key != one.key}, given.earliest)
        for n in range(-5, 200, 3):
            day = START + n * DAY
            allowed = one.first <= day <= one.last and day >= given.earliest
            if one.after:
                allowed = allowed and max(DAY, one.least_weeks * WEEK) <= day - known[one.after] <= one.most_weeks * WEEK
            for later in given.wanted:
                if later.after == one.key:
                    allowed = allowed and max(DAY, later.least_weeks * WEEK) <= known[later.key] - day <= later.most_weeks * WEEK
            assert (first <= day <= last) is allowed


def listed(**what: Any) -> Session:
    return Session.model_validate({"id": "a", "title": "A", **what})


@pytest.mark.parametrize("every", ["half_term", "term", "year"])
def test_what_comes_back_is_held_once_in_each_period_that_is_left(every: Every) -> None:
    starts, ends, ready = D(2026, 9, 1), D(2028, 7, 31), D(2026, 12, 1)
    found = expand([listed(every=every)], starts, ends, ready, YEARS)
    whole = [span for span in periods(YEARS, starts, ends, every) if span[1] >= ready]
    assert [(one.first, one.last) for one in found] == [(max(begin, ready), end) for begin, end in whole]
    assert [one.key for one in found] == [f"a.{n}" for n in range(1, len(whole) + 1)]
    assert len(found) == {"half_term": 11, "term": 6, "year": 2}[every]
    placed = place_all(found, {}, ready, YEARS, {}, {"": diary()}, HERE)
    assert not isinstance(placed, Unplaced)
    assert [sum(begin <= one.day <= end for one in placed) for begin, end in whole] == [1] * len(whole)


def test_what_comes_back_twice_a_term_is_held_twice_in_each() -> None:
    found = expand([listed(every="term", count=2, gap_weeks={"at_least": 3, "at_most": 9})], D(2026, 9, 1), D(2027, 7, 31), D(2026, 9, 1), YEARS)
    placed = place_all(found, {}, D(2026, 9, 1), YEARS, {}, {"": diary()}, HERE)
    assert not isinstance(placed, Unplaced) and len(placed) == 6
    for begin, end in periods(YEARS, D(2026, 9, 1), D(2027, 7, 31), "term"):
        assert sum(begin <= one.day <= end for one in placed) == 2
    assert all((later.day - earlier.day) >= 3 * WEEK for earlier, later in itertools.pairwise(placed))


def test_the_only_term_that_is_left_has_its_number_too() -> None:
    found = expand([listed(every="term")], D(2026, 9, 1), D(2027, 7, 31), D(2027, 5, 10), YEARS)
    assert [(one.key, one.purpose) for one in found] == [("a.1", "A")]


@pytest.mark.parametrize("name", ["triads", "new-headteacher-support", "new-to-headship", "peer-review", "learning-hub"])
def test_the_sessions_of_each_programme_fit_into_its_time_for_one_school_alone(name: str) -> None:
    programme = find_programme(name)
    starts = D(2026, 9, 1)
    ends = D(2028, 8, 31) if name == "new-headteacher-support" else D(2027, 8, 31)
    wanted = expand(programme.schedule.sessions, starts, ends, D(2026, 9, 14), YEARS)
    books = {further: diary() for further in {one.further for one in wanted}}
    placed = place_all(wanted, {}, D(2026, 9, 28), YEARS, {}, books, HERE)
    assert isinstance(placed, list) and len(placed) == len(wanted), placed
    on = {one.key: one.day for one in placed}
    for one in wanted:
        assert one.first <= on[one.key] <= one.last
        assert one.after is None or max(DAY, one.least_weeks * WEEK) <= on[one.key] - on[one.after] <= one.most_weeks * WEEK


def test_a_placed_session_knows_nothing_of_whom_it_is_with() -> None:
    one = Wanted("a", "A", False, START, END, None, 0, 1, "coach")
    found = place_all([one], {}, START, CALENDAR, {}, {"coach": diary()}, HERE)
    assert isinstance(found, list) and isinstance(found[0], Placed)
