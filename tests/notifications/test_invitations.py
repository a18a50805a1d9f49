"""Invitations in messages: the right parts of a mail, over a real socket, read back by two programs; words and calendar agree."""

import datetime
import email
import email.policy
import json
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pendulum
import pytest

from models.database import Database
from notifications.channels.mail import Party
from notifications.delivery import Post, deliver_waiting, smtp_channel
from notifications.draft import Draft
from notifications.invitations import entries_in, files_of
from notifications.messages import to_staff
from notifications.outbox import enqueue
from notifications.rendering import render
from tests.notifications.samples import HEAD, SAMPLES, SUPPORTER, draft_of, entry
from tests.notifications.test_councilmail import Running

Read = Callable[[bytes], dict[str, Any]]
AT = pendulum.datetime(2027, 3, 1, 9, tz="Europe/London")
SENDER = Party("The Partnership", "office@partnership.example")
# Of each message with something for the calendar: how many entries, and what is to be done with them.
WITH_CALENDAR = {
    "dates_confirmed": (2, "REQUEST"), "visit_moved": (1, "REQUEST"), "visit_undated": (1, "REQUEST"), "visit_joined": (1, "REQUEST"),
    "visit_cancelled": (1, "CANCEL"), "meetings": (1, "REQUEST"),
    "meeting_changed": (1, "REQUEST"), "meeting_cancelled": (1, "CANCEL"), "visits_booked": (2, "REQUEST"), "visit_changed": (1, "REQUEST"),
    "visits_off": (1, "CANCEL"), "dates_off": (2, "CANCEL"),
}  # fmt: skip


def arrived(running: Running, database: Database, *drafts: Draft, at: pendulum.DateTime = AT) -> list[EmailMessage]:
    """Send drafts through the outbox and the socket, and return what the server got."""
    with database.writing() as session:
        enqueue(session, drafts, AT)
    assert deliver_waiting(database, Post(smtp_channel(running.server), SENDER), "one", at) == {"sent": len(drafts)}
    return [email.message_from_bytes(content, policy=email.policy.default) for _, _, content in running.sink.envelopes]  # type: ignore[misc]


def shape(part: Any) -> Any:
    """Return the kinds of a mail's parts, as they are nested."""
    return (part.get_content_type(), *(shape(one) for one in part.iter_parts())) if part.is_multipart() else part.get_content_type()


def calendars(mail: EmailMessage) -> list[EmailMessage]:
    return [part for part in mail.walk() if part.get_content_type() == "text/calendar"]  # type: ignore[misc]


def test_exactly_the_messages_about_agreed_dates_bring_something_for_the_calendar() -> None:
    found = {kind: entries_in(draft_of(kind).context) for kind in SAMPLES}
    assert {kind: (len(mine), {one.method for one in mine}) for kind, mine in found.items() if mine} == {
        kind: (count, {method}) for kind, (count, method) in WITH_CALENDAR.items()
    }  # fmt: skip


def test_one_invitation_stands_beside_the_words_and_lies_in_a_file(running: Running, sqlite_database: Database, read_ics: Read) -> None:
    mail = arrived(running, sqlite_database, draft_of("visit_moved"))[0]
    assert shape(mail) == ("multipart/mixed", ("multipart/alternative", "text/plain", "text/html", "text/calendar"), "application/ics")
    beside, file = calendars(mail)[0], next(iter(mail.iter_attachments()))
    assert (beside.get_param("method"), beside.get_content_charset(), file.get_filename()) == ("REQUEST", "utf-8", "invite.ics")
    content = beside.get_payload(decode=True)
    assert content == file.get_content() and content.startswith(b"BEGIN:VCALENDAR\r\n")
    found = read_ics(content)
    assert found["method"] == "REQUEST" and found["events"][0]["sequence"] == 2
    assert found["events"][0]["attendees"] == [{"name": "Mr O'Brien", "address": "mailto:o'brien@school.example"}]
    assert found["events"][0]["organizer"] == [{"name": HEAD.adviser, "address": f"mailto:{HEAD.adviser_email}"}]


