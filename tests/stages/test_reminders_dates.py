"""Reminders of days: of visits and meetings that are near, once each, and of notes that are still to come."""

import datetime
from collections import Counter
from pathlib import Path

import pytest
import yaml
from sqlalchemy import or_
from sqlmodel import col, select

from models.database import Database
from models.meeting import Meeting
from models.message import Message
from models.programme import Programme
from models.visit import Visit
from models.words import MessageStatus, Role, Status, VisitStatus
from notifications.rendering import render
from stages.brief import load_calendar
from stages.reminders.work import remind
from tests.stages.builders import Journey, hub_programme, journey, morning, programme_text, small_programme

DAY = datetime.timedelta(days=1)
KINDS = ("visit_soon", "meeting_soon", "visit_ahead", "note_due", "overdue")


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: Path) -> Journey:
    """A case whose two visits are agreed, in a programme whose notes are due on the school day after the visit."""
    return journey(sqlite_database, tmp_path, noted_within(1)).until(Status.BOOKED)


def noted_within(school_days: int) -> Programme:
    """Return the programme with so many school days for a note."""
    schedule = yaml.safe_load(programme_text())["schedule"]
    schedule["note"]["due_school_days"] = school_days
    return small_programme(schedule=schedule)


def remind_on(one: Journey, day: datetime.date, hour: int = 7) -> Counter[str]:
    return remind(one.database, one.commission_id, morning(day, hour))


def remind_through(one: Journey, first: datetime.date, last: datetime.date) -> dict[datetime.date, list[tuple[str, str]]]:
    """Remind every day, three times each, and return what was written on which day: kinds with roles."""
    found: dict[datetime.date, list[tuple[str, str]]] = {}
    day = first
    while day <= last:
        known = len(written(one))
        for hour in (7, 8, 15):
            remind_on(one, day, hour)
        if new := written(one)[known:]:
            found[day] = [(message.kind, message.to_role) for message in new]
        day += DAY
    return found


def written(one: Journey, *kinds: str) -> list[Message]:
    with one.database.reading() as session:
        mine = or_(col(Message.case_id) == one.case_id, col(Message.case_id).is_(None))
        return list(session.exec(select(Message).where(mine, col(Message.kind).in_(kinds or KINDS)).order_by(col(Message.id))).all())


def school_day(one: Journey, day: datetime.date, count: int) -> datetime.date:
    with one.database.reading() as session:
        return load_calendar(session, "999").add(day, count)


def put(one: Journey, visit: Visit, day: datetime.date, status: VisitStatus = VisitStatus.CONFIRMED) -> None:
    """Have a visit on another day, as if it had been agreed for it."""
    with one.database.writing() as session:
        row = session.get_one(Visit, visit.id)
        row.day, row.status = day, status
        session.add(row)


BOTH = [("visit_soon", "headteacher"), ("visit_ahead", "supporter")]


def test_school_and_supporter_are_reminded_of_a_visit_once_three_school_days_before(booked: Journey) -> None:
    day = booked.visits()[0].day
    assert remind_through(booked, booked.at.date(), day) == {school_day(booked, day, -3): BOTH}
    texts = [render(message.kind, message.context).text for message in written(booked)]
    assert all(f"{day:%A %-d %B %Y}" in text for text in texts) and all(message.context.get("calendar") is None for message in written(booked))


def test_the_programme_says_how_many_school_days_before(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(messages={"reminders": {"before": [5, 1], "after": [2], "then": ["adviser"]}}))
    day = one.until(Status.BOOKED).visits()[0].day
    assert remind_through(one, one.at.date(), day) == {school_day(one, day, -5): BOTH}


def test_a_programme_without_reminders_before_has_none(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(messages={"reminders": {"before": []}})).until(Status.BOOKED)
    assert remind_through(one, one.at.date(), one.visits()[0].day) == {}


@pytest.mark.parametrize("status", [VisitStatus.PROPOSED, VisitStatus.TO_MOVE, VisitStatus.CANCELLED, VisitStatus.HELD])
def test_only_of_a_visit_that_is_agreed_anybody_is_reminded(booked: Journey, status: VisitStatus) -> None:
    visit = booked.visits()[0]
    put(booked, visit, visit.day, status)
    assert remind_through(booked, school_day(booked, visit.day, -4), visit.day + 10 * DAY) == {}


