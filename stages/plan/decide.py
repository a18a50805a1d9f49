"""What people decide on a plan: agree it, ask for changes, hold a review, mark an action as done."""

import datetime
from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.moments import day_of
from models.plan import Action, ActionPlan, Objective
from models.review import Review
from models.words import PlanStatus, Rag, Role, Status
from notifications.messages import to_school
from stages.actions import actions_of
from stages.brief import Brief
from stages.journey import ENDED, STANDINGS, check_awake, check_move
from stages.plan.rules import next_review, next_to_agree
from stages.plan.work import OPEN_REVIEW, plan_message
from stages.record import Actor, Change, Note, note, save

_MAY_REPORT = (Role.SCHOOL, Role.SUPPORTER, Role.ADVISER, Role.LEAD)


def current_plan(session: Session, case: Case) -> ActionPlan:
    """Return the latest edition of the case's plan; NotPossible if there is none."""
    plan = session.exec(select(ActionPlan).where(ActionPlan.case_id == case.id).order_by(col(ActionPlan.edition).desc())).first()
    if plan is None:
        raise NotPossible(f"Case {case.id} has no plan yet.")
    return plan


def agree_plan(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str = "") -> None:
    """Agree the plan, as the one whose turn it is; the last to agree sets it under way and the first review is dated.

    Somebody else may record that the school agreed, but says how it did: otherwise the same command twice would agree for the school.
    """
    check_move("agree-plan", case.id, case.status, actor.role, paused=case.paused_since is not None)
    if case.status is Status.AWAITING_SCHOOL and actor.role is not Role.SCHOOL and not reason.strip():
        raise NotPossible(f"The plan of case {case.id} is with the school: to record its agreement, say with --reason how it agreed.")
    if case.status is Status.AWAITING_ADVISER and actor.role is Role.SCHOOL:
        raise NotAllowed("The adviser looks at the plan first: it comes to the school next.")
    plan, today = current_plan(session, case), day_of(at)
    status = next_to_agree(brief.programme.plan, case.status)
    objectives = list(session.exec(select(Objective.objective).where(Objective.plan_id == plan.id).order_by(col(Objective.ordinal))).all())
    if status is not Status.IN_PROGRESS:
        due = brief.due(case.urn, today, status)
        messages = [plan_message(brief, case, objectives, due)] if status is Status.AWAITING_SCHOOL else []
        save(session, [Change(case, "agree-plan", actor, to=status, due=due, messages=messages)], at)
        return
    review = next_review(today, brief.programme.plan, brief.calendar, brief.ends(case))
    message = to_school.plan_agreed(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, objectives, review or brief.ends(case)
    )
    rows = [(Review, {"case_id": case.id, "ordinal": 1, "due": review})] if review else []
    detail = {"plan_id": plan.id}
    save(session, [Change(case, "agree-plan", actor, to=status, reason=reason or None, detail=detail, rows=rows, messages=[message])], at)
    session.execute(update(ActionPlan).where(col(ActionPlan.id) == plan.id).values(status=PlanStatus.AGREED, agreed_at=at))


