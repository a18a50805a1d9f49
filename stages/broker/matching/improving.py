"""Improving a matching: free a neighbourhood, solve it to the end with all else kept, and go on to the next.

A neighbourhood is a few supporters who could help the same cases, with every case they serve and the unmet needs they could meet.
Pairings that cannot be in a better matching (by `pricing.losses`) are left out, which keeps the models small and loses nothing.
"""

import time

import numpy as np

from models.errors import NotPossible
from stages import highs
from stages.broker.matching.books import keep, worth
from stages.broker.matching.indexing import Flags, Floats, Indexed, Ints
from stages.broker.matching.model import Model, build
from stages.highs import Stopped

_NODES, _WORK, _NEAR = 20, 1000, 0.02
_LEAST, _FIRST, _CORE = 12, 60, 2.5
# HiGHS looks at the clock now and then only.
_SPARE = 0.05
# No neighbourhood may take more than this share of the time that is left, unless the same answer is promised on any machine.
_AT_MOST = 0.15


class Search:
    """A matching as it gets better. `chosen` is each need's pairing or -1, `value` its worth over the base."""

    def __init__(self, ix: Indexed, chosen: Ints, seed: int, until: float, *, steady: bool) -> None:
        self.ix, self.seed, self.until, self.steady = ix, seed, until, steady
        self.chosen, self.value, self.rounds, self.stale = chosen, worth(ix, chosen), 0, 0
        self.random = np.random.default_rng(seed)
        self.size, self.core = float(_FIRST), np.ones(len(ix.gain), dtype=np.bool_)
        self.loss: Floats = np.zeros(len(ix.gain))
        self.unmet_loss: Floats = np.zeros(len(ix.need_case))
        self.bound = np.inf
        self.by_need = np.argsort(ix.pair_need, kind="stable")
        self.need_edges = np.searchsorted(ix.pair_need[self.by_need], np.arange(len(ix.need_case) + 1))
        self.supporter_edges = np.searchsorted(ix.pair_supporter, np.arange(len(ix.half_days) + 1))

    @property
    def seconds_left(self) -> float:
        """Return the wall time that is left."""
        return self.until - time.monotonic()

    def share_of_time(self, share: float) -> float:
        """Return when a share of the time that is left will have passed; all of it, if the same answer is promised on any machine."""
        return self.until if self.steady else time.monotonic() + share * self.seconds_left

    def learn(self, bound: float, loss: Floats, unmet_loss: Floats) -> None:
        """Take note of a bound on the gain and of what each pairing, and each unmet need, takes off it at least."""
        self.bound, self.loss, self.unmet_loss = bound, loss, unmet_loss
        self.core = np.zeros(len(loss), dtype=np.bool_)
        self.core[self.kernel(_CORE)] = True

    def hopeful(self) -> Flags:
        """Return which pairings could be in a matching better than this one; where all values are whole, better is by 1 or more."""
        return np.asarray(self.loss <= self.bound - self.value - (1 - 1e-6 if self.ix.whole else 1e-9))

    def take(self, chosen: Ints) -> None:
        """Go on from this matching."""
        self._check(chosen)
        self.chosen, self.value = chosen, worth(self.ix, chosen)

    def kernel(self, share: float) -> Ints:
        """Return the pairings with the least loss, `share` times as many as there are needs, with the best of each need."""
        order = np.argsort(self.loss, kind="stable")
        needs, first = np.unique(self.ix.pair_need[order], return_index=True)
        return np.union1d(order[: int(share * len(needs))], order[first])

    def better(self, free: Flags, pairs: Ints, nodes: int | None, penny_price: float = 0.0, share: float = 1.0, near: float = 0.0) -> highs.Answer:
        """Match the needs of `free` anew with `pairs` and those they have now; keep what is found if it is worth more."""
        mine = self.chosen[free]
        pairs = np.unique(np.concatenate([pairs, mine[mine >= 0]]))
        must = free & (self.chosen >= 0) & (self.unmet_loss > self.bound - self.value)
        model = build(self.ix, self.chosen, free, pairs, penny_price=penny_price, must=must)
        seconds = (1.0 if self.steady else share) * (self.seconds_left - _SPARE)
        answer = highs.run(model.lp, seconds, self.seed, nodes, self._start(model), max(near, 1 - 1e-6 if self.ix.whole else 1e-6))
        if answer.values is not None:
            self._keep(model, answer.values, free, always=penny_price > 0)
        return answer

    def _start(self, model: Model) -> Floats:
        """Return the present matching as values of the model's columns; HiGHS works the steps out."""
        taken = np.zeros(len(self.ix.gain), dtype=np.bool_)
        taken[self.chosen[self.chosen >= 0]] = True
        values = np.zeros(model.lp.num_col_)
        here = taken[model.pairs]
        values[: len(model.pairs)] = here
        values[len(model.pairs) + model.link_of_pair[here & (model.link_of_pair >= 0)]] = 1
        wide = len(self.ix.overload_prices)
        if wide and len(model.steps):
            self._start_steps(model, values, wide)
        return values

    def _start_steps(self, model: Model, values: Floats, wide: int) -> None:
        """Fill in the overload columns: what each row would lack without them."""
        matrix, first = model.lp.a_matrix_, len(model.pairs) + len(model.links)
        column = np.repeat(np.arange(model.lp.num_col_), np.diff(np.asarray(matrix.start_)))
        load = np.bincount(np.asarray(matrix.index_), weights=np.asarray(matrix.value_) * values[column], minlength=model.lp.num_row_)
        lack = load - np.asarray(model.lp.row_upper_)
        for step in range(wide):
            row, subjects = model.rows[f"overload {step}"]
            values[first + np.arange(len(subjects)) * wide + step] = np.maximum(0, lack[row : row + len(subjects)])

    def _keep(self, model: Model, values: Floats, free: Flags, *, always: bool) -> None:
        pairs = model.pairs[values[: len(model.pairs)] > 0.5]
        found = np.where(free, -1, self.chosen)
        found[self.ix.pair_need[pairs]] = pairs
        self._check(found)
        value = worth(self.ix, found)
        self.stale += 1
        if always or value > self.value + 1e-9:
            self.chosen, self.stale = found, 0 if value > self.value + 1e-9 else self.stale
            self.value = value

    def _check(self, chosen: Ints) -> None:
        if not keep(self.ix, chosen).whole:
            raise NotPossible("The optimiser gave a matching that breaks a limit: report it with the problem.")

    def improve(self) -> None:
        """Free one neighbourhood and solve it; the next is larger if this one was easy, smaller if it was not."""
        hopeful = self.core & self.hopeful()
        free = self._neighbourhood(hopeful)
        pairs = np.flatnonzero(hopeful & free[self.ix.pair_need])
        answer = self.better(free, pairs, _NODES, share=_AT_MOST, near=0.0 if self.stale > 10 else _NEAR * (self.bound - self.value))
        self.rounds += 1
        easy = answer.stopped_by is Stopped.PROVEN and answer.work < _WORK
        self.size = min(len(free), self.size * 1.1) if easy else max(_LEAST, self.size * 0.8)

    def _neighbourhood(self, hopeful: Flags) -> Flags:
        """Return the needs to free: whole cases, gathered supporter by supporter from a first one taken at random."""
        ix, free = self.ix, np.zeros(len(self.ix.need_case), dtype=np.bool_)
        candidates = np.unique(ix.pair_supporter[hopeful])
        if not len(candidates):
            return free
        first = int(self.random.choice(candidates))
        for supporter in self._near(first, hopeful):
            free |= self._cases_of(supporter, hopeful)
            if free.sum() >= self.size:
                break
        return free

    def _near(self, supporter: int, hopeful: Flags) -> list[int]:
        """Return the supporter and those who could meet the same needs, in random order weighted by how many."""
        span = slice(self.supporter_edges[supporter], self.supporter_edges[supporter + 1])
        needs = self.ix.pair_need[span][hopeful[span]]
        shared = np.concatenate([self.by_need[self.need_edges[n] : self.need_edges[n + 1]] for n in needs.tolist()])
        counts = np.bincount(self.ix.pair_supporter[shared[hopeful[shared]]], minlength=len(self.ix.half_days)).astype(np.float64)
        counts[supporter] = 0
        others = np.flatnonzero(counts)
        keys = self.random.exponential(size=len(others)) / counts[others]
        return [supporter, *others[np.argsort(keys)].tolist()]

    def _cases_of(self, supporter: int, hopeful: Flags) -> Flags:
        """Return the needs of the cases this supporter serves, and of those with an unmet need he could meet."""
        ix, span = self.ix, slice(self.supporter_edges[supporter], self.supporter_edges[supporter + 1])
        needs, pairs = ix.pair_need[span], np.arange(span.start, span.stop)
        serving = (self.chosen[needs] == pairs) | ((self.chosen[needs] < 0) & hopeful[span])
        cases = np.zeros(len(ix.room_in_case), dtype=np.bool_)
        cases[ix.need_case[needs[serving]]] = True
        return np.asarray(cases[ix.need_case])
