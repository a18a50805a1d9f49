"""Capacity by term: in which terms a case takes time, what a supporter has left in each, and both as the windows of the matching. Pure.

A supporter without days by term has one capacity for the whole time, and whatever a case takes of them falls into that.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from calendars.periods import Term
from calendars.school_days import SchoolCalendar, Span
from stages.broker.rules import Candidate, Wanted


@dataclass(frozen=True, slots=True)
class TermDays:
    """A supporter's half days in one term: those there are, and what of them leave, visits that were held and promises take."""

    there: int
    away: int = 0
    used: int = 0
    promised: int = 0

    @property
    def left(self) -> int:
        """Return what can still be promised; leave takes nothing that is promised, so this is never below nothing."""
        return max(0, self.there - self.away - self.used - self.promised)


def spread(half_days: int, dates: Sequence[datetime.date], terms: Mapping[Term, Span]) -> Counter[Term]:
    """Return in which of `terms` (in order) so many half days fall, given the date of each that a session needs.

    Of more dates than half days the first are over. Half days that no session needs are shared out over all terms, the first ones first.
    """
    found, names = Counter[Term](), list(terms)
    if not names:
        return found
    lasts = [last for _, last in terms.values()]
    for day in sorted(dates)[max(0, len(dates) - half_days) :]:
        found[names[min(bisect_left(lasts, day), len(names) - 1)]] += 1
    for number in range(half_days - len(dates)):
        found[names[number % len(names)]] += 1
    return found


def half_days_away(leave: Iterable[Span], working_days: Collection[int], calendar: SchoolCalendar, term: Span) -> int:
    """Return the half days of a term that leave takes: two for each school day on which the supporter would work."""
    days = {day for first, last in leave for day in calendar.days(max(first, term[0]), min(last, term[1])) if day.isoweekday() in working_days}
    return 2 * len(days)


def with_terms(one: Candidate, left: Mapping[Term, int]) -> Candidate:
    """Return a candidate who has so much left in each term; what is promised stays promised."""
    promised, total = one.half_days - one.half_days_left, sum(left.values())
    return replace(one, by_term=dict(left), half_days=total + promised, half_days_left=total)


def with_more(one: Candidate, half_days: int, season: str | None = None) -> Candidate:
    """Return a candidate with more (or fewer) half days: over the whole time or, where there are days by term, in each term of a season.

    What is for the whole time of somebody with days by term is shared out over the terms, the first ones first.
    """
    if one.by_term is None:
        return replace(one, half_days=max(0, one.half_days + half_days), half_days_left=one.half_days_left + half_days)
    left = dict(one.by_term)
    if season is not None:
        return with_terms(one, {term: max(0, free + half_days * (term[1] == season)) for term, free in left.items()})
    for _ in range(abs(half_days)):
        able = [term for term in left if half_days > 0 or left[term]]
        if able:
            changed = [left[term] - one.by_term[term] for term in able]
            left[able[changed.index(min(changed, key=abs))]] += 1 if half_days > 0 else -1
    return with_terms(one, left)


def after(one: Candidate, wanted: Wanted) -> Candidate:
    """Return a candidate as they are once they have taken a case."""
    if one.by_term is None:
        return replace(one, half_days_left=one.half_days_left - wanted.half_days)
    needs = dict(zip(windows := list(one.by_term), takes(wanted, one, windows)[1:], strict=True))
    left = {term: free - needs[term] for term, free in one.by_term.items()}
    return replace(one, by_term=left, half_days_left=one.half_days_left - wanted.half_days)


def has_time(one: Candidate, wanted: Wanted) -> bool:
    """Tell whether a candidate has the time that a case takes, in every term."""
    windows = list(one.by_term or ())
    return all(need <= free for need, free in zip(takes(wanted, one, windows), room(one, windows), strict=True) if need)


def windows_of(candidates: Iterable[Candidate]) -> list[Term]:
    """Return the terms in which anybody has a capacity of their own, in order."""
    return sorted({term for one in candidates for term in one.by_term or ()})


def room(one: Candidate, windows: Sequence[Term]) -> tuple[int, ...]:
    """Return the half days that a candidate has left: those for the whole time, then those in each window."""
    if one.by_term is None:
        return (max(0, one.half_days_left), *(0 for _ in windows))
    return (0, *(max(0, one.by_term.get(term, 0)) for term in windows))


def takes(wanted: Wanted, one: Candidate, windows: Sequence[Term]) -> tuple[int, ...]:
    """Return the half days that a case takes of a candidate: for the whole time, then in each window; in the last what is in none of them."""
    if one.by_term is None or not windows:
        return (wanted.half_days, *(0 for _ in windows))
    needs = [wanted.by_term.get(term, 0) for term in windows]
    needs[-1] += wanted.half_days - sum(needs)
    return (0, *needs)
