"""Meetings set by the engine: who has a place where, on which days, and what a late, a cancelled or an impossible one leaves."""

import datetime
import pathlib
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from sqlmodel import col, select

from calendars.periods import periods
from models.case import Case
from models.commission import Commission
from models.database import Database
from models.meeting import Attendance, GroupPlace, Meeting
from models.message import Message
from models.supporter import Supporter
from models.term import Closure
from models.trail import Event
from models.visit import Visit
from models.words import AttendanceStatus, Role, Status, SupporterKind, VisitStatus
from stages.brief import load_calendar
from stages.pipeline import run_all
from tests.stages.builders import everything
from tests.stages.meeting_builders import NETWORK, REVIEW, START, TRIAD, VISIT, Company, company, meeting_programme, triads

D = datetime.date
WEEK = datetime.timedelta(weeks=1)
EXPECTED = AttendanceStatus.EXPECTED


def taken(one: Company) -> list[tuple[int | None, datetime.date, Any]]:
    """Return every half day of every supporter that a visit or a meeting takes, a whole day as its two halves."""
    found: list[tuple[int | None, datetime.date, Any]] = []
    for row in [*one.rows(Visit, Visit.status != VisitStatus.CANCELLED), *one.meetings()]:
        if row.supporter_id is not None and row.status is not VisitStatus.CANCELLED:
            parts = ("morning", "afternoon") if row.part.value == "whole_day" else (row.part.value,)
            found += [(row.supporter_id, row.day, part) for part in parts]
    return found


def days_of(one: Company, case_id: int) -> list[datetime.date]:
    """Return the days of all visits and meetings of a case."""
    meetings = {meeting.id: meeting.day for meeting in one.meetings()}
    places = one.rows(Attendance, Attendance.case_id == case_id, Attendance.status == EXPECTED)
    return [*(visit.day for visit in one.rows(Visit, Visit.case_id == case_id)), *(meetings[place.meeting_id] for place in places)]


def test_the_cases_of_a_triad_have_places_at_the_same_meetings_each_hosted_in_turn(database: Database, tmp_path: pathlib.Path) -> None:
    one = company(database, tmp_path, triads()).until(Status.AWAITING_DATES)
    meetings, cases = one.meetings(), one.cases
    assert [(m.session, m.ordinal) for m in meetings] == [("start", 1), ("review", 1), ("review", 2), ("review", 3)]
    assert all(one.places(m.id) == {case.id: EXPECTED for case in cases} for m in meetings)
    assert sorted(Counter(m.host_urn for m in meetings).values()) == [1, 1, 2] and {m.host_urn for m in meetings} == {case.urn for case in cases}
    assert {m.supporter_id for m in meetings} == {case.supporter_id for case in cases} and len({m.group_id for m in meetings}) == 1
    gaps = [later.day - earlier.day for earlier, later in pairwise(meetings)]
    assert all(2 * WEEK <= gap <= 12 * WEEK for gap in gaps)
    for case in cases:
        days = days_of(one, case.id)
        assert len(days) == len(set(days)) == 5
    before = everything(database)
    one.engine()
    one.engine()
    assert everything(database) == before
    one.until(Status.BOOKED)
    assert [(m.id, m.day) for m in one.meetings()] == [(m.id, m.day) for m in meetings]


def test_each_school_is_told_once_of_all_its_meetings(triad: Company) -> None:
    told = triad.rows(Message, Message.kind == "meetings")
    assert sorted(row.case_id for row in told) == [case.id for case in triad.cases]
    for row in told:
        own = triad.urns()[row.case_id]
        where = {m.id: "at your school" if m.host_urn == own else f"at {triad.name_of(m.host_urn or 0)}" for m in triad.meetings()}
        lines = [(line["number"], line["day"], line["where"], line["book"]) for line in row.context["expected"]]
        assert lines == [(m.id, m.day.isoformat(), where[m.id], False) for m in triad.meetings()] and row.context["open"] == []


def test_no_meeting_is_on_a_day_on_which_one_of_the_group_is_closed(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_CONSENT)
    second, shut = one.cases[1], [D(2026, 9, day) for day in range(21, 31)]
    with sqlite_database.writing() as session:
        for day in shut:
            session.add(Closure(authority="999", urn=second.urn, day=day, reason="works"))
    one.until(Status.AWAITING_DATES)
    assert {m.day for m in one.meetings()}.isdisjoint(shut) and one.meetings()[0].day == D(2026, 10, 1)


def test_no_meeting_is_on_a_day_on_which_one_of_the_group_has_a_visit(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    """The visit of one school was set in another commission of the engine's time, before its group had its first meeting."""
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_CONSENT)
    third = one.cases[2]
    with sqlite_database.writing() as session:
        for number, day in enumerate((D(2026, 9, 23), D(2026, 9, 24), D(2026, 9, 25)), 50):
            session.add(Visit(case_id=third.id, supporter_id=9, session=f"other.{number}", ordinal=number, purpose="x", day=day, part="morning",
                              status=VisitStatus.CONFIRMED))  # fmt: skip
    one.until(Status.AWAITING_DATES)
    assert one.meetings()[0].day not in {D(2026, 9, 23), D(2026, 9, 24), D(2026, 9, 25)}


