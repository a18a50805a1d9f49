"""Closing the gap from above, where a matching is a plain assignment with whole values: is there one worth at least so much?

The question begins just below the bound, where so few pairings and portfolios come into question that it is soon answered, and goes
on lower until the answer is yes; then the best is found and proven (the order of Posta, Ferland and Michelon, 2012).
"""

import copy
import time
from dataclasses import dataclass, replace

import numpy as np

from models.errors import NotPossible
from stages.broker.matching.books import nothing, worth
from stages.broker.matching.fixing import plain_losses
from stages.broker.matching.improving import Search
from stages.broker.matching.indexing import Flags, Indexed, Ints
from stages.broker.matching.listing import Portfolios, portfolios_within
from stages.broker.matching.partitioning import Partitioning
from stages.broker.matching.pricing import Bounding, Prices, plain_profits

# Sums of gains stay exact to a thousandth below the first; a supporter's table of pairings by half days has no more cells than the second (40 MB).
_MOST_GAIN, _MOST_CELLS = 1e10, 5_000_000
# Moves of the prices after pairings were left out, and how few more are left out when that is done with.
_ROUNDS, _AGAIN = 60, 0.9
# The aim of the first of those moves: pairings left out lower the bound by little at a time.
_AIM = 0.3
# Cells of the lists of a question (some 80 MB), and of those of a guess.
_MOST, _LIKELIEST = 16_000_000, 2_400_000
# A guess begins with portfolios within this share of the gap, and gives up below the other, where the best of the others is hardly among them.
_FIRST_SHARE, _LEAST_SHARE = 0.25, 0.02
# Steps down grow when a question took less than this share of the effort, and are one again when it took more than the other.
_LIGHT, _HEAVY = 1 / 1000, 1 / 400
# Portfolios that may be weighed for a question: some seconds; then three times as many for each that was not answered, up to some minutes.
_EFFORT, _MOST_EFFORT = 16_000_000, 27 * 16_000_000
# Values are whole, so a little more gap than needed changes nothing but rounding.
_SPARE = 1e-3
# Beyond this lists are too long in any case, and the prices of the lists' search stay within what single precision can hold.
_WIDEST = 100.0
# Shares of the time left for questions: before a matching near the bound is known, and after; and for a guess, of the rest.
_BEFORE, _AFTER, _GUESSING = 0.3, 0.6, 0.5
# How far below the bound a guess looks, and how far a matching that is near it may be.
_WIDTH, _NEAR = 5, 10
# Up to so many pairings the first steps take a moment each, and are tried before anything else.
_SOON = 2500
# Rounds between one closing and the next: enough for neighbourhoods to change something.
_PAUSE = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """Pairings of the best matching worth `goal` or more (None: none found), and whether the search for it went to the end."""

    goal: float
    pairs: Ints | None
    complete: bool


def plain(ix: Indexed) -> bool:
    """Return whether values are whole, nothing but half days and one supporter a need limits a matching, and its sizes allow exact sums."""
    needs, _, cases, links = ix.sizes
    alone = needs == cases and links == len(ix.gain) > 0 and not ix.link_load.any() and ix.room_in_case.min() >= 1
    unlimited = not ix.has_budget and not ix.has_caseload.any()
    return bool(ix.whole and alone and unlimited and ix.half_days.shape[1] == 1 and not len(ix.overload_prices) and _of_a_size(ix))


def _of_a_size(ix: Indexed) -> bool:
    """Return whether sums of gains stay exact enough, and tables by half days small enough."""
    half_days, pairings = ix.half_days[:, 0], np.bincount(ix.pair_supporter, minlength=len(ix.half_days))
    cells = (half_days + 1) * (pairings + 1)
    return bool(np.abs(ix.gain).sum() < _MOST_GAIN and half_days.min() >= 0 and cells.max() <= _MOST_CELLS)


def by_need(ix: Indexed, prices: Prices) -> Prices:
    """Return prices of needs alone that give the same bound, or a lower one, where each case is one need with room for it."""
    return replace(prices, need=prices.need + prices.room[ix.need_case], room=np.zeros_like(prices.room))