def test_a_visit_that_has_another_date_after_its_reminder_is_reminded_of_again(booked: Journey) -> None:
    first = booked.visits()[0]
    booked.wait(school_day(booked, first.day, -3), 7)
    remind_on(booked, booked.at.date())
    booked.decide("move-visit", Role.SUPPORTER, visit=first.session, reason="An inset day.")
    booked.engine()
    now = booked.visits()[0]
    assert remind_through(booked, booked.at.date() + DAY, now.day) == {school_day(booked, now.day, -3): BOTH}


def test_a_paused_case_is_not_reminded_of_its_visits_and_what_waits_is_not_sent(booked: Journey) -> None:
    day = booked.visits()[0].day
    booked.wait(school_day(booked, day, -3), 7)
    remind_on(booked, booked.at.date())
    booked.decide("pause", Role.ADVISER, reason="The head is away.")
    assert {message.status for message in written(booked)} == {MessageStatus.SKIPPED}
    put(booked, booked.visits()[1], day + DAY)
    assert remind_through(booked, booked.at.date() + DAY, day + 20 * DAY) == {}


@pytest.mark.parametrize(
    ("day", "on"),
    [("2026-11-04", "2026-10-22"), ("2026-11-03", "2026-10-22"), ("2026-11-05", "2026-11-02")],
)  # autumn half-term is from 24 October to 1 November 2026, so 23 October is the last day before it
def test_nothing_is_said_on_the_last_day_before_a_break(booked: Journey, day: str, on: str) -> None:
    put(booked, booked.visits()[0], datetime.date.fromisoformat(day))
    put(booked, booked.visits()[1], datetime.date(2027, 6, 1))
    found = remind_through(booked, datetime.date(2026, 10, 12), datetime.date.fromisoformat(day))
    assert found == {datetime.date.fromisoformat(on): BOTH}


def test_what_is_first_after_a_break_is_said_on_the_last_day_before_it_if_it_was_not_yet(booked: Journey) -> None:
    put(booked, booked.visits()[0], datetime.date(2026, 11, 2))
    put(booked, booked.visits()[1], datetime.date(2026, 11, 3))
    assert remind_through(booked, datetime.date(2026, 10, 23), datetime.date(2026, 11, 3)) == {
        datetime.date(2026, 10, 23): BOTH, datetime.date(2026, 11, 2): BOTH, datetime.date(2026, 11, 3): [("note_due", "supporter")],
    }  # fmt: skip


def test_the_supporter_is_asked_for_a_note_from_the_school_day_after_the_visit_and_then_the_adviser_is_told(booked: Journey) -> None:
    day = booked.visits()[0].day
    put(booked, booked.visits()[1], datetime.date(2027, 6, 1))
    due = school_day(booked, day, 1)
    assert remind_through(booked, day, school_day(booked, day, 25)) == {
        due: [("note_due", "supporter")], school_day(booked, due, 2): [("note_due", "supporter")], school_day(booked, due, 7): [("note_due", "supporter")],
        school_day(booked, due, 12): [("overdue", "adviser")],
    }  # fmt: skip
    assert [message.context["overdue"] for message in written(booked, "note_due")] == [False, True, True]
    assert "the strengths" in render("note_due", written(booked, "note_due")[0].context).text


def test_where_a_note_has_longer_it_is_asked_for_from_the_day_after_the_visit_and_late_only_after_its_day(
    sqlite_database: Database, tmp_path: Path
) -> None:
    one = journey(sqlite_database, tmp_path, noted_within(5)).until(Status.BOOKED)
    day = datetime.date(2026, 11, 10)
    put(one, one.visits()[0], day)
    asked = remind_through(one, day, school_day(one, day, 15))
    due = school_day(one, day, 5)
    assert [when for when, said in asked.items() if ("note_due", "supporter") in said] == [
        school_day(one, day, 1), school_day(one, due, 2), school_day(one, due, 7),
    ]  # fmt: skip
    assert {message.context["due"] for message in written(one, "note_due")} == {due.isoformat()}
    assert [message.context["overdue"] for message in written(one, "note_due")] == [False, True, True]


