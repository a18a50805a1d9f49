"""What is said of one visit moves that visit alone: a school, or a supporter, that cannot have it keeps what else is agreed for that day."""

import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from models.database import Database
from models.errors import BadInput
from models.supporter import Supporter
from models.term import Closure
from models.trail import Event
from models.visit import Visit
from models.words import ClosureKind, DayPart, Role, Status, VisitStatus
from stages.brief import load_brief
from stages.record import Actor
from stages.schedule.closing import close_days
from stages.schedule.decide import record_leave
from tests.stages.builders import Journey
from tests.stages.test_pipeline import another_offer, both

LEAD = Actor(Role.LEAD, "partnership lead")


@pytest.fixture
def pair(sqlite_database: Database, tmp_path: Path) -> list[Journey]:
    """The cases of one school in two commissions, visited on one day: in the morning for the one, in the afternoon for the other."""
    found = both(sqlite_database, tmp_path, another_offer())
    for one in found:
        one.until(Status.BOOKED)
        one.at = max(journey.at for journey in found)
    first, second = found
    assert first.case.urn == second.case.urn
    with sqlite_database.writing() as session:
        for one, part in ((first, DayPart.MORNING), (second, DayPart.AFTERNOON)):
            visit = session.get_one(Visit, one.visits()[0].id)
            visit.day, visit.part = first.visits()[0].day, part
            visit.supporter_id = first.visits()[0].supporter_id
            session.add(visit)
    return found


def day_of(one: Journey) -> datetime.date | None:
    """Return the day of a case's first visit, if it stands."""
    visit = one.visits()[0]
    return visit.day if visit.status is VisitStatus.CONFIRMED else None


def turn(pair: list[Journey]) -> None:
    for one in pair:
        one.engine()


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.SUPPORTER, Role.ADVISER])
def test_who_cannot_have_one_visit_keeps_the_other_of_that_day(pair: list[Journey], role: Role) -> None:
    first, second = pair
    day = day_of(second)
    first.decide("move-visit", role, reason="Illness.", slip="school_asked")
    turn(pair)
    assert day_of(first) != day and day_of(second) == day
    assert [event for event in second.rows(Event) if event.kind == "visit.to-move"] == []


def test_no_other_visit_comes_to_a_day_that_a_school_asked_to_be_spared(pair: list[Journey]) -> None:
    first, second = pair
    day = day_of(first)
    first.decide("move-visit", Role.SCHOOL, reason="Illness.")
    second.decide("move-visit", Role.SUPPORTER, reason="A course.")
    turn(pair)
    assert day not in {visit.day for one in pair for visit in one.visits() if visit.status is VisitStatus.CONFIRMED}


def test_a_school_that_is_closed_all_day_moves_every_visit_also_where_it_had_asked_for_one(pair: list[Journey]) -> None:
    first, second = pair
    day = day_of(first)
    assert day is not None
    first.decide("move-visit", Role.SCHOOL, reason="Illness.")
    with first.database.writing() as session:
        found = close_days(session, "999", [first.case.urn], (day, day), ClosureKind.OWN, "Illness", LEAD, first.at)
    assert found.visits == 1
    turn(pair)
    assert day_of(second) not in (None, day) and second.visits()[0].status is VisitStatus.CONFIRMED


def test_dates_that_do_not_suit_one_offer_leave_the_other_visit_of_the_school_alone(pair: list[Journey]) -> None:
    first, second = pair
    day = day_of(second)
    assert day is not None
    with first.database.writing() as session:
        for visit in session.exec(select(Visit).where(Visit.case_id == first.case_id)).all():
            visit.status = VisitStatus.PROPOSED
            session.add(visit)
        case = session.merge(first.case)
        case.status = Status.AWAITING_DATES
        session.add(case)
    first.decide("ask-other-dates", Role.SCHOOL, reason="A trip.")
    turn(pair)
    assert day_of(second) == day
    with first.database.reading() as session:
        assert {one.kind for one in session.exec(select(Closure)).all()} == {ClosureKind.ASKED}
        assert day not in load_brief(session, first.commission_id).closed.get(first.case.urn, ())


def test_leave_moves_every_visit_of_the_day(pair: list[Journey]) -> None:
    day = day_of(pair[0])
    assert day is not None
    with pair[0].database.writing() as session:
        assert record_leave(session, session.get_one(Supporter, pair[0].visits()[0].supporter_id), day, day, LEAD, "an illness", pair[0].at) == 2
    turn(pair)
    assert day not in {day_of(one) for one in pair}


def test_what_a_school_asks_for_one_visit_is_not_entered_as_a_closed_day(pair: list[Journey]) -> None:
    with pytest.raises(BadInput, match="decide move-visit"), pair[0].database.writing() as session:
        close_days(session, "999", [], (pair[0].at.date(), pair[0].at.date()), ClosureKind.ASKED, "", LEAD, pair[0].at)
