"""Solving a matching problem: prices and a bound, a first answer district by district, then neighbourhoods until a limit or proof."""

import time
from dataclasses import replace

import numpy as np

from stages import highs
from stages.broker.matching.books import nothing, worth
from stages.broker.matching.checking import check_problem
from stages.broker.matching.closing import Closing, by_need, plain
from stages.broker.matching.filling import fill
from stages.broker.matching.fixing import losses, plain_losses, sharper_losses
from stages.broker.matching.improving import Search
from stages.broker.matching.indexing import Flags, Floats, Ints, index
from stages.broker.matching.model import Model, build
from stages.broker.matching.pricing import Bounding, Prices
from stages.broker.matching.problem import Problem
from stages.broker.matching.solution import Limits, Solution
from stages.highs import Stopped

# The best so many candidates a need are in the first linear model; prices and bound look at all.
_CANDIDATES, _ALL = 10, 8_000
_SMALL, _LARGE = 300, 60_000
_WHOLE, _NODES, _FEW = 250, 10, 1500
# A gap so small is most likely closed by one model: it gets nearly all the time.
_NEARLY, _MODEL, _LAST_MODEL = 2.0, 0.6, 0.9
# Moves of the prices before the gap is closed, within a share of the time that is left.
_CLOSING_ROUNDS, _CLOSING_SHARE = 300, 0.2


def solve(problem: Problem, limits: Limits | None = None) -> Solution:
    """Return the best matching found within the limits, with a proven bound.

    It is never infeasible, for a need may stay unmet at its price. Raises NotPossible if what is agreed breaks a limit by itself,
    and BadInput if the problem does not hold together.
    """
    limits, started = limits or Limits(), time.monotonic()
    check_problem(problem)
    return _Solving(problem, limits, started).done()


