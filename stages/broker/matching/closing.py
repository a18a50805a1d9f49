"""Closing the gap from above, where a matching is a plain assignment with whole values: is there one worth at least so much?

The question begins just below the bound, where so few pairings and portfolios come into question that it is soon answered, and goes
on lower until the answer is yes; then the best is found and proven (the order of Posta, Ferland and Michelon, 2012).
"""

import copy
import time
from dataclasses import dataclass

import numpy as np

from stages.broker.matching.fixing import plain_losses
from stages.broker.matching.indexing import NO_LIMIT, Flags, Indexed, Ints
from stages.broker.matching.listing import Portfolios, portfolios_within
from stages.broker.matching.partitioning import Partitioning
from stages.broker.matching.pricing import Bounding, profits

_ROUNDS, _AGAIN = 60, 0.9
_MOST, _LIGHT, _HEAVY = 400_000, 1 / 1000, 1 / 400
_LIKELIEST, _LEAST_SHARE = 60_000, 0.02
# Values are whole, so a little more gap than needed changes nothing but rounding.
_UNIT, _SPARE = 1.0, 1e-3
# Beyond this the prices of lists, which have single precision, might err by more than that.
_WIDEST = 100.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Pairings of the best matching worth `goal` or more (None: none found), and whether the search for it went to the end."""

    goal: float
    pairs: Ints | None
    complete: bool


def plain(ix: Indexed) -> bool:
    """Return whether all values are whole and nothing but half days and one supporter a need limits a matching."""
    needs, _, cases, links = ix.sizes
    alone = needs == cases and links == len(ix.gain) > 0 and not ix.link_load.any()
    unlimited = ix.pence_left >= NO_LIMIT * 500 and bool(ix.cases_left.min(initial=NO_LIMIT) >= NO_LIMIT // 2)
    return ix.whole and alone and unlimited and ix.half_days.shape[1] == 1 and not len(ix.overload_prices)


class Closing:
    """Questions asked one after another, each with a lower goal; `effort` is how many portfolios may be weighed for one."""

    def __init__(self, ix: Indexed, effort: int) -> None:
        self.ix, self.effort, self.width = ix, effort, 1
        self.must = np.unique(ix.pair_need)

    def ask(self, bounding: Bounding, bound: float, value: float, until: float) -> Answer:
        """Return what is found of matchings worth more than `value`, at or just below `bound`; `bounding` is left as it is."""
        goal = max(bound + 1 - self.width, value + 1)
        answer, work = self._search(bounding, goal, until)
        # Work grows about twofold with each step down.
        if work < self.effort * _LIGHT:
            self.width *= 2
        elif work > self.effort * _HEAVY:
            width, self.width = self.width, 1
            if not answer.complete and answer.pairs is None and width > 1 and time.monotonic() < until:
                return self.ask(bounding, bound, value, until)
        if not answer.complete:
            self.effort *= 3
        return answer

    def guess(self, bounding: Bounding, bound: float, value: float, until: float, width: float) -> Answer:
        """Look among the likeliest portfolios only for a matching worth more than `value`, at most `width` below `bound`."""
        goal = max(bound - width, value + 1)
        narrowed, hopeful = copy.copy(bounding), np.ones(len(self.ix.gain), dtype=np.bool_)
        nothing = Answer(goal, None, complete=False)
        if not self._narrow(narrowed, hopeful, goal, until):
            return nothing
        gap, share, listed = narrowed.best.bound - goal + _SPARE, 0.25, None
        while listed is None and share > _LEAST_SHARE and time.monotonic() < until:
            listed, share = self._list(narrowed, hopeful, share * gap, _LIKELIEST), 0.5 * share
        if listed is None or gap > _WIDEST:
            return nothing
        return Answer(goal, Partitioning(listed, self.ix.pair_need, self.must, gap, _UNIT).search(self.effort // 4, until).pairs, complete=False)

    def _narrow(self, bounding: Bounding, hopeful: Flags, goal: float, until: float) -> bool:
        """Leave to `hopeful` the pairings that a matching worth `goal` could use, and move the prices to theirs; False if none could be."""
        while True:
            bounding.leave_out(~hopeful)
            bounding.known, bounding.aim = goal - 1, max(bounding.aim, 0.3)
            bounding.improve(_ROUNDS, until, goal - 1)
            gap, before = bounding.best.bound - goal + _SPARE, int(hopeful.sum())
            if gap < 0:
                return False
            hopeful &= plain_losses(bounding.ix, bounding.best) <= gap
            if hopeful.sum() >= _AGAIN * before or time.monotonic() > until:
                return True

    def _search(self, bounding: Bounding, goal: float, until: float) -> tuple[Answer, int]:
        """Look for the best matching worth `goal` or more, and return how much work that was; without an end if it is too much."""
        narrowed, hopeful = copy.copy(bounding), np.ones(len(self.ix.gain), dtype=np.bool_)
        if not self._narrow(narrowed, hopeful, goal, until):
            return Answer(goal, None, complete=True), 0
        # A need may be better left unmet only if its price is within the gap; that is not looked at here.
        gap = narrowed.best.bound - goal + _SPARE
        met = gap <= _WIDEST and narrowed.best.prices.need[self.must].min() > gap
        listed = self._list(narrowed, hopeful, gap, _MOST) if met else None
        if listed is None:
            return Answer(goal, None, complete=False), self.effort
        partitioning = Partitioning(listed, self.ix.pair_need, self.must, gap, _UNIT)
        chosen = partitioning.search(self.effort, until)
        return Answer(goal, chosen.pairs, chosen.complete), partitioning.work

    def _list(self, bounding: Bounding, hopeful: Flags, gap: float, most: int) -> list[Portfolios] | None:
        """Return each supporter's portfolios that lose no more than `gap`, or None if they are more than `most`."""
        ix, priced = self.ix, bounding.best
        profit, _ = profits(bounding.ix, priced.prices)
        profit -= ix.link_value[ix.pair_link]
        listed: list[Portfolios] = []
        for supporter, half_days in enumerate(ix.half_days[:, 0].tolist()):
            pairs = np.flatnonzero(hopeful & (ix.pair_supporter == supporter))
            one = portfolios_within(pairs, ix.pair_load[pairs], profit[pairs], half_days, gap, most)
            if one is None:
                return None
            listed.append(one)
            most -= len(one.loss)
        return listed
