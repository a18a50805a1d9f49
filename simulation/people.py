"""Simulated people: what each would decide on a case, and after how many days; the same seed gives the same people."""

import random
from dataclasses import dataclass
from typing import Any

from models.case import Case
from models.evidence import Asking
from models.programme import Instrument, Programme, Question
from models.words import Rag, Role, Status
from stages.request import KindName

# By how many months pupils came on in a cycle, as the tests of the real schools found.
_GAINS = {("ks2-reading", "comprehension"): 18, ("ks2-reading", "accuracy"): 11, ("ks4-reading", "comprehension"): 32}


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
        case Status.INVITED:
            return _invited(chance, roll)
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


def _invited(chance: random.Random, roll: float) -> Intention | None:
    if roll < 0.62:
        return _of(chance, (1, 18), "opt-in", Role.SCHOOL, "headteacher")
    return None if roll > 0.85 else _of(chance, (1, 18), "decline", Role.SCHOOL, "headteacher", reason="We already work with our trust on this.")


def answers(seed: int, case: Case, asked: Asking, programme: Programme) -> Intention | None:
    """Return what a school will answer to an instrument it was asked with; None if it stays silent."""
    chance = chance_of(seed, "asked", case.urn, asked.instrument, asked.round)
    if chance.random() > 0.88:
        return None
    instrument = next(one for one in programme.diagnose.instruments if one.id == asked.instrument)
    more: dict[str, Any] = {"instrument": asked.instrument, "answers": answers_of(seed, case, instrument, asked.round)}
    areas = sorted(programme.diagnose.focus_areas)
    if areas and case.focus_area is None and instrument.kind == "self_evaluation":
        more["focus"] = chance.choice(areas)
    first_or_last = asked.round == 1 or case.status is Status.AWAITING_ENDLINE
    # Where there is little time, fewer let it pass.
    kind: KindName = "answer" if first_or_last else "revise-answers"
    days = (2, min(26, 2 * instrument.due_school_days - 4))
    return _of(chance, days, kind, Role.SCHOOL, "headteacher", **more)


def answers_of(seed: int, case: Case, instrument: Instrument, edition: int) -> dict[str, Any]:
    """Return plausible answers of a school to an instrument; judgements and shares rise a little with each edition, as schools come on."""
    level, answers = chance_of(seed, "level", case.urn, instrument.id), dict[str, Any]()
    for question in instrument.questions:
        base, chance = level.random(), chance_of(seed, case.urn, instrument.id, question.id, edition)
        match question.kind:
            case "scale":
                value = question.lowest + (question.highest - question.lowest) * base * 0.8 + 0.5 * (edition - 1) + chance.uniform(-0.3, 0.3)
                answers[question.id] = max(question.lowest, min(question.highest, round(value)))
            case "count":
                answers |= _counts(question, instrument, base, edition, answers)
            case "number":
                answers |= (
                    _sums(question, instrument, base, edition, answers) if instrument.kind == "assessment" else {question.id: chance.randint(0, 60)}
                )
            case "choice":
                answers[question.id] = chance.choice(question.choices)
            case _:
                answers[question.id] = "Nothing further"
    return answers


def _counts(question: Question, instrument: Instrument, base: float, edition: int, before: dict[str, Any]) -> dict[str, Any]:
    """Return a count, and by group: the first count of an instrument is of all pupils, each later one a part of it that grows."""
    first = next(one.id for one in instrument.questions if one.kind == "count")
    names = [question.id, *(f"{question.id}:{group}" for group in instrument.by_group)]
    if question.id == first:
        whole = 8 + round(30 * base)
        return {name: whole if ":" not in name else max(1, whole // (2 + number)) for number, name in enumerate(names)}
    share = min(0.95, 0.25 + 0.4 * base + 0.15 * (edition - 1))
    return {name: round(share * before[name.replace(question.id, first, 1)]) for name in names}


def _sums(question: Question, instrument: Instrument, base: float, edition: int, before: dict[str, Any]) -> dict[str, Any]:
    """Return what the ages of the pupils add up to, of all and by group: a group starts a little behind, and all come on as the tests found."""
    first = next(one.id for one in instrument.questions if one.kind == "count")
    gain = _GAINS.get((instrument.id, question.id), 12) * (0.95 + 0.1 * base) * (edition - 1)
    behind = {group: 4 + 2 * number for number, group in enumerate(instrument.by_group)}
    found = {f"{question.id}:{group}": round(before[f"{first}:{group}"] * (100 - months + gain)) for group, months in behind.items()}
    return {question.id: round(before[first] * (100 + gain)), **found}


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


def does(seed: int, case: Case, number: int) -> Intention | None:
    """Return what a school will say of an action of its agreed plan: that it is done, some weeks on; None if it never does it."""
    chance = chance_of(seed, "action", case.urn, number)
    return _of(chance, (14, 70), "action-done", Role.SCHOOL, "headteacher", action_number=number) if chance.random() < 0.85 else None


def review_of(seed: int, review_id: int) -> tuple[int, Rag, str]:
    """Return after how many days an adviser holds a review that is due, with rating and summary."""
    chance = chance_of(seed, "review", review_id)
    rag = chance.choices((Rag.GREEN, Rag.AMBER, Rag.RED), (62, 30, 8))[0]
    return (
        chance.randint(0, 12),
        rag,
        {"green": "On track.", "amber": "Some actions are late.", "red": "Stuck: to be taken up with governors."}[rag.value],
    )
