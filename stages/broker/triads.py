"""Groups matched as one: schools are put together first, and each group then wants one supporter. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot

from models.programme import Broker
from stages.broker.capacity import after
from stages.broker.matching.grouping import School
from stages.broker.matching.solution import Limits
from stages.broker.matching.triads import group_near_and_alike
from stages.broker.modelling import Brokered, match_all
from stages.broker.rules import Candidate, Matched, Unmet, Wanted, kilometres

# As far as two schools may differ in need is worth so many kilometres.
_UNLIKE_KM = 20.0
_NO_PLACE = "Its place is not known, so no group near it can be found: load a register that has its coordinates."
_ALONE = "No group can take it: {why}; a further school, or a group with room, would do."


@dataclass(frozen=True, slots=True)
class Group:
    """A group that there is: its supporter and its schools."""

    id: int
    supporter_id: int
    members: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """What became of all cases, which of them are together in new groups, and which joined a group that was there (by case)."""

    found: Brokered
    together: list[tuple[int, ...]]
    joined: dict[int, int]


def match_groups(
    wanted: Sequence[Wanted],
    candidates: Sequence[Candidate],
    broker: Broker,
    size: int,
    budget_left: int,
    limits: Limits,
    there: Sequence[Group] = (),
) -> Together:
    """Put cases into groups that are near and alike, as the programme's rules say, and match each group with one supporter.

    Groups that are `there` and have fewer than `size` are filled first; a case that fits into no new group joins one that has at most one
    more. Every case is in the result once.
    """
    outcomes: list[Matched | Unmet] = [Unmet(one.case_id, _NO_PLACE) for one in wanted if one.easting is None or one.northing is None]
    rules, by_id, joined = broker.group_rules, {one.case_id: one for one in wanted}, dict[int, int]()
    placed, pool = [], {one.id: one for one in candidates}
    for one in [one for one in wanted if one.easting is not None and one.northing is not None]:
        short = [group for group in there if len(group.members) + sum(number == group.id for number in joined.values()) < size]
        money = budget_left - sum(one.cost for one in outcomes if isinstance(one, Matched))
        outcome, group_id = _join(one, "", short, pool.values(), broker, size, money, limits) if short else (None, None)
        if isinstance(outcome, Matched) and group_id is not None:
            outcomes.append(outcome)
            joined[one.case_id] = group_id
            pool[outcome.supporter_id] = after(pool[outcome.supporter_id], one)
        else:
            placed.append(one)
    grouped = group_near_and_alike(
        [_school(one) for one in placed], size, unlike_km=_UNLIKE_KM if "alike_in_need" in rules else 0.0,
        one_trust_apart="no_shared_trust" in rules, same_phase="same_phase" in rules, limits=limits,
    )  # fmt: skip
    wants = [_as_one([by_id[number] for number in numbers]) for numbers in grouped.groups]
    money = budget_left - sum(one.cost for one in outcomes if isinstance(one, Matched))
    found = match_all(wants, list(pool.values()), broker, money, limits)
    made = []
    for outcome in found.outcomes:
        group = next(one for one in wants if one.case_id == outcome.case_id)
        members = [by_id[one.case_id] for one in group.everybody]
        outcomes += _each(outcome, members, pool)
        if isinstance(outcome, Matched):
            made.append(tuple(one.case_id for one in members))
            pool[outcome.supporter_id] = after(pool[outcome.supporter_id], group)
    left = budget_left - sum(one.cost for one in outcomes if isinstance(one, Matched))
    for number, why in sorted(grouped.unplaced.items()):
        outcome, group_id = _join(by_id[number], why, there, pool.values(), broker, size, left, limits)
        outcomes.append(outcome)
        if isinstance(outcome, Matched) and group_id is not None:
            pool[outcome.supporter_id] = after(pool[outcome.supporter_id], by_id[number])
            joined[number] = group_id
    return Together(replace(found, outcomes=outcomes), made, joined)


def _school(one: Wanted) -> School:
    return School(one.case_id, (one.easting or 0) / 1000, (one.northing or 0) / 1000, (one.severity / 100,), one.trust, one.phase.value)


def _as_one(members: Sequence[Wanted]) -> Wanted:
    """Return a group as one that wants support: all half days together, as grave as its gravest."""
    first, *others = members
    return replace(
        first, half_days=sum(one.half_days for one in members), severity=max(one.severity for one in members),
        not_these=_union(one.not_these for one in members), known=_union(one.known for one in members),
        members=tuple(others), by_term=sum((Counter(one.by_term) for one in members), Counter()),
    )  # fmt: skip


def _union(sets: Iterable[Iterable[int]]) -> frozenset[int]:
    return frozenset(number for one in sets for number in one)


def _each(outcome: Matched | Unmet, members: Sequence[Wanted], pool: Mapping[int, Candidate]) -> list[Matched | Unmet]:
    """Return what a group's outcome means for each of its cases: its own half days, cost and distance."""
    if isinstance(outcome, Unmet):
        return [Unmet(one.case_id, outcome.why) for one in members]
    chosen = pool[outcome.supporter_id]
    return [
        replace(outcome, case_id=one.case_id, half_days=one.half_days, cost=one.half_days * chosen.pence_a_half_day,
                kilometres=_rounded(kilometres(one, chosen)), reason=f"with {len(members) - 1} schools near and alike: {outcome.reason}")
        for one in members
    ]  # fmt: skip


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, 1)


def _join(
    one: Wanted, why: str, there: Sequence[Group], candidates: Iterable[Candidate], broker: Broker, size: int, budget: int, limits: Limits
) -> tuple[Matched | Unmet, int | None]:
    """Return the place of a case that came alone in a group that is there, the nearest that can take it, and which that is."""
    pool = list(candidates)
    room = [group for group in there if len(group.members) <= size and not _clash(one, group, broker)]
    last: Matched | Unmet | None = None
    for group in sorted(room, key=lambda group: _mean_km(one, group)):
        mine = [candidate for candidate in pool if candidate.id == group.supporter_id]
        outcome = match_all([one], mine, broker, budget, limits).outcomes[0]
        if isinstance(outcome, Matched):
            said = f"joins a group {_mean_km(one, group):.1f} km away on average: {outcome.reason}"
            return replace(outcome, reason=said, runner_up_id=None, runner_up_reason=None), group.id
        last = last or outcome
    return last or Unmet(one.case_id, _ALONE.format(why=why)), None


def _clash(one: Wanted, group: Group, broker: Broker) -> bool:
    """Tell whether the programme's rules keep a case out of a group."""
    trusts = {member.trust for member in group.members}
    shared = "no_shared_trust" in broker.group_rules and one.trust is not None and one.trust in trusts
    return shared or ("same_phase" in broker.group_rules and any(member.phase is not one.phase for member in group.members))


def _mean_km(one: Wanted, group: Group) -> float:
    apart = [hypot((m.easting or 0) - (one.easting or 0), (m.northing or 0) - (one.northing or 0)) / 1000 for m in group.members if m.easting]
    return sum(apart) / len(apart) if apart else 0.0
