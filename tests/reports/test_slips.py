"""Planned against actual, against visits counted by hand."""

import datetime
import pathlib

from models.database import Database
from models.words import Role, Status
from reports.page import report_page
from reports.slips import NOT_SAID, slips
from reports.summary import summarise
from tests.stages.builders import NOTE, journey

WHY = "There is a trip."


def test_visits_held_are_set_against_the_day_first_agreed_with_the_reasons_of_every_slip(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    planned = one.visits()[0].day
    one.decide("move-visit", Role.SUPPORTER, visit="exploratory", reason=WHY)
    one.engine()
    actual = one.visits()[0].day
    one.wait(actual)
    one.decide("write-note", Role.SUPPORTER, visit="exploratory", **NOTE)
    one.decide("cancel-visit", Role.ADVISER, visit="follow-up", reason=WHY)
    with sqlite_database.reading() as session:
        found = slips(session, one.commission_id)
        page = report_page(summarise(session, one.commission_id, one.at))
    days = (actual - planned).days
    assert (found["held"], found["on_the_day"], found["later"], found["earlier"]) == (1, 0, int(days > 0), int(days < 0))
    assert found["median_days"] == abs(days) == found["most_days"]
    assert {row["reason"]: (row["visits"], row["charged_days"]) for row in found["by_reason"]} == {"supporter_asked": (1, 0), NOT_SAID: (1, 0)}
    assert NOT_SAID == "reason not given"
    assert "Planned and actual" in page and "supporter asked" in page


def test_a_visit_held_on_its_day_has_not_slipped(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    one.wait(one.visits()[0].day + datetime.timedelta(days=2))
    one.decide("write-note", Role.SUPPORTER, visit="exploratory", **NOTE)
    with sqlite_database.reading() as session:
        found = slips(session, one.commission_id)
    assert (found["held"], found["on_the_day"], found["median_days"], found["by_reason"]) == (1, 1, None, [])


def test_a_visit_held_on_another_day_than_planned_keeps_why_if_somebody_said(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    planned = one.visits()[0].day
    one.wait(planned + datetime.timedelta(days=5))
    one.decide("write-note", Role.SUPPORTER, visit="exploratory", held_on=planned + datetime.timedelta(days=1), slip="other", **NOTE)
    with sqlite_database.reading() as session:
        found = slips(session, one.commission_id)
    assert (found["later"], found["median_days"]) == (1, 1)
    assert [(row["reason"], row["visits"]) for row in found["by_reason"]] == [("other", 1)]
