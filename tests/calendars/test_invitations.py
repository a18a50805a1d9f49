"""Calendar files as two programs read them that know nothing of each other: what was meant arrives, in summer and in winter."""

import datetime
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from calendars.invitations import HOURS, STANDING, Entry, Standing, feed, from_json, invitation, stable_uid
from models.words import DayPart, VisitStatus

Read = Callable[[bytes], dict[str, Any]]
AT = datetime.datetime(2027, 3, 1, 9, 30, tzinfo=datetime.UTC)
OPENED_AT = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.UTC)
UID = stable_uid("WEX-1", OPENED_AT, "visit", 17)
ENTRY = Entry(
    UID, 0, "CONFIRMED", datetime.date(2027, 4, 20), DayPart.MORNING, "Exploratory visit: St Mary's", "St Mary's, HP1 1AA",
    "Eliminating economic exclusion\nReference: WEX-1", "The link adviser", "adviser@p.example",
)  # fmt: skip
LONG = "St Mary's & All Saints' Church of England (Voluntary Aided) Primary School, Nursery; and Children's Centre of the Upper Chilterns"
NAMES = [
    LONG, "Ysgol Gynradd Gymraeg Caerffili; Tŷ Isaf", "Žluťoučký kůň, škola", "校" * 60, "é" * 74, "a" * 74 + "é", "a" * 75, 'The "Old" School',
    "Back\\slash\\nSchool", "Colon: School", "^'caret^n School", "Two\nlines", "Two\r\nlines\tand a tab", "BEGIN:VEVENT", "x\r\nEND:VEVENT\r\nBEGIN:VALARM",
    "", "  spaces  ", "100 % School", "\u2028 parted \x85 by \x0b odd \x0c lines", "bell \x07 and nothing \x00", "👩‍🏫 School",
]  # fmt: skip
texts = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=["Cs"]), max_size=150))
days = st.dates(datetime.date(1998, 1, 1), datetime.date(2060, 12, 31))


def meant(text: str) -> str:
    """Return a text as one line, without what a calendar cannot hold."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def called(name: str) -> str:
    """Return what somebody is called in a calendar; a backslash is none of anybody's letters."""
    return meant(name).replace("\\", "/")


def read_one(read: Read, content: bytes) -> dict[str, Any]:
    found = read(content)
    assert len(found["events"]) == 1 and found["zones"] == 1
    return {**found["events"][0], "method": found["method"]}


@pytest.mark.parametrize(
    ("day", "part", "start", "end"),
    [
        ("2027-03-26", DayPart.MORNING, "2027-03-26T09:00", "2027-03-26T12:00"), ("2027-03-29", DayPart.MORNING, "2027-03-29T08:00", "2027-03-29T11:00"),
        ("2027-07-01", DayPart.AFTERNOON, "2027-07-01T12:00", "2027-07-01T15:00"), ("2027-10-29", DayPart.WHOLE_DAY, "2027-10-29T08:00", "2027-10-29T15:00"),
        ("2027-11-01", DayPart.WHOLE_DAY, "2027-11-01T09:00", "2027-11-01T16:00"), ("2028-01-10", DayPart.AFTERNOON, "2028-01-10T13:00", "2028-01-10T16:00"),
    ],
)  # fmt: skip
def test_a_visit_is_at_the_same_hours_of_the_clock_in_summer_and_in_winter(read_ics: Read, day: str, part: DayPart, start: str, end: str) -> None:
    found = read_one(read_ics, invitation(replace(ENTRY, day=datetime.date.fromisoformat(day), part=part), "Head", "head@s.example", AT))
    assert (found["start"], found["end"], found["zone"]) == (f"{start}:00.000Z", f"{end}:00.000Z", "Europe/London")


@given(days, st.sampled_from(DayPart))
def test_the_zone_that_goes_along_says_what_the_clocks_of_london_say(read_ics: Read, day: datetime.date, part: DayPart) -> None:
    found = read_one(read_ics, invitation(replace(ENTRY, day=day, part=part), "Head", "head@s.example", AT))
    for name, hour in zip(("start", "end"), HOURS[part], strict=True):
        moment = datetime.datetime.combine(day, hour, ZoneInfo("Europe/London")).astimezone(datetime.UTC)
        assert found[name] == moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_the_zone_changes_in_the_very_hour_in_which_the_clocks_do() -> None:
    """The readers ask it for visits only; the hour of the change itself is at night."""
    # The library that writes it would answer with the zone that it knows under that name.
    zone = icalendar.Calendar.from_ical(invitation(ENTRY, "Head", "head@s.example", AT)).walk("VTIMEZONE")[0].to_ical().decode()
    ours, london = tzical(io.StringIO(zone.replace("\r\n", "\n"))).get(), ZoneInfo("Europe/London")
    for year in range(1997, 2037):
        for month, hour in ((3, 1), (10, 1)):
            last = max(day for day in range(25, 32) if datetime.date(year, month, day).isoweekday() == 7)
            change = datetime.datetime(year, month, last, hour, tzinfo=datetime.UTC)
            for moment in (change - datetime.timedelta(minutes=1), change):
                assert moment.astimezone(ours).utcoffset() == moment.astimezone(london).utcoffset(), moment


