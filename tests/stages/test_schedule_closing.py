"""Days of term without visits: what was to be then moves, and nobody loses a day to answer in."""

import datetime
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from calendars.school_days import SchoolCalendar
from models.database import Database
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.evidence import Asking
from models.message import Message
from models.term import Closure
from models.visit import VisitSlip
from models.words import ClosureKind, Role, Slip, Status, VisitStatus
from stages.brief import load_brief
from stages.record import Actor
from stages.schedule.closing import Closed, _put_back, close_days, keep_own_dates
from tests.stages.builders import Journey, everything, journey
from tests.stages.meeting_builders import company, triads
from tests.stages.test_schedule_rules import TERMS

LEAD = Actor(Role.LEAD, "partnership lead")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def close(one: Journey, first: datetime.date, *urns: int, last: datetime.date | None = None, kind: ClosureKind = ClosureKind.WEATHER,
          by: Actor = LEAD, authority: str = "999") -> Closed:  # fmt: skip
    with one.database.writing() as session:
        return close_days(session, authority, urns, (first, last or first), kind, "snow", by, one.at)


def test_snow_moves_every_visit_of_the_day_and_says_why(booked: Journey) -> None:
    old = booked.visits()[0]
    found = close(booked, old.day)
    assert found.days == [old.day] and found.visits == 1
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day != old.day
    (message,) = [one for one in booked.rows(Message) if one.kind == "visit_moved"]
    assert message.context["why"] == "schools are closed because of the weather"
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.SCHOOL_CLOSED]


def school_days_after(one: Journey, day: datetime.date, count: int) -> datetime.date:
    """Return the day that lies so many school days after another."""
    with one.database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    while count:
        day += DAY
        count -= calendar.is_school_day(day)
    return day


@pytest.mark.parametrize("later", [1, 5])
def test_a_snow_day_may_be_entered_some_days_later_and_its_visits_are_named_to_be_recorded(booked: Journey, later: int) -> None:
    old = booked.visits()[0]
    booked.wait(school_days_after(booked, old.day, later))
    found = close(booked, old.day)
    assert (found.days, found.visits) == ([old.day], 0) and [visit.id for visit in found.to_record] == [old.id]
    assert booked.visits()[0].status is VisitStatus.CONFIRMED  # It may have been held: somebody has to say.
    booked.decide("move-visit", Role.ADVISER, visit=old.session, reason="Snow.", slip="school_closed")
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day > booked.at.date()
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.SCHOOL_CLOSED]


def test_a_day_that_is_today_moves_its_visit_and_leaves_nothing_to_record(booked: Journey) -> None:
    old = booked.visits()[0]
    booked.wait(old.day, 8)
    found = close(booked, old.day)
    assert (found.visits, found.to_record) == (1, [])


def test_days_that_are_long_past_are_not_closed_any_more_and_what_to_do_is_said(booked: Journey) -> None:
    old = booked.visits()[0]
    booked.wait(school_days_after(booked, old.day, 6))
    before = everything(booked.database)
    with pytest.raises(NotPossible, match=r"more than 5 school days ago.*move-visit` or cancel-visit, with --slip school_closed"):
        close(booked, old.day, last=old.day + DAY)
    assert everything(booked.database) == before
    # What goes on until now is entered whole.
    today = booked.at.date()
    assert [visit.id for visit in close(booked, old.day, last=today).to_record] == [old.id]


def test_a_visit_that_was_held_or_is_elsewhere_is_not_to_be_recorded(booked: Journey) -> None:
    old = booked.visits()[0]
    with booked.database.reading() as session:
        other = next(urn for urn in load_brief(session, booked.commission_id).schools if urn != booked.case.urn)
    booked.wait(old.day)
    booked.write_up()
    booked.wait(school_days_after(booked, old.day, 1))
    assert not close(booked, old.day, other).to_record and not close(booked, old.day).to_record


def test_an_inspection_of_one_school_moves_its_visits_and_nobody_elses_and_is_a_reason_of_its_own(booked: Journey) -> None:
    old = booked.visits()[0]
    with booked.database.reading() as session:
        other = next(urn for urn in load_brief(session, booked.commission_id).schools if urn != booked.case.urn)
    assert close(booked, old.day, other, kind=ClosureKind.INSPECTION).visits == 0
    assert close(booked, old.day, booked.case.urn, kind=ClosureKind.INSPECTION).visits == 1
    booked.engine()
    assert booked.visits()[0].day != old.day and [one.reason for one in booked.rows(VisitSlip)] == [Slip.INSPECTION]


