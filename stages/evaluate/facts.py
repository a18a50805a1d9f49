"""Collecting what KPIs ask of each case, in a handful of queries for the whole commission."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from evidence.standing import SCALE
from models.case import Case
from models.commission import Selection
from models.evidence import Answer, Inspection
from models.match import Match
from models.moments import day_of
from models.plan import Action, ActionPlan
from models.review import Review
from models.school import School
from models.trail import Decision, Event
from models.visit import NoteOfVisit, Visit
from models.words import MatchStatus, PlanStatus, Status, VisitStatus
from programmes.sessions import is_led_inside, sessions_of, times, years_of
from stages.actions import of_plans
from stages.brief import Brief
from stages.commission.terms import nearest
from stages.evaluate import gatherings, reporting
from stages.evaluate.measuring import NATIONAL, better_than_national, improved
from stages.evaluate.rules import CaseFacts

_SUPPORTED = frozenset({Status.TO_EVALUATE, Status.AWAITING_ENDLINE, Status.AWAITING_JUDGEMENT, Status.COMPLETE})


def _days(session: Session, brief: Brief) -> dict[str, reporting.Dates]:
    """Return, by what happened, on which days it happened to each case."""
    rows: dict[str, Any] = {
        "answered": (Answer.case_id, col(Answer.at), ()),
        "visits": (Visit.case_id, col(Visit.held_on), (Visit.status == VisitStatus.HELD,)),
        "notes": (NoteOfVisit.case_id, col(NoteOfVisit.published_at), ()),
        "plans": (ActionPlan.case_id, col(ActionPlan.agreed_at), (ActionPlan.status == PlanStatus.AGREED,)),
        "reviews": (Review.case_id, col(Review.held_on), ()),
        "confirmed": (Decision.case_id, col(Decision.at), (col(Decision.kind).in_(["confirm", "override"]),)),
    }
    mine = Case.commission_id == brief.commission_id
    return {
        name: reporting.by_case(session.exec(select(col(case_id), day).join(Case, col(Case.id) == case_id).where(mine, *which)).all())
        for name, (case_id, day, which) in rows.items()
    }


def collect(session: Session, brief: Brief, on: datetime.date) -> list[CaseFacts]:
    """Return the facts of every case of the commission, in order; figures that are set against national ones as they are known on a day."""
    mine = Case.commission_id == brief.commission_id
    cases = session.exec(select(Case).where(mine).order_by(col(Case.id))).all()
    days = _days(session, brief)
    answered, visits, notes, reviews = days["answered"], days["visits"], days["notes"], days["reviews"]
    agreed = select(Match.case_id).join(Case, col(Case.id) == Match.case_id).where(mine, Match.status == MatchStatus.AGREED)
    matched = set(session.exec(agreed).all())
    opened = _opened(session, brief)
    done = _actions_done(session, brief)
    grades = _next_grades(session, {case.urn: opened[case.id] for case in cases})
    came, trained, reviewed = gatherings.attended(session, brief), gatherings.trained(session, brief), gatherings.reviewed(session, brief)
    in_groups, (new_heads, heads_left) = gatherings.grouped(session, brief), gatherings.heads(session, {case.urn: opened[case.id] for case in cases})
    censuses, reports = reporting.returned(session, brief), reporting.reported(session, brief)
    found = [
        CaseFacts(
            case.id, case.urn, case.status, brief.school(case).status, case.joined_by, opened[case.id], case.paused_since is not None,
            tuple(answered.get(case.id, ())), case.focus_area, _first(days["confirmed"], case), case.id in matched, tuple(visits.get(case.id, ())),
            tuple(notes.get(case.id, ())), _first(days["plans"], case), tuple(reviews.get(case.id, ())), grades.get(case.urn),
            _is_near(brief, brief.school(case)), _completed(brief, case, visits.get(case.id, ()), came.get(case.id, ())),
            tuple(came.get(case.id, ())), case.id in in_groups, tuple(trained.get(case.id, ())), tuple(reviewed.get(case.id, ())),
            case.urn in new_heads, case.urn in heads_left, done.get(case.id),
            censuses=tuple(censuses.get(case.id, ())), reports=tuple(reports.get(case.id, ())),
        )
        for case in cases
    ]  # fmt: skip
    return _set_against(session, brief, found, on)


def _set_against(session: Session, brief: Brief, found: list[CaseFacts], on: datetime.date) -> list[CaseFacts]:
    """Return facts with what has become better since, and than the national figures, where the programme asks for it."""
    if any(kpi.counts == "improved_since" for kpi in brief.programme.evaluate.kpis):
        gained = improved(session, brief, found, on)
        found = [replace(one, improved=gained[one.case_id]) for one in found]
    if not any(rule.kind == NATIONAL for rule in brief.programme.evaluate.measures):
        return found
    better = better_than_national(session, brief, found, on)
    return [replace(one, better_than_national=better[one.case_id]) for one in found]


def outside(session: Session, brief: Brief) -> list[CaseFacts]:
    """Return the schools of the commission's area that have no case, for promises about every school there; nothing counted is true of them."""
    query = select(Selection.urn, col(School.status)).join(School, col(School.urn) == Selection.urn)
    mine = (Selection.commission_id == brief.commission_id, Selection.outcome == "out")
    have = select(Case.urn).where(Case.commission_id == brief.commission_id)
    rows = session.exec(query.where(*mine, col(Selection.urn).not_in(have)).order_by(col(Selection.urn))).all()
    return [CaseFacts(0, urn, Status.DECLINED, status, "out", brief.commission.starts) for urn, status in rows]


