"""Plans: pure decisions on what a draft holds, who agrees next, when reviews are due and when a case is done."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calendars.school_days import SchoolCalendar
from models.programme import Plan, Programme
from models.words import Status
from stages.agreed import AT_VISITS, OBJECTIVE, SUCCESS

_DAYS_A_WEEK = 5


@dataclass(frozen=True, slots=True)
class DraftAction:
    """One action of a draft; one that was agreed at a visit has its day, its area, and where it comes from."""

    action: str
    owner: str
    due: datetime.date | None = None
    area: str | None = None
    note_id: int | None = None
    note_action: int | None = None


@dataclass(frozen=True, slots=True)
class DraftObjective:
    """One objective of a draft, with its first actions."""

    area: str
    objective: str
    success_criterion: str
    actions: tuple[DraftAction, ...]


def draft(
    programme: Programme, needs: Sequence[tuple[str, str]], focus_area: str | None, agreed_actions: Sequence[DraftAction]
) -> list[DraftObjective]:
    """Return the objectives of a first draft.

    `needs` are pairs of need and title, the most severe first; `agreed_actions` come from published notes and go to the objective of their
    area or, without one, to an objective of their own. Templates of the programme are used where they fit; a need without one becomes an
    objective in its own words.
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
                found.append(DraftObjective(title, title, SUCCESS, ()))
    if "notes" in plan.drafted_from:
        found = _with_agreed(found, agreed_actions)
    return found or [DraftObjective(programme.title, programme.title, SUCCESS, ())]


def _with_agreed(found: Sequence[DraftObjective], agreed: Sequence[DraftAction]) -> list[DraftObjective]:
    """Return the objectives with what was agreed at visits: each action under the first that has its area, the rest under one of their own."""
    first: dict[str, int] = {}
    for number, one in enumerate(found):
        first.setdefault(one.area.casefold(), number)
    placed = [first.get((one.area or "").casefold()) for one in agreed]
    whole = [
        replace(one, actions=(*one.actions, *(action for action, place in zip(agreed, placed, strict=True) if place == number)))
        for number, one in enumerate(found)
    ]
    rest = tuple(action for action, place in zip(agreed, placed, strict=True) if place is None)
    return [*whole, DraftObjective(AT_VISITS, OBJECTIVE, SUCCESS, rest)] if rest else whole


def _owned(actions: Sequence[str]) -> tuple[DraftAction, ...]:
    return tuple(DraftAction(action, "headteacher") for action in actions)


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
