"""Counting in school days: the days on which the schools of an authority are open."""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache

from calendars.bank_holidays import bank_holidays
from models.errors import BadInput

Span = tuple[datetime.date, datetime.date]
ONE_DAY = datetime.timedelta(days=1)
# So many weeks stand for any number of them: more than a programme may say and a commission lasts.
ANY_WEEKS = 520
# Between two school days with more than so many days between them schools had a break.
_LONGEST_PAUSE = 7


def dates(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return every date from `first` to `last`, both included."""
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]


def school_year(day: datetime.date) -> int:
    """Return the year in which the school year of `day` began (1 September)."""
    return day.year if day.month >= 9 else day.year - 1


@lru_cache(maxsize=64)
def school_calendar(terms: tuple[Span, ...], closed: tuple[datetime.date, ...] = ()) -> "SchoolCalendar":
    """Return the calendar of these terms and closures; the same one when it is asked for again."""
    return SchoolCalendar(terms, closed)


class SchoolCalendar:
    """The school days of one authority: weekdays in term, without bank holidays and closures."""

    def __init__(self, terms: Iterable[Span], closed: Iterable[datetime.date] = ()) -> None:
        """Work out all school days of `terms` (first and last day included) but those in `closed`."""
        spans = sorted(terms)
        shut = {*closed, *bank_holidays({year for first, last in spans for year in range(first.year, last.year + 1)})}
        self._days = sorted({d for first, last in spans for d in dates(first, last) if d.isoweekday() <= 5 and d not in shut})
        self.first = spans[0][0] if spans else None
        self.last = spans[-1][1] if spans else None

    def is_school_day(self, day: datetime.date) -> bool:
        """Tell whether schools are open on `day`."""
        at = bisect_left(self._days, day)
        return at < len(self._days) and self._days[at] == day

    def add(self, day: datetime.date, school_days: int) -> datetime.date:
        """Return the date that lies `school_days` school days after `day` (before it, if negative).

        Adding 0 gives `day` itself or, if schools are closed then, the next school day.
        Raises BadInput where the known term dates end.
        """
        at = school_days + (bisect_right(self._days, day) - 1 if school_days > 0 else bisect_left(self._days, day))
        if not self._days or at >= len(self._days) or at < 0:
            raise BadInput(f"No term dates are known that far from {day:%-d %B %Y}: load the next year's term dates.")
        return self._days[at]

    def between(self, first: datetime.date, last: datetime.date) -> int:
        """Return how many school days lie after `first` up to and including `last`; negative if `last` is earlier."""
        if last < first:
            return -self.between(last, first)
        return bisect_right(self._days, last) - bisect_right(self._days, first)

    def days(self, first: datetime.date, last: datetime.date) -> list[datetime.date]:
        """Return the school days from `first` to `last`, both included."""
        return self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]

    def stretch(self, day: datetime.date) -> Span | None:
        """Return the first and last day of the stretch without a week's break that school day `day` lies in; None if schools are closed then."""
        if not self.is_school_day(day):
            return None
        first = last = bisect_left(self._days, day)
        while first and (self._days[first] - self._days[first - 1]).days <= _LONGEST_PAUSE:
            first -= 1
        while last + 1 < len(self._days) and (self._days[last + 1] - self._days[last]).days <= _LONGEST_PAUSE:
            last += 1
        return self._days[first], self._days[last]

    def is_last_before_break(self, day: datetime.date) -> bool:
        """Tell whether `day` is the last school day before schools close for a week or more."""
        at = bisect_left(self._days, day)
        if at >= len(self._days) or self._days[at] != day:
            return False
        return at + 1 == len(self._days) or (self._days[at + 1] - day).days > _LONGEST_PAUSE
