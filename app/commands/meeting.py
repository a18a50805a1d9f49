"""lodestar meeting: where several schools meet, who came, and what has to change."""

import datetime
import re
from typing import Annotated

from cyclopts import App, Parameter

from app.commands.case import AGREED, agreed_actions, note_sections
from app.output import say, show, show_json, show_table
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from models.errors import BadInput
from reports.meetings import find_meeting_brief, groups_of, meetings_of, places_of
from stages.brief import find_commission, load_brief
from stages.record import Actor
from stages.schedule.attending import cancel_meeting, find_meeting, move_meeting
from stages.schedule.meeting_held import Held, hold_meeting

_COUNT = re.compile(r"[0-9]{1,9}")
app = App(name="meeting", help="Meetings of several schools, and the groups that meet.")


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
        row = next(one for one in meetings_of(session, brief) if one["meeting"] == number)
        places = places_of(session, meeting)
        row |= {"speaker": meeting.speaker, "resources": list(meeting.resources), "places": places}
    if json:
        show_json(row)
        return
    say(f"{row['what']}, {row['day']:%-d %B %Y} ({row['part']}), {row['where']}; led by {row['led_by']}; {row['status']}.")
    if row["speaker"]:
        say(f"Speaker: {row['speaker']}.")
    for resource in row["resources"]:
        say(f"Shared: {resource}")
    show_table(places, "Nobody has a place yet.", "Schools", spare=("why",))


@app.command
def groups(reference: str, /, *, json: Json = False) -> None:
    """List the groups of a commission, such as triads and hubs: who leads each and which schools it has."""
    with open_database().reading() as session:
        rows = groups_of(session, find_commission(session, reference).id)
    if not json:
        rows = [{**row, "members": "; ".join(row["members"])} for row in rows]
    show(rows, "No groups yet.", json)


@app.command
def hold(
    number: Number, /, *,
    came: Annotated[list[str] | None, Parameter(help="A school that came, as URN or URN=PEOPLE; once for each.")] = None,
    on: Annotated[datetime.date | None, Parameter(help="Day on which it was held, if not the planned one.")] = None,
    speaker: Annotated[str | None, Parameter(help="Who spoke, as an office; the schools read it.")] = None,
    resource: Annotated[list[str] | None, Parameter(help="Something that is shared with the schools; once for each.")] = None,
    strengths: Annotated[str, Parameter(help="Strengths of the host, where a note of visit is written; the school reads them.")] = "",
    areas: Annotated[str, Parameter(help="Areas for the host to work on; the school reads them.")] = "",
    section: Annotated[list[str] | None, Parameter(help="Another section of the host's note, as name=text.")] = None,
    evidence: Annotated[list[str] | None, Parameter(help="Evidence seen at the host's, as kind or kind: what was seen.")] = None,
    action: Annotated[list[str] | None, Parameter(help=f"An action agreed with the host; the school reads it. {AGREED}")] = None,
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
    say(f"Meeting {number} is recorded: {count} school{'' if count == 1 else 's'} came.")


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
def move(number: Number, /, *, reason: Reason = None, role: As, by: By, as_of: AsOf = None) -> None:
    """Have a meeting moved to another day; the engine finds it at its next turn and tells everybody."""
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        move_meeting(session, brief, find_meeting(session, brief, number), Actor(role, by), moment(as_of), reason or "")
    say(f"Meeting {number} gets another day at the engine's next turn.")


@app.command
def cancel(number: Number, /, *, reason: Reason = None, role: As, by: By, as_of: AsOf = None) -> None:
    """Cancel a meeting for good and tell everybody who was to come."""
    with open_database().writing() as session:
        _, brief = find_meeting_brief(session, number)
        cancel_meeting(session, brief, find_meeting(session, brief, number), Actor(role, by), moment(as_of), reason or "")
    say(f"Meeting {number} is cancelled.")
