"""The best choice of a portfolio for each supporter so that every need is met exactly once: branch and bound over listed portfolios.

The bound is Lagrangian, with a price a need: as in `pricing`, but over lists instead of knapsacks, so it gets better as lists get shorter.
What lies further below the bound than the gap allows leaves the lists: a portfolio by itself, a pairing with all portfolios that hold
it (what the others lose who may then not meet the need is counted too), and all portfolios that lack a pairing without which the gap is passed.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.broker.matching.indexing import Flags, Floats, Ints
from stages.broker.matching.listing import Portfolios

# Steps at a node, what share of Polyak's step the first of them is, and of the one before each that follows: later steps gain less than a branch.
_STEPS, _SHARE, _DAMPING = 25, 1.0, 0.85
# What a step keeps of the direction of the one before, which damps swings, and how far beyond the gap it aims, so that one can pass it.
_KEPT, _BEYOND = 0.3, 0.05
# Lists are gone through again if that made them shorter than this; less than that gains less than a branch.
_AGAIN = 0.85
# More than any gap; small enough for sums of it to lose none of the digits that matter.
_NEVER = 1e6
# What matchings lose differs by whole numbers; a little less leaves room for rounding.
_BETTER = 0.999
# Prices are whole multiples of the first and add up to less than the second: so single precision holds each sum of them, in any order, exactly.
_GRAIN, _MOST_PRICED = 2.0**-10, 2.0**13


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best choice with a loss within the gap: its pairings (None if none was found), and whether the search went to the end."""

    pairs: Ints | None
    loss: float
    complete: bool


