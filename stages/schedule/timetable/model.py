"""The freed part of a timetable as a model: relaxed, which gives a bound and prices, then chosen from the tours that those prices leave."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.highs import Growing, choose
from stages.schedule.timetable.indexing import AFTERNOON, ANY, MORNING, At, Floats, Indexed, Ints
from stages.schedule.timetable.rows import Rows
from stages.schedule.timetable.tours import tours_of

_FIRST_DAYS, _PER_ROUND = 6, 400
_LEAST_TOURS, _TOURS_EACH, _NODES = 400, 18, 20
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Found:
    """Where the freed sessions go (None: no date), what that costs in the model, and the bound that is proven for the model."""

    at: list[At | None]
    cost: float
    bound: float


class Model:
    """The sessions of `free` with all else in the books kept; see `tours_of` for `alone`."""

    def __init__(self, ix: Indexed, books: Books, free: Sequence[int], seed: int, alone: int | None = None) -> None:
        """Write the model; the sessions of `free` are not in the books."""
        self.ix, self.seed, self.books = ix, seed, books
        self.tours = tours_of(ix, books, free, alone)
        self.rows = Rows(ix, books, self.tours)
        self.bound = self.relaxed = -np.inf
        self.reduced, self.taken = np.zeros(len(self.tours.cost)), np.zeros(len(self.tours.session))
        self.leads = [np.flatnonzero(self.tours.lead & (self.tours.session == n)) for n in range(len(free))]
        self.days = [ix.ordinal[self.tours.day[stops]] for stops in self.leads]
        self.gaps = self._gaps()
        self.active: list[int] = []

    def relax(self, until: float) -> None:
        """Solve the linear relaxation over all tours, by adding those that could improve it; `bound` is proven even if the time ends."""
        rows = self.rows
        growing = Growing(np.array(rows.lower), np.array(rows.upper), self.seed)
        growing.add_columns(np.array([price for price, _ in rows.slack]), [line for _, line in rows.slack])
        inside = np.zeros(len(self.tours.cost), dtype=np.bool_)
        new: Ints = self._promising()
        while True:
            inside[new] = True
            self.active += new.tolist()
            growing.add_columns(self.tours.cost[new], [rows.line(tour) for tour in new.tolist()])
            answer = growing.solve()
            values = answer.values if answer.values is not None else np.zeros(0)
            self.taken = self._taken(values[len(rows.slack) :], np.array(self.active, dtype=np.int64))
            cuts = self.broken(self.taken)
            reduced = rows.reduced(answer.duals)
            found = answer.cost + self._missing(np.where(inside, 0.0, reduced))
            if found > self.bound:
                self.bound = self.relaxed = found
                self.reduced = reduced
            new = self._worst(np.where(inside, 0.0, reduced))
            if (not cuts and not len(new)) or time.monotonic() > until:
                return
            self._add_cuts(growing, cuts)

    def _promising(self) -> Ints:
        """Return the tours to begin with: the cheapest single days of each session, and the cheapest pairs of each."""
        tours, found = self.tours, list[Ints]()
        for pairs in (False, True):
            mine = np.flatnonzero((tours.second >= 0) == pairs)
            for side in (tours.first, tours.second) if pairs else (tours.first,):
                key = tours.session[side[mine]] * (len(self.ix.base) + 1) + tours.who[side[mine]]
                order = mine[np.lexsort((tours.cost[mine], key))]
                keys = np.sort(key)
                rank = np.arange(len(order)) - np.searchsorted(keys, keys)
                found.append(order[rank < _FIRST_DAYS])
        return np.unique(np.concatenate(found))

    def _worst(self, reduced: Floats) -> Ints:
        """Return the tours that would improve the relaxation most, so many at a time."""
        new = np.flatnonzero(reduced < -_NEAR)
        return new[np.argsort(reduced[new], kind="stable")[:_PER_ROUND]]

    def _missing(self, reduced: Floats) -> float:
        """Return how far the tours that are left out could lower the cost at most: one a supporter's day."""
        least = np.zeros(len(self.rows.upper))
        np.minimum.at(least, self.rows.day_row[self.tours.first], reduced)
        return float(least.sum())

    def _taken(self, values: Floats, tours: Ints) -> Floats:
        """Return how much of each stop a choice of tours takes."""
        first, second = self.tours.first[tours], self.tours.second[tours]
        taken = np.bincount(first, weights=values, minlength=len(self.tours.session))
        pairs = second >= 0
        return np.asarray(taken + np.bincount(second[pairs], weights=values[pairs], minlength=len(taken)))

    def broken(self, taken: Floats) -> list[Ints]:
        """Return sets of stops of which at most one may be taken and more is: too near in time, or too far, for two sessions of a chain."""
        found = []
        for one, other, least in self.gaps:
            found += _too_near(self.days[one], self.days[other], taken, self.leads[one], self.leads[other], least)
        return found

    def _gaps(self) -> list[tuple[int, int, int]]:
        """Return (one, other, least) where the other comes so many days after the one at least, and their days could break that."""
        both = [(one, other, least) for one, other, least, _ in self.tours.gaps] + [(other, one, -most) for one, other, _, most in self.tours.gaps]
        days = self.days
        return [(a, b, least) for a, b, least in both if len(days[a]) and len(days[b]) and days[b][0] - days[a][-1] < least]

    def _add_cuts(self, growing: Growing, cuts: list[Ints]) -> None:
        """Write cuts into the rows and the growing model."""
        lines = []
        for stops in cuts:
            self.rows.cut(stops)
            inside = np.isin(self.tours.first[self.active], stops) | np.isin(self.tours.second[self.active], stops)
            where = (np.flatnonzero(inside) + len(self.rows.slack)).tolist()
            lines.append((where, [1.0] * len(where)))
        if lines:
            growing.add_rows(np.ones(len(lines)), lines)

    def choose(self, until: float, start: Sequence[At | None] | None = None, times: float = 1.0) -> Found | None:
        """Return the best choice among the tours that the relaxation leaves, and what that proves; None if none was found.

        `times` as many tours as usual are looked at. Answers that break an order bring new rows until one does not.
        """
        order = np.argsort(self.reduced, kind="stable")
        most = round(times * max(_LEAST_TOURS, _TOURS_EACH * len(self.tours.sessions)))
        beyond = float(self.reduced[order[most]]) if len(order) > most else np.inf
        begin = self._tours_at(start) if start is not None else None
        tours = np.union1d(order[:most], begin if begin is not None else np.zeros(0, dtype=np.int64)).astype(np.int64)
        while (answer := self._choose(tours, until, begin)) is not None:
            values, bound = answer
            cuts = self.broken(self._taken(values, tours))
            for stops in cuts:
                self.rows.cut(stops)
            if not cuts:
                chosen = tours[values > 0.5]
                self.bound = max(self.bound, min(bound, self.relaxed + max(0.0, beyond)))
                return Found(self.places(chosen), self.cost_of(chosen), self.bound)
            if time.monotonic() > until:
                break
        return None

    def cost_at(self, at: Sequence[At | None]) -> float:
        """Return what it costs in the model to have the freed sessions where they are; infinite if they cannot be."""
        tours = self._tours_at(at)
        return np.inf if tours is None else self.cost_of(tours)

    def _choose(self, tours: Ints, until: float, begin: Ints | None) -> tuple[Floats, float] | None:
        rows, slack = self.rows, self.rows.slack
        costs = np.concatenate([[price for price, _ in slack], self.tours.cost[tours]])
        lines = [line for _, line in slack] + [rows.line(tour) for tour in tours.tolist()]
        start = None
        if begin is not None:
            start = np.concatenate([self._slack_of(begin), np.isin(tours, begin).astype(np.float64)])
        answer = choose(costs, lines, len(slack), np.array(rows.lower), np.array(rows.upper),
                        seconds=until - time.monotonic(), seed=self.seed, nodes=_NODES, start=start)  # fmt: skip
        return None if answer.values is None else (np.round(answer.values[len(slack) :]), answer.bound)

    def _slack_of(self, chosen: Ints) -> Floats:
        """Return the columns that are no tours for a choice: sessions without a date, and what passes a week or a share."""
        load = np.zeros(len(self.rows.upper))
        for tour in chosen.tolist():
            where, values = self.rows.line(tour)
            np.add.at(load, where, values)
        found = []
        for _, ([row], [sign]) in self.rows.slack:
            found.append(1.0 - load[row] if sign > 0 else max(0.0, load[row] - self.rows.upper[row]))
        return np.array(found)

    def cost_of(self, chosen: Ints) -> float:
        """Return what a choice of tours costs in the model."""
        return float(self.tours.cost[chosen].sum() + np.array([price for price, _ in self.rows.slack]) @ self._slack_of(chosen))

    def places(self, chosen: Ints) -> list[At | None]:
        """Return the day and part of each freed session; of two halves of which the part is open, the first session gets the morning."""
        found: list[At | None] = [None] * len(self.tours.sessions)
        for tour in chosen.tolist():
            stops = [int(stop) for stop in (self.tours.first[tour], self.tours.second[tour]) if stop >= 0]
            parts = {int(self.tours.part[stop]) for stop in stops}
            for stop in stops:
                part = int(self.tours.part[stop])
                if part == ANY:
                    part = next(free for free in (MORNING, AFTERNOON) if free not in parts)
                    parts.add(part)
                found[int(self.tours.session[stop])] = int(self.tours.day[stop]), part
        return found

    def _tours_at(self, at: Sequence[At | None]) -> Ints | None:
        """Return the tours by which the freed sessions are where they are; None if the model has no such tours."""
        tours = self.tours
        where = np.array([slot[0] if slot else -1 for slot in at], dtype=np.int64)
        part = np.array([slot[1] if slot else -1 for slot in at], dtype=np.int64)
        exact = (tours.day == where[tours.session]) & ((tours.part == ANY) | (tours.part == part[tours.session]))
        groups: dict[tuple[int, int], dict[int, int]] = {}
        for stop in np.flatnonzero(exact).tolist():
            here = groups.setdefault((int(tours.who[stop]), int(tours.day[stop])), {})
            session = int(tours.session[stop])
            # A part that is told apart is the slot it has now, which costs nothing to keep.
            if session not in here or tours.part[stop] != ANY:
                here[session] = stop
        chosen = []
        for stops in groups.values():
            one, other = sorted(stops.values()) if len(stops) == 2 else (next(iter(stops.values())), -1)
            match = np.flatnonzero(((tours.first == one) & (tours.second == other)) | ((tours.first == other) & (tours.second == one)))
            if not len(match):
                return None
            chosen.append(int(match[0]))
        return np.array(chosen, dtype=np.int64)


def _too_near(one_days: Ints, other_days: Ints, taken: Floats, one: Ints, other: Ints, least: int) -> list[Ints]:
    """Return the worst set of stops that breaks: the other session comes at least so many days after the one. Days are in order."""
    past, upto = np.searchsorted(one_days, other_days - least, side="right"), np.searchsorted(other_days, other_days, side="right")
    early = np.concatenate([[0.0], np.cumsum(taken[other])])[upto]
    sums = np.concatenate([[0.0], np.cumsum(taken[one])])
    late = sums[-1] - sums[past]
    worst = int(np.argmax(early + late))
    if early[worst] + late[worst] <= 1 + 1e-5:
        return []
    # A later mark that the same days of the one session lie beyond says more.
    mark = int(np.flatnonzero(past == past[worst])[-1])
    return [np.concatenate([other[: upto[mark]], one[past[worst] :]])]
