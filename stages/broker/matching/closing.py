"""Closing the gap from above, where a matching is a plain assignment with whole values: is there one worth at least so much?

The question begins just below the bound, where so few pairings and portfolios come into question that it is soon answered, and goes
on lower until the answer is yes; then the best is found and proven (the order of Posta, Ferland and Michelon, 2012).
"""

import copy
import time
from dataclasses import dataclass

import numpy as np

from stages.broker.matching.covering import Covering
from stages.broker.matching.fixing import plain_losses
from stages.broker.matching.indexing import NO_LIMIT, Flags, Indexed, Ints
from stages.broker.matching.portfolios import Portfolios, portfolios_within
from stages.broker.matching.pricing import Bounding, profits

_ROUNDS, _AGAIN = 60, 0.9
_MOST, _LIGHT, _HEAVY = 1_000_000, 1 / 1000, 1 / 400
_LIKELIEST, _LEAST_SHARE = 150_000, 0.01
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
    unlimited = ix.pence_left >= NO_LIMIT * 500 and bool(ix.cases_left.min() >= NO_LIMIT // 2)
    return ix.whole and alone and unlimited and ix.half_days.shape[1] == 1 and not len(ix.overload_prices)


class Closing:
    """Questions asked one after another, each with a lower goal; `effort` is how many portfolios may be weighed for one."""

    def __init__(self, ix: Indexed, effort: int) -> None:
        self.ix, self.effort, self.width = ix, effort, 1
        self.must = np.unique(ix.pair_need)

    def ask(self, bounding: Bounding, bound: float, value: float, until: float) -> Answer:
        """Return what is found of matchings worth more than `value`, at or just below `bound`; `bounding` is left as it is."""
        goal = max(bound + 1 - self.width, value + 1)
        narrowed = copy.copy(bounding)
        hopeful = self._hopeful(narrowed, goal, until)
        if hopeful is None:
            self.width *= 2
            return Answer(goal, None, complete=True)
        width = self.width
        answer = self._search(narrowed, hopeful, goal, until)
        if not answer.complete and answer.pairs is None and width > 1 and time.monotonic() < until:
            self.width = 1
            return self.ask(bounding, bound, value, until)
        if not answer.complete:
            self.effort *= 3
        return answer

    def guess(self, bounding: Bounding, bound: float, value: float, until: float, width: float) -> Answer:
        """Look among the likeliest portfolios only for a matching worth more than `value`, at most `width` below `bound`."""
        goal = max(bound - width, value + 1)
        narrowed = copy.copy(bounding)
        hopeful = self._hopeful(narrowed, goal, until)
        gap = narrowed.best.bound - goal + _SPARE
        if hopeful is None or gap > _WIDEST:
            return Answer(goal, None, complete=False)
        share, listed = 0.5, None
        while listed is None and share > _LEAST_SHARE:
            listed, share = self._list(narrowed, hopeful, goal, share, _LIKELIEST), 0.7 * share
        if listed is None:
            return Answer(goal, None, complete=False)
        return Answer(goal, Covering(listed, self.ix.pair_need, self.must, gap, _UNIT).search(self.effort // 4, until).pairs, complete=False)

    def _hopeful(self, bounding: Bounding, goal: float, until: float) -> Flags | None:
        """Return the pairings that a matching worth `goal` could use, and move the prices to theirs; None if there can be no such matching."""
        hopeful = np.ones(len(self.ix.gain), dtype=np.bool_)
        while True:
            gap, before = bounding.best.bound - goal + _SPARE, int(hopeful.sum())
            if gap < 0:
                return None
            hopeful &= plain_losses(bounding.ix, bounding.best) <= gap
            if hopeful.sum() >= _AGAIN * before or time.monotonic() > until:
                return hopeful
            bounding.leave_out(~hopeful)
            bounding.known, bounding.aim = goal - 1, max(bounding.aim, 0.3)
            bounding.improve(_ROUNDS, until, goal - 1)

    def _search(self, bounding: Bounding, hopeful: Flags, goal: float, until: float) -> Answer:
        """List the portfolios and look for the best choice of them; without an end if they are too many or it is too much work."""
        ix, priced = self.ix, bounding.best
        gap = priced.bound - goal + _SPARE
        # A need may be better left unmet only if its price is within the gap; that is not looked at here.
        if gap > _WIDEST or priced.prices.need[self.must].min() <= gap:
            return Answer(goal, None, complete=False)
        listed = self._list(bounding, hopeful, goal, 1.0, _MOST)
        if listed is None:
            return Answer(goal, None, complete=False)
        covering = Covering(listed, ix.pair_need, self.must, gap, _UNIT)
        chosen = covering.search(self.effort, until)
        # Work grows about twofold with each step down.
        if covering.work < self.effort * _LIGHT:
            self.width *= 2
        elif covering.work > self.effort * _HEAVY:
            self.width = 1
        return Answer(goal, chosen.pairs, chosen.complete)

    def _list(self, bounding: Bounding, hopeful: Flags, goal: float, share: float, most: int) -> list[Portfolios] | None:
        """Return each supporter's portfolios that lose no more than a share of the gap, or None if they are more than `most`."""
        ix, priced = self.ix, bounding.best
        gap = share * (priced.bound - goal + _SPARE)
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
