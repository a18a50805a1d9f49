"""lodestar feed: made and shown once, printed as a calendar file, listed without its secret, revoked."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from models.errors import NotFound
from models.message import Message
from models.supporter import Supporter
from models.words import Status
from stages.feeds import feed_for
from tests.app.conftest import Run
from tests.stages.builders import Journey

Read = Callable[[bytes], dict[str, Any]]
LEAD = ("--as", "lead", "--by", "partnership lead")


@pytest.fixture
def booked(case: Journey) -> Journey:
    """A case whose visits are agreed."""
    return case.until(Status.BOOKED)


def name_of(one: Journey) -> str:
    with one.database.reading() as session:
        return session.get_one(Supporter, one.visits()[0].supporter_id).name


def test_a_feed_is_made_listed_and_revoked(lodestar: Run, booked: Journey) -> None:
    name = name_of(booked)
    made = lodestar("feed", "make", name, *LEAD)
    path = made.out.splitlines()[-1]
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    assert made.code == 0 and path == f"/feeds/{token}.ics" and "shown this once" in made.out
    with booked.database.reading() as session:
        assert feed_for(session, token, booked.at).startswith(b"BEGIN:VCALENDAR")
    listed = lodestar("feed", "list", "--json")
    assert [(one["of"], one["as"], one["revoked"]) for one in listed.json] == [(name, "supporter", None)] and token not in listed.out
    assert "has a feed already" in lodestar("feed", "make", name, *LEAD).err
    assert lodestar("feed", "revoke", name, *LEAD).code == 0
    assert lodestar("feed", "list", "--json").json[0]["revoked"]
    with booked.database.reading() as session, pytest.raises(NotFound):
        feed_for(session, token, booked.at)


def test_a_diary_is_printed_as_a_calendar_file(lodestar: Run, booked: Journey, read_ics: Read) -> None:
    at = ("--as-of", booked.at.format("YYYY-MM-DDTHH:mm"))
    printed = lodestar("feed", "print", name_of(booked), *at)
    found = read_ics(printed.out.encode())
    assert printed.code == 0 and found["method"] == "PUBLISH"
    assert [one["start"][:10] for one in found["events"]] == [visit.day.isoformat() for visit in booked.visits()]
    assert len(read_ics(lodestar("feed", "print", "The link adviser", *at).out.encode())["events"]) == 2


def test_what_cannot_be_done_with_a_feed_is_said_in_a_sentence(lodestar: Run, booked: Journey) -> None:
    for words, said in (
        (("make", "Nobody", *LEAD), 'There is no supporter and no adviser "Nobody"'), (("print", "Nobody"), "There is no supporter and no adviser"),
        (("revoke", name_of(booked), *LEAD), "has no feed that could be revoked"),
        (("make", name_of(booked), "--as", "school", "--by", "headteacher"), "cannot make a feed: it is for supporter, adviser, lead"),
        (("make", name_of(booked), "--adviser", *LEAD), "no supporter and no adviser"),
    ):  # fmt: skip
        ran = lodestar("feed", *words)
        assert ran.code == 1 and said in ran.err and len(ran.err.strip().splitlines()) == 1
    assert "Nobody has a feed" in lodestar("feed", "list").out


def test_a_message_shows_what_it_brings_for_the_calendar(lodestar: Run, booked: Journey) -> None:
    with booked.database.reading() as session:
        number = session.exec(select(Message.id).where(Message.kind == "dates_confirmed").order_by(col(Message.id))).first()
    found = lodestar("message", "show", number, "--json").json
    assert [(one["method"], one["day"]) for one in found["calendar"]] == [("REQUEST", visit.day.isoformat()) for visit in booked.visits()]
    assert "For the calendar" in lodestar("message", "show", number).out and "REQUEST" in lodestar("message", "show", number).out
