"""Everything about one case: as plain values for programs, and as short paragraphs for people."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.errors import NotFound
from models.evidence import Diagnosis, Finding, Need
from models.match import Match
from models.plan import ActionPlan, Objective
from models.review import Evaluation, Review
from models.school import School
from models.supporter import Supporter
from models.visit import NoteOfVisit, Visit
from reports.page import pounds
from stages.brief import days_in_words
from stages.journey import STANDINGS

_PARTS: tuple[tuple[str, Any], ...] = (
    ("diagnoses", Diagnosis), ("findings", Finding), ("needs", Need), ("matches", Match), ("visits", Visit), ("notes", NoteOfVisit),
    ("plans", ActionPlan), ("reviews", Review), ("evaluations", Evaluation),
)  # fmt: skip
Values = dict[str, Any]


def find_case(session: Session, number: int) -> Case:
    """Return the case of that number; NotFound otherwise."""
    found = session.get(Case, number)
    if found is None:
        raise NotFound(f"There is no case {number}: `lodestar case list` shows those there are.")
    return found


def plain(row: SQLModel) -> Values:
    """Return a row as plain values, without what only the engine needs."""
    return {name: getattr(value, "value", value) for name, value in row.model_dump().items() if name not in {"case_id", "version"}}


def case_file(session: Session, number: int) -> Values:
    """Return everything about a case: itself, then a list for each part; money in pence, NotFound if there is none."""
    found = find_case(session, number)
    names = {supporter.id: supporter.name for supporter in session.exec(select(Supporter)).all()}
    about = {
        "school": session.get_one(School, found.urn).name,
        "supporter": names.get(found.supporter_id or 0),
        "means": STANDINGS[found.status].means,
    }
    value: Values = {"case": {**plain(found), **about}}
    value |= {name: _all(session, table, number) for name, table in _PARTS}
    for match in value["matches"]:
        match |= {"supporter": names[match["supporter_id"]], "runner_up": names.get(match["runner_up_id"] or 0)}
    objectives = select(Objective).join(ActionPlan, col(ActionPlan.id) == Objective.plan_id).where(ActionPlan.case_id == number)
    value["objectives"] = [plain(row) for row in session.exec(objectives.order_by(col(Objective.id))).all()]
    return value


def _all(session: Session, table: Any, case_id: int) -> list[Values]:
    return [plain(row) for row in session.exec(select(table).where(table.case_id == case_id).order_by(col(table.id))).all()]


def _day(value: datetime.date | pendulum.DateTime | None) -> str:
    if value is None:
        return "-"
    return f"{value.in_timezone('Europe/London') if isinstance(value, pendulum.DateTime) else value:%-d %B %Y}"


def _about(case: Values) -> Iterator[str]:
    yield f"Case {case['id']}: {case['school']} (URN {case['urn']})"
    paused = f" Paused since {_day(case['paused_since'])}: {case['pause_reason']}." if case["paused_since"] else ""
    due = f", due {_day(case['due'])}" if case["due"] else ""
    yield f"It is {case['means']} ({case['stage']}/{case['status']}) since {_day(case['since'])}; next: {case['turn']}{due}.{paused}"
    if case["why"]:
        yield f"Why: {case['why']}"
    if case["category"]:
        yield f"Category: {case['category']}, {days_in_words(case['entitlement'] / 2)} of support. Focus: {case['focus_area'] or 'none chosen'}."
    if case["supporter"]:
        yield f"Supporter: {case['supporter']}."


def _match(match: Values) -> str:
    away = "" if match["kilometres"] is None else f", {match['kilometres']:.0f} km away"
    ended = f" Ended: {match['ended_reason']}." if match["ended_reason"] else ""
    next_one = f" Runner-up: {match['runner_up']}. {match['runner_up_reason'] or ''}" if match["runner_up"] else ""
    return (
        f"{match['supporter']} ({match['status']}): {days_in_words(match['half_days'] / 2)}, {pounds(match['cost'])}{away}. "
        f"{match['reason']}{next_one}{ended}"
    )


def _visit(visit: Values) -> str:
    held = f", held on {_day(visit['held_on'])}" if visit["held_on"] else ""
    return f"{_day(visit['day'])}, {visit['part']}: {visit['purpose']} ({visit['status']}{held})" + (f". {visit['why']}" if visit["why"] else "")


def _note(note: Values) -> str:
    actions = f" Agreed: {'; '.join(note['agreed_actions'])}." if note["agreed_actions"] else ""
    reply = f" The school says: {note['reply']}" if note["reply"] else ""
    return f"{_day(note['written_at'])} ({note['status']}): strengths: {note['strengths']}; areas: {note['areas']}.{actions}{reply}"


def _plan(plan: Values) -> str:
    changes = f" Changes asked: {plan['asked_changes']}" if plan["asked_changes"] else ""
    return f"Edition {plan['edition']} ({plan['status']}), drafted {_day(plan['drafted_at'])}, agreed {_day(plan['agreed_at'])}.{changes}"


def _review(review: Values) -> str:
    if review["held_on"]:
        return f"Held {_day(review['held_on'])}: {review['rag'] or 'not rated'}. {review['summary'] or ''}"
    return f"Not needed: {review['not_needed']}" if review["not_needed"] else f"Due {_day(review['due'])}"


_SAYS: dict[str, tuple[str, Callable[[Values], str]]] = {
    "diagnoses": ("Diagnosis", lambda row: f"{_day(row['at'])}: {row['reason']}"),
    "findings": ("Findings", lambda row: str(row["says"])),
    "needs": ("Needs", lambda row: f"{row['says']} Severity {row['severity']} of 100; skill: {row['skill']}."),
    "matches": ("Matches", _match),
    "visits": ("Visits", _visit),
    "notes": ("Notes of visit", _note),
    "plans": ("Action plan", _plan),
    "objectives": ("Objectives", lambda row: f"{row['objective']} One will know by: {row['success_criterion']}"),
    "reviews": ("Reviews", _review),
    "evaluations": ("Evaluation", lambda row: f"{_day(row['computed_at'])}: {row['judgement'] or 'not judged yet'}"),
}


def in_words(value: Values) -> str:
    """Return a case file as a person reads it."""
    lines = list(_about(value["case"]))
    for name, (title, says) in _SAYS.items():
        if value[name]:
            lines += ["", title, *(f"  - {says(row).strip()}" for row in value[name])]
    return "\n".join(lines)
