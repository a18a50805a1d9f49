"""Counting in school days, compared with walking through the calendar one day at a time."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.bank_holidays import bank_holidays
from calendars.school_days import SchoolCalendar, Span, dates, school_calendar, school_year
from models.errors import BadInput

DAY = datetime.timedelta(days=1)
AUTUMN = (datetime.date(2025, 9, 2), datetime.date(2025, 10, 24))
AFTER_HALF_TERM = (datetime.date(2025, 11, 3), datetime.date(2025, 12, 19))


class Walked:
    """The slow calendar: every answer is found by looking at one day after another."""

    def __init__(self, terms: list[Span], closed: set[datetime.date]) -> None:
        self.terms, self.closed = terms, closed
        self.earliest = min(first for first, _ in terms)
        self.latest = max(last for _, last in terms)

    def is_open(self, day: datetime.date) -> bool:
        in_term = any(first <= day <= last for first, last in self.terms)
        return in_term and day.weekday() < 5 and day not in self.closed and day not in bank_holidays([day.year])

    def add(self, day: datetime.date, school_days: int) -> datetime.date | None:
        step = -DAY if school_days < 0 else DAY
        left = abs(school_days)
        if left == 0:
            while not self.is_open(day):
                day += DAY
                if day > self.latest:
                    return None
            return day
        while left:
            day += step
            if (step == DAY and day > self.latest) or (step == -DAY and day < self.earliest):
                return None
            left -= self.is_open(day)
        return day

    def between(self, first: datetime.date, last: datetime.date) -> int:
        if last < first:
            return -self.between(last, first)
        count = 0
        while first < last:
            first += DAY
            count += self.is_open(first)
        return count


some_day = st.dates(datetime.date(2024, 8, 1), datetime.date(2026, 6, 30))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[SchoolCalendar, Walked]:
    """Return a calendar of random terms and closures, with the slow one of the same."""
    terms = [(first, first + draw(st.integers(0, 60)) * DAY) for first in draw(st.lists(some_day, min_size=1, max_size=4))]
    closed = draw(st.sets(some_day, max_size=12))
    return SchoolCalendar(terms, closed), Walked(terms, closed)


@settings(deadline=None)
@given(calendars(), some_day, st.integers(-40, 60))
def test_adding_school_days_lands_where_walking_day_by_day_does(both: tuple[SchoolCalendar, Walked], day: datetime.date, number: int) -> None:
    calendar, walked = both
    expected = walked.add(day, number)
    if expected is None:
        with pytest.raises(BadInput, match="load the next year's term dates"):
            calendar.add(day, number)
    else:
        assert calendar.add(day, number) == expected


@settings(deadline=None)
@given(calendars(), some_day, some_day)
def test_school_days_between_two_days_are_those_met_on_the_way(
    both: tuple[SchoolCalendar, Walked], first: datetime.date, last: datetime.date
) -> None:
    calendar, walked = both
    assert calendar.between(first, last) == walked.between(first, last)


@settings(deadline=None)
@given(calendars(), some_day, st.integers(0, 120))
def test_a_list_of_school_days_holds_exactly_the_open_ones(both: tuple[SchoolCalendar, Walked], first: datetime.date, length: int) -> None:
    calendar, walked = both
    stretch = dates(first, first + length * DAY)
    assert calendar.days(first, first + length * DAY) == [day for day in stretch if walked.is_open(day)]
    assert [calendar.is_school_day(day) for day in stretch] == [walked.is_open(day) for day in stretch]


@settings(deadline=None)
@given(calendars(), some_day)
def test_a_day_is_the_last_before_a_break_when_a_week_or_more_without_school_follows(both: tuple[SchoolCalendar, Walked], day: datetime.date) -> None:
    calendar, walked = both
    week_after_is_shut = not any(walked.is_open(day + n * DAY) for n in range(1, 8))
    assert calendar.is_last_before_break(day) == (walked.is_open(day) and week_after_is_shut)


@pytest.mark.parametrize(("back", "is_break"), [(17, False), (18, True)])
def test_a_break_is_a_break_from_seven_days_without_school_on(back: int, is_break: bool) -> None:
    calendar = SchoolCalendar([(datetime.date(2025, 9, 8), datetime.date(2025, 9, 10)), (datetime.date(2025, 9, back), datetime.date(2025, 9, 30))])
    assert calendar.is_last_before_break(datetime.date(2025, 9, 10)) is is_break


def test_the_next_school_day_after_a_friday_before_half_term_is_the_monday_after_it() -> None:
    calendar = SchoolCalendar([AUTUMN, AFTER_HALF_TERM])
    assert calendar.add(datetime.date(2025, 10, 24), 1) == datetime.date(2025, 11, 3)
    assert calendar.add(datetime.date(2025, 10, 29), 0) == datetime.date(2025, 11, 3)
    assert calendar.add(datetime.date(2025, 11, 3), -1) == datetime.date(2025, 10, 24)


def test_adding_nothing_to_a_school_day_stays_there() -> None:
    assert SchoolCalendar([AUTUMN]).add(datetime.date(2025, 9, 9), 0) == datetime.date(2025, 9, 9)


def test_adding_beyond_the_known_terms_is_refused_and_says_what_to_load() -> None:
    calendar = SchoolCalendar([AUTUMN])
    assert calendar.add(datetime.date(2025, 10, 22), 2) == datetime.date(2025, 10, 24)
    with pytest.raises(BadInput, match=r"22 October 2025: load the next year's term dates\."):
        calendar.add(datetime.date(2025, 10, 22), 3)
    with pytest.raises(BadInput, match="load the next year's term dates"):
        calendar.add(datetime.date(2025, 9, 3), -2)


def test_without_any_terms_there_is_no_school_day() -> None:
    calendar = SchoolCalendar([])
    assert calendar.first is None and calendar.last is None
    assert calendar.between(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)) == 0
    assert not calendar.is_last_before_break(datetime.date(2025, 9, 9))
    with pytest.raises(BadInput, match="load"):
        calendar.add(datetime.date(2025, 9, 9), 0)


def test_bank_holidays_in_term_are_no_school_days_even_in_the_middle_of_a_stretch_of_years() -> None:
    """Somebody may enter one stretch for several years; the years inside it have bank holidays too."""
    calendar = SchoolCalendar([(datetime.date(2024, 9, 2), datetime.date(2026, 7, 22))])
    assert not calendar.is_school_day(datetime.date(2026, 5, 4))
    assert not calendar.is_school_day(datetime.date(2025, 5, 5))


def test_the_same_terms_give_the_same_calendar() -> None:
    assert school_calendar((AUTUMN,)) is school_calendar((AUTUMN,))
    assert school_calendar((AUTUMN,)) is not school_calendar((AUTUMN,), (datetime.date(2025, 9, 2),))


def test_a_school_year_begins_on_the_first_of_september() -> None:
    assert school_year(datetime.date(2025, 8, 31)) == 2024
    assert school_year(datetime.date(2025, 9, 1)) == 2025
    assert school_year(datetime.date(2026, 1, 1)) == 2025
