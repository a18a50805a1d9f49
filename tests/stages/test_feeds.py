"""Feeds of diaries: everything of one person, read by whoever has the token, and nothing once it is revoked."""

import datetime
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pendulum
import pytest
from sqlmodel import col, select

from models.commission import Commission
from models.database import Database
from models.errors import NotAllowed, NotFound, NotPossible
from models.feed import Feed
from models.message import Message
from models.partnership import Person
from models.supporter import Supporter
from models.trail import Event
from models.visit import Visit
from models.words import Role, Status
from stages.feeds import PAST, diary, feed_for, find_holder, make_feed, path_of, revoke_feed
from stages.record import Actor
from tests.stages.builders import Journey, everything, hub_programme, journey

Read = Callable[[bytes], dict[str, Any]]
LEAD = Actor(Role.LEAD, "partnership lead")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def booked(database: Database, tmp_path: Path) -> Journey:
    """A case whose two visits are agreed."""
    return journey(database, tmp_path).until(Status.BOOKED)


def name_of(one: Journey) -> str:
    with one.database.reading() as session:
        return session.get_one(Supporter, one.visits()[0].supporter_id).name


def made(one: Journey, name: str, *, adviser: bool = False) -> str:
    with one.database.writing() as session:
        return make_feed(session, find_holder(session, name, adviser=adviser), LEAD, one.at)


def opened(one: Journey, token: str, at: pendulum.DateTime | None = None) -> bytes:
    with one.database.reading() as session:
        return feed_for(session, token, at or one.at)


def adviser_of(one: Journey) -> Person:
    with one.database.reading() as session:
        return session.get_one(Person, session.get_one(Commission, one.commission_id).adviser_id)


def test_a_supporters_feed_has_all_visits_with_the_uids_of_their_invitations(booked: Journey, read_ics: Read) -> None:
    found = read_ics(opened(booked, made(booked, name_of(booked))))
    assert found["method"] == "PUBLISH"
    with booked.database.reading() as session:
        invited = [
            entry for message in session.exec(select(Message).where(Message.kind == "visits_booked")).all() for entry in message.context["calendar"]
        ]
    assert sorted((one["uid"], one["title"], one["sequence"]) for one in found["events"]) == sorted(
        (one["uid"], one["title"], one["sequence"]) for one in invited
    )
    assert [one["start"][:10] for one in found["events"]] == [visit.day.isoformat() for visit in booked.visits()]


def test_a_feed_shows_what_is_on_offer_as_tentative_and_what_was_cancelled_not_at_all(
    sqlite_database: Database, tmp_path: Path, read_ics: Read
) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    token = made(one, name_of(one))
    assert {event["status"] for event in read_ics(opened(one, token))["events"]} == {"TENTATIVE"}
    one.decide("cancel-visit", Role.ADVISER, visit=one.visits()[1].session, reason="The head is new.")
    assert len(read_ics(opened(one, token))["events"]) == 1


def test_a_feed_goes_back_sixty_days(booked: Journey, read_ics: Read) -> None:
    token, last = made(booked, name_of(booked)), booked.visits()[-1].day
    for later, count in ((PAST, 1), (PAST + DAY, 0)):
        at = pendulum.datetime((last + later).year, (last + later).month, (last + later).day, 9, tz="Europe/London")
        assert len(read_ics(opened(booked, token, at))["events"]) == count


def test_the_advisers_feed_has_the_visits_and_meetings_of_every_school(sqlite_database: Database, tmp_path: Path, read_ics: Read) -> None:
    one = journey(sqlite_database, tmp_path, hub_programme()).until(Status.BOOKED)
    found = read_ics(opened(one, made(one, adviser_of(one).email)))
    titles = {one.visits()[0].purpose, "Hub meeting 1 of 2", "Hub meeting 2 of 2", "Open afternoon"}
    assert {event["title"].partition(":")[0] for event in found["events"]} == titles and len(found["events"]) == 4
    theirs = read_ics(opened(one, made(one, name_of(one))))
    assert sorted(event["uid"] for event in theirs["events"]) == sorted(event["uid"] for event in found["events"])


def test_one_supporters_feed_says_nothing_of_anothers_visits(booked: Journey, read_ics: Read) -> None:
    with booked.database.reading() as session:
        other = session.exec(select(Supporter.name).where(Supporter.id != booked.visits()[0].supporter_id)).first()
    assert other and read_ics(opened(booked, made(booked, other)))["events"] == []


