"""How long notes take, against a count of days by hand."""

import datetime
import statistics
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from calendars.school_days import SchoolCalendar
from models.commission import Commission
from models.database import Database
from models.programme import NoteTemplate
from models.words import CommissionStatus, Role, Status, VisitStatus
from reports.turnaround import Clock, load_clocks, school_days, turnaround
from stages.brief import load_brief
from stages.commission.decide import set_status
from stages.record import Actor
from tests.stages.builders import NOTE, Journey, journey

DAY = datetime.timedelta(days=1)
FIRST, LAST = datetime.date(2026, 9, 2), datetime.date(2026, 12, 18)
CLOSED = [datetime.date(2026, 10, 26) + n * DAY for n in range(5)] + [datetime.date(2026, 11, 20)]
CALENDAR = SchoolCalendar([(FIRST, LAST)], CLOSED)
TEMPLATE = NoteTemplate(due_school_days=5, reply_school_days=5, turnaround_school_days=15)
some_day = st.integers(0, 100).map(lambda n: FIRST + n * DAY)


def d(month: int, day: int) -> datetime.date:
    return datetime.date(2026, month, day)


def by_hand(first: datetime.date, last: datetime.date, pauses: list[tuple[datetime.date, datetime.date]]) -> int:
    count, day = 0, first + DAY
    while day <= last:
        stopped = False
        for begins, ends in pauses:
            stopped = stopped or (day >= begins and day < ends)
        count += day.isoweekday() <= 5 and FIRST <= day <= LAST and day not in CLOSED and not stopped
        day += DAY
    return count


@given(some_day, some_day, st.lists(st.tuples(some_day, some_day), max_size=3))
def test_days_that_schools_are_closed_or_the_case_stood_still_do_not_count(
    one: datetime.date, two: datetime.date, pauses: list[tuple[datetime.date, datetime.date]]
) -> None:
    first, last = min(one, two), max(one, two)
    assert school_days(CALENDAR, first, last, pauses) == by_hand(first, last, pauses)


def step(name: str, clocks: list[Clock], today: datetime.date) -> dict[str, object]:
    return next(row for row in turnaround(clocks, TEMPLATE, CALENDAR, today) if row["step"] == name)


def test_each_step_has_its_median_and_its_share_within_the_days_that_the_programme_allows() -> None:
    clocks = [
        Clock(d(9, 7), d(9, 8), d(9, 10), d(9, 10)),
        Clock(d(9, 7), d(9, 14), d(9, 25), d(9, 25)),
        # Over half-term: five weekdays and the weekends do not count.
        Clock(d(10, 23), d(11, 4), d(11, 5), d(11, 5)),
        Clock(d(9, 7), d(9, 21), None, d(9, 29), silent=True),
    ]
    took = {"sent": [1, 5, 3, 10], "replied": [2, 9, 1], "published": [3, 14, 4, 16]}
    within = {"sent": 3, "replied": 2, "published": 3}
    for name, days in took.items():
        row = step(name, clocks, d(12, 1))
        assert (row["notes"], row["median_school_days"], row["within"]) == (len(days), statistics.median(days), within[name]), name
        assert row["percent"] == round(100 * within[name] / len(days), 1)
    assert step("replied", clocks, d(12, 1))["left_out"] == {"no_reply": 1}


def test_what_is_late_and_not_done_counts_against_it_and_what_still_has_time_is_left_out() -> None:
    clocks = [Clock(d(9, 7)), Clock(d(9, 14)), Clock(d(9, 7), out="paused"), Clock(d(9, 7), out="withdrawn"), Clock(d(9, 7), d(9, 8))]
    row = step("sent", clocks, d(9, 17))
    assert (row["notes"], row["within"], row["late_and_not_done"], row["median_school_days"]) == (2, 1, 1, 1)
    assert row["left_out"] == {"not_yet_due": 1, "paused": 1, "withdrawn": 1}
    assert step("replied", clocks, d(9, 9))["left_out"] == {"not_sent_yet": 4, "not_yet_due": 1}


def test_a_note_that_was_finished_counts_whatever_became_of_its_case() -> None:
    done = Clock(d(9, 7), d(9, 8), d(9, 9), d(9, 9), out="withdrawn")
    for name in ("sent", "replied", "published"):
        row = step(name, [done], d(12, 1))
        assert (row["notes"], row["left_out"]) == (1, {})


def test_a_pause_stops_the_clock() -> None:
    pauses = [(d(9, 8), d(9, 21))]
    assert step("sent", [Clock(d(9, 7), d(9, 22), pauses=pauses)], d(12, 1))["median_school_days"] == 2
    assert step("sent", [Clock(d(9, 7), d(9, 22))], d(12, 1))["median_school_days"] == 11


def test_the_clocks_of_a_commission_are_those_of_its_visits_and_stop_while_case_or_commission_is_paused(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    visit = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(visit.day + DAY, 9)
    # A visit that had its day and of which nobody wrote counts from that day.
    assert clocks_of(one) == [Clock(visit.day)]
    one.decide("pause", Role.ADVISER, reason="Illness.")
    assert clocks_of(one)[0].out == "paused" and clocks_of(one)[0].pauses == ((one.at.date(), datetime.date.max),)
    first, one.at = one.at.date(), one.at.add(days=7)
    one.decide("resume", Role.ADVISER)
    second = set_paused(one, CommissionStatus.PAUSED)
    one.at = one.at.add(days=7)
    third = set_paused(one, CommissionStatus.RUNNING)
    one.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)
    one.decide("note-accurate", Role.SCHOOL)
    day = one.at.date()
    assert clocks_of(one) == [Clock(visit.day, day, day, day, pauses=((first, second), (second, third)))]


def clocks_of(one: Journey) -> list[Clock]:
    with one.database.reading() as session:
        return load_clocks(session, load_brief(session, one.commission_id), one.at.date())


def set_paused(one: Journey, status: CommissionStatus) -> datetime.date:
    with one.database.writing() as session:
        set_status(session, session.get_one(Commission, one.commission_id), status, Actor(Role.LEAD, "lead"), "The budget.", one.at)
    return one.at.date()
