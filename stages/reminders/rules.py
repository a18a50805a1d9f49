"""The ladder: pure decisions on when to remind whom, in school days."""

import datetime
from dataclasses import dataclass

from calendars.school_days import SchoolCalendar
from models.errors import BadInput
from models.programme import Ladder

_BETWEEN_TELLING = 5


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
