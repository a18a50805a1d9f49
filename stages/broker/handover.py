"""Handing a case over: what the next supporter has to know of it, as plain lines."""

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.evidence import Need
from models.match import Match
from models.plan import Action, ActionPlan, Objective
from models.review import Review
from models.visit import Visit
from models.words import MatchStatus, PlanStatus, VisitStatus
from programmes.sessions import match_half_days, sessions_of
from programmes.sessions import titles as titles_of_matches
from stages.brief import Brief, days_in_words
from stages.broker import handover_groups as groups
from stages.broker.gathering import used_half_days
from stages.broker.handover_visits import told_before, visits_held

Pack = list[dict[str, Any]]


def handover_pack(session: Session, brief: Brief, case: Case) -> Pack:
    """Return the parts of a case's handover in order, each with a title and its lines; parts with nothing in them are left out.

    Of a note its last published text is handed on, with how it stands and what the school said against it; of one that is not published only that.
    """
    parts = {
        "The case": list(_case(session, brief, case)),
        "Who had it before": list(_before(session, brief, case)),
        "What support is for": list(_needs(session, case)),
        "Work with other schools": list(groups.groups_of(session, brief, case)),
        "Visits so far": list(visits_held(session, case)),
        "What the school told before visits": list(told_before(session, brief, case)),
        "Meetings so far": list(groups.meetings_held(session, case)),
        "Visits that were cancelled": list(_cancelled(session, case)),
        "Meetings that were cancelled": list(groups.meetings_off(session, case)),
        "The plan": list(_plan(session, case)),
        "Reviews": list(_reviews(session, case)),
        "Meetings to come": list(groups.meetings_to_come(session, case)),
        "Still to come": [*_to_come(session, brief, case), *groups.without_meeting(session, brief, case)],
    }
    return [{"title": title, "lines": lines} for title, lines in parts.items() if lines]


def _case(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    yield f"Case {case.id}: {brief.school(case).name} (URN {case.urn})"
    titles = {one.id: one.title for one in brief.programme.diagnose.categories}
    if case.category:
        yield f"Category: {titles.get(case.category, case.category)}"
    for further, match in titles_of_matches(brief.programme).items():
        takes, used = match_half_days(brief.programme, further, case.entitlement), used_half_days(session, [case.id], further).get(case.id, 0)
        yield f"{f'{match}: ' if further else ''}{days_in_words(takes / 2)} of support in all, {days_in_words(used / 2) if used else 'none'} used"


def _before(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    query = select(Match).where(Match.case_id == case.id, Match.status == MatchStatus.ENDED).order_by(col(Match.id))
    for match in session.exec(query).all():
        what = f" ({titles_of_matches(brief.programme)[match.further]})" if match.further else ""
        yield f"{brief.supporters[match.supporter_id].name}{what}. Why it ended: {match.ended_reason or 'not said'}"


def _cancelled(session: Session, case: Case) -> Iterator[str]:
    query = select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.CANCELLED)
    for visit in session.exec(query.order_by(col(Visit.ordinal))).all():
        yield f"{visit.day:%-d %B %Y}: {visit.purpose}. Why: {visit.why or 'not said'}"


def _needs(session: Session, case: Case) -> Iterator[str]:
    for need in session.exec(select(Need).where(Need.case_id == case.id).order_by(col(Need.severity).desc())).all():
        yield f"{need.says} (severity {need.severity} of 100)"
    if case.focus_area:
        yield f"The school chose as its focus: {case.focus_area.replace('-', ' ')}"


def _plan(session: Session, case: Case) -> Iterator[str]:
    live = (ActionPlan.case_id == case.id, ActionPlan.status != PlanStatus.REPLACED)
    plan = session.exec(select(ActionPlan).where(*live).order_by(col(ActionPlan.edition).desc())).first()
    if plan is None:
        return
    objectives = session.exec(select(Objective).where(Objective.plan_id == plan.id).order_by(col(Objective.ordinal))).all()
    for objective in objectives:
        mine = (Action.objective_id == objective.id, col(Action.taken_out_on).is_(None))
        actions = session.exec(select(Action).where(*mine).order_by(col(Action.id))).all()
        said = "; ".join(f"{one.action} (done)" if one.done_on else one.action for one in actions)
        yield f"{objective.objective} ({plan.status.value})" + (f": {said}" if said else "")


def _reviews(session: Session, case: Case) -> Iterator[str]:
    for review in session.exec(select(Review).where(Review.case_id == case.id).order_by(col(Review.ordinal))).all():
        if review.held_on is not None and review.rag is not None:
            yield f"{review.held_on:%-d %B %Y}: {review.rag.value}. {review.summary}"
        elif review.not_needed is None:
            yield f"Next review due by {review.due:%-d %B %Y}"


def _to_come(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    held = set(session.exec(select(Visit.session).where(Visit.case_id == case.id, Visit.status == VisitStatus.HELD)).all())
    for one in sessions_of(brief.programme, "single"):
        keys = [one.id] if one.count == 1 else [f"{one.id}.{number}" for number in range(1, one.count + 1)]
        left = sum(key not in held for key in keys)
        if left:
            yield one.title if left == 1 else f"{one.title}, {left} times"
