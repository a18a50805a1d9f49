"""Brokering: pure decisions on who can support whom, and who does; most urgent need first, best fit each time.

A match weighs skill in the phase, distance and a fair load. What is hard is never traded: skill, conflict, capacity,
distance cap, caseload and budget.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot

from models.programme import Broker
from models.words import Phase

# A point of skill level is worth this many kilometres of travel, and a full load this many.
_KM_PER_LEVEL = 10.0
_KM_PER_FULL_LOAD = 30.0
_FAR = 50.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supporter as the rules see it: skills by phase (None for all phases) with level, capacity and money left.

    `half_days_left` is what is not yet promised over the commission; `pence_a_half_day` is its cost.
    """

    id: int
    name: str
    kind: str
    skills: Mapping[tuple[str, Phase | None], int]
    half_days: int
    half_days_left: int
    pence_a_half_day: int
    easting: int | None
    northing: int | None
    cases: int
    caseload_cap: int | None
    trust: str | None
    employer_urn: int | None
    conflicted_urns: frozenset[int]
    open_checks: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case that wants support: its school, the skills needed, severity, and supporters who refused or were refused."""

    case_id: int
    urn: int
    phase: Phase
    trust: str | None
    easting: int | None
    northing: int | None
    skills: tuple[str, ...]
    severity: int
    half_days: int
    not_these: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """A supporter for a case: cost in pence, distance in kilometres, the reason, and who was next."""

    case_id: int
    supporter_id: int
    half_days: int
    cost: int
    kilometres: float | None
    reason: str
    runner_up_id: int | None
    runner_up_reason: str | None


@dataclass(frozen=True, slots=True)
class Unmet:
    """A case for which nobody can be matched, and which limit stops it."""

    case_id: int
    why: str


def barred(wanted: Wanted, candidate: Candidate, broker: Broker, budget_left: int) -> str | None:
    """Return the limit that stops a match as a word for counting; None if nothing does."""
    return _unfit(wanted, candidate, broker) or _spent(wanted, candidate, broker, budget_left)


def _unfit(wanted: Wanted, candidate: Candidate, broker: Broker) -> str | None:
    """Return what stops a match whatever else is matched."""
    if candidate.kind not in _KINDS[broker.mode]:
        return "kind of supporter"
    if any(level(candidate, skill, wanted.phase) == 0 for skill in wanted.skills):
        return "expertise"
    same_trust = candidate.trust is not None and candidate.trust == wanted.trust
    if wanted.urn in candidate.conflicted_urns or candidate.employer_urn == wanted.urn or same_trust:
        return "conflict of interest"
    if candidate.open_checks:
        return "due diligence"
    if candidate.id in wanted.not_these:
        return "declined before"
    distance = kilometres(wanted, candidate)
    return "distance" if broker.max_km is not None and (distance is None or distance > broker.max_km) else None


def _spent(wanted: Wanted, candidate: Candidate, broker: Broker, budget_left: int) -> str | None:
    """Return what is used up: days, cases or money."""
    if candidate.half_days_left < wanted.half_days:
        return "capacity"
    cap = min((c for c in (candidate.caseload_cap, broker.cases_per_supporter) if c is not None), default=None)
    if cap is not None and candidate.cases >= cap:
        return "caseload"
    return "budget" if candidate.pence_a_half_day * wanted.half_days > budget_left else None


_KINDS: dict[str, frozenset[str]] = {
    "adviser": frozenset({"adviser"}),
    "provider": frozenset({"provider", "hub", "supporting_school"}),
    "hub": frozenset({"hub"}),
    "mentor": frozenset({"mentor"}),
    "group": frozenset({"supporting_school"}),
    "triad": frozenset({"adviser"}),
    "peer": frozenset({"supporting_school"}),
}


def level(candidate: Candidate, skill: str, phase: Phase) -> int:
    """Return how well a supporter masters a skill in a phase, 1 to 3; 0 if not at all."""
    return max(candidate.skills.get((skill, phase), 0), candidate.skills.get((skill, None), 0))


def kilometres(wanted: Wanted, candidate: Candidate) -> float | None:
    """Return the straight-line distance in kilometres; None if either place is not known."""
    if wanted.easting is None or wanted.northing is None or candidate.easting is None or candidate.northing is None:
        return None
    return hypot(wanted.easting - candidate.easting, wanted.northing - candidate.northing) / 1000


def price(wanted: Wanted, candidate: Candidate) -> float:
    """Return how ill a match fits, in kilometres: travel, less for skill, more for a load already carried."""
    distance = kilometres(wanted, candidate)
    skill = sum(level(candidate, skill, wanted.phase) for skill in wanted.skills) / max(1, len(wanted.skills))
    load = 1 - candidate.half_days_left / candidate.half_days if candidate.half_days else 1.0
    return (_FAR if distance is None else distance) - _KM_PER_LEVEL * skill + _KM_PER_FULL_LOAD * load


def match_all(wanted: Sequence[Wanted], candidates: Sequence[Candidate], broker: Broker, budget_left: int) -> list[Matched | Unmet]:
    """Match each case in order of severity (then number); what one takes is no longer there for the next.

    `budget_left` is in pence. The result has one entry a case, in the order they were matched.
    """
    pool = {candidate.id: candidate for candidate in candidates}
    outcome: list[Matched | Unmet] = []
    for one in sorted(wanted, key=lambda w: (-w.severity, w.case_id)):
        stops = {c.id: barred(one, c, broker, budget_left) for c in pool.values()}
        fitting = sorted((c for c in pool.values() if stops[c.id] is None), key=lambda c: (price(one, c), c.id))
        if not fitting:
            outcome.append(Unmet(one.case_id, _why_unmet([stop for stop in stops.values() if stop])))
            continue
        best, runner_up = fitting[0], fitting[1] if len(fitting) > 1 else None
        cost = best.pence_a_half_day * one.half_days
        outcome.append(Matched(
            one.case_id, best.id, one.half_days, cost, _rounded(kilometres(one, best)), _reason(one, best, len(fitting)),
            runner_up.id if runner_up else None, _reason(one, runner_up, len(fitting)) if runner_up else None,
        ))  # fmt: skip
        budget_left -= cost
        pool[best.id] = replace(best, half_days_left=best.half_days_left - one.half_days, cases=best.cases + 1)
    return outcome


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, 1)


def _reason(wanted: Wanted, candidate: Candidate, fitting: int) -> str:
    """Say why a supporter fits a case."""
    distance = kilometres(wanted, candidate)
    where = "distance not known" if distance is None else f"{distance:.1f} km away"
    skills = ", ".join(f"{skill} at level {level(candidate, skill, wanted.phase)} of 3" for skill in wanted.skills) or "no special skill asked for"
    return f"{candidate.name}: {skills}; {where}; {candidate.half_days_left / 2:g} days free; {fitting} could do it"


_ORDER = ("budget", "capacity", "caseload", "due diligence", "distance", "declined before", "conflict of interest", "expertise", "kind of supporter")
_MEND = {
    "budget": "the budget that is left does not pay for it: more budget or a lower entitlement would",
    "capacity": "everybody who could has no days left: more days of one of them would do",
    "caseload": "everybody who could has as many cases as they may: a higher caseload or another supporter would do",
    "due diligence": "whoever could has checks that are not done yet: `lodestar supporter checks` shows them",
    "distance": "everybody who could is too far away, or the distance is not known",
    "declined before": "everybody who could has declined or was declined: another supporter is needed",
    "conflict of interest": "everybody who could is too close to the school: another supporter is needed",
    "expertise": "nobody has the expertise in this phase: a supporter with it is needed",
    "kind of supporter": "there is no supporter of the kind that the programme asks for",
}


def _why_unmet(stops: Sequence[str]) -> str:
    """Name the limit that comes nearest to being met, with how many supporters each limit stops."""
    if not stops:
        return "There are no supporters yet: add some."
    nearest = next(stop for stop in _ORDER if stop in stops)
    counts = ", ".join(f"{stop} stops {stops.count(stop)}" for stop in _ORDER if stop in stops)
    return f"{_MEND[nearest].capitalize()} ({counts})."
