"""Prices and a proven bound: what is shared between supporters is priced, then each supporter takes the portfolio that pays best.

The sum of what the supporters gain and of what the priced limits are worth is a bound for the whole problem at any prices
(Lagrangian relaxation of one supporter a need, supporters a case, budget and windows); the prices are moved to lower it by
subgradients with Polyak's step. Pairings that cannot be in a better matching than one already found follow from the same prices.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stages.broker.matching.indexing import NO_LIMIT, Flags, Floats, Indexed, Ints, overload
from stages.broker.matching.portfolio import Offer, best_by_load, portfolio

NEVER = -1e15
_PATIENCE = 8


@dataclass(frozen=True, slots=True)
class Prices:
    """Value of: meeting each need (N,), room for a supporter in each case (C,), a penny, a half day in each window (S, W)."""

    need: Floats
    room: Floats
    penny: float
    window: Floats


@dataclass(frozen=True, slots=True)
class Priced:
    """A bound on the gain at some prices, the pairings the supporters would take, and tables of what a load is worth to each.

    `loads` has a row a supporter: the best gain with at most so many half days; `loads_with_a_case_less` the same with one case
    less. `capacity_price` is what the next half days are worth apiece.
    """

    prices: Prices
    bound: float
    taken: Ints
    loads: list[Floats]
    loads_with_a_case_less: list[Floats]
    capacity_price: Floats


def price(ix: Indexed, prices: Prices) -> Priced:
    """Return the bound at these prices, over all pairings."""
    _, supporters, _, links = ix.sizes
    profit, cost = profits(ix, prices)
    useful = (profit > 1e-9) & (ix.pair_load <= ix.most_load[ix.pair_supporter])
    total = np.bincount(ix.pair_link[useful], weights=profit[useful], minlength=links)
    useful &= (total > cost)[ix.pair_link]
    # What further half days are worth is read off a table that goes on beyond the supporter's own.
    more = max(1, int(np.median(ix.pair_load))) if len(ix.pair_load) else 1
    bound, taken = _priced_limits(ix, prices), []
    loads, less, worth = [np.zeros(1)] * supporters, [np.zeros(1)] * supporters, np.zeros(supporters)
    offers: dict[int, list[Offer]] = {}
    for supporter, offer in offers_by_supporter(ix, np.flatnonzero(useful), profit, cost):
        offers.setdefault(supporter, []).append(offer)
    for supporter in range(supporters):
        most = max(0, int(ix.most_load[supporter]))
        table, trail = best_by_load(offers.get(supporter, ()), most + more, min(int(ix.cases_left[supporter]), NO_LIMIT))
        net = table[-1] - lost(ix, supporter, most + more)
        loads[supporter], less[supporter] = table[-1][: most + 1], table[-2 if len(table) > 1 else -1][: most + 1]
        load = int(np.argmax(net[: most + 1]))
        bound += float(net[load])
        worth[supporter] = (float(net.max()) - float(net[load])) / more
        taken.extend(portfolio(trail, len(table) - 1, load))
    return Priced(prices, bound, np.array(taken, dtype=np.int64), loads, less, worth)


def profits(ix: Indexed, prices: Prices) -> tuple[Floats, Floats]:
    """Return each pairing's gain and each link's cost at these prices."""
    half_day = prices.window[ix.pair_supporter]
    profit = ix.gain - prices.need[ix.pair_need] - prices.penny * ix.pair_pence - (ix.pair_half_days * half_day).sum(axis=1)
    cost = ix.link_value + prices.penny * ix.link_pence + (ix.link_half_days * prices.window[ix.link_supporter]).sum(axis=1)
    return profit, cost + prices.room[ix.link_case] * ix.link_counts


def plain_profits(ix: Indexed, prices: Prices) -> Floats:
    """Return each pairing's gain at these prices with all that its link costs, where each pairing is its own link."""
    profit, cost = profits(ix, prices)
    return np.asarray(profit - cost[ix.pair_link])


def _priced_limits(ix: Indexed, prices: Prices) -> float:
    """Return what all priced limits are worth."""
    return float(prices.need.sum() + (prices.room * ix.room_in_case).sum() + prices.penny * ix.pence_left + (prices.window * ix.half_days).sum())


def lost(ix: Indexed, supporter: int, most: int) -> Floats:
    """Return what each load up to `most` loses above the fair share."""
    if not len(ix.overload_prices):
        return np.zeros(most + 1)
    return overload(ix.thresholds[supporter][None, :], ix.overload_prices, np.arange(most + 1))


def offers_by_supporter(ix: Indexed, pairs: Ints, profit: Floats, cost: Floats) -> Iterator[tuple[int, Offer]]:
    """Yield the useful links with their useful pairings, a supporter after another."""
    if not len(pairs):
        return
    links = ix.pair_link[pairs]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(links)) + 1])
    heads = links[starts]
    load, gain, number = ix.pair_load[pairs].tolist(), profit[pairs].tolist(), pairs.tolist()
    ends = [*starts[1:].tolist(), len(pairs)]
    about = zip(ix.link_supporter[heads].tolist(), cost[heads].tolist(), ix.link_load[heads].tolist(), ix.link_counts[heads].tolist(), strict=True)
    for start, end, (supporter, opening, half_days, counts) in zip(starts.tolist(), ends, about, strict=True):
        yield supporter, Offer(opening, half_days, counts, list(zip(number[start:end], load[start:end], gain[start:end], strict=True)))


