"""lodestar decide: what people decide on a case."""

import dataclasses
import datetime
import re
from typing import Annotated, Any, TypeVar

from cyclopts import Parameter
from pydantic import TypeAdapter, ValidationError

from app.days import days_in
from app.output import say, show_json
from app.session import As, AsOf, By, Json, moment, open_database
from models.errors import BadInput
from models.moments import day_of
from models.note import AgreedAction, GivenAction
from models.words import Rag, Slip
from reports.case_file import plain
from reports.decided import what_was_done, where_it_stands
from stages.brief import load_brief
from stages.deciding import carry_out
from stages.decisions import KINDS
from stages.request import KindName, Request
from stages.turns import waiting, whose_turn

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
NOT_ON = "A day that does not suit either, or a period as FIRST..LAST; once for each."
AGREED = "Write it as: what | owner, as a role | YYYY-MM-DD | need or focus area; all but the first may be left out."


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """Everything that may be given for a decision; which of it matters depends on its kind."""

    reason: Annotated[str | None, Parameter(name="--reason", help=_REASON)] = None
    category: Annotated[str | None, Parameter(help="Category, for an override or a moderation that changes it.")] = None
    focus: Annotated[str | None, Parameter(help="Chosen focus area, for an answer.")] = None
    answer: Annotated[list[str] | None, Parameter(help="An answer as question=value; once for each question.")] = None
    instrument: Annotated[str | None, Parameter(help="Instrument that is answered, where there are several.")] = None
    not_on: Annotated[list[str] | None, Parameter(help=f"{NOT_ON} Of ask-other-dates and move-visit.")] = None
    visit: Annotated[str | None, Parameter(help="Session of the visit; the next one if left out.")] = None
    day: Annotated[datetime.date | None, Parameter(help="Day that is chosen, of those on offer for a visit.")] = None
    slip: Annotated[Slip | None, Parameter(help="Whose doing it is that a visit is moved, cancelled or held on another day.")] = None
    away: Annotated[str | None, Parameter(help="Name of the supporter who cannot come, where two come to a visit that is moved.")] = None
    held_on: Annotated[datetime.date | None, Parameter(help="Day on which the visit was held, if not the planned one.")] = None
    strengths: Annotated[str, Parameter(help="Strengths, for a note of visit; the school reads them.")] = ""
    areas: Annotated[str, Parameter(help="Areas to work on, for a note of visit; the school reads them.")] = ""
    section: Annotated[list[str] | None, Parameter(help="Another section of a note of visit, as name=text; the school reads it.")] = None
    evidence: Annotated[list[str] | None, Parameter(help="Evidence seen, as kind or kind: what was seen; once for each.")] = None
    action: Annotated[list[str] | None, Parameter(help=f"An agreed action, for a note of visit; the school reads it. {AGREED}")] = None
    no_evidence: Annotated[bool, Parameter(negative="", help="No evidence was seen: take out what a note of visit names.")] = False
    no_actions: Annotated[bool, Parameter(negative="", help="No action is agreed: take out those that a note of visit has.")] = False
    suggest_category: Annotated[str | None, Parameter(help="Category that a note of visit suggests, where the programme lets it.")] = None
    suggest_why: Annotated[str | None, Parameter(help="Why it suggests that category; the school does not read it.")] = None
    action_number: Annotated[int | None, Parameter(help="Number of the action of the plan that is done, as `lodestar case show` lists them.")] = None
    done_on: Annotated[datetime.date | None, Parameter(help="Day on which the action was done, if not today.")] = None
    expected: Annotated[int | None, Parameter(help="How many people were expected, where attendance is taken.")] = None
    attended: Annotated[int | None, Parameter(help="How many of them came.")] = None
    rag: Annotated[Rag | None, Parameter(help="Rating, for a review.")] = None
    until: Annotated[datetime.date | None, Parameter(help="Last day of an override; without it, as long as the programme says.")] = None
    meeting: Annotated[int | None, Parameter(help="Number of the meeting, to book a place or send apologies.")] = None
    match: Annotated[str | None, Parameter(help="Which of the case's further matches, to replace its supporter or seek it again.")] = None
    urn: Annotated[int | None, Parameter(help="URN of the successor school.")] = None

    def as_fields(self) -> dict[str, Any]:
        """Return the fields of a request; BadInput where something is not written as it has to be."""
        values = dataclasses.asdict(self)
        written = {name: values.pop(name) for name in ("answer", "section", "action", "evidence", "no_evidence", "no_actions")}
        return values | {
            "not_on": days_in(self.not_on or [], "--not-on"),
            "answers": _answers(written["answer"] or []),
            "sections": note_sections(written["section"] or []),
            "evidence": _or_none("evidence", self.evidence, none=self.no_evidence),
            "actions": _or_none("actions", agreed_actions(self.action or []), none=self.no_actions),
        }


_NOTHING = Given()


def decide(
    kind: Annotated[KindName, Parameter(help="What is decided: " + "; ".join(f"{name} ({says})" for name, (says, _) in KINDS.items()) + ".")],
    number: Annotated[int, Parameter(name="case", help="Number of the case.")],
    /,
    *,
    role: As,
    by: By,
    given: Given = _NOTHING,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Decide something on a case; the decision, the case's move and the messages that follow are saved together."""
    try:
        request = Request(kind=kind, case=number, role=role, by=by, **given.as_fields())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(f"{first['loc'][0]}: {first['msg']}.") from error
    database = open_database()
    decided = carry_out(database, request, moment(as_of))
    with database.reading() as session:
        brief = load_brief(session, decided.case.commission_id, [decided.case.urn])
        done = what_was_done(session, brief, request, decided)
        today = day_of(moment(as_of))
        waits = waiting(session, brief, [decided.case], today).get(number, [])
        stands = where_it_stands(session, brief, decided.case, today)
    if json:
        show_json(plain(decided.case) | {"next": waits[0].whose if waits else whose_turn(brief.programme, decided.case), "done": done})
    else:
        say(done)
        say(stands)


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
