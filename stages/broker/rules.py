"""Brokering: pure decisions on who may support whom, how well they fit, and the words that say so.

What is hard is never traded: kind of supporter, expertise in the phase, conflict, checks, distance cap, days, caseload and budget.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from calendars.periods import Term
from models.programme import Broker
from models.words import Phase
from stages.distance import kilometres

# What weighs beside travel, in kilometres: a point of skill level, having worked together before, a shared faith.
_KM_PER_LEVEL, _KM_KNOWN, _KM_FAITH = 10.0, 15.0, 5.0
_FAR = 50.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supporter as the rules see it: skills by phase (None for all phases) with level, capacity and money left.

    `half_days_left` is what is not yet promised over the commission; `by_term` is that term by term, for whoever has days by term;
    `pence_a_half_day` is its cost.
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
    faith: str | None = None
    declared: bool = True
    phase: Phase | None = None
    by_term: Mapping[Term, int] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case that wants support: its school, the skills needed, severity, supporters who refused or were refused, and those it `known` before.

    `reviewed` are supporters of schools that this one reviews. `by_term` says in which terms its half days fall, those that may be in any left
    out. Where a whole group wants one supporter, the others of it are `members`; half days and limits are then those of all together.
    """

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
    faith: str | None = None
    known: Collection[int] = ()
    members: "tuple[Wanted, ...]" = ()
    by_term: Mapping[Term, int] = field(default_factory=dict)
    reviewed: Collection[int] = ()

    @property
    def everybody(self) -> "tuple[Wanted, ...]":
        """Return the case itself and the other members of its group."""
        return (self, *self.members)


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


def unfit(wanted: Wanted, candidate: Candidate, broker: Broker) -> str | None:
    """Return what stops a match whatever else is matched, as a word for counting; None if nothing does."""
    if candidate.kind not in KINDS[broker.mode]:
        return "kind of supporter"
    found = [stop for one in wanted.everybody if (stop := _unfit_for(one, candidate, broker)) is not None]
    if found:
        return max(found, key=ORDER.index)
    if not candidate.declared:
        return "declaration"
    if candidate.open_checks:
        return "due diligence"
    if candidate.id in wanted.not_these:
        return "declined before"
    if candidate.id in wanted.reviewed:
        return "reviewed by this school"
    return "distance" if any(_too_far(one, candidate, broker) for one in wanted.everybody) else None


def _unfit_for(one: Wanted, candidate: Candidate, broker: Broker) -> str | None:
    """Return what stops a match with one school."""
    if any(level(candidate, skill, one.phase) == 0 for skill in one.skills):
        return "expertise"
    if "same_phase" in broker.group_rules and candidate.phase is not None and not alike(one.phase, candidate.phase):
        return "phase"
    # A school that leads a hub or a group is in it as any other; nobody is a peer of themselves, whatever the register says.
    own = candidate.employer_urn == one.urn
    if (own and broker.mode == "peer") or (one.urn in candidate.conflicted_urns and not (own and broker.mode in LED_BY_A_SCHOOL)):
        return "conflict of interest"
    if "no_shared_trust" in broker.group_rules and one.trust is not None and candidate.trust == one.trust:
        return "conflict of interest"
    return None


def _too_far(one: Wanted, candidate: Candidate, broker: Broker) -> bool:
    distance = kilometres(one, candidate)
    return broker.max_km is not None and (distance is None or distance > broker.max_km)


def alike(one: Phase, other: Phase) -> bool:
    """Tell whether two schools are of one phase; an all-through or middle school goes with primary and secondary schools."""
    mixed = {Phase.ALL_THROUGH, Phase.MIDDLE}
    mainstream = {Phase.PRIMARY, Phase.SECONDARY, *mixed}
    return one is other or (one in mixed and other in mainstream) or (other in mixed and one in mainstream)


def most_cases(candidate: Candidate, broker: Broker) -> int | None:
    """Return how many further cases a supporter may take, below nothing if there are too many already; None if nothing limits it."""
    cap = min((c for c in (candidate.caseload_cap, broker.cases_per_supporter) if c is not None), default=None)
    return None if cap is None else cap - candidate.cases


