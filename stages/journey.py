"""The journey of a case as a table: statuses with whose turn it is, and the moves that lead from one to the next.

`check_move` is permission and state together, and raises with one sentence fit for a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import NotAllowed, NotPossible
from models.words import Role, Stage, Status, Turn
from programmes.timing import INVITATION_SCHOOL_DAYS

_D, _B, _S, _P, _E = Stage.DIAGNOSE, Stage.BROKER, Stage.SCHEDULE, Stage.PLAN, Stage.EVALUATE


@dataclass(frozen=True, slots=True)
class Standing:
    """One status: its stage (None for an end that any stage may have), whose turn, usual school days, and its meaning."""

    status: Status
    stage: Stage | None
    turn: Turn
    school_days: int | None
    means: str


STANDINGS: dict[Status, Standing] = {
    row.status: row
    for row in (
        Standing(Status.INVITED, _D, Turn.SCHOOL, INVITATION_SCHOOL_DAYS, "asked whether it wants to take part"),
        Standing(Status.AWAITING_PLACE, _D, Turn.NOBODY, None, "wants to take part, waiting for a place"),
        Standing(Status.SELECTED, _D, Turn.ENGINE, None, "taking part, diagnosis to begin"),
        Standing(Status.AWAITING_SELF_EVALUATION, _D, Turn.SCHOOL, 15, "asked for its own view"),
        Standing(Status.TO_ASSESS, _D, Turn.ENGINE, None, "evidence together, need to be worked out"),
        Standing(Status.AWAITING_CONFIRMATION, _D, Turn.ADVISER, 5, "diagnosis proposed, to be confirmed"),
        Standing(Status.AWAITING_EVIDENCE, _D, Turn.ADVISER, 20, "unable to assess yet, more evidence to come"),
        Standing(Status.TO_MATCH, _B, Turn.ENGINE, None, "support to be found"),
        Standing(Status.UNMET, _B, Turn.ADVISER, 10, "no supporter can be matched as things stand"),
        Standing(Status.AWAITING_APPROVAL, _B, Turn.COMMISSIONER, 5, "match proposed, to be approved"),
        Standing(Status.AWAITING_SUPPORTER, _B, Turn.SUPPORTER, 5, "match offered to the supporter"),
        Standing(Status.AWAITING_CONSENT, _B, Turn.SCHOOL, 10, "support offered to the school"),
        Standing(Status.TO_SCHEDULE, _S, Turn.ENGINE, None, "visits to be timetabled"),
        Standing(Status.UNPLACED, _S, Turn.ADVISER, 10, "no date can be found as things stand"),
        Standing(Status.AWAITING_DATES, _S, Turn.SCHOOL, 5, "dates offered to the school"),
        Standing(Status.BOOKED, _S, Turn.NOBODY, None, "dates agreed, first visit to come"),
        Standing(Status.TO_DRAFT, _P, Turn.ENGINE, None, "first note published, plan to be drafted"),
        Standing(Status.AWAITING_ADVISER, _P, Turn.ADVISER, 5, "plan drafted, adviser to agree"),
        Standing(Status.AWAITING_SCHOOL, _P, Turn.SCHOOL, 10, "plan with the school to agree"),
        Standing(Status.IN_PROGRESS, _P, Turn.NOBODY, None, "plan agreed and under way"),
        Standing(Status.TO_EVALUATE, _E, Turn.ENGINE, None, "support done, figures to be computed"),
        Standing(Status.AWAITING_ENDLINE, _E, Turn.SCHOOL, 15, "asked for its own view once more, now that support is done"),
        Standing(Status.AWAITING_JUDGEMENT, _E, Turn.ADVISER, 10, "figures computed, impact to be judged"),
        Standing(Status.COMPLETE, _E, Turn.NOBODY, None, "evaluated and closed"),
        Standing(Status.DECLINED, None, Turn.NOBODY, None, "did not want to take part"),
        Standing(Status.NO_PLACE, None, Turn.NOBODY, None, "wanted to take part, and no place came free"),
        Standing(Status.WITHDRAWN, None, Turn.NOBODY, None, "left before the end"),
        Standing(Status.SCHOOL_CLOSED, None, Turn.NOBODY, None, "the school closed without a successor"),
    )
}

ENDED = frozenset({Status.COMPLETE, Status.DECLINED, Status.NO_PLACE, Status.WITHDRAWN, Status.SCHOOL_CLOSED})
OPEN = frozenset(Status) - ENDED
# Schools that were asked and do not take part: not yet, or not at all.
ONLY_ASKED = frozenset({Status.INVITED, Status.AWAITING_PLACE, Status.DECLINED, Status.NO_PLACE})
# And those that did and do not any more, without having come to the end.
NOT_TAKING_PART = ONLY_ASKED | {Status.WITHDRAWN, Status.SCHOOL_CLOSED}

_ENGINE = frozenset({Role.ENGINE})
_STEER = frozenset({Role.ADVISER, Role.LEAD})
_SCHOOL = frozenset({Role.SCHOOL, Role.ADVISER, Role.LEAD})
_SUPPORTER = frozenset({Role.SUPPORTER, Role.ADVISER, Role.LEAD})
_BUYER = frozenset({Role.COMMISSIONER, Role.LEAD})
_ANYBODY = frozenset({Role.SCHOOL, Role.ADVISER, Role.LEAD, Role.COMMISSIONER})


# Of what ended, this may begin again; the rest came to its end or has no school any more.
_TAKEN_UP = frozenset({Status.DECLINED, Status.NO_PLACE, Status.WITHDRAWN})
_MATCHED_OR_LATER = frozenset(status for status in OPEN if STANDINGS[status].stage is not Stage.DIAGNOSE)
# A diagnosis that nobody has confirmed is made anew where more comes to be known.
UNCONFIRMED = frozenset({Status.AWAITING_CONFIRMATION, Status.AWAITING_EVIDENCE})
_ANSWERED = _MATCHED_OR_LATER | UNCONFIRMED | {Status.TO_ASSESS}
# Moves that start from as many statuses as these are drawn once, from all of them together.
GROUPS = {OPEN: "any_open_status", _ANSWERED: "any_status_after_answers", _MATCHED_OR_LATER: "any_confirmed_status"}


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move: from which statuses to which, by whom, whether a reason must be given, and the message that follows.

    `to` is None where the status stays as it is and only something on the case changes.
    """

    name: str
    starts: frozenset[Status]
    to: Status | None
    roles: frozenset[Role]
    says: str
    needs_reason: bool = False
    message: str | None = None


