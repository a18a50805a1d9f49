"""What a draft plan holds, who agrees next, when reviews are due and when a case is done."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.school_days import SchoolCalendar
from models.programme import Plan, Programme
from models.words import Status
from programmes.catalogue import find_programme
from stages.plan.rules import DraftAction, DraftObjective, draft, is_done, next_review, next_to_agree

DAY = datetime.timedelta(days=1)
CALENDAR = SchoolCalendar([
    (datetime.date(2025, 9, 2), datetime.date(2025, 10, 24)), (datetime.date(2025, 11, 3), datetime.date(2025, 12, 19)),
    (datetime.date(2026, 1, 5), datetime.date(2026, 2, 13)),
])  # fmt: skip
ENDS = datetime.date(2026, 2, 13)
ECONOMIC = find_programme("economic-exclusion")
AGREED = DraftAction("Ask families", "deputy headteacher", ENDS, None, 7, 1)
NEEDS = [("economic-barriers", "Families face costs")]


def programme(**plan: Any) -> Programme:
    return ECONOMIC.model_copy(update={"plan": ECONOMIC.plan.model_copy(update=plan)})


def test_a_draft_has_the_focus_first_then_needs_then_what_was_agreed_at_the_visit() -> None:
    found = draft(ECONOMIC, NEEDS, "food", [AGREED])
    assert [(one.area, one.objective) for one in found] == [
        ("Food and breakfast", "Remove the barriers that families meet in: Food and breakfast"),
        ("Families face costs", "Every member of staff can see and act on the signs of hardship"),
        ("Agreed at visits", "Carry out what was agreed at visits"),
    ]
    assert [(one.action, one.owner) for one in found[0].actions] == [
        ("Ask families what the school day costs them", "headteacher"), ("Change the policy that costs families most", "headteacher"),
    ]  # fmt: skip
    assert found[2].actions == (AGREED,)


@pytest.mark.parametrize("area", ["Food and breakfast", "families face COSTS"])
def test_what_was_agreed_for_an_area_comes_under_its_objective_and_the_rest_under_one_of_its_own(area: str) -> None:
    for_area = replace(AGREED, area=area, note_action=2)
    found = draft(ECONOMIC, NEEDS, "food", [AGREED, for_area])
    (of_area,) = [one for one in found if one.area.casefold() == area.casefold()]
    assert of_area.actions[-1] == for_area and found[-1].actions == (AGREED,)
    assert [one.area for one in draft(ECONOMIC, NEEDS, "food", [for_area])] == ["Food and breakfast", "Families face costs"]


@pytest.mark.parametrize("focus", [None, "", "astronomy"])
def test_without_a_known_focus_there_is_no_objective_for_one(focus: str | None) -> None:
    assert [one.area for one in draft(ECONOMIC, NEEDS, focus, [])] == ["Families face costs"]


def test_a_need_without_a_template_becomes_an_objective_in_its_own_words() -> None:
    found = draft(ECONOMIC, [("other", "Staff need training"), *NEEDS], None, [])
    assert (found[0].area, found[0].objective, found[0].actions) == ("Staff need training", "Staff need training", ())
    assert len(found) == 2 and all(one.success_criterion for one in found)


def test_a_draft_is_never_empty() -> None:
    (only,) = draft(ECONOMIC, [], None, [])
    assert isinstance(only, DraftObjective) and only.objective == ECONOMIC.title


def test_only_the_sources_that_the_programme_names_are_used() -> None:
    areas = {
        source: [one.area for one in draft(programme(drafted_from=[source]), NEEDS, "food", [AGREED])] for source in ("needs", "focus_area", "notes")
    }
    assert areas == {"needs": ["Families face costs"], "focus_area": ["Food and breakfast"], "notes": ["Agreed at visits"]}


def test_no_placeholder_is_left_in_a_draft_of_any_shipped_programme() -> None:
    for name in ("economic-exclusion", "most-at-risk"):
        one = find_programme(name)
        needs = [(need.need, need.title) for need in one.diagnose.needs]
        for focus in one.diagnose.focus_areas or [None]:
            assert "{" not in repr([(d.objective, d.success_criterion, d.actions) for d in draft(one, needs, focus, [AGREED])])


ADVISER, SCHOOL, ON = Status.AWAITING_ADVISER, Status.AWAITING_SCHOOL, Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("order", "after", "expected"),
    [
        (["adviser", "school"], None, ADVISER), (["adviser", "school"], ADVISER, SCHOOL), (["adviser", "school"], SCHOOL, ON),
        (["school", "adviser"], None, SCHOOL), (["school", "adviser"], SCHOOL, ADVISER), (["school", "adviser"], ADVISER, ON),
        (["school"], None, SCHOOL), (["school"], SCHOOL, ON), (["adviser"], ADVISER, ON), (["adviser"], SCHOOL, ON),
    ],
)  # fmt: skip
def test_a_plan_is_agreed_in_the_order_that_the_programme_names(order: list[str], after: Status | None, expected: Status) -> None:
    assert next_to_agree(Plan.model_validate({"agreed_by": order}), after) is expected


@given(st.dates(datetime.date(2025, 8, 20), datetime.date(2026, 3, 1)), st.integers(1, 12))
def test_a_review_is_due_so_many_school_weeks_on_or_never(after: datetime.date, weeks: int) -> None:
    day, left = after, 5 * weeks
    while left and day < ENDS:
        day += DAY
        left -= CALENDAR.is_school_day(day)
    expected = None if left else day
    assert next_review(after, Plan(reviewed_every_school_weeks=weeks), CALENDAR, ENDS) == expected


def test_holidays_do_not_count_towards_a_review() -> None:
    plan = Plan(reviewed_every_school_weeks=1)
    assert next_review(datetime.date(2025, 10, 22), plan, CALENDAR, ENDS) == datetime.date(2025, 11, 5)
    assert next_review(ENDS, plan, CALENDAR, ENDS) is None


def on(day: int) -> datetime.date:
    return datetime.date(2026, 1, day)


@pytest.mark.parametrize(
    ("over", "visit", "review", "open_review", "done"),
    [
        (False, on(5), on(9), False, False),  # a visit is still to come
        (True, on(5), on(9), True, True),  # reviewed since the last visit
        (True, on(5), on(5), True, True),  # reviewed on the day itself
        (True, on(9), on(5), True, False),  # reviewed before the last visit, and a review is to come
        (True, on(9), on(5), False, True),  # but none is to come
        (True, on(9), None, True, False),
        (True, on(9), None, False, True),
        (True, None, None, True, False),
        (True, None, on(5), True, True),
    ],
)
def test_support_is_done_when_visits_are_over_and_progress_was_reviewed_after_the_last(
    over: bool, visit: datetime.date | None, review: datetime.date | None, open_review: bool, done: bool
) -> None:
    assert is_done(over, visit, review, open_review, False, on(12), datetime.date(2026, 7, 31)) is done


@pytest.mark.parametrize(
    ("today", "done"), [(datetime.date(2026, 7, 2), False), (datetime.date(2026, 7, 3), True), (datetime.date(2026, 9, 1), True)]
)
def test_in_the_last_four_weeks_nobody_waits_for_a_review(today: datetime.date, done: bool) -> None:
    ends = datetime.date(2026, 7, 31)
    assert is_done(True, on(9), None, True, False, today, ends) is done
    assert is_done(False, on(9), None, True, False, today, ends) is False


def test_where_there_are_no_visits_one_review_does_not_end_the_support() -> None:
    ends = datetime.date(2026, 7, 31)
    assert is_done(True, None, on(9), True, True, on(12), ends) is False
    assert is_done(True, None, on(9), False, True, on(12), ends) is True
