"""Which visit was held and when: nobody writes of one that was not held, and no visit was held on a day on which it cannot have been."""

import copy
import datetime
import pathlib
from typing import Any

import pytest

from models.database import Database
from models.errors import NotPossible
from models.programme import Programme
from models.visit import NoteOfVisit, Visit
from models.words import ClosureKind, Role, Status, VisitStatus
from stages.record import Actor
from stages.schedule.closing import close_days
from tests.stages.builders import NOTE, Journey, everything, journey, small_programme

DAY = datetime.timedelta(days=1)
LEAD = Actor(Role.LEAD, "partnership lead")


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def due(one: Journey) -> Visit:
    """Wait for the day of the first visit, and return it."""
    first: Visit = one.visits()[0]
    one.wait(first.day)
    return first


def refused(one: Journey, says: str, kind: str = "write-note", **more: Any) -> str:
    before = everything(one.database)
    with pytest.raises(NotPossible, match=says) as error:
        one.decide(kind, Role.SUPPORTER, **{**NOTE, **more})
    assert everything(one.database) == before
    return str(error.value)


def weekday(day: datetime.date, by: int) -> datetime.date:
    """Return the next weekday after a day, or before it."""
    day += by * DAY
    while day.isoweekday() > 5:
        day += by * DAY
    return day


@pytest.mark.parametrize("kind", ["write-note", "draft-note"])
def test_a_note_that_is_written_twice_is_not_of_the_next_visit(booked: Journey, kind: str) -> None:
    first = due(booked)
    booked.decide("write-note", Role.SUPPORTER, **NOTE)
    said = refused(booked, "No visit that was due", kind)
    second = booked.visits()[1]
    assert f"exploratory held on {first.day:%-d %B %Y}, its note is written" in said and "--visit" in said and "correct-note" in said
    assert f"{second.session} on {second.day:%-d %B %Y}, which is still to come" in said
    refused(booked, "No visit that was due", kind, held_on=weekday(first.day, -1))
    assert len(booked.rows(NoteOfVisit)) == 1 and booked.visits()[1].status is VisitStatus.CONFIRMED


def test_a_note_on_a_visit_that_has_one_says_how_it_is_put_right(booked: Journey) -> None:
    due(booked)
    booked.decide("write-note", Role.SUPPORTER, **NOTE)
    refused(booked, "its note is written, and is put right with correct-note", visit="exploratory")


def test_a_visit_that_was_held_earlier_than_planned_is_meant_if_the_day_fits(booked: Journey) -> None:
    first = booked.visits()[0]
    earlier = weekday(first.day, -1)
    booked.wait(earlier)
    refused(booked, "No visit that was due")
    booked.decide("write-note", Role.SUPPORTER, held_on=earlier, **NOTE)
    assert (booked.visits()[0].status, booked.visits()[0].held_on) == (VisitStatus.HELD, earlier)


def test_of_two_visits_that_are_due_the_one_of_that_day_is_meant(booked: Journey) -> None:
    first, second = booked.visits()
    booked.wait(second.day)
    refused(booked, "Several visits")
    booked.decide("write-note", Role.SUPPORTER, held_on=first.day, **NOTE)
    assert [visit.status for visit in booked.visits()] == [VisitStatus.HELD, VisitStatus.CONFIRMED]
    booked.decide("write-note", Role.SUPPORTER, **NOTE)
    assert [visit.status for visit in booked.visits()] == [VisitStatus.HELD, VisitStatus.HELD]


def test_no_visit_was_held_before_its_supporter_was_matched_with_the_school(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    one.wait(datetime.date(2026, 9, 14))
    due(one.until(Status.BOOKED))
    refused(one, "was not matched with the school yet, which was on 14 September 2026", visit="exploratory", held_on=datetime.date(2026, 9, 11))


def test_no_visit_was_held_at_a_weekend_or_in_the_holidays(booked: Journey) -> None:
    first = due(booked)
    sunday = first.day - first.day.isoweekday() * DAY
    refused(booked, "is a Sunday, when schools are closed", visit="exploratory", held_on=sunday)
    refused(booked, "still to come", visit="exploratory", held_on=weekday(first.day, 1))
    booked.wait(datetime.date(2026, 12, 29))
    refused(booked, "On Tuesday 29 December 2026 the school was closed", visit="exploratory", held_on=datetime.date(2026, 12, 29))


def closed(one: Journey, day: datetime.date, kind: ClosureKind) -> None:
    with one.database.writing() as session:
        close_days(session, "999", [one.case.urn], (day, day), kind, "", LEAD, one.at)


@pytest.mark.parametrize("kind", [ClosureKind.INSET, ClosureKind.WEATHER])
def test_no_visit_was_held_on_a_day_on_which_its_school_was_closed(booked: Journey, kind: ClosureKind) -> None:
    first = due(booked)
    closed(booked, weekday(first.day, 1), kind)
    booked.wait(weekday(first.day, 1))
    refused(booked, "the school was closed", visit="exploratory", held_on=weekday(first.day, 1))


@pytest.mark.parametrize(("kind", "closes", "may"), [("training", ClosureKind.INSET, True), ("training", ClosureKind.WEATHER, False),
                                                     ("webinar", ClosureKind.WEATHER, True)])  # fmt: skip
def test_staff_are_trained_on_a_training_day_and_a_webinar_may_be_any_day(
    sqlite_database: Database, tmp_path: pathlib.Path, kind: str, closes: ClosureKind, may: bool
) -> None:
    values = small_programme(places=1).model_dump(mode="json")
    values["schedule"]["sessions"] = [copy.deepcopy(values["schedule"]["sessions"][0]) | {"kind": kind}]
    values["evaluate"]["kpis"] = []
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.BOOKED)
    day = weekday(due(one).day, 1)
    closed(one, day, closes)
    one.wait(day)
    if not may:
        refused(one, "the school was closed", visit="exploratory", held_on=day)
        return
    one.decide("write-note", Role.SUPPORTER, visit="exploratory", held_on=day, **NOTE)
    assert one.visits()[0].held_on == day


def test_no_visit_was_held_before_the_one_that_it_comes_after(booked: Journey) -> None:
    first = due(booked)
    booked.decide("write-note", Role.SUPPORTER, **NOTE)
    second = booked.visits()[1].session
    booked.wait(first.day + 7 * DAY)
    refused(booked, f"comes after exploratory, which is on {first.day:%-d %B %Y}", visit=second, held_on=first.day)
    booked.decide("write-note", Role.SUPPORTER, visit=second, held_on=weekday(first.day, 1), **NOTE)
    assert booked.visits()[1].held_on == weekday(first.day, 1)


def test_no_visit_was_held_before_one_that_has_no_day_any_more(booked: Journey) -> None:
    first = booked.visits()[0]
    booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason="There is a trip.")
    booked.wait(first.day)
    refused(booked, "comes after exploratory, which has no day yet", visit=booked.visits()[1].session, held_on=first.day)
