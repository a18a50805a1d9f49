"""Half-terms, terms and years told from school days alone, whatever an authority calls its terms."""

import datetime

import pytest

from calendars.periods import period
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
