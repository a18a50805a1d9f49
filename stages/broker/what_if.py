"""What would happen if: the same matching on changed values, beside the matching as things stand. Nothing is saved."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from calendars.periods import Term
from models.case import Case
from models.errors import BadInput, NotPossible
from models.match import Match
from models.words import Phase, Status
from programmes.sessions import FIRST
from stages import ledger
from stages.brief import Brief
from stages.broker.capacity import with_more, with_terms
from stages.broker.gathering import gather_candidates, gather_wanted
from stages.broker.modelling import LIMITS, Brokered, match_all
from stages.broker.rules import Candidate, Matched, Wanted
from stages.broker.terms import by_term, terms_of
from stages.broker.under_way import needs_nobody
from stages.journey import ENDED

# What is not settled yet is matched again; what a school and a supporter agreed stays.
_OPEN = (Status.TO_MATCH, Status.UNMET, Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT)
_BANDS = (("severity 67 to 100", 67), ("severity 34 to 66", 34), ("severity 0 to 33", 0))


@dataclass(frozen=True, slots=True)
class NewTime:
    """A supporter who is not there yet: skills as the rules want them; `half_days` over the commission, or those of each term by its season."""

    name: str
    kind: str
    skills: Mapping[tuple[str, Phase | None], int]
    half_days: int
    pence_a_half_day: int
    easting: int | None = None
    northing: int | None = None
    trust: str | None = None
    employer_urn: int | None = None
    caseload_cap: int | None = None
    faith: str | None = None
    half_days_by_term: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is changed: supporters added, gone (their open cases are matched again) or frozen (nothing new), days, pence, distance cap.

    `half_days` are over the commission, `in_season` those in each term of a season, by name and season.
    """

    added: Sequence[NewTime] = ()
    gone: Sequence[str] = ()
    frozen: Sequence[str] = ()
    half_days: Mapping[str, int] = field(default_factory=dict)
    pence: int = 0
    max_km: float | None = None
    in_season: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that a matching is made of."""

    wanted: Sequence[Wanted]
    candidates: Sequence[Candidate]
    budget: int
    proposed: Mapping[int, int]
    terms: Collection[Term]


def compare(session: Session, brief: Brief, what: WhatIf, today: datetime.date) -> dict[str, Any]:
    """Return how a commission's open cases would be matched now and then: needs met by severity, travel, cost, waits and load.

    Only the first match of each case is looked at, and only where cases are matched one by one; NotPossible otherwise.
    Both are about the same cases. Those of whoever is gone stand now as they were agreed, and are matched again then.
    """
    if brief.programme.broker.mode in {"triad", "peer"}:
        raise NotPossible(f"{brief.programme.title} puts schools together before it matches them, and what would happen then cannot be compared yet.")
    _check_names(brief, what)
    cases, matches = _open_cases(session, brief, [])
    scene = _scene(session, brief, cases, matches, today)
    leaving, theirs = _open_cases(session, brief, what.gone) if what.gone else ([], [])
    both = _scene(session, brief, [*cases, *leaving], [*matches, *theirs], today) if leaving else scene
    then_broker = brief.programme.broker if what.max_km is None else brief.programme.broker.model_copy(update={"max_km": what.max_km})
    limits = replace(LIMITS, seed=brief.commission.seed)
    now = match_all(scene.wanted, scene.candidates, brief.programme.broker, scene.budget, limits, scene.proposed)
    now = replace(now, outcomes=[*now.outcomes, *_as_agreed(session, theirs)])
    changed = _changed(both, what)
    then = match_all(changed.wanted, changed.candidates, then_broker, changed.budget, limits, changed.proposed)
    # Whoever has a supporter has not waited for one.
    since = {case.id: case.since.in_timezone("Europe/London").date() for case in cases} | {case.id: today for case in leaving}
    return {
        "cases": len(both.wanted),
        "now": _figures(now, both, since, today),
        "then": _figures(then, changed, since, today),
        "changes": _changes(brief, now, then, both, changed),
    }


def _open_cases(session: Session, brief: Brief, of: Sequence[str]) -> tuple[list[Case], list[Match]]:
    """Return the cases whose match is not settled, or those that these supporters have agreed to, with the live matches of each."""
    live = col(Match.status).in_(ledger.LIVE_MATCHES)
    first = (col(Match.case_id) == Case.id) & live & (col(Match.further) == FIRST)
    query = select(Case, Match).outerjoin(Match, first).where(Case.commission_id == brief.commission_id)
    names = {one.id: one.name for one in brief.supporters.values()}
    rows = session.exec(query.where(col(Case.paused_since).is_(None)).order_by(col(Case.id))).all()
    kept = [
        (case, match) for case, match in rows
        if (case.status in _OPEN and case.further == FIRST if not of else match and case.status not in _OPEN and names[match.supporter_id] in of
            and case.status not in ENDED and not needs_nobody(session, case, match.supporter_id))
    ]  # fmt: skip
    return [case for case, _ in kept], [match for _, match in kept if match is not None]


def _scene(session: Session, brief: Brief, cases: Sequence[Case], matches: Sequence[Match], today: datetime.date) -> _Scene:
    """Return what a matching of these cases is made of; what visits have used of a match already is not there to be promised again."""
    wanted, unused = gather_wanted(session, brief, cases), ledger.still_unused(session, matches)
    used: Counter[int] = Counter()
    for match in matches:
        used[match.supporter_id] += match.half_days - unused[match.case_id][0]
    candidates = [replace(one, half_days_left=one.half_days_left - used[one.id]) for one in gather_candidates(session, brief, today, matches)]
    # Whoever is added may have days by term though nobody has them yet.
    wanted, candidates = by_term(session, brief, wanted, candidates, today, FIRST, matches, always=True)
    budget = ledger.money_left(session, brief.commission_id) + sum(pence for _, pence in unused.values())
    return _Scene(wanted, candidates, budget, {match.case_id: match.supporter_id for match in matches}, terms_of(brief, today))


def _as_agreed(session: Session, matches: Sequence[Match]) -> list[Matched]:
    """Return matches that stand as they were agreed, with what is still to come of each."""
    unused = ledger.still_unused(session, matches)
    return [
        Matched(match.case_id, match.supporter_id, *unused[match.case_id], match.kilometres, match.reason, match.runner_up_id, match.runner_up_reason)
        for match in matches
    ]


def _check_names(brief: Brief, what: WhatIf) -> None:
    known = {one.name for one in brief.supporters.values()}
    in_season = {name for name, _ in what.in_season}
    unknown = sorted({*what.gone, *what.frozen, *what.half_days, *in_season} - known)
    if unknown:
        raise BadInput(f"There is no supporter called {', '.join(unknown)}: `lodestar supporter list` shows those there are.")
    named = [one.name for one in what.added]
    twice = sorted(name for name in set(named) if name in known or named.count(name) > 1)
    if twice:
        raise BadInput(f"{', '.join(twice)}: there would be two of that name, and nobody could tell them apart in the answer.")
    whole = sorted(one.name for one in brief.supporters.values() if one.name in in_season and one.half_days_by_term is None)
    if whole:
        raise BadInput(f"{', '.join(whole)} has no days by term, only days a year: give the change as NAME=+2.")
    both = sorted(set(what.gone) & {*what.frozen, *what.half_days, *in_season})
    if both:
        raise BadInput(f"{', '.join(both)} cannot be gone and also frozen or given other days: ask one thing.")


def _changed(scene: _Scene, what: WhatIf) -> _Scene:
    """Return the scene with everything changed that is asked for."""
    stay = [one for one in scene.candidates if one.name not in what.gone]
    candidates = [_with_time(one, what) for one in stay]
    first = max((one.id for one in scene.candidates), default=0) + 1
    for number, new in enumerate(what.added, start=first):
        stopped = {w.urn for w in scene.wanted if w.urn == new.employer_urn or (new.trust is not None and new.trust == w.trust)}
        added = Candidate(number, new.name, new.kind, new.skills, new.half_days, new.half_days, new.pence_a_half_day, new.easting,
                          new.northing, 0, new.caseload_cap, new.trust, new.employer_urn, frozenset(stopped), faith=new.faith)  # fmt: skip
        shares = new.half_days_by_term
        candidates.append(with_terms(added, {term: shares.get(term[1], 0) for term in scene.terms}) if shares and scene.terms else added)
    there = {one.id for one in candidates}
    proposed = {case: who for case, who in scene.proposed.items() if who in there}
    return replace(scene, candidates=candidates, budget=scene.budget + what.pence, proposed=proposed)


def _with_time(one: Candidate, what: WhatIf) -> Candidate:
    if one.name in what.frozen:
        return replace(one, half_days_left=min(0, one.half_days_left), by_term=one.by_term and dict.fromkeys(one.by_term, 0))
    one = with_more(one, what.half_days.get(one.name, 0))
    for (name, season), half_days in what.in_season.items():
        one = with_more(one, half_days, season) if name == one.name else one
    return one


def _figures(found: Brokered, scene: _Scene, since: Mapping[int, datetime.date], today: datetime.date) -> dict[str, Any]:
    """Return what a matching comes to."""
    wanted = {one.case_id: one for one in scene.wanted}
    matched = [one for one in found.outcomes if isinstance(one, Matched)]
    waits = [(today - since[one.case_id]).days for one in found.outcomes if not isinstance(one, Matched)]
    taken: dict[int, int] = {}
    for one in matched:
        taken[one.supporter_id] = taken.get(one.supporter_id, 0) + one.half_days
    loads = [100 * (c.half_days - c.half_days_left + taken.get(c.id, 0)) / c.half_days for c in scene.candidates if c.half_days]
    met = {name: [0, 0] for name, _ in _BANDS}
    got = {one.case_id for one in matched}
    for number, case in wanted.items():
        band = met[next(name for name, least in _BANDS if case.severity >= least)]
        band[0] += number in got
        band[1] += 1
    return {
        **{name: f"{count} of {total}" for name, (count, total) in met.items()},
        "needs_met": len(matched), "unmet": len(waits), "days_waited_by_those": sum(waits),
        "travel_km": round(sum(one.kilometres or 0 for one in matched), 1), "cost_pence": sum(one.cost for one in matched),
        "days": sum(one.half_days for one in matched) / 2, "fullest_supporter_percent": round(max(loads, default=0)), "gap": found.gap,
    }  # fmt: skip


def _changes(brief: Brief, now: Brokered, then: Brokered, before: _Scene, after: _Scene) -> list[dict[str, Any]]:
    """Return the cases for which something would be otherwise."""
    names = {one.id: one.name for one in (*before.candidates, *after.candidates)}
    first, second = _by_case(now), _by_case(then)
    schools = {one.case_id: brief.schools[one.urn].name for one in before.wanted}
    return [
        {"case": number, "school": schools[number], "now": names.get(first[number] or 0), "then": names.get(second[number] or 0)}
        for number in sorted(first) if first[number] != second[number]
    ]  # fmt: skip


def _by_case(found: Brokered) -> dict[int, int | None]:
    return {one.case_id: one.supporter_id if isinstance(one, Matched) else None for one in found.outcomes}
