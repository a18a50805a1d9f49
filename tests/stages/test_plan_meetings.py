"""What is agreed at a meeting after plans were drafted: it comes into the plans of the schools that came, each action once."""

import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.plan import Action, ActionPlan, Objective
from models.trail import Event
from models.visit import Visit
from models.words import Role, Status
from stages.agreed import AT_VISITS
from stages.brief import load_brief
from stages.schedule.attending import find_meeting
from stages.schedule.meeting_corrections import Correction, correct_meeting
from tests.stages.builders import NOTE
from tests.stages.meeting_builders import ADVISER, Company, company, meeting_programme

VISIT: dict[str, Any] = {"id": "visit", "title": "Visit"}
CLOSING: dict[str, Any] = {
    "id": "closing", "title": "Closing meeting", "kind": "meeting", "held": "group", "hosts": "online", "after": "visit", "attendance": True,
    "gap_weeks": {"at_least": 12, "at_most": 40},
}  # fmt: skip
AGREED = [("Plan the next cycle", "deputy headteacher"), ("Share the resources", "subject leader")]


def plan_of(one: Company, number: int) -> list[tuple[str, str]]:
    """Return what the plan of a case has from meetings, with its owner."""
    query = select(Action.action, Action.owner).join(Objective, col(Objective.id) == Action.objective_id)
    query = query.join(ActionPlan, col(ActionPlan.id) == Objective.plan_id)
    mine = (ActionPlan.case_id == one.cases[number].id, Objective.area == AT_VISITS, col(Action.note_id).is_(None))
    return [tuple(row) for row in one.read(lambda session: session.exec(query.where(*mine).order_by(col(Action.id))).all())]


def under_way(one: Company) -> Company:
    """Have every case visited, and its plan agreed."""
    one.until(Status.BOOKED).wait(max(visit.day for visit in one.rows(Visit)))
    for number in range(len(one.cases)):
        one.one(number).decide("write-note", Role.SUPPORTER, visit="visit", **NOTE)
        one.one(number).decide("note-accurate", Role.SCHOOL, visit="visit")
    one.engine()
    return one.until(Status.IN_PROGRESS)


@pytest.fixture
def planned(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """Two cases whose plans are agreed while a meeting of all is still to come."""
    return under_way(company(sqlite_database, tmp_path, meeting_programme(VISIT, CLOSING, places=2, days=2)))


def hold(one: Company, *urns: int) -> int:
    (closing,) = one.meetings("closing")
    one.wait(closing.day)
    one.hold(closing.id, list(urns), **{**NOTE, "actions": [{"action": action, "owner": owner} for action, owner in AGREED]})
    return closing.id


def test_what_is_agreed_comes_into_the_plans_of_those_who_came_and_of_nobody_else(planned: Company) -> None:
    first, _ = planned.cases
    hold(planned, first.urn)
    assert plan_of(planned, 0) == AGREED and plan_of(planned, 1) == []
    (event,) = planned.rows(Event, Event.kind == "meeting.held")
    assert event.detail["in_plans"] == [first.id]


def test_who_turns_out_to_have_come_has_it_too_and_nobody_twice(planned: Company) -> None:
    first, second = planned.cases
    number = hold(planned, first.urn)
    for change in (Correction(came={second.urn: 2}), Correction(absent=[first.urn]), Correction(came={first.urn: 1})):
        with planned.database.writing() as session:
            brief = load_brief(session, planned.commission_id)
            correct_meeting(session, brief, find_meeting(session, brief, number), ADVISER, planned.at, change, "The list was wrong.")
    assert plan_of(planned, 0) == AGREED and plan_of(planned, 1) == AGREED


def test_where_a_programme_drafts_its_plans_from_needs_alone_they_stay_as_they_are(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme(VISIT, CLOSING, places=2, days=2, plan={"drafted_from": ["needs"]})
    one = under_way(company(sqlite_database, tmp_path, programme))
    hold(one, one.cases[0].urn)
    assert plan_of(one, 0) == []
