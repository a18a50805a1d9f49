"""The books of a matching: what is left of every limit, which links are open, and what it is all worth."""

from dataclasses import dataclass

import numpy as np

from stages.broker.matching.indexing import Flags, Indexed, Ints, overload


@dataclass(frozen=True, slots=True)
class Books:
    """What is left when `chosen` is kept: half days (S, W), cases (S,), room for supporters (C,), pence; load is what it takes (S,)."""

    half_days: Ints
    cases: Ints
    room: Ints
    pence: int
    load: Ints
    opened: Flags

    @property
    def whole(self) -> bool:
        """Return whether no limit is broken."""
        return bool(self.half_days.min(initial=0) >= 0 and self.cases.min(initial=0) >= 0 and self.room.min(initial=0) >= 0 and self.pence >= 0)


def keep(ix: Indexed, chosen: Ints) -> Books:
    """Return the books for `chosen`: for each need the index of its pairing, or -1."""
    _, supporters, cases, links = ix.sizes
    pairs = chosen[chosen >= 0]
    opened = np.zeros(links, dtype=np.bool_)
    opened[ix.pair_link[pairs]] = True
    links_open = np.flatnonzero(opened)
    counted = links_open[ix.link_counts[links_open] > 0]
    half_days, load = ix.half_days.copy(), np.zeros(supporters, dtype=np.int64)
    np.subtract.at(half_days, ix.pair_supporter[pairs], ix.pair_half_days[pairs])
    np.subtract.at(half_days, ix.link_supporter[links_open], ix.link_half_days[links_open])
    np.add.at(load, ix.pair_supporter[pairs], ix.pair_load[pairs])
    np.add.at(load, ix.link_supporter[links_open], ix.link_load[links_open])
    pence = ix.pence_left - int(ix.pair_pence[pairs].sum() + ix.link_pence[links_open].sum())
    taken = np.bincount(ix.link_supporter[counted], minlength=supporters)
    helped = np.bincount(ix.link_case[counted], minlength=cases)
    return Books(half_days, ix.cases_left - taken, ix.room_in_case - helped, pence, load, opened)


def worth(ix: Indexed, chosen: Ints) -> float:
    """Return the value of a matching over `ix.base`."""
    books = keep(ix, chosen)
    pairs = chosen[chosen >= 0]
    lost = overload(ix.thresholds, ix.overload_prices, books.load).sum()
    return float(ix.gain[pairs].sum() - ix.link_value[books.opened].sum() - lost)


def nothing(ix: Indexed) -> Ints:
    """Return the matching in which every need that is not agreed stays unmet."""
    return np.full(len(ix.need_case), -1, dtype=np.int64)
