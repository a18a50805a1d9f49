"""Made-up authorities to measure timetabling on: schools with six visits each over a school year, and the people who come.

All of it follows from the seed. Schools and bases lie as in `bench.authorities`: two in three in towns, at the density of 100 in 36 km by 36 km.
* A school has one supporter, among the four nearest the one with the fewest schools; there is one for eight schools, up to 60.
* Each of the six visits has a window of eleven weeks, the next beginning five weeks later; three to ten weeks lie between two of them.
  One in ten lasts a whole day. In one school in twenty the last visit is a joint one, with the next nearest supporter.
* One supporter in five works four days, one in five three; each is away for two spells of three to ten days, and half have ten half days taken.
* Every school is closed on three days of its own; nobody comes in two weeks of May. Two sessions in a hundred cannot be placed at all.
* Groups of eight schools meet once each term, on a day that is agreed.
"""

import datetime
from dataclasses import replace

import numpy as np

from calendars.school_days import SchoolCalendar, Span, dates
from calendars.terms import assumed_terms
from models.words import DayPart
from programmes.blackouts import EXAMINATIONS
from stages.schedule.timetable.problem import CLOSED, Problem, Session, Slot, Supporter, Taken

YEAR = 2026
VISITS, GROUP = 6, 8
DAY = datetime.timedelta(days=1)
_HALVES = (DayPart.MORNING, DayPart.AFTERNOON)


def terms() -> list[Span]:
    """Return the six half-terms of the year."""
    return [span for _, span in assumed_terms(YEAR)]


def year(schools: int, seed: int) -> tuple[Problem, frozenset[int]]:
    """Return a school year to be timetabled, and the sessions of it that no day suits by design."""
    return _Making(schools, seed).done()


class _Making:
    """The making of one authority, drawn from one generator in a fixed order."""

    def __init__(self, schools: int, seed: int) -> None:
        self.rng = np.random.default_rng([seed, schools])
        self.count = min(60, max(2, round(schools / 8)))
        self.side = 3.6 * schools**0.5
        self.centres = self.rng.uniform(0, self.side, (max(2, schools // 40), 2))
        self.schools, self.bases = self._places(schools), self._places(self.count)
        self.days = SchoolCalendar(terms()).days(terms()[0][0], terms()[-1][1])
        self.supporters_of = self._share_out()

    def _places(self, count: int) -> np.ndarray:
        near = self.centres[self.rng.integers(0, len(self.centres), count)] + self.rng.normal(0, 3, (count, 2))
        anywhere = self.rng.uniform(0, self.side, (count, 2))
        return np.where((self.rng.random(count) < 2 / 3)[:, None], near, anywhere)

    def _share_out(self) -> list[list[int]]:
        """Return each school's supporter and the one who joins for a joint visit."""
        loads, found = np.zeros(self.count, dtype=int), []
        for place in self.schools:
            near = np.argsort(np.hypot(*(self.bases - place).T), kind="stable")[:4].tolist()
            first = min(near, key=lambda one: loads[one])
            loads[first] += 1
            found.append([first, next(one for one in near if one != first)])
        return found

    def _supporter(self, number: int) -> Supporter:
        free = self.rng.choice(5, int(self.rng.choice([0, 1, 2], p=[0.6, 0.2, 0.2])), replace=False) + 1
        starts = [self.days[int(n)] for n in self.rng.integers(0, len(self.days), 2)]
        away = tuple((day, day + int(self.rng.integers(3, 11)) * DAY) for day in starts)
        taken = []
        if number % 2:
            for n in self.rng.choice(len(self.days), 10, replace=False).tolist():
                x, y = (self.bases[number] + self.rng.normal(0, 8, 2)).tolist()
                taken.append(Taken(Slot(self.days[n], _HALVES[n % 2]), (round(1000 * x), round(1000 * y))))
        x, y = (1000 * self.bases[number]).round().astype(int).tolist()
        working = tuple(day for day in (1, 2, 3, 4, 5) if day not in free)
        return Supporter(number, (x, y), working, away, tuple(taken))

    def _sessions(self, closed: dict[int, set[datetime.date]]) -> tuple[list[Session], set[int]]:
        found, hopeless = [], set()
        begin = self.days[0]
        for school, place in enumerate((1000 * self.schools).round().astype(int).tolist()):
            for visit in range(VISITS):
                first = begin + (7 * 5 * visit + 7) * DAY
                number, last = school * VISITS + visit, first + 77 * DAY
                if self.rng.random() < 0.02:
                    # Its only days are those on which the school itself is closed.
                    first = last = sorted(closed[school])[0]
                    hopeless.add(number)
                who = self.supporters_of[school] if school % 20 == 0 and visit == VISITS - 1 else self.supporters_of[school][:1]
                found.append(Session(number, (school,), tuple(who), (place[0], place[1]), bool(self.rng.random() < 0.1), first, last,
                                     number - 1 if visit else None, 3, 10))  # fmt: skip
        return found, hopeless

    def _meetings(self, first: int) -> list[Session]:
        """Return meetings of groups that are agreed, one a long term, led by the supporter of the host."""
        found = []
        for group in range(len(self.schools) // GROUP):
            schools = tuple(range(group * GROUP, group * GROUP + GROUP))
            host = schools[0]
            x, y = (1000 * self.schools[host]).round().astype(int).tolist()
            for term in (0, 2, 4):
                days = [day for day in self.days if terms()[term][0] <= day <= terms()[term][1]]
                day = days[(7 * group + 11) % len(days)]
                slot = Slot(day, DayPart.AFTERNOON)
                found.append(Session(first + len(found), schools, (self.supporters_of[host][0],), (x, y), False, day, day, locked=slot))
        return found

    def done(self) -> tuple[Problem, frozenset[int]]:
        """Put the problem together."""
        supporters = tuple(self._supporter(number) for number in range(self.count))
        closed = {n: {self.days[int(d)] for d in self.rng.choice(len(self.days), 3, replace=False)} for n in range(len(self.schools))}
        sessions, hopeless = self._sessions(closed)
        sessions += self._meetings(len(sessions))
        exams = dict.fromkeys(dates(datetime.date(YEAR + 1, 5, 10), datetime.date(YEAR + 1, 5, 21)), EXAMINATIONS)
        shut = {school: exams | dict.fromkeys(days, CLOSED) for school, days in closed.items()}
        problem = Problem(tuple(sessions), supporters, tuple(self.days), shut, periods=tuple(terms()))
        return replace(problem, sessions=tuple(sessions)), frozenset(hopeless)
