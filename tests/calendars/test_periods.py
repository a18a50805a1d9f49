"""Half-terms, terms and years told from school days alone, whatever an authority calls its terms."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.periods import Every, period, periods
from calendars.school_days import SchoolCalendar
from calendars.terms import assumed_terms

D = datetime.date
YEARS = (2025, 2026, 2027)
ASSUMED = SchoolCalendar([span for year in YEARS for _, span in assumed_terms(year)])


@pytest.mark.parametrize("year", YEARS)
def test_every_school_day_lies_in_the_half_term_that_its_dates_say(year: int) -> None:
    for name, (first, last) in assumed_terms(year):
        found = {period(ASSUMED, day, "half_term") for day in ASSUMED.days(first, last)}
        assert len(found) == 1, name


@pytest.mark.parametrize("year", YEARS)
def test_the_two_halves_of_a_term_are_one_term_and_no_two_terms_are_the_same(year: int) -> None:
    terms: dict[str, set[object]] = {}
    for name, (first, last) in assumed_terms(year):
        terms.setdefault(name.split()[0], set()).update(period(ASSUMED, day, "term") for day in ASSUMED.days(first, last))
    assert [len(found) for found in terms.values()] == [1, 1, 1]
    assert len(set.union(*terms.values())) == 3


def test_a_break_of_two_weeks_in_the_autumn_does_not_make_a_fourth_term() -> None:
    wide = SchoolCalendar([(D(2026, 9, 2), D(2026, 10, 16)), (D(2026, 11, 2), D(2026, 12, 18)), (D(2027, 1, 4), D(2027, 3, 25))])
    assert period(wide, D(2026, 9, 10), "term") == period(wide, D(2026, 12, 1), "term") != period(wide, D(2027, 1, 5), "term")


def test_a_day_without_school_lies_in_no_term() -> None:
    assert period(ASSUMED, D(2026, 12, 25), "term") is None and period(ASSUMED, D(2026, 12, 25), "half_term") is None


def test_a_year_begins_in_september() -> None:
    assert period(ASSUMED, D(2026, 8, 31), "year") == 2025 and period(ASSUMED, D(2026, 9, 1), "year") == 2026


gaps = st.integers(1, 30)
lengths = st.integers(1, 60)


@st.composite
def calendars(draw: st.DrawFn) -> SchoolCalendar:
    """Return a calendar of stretches of any length with breaks of any length."""
    day, spans = D(2025, 9, 1), []
    for length, gap in draw(st.lists(st.tuples(lengths, gaps), min_size=1, max_size=10)):
        spans.append((day, day + datetime.timedelta(days=length)))
        day += datetime.timedelta(days=length + gap)
    return SchoolCalendar(spans)


@given(calendars(), st.dates(D(2025, 8, 1), D(2027, 8, 1)), st.integers(0, 500), st.sampled_from(["half_term", "term", "year"]))
def test_periods_hold_every_school_day_once_in_order_and_part_only_where_one_ends(
    calendar: SchoolCalendar, first: datetime.date, length: int, every: Every
) -> None:
    last = first + datetime.timedelta(days=length)
    # One day after another, as a person would with a wall calendar.
    open_days = [first + datetime.timedelta(days=n) for n in range(length + 1) if calendar.is_school_day(first + datetime.timedelta(days=n))]
    expected: list[list[datetime.date]] = []
    for day in open_days:
        begins = not expected or period(calendar, expected[-1][-1], every) != period(calendar, day, every)
        expected.append([day]) if begins else expected[-1].append(day)
    assert periods(calendar, first, last, every) == tuple((days[0], days[-1]) for days in expected)
    if every == "half_term":
        assert all((after[0] - before[-1]).days > 7 for before, after in pairwise(expected))
        assert all((later - earlier).days <= 7 for days in expected for earlier, later in pairwise(days))
    if every == "year":
        assert all(before[-1].month < 9 <= after[0].month or before[-1].year < after[0].year for before, after in pairwise(expected))


@pytest.mark.parametrize("year", YEARS)
def test_a_school_year_has_six_half_terms_three_terms_and_one_year(year: int) -> None:
    found = [periods(ASSUMED, D(year, 9, 1), D(year + 1, 8, 31), every) for every in ("half_term", "term", "year")]
    assert [len(spans) for spans in found] == [6, 3, 1]
    assert found[0][0][0] == found[1][0][0] == found[2][0][0] and found[0][-1][1] == found[1][-1][1] == found[2][0][1]


def test_a_period_that_began_before_the_first_day_or_ends_after_the_last_is_cut_off() -> None:
    assert periods(ASSUMED, D(2026, 9, 21), D(2026, 9, 25), "term") == ((D(2026, 9, 21), D(2026, 9, 25)),)
    assert periods(ASSUMED, D(2026, 12, 25), D(2026, 12, 27), "term") == ()
