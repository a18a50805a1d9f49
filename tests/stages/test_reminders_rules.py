"""When whom is reminded, compared with walking from one school day to the next."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.periods import Every
from calendars.school_days import SchoolCalendar
from calendars.terms import assumed_terms
from models.programme import Ladder
from stages.reminders.rules import Step, current_step, gives_up_on, is_near, letter_of, steps

DAY = datetime.timedelta(days=1)
CALENDAR = SchoolCalendar([(datetime.date(2025, 9, 2), datetime.date(2025, 10, 24)), (datetime.date(2025, 11, 3), datetime.date(2026, 2, 13))])
USUAL = Ladder.model_validate({"before": [3], "after": [2, 7], "then": ["adviser", "commissioner"]})
DUE = datetime.date(2025, 9, 17)


def walk(day: datetime.date, school_days: int) -> datetime.date:
    """Return the day that many school days later (or earlier), one step at a time."""
    step = DAY if school_days > 0 else -DAY
    for _ in range(abs(school_days)):
        day += step
        while not CALENDAR.is_school_day(day):
            day += step
    return day


ladders = st.builds(
    lambda before, after, then: Ladder.model_validate({"before": before, "after": after, "then": then}),
    st.lists(st.integers(1, 8), unique=True, max_size=3), st.lists(st.integers(1, 12), unique=True, max_size=3),
    st.sampled_from([[], ["adviser"], ["commissioner"], ["adviser", "commissioner"]]),
)  # fmt: skip
due_days = st.dates(datetime.date(2025, 9, 20), datetime.date(2025, 12, 10))


def test_the_usual_ladder_stands_on_the_days_worked_out_by_hand() -> None:
    assert steps(DUE, USUAL, CALENDAR) == [
        Step(datetime.date(2025, 9, 12), "before-3", "whose_turn", False),
        Step(datetime.date(2025, 9, 19), "after-2", "whose_turn", True),
        Step(datetime.date(2025, 9, 26), "after-7", "whose_turn", True),
        Step(datetime.date(2025, 10, 3), "tell-adviser", "adviser", True),
        Step(datetime.date(2025, 10, 10), "tell-commissioner", "commissioner", True),
    ]


def test_no_rung_stands_in_the_holidays() -> None:
    found = {step.name: step.day for step in steps(datetime.date(2025, 10, 23), USUAL, CALENDAR)}
    assert found["after-2"] == datetime.date(2025, 11, 3)
    assert all(CALENDAR.is_school_day(day) for day in found.values())


@given(due_days, ladders)
def test_every_rung_stands_where_walking_leads(due: datetime.date, ladder: Ladder) -> None:
    last = max(ladder.after, default=0)
    expected = {(f"before-{n}", walk(due, -n), "whose_turn", False) for n in ladder.before}
    expected |= {(f"after-{n}", walk(due, n), "whose_turn", True) for n in ladder.after}
    expected |= {(f"tell-{who}", walk(due, last + 5 * n), who, True) for n, who in enumerate(ladder.then, 1)}
    found = steps(due, ladder, CALENDAR)
    assert {(step.name, step.day, step.to, step.late) for step in found} == expected
    assert [step.day for step in found] == sorted(step.day for step in found)
    assert len(found) == len(expected)


@given(due_days, ladders, st.integers(-20, 60))
def test_the_rung_reached_is_the_latest_and_missed_ones_are_not_made_up_for(due: datetime.date, ladder: Ladder, later: int) -> None:
    today = due + later * DAY
    found = current_step(due, ladder, CALENDAR, today)
    reached = [step for step in steps(due, ladder, CALENDAR) if step.day <= today]
    assert (found is None) == (not reached)
    if found:
        assert found in reached and all(step.day <= found.day for step in reached)


@pytest.mark.parametrize(
    ("today", "name"),
    [("2025-09-11", None), ("2025-09-12", "before-3"), ("2025-09-18", "before-3"), ("2025-09-19", "after-2"), ("2025-10-02", "after-7"),
     ("2025-10-03", "tell-adviser"), ("2026-01-12", "tell-commissioner")],
)  # fmt: skip
def test_a_rung_is_reached_on_its_own_day(today: str, name: str | None) -> None:
    found = current_step(DUE, USUAL, CALENDAR, datetime.date.fromisoformat(today))
    assert (found.name if found else None) == name


def test_somebody_further_up_is_told_only_after_the_last_reminder() -> None:
    found = steps(DUE, Ladder.model_validate({"before": [], "after": [9, 1], "then": ["commissioner"]}), CALENDAR)
    assert [step.name for step in found] == ["after-1", "after-9", "tell-commissioner"]


@given(due_days, ladders)
def test_the_engine_goes_on_without_an_answer_on_the_school_day_after_the_last_reminder(due: datetime.date, ladder: Ladder) -> None:
    day = gives_up_on(due, ladder, CALENDAR)
    assert day == walk(due, max(ladder.after, default=0) + 1)
    assert all(day > step.day for step in steps(due, ladder, CALENDAR) if step.to == "whose_turn")
    assert day > due


def test_a_rung_beyond_the_known_terms_does_not_stop_the_ones_before_it() -> None:
    """Near the end of the known terms the last rungs have no date yet; today's reminder has."""
    due = datetime.date(2026, 2, 10)
    found = current_step(due, USUAL, CALENDAR, datetime.date(2026, 2, 6))
    assert found is not None and found.name == "before-3"


