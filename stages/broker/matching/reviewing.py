"""Peer review: each school reviews one other and is reviewed by one other, never the two each other."""

from collections.abc import Collection, Mapping, Sequence
from math import dist

from stages.broker.matching.grouping import UNPLACED, Choosing, Grouped, School
from stages.broker.matching.solution import Limits
from stages.highs import Stopped

_ALL_PAIRS_UP_TO = 120
_NOBODY = "nobody is allowed or near enough"
_BEST = 15


def pair_reviewers(
    schools: Sequence[School],
    values: Mapping[tuple[int, int], float],
    *,
    conflicts: Collection[frozenset[int]] = (),
    most_km: float | None = None,
    limits: Limits | None = None,
) -> Grouped:
    """Return (reviewer, reviewed) pairs of the most value; `values` lists the pairs that may be.

    A school that is left out neither reviews nor is reviewed. To place a school counts for more than any value below 1,000.
    """
    limits = limits or Limits()
    allowed, exact = _allowed(schools, values, conflicts, most_km)
    if not allowed:
        return Grouped((), {school.id: _NOBODY for school in schools}, 0.0, 0.0, exact, True)
    choosing, placed = Choosing(), {school.id: 0 for school in schools}
    columns = {pair: choosing.column(-values[pair]) for pair in allowed}
    for school in schools:
        placed[school.id] = choosing.column(-UNPLACED)
        choosing.row(0, 0, [(placed[school.id], -1.0), *((n, 1.0) for (reviewer, _), n in columns.items() if reviewer == school.id)])
        choosing.row(0, 0, [(placed[school.id], -1.0), *((n, 1.0) for (_, reviewed), n in columns.items() if reviewed == school.id)])
    for (reviewer, reviewed), column in columns.items():
        if reviewer < reviewed and (reviewed, reviewer) in columns:
            choosing.row(0, 1, [(column, 1.0), (columns[reviewed, reviewer], 1.0)])
    answer = choosing.solve(limits.seconds, limits.seed)
    found = answer.values if answer.values is not None else [0.0] * len(choosing.costs)
    pairs = tuple(sorted(pair for pair, column in columns.items() if found[column] > 0.5))
    within = {school for pair in pairs for school in pair}
    partners = {school for pair in allowed for school in pair}
    why = {s.id: "fits no ring of three or more" if s.id in partners else _NOBODY for s in schools if s.id not in within}
    value = sum(values[pair] for pair in pairs)
    bound = -answer.bound - UNPLACED * len(within)
    return Grouped(pairs, why, value, max(value, bound), exact, answer.stopped_by is Stopped.PROVEN)


def _allowed(
    schools: Sequence[School], values: Mapping[tuple[int, int], float], conflicts: Collection[frozenset[int]], most_km: float | None
) -> tuple[list[tuple[int, int]], bool]:
    """Return the pairs that may be, and whether they are all; of many schools, each one's best."""
    places = {school.id: (school.east, school.north) for school in schools}
    barred = set(conflicts)
    allowed = [
        pair for pair in sorted(values)
        if pair[0] != pair[1] and pair[0] in places and pair[1] in places and frozenset(pair) not in barred
        and (most_km is None or dist(places[pair[0]], places[pair[1]]) <= most_km)
    ]  # fmt: skip
    if len(schools) <= _ALL_PAIRS_UP_TO:
        return allowed, True
    best = sorted(allowed, key=lambda pair: (-values[pair], pair))
    out: dict[int, int] = {}
    into: dict[int, int] = {}
    kept = []
    for reviewer, reviewed in best:
        if out.get(reviewer, 0) < _BEST or into.get(reviewed, 0) < _BEST:
            kept.append((reviewer, reviewed))
            out[reviewer], into[reviewed] = out.get(reviewer, 0) + 1, into.get(reviewed, 0) + 1
    return sorted(kept), len(kept) == len(allowed)