def _move(
    name: str, starts: Status | frozenset[Status], to: Status | None, roles: frozenset[Role], says: str,
    *, reason: bool = False, message: str | None = None,
) -> Move:  # fmt: skip
    return Move(name, starts if isinstance(starts, frozenset) else frozenset({starts}), to, roles, says, reason, message)


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("opt-in", frozenset({Status.INVITED, Status.DECLINED}), None, _SCHOOL, "wants to take part"),
        _move("decline", frozenset({Status.INVITED, Status.AWAITING_PLACE}), Status.DECLINED, _SCHOOL, "does not want to take part", reason=True),
        _move("lapse", Status.INVITED, Status.DECLINED, _ENGINE, "did not answer the invitation"),
        _move("wait", Status.AWAITING_PLACE, None, _ENGINE, "all places are taken", message="place_waiting"),
        _move("give-place", Status.AWAITING_PLACE, Status.SELECTED, _ENGINE, "has a place", message="place_given"),
        _move("close-list", Status.AWAITING_PLACE, Status.NO_PLACE, _ENGINE, "no place came free", message="no_place"),
        _move("ask", Status.SELECTED, Status.AWAITING_SELF_EVALUATION, _ENGINE, "asked for its self-evaluation", message="self_evaluation"),
        _move("gather", Status.SELECTED, Status.TO_ASSESS, _ENGINE, "nothing to ask"),
        _move("answer", Status.AWAITING_SELF_EVALUATION, None, _SCHOOL, "answered what it was asked"),
        _move("go-without", Status.AWAITING_SELF_EVALUATION, Status.TO_ASSESS, _ENGINE, "no answer by the deadline, assessed without"),
        _move("assess", Status.TO_ASSESS, Status.AWAITING_CONFIRMATION, _ENGINE, "need worked out"),
        _move("confirm", Status.AWAITING_CONFIRMATION, None, _STEER, "diagnosis confirmed", message="category"),
        _move("override", Status.AWAITING_CONFIRMATION, None, _STEER, "category set by hand", reason=True, message="category"),
        _move("unable-to-assess", Status.AWAITING_CONFIRMATION, Status.AWAITING_EVIDENCE, _STEER, "unable to assess yet", reason=True),
        _move(
            "assess-again",
            UNCONFIRMED,
            Status.TO_ASSESS,
            _STEER | _ENGINE,
            "to be assessed again",
        ),
        _move("revise-answers", _ANSWERED, None, _SCHOOL, "answered again"),
        _move("reply-to-category", _MATCHED_OR_LATER, None, _SCHOOL, "replied to its category", reason=True, message="category_reply"),
        _move("moderate", _MATCHED_OR_LATER, None, _STEER, "category looked at again", reason=True, message="category_moderated"),
        _move("propose-match", frozenset({Status.TO_MATCH, Status.UNMET}), Status.AWAITING_APPROVAL, _ENGINE, "match proposed"),
        _move("offer-match", frozenset({Status.TO_MATCH, Status.UNMET}), Status.AWAITING_SUPPORTER, _ENGINE, "match offered", message="match_offer"),
        _move(
            "offer-support", frozenset({Status.TO_MATCH, Status.UNMET}), Status.AWAITING_CONSENT, _ENGINE, "support offered", message="support_offer"
        ),
        _move("settle-match", frozenset({Status.TO_MATCH, Status.UNMET}), None, _ENGINE, "match settled"),
        _move("go-on-without", Status.TO_MATCH, None, _ENGINE, "goes on without a further match"),
        _move("seek-again", frozenset({Status.BOOKED, Status.IN_PROGRESS}), Status.TO_MATCH, _ENGINE, "a further match is sought again"),
        _move("repropose", Status.AWAITING_APPROVAL, None, _ENGINE, "another supporter proposed"),
        _move("unpropose", Status.AWAITING_APPROVAL, Status.TO_MATCH, _ENGINE, "proposal taken back for a graver need"),
        _move(
            "take-back",
            frozenset({Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT, Status.TO_SCHEDULE}),
            Status.TO_MATCH,
            _ENGINE,
            "match taken back, since its group fell apart",
            message="support_taken_back",
        ),
        _move("report-unmet", Status.TO_MATCH, Status.UNMET, _ENGINE, "no supporter found"),
        _move("approve", Status.AWAITING_APPROVAL, None, _BUYER, "match approved"),
        _move("refuse", Status.AWAITING_APPROVAL, Status.TO_MATCH, _BUYER, "match not approved", reason=True),
        _move("accept-case", Status.AWAITING_SUPPORTER, None, _SUPPORTER, "supporter accepts"),
        _move("decline-case", Status.AWAITING_SUPPORTER, Status.TO_MATCH, _SUPPORTER, "supporter declines", reason=True),
        _move("accept-support", Status.AWAITING_CONSENT, None, _SCHOOL, "school accepts the support"),
        _move("decline-support", Status.AWAITING_CONSENT, Status.TO_MATCH, _SCHOOL, "school asks for another supporter", reason=True),
        _move("propose-dates", frozenset({Status.TO_SCHEDULE, Status.UNPLACED}), Status.AWAITING_DATES, _ENGINE, "dates offered", message="dates"),
        _move("report-unplaced", Status.TO_SCHEDULE, Status.UNPLACED, _ENGINE, "no dates found"),
        _move("confirm-dates", Status.AWAITING_DATES, Status.BOOKED, _SCHOOL, "dates agreed", message="dates_confirmed"),
        _move("offer-again", Status.AWAITING_DATES, Status.TO_SCHEDULE, _ENGINE, "dates on offer do not stand any more"),
        _move("change-dates", Status.AWAITING_DATES, None, _ENGINE, "a date on offer has changed, more time to agree"),
        _move("ask-other-dates", Status.AWAITING_DATES, Status.TO_SCHEDULE, _SCHOOL, "school asks for other dates", reason=True),
        _move(
            "cancel-visit",
            frozenset({Status.AWAITING_DATES, Status.BOOKED}),
            Status.TO_SCHEDULE,
            _STEER | {Role.ENGINE},
            "nothing left to come",
            reason=True,
            message="visit_cancelled",
        ),
        _move("book-none", frozenset({Status.TO_SCHEDULE, Status.UNPLACED}), Status.BOOKED, _ENGINE, "no visit left to date"),
        _move("begin-plan", Status.BOOKED, Status.TO_DRAFT, _ENGINE, "first note of visit published"),
        _move("resume-plan", Status.TO_DRAFT, Status.IN_PROGRESS, _ENGINE, "taken over, the agreed plan goes on"),
        _move("draft-plan", Status.TO_DRAFT, None, _ENGINE, "plan drafted"),
        _move("agree-plan", frozenset({Status.AWAITING_ADVISER, Status.AWAITING_SCHOOL}), None, _SCHOOL | _SUPPORTER, "agrees the plan"),
        _move("ask-changes", Status.AWAITING_SCHOOL, Status.TO_DRAFT, _SCHOOL, "school asks for changes to the plan", reason=True),
        _move("finish", Status.IN_PROGRESS, Status.TO_EVALUATE, _ENGINE, "visits held and period over"),
        _move("ask-endline", Status.TO_EVALUATE, Status.AWAITING_ENDLINE, _ENGINE, "asked once more", message="self_evaluation"),
        _move("answer-endline", Status.AWAITING_ENDLINE, None, _SCHOOL, "answered once more"),
        _move("go-without-endline", Status.AWAITING_ENDLINE, Status.TO_EVALUATE, _ENGINE, "no further answer by the deadline"),
        _move("compute", Status.TO_EVALUATE, Status.AWAITING_JUDGEMENT, _ENGINE, "figures computed"),
        _move("judge", Status.AWAITING_JUDGEMENT, Status.COMPLETE, _STEER, "impact judged", reason=True, message="evaluation"),
        _move("withdraw", OPEN, Status.WITHDRAWN, _ANYBODY, "withdrawn", reason=True, message="withdrawn"),
        _move("close-school", OPEN, Status.SCHOOL_CLOSED, _STEER | _ENGINE, "school closed", reason=True),
        _move("succeed", OPEN, None, _STEER | _ENGINE, "moved to the successor school", reason=True, message="successor"),
        _move("pause", OPEN, None, _STEER | {Role.COMMISSIONER}, "paused", reason=True, message="paused"),
        _move("resume", OPEN, None, _STEER | {Role.COMMISSIONER}, "resumed", message="resumed"),
        _move("take-up-again", _TAKEN_UP, None, _STEER, "taken up again", reason=True, message="welcome"),
        _move("replace-supporter", OPEN, Status.TO_MATCH, _STEER | {Role.ENGINE}, "supporter to be replaced", reason=True),
    )
}

