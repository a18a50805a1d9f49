"""The problem by number, so that thousands of days are weighed at once: which days each session may have, and what each day costs."""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.words import DayPart
from stages.schedule.timetable.problem import Place, Problem, Session, Slot, fair_share

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Parts of a day by number; ANY is a half day of which the part is settled when all else is.
ANY, MORNING, AFTERNOON, WHOLE = 0, 1, 2, 3
PART_NUMBER = {DayPart.MORNING: MORNING, DayPart.AFTERNOON: AFTERNOON, DayPart.WHOLE_DAY: WHOLE}
PART = {number: part for part, number in PART_NUMBER.items()}

NOT_SCHOOL = "schools are closed"
WEEKDAY, AWAY, EARLY = "the supporter does not work on that weekday", "the supporter is away", "too soon"
# A day by number and a part of it by number.
At = tuple[int, int]


class DayLimits:
    """The limits on single days, as sets that are quick to look up."""

    def __init__(self, problem: Problem) -> None:
        """Work out which days everybody, each school and each supporter is free."""
        self.days = sorted(set(problem.days))
        self.school_days = set(self.days)
        self.closed = problem.closed
        self.away = {
            who.id: {day: WEEKDAY for day in self.days if day.isoweekday() not in who.working_days}
            | {day: AWAY for first, last in who.away for day in self.between(first, last) if day.isoweekday() in who.working_days}
            for who in problem.supporters
        }  # fmt: skip

    def between(self, first: datetime.date, last: datetime.date) -> list[datetime.date]:
        """Return the school days from `first` to `last`, both included."""
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def why_not(self, one: Session, day: datetime.date) -> str | None:
        """Return the limit that stops a session on a day by itself, its window apart; None if there is none."""
        if day not in self.school_days:
            return NOT_SCHOOL
        shut = next((days[day] for school in one.schools if day in (days := self.closed.get(school, {}))), None)
        return shut or next((self.away[who][day] for who in one.supporters if day in self.away[who]), None)


@dataclass(frozen=True, slots=True)
class Before:
    """A session that comes before another, by number, with the least and most days from it to the other."""

    session: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """Sessions (S), supporters (P) and days (D) by number; days are all that anything is on, school days or not.

    `days_of` are the days each session may have by itself, in order. `home` is the slot that
    a session has and keeps unless it must move, `fixed` the slot of what is locked. `number` is a session's by its id.
    """

    problem: Problem
    dates: tuple[datetime.date, ...]
    ordinal: Ints
    week: Ints
    period: Ints
    supporters_of: list[tuple[int, ...]]
    schools_of: list[tuple[int, ...]]
    half_days: Ints
    place: Floats
    base: Floats
    aim: Ints
    days_of: list[Ints]
    before: list[list[Before]]
    later: list[list[Before]]
    fixed: list[At | None]
    home: list[At | None]
    taken: list[list[tuple[int, int, tuple[float, float]]]]
    most_half_days: list[int]
    share: list[int]
    number: dict[int, int]
    stops: DayLimits

    def too_soon(self, day: int) -> bool:
        """Tell whether a day lies before the earliest for new dates."""
        return self.problem.earliest is not None and self.dates[day] < self.problem.earliest

    def day_price(self, session: int, days: Ints) -> Floats:
        """Return what each of some days costs a session by its deviation."""
        return np.asarray(self.problem.prices.day * np.abs(self.ordinal[days] - self.aim[session]).astype(np.float64))


