"""Every kind of decision by its name: what it is in words, and what carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pendulum
from sqlmodel import Session

from models.case import Case
from models.errors import BadInput
from models.moments import day_of
from models.note import Given
from models.words import Status
from stages.brief import Brief
from stages.broker import decide as broker
from stages.broker.gathering import refuse_barred
from stages.commission import standing, taking_up
from stages.diagnose import decide as diagnose
from stages.diagnose import reply
from stages.evaluate import decide as evaluate
from stages.plan import decide as plan
from stages.record import Actor
from stages.request import KindName, Request
from stages.schedule import attending, choosing, not_held, note_replies, notes
from stages.schedule import decide as schedule


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a decision is made with."""

    session: Session
    brief: Brief
    case: Case
    actor: Actor
    at: pendulum.DateTime
    request: Request

    @property
    def five(self) -> tuple[Session, Brief, Case, Actor, pendulum.DateTime]:
        """Return the arguments that every decision takes."""
        return self.session, self.brief, self.case, self.actor, self.at

    @property
    def reason(self) -> str:
        """Return the reason, empty if none was given; the journey's table says where that will not do."""
        return self.request.reason or ""

    @property
    def given(self) -> Given:
        """Return what is given for a note of visit; BadInput where a suggestion has no reason, or a section is given twice."""
        asked = self.request
        named = {"strengths": asked.strengths, "areas": asked.areas}
        sections = {name: text for name, text in named.items() if text.strip()}
        if sections.keys() & asked.sections.keys():
            raise BadInput("A section is given twice, by its name and as --strengths or --areas: give it once.")
        if (asked.suggest_category is None) != (not (asked.suggest_why or "").strip()):
            raise BadInput("A category is suggested with its reason: give both --suggest-category and --suggest-why.")
        return Given(sections={**sections, **asked.sections}, evidence=asked.evidence, actions=asked.actions, category=asked.suggest_category,
                     why=asked.suggest_why)  # fmt: skip


def _review(scene: Scene) -> None:
    if scene.request.rag is None:
        raise BadInput("A review needs a rating: give --rag red, amber or green.")
    plan.hold_review(*scene.five, scene.request.rag, scene.reason)


def _action_done(scene: Scene) -> None:
    if scene.request.action_number is None:
        raise BadInput(f"Which action is done? Give its number with --action-number, as `lodestar case show {scene.case.id}` lists them.")
    plan.action_done(*scene.five, scene.request.action_number, scene.request.done_on, scene.reason)


def _confirm_dates(scene: Scene) -> None:
    refuse_barred(scene.session, scene.case, day_of(scene.at))
    schedule.confirm_dates(*scene.five)


def _choose_date(scene: Scene) -> None:
    refuse_barred(scene.session, scene.case, day_of(scene.at))
    choosing.choose_date(*scene.five, scene.request.visit, scene.request.day)


def _succeed(scene: Scene) -> None:
    if scene.request.urn is None:
        raise BadInput("Which school follows? Give its URN with --urn.")
    standing.succeed(*scene.five, scene.request.urn, scene.reason)


def _answer(scene: Scene) -> None:
    if scene.case.status is Status.AWAITING_ENDLINE:
        evaluate.answer(*scene.five, scene.request.answers, scene.request.instrument)
    else:
        diagnose.answer(*scene.five, scene.request.answers, scene.request.focus, scene.request.instrument)


def _write_note(scene: Scene) -> None:
    notes.write_note(*scene.five, scene.request.visit, scene.given, _went(scene.request))


def _went(asked: Request) -> notes.Went:
    return notes.Went(asked.held_on, asked.slip, asked.expected, asked.attended)


def _revise(scene: Scene) -> None:
    diagnose.revise_answers(*scene.five, scene.request.answers, scene.request.instrument)


def _override(scene: Scene) -> None:
    if scene.request.category is None or scene.request.category == scene.case.category:
        raise BadInput("An override needs another category than the one proposed: give it with --category, or confirm.")
    diagnose.confirm(*scene.five, scene.request.category, scene.reason, scene.request.until)


