"""lodestar case and decide: what happens to each school."""

import datetime
import re
from typing import Annotated, TypeVar

from cyclopts import App, Parameter
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, select

from app.commands.note import note
from app.output import indented, say, show, show_json, show_table, spelt
from app.session import As, AsOf, By, Json, Number, moment, open_database
from models.case import Case
from models.errors import BadInput
from models.note import AgreedAction, GivenAction
from models.school import School
from models.trail import Event
from models.words import Rag, Slip, Stage, Status, Turn
from reports.case_file import case_file, find_case, plain
from reports.case_words import in_words
from reports.census import census_reports
from reports.words import plainly, title_of
from stages.brief import find_commission, load_brief
from stages.broker.handover import handover_pack
from stages.deciding import KINDS, KindName, Request
from stages.deciding import decide as carry_out
from stages.journey import STANDINGS
from stages.turns import whose_turn

_T = TypeVar("_T")
# Decisions whose reason stands in the message that the school gets.
QUOTED: tuple[KindName, ...] = (
    "override",
    "moderate",
    "judge",
    "pause",
    "resume",
    "withdraw",
    "succeed",
    "move-visit",
    "cancel-visit",
    "correct-note",
)
_REASON = (
    "Why; some decisions cannot do without it. Of these decisions the reason is sent to the school word for word, so write it for the school: "
    f"{', '.join(QUOTED)}. Write nothing about single pupils."
)
AGREED = "Write it as: what | owner, as a role | YYYY-MM-DD | need or focus area; all but the first may be left out."
case = App(name="case")


@case.command(name="list")
def list_cases(*, commission: str, stage: Stage | None = None, status: Status | None = None, turn: Turn | None = None, json: Json = False) -> None:
    """List a commission's cases, all or those in a stage, in a status, or waiting for somebody."""
    with open_database().reading() as session:
        commission_id = find_commission(session, commission).id
        programme = load_brief(session, commission_id, []).programme
        query = select(Case, School.name).join(School, col(School.urn) == Case.urn).where(Case.commission_id == commission_id)
        for column, wanted in ((Case.stage, stage), (Case.status, status), (Case.turn, turn)):
            query = query.where(column == wanted) if wanted else query
        found = session.exec(query.order_by(col(Case.id))).all()
    word = str if json else spelt
    rows = []
    for c, name in found:
        whose = whose_turn(programme, c)
        row = {"case": c.id, "urn": c.urn, "school": name, "stage": c.stage.value, "status": word(c.status.value),
               "turn": c.turn.value if json else whose, "due": c.due, "category": c.category}  # fmt: skip
        rows.append(row | ({"next": whose} if json else {}))
    show(rows, "No such cases.", json, spare=("stage",))


