"""Visits and meetings as other people's calendar programs read them (iCalendar, RFC 5545 and 5546); pure, the moment is an argument."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import icalendar

from models.words import DayPart, VisitStatus

# From when to when each part of a day is, on the clocks of London.
HOURS = {
    DayPart.MORNING: (datetime.time(9), datetime.time(12)),
    DayPart.AFTERNOON: (datetime.time(13), datetime.time(16)),
    DayPart.WHOLE_DAY: (datetime.time(9), datetime.time(16)),
}
Standing = Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]
# A date on offer, or one that has to move, is not agreed.
STANDING: dict[VisitStatus, Standing] = {
    VisitStatus.PROPOSED: "TENTATIVE", VisitStatus.TO_MOVE: "TENTATIVE", VisitStatus.CONFIRMED: "CONFIRMED", VisitStatus.HELD: "CONFIRMED",
    VisitStatus.CANCELLED: "CANCELLED", VisitStatus.NO_SHOW: "CANCELLED",
}  # fmt: skip
_LONDON = ZoneInfo("Europe/London")
# The rule since 1996. The zone that the library makes by itself lists years one by one, and ends.
_ZONE = """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
TZNAME:BST
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
TZNAME:GMT
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
_OURS = uuid.UUID("5b0f6f0e-7d0a-4c35-9a53-0d6a3d0c4f0b")
_MAKER = "-//Lodestar//Visits and meetings//EN"
# A program that follows a feed looks again after so long.
_LOOK_AGAIN = datetime.timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit or meeting as a calendar holds it; `uid` and `sequence` say which it is and how often it was changed.

    `about` may have several lines; `office` and `office_address` are whoever invites, an adviser's office.
    """

    uid: str
    sequence: int
    standing: Standing
    day: datetime.date
    part: DayPart
    title: str
    place: str
    about: str
    office: str
    office_address: str

    @property
    def method(self) -> str:
        """Return what a calendar program is to do with it: enter or change it, or take it out."""
        return "CANCEL" if self.standing == "CANCELLED" else "REQUEST"

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return {**asdict(self), "day": self.day.isoformat(), "part": self.part.value}


def from_json(value: Mapping[str, Any]) -> Entry:
    """Return the entry that `as_json` made these values of."""
    return Entry(**{**value, "day": datetime.date.fromisoformat(value["day"]), "part": DayPart(value["part"])})


def stable_uid(reference: str, opened_at: datetime.datetime, what: str, number: int) -> str:
    """Return the one UID of a visit or meeting, told apart from those of other commissions and installations, and saying nothing of anybody."""
    moment = opened_at.astimezone(datetime.UTC).isoformat()
    return f"{uuid.uuid5(_OURS, '/'.join((reference, moment, what, str(number))))}@lodestar"


def invitation(entry: Entry, name: str, address: str, at: datetime.datetime) -> bytes:
    """Return the invitation of one person to one visit or meeting, or the notice that it will not be, as it stood at `at`."""
    event = _event(entry, at)
    event.add("attendee", _person(name, address, ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="FALSE"))
    before, after = _around(entry.method)
    return before + bytes(event.to_ical()) + after


@cache
def _around(method: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the one event of an invitation: it is the same in all, and most of what is to be written."""
    whole, end = bytes(_calendar(method).to_ical()), b"END:VCALENDAR\r\n"
    return whole.removesuffix(end), end


def feed(name: str, entries: Sequence[Entry], at: datetime.datetime) -> bytes:
    """Return everything in one person's diary, to be read by a program that follows it."""
    calendar = _calendar("PUBLISH")
    for key in ("NAME", "X-WR-CALNAME"):
        calendar.add(key, icalendar.vText(_line(name)))
    calendar.add("REFRESH-INTERVAL", _LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", icalendar.vDuration(_LOOK_AGAIN))
    for entry in entries:
        calendar.add_component(_event(entry, at))
    return bytes(calendar.to_ical())


def _calendar(method: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    for key, value in (("VERSION", "2.0"), ("PRODID", _MAKER), ("CALSCALE", "GREGORIAN"), ("METHOD", method)):
        calendar.add(key, value)
    calendar.add_component(_zone())
    return calendar


@cache
def _zone() -> icalendar.Component:
    return icalendar.Timezone.from_ical(_ZONE.replace("\n", "\r\n"))


def _event(entry: Entry, at: datetime.datetime) -> icalendar.Event:
    first, last = HOURS[entry.part]
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", at.astimezone(datetime.UTC))
    event.add("dtstart", datetime.datetime.combine(entry.day, first, _LONDON))
    event.add("dtend", datetime.datetime.combine(entry.day, last, _LONDON))
    event.add("summary", _line(entry.title))
    event.add("location", _line(entry.place))
    event.add("description", _lines(entry.about))
    event.add("status", entry.standing)
    event.add("organizer", _person(entry.office, entry.office_address))
    return event


def _person(name: str, address: str, **parameters: str) -> icalendar.vCalAddress:
    # An address is part of a URI here, in which these letters would mean something else.
    person = icalendar.vCalAddress("mailto:" + quote(address, safe="@!$&'*+-/=^_`{|}~."))
    # Programs do not agree on what a backslash in a parameter is, and nobody's name has one.
    person.params["CN"] = _line(name).replace("\\", "/")
    for key, value in parameters.items():
        person.params[key] = value
    return person


def _line(text: str) -> str:
    """Return a text as one line, without what iCalendar does not allow in a text."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())


def _lines(text: str) -> str:
    return "\n".join(_line(line) for line in text.splitlines())
