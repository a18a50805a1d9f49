"""Made-up authorities to measure matching on: towns and villages, schools with needs, supporters with skills and little time.

All of it follows from the seed. A square of about 36 km a side holds 100 schools, more schools a larger one at the same density.
* Two schools in three lie in towns (a normal spread of 3 km), the rest anywhere. A fifth are secondary schools.
* A school has one to three needs, each with a skill out of eight, a severity of 20 to 100 and 2 to 8 half days by severity.
* A supporter has two to four skills at level 1 to 3, one phase or both, a base in a town or anywhere, a day rate and a travel cap.
* One pairing in twenty has a conflict. Setting up loses value by distance, takes half a day beyond 25 km, and pays mileage.
* Half days are shared out so that they meet 60 % (tight), 85 % (normal) or 120 % (loose) of the demand; the budget pays for 95 %
  of what the lesser of demand and half days would cost. A case has at most two supporters; some supporters cap their cases.
"""

from dataclasses import dataclass

import numpy as np

from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter

TIGHTNESS = {"tight": 0.6, "normal": 0.85, "loose": 1.2}
SKILLS = 8
_VALUE_OF_LEVEL = (0.0, 0.6, 0.8, 1.0)
_VALUE_A_KM = 0.3
_PENCE_A_KM = 90


@dataclass(frozen=True, slots=True)
class Authority:
    """A made-up authority: its matching problem, and the distance in kilometres of each pairing's case and supporter."""

    problem: Problem
    kilometres: dict[tuple[int, int], float]


def authority(schools: int, supporters: int, tightness: str, seed: int, towns: int | None = None, nearest: int | None = None) -> Authority:
    """Return an authority; with `nearest`, each need lists only so many supporters, the nearest who could."""
    return _Making(schools, supporters, TIGHTNESS[tightness], seed, towns or max(2, schools // 40), nearest).done()


class _Making:
    """The making of one authority, drawn from one generator in a fixed order."""

    def __init__(self, schools: int, supporters: int, tightness: float, seed: int, towns: int, nearest: int | None) -> None:
        self.rng = np.random.default_rng([seed, schools, supporters])
        self.side, self.nearest = 3.6 * schools**0.5, nearest
        self.centres = self.rng.uniform(0, self.side, (towns, 2))
        self.schools, self.bases = self._places(schools), self._places(supporters)
        self.secondary = self.rng.random(schools) < 0.2
        counts = self.rng.choice([1, 2, 3], schools, p=[0.4, 0.4, 0.2])
        self.case = np.repeat(np.arange(schools), counts)
        self.skill = self.rng.integers(0, SKILLS, len(self.case))
        self.severity = np.rint(20 + 80 * self.rng.beta(1.5, 2.5, len(self.case))).astype(int)
        self.half_days = np.clip(np.rint(self.severity / 14 + self.rng.normal(0, 1, len(self.case))), 2, 8).astype(int)
        self._draw_supporters(supporters, tightness)

    def _places(self, count: int) -> np.ndarray:
        near = self.centres[self.rng.integers(0, len(self.centres), count)] + self.rng.normal(0, 3, (count, 2))
        anywhere = self.rng.uniform(0, self.side, (count, 2))
        return np.where((self.rng.random(count) < 2 / 3)[:, None], near, anywhere)

    def _draw_supporters(self, count: int, tightness: float) -> None:
        self.levels = np.zeros((count, SKILLS), dtype=int)
        for one in range(count):
            skills = self.rng.choice(SKILLS, self.rng.integers(2, 5), replace=False)
            self.levels[one, skills] = self.rng.integers(1, 4, len(skills))
        self.phases = self.rng.choice([0, 1, 2], count, p=[0.55, 0.2, 0.25])
        shares = self.rng.uniform(0.5, 1.5, count)
        self.capacity = np.maximum(4, np.rint(shares / shares.sum() * self.half_days.sum() * tightness)).astype(int)
        self.rate = self.rng.integers(200, 351, count) * 100
        self.cap_km = self.rng.choice([25.0, 40.0, 60.0], count)
        self.most_cases = np.where(self.rng.random(count) < 0.4, np.maximum(2, self.capacity // 5), 0)

    def done(self) -> Authority:
        """Put the problem together."""
        pairings, links = [], {}
        for need, case in enumerate(self.case.tolist()):
            distance = np.hypot(*(self.bases - self.schools[case]).T)
            could = (
                (self.levels[:, self.skill[need]] > 0) & (distance <= self.cap_km) & ((self.phases == 2) | (self.phases == int(self.secondary[case])))
            )
            able = [s for s in np.flatnonzero(could).tolist() if (case * 7919 + s * 104729) % 20]
            for s in sorted(able, key=lambda s: float(distance[s]))[: self.nearest]:
                worth = float(self.severity[need]) * _VALUE_OF_LEVEL[self.levels[s, self.skill[need]]]
                half_days = int(self.half_days[need])
                pairings.append(Pairing(need, s, (half_days,), half_days * int(self.rate[s]), round(worth, 1)))
                links[case, s] = round(float(distance[s]), 1)
        setting_up = tuple(SettingUp(c, s, (int(km > 25),), round(km * _PENCE_A_KM), round(km * _VALUE_A_KM, 2)) for (c, s), km in links.items())
        needs = tuple(Need(n, int(c), 0.0) for n, c in enumerate(self.case))
        fair = [round(int(c) * 0.8) for c in self.capacity]
        people = tuple(
            Supporter(s, (int(c),), int(m) or None, f) for s, (c, m, f) in enumerate(zip(self.capacity, self.most_cases, fair, strict=True))
        )
        wide = 30 if self.nearest is None else 90
        districts = {case: f"{int(x // wide)},{int(y // wide)}" for case, (x, y) in enumerate(self.schools.tolist())}
        demand, supply = int(self.half_days.sum()), int(self.capacity.sum())
        budget = round(0.95 * min(demand, supply) * float((self.rate * self.capacity).sum() / supply) / 100) * 100
        problem = Problem(needs, people, tuple(pairings), setting_up, 2, budget, ((0, 0.5),), districts=districts)
        return Authority(problem, links)
