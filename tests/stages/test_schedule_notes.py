"""Sessions of which no note is written: recorded as held, with how many came."""

import pathlib
from typing import Any

import pytest

from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotPossible
from models.programme import Programme
from models.trail import Event
from models.visit import NoteOfVisit
from models.words import MoneyKind, Role, Status, VisitStatus
from tests.stages.builders import Journey, journey, small_programme

CAME = {"expected": 24, "attended": 20}


def with_training() -> Programme:
    values = small_programme(places=1).model_dump(mode="json")
    values["schedule"]["sessions"][1] |= {"id": "training", "kind": "training", "note": False, "attendance": True}
    values["evaluate"]["kpis"] = []
    return Programme.model_validate(values)


@pytest.fixture
def training(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case under way on the day of its training."""
    one = journey(sqlite_database, tmp_path, with_training()).until(Status.IN_PROGRESS)
    one.wait(one.visits(VisitStatus.CONFIRMED)[0].day)
    return one


def test_a_session_without_a_note_is_held_with_its_attendance_and_its_time(training: Journey) -> None:
    one = training
    one.decide("hold-visit", Role.SUPPORTER, visit="training", **CAME)
    held = one.visits(VisitStatus.HELD)[-1]
    assert (held.session, held.expected, held.attended, held.held_on) == ("training", 24, 20, held.day)
    assert len(one.rows(NoteOfVisit)) == 1 and sum(line.kind is MoneyKind.USED for line in one.rows(LedgerLine)) == 2
    event = [event for event in one.rows(Event) if event.kind == "visit.held"][-1]
    assert (event.detail["expected"], event.detail["attended"]) == (24, 20)


@pytest.mark.parametrize(
    ("role", "more", "error", "says"),
    [
        (Role.SCHOOL, CAME, NotAllowed, "role school"),
        (Role.SUPPORTER, {}, BadInput, "--expected and --attended"),
        (Role.SUPPORTER, {"expected": 20, "attended": 21}, BadInput, "21 of 20 cannot have come"),
        (Role.SUPPORTER, {**CAME, "visit": "exploratory"}, NotPossible, "is held"),
    ],
)
def test_what_cannot_have_been_is_refused(training: Journey, role: Role, more: dict[str, Any], error: type[LodestarError], says: str) -> None:
    with pytest.raises(error, match=says):
        training.decide("hold-visit", role, **{"visit": "training", **more})
    assert [visit.session for visit in training.visits(VisitStatus.HELD)] == ["exploratory"]


def test_a_session_with_a_note_is_not_recorded_without_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    one.wait(one.visits(VisitStatus.CONFIRMED)[0].day)
    with pytest.raises(NotPossible, match="use write-note"):
        one.decide("hold-visit", Role.SUPPORTER, visit="exploratory")
