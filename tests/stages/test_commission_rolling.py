"""Commissions without an agreed end, and schools that ask to take part later on."""

import datetime
import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission, Selection
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotFound, NotPossible
from models.message import Message
from models.programme import Programme
from models.review import KpiResult
from models.trail import Decision, Event
from models.words import Role, Status
from stages.brief import load_brief
from stages.commission.joining import join
from stages.commission.rolling import horizon, roll_on, set_end
from stages.pipeline import begin_turn
from stages.record import Actor
from tests.stages.builders import Journey, everything, journey, morning, small_programme

LEAD, HEAD = Actor(Role.LEAD, "partnership lead"), Actor(Role.SCHOOL, "headteacher")
D = datetime.date


def open_ended(**take_part: Any) -> Programme:
    """Return a small programme without visits and without an end, for schools that ask."""
    values = small_programme(places=1).model_dump(mode="json")
    values |= {"lasts": {"open_ended": True}, "stages": ["diagnose", "plan", "evaluate"], "schedule": {"sessions": []}, "themes": None}
    values["plan"]["drafted_from"] = ["needs", "focus_area"]
    values["take_part"] |= {"opened_by": ["request"], "places": None, "ranked_by": None, **take_part}
    values["evaluate"]["kpis"] = [{"id": "answered", "title": "Answered", "counts": "self_evaluation_returned"}]
    return Programme.model_validate(values)


@pytest.fixture
def one(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path, open_ended())


def commission(one: Journey) -> Commission:
    with one.database.reading() as session:
        return session.get_one(Commission, one.commission_id)


def rows(one: Journey, table: Any, *where: Any) -> list[Any]:
    with one.database.reading() as session:
        return list(session.exec(select(table).where(*where).order_by(col(table.id))).all())


def test_the_horizon_is_the_end_of_the_school_year_after_the_running_one() -> None:
    assert horizon(D(2026, 9, 1)) == D(2028, 8, 31) and horizon(D(2027, 8, 31)) == D(2028, 8, 31) and horizon(D(2027, 9, 1)) == D(2029, 8, 31)


def test_it_rolls_on_once_a_year_with_its_kpis_kept_and_a_line_in_the_trail(one: Journey) -> None:
    assert (commission(one).ends, commission(one).rolls_on) == (D(2028, 8, 31), True)
    begin_turn(one.database, one.commission_id, morning(D(2027, 8, 30)))
    assert commission(one).ends == D(2028, 8, 31) and rows(one, KpiResult) == []
    begin_turn(one.database, one.commission_id, morning(D(2027, 9, 1)))
    assert commission(one).ends == D(2029, 8, 31) and len(rows(one, KpiResult)) == 1
    event = rows(one, Event, Event.kind == "commission.roll-on")[0]
    assert (event.before, event.after, event.role) == ("2028-08-31", "2029-08-31", Role.ENGINE)
    before = everything(one.database)
    assert not roll_on(one.database, one.commission_id, morning(D(2027, 9, 2))) and everything(one.database) == before


