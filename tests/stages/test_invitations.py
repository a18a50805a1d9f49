"""Who finds what in the calendar: school and supporter hold the same entry, through every change, until it is taken out of both."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from calendars.invitations import Entry
from models.database import Database
from models.meeting import Meeting
from models.message import Message
from models.supporter import Supporter
from models.visit import Visit
from models.words import Role, Status, VisitStatus
from notifications.invitations import entries_in
from stages.brief import load_brief
from stages.broker.leaving import leave_for_good
from stages.record import Actor
from stages.schedule.attending import cancel_meeting, find_meeting, move_meeting
from stages.schedule.decide import record_leave
from tests.stages.builders import Journey, hub_programme, journey

LEAD = Actor(Role.LEAD, "partnership lead")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: Path) -> Journey:
    """A case whose two visits are agreed."""
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


@pytest.fixture
def hub(sqlite_database: Database, tmp_path: Path) -> Journey:
    """A case with a visit on offer, and places at the meetings of its hub."""
    return journey(sqlite_database, tmp_path, hub_programme()).until(Status.AWAITING_DATES)


def said(one: Journey, *kinds: str) -> list[Message]:
    """Return the messages of some kinds, in the order in which they were written."""
    with one.database.reading() as session:
        return list(session.exec(select(Message).where(col(Message.kind).in_(kinds)).order_by(col(Message.id))).all())


def held_by(one: Journey, role: str) -> dict[str, Entry]:
    """Return what stands in the calendar of the school or of the supporter after all messages: the newest of each UID, as programs take it."""
    found: dict[str, Entry] = {}
    with one.database.reading() as session:
        messages = session.exec(select(Message).where(Message.to_role == role).order_by(col(Message.id))).all()
    for entry in (entry for message in messages for entry in entries_in(message.context)):
        assert entry.uid not in found or entry.sequence >= found[entry.uid].sequence
        found[entry.uid] = entry
    return {uid: entry for uid, entry in found.items() if entry.standing != "CANCELLED"}


def days_of(entries: dict[str, Entry]) -> list[datetime.date]:
    return sorted(entry.day for entry in entries.values())


def meetings(one: Journey) -> list[Meeting]:
    with one.database.reading() as session:
        return list(session.exec(select(Meeting).order_by(col(Meeting.id))).all())


def on_meeting(one: Journey, do: Any, number: int, reason: str) -> None:
    """Have the lead move or cancel a meeting."""
    with one.database.writing() as session:
        brief = load_brief(session, one.commission_id)
        do(session, brief, find_meeting(session, brief, number), LEAD, one.at, reason)


def test_dates_that_are_agreed_stand_in_both_calendars_under_the_same_uid(booked: Journey) -> None:
    school, supporter = held_by(booked, "headteacher"), held_by(booked, "supporter")
    assert school == supporter and days_of(school) == sorted(visit.day for visit in booked.visits())
    assert {entry.standing for entry in school.values()} == {"CONFIRMED"} and len(school) == 2
    message = said(booked, "visits_booked")[0]
    assert message.to_address and message.case_id == booked.case_id
    with booked.database.reading() as session:
        name = load_brief(session, booked.commission_id).schools[booked.case.urn].name
    assert all(name in entry.title and name in entry.place for entry in school.values())


def test_dates_on_offer_stand_in_no_calendar_yet(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    assert held_by(one, "headteacher") == {} == held_by(one, "supporter")


def test_a_visit_that_moves_keeps_its_uid_and_counts_the_change_in_both_calendars(booked: Journey) -> None:
    before = held_by(booked, "headteacher")
    first = booked.visits()[0]
    booked.decide("move-visit", Role.SUPPORTER, visit=first.session, reason="An inset day.")
    booked.engine()
    school, supporter = held_by(booked, "headteacher"), held_by(booked, "supporter")
    now = booked.visits()[0]
    moved = next(entry for entry in school.values() if entry.day == now.day)
    assert school == supporter and set(school) == set(before) and now.day != first.day
    assert moved.sequence == now.sequence > before[moved.uid].sequence and moved.standing == "CONFIRMED"
    assert said(booked, "visit_changed")[0].context["was"] == first.day.isoformat()


def test_leave_of_the_supporter_moves_the_visit_in_both_calendars(booked: Journey) -> None:
    first = booked.visits()[0]
    with booked.database.writing() as session:
        record_leave(session, session.get_one(Supporter, booked.case.supporter_id), first.day, first.day, LEAD, "an illness", booked.at)
    booked.engine()
    assert days_of(held_by(booked, "supporter")) == sorted(visit.day for visit in booked.visits()) == days_of(held_by(booked, "headteacher"))
    assert "illness" not in str([message.context for message in said(booked, "visit_moved", "visit_changed")])


def test_a_date_on_offer_that_moves_is_tentative_and_only_the_school_reads_of_it(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    first = one.visits()[0]
    with sqlite_database.writing() as session:
        record_leave(session, session.get_one(Supporter, first.supporter_id), first.day, first.day, LEAD, "a course", one.at)
    one.engine()
    assert {entry.standing for entry in held_by(one, "headteacher").values()} == {"TENTATIVE"} and held_by(one, "supporter") == {}
    one.decide("confirm-dates", Role.SCHOOL)
    assert {entry.standing for entry in held_by(one, "headteacher").values()} == {"CONFIRMED"}
    assert held_by(one, "headteacher") == held_by(one, "supporter")


def test_a_visit_that_is_cancelled_leaves_both_calendars(booked: Journey) -> None:
    first, second = booked.visits()
    booked.decide("cancel-visit", Role.ADVISER, visit=first.session, reason="The head is new.")
    assert days_of(held_by(booked, "headteacher")) == [second.day] == days_of(held_by(booked, "supporter"))
    off = entries_in(said(booked, "visit_cancelled")[0].context)[0]
    assert off.sequence == booked.visits()[0].sequence and off.method == "CANCEL"


def test_two_visits_that_are_cancelled_one_after_the_other_are_both_told(booked: Journey) -> None:
    for visit in booked.visits():
        booked.decide("cancel-visit", Role.ADVISER, visit=visit.session, reason="The head is new.")
    assert held_by(booked, "headteacher") == {} == held_by(booked, "supporter")
    assert len(said(booked, "visits_off")) == 2


def test_a_visit_on_offer_that_is_cancelled_is_news_to_the_school_only(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    one.decide("cancel-visit", Role.ADVISER, visit=one.visits()[1].session, reason="The head is new.")
    assert [message.context.get("calendar") for message in said(one, "visit_cancelled")] == [None] and said(one, "visits_off") == []


@pytest.mark.parametrize(("kind", "role"), [("withdraw", Role.SCHOOL), ("close-school", Role.ADVISER)])
def test_a_case_that_ends_leaves_nothing_in_anybodys_calendar(booked: Journey, kind: str, role: Role) -> None:
    booked.decide(kind, role, reason="Parents complained about one of us.")
    assert held_by(booked, "supporter") == {}
    off = entries_in(said(booked, "visits_off")[0].context)
    assert [entry.sequence for entry in off] == [visit.sequence for visit in booked.visits()] == [1, 1]
    assert (held_by(booked, "headteacher") == {}) == (kind == "withdraw")  # a school that closed reads nothing any more
    assert "complained" not in str(said(booked, "visits_off")[0].context)


def test_visits_that_have_been_stay_when_a_case_ends(booked: Journey) -> None:
    booked.write_up()
    first = booked.visits()[0]
    booked.decide("withdraw", Role.SCHOOL, reason="A merger.")
    assert days_of(held_by(booked, "supporter")) == [first.day] == days_of(held_by(booked, "headteacher"))


def test_whoever_is_replaced_has_nothing_left_and_whoever_comes_has_the_same_entries(booked: Journey) -> None:
    before = held_by(booked, "supporter")
    booked.decide("replace-supporter", Role.ADVISER, reason="They did not get on.")
    assert held_by(booked, "supporter") == {} == held_by(booked, "headteacher")
    assert "get on" not in str([message.context for message in said(booked, "dates_off", "visits_off")])
    booked.engine()
    booked.until(Status.BOOKED)
    after = held_by(booked, "supporter")
    assert set(after) == set(before) and after == held_by(booked, "headteacher")
    assert all(after[uid].sequence > before[uid].sequence for uid in before)


def test_a_supporter_who_leaves_for_good_takes_nothing_along(booked: Journey) -> None:
    with booked.database.writing() as session:
        leave_for_good(session, session.get_one(Supporter, booked.case.supporter_id), LEAD, "A new post.", booked.at)
    assert held_by(booked, "supporter") == {} == held_by(booked, "headteacher")


def test_a_case_that_is_judged_with_a_visit_left_takes_it_out_of_the_calendars(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_JUDGEMENT)
    with sqlite_database.writing() as session:
        visit = session.exec(select(Visit).where(Visit.case_id == one.case_id).order_by(col(Visit.ordinal).desc())).first()
        assert visit is not None
        visit.status, visit.day = VisitStatus.CONFIRMED, one.at.date() + 20 * DAY
        session.add(visit)
    one.decide("judge", Role.ADVISER, reason="Good progress.")
    off = [entries_in(message.context) for message in said(one, "dates_off", "visits_off")]
    assert [[entry.day for entry in entries] for entries in off] == [[one.at.date() + 20 * DAY]] * 2


def test_places_at_meetings_stand_in_the_calendars_of_the_school_and_of_whoever_leads(hub: Journey) -> None:
    school, supporter = held_by(hub, "headteacher"), held_by(hub, "supporter")
    assert days_of(school) == sorted(one.day for one in meetings(hub) if one.session == "hub")
    assert set(school) < set(supporter) and days_of(supporter) == sorted(one.day for one in meetings(hub))
    assert [entry.place for entry in supporter.values() if "Open afternoon" in entry.title] == ["online"]


def test_a_place_that_is_booked_comes_with_its_invitation(hub: Journey) -> None:
    number = next(one.id for one in meetings(hub) if one.session == "open")
    hub.decide("book-place", Role.SCHOOL, meeting=number)
    assert held_by(hub, "headteacher") == held_by(hub, "supporter")
    assert said(hub, "meetings")[-1].key == f"case-{hub.case_id}/meetings/booked-{number}-0"


def test_a_meeting_that_moves_and_is_then_cancelled_does_so_in_every_calendar(hub: Journey) -> None:
    before, first = held_by(hub, "headteacher"), meetings(hub)[0]
    on_meeting(hub, move_meeting, first.id, "The hall is taken.")
    hub.engine()
    moved = meetings(hub)[0]
    assert moved.day != first.day and set(held_by(hub, "headteacher")) == set(before)
    assert moved.day in days_of(held_by(hub, "headteacher")) and moved.day in days_of(held_by(hub, "supporter"))
    on_meeting(hub, cancel_meeting, first.id, "Nobody can come.")
    off = entries_in(said(hub, "meeting_cancelled")[0].context)[0]
    assert (off.sequence, off.method) == (2, "CANCEL") and meetings(hub)[0].sequence == 2
    assert off.uid not in held_by(hub, "headteacher") and off.uid not in held_by(hub, "supporter") and len(held_by(hub, "headteacher")) == 1


def test_a_school_that_withdraws_has_no_place_in_its_calendar(hub: Journey) -> None:
    hub.decide("withdraw", Role.SCHOOL, reason="A merger.")
    assert held_by(hub, "headteacher") == {}
    hub.engine()


def test_no_uid_says_anything_of_anybody(hub: Journey) -> None:
    with hub.database.reading() as session:
        brief = load_brief(session, hub.commission_id)
    for uid in {*held_by(hub, "headteacher"), *held_by(hub, "supporter")}:
        assert brief.head.reference not in uid and not any(word in uid.casefold() for word in ("visit", "meeting", "school", "adviser"))
