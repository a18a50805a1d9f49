"""Dates on offer that cannot be kept: no school is asked to agree what is not there, and each has its time once there are dates again."""

import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.database import Database
from models.message import Message
from models.moments import day_of
from models.supporter import Leave, Supporter
from models.visit import Visit
from models.words import Role, Status, Turn, VisitStatus
from stages.brief import load_brief
from stages.record import Actor
from stages.reminders.work import remind
from stages.schedule.decide import record_leave
from stages.turns import next_in_words, waiting
from tests.stages.builders import Journey, journey

ADVISER = Actor(Role.ADVISER, "link adviser")
LONG = datetime.timedelta(days=900)


@pytest.fixture
def offered(sqlite_database: Database, tmp_path: Path) -> Journey:
    """A case whose school has two dates to agree."""
    return journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)


def away(one: Journey, visit: Visit, *, now: bool = False) -> None:
    """Have the supporter away from the day of a visit, or from now on, until long after the commission."""
    first = one.at.date() if now else visit.day
    with one.database.writing() as session:
        record_leave(session, session.get_one(Supporter, visit.supporter_id), first, first + LONG, ADVISER, "A long illness.", one.at)
    one.engine()


def back(one: Journey) -> None:
    """Have everybody back."""
    with one.database.writing() as session:
        session.execute(delete(Leave))
    one.engine()


def asked(one: Journey, days: int) -> list[str]:
    """Let days go by, each with its turn and its reminders; return what was asked of the school of this case, and said of its being late."""
    before = len(_asked(one))
    for _ in range(days):
        one.at = one.at.add(days=1)
        one.engine()
        remind(one.database, one.commission_id, one.at)
    return _asked(one)[before:]


def _asked(one: Journey) -> list[str]:
    with one.database.reading() as session:
        query = select(Message.kind).where(Message.case_id == one.case_id, col(Message.kind).in_(["reminder", "overdue"]))
        return list(session.exec(query.order_by(col(Message.id))).all())


def fresh(one: Journey) -> datetime.date:
    """Return by when a school would have to agree dates that were offered now."""
    with one.database.reading() as session:
        today = day_of(one.at)
        return load_brief(session, one.commission_id, [one.case.urn]).due(one.case.urn, today, Status.AWAITING_DATES)


def next_on(one: Journey) -> str:
    """Return who acts next on the case, in words."""

    def words(session: Session) -> str:
        brief, today = load_brief(session, one.commission_id, [one.case.urn]), one.at.date()
        return next_in_words(brief.programme, one.case, waiting(session, brief, [one.case], today).get(one.case_id, []))

    with one.database.reading() as session:
        return words(session)


def test_where_no_date_on_offer_can_be_kept_it_is_the_advisers_turn_and_no_school_is_reminded(offered: Journey) -> None:
    away(offered, offered.visits()[0], now=True)
    case = offered.case
    assert (case.status, case.turn) == (Status.UNPLACED, Turn.ADVISER) and case.due is not None
    assert "the supporter is away" in str(case.why)
    assert asked(offered, 15) == [] and offered.case.status is Status.UNPLACED


def test_once_there_are_dates_again_the_school_has_its_usual_time_to_agree_them(offered: Journey) -> None:
    away(offered, offered.visits()[0], now=True)
    asked(offered, 15)
    back(offered)
    assert offered.case.status is Status.AWAITING_DATES and offered.case.due == fresh(offered)
    assert [visit.status for visit in offered.visits()] == [VisitStatus.PROPOSED] * 2
    assert set(asked(offered, 10)) == {"reminder"}
    assert offered.decide("confirm-dates", Role.SCHOOL).status is Status.BOOKED


def test_a_visit_that_can_be_on_no_day_may_be_cancelled_and_the_others_are_offered(offered: Journey) -> None:
    first, second = offered.visits()
    away(offered, first, now=True)
    assert offered.case.status is Status.UNPLACED
    offered.decide("cancel-visit", Role.ADVISER, visit=second.session, reason="Ill.")
    back(offered)
    assert offered.case.status is Status.AWAITING_DATES
    assert [visit.status for visit in offered.visits()] == [VisitStatus.PROPOSED, VisitStatus.CANCELLED]


def test_while_one_date_has_to_move_and_none_is_found_the_adviser_acts_and_the_school_is_not_reminded(offered: Journey) -> None:
    away(offered, offered.visits()[1])
    assert offered.case.status is Status.AWAITING_DATES
    assert [visit.status for visit in offered.visits()] == [VisitStatus.PROPOSED, VisitStatus.TO_MOVE]
    assert next_on(offered).startswith("adviser, to change what keeps the visit of")
    assert asked(offered, 15) == []


@pytest.mark.parametrize("how", ["back", "cancelled"])
def test_once_the_dates_are_whole_again_the_school_has_its_time_anew(how: str, offered: Journey) -> None:
    away(offered, offered.visits()[1])
    asked(offered, 12)
    if how == "back":
        back(offered)
    else:
        offered.decide("cancel-visit", Role.ADVISER, visit=offered.visits()[1].session, reason="Ill.")
    assert offered.case.status is Status.AWAITING_DATES and offered.case.due == fresh(offered)
    assert next_on(offered) == "school"
    assert set(asked(offered, 10)) == {"reminder"}
