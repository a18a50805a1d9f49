"""Dates that somebody has to keep up: this fails in time, and not on the day on which next year's are missing."""

import datetime

import pytest

from calendars.bank_holidays import bank_holidays
from calendars.school_days import SchoolCalendar, school_year
from calendars.terms import assumed_terms
from tests.calendars.test_bank_holidays import PUBLISHED

THIS_YEAR = datetime.datetime.now(tz=datetime.UTC).year


@pytest.mark.parametrize("year", [THIS_YEAR, THIS_YEAR + 1])
def test_the_bank_holidays_of_this_year_and_the_next_were_compared_with_those_that_are_published(year: int) -> None:
    assert year in PUBLISHED, f"Add the bank holidays of {year} from GOV.UK to tests/calendars/test_bank_holidays.py."
    assert {day.isoformat() for day in bank_holidays([year]) if day.weekday() < 5} == set(PUBLISHED[year])


@pytest.mark.parametrize("later", [0, 1, 2])
def test_terms_by_rule_make_a_whole_school_year_for_years_to_come(later: int) -> None:
    year = school_year(datetime.date(THIS_YEAR, 9, 1)) + later
    calendar = SchoolCalendar(span for _, span in assumed_terms(year))
    days = calendar.days(datetime.date(year, 9, 1), datetime.date(year + 1, 8, 31))
    # The law asks for 190 days (Education (School Day and School Year) (England) Regulations 1999), and five more are for training.
    assert 186 <= len(days) <= 197
