"""The timetable of cases, checked by a plain reader of diaries written apart from the code that makes it."""

import copy
import datetime
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.school_days import SchoolCalendar, Span, dates
from models.programme import Session
from models.words import DayPart
from programmes.blackouts import EXAMINATIONS
from programmes.catalogue import find_programme
from programmes.timing import Wanted, expand, without
from stages.schedule.modelling import Asked, Times, timetable
from stages.schedule.rules import Diary, Place, Placed, Unplaced
from stages.schedule.timetable.problem import CLOSED, Shut
from tests.stages.greedy_diary import by_hand

DAY, WEEK = datetime.timedelta(days=1), datetime.timedelta(weeks=1)
TERMS = [
    (datetime.date(2025, 9, 2), datetime.date(2025, 10, 24)), (datetime.date(2025, 11, 3), datetime.date(2025, 12, 19)),
    (datetime.date(2026, 1, 5), datetime.date(2026, 2, 13)),
]  # fmt: skip
CALENDAR = SchoolCalendar(TERMS)
START, END = datetime.date(2025, 9, 1), datetime.date(2026, 2, 28)
HERE: Place = (450_000, 200_000)
NEAR: Place = (450_000, 230_000)
FAR: Place = (450_000, 230_001)
M, A, W = DayPart.MORNING, DayPart.AFTERNOON, DayPart.WHOLE_DAY


def session(key: str, after: str | None = None, **more: Any) -> Wanted:
    base: dict[str, Any] = {"purpose": key.title(), "whole_day": False, "first": START, "last": END, "least_weeks": 0, "most_weeks": 104}
    return Wanted(key=key, after=after, **{**base, **more})


def diary(*visits: tuple[datetime.date, DayPart, Place], **more: Any) -> Diary:
    made = Diary(more.get("working_days", [1, 2, 3, 4, 5]), more.get("away", ()))
    for visit in visits:
        made.book(*visit)
    return made


def place(
    *wanted: Wanted, diary: Diary | None = None, fixed: Mapping[str, datetime.date] | None = None, earliest: datetime.date = START,
    blackouts: Sequence[Span] = (), closed: Collection[datetime.date] = (), at: Place = HERE,
) -> list[Placed] | Unplaced:  # fmt: skip
    return place_all(wanted, fixed or {}, earliest, CALENDAR, shut(blackouts, closed), {"": diary or Diary([1, 2, 3, 4, 5])}, at)


def shut(blackouts: Sequence[Span], closed: Collection[datetime.date]) -> Shut:
    return {day: EXAMINATIONS for first, last in blackouts for day in dates(first, last)} | dict.fromkeys(closed, CLOSED)


def place_all(
    wanted: Sequence[Wanted], fixed: Mapping[str, datetime.date], earliest: datetime.date, calendar: SchoolCalendar,
    closed: Shut, diaries: Mapping[str, Diary], at: Place,
) -> list[Placed] | Unplaced:  # fmt: skip
    """Timetable one case by itself; diaries are by match, and hold what is placed from then on."""
    numbers = {further: number for number, further in enumerate(diaries)}
    who = {one.key: (numbers[one.further],) for one in wanted if one.further in numbers}
    times = Times(calendar, {1: closed}, {numbers[further]: diary for further, diary in diaries.items()}, earliest)
    return timetable([Asked(1, 1, at, wanted, fixed, who)], times).outcomes[1]


def days(found: list[Placed] | Unplaced) -> list[datetime.date]:
    assert not isinstance(found, Unplaced), found
    return [one.day for one in found]


def why(found: list[Placed] | Unplaced) -> str:
    assert isinstance(found, Unplaced), found
    return found.why


