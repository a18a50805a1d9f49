"""Why this match and not another, and why a need stays unmet: what the next best would cost, and the smallest change that would do.

All of it asks about one need or one match while everything else in the solution stays as it is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter
from stages.broker.matching.solution import Solution


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The best other supporter for what a match covers, and the value lost by taking them."""

    supporter: int
    value_lost: float


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A limit that lacks something: `limit` is capacity, caseload, supporters or budget, `lacks` how much of it.

    That is in half days, cases, supporters or pence. `supporter` is whose it is (None for the case's or the budget), `window` which
    window's half days.
    """

    limit: str
    lacks: int
    supporter: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Unmet:
    """Why a need stays unmet. `stops` counts the allowed supporters whom each limit stops (one may be stopped by several).

    `smallest` is the least that would have to change, all of it together, for `by` to meet it; empty if nothing stops them and it
    is only worth less than it costs (`worth`, what it would add, is then not above 0). `by` is None if no supporter is allowed.
    `windows` counts those who lack half days in each window.
    """

    need: int
    stops: Mapping[str, int]
    by: int | None = None
    smallest: tuple[Shortfall, ...] = ()
    worth: float = 0.0
    windows: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Explaining:
    """A solution to be asked about; `solution` must be one of `problem`."""

    problem: Problem
    supporter_of: Mapping[int, int | None]

    @classmethod
    def of(cls, problem: Problem, solution: Solution) -> "Explaining":
        """Return a solution ready to be asked about."""
        return cls(problem, solution.supporter_of)

    @cached_property
    def _needs(self) -> dict[int, Need]:
        return {need.id: need for need in self.problem.needs}

    @cached_property
    def _supporters(self) -> dict[int, Supporter]:
        return {one.id: one for one in self.problem.supporters}

    @cached_property
    def _pairings(self) -> dict[int, dict[int, Pairing]]:
        found: dict[int, dict[int, Pairing]] = {}
        for pairing in self.problem.pairings:
            found.setdefault(pairing.need, {})[pairing.supporter] = pairing
        return found

    @cached_property
    def _setting_up(self) -> dict[tuple[int, int], SettingUp]:
        return {(one.case, one.supporter): one for one in self.problem.setting_up}

    @cached_property
    def _proposed(self) -> set[tuple[int, int]]:
        return set(self.problem.proposed)

    @cached_property
    def _taken(self) -> "_Taken":
        """Return what the whole solution takes; questions take their own part off and put it back."""
        taken = _Taken()
        for need, supporter in self.supporter_of.items():
            if supporter is not None:
                taken.add(self, need, supporter)
        return taken

    def runner_up(self, needs: Collection[int]) -> RunnerUp | None:
        """Return who else could take over these needs of one case, all of them, at the least loss; None if nobody could.

        The needs must be met by one supporter now.
        """
        now = next(iter({self.supporter_of[need] for need in needs}))
        if now is None:
            return None
        others = set.intersection(*(set(self._pairings.get(need, {})) for need in needs)) - {now}
        worth_now = self._with(needs, now, lacks=False)[1]
        found = []
        for other in sorted(others):
            short, worth = self._with(needs, other, lacks=True, instead_of=now)
            if not short:
                found.append(RunnerUp(other, round(worth_now - worth, 6)))
        return min(found, key=lambda one: (one.value_lost, one.supporter), default=None)

    def unmet(self, need: int) -> Unmet:
        """Return why a need stays unmet and the smallest change that would meet it."""
        stops: dict[str, int] = {}
        found, windows = [], Counter[int]()
        for supporter in sorted(self._pairings.get(need, {})):
            short, worth = self._with([need], supporter, lacks=True)
            for limit in dict.fromkeys(one.limit for one in short):
                stops[limit] = stops.get(limit, 0) + 1
            windows.update(one.window for one in short if one.window is not None)
            found.append((_size(short, self.problem, self._supporters[supporter]), -worth, supporter, tuple(short)))
        if not found:
            return Unmet(need, stops)
        _, less_worth, supporter, smallest = min(found)
        return Unmet(need, stops, supporter, smallest, round(-less_worth, 6), windows)

    def lacking(self, needs: Collection[int], supporter: int) -> tuple[Shortfall, ...]:
        """Return what would lack if a supporter met all of these needs at once, whom each of them may have."""
        return tuple(self._with(needs, supporter, lacks=True)[0])

    def _with(self, needs: Iterable[int], supporter: int, *, lacks: bool, instead_of: int | None = None) -> tuple[list[Shortfall], float]:
        """Return what would lack if the supporter met these needs, and what it would add over leaving them unmet."""
        taken, needs = self._taken, list(needs)
        met = [(need, who) for need in needs if (who := self.supporter_of[need]) is not None]
        for need, who in met:
            taken.remove(self, need, who)
        before, spent = taken.value, taken.pence
        for need in needs:
            taken.add(self, need, supporter)
        short = taken.short(self, supporter, self._needs[needs[0]].case, spends=taken.pence > spent) if lacks else []
        worth = taken.value - before
        for need in needs:
            taken.remove(self, need, supporter)
        for need, who in met:
            taken.add(self, need, who)
        return short, worth


def _size(short: list[Shortfall], problem: Problem, supporter: Supporter) -> tuple[int, float]:
    """Return how large a change is: fewest limits first, then its share of the limits as they stand."""
    whole = {"capacity": problem.load(supporter.half_days), "caseload": supporter.most_cases or 0}
    if problem.cases_window is not None:
        whole["caseload"] = supporter.half_days[problem.cases_window]
    whole |= {"supporters": problem.most_supporters, "budget": problem.budget or 0}
    return len({one.limit for one in short}), sum(one.lacks / max(1, whole[one.limit]) for one in short)


class _Taken:
    """What a matching takes of every limit, and its value over leaving everything unmet."""

    def __init__(self) -> None:
        self.half_days: dict[int, list[int]] = {}
        self.links: dict[tuple[int, int], int] = {}
        self.cases: Counter[int] = Counter()
        self.helpers: Counter[int] = Counter()
        self.pence, self.value = 0, 0.0

    def add(self, books: Explaining, need: int, supporter: int) -> None:
        """Enter a match."""
        self._enter(books, need, supporter, 1)

    def remove(self, books: Explaining, need: int, supporter: int) -> None:
        """Strike a match out."""
        self._enter(books, need, supporter, -1)

    def _enter(self, books: Explaining, need: int, supporter: int, sign: int) -> None:
        pairing, case = books._pairings[need][supporter], books._needs[need].case
        windows = self.half_days.setdefault(supporter, [0] * len(pairing.half_days))
        lost_before = _overload(books.problem, books._supporters[supporter], books.problem.load(windows))
        count = self.links.get((case, supporter), 0) + sign
        self.links[case, supporter] = count
        changes = [pairing.half_days]
        self.pence += sign * pairing.pence
        moved = books.problem.move_price if (need, supporter) in books._proposed else 0.0
        self.value += sign * (pairing.value + books._needs[need].unmet_price + moved)
        one, turned = books._setting_up.get((case, supporter)), count == (1 if sign > 0 else 0)
        self.cases[supporter] += sign * turned
        self.helpers[case] += sign * turned
        if one is not None and turned:
            changes.append(one.half_days)
            self.pence += sign * one.pence
            self.value -= sign * one.value
        for half_days in changes:
            for window, number in enumerate(half_days):
                windows[window] += sign * number
        self.value -= _overload(books.problem, books._supporters[supporter], books.problem.load(windows)) - lost_before

    def short(self, books: Explaining, supporter: int, case: int, *, spends: bool) -> list[Shortfall]:
        """Return what lacks at a supporter, at a case and, where anything is spent, in the budget."""
        one, problem = books._supporters[supporter], books.problem
        found = [
            Shortfall("caseload", taken - free, supporter)
            if window == problem.cases_window
            else Shortfall("capacity", taken - free, supporter, window)
            for window, (taken, free) in enumerate(zip(self.half_days[supporter], one.half_days, strict=True))
            if taken > free
        ]
        cases, helpers = self.cases[supporter], self.helpers[case]
        if one.most_cases is not None and cases > one.most_cases:
            found.append(Shortfall("caseload", cases - one.most_cases, supporter))
        if helpers > problem.most_supporters:
            found.append(Shortfall("supporters", helpers - problem.most_supporters))
        if spends and problem.budget is not None and self.pence > problem.budget:
            found.append(Shortfall("budget", self.pence - problem.budget))
        return found


def _overload(problem: Problem, supporter: Supporter, load: int) -> float:
    """Return the value lost by a load above the fair share."""
    if supporter.fair_half_days is None:
        return 0.0
    over = load - supporter.fair_half_days
    return sum(price * max(0, over - start) for start, price in problem.overload_steps)


def value_of(problem: Problem, supporter_of: Mapping[int, int | None]) -> float:
    """Return the objective of a matching, worked out match by match and apart from the solver."""
    books = Explaining(problem, supporter_of)
    unmet = sum(need.unmet_price for need in problem.needs)
    return books._taken.value - unmet - problem.move_price * len(problem.proposed)
