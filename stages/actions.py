"""One piece for what several rooms ask of the actions of plans: in the order in which people number them, and which are overdue."""

import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.plan import Action, ActionPlan, Objective
from models.words import PlanStatus, Stage
from programmes.sessions import FIRST
from stages.journey import ENDED


def of_plans(query: Any, *statuses: PlanStatus) -> Any:
    """Return a query on actions with their objectives, plans and cases joined to it; only of plans in `statuses`."""
    joined = query.join(Objective, col(Objective.id) == Action.objective_id).join(ActionPlan, col(ActionPlan.id) == Objective.plan_id)
    return joined.join(Case, col(Case.id) == ActionPlan.case_id).where(col(ActionPlan.status).in_(statuses))


def actions_of(session: Session, *where: Any, drafts: bool = False) -> dict[int, list[Action]]:
    """Return the actions of the agreed plan of each case that meets `where`, or also of one that is drafted; the first is number 1.

    They are in the order in which they came into the plan, so that what is added later does not change the numbers of the others.
    """
    statuses = (PlanStatus.AGREED, PlanStatus.DRAFT) if drafts else (PlanStatus.AGREED,)
    query = of_plans(select(ActionPlan.case_id, Action).select_from(Action), *statuses).where(*where)
    found: dict[int, list[Action]] = {}
    for case_id, action in session.exec(query.order_by(col(ActionPlan.case_id), col(Action.id))).all():
        found.setdefault(case_id, []).append(action)
    return found


def is_seen_to(case: Case) -> bool:
    """Tell whether somebody asks for what the agreed plan of a case says: not once it has ended, nor while its supporter is being replaced."""
    return case.status not in ENDED and (case.stage is not Stage.BROKER or case.further != FIRST)


def is_overdue(case: Case, action: Action, today: datetime.date) -> bool:
    """Tell whether an action of a case's agreed plan is still to be done and its day has passed."""
    return is_seen_to(case) and action.done_on is None and action.due < today