@dataclass
class Situation:
    """A case to be placed, with everything that may stand in its way."""

    wanted: list[Wanted]
    fixed: dict[str, datetime.date]
    earliest: datetime.date
    blackouts: list[Span]
    closed: set[datetime.date]
    working_days: set[int]
    away: list[Span]
    booked: dict[datetime.date, dict[DayPart, Place]]
    at: Place

    def diary(self) -> Diary:
        return diary(
            *((day, part, at) for day, parts in self.booked.items() for part, at in parts.items()), working_days=self.working_days, away=self.away
        )

    def shut(self) -> Shut:
        return shut(self.blackouts, self.closed)

    def place(self, diary: Diary) -> list[Placed] | Unplaced:
        return place_all(self.wanted, self.fixed, self.earliest, CALENDAR, self.shut(), {"": diary}, self.at)


some_day = st.dates(START, END)
spans = st.builds(lambda first, length: (first, first + length * DAY), some_day, st.integers(0, 10))
places = st.sampled_from([HERE, HERE, NEAR, FAR, (None, 200_000)])
parts = (
    st.fixed_dictionaries({M: places})
    | st.fixed_dictionaries({A: places})
    | st.fixed_dictionaries({M: places, A: places})
    | st.fixed_dictionaries({W: places})
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Return a case of one to four sessions in a random diary; some of the first have been held."""
    wanted, before = [], None
    for number in range(draw(st.integers(1, 4))):
        first = START + draw(st.integers(0, 60)) * DAY
        least = draw(st.integers(0, 5))
        # After the one before it as a rule, or after any earlier one: two sessions may wait for the same.
        after = before if draw(st.integers(0, 2)) else draw(st.sampled_from([None, *(one.key for one in wanted)]))
        wanted.append(session(
            f"s{number}", after, whole_day=draw(st.booleans()), first=first,
            last=first + draw(st.integers(0, 140)) * DAY, least_weeks=least, most_weeks=least + draw(st.integers(0, 12)),
        ))  # fmt: skip
        before = f"s{number}"
    held = draw(st.integers(0, len(wanted) - 1)) if draw(st.booleans()) else 0
    dates_held = sorted(draw(st.lists(st.dates(START, START + 40 * DAY), min_size=held, max_size=held, unique=True)))
    return Situation(
        wanted, {one.key: day for one, day in zip(wanted, dates_held, strict=False)}, draw(some_day), draw(st.lists(spans, max_size=3)),
        draw(st.sets(some_day, max_size=8)), draw(st.sets(st.integers(1, 7), min_size=1)), draw(st.lists(spans, max_size=3)),
        draw(st.dictionaries(some_day, parts, max_size=40)), draw(places),
    )  # fmt: skip


def half_days_in_week(booked: Mapping[datetime.date, Mapping[DayPart, Place]], day: datetime.date) -> int:
    monday = day - day.weekday() * DAY
    return sum(2 if part is W else 1 for n in range(7) for part in booked.get(monday + n * DAY, {}))


def near(one: Place, other: Place) -> bool:
    return None not in (*one, *other) and math.dist(one, other) <= 30_000  # type: ignore[arg-type]


def faults_of_a_day(
    given: Situation, one: Wanted, day: datetime.date, part: DayPart, booked: Mapping[datetime.date, Mapping[DayPart, Place]]
) -> list[str]:
    """Return what is wrong with having a session on a day, with `booked` as the supporter's other visits."""
    others = booked.get(day, {})
    wrong = {
        "window": not one.first <= day <= one.last,
        "too early": day < given.earliest,
        "no school day": not any(first <= day <= last for first, last in TERMS) or day.weekday() > 4 or not CALENDAR.is_school_day(day),
        "blackout": any(first <= day <= last for first, last in given.blackouts),
        "school closed": day in given.closed,
        "not a working day": day.isoweekday() not in given.working_days,
        "away": any(first <= day <= last for first, last in given.away),
        "week too full": half_days_in_week(booked, day) + (2 if part is W else 1) > 6,
        "booked twice": bool(others) if part is W else part in others or W in others,
        "too far from the other visit": part is not W and any(not near(given.at, other) for other in others.values()),
        "wrong length": (part is W) != one.whole_day,
    }
    return [name for name, is_so in wrong.items() if is_so]


@settings(deadline=None, max_examples=300)
@given(situations())
def test_no_placement_breaks_a_rule_and_the_diary_holds_exactly_what_was_placed(given: Situation) -> None:
    book = given.diary()
    placed = given.place(book)
    if isinstance(placed, Unplaced):
        assert book == given.diary()
        return
    assert [one.key for one in placed] == [one.key for one in given.wanted if one.key not in given.fixed]
    booked, on = copy.deepcopy(given.booked), dict(given.fixed)
    wanted = {one.key: one for one in given.wanted}
    for one in placed:
        assert faults_of_a_day(given, wanted[one.key], one.day, one.part, booked) == []
        assert one.day not in on.values()
        after = wanted[one.key].after
        if after is not None:
            assert on[after] < one.day
            assert wanted[one.key].least_weeks * WEEK <= one.day - on[after] <= wanted[one.key].most_weeks * WEEK
        on[one.key] = one.day
        booked.setdefault(one.day, {})[one.part] = given.at
    assert book.taken == booked


@settings(deadline=None, max_examples=200)
@given(situations())
def test_wherever_somebody_by_hand_finds_dates_for_a_case_it_has_dates_that_are_no_further_from_its_time(given: Situation) -> None:
    plain = by_hand(given.wanted, given.fixed, given.earliest, CALENDAR, given.shut(), {"": given.diary()}, given.at)
    found = given.place(given.diary())
    if isinstance(plain, Unplaced):
        return
    assert not isinstance(found, Unplaced), found


@settings(deadline=None, max_examples=200)
@given(situations())
def test_a_single_session_without_a_date_has_no_day_that_breaks_no_rule(given: Situation) -> None:
    given.wanted, given.fixed = [given.wanted[0]], {}
    one = given.wanted[0]
    possible = ((START + n * DAY, part) for n in range(300) for part in (M, A, W))
    able = [(day, part) for day, part in possible if not faults_of_a_day(given, one, day, part, given.booked)]
    found = given.place(given.diary())
    assert isinstance(found, Unplaced) is (not able)
    if not isinstance(found, Unplaced):
        assert (found[0].day, found[0].part) in able


@settings(deadline=None)
@given(situations(), situations())
def test_two_cases_of_one_supporter_never_meet_in_the_diary(first: Situation, second: Situation) -> None:
    book = first.diary()
    mine = first.place(book)
    second.booked, second.working_days, second.away = copy.deepcopy(first.booked), first.working_days, first.away
    for one in [] if isinstance(mine, Unplaced) else mine:
        second.booked.setdefault(one.day, {})[one.part] = first.at
    theirs = second.place(book)
    wanted = {one.key: one for one in second.wanted}
    for one in [] if isinstance(theirs, Unplaced) else theirs:
        assert faults_of_a_day(second, wanted[one.key], one.day, one.part, second.booked) == []
        second.booked.setdefault(one.day, {})[one.part] = second.at


def test_sessions_follow_one_another_at_their_gaps() -> None:
    found = place(session("a"), session("b", "a", least_weeks=3), session("c", "b"))
    assert days(found) == [datetime.date(2025, 9, 2), datetime.date(2025, 9, 23), datetime.date(2025, 9, 24)]


def test_a_gap_that_ends_in_the_holidays_is_made_longer_but_never_too_long() -> None:
    held = {"a": datetime.date(2025, 10, 8)}
    assert days(place(session("a"), session("b", "a", least_weeks=3), fixed=held)) == [datetime.date(2025, 11, 3)]
    assert why(place(session("a"), session("b", "a", least_weeks=3, most_weeks=3), fixed=held)).startswith(
        "B: no school day lies between 29 October 2025 and 29 October 2025, since it has to be at least 3 and at most 3 weeks after A on 8 October 2025."
    )


def test_what_was_held_stays_and_the_rest_counts_from_it() -> None:
    found = place(session("a"), session("b", "a", least_weeks=2), fixed={"a": datetime.date(2025, 9, 10)})
    assert found == [Placed("b", "B", datetime.date(2025, 9, 24), M)]


def test_a_session_that_moves_stays_before_a_later_one_that_does_not() -> None:
    """A visit is moved while the visits after it stay where they are."""
    stays = datetime.date(2025, 10, 1)
    found = place(session("a"), session("b", "a"), fixed={"b": stays}, earliest=datetime.date(2025, 10, 6))
    assert isinstance(found, Unplaced) or days(found)[0] < stays


def test_a_session_that_moves_keeps_the_gap_to_a_later_one_that_does_not() -> None:
    stays = datetime.date(2025, 10, 1)
    found = place(session("a"), session("b", "a", least_weeks=3), fixed={"b": stays}, earliest=datetime.date(2025, 9, 22))
    assert isinstance(found, Unplaced) or stays - days(found)[0] >= 3 * WEEK
    found = place(session("a"), session("b", "a", most_weeks=2), fixed={"b": stays})
    assert isinstance(found, Unplaced) or stays - days(found)[0] <= 2 * WEEK


def test_both_halves_of_a_day_are_used_for_schools_near_one_another() -> None:
    book = diary((datetime.date(2025, 9, 2), M, NEAR))
    assert place(session("a"), diary=book) == [Placed("a", "A", datetime.date(2025, 9, 2), A)]


@pytest.mark.parametrize("other", [FAR, (None, 200_000), (450_000, None)])
def test_schools_far_apart_or_of_unknown_place_are_not_visited_on_one_day(other: Place) -> None:
    found = place(session("a"), diary=diary((datetime.date(2025, 9, 2), M, other)))
    assert days(found) == [datetime.date(2025, 9, 3)]


def test_one_school_never_has_two_sessions_on_one_day() -> None:
    assert sorted(days(place(session("a"), session("b")))) == [datetime.date(2025, 9, 2), datetime.date(2025, 9, 3)]


def test_a_week_holds_six_half_days_at_most() -> None:
    full = [(datetime.date(2025, 9, day), part, HERE) for day in (8, 9, 10) for part in (M, A)]
    later = session("a", first=datetime.date(2025, 9, 8))
    assert days(place(later, diary=diary(*full))) == [datetime.date(2025, 9, 15)]
    assert days(place(later, diary=diary(*full[:5]))) == [datetime.date(2025, 9, 10)]
    whole = session("a", first=datetime.date(2025, 9, 8), whole_day=True)
    assert days(place(whole, diary=diary(*full[:5]))) == [datetime.date(2025, 9, 15)]


def test_if_one_session_has_no_day_none_is_entered_in_the_diary() -> None:
    book = diary()
    assert why(place(session("a"), session("b", "a", last=datetime.date(2025, 9, 1)), diary=book)).startswith("B: ")
    assert book.taken == {} and not book.weeks


def test_a_session_without_a_day_says_what_stops_most_of_its_days() -> None:
    book = diary((datetime.date(2025, 9, 8), W, HERE), working_days=[1, 2, 3], away=[(datetime.date(2025, 9, 9), datetime.date(2025, 9, 9))])
    week = session("a", first=datetime.date(2025, 9, 8), last=datetime.date(2025, 9, 12))
    assert why(place(week, diary=book, closed={datetime.date(2025, 9, 10)})) == (
        "A: no day between 8 September 2025 and 12 September 2025: the supporter does not work on that weekday (2 days); "
        "the supporter is booked (1 day); the supporter is away (1 day); the school cannot (1 day). The nearest day that would do is 15 September 2025."
    )


def test_tests_and_full_weeks_are_named_too() -> None:
    full = diary(*((datetime.date(2025, 9, day), W, HERE) for day in (8, 9, 10)))
    late = session("a", first=datetime.date(2025, 9, 11), last=datetime.date(2025, 9, 12))
    assert "the supporter's week is full (2 days)" in why(place(late, diary=full))
    assert "tests or examinations (2 days)" in why(place(late, blackouts=[(datetime.date(2025, 9, 11), datetime.date(2025, 9, 12))]))


def test_days_that_stop_nothing_are_told_the_right_way_round() -> None:
    """The first day named must not lie after the last."""
    said = why(place(session("a", first=datetime.date(2025, 12, 1), last=datetime.date(2025, 11, 3))))
    assert "between 1 December 2025 and 3 November 2025" not in said


def listed(**what: Any) -> Session:
    return Session.model_validate({"id": "a", "title": "A", **what})


def test_a_session_held_several_times_follows_itself_and_is_numbered() -> None:
    found = expand([listed(), listed(id="b", title="B", count=3, after="a", gap_weeks={"at_least": 2, "at_most": 9})], START, END, START)
    assert [(one.key, one.purpose, one.after, one.least_weeks, one.most_weeks) for one in found] == [
        ("a", "A", None, 0, 104), ("b.1", "B 1 of 3", "a", 2, 9), ("b.2", "B 2 of 3", "b.1", 2, 9), ("b.3", "B 3 of 3", "b.2", 2, 9),
    ]  # fmt: skip


def test_a_session_after_a_repeated_one_comes_after_its_last() -> None:
    found = expand([listed(count=2), listed(id="b", after="a")], START, END, START)
    assert [one.after for one in found] == [None, "a.1", "a.2"]


def test_every_session_has_a_key_of_its_own() -> None:
    found = expand([listed(count=2), listed(id="a-1")], START, END, START)
    assert len({one.key for one in found}) == len(found)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ({}, START, datetime.date(2027, 7, 31)),
        ({"school_year": 1}, START, datetime.date(2026, 8, 31)),
        ({"school_year": 2}, datetime.date(2026, 9, 1), datetime.date(2027, 7, 31)),
        ({"from_week": 0, "to_week": 4}, datetime.date(2025, 9, 15), datetime.date(2025, 10, 13)),
        ({"from_week": 2, "to_week": 200}, datetime.date(2025, 9, 29), datetime.date(2027, 7, 31)),
    ],
)
def test_a_window_is_a_school_year_of_the_commission_or_weeks_from_when_the_case_is_ready(
    window: dict[str, int], first: datetime.date, last: datetime.date
) -> None:
    (found,) = expand([listed(window=window)], START, datetime.date(2027, 7, 31), datetime.date(2025, 9, 15))
    assert (found.first, found.last) == (first, last)