def test_a_revoked_feed_is_not_found_and_a_new_one_has_another_token(booked: Journey) -> None:
    name = name_of(booked)
    first = made(booked, name)
    with booked.database.writing() as session:
        revoke_feed(session, find_holder(session, name), LEAD, booked.at)
    with pytest.raises(NotFound, match="no such calendar, or not any more"):
        opened(booked, first)
    second = made(booked, name)
    assert second != first and opened(booked, second).startswith(b"BEGIN:VCALENDAR")
    with pytest.raises(NotFound):
        opened(booked, first)


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "../../etc/passwd", "'; DROP TABLE feeds; --", "校", "\ud800", "\x00"])
def test_an_unknown_token_of_any_kind_is_not_found_with_the_same_words(booked: Journey, token: str) -> None:
    made(booked, name_of(booked))
    with pytest.raises(NotFound, match="There is no such calendar, or not any more"):
        opened(booked, token)


def test_the_hash_that_is_kept_opens_nothing_and_the_token_is_kept_nowhere(booked: Journey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = made(booked, name_of(booked))
    opened(booked, token)
    with booked.database.reading() as session:
        digest = session.exec(select(Feed.digest)).one()
    with pytest.raises(NotFound) as refused:
        opened(booked, digest)
    kept = str(everything(booked.database))
    assert len(token) >= 40 and token not in kept and token not in caplog.text and digest not in str(refused.value)
    assert path_of(token) == f"/feeds/{token}.ics"


def test_making_and_revoking_are_in_the_trail_without_any_secret(booked: Journey) -> None:
    name = name_of(booked)
    token = made(booked, name)
    with booked.database.writing() as session:
        revoke_feed(session, find_holder(session, name), LEAD, booked.at)
        events = session.exec(select(Event).where(col(Event.kind).startswith("feed.")).order_by(col(Event.id))).all()
        digest = session.exec(select(Feed.digest)).one()
        told = [(event.kind, event.by, event.detail) for event in events]
    holder = {"supporter_id": booked.visits()[0].supporter_id, "person_id": None}
    assert told == [("feed.made", LEAD.by, holder), ("feed.revoked", LEAD.by, holder)]
    assert token not in str(told) and digest not in str(told)


def test_reading_a_feed_changes_nothing(booked: Journey) -> None:
    token = made(booked, name_of(booked))
    before = everything(booked.database)
    opened(booked, token)
    assert everything(booked.database) == before


def test_a_second_feed_a_revocation_of_none_and_other_roles_are_refused(booked: Journey) -> None:
    name = name_of(booked)
    with booked.database.writing() as session:
        holder = find_holder(session, name)
        with pytest.raises(NotPossible, match="has no feed that could be revoked"):
            revoke_feed(session, holder, LEAD, booked.at)
        for role in (Role.SCHOOL, Role.COMMISSIONER, Role.AUDITOR):
            with pytest.raises(NotAllowed, match="cannot make a feed"):
                make_feed(session, holder, replace(LEAD, role=role), booked.at)
        make_feed(session, holder, LEAD, booked.at)
        with pytest.raises(NotPossible, match="has a feed already"):
            make_feed(session, holder, LEAD, booked.at)


def test_the_feed_of_a_supporter_who_has_left_is_not_found(booked: Journey) -> None:
    token = made(booked, name_of(booked))
    with booked.database.writing() as session:
        supporter = session.get_one(Supporter, booked.visits()[0].supporter_id)
        supporter.active = False
        session.add(supporter)
    with pytest.raises(NotFound):
        opened(booked, token)


def test_whose_diary_is_meant_is_said_where_it_is_not_clear(booked: Journey) -> None:
    adviser, name = adviser_of(booked), name_of(booked)
    with booked.database.writing() as session:
        session.add(Person(name=adviser.name, email="second@p.example", role=Role.ADVISER))
        session.add(Person(name=name, email="both@p.example", role=Role.ADVISER))
        session.flush()
        assert find_holder(session, adviser.email).person_id == adviser.id
        assert find_holder(session, name).supporter_id is not None and find_holder(session, name, adviser=True).person_id is not None
        with pytest.raises(NotPossible, match="give the address of the one you mean"):
            find_holder(session, adviser.name)
        with pytest.raises(NotFound, match="no supporter and no adviser"):
            find_holder(session, "Nobody")


def test_a_host_visit_that_came_of_a_meeting_is_in_the_feed_once(sqlite_database: Database, tmp_path: Path, read_ics: Read) -> None:
    one = journey(sqlite_database, tmp_path, hub_programme()).until(Status.BOOKED)
    with sqlite_database.writing() as session:
        visit = one.visits()[0]
        session.add(Visit(case_id=one.case_id, supporter_id=visit.supporter_id, session="hub.1", ordinal=1001, purpose="Hub meeting", day=visit.day,
                          part=visit.part, meeting_id=1))  # fmt: skip
    with sqlite_database.reading() as session:
        assert len(read_ics(diary(session, find_holder(session, name_of(one)), one.at))["events"]) == 4
