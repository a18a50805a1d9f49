"""What was done by a decision, in one sentence: all of the words in two tables, of cases and their visits, and of meetings."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotFound
from models.meeting import Meeting
from models.school import School
from models.trail import Event
from models.visit import Visit
from models.words import Slip, Status, VisitStatus
from reports.telling import Deed, with_telling
from reports.words import day, plainly
from stages.brief import Brief, days_in_words
from stages.broker.decide import WITH_CASE
from stages.deciding import Decided
from stages.journey import STANDINGS
from stages.reminders.lines import counted
from stages.request import KindName, Request
from stages.turns import next_in_words, waiting, whose_turn
from stages.visits import PART_IN_WORDS

_TURN = "at the engine's next turn"


@dataclass(frozen=True, slots=True)
class Done:
    """A decision after it was carried out, with what its sentence tells of: the visit and the meeting that it was on, if any."""

    session: Session
    brief: Brief
    request: Request
    decided: Decided

    @property
    def case(self) -> Case:
        """Return the case as it stands."""
        return self.decided.case

    def event(self, *kinds: str) -> Event | None:
        """Return the line that the decision left in the trail, of one of these kinds."""
        return next((one for one in self.decided.events if one.kind in kinds), None)

    @property
    def detail(self) -> Mapping[str, Any]:
        """Return what the trail says of the decision beside its kind."""
        return self.decided.events[0].detail

    @property
    def visit(self) -> Visit:
        """Return the visit that was decided on, as it stands; NotFound if the decision was not on a visit."""
        number = next((one.detail["visit_id"] for one in self.decided.events if "visit_id" in one.detail), None)
        found = self.session.get(Visit, number) if number else None
        if found is None:
            raise NotFound(f"{self.request.kind} was on no visit of case {self.case.id}.")
        return found

    @property
    def of_visit(self) -> str:
        """Return which visit was decided on."""
        return f"the visit of {day(self.visit.held_on or self.visit.day)}"

    @property
    def meeting(self) -> str:
        """Return which meeting was decided on."""
        found = self.session.get_one(Meeting, self.request.meeting)
        return f"{found.purpose} on {day(found.day)}"

    @property
    def category(self) -> str:
        """Return the title of the category that the case has."""
        titles = {one.id: one.title for one in self.brief.programme.diagnose.categories}
        return titles.get(self.case.category or "", self.case.category or "-")


def _opted_in(done: Done) -> str:
    if done.case.status is Status.AWAITING_PLACE:
        return "It is recorded that the school wants to take part; places are given in their order."
    return "The school takes part."


def _answered(done: Done) -> str:
    more = done.case.status in {Status.AWAITING_SELF_EVALUATION, Status.AWAITING_ENDLINE}
    return f"The school's answers are saved; {'it is still asked for others' if more else 'that was all it was asked'}."


def _revised(done: Done) -> str:
    follows = f"the need is worked out again {_TURN}" if done.case.status is Status.TO_ASSESS else "the diagnosis stays as it was confirmed"
    return f"The school's new answers are saved beside the earlier ones; {follows}."


def _overridden(done: Done) -> str:
    return f"The category is set to {done.category} until {day(done.detail['until'])}."


def _moderated(done: Done) -> str:
    outcome = "is now" if done.detail["outcome"] == "changed" else "stays"
    return f"The category {outcome} {done.category}."


def _dates_agreed(done: Done) -> str:
    agreed = select(Visit).where(Visit.case_id == done.case.id, Visit.status == VisitStatus.CONFIRMED)
    days = [day(one.day) for one in done.session.exec(agreed.order_by(col(Visit.day))).all()]
    return f"The dates are agreed ({', '.join(days)})."


def _to_move(done: Done) -> Deed:
    to_move = select(Visit.id).where(Visit.case_id == done.case.id, Visit.status == VisitStatus.TO_MOVE)
    alone = len(done.session.exec(to_move).all()) == 1
    chooses = alone and done.visit.slip is Slip.SCHOOL_ASKED and done.case.status is not Status.AWAITING_DATES
    then = "the school is offered days to choose from" if chooses else "the school is told of the new day"
    return Deed(f"The visit of {day(done.visit.day)} is to be moved", f"; {then} {_TURN}", later=True)


def _chosen(done: Done) -> str:
    moved = done.event("visit.moved")
    was = f", instead of {day(moved.before)}" if moved else ""
    return f"The visit is agreed for {day(done.visit.day)}, {PART_IN_WORDS[done.visit.part.value]}{was}."


def _charged(done: Done) -> str:
    half_days = done.detail["charged_half_days"]
    return f"{days_in_words(half_days / 2)} {'is' if half_days <= 2 else 'are'} charged" if half_days else "nothing is charged"


def _cancelled(done: Done) -> str:
    return f"{_start(done.of_visit)} is cancelled for good ({_charged(done)})."


def _nobody_there(done: Done) -> str:
    again = "to have it dated anew, use move-visit"
    return f"It is recorded that nobody was there for {done.of_visit} ({_charged(done)}; {again})."


def _written(done: Done) -> Deed:
    if done.event("note.sent"):
        return Deed(f"The note of {done.of_visit} is written again", f" and goes to the school as its version {done.detail['edition']}")
    return Deed(f"{_start(done.of_visit)} is recorded as held", ", and its note goes to the school")


def _note_went_on(done: Done, how: str) -> str:
    where = "goes to the partnership lead" if done.decided.events[0].after == "with_lead" else "published"
    return f"The note of {done.of_visit} {how} and {where}."


def _settled(done: Done) -> str:
    return _note_went_on(done, "is left as it was" if done.detail["left_as_it_is"] else "is corrected")


def _plan_agreed(done: Done) -> Deed:
    if done.case.status is Status.IN_PROGRESS:
        return Deed("The plan is agreed by all and under way")
    return Deed("It is recorded that the plan is agreed", f"; the {whose_turn(done.brief.programme, done.case)} is asked next")


def _succeeded(done: Done) -> str:
    return f"The case goes on with {done.session.get_one(School, done.case.urn).name}."


def _start(words: str) -> str:
    return words[:1].upper() + words[1:]


# None of these says by itself that somebody is told: `with_telling` does, from the messages of the decision.
Says = str | Deed | Callable[[Done], str | Deed]
SAYS: dict[KindName, Says] = {
    "opt-in": _opted_in,
    "decline": "It is recorded that the school does not take part.",
    "answer": _answered,
    "confirm": lambda done: f"The diagnosis is confirmed ({done.category}).",
    "override": _overridden,
    "unable-to-assess": "It is recorded that the need cannot be assessed yet.",
    "assess-again": f"The need is worked out again {_TURN}.",
    "revise-answers": _revised,
    "reply-to-category": "The school's reply to its category is recorded.",
    "moderate": _moderated,
    "approve": "The match is approved.",
    "refuse": f"The match is not approved; another supporter is sought {_TURN}.",
    "accept-case": "It is recorded that the supporter takes the case.",
    "decline-case": f"It is recorded that the supporter does not take the case; another is sought {_TURN}.",
    "accept-support": "It is recorded that the school accepts the support.",
    "decline-support": f"It is recorded that the school asks for another supporter; one is sought {_TURN}.",
    "replace-supporter": f"Another supporter is sought {_TURN}; visits to come with the one before are cancelled.",
    "confirm-dates": _dates_agreed,
    "ask-other-dates": Deed("The dates on offer are taken back", f"; the school is offered others {_TURN}", later=True),
    "move-visit": _to_move,
    "choose-date": _chosen,
    "cancel-visit": _cancelled,
    "no-show": _nobody_there,
    "prepare-visit": lambda done: f"What the school tells before {done.of_visit} is saved.",
    "hold-visit": lambda done: f"{_start(done.of_visit)} is recorded as held.",
    "draft-note": lambda done: f"The draft of the note of {done.of_visit} is saved; nobody is told.",
    "write-note": _written,
    "note-accurate": lambda done: _note_went_on(done, "is marked accurate"),
    "note-inaccurate": lambda done: f"It is recorded what is not right in the note of {done.of_visit}; settle-note ends the dispute.",
    "settle-note": _settled,
    "pass-note": lambda done: _note_went_on(done, "is passed"),
    "return-note": lambda done: Deed(f"The note of {done.of_visit} is given back to its writer", ", who is told why"),
    "correct-note": lambda done: Deed(f"The note of {done.of_visit} is corrected", f" and goes to the school as version {done.detail['edition']}"),
    "book-place": lambda done: f"The school has a place at {done.meeting}.",
    "send-apologies": lambda done: f"It is recorded that the school cannot come to {done.meeting}.",
    "agree-plan": _plan_agreed,
    "ask-changes": f"It is recorded what is to change in the plan; it is drafted anew {_TURN}.",
    "action-done": lambda done: f"Action {done.detail['number']} of the plan is recorded as done on {day(done.detail['done_on'])}.",
    "hold-review": lambda done: f"Review {done.detail['ordinal']} is recorded as held, with the rating {done.request.rag}.",
    "judge": Deed("The impact is judged and the case is closed", "; the school reads the judgement"),
    "pause": "The case is paused: nothing moves until it is resumed.",
    "resume": "The case is resumed.",
    "withdraw": "The school has left; its visits to come are cancelled.",
    "take-up-again": f"The case is taken up again; the school takes part, and its need is worked out {_TURN}.",
    "close-school": "The case has ended with its school; its visits to come are cancelled.",
    "succeed": _succeeded,
}  # fmt: skip


def what_was_done(session: Session, brief: Brief, request: Request, decided: Decided) -> str:
    """Return in one sentence what was done by a decision that has just been carried out, and who is told; the brief knows the case's school."""
    says = SAYS[request.kind]
    said = says(Done(session, brief, request, decided)) if callable(says) else says
    deed = Deed(said.removesuffix(".")) if isinstance(said, str) else said
    if with_it := _went_with_it(session, request, decided):
        # The messages of a group are those of several schools, of which the sentence says nothing.
        return f"{deed.done}, for the whole group: cases {', '.join(map(str, sorted([decided.case.id, *with_it])))}."
    return with_telling(deed, decided.messages, brief.to_school(decided.case.urn))


