"""The problem as arrays, so that thousands of pairings are weighed at once; what is agreed is already taken off the limits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.broker.matching.problem import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NO_LIMIT = 10**9
_NO_BUDGET = NO_LIMIT * 1000


@dataclass(frozen=True, slots=True)
class Indexed:
    """Needs (N), supporters (S), cases (C), windows (W), pairings (P, sorted by supporter and link), links (L).

    A link is a case with a supporter that some pairing brings together. Its setting-up value, half days and pence are nothing and
    it does not count against a caseload if an agreed pairing has opened it. `gain` is the value over leaving the need unmet,
    `proposed` which pairings were proposed, `base` the value of everything agreed with all else unmet. Agreed needs have no pairings here.
    """

    need_case: Ints
    pair_need: Ints
    pair_supporter: Ints
    pair_link: Ints
    pair_half_days: Ints
    pair_load: Ints
    pair_pence: Ints
    pair_source: Ints
    gain: Floats
    proposed: Flags
    link_case: Ints
    link_supporter: Ints
    link_value: Floats
    link_half_days: Ints
    link_load: Ints
    link_pence: Ints
    link_counts: Ints
    half_days: Ints
    most_load: Ints
    cases_left: Ints
    room_in_case: Ints
    pence_left: int
    thresholds: Ints
    overload_prices: Floats
    district: Ints
    base: float
    whole: bool

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Return how many needs, supporters, cases and links there are."""
        return len(self.need_case), len(self.half_days), len(self.room_in_case), len(self.link_case)

    @property
    def has_budget(self) -> bool:
        """Return whether money is limited; what is agreed has been taken off a budget of nearly no limit, too."""
        return self.pence_left < _NO_BUDGET // 2

    @property
    def has_caseload(self) -> Flags:
        """Return whose number of cases is limited."""
        return self.cases_left < NO_LIMIT // 2


def overload(thresholds: Ints, prices: Floats, load: Ints) -> Floats:
    """Return the value each supporter's load loses above the fair share; `thresholds` is (S, steps), `load` is (S,)."""
    over = np.maximum(0, load[:, None] - thresholds)
    return np.asarray(over @ prices, dtype=np.float64)


def index(problem: Problem) -> Indexed:
    """Return the problem as arrays."""
    return _Indexing(problem).done()


