"""Timetables drawn at random, and the best of a tiny one found by trying every one."""

import datetime
from collections.abc import Iterator, Mapping

from hypothesis import strategies as st

from models.words import DayPart
from programmes.blackouts import EXAMINATIONS
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.costing import cost_of
from stages.schedule.timetable.problem import CLOSED, Prices, Problem, Session, Slot, Supporter, Taken

MONDAY = datetime.date(2026, 9, 7)
WEEKDAYS = tuple(day for day in (MONDAY + datetime.timedelta(n) for n in range(28)) if day.isoweekday() <= 5)
HALVES = (DayPart.MORNING, DayPart.AFTERNOON)
PRICES = Prices(unplaced=5_000.0, moved=300.0)
Slots = Mapping[int, Slot | None]

# Metres: some lie within a day's reach of one another, some do not.
PLACES = ((0, 0), (9_000, 3_000), (20_000, 21_000), (45_000, 0), None)


def day_of(n: int) -> datetime.date:
    return WEEKDAYS[n]


@st.composite
def problems(draw: st.DrawFn, most_sessions: int = 4, most_days: int = 5, most_supporters: int = 2, locks: bool = True) -> Problem:
    days = tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS[:15]), min_size=1, max_size=most_days))))
    count = draw(st.integers(1, most_supporters))
    places = st.sampled_from(PLACES)
    supporters = tuple(draw(supporter(n, days, places)) for n in range(100, 100 + count))
    where = {school: draw(places) for school in range(1, 5)}
    sessions: list[Session] = []
    for number in range(draw(st.integers(1, most_sessions))):
        sessions.append(draw(session(number, days, where, count, [one.id for one in sessions], locks)))
    closed = {school: dict.fromkeys(draw(st.sets(st.sampled_from(days), max_size=1)), CLOSED) for school in (1, 2)}
    for school in draw(st.sets(st.integers(1, 4))) if draw(st.integers(0, 5)) == 0 else ():
        closed.setdefault(school, {})[days[-1]] = EXAMINATIONS
    periods = ((WEEKDAYS[0], WEEKDAYS[6]), (WEEKDAYS[7], WEEKDAYS[19])) if draw(st.booleans()) else ()
    earliest = draw(st.none() | st.sampled_from(days[:2]))
    return Problem(tuple(sessions), supporters, days, closed, earliest, periods, PRICES)


@st.composite
def supporter(draw: st.DrawFn, number: int, days: tuple[datetime.date, ...], places: st.SearchStrategy[tuple[int, int] | None]) -> Supporter:
    working = tuple(sorted({1, 2, 3, 4, 5} - draw(st.sets(st.integers(1, 5), max_size=1))))
    away = tuple((day, day) for day in draw(st.sets(st.sampled_from(days), max_size=1)))
    taken = []
    for day in sorted(draw(st.sets(st.sampled_from(days), max_size=1))):
        taken.append(Taken(Slot(day, draw(st.sampled_from([*HALVES, DayPart.WHOLE_DAY]))), draw(places)))
    return Supporter(number, draw(places), working, away, tuple(taken), draw(st.sampled_from([6, 6, 2, 3])))


@st.composite
def session(
    draw: st.DrawFn, number: int, days: tuple[datetime.date, ...], where: dict[int, tuple[int, int] | None], supporters: int,
    known: list[int], locks: bool,
) -> Session:  # fmt: skip
    first, last = sorted(draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
    if draw(st.booleans()):
        first, last = days[0], days[-1]
    school, whole = draw(st.integers(1, 3)), draw(st.integers(0, 3)) == 0
    schools = (school, 4) if draw(st.integers(0, 5)) == 0 else (school,)
    who = tuple(draw(st.permutations(range(100, 100 + supporters))))[: 1 if draw(st.integers(0, 2)) else supporters]
    after = draw(st.sampled_from(known)) if known and draw(st.booleans()) else None
    least = draw(st.integers(0, 1))
    most = draw(st.sampled_from([least, 2, 520]))
    ideal = draw(st.none() | st.sampled_from(days))
    locked = None
    if locks and draw(st.integers(0, 4)) == 0:
        locked = Slot(draw(st.sampled_from(days)), DayPart.WHOLE_DAY if whole else draw(st.sampled_from(HALVES)))
    return Session(number, schools, who, where[school], whole, first, last, after, least, max(least, most), ideal, locked)


@st.composite
def shared_days(draw: st.DrawFn) -> Problem:
    """Draw half days of one supporter with nothing in the way, so that what matters is which two share a day."""
    days = tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS[:15]), min_size=2, max_size=4))))
    places = draw(st.lists(st.sampled_from(PLACES[:4]), min_size=2, max_size=4))
    sessions = tuple(Session(n, (n,), (100,), place, False, days[0], days[-1], ideal=draw(st.sampled_from(days))) for n, place in enumerate(places))
    return Problem(sessions, (Supporter(100, draw(st.sampled_from(((60_000, 0), (0, 9_000))))),), days, prices=PRICES)


def everything(problem: Problem) -> Iterator[Slots]:
    """Yield every timetable that breaks no rule."""
    yield from _further(problem, {one.id: one.locked for one in problem.sessions}, [one for one in problem.sessions if one.locked is None])


def _further(problem: Problem, slots: dict[int, Slot | None], left: list[Session]) -> Iterator[Slots]:
    if not left:
        yield dict(slots)
        return
    one, *rest = left
    parts = (DayPart.WHOLE_DAY,) if one.whole_day else HALVES
    for slot in (None, *(Slot(day, part) for day in problem.days for part in parts)):
        trial = {**slots, one.id: slot}
        if slot is None or not broken(problem, trial):
            yield from _further(problem, trial, rest)


def best(problem: Problem) -> float:
    return min(cost_of(problem, slots).total for slots in everything(problem))


def least_moves(problem: Problem, current: Mapping[int, Slot], gone: set[int]) -> tuple[int, int]:
    """Return the fewest sessions without a date, and the fewest moved of those with that few; those of `gone` leave their day."""
    found = []
    for slots in everything(problem):
        if all((slot := slots[one]) is None or slot.day != current[one].day for one in gone):
            found.append((sum(slot is None for slot in slots.values()), sum(slots[one] != slot for one, slot in current.items())))
    return min(found)
