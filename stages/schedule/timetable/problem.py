"""What is to be timetabled: sessions, the supporters who come, the days there are, and the prices that weigh on them.

Never traded: a session's window, the order of a case's sessions and the weeks between them, one thing at a time for a supporter,
half days a week, how far apart two visits of one day may be, days on which a school is closed or has examinations, one visit a day
at a school, and what is locked. All else is a price: a session without a date, kilometres, days from the ideal date, crowded weeks.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from calendars.school_days import ANY_WEEKS, Span
from models.words import DayPart

# Easting and northing in metres.
Place = tuple[int, int]
# The days on which a school cannot have a visit, each with what stops it.
Shut = Mapping[datetime.date, str]
CLOSED = "the school cannot"


@dataclass(frozen=True, slots=True)
class Slot:
    """A day and the part of it that something takes."""

    day: datetime.date
    part: DayPart


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that a supporter has on already; where its place is not known, nothing else fits on that day."""

    slot: Slot
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A visit or a meeting that takes a half or a whole day of every one of its `supporters`, and of every one of its `schools`.

    It is held between `first` and `last`, so many weeks after the session `after` (by id), as near to `ideal` (None: `first`) as may be.
    A joint visit has several supporters, a meeting several schools and the place of its host. A session that is `locked` stays there; it may
    have no supporters, where it matters for the order only.
    """

    id: int
    schools: tuple[int, ...]
    supporters: tuple[int, ...]
    place: Place | None
    whole_day: bool
    first: datetime.date
    last: datetime.date
    after: int | None = None
    least_weeks: int = 0
    most_weeks: int = ANY_WEEKS
    ideal: datetime.date | None = None
    locked: Slot | None = None

    @property
    def aim(self) -> datetime.date:
        """Return the day from which a deviation counts."""
        return self.ideal or self.first

    @property
    def half_days(self) -> int:
        """Return how many half days it takes."""
        return 2 if self.whole_day else 1


@dataclass(frozen=True, slots=True)
class Supporter:
    """A supporter: where tours begin and end, weekdays (1 is Monday), days away, what is on already, and most half days a week."""

    id: int
    base: Place | None
    working_days: Collection[int] = (1, 2, 3, 4, 5)
    away: tuple[Span, ...] = ()
    taken: tuple[Taken, ...] = ()
    most_half_days: int = 6


@dataclass(frozen=True, slots=True)
class Prices:
    """What things cost, in kilometres: a session without a date, a confirmed one that moves, a calendar day from the ideal date.

    `crowded` is for each half day of a supporter's week beyond `easy_week`, `uneven` for each beyond the supporter's fair share of a period.
    """

    unplaced: float = 20_000.0
    moved: float = 500.0
    kilometre: float = 1.0
    day: float = 0.2
    crowded: float = 1.0
    easy_week: int = 4
    uneven: float = 1.0


@dataclass(frozen=True, slots=True)
class Problem:
    """A whole timetable to be made.

    `days` are the school days there are; `closed` those on which a school (by number) cannot have a visit; nothing is placed before
    `earliest`. `periods` are the terms, say, over which a supporter's sessions are spread. What is locked is a fact: the rules bind what
    is placed beside it.
    """

    sessions: tuple[Session, ...]
    supporters: tuple[Supporter, ...]
    days: tuple[datetime.date, ...]
    closed: Mapping[int, Shut] = field(default_factory=dict)
    earliest: datetime.date | None = None
    periods: tuple[Span, ...] = ()
    prices: Prices = Prices()
    same_day_km: float = 30.0


def shut_for_some(schools: Iterable[Shut]) -> dict[datetime.date, str]:
    """Return the days on which not all of several schools can come, each with what stops one of them."""
    return {day: why for one in schools for day, why in one.items()}


def fair_share(problem: Problem, supporter: int) -> int:
    """Return how many half days of a supporter fall on each period if sessions, and what is taken in the periods, are spread evenly, rounded up."""
    total = sum(one.half_days for one in problem.sessions if supporter in one.supporters)
    slots = [taken.slot for one in problem.supporters if one.id == supporter for taken in one.taken]
    total += sum(slot.part.half_days for slot in slots if any(first <= slot.day <= last for first, last in problem.periods))
    return -(-total // max(1, len(problem.periods)))
