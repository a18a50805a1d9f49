"""lodestar meeting: where several schools meet, who came, and what has to change."""

import datetime
import re
from typing import Annotated, Any

from cyclopts import App, Parameter

from app.commands.decide import AGREED, NOT_ON, agreed_actions, note_sections
from app.days import days_in
from app.output import say, show, show_json, show_table
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from models.database import until_saved
from models.errors import BadInput
from models.note import NoteContent
from reports.decided import what_was_done_to, where_meeting_stands
from reports.meetings import corrections_of, find_meeting_brief, groups_of, meetings_of, places_of, still_to_come_of
from stages.brief import find_commission, load_brief
from stages.record import Actor
from stages.schedule.attending import cancel_meeting, find_meeting, move_meeting
from stages.schedule.meeting_corrections import Correction, correct_meeting
from stages.schedule.meeting_held import Held, hold_meeting

_COUNT = re.compile(r"[0-9]{1,9}")
app = App(name="meeting")


@app.command(name="list")
def list_meetings(reference: str, /, *, json: Json = False) -> None:
    """List a commission's meetings by day: what, where, who leads, how many are expected and came."""
    with open_database().reading() as session:
        rows = meetings_of(session, load_brief(session, find_commission(session, reference).id))
    show(rows, "No meetings yet.", json, spare=("part", "led_by", "group"))


@app.command(name="show")
def show_meeting(number: Number, /, *, json: Json = False) -> None:
    """Show one meeting and every school that has a place at it."""
    with open_database().reading() as session:
        meeting, brief = find_meeting_brief(session, number)
        (row,) = meetings_of(session, brief, number)
        places = places_of(session, meeting)
        row |= {"speaker": meeting.speaker, "resources": list(meeting.resources), "noted": dict(meeting.noted), "places": places}
        row |= {"still_to_come": still_to_come_of(session, meeting)}
        row |= {"corrections": corrections_of(session, meeting.commission_id, number)}
    if json:
        show_json(row)
        return
    say(f"{row['what']}, {row['day']:%-d %B %Y} ({row['part']}), {row['where']}; led by {row['led_by']}; {row['status']}.")
    if row["speaker"]:
        say(f"Speaker: {row['speaker']}.")
    for resource in row["resources"]:
        say(f"Shared: {resource}")
    for title, text in _note(row["noted"]):
        say(f"{title}: {text}")
    show_table(places, "Nobody has a place yet.", "Schools", spare=("why",))
    if row["still_to_come"]:
        say(f"Of the group these are still to come in, and have no place until their dates are set: {', '.join(row['still_to_come'])}.")
    for one in row["corrections"]:
        say(f"Corrected on {one['at']:%-d %B %Y} by {one['by']}: {one['school']}: {one['was']}, now {one['now']}. {one['why']}")


