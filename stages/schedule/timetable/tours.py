"""The columns of the model: for each supporter and day, a tour to one or two of the freed sessions.

A *stop* is a session on a day with one of its supporters; its part of the day is fixed where that matters (a joint visit, a day on which something
is on, the slot it has now) and ANY elsewhere, since two half days always fit. A *tour* is one stop or two. The first supporter of a joint visit
leads: the lead's tours carry what the session costs once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.schedule.timetable.books import Books, tour
from stages.schedule.timetable.indexing import AFTERNOON, ANY, MORNING, WHOLE, Flags, Floats, Indexed, Ints


@dataclass(frozen=True, slots=True)
class Tours:
    """Stops (N) of the freed sessions (by place in `sessions`) and tours (T) of one stop or of two (`second` is -1 for one).

    `unplaced` is what each session costs without a date, `gaps` are (before, after, least, most) of freed sessions in one chain.
    """

    sessions: list[int]
    supporters: list[tuple[int, ...]]
    unplaced: Floats
    session: Ints
    who: Ints
    day: Ints
    part: Ints
    lead: Flags
    first: Ints
    second: Ints
    cost: Floats
    gaps: list[tuple[int, int, int, int]]


class _Stop(NamedTuple):
    """A stop as it is gathered: `own` is its price, `alone` the kilometres of a tour to it, `joins` whether another may share its day."""

    session: int
    who: int
    day: int
    part: int
    lead: bool
    own: float
    alone: float
    joins: bool


def tours_of(ix: Indexed, books: Books, free: Sequence[int], alone: int | None = None) -> Tours:
    """Return the tours to the sessions of `free`, which are not in the books; all that is there stays.

    With `alone`, only this supporter's part is looked at: a joint visit then costs its share and need not suit the others.
    """
    stops, supporters, unplaced = list[_Stop](), [], []
    for local, session in enumerate(free):
        whole = ix.supporters_of[session]
        mine = whole if alone is None else (alone,)
        share = len(mine) / len(whole)
        supporters.append(mine)
        unplaced.append(share * (ix.problem.prices.unplaced + (ix.problem.prices.moved if ix.home[session] else 0.0)))
        stops += _stops(ix, books, local, session, mine, share)
    numbers = np.array([stop[:4] for stop in stops], dtype=np.int64).reshape(len(stops), 4)
    prices = np.array([stop[5:7] for stop in stops], dtype=np.float64).reshape(len(stops), 2)
    joins = np.array([stop.joins for stop in stops], dtype=np.bool_)
    first, second, cost = _tours(ix, free, numbers, prices, joins)
    lead = np.array([stop.lead for stop in stops], dtype=np.bool_)
    which, who, day, part = numbers.T
    return Tours(list(free), supporters, np.array(unplaced), which, who, day, part, lead, first, second, cost, _gaps(ix, free))


def _stops(ix: Indexed, books: Books, local: int, session: int, mine: tuple[int, ...], share: float) -> Iterator[_Stop]:
    """Yield the stops of one session, a day at a time."""
    prices, home = ix.problem.prices, ix.home[session]
    place, bases = ix.place[session].tolist(), [ix.base[who].tolist() for who in mine]
    # Most days have nothing on yet, and the way there and back is the same on each of those.
    ways = [tour(base, [place]) for base in bases]
    for day, price in zip(ix.days_of[session].tolist(), ix.day_price(session, ix.days_of[session]).tolist(), strict=True):
        if books.why_not(session, day)[0] is not None:
            continue
        entries = [books.diary.get((who, day), []) for who in mine]
        for part in _parts(ix, books, session, day, len(mine) > 1 or any(entries)):
            own = share * (price + (prices.moved if home is not None and (day, part) != home else 0.0))
            for who, base, way, there in zip(mine, bases, ways, entries, strict=True):
                places = [entry[1] for entry in there]
                more = tour(base, [*places, place]) - tour(base, places) if places else way
                lead = who == mine[0]
                yield _Stop(local, who, day, part, lead, own if lead else 0.0, more, part != WHOLE and not there)


def _parts(ix: Indexed, books: Books, session: int, day: int, matters: bool) -> list[int]:
    """Return the parts of a day that are to be told apart."""
    home = ix.home[session]
    if home is not None and ix.too_soon(day):
        # A confirmed visit may stay so soon, but not move within its day.
        return [part for part in home[1:] if books.free_part(session, day, (part,)) == part]
    if ix.half_days[session] == 2:
        return [WHOLE]
    if matters:
        return [part for part in (MORNING, AFTERNOON) if books.free_part(session, day, (part,)) is not None]
    return [ANY, home[1]] if home is not None and home[0] == day else [ANY]


def _gaps(ix: Indexed, free: Sequence[int]) -> list[tuple[int, int, int, int]]:
    local = {session: n for n, session in enumerate(free)}
    return [(local[one.session], n, one.least, one.most) for n, session in enumerate(free) for one in ix.before[session] if one.session in local]


def _tours(ix: Indexed, free: Sequence[int], numbers: Ints, prices: Floats, joining: Flags) -> tuple[Ints, Ints, Floats]:
    """Return first and second stop and cost of every tour: each stop by itself, and each two that may share a day."""
    (session, who, day, part), (own, alone), price = numbers.T, prices.T, ix.problem.prices.kilometre
    everything = np.arange(len(own), dtype=np.int64)
    firsts, seconds, costs = [everything], [np.full(len(own), -1, dtype=np.int64)], [own + price * alone]
    near, apart = _near(ix, free)
    joins = np.flatnonzero(joining)
    order = joins[np.lexsort((day[joins], who[joins]))]
    edges = np.flatnonzero(np.diff(who[order]) | np.diff(day[order])) + 1
    for group in np.split(order, edges):
        if len(group) < 2:
            continue
        one, other = np.triu_indices(len(group), 1)
        one, other = group[one], group[other]
        fits = near[session[one], session[other]] & ((part[one] != part[other]) | (part[one] == ANY))
        one, other = one[fits], other[fits]
        known = 0.0 if np.isnan(ix.base[who[group[0]], 0]) else 1.0
        length = (alone[one] + alone[other]) / 2 + known * apart[session[one], session[other]]
        firsts.append(one)
        seconds.append(other)
        costs.append(own[one] + own[other] + price * length)
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(costs)


def _near(ix: Indexed, free: Sequence[int]) -> tuple[Flags, Floats]:
    """Return which two of some sessions may share a supporter's day (n, n), and the kilometres between them."""
    place = ix.place[list(free)].reshape(len(free), 2)
    apart = np.hypot(*(place[:, None, :] - place[None, :, :]).transpose(2, 0, 1))
    near = apart <= ix.problem.same_day_km + 1e-9
    half = ix.half_days[list(free)] == 1
    near &= half[:, None] & half[None, :]
    for one, session in enumerate(free):
        schools, chain = set(ix.schools_of[session]), {before.session for before in ix.before[session]}
        for other in np.flatnonzero(near[one]).tolist():
            if other == one or not schools.isdisjoint(ix.schools_of[free[other]]) or free[other] in chain:
                near[one, other] = near[other, one] = False
    return near, np.nan_to_num(apart)