def test_what_a_school_has_answered_before_a_visit_it_is_not_asked_again(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.decide("prepare-visit", Role.SCHOOL, visit=visit.session, answers={"changed": "A new cook."})
    remind_on(booked, school_day(booked, visit.day, -3))
    said = render("visit_soon", written(booked, "visit_soon")[0].context).text
    assert "how do you know?" in said and "What has changed" not in said


def test_a_draft_that_nobody_was_sent_is_still_asked_for(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.wait(visit.day)
    booked.decide("draft-note", Role.SUPPORTER, visit=visit.session, areas="Costs.")
    assert remind_on(booked, school_day(booked, visit.day, 2))["note_due"] == 1


def test_nobody_is_asked_for_a_note_that_is_written(booked: Journey) -> None:
    booked.write_up()
    day = booked.visits()[0].day
    assert remind_through(booked, day + DAY, school_day(booked, day, 9)) == {}


def test_a_visit_before_a_break_is_asked_about_after_it(booked: Journey) -> None:
    put(booked, booked.visits()[0], datetime.date(2026, 10, 22))
    put(booked, booked.visits()[1], datetime.date(2027, 6, 1))
    asked = [("note_due", "supporter")]
    assert remind_through(booked, datetime.date(2026, 10, 22), datetime.date(2026, 11, 6)) == {
        datetime.date(2026, 11, 2): asked, datetime.date(2026, 11, 4): asked,
    }  # fmt: skip


def test_a_note_that_would_be_asked_for_again_on_the_last_day_before_a_break_can_wait(booked: Journey) -> None:
    put(booked, booked.visits()[0], datetime.date(2026, 10, 20))
    put(booked, booked.visits()[1], datetime.date(2027, 6, 1))
    asked = [("note_due", "supporter")]
    assert remind_through(booked, datetime.date(2026, 10, 20), datetime.date(2026, 11, 3)) == {
        datetime.date(2026, 10, 21): asked, datetime.date(2026, 11, 2): asked,
    }  # fmt: skip


def test_of_a_session_without_a_note_it_is_asked_how_many_came(sqlite_database: Database, tmp_path: Path) -> None:
    values = small_programme().model_dump(mode="json")
    values["schedule"]["sessions"][0]["note"] = False
    one = journey(sqlite_database, tmp_path, type(small_programme()).model_validate(values)).until(Status.BOOKED)
    remind_on(one, school_day(one, one.visits()[0].day, 1))
    text = render("note_due", written(one, "note_due")[0].context).text
    assert "how many came" in text and "strengths" not in text


def test_schools_that_are_expected_and_whoever_leads_are_reminded_of_a_meeting(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, hub_programme()).until(Status.BOOKED)
    with sqlite_database.reading() as session:
        meetings = session.exec(select(Meeting).order_by(col(Meeting.day))).all()
    put(one, one.visits()[0], datetime.date(2027, 6, 1))
    first, last = (meeting for meeting in meetings if meeting.session == "hub")
    one.at = morning(one.at.date())
    one.decide("send-apologies", Role.SCHOOL, meeting=last.id)
    found = remind_through(one, one.at.date(), last.day)
    # At the open afternoon nobody has booked a place, and to the last meeting nobody comes.
    assert found == {school_day(one, first.day, -3): [("meeting_soon", "headteacher"), ("visit_ahead", "supporter")]}
    assert written(one, "meeting_soon")[0].key == f"case-{one.case_id}/meeting_soon/meeting-{first.id}-0"
    assert written(one, "visit_ahead")[0].key == f"commission-{one.commission_id}/visit_ahead/meeting-{first.id}-0"


def test_near_the_end_of_the_known_terms_reminders_still_go(booked: Journey) -> None:
    with booked.database.reading() as session:
        last = load_calendar(session, "999").last
    assert last is not None
    put(booked, booked.visits()[0], last)
    put(booked, booked.visits()[1], datetime.date(2027, 6, 1), VisitStatus.HELD)
    assert BOTH in remind_through(booked, last - 8 * DAY, last).values()