LED_BY_A_SCHOOL = frozenset({"hub", "group"})
KINDS: dict[str, frozenset[str]] = {
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


def way(wanted: Wanted, candidate: Candidate) -> float | None:
    """Return the distance in kilometres, the mean of those of a group; None if one place is not known."""
    found = [kilometres(one, candidate) for one in wanted.everybody]
    known = [distance for distance in found if distance is not None]
    return sum(known) / len(known) if len(known) == len(found) else None


def fit(wanted: Wanted, candidate: Candidate) -> float:
    """Return how well a supporter fits a case, in kilometres of travel saved: skill, having worked together and faith, less the way there."""
    distance = way(wanted, candidate)
    skill = sum(level(candidate, skill, wanted.phase) for skill in wanted.skills) / max(1, len(wanted.skills))
    known = _KM_KNOWN if candidate.id in wanted.known else 0.0
    faith = _KM_FAITH if candidate.faith is not None and candidate.faith == wanted.faith else 0.0
    return _KM_PER_LEVEL * skill + known + faith - (_FAR if distance is None else distance)


def reason(wanted: Wanted, candidate: Candidate, fitting: int) -> str:
    """Say why a supporter fits a case."""
    distance = way(wanted, candidate)
    mean = " on average" if wanted.members else ""
    where = "distance not known" if distance is None else f"{distance:.1f} km away{mean}"
    skills = ", ".join(f"{skill} at level {level(candidate, skill, wanted.phase)} of 3" for skill in wanted.skills) or "no special skill asked for"
    more = "; they have worked together before" if candidate.id in wanted.known else ""
    days = candidate.half_days_left / 2
    return f"{candidate.name}: {skills}; {where}; {days:g} {'day' if days == 1 else 'days'} free{more}; {fitting} could do it"


ORDER = (
    "budget",
    "capacity",
    "caseload",
    "declaration",
    "due diligence",
    "distance",
    "phase",
    "reviewed by this school",
    "declined before",
    "conflict of interest",
    "expertise",
    "kind of supporter",
)
_MEND = {
    "budget": "the budget that is left does not pay for it: more budget or a lower entitlement would",
    "capacity": "everybody who could has no days left{when}: more days of one of them would do",
    "caseload": "everybody who could has as many cases as they may: a higher caseload or another supporter would do",
    "declaration": "whoever could has not declared any conflicts of interest yet, or not this year: ask for the declaration",
    "due diligence": "whoever could has checks that are not done yet: `lodestar supporter checks` shows them",
    "distance": "everybody who could is too far away, or the distance is not known",
    "phase": "everybody who could works in another phase",
    "reviewed by this school": "every reviewer who could is reviewed by this school: another school in the round would do",
    "declined before": "everybody who could has declined or was declined: another supporter is needed",
    "conflict of interest": "everybody who could is too close to the school: another supporter is needed",
    "expertise": "nobody has the expertise in this phase: a supporter with it is needed",
    "kind of supporter": "there is no supporter of the kind that the programme asks for",
}


def kinds_in_words(broker: Broker) -> str:
    """Return the kinds of supporter that a programme matches with."""
    return " or ".join(sorted(kind.replace("_", " ") for kind in KINDS[broker.mode]))


NOBODY = "There are no supporters yet: add some."


def why_unmet(
    stops: Mapping[str, int], smallest: str | None, nobody_has: Collection[str] = (), when: str = "", *, too_far: bool = False,
    kinds: str = "",
) -> str:  # fmt: skip
    """Name the limit that comes nearest to being met, the smallest change that would do, and how many supporters each limit stops.

    `nobody_has` are skills that the case needs and that no supporter of the right kind has in its phase (or, where there is nobody of the
    right kind, that kind); `when` says in which terms there are no days left, where it is only those; `too_far` is that nothing stops
    somebody but the way, which is more than it is worth; `kinds` are the kinds of supporter who could.
    """
    nearest = None if too_far else next((stop for stop in ORDER if stop in stops), None)
    if nearest in {"expertise", "kind of supporter"} and nobody_has:
        smallest = f"what is missing: {', '.join(nobody_has)}"
    said = _MEND[nearest].format(when=when and f" in {when}").capitalize() if nearest else "Nobody is near enough to be worth the way"
    counts = ", ".join(f"{stop} stops {stops[stop]}" for stop in ORDER if stop in stops)
    # Who is of another kind stands last, so that which kind it takes ends the list.
    counts += f": it takes {'an' if kinds[0] in 'aeiou' else 'a'} {kinds}" if kinds and "kind of supporter" in stops else ""
    return f"{said}{f'; {smallest}' if smallest else ''}{f' ({counts})' if counts else ''}."
