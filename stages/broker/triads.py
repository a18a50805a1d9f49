"""Groups matched as one: schools are put together first, and each group then wants one supporter. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from models.programme import Broker
from stages.broker.capacity import after
from stages.broker.matching.grouping import School
from stages.broker.matching.solution import Limits
from stages.broker.matching.triads import group_near_and_alike
from stages.broker.outcomes import Brokered, match_all
from stages.broker.rules import Candidate, Matched, Unmet, Wanted
from stages.distance import kilometres
from stages.reminders.lines import counted

# As far as two schools may differ in need is worth so many kilometres.
_UNLIKE_KM = 20.0
_NO_PLACE = "Its place is not known, so no group near it can be found: load a register that has its coordinates."
_LEFT = "its supporter has left."
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
    rules, by_id, books = broker.group_rules, {one.case_id: one for one in wanted}, _Books.of(candidates, there, budget_left)
    placed = []
    for one in [one for one in wanted if one.easting is not None and one.northing is not None]:
        short = [group for group in books.groups.values() if len(group.members) < size]
        outcome = _join(one, "", short, books, broker, limits) if short else None
        if isinstance(outcome, Matched):
            outcomes.append(outcome)
        else:
            placed.append(one)
    grouped = group_near_and_alike(
        [_school(one) for one in placed], size, unlike_km=_UNLIKE_KM if "alike_in_need" in rules else 0.0,
        one_trust_apart="no_shared_trust" in rules, same_phase="same_phase" in rules, limits=limits,
    )  # fmt: skip
    wants = [_as_one([by_id[number] for number in numbers]) for numbers in grouped.groups]
    found = match_all(wants, list(books.pool.values()), broker, books.budget, limits)
    made = []
    for outcome in found.outcomes:
        group = next(one for one in wants if one.case_id == outcome.case_id)
        members = [by_id[one.case_id] for one in group.everybody]
        each = _each(outcome, members, books.pool)
        outcomes += each
        if isinstance(outcome, Matched):
            made.append(tuple(one.case_id for one in members))
            books.take([(by_id[one.case_id], one) for one in each if isinstance(one, Matched)])
    for number, why in sorted(grouped.unplaced.items()):
        room = [group for group in books.groups.values() if len(group.members) <= size]
        outcomes.append(_join(by_id[number], why, room, books, broker, limits))
    return Together(replace(found, outcomes=outcomes), made, books.joined)


@dataclass(slots=True)
class _Books:
    """What is left while cases find their places one after another: of supporters, of room in groups and of money; and who joined which group."""

    pool: dict[int, Candidate]
    groups: dict[int, Group]
    budget: int
    joined: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, candidates: Sequence[Candidate], there: Sequence[Group], budget: int) -> "_Books":
        return cls({one.id: one for one in candidates}, {group.id: group for group in there}, budget)

    def take(self, matches: Sequence[tuple[Wanted, Matched]]) -> None:
        """Enter what some cases take."""
        for one, match in matches:
            chosen = self.pool[match.supporter_id]
            self.pool[chosen.id] = replace(after(chosen, one), cases=chosen.cases + 1)
            self.budget -= match.cost

    def join(self, one: Wanted, match: Matched, group: Group) -> None:
        """Enter that a case joins a group."""
        self.take([(one, match)])
        self.groups[group.id] = replace(group, members=(*group.members, one))
        self.joined[one.case_id] = group.id


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
                kilometres=_rounded(kilometres(one, chosen)), reason=f"with {_others(len(members) - 1)} near and alike: {outcome.reason}")
        for one in members
    ]  # fmt: skip


def _others(count: int) -> str:
    return counted(count, "school")


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, 1)


def _join(one: Wanted, why: str, room: Sequence[Group], books: _Books, broker: Broker, limits: Limits) -> Matched | Unmet:
    """Return the place of a case in the nearest of the groups with `room` that can take it, entered in the books."""
    last: Matched | Unmet | None = None
    for group in sorted((group for group in room if not _clash(one, group, broker)), key=lambda group: _far(one, group)):
        mine = [candidate for number, candidate in books.pool.items() if number == group.supporter_id]
        outcome = match_all([one], mine, broker, books.budget, limits).outcomes[0] if mine else Unmet(one.case_id, _LEFT)
        if isinstance(outcome, Matched):
            distance = _mean_km(one, group)
            where = "whose distance is not known" if distance is None else f"{distance:.1f} km away on average"
            said = f"joins a group {where}: {outcome.reason}"
            books.join(one, outcome, group)
            return replace(outcome, reason=said, runner_up_id=None, runner_up_reason="nobody else: only whoever supports the group that it joins")
        last = last or outcome
    said = f"of the groups there are, the nearest cannot: {last.why}" if isinstance(last, Unmet) else why
    return Unmet(one.case_id, _ALONE.format(why=said.removesuffix(".")))


def _clash(one: Wanted, group: Group, broker: Broker) -> bool:
    """Tell whether the programme's rules keep a case out of a group."""
    trusts = {member.trust for member in group.members}
    shared = "no_shared_trust" in broker.group_rules and one.trust is not None and one.trust in trusts
    return shared or ("same_phase" in broker.group_rules and any(member.phase is not one.phase for member in group.members))


def _far(one: Wanted, group: Group) -> float:
    """Return by what groups are sorted: the nearest first, those whose distance is not known last."""
    distance = _mean_km(one, group)
    return inf if distance is None else distance


def _mean_km(one: Wanted, group: Group) -> float | None:
    """Return how far a case is from the schools of a group on average, of those whose place is known; None if none is."""
    apart = [far for member in group.members if (far := kilometres(one, member)) is not None]
    return sum(apart) / len(apart) if apart else None
