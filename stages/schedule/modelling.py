"""Cases that want dates, all at once: the timetable that is solved, and its answer told case by case. Pure.

A case has all its dates or none: half an offer would be no offer to a school.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from calendars.periods import periods
from calendars.school_days import ANY_WEEKS, ONE_DAY, SchoolCalendar, Span
from models.words import DayPart
from programmes.timing import Wanted, bounds
from stages.apart import AT_ONCE, Apart
from stages.schedule.rules import Diary, Place, Placed, Unplaced
from stages.schedule.timetable.books import BOOKED, FAR, FULL
from stages.schedule.timetable.problem import CLOSED, Problem, Session, Shut, Slot, Supporter, Taken
from stages.schedule.timetable.rescheduling import reschedule
from stages.schedule.timetable.solution import Limits, Stopped
from stages.schedule.timetable.solution import Unplaced as WithoutSlot
from stages.schedule.timetable.solving import solve
from stages.schedule.without_date import told

LIMITS = Limits(seconds=20.0, effort=200)
_MOVING = Limits(seconds=10.0, effort=200)
# So far after a session's time somebody may look for the nearest day that would do.
_BEYOND = 90 * ONE_DAY
# What another case took may be free once more.
_DIARY = frozenset({FULL, BOOKED, FAR})
ROOM = "another visit had to move"


@dataclass(frozen=True, slots=True)
class Asked:
    """A case whose sessions want dates: which, those that have one (`fixed`), and who comes to each of the others (all by key).

    Where dates were agreed already, `homes` are the slots that sessions keep if they can, and `leave` says of those that cannot why (both by key).
    """

    case_id: int
    urn: int
    place: Place
    wanted: Sequence[Wanted]
    fixed: Mapping[str, datetime.date]
    who: Mapping[str, Sequence[int]]
    homes: Mapping[str, Slot] = field(default_factory=dict)
    leave: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Times:
    """What all cases share: school days, days without visits (by school), diaries and names (by supporter), and from when dates may be."""

    calendar: SchoolCalendar
    closed: Mapping[int, Shut]
    diaries: Mapping[int, Diary]
    earliest: datetime.date
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timetabled:
    """What became of all cases: their dates, or why there are none; `gap` is the share of the cost that may be unnecessary."""

    outcomes: Mapping[int, list[Placed] | Unplaced]
    gap: float = 0.0
    stopped_by: Stopped = Stopped.PROVEN


@dataclass(frozen=True, slots=True)
class NewDate:
    """A session that has another slot than it had, and why."""

    case_id: int
    placed: Placed
    why: str


@dataclass(frozen=True, slots=True)
class NewDates:
    """What became of visits that had to move: new dates, those that find none (by case and key), and how many had to move at least."""

    moved: Sequence[NewDate]
    stuck: Mapping[tuple[int, str], Unplaced]
    least_moved: int
    proven: bool


def timetable(asked: Sequence[Asked], times: Times, limits: Limits = LIMITS, apart: Apart = AT_ONCE) -> Timetabled:
    """Give every session that has no date one, and enter it in the diaries; a case of which one session finds none has none at all.

    What such a case would have taken is offered once more, in their order, to the others that found nothing.
    """
    found = _solved(asked, times, limits, apart)
    outcomes = dict(found.outcomes)
    again = [one for one in asked if isinstance(outcome := outcomes[one.case_id], Unplaced) and not _DIARY.isdisjoint(outcome.stops)]
    for one in again if len(again) > 1 else ():
        outcomes |= _solved([one], times, limits, apart).outcomes
    return replace(found, outcomes=outcomes)


def _solved(asked: Sequence[Asked], times: Times, limits: Limits, apart: Apart) -> Timetabled:
    """Solve cases together, and enter the dates of those that have all of theirs."""
    outcomes: dict[int, list[Placed] | Unplaced] = {one.case_id: [] for one in asked}
    free = [one for one in asked if any(wanted.key not in one.fixed for wanted in one.wanted)]
    if not free:
        return Timetabled(outcomes)
    problem, numbers = _problem(free, times)
    solution = apart.of(len(problem.sessions), solve, problem, limits)
    without = {one.session: one for one in solution.unplaced}
    for one in free:
        wants = [(wanted, numbers[one.case_id, wanted.key]) for wanted in one.wanted if wanted.key not in one.fixed]
        lost = next((without[number] for _, number in wants if number in without), None)
        if lost is not None:
            outcomes[one.case_id] = _told(one, lost, numbers, times)
            continue
        slots = [(wanted, slot) for wanted, number in wants if (slot := solution.slots[number]) is not None]
        for wanted, slot in slots:
            for number in one.who[wanted.key]:
                times.diaries[number].book(slot.day, slot.part, one.place)
        outcomes[one.case_id] = [Placed(wanted.key, wanted.purpose, slot.day, slot.part) for wanted, slot in slots]
    return Timetabled(outcomes, round(solution.gap, 6), solution.stopped_by)


def move(asked: Sequence[Asked], times: Times, limits: Limits = _MOVING, apart: Apart = AT_ONCE) -> NewDates:
    """Give sessions that must leave their day another, with as few others moved as may be; nothing is entered in the diaries.

    The slots of `homes` must not be in the diaries.
    """
    if not any(one.wanted for one in asked):
        return NewDates([], {}, 0, proven=True)
    problem, numbers = _problem(asked, times)
    homes = {numbers[one.case_id, key]: slot for one in asked for key, slot in one.homes.items()}
    leave = {numbers[one.case_id, key]: why for one in asked for key, why in one.leave.items()}
    found = apart.of(len(problem.sessions), reschedule, problem, homes, leave, limits)
    names, cases = {number: name for name, number in numbers.items()}, {one.case_id: one for one in asked}
    stuck = {names[lost.session]: _told(cases[names[lost.session][0]], lost, numbers, times) for lost in found.unplaced}
    moved = []
    for one in found.moved:
        case_id, key = names[one.session]
        if one.after is not None:
            purpose = next(wanted.purpose for wanted in cases[case_id].wanted if wanted.key == key)
            why = cases[case_id].leave.get(key) or ROOM
            moved.append(NewDate(case_id, Placed(key, purpose, one.after.day, one.after.part), why))
    return NewDates(moved, stuck, found.least_moved, found.proven)


def _problem(asked: Sequence[Asked], times: Times) -> tuple[Problem, dict[tuple[int, str], int]]:
    """Return cases as a problem, and the number of each session by case and key."""
    names = ((one.case_id, wanted.key) for one in asked for wanted in one.wanted)
    numbers = {name: number for number, name in enumerate(names)}
    sessions = tuple(session for one in asked for session in _sessions(one, numbers, times.earliest))
    first = min((slot.day for one in asked for slot in one.homes.values()), default=times.earliest)
    first, last = min(first, times.earliest), max(one.last for one in sessions)
    who = sorted({number for one in sessions for number in one.supporters})
    days, calendar = tuple(times.calendar.days(first, last + _BEYOND)), times.calendar
    supporters = tuple(_supporter(number, times.diaries[number], first) for number in who)
    closed = {one.urn: {**dict.fromkeys(_days_without_session(one), CLOSED), **times.closed.get(one.urn, {})} for one in asked}
    spans = periods(calendar, times.earliest, max(last, times.earliest), "term")
    return Problem(sessions, supporters, days, closed, times.earliest, spans), numbers


def _sessions(one: Asked, numbers: Mapping[tuple[int, str], int], earliest: datetime.date) -> Iterator[Session]:
    """Yield the sessions of a case; what has a date stands there for the order only, since its supporter's diary has it."""
    known = {wanted.key for wanted in one.wanted}
    for wanted in one.wanted:
        day = one.fixed.get(wanted.key)
        whole = DayPart.WHOLE_DAY if wanted.whole_day else DayPart.MORNING
        after = numbers[one.case_id, wanted.after] if wanted.after in known and wanted.after else None
        first, last = (day, day) if day else _limits(one, wanted, earliest)
        yield Session(
            numbers[one.case_id, wanted.key], (one.urn,), () if day else tuple(one.who[wanted.key]), _known(one.place), wanted.whole_day,
            first, last, after, wanted.least_weeks, min(wanted.most_weeks, ANY_WEEKS), ideal=day,
            locked=Slot(day, whole) if day else None,
        )  # fmt: skip


