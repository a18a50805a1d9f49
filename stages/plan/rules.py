"""Plans: pure decisions on what a draft holds, who agrees next, when reviews are due and when a case is done."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from calendars.school_days import SchoolCalendar
from models.programme import Plan, Programme
from models.words import Status

_DAYS_A_WEEK = 5
FROM_THE_VISIT = "From the visit"
_SUCCESS = "The adviser and the school agree at the last review that it is reached."


@dataclass(frozen=True, slots=True)
class DraftObjective:
    """One objective of a draft, with its first actions as (action, owner) and the dates between which they fall."""

    area: str
    objective: str
    success_criterion: str
    actions: tuple[tuple[str, str], ...]


def draft(programme: Programme, needs: Sequence[tuple[str, str]], focus_area: str | None, agreed_actions: Sequence[str]) -> list[DraftObjective]:
    """Return the objectives of a first draft.

    `needs` are pairs of need and title, the most severe first; `agreed_actions` come from published notes. Templates of
    the programme are used where they fit; a need without one becomes an objective in its own words.
    """
    plan, found = programme.plan, []
    focus = programme.diagnose.focus_areas.get(focus_area or "")
    if "focus_area" in plan.drafted_from and focus:
        for template in plan.objectives:
            if template.for_need is None:
                words = template.objective.replace("{focus}", focus)
                found.append(DraftObjective(focus, words, template.success_criterion, _owned(template.actions)))
    if "needs" in plan.drafted_from:
        for need, title in needs:
            templates = [template for template in plan.objectives if template.for_need == need]
            found += [DraftObjective(title, t.objective, t.success_criterion, _owned(t.actions)) for t in templates]
            if not templates:
                found.append(DraftObjective(title, title, _SUCCESS, ()))
    if "notes" in plan.drafted_from and agreed_actions:
        found.append(DraftObjective(FROM_THE_VISIT, "Carry out what was agreed at the visit", _SUCCESS, _owned(agreed_actions)))
    return found or [DraftObjective(programme.title, programme.title, _SUCCESS, ())]


def _owned(actions: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((action, "headteacher") for action in actions)


def next_to_agree(plan: Plan, after: Status | None) -> Status:
    """Return who agrees next: the adviser, the school, or nobody more (the plan is under way)."""
    order = [Status.AWAITING_ADVISER if who == "adviser" else Status.AWAITING_SCHOOL for who in plan.agreed_by]
    if after is None:
        return order[0]
    later = order[order.index(after) + 1 :] if after in order else []
    return later[0] if later else Status.IN_PROGRESS


def next_review(after: datetime.date, plan: Plan, calendar: SchoolCalendar, ends: datetime.date) -> datetime.date | None:
    """Return when the next review is due, so many school weeks on; None if that is after the commission's end."""
    if after >= ends:
        return None
    term_days = len(calendar.days(after + datetime.timedelta(days=1), ends))
    wanted = plan.reviewed_every_school_weeks * _DAYS_A_WEEK
    return calendar.add(after, wanted) if term_days >= wanted else None


def is_done(
    visits_over: bool,
    last_visit: datetime.date | None,
    last_review: datetime.date | None,
    open_review: bool,
    no_visits: bool,
    today: datetime.date,
    ends: datetime.date,
) -> bool:
    """Tell whether support is done: all visits over, and progress reviewed after the last of them or no review to come."""
    if not visits_over:
        return False
    # Where a programme has no visits, reviews are all there is, and one of them does not end it.
    reviewed_since = not no_visits and last_review is not None and (last_visit is None or last_review >= last_visit)
    return reviewed_since or not open_review or today >= ends - datetime.timedelta(weeks=4)