Kind = Callable[[Scene], Any]
KINDS: dict[KindName, tuple[str, Kind]] = {
    "opt-in": ("the school wants to take part", lambda s: diagnose.opt_in(*s.five)),
    "decline": ("the school does not want to take part", lambda s: diagnose.decline(*s.five, s.reason)),
    "answer": ("the school answers what it was asked", _answer),
    "confirm": ("confirm the proposed diagnosis", lambda s: diagnose.confirm(*s.five, None, s.request.reason)),
    "override": ("set another category than the proposed one", _override),
    "unable-to-assess": ("say that more evidence is needed first", lambda s: diagnose.unable_to_assess(*s.five, s.reason)),
    "assess-again": ("have the need worked out again", lambda s: diagnose.assess_again(*s.five)),
    "revise-answers": ("the school answers once more, unasked or when asked again", _revise),
    "reply-to-category": ("the school replies to its category", lambda s: reply.reply_to_category(*s.five, s.reason)),
    "moderate": ("look at a category again, after a reply or new evidence", lambda s: reply.moderate(*s.five, s.request.category, s.reason)),
    "approve": ("approve a match", lambda s: broker.go_on(*s.five, "approve")),
    "refuse": ("do not approve a match", lambda s: broker.turn_down(*s.five, "refuse", s.reason)),
    "accept-case": ("the supporter takes the case", lambda s: broker.go_on(*s.five, "accept-case")),
    "decline-case": ("the supporter does not take the case", lambda s: broker.turn_down(*s.five, "decline-case", s.reason)),
    "accept-support": ("the school accepts the support", lambda s: broker.go_on(*s.five, "accept-support")),
    "decline-support": ("the school asks for another supporter", lambda s: broker.turn_down(*s.five, "decline-support", s.reason)),
    "replace-supporter": ("seek another supporter for a case", lambda s: broker.replace_supporter(*s.five, s.reason, s.request.match or "")),
    "confirm-dates": ("agree the offered dates", _confirm_dates),
    "ask-other-dates": ("ask for other dates", lambda s: schedule.ask_other_dates(*s.five, s.reason, s.request.not_on)),
    "move-visit": (
        "have one visit moved; a school that asks is offered days to choose from",
        lambda s: schedule.move_on_request(*s.five, s.request.visit, s.reason, s.request.slip, s.request.not_on, s.request.away),
    ),
    "choose-date": (
        "the school chooses one of the days on offer for a visit",
        _choose_date,
    ),
    "cancel-visit": (
        "cancel one visit for good; with little notice it is charged",
        lambda s: not_held.cancel_visit(*s.five, s.request.visit, s.reason, s.request.slip),
    ),
    "no-show": ("record that nobody was there for an agreed visit", lambda s: not_held.no_show(*s.five, s.request.visit, s.reason)),
    "prepare-visit": (
        "the school answers what is asked before a visit",
        lambda s: notes.prepare_visit(*s.five, s.request.visit, s.request.answers),
    ),
    "hold-visit": (
        "record a session of which no note is written, and how many came",
        lambda s: notes.hold_visit(*s.five, s.request.visit, _went(s.request)),
    ),
    "draft-note": (
        "save a draft of a note, which nobody is told of",
        lambda s: notes.draft_note(*s.five, s.request.visit, s.request.held_on, s.given),
    ),
    "write-note": ("record a visit and send its note, or the draft of it, to the school", _write_note),
    "note-accurate": ("the school marks a note accurate", lambda s: note_replies.answer_note(*s.five, s.request.visit, True, s.request.reason)),
    "note-inaccurate": (
        "the school says what is not right in a note",
        lambda s: note_replies.answer_note(*s.five, s.request.visit, False, s.request.reason),
    ),
    "settle-note": (
        "end a dispute: correct the note, or leave it with the school's statement",
        lambda s: note_replies.settle_note(*s.five, s.request.visit, s.given, s.reason),
    ),
    "pass-note": ("pass a note that the lead has read", lambda s: note_replies.pass_note(*s.five, s.request.visit, s.request.reason)),
    "return-note": ("give a note back to its writer", lambda s: note_replies.return_note(*s.five, s.request.visit, s.reason)),
    "correct-note": ("correct a published note by a new version", lambda s: notes.correct_note(*s.five, s.request.visit, s.given, s.reason)),
    "book-place": ("the school books a place at a meeting", lambda s: attending.book_place(*s.five, s.request.meeting)),
    "send-apologies": ("the school cannot come to a meeting", lambda s: attending.send_apologies(*s.five, s.request.meeting, s.reason)),
    "agree-plan": ("agree the plan", lambda s: plan.agree_plan(*s.five, s.reason)),
    "ask-changes": ("ask for changes to the plan", lambda s: plan.ask_changes(*s.five, s.reason)),
    "action-done": ("mark an action of the agreed plan as done", _action_done),
    "hold-review": ("record a review of progress", _review),
    "judge": ("judge the impact and close the case", lambda s: evaluate.judge(*s.five, s.reason)),
    "pause": ("pause a case", lambda s: standing.pause(*s.five, s.reason)),
    "resume": ("resume a case", lambda s: standing.resume(*s.five, s.reason)),
    "withdraw": ("take a school out before the end", lambda s: standing.withdraw(*s.five, s.reason)),
    "take-up-again": ("take up a case that ended before any visit", lambda s: taking_up.take_up_again(*s.five, s.reason)),
    "close-school": ("end a case whose school closed", lambda s: standing.close_school(*s.five, s.reason)),
    "succeed": ("move a case to its successor school", _succeed),
}
