"""A triad gets its dates when all of its schools have answered, or have had their time for it."""

import datetime
import pathlib

import pytest

from models.database import Database
from models.meeting import Meeting
from models.words import AttendanceStatus, Role, Status
from stages.pipeline import run_all
from stages.schedule.waiting import WAITS
from tests.stages.meeting_builders import TRIAD, VISIT, Company, company, meeting_programme, triads

DAY = datetime.timedelta(days=1)


@pytest.fixture
def offered(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """A triad whose support is offered to its three schools, of which the first has accepted."""
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_CONSENT)
    one.one(0).decide("accept-support", Role.SCHOOL)
    return one


def statuses(one: Company) -> list[Status]:
    return [case.status for case in one.cases]


def test_no_dates_are_set_before_all_three_have_answered(offered: Company) -> None:
    offered.engine()
    offered.engine()
    assert statuses(offered)[0] is Status.TO_SCHEDULE and offered.meetings() == []
    offered.one(1).decide("accept-support", Role.SCHOOL)
    offered.engine()
    assert offered.meetings() == []
    offered.one(2).decide("accept-support", Role.SCHOOL)
    offered.engine()
    assert set(statuses(offered)) == {Status.AWAITING_DATES}
    assert {status for one in offered.meetings() for status in offered.places(one.id).values()} == {AttendanceStatus.EXPECTED}
    assert all(len(offered.places(one.id)) == 3 for one in offered.meetings())


def test_the_run_says_why_a_school_waits(offered: Company) -> None:
    tallies = run_all(offered.database, offered.commission_id, offered.at)
    assert WAITS in str(tallies)


def test_a_school_that_does_not_want_it_holds_nobody_up(offered: Company) -> None:
    offered.one(1).decide("decline-support", Role.SCHOOL, reason="We know them too well.")
    offered.one(2).decide("accept-support", Role.SCHOOL)
    offered.engine()
    assert statuses(offered)[0] is statuses(offered)[2] is Status.AWAITING_DATES
    assert all(len(offered.places(one.id)) == 2 for one in offered.meetings()) and offered.meetings()


def test_whoever_has_not_answered_by_the_deadline_is_not_waited_for_and_joins_what_is_to_come(offered: Company) -> None:
    offered.one(1).decide("accept-support", Role.SCHOOL)
    due = offered.cases[2].due
    assert due is not None
    offered.wait(due)
    offered.engine()
    assert offered.meetings() == []
    offered.wait(due + DAY)
    offered.engine()
    assert statuses(offered) == [Status.AWAITING_DATES, Status.AWAITING_DATES, Status.AWAITING_CONSENT]
    offered.one(2).decide("accept-support", Role.SCHOOL)
    offered.engine()
    assert statuses(offered)[2] is Status.AWAITING_DATES and all(len(offered.places(one.id)) == 3 for one in offered.meetings())


def test_a_paused_school_is_not_waited_for(offered: Company) -> None:
    offered.one(1).decide("accept-support", Role.SCHOOL)
    offered.one(2).decide("pause", Role.ADVISER, reason="A flood.")
    offered.engine()
    assert statuses(offered)[:2] == [Status.AWAITING_DATES] * 2


def test_a_triad_that_never_meets_does_not_wait(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(VISIT | {"after": None}, broker=TRIAD)).until(Status.AWAITING_CONSENT)
    one.one(0).decide("accept-support", Role.SCHOOL)
    one.engine()
    assert statuses(one)[0] is Status.AWAITING_DATES and one.rows(Meeting) == []
