"""Why a session has no date, in a sentence: which other date of its case bounds its time, and what stops each day, in whose diary. Pure."""

import datetime
from collections.abc import Mapping, Sequence

from calendars.school_days import Span
from programmes.timing import Wanted, neighbours
from stages.schedule.rules import Unplaced
from stages.schedule.timetable.solution import Unplaced as WithoutSlot


def told(
    wanted: Wanted, case: Sequence[Wanted], days: Mapping[str, datetime.date], limits: Span, lost: WithoutSlot, names: Mapping[int, str]
) -> Unplaced:
    """Say why a session of a `case` of which some have `days` has no date within its `limits`, and which day would be the nearest.

    `names` are those of the supporters who come, where there are two.
    """
    first, last = limits
    nearest = f" The nearest day that would do is {lost.nearest:%-d %B %Y}." if lost.nearest else ""
    bound = _bound(wanted, case, days, limits)
    if first > last:
        return Unplaced(
            wanted.key, f"{wanted.purpose}: it cannot be before {first:%-d %B %Y}, and its time ends on {last:%-d %B %Y}{bound}.{nearest}"
        )
    between = f"between {first:%-d %B %Y} and {last:%-d %B %Y}"
    if not lost.stops:
        return Unplaced(wanted.key, f"{wanted.purpose}: no school day lies {between}{bound}.{nearest}")
    counts = "; ".join(_counted(lost, names))
    return Unplaced(wanted.key, f"{wanted.purpose}: no day {between}{bound}: {counts}.{nearest}", tuple(why for why, _ in lost.stops))


def _bound(wanted: Wanted, case: Sequence[Wanted], days: Mapping[str, datetime.date], limits: Span) -> str:
    """Return which dates of the case, that stand already, end the time of a session earlier or let it begin later than it otherwise would."""
    purposes = {one.key: one.purpose for one in case}
    found = []
    for one in neighbours(wanted, case, days):
        # Seen from a later session the most time between them begins the window, and the least ends it.
        begins, ends = one.first == limits[0], one.last == limits[1]
        least, most = (ends, begins) if one.later else (begins, ends)
        if least or most:
            where = f"{'before' if one.later else 'after'} {purposes.get(one.key, one.key)} on {one.day:%-d %B %Y}"
            found.append(f"{_weeks(one.least_weeks if least else 0, one.most_weeks if most else 0)}{where}")
    return f", since it has to be {' and '.join(found)}" if found else ""


def _weeks(least: int, most: int) -> str:
    """Return how far two sessions have to be from each other, in weeks (0: that does not count)."""
    ends = [f"{words} {weeks}" for words, weeks in (("at least", least), ("at most", most)) if weeks]
    return f"{' and '.join(ends)} {'week' if (most or least) == 1 else 'weeks'} " if ends else ""


def _counted(lost: WithoutSlot, names: Mapping[int, str]) -> list[str]:
    """Return what stops the days, each with how many; where two come, also which of them each is about."""
    found = []
    for why, number in lost.stops:
        shares = [(who, days) for stop, who, days in lost.whose if stop == why] if names else []
        if not shares:
            found.append(f"{why} ({_days(number)})")
        for who, days in shares:
            found.append(f"{_with_names(why, [names[one] for one in who])} ({_days(days)}{', both' if len(who) > 1 else ''})")
    return found


def _with_names(why: str, who: Sequence[str]) -> str:
    if not who:
        return "the two who come are not free at the same time"
    return why.replace("the supporter", who[0], 1) if len(who) == 1 else why


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"
