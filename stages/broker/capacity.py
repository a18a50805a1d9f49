"""Capacity by term: in which terms a case takes time, what a supporter has left in each, and both as the windows of the matching. Pure.

Every supporter has one capacity for the whole time; for those with days by term each term is a further limit. Half days of a case that no
session needs may be in any term, so that only the whole time limits them.
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
    """Return in which of `terms` (in order) half days fall, given the date of each that a session needs; of more than `half_days` the first are over.

    Half days that no session needs fall in none.
    """
    found, names = Counter[Term](), list(terms)
    if not names:
        return found
    lasts = [last for _, last in terms.values()]
    for day in sorted(dates)[max(0, len(dates) - half_days) :]:
        found[names[min(bisect_left(lasts, day), len(names) - 1)]] += 1
    return found


def half_days_away(leave: Iterable[Span], working_days: Collection[int], calendar: SchoolCalendar, term: Span) -> int:
    """Return the half days of a term that leave takes: two for each school day on which the supporter would work."""
    days = {day for first, last in leave for day in calendar.days(max(first, term[0]), min(last, term[1])) if day.isoweekday() in working_days}
    return 2 * len(days)


def with_terms(one: Candidate, left: Mapping[Term, int], any_term: int = 0) -> Candidate:
    """Return a candidate who has so much left in each term, less what is promised for `any_term`; what is promised altogether stays as it is."""
    promised, total = one.half_days - one.half_days_left, sum(left.values()) - any_term
    return replace(one, by_term=dict(left), half_days=total + promised, half_days_left=total)


def with_more(one: Candidate, half_days: int, season: str | None = None) -> Candidate:
    """Return a candidate with more (or fewer) half days: over the whole time or, where there are days by term, in each term of a season.

    What is for the whole time of somebody with days by term is shared out over the terms, the first ones first.
    """
    if one.by_term is None:
        return replace(one, half_days=max(0, one.half_days + half_days), half_days_left=one.half_days_left + half_days)
    left, any_term = dict(one.by_term), sum(one.by_term.values()) - one.half_days_left
    if season is not None:
        return with_terms(one, {term: max(0, free + half_days * (term[1] == season)) for term, free in left.items()}, any_term)
    for _ in range(abs(half_days)):
        able = [term for term in left if half_days > 0 or left[term]]
        if able:
            changed = [left[term] - one.by_term[term] for term in able]
            left[able[changed.index(min(changed, key=abs))]] += 1 if half_days > 0 else -1
    return with_terms(one, left, any_term)


def after(one: Candidate, wanted: Wanted) -> Candidate:
    """Return a candidate as they are once they have taken a case."""
    left = one.by_term and {term: free - wanted.by_term.get(term, 0) for term, free in one.by_term.items()}
    return replace(one, by_term=left, half_days_left=one.half_days_left - wanted.half_days)


def has_time(one: Candidate, wanted: Wanted) -> bool:
    """Tell whether a candidate has the time that a case takes, in every term."""
    windows = list(one.by_term or ())
    return all(need <= free for need, free in zip(takes(wanted, one, windows), room(one, windows), strict=True) if need)


def windows_of(candidates: Iterable[Candidate]) -> list[Term]:
    """Return the terms in which anybody has a capacity of their own, in order."""
    return sorted({term for one in candidates for term in one.by_term or ()})


def room(one: Candidate, windows: Sequence[Term]) -> tuple[int, ...]:
    """Return the half days that a candidate has left: for the whole time, then in each window."""
    return (max(0, one.half_days_left), *(max(0, (one.by_term or {}).get(term, 0)) for term in windows))


def takes(wanted: Wanted, one: Candidate, windows: Sequence[Term]) -> tuple[int, ...]:
    """Return the half days that a case takes of a candidate: for the whole time, then in each window if they have days by term."""
    return (wanted.half_days, *(wanted.by_term.get(term, 0) if one.by_term is not None else 0 for term in windows))