# Where several statuses may follow, the programme says which; these are all that a move without `to` may lead to.
ONWARD: dict[str, frozenset[Status]] = {
    "opt-in": frozenset({Status.SELECTED, Status.AWAITING_PLACE}),
    "wait": frozenset({Status.AWAITING_PLACE}),
    "take-up-again": frozenset({Status.SELECTED, Status.TO_ASSESS}),
    "answer": frozenset({Status.AWAITING_SELF_EVALUATION, Status.TO_ASSESS}),
    "confirm": frozenset({Status.TO_MATCH, Status.TO_DRAFT, Status.TO_EVALUATE}),
    "override": frozenset({Status.TO_MATCH, Status.TO_DRAFT, Status.TO_EVALUATE}),
    "answer-endline": frozenset({Status.AWAITING_ENDLINE, Status.TO_EVALUATE}),
    "repropose": frozenset({Status.AWAITING_APPROVAL}),
    "change-dates": frozenset({Status.AWAITING_DATES}),
    # Once one match is agreed, a case goes to the timetable or seeks the next of its programme's matches.
    "settle-match": frozenset({Status.TO_SCHEDULE, Status.TO_MATCH}),
    "go-on-without": frozenset({Status.TO_SCHEDULE, Status.TO_MATCH}),
    "approve": frozenset({Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT, Status.TO_SCHEDULE, Status.TO_MATCH}),
    "accept-case": frozenset({Status.AWAITING_CONSENT, Status.TO_SCHEDULE, Status.TO_MATCH}),
    "accept-support": frozenset({Status.TO_SCHEDULE, Status.TO_MATCH}),
    "draft-plan": frozenset({Status.AWAITING_ADVISER, Status.AWAITING_SCHOOL}),
    "agree-plan": frozenset({Status.AWAITING_ADVISER, Status.AWAITING_SCHOOL, Status.IN_PROGRESS}),
}


