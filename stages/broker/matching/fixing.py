"""What each pairing would cost the bound: those that cost more than the gap can be in no better matching and are left out."""

import numpy as np

from stages.broker.matching.indexing import NO_LIMIT, Flags, Floats, Indexed, Ints
from stages.broker.matching.listing import best_of_the_rest
from stages.broker.matching.portfolio import Offer, best_by_load
from stages.broker.matching.pricing import Priced, lost, offers_by_supporter, plain_profits, profits


def losses(ix: Indexed, priced: Priced) -> Floats:
    """Return, for each pairing, how far below the bound every matching that uses it stays, at least."""
    profit, cost = profits(ix, priced.prices)
    positive = np.maximum(profit, 0)
    others = np.bincount(ix.pair_link, weights=positive, minlength=len(cost))[ix.pair_link] - positive - cost[ix.pair_link]
    alone = others < 0
    taken = ix.pair_load + np.where(alone, ix.link_load[ix.pair_link], 0)
    loss = np.full(len(profit), np.inf)
    edges = np.searchsorted(ix.pair_supporter, np.arange(len(ix.half_days) + 1))
    for supporter, (start, end) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        if start == end:
            continue
        part, most = slice(start, end), int(ix.most_load[supporter])
        here, fits = taken[part], taken[part] <= most
        best = float((priced.loads[supporter] - lost(ix, supporter, max(0, most))).max())
        opens = alone[part] & (ix.link_counts[ix.pair_link[part]] > 0)
        rest = np.where(
            opens, _with_room(ix, supporter, priced.loads_with_a_case_less[supporter], here), _with_room(ix, supporter, priced.loads[supporter], here)
        )
        loss[part] = np.where(fits, best - (profit[part] + np.minimum(0, others[part]) + rest), np.inf)
    return loss


def _with_room(ix: Indexed, supporter: int, table: Floats, taken: Ints) -> Floats:
    """Return what the rest of a supporter's time is worth once `taken` half days are gone."""
    most = len(table) - 1
    if not len(ix.overload_prices):
        return np.asarray(table[np.maximum(0, most - taken)])
    over = lost(ix, supporter, most)
    worth = {load: float((table[: most + 1 - load] - over[load:]).max()) for load in np.unique(taken).tolist() if load <= most}
    return np.array([worth.get(load, 0.0) for load in taken.tolist()])


def sharper_losses(ix: Indexed, priced: Priced, loss: Floats, hopeful: Flags) -> Floats:
    """Return losses that also count what the others lose who may not meet the need then; worked out for the `hopeful` only.

    Each supporter's portfolio is solved again without the pairing, so this is for when few are left.
    """
    profit, cost = profits(ix, priced.prices)
    within, without = loss.copy(), np.zeros(len(loss))
    useful = (profit > 1e-9) & (ix.pair_load <= ix.most_load[ix.pair_supporter])
    offers: dict[int, list[Offer]] = {}
    for supporter, offer in offers_by_supporter(ix, np.flatnonzero(useful), profit, cost):
        offers.setdefault(supporter, []).append(offer)
    for pair in np.flatnonzero(hopeful & useful).tolist():
        supporter = int(ix.pair_supporter[pair])
        most = max(0, int(ix.most_load[supporter]))
        rest = [Offer(o.cost, o.half_days, o.counts, [item for item in o.items if item[0] != pair]) for o in offers[supporter]]
        table, _ = best_by_load([o for o in rest if o.items], most, min(int(ix.cases_left[supporter]), NO_LIMIT))
        over = lost(ix, supporter, most)
        best = float((priced.loads[supporter] - over).max())
        without[pair] = best - float((table[-1] - over).max())
        within[pair] = max(loss[pair], best - _with(ix, pair, profit, cost, table[-1], over))
    elsewhere = np.bincount(ix.pair_need, weights=without, minlength=len(ix.need_case))[ix.pair_need] - without
    return within + np.maximum(0, elsewhere)


def _with(ix: Indexed, pair: int, profit: Floats, cost: Floats, rest: Floats, over: Floats) -> float:
    """Return the most a supporter can gain with a pairing, given the table of the rest without it."""
    link = int(ix.pair_link[pair])
    alone = int((ix.pair_link == link).sum()) == 1
    taken = int(ix.pair_load[pair]) + (int(ix.link_load[link]) if alone else 0)
    if taken >= len(rest):
        return -np.inf
    return float(profit[pair] - (cost[link] if alone else 0.0) + (rest[: len(rest) - taken] - over[taken:]).max())


def plain_losses(ix: Indexed, priced: Priced) -> Floats:
    """Return what `sharper_losses` does for all pairings at once, where each is its own link, in one window and without overload.

    A pairing taken or left out is weighed by tables from the first to it and from the last to it.
    """
    profit = plain_profits(ix, priced.prices)
    within, without = np.full(len(profit), np.inf), np.zeros(len(profit))
    edges = np.searchsorted(ix.pair_supporter, np.arange(len(ix.half_days) + 1))
    for start, end, most in zip(edges[:-1].tolist(), edges[1:].tolist(), ix.half_days[:, 0].tolist(), strict=True):
        mine = np.arange(start, end)
        fits = mine[ix.pair_load[mine] <= most]
        useful, useless = fits[profit[fits] > 0], fits[profit[fits] <= 0]
        load, gain = ix.pair_load[useful], profit[useful]
        after, before = best_of_the_rest(load, gain, most), best_of_the_rest(load[::-1], gain[::-1], most)[::-1]
        best = float(after[0, most])
        within[useless] = best - (after[0, most - ix.pair_load[useless]] + profit[useless])
        for place, (pair, taken) in enumerate(zip(useful.tolist(), load.tolist(), strict=True)):
            left, right = before[place], after[place + 1]
            without[pair] = best - float((left + right[::-1]).max())
            room = most - taken
            within[pair] = best - float((left[: room + 1] + right[room::-1]).max()) - float(profit[pair])
    elsewhere = np.bincount(ix.pair_need, weights=without, minlength=len(ix.need_case))[ix.pair_need] - without
    return within + np.maximum(0, elsewhere)