def test_a_programme_with_an_end_does_not_roll_on(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    other = journey(sqlite_database, tmp_path)
    assert not roll_on(sqlite_database, other.commission_id, morning(D(2028, 9, 1)))


def test_once_its_last_day_is_set_it_is_like_any_other(one: Journey) -> None:
    with one.database.writing() as session:
        set_end(session, session.get_one(Commission, one.commission_id), D(2027, 8, 31), LEAD, "The council reviews its offers.", one.at)
    assert (commission(one).ends, commission(one).rolls_on) == (D(2027, 8, 31), False)
    assert not roll_on(one.database, one.commission_id, morning(D(2027, 9, 1)))
    decision = rows(one, Decision, Decision.kind == "commission.set-end")[0]
    assert (decision.role, decision.reason) == (Role.LEAD, "The council reviews its offers.")


@pytest.mark.parametrize(
    ("on", "actor", "reason", "error", "says"),
    [
        (D(2027, 8, 31), HEAD, "why", NotAllowed, "role school"),
        (D(2027, 8, 31), LEAD, " ", BadInput, "--reason"),
        (D(2026, 9, 1), LEAD, "why", BadInput, "is past"),
        (D(2031, 8, 31), LEAD, "why", BadInput, "up to 31 August 2028"),
    ],
)
def test_a_last_day_that_cannot_be_is_refused(
    one: Journey, on: datetime.date, actor: Actor, reason: str, error: type[LodestarError], says: str
) -> None:
    with pytest.raises(error, match=says), one.database.writing() as session:
        set_end(session, session.get_one(Commission, one.commission_id), on, actor, reason, one.at)
    assert commission(one).rolls_on


def test_without_visits_a_case_goes_from_its_diagnosis_to_its_plan_and_a_review_does_not_end_it(one: Journey) -> None:
    one.until(Status.IN_PROGRESS)
    assert Status.TO_MATCH not in one.passed and Status.TO_DRAFT in one.passed
    one.step()
    assert one.case.status is Status.IN_PROGRESS


def joined(one: Journey, urn: int, actor: Actor = HEAD) -> Case:
    with one.database.writing() as session:
        number = join(session, load_brief(session, one.commission_id, [urn]), urn, actor, one.at)
    with one.database.reading() as session:
        return session.get_one(Case, number)


def outside(one: Journey) -> int:
    """Return a school that is out of the commission, and would meet its terms: a secondary school is none."""
    return next(row.urn for row in rows(one, Selection, Selection.outcome == "out") if "secondary" not in row.reason)


def test_a_school_that_asks_is_taken_in_with_its_reason_and_written_to(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, open_ended(invited={"phases": ["nursery"]}, may_opt_in={"phases": ["all_through"]}))
    asked = rows(one, Case, Case.joined_by == "asked")[0]
    assert joined(one, asked.urn).status is Status.SELECTED
    other = rows(one, Case, Case.joined_by == "asked")[1]
    Journey(one.database, one.commission_id, other.id, one.at).decide("decline", Role.SCHOOL, reason="Not now.")
    back = joined(one, other.urn)
    assert (back.id, back.status, back.closed_at) == (other.id, Status.SELECTED, None)
    assert rows(one, Event, Event.kind == "case.opt-in")[-1].role is Role.SCHOOL


def test_a_school_without_a_case_gets_one_when_it_asks(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, open_ended(invited={"phases": ["nursery"], "any_of": [{"indicators": {"pupils": {"at_or_above": 80}}}]}))
    out = [row for row in rows(one, Selection, Selection.outcome == "out") if "number of pupils" in row.reason]
    with one.database.writing() as session:
        from models.school import School

        session.get_one(School, out[0].urn).pupils = 90
    case = joined(one, out[0].urn)
    assert case.status is Status.SELECTED
    selection = rows(one, Selection, Selection.urn == out[0].urn)
    assert [(row.outcome, row.reason) for row in selection] == [("invited", "asked to take part on 2 September 2026")]
    assert [message.kind for message in rows(one, Message, Message.case_id == case.id)] == ["welcome"]
    with pytest.raises(NotPossible, match=f"has case {case.id} in this commission already"):
        joined(one, out[0].urn)


def test_who_may_not_join_is_told_why(one: Journey) -> None:
    with pytest.raises(NotPossible, match="does not meet the programme's terms: its phase is secondary"):
        joined(one, next(row.urn for row in rows(one, Selection) if "secondary" in row.reason))
    with pytest.raises(NotFound, match="No school with URN 123456"):
        joined(one, 123456)


def test_a_programme_that_takes_nobody_in_later_says_so(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, open_ended(opened_by=[]))
    with pytest.raises(NotPossible, match="takes no school in later on"):
        joined(one, 990_001)
    asked = next(case for case in rows(one, Case) if case.joined_by == "asked")
    other = Journey(one.database, one.commission_id, asked.id, one.at)
    other.decide("decline", Role.SCHOOL, reason="Not now.")
    with pytest.raises(NotPossible, match="takes no school in later on"):
        other.decide("opt-in", Role.SCHOOL)