# Where a case enters a stage.
ENTRANCES = {_D: Status.SELECTED, _B: Status.TO_MATCH, _S: Status.TO_SCHEDULE, _P: Status.TO_DRAFT, _E: Status.TO_EVALUATE}


def entrance_after(stage: Stage, stages: Sequence[Stage]) -> Status:
    """Return where a case goes that has passed `stage`: into the next of the programme's `stages`."""
    order = list(Stage)
    return next(ENTRANCES[one] for one in order[order.index(stage) + 1 :] if one in stages)


def check_move(name: str, case_id: int, status: Status, role: Role, reason: str | None = None, *, paused: bool = False) -> Move:
    """Return the move if `role` may make it from `status`; else raise NotAllowed or NotPossible saying why."""
    move = MOVES[name]
    if role not in move.roles:
        who = ", ".join(sorted(r.value for r in move.roles))
        raise NotAllowed(f'"{name}" is not for the role {role.value}: it is for {who}.')
    if status not in move.starts:
        raise NotPossible(f'Case {case_id} stands at "{STANDINGS[status].means}", where "{name}" is not possible.')
    if name not in {"resume", "withdraw", "close-school", "succeed"}:
        check_awake(case_id, paused=paused)
    if move.needs_reason and not (reason and reason.strip()):
        raise NotPossible(f'"{name}" needs a reason: give one with --reason.')
    return move


def check_awake(case_id: int, *, paused: bool) -> None:
    """Raise NotPossible if the case is paused."""
    if paused:
        raise NotPossible(f"Case {case_id} is paused: resume it first.")


def diagram() -> str:
    """Return the journey as a Mermaid state diagram, made from the tables above."""
    lines = ["stateDiagram-v2"]
    for stage in Stage:
        lines.append(f"    state {stage.value} {{")
        lines += [f"        {row.status.value}: {row.status.value}\\n{row.turn.value}" for row in STANDINGS.values() if row.stage is stage]
        lines.append("    }")
    for move in MOVES.values():
        group = GROUPS.get(move.starts)
        if group:
            lines.append(f"    {group} --> {move.to.value if move.to else group}: {move.name}")
            continue
        ends = sorted({move.to} if move.to else ONWARD.get(move.name, frozenset()))
        lines += [f"    {start.value} --> {end.value}: {move.name}" for start in sorted(move.starts) for end in ends]
    return "\n".join(lines) + "\n"