def test_whoever_leads_several_triads_is_never_booked_twice(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads(places=9)).until(Status.TO_MATCH)
    with sqlite_database.writing() as session:
        for supporter in session.exec(select(Supporter).order_by(col(Supporter.id).desc()).offset(1)).all():
            supporter.active = False
        chief = session.exec(select(Supporter).where(Supporter.active)).one()
        chief.half_days_a_year = 60
    one.until(Status.AWAITING_DATES)
    assert {m.supporter_id for m in one.meetings()} == {chief.id} and len({m.group_id for m in one.meetings()}) == 3
    slots = taken(one)
    assert len(slots) == len(set(slots)) == 3 * 4 + 9


def late_third(database: Database, folder: pathlib.Path) -> Company:
    """Return a company in which two cases have become a pair, since the third took too long, and have met for the first time."""
    one = company(database, folder, triads()).until(Status.AWAITING_CONFIRMATION)
    for number in (0, 1):
        one.one(number).step()
    one.engine()
    assert [case.status for case in one.cases[:2]] == [Status.TO_MATCH] * 2
    one.wait(D(2026, 10, 20))
    one.until(Status.BOOKED, 0, 1)
    start = one.meetings("start")[0]
    one.wait(start.day)
    one.hold(start.id, strengths="Clear aims.", areas="Time.", actions=["Share the aims"])
    return one


