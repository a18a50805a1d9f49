"""The planning batch: draft plans where the first note is published, and finish cases whose support is done."""

import datetime
from collections.abc import Sequence
from typing import Any

import pendulum
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database, insert_returning_ids, insert_rows, until_saved
from models.evidence import Need
from models.meeting import Attendance, Meeting
from models.moments import day_of
from models.note import NoteContent
from models.plan import Action, ActionPlan, Milestone, Objective
from models.review import Review
from models.visit import Visit
from models.words import AttendanceStatus, PlanStatus, Stage, Status, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_school
from stages.agreed import published_notes
from stages.batch import Tally, lock_cases, ready_cases
from stages.brief import Brief, load_brief
from stages.groups import give_back
from stages.invitations import stood, tell_everybody
from stages.plan import rules
from stages.record import Change, save
from stages.unpublished import unpublished
from stages.visits import NOT_HELD, cancel_visits

STAGE = Stage.PLAN
OPEN_REVIEW = (col(Review.held_on).is_(None), col(Review.not_needed).is_(None))
_READY = (Status.TO_DRAFT, Status.IN_PROGRESS)
_WITHOUT_DATE = (VisitStatus.PROPOSED, VisitStatus.TO_MOVE)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of cases whose plan is to be drafted, or whose support is done."""
    cases = ready_cases(session, commission_id, _READY)
    under_way = [case for case in cases if case.status is Status.IN_PROGRESS]
    done = _done(session, commission_id, under_way, at) if under_way else set()
    return [case.id for case in cases if case.status is Status.TO_DRAFT or case.id in done]


@until_saved
def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Draft the plans of these cases and finish those that are done, in one transaction."""
    tally = Tally()
    with database.writing() as session:
        cases = lock_cases(session, ids, _READY)
        brief = load_brief(session, commission_id, [case.urn for case in cases])
        begun = [case for case in cases if case.status is Status.TO_DRAFT]
        agreed = _with_agreed_plan(session, begun)
        to_draft = [case for case in begun if case.id not in agreed]
        changes = _drafted(session, brief, to_draft, at) if to_draft else []
        changes += [Change(case, "resume-plan") for case in begun if case.id in agreed]
        under_way = [case for case in cases if case.status is Status.IN_PROGRESS]
        done = _done(session, commission_id, under_way, at)
        changes += [Change(case, "finish", messages=_off(session, brief, case, at)) for case in under_way if case.id in done]
        session.execute(
            update(Review)
            .where(col(Review.case_id).in_(done & {case.id for case in under_way}), col(Review.held_on).is_(None))
            .values(not_needed="the support was done before it was due", version=Review.version + 1)
        )
        # Only what ends with its commission has visits left; one that was agreed may still be written up.
        cancel_visits(session, done, "the support ended before it", _WITHOUT_DATE)
        give_back(session, done, select(Meeting.id).where(col(Meeting.status).in_(NOT_HELD)), "the support ended before it")
        save(session, changes, at)
        tally.moves.update(change.move for change in changes)
    return tally


def _off(session: Session, brief: Brief, case: Case, at: pendulum.DateTime) -> list[Draft]:
    """Return what is told of visits and places that a case whose support is done has no use for any more."""
    found = stood(session, brief, case, day_of(at), statuses=_WITHOUT_DATE)
    return tell_everybody(brief, case, found, "the support has ended")


def _with_agreed_plan(session: Session, cases: Sequence[Case]) -> set[int]:
    """Return the cases that come back to a plan that was agreed before somebody else took them over."""
    query = select(ActionPlan.case_id).where(col(ActionPlan.case_id).in_([case.id for case in cases]), ActionPlan.status == PlanStatus.AGREED)
    return set(session.exec(query).all())


def _done(session: Session, commission_id: int, cases: Sequence[Case], at: pendulum.DateTime) -> set[int]:
    """Return the cases under way whose support is done."""
    ids = [case.id for case in cases]
    brief = load_brief(session, commission_id, [])
    no_visits = not brief.programme.schedule.sessions
    today = day_of(at)
    # After its end no date can be found for a case any more, and nothing is waited for.
    over = {case.id for case in cases if today > brief.ends(case)}
    to_come = set(session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(ids), col(Visit.status).in_(NOT_HELD))).all())
    to_come |= {found.case_id for found, _ in unpublished(session, ids)}
    to_come |= _expected(session, ids)
    held = select(Visit.case_id, func.max(col(Visit.held_on))).where(col(Visit.case_id).in_(ids)).group_by(col(Visit.case_id))
    last_visit = dict(session.exec(held).all())
    for number, day in _last_meetings(session, ids).items():
        last_visit[number] = max(day, last_visit.get(number) or day)
    reviewed = select(Review.case_id, func.max(col(Review.held_on))).where(col(Review.case_id).in_(ids)).group_by(col(Review.case_id))
    last_review = dict(session.exec(reviewed).all())
    open_review = set(session.exec(select(Review.case_id).where(col(Review.case_id).in_(ids), *OPEN_REVIEW)).all())
    return {
        case.id for case in cases
        if case.id in over or rules.is_done(case.id not in to_come, last_visit.get(case.id), last_review.get(case.id), case.id in open_review,
                                            no_visits, today, brief.ends(case))
    }  # fmt: skip