def _completed(brief: Brief, case: Case, held: Sequence[datetime.date], came: Sequence[datetime.date]) -> datetime.date | None:
    """Return when a case had all that its programme offers: every visit held, every meeting that it had a place at attended, its support over."""
    years = years_of(brief.programme.case_lasts or brief.programme.lasts)
    visits = sum(times(one, years) for one in sessions_of(brief.programme, "single"))
    inside = [one for one in brief.programme.schedule.sessions if is_led_inside(one)]
    meetings = sum(times(one, years) for one in (*sessions_of(brief.programme, "group"), *inside) if one.bookings == "assigned")
    done = case.status in _SUPPORTED and len(held) >= visits and len(came) >= meetings
    return max([*held, *came], default=day_of(case.since)) if done else None


def _actions_done(session: Session, brief: Brief) -> dict[int, datetime.date]:
    """Return when the last action of each agreed plan was done, where there are actions and all of them are."""
    query = select(ActionPlan.case_id, func.count(), func.count(col(Action.done_on)), func.max(col(Action.done_on))).select_from(Action)
    mine = of_plans(query, PlanStatus.AGREED).where(Case.commission_id == brief.commission_id).group_by(col(ActionPlan.case_id))
    return {case_id: last for case_id, actions, done, last in session.exec(mine).all() if actions == done}


def _first(found: reporting.Dates, case: Case) -> datetime.date | None:
    days = found.get(case.id)
    return days[0] if days else None


def _opened(session: Session, brief: Brief) -> dict[int, datetime.date]:
    """Return the day on which each case began: with the commission or, where it was opened later, on its own day."""
    query = select(Event.case_id, func.min(col(Event.at))).where(Event.commission_id == brief.commission_id, Event.kind == "case.open")
    found = reporting.by_case(session.exec(query.group_by(col(Event.case_id))).all())
    return {case_id: max(brief.commission.starts, days[0]) for case_id, days in found.items()}


def _next_grades(session: Session, since: Mapping[int, datetime.date]) -> dict[int, str]:
    """Return the grade of each school's first inspection that gave it one since its case began.

    An outcome without an overall grade (a report card, an ungraded visit) is in the school's standing, and counts as no grade here.
    """
    query = select(Inspection).where(col(Inspection.urn).in_(since), Inspection.inspected > min(since.values(), default=datetime.date.max))
    found: dict[int, str] = {}
    for inspection in session.exec(query.order_by(col(Inspection.inspected))).all():
        if inspection.grade in SCALE and inspection.inspected > since[inspection.urn]:
            found.setdefault(inspection.urn, inspection.grade)
    return found


def _is_near(brief: Brief, school: School) -> bool:
    """Tell whether a school lies near one of the places that the programme names."""
    invited = brief.programme.take_part.invited
    nears = [f.near for f in (invited, *(invited.any_of if invited else ())) if f and f.near]
    return any((found := nearest(near, school)) is not None and found[0] <= near.within_km for near in nears)
