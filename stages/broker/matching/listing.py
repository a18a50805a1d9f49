"""All portfolios of a supporter that a matching worth a given value could use, at the prices of a bound.

At any prices a matching lies below the bound by what its supporters' portfolios lie below their best, added up. So only portfolios within
the gap can be part of it, and once the gap is small they can be listed (as routes are in exact vehicle routing: Baldacci, Christofides
and Mingozzi, 2008).
"""

from dataclasses import dataclass

import numpy as np

from stages.broker.matching.indexing import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Portfolios:
    """Portfolios of one supporter (K): which of `pairs` (M) each holds (K, M), and how far it lies below the supporter's best (K,)."""

    pairs: Ints
    holds: Flags
    loss: Floats


def portfolios_within(pairs: Ints, load: Ints, profit: Floats, most_load: int, gap: float, most: int) -> Portfolios | None:
    """Return every choice among `pairs` that keeps within `most_load` and at most `gap` below the best one; None if more than `most`.

    Pairing by pairing, each half-made choice is kept only if the best way to go on (from a table by load left) is within the gap.
    """
    order = np.argsort(-np.abs(profit), kind="stable")
    pairs, load, profit = pairs[order], load[order], profit[order]
    rest = best_of_the_rest(load, profit, most_load)
    least = rest[0, most_load] - gap
    holds, taken, value = np.zeros((1, len(pairs)), dtype=np.bool_), np.zeros(1, dtype=np.int64), np.zeros(1)
    for place in range(len(pairs)):
        free = most_load - taken
        fits = free >= load[place]
        with_it = np.zeros(len(fits), dtype=np.bool_)
        with_it[fits] = value[fits] + profit[place] + rest[place + 1, free[fits] - load[place]] >= least
        without = value + rest[place + 1, free] >= least
        longer = holds[with_it].copy()
        longer[:, place] = True
        holds = np.concatenate([holds[without], longer])
        taken = np.concatenate([taken[without], taken[with_it] + load[place]])
        value = np.concatenate([value[without], value[with_it] + profit[place]])
        if len(value) > most:
            return None
    return Portfolios(pairs, holds, rest[0, most_load] - value)


def best_of_the_rest(load: Ints, profit: Floats, most_load: int) -> Floats:
    """Return the best profit of the pairings from each place on (M + 1), for each load that is left (most_load + 1).

    `portfolio.best_by_load` keeps the last row only, as it knows more kinds of limits and is asked at each move of the prices.
    """
    rest = np.zeros((len(load) + 1, most_load + 1))
    for place in range(len(load) - 1, -1, -1):
        taken = load[place]
        rest[place] = rest[place + 1]
        if taken <= most_load:
            rest[place, taken:] = np.maximum(rest[place, taken:], rest[place + 1, : most_load + 1 - taken] + profit[place])
    return rest
