"""Simulated people: what each would decide on a case, and after how many days; the same seed gives the same people."""

import random
from dataclasses import dataclass
from typing import Any

from models.case import Case
from models.programme import Programme
from models.words import Rag, Role, Status
from stages.deciding import KindName

_STRENGTHS = ("Staff know their families well", "Leaders act on what they see", "Governors ask good questions", "Pupils speak up for one another")
_AREAS = (
    "Costs add up in the autumn term",
    "Help is offered but not always taken up",
    "New staff need a briefing",
    "Records are kept in several places",
)
_ACTIONS = ("Ask families what they find hardest to pay for", "Name one person whom families can ask", "Look at the policy with governors")


@dataclass(frozen=True, slots=True)
class Intention:
    """A decision that somebody will take in so many days."""

    days: int
    kind: KindName
    role: Role
    by: str
    more: dict[str, Any]


def _of(chance: random.Random, days: tuple[int, int], kind: KindName, role: Role, by: str, **more: Any) -> Intention:
    return Intention(chance.randint(*days), kind, role, by, more)


def chance_of(seed: int, *what: object) -> random.Random:
    """Return the dice for one question, the same each time it is asked."""
    return random.Random("/".join(map(str, (seed, *what))))  # noqa: S311 - plays people, protects nothing


def intends(seed: int, case: Case, programme: Programme) -> Intention | None:
    """Return what the one whose turn it is will decide on `case`; None if they stay silent."""
    chance = chance_of(seed, case.urn, case.status.value, case.version)
    roll = chance.random()
    match case.status:
        case Status.INVITED | Status.AWAITING_SELF_EVALUATION:
            return _beginning(chance, roll, case, programme)
        case Status.AWAITING_CONFIRMATION | Status.AWAITING_EVIDENCE:
            return _diagnosis(chance, roll, case, programme)
        case Status.AWAITING_APPROVAL | Status.AWAITING_SUPPORTER | Status.AWAITING_CONSENT:
            return _match(chance, roll, case, programme)
        case Status.AWAITING_DATES:
            return _dates(chance, roll)
        case Status.AWAITING_ADVISER | Status.AWAITING_SCHOOL:
            return _plan(chance, roll, case)
        case Status.AWAITING_JUDGEMENT:
            return _of(chance, (3, 15), "judge", Role.ADVISER, "link adviser", reason="The school has made good progress and knows its next steps.")
        case _:
            return None


def _beginning(chance: random.Random, roll: float, case: Case, programme: Programme) -> Intention | None:
    if case.status is Status.INVITED:
        if roll < 0.62:
            return _of(chance, (1, 18), "opt-in", Role.SCHOOL, "headteacher")
        return None if roll > 0.85 else _of(chance, (1, 18), "decline", Role.SCHOOL, "headteacher", reason="We already work with our trust on this.")
    if roll > 0.88 or not programme.diagnose.instruments:
        return None
    return _of(chance, (2, 26), "answer", Role.SCHOOL, "headteacher", **_answers(chance, programme))


def _answers(chance: random.Random, programme: Programme) -> dict[str, Any]:
    """Return plausible answers to the programme's first instrument, and a focus area if there is a choice."""
    answers: dict[str, Any] = {}
    for question in programme.diagnose.instruments[0].questions:
        match question.kind:
            case "scale":
                answers[question.id] = chance.randint(question.lowest, question.highest)
            case "count" | "number":
                answers[question.id] = chance.randint(0, 60)
            case "choice":
                answers[question.id] = chance.choice(question.choices)
            case _:
                answers[question.id] = "Nothing further"
    areas = sorted(programme.diagnose.focus_areas)
    return {"answers": answers, "focus": chance.choice(areas) if areas else None}