YEARS = SchoolCalendar([span for year in (2025, 2026) for _, span in assumed_terms(year)])


def letters(every: Every, calendar: SchoolCalendar) -> dict[datetime.date, list[datetime.date]]:
    """Return the days on which a letter may go, by the half-term it goes for, walking through every day there is."""
    assert calendar.first and calendar.last
    found: dict[datetime.date, list[datetime.date]] = {}
    day = calendar.first
    while day <= calendar.last:
        if (first := letter_of(every, calendar, day)) is not None:
            found.setdefault(first, []).append(day)
        day += DAY
    return found


@pytest.mark.parametrize(
    ("every", "names"),
    [
        ("half_term", ["Autumn 1", "Autumn 2", "Spring 1", "Spring 2", "Summer 1", "Summer 2"]),
        ("term", ["Autumn 1", "Spring 1", "Summer 1"]),
        ("year", ["Autumn 1"]),
    ],
)
def test_a_letter_goes_in_the_half_terms_that_its_programme_says_from_their_second_week(every: Every, names: list[str]) -> None:
    wanted = [span[0] for year in (2025, 2026) for name, span in assumed_terms(year) if name.rsplit(" ", 1)[0] in names]
    found = letters(every, YEARS)
    assert list(found) == wanted
    assert all(days == [day for day in YEARS.days(first, first + 27 * DAY) if day >= first + 7 * DAY] for first, days in found.items())


def test_a_bank_holiday_parts_no_half_term_and_a_year_may_begin_in_august() -> None:
    """As term dates are loaded: the first weeks of summer are two spans, with the bank holiday of 3 May between."""
    D = datetime.date
    spans = [
        (D(2026, 8, 27), D(2026, 10, 16)), (D(2026, 11, 2), D(2026, 12, 18)), (D(2027, 1, 4), D(2027, 2, 12)), (D(2027, 2, 22), D(2027, 3, 25)),
        (D(2027, 4, 12), D(2027, 4, 30)), (D(2027, 5, 4), D(2027, 5, 28)), (D(2027, 6, 7), D(2027, 7, 21)),
    ]  # fmt: skip
    calendar, firsts = SchoolCalendar(spans), [span[0] for span in spans]
    assert list(letters("half_term", calendar)) == [*firsts[:5], firsts[6]]
    assert list(letters("term", calendar)) == [firsts[0], firsts[2], firsts[4]]
    assert list(letters("year", calendar)) == [firsts[0]]


def test_a_calendar_that_begins_in_january_has_no_letter_of_the_year_before_autumn() -> None:
    calendar = SchoolCalendar([span for _, span in assumed_terms(2025)[2:]] + [span for _, span in assumed_terms(2026)])
    assert list(letters("year", calendar)) == [assumed_terms(2026)[0][1][0]]


BREAKS = SchoolCalendar([span for year in (2025, 2026) for _, span in assumed_terms(year)])
BREAK_DAYS = [day for day in BREAKS.days(datetime.date(2025, 9, 1), datetime.date(2027, 7, 1)) if BREAKS.is_last_before_break(day)]


def reminded_on(day: datetime.date, before: int, since: datetime.date | None = None) -> datetime.date | None:
    """Return the first school day from `since` on (from long before, otherwise) on which a reminder goes, walking through every day."""
    today = since or day - 90 * DAY
    while today <= day:
        if BREAKS.is_school_day(today) and is_near(day, before, BREAKS, today):
            return today
        today += DAY
    return None


@given(st.sampled_from(BREAKS.days(datetime.date(2025, 10, 1), datetime.date(2027, 6, 30))), st.integers(1, 8))
def test_a_reminder_goes_so_many_school_days_before_and_never_on_the_last_day_before_a_break(day: datetime.date, before: int) -> None:
    usual, found = BREAKS.add(day, -before), reminded_on(day, before)
    assert found == (BREAKS.add(usual, -1) if BREAKS.is_last_before_break(usual) else usual)
    assert found < day and not BREAKS.is_last_before_break(found)


@given(st.sampled_from(BREAKS.days(datetime.date(2025, 10, 1), datetime.date(2027, 6, 30))), st.integers(1, 8), st.integers(0, 20))
def test_a_reminder_that_was_missed_goes_on_the_next_day_that_will_do_but_never_after_the_day(day: datetime.date, before: int, late: int) -> None:
    first = reminded_on(day, before)
    assert first is not None
    found = reminded_on(day, before, first + late * DAY)
    left = [one for one in BREAKS.days(first + late * DAY, day - DAY) if not BREAKS.is_last_before_break(one)]
    urgent = [one for one in BREAKS.days(first + late * DAY, day - DAY) if BREAKS.is_last_before_break(one) and not BREAKS.days(one + DAY, day - DAY)]
    assert found == min([*left, *urgent], default=None)


@pytest.mark.parametrize("last", BREAK_DAYS)
def test_on_the_last_day_before_a_break_only_what_is_first_after_it_is_said(last: datetime.date) -> None:
    first, second = BREAKS.add(last, 1), BREAKS.add(last, 2)
    assert is_near(first, 3, BREAKS, last) and not is_near(second, 3, BREAKS, last)


def test_what_is_reminded_of_on_the_day_itself_goes_on_that_day_only() -> None:
    day = datetime.date(2026, 3, 3)
    assert [today for today in BREAKS.days(day - 9 * DAY, day + 9 * DAY) if is_near(day, 0, BREAKS, today)] == [day]
