"""A case's visits as `case show` tells of them: how each stands in plain words, the days a school may choose from, and what keeps one from having any."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.supporter import Supporter
from models.words import Role, Status
from reports.case_file import case_file
from reports.case_words import in_words
from reports.words import day
from stages.record import Actor
from stages.schedule.decide import record_leave
from tests.stages.builders import Journey, journey
from tests.stages.test_schedule_visit_life import offered


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def lines(one: Journey) -> list[str]:
    """Return the lines on visits, each with what stands in its brackets first."""
    with one.database.reading() as session:
        text = in_words(case_file(session, one.case_id, one.at))
    return [line.removeprefix("  - ") for line in text.split("\nVisits\n")[1].split("\n\n")[0].splitlines()]


def values(one: Journey) -> list[dict[str, Any]]:
    with one.database.reading() as session:
        found: list[dict[str, Any]] = case_file(session, one.case_id, one.at)["visits"]
    return found


def test_days_on_offer_are_listed_with_their_half_and_until_when(booked: Journey) -> None:
    assert "(agreed)" in lines(booked)[0] and values(booked)[0]["offers"] == []
    booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason="There is a trip.")
    assert "(to be moved, a new day is found at the engine's next turn)" in lines(booked)[0]
    booked.engine()
    offers = offered(booked)
    (line, other) = lines(booked)
    assert f"(to be moved, the school may choose another day until {day(offers[0].due)})" in line
    assert line.endswith(f" On offer: {'; '.join(f'{day(one.day)} ({one.part.value})' for one in offers)}.")
    assert "(agreed)" in other and "On offer" not in other
    assert values(booked)[0]["offers"] == [{"day": one.day, "part": one.part.value, "due": one.due} for one in offers]
    assert values(booked)[0]["status"] == "to_move"
    booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=offers[0].day)
    assert "(agreed)" in lines(booked)[0] and "On offer" not in lines(booked)[0]


def test_a_visit_without_a_day_says_what_stops_it_and_since_when(booked: Journey) -> None:
    with booked.database.writing() as session:
        supporter = session.get_one(Supporter, booked.case.supporter_id)
        last = booked.at.date() + datetime.timedelta(days=900)
        record_leave(session, supporter, booked.at.date(), last, Actor(Role.ADVISER, "adviser"), "leave", booked.at)
    booked.engine()
    line = lines(booked)[0]
    assert f"(to be moved, no new day is found since {day(booked.at)})" in line and line.endswith("It is tried again at every turn.")
    assert re.search(r"no day between .*: .*the supporter is away", line) and values(booked)[0]["no_day"]["since"] == booked.at.date()


def test_a_visit_whose_day_has_passed_is_not_taken_for_held(booked: Journey) -> None:
    booked.wait(booked.visits()[0].day)
    assert "(agreed)" in lines(booked)[0]
    booked.wait(booked.visits()[0].day + datetime.timedelta(days=1))
    assert "(agreed, its day has passed and it is not recorded as held yet)" in lines(booked)[0]
    booked.write_up()
    assert f"(held on {day(booked.visits()[0].held_on)})" in lines(booked)[0]


def test_a_case_file_is_a_record_without_commands(booked: Journey) -> None:
    booked.wait(booked.visits()[0].day)
    booked.decide("no-show", Role.SUPPORTER, visit="exploratory", reason="The door was locked.")
    assert "(nobody was there). The door was locked." in lines(booked)[0]
    with booked.database.reading() as session:
        assert "`" not in in_words(case_file(session, booked.case_id, booked.at))
