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

_STEPS, _SHARE, _DAMPING = 25, 1.0, 0.85
# Lists are gone through again if that made them shorter than this.
_AGAIN = 0.85
_NEVER = 1e6


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
class _Node:
    """A part of the search: the portfolios it still has, and prices of the needs to start from."""

    lists: list[_Listed]
    prices: Floats


class Partitioning:
    """A search for portfolios that together lose at most `gap`; what matchings lose differs by `unit` at least, or not at all.

    `must` are the needs that are to be met, each exactly once. `work` counts portfolios weighed, which is the same on any machine.
    """

    def __init__(self, listed: Sequence[Portfolios], pair_need: Ints, must: Ints, gap: float, unit: float) -> None:
        self.gap, self.unit, self.work, self.listed = gap, unit, 0, listed
        place = np.full(int(must.max(initial=-1)) + 1, -1)
        place[must] = np.arange(len(must))
        self.needs = [place[pair_need[one.pairs]] for one in listed]
        self.count = len(must)
        self.best: list[int] | None = None
        self.best_loss = np.inf

    def search(self, most_work: int, until: float) -> Chosen:
        """Search depth first to the end, or until so many portfolios were weighed or `time.monotonic()` passes `until`."""
        lists = [_Listed(np.arange(len(one.loss)), one.holds.astype(np.float32), one.loss) for one in self.listed]
        nodes = [_Node(lists, np.zeros(self.count))]
        while nodes and self.work <= most_work and time.monotonic() < until:
            nodes += self._parts(nodes.pop())
        if self.best is None:
            return Chosen(None, np.inf, not nodes)
        pairs = [one.pairs[one.holds[row]] for one, row in zip(self.listed, self.best, strict=True)]
        return Chosen(np.concatenate(pairs), self.best_loss, not nodes)

    def found(self, rows: list[int], loss: float) -> None:
        """Take note of a choice that meets every need once; from now on only better ones are looked for."""
        self.best, self.best_loss, self.gap = rows, loss, loss - 0.999 * self.unit

    def _parts(self, node: _Node) -> list[_Node]:
        """Return the two parts a node falls into, the likelier one last; none if there is nothing better in it."""
        narrowed = _Narrowing(self, node)
        if not narrowed.done():
            return []
        with_it, without = narrowed.rises()
        owner, need = narrowed.pick(with_it, without)
        taken, left = list(narrowed.lists), list(narrowed.lists)
        for other, needs in enumerate(self.needs):
            for column in np.flatnonzero(needs == need).tolist():
                holding = narrowed.lists[other].holds[:, column] > 0
                taken[other] = narrowed.lists[other].keep(holding == (other == owner))
                left[other] = narrowed.lists[other].keep(~holding) if other == owner else left[other]
        parts = [_Node(left, narrowed.prices), _Node(taken, narrowed.prices)]
        return parts if with_it[owner, need] <= without[owner, need] else parts[::-1]


class _Narrowing:
    """A node at work: prices that raise its bound, then shorter lists, and again."""

    def __init__(self, partitioning: Partitioning, node: _Node) -> None:
        self.partitioning, self.lists, self.prices = partitioning, node.lists, node.prices
        self.bound = -np.inf
        self.over: list[Floats] = []

    @property
    def slack(self) -> float:
        """Return how far the bound may still rise."""
        return self.partitioning.gap - self.bound

    def done(self) -> bool:
        """Go on as long as it pays; return whether anything is left to decide."""
        while True:
            before = sum(len(one.rows) for one in self.lists)
            if not self._ascend() or not self._shorten():
                return False
            if sum(len(one.rows) for one in self.lists) > _AGAIN * before:
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
            lack = np.ones(partitioning.count)
            for one, needs, row in zip(self.lists, partitioning.needs, best, strict=True):
                lack[needs] -= one.holds[row]
            if not lack.any():
                partitioning.found([int(one.rows[row]) for one, row in zip(self.lists, best, strict=True)], bound)
                return False
            slope = lack + 0.3 * slope
            prices = prices + share * (partitioning.gap - bound + 0.05 * partitioning.unit) / float((slope**2).sum()) * slope
            share *= _DAMPING
        return True

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

    def pick(self, with_it: Floats, without: Floats) -> tuple[int, int]:
        """Return an undecided supporter and need for which the bound rises most either way."""
        less, more = np.minimum(with_it, without), np.maximum(with_it, without)
        owner, need = divmod(int(np.where(more <= self.slack, less + 1e-3 * more, -1.0).argmax()), self.partitioning.count)
        return owner, need