def _note(noted: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the note of a meeting that no school hosts, line by line."""
    content = NoteContent.model_validate(noted)
    return [*((one.title, one.text) for one in content.sections), *(("Agreed", f"{one.action} ({one.owner})") for one in content.actions)]


@app.command
def groups(reference: str, /, *, json: Json = False) -> None:
    """List the groups of a commission, such as triads and hubs: who leads each and which schools it has."""
    with open_database().reading() as session:
        rows = groups_of(session, find_commission(session, reference).id)
    if not json:
        rows = [{**row, "members": "; ".join(row["members"])} for row in rows]
    show(rows, "No groups yet.", json)


@app.command
@until_saved
def hold(
    number: Number, /, *,
    came: Annotated[list[str] | None, Parameter(help="A school that came, as URN or URN=PEOPLE; once for each.")] = None,
    on: Annotated[datetime.date | None, Parameter(help="Day on which it was held, if not the planned one.")] = None,
    speaker: Annotated[str | None, Parameter(help="Who spoke, as an office; the schools read it.")] = None,
    resource: Annotated[list[str] | None, Parameter(help="Something that is shared with the schools; once for each.")] = None,
    strengths: Annotated[str, Parameter(help="Strengths, where a note is written, of the host or of all; schools read them.")] = "",
    areas: Annotated[str, Parameter(help="Areas to work on, of the host or of all; schools read them.")] = "",
    section: Annotated[list[str] | None, Parameter(help="Another section of the note, as name=text.")] = None,
    evidence: Annotated[list[str] | None, Parameter(help="Evidence that was seen, as kind or kind: what was seen.")] = None,
    action: Annotated[list[str] | None, Parameter(help=f"An action that was agreed; schools read it. {AGREED}")] = None,
    role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Record that a meeting was held and who came; whoever else was expected is recorded as absent."""
    held = Held(
        _people(came or []),
        on,
        speaker,
        resource or (),
        strengths,
        areas,
        tuple(agreed_actions(action or [])),
        note_sections(section or []),
        evidence or (),
    )
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        count = hold_meeting(session, brief, find_meeting(session, brief, number), Actor(role, by), moment(as_of), held)
    _say_done("hold", number, count)


def _say_done(kind: str, number: int, schools: int = 0) -> None:
    """Say what was done to a meeting, and where it stands."""
    with open_database().reading() as session:
        _, brief = find_meeting_brief(session, number)
        (row,) = meetings_of(session, brief, number)
    say(what_was_done_to(kind, row, schools))
    say(where_meeting_stands(row))


def _people(given: list[str]) -> dict[int, int]:
    """Return people by URN from URN or URN=PEOPLE; somebody came, if it is not said how many."""
    found: dict[int, int] = {}
    for one in given:
        urn, _, people = one.partition("=")
        if not _COUNT.fullmatch(urn) or not _COUNT.fullmatch(people or "1"):
            raise BadInput(f'"{one}" is no school that came: write URN or URN=PEOPLE, such as 990005=3.')
        if int(urn) in found:
            raise BadInput(f"School {urn} is named twice: give --came once for each school.")
        found[int(urn)] = int(people or "1")
    return found


@app.command
@until_saved
def correct(
    number: Number, /, *,
    came: Annotated[list[str] | None, Parameter(help="A school that came after all, or with other people, as URN or URN=PEOPLE.")] = None,
    absent: Annotated[list[int] | None, Parameter(help="URN of a school that was absent; once for each.")] = None,
    apologies: Annotated[list[int] | None, Parameter(help="URN of a school that had sent apologies; once for each.")] = None,
    strengths: Annotated[str, Parameter(help="Strengths of a host that was there after all, where a note of visit is written; it reads them.")] = "",
    areas: Annotated[str, Parameter(help="Areas for that host to work on; it reads them.")] = "",
    action: Annotated[list[str] | None, Parameter(help=f"An action agreed with that host; it reads it. {AGREED}")] = None,
    reason: Reason = None, role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Put right who came to a meeting that was held; what was recorded before stays in the trail, with who corrected it, when and why."""
    asked = Correction(_people(came or []), absent or (), apologies or (), strengths, areas, tuple(agreed_actions(action or [])))
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        meeting = find_meeting(session, brief, number)
        count = correct_meeting(session, brief, meeting, Actor(role, by), moment(as_of), asked, reason or "")
    _say_done("correct", number, count)


@app.command
@until_saved
def move(
    number: Number, /, *, reason: Reason = None, not_on: Annotated[list[str] | None, Parameter(help=NOT_ON)] = None, role: As, by: By,
    as_of: AsOf = None,
) -> None:  # fmt: skip
    """Have a meeting moved to another day; the engine finds it at its next turn and tells everybody."""
    days = days_in(not_on or [], "--not-on")
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        move_meeting(session, brief, find_meeting(session, brief, number), Actor(role, by), moment(as_of), reason or "", days)
    _say_done("move", number)


@app.command
@until_saved
def cancel(number: Number, /, *, reason: Reason = None, role: As, by: By, as_of: AsOf = None) -> None:
    """Cancel a meeting for good and tell everybody who was to come."""
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        cancel_meeting(session, brief, find_meeting(session, brief, number), Actor(role, by), moment(as_of), reason or "")
    _say_done("cancel", number)
