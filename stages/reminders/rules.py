"""The ladder: pure decisions on when to remind whom, in school days; and when the regular letter goes."""

import datetime
from dataclasses import dataclass

from calendars.periods import Every, period
from calendars.school_days import ONE_DAY, SchoolCalendar
from models.errors import BadInput
from models.programme import Ladder

_BETWEEN_TELLING = 5
_SECOND_WEEK, _FIFTH_WEEK = 7, 28


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: on which day, called what, to whom (the one whose turn it is, or somebody further up), and whether it is late."""

    day: datetime.date
    name: str
    to: str
    late: bool


def steps(due: datetime.date, ladder: Ladder, calendar: SchoolCalendar) -> list[Step]:
    """Return the rungs around `due`, earliest first: before, after, then the adviser and the commissioner in turn."""
    last = max(ladder.after, default=0)
    wanted = [(-days, f"before-{days}", "whose_turn") for days in ladder.before] + [(days, f"after-{days}", "whose_turn") for days in ladder.after]
    wanted += [(last + _BETWEEN_TELLING * number, f"tell-{who}", who) for number, who in enumerate(ladder.then, start=1)]
    # A rung beyond the known term dates has no day yet; it gets one when the next year's dates are loaded.
    rungs = [Step(day, name, to, days > 0) for days, name, to in wanted if (day := _day(calendar, due, days)) is not None]
    return sorted(rungs, key=lambda rung: (rung.day, rung.name))


def _day(calendar: SchoolCalendar, due: datetime.date, school_days: int) -> datetime.date | None:
    try:
        return calendar.add(due, school_days)
    except BadInput:
        return None


def current_step(due: datetime.date, ladder: Ladder, calendar: SchoolCalendar, today: datetime.date) -> Step | None:
    """Return the latest rung that has been reached by `today`; earlier ones that were missed are not made up for."""
    reached = [step for step in steps(due, ladder, calendar) if step.day <= today]
    return reached[-1] if reached else None


def gives_up_on(due: datetime.date, ladder: Ladder, calendar: SchoolCalendar) -> datetime.date:
    """Return the day from which the engine goes on without an answer: after the last reminder."""
    return calendar.add(due, max(ladder.after, default=0) + 1)


def is_near(day: datetime.date, before: int, calendar: SchoolCalendar, today: datetime.date) -> bool:
    """Tell whether what is on `day` is reminded of by `today`: so many school days before it, later if that was missed, never after it.

    What would fall on the last day before a break goes on the school day before that. On a last day before a break itself nothing goes, but
    for what is on the first day after it or in the break.
    """
    due = _day(calendar, day, -before) or today
    if calendar.is_last_before_break(due):
        due = _day(calendar, due, -1) or due
    if today < due or (today >= day and today != due):
        return False
    return not calendar.is_last_before_break(today) or not calendar.days(today + ONE_DAY, day - ONE_DAY)


def letter_of(every: Every, calendar: SchoolCalendar, today: datetime.date) -> datetime.date | None:
    """Return the first school day of the half-term whose regular letter may go today; None if none may.

    A letter goes from the second week of each half-term, of the first half-term of each term, or of the first of the school year.
    """
    stretch = calendar.stretch(today)
    if stretch is None or not _SECOND_WEEK <= (today - stretch[0]).days < _FIFTH_WEEK:
        return None
    first = stretch[0]
    return first if every == "half_term" or _begins(every, calendar, first) else None


def _begins(every: Every, calendar: SchoolCalendar, first: datetime.date) -> bool:
    """Tell whether the half-term that begins on `first` is the first of its term or, for a year, of an autumn."""
    term = period(calendar, first, "term")
    before = _day(calendar, first, -1)
    if before is not None and period(calendar, before, "term") == term:
        return False
    return every == "term" or (isinstance(term, tuple) and term[1] == "autumn")
