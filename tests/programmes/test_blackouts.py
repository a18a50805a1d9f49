"""Which schools are kept free of visits in which weeks, by the ages of their pupils."""

import datetime

import pytest
from pydantic import ValidationError

from calendars.school_days import Span
from models.programme import Blackout, Programme, Schedule
from programmes.blackouts import Ages, blackouts, sits
from programmes.catalogue import find_programme

D = datetime.date


@pytest.mark.parametrize(
    ("kind", "ages", "expected"),
    [
        ("nursery", (2, 4), set()),
        ("infant", (4, 7), {"phonics_check"}),
        ("junior", (7, 11), {"ks2_tests"}),
        ("primary", (4, 11), {"phonics_check", "ks2_tests"}),
        ("first", (4, 9), {"phonics_check"}),
        ("middle", (9, 13), {"ks2_tests"}),
        ("upper", (13, 18), {"gcse_exams"}),
        ("secondary", (11, 16), {"gcse_exams"}),
        ("all-through", (3, 18), {"phonics_check", "ks2_tests", "gcse_exams"}),
        ("sixth form", (16, 19), set()),
        ("of unknown ages", (None, None), {"phonics_check", "ks2_tests", "gcse_exams"}),
        ("of unknown highest age", (11, None), {"gcse_exams"}),
    ],
)
def test_a_school_is_kept_free_for_what_its_own_pupils_sit(kind: str, ages: Ages, expected: set[str]) -> None:
    assert {name for name in ("ks2_tests", "gcse_exams", "phonics_check") if sits(name, ages)} == expected, kind


def days_of(programme: Programme, ages: Ages, *years: int) -> list[Span]:
    return [days for days, _ in blackouts(programme, ages, years)]


def test_only_weeks_that_the_programme_avoids_are_kept_free_and_those_of_every_year() -> None:
    programme = find_programme("economic-exclusion")
    assert programme.schedule.avoid == ["ks2_tests", "gcse_exams"]
    begin = {year: (D(year, 9, 1), D(year, 9, 10)) for year in (2026, 2027)}
    weeks = [(D(2026, 5, 11), D(2026, 5, 15)), begin[2026], (D(2027, 5, 10), D(2027, 5, 14)), begin[2027]]
    assert sorted(days_of(programme, (4, 11), 2026, 2027)) == weeks
    assert days_of(programme, (11, 16), 2026) == [(D(2026, 5, 11), D(2026, 6, 19)), begin[2026]]
    assert days_of(programme.model_copy(update={"schedule": Schedule()}), (3, 18), 2026) == []
    assert {why for _, why in blackouts(programme, (3, 18), [2026])} == {"tests or examinations", "the first days of the school year"}


def test_a_programme_keeps_other_days_of_every_year_free_at_every_school() -> None:
    start = {"title": "Start of the school year", "first": "09-01", "last": "09-05"}
    winter = {"title": "Audits", "first": "12-14", "last": "01-08"}
    programme = find_programme("economic-exclusion").model_copy(update={"schedule": Schedule.model_validate({"blackouts": [start, winter]})})
    for ages in ((2, 4), (11, 16), (None, None)):
        assert blackouts(programme, ages, [2026, 2027]) == [
            ((D(2026, 9, 1), D(2026, 9, 5)), "Start of the school year"), ((D(2026, 12, 14), D(2027, 1, 8)), "Audits"),
            ((D(2027, 9, 1), D(2027, 9, 5)), "Start of the school year"), ((D(2027, 12, 14), D(2028, 1, 8)), "Audits"),
        ]  # fmt: skip


@pytest.mark.parametrize("day", ["9-1", "13-01", "04-31", "02-29", "0901", "", "09-01-2026"])
def test_a_day_that_no_year_has_is_refused_in_one_sentence(day: str) -> None:
    with pytest.raises(ValidationError, match='is no day of every year: give month and day, as in "09-01"'):
        Blackout.model_validate({"title": "Start of the school year", "first": day, "last": "09-05"})