class Bounding:
    """The search for prices with a low bound; it may be taken up again, with a better known value."""

    def __init__(self, ix: Indexed, prices: Prices) -> None:
        self.ix, self.best = ix, price(ix, prices)
        self.now, self.stale, self.gained = self.best, 0, 0.0
        spread: float = ix.gain.std().item() if len(ix.gain) else 0.0
        self.first_aim = 0.5 * spread * math.sqrt(len(ix.need_case))
        self.aim, self.known = self.first_aim, -np.inf
        self.penny_scale = max(1.0, float(ix.pair_pence.mean())) if len(ix.pair_pence) else 1.0
        self.day_scale = max(1.0, float(ix.pair_load.mean())) if len(ix.pair_load) else 1.0
        self.crowded = np.bincount(ix.need_case[np.unique(ix.pair_need)], minlength=len(ix.room_in_case)) > ix.room_in_case
        self.direction: Prices | None = None

    def improve(self, rounds: int, until: float, known: float) -> None:
        """Move the prices so many times, or until `time.monotonic()` passes `until`; `known` is a value that was reached.

        Each move aims at a bound lower by `aim`, which grows when it is reached in time and halves when it is not.
        """
        if known > self.known:
            self.known, self.aim = known, max(self.aim, 0.1 * min(self.first_aim, self.best.bound - known))
        for _ in range(rounds):
            self.aim = min(self.aim, self.best.bound - self.known)
            if time.monotonic() >= until or self.aim <= 1e-4 * self.first_aim:
                return
            self._move()

    def leave_out(self, never: Flags) -> None:
        """Go on without these pairings; the bound then holds for matchings that use none of them."""
        self.ix = replace(self.ix, gain=np.where(never, NEVER, self.ix.gain))
        self.best = self.now = price(self.ix, self.best.prices)

    def _move(self) -> None:
        slope = self._slope(self.now)
        norm = float((slope.need**2).sum() + (slope.room**2).sum() + slope.penny**2 + (slope.window**2).sum())
        if norm < 1e-12:
            self.aim = 0.0
            return
        step = (self.now.bound - self.best.bound + self.aim) / norm
        at = self.now.prices
        self.now = price(self.ix, Prices(
            np.maximum(0, at.need - step * slope.need), np.maximum(0, at.room - step * slope.room),
            max(0.0, at.penny - step * slope.penny / self.penny_scale), np.maximum(0, at.window - step * slope.window / self.day_scale),
        ))  # fmt: skip
        self._learn()

    def _learn(self) -> None:
        """Keep the best prices, and aim further or less far by how the last moves went."""
        gained = self.best.bound - self.now.bound
        if gained > 0:
            self.best, self.gained = self.now, self.gained + gained
        if self.gained >= self.aim:
            self.aim, self.gained, self.stale = 1.5 * self.aim, 0.0, 0
            return
        self.stale += 1
        if self.stale >= _PATIENCE:
            self.aim, self.gained, self.stale, self.now = self.aim / 2, 0.0, 0, self.best

    def _slope(self, at: Priced) -> Prices:
        """Return how the bound changes with each price, in scaled units, leaving out moves below zero; smoothed with earlier slopes."""
        ix, pairs = self.ix, at.taken
        opened = np.unique(ix.pair_link[pairs])
        need: Floats = 1.0 - np.bincount(ix.pair_need[pairs], minlength=len(ix.need_case)).astype(np.float64)
        helped = np.bincount(ix.link_case[opened], weights=ix.link_counts[opened], minlength=len(ix.room_in_case))
        room: Floats = np.where(self.crowded, ix.room_in_case - helped, 0.0).astype(np.float64)
        penny = (ix.pence_left - float(ix.pair_pence[pairs].sum() + ix.link_pence[opened].sum())) / self.penny_scale
        window = np.zeros_like(at.prices.window)
        if window.shape[1] > 1:
            window += ix.half_days
            np.subtract.at(window, ix.pair_supporter[pairs], ix.pair_half_days[pairs])
            np.subtract.at(window, ix.link_supporter[opened], ix.link_half_days[opened])
            window /= self.day_scale
        slope = Prices(need, room, penny, window)
        if self.direction is not None:
            slope = _blend(slope, self.direction, 0.3)
        self.direction = slope
        prices = at.prices
        return replace(
            slope,
            need=_within(slope.need, prices.need), room=_within(slope.room, prices.room),
            penny=float(_within(np.array([slope.penny]), np.array([prices.penny]))[0]), window=_within(slope.window, prices.window),
        )  # fmt: skip


def _blend(new: Prices, old: Prices, share: float) -> Prices:
    """Return the new slope with a share of the old one, which damps swings."""
    return Prices(new.need + share * old.need, new.room + share * old.room, new.penny + share * old.penny, new.window + share * old.window)


def _within(slope: Floats, at: Floats) -> Floats:
    blocked: Flags = (at <= 0) & (slope > 0)
    return np.where(blocked, 0.0, slope)