@case.command(name="show")
def show_case(number: Number, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show everything about one case: need, match, visits, notes, plan with its actions, reviews."""
    with open_database().reading() as session:
        value = case_file(session, number, moment(as_of))
    if json:
        show_json(value)
    else:
        say(in_words(value))


@case.command
def history(number: Number, /, *, json: Json = False) -> None:
    """Show a case's audit trail, line by line."""
    with open_database().reading() as session:
        find_case(session, number)
        found = session.exec(select(Event).where(Event.case_id == number).order_by(col(Event.id))).all()
    rows = [{"at": e.at.in_timezone("Europe/London").format("YYYY-MM-DD HH:mm"), "what": e.kind, "by": f"{e.by} ({e.role.value})", "from": e.before,
             "to": e.after, "why": e.detail.get("reason")} for e in found]  # fmt: skip
    if json:
        show_json(rows)
        return
    for event, row in zip(found, rows, strict=True):
        by = event.by if event.role.value in event.by else row["by"]
        moved = f" -> {plainly(event.after)}" if event.after and event.after != event.before else ""
        say(f"{row['at']}  {title_of(event.kind)}, {by}{moved}")
        for line in (str(row["why"]) if row["why"] else "").splitlines():
            for part in indented(line):
                say(part)


@case.command
def reports(number: Number, /, *, json: Json = False) -> None:
    """Show the reports that a school has had of its censuses, as it was told: its own shares beside all schools', and its trend."""
    with open_database().reading() as session:
        found = census_reports(session, find_case(session, number).id)
    if json:
        show_json(found)
        return
    for report in found:
        show_table(report["lines"], "", f"{report['instrument']} {report['year']}: {report['schools']} schools answered")
        say("")
    if not found:
        say("No report yet: it goes when every school that was asked has answered or been waited for.")


@case.command
def handover(number: Number, /, *, json: Json = False) -> None:
    """Show what somebody who takes a case over has to know: needs, visits, plan, reviews, and what is still to come."""
    with open_database().reading() as session:
        found = find_case(session, number)
        pack = handover_pack(session, load_brief(session, found.commission_id, [found.urn]), found)
    if json:
        show_json(pack)
        return
    for part in pack:
        say(f"\n{part['title']}")
        for line in part["lines"]:
            for text in indented(f"- {line}", by=2):
                say(text)


case.command(note)


def decide(
    kind: Annotated[KindName, Parameter(help="What is decided: " + "; ".join(f"{name} ({says})" for name, (says, _) in KINDS.items()) + ".")],
    number: Annotated[int, Parameter(name="case", help="Number of the case.")],
    /,
    *,
    role: As,
    by: By,
    reason: Annotated[str | None, Parameter(name="--reason", help=_REASON)] = None,
    category: Annotated[str | None, Parameter(help="Category, for an override or a moderation that changes it.")] = None,
    focus: Annotated[str | None, Parameter(help="Chosen focus area, for an answer.")] = None,
    answer: Annotated[list[str] | None, Parameter(help="An answer as question=value; once for each question.")] = None,
    instrument: Annotated[str | None, Parameter(help="Instrument that is answered, where there are several.")] = None,
    not_on: Annotated[list[datetime.date] | None, Parameter(help="A day that does not suit, when asking for other dates.")] = None,
    visit: Annotated[str | None, Parameter(help="Session of the visit; the next one if left out.")] = None,
    day: Annotated[datetime.date | None, Parameter(help="Day that is chosen, of those on offer for a visit.")] = None,
    slip: Annotated[Slip | None, Parameter(help="Whose doing it is that a visit is moved, cancelled or held on another day.")] = None,
    held_on: Annotated[datetime.date | None, Parameter(help="Day on which the visit was held, if not the planned one.")] = None,
    strengths: Annotated[str, Parameter(help="Strengths, for a note of visit; the school reads them.")] = "",
    areas: Annotated[str, Parameter(help="Areas to work on, for a note of visit; the school reads them.")] = "",
    section: Annotated[list[str] | None, Parameter(help="Another section of a note of visit, as name=text; the school reads it.")] = None,
    evidence: Annotated[list[str] | None, Parameter(help="Evidence seen, as kind or kind: what was seen; once for each.")] = None,
    action: Annotated[list[str] | None, Parameter(help=f"An agreed action, for a note of visit; the school reads it. {AGREED}")] = None,
    no_evidence: Annotated[bool, Parameter(negative="", help="No evidence was seen: take out what a note of visit names.")] = False,
    no_actions: Annotated[bool, Parameter(negative="", help="No action is agreed: take out those that a note of visit has.")] = False,
    suggest_category: Annotated[str | None, Parameter(help="Category that a note of visit suggests, where the programme lets it.")] = None,
    suggest_why: Annotated[str | None, Parameter(help="Why it suggests that category; the school does not read it.")] = None,
    action_number: Annotated[int | None, Parameter(help="Number of the action of the plan that is done, as `lodestar case show` lists them.")] = None,
    done_on: Annotated[datetime.date | None, Parameter(help="Day on which the action was done, if not today.")] = None,
    expected: Annotated[int | None, Parameter(help="How many people were expected, where attendance is taken.")] = None,
    attended: Annotated[int | None, Parameter(help="How many of them came.")] = None,
    rag: Annotated[Rag | None, Parameter(help="Rating, for a review.")] = None,
    until: Annotated[datetime.date | None, Parameter(help="Last day of an override; without it, as long as the programme says.")] = None,
    meeting: Annotated[int | None, Parameter(help="Number of the meeting, to book a place or send apologies.")] = None,
    match: Annotated[str | None, Parameter(help="Which of the case's further matches, to replace its supporter or seek it again.")] = None,
    urn: Annotated[int | None, Parameter(help="URN of the successor school.")] = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Decide something on a case; the decision, the case's move and the messages that follow are saved together."""
    try:
        request = Request(
            kind=kind, case=number, role=role, by=by, reason=reason, category=category, focus=focus, answers=_answers(answer or []),
            instrument=instrument, expected=expected, attended=attended, action_number=action_number, done_on=done_on,
            not_on=not_on or [], visit=visit, held_on=held_on, strengths=strengths, areas=areas, rag=rag, until=until,
            sections=note_sections(section or []), evidence=_or_none("evidence", evidence, none=no_evidence),
            actions=_or_none("actions", agreed_actions(action or []), none=no_actions), suggest_category=suggest_category,
            suggest_why=suggest_why, urn=urn, match=match, meeting=meeting, day=day, slip=slip,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(f"{first['loc'][0]}: {first['msg']}.") from error
    database = open_database()
    found = carry_out(database, request, moment(as_of))
    with database.reading() as session:
        follows = whose_turn(load_brief(session, found.commission_id, []).programme, found)
    if json:
        show_json(plain(found) | {"next": follows})
    else:
        say(f"Case {number}: {STANDINGS[found.status].means} ({found.stage.value}, {plainly(found.status.value)}); next: {follows}.")


def _or_none(what: str, given: list[_T] | None, *, none: bool) -> list[_T] | None:
    """Return what is given for a part of a note, an empty list where there is to be nothing, None to leave it as it is."""
    if given and none:
        raise BadInput(f"The note cannot have {what} and none: give --{what.removesuffix('s')} or --no-{what}, not both.")
    return given or ([] if none else None)


def agreed_actions(given: list[str]) -> list[AgreedAction]:
    """Return agreed actions from their lines; BadInput where one is not written as it has to be."""
    try:
        return TypeAdapter(list[GivenAction]).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(f'"{given[int(first["loc"][0])]}" is no agreed action: write it as "what | owner | YYYY-MM-DD | area".') from error


def note_sections(given: list[str]) -> dict[str, str]:
    """Return sections of a note from name=text."""
    return _named(given, "section: write name=text", 'The section "{}" is given twice: give --section once for each.')


def _answers(given: list[str]) -> dict[str, float | int | str]:
    """Return answers from question=value; numbers become numbers."""
    twice = 'The question "{}" is answered twice: give --answer once for each question.'
    return {name: _number(value) for name, value in _named(given, "answer: write question=value", twice).items()}


def _named(given: list[str], what: str, twice: str) -> dict[str, str]:
    """Return values by name from name=value; BadInput for what is not written so, or for a name that is there `twice`."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadInput(f'"{one}" is no {what}.')
        if name in found:
            raise BadInput(twice.format(name))
        found[name] = value
    return found


def _number(text: str) -> float | int | str:
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{1,9}", text) else text
