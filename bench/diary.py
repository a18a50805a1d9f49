"""What a person with a diary does: supporter by supporter, the nearest school first, each visit on the earliest day that fits; kept apart."""

import datetime
from collections import Counter
from collections.abc import Mapping
from math import hypot

from models.words import DayPart
from stages.schedule.timetable.problem import Place, Problem, Session, Slot, Supporter

HALVES = (DayPart.MORNING, DayPart.AFTERNOON)


class Diary:
    """One supporter's pages: what is on each day, and half days by week."""

    def __init__(self, who: Supporter, most_km: float) -> None:
        self.who, self.most_km = who, most_km
        self.pages: dict[datetime.date, list[tuple[DayPart, Place | None]]] = {}
        self.weeks: Counter[tuple[int, int]] = Counter()
        for taken in who.taken:
            self.enter(taken.slot, taken.place)

    def enter(self, slot: Slot, place: Place | None) -> None:
        """Write something down."""
        self.pages.setdefault(slot.day, []).append((slot.part, place))
        self.weeks[slot.day.isocalendar()[:2]] += 2 if slot.part is DayPart.WHOLE_DAY else 1

    def free(self, day: datetime.date, one: Session) -> list[DayPart]:
        """Return the parts of a day on which a session could be."""
        page = self.pages.get(day, [])
        away = any(first <= day <= last for first, last in self.who.away) or day.isoweekday() not in self.who.working_days
        if away or self.weeks[day.isocalendar()[:2]] + one.half_days > self.who.most_half_days or len(page) > 1:
            return []
        if one.whole_day:
            return [] if page else [DayPart.WHOLE_DAY]
        if any(part is DayPart.WHOLE_DAY or not self._near(place, one.place) for part, place in page):
            return []
        return [part for part in HALVES if all(part is not taken for taken, _ in page)]

    def _near(self, one: Place | None, other: Place | None) -> bool:
        return one is not None and other is not None and hypot(one[0] - other[0], one[1] - other[1]) <= 1000 * self.most_km


def by_hand(problem: Problem) -> Mapping[int, Slot | None]:
    """Return the timetable that a person makes; a visit without a day is left out, and the next one follows the one before it."""
    diaries = {who.id: Diary(who, problem.same_day_km) for who in problem.supporters}
    slots: dict[int, Slot | None] = {one.id: one.locked for one in problem.sessions}
    busy = {(school, one.locked.day) for one in problem.sessions if one.locked for school in one.schools}
    for one in problem.sessions:
        if one.locked:
            for who in one.supporters:
                diaries[who].enter(one.locked, one.place)
    bases = {who.id: who.base or (0, 0) for who in problem.supporters}
    known = {one.id: one for one in problem.sessions}

    def order(one: Session) -> tuple[float, ...]:
        x, y = one.place or (0, 0)
        lead = one.supporters[0]
        return lead, hypot(x - bases[lead][0], y - bases[lead][1]), one.schools[0], one.first.toordinal(), one.id

    for one in sorted((one for one in problem.sessions if not one.locked), key=order):
        for day in problem.days:
            if not _may(problem, known, slots, one, day) or any((school, day) in busy for school in one.schools):
                continue
            parts = set[DayPart].intersection(*(set(diaries[who].free(day, one)) for who in one.supporters))
            if parts:
                slot = Slot(day, min(parts, key=[*HALVES, DayPart.WHOLE_DAY].index))
                slots[one.id] = slot
                busy |= {(school, day) for school in one.schools}
                for who in one.supporters:
                    diaries[who].enter(slot, one.place)
                break
    return slots


def _may(problem: Problem, known: Mapping[int, Session], slots: Mapping[int, Slot | None], one: Session, day: datetime.date) -> bool:
    """Tell whether the calendar, the school and the visits before allow a day."""
    if not max(one.first, problem.earliest or one.first) <= day <= one.last or any(day in problem.closed.get(school, ()) for school in one.schools):
        return False
    most, at = one.most_weeks, one
    while at.after is not None:
        at = known[at.after]
        before = slots[at.id]
        if before is not None and not max(1, 7 * one.least_weeks) <= (day - before.day).days <= 7 * most:
            return False
        most += at.most_weeks
    return True