def test_a_case_that_comes_later_joins_a_short_group_and_the_meetings_that_are_to_come(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = late_third(sqlite_database, tmp_path)
    before = {m.id: (m.day, m.host_urn) for m in one.meetings()}
    one.until(Status.BOOKED, 2)
    third = one.cases[2]
    assert {m.id: (m.day, m.host_urn) for m in one.meetings()} == before
    assert len({place.group_id for place in one.rows(GroupPlace)}) == 1 and third.supporter_id == one.cases[0].supporter_id
    assert {m.session for m in one.meetings() if third.id in one.places(m.id)} == {"review"}
    assert all(one.places(m.id)[third.id] is EXPECTED for m in one.meetings("review") if m.day > one.at.date())
    assert all(visit.day not in {m.day for m in one.meetings()} for visit in one.rows(Visit, Visit.case_id == third.id))


def test_a_meeting_that_was_over_when_a_case_came_gives_it_no_place(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = late_third(sqlite_database, tmp_path)
    review = one.meetings("review")[0]
    one.wait(review.day + 3 * datetime.timedelta(days=1))
    one.until(Status.AWAITING_DATES, 2)
    third = one.cases[2]
    assert third.id not in one.places(review.id) and [third.id in one.places(m.id) for m in one.meetings("review")] == [False, True, True]


def test_meetings_of_the_whole_commission_are_joined_and_not_multiplied(network: Company) -> None:
    meetings = network.meetings()
    assert [m.ordinal for m in meetings] == [1, 2] and all(m.group_id is None and m.supporter_id is None for m in meetings)
    assert all(network.places(m.id) == {case.id: EXPECTED for case in network.cases} for m in meetings)
    assert len({m.host_urn for m in meetings}) == 2 and meetings[1].day - meetings[0].day >= 4 * WEEK


def test_the_first_to_need_a_meeting_of_all_has_it_far_enough_ahead_for_others(network: Company) -> None:
    calendar = network.read(lambda session: load_calendar(session, "999"))
    assert calendar.between(network.at.date(), network.meetings()[0].day) >= 30


def test_a_case_that_cannot_go_to_a_meeting_of_all_has_another_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme(NETWORK, {**VISIT, "after": "network"})
    one = company(sqlite_database, tmp_path, programme).until(Status.AWAITING_CONSENT)
    one.one(0).step()
    one.until(Status.AWAITING_DATES, 0)
    first = one.meetings()[0]
    with sqlite_database.writing() as session:
        session.add(Closure(authority="999", urn=one.cases[1].urn, day=first.day, reason="works"))
    one.until(Status.AWAITING_DATES, 1, 2)
    assert len(one.meetings()) == 2 and one.meetings()[1].day != first.day
    assert [list(one.places(m.id)) for m in one.meetings()] == [[one.cases[0].id, one.cases[2].id], [one.cases[1].id]]


@pytest.mark.parametrize("shared", [NETWORK, NETWORK | {"bookings": "open"}])
def test_a_case_that_finds_no_dates_leaves_no_meeting_behind(shared: dict[str, Any], sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme(shared, {"id": "visit", "title": "Visit", "window": {"from_week": 0, "to_week": 1}})
    one = company(sqlite_database, tmp_path, programme).until(Status.UNPLACED)
    assert one.meetings() == [] and one.rows(Attendance) == [] and one.rows(Message, Message.kind == "meetings") == []
    assert one.rows(Event, col(Event.kind).startswith("meeting")) == []
    before = everything(sqlite_database, "stage_runs")
    one.engine()
    assert everything(sqlite_database, "stage_runs") == before


def test_a_case_that_finds_no_dates_leaves_the_meetings_of_others_alone(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(NETWORK, {"id": "visit", "title": "Visit"})).until(Status.AWAITING_CONSENT)
    third = one.cases[2]
    with sqlite_database.writing() as session:
        for number in range(800):
            day = D(2026, 9, 2) + number * datetime.timedelta(days=1)
            if day != D(2026, 10, 14):
                session.add(Closure(authority="999", urn=third.urn, day=day, reason="works"))
    one.until(Status.AWAITING_DATES, 0, 1)
    one.until(Status.UNPLACED, 2)
    assert [set(one.places(m.id)) for m in one.meetings()] == [{one.cases[0].id, one.cases[1].id}]


def test_places_that_are_booked_freely_are_nobodys_until_they_book(open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    assert open_network.places(meeting.id) == {}
    told = open_network.rows(Message, Message.kind == "meetings")
    assert len(told) == 3 and all([line["number"] for line in row.context["open"]] == [meeting.id] for row in told)
    open_network.one(1).decide("book-place", Role.SCHOOL, meeting=meeting.id)
    assert open_network.places(meeting.id) == {open_network.cases[1].id: EXPECTED}


def test_a_school_that_asks_for_other_dates_keeps_its_places(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_DATES)
    before = [(m.id, m.day, one.places(m.id)) for m in one.meetings()]
    visit = one.one(0).visits()[0]
    one.one(0).decide("ask-other-dates", Role.SCHOOL, reason="A trip.")
    one.engine()
    assert one.one(0).visits()[0].day != visit.day
    assert [(m.id, m.day, one.places(m.id)) for m in one.meetings()] == before
    assert len(one.rows(Message, Message.kind == "meetings")) == 3


def test_a_meeting_that_was_cancelled_for_good_is_not_set_again(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_DATES)
    last = one.meetings("review")[-1]
    one.cancel(last.id)
    one.one(0).decide("ask-other-dates", Role.SCHOOL, reason="A trip.")
    one.engine()
    assert one.cases[0].status is Status.AWAITING_DATES
    assert [m.id for m in one.meetings("review", VisitStatus.CONFIRMED)] == [m.id for m in one.meetings("review") if m.id != last.id]
    assert len(one.meetings()) == 4


@pytest.mark.parametrize("every", ["half_term", "term"])
def test_meetings_that_come_back_are_one_in_each_half_term_or_term_that_is_left(
    every: Any, sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    again = {**REVIEW, "count": 1, "every": every, "gap_weeks": {"at_least": 2, "at_most": 20}}
    programme = meeting_programme(START, again, VISIT, broker=TRIAD, days=6)
    one = company(sqlite_database, tmp_path, programme).until(Status.AWAITING_DATES)
    calendar = one.read(lambda session: load_calendar(session, "999"))
    commission = one.read(lambda session: session.get_one(Commission, one.commission_id))
    days = [m.day for m in one.meetings("review")]
    spans = periods(calendar, commission.starts, commission.ends, every)
    start = one.meetings("start")[0].day
    assert [sum(first <= day <= last for day in days) for first, last in spans] == [int(last >= start + 2 * WEEK) for _, last in spans]
    assert all(len(one.places(m.id)) == 3 for m in one.meetings("review"))


def test_a_case_without_a_group_has_no_places_and_its_dates_all_the_same(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    further = [{"id": "circle", "title": "Circle", "broker": {"mode": "group", "skills": ["circles"], "accepted_by": []}}]
    circle = {**START, "id": "circle-meeting", "with_match": "circle", "note": False}
    one = company(sqlite_database, tmp_path, meeting_programme(circle, {"id": "visit", "title": "Visit"}, further_matches=further))
    with sqlite_database.writing() as session:
        for supporter in session.exec(select(Supporter).where(Supporter.kind == SupporterKind.SUPPORTING_SCHOOL)).all():
            supporter.active = False
    one.until(Status.AWAITING_DATES)
    assert one.meetings() == [] and len(one.rows(Visit)) == 3
    assert {event.detail["match"] for event in one.rows(Event, Event.kind == "case.go-on-without")} == {"circle"}


def test_cases_that_only_meet_are_booked_without_visits_and_go_on_after_the_first_meeting(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme({**START, "note": False}, broker=TRIAD)).until(Status.BOOKED)
    assert one.rows(Visit) == []
    (meeting,) = one.meetings()
    one.wait(meeting.day)
    one.hold(meeting.id)
    one.engine()
    assert {case.status for case in one.cases} == {Status.AWAITING_ADVISER}


def test_the_engine_at_work_on_a_commission_leaves_the_meetings_of_another_alone(triad: Company) -> None:
    with triad.database.reading() as session:
        other = session.exec(select(Meeting).where(Meeting.commission_id != triad.commission_id)).all()
        cases = session.exec(select(Case.id)).all()
    assert other == [] and len(cases) == 3
    run_all(triad.database, triad.commission_id, triad.at)
    assert len(triad.meetings()) == 4