class _Indexing:
    """The steps of turning a problem into arrays, each on what the ones before it found."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.windows = len(problem.supporters[0].half_days) if problem.supporters else 1
        self.need = {need.id: number for number, need in enumerate(problem.needs)}
        self.supporter = {one.id: number for number, one in enumerate(problem.supporters)}
        self.case = {case: number for number, case in enumerate(dict.fromkeys(need.case for need in problem.needs))}
        self.need_case = np.array([self.case[need.case] for need in problem.needs], dtype=np.int64)
        self.unmet = np.array([need.unmet_price for need in problem.needs], dtype=np.float64)
        self.agreed = np.full(len(problem.needs), -1, dtype=np.int64)
        for need, supporter in problem.agreed:
            self.agreed[self.need[need]] = self.supporter[supporter]
        self.proposed = np.full(len(problem.needs), -1, dtype=np.int64)
        for need, supporter in problem.proposed:
            self.proposed[self.need[need]] = self.supporter[supporter]
        self._supporters()
        self._pairings()
        self._links()

    def _supporters(self) -> None:
        everyone = self.problem.supporters
        self.half_days = np.array([one.half_days for one in everyone], dtype=np.int64).reshape(len(everyone), self.windows)
        self.cases_left = np.array([NO_LIMIT if one.most_cases is None else one.most_cases for one in everyone], dtype=np.int64)
        fair = np.array([NO_LIMIT if one.fair_half_days is None else one.fair_half_days for one in everyone], dtype=np.int64)
        steps = np.array([start for start, _ in self.problem.overload_steps], dtype=np.int64)
        self.prices = np.array([price for _, price in self.problem.overload_steps], dtype=np.float64)
        self.thresholds = fair[:, None] + steps[None, :]

    def _pairings(self) -> None:
        pairings, count = self.problem.pairings, len(self.problem.pairings)
        need = np.fromiter((self.need[p.need] for p in pairings), np.int64, count)
        supporter = np.fromiter((self.supporter[p.supporter] for p in pairings), np.int64, count)
        order = np.lexsort((need, self.need_case[need], supporter)) if count else np.zeros(0, dtype=np.int64)
        half_days = np.array([p.half_days for p in pairings], dtype=np.int64).reshape(count, self.windows)
        value = np.fromiter((p.value for p in pairings), np.float64, count)
        pence = np.fromiter((p.pence for p in pairings), np.int64, count)
        self.source, self.p_need, self.p_supporter = order, need[order], supporter[order]
        self.p_half_days, self.p_pence = half_days[order], pence[order]
        self.gain = value[order] + self.unmet[self.p_need] + self.problem.move_price * (self.proposed[self.p_need] == self.p_supporter)

    def _links(self) -> None:
        key = self.p_supporter * max(1, len(self.case)) + self.need_case[self.p_need]
        keys, self.p_link = np.unique(key, return_inverse=True)
        self.l_supporter, self.l_case = keys // max(1, len(self.case)), keys % max(1, len(self.case))
        count = len(keys)
        self.l_value, self.l_pence = np.zeros(count), np.zeros(count, dtype=np.int64)
        self.l_half_days = np.zeros((count, self.windows), dtype=np.int64)
        place = {int(k): n for n, k in enumerate(keys)}
        for one in self.problem.setting_up:
            case, supporter = self.case.get(one.case), self.supporter.get(one.supporter)
            link = None if case is None or supporter is None else place.get(supporter * len(self.case) + case)
            if link is not None:
                self.l_value[link], self.l_pence[link], self.l_half_days[link] = one.value, one.pence, one.half_days

    def _load(self, half_days: Ints) -> Ints:
        """Return what rows of half days by window come to."""
        return half_days[:, 0] if self.problem.first_is_whole else half_days.sum(axis=1)

    def done(self) -> Indexed:
        """Take what is agreed off the limits and return the arrays."""
        mine = self.agreed[self.p_need] == self.p_supporter
        opened = np.unique(self.p_link[mine])
        np.subtract.at(self.half_days, self.p_supporter[mine], self.p_half_days[mine])
        np.subtract.at(self.half_days, self.l_supporter[opened], self.l_half_days[opened])
        np.subtract.at(self.cases_left, self.l_supporter[opened], 1)
        room = np.full(len(self.case), self.problem.most_supporters, dtype=np.int64)
        np.subtract.at(room, self.l_case[opened], 1)
        load = np.zeros(len(self.half_days), dtype=np.int64)
        np.add.at(load, self.p_supporter[mine], self._load(self.p_half_days[mine]))
        np.add.at(load, self.l_supporter[opened], self._load(self.l_half_days[opened]))
        lost = float(overload(self.thresholds, self.prices, load).sum())
        moves = self.problem.move_price * len(self.problem.proposed)
        base = float(self.gain[mine].sum() - self.l_value[opened].sum() - self.unmet.sum()) - lost - moves
        budget = _NO_BUDGET if self.problem.budget is None else self.problem.budget
        pence_left = budget - int(self.p_pence[mine].sum() + self.l_pence[opened].sum())
        counts = np.ones(len(self.l_case), dtype=np.int64)
        counts[opened] = 0
        self.l_value[opened], self.l_pence[opened], self.l_half_days[opened] = 0.0, 0, 0
        names = {name: number for number, name in enumerate(sorted(set(self.problem.districts.values())), start=1)}
        district = np.array([names.get(self.problem.districts.get(case, ""), 0) for case in self.case], dtype=np.int64)
        # A threshold may lie below what is agreed: the part of the loss that is already paid stays in `base`.
        thresholds = np.maximum(0, self.thresholds - load[:, None])
        free = self.agreed[self.p_need] < 0
        proposed = self.proposed[self.p_need[free]] == self.p_supporter[free]
        whole = all(bool(np.all(values == np.rint(values))) for values in (self.gain, self.l_value, self.prices))
        return Indexed(
            self.need_case, self.p_need[free], self.p_supporter[free], self.p_link[free], self.p_half_days[free],
            self._load(self.p_half_days[free]), self.p_pence[free], self.source[free], self.gain[free], proposed,
            self.l_case, self.l_supporter, self.l_value, self.l_half_days, self._load(self.l_half_days), self.l_pence, counts, self.half_days,
            self._load(self.half_days), self.cases_left, room, pence_left, thresholds, self.prices, district, base, whole,
        )  # fmt: skip
