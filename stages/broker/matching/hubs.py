"""Hubs: schools around a lead school of those that are willing, near and alike, in groups of about a size."""

from collections.abc import Collection, Sequence

import numpy as np

from stages.broker.matching.grouping import UNPLACED, Choosing, Grouped, School, apart_all
from stages.broker.matching.solution import Limits, Stopped

_ALL_LEADS_UP_TO = 4000
_NEAREST = 8


def group_round_leads(
    schools: Sequence[School],
    willing: Collection[int],
    size: int,
    most: int,
    *,
    unlike_km: float = 20.0,
    size_km: float = 5.0,
    most_km: float | None = None,
    limits: Limits | None = None,
) -> Grouped:
    """Return hubs, the lead first; `size` (wanted) and `most` (a limit) count the lead too.

    A member costs how far it is from its lead; each school above or below `size` costs `size_km`. A willing school that is not chosen
    to lead is a member elsewhere. `most_km` bars members that are further away from a lead, whatever their need.
    """
    limits = limits or Limits()
    apart = apart_all(schools, unlike_km) if schools else np.zeros((0, 0))
    plain = apart_all(schools, 0.0) if schools else apart
    leads = [n for n, school in enumerate(schools) if school.id in willing]
    exact = len(schools) * len(leads) <= _ALL_LEADS_UP_TO
    choosing = Choosing()
    opened = {lead: choosing.column(0.0) for lead in leads}
    joins: dict[tuple[int, int], int] = {}
    for n in range(len(schools)):
        near = sorted(
            (lead for lead in leads if lead != n and (most_km is None or plain[n, lead] <= most_km)), key=lambda lead: float(apart[n, lead])
        )
        joins.update({(n, lead): choosing.column(float(apart[n, lead])) for lead in near[: None if exact else _NEAREST]})
    _add_rows(choosing, len(schools), opened, joins, size, most, size_km)
    answer = choosing.solve(limits.seconds, limits.seed)
    found = answer.values if answer.values is not None else np.zeros(len(choosing.costs))
    hubs = {lead: [n for (n, to), column in joins.items() if to == lead and found[column] > 0.5] for lead in leads if found[opened[lead]] > 0.5}
    placed = {*hubs, *(n for members in hubs.values() for n in members)}
    could = {n for n, _ in joins}
    why = {schools[n].id: "leads are full" if n in could else "no lead near enough" for n in range(len(schools)) if n not in placed}
    groups = tuple(sorted((schools[lead].id, *sorted(schools[n].id for n in members)) for lead, members in hubs.items()))
    cost = sum(float(apart[n, lead]) for lead, members in hubs.items() for n in members)
    cost += size_km * sum(abs(len(group) - size) for group in groups)
    return Grouped(groups, why, cost, min(cost, answer.bound - UNPLACED * len(why)), exact, answer.stopped_by is Stopped.PROVEN)


def _add_rows(
    choosing: Choosing, count: int, opened: dict[int, int], joins: dict[tuple[int, int], int], size: int, most: int, size_km: float
) -> None:
    """Add the rows: each school in one hub or left out, members only where a hub is, sizes within limits and priced."""
    mine: dict[int, list[tuple[int, float]]] = {n: [(opened[n], 1.0)] if n in opened else [] for n in range(count)}
    members: dict[int, list[tuple[int, float]]] = {lead: [] for lead in opened}
    for (n, lead), column in joins.items():
        mine[n].append((column, 1.0))
        members[lead].append((column, 1.0))
        choosing.row(-1, 0, [(column, 1.0), (opened[lead], -1.0)])
    for parts in mine.values():
        choosing.row(1, 1, [*parts, (choosing.column(UNPLACED), 1.0)])
    for lead, parts in members.items():
        off = choosing.column(size_km, binary=False)
        choosing.row(-np.inf, 0, [*parts, (opened[lead], float(1 - most))])
        choosing.row(-np.inf, 0, [*parts, (opened[lead], float(1 - size)), (off, -1.0)])
        choosing.row(0, np.inf, [*parts, (opened[lead], float(1 - size)), (off, 1.0)])
