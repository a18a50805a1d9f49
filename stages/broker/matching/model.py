"""The matching, or the freed part of one, as a mixed-integer model for HiGHS.

Columns: a binary for each pairing, one for each link that several pairings share (a link with one pairing is that pairing), and
one for each overload step. Rows: a supporter a need, pairing within link, half days a window, caseload, supporters a case,
budget, overload.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from stages.broker.matching.books import Books, keep
from stages.broker.matching.indexing import NO_LIMIT, Flags, Floats, Indexed, Ints


@dataclass(frozen=True, slots=True)
class Model:
    """A model in HiGHS's form, with what its columns and rows stand for; `value` is maximised."""

    lp: highspy.HighsLp
    pairs: Ints
    links: Ints
    link_of_pair: Ints
    steps: Ints
    rows: dict[str, tuple[int, Ints]]


class _Rows:
    """Rows as they are gathered: triplets, upper limits, and which kind is where."""

    def __init__(self) -> None:
        self.count = 0
        self.upper: list[Floats] = []
        self.triplets: list[tuple[Ints, Ints, Floats]] = []
        self.kinds: dict[str, tuple[int, Ints]] = {}

    def add(self, kind: str, subjects: Ints, upper: Floats | Ints, parts: Sequence[tuple[Ints, Ints, Floats | Ints]]) -> None:
        """Add a row for each of `subjects` (sorted); `parts` are (subject, column, coefficient), those of other subjects are left out."""
        for subject, column, value in parts:
            place = np.searchsorted(subjects, subject)
            place[place == len(subjects)] = 0
            here = (subjects[place] == subject) & (value != 0) if len(subjects) else np.zeros(len(subject), dtype=np.bool_)
            self.triplets.append((place[here] + self.count, column[here], value[here].astype(np.float64)))
        self.kinds[kind] = (self.count, subjects)
        self.upper.append(upper.astype(np.float64))
        self.count += len(subjects)


def build(
    ix: Indexed, chosen: Ints, free: Flags, pairs: Ints, *, whole_numbers: bool = True, penny_price: float = 0.0, must: Flags | None = None
) -> Model:
    """Return the model that matches the needs of `free` (N,) with `pairs` (indices) anew, the rest of `chosen` kept.

    With a `penny_price`, money is weighed at that price besides the budget, so that one part does not spend what others need.
    The needs of `must` (N,) are met in any answer: only their pairings' differences are weighed, which HiGHS takes more easily.
    """
    books = keep(ix, np.where(free, -1, chosen))
    pairs = pairs[free[ix.pair_need[pairs]]]
    links, link_of_pair, alone = _shared_links(ix, books, pairs)
    steps = _overload_steps(ix, books, pairs)
    cost = np.concatenate([
        ix.gain[pairs] - penny_price * ix.pair_pence[pairs] - alone * (ix.link_value + penny_price * ix.link_pence)[ix.pair_link[pairs]],
        -(ix.link_value + penny_price * ix.link_pence)[links],
        -np.tile(ix.overload_prices, len(steps)),
    ])  # fmt: skip
    rows = _gather(ix, books, pairs, links, link_of_pair, alone, steps)
    lp = _lp(cost, len(pairs) + len(links), rows, whole_numbers)
    if must is not None:
        _meet(lp, ix, pairs, rows.kinds["need"], must)
    return Model(lp, pairs, links, link_of_pair, steps, rows.kinds)


def _meet(lp: highspy.HighsLp, ix: Indexed, pairs: Ints, row: tuple[int, Ints], must: Flags) -> None:
    """Let the rows of needs that must be met hold exactly, and take the best of each need's values off all of them."""
    first, needs = row
    lower, cost = np.array(lp.row_lower_), np.array(lp.col_cost_)
    lower[first : first + len(needs)][must[needs]] = 1.0
    most = np.zeros(len(must))
    np.maximum.at(most, ix.pair_need[pairs], cost[: len(pairs)])
    most[~must] = 0.0
    cost[: len(pairs)] -= most[ix.pair_need[pairs]]
    lp.row_lower_, lp.col_cost_, lp.offset_ = lower, cost, float(most.sum())


