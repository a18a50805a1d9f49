"""The books of a timetable: who is where on which day, how full each week is, and what stops a session from a slot."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot, isnan

from stages.schedule.timetable.indexing import AFTERNOON, MORNING, WHOLE, At, Indexed

# What a supporter has on one day: the part, the place in kilometres, and the session (-1: taken before).
Entry = tuple[int, tuple[float, float], int]
FULL, BOOKED, FAR = "the supporter's week is full", "the supporter is booked", "the supporter is too far away that day"
SECOND, ORDER = "the school has another visit that day", "the order of its visits and the weeks between them"


class Books:
    """A timetable that can be changed: `at` is each session's day and part (None: no date)."""

    def __init__(self, ix: Indexed, *, locked: bool = True) -> None:
        """Enter what is taken, and what is locked unless the caller enters that."""
        self.ix = ix
        self.at: list[At | None] = [None] * len(ix.problem.sessions)
        self.diary: dict[tuple[int, int], list[Entry]] = {}
        self.load: Counter[tuple[int, int]] = Counter()
        self.spread: Counter[tuple[int, int]] = Counter()
        self.visits: dict[tuple[int, int], list[int]] = {}
        # Single numbers are asked for more often than any array is quick for.
        self.week, self.ordinal, self.size = ix.week.tolist(), ix.ordinal.tolist(), ix.half_days.tolist()
        for who, things in enumerate(ix.taken):
            for day, part, place in things:
                self.diary.setdefault((who, day), []).append((part, place, -1))
                size = 2 if part == WHOLE else 1
                self.load[who, int(ix.week[day])] += size
                self.spread[who, int(ix.period[day])] += size
        for session, slot in enumerate(ix.fixed):
            if slot is not None and locked:
                self.put(session, slot)

    def put(self, session: int, slot: At) -> None:
        """Enter a session, whether that is allowed or not."""
        ix, (day, part) = self.ix, slot
        self.at[session] = slot
        x, y = ix.place[session].tolist()
        size = int(ix.half_days[session])
        for who in ix.supporters_of[session]:
            self.diary.setdefault((who, day), []).append((part, (x, y), session))
            self.load[who, int(ix.week[day])] += size
            self.spread[who, int(ix.period[day])] += size
        for school in ix.schools_of[session]:
            self.visits.setdefault((school, day), []).append(session)

    def remove(self, session: int) -> None:
        """Take a session out again, if it has a date."""
        slot, ix = self.at[session], self.ix
        if slot is None:
            return
        self.at[session] = None
        day, size = slot[0], int(ix.half_days[session])
        for who in ix.supporters_of[session]:
            self.diary[who, day] = [entry for entry in self.diary[who, day] if entry[2] != session]
            self.load[who, int(ix.week[day])] -= size
            self.spread[who, int(ix.period[day])] -= size
        for school in ix.schools_of[session]:
            self.visits[school, day].remove(session)

    def stops(self, session: int, day: int, parts: Sequence[int] | None = None) -> tuple[str | None, list[int]]:
        """Return what stops a session on a day that it may have by itself, and which sessions are in the way; None if a part is free.

        `parts` are those to try; any that fit the session if left out.
        """
        why, what = self.why_not(session, day, parts)
        if why == ORDER:
            return why, [what]
        if why == SECOND:
            return why, [one for one in self.visits[what, day] if one != session]
        if why == FULL:
            week = self.week[day]
            return why, [one for one, at in enumerate(self.at) if at and self.week[at[0]] == week and what in self.ix.supporters_of[one]]
        if why == FAR:
            return why, [entry[2] for entry in self.diary[what, day]]
        if why == BOOKED:
            return why, sorted({entry[2] for who in self.ix.supporters_of[session] for entry in self.diary.get((who, day), [])})
        return None, []

    def why_not(self, session: int, day: int, parts: Sequence[int] | None = None) -> tuple[str | None, int]:
        """Return what stops a session on a day, as `stops` does, with the session, school or supporter by which it does (-1: several)."""
        ix = self.ix
        other = self._out_of_order(session, day)
        if other is not None:
            return ORDER, other
        for school in ix.schools_of[session]:
            if any(one != session for one in self.visits.get((school, day), ())):
                return SECOND, school
        for who in ix.supporters_of[session]:
            why = self._full_or_far(session, day, who)
            if why is not None:
                return why, who
        return (BOOKED, -1) if self.free_part(session, day, parts) is None else (None, -1)

    def stops_one(self, session: int, day: int, who: int) -> str | None:
        """Return what in the diary of one supporter, whoever else comes, stops a session on a day; None if nothing does."""
        return self._full_or_far(session, day, who) or (BOOKED if self._free_part(session, [self.diary.get((who, day), [])], None) is None else None)

    def _full_or_far(self, session: int, day: int, who: int) -> str | None:
        if self.load[who, self.week[day]] + self.size[session] > self.ix.most_half_days[who]:
            return FULL
        entries = self.diary.get((who, day), ())
        far = any(not self.near(self.ix.place[session].tolist(), entry[1]) for entry in entries)
        return FAR if far and not self._whole(session, entries) else None

    def in_order(self, session: int, day: int) -> bool:
        """Tell whether the order and the weeks between visits allow a session on a day."""
        return self._out_of_order(session, day) is None

    def _out_of_order(self, session: int, day: int) -> int | None:
        """Return a session that a day would be too near to or too far from; None if there is none."""
        ix, here = self.ix, self.ordinal[day]
        for sign, others in ((1, ix.before[session]), (-1, ix.later[session])):
            for one in others:
                slot = self.at[one.session]
                if slot is not None and not one.least <= sign * (here - self.ordinal[slot[0]]) <= one.most:
                    return one.session
        return None

    def _whole(self, session: int, entries: Iterable[Entry]) -> bool:
        return self.size[session] == 2 or any(entry[0] == WHOLE for entry in entries)

    def near(self, one: Sequence[float], other: Sequence[float]) -> bool:
        """Tell whether two places are known and near enough for one day."""
        apart = hypot(one[0] - other[0], one[1] - other[1])
        return not isnan(apart) and apart <= self.ix.problem.same_day_km + 1e-9

    def free_part(self, session: int, day: int, parts: Sequence[int] | None = None) -> int | None:
        """Return the first part of a day that all supporters of a session have free; None if there is none."""
        return self._free_part(session, [self.diary.get((who, day), []) for who in self.ix.supporters_of[session]], parts)

    def _free_part(self, session: int, diaries: Sequence[Sequence[Entry]], parts: Sequence[int] | None) -> int | None:
        if any(len(entries) > 1 for entries in diaries):
            return None
        taken = {entry[0] for entries in diaries for entry in entries}
        if self.size[session] == 2:
            return None if taken else WHOLE
        return None if WHOLE in taken else next((part for part in parts or (MORNING, AFTERNOON) if part not in taken), None)


def tour(base: Sequence[float], places: Sequence[Sequence[float]]) -> float:
    """Return the length of a tour from a base to one or two places and back; what is not known counts nothing."""
    known = [place for place in places if not isnan(place[0])]
    if not known or isnan(base[0]):
        return 0.0
    stops = [base, *known, base]
    return sum(hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(stops))


def cost(books: Books) -> float:
    """Return what the timetable in the books costs, moves of confirmed sessions included."""
    ix, prices = books.ix, books.ix.problem.prices
    total = 0.0
    for session, slot in enumerate(books.at):
        if slot is None:
            total += prices.unplaced
        else:
            total += prices.day * abs(int(ix.ordinal[slot[0]] - ix.aim[session]))
        home = ix.home[session]
        total += prices.moved if home is not None and slot != home else 0.0
    bases = ix.base.tolist()
    total += prices.kilometre * sum(tour(bases[who], [entry[1] for entry in day]) for (who, _), day in books.diary.items())
    total += prices.crowded * sum(max(0, load - prices.easy_week) for load in books.load.values())
    total += prices.uneven * sum(max(0, load - ix.share[who]) for (who, period), load in books.spread.items() if period >= 0)
    return total
