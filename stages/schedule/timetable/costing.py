"""What a timetable costs, added up plainly and apart from the solver."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from models.words import DayPart
from stages.schedule.timetable.problem import Place, Problem, Session, Slot, fair_share


@dataclass(frozen=True, slots=True)
class Cost:
    """The parts of a cost in their own units, and their sum by the problem's prices."""

    unplaced: int
    kilometres: float
    days: int
    crowded: int
    uneven: int
    total: float


def tour_km(base: Place | None, places: list[Place | None]) -> float:
    """Return the length of the tour from a base to one or two places and back; what is not known counts nothing."""
    known = [place for place in places if place is not None]
    if base is None or not known:
        return 0.0
    stops = [base, *known, base]
    return sum(hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(stops)) / 1000


def cost_of(problem: Problem, slots: Mapping[int, Slot | None]) -> Cost:
    """Return what a timetable costs, with the kilometres of what was taken before."""
    prices = problem.prices
    unplaced = sum(slots[one.id] is None for one in problem.sessions)
    days = sum(abs((slot.day - one.aim).days) for one, slot in _held(problem, slots))
    kilometres, crowded, uneven = 0.0, 0, 0
    for supporter in problem.supporters:
        mine = [(slot, one) for one, slot in _held(problem, slots) if supporter.id in one.supporters]
        places: dict[datetime.date, list[Place | None]] = {}
        for slot, place in [(t.slot, t.place) for t in supporter.taken] + [(slot, one.place) for slot, one in mine]:
            places.setdefault(slot.day, []).append(place)
        kilometres += sum(tour_km(supporter.base, where) for where in places.values())
        weeks = Counter[tuple[int, int]]()
        for slot in [t.slot for t in supporter.taken] + [slot for slot, _ in mine]:
            weeks[slot.day.isocalendar()[:2]] += 2 if slot.part is DayPart.WHOLE_DAY else 1
        crowded += sum(max(0, load - prices.easy_week) for load in weeks.values())
        for first, last in problem.periods:
            load = sum(one.half_days for slot, one in mine if first <= slot.day <= last)
            load += sum(t.slot.part.half_days for t in supporter.taken if first <= t.slot.day <= last)
            uneven += max(0, load - fair_share(problem, supporter.id))
    total = (prices.unplaced * unplaced + prices.kilometre * kilometres + prices.day * days
             + prices.crowded * crowded + prices.uneven * uneven)  # fmt: skip
    return Cost(unplaced, kilometres, days, crowded, uneven, total)


def _held(problem: Problem, slots: Mapping[int, Slot | None]) -> Iterator[tuple[Session, Slot]]:
    for one in problem.sessions:
        slot = slots[one.id]
        if slot is not None:
            yield one, slot