def _limits(one: Asked, wanted: Wanted, earliest: datetime.date) -> Span:
    """Return between which days a session may be, by its window and by what has a date; one that has a slot may keep it though it is soon."""
    soon = min(earliest, one.homes[wanted.key].day) if wanted.key in one.homes else earliest
    return bounds(wanted, one.wanted, one.fixed, soon)


def _days_without_session(one: Asked) -> Iterable[datetime.date]:
    """Return the days on which a case has something that is none of the sessions it wants."""
    known = {wanted.key for wanted in one.wanted}
    return (day for key, day in one.fixed.items() if key not in known)


def _supporter(number: int, diary: Diary, first: datetime.date) -> Supporter:
    """Return a supporter with what is on from the week in which the first date may be."""
    monday = first - first.weekday() * ONE_DAY
    taken = tuple(
        Taken(Slot(day, part), _known(place)) for day, parts in sorted(diary.taken.items()) if day >= monday for part, place in parts.items()
    )
    return Supporter(number, _known(diary.base), tuple(diary.working_days), tuple(diary.away), taken)


def _known(place: Place) -> tuple[int, int] | None:
    easting, northing = place
    return None if easting is None or northing is None else (easting, northing)


def _told(one: Asked, lost: WithoutSlot, numbers: Mapping[tuple[int, str], int], times: Times) -> Unplaced:
    """Say in a sentence why a session has no date; where two come, whose diary stops what."""
    wanted = next(wanted for wanted in one.wanted if numbers[one.case_id, wanted.key] == lost.session)
    who = one.who[wanted.key]
    names = {number: times.names.get(number, f"supporter {number}") for number in who} if len(who) > 1 else {}
    return told(wanted, one.wanted, one.fixed, _limits(one, wanted, times.earliest), lost, names)