def _went_with_it(session: Session, request: Request, decided: Decided) -> list[int]:
    """Return the other cases of a group for which a decision was made at once, by number."""
    if request.kind not in {"approve", "accept-case"}:
        return []
    first, kind = decided.events[0], f"case.{request.kind}"
    query = select(Event).where(Event.kind == kind, col(Event.id) > first.id, Event.at == first.at).order_by(col(Event.id))
    return [one.case_id for one in session.exec(query).all() if one.case_id is not None and one.detail.get(WITH_CASE) == decided.case.id]


def where_it_stands(session: Session, brief: Brief, case: Case, today: datetime.date) -> str:
    """Return in one sentence where a case stands, and who acts next."""
    whose = next_in_words(brief.programme, case, waiting(session, brief, [case], today).get(case.id, []))
    return f"Case {case.id}: {STANDINGS[case.status].means} ({case.stage.value}, {plainly(case.status.value)}); next: {whose}."


# {meeting} is what it is and its day, {schools} how many came or were put right.
MEETING_SAYS = {
    "hold": "{meeting} is recorded as held: {schools} came.",
    "correct": "Who came to {meeting} is put right for {schools}.",
    "move": f"{{meeting}} is to be moved; everybody who is to come and whose address is known is told of the new day {_TURN}.",
    "cancel": "{meeting} is cancelled for good, and everybody who was to come and whose address is known is told.",
}


def what_was_done_to(kind: str, row: Mapping[str, Any], schools: int = 0) -> str:
    """Return in one sentence what was done to a meeting, by its row in `meetings_of`."""
    return _start(MEETING_SAYS[kind].format(meeting=f"{row['what']} on {day(row['day'])}", schools=counted(schools, "school")))


def where_meeting_stands(row: Mapping[str, Any]) -> str:
    """Return in one sentence where a meeting stands, by its row in `meetings_of`."""
    came = f", {row['came']} of {row['expected']} schools came" if row["status"] == "held" else f", {counted(row['expected'], 'school')} expected"
    return f"Meeting {row['meeting']}: {row['status']}{'' if row['status'] == 'cancelled' else came}, {row['where']}."
