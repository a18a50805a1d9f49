"""The earliest day of each session, against the timetable of somebody who is always free, and a supporter's time told from it."""

import datetime
from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.school_days import SchoolCalendar, dates
from calendars.terms import assumed_terms, blackout
from models.programme import Programme
from programmes import timing
from programmes.blackouts import EXAMINATIONS, Ages
from programmes.catalogue import find_programme
from programmes.earliest import CaseTime, earliest_days, half_day_dates
from programmes.sessions import FIRST, match_half_days
from stages.schedule import rules
from tests.stages.builders import small_programme
from tests.stages.greedy_diary import by_hand

D, DAY = datetime.date, datetime.timedelta(days=1)
CALENDAR = SchoolCalendar([span for year in range(2026, 2031) for _, span in assumed_terms(year)])
STARTS, ENDS = D(2026, 9, 2), D(2028, 8, 31)
EXAMS = ("ks2_tests", "gcse_exams", "phonics_check")
# The ages of some schools, and what their pupils sit.
SCHOOLS = (((4, 11), ("ks2_tests", "phonics_check")), ((11, 16), ("gcse_exams",)), ((4, 7), ("phonics_check",)), ((None, None), EXAMS))
SINGLE = (
    "economic-exclusion",
    "most-at-risk",
    "at-risk-after-ungraded",
    "inclusion-framework",
    "nurturing-schools",
    "head-retention",
    "early-language",
)


def timetable(programme: Programme, time: CaseTime, fixed: dict[str, datetime.date], sat: Collection[str] = EXAMS) -> dict[str, datetime.date] | None:
    """Return the days that the timetable gives to somebody who is always free; None where it finds none."""
    wanted = timing.expand(programme.schedule.sessions, time.starts, time.ends, time.ready, CALENDAR)
    weeks = [blackout(name, year) for name in programme.schedule.avoid if name in sat for year in range(2026, 2032)]
    others = [(one.first, one.last, year) for one in programme.schedule.blackouts for year in range(2026, 2032)]
    weeks += [(D.fromisoformat(f"{year}-{first}"), D.fromisoformat(f"{year}-{last}")) for first, last, year in others]
    shut = {day: EXAMINATIONS for first, last in weeks for day in dates(first, last)}
    free = {one.further: rules.Diary((1, 2, 3, 4, 5)) for one in wanted}
    found = by_hand(wanted, fixed, time.earliest, CALENDAR, shut, free, (450_000, 200_000))
    return None if isinstance(found, rules.Unplaced) else {one.key: one.day for one in found}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SINGLE), st.sampled_from(SCHOOLS), st.integers(0, 500), st.integers(0, 60), st.booleans())
def test_each_session_is_on_the_day_that_the_timetable_gives_it_if_everybody_is_free(
    name: str, school: tuple[Ages, Collection[str]], later: int, notice: int, begun: bool
) -> None:
    (ages, sat), programme, ready = school, find_programme(name), STARTS + later * DAY
    time = CaseTime(STARTS, ENDS, ready, ready + notice * DAY, ages)
    first = timetable(programme, time, {}, sat)
    if first is None:
        return
    fixed = dict(list(first.items())[:1]) if begun else {}
    expected = timetable(programme, time, fixed, sat)
    found = {key: day for key, _, day in earliest_days(programme, time, CALENDAR, fixed)}
    assert expected is not None and {key: day for key, day in found.items() if key not in fixed} == expected
    assert all(found[key] == day for key, day in fixed.items())


def test_the_timetable_finds_days_for_most_of_what_the_test_above_draws() -> None:
    assert all(timetable(find_programme(name), CaseTime(STARTS, ENDS, STARTS, STARTS), {}) is not None for name in SINGLE)


def test_a_follow_up_waits_for_its_school_year_and_for_what_comes_before_it() -> None:
    time = CaseTime(STARTS, ENDS, D(2027, 6, 21), D(2027, 6, 21))
    days = [day for _, _, day in earliest_days(small_programme(), time, CALENDAR, {})]
    assert days == [D(2027, 6, 28), D(2028, 1, 4)]
    # Summer examinations keep schools free of visits.
    assert earliest_days(small_programme(), CaseTime(STARTS, ENDS, D(2027, 5, 10), D(2027, 5, 10)), CALENDAR, {})[0][2] == D(2027, 6, 28)
    primary = CaseTime(STARTS, ENDS, D(2027, 5, 10), D(2027, 5, 10), (4, 11))
    assert earliest_days(small_programme(), primary, CALENDAR, {})[0][2] == D(2027, 5, 17)


def test_where_no_school_day_is_known_any_more_a_session_is_put_at_the_end() -> None:
    time = CaseTime(STARTS, D(2032, 8, 31), D(2031, 10, 1), D(2031, 10, 1))
    assert all(day >= D(2032, 8, 31) for *_, day in earliest_days(small_programme(), time, CALENDAR, {}))
    assert earliest_days(small_programme(), time, SchoolCalendar([]), {})[0][2] == D(2032, 8, 31)


def test_a_whole_day_takes_two_half_days_and_a_session_of_another_match_none() -> None:
    programme = find_programme("most-at-risk")
    held = earliest_days(programme, CaseTime(STARTS, ENDS, STARTS, STARTS), CALENDAR, {})
    dates = half_day_dates(programme, FIRST, held)
    assert len(dates) == 5 and dates[0] == dates[1] and len(set(dates)) == 4
    both = find_programme("new-headteacher-support")
    held = earliest_days(both, CaseTime(STARTS, ENDS, STARTS, STARTS), CALENDAR, {})
    assert len(half_day_dates(both, "coach", held)) == 5 and len(half_day_dates(both, FIRST, held)) == 7


@pytest.mark.parametrize("name", ["triads", "reflective-leadership", "learning-hub", "new-to-headship", "peer-review"])
def test_of_a_groups_meetings_each_case_has_its_share_and_no_more_than_its_match_takes(name: str) -> None:
    programme = find_programme(name)
    held = earliest_days(programme, CaseTime(STARTS, ENDS, STARTS, STARTS), CALENDAR, {})
    dates = half_day_dates(programme, FIRST, held)
    assert dates == sorted(dates) and len(dates) <= match_half_days(programme, FIRST, 0)
    assert dates


def test_a_share_of_a_groups_meetings_is_rounded_up_over_all_of_them_together() -> None:
    programme = find_programme("triads")
    held = [(str(number), programme.schedule.sessions[0], STARTS + number * DAY) for number in range(7)]
    whole = len(half_day_dates(programme, FIRST, held))
    assert whole == -(-7 * (2 if held[0][1].length == "whole_day" else 1) // 3)