def _shared_links(ix: Indexed, books: Books, pairs: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the links with a column of their own, the place of each pair's among them (or -1), and 1 where a pair is its link."""
    of_pair = ix.pair_link[pairs]
    closed = ~books.opened[of_pair] & ((ix.link_counts[of_pair] > 0) | (ix.link_value[of_pair] != 0))
    several = np.bincount(of_pair, minlength=len(ix.link_case))[of_pair] > 1
    links = np.unique(of_pair[closed & several])
    place = np.where(closed & several, np.searchsorted(links, of_pair), -1)
    return links, place, (closed & ~several).astype(np.int64)


def _overload_steps(ix: Indexed, books: Books, pairs: Ints) -> Ints:
    """Return the supporters whose load might pass a threshold."""
    if not len(ix.overload_prices):
        return np.zeros(0, dtype=np.int64)
    seen = np.unique(ix.pair_supporter[pairs])
    return np.asarray(seen[ix.thresholds[seen].min(axis=1) < NO_LIMIT // 2])


def _gather(ix: Indexed, books: Books, pairs: Ints, links: Ints, link_of_pair: Ints, alone: Ints, steps: Ints) -> _Rows:
    """Return all rows; a pair that is its own link carries the link's half days, pence and counts."""
    rows, ones = _Rows(), np.ones(len(pairs))
    column, link_column = np.arange(len(pairs)), len(pairs) + np.arange(len(links))
    of_pair, supporter, case = ix.pair_link[pairs], ix.pair_supporter[pairs], ix.need_case[ix.pair_need[pairs]]
    counts, link_counts = (alone * ix.link_counts[of_pair]).astype(np.float64), ix.link_counts[links].astype(np.float64)
    needs, supporters, cases = np.unique(ix.pair_need[pairs]), np.unique(supporter), np.unique(case)
    rows.add("need", needs, np.ones(len(needs)), [(ix.pair_need[pairs], column, ones)])
    inside = np.flatnonzero(link_of_pair >= 0)
    rows.add(
        "link",
        inside,
        np.zeros(len(inside)),
        [(inside, inside, np.ones(len(inside))), (inside, len(pairs) + link_of_pair[inside], -np.ones(len(inside)))],
    )
    for window in range(ix.half_days.shape[1]):
        taken = ix.pair_half_days[pairs, window] + alone * ix.link_half_days[of_pair, window]
        rows.add(f"window {window}", supporters, books.half_days[supporters, window], [
            (supporter, column, taken), (ix.link_supporter[links], link_column, ix.link_half_days[links, window])])  # fmt: skip
    capped = supporters[ix.has_caseload[supporters]]
    rows.add("caseload", capped, books.cases[capped], [(supporter, column, counts), (ix.link_supporter[links], link_column, link_counts)])
    rows.add("case", cases, books.room[cases], [(case, column, counts), (ix.link_case[links], link_column, link_counts)])
    if ix.has_budget:
        pence = ix.pair_pence[pairs] + alone * ix.link_pence[of_pair]
        one, all_pairs, all_links = np.zeros(1, dtype=np.int64), np.zeros(len(pairs), dtype=np.int64), np.zeros(len(links), dtype=np.int64)
        parts = [(all_pairs, column, pence / 100), (all_links, link_column, ix.link_pence[links] / 100)]
        rows.add("budget", one, np.array([books.pence / 100], dtype=np.float64), parts)
    _add_overload(rows, ix, books, steps, supporter, column, ix.pair_load[pairs] + alone * ix.link_load[of_pair], links, link_column)
    return rows


def _add_overload(
    rows: _Rows, ix: Indexed, books: Books, steps: Ints, supporter: Ints, column: Ints, load: Ints, links: Ints, link_column: Ints
) -> None:
    """Add, for each supporter and step: load less overload stays below the threshold."""
    first, wide = len(column) + len(links), len(ix.overload_prices)
    for step in range(wide):
        room = ix.thresholds[steps, step] - books.load[steps]
        over = first + np.arange(len(steps)) * wide + step
        rows.add(f"overload {step}", steps, room, [
            (supporter, column, load.astype(np.float64)), (ix.link_supporter[links], link_column, ix.link_load[links].astype(np.float64)),
            (steps, over, -np.ones(len(steps)))])  # fmt: skip


def _lp(cost: Floats, binaries: int, rows: _Rows, whole_numbers: bool) -> highspy.HighsLp:
    """Return rows and columns in HiGHS's form."""
    row = np.concatenate([part[0] for part in rows.triplets])
    column = np.concatenate([part[1] for part in rows.triplets])
    value = np.concatenate([part[2] for part in rows.triplets])
    order = np.lexsort((row, column))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), rows.count
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_ = cost, np.zeros(len(cost))
    lp.col_upper_ = np.concatenate([np.ones(binaries), np.full(len(cost) - binaries, highspy.kHighsInf)])
    lp.row_lower_, lp.row_upper_ = np.full(rows.count, -highspy.kHighsInf), np.concatenate(rows.upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(cost)))])
    lp.a_matrix_.index_, lp.a_matrix_.value_ = row[order], value[order]
    if whole_numbers:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * binaries + [highspy.HighsVarType.kContinuous] * (len(cost) - binaries)
    return lp
