"""Which schools are kept free of visits in which weeks, by the ages of their pupils."""

import datetime

import pytest

from models.programme import Schedule
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


def test_only_weeks_that_the_programme_avoids_are_kept_free_and_those_of_every_year() -> None:
    programme = find_programme("economic-exclusion")
    assert programme.schedule.avoid == ["ks2_tests", "gcse_exams"]
    assert blackouts(programme, (4, 11), [2026, 2027]) == [(D(2026, 5, 11), D(2026, 5, 15)), (D(2027, 5, 10), D(2027, 5, 14))]
    assert blackouts(programme, (11, 16), [2026]) == [(D(2026, 5, 11), D(2026, 6, 19))]
    assert blackouts(programme.model_copy(update={"schedule": Schedule()}), (3, 18), [2026]) == []
