"""Whether a problem holds together, and which rules a timetable breaks: plain code that shares nothing with the solver."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import hypot

from models.errors import BadInput
from models.words import DayPart
from stages.schedule.timetable.problem import Place, Problem, Session, Slot

Slots = Mapping[int, Slot | None]
# On one supporter's day: the session (None if it was taken before), the part and the place.
_Entry = tuple[Session | None, DayPart, Place | None]


def check_problem(problem: Problem) -> None:
    """Raise BadInput if the problem does not hold together."""
    for what, ids in (("session", [one.id for one in problem.sessions]), ("supporter", [one.id for one in problem.supporters])):
        twice = next((number for number, count in Counter(ids).items() if count > 1), None)
        if twice is not None:
            raise BadInput(f"The {what} {twice} is listed more than once: list it once.")
    for (_, last), (first, _) in pairwise(sorted(problem.periods)):
        if first <= last:
            raise BadInput(f"Two periods both have {first:%-d %B %Y}: give periods that do not overlap.")
    known, supporters = {one.id: one for one in problem.sessions}, {one.id for one in problem.supporters}
    for one in problem.sessions:
        _check_session(one, known, supporters)


def _check_session(one: Session, known: Mapping[int, Session], supporters: set[int]) -> None:
    if not set(one.supporters) <= supporters or len(set(one.supporters)) < len(one.supporters) or not (one.supporters or one.locked):
        raise BadInput(f"Session {one.id} needs supporters who are in the problem, each once.")
    if one.after is not None and one.after not in known:
        raise BadInput(f"Session {one.id} comes after {one.after}, which is not in the problem: list it, locked if it has a date.")
    if one.least_weeks < 0 or one.most_weeks < one.least_weeks:
        raise BadInput(f"Session {one.id} has weeks that no gap can keep: give at least 0 and no less at most.")
    if one.locked is not None and (one.locked.part is DayPart.WHOLE_DAY) != one.whole_day:
        raise BadInput(f"Session {one.id} is locked to a part of the day that is not as long as it is.")
    if any(before is one for before, _ in ancestors(known, one)):
        raise BadInput(f"Session {one.id} comes after itself: break the circle.")


def ancestors(known: Mapping[int, Session], one: Session) -> Iterator[tuple[Session, int]]:
    """Yield every session that comes before another, with the most weeks between the two."""
    weeks, seen, at = 0, {one.id}, one
    while at.after is not None:
        weeks, at = weeks + at.most_weeks, known[at.after]
        yield at, weeks
        if at.id in seen:
            return
        seen.add(at.id)


def broken(problem: Problem, slots: Slots) -> list[str]:
    """Return every rule that a timetable breaks, in a sentence each; what is locked or taken is never to blame by itself."""
    found = [f"{one.id} is not in the timetable" for one in problem.sessions if one.id not in slots]
    for one in problem.sessions:
        slot = slots.get(one.id)
        if one.locked is not None:
            found += [] if slot == one.locked else [f"{one.id} is locked and was moved"]
        elif slot is not None:
            found += [f"{one.id}: {why}" for why in _broken_alone(problem, one, slot)]
    return [*found, *_broken_order(problem, slots), *_broken_schools(problem, slots), *_broken_diaries(problem, slots)]


def _broken_alone(problem: Problem, one: Session, slot: Slot) -> Iterator[str]:
    if not max(one.first, problem.earliest or one.first) <= slot.day <= one.last:
        yield "outside its window"
    if (slot.part is DayPart.WHOLE_DAY) != one.whole_day:
        yield "the wrong length"
    if slot.day not in problem.days:
        yield "not a school day"
    for school in one.schools:
        if slot.day in problem.closed.get(school, {}):
            yield f"at school {school}: {problem.closed[school][slot.day]}"
    for supporter in problem.supporters:
        if supporter.id in one.supporters:
            if slot.day.isoweekday() not in supporter.working_days:
                yield "not a working day"
            if any(first <= slot.day <= last for first, last in supporter.away):
                yield "the supporter is away"


def _broken_order(problem: Problem, slots: Slots) -> Iterator[str]:
    """Compare each session with all that come before it, so that one without a date does not undo the order of the others."""
    known = {one.id: one for one in problem.sessions}
    for one in problem.sessions:
        for before, most in ancestors(known, one):
            this, that = slots.get(one.id), slots.get(before.id)
            if this is None or that is None or (one.locked and before.locked):
                continue
            days = (this.day - that.day).days
            if not max(1, 7 * one.least_weeks) <= days <= 7 * most:
                yield f"{one.id} is {days} days after {before.id}"


def _broken_schools(problem: Problem, slots: Slots) -> Iterator[str]:
    at: dict[tuple[int, datetime.date], list[Session]] = {}
    for one in problem.sessions:
        slot = slots.get(one.id)
        for school in one.schools if slot else ():
            at.setdefault((school, slot.day), []).append(one)  # type: ignore[union-attr]
    for (school, day), visits in at.items():
        if len(visits) > 1 and any(one.locked is None for one in visits):
            yield f"school {school} has {len(visits)} visits on {day}"


def _broken_diaries(problem: Problem, slots: Slots) -> Iterator[str]:
    for supporter in problem.supporters:
        diary: dict[datetime.date, list[_Entry]] = {}
        for taken in supporter.taken:
            diary.setdefault(taken.slot.day, []).append((None, taken.slot.part, taken.place))
        for one in problem.sessions:
            slot = slots.get(one.id)
            if slot is not None and supporter.id in one.supporters:
                diary.setdefault(slot.day, []).append((one, slot.part, one.place))
        weeks: dict[tuple[int, int], list[_Entry]] = {}
        for day, entries in diary.items():
            weeks.setdefault(day.isocalendar()[:2], []).extend(entries)
            if _placed(entries) and _clash(entries, problem.same_day_km):
                yield f"supporter {supporter.id} cannot do all of {day}"
        for week, entries in weeks.items():
            load = sum(2 if part is DayPart.WHOLE_DAY else 1 for _, part, _ in entries)
            if _placed(entries) and load > supporter.most_half_days:
                yield f"supporter {supporter.id} has {load} half days in week {week}"


def _placed(entries: Sequence[_Entry]) -> bool:
    return any(one is not None and one.locked is None for one, _, _ in entries)


def _clash(entries: Sequence[_Entry], most_km: float) -> bool:
    """Tell whether the entries of a day cannot all be done, with one that was placed among them."""
    if len(entries) == 1:
        return False
    parts = [part for _, part, _ in entries]
    if len(entries) > 2 or DayPart.WHOLE_DAY in parts or parts[0] is parts[1]:
        return True
    one, other = entries[0][2], entries[1][2]
    return one is None or other is None or hypot(one[0] - other[0], one[1] - other[1]) > 1000 * most_km
