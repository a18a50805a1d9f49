"""Asking again by the calendar: once in each term, whatever the case is doing, and never twice."""

import datetime
import pathlib

import pendulum
import pytest
from sqlmodel import col, select

from models.database import Database
from models.evidence import Answer, Asking
from models.message import Message
from models.programme import Programme
from models.words import Role, Status
from stages.diagnose.rounds import ask_again
from stages.reminders.work import remind
from tests.stages.builders import ANSWERS, Journey, everything, journey, morning, small_programme

SPRING = morning(datetime.date(2027, 1, 11))
CHRISTMAS = morning(datetime.date(2026, 12, 29))


def coming_back(repeats: str = "termly") -> Programme:
    values = small_programme(places=1).model_dump(mode="json")
    values["diagnose"]["instruments"][0]["repeats"] = repeats
    values["take_part"]["may_opt_in"] = None
    return Programme.model_validate(values)


def booked(database: Database, folder: pathlib.Path, repeats: str = "termly") -> Journey:
    return journey(database, folder, coming_back(repeats)).until(Status.BOOKED)


def rounds(one: Journey) -> list[tuple[int, bool, bool]]:
    """Return each round as its number, whether it was answered, whether it lapsed."""
    return [(row.round, row.answered_at is not None, row.lapsed_at is not None) for row in one.rows(Asking)]


def test_a_school_is_asked_once_in_each_term(database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(database, tmp_path)
    assert ask_again(database, one.commission_id, one.at) == 0
    assert ask_again(database, one.commission_id, CHRISTMAS) == 0
    assert ask_again(database, one.commission_id, SPRING) == 1
    before = everything(database)
    assert ask_again(database, one.commission_id, SPRING.add(days=1)) == 0 and everything(database) == before
    assert rounds(one) == [(1, True, False), (2, False, False)]


def test_the_case_stays_where_it_is_and_the_school_is_written_to(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(sqlite_database, tmp_path)
    ask_again(sqlite_database, one.commission_id, SPRING)
    assert one.case.status is Status.BOOKED
    with sqlite_database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "self_evaluation").order_by(col(Message.id))).all()
    assert [message.context["again"] for message in found] == [False, True]


def test_an_answer_closes_the_round_and_keeps_the_earlier_edition(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(sqlite_database, tmp_path)
    ask_again(sqlite_database, one.commission_id, SPRING)
    one.at = SPRING.add(days=3)
    one.decide("revise-answers", Role.SCHOOL, answers={**ANSWERS, "food": 4})
    assert rounds(one) == [(1, True, False), (2, True, False)]
    assert [row.edition for row in one.rows(Answer)] == [1, 2]


def test_what_was_never_answered_lapses_when_it_is_asked_again(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(sqlite_database, tmp_path)
    for at in (SPRING, morning(datetime.date(2027, 4, 26))):
        ask_again(sqlite_database, one.commission_id, at)
    assert rounds(one) == [(1, True, False), (2, False, True), (3, False, False)]


@pytest.mark.parametrize(("repeats", "asked"), [("half_termly", 5), ("termly", 2), ("yearly", 0), ("once", 0), ("before_and_after", 0)])
def test_in_a_school_year_it_comes_back_as_often_as_the_programme_says(
    sqlite_database: Database, tmp_path: pathlib.Path, repeats: str, asked: int
) -> None:
    one = booked(sqlite_database, tmp_path, repeats)
    at, end = one.at, pendulum.datetime(2027, 7, 20, tz="Europe/London")
    total = 0
    while at < end:
        total += ask_again(sqlite_database, one.commission_id, at)
        at = at.add(days=1)
    assert total == asked


def test_a_paused_case_is_not_asked(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(sqlite_database, tmp_path)
    one.decide("pause", Role.ADVISER, reason="The head is away.")
    assert ask_again(sqlite_database, one.commission_id, SPRING) == 0


def test_a_further_round_has_a_ladder_of_its_own_and_reminders_stop_with_the_answer(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = booked(sqlite_database, tmp_path)
    ask_again(sqlite_database, one.commission_id, SPRING)
    due = one.rows(Asking)[-1].due
    late = morning(due + datetime.timedelta(days=7))
    assert remind(sqlite_database, one.commission_id, late)["reminder"] == 1
    assert remind(sqlite_database, one.commission_id, late)["reminder"] == 0
    one.at = late
    one.decide("revise-answers", Role.SCHOOL, answers=ANSWERS)
    assert remind(sqlite_database, one.commission_id, late.add(days=14))["reminder"] == 0
