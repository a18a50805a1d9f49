"""Visits that must move: the later ones make room, and new dates in the same turn stay out of their way."""

import datetime
import pathlib
from collections import Counter

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database
from models.message import Message
from models.programme import Programme
from models.supporter import Leave, Supporter
from models.visit import Visit
from models.words import Role, Status, VisitStatus
from notifications.rendering import render
from stages.brief import load_brief
from stages.record import Actor
from stages.reminders.worklists import _undated
from stages.schedule.decide import record_leave
from tests.stages.builders import Journey, journey, small_programme

ADVISER = Actor(role=Role.ADVISER, by="the adviser")


def close_together(places: int = 1) -> Programme:
    """Two visits one or two weeks apart."""
    values = small_programme(places=places).model_dump(mode="json")
    first, second = values["schedule"]["sessions"]
    second |= {"window": first["window"], "gap_weeks": {"at_least": 1, "at_most": 2}}
    return Programme.model_validate(values)


def away(one: Journey, first: datetime.date, last: datetime.date) -> None:
    """Have the supporter of a case be away from a day to a day."""
    with one.database.writing() as session:
        record_leave(session, session.get_one(Supporter, one.case.supporter_id), first, last, ADVISER, "an illness", one.at)


def doubly_booked(session: Session) -> list[tuple[object, ...]]:
    """Return every supporter, day and part that more than one live visit claims."""
    live = session.exec(select(Visit).where(col(Visit.status).in_([VisitStatus.PROPOSED, VisitStatus.CONFIRMED]))).all()
    return [slot for slot, count in Counter((visit.supporter_id, visit.day, visit.part) for visit in live).items() if count > 1]


def test_a_first_visit_that_finds_no_day_before_the_second_takes_the_second_with_it(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, close_together()).until(Status.BOOKED)
    first, second = one.visits()
    away(one, one.at.date(), second.day - datetime.timedelta(days=1))
    one.engine()
    now = one.visits()
    assert {visit.status for visit in now} == {VisitStatus.CONFIRMED}
    assert second.day <= now[0].day < now[1].day and first.day < now[0].day and second.day < now[1].day
    assert 7 <= (now[1].day - now[0].day).days <= 14
    with sqlite_database.reading() as session:
        assert doubly_booked(session) == []


def test_of_a_visit_that_finds_no_day_adviser_and_school_are_told_once(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    old = one.visits()[0]
    away(one, one.at.date(), one.at.date() + datetime.timedelta(days=900))
    for _ in range(2):
        one.engine()
    assert one.visits()[0].status is VisitStatus.TO_MOVE
    told = [message for message in one.rows(Message) if message.kind in ("visit_stuck", "visit_undated") and old.purpose in str(message.context)]
    assert sorted((message.kind, message.to_role) for message in told) == [("visit_stuck", "adviser"), ("visit_undated", "headteacher")]
    text = render("visit_undated", next(message.context for message in told if message.kind == "visit_undated")).text
    assert f"{old.day:%A %-d %B %Y}" in text and "the supporter is away that day" in text and "illness" not in text


def in_worklist(one: Journey) -> list[str]:
    """Return the lines of the adviser's worklist on visits without a day, with what stands beside each school."""
    with one.database.reading() as session:
        lines = _undated(session, load_brief(session, one.commission_id), {one.case_id: "St Mary's"})
    return [f"{line.to.role}: {line.says}; {name}; {line.dated} {day}" for line in lines for name, day in line.waiting]


def test_a_visit_without_a_day_stands_in_the_worklist_with_what_stops_it_until_it_has_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    old, since = one.visits()[0], one.at.date()
    assert in_worklist(one) == []
    away(one, one.at.date(), one.at.date() + datetime.timedelta(days=900))
    assert in_worklist(one) == []  # The engine may still find one.
    for days in (0, 7):
        one.wait(since + datetime.timedelta(days=days))
        one.engine()
        first, second = in_worklist(one)
        assert first.startswith("adviser: 2 visits that must move and find no new day. Please change what stops it")
        assert f"; St Mary's, case {one.case_id}, as of {since:%-d %B %Y}: {old.purpose}: no day between " in first
        assert "the supporter is away" in first and first.endswith(f"; was to be on {old.day}") and first != second
    with sqlite_database.writing() as session:
        session.execute(delete(Leave))
    one.engine()
    assert in_worklist(one) == [] and one.visits()[0].status is VisitStatus.CONFIRMED


def test_a_visit_that_has_to_move_for_another_reason_is_without_a_day_only_once_that_is_found(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    away(one, one.at.date(), one.at.date() + datetime.timedelta(days=900))
    one.engine()
    assert len(in_worklist(one)) == 2
    one.decide("cancel-visit", Role.ADVISER, visit=one.visits()[1].session, reason="It is not needed.", slip="supporter_away")
    assert len(in_worklist(one)) == 1


def test_where_moving_the_later_visits_does_not_help_either_they_stay(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, close_together()).until(Status.BOOKED)
    second = one.visits()[1]
    away(one, one.at.date(), second.day - datetime.timedelta(days=1))
    away(one, second.day + datetime.timedelta(days=1), second.day + datetime.timedelta(days=900))
    one.engine()
    now = one.visits()
    assert (now[0].status, now[1].status, now[1].day) == (VisitStatus.TO_MOVE, VisitStatus.CONFIRMED, second.day)


def test_dates_offered_in_the_turn_of_a_move_never_take_its_new_day(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=8)).until(Status.BOOKED)
    with sqlite_database.reading() as session:
        others = session.exec(select(Case.id).where(Case.commission_id == one.commission_id, Case.id != one.case_id)).all()
    other = next((case for number in others if (case := _offered_to(one, number))), None)
    if other is None:
        pytest.fail("No second case came to the same supporter.")
    away(one, one.at.date(), one.at.date() + datetime.timedelta(days=60))
    other.engine()
    assert one.visits()[0].day > one.at.date() + datetime.timedelta(days=60) and other.case.status is Status.AWAITING_DATES
    with sqlite_database.reading() as session:
        assert doubly_booked(session) == []


def test_a_visit_that_the_plan_has_no_place_for_any_more_moves_too(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    """What comes back every term has as many repeats as terms are known, and other terms may be known later."""
    one = journey(sqlite_database, tmp_path, close_together()).until(Status.BOOKED)
    first = one.visits()[0]
    with sqlite_database.writing() as session:
        session.get_one(Visit, first.id).session = "exploratory.7"
    one.decide("move-visit", Role.SUPPORTER, visit="exploratory.7", reason="An illness.")
    one.engine()
    now = one.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day != first.day


def _offered_to(one: Journey, number: int) -> Journey | None:
    """Bring another case to where dates are wanted; None if it goes to another supporter."""
    other = Journey(one.database, one.commission_id, number, one.at)
    if other.case.status not in {Status.SELECTED, Status.AWAITING_SELF_EVALUATION}:
        return None
    other.until(Status.TO_SCHEDULE)
    one.at = other.at
    return other if other.case.supporter_id == one.case.supporter_id else None
