"""Peer review: each school is reviewed by another that it does not review itself. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from models.programme import Broker
from stages.broker.capacity import after, has_time
from stages.broker.matching.grouping import School
from stages.broker.matching.reviewing import pair_reviewers
from stages.broker.matching.solution import Limits
from stages.broker.outcomes import Brokered, match_all
from stages.broker.rules import KINDS, Candidate, Matched, Unmet, Wanted, fit, most_cases, reason, unfit
from stages.distance import kilometres
from stages.highs import Stopped

# So that every allowed pair is worth making, however far apart.
_A_PAIR = 300.0
Link = tuple[int, int]


def match_peers(
    wanted: Sequence[Wanted], candidates: Sequence[Candidate], broker: Broker, budget_left: int, limits: Limits, already: Collection[Link] = ()
) -> Brokered:
    """Match schools as peers: in rings, so that each reviews one and is reviewed by one, and nobody reviews who reviews them.

    Whoever fits into no ring is matched with a reviewer who is still free. `already` are (reviewing, reviewed) URNs of matches that stand.
    """
    reviewers = _reviewers(candidates, broker)
    free = [one for one in wanted if one.urn in reviewers and _may_take(reviewers[one.urn], broker)]
    values = _values(free, reviewers, broker, already)
    schools = [School(one.case_id, (one.easting or 0) / 1000, (one.northing or 0) / 1000) for one in free]
    grouped = pair_reviewers(schools, values, limits=limits)
    by_id = {one.case_id: one for one in free}
    links = {(by_id[by].urn, by_id[of].urn) for by, of in grouped.groups}
    outcomes, left = list[Matched | Unmet](), budget_left
    for by, of in sorted(grouped.groups, key=lambda pair: (-by_id[pair[1]].severity, pair[1])):
        one, chosen = by_id[of], reviewers[by_id[by].urn]
        cost = one.half_days * chosen.pence_a_half_day
        if cost <= left:
            outcomes.append(_matched(one, chosen, by_id, values, reviewers))
            left -= cost
    settled = {one.case_id for one in outcomes}
    later = [one for one in wanted if one.case_id not in settled]
    made = {one.supporter_id: by_id[one.case_id] for one in outcomes if isinstance(one, Matched)}
    rest = _rest(later, candidates, broker, left, limits, {*already, *links}, made)
    stopped = rest.stopped_by if grouped.proven else Stopped.TIME.value
    gap = 0.0 if grouped.proven or not grouped.bound else max(0.0, grouped.bound - grouped.objective) / abs(grouped.bound)
    return Brokered([*outcomes, *rest.outcomes], round(max(gap, rest.gap), 6), stopped)


def _reviewers(candidates: Sequence[Candidate], broker: Broker) -> dict[int, Candidate]:
    """Return who reviews for each school, by URN: of a kind that does, and of several whoever has most time that is not taken."""
    mine = [one for one in candidates if one.kind in KINDS[broker.mode] and one.employer_urn is not None]
    found: dict[int, Candidate] = {}
    for one in sorted(mine, key=lambda one: (_may_take(one, broker), one.half_days_left, -one.id)):
        found[one.employer_urn or 0] = one
    return found


def _may_take(one: Candidate, broker: Broker) -> bool:
    cases = most_cases(one, broker)
    return cases is None or cases > 0


def _values(free: Sequence[Wanted], reviewers: Mapping[int, Candidate], broker: Broker, already: Collection[Link]) -> dict[Link, float]:
    """Return what each allowed pair of cases is worth, by (reviewing, reviewed)."""
    found = {}
    for by in free:
        candidate = reviewers[by.urn]
        for of in free:
            barred = by is of or (of.urn, by.urn) in already or not has_time(candidate, of)
            if not barred and unfit(of, candidate, broker) is None:
                found[by.case_id, of.case_id] = _A_PAIR + fit(of, candidate)
    return found


def _matched(
    one: Wanted, chosen: Candidate, by_id: Mapping[int, Wanted], values: Mapping[Link, float], reviewers: Mapping[int, Candidate]
) -> Matched:
    """Return a pair as a match, with the reviewer who would have been next."""
    mine = {reviewers[by_id[by].urn].id: (value, reviewers[by_id[by].urn]) for (by, of), value in values.items() if of == one.case_id}
    others = sorted(((value, other) for number, (value, other) in mine.items() if number != chosen.id), key=lambda pair: (-pair[0], pair[1].id))
    distance = kilometres(one, chosen)
    next_best = others[0][1] if others else None
    return Matched(
        one.case_id, chosen.id, one.half_days, one.half_days * chosen.pence_a_half_day, None if distance is None else round(distance, 1),
        f"in a ring of peers: {reason(one, chosen, len(mine))}", next_best.id if next_best else None,
        f"{reason(one, next_best, len(mine))}; to take them would change the ring" if next_best else None,
    )  # fmt: skip


def _rest(
    later: Sequence[Wanted], candidates: Sequence[Candidate], broker: Broker, budget: int, limits: Limits, links: Collection[Link],
    made: Mapping[int, Wanted],
) -> Brokered:  # fmt: skip
    """Match whoever fits into no ring with reviewers who are free; of two who would review each other the graver case is met, the other anew.

    `made` are the cases that reviewers have got already, by reviewer.
    """
    pool = {one.id: replace(after(one, made[one.id]), cases=one.cases + 1) if one.id in made else one for one in candidates}
    links, outcomes = set(links), list[Matched | Unmet]()
    while True:
        wants = [replace(one, reviewed=_reviewed_by(one, pool.values(), links)) for one in later]
        found = match_all(wants, list(pool.values()), broker, budget, limits)
        kept = _without_returns(found.outcomes, later, pool)
        if len(kept) == sum(isinstance(one, Matched) for one in found.outcomes):
            return replace(found, outcomes=[*outcomes, *found.outcomes])
        # Somebody whose match was not kept finds another reviewer, or one whom that has left free.
        by_id = {one.case_id: one for one in later}
        for one in kept:
            chosen, case = pool[one.supporter_id], by_id[one.case_id]
            pool[chosen.id] = replace(after(chosen, case), cases=chosen.cases + 1)
            links.add((chosen.employer_urn or 0, case.urn))
            budget -= one.cost
        outcomes += kept
        later = [one for one in later if one.case_id not in {match.case_id for match in kept}]


def _without_returns(found: Sequence[Matched | Unmet], later: Sequence[Wanted], pool: Mapping[int, Candidate]) -> list[Matched]:
    """Return the matches of which none is the other way round of one before it."""
    urns = {one.case_id: one.urn for one in later}
    links, kept = set[Link](), list[Matched]()
    for one in found:
        if isinstance(one, Matched):
            link = pool[one.supporter_id].employer_urn or 0, urns[one.case_id]
            if link[::-1] not in links:
                links.add(link)
                kept.append(one)
    return kept


def _reviewed_by(one: Wanted, pool: Iterable[Candidate], links: Collection[Link]) -> frozenset[int]:
    """Return the reviewers whose own school this one reviews."""
    return frozenset(candidate.id for candidate in pool if (one.urn, candidate.employer_urn or 0) in links)
