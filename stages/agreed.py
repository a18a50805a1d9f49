"""What was agreed at visits: published notes as they stand, and their actions in the plan, each once whatever is corrected later."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.note import Agreed, NoteContent
from models.plan import Action, ActionPlan, Objective
from models.visit import NoteOfVisit, NoteVersion
from models.words import PlanStatus
from stages.brief import Brief
from stages.journey import ENDED

AT_VISITS = "Agreed at visits"
OBJECTIVE = "Carry out what was agreed at visits"
SUCCESS = "The adviser and the school agree at the last review that it is reached."


def published_notes(session: Session, case_ids: Collection[int]) -> dict[int, list[tuple[NoteOfVisit, NoteContent]]]:
    """Return the notes of some cases as they were last published, in order; a correction counts once it is published itself."""
    query = select(NoteOfVisit, NoteVersion).join(NoteVersion, col(NoteVersion.note_id) == NoteOfVisit.id)
    mine = (col(NoteOfVisit.case_id).in_(case_ids), col(NoteVersion.published_at).is_not(None))
    newest: dict[int, tuple[NoteOfVisit, NoteContent]] = {}
    for note, version in session.exec(query.where(*mine).order_by(col(NoteOfVisit.id), col(NoteVersion.edition))).all():
        newest[note.id] = (note, NoteContent.model_validate(version.content))
    found: dict[int, list[tuple[NoteOfVisit, NoteContent]]] = {}
    for note, content in newest.values():
        found.setdefault(note.case_id, []).append((note, content))
    return found


def become_actions(brief: Brief) -> bool:
    """Tell whether what is agreed at visits becomes actions of the plan in this programme."""
    return "notes" in brief.programme.plan.drafted_from


def take_into_plan(
    session: Session, brief: Brief, case: Case, note_id: int, agreed: Sequence[Agreed], today: datetime.date
) -> Mapping[str, list[str]]:
    """Bring the actions of a note that is published now into the plan that stands, and return what was added, changed and taken out.

    What the note does not say any more is taken out unless it is done, and keeps its number; what is done stays as it is. Where a plan is
    still to be drafted nothing happens: the draft is made from the published notes.
    """
    plan = _plan_to_add_to(session, brief, case)
    if plan is None:
        return {}
    in_plan = select(Action).join(Objective, col(Objective.id) == Action.objective_id).where(Objective.plan_id == plan.id, Action.note_id == note_id)
    there = {one.note_action: one for one in session.exec(in_plan.order_by(col(Action.id))).all()}
    said: dict[str, list[str]] = {"added": [], "changed": [], "taken_out": []}
    for one in agreed:
        old = there.pop(one.number, None)
        if old is None:
            session.add(_new(session, brief, case, plan.id, note_id, one, today))
            said["added"].append(one.action)
        elif old.taken_out_on is not None:
            old.taken_out_on = None
            _changed(old, one)
            said["added"].append(one.action)
        elif _changed(old, one):
            said["changed"].append(one.action)
    for left in there.values():
        if left.done_on is None and left.taken_out_on is None:
            left.taken_out_on = today
            said["taken_out"].append(left.action)
    session.flush()
    return {name: actions for name, actions in said.items() if actions}


def take_meeting_into_plans(session: Session, brief: Brief, cases: Iterable[Case], agreed: Sequence[Agreed], today: datetime.date) -> list[int]:
    """Bring what was agreed at a meeting into the standing plans of cases that came, each action once, and return the cases that had some added."""
    added = []
    for case in cases if agreed else ():
        plan = _plan_to_add_to(session, brief, case)
        if plan is None:
            continue
        words = select(Action.action, Action.owner).join(Objective, col(Objective.id) == Action.objective_id)
        there = set(session.exec(words.where(Objective.plan_id == plan.id, col(Action.note_id).is_(None))).all())
        missing = [one for one in agreed if (one.action, one.owner) not in there]
        session.add_all([_new(session, brief, case, plan.id, None, one, today) for one in missing])
        added += [case.id] if missing else []
    session.flush()
    return added


def _plan_to_add_to(session: Session, brief: Brief, case: Case) -> ActionPlan | None:
    """Return the plan of a case that stands, if what is agreed becomes actions of it; a draft still to come is made with them anyway."""
    if case.status in ENDED or not become_actions(brief):
        return None
    standing = (ActionPlan.case_id == case.id, ActionPlan.status != PlanStatus.REPLACED)
    return session.exec(select(ActionPlan).where(*standing).order_by(col(ActionPlan.edition).desc())).first()


def _new(session: Session, brief: Brief, case: Case, plan_id: int, note_id: int | None, one: Agreed, today: datetime.date) -> Action:
    """Return an agreed action under the objective of its area or, without one, under the plan's own for what visits leave."""
    objectives = session.exec(select(Objective).where(Objective.plan_id == plan_id).order_by(col(Objective.ordinal))).all()
    area = next((row for row in objectives if one.area and row.area.casefold() == one.area.casefold()), None)
    found = area or next((row for row in objectives if row.area == AT_VISITS), None)
    if found is None:
        ordinal = max((row.ordinal for row in objectives), default=0) + 1
        found = Objective(plan_id=plan_id, ordinal=ordinal, area=AT_VISITS, objective=OBJECTIVE, success_criterion=SUCCESS)
        session.add(found)
        session.flush()
    number = one.number if note_id is not None else None
    return Action(objective_id=found.id, starts=today, note_id=note_id, note_action=number, **_values(one, brief.ends(case)))


def _values(one: Agreed, usual: datetime.date) -> dict[str, Any]:
    return {"action": one.action, "owner": one.owner, "due": one.due or usual}


def _changed(old: Action, one: Agreed) -> bool:
    """Bring an action that is still to be done to what the note says now, and tell whether that changed anything."""
    values = _values(one, old.due)
    if old.done_on is not None or all(getattr(old, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(old, name, value)
    return True
