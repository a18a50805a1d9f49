"""Term dates assumed by rule, weeks kept free of visits, and a real authority's term dates."""

import datetime
import pathlib
from collections import Counter
from itertools import pairwise

import pytest

from calendars.school_days import SchoolCalendar, Span, school_year
from calendars.terms import assumed_terms, blackout

DAY = datetime.timedelta(days=1)

# A made-up file with the traps of the real one: an exclusive DTEND, one-day events, an event that is no term day.
SMALL_ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20250904
DTEND;VALUE=DATE:20250906
SUMMARY:Made-up: Term day (Week 1)
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20250908
DTEND;VALUE=DATE:20250909
SUMMARY:Made-up: Term day (Week 2)
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20250909
DTEND;VALUE=DATE:20250910
SUMMARY:Made-up: INSET
END:VEVENT
END:VCALENDAR
"""


def spans_of(text: str) -> list[Span]:
    """Return the first and last day of each stretch of term days in an ics file, whose DTEND is exclusive."""
    spans = []
    for event in text.split("BEGIN:VEVENT")[1:]:
        lines = dict(line.split(":", 1) for line in event.splitlines() if ":" in line)
        if "Term day" in lines["SUMMARY"]:
            first, after = (datetime.date.fromisoformat(lines[f"{name};VALUE=DATE"]) for name in ("DTSTART", "DTEND"))
            spans.append((first, after - DAY))
    return spans


def days_by_school_year(calendar: SchoolCalendar) -> Counter[int]:
    assert calendar.first and calendar.last
    return Counter(school_year(day) for day in calendar.days(calendar.first, calendar.last))


def test_the_day_an_event_ends_on_is_no_term_day() -> None:
    calendar = SchoolCalendar(spans_of(SMALL_ICS))
    assert calendar.days(datetime.date(2025, 9, 1), datetime.date(2025, 9, 30)) == [datetime.date(2025, 9, day) for day in (4, 5, 8)]


def test_sheffield_has_the_195_term_days_it_publishes_in_each_school_year(shared: pathlib.Path) -> None:
    spans = spans_of((shared / "calendar" / "sheffield_term_dates.ics").read_text(encoding="utf-8"))
    counts = days_by_school_year(SchoolCalendar(spans))
    assert len(counts) == 3
    assert set(counts.values()) == {195}


@pytest.mark.parametrize("year", range(2020, 2036))
def test_assumed_terms_make_a_whole_school_year_of_190_to_196_days(year: int) -> None:
    counts = days_by_school_year(SchoolCalendar([span for _, span in assumed_terms(year)]))
    assert list(counts) == [year]
    assert 190 <= counts[year] <= 196


@pytest.mark.parametrize("year", range(2015, 2045))
def test_each_assumed_half_term_begins_and_ends_on_a_school_day(year: int) -> None:
    """22 July is a Saturday in 2028; Good Friday ended a half-term in 2027, and the early May bank holiday begins one in 2038."""
    terms = assumed_terms(year)
    calendar = SchoolCalendar([span for _, span in terms])
    assert all(calendar.is_school_day(first) and calendar.is_school_day(last) for _, (first, last) in terms)


@pytest.mark.parametrize("year", range(2020, 2036))
def test_assumed_half_terms_follow_one_another_with_a_week_or_more_between(year: int) -> None:
    terms = assumed_terms(year)
    assert [name.rpartition(" ")[0] for name, _ in terms] == ["Autumn 1", "Autumn 2", "Spring 1", "Spring 2", "Summer 1", "Summer 2"]
    assert all(first < last and first.weekday() < 5 for _, (first, last) in terms)
    for (_, (_, last)), (_, (first, _)) in pairwise(terms):
        assert (first - last).days > 7
    assert terms[0][1][0] >= datetime.date(year, 9, 1) and terms[-1][1][1] <= datetime.date(year + 1, 8, 31)


def test_the_assumed_year_2025_is_the_one_that_dorset_publishes_to_within_a_few_days() -> None:
    """Dorset: 3 Sep - 24 Oct, 3 Nov - 19 Dec, 5 Jan - 13 Feb, 23 Feb - 27 Mar, 13 Apr - 22 May, 1 Jun - 23 Jul."""
    assert [span for _, span in assumed_terms(2025)] == [
        (datetime.date(2025, 9, 2), datetime.date(2025, 10, 24)),
        (datetime.date(2025, 11, 3), datetime.date(2025, 12, 19)),
        (datetime.date(2026, 1, 5), datetime.date(2026, 2, 13)),
        (datetime.date(2026, 2, 23), datetime.date(2026, 3, 27)),
        (datetime.date(2026, 4, 13), datetime.date(2026, 5, 22)),
        (datetime.date(2026, 6, 1), datetime.date(2026, 7, 22)),
    ]


@pytest.mark.parametrize("year", range(2020, 2036))
def test_christmas_never_lies_in_an_assumed_term(year: int) -> None:
    calendar = SchoolCalendar([span for _, span in assumed_terms(year)])
    christmas = [datetime.date(year, 12, 24) + n * DAY for n in range(9)]
    assert not any(calendar.is_school_day(day) for day in christmas)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2019-05-13", "2019-05-16"), ("2022-05-09", "2022-05-12"), ("2023-05-09", "2023-05-12"), ("2024-05-13", "2024-05-16"),
     ("2025-05-12", "2025-05-15"), ("2026-05-11", "2026-05-14")],
)  # fmt: skip
def test_key_stage_2_tests_lie_in_their_blackout_week(first: str, last: str) -> None:
    began, ended = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    monday, friday = blackout("ks2_tests", began.year)
    assert monday <= began and ended <= friday
    assert (monday.weekday(), friday.weekday(), (friday - monday).days) == (0, 4, 4)


@pytest.mark.parametrize("monday", ["2023-06-12", "2024-06-10", "2025-06-09", "2026-06-08"])
def test_the_phonics_check_has_the_second_week_of_june(monday: str) -> None:
    day = datetime.date.fromisoformat(monday)
    assert blackout("phonics_check", day.year) == (day, day + 4 * DAY)


def test_gcse_examinations_run_from_the_second_week_of_may_to_the_third_of_june() -> None:
    assert blackout("gcse_exams", 2025) == (datetime.date(2025, 5, 12), datetime.date(2025, 6, 20))
    assert blackout("gcse_exams", 2026) == (datetime.date(2026, 5, 11), datetime.date(2026, 6, 19))
