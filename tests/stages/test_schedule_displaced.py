"""Term dates that are entered after visits were dated: what lies outside them moves, and what lies inside stays."""

import datetime
import pathlib

import pytest
from sqlmodel import select

from models.database import Database
from models.errors import BadInput, NotAllowed
from models.term import Closure, Term
from models.visit import VisitSlip
from models.words import ClosureKind, Role, Slip, Status, VisitStatus
from stages.brief import load_brief
from stages.record import Actor
from stages.schedule.closing import keep_own_dates
from stages.schedule.terms import enter_term
from tests.stages.builders import Journey, everything, journey

LEAD, DAY = Actor(Role.LEAD, "partnership lead"), datetime.timedelta(days=1)


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def entered(one: Journey, first: datetime.date, last: datetime.date, by: Actor = LEAD) -> list[str]:
    with one.database.writing() as session:
        return enter_term(session, "999", "Autumn by hand", (first, last), by, one.at)


def test_a_visit_outside_the_terms_that_are_known_now_moves_inside_them(booked: Journey) -> None:
    first, second = booked.visits()
    gone = entered(booked, first.day + DAY, first.day + 40 * DAY)
    assert gone and all(name.startswith("Autumn") for name in gone)
    booked.engine()
    now = booked.visits()
    assert now[0].day != first.day and now[0].status is VisitStatus.CONFIRMED and now[1].day == second.day
    with booked.database.reading() as session:
        assert load_brief(session, booked.commission_id).calendar.is_school_day(now[0].day)
        assert [term.source for term in session.exec(select(Term).where(Term.name == "Autumn by hand")).all()] == ["entered by the lead"]
    before = everything(booked.database, "stage_runs")
    booked.engine()
    assert everything(booked.database, "stage_runs") == before


def test_changed_term_dates_are_told_from_a_closed_school(booked: Journey) -> None:
    first, second = booked.visits()
    entered(booked, first.day + DAY, first.day + 40 * DAY)
    with booked.database.writing() as session:
        # As one that is loaded from a list of bank holidays: no visit is told when it is saved.
        session.add(Closure(authority="999", day=second.day, reason="bank holiday: a royal wedding"))
    booked.engine()
    assert [(one.day, one.reason) for one in booked.rows(VisitSlip)] == [(first.day, Slip.TERM_DATES_CHANGED), (second.day, Slip.SCHOOL_CLOSED)]


def test_dates_on_offer_move_too_and_stay_offers(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    old = one.visits()[0].day
    entered(one, old + DAY, old + 40 * DAY)
    one.engine()
    assert one.visits()[0].day != old and {visit.status for visit in one.visits()} == {VisitStatus.PROPOSED}


def test_a_school_with_dates_of_its_own_has_visits_only_when_it_and_its_authority_are_open(booked: Journey) -> None:
    first, second = booked.visits()
    with booked.database.reading() as session:
        calendar = load_brief(session, booked.commission_id).calendar
    open_days = [(first.day + DAY, second.day - DAY)]
    with booked.database.writing() as session:
        found = keep_own_dates(session, booked.case.urn, open_days, [(first.day, second.day)], LEAD, booked.at)
    assert found.days == [first.day, second.day] and found.visits == 2
    booked.engine()
    assert {one.reason for one in booked.rows(VisitSlip)} == {Slip.TERM_DATES_CHANGED}
    assert not {first.day, second.day} & {visit.day for visit in booked.visits()}
    assert all(calendar.is_school_day(visit.day) for visit in booked.visits())
    with booked.database.writing() as session:
        again = keep_own_dates(session, booked.case.urn, [(first.day, second.day)], [(first.day, second.day)], LEAD, booked.at)
    assert again.days == []
    with booked.database.reading() as session:
        assert session.exec(select(Closure).where(Closure.kind == ClosureKind.OWN_DATES)).all() == []


@pytest.mark.parametrize(
    ("first", "last"), [(datetime.date(2027, 9, 9), datetime.date(2027, 9, 9)), (datetime.date(2027, 9, 9), datetime.date(2028, 9, 9))]
)
def test_a_term_that_cannot_be_is_refused(booked: Journey, first: datetime.date, last: datetime.date) -> None:
    with pytest.raises(BadInput, match="120 days at most"):
        entered(booked, first, last)
    with pytest.raises(NotAllowed):
        entered(booked, datetime.date(2027, 9, 9), datetime.date(2027, 10, 9), Actor(Role.SCHOOL, "headteacher"))
