"""Everything about one case as plain values; `reports.case_words` puts them into words."""

import datetime
from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.errors import NotFound
from models.evidence import CategoryReply, Diagnosis, Finding, Need
from models.match import Match
from models.moments import day_of
from models.plan import ActionPlan, Objective
from models.review import Evaluation, Review
from models.school import School
from models.supporter import Supporter
from models.trail import Decision, Event
from models.visit import NoteOfVisit, NoteVersion, SchoolPart, Visit
from programmes.sessions import titles as match_titles
from reports.case_answers import answered, asked
from reports.meetings import meetings_of_case
from reports.words import means, visit_means
from stages.actions import actions_of, is_overdue
from stages.brief import load_brief
from stages.diagnose.overrides import overrides
from stages.schedule.offers import offers_of
from stages.schedule.stuck import without_day
from stages.turns import next_in_words, waiting, whose_turn

_PARTS: tuple[tuple[str, Any], ...] = (
    ("diagnoses", Diagnosis), ("replies", CategoryReply), ("findings", Finding), ("needs", Need), ("matches", Match), ("visits", Visit),
    ("notes", NoteOfVisit), ("school_parts", SchoolPart), ("plans", ActionPlan), ("reviews", Review), ("evaluations", Evaluation),
    ("decisions", Decision),
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


def case_file(session: Session, number: int, at: pendulum.DateTime) -> Values:
    """Return everything about a case as it is at a moment: itself, then a list for each part; money in pence, NotFound if there is none."""
    found = find_case(session, number)
    names = {supporter.id: supporter.name for supporter in session.exec(select(Supporter)).all()}
    brief = load_brief(session, found.commission_id, [found.urn])
    titles = {one.id: one.title for one in brief.programme.diagnose.categories}
    waits = waiting(session, brief, [found], day_of(at)).get(number, [])
    about = {
        "school": session.get_one(School, found.urn).name,
        "supporter": names.get(found.supporter_id or 0),
        "next": waits[0].whose if waits else whose_turn(brief.programme, found),
        "next_in_words": next_in_words(brief.programme, found, waits),
        "waits_for": [one.as_json() for one in waits],
        "means": means(found.status, silent=_was_silent(session, number)),
        "category_title": titles.get(found.category or ""),
    }
    value: Values = {"case": {**plain(found), **about}, "category_titles": titles}
    value |= {name: _all(session, table, number) for name, table in _PARTS}
    for visit in value["visits"]:
        visit["with"] = f"{names[visit['supporter_id']]} and {names[visit['second_id']]}" if visit["second_id"] else None
    for match in value["matches"]:
        match |= {"supporter": names[match["supporter_id"]], "runner_up": names.get(match["runner_up_id"] or 0)}
        match["for"] = match_titles(brief.programme)[match["further"]] if match["further"] else None
    value["overrides"] = [
        {"decision": one.decision_id, "category": one.category, "until": one.until, "now": one.now.value}
        for one in overrides(session, [number], day_of(at))
    ]
    versions = select(NoteVersion).join(NoteOfVisit, col(NoteOfVisit.id) == NoteVersion.note_id).where(NoteOfVisit.case_id == number)
    _say_of_visits(session, value["visits"], number, day_of(at))
    value["note_versions"] = [plain(row) for row in session.exec(versions.order_by(col(NoteVersion.id))).all()]
    value["meetings"] = meetings_of_case(session, brief, found)
    value |= {"asked": asked(session, brief, found), "answered": answered(session, brief, found)}
    objectives = select(Objective).join(ActionPlan, col(ActionPlan.id) == Objective.plan_id).where(ActionPlan.case_id == number)
    value["objectives"] = [plain(row) for row in session.exec(objectives.order_by(col(Objective.id))).all()]
    serves = {row["id"]: row["objective"] for row in value["objectives"]}
    value["actions"] = [one | {"objective": serves[one["objective_id"]]} for one in _actions(session, found, at)]
    return value


def _say_of_visits(session: Session, visits: list[Values], number: int, today: datetime.date) -> None:
    """Add to each visit the days that its school may choose from, why it finds none if it does not, and how it stands in words."""
    offered = offers_of(session, [visit["id"] for visit in visits])
    stuck = {one.visit.id: one for one in without_day(session, [number])}
    for visit in visits:
        without = stuck.get(visit["id"])
        visit["offers"] = [{"day": one.day, "part": one.part.value, "due": one.due} for one in offered.get(visit["id"], [])]
        visit["no_day"] = {"why": without.why, "since": without.since} if without else None
        visit["means"] = visit_means(visit, today)


def _actions(session: Session, case: Case, at: pendulum.DateTime) -> list[Values]:
    """Return the actions of the plan that stands, numbered over the whole plan."""
    today = day_of(at)
    agreed = actions_of(session, Case.id == case.id).get(case.id)
    actions = agreed or actions_of(session, Case.id == case.id, drafts=True).get(case.id, [])
    # What is only drafted is nobody's promise yet.
    late = {row.id for row in agreed or () if is_overdue(case, row, today)}
    numbered = [(number, row) for number, row in enumerate(actions, start=1) if row.taken_out_on is None]
    return [{"number": number, **plain(row), "overdue": row.id in late} for number, row in numbered]


def _was_silent(session: Session, number: int) -> bool:
    """Tell whether a case ended because its invitation was never answered."""
    return session.exec(select(Event.id).where(Event.case_id == number, Event.kind == "case.lapse")).first() is not None


def _all(session: Session, table: Any, case_id: int) -> list[Values]:
    return [plain(row) for row in session.exec(select(table).where(table.case_id == case_id).order_by(col(table.id))).all()]