def index(problem: Problem, homes: Mapping[int, Slot] | None = None, leave: Mapping[int, datetime.date] | None = None) -> Indexed:
    """Return a problem by number; `homes` are slots that cost to leave, `leave` days that sessions must leave (both by session id)."""
    homes, leave = homes or {}, leave or {}
    dates = _dates(problem, homes)
    at = {day: number for number, day in enumerate(dates)}
    place = {one.id: number for number, one in enumerate(problem.supporters)}
    number = {one.id: n for n, one in enumerate(problem.sessions)}
    before = _before(problem, number)
    later: list[list[Before]] = [[] for _ in problem.sessions]
    for session, ones in enumerate(before):
        for one in ones:
            later[one.session].append(Before(session, one.least, one.most))
    weeks = {week: n for n, week in enumerate(sorted({day.isocalendar()[:2] for day in dates}))}
    stops = DayLimits(problem)
    days_of = [np.array([at[day] for day in _days(problem, one, stops, homes, leave)], dtype=np.int64) for one in problem.sessions]
    return Indexed(
        problem, dates, np.array([day.toordinal() for day in dates], dtype=np.int64),
        np.array([weeks[day.isocalendar()[:2]] for day in dates], dtype=np.int64), _periods(problem, dates),
        [tuple(place[who] for who in one.supporters) for one in problem.sessions], [one.schools for one in problem.sessions],
        np.array([one.half_days for one in problem.sessions], dtype=np.int64), _places([one.place for one in problem.sessions]),
        _places([one.base for one in problem.supporters]), np.array([one.aim.toordinal() for one in problem.sessions], dtype=np.int64),
        days_of, before, later,
        [(at[one.locked.day], PART_NUMBER[one.locked.part]) if one.locked else None for one in problem.sessions],
        [(at[homes[one.id].day], PART_NUMBER[homes[one.id].part]) if one.id in homes and not one.locked else None for one in problem.sessions],
        [[(at[t.slot.day], PART_NUMBER[t.slot.part], _kilometres(t.place)) for t in one.taken] for one in problem.supporters],
        [one.most_half_days for one in problem.supporters], [fair_share(problem, one.id) for one in problem.supporters], number, stops,
    )  # fmt: skip


def _dates(problem: Problem, homes: Mapping[int, Slot]) -> tuple[datetime.date, ...]:
    """Return every day that anything is on or could be."""
    locked = {one.locked.day for one in problem.sessions if one.locked}
    taken = {t.slot.day for one in problem.supporters for t in one.taken}
    return tuple(sorted({*problem.days, *locked, *taken, *(slot.day for slot in homes.values())}))


def _places(places: list[Place | None]) -> Floats:
    """Return places as (N, 2) in kilometres, not a number where they are not known."""
    return np.array([_kilometres(place) for place in places], dtype=np.float64).reshape(len(places), 2)


def _kilometres(place: Place | None) -> tuple[float, float]:
    return (np.nan, np.nan) if place is None else (place[0] / 1000, place[1] / 1000)


def _periods(problem: Problem, dates: tuple[datetime.date, ...]) -> Ints:
    """Return the period each day is in (-1: none); of periods that overlap, the first."""
    found = [next((n for n, (first, last) in enumerate(problem.periods) if first <= day <= last), -1) for day in dates]
    return np.array(found, dtype=np.int64)


def _before(problem: Problem, number: Mapping[int, int]) -> list[list[Before]]:
    """Return all that comes before each session, near and far: one without a date does not undo the order of the others."""
    found = []
    for one in problem.sessions:
        mine, most, at = list[Before](), 0, one
        while at.after is not None:
            most, at = most + 7 * at.most_weeks, problem.sessions[number[at.after]]
            mine.append(Before(number[at.id], max(1, 7 * one.least_weeks), most))
        found.append(mine)
    return found


def _days(problem: Problem, one: Session, stops: DayLimits, homes: Mapping[int, Slot], leave: Mapping[int, datetime.date]) -> list[datetime.date]:
    """Return the days that a session may have by itself: a confirmed visit may stay before the earliest day for new ones."""
    if one.locked is not None:
        return [one.locked.day]
    floor = max(one.first, problem.earliest or one.first)
    days = set(stops.between(floor, one.last))
    home = homes[one.id].day if one.id in homes else None
    if home is not None and one.first <= home <= one.last and home in stops.school_days:
        days.add(home)
    days.discard(leave.get(one.id, datetime.date.min))
    return sorted(day for day in days if stops.why_not(one, day) is None)
