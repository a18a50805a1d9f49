"""The best portfolio of one supporter at given prices: a knapsack with set-up cost, caseload and a load that may cost extra.

Solved exactly by dynamic programming over half days (and cases, if the caseload might bind).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.broker.matching.indexing import Flags, Floats

# How a table came about: (pairing, or less than 0 for a link, half days, cases, where it was taken), in the order of weighing.
Trail = list[tuple[int, int, int, Flags]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A link as a supporter sees it: what opening it costs and takes, whether it counts as a case, and what may be taken in it.

    `items` are (pairing, half days, profit).
    """

    cost: float
    half_days: int
    counts: int
    items: Sequence[tuple[int, int, float]]


def best_by_load(offers: Sequence[Offer], most_load: int, most_cases: int) -> tuple[Floats, Trail]:
    """Return the best profit for each number of cases and each load up to `most_load` (both at most), and how it came about.

    The table is (cases + 1, load + 1), with one row only if the caseload cannot bind. The trail is for `portfolio`.
    """
    counting = sum(offer.counts for offer in offers) > most_cases
    best = np.zeros((most_cases + 1 if counting else 1, most_load + 1))
    trail: Trail = []
    for offer in offers:
        up = offer.counts if counting else 0
        if len(offer.items) == 1:
            pairing, half_days, profit = offer.items[0]
            _take(best, trail, pairing, half_days + offer.half_days, up, profit - offer.cost)
        elif not offer.cost and not offer.half_days and not up:
            for pairing, half_days, profit in offer.items:
                _take(best, trail, pairing, half_days, 0, profit)
        else:
            _take_several(best, trail, offer, up)
    return best, trail


def _take(best: Floats, trail: Trail, pairing: int, half_days: int, up: int, profit: float) -> None:
    """Weigh one item that is its own link."""
    high, wide = best.shape
    if half_days >= wide or up >= high or profit <= 0:
        return
    with_it = best[: high - up, : wide - half_days] + profit
    target = best[up:, half_days:]
    taken = with_it > target
    np.maximum(target, with_it, out=target)
    trail.append((pairing, half_days, up, taken))


def _take_several(best: Floats, trail: Trail, offer: Offer, up: int) -> None:
    """Weigh a link with several items: open it, take what pays, and keep the opened table where it is better."""
    high, wide = best.shape
    if offer.half_days >= wide or up >= high:
        return
    opened = np.full_like(best, -np.inf)
    opened[up:, offer.half_days :] = best[: high - up, : wide - offer.half_days] - offer.cost
    mark = len(trail)
    for pairing, half_days, profit in offer.items:
        _take(opened, trail, pairing, half_days, 0, profit)
    taken = opened > best
    np.maximum(best, opened, out=best)
    trail.append((-1 - (len(trail) - mark), offer.half_days, up, taken))


def portfolio(trail: Trail, cases: int, load: int) -> list[int]:
    """Return the pairings of the best portfolio with at most so many cases and so much load; cases is 0 if they were not counted."""
    chosen, place = [], len(trail) - 1
    while place >= 0:
        pairing, half_days, up, taken = trail[place]
        inside = -1 - pairing if pairing < 0 else 0
        if inside:
            if taken[cases, load]:
                for entry in range(place - 1, place - 1 - inside, -1):
                    item, item_half_days, _, item_taken = trail[entry]
                    if load >= item_half_days and item_taken[cases, load - item_half_days]:
                        chosen.append(item)
                        load -= item_half_days
                cases, load = cases - up, load - half_days
            place -= inside
        elif pairing >= 0 and cases >= up and load >= half_days and taken[cases - up, load - half_days]:
            chosen.append(pairing)
            cases, load = cases - up, load - half_days
        place -= 1
    return chosen
