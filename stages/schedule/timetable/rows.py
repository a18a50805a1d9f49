"""The rows of the model: a date a session, a tour a supporter's day, half days a week, joint visits together, a visit a day at a school.

The weeks between the sessions of a case are rows too (cuts), but there are too many to write all: those that an answer breaks are added.
"""

from collections import defaultdict

import numpy as np

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.highs import INF, Line
from stages.schedule.timetable.indexing import Floats, Indexed, Ints
from stages.schedule.timetable.tours import Tours


class Rows:
    """The rows that hold for some tours, and what each stop and each day has in them.

    `slack` are the columns that are no tours: each session's without a date, then what passes an easy week or a fair share.
    """

    def __init__(self, ix: Indexed, books: Books, tours: Tours) -> None:
        """Write all rows but cuts."""
        self.tours = tours
        self.size = ix.half_days[tours.sessions][tours.session]
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.of_stop: list[list[int]] = [[] for _ in tours.session]
        self.minus: list[list[int]] = [[] for _ in tours.session]
        self.of_day: dict[tuple[int, int], tuple[int, list[int]]] = {}
        self.slack: list[tuple[float, Line]] = []
        self._flat: tuple[tuple[Ints, Ints], tuple[Ints, Ints], tuple[Ints, Ints]] | None = None
        self._one_date_each()
        self._days_and_weeks(ix, books)
        self._together()
        self._schools(ix)
        self.day_row = np.array([self.of_day[key][0] for key in self._keys()], dtype=np.int64)
        self.load_rows = [self.of_day[key][1] for key in self._keys()]

    def _keys(self) -> list[tuple[int, int]]:
        return list(zip(self.tours.who.tolist(), self.tours.day.tolist(), strict=True))

    def _row(self, lower: float, upper: float) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.upper) - 1

    def _one_date_each(self) -> None:
        for price in self.tours.unplaced.tolist():
            self.slack.append((price, ([self._row(1.0, 1.0)], [1.0])))
        for stop in np.flatnonzero(self.tours.lead).tolist():
            self.of_stop[stop].append(int(self.tours.session[stop]))

    def _days_and_weeks(self, ix: Indexed, books: Books) -> None:
        """Write a row for each day of each supporter, and for what a week or a period may hold."""
        prices, loads = ix.problem.prices, defaultdict[tuple[str, int, int], dict[int, int]](dict)
        for stop, (who, day) in enumerate(self._keys()):
            if (who, day) not in self.of_day:
                self.of_day[who, day] = self._row(-INF, 1.0), []
            session, size = int(self.tours.session[stop]), int(self.size[stop])
            loads["week", who, int(ix.week[day])][session] = size
            loads["period", who, int(ix.period[day])][session] = size
        rows: dict[tuple[str, int, int], list[int]] = {}
        for (kind, who, which), sessions in loads.items():
            most, here = sum(sessions.values()), rows.setdefault((kind, who, which), [])
            if kind == "week":
                room, easy = ix.most_half_days[who] - books.load[who, which], prices.easy_week - books.load[who, which]
                here += [self._row(-INF, room)] if most > room else []
                here += [self._beyond(easy, prices.crowded)] if most > easy else []
            elif which >= 0:
                fair = ix.share[who] - books.spread[who, which]
                here += [self._beyond(fair, prices.uneven)] if most > fair else []
        for (who, day), (_, lines) in self.of_day.items():
            lines += [*rows["week", who, int(ix.week[day])], *rows["period", who, int(ix.period[day])]]

    def _beyond(self, limit: float, price: float) -> int:
        """Write a row that may be passed at a price; what has passed it already costs nothing more."""
        row = self._row(-INF, max(0.0, limit))
        self.slack.append((price, ([row], [-1.0])))
        return row

    def _together(self) -> None:
        """Write rows that bring all supporters of a joint visit on the same part of the same day."""
        leads = {(k, d, part): stop for stop, (k, d, part) in self._slots() if self.tours.lead[stop]}
        for stop, slot in self._slots():
            if not self.tours.lead[stop]:
                row = self._row(0.0, 0.0)
                self.of_stop[leads[slot]].append(row)
                self.minus[stop].append(row)

    def _slots(self) -> list[tuple[int, tuple[int, int, int]]]:
        tours = self.tours
        return list(enumerate(zip(tours.session.tolist(), tours.day.tolist(), tours.part.tolist(), strict=True)))

    def _schools(self, ix: Indexed) -> None:
        """Write a row for each day on which two visits that are in no order could fall at one school."""
        ordered = {frozenset((before, after)) for before, after, _, _ in self.tours.gaps}
        at: dict[tuple[int, int], list[int]] = defaultdict(list)
        for stop in np.flatnonzero(self.tours.lead).tolist():
            for school in ix.schools_of[self.tours.sessions[int(self.tours.session[stop])]]:
                at[school, int(self.tours.day[stop])].append(stop)
        for stops in at.values():
            sessions = sorted({int(self.tours.session[stop]) for stop in stops})
            if any(frozenset((a, b)) not in ordered for n, a in enumerate(sessions) for b in sessions[:n]):
                row = self._row(-INF, 1.0)
                for stop in stops:
                    self.of_stop[stop].append(row)

    def cut(self, stops: Ints) -> int:
        """Add a row of which at most one of some stops may be taken, and return its number."""
        row = self._row(-INF, 1.0)
        for stop in stops.tolist():
            self.of_stop[stop].append(row)
        if self._flat is not None:
            plus, others = self._flat[0], self._flat[1:]
            self._flat = (np.concatenate([plus[0], stops]), np.concatenate([plus[1], np.full(len(stops), row)])), *others
        return row

    def line(self, tour: int) -> Line:
        """Return what a tour has in each row."""
        one, other = int(self.tours.first[tour]), int(self.tours.second[tour])
        where, values, size = [int(self.day_row[one])], [1.0], float(self.size[one])
        for stop in (one, other) if other >= 0 else (one,):
            where += self.of_stop[stop]
            values += [1.0] * len(self.of_stop[stop])
            where += self.minus[stop]
            values += [-1.0] * len(self.minus[stop])
        size += float(self.size[other]) if other >= 0 else 0.0
        where += self.load_rows[one]
        values += [size] * len(self.load_rows[one])
        return where, values

    def reduced(self, duals: Floats) -> Floats:
        """Return each tour's cost less what its rows are worth."""
        if self._flat is None:
            self._flat = _flat(self.of_stop), _flat(self.minus), _flat(self.load_rows)
        (plus, plus_row), (minus, minus_row), (load, load_row) = self._flat
        count = len(self.of_stop)
        worth = np.bincount(plus, weights=duals[plus_row], minlength=count) - np.bincount(minus, weights=duals[minus_row], minlength=count)
        worth = worth + self.size * np.bincount(load, weights=duals[load_row], minlength=count)
        first, second = self.tours.first, self.tours.second
        return np.asarray(self.tours.cost - worth[first] - duals[self.day_row[first]] - np.where(second >= 0, worth[second], 0.0))


def _flat(lists: list[list[int]]) -> tuple[Ints, Ints]:
    """Return lists of rows as two arrays: whose, and which."""
    whose = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    return whose, np.array([row for one in lists for row in one], dtype=np.int64)