def test_no_date_is_ever_offered_on_a_closed_day(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    first = one.visits()[0].day
    close(one, first, one.case.urn, kind=ClosureKind.INSET)
    one.decide("ask-other-dates", Role.SCHOOL, reason="Another day.", not_on=[first + DAY])
    one.engine()
    assert first not in [visit.day for visit in one.visits()]


def test_meetings_at_a_closed_school_move_and_those_elsewhere_stay(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads())
    one.until(Status.BOOKED)
    meetings = [meeting for meeting in one.meetings() if meeting.host_urn]
    first = meetings[0]
    with one.database.writing() as session:
        found = close_days(session, "999", [first.host_urn or 0], (first.day, first.day), ClosureKind.INSET, "", LEAD, one.at)
    assert found.meetings == 1
    one.engine()
    now = {meeting.id: meeting for meeting in one.meetings()}
    assert now[first.id].day != first.day and all(now[other.id].day == other.day for other in meetings[1:])


def test_whoever_was_to_answer_has_as_many_school_days_left_as_before(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    due = one.rows(Asking)[0].due
    left, today = calendar.between(one.at.date(), due), one.at.date()
    found = close(one, calendar.add(today, 1), last=calendar.add(today, 2))
    with sqlite_database.reading() as session:
        after = load_brief(session, one.commission_id).calendar
    assert len(found.days) == 2 and found.clocks > 0
    assert after.between(today, one.rows(Asking)[0].due) == left and one.rows(Asking)[0].due > due


def test_a_day_that_a_school_and_its_authority_close_is_lost_once(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        day = load_brief(session, one.commission_id).calendar.add(one.at.date(), 1)
    due = one.rows(Asking)[0].due
    assert close(one, day, one.case.urn, kind=ClosureKind.INSET).clocks == 1
    once, case_once = one.rows(Asking)[0].due, one.case.due
    assert once > due
    close(one, day)
    assert one.rows(Asking)[0].due == once and one.case.due == case_once


def test_own_dates_that_are_taken_again_put_no_clock_back_once_more(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    due, shut = one.rows(Asking)[0].due, calendar.add(one.at.date(), 2)
    year = (one.at.date(), datetime.date(2027, 7, 31))
    terms = [(year[0], shut - DAY), (shut + DAY, year[1])]
    for _ in range(2):
        with sqlite_database.writing() as session:
            found = keep_own_dates(session, one.case.urn, terms, [year], LEAD, one.at)
        assert found.days == [shut]
        assert calendar.between(due, one.rows(Asking)[0].due) == 1
    assert found.clocks == 0


def test_a_day_that_was_over_before_schools_closed_is_not_put_back(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    due = one.rows(Asking)[0].due
    close(one, due + 10 * DAY, last=due + 14 * DAY)
    assert one.rows(Asking)[0].due == due


@given(st.dates(TERMS[0][0], TERMS[2][1]), st.dates(TERMS[0][0], TERMS[2][1]), st.sets(st.dates(TERMS[0][0], TERMS[2][1]), min_size=1, max_size=5))
def test_days_left_are_counted_one_by_one(today: datetime.date, due: datetime.date, closed: set[datetime.date]) -> None:
    before, after = SchoolCalendar(TERMS), SchoolCalendar(TERMS, closed)
    new = _put_back(due, before, after, min(closed), today)
    if new is None:
        return
    left = sum(before.is_school_day(today + n * DAY) for n in range(1, (due - today).days + 1))
    assert sum(after.is_school_day(today + n * DAY) for n in range(1, (new - today).days + 1)) in (left, left + 1)
    assert new > due and (left == 0 or after.is_school_day(new))


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"first": datetime.date(2026, 12, 27)}, NotPossible, "no school day left to close"),
        ({"first": datetime.date(2026, 9, 10), "last": datetime.date(2026, 9, 9)}, BadInput, "--first"),
        ({"first": datetime.date(2026, 9, 10), "last": datetime.date(2027, 9, 9)}, BadInput, "60 days"),
        ({"first": datetime.date(2026, 9, 10), "authority": "000"}, NotFound, "No term dates"),
        ({"first": datetime.date(2026, 9, 10), "by": Actor(Role.SCHOOL, "headteacher")}, NotAllowed, "close days"),
    ],
)
def test_what_cannot_be_closed_is_said_and_changes_nothing(booked: Journey, more: dict, error: type[Exception], said: str) -> None:  # type: ignore[type-arg]
    before = everything(booked.database)
    with pytest.raises(error, match=said):
        close(booked, **more)
    assert everything(booked.database) == before


def test_a_school_of_elsewhere_cannot_be_closed_and_a_day_is_closed_once(booked: Journey) -> None:
    with pytest.raises(NotFound, match="no schools of authority 999: 100001"):
        close(booked, booked.visits()[0].day, 100_001)
    day = booked.visits()[0].day
    close(booked, day, booked.case.urn)
    with pytest.raises(NotPossible, match="no school day left"):
        close(booked, day, booked.case.urn)
    with booked.database.reading() as session:
        assert len(session.exec(select(Closure).where(Closure.day == day)).all()) == 1