@dataclass(frozen=True, slots=True)
class _Listed:
    """Portfolios of a supporter that are still possible (K): which they are, what they hold (K, M), what they lose."""

    rows: Ints
    holds: NDArray[np.float32]
    loss: Floats

    def keep(self, here: Flags) -> "_Listed":
        return self if here.all() else _Listed(self.rows[here], self.holds[here], self.loss[here])


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the search: the portfolios it still has, and prices of the needs to start from."""

    lists: list[_Listed]
    prices: Floats


class Partitioning:
    """A search for portfolios that together lose at most `gap`; what matchings lose differs by whole numbers.

    `must` are the needs that are to be met, each exactly once. `work` counts portfolios weighed, which is the same on any machine.
    """

    def __init__(self, listed: Sequence[Portfolios], pair_need: Ints, must: Ints, gap: float) -> None:
        self.gap, self.work, self.listed = gap, 0, listed
        place = np.full(int(must.max(initial=-1)) + 1, -1)
        place[must] = np.arange(len(must))
        self.needs = [place[pair_need[one.pairs]] for one in listed]
        self.count = len(must)
        self.best: list[int] | None = None
        self.best_loss = np.inf

    def search(self, most_work: int, until: float) -> Chosen:
        """Search depth first to the end, or until so many portfolios were weighed or `time.monotonic()` passes `until`."""
        nodes = [self.whole()]
        while nodes and self.work <= most_work and time.monotonic() < until:
            nodes += self.parts(nodes.pop(), until)
        if self.best is None:
            return Chosen(None, np.inf, not nodes)
        pairs = [one.pairs[one.holds[row]] for one, row in zip(self.listed, self.best, strict=True)]
        return Chosen(np.concatenate(pairs), self.best_loss, not nodes)

    def whole(self) -> Node:
        """Return what the search begins with."""
        lists = [_Listed(np.arange(len(one.loss)), one.holds.astype(np.float32), one.loss) for one in self.listed]
        return Node(lists, np.zeros(self.count))

    def found(self, rows: list[int]) -> None:
        """Take note of a choice that meets every need once; from now on only better ones are looked for."""
        loss = sum(float(one.loss[row]) for one, row in zip(self.listed, rows, strict=True))
        self.best, self.best_loss, self.gap = rows, loss, loss - _BETTER

    def parts(self, node: Node, until: float) -> list[Node]:
        """Return the two parts a node falls into, the likelier one last; none if there is nothing better in it.

        Where the time is over, they are parts as good as one step makes them.
        """
        narrowed = _Narrowing(self, node, until)
        if not narrowed.done():
            return []
        with_it, without = narrowed.rises()
        picked = narrowed.pick(with_it, without)
        if picked is None:
            narrowed.settle(without)
            return []
        owner, need = picked
        taken, left = list(narrowed.lists), list(narrowed.lists)
        for other, needs in enumerate(self.needs):
            for column in np.flatnonzero(needs == need).tolist():
                holding = narrowed.lists[other].holds[:, column] > 0
                taken[other] = narrowed.lists[other].keep(holding == (other == owner))
                left[other] = narrowed.lists[other].keep(~holding) if other == owner else left[other]
        parts = [Node(left, narrowed.prices), Node(taken, narrowed.prices)]
        return parts if with_it[owner, need] <= without[owner, need] else parts[::-1]


class _Narrowing:
    """A node at work: prices that raise its bound, then shorter lists, and again."""

    def __init__(self, partitioning: Partitioning, node: Node, until: float) -> None:
        self.partitioning, self.lists, self.prices, self.until = partitioning, node.lists, node.prices, until
        self.bound = -np.inf
        self.over: list[Floats] = []

    @property
    def slack(self) -> float:
        """Return how far the bound may still rise."""
        return self.partitioning.gap - self.bound

    def done(self) -> bool:
        """Go on as long as it pays and there is time; return whether there may be anything better here."""
        while True:
            before = sum(len(one.rows) for one in self.lists)
            if not self._ascend() or not self._shorten():
                return False
            if sum(len(one.rows) for one in self.lists) > _AGAIN * before or time.monotonic() >= self.until:
                return True

    def _ascend(self) -> bool:
        """Raise the bound by subgradients; False if it passes the gap, or meets a choice, which nothing else here can beat."""
        partitioning, prices, share, slope = self.partitioning, self.prices, _SHARE, np.zeros(self.partitioning.count)
        self.bound = -np.inf
        for _ in range(_STEPS):
            partitioning.work += sum(len(one.rows) for one in self.lists)
            costs = self._costs(prices)
            best = [int(cost.argmin()) for cost in costs]
            least = [float(cost[row]) for cost, row in zip(costs, best, strict=True)]
            bound = sum(least) + float(prices.sum())
            if bound > self.bound:
                self.bound, self.prices = bound, prices
                self.over = [cost - low for cost, low in zip(costs, least, strict=True)]
            if self.slack < 0:
                return False
            lack = self._lack(best)
            if not lack.any():
                partitioning.found(self._rows(best))
                return False
            slope = lack + _KEPT * slope
            steep = float((slope**2).sum())
            if not steep or time.monotonic() >= self.until:
                return True
            prices = _GRAIN * np.rint((prices + share * (partitioning.gap - bound + _BEYOND) / steep * slope) / _GRAIN)
            if np.abs(prices).sum() >= _MOST_PRICED:
                return True
            share *= _DAMPING
        return True

    def _lack(self, best: list[int]) -> Floats:
        """Return by need how often a choice of a portfolio a supporter falls short of meeting it once."""
        lack = np.ones(self.partitioning.count)
        for one, needs, place in zip(self.lists, self.partitioning.needs, best, strict=True):
            lack[needs] -= one.holds[place]
        return lack

    def _rows(self, best: list[int]) -> list[int]:
        return [int(one.rows[place]) for one, place in zip(self.lists, best, strict=True)]

    def _costs(self, prices: Floats) -> list[Floats]:
        """Return what each portfolio costs when each need it meets earns its price."""
        paid = prices.astype(np.float32)
        return [one.loss - one.holds @ paid[needs] for one, needs in zip(self.lists, self.partitioning.needs, strict=True)]

    def _shorten(self) -> bool:
        """Take out what would pass the gap; False if some supporter has no portfolio left."""
        self._keep([over <= self.slack for over in self.over])
        with_it, without = self.rises()
        here = []
        for owner, (one, needs) in enumerate(zip(self.lists, self.partitioning.needs, strict=True)):
            never, always = (with_it[owner, needs] > self.slack), (without[owner, needs] > self.slack)
            # A held pairing that may never be, or one that must always be and is not held.
            wrong = one.holds @ (never.astype(np.float32) - always.astype(np.float32)) + float(always.sum())
            here.append(wrong < 0.5)
        self._keep(here)
        return all(len(one.rows) for one in self.lists)

    def _keep(self, here: list[Flags]) -> None:
        self.over = [over[some] for over, some in zip(self.over, here, strict=True)]
        self.lists = [one.keep(some) for one, some in zip(self.lists, here, strict=True)]

    def rises(self) -> tuple[Floats, Floats]:
        """Return by supporter and need how far the bound rises, at least, if they meet it and if they do not."""
        shape = (len(self.lists), self.partitioning.count)
        within, beside = np.full(shape, _NEVER), np.zeros(shape)
        for owner, (one, over, needs) in enumerate(zip(self.lists, self.over, self.partitioning.needs, strict=True)):
            if not len(over):
                continue
            held = one.holds > 0
            within[owner, needs] = np.where(held, over[:, None], _NEVER).min(axis=0)
            beside[owner, needs] = np.where(held, _NEVER, over[:, None]).min(axis=0)
        with_it = within + beside.sum(axis=0) - beside
        if len(with_it) == 1:
            return with_it, np.full(shape, _NEVER)
        least, second = np.partition(with_it, 1, axis=0)[:2]
        return with_it, np.maximum(np.where(with_it <= least, second, least), beside)

    def pick(self, with_it: Floats, without: Floats) -> tuple[int, int] | None:
        """Return an undecided supporter and need for which the bound rises most either way; None if all is decided."""
        less, more = np.minimum(with_it, without), np.maximum(with_it, without)
        undecided = more <= self.slack
        if not undecided.any():
            return None
        owner, need = divmod(int(np.where(undecided, less + 1e-3 * more, -1.0).argmax()), self.partitioning.count)
        return owner, need

    def settle(self, without: Floats) -> None:
        """Where all is decided, take the cheapest portfolio of each supporter that holds just what it must, if those meet every need once."""
        best = []
        for owner, (one, needs) in enumerate(zip(self.lists, self.partitioning.needs, strict=True)):
            right = np.flatnonzero(((one.holds > 0) == (without[owner, needs] > self.slack)).all(axis=1))
            if not len(right):
                return
            best.append(int(right[one.loss[right].argmin()]))
        loss = sum(float(one.loss[place]) for one, place in zip(self.lists, best, strict=True))
        if not self._lack(best).any() and loss <= self.partitioning.gap:
            self.partitioning.found(self._rows(best))