def test_the_two_visits_of_economic_exclusion_fall_into_two_school_years_half_a_year_apart() -> None:
    ends = datetime.date(2027, 7, 31)
    found = expand(find_programme("economic-exclusion").schedule.sessions, START, ends, START)
    calendar = SchoolCalendar([(datetime.date(year, 9, 2), datetime.date(year + 1, 7, 20)) for year in (2025, 2026)])
    placed = place_all(found, {}, START, calendar, {}, {"": diary()}, HERE)
    assert not isinstance(placed, Unplaced)
    assert [(one.key, one.day, one.part) for one in placed] == [
        ("exploratory", datetime.date(2025, 9, 2), M), ("follow-up", datetime.date(2026, 9, 2), M),
    ]  # fmt: skip


def test_without_a_session_what_came_after_it_comes_after_the_one_before_with_the_time_for_both() -> None:
    day = datetime.date(2026, 9, 1)
    three = [Wanted(key, key, False, day, day, after, 2, 10) for key, after in (("a", None), ("b", "a"), ("c", "b"))]
    assert [(one.key, one.after, one.least_weeks, one.most_weeks) for one in without(three, {"b"})] == [("a", None, 2, 10), ("c", "a", 2, 20)]
    assert [(one.key, one.after) for one in without(three, {"a", "b"})] == [("c", None)]
    assert without(three, set()) == three