def test_several_invitations_are_a_file_each_since_a_program_would_enter_one_of_them_only(
    running: Running, sqlite_database: Database, read_ics: Read
) -> None:
    mail = arrived(running, sqlite_database, draft_of("dates_confirmed"))[0]
    assert shape(mail) == ("multipart/mixed", ("multipart/alternative", "text/plain", "text/html"), "text/calendar", "text/calendar")
    assert [part.get_filename() for part in calendars(mail)] == ["invite-1.ics", "invite-2.ics"]
    assert {part.get_param("method") for part in calendars(mail)} == {"REQUEST"}
    found = [read_ics(part.get_payload(decode=True)) for part in calendars(mail)]
    assert all(len(one["events"]) == 1 for one in found) and len({one["events"][0]["uid"] for one in found}) == 2
    assert [one["events"][0]["start"] for one in found] == ["2027-04-20T08:00:00.000Z", "2027-11-08T09:00:00.000Z"]


@pytest.mark.parametrize("kind", [kind for kind, (_, method) in WITH_CALENDAR.items() if method == "CANCEL"])
def test_what_will_not_be_is_taken_out_of_the_calendar(running: Running, sqlite_database: Database, read_ics: Read, kind: str) -> None:
    mail = arrived(running, sqlite_database, draft_of(kind))[0]
    assert [part.get_param("method") for part in calendars(mail)] == ["CANCEL"] * WITH_CALENDAR[kind][0]
    for part in calendars(mail):
        found = read_ics(part.get_payload(decode=True))
        assert found["method"] == "CANCEL" and [one["status"] for one in found["events"]] == ["CANCELLED"]


def test_school_and_supporter_hold_one_and_the_same_visit(running: Running, sqlite_database: Database, read_ics: Read) -> None:
    mails = arrived(running, sqlite_database, draft_of("visit_moved"), draft_of("visit_changed"), draft_of("visit_cancelled"), draft_of("visits_off"))
    found = [read_ics(calendars(mail)[0].get_payload(decode=True))["events"][0] for mail in mails]
    assert len({one["uid"] for one in found}) == 1
    assert [one["attendees"][0]["address"] for one in found[:2]] == ["mailto:o'brien@school.example", "mailto:adviser4@p.example"]


def test_a_mail_without_invitations_is_as_it_was(running: Running, sqlite_database: Database) -> None:
    mail = arrived(running, sqlite_database, draft_of("dates"))[0]
    assert shape(mail) == ("multipart/alternative", "text/plain", "text/html")


def test_a_message_from_before_there_were_invitations_is_still_sent(running: Running, sqlite_database: Database) -> None:
    old = draft_of("dates_confirmed")
    without = {key: value for key, value in old.context.items() if key != "calendar"}
    mail = arrived(running, sqlite_database, replace(old, context=without))[0]
    assert calendars(mail) == [] and "Please put the dates into the school's diary. You" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_invitation_that_is_sent_late_is_as_old_as_what_it_says(running: Running, sqlite_database: Database, read_ics: Read) -> None:
    """Programs take the newest: one that waited for the mail server must not undo what was said after it."""
    mail = arrived(running, sqlite_database, draft_of("visit_moved"), at=AT.add(days=2))[0]
    assert read_ics(calendars(mail)[0].get_payload(decode=True))["events"][0]["stamp"] == "2027-03-01T09:00:00.000Z"


@pytest.mark.parametrize("kind", WITH_CALENDAR)
def test_the_words_and_the_calendar_say_the_same_day(kind: str) -> None:
    draft = draft_of(kind)
    words = render(draft.kind, dict(draft.context))
    for one in entries_in(json.loads(json.dumps(dict(draft.context)))):
        assert f"{one.day:%A %-d %B %Y}" in words.text


@pytest.mark.parametrize("kind", WITH_CALENDAR)
@pytest.mark.parametrize("name", ["Žluťoučký kůň, škola; x" * 5, "School\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR"])
def test_no_name_of_a_school_bends_an_invitation(read_ics: Read, kind: str, name: str) -> None:
    draft = draft_of(kind, name)
    for file in files_of(draft.context, name, draft.to.address or "", AT):
        assert [one["attendees"][0]["name"] for one in read_ics(file.content)["events"]] == [" ".join(name.split())]


def test_a_supporter_with_several_dates_reads_how_many() -> None:
    entries = [entry(number, datetime.date(2027, 4, 20 + number), "Hillside") for number in range(3)]
    one = to_staff.visits_booked(HEAD, SUPPORTER, 12, "6/4", entries[:1])
    assert render(one.kind, dict(one.context)).subject == "In your diary: Exploratory visit: Hillside"
    three = to_staff.visits_booked(HEAD, SUPPORTER, None, "meeting-3/4", entries)
    assert render(three.kind, dict(three.context)).subject == "In your diary: Exploratory visit: Hillside and 2 more"
    assert (one.key, three.key) == ("case-12/visits_booked/6/4", "commission-7/visits_booked/meeting-3/4")
