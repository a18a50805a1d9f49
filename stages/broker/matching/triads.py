"""Triads: schools in groups of three (or another size) that are near and alike."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from stages.broker.matching.grouping import UNPLACED, Choosing, Grouped, School, apart_all
from stages.broker.matching.indexing import Floats, Ints
from stages.broker.matching.solution import Limits
from stages.highs import Stopped

_ALL_GROUPS_UP_TO = 14
_NEIGHBOURS = 9


def group_near_and_alike(
    schools: Sequence[School],
    size: int = 3,
    *,
    unlike_km: float = 20.0,
    one_trust_apart: bool = True,
    same_phase: bool = True,
    limits: Limits | None = None,
) -> Grouped:
    """Return groups of exactly `size`; leftovers make groups of one more, or of one less where there are too few for that.

    The cost of a group is how far apart its members are, pair by pair. With `one_trust_apart` no two of a trust share a group.
    """
    limits = limits or Limits()
    groups: list[tuple[int, ...]] = []
    unplaced: dict[int, str] = {}
    cost = bound = 0.0
    exact = proven = True
    for phase in sorted({school.phase for school in schools}) if same_phase else [None]:
        part = [school for school in schools if phase is None or school.phase == phase]
        found = _group(part, size, unlike_km, limits, one_trust_apart=one_trust_apart)
        groups += found.groups
        unplaced |= found.unplaced
        cost, bound, exact, proven = cost + found.objective, bound + found.bound, exact and found.exact, proven and found.proven
    return Grouped(tuple(sorted(groups)), unplaced, cost, bound, exact, proven)


def sizes(count: int, size: int) -> dict[int, int]:
    """Return how many groups of each size a count of schools makes; nothing if there are too few for any."""
    full, over = divmod(count, size)
    if full >= over:
        return {size: full - over, size + 1: over}
    less = size - over
    return {size: full + 1 - less, size - 1: less} if size > 2 and full + 1 >= less else {}


def _group(schools: Sequence[School], size: int, unlike_km: float, limits: Limits, *, one_trust_apart: bool) -> Grouped:
    """Group schools of which any may share a group but those of a trust."""
    if not schools:
        return Grouped((), {}, 0.0, 0.0, exact=True, proven=True)
    wanted = {number: count for number, count in sizes(len(schools), size).items() if count}
    trusts = [school.trust if one_trust_apart else None for school in schools]
    apart = apart_all(schools, unlike_km) if schools else np.zeros((0, 0))
    exact = len(schools) <= _ALL_GROUPS_UP_TO
    candidates = sorted({group for group in _candidates(apart, wanted, exact) if _trusts_differ(trusts, group)})
    choosing = Choosing()
    members: list[list[tuple[int, float]]] = [[] for _ in schools]
    of_size: dict[int, list[tuple[int, float]]] = {number: [] for number in wanted}
    for group in candidates:
        column = choosing.column(float(sum(apart[i, j] for i, j in combinations(group, 2))))
        of_size[len(group)].append((column, 1.0))
        for member in group:
            members[member].append((column, 1.0))
    for mine in members:
        choosing.row(1, 1, [*mine, (choosing.column(UNPLACED), 1.0)])
    for number, columns in of_size.items():
        choosing.row(0, wanted[number], columns)
    answer = choosing.solve(limits.seconds, limits.seed)
    chosen = [n for n, value in enumerate(answer.values if answer.values is not None else ()) if value > 0.5]
    groups = [candidates[n] for n in chosen if n < len(candidates)]
    placed = {member for group in groups for member in group}
    why = {n: "too few schools" if not wanted else "no group without two of one trust" for n in range(len(schools)) if n not in placed}
    cost = sum(choosing.costs[n] for n in chosen if n < len(candidates))
    bound = answer.bound - UNPLACED * len(why)
    return Grouped(
        tuple(tuple(sorted(schools[n].id for n in group)) for group in groups), {schools[n].id: reason for n, reason in why.items()},
        cost, min(cost, bound), exact, answer.stopped_by is Stopped.PROVEN,
    )  # fmt: skip


def _candidates(apart: Floats, wanted: Iterable[int], exact: bool) -> Iterator[tuple[int, ...]]:
    """Yield groups of the wanted sizes: all there are, or each school with some of its nearest."""
    count = len(apart)
    if exact:
        for number in wanted:
            yield from combinations(range(count), number)
        return
    near: Ints = np.argsort(apart, axis=1, kind="stable")
    for number in wanted:
        # Larger groups have more combinations, so they look at fewer neighbours.
        reach = _NEIGHBOURS if number <= 3 else max(number, _NEIGHBOURS - 2 * (number - 3))
        for school in range(count):
            others = [n for n in near[school].tolist() if n != school][:reach]
            for rest in combinations(others, number - 1):
                yield tuple(sorted((school, *rest)))


def _trusts_differ(trusts: Sequence[str | None], group: tuple[int, ...]) -> bool:
    known = [trusts[n] for n in group if trusts[n] is not None]
    return len(known) == len(set(known))