def ask_changes(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Ask for changes: the edition is kept with what was asked, and a new one is drafted."""
    plan = current_plan(session, case)
    save(session, [Change(case, "ask-changes", actor, reason=reason, detail={"plan_id": plan.id})], at)
    session.execute(update(ActionPlan).where(col(ActionPlan.id) == plan.id).values(asked_changes=reason, status=PlanStatus.REPLACED))


def hold_review(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, rag: Rag, summary: str) -> None:
    """Record a review of progress with its rating, and date the next one."""
    if actor.role not in (Role.ADVISER, Role.LEAD, Role.SUPPORTER):
        raise NotAllowed(f"The role {actor.role.value} cannot hold a review: it is for adviser, lead, supporter.")
    check_awake(case.id, paused=case.paused_since is not None)
    if not summary.strip():
        raise BadInput("A review needs a summary: give one with --reason.")
    if not _is_under_way(session, case):
        raise NotPossible(f"Case {case.id} has no plan under way, so there is nothing to review.")
    review = session.exec(select(Review).where(Review.case_id == case.id, *OPEN_REVIEW).order_by(col(Review.ordinal))).first()
    if review is None:
        raise NotPossible(f"Case {case.id} has no review to come.")
    today = day_of(at)
    held = (
        update(Review)
        .where(col(Review.id) == review.id, col(Review.version) == review.version)
        .values(held_on=today, rag=rag, summary=summary, version=review.version + 1)
    )
    result = cast(CursorResult[Any], session.execute(held))
    if result.rowcount != 1:
        raise NotPossible("Somebody else recorded this review in the meantime: look again.")
    due = next_review(today, brief.programme.plan, brief.calendar, brief.ends(case))
    rows = [(Review, {"case_id": case.id, "ordinal": review.ordinal + 1, "due": due})] if due else []
    note(session, [Note("review.held", actor, brief.commission_id, case.id, after=rag.value, reason=summary,
                        detail={"ordinal": review.ordinal}, rows=rows)], at)  # fmt: skip


def action_done(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, number: int, done_on: datetime.date | None, reason: str = ""
) -> None:
    """Mark an action of the agreed plan as done, by its number in the plan; today, if no day is given."""
    if actor.role not in _MAY_REPORT:
        who = ", ".join(role.value for role in _MAY_REPORT)
        raise NotAllowed(f"The role {actor.role.value} cannot mark an action as done: it is for {who}.")
    check_awake(case.id, paused=case.paused_since is not None)
    if not _is_under_way(session, case):
        raise NotPossible(f'Case {case.id} stands at "{STANDINGS[case.status].means}", so no action of its plan can be marked as done.')
    plan, action = current_plan(session, case), _find_action(session, case, number)
    day = _day_done(plan, number, done_on, day_of(at))
    detail = {"plan_id": plan.id, "action_id": action.id, "number": number, "done_on": day.isoformat()}
    note(session, [Note("action.done", actor, brief.commission_id, case.id, after=action.action, reason=reason or None, detail=detail,
                        changes=lambda session: _set_done(session, action, number, day))], at)  # fmt: skip


def _is_under_way(session: Session, case: Case) -> bool:
    """Tell whether what a case's plan says is being done: once it is agreed, until the case ends, also while more support is sought or dated."""
    agreed = select(ActionPlan.id).where(ActionPlan.case_id == case.id, ActionPlan.status == PlanStatus.AGREED)
    return case.status not in ENDED and session.exec(agreed).first() is not None


def _find_action(session: Session, case: Case, number: int) -> Action:
    """Return the action of that number, if it is still to be done; NotFound or NotPossible otherwise."""
    actions = actions_of(session, Case.id == case.id).get(case.id, [])
    if not 1 <= number <= len(actions):
        has = f"its actions are 1 to {len(actions)}" if actions else "it has none"
        raise NotFound(f"The agreed plan of case {case.id} has no action {number}: {has}, as `lodestar case show {case.id}` lists them.")
    found = actions[number - 1]
    if found.taken_out_on is not None:
        raise NotPossible(f"Action {number} of case {case.id} was taken out on {found.taken_out_on:%-d %B %Y}, when its note of visit was corrected.")
    if found.done_on is not None:
        raise NotPossible(f"Action {number} of case {case.id} was done on {found.done_on:%-d %B %Y} already: there is nothing more to record.")
    return found


def _day_done(plan: ActionPlan, number: int, done_on: datetime.date | None, today: datetime.date) -> datetime.date:
    """Return the day on which an action was done; NotPossible if it cannot have been."""
    day, agreed = done_on or today, day_of(plan.agreed_at) if plan.agreed_at else today
    if day > today:
        raise NotPossible(f"Action {number} cannot have been done on {day:%-d %B %Y}, which is still to come: look at --done-on.")
    if day < agreed:
        raise NotPossible(
            f"Action {number} cannot have been done on {day:%-d %B %Y}, before the plan was agreed on {agreed:%-d %B %Y}: look at --done-on."
        )
    return day


def _set_done(session: Session, action: Action, number: int, day: datetime.date) -> None:
    changed = update(Action).where(col(Action.id) == action.id, col(Action.done_on).is_(None)).values(done_on=day)
    result = cast(CursorResult[Any], session.execute(changed))
    if result.rowcount != 1:
        raise NotPossible(f"Somebody else marked action {number} as done in the meantime: look again.")