class _Solving:
    """One solve: its search, its bound, and what stopped it."""

    def __init__(self, problem: Problem, limits: Limits, started: float) -> None:
        self.problem, self.limits, self.started = problem, limits, started
        self.ix = index(problem)
        self.until = started + limits.seconds
        self.search = Search(self.ix, nothing(self.ix), limits.seed, self.until, steady=limits.effort is not None)
        self.share = np.zeros(len(self.ix.gain))
        self.closing = Closing(self.ix) if plain(self.ix) else None
        first = self._first_prices()
        self.bounding = Bounding(self.ix, by_need(self.ix, first) if self.closing else first)
        self.bound = self._rounded(self.bounding.best.bound)
        self.stopped_by = Stopped.TIME
        # What was left when the whole was last solved: its value and how many pairings could be in a better one.
        self.finished: tuple[float, int] | None = None
        self.in_vain = False

    def _first_prices(self) -> Prices:
        """Return the prices of the linear relaxation with the best candidates, district by district where that would be too large.

        A district then has its share of each supporter's time, by how many of his pairings are there, and of the budget.
        """
        ix = self.ix
        needs, supporters, cases, _ = ix.sizes
        prices = Prices(np.zeros(needs), np.zeros(cases), 0.0, np.zeros((supporters, ix.half_days.shape[1])))
        pairs = self._promising()
        if len(pairs) <= _LARGE or len(ix.link_case) == len(ix.gain):
            return self._relaxed(prices, pairs, np.ones(needs, dtype=np.bool_))
        pennies, district = [], ix.district[ix.need_case]
        for one in np.unique(district).tolist():
            free = district == one
            pennies.append((self._relaxed(prices, pairs, free).penny, int(free.sum())))
        return replace(prices, penny=sum(penny * count for penny, count in pennies) / needs)

    def _promising(self) -> Ints:
        """Return all pairings if they are few, else those of each need with the best value and those that take the least time."""
        ix = self.ix
        # Where each link is one pairing the model has few rows, and is quick however many columns it has.
        if len(ix.gain) <= (_ALL if len(ix.link_case) < len(ix.gain) else 25 * _ALL):
            return np.arange(len(ix.gain))
        value = ix.gain - ix.link_value[ix.pair_link]
        return np.union1d(self._candidates(value, _CANDIDATES), self._candidates(-ix.pair_load.astype(np.float64), _CANDIDATES // 2))

    def _relaxed(self, prices: Prices, pairs: Ints, free: Flags) -> Prices:
        """Enter the prices of the linear relaxation of a part, and note how much of each pairing it takes."""
        ix = self.ix
        mine = pairs[free[ix.pair_need[pairs]]]
        model = build(ix, self.search.chosen, free, mine, whole_numbers=False)
        if len(mine) < len(pairs):
            self._share_out(model, pairs, mine)
        answer = highs.run(model.lp, max(0.1, self.search.seconds_left), self.limits.seed)
        if answer.values is not None:
            self.share[model.pairs] = np.round(answer.values[: len(model.pairs)], 6)
        rows = [("need", prices.need), ("case", prices.room)]
        rows += [(f"window {number}", prices.window[:, number]) for number in range(ix.half_days.shape[1]) if ix.half_days.shape[1] > 1]
        for kind, entered in rows:
            first, subjects = model.rows[kind]
            entered[subjects] = np.maximum(0, answer.duals[first : first + len(subjects)])
        penny = max(0.0, float(answer.duals[model.rows["budget"][0]]) / 100) if "budget" in model.rows else 0.0
        return replace(prices, penny=penny)

    def _share_out(self, model: Model, pairs: Ints, mine: Ints) -> None:
        """Leave a part of the problem its share of time and money."""
        ix, upper = self.ix, np.array(model.lp.row_upper_)
        here, everywhere = (np.bincount(ix.pair_supporter[some], minlength=len(ix.half_days)) for some in (mine, pairs))
        for kind, (first, subjects) in model.rows.items():
            if kind.startswith(("window", "caseload")):
                upper[first : first + len(subjects)] *= here[subjects] / everywhere[subjects]
            elif kind == "budget":
                upper[first] *= len(mine) / len(pairs)
        model.lp.row_upper_ = upper

    def _candidates(self, score: Floats, most: int) -> Ints:
        """Return the pairings with the best scores, so many a need."""
        order = np.lexsort((-score, self.ix.pair_need))
        needs = self.ix.pair_need[order]
        rank = np.arange(len(order)) - np.searchsorted(needs, needs)
        return order[rank < most]

    def _rounded(self, bound: float) -> float:
        return float(np.floor(bound + 1e-6)) if self.ix.whole else float(bound)

    def _proven(self) -> bool:
        return self.search.value >= self.bound - 1e-6 * max(1.0, abs(self.bound)) * (0 if self.ix.whole else 1e-3) - 1e-9

    def _bound_again(self, rounds: int, share: float) -> None:
        """Lower the bound, within a share of the time that is left, and tell the search what it need not look at."""
        self.bounding.improve(rounds, self.search.share_of_time(share), self.search.value)
        self.bound = min(self.bound, max(self.search.value, self._rounded(self.bounding.best.bound)))
        self.search.learn(self.bounding.best.bound, losses(self.bounding.ix, self.bounding.best), self.bounding.best.prices.need)

    def _leave_out(self) -> None:
        """Leave out, again and again, what no better matching can use, and lower the bound on what is left."""
        before = np.inf
        while not self._proven() and 0 < (left := int(self.search.hopeful().sum())) < min(_FEW, 0.9 * before):
            before, hopeful, best = left, self.search.hopeful(), self.bounding.best
            loss = plain_losses(self.bounding.ix, best) if self.closing else sharper_losses(self.bounding.ix, best, self.search.loss, hopeful)
            self.search.learn(best.bound, loss, best.prices.need)
            self.bounding.leave_out(~self.search.hopeful())
            self._bound_again(40, 1.0)

    def _begin(self) -> None:
        """A plain problem begins with a first answer and perhaps its gap, a small one with its likeliest pairings, all others with a first answer."""
        if self.closing:
            self._first_answer()
            if self.closing.soon:
                self._close(self.closing)
        if self._proven():
            return
        if len(self.ix.need_case) <= _WHOLE:
            everything = np.ones(len(self.ix.need_case), dtype=np.bool_)
            self.search.better(everything, self.search.kernel(2.0), _NODES, share=0.5 if self.closing else 0.3)
        elif not self.closing:
            self._first_answer()

    def _first_answer(self) -> None:
        """Follow the linear relaxation, or what was proposed if that is worth more."""
        order = np.lexsort((self.search.loss, -self.share))
        first = fill(self.ix, self.search.chosen, order)
        if self.ix.proposed.any():
            near = fill(self.ix, self.search.chosen, order[np.argsort(~self.ix.proposed[order], kind="stable")])
            first = max(first, near, key=lambda chosen: worth(self.ix, chosen))
        if worth(self.ix, first) > self.search.value:
            self.search.take(first)

    def _finish(self, nodes: int | None, share: float = 1.0) -> None:
        """Solve the whole with the pairings that are left; if that goes to the end, the best is proven."""
        everything = np.ones(len(self.ix.need_case), dtype=np.bool_)
        self._leave_out()
        asked = (self.search.value, int(self.search.hopeful().sum()))
        # So many nodes of the very same model would end where they ended before, and no neighbourhood has been better since.
        self.in_vain = nodes is not None and asked == self.finished
        if self._proven() or self.in_vain:
            return
        self.finished = asked
        self.search.rounds += 1
        answer = self.search.better(everything, np.flatnonzero(self.search.hopeful()), nodes, share=share)
        self.bound = min(self.bound, max(self.search.value, self._rounded(answer.bound)))
        if answer.stopped_by is Stopped.PROVEN:
            self.bound = self.search.value

    def _close(self, closing: Closing) -> None:
        """Lower the bound from above; only a plain problem can do that."""
        self._bound_again(_CLOSING_ROUNDS, _CLOSING_SHARE)
        self.bound = closing.close(self.search, self.bounding, self.bound)

    def done(self) -> Solution:
        """Run to the end and return what was found."""
        self.full = self.bounding.best
        if len(self.ix.gain) <= _SMALL:
            self._finish(None if self.limits.effort is None else 1000 * max(1, self.limits.effort))
        else:
            self._bound_again(30, 0.2)
            self._begin()
            if not (self.closing and self.closing.soon):
                self._bound_again(60, 0.25)
            self.full = self.bounding.best
        pause = 0
        while not self._stopped():
            if pause <= 0 and (self.search.hopeful().sum() <= _FEW // 2 or self.search.stale > 60):
                self._finish(None if self.limits.effort is None else 2000, _MODEL if self.bound - self.search.value > _NEARLY else _LAST_MODEL)
                self.search.stale, pause = 0, 25
                continue
            pause -= 1
            self.search.improve()
            if self.closing and self.closing.due(self.search, self.bound):
                self._close(self.closing)
            if self.search.rounds % 25 == 0:
                self._bound_again(15, 0.1)
        return self._solution()

    def _stopped(self) -> bool:
        if self._proven():
            self.stopped_by = Stopped.PROVEN
        elif self.search.seconds_left <= 0:
            self.stopped_by = Stopped.TIME
        elif self.limits.effort is not None and (self.in_vain or self.search.rounds >= self.limits.effort):
            self.stopped_by = Stopped.EFFORT
        else:
            return False
        return True

    def _solution(self) -> Solution:
        ix, problem = self.ix, self.problem
        supporter_of: dict[int, int | None] = {need.id: None for need in problem.needs}
        supporter_of.update(dict(problem.agreed))
        for need, pair in enumerate(self.search.chosen.tolist()):
            if pair >= 0:
                supporter_of[problem.needs[need].id] = problem.supporters[ix.pair_supporter[pair]].id
        best = self.full
        worth_a_half_day = {one.id: round(float(value), 4) for one, value in zip(problem.supporters, best.capacity_price, strict=True)}
        return Solution(
            supporter_of, ix.base + self.search.value, ix.base + max(self.bound, self.search.value), ix.base,
            time.monotonic() - self.started, self.stopped_by, self.search.rounds, worth_a_half_day, best.prices.penny,
        )  # fmt: skip