def test_what_is_asked_changed_and_cancelled_is_one_and_the_same_visit(read_ics: Read) -> None:
    changes = [ENTRY, replace(ENTRY, sequence=2, day=datetime.date(2027, 5, 4)), replace(ENTRY, sequence=3, standing="CANCELLED")]
    found = [read_one(read_ics, invitation(one, "Head", "head@s.example", AT)) for one in changes]
    assert [one["method"] for one in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [one["status"] for one in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [one["sequence"] for one in found] == [0, 2, 3]
    assert {one["uid"] for one in found} == {UID} and {one["stamp"] for one in found} == {"2027-03-01T09:30:00.000Z"}
    assert found[0]["start"] != found[1]["start"]


def test_an_invitation_says_who_invites_whom_to_what_and_where(read_ics: Read) -> None:
    found = read_one(read_ics, invitation(ENTRY, "Mr O'Brien", "o'brien+plan@school.example", AT))
    assert found["organizer"] == [{"name": "The link adviser", "address": "mailto:adviser@p.example"}]
    assert found["attendees"] == [{"name": "Mr O'Brien", "address": "mailto:o'brien+plan@school.example"}]
    assert (found["title"], found["place"]) == ("Exploratory visit: St Mary's", "St Mary's, HP1 1AA")
    assert found["about"] == "Eliminating economic exclusion\nReference: WEX-1"


@pytest.mark.parametrize(
    ("status", "standing"), [("proposed", "TENTATIVE"), ("confirmed", "CONFIRMED"), ("to_move", "TENTATIVE"), ("held", "CONFIRMED"), ("cancelled", "CANCELLED")]
)  # fmt: skip
def test_only_what_is_agreed_is_confirmed(status: str, standing: Standing) -> None:
    assert STANDING[VisitStatus(status)] == standing


def test_a_uid_is_the_same_each_time_another_for_each_thing_and_says_nothing_of_anybody() -> None:
    assert stable_uid("WEX-1", OPENED_AT.astimezone(ZoneInfo("Europe/London")), "visit", 17) == UID
    others = {stable_uid("WEX-1", OPENED_AT, "meeting", 17), stable_uid("WEX-1", OPENED_AT, "visit", 18), stable_uid("WEX-2", OPENED_AT, "visit", 17),
              stable_uid("WEX-1", OPENED_AT + datetime.timedelta(seconds=1), "visit", 17)}  # fmt: skip
    assert len({UID, *others}) == 5 and "WEX" not in UID and "17" not in stable_uid("Mr O'Brien", OPENED_AT, "visit", 99).partition("@")[2]


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_too_long_or_ends_otherwise_than_it_must(name: str) -> None:
    content = invitation(replace(ENTRY, title=f"Visit: {name}", place=name, about=f"{name}\n{name}", office=name), name, "head@s.example", AT)
    lines = content.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    for line in lines:
        line.decode()  # no letter is cut in two
    assert content.count(b"\r\nBEGIN:VEVENT\r\n") == 1 and b"\r\nBEGIN:VALARM" not in content


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_kind_is_read_back_as_it_was_meant(read_ics: Read, name: str) -> None:
    found = read_one(read_ics, invitation(replace(ENTRY, title=name, place=name, office=name), name, "head@s.example", AT))
    assert {found["title"], found["place"]} == {meant(name)}
    assert {found["organizer"][0]["name"], found["attendees"][0]["name"]} == {called(name)}


@given(texts, texts, texts, texts, texts)
def test_whatever_people_are_called_both_readers_read_what_was_meant(
    read_ics: Read, title: str, place: str, about: str, office: str, name: str
) -> None:
    found = read_one(read_ics, invitation(replace(ENTRY, title=title, place=place, about=about, office=office), name, "head@s.example", AT))
    assert (found["title"], found["place"]) == (meant(title), meant(place))
    assert found["about"] == "\n".join(meant(line) for line in about.splitlines())
    assert (found["organizer"][0]["name"], found["attendees"][0]["name"]) == (called(office), called(name))
    assert found["uid"] == UID and found["start"] == "2027-04-20T08:00:00.000Z"


@given(st.lists(st.tuples(days, st.sampled_from(DayPart), texts), max_size=6))
def test_a_feed_holds_everything_and_invites_nobody(read_ics: Read, given_: list[tuple[datetime.date, DayPart, str]]) -> None:
    entries = [replace(ENTRY, uid=f"{number}@x", day=day, part=part, title=title) for number, (day, part, title) in enumerate(given_)]
    found = read_ics(feed("Visits and meetings: Adviser 4", entries, AT))
    assert found["method"] == "PUBLISH" and found["zones"] == 1
    assert [(one["uid"], one["title"]) for one in found["events"]] == [(one.uid, meant(one.title)) for one in entries]
    assert all(one["attendees"] == [] and len(one["organizer"]) == 1 for one in found["events"])


def test_a_feed_says_what_it_is_called_and_how_often_to_look() -> None:
    lines = feed(LONG, [], AT).replace(b"\r\n ", b"").decode().split("\r\n")
    assert "METHOD:PUBLISH" in lines and "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in lines
    assert "X-WR-CALNAME:" + LONG.replace(";", "\\;").replace(",", "\\,") in lines


@given(texts, days, st.sampled_from(DayPart), st.sampled_from(["TENTATIVE", "CONFIRMED", "CANCELLED"]))
def test_an_entry_comes_back_from_json_as_it_was(title: str, day: datetime.date, part: DayPart, standing: Standing) -> None:
    one = replace(ENTRY, title=title, day=day, part=part, standing=standing)
    assert from_json(one.as_json()) == one
