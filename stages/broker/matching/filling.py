"""A first matching to improve on: pairings taken in a given order as long as every limit holds."""

import numpy as np

from stages.broker.matching.books import keep
from stages.broker.matching.indexing import Indexed, Ints


def fill(ix: Indexed, chosen: Ints, order: Ints) -> Ints:
    """Return `chosen` with more needs met: each pairing of `order` is taken if its need is unmet, it gains, and all limits hold."""
    filling = _Filling(ix, chosen)
    for pair in order.tolist():
        filling.consider(pair)
    return np.array(filling.chosen, dtype=np.int64)


class _Filling:
    """The books as plain lists, which is faster for one pairing at a time."""

    def __init__(self, ix: Indexed, chosen: Ints) -> None:
        books = keep(ix, chosen)
        self.chosen = chosen.tolist()
        self.half_days, self.cases, self.room = books.half_days.tolist(), books.cases.tolist(), books.room.tolist()
        self.pence, self.opened = books.pence, books.opened.tolist()
        self.case, self.gain = ix.need_case.tolist(), ix.gain.tolist()
        self.need, self.supporter, self.link = ix.pair_need.tolist(), ix.pair_supporter.tolist(), ix.pair_link.tolist()
        self.taken, self.cost = ix.pair_half_days.tolist(), ix.pair_pence.tolist()
        self.link_value, self.link_taken = ix.link_value.tolist(), ix.link_half_days.tolist()
        self.link_cost, self.counts = ix.link_pence.tolist(), ix.link_counts.tolist()

    def consider(self, pair: int) -> None:
        """Take a pairing if that is allowed and gains."""
        need, supporter, link = self.need[pair], self.supporter[pair], self.link[pair]
        if self.chosen[need] >= 0:
            return
        case, new = self.case[need], not self.opened[link]
        counts = self.counts[link] if new else 0
        cost = self.cost[pair] + (self.link_cost[link] if new else 0)
        if self.gain[pair] <= (self.link_value[link] if new else 0) or cost > self.pence or counts > min(self.cases[supporter], self.room[case]):
            return
        left = [
            free - taken - (setting if new else 0)
            for free, taken, setting in zip(self.half_days[supporter], self.taken[pair], self.link_taken[link], strict=True)
        ]
        if min(left) < 0:
            return
        self.half_days[supporter], self.pence, self.opened[link], self.chosen[need] = left, self.pence - cost, True, pair
        self.cases[supporter] -= counts
        self.room[case] -= counts