def _diagnosis(chance: random.Random, roll: float, case: Case, programme: Programme) -> Intention | None:
    if case.status is Status.AWAITING_EVIDENCE:
        return _of(chance, (10, 25), "assess-again", Role.ADVISER, "link adviser")
    others = [category.id for category in programme.diagnose.categories if category.id != case.category]
    if roll < 0.03:
        return _of(chance, (1, 6), "unable-to-assess", Role.LEAD, "partnership lead", reason="The head is new and asks for a term's grace.")
    if roll < 0.09 and others:
        reason = "Known to the adviser from recent visits."
        return _of(chance, (1, 8), "override", Role.LEAD, "partnership lead", category=chance.choice(others), reason=reason)
    return _of(chance, (1, 8), "confirm", Role.LEAD, "partnership lead")


def _match(chance: random.Random, roll: float, case: Case, programme: Programme) -> Intention | None:
    if case.status is Status.AWAITING_APPROVAL:
        buyer, by = (Role.LEAD, "partnership lead") if programme.broker.approved_by == "lead" else (Role.COMMISSIONER, "commissioner")
        if roll < 0.02:
            return _of(chance, (1, 9), "refuse", buyer, by, reason="This supporter has too much on elsewhere.")
        return _of(chance, (1, 9), "approve", buyer, by)
    if case.status is Status.AWAITING_SUPPORTER:
        if roll < 0.05:
            return _of(chance, (1, 7), "decline-case", Role.SUPPORTER, "supporter", reason="I worked there until last year.")
        return _of(chance, (1, 7), "accept-case", Role.SUPPORTER, "supporter")
    if roll < 0.04:
        return _of(chance, (1, 12), "decline-support", Role.SCHOOL, "headteacher", reason="We would like somebody who knows small schools.")
    late = roll > 0.95
    return _of(
        chance, (25, 40) if late else (1, 12), "accept-support", Role.ADVISER if late else Role.SCHOOL, "link adviser" if late else "headteacher"
    )


def _dates(chance: random.Random, roll: float) -> Intention:
    if roll < 0.1:
        return _of(chance, (1, 5), "ask-other-dates", Role.SCHOOL, "headteacher", reason="There is a trip that day.")
    late = roll > 0.93
    return _of(
        chance, (18, 30) if late else (1, 6), "confirm-dates", Role.ADVISER if late else Role.SCHOOL, "link adviser" if late else "headteacher"
    )


def _plan(chance: random.Random, roll: float, case: Case) -> Intention:
    if case.status is Status.AWAITING_ADVISER:
        return _of(chance, (1, 6), "agree-plan", Role.ADVISER, "link adviser")
    if roll < 0.08:
        return _of(chance, (2, 9), "ask-changes", Role.SCHOOL, "headteacher", reason="Please give us until the summer term for the first action.")
    late = roll > 0.95
    if late:
        return _of(chance, (22, 34), "agree-plan", Role.ADVISER, "link adviser", reason="The headteacher agreed by telephone.")
    return _of(chance, (2, 12), "agree-plan", Role.SCHOOL, "headteacher")


def note_of(seed: int, visit_id: int) -> tuple[int, dict[str, Any]]:
    """Return after how many days a supporter writes up a visit, and what it says."""
    chance = chance_of(seed, "note", visit_id)
    return chance.randint(1, 6), {
        "strengths": chance.choice(_STRENGTHS) + ".",
        "areas": chance.choice(_AREAS) + ".",
        "actions": [chance.choice(_ACTIONS)],
    }


def reply_to(seed: int, note_id: int) -> tuple[int, KindName, str | None] | None:
    """Return after how many days a school answers a note, and how; None if it stays silent."""
    chance = chance_of(seed, "reply", note_id)
    roll = chance.random()
    if roll < 0.3:
        return None
    return (
        (chance.randint(1, 5), "note-inaccurate", "The number of staff is wrong.") if roll < 0.34 else (chance.randint(1, 5), "note-accurate", None)
    )


def review_of(seed: int, review_id: int) -> tuple[int, Rag, str]:
    """Return after how many days an adviser holds a review that is due, with rating and summary."""
    chance = chance_of(seed, "review", review_id)
    rag = chance.choices((Rag.GREEN, Rag.AMBER, Rag.RED), (62, 30, 8))[0]
    return (
        chance.randint(0, 12),
        rag,
        {"green": "On track.", "amber": "Some actions are late.", "red": "Stuck: to be taken up with governors."}[rag.value],
    )
