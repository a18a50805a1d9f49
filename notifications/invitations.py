"""Invitations in a message: entries of a calendar travel as JSON in its context, and become files when its words are made."""

from collections.abc import Mapping, Sequence
from typing import Any

import pendulum

from calendars.invitations import Entry, from_json, invitation
from notifications.channels.mail import CalendarFile

_KEY = "calendar"


def in_context(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what a message's context holds for the calendar; nothing, if there are no entries."""
    return {_KEY: [entry.as_json() for entry in entries]} if entries else {}


def lines(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """Return entries as a message lists them: day, part of the day, and what it is and where."""
    return [{"day": one.day.isoformat(), "part": one.part.value.replace("_", " "), "what": one.title} for one in entries]


def entries_in(context: Mapping[str, Any]) -> list[Entry]:
    """Return the entries that a message's context holds, the earliest first."""
    return sorted((from_json(value) for value in context.get(_KEY, [])), key=lambda entry: (entry.day, entry.part.value, entry.uid))


def files_of(context: Mapping[str, Any], name: str, address: str, at: pendulum.DateTime) -> tuple[CalendarFile, ...]:
    """Return what a message brings for its recipient's calendar, as it stood at `at`."""
    entries = entries_in(context)
    names = ["invite.ics"] if len(entries) == 1 else [f"invite-{number}.ics" for number in range(1, len(entries) + 1)]
    return tuple(CalendarFile(file, one.method, invitation(one, name, address, at)) for file, one in zip(names, entries, strict=True))