class Closing:
    """Questions asked one after another, each with a lower goal; `effort` is how many portfolios may be weighed for one."""

    def __init__(self, ix: Indexed, effort: int = _EFFORT, most: int = _MOST) -> None:
        self.ix, self.effort, self.most, self.width, self.next_round = ix, effort, most, 1, 0
        self.must = np.unique(ix.pair_need)
        # The highest goal whose portfolios were not to be listed, above all as they had more than `most` cells: those of a lower one are more.
        self.unlisted = -np.inf

    @property
    def soon(self) -> bool:
        """Return whether to begin with this."""
        return len(self.ix.gain) <= _SOON

    def due(self, search: Search, bound: float) -> bool:
        """Return whether to close the gap (again): while it is wide neighbourhoods gain more."""
        return search.rounds >= self.next_round and bound - search.value <= _NEAR

    def close(self, search: Search, bounding: Bounding, bound: float) -> float:
        """Return a lower bound, from asking whether there is a matching worth so much; `search` goes on from what is found.

        If that gets too much work, a good matching near the bound is looked for. Raises NotPossible if one found is not what it should be.
        """
        near = bound - search.value <= _NEAR
        self.next_round = search.rounds + (_PAUSE if near else 0)
        until = search.share_of_time(_AFTER if near else _BEFORE)
        while search.value < bound and time.monotonic() < until:
            answer = self.ask(bounding, bound, search.value, until)
            self._take(search, answer)
            if not answer.complete:
                break
            bound = search.value if answer.pairs is not None else max(search.value, answer.goal - 1)
        if near and search.value < bound:
            self._take(search, self.guess(bounding, bound, search.value, search.share_of_time(_GUESSING), _WIDTH))
        return bound

    def _take(self, search: Search, answer: Answer) -> None:
        """Let the search go on from what was found, if anything was and it is worth as much as asked for."""
        if answer.pairs is None:
            return
        chosen = nothing(self.ix)
        chosen[self.ix.pair_need[answer.pairs]] = answer.pairs
        if worth(self.ix, chosen) < answer.goal - _SPARE:
            raise NotPossible("The optimiser gave a matching worth less than it was asked for: report it with the problem.")
        search.take(chosen)

    def ask(self, bounding: Bounding, bound: float, value: float, until: float) -> Answer:
        """Return what is found of matchings worth more than `value`, at or just below `bound`; `bounding` is left as it is."""
        goal = max(bound + 1 - self.width, value + 1, self.unlisted + 1)
        if goal > bound:
            return Answer(goal, None, complete=False)
        answer, work = self._search(bounding, goal, until)
        # Work grows about twofold with each step down.
        if work < self.effort * _LIGHT:
            self.width *= 2
        elif work > self.effort * _HEAVY:
            width, self.width = self.width, 1
            if not answer.complete and answer.pairs is None and width > 1 and time.monotonic() < until:
                return self.ask(bounding, bound, value, until)
        if not answer.complete and goal > self.unlisted:
            self.effort = max(self.effort, min(3 * self.effort, _MOST_EFFORT))
        return answer

    def guess(self, bounding: Bounding, bound: float, value: float, until: float, width: float) -> Answer:
        """Look among the likeliest portfolios only for a matching worth more than `value`, at most `width` below `bound`."""
        goal = max(bound - width, value + 1)
        narrowed, hopeful = copy.copy(bounding), np.ones(len(self.ix.gain), dtype=np.bool_)
        found = Answer(goal, None, complete=False)
        if not self._narrow(narrowed, hopeful, goal, until):
            return found
        gap, share, listed = narrowed.best.bound - goal + _SPARE, _FIRST_SHARE, None
        while gap <= _WIDEST and listed is None and share > _LEAST_SHARE and time.monotonic() < until:
            listed, share = self._list(narrowed, hopeful, share * gap, _LIKELIEST, until), 0.5 * share
        if listed is None:
            return found
        return replace(found, pairs=Partitioning(listed, self.ix.pair_need, self.must, gap).search(self.effort // 4, until).pairs)

    def _narrow(self, bounding: Bounding, hopeful: Flags, goal: float, until: float) -> bool:
        """Leave to `hopeful` the pairings that a matching worth `goal` could use, and move the prices to theirs; False if none could be."""
        while True:
            bounding.leave_out(~hopeful)
            bounding.known, bounding.aim = goal - 1, max(bounding.aim, _AIM)
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
        listed = self._list(narrowed, hopeful, gap, self.most, until) if met else None
        if listed is None and time.monotonic() < until:
            self.unlisted = goal
        if listed is None:
            return Answer(goal, None, complete=False), self.effort
        partitioning = Partitioning(listed, self.ix.pair_need, self.must, gap)
        chosen = partitioning.search(self.effort, until)
        return Answer(goal, chosen.pairs, chosen.complete), partitioning.work

    def _list(self, bounding: Bounding, hopeful: Flags, gap: float, most: int, until: float) -> list[Portfolios] | None:
        """Return each supporter's portfolios that lose no more than `gap`, or None if they have more than `most` cells or the time is over."""
        ix, profit = self.ix, plain_profits(bounding.ix, bounding.best.prices)
        listed: list[Portfolios] = []
        for supporter, half_days in enumerate(ix.half_days[:, 0].tolist()):
            pairs = np.flatnonzero(hopeful & (ix.pair_supporter == supporter))
            one = portfolios_within(pairs, ix.pair_load[pairs], profit[pairs], half_days, gap, most // max(1, len(pairs)))
            if one is None or time.monotonic() > until:
                return None
            listed.append(one)
            most -= one.holds.size
        return listed