def _expected(session: Session, case_ids: Sequence[int]) -> set[int]:
    """Return the cases that are expected at a meeting to come."""
    query = select(Attendance.case_id).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    mine = (col(Attendance.case_id).in_(case_ids), Attendance.status == AttendanceStatus.EXPECTED, col(Meeting.status).in_(NOT_HELD))
    return set(session.exec(query.where(*mine)).all())


def _last_meetings(session: Session, case_ids: Sequence[int]) -> dict[int, datetime.date]:
    """Return the day of the last meeting that each case was at."""
    query = select(Attendance.case_id, func.max(col(Meeting.held_on))).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    mine = (col(Attendance.case_id).in_(case_ids), Attendance.status == AttendanceStatus.CAME)
    return {number: day for number, day in session.exec(query.where(*mine).group_by(col(Attendance.case_id))).all() if day is not None}


def _drafted(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Draft an edition of each case's plan and put it before whoever agrees first."""
    today = day_of(at)
    status = rules.next_to_agree(brief.programme.plan, None)
    needs, actions, editions = _needs(session, brief, cases), _agreed_actions(session, cases), _editions(session, cases)
    session.execute(
        update(ActionPlan)
        .where(col(ActionPlan.case_id).in_([case.id for case in cases]), col(ActionPlan.status) == PlanStatus.DRAFT)
        .values(status=PlanStatus.REPLACED)
    )
    plans = insert_returning_ids(session, ActionPlan, [
        {"case_id": case.id, "edition": editions.get(case.id, 0) + 1, "status": PlanStatus.DRAFT, "focus_area": case.focus_area, "drafted_at": at}
        for case in cases
    ])  # fmt: skip
    changes = []
    for case, plan_id in zip(cases, plans, strict=True):
        due = brief.due(case.urn, today, status)
        objectives = rules.draft(brief.programme, needs.get(case.id, []), case.focus_area, actions.get(case.id, []))
        _save_objectives(session, brief, plan_id, objectives, today, brief.ends(case))
        messages = [plan_message(brief, case, [one.objective for one in objectives], due)] if status is Status.AWAITING_SCHOOL else []
        changes.append(Change(case, "draft-plan", to=status, due=due, detail={"plan_id": plan_id}, messages=messages))
    return changes


def plan_message(brief: Brief, case: Case, objectives: Sequence[str], due: datetime.date) -> Draft:
    """Return the message that puts a plan before the school."""
    return to_school.plan_for_agreement(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, objectives, due)


def _save_objectives(
    session: Session, brief: Brief, plan_id: int, objectives: Sequence[rules.DraftObjective], today: datetime.date, ends: datetime.date
) -> None:
    """Save objectives with their actions and one milestone each, half-way to the first review."""
    review = rules.next_review(today, brief.programme.plan, brief.calendar, ends) or ends
    half_way = brief.calendar.add(today, max(1, brief.calendar.between(today, review) // 2))
    ids = insert_returning_ids(session, Objective, [
        {"plan_id": plan_id, "ordinal": number, "area": one.area, "objective": one.objective, "success_criterion": one.success_criterion}
        for number, one in enumerate(objectives, start=1)
    ])  # fmt: skip
    actions: list[dict[str, Any]] = [
        {"objective_id": number, "action": action.action, "owner": action.owner, "starts": today, "due": action.due or review,
         "note_id": action.note_id, "note_action": action.note_action}
        for number, one in zip(ids, objectives, strict=True) for action in one.actions
    ]  # fmt: skip
    insert_rows(session, Action, actions)
    insert_rows(session, Milestone, [{"objective_id": number, "milestone": "First actions begun", "due": half_way} for number in ids])


def _needs(session: Session, brief: Brief, cases: Sequence[Case]) -> dict[int, list[tuple[str, str]]]:
    """Return each case's needs with their titles, the most severe first."""
    titles = {rule.need: rule.title for rule in brief.programme.diagnose.needs}
    found: dict[int, list[tuple[str, str]]] = {}
    rows = session.exec(
        select(Need).where(col(Need.case_id).in_([case.id for case in cases])).order_by(col(Need.severity).desc(), col(Need.need))
    ).all()
    for need in rows:
        found.setdefault(need.case_id, []).append((need.need, titles.get(need.need, need.need)))
    return found


def _agreed_actions(session: Session, cases: Sequence[Case]) -> dict[int, list[rules.DraftAction]]:
    """Return what was agreed at each case's visits, from published notes, and at meetings that it came to."""
    ids, found = [case.id for case in cases], dict[int, list[rules.DraftAction]]()
    for case_id, notes in published_notes(session, ids).items():
        found[case_id] = [
            rules.DraftAction(one.action, one.owner, one.due, one.area, note.id, one.number) for note, content in notes for one in content.actions
        ]
    met = select(Attendance.case_id, col(Meeting.noted)).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    came = (col(Attendance.case_id).in_(ids), Attendance.status == AttendanceStatus.CAME)
    for case_id, noted in session.exec(met.where(*came).order_by(col(Meeting.held_on), col(Meeting.id))).all():
        agreed = NoteContent.model_validate(noted).actions
        found.setdefault(case_id, []).extend(rules.DraftAction(one.action, one.owner, one.due, one.area) for one in agreed)
    return found


def _editions(session: Session, cases: Sequence[Case]) -> dict[int, int]:
    """Return the latest edition of each case's plan."""
    query = select(ActionPlan.case_id, func.max(col(ActionPlan.edition))).where(col(ActionPlan.case_id).in_([case.id for case in cases]))
    return dict(session.exec(query.group_by(col(ActionPlan.case_id))).all())
