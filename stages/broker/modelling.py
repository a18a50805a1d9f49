"""All cases of a commission matched at once: the model that is solved. Pure.

The unit of value is a kilometre of travel. A case left without support loses far more than any way is long, and the more the graver its
need, so that travel is only weighed between supporters who could both go. What is hard is left out of the model or is a limit in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, inf

from models.programme import Broker
from stages.broker.capacity import after, has_time, room, takes, windows_of
from stages.broker.matching.explaining import Explaining
from stages.broker.matching.problem import Need, Pairing, Problem, Supporter
from stages.broker.matching.solution import Solution
from stages.broker.rules import (
    Candidate,
    Wanted,
    fit,
    most_cases,
    unfit,
)

# A case without support loses this much, and so much more for each point of severity (0 to 100).
_UNMET, _A_POINT = 500.0, 10.0
_LATER = 0.001
# A case that was proposed a supporter keeps that one unless another is better by this; it is hardly ever left with none.
MOVE, _KEPT = 20.0, 2000.0
# Half days above a fair share of the work lose this much apiece, and as much again beyond twice the share.
_OVERLOAD = 2.0
# Enough for the best, and so few that all England can be written down. Where they are all taken, those of the others who are free come in.
_MOST_CANDIDATES = 60


class Model:
    """The cases and supporters of one matching; the pairs that are allowed, and why the others are not."""

    def __init__(self, queue: Sequence[Wanted], pool: Mapping[int, Candidate], broker: Broker, budget: int, proposed: Mapping[int, int]) -> None:
        self.queue, self.pool, self.broker, self.budget, self.proposed = queue, pool, broker, budget, proposed
        # Where groups are matched, each takes as much of a supporter's caseload as it has schools.
        self.grouped, self.schools = any(one.members for one in queue), sum(len(one.everybody) for one in queue)
        # Without anybody who has days by term there are none, and all half days are in one.
        self.windows = windows_of(pool.values())
        self.stops: dict[int, Counter[str]] = {one.case_id: Counter() for one in queue}
        self.allowed: dict[int, dict[int, float]] = {}
        # How many could take a case as things stand, and which cases have more who are allowed than are looked at.
        self.could: dict[int, int] = {}
        # Who comes nearest to taking each case that is unmet, once that is asked.
        self.cut: set[int] = set()
        for one in queue:
            fits = self._fits(one, self.stops[one.case_id])
            able = {number for number in fits if self._is_free(one, self.pool[number], budget)}
            self.could[one.case_id] = len(able)
            kept = self.proposed.get(one.case_id)
            best = sorted(fits, key=lambda number: (number != kept, number not in able, -fits[number], number))[:_MOST_CANDIDATES]
            if fits:
                self.allowed[one.case_id] = {number: fits[number] for number in sorted(best)}
            if len(fits) > len(best):
                self.cut.add(one.case_id)

    def _fits(self, one: Wanted, stops: Counter[str] | None = None) -> dict[int, float]:
        """Return how well each supporter fits whom nothing stops whatever else is matched, and count in `stops` what stops the others."""
        fits = {}
        for candidate in self.pool.values():
            # Somebody who has promised more than there is takes nothing further, however little.
            stop = unfit(one, candidate, self.broker) or ("capacity" if candidate.half_days_left < 0 else None)
            if stop is None:
                fits[candidate.id] = fit(one, candidate)
            elif stops is not None:
                stops[stop] += 1
        return fits

    def _is_free(self, one: Wanted, candidate: Candidate, budget: int) -> bool:
        """Tell whether a supporter has the time and the caseload that a case takes, and the budget pays for it."""
        cases, cost = most_cases(candidate, self.broker), one.half_days * candidate.pence_a_half_day
        return has_time(candidate, one) and (cases is None or cases >= len(one.everybody)) and (cost == 0 or cost <= budget)

    def with_those_left_out(self, solution: Solution) -> Solution:
        """Return a solution in which each case that is unmet has the best of those who were not looked at and are free, the gravest case first.

        They are so far down each list that to solve once more with them would take as long again for little.
        """
        unmet = [one for one in self.queue if one.case_id in self.cut and solution.supporter_of[one.case_id] is None]
        if not unmet:
            return solution
        pool, budget, found = dict(self.pool), self.budget, dict(solution.supporter_of)
        for one in [*(one for one in self.queue if found.get(one.case_id) is not None), *unmet]:
            number = found[one.case_id]
            if number is None:
                fits = self._fits(one)
                free = [number for number in fits if fits[number] + self._unmet_price(one) > 0 and self._is_free(one, pool[number], budget)]
                number = min(free, key=lambda number: (-fits[number], number), default=None)
                if number is None:
                    continue
                found[one.case_id] = number
                self.allowed[one.case_id][number] = fits[number]
            pool[number] = replace(after(pool[number], one), cases=pool[number].cases + len(one.everybody))
            budget -= one.half_days * pool[number].pence_a_half_day
        return replace(solution, supporter_of=found)

    def name_all(self, explaining: Explaining) -> bool:
        """Look at everybody who is allowed for cases that are unmet or have no runner-up, so that what is said of them is true of all."""
        cut = [one for one in self.queue if one.case_id in self.cut]
        cut = [one for one in cut if explaining.supporter_of[one.case_id] is None or explaining.runner_up([one.case_id]) is None]
        for one in cut:
            self.allowed[one.case_id] = self._fits(one)
        return bool(cut)

    def problem(self, *, spoken_of: bool = False) -> Problem:
        """Return the model; a case is one need, met by one supporter.

        Where it is only `spoken_of`, limits that are passed already are as they are, so that what lacks is all that lacks; nothing can be
        matched against those.
        """
        mine = [one for one in self.queue if one.case_id in self.allowed]
        # Of equals the first in the queue goes first.
        needs = tuple(Need(one.case_id, one.case_id, self._unmet_price(one) - place * _LATER) for place, one in enumerate(mine))
        pairings = tuple(
            Pairing(one.case_id, number, self._takes(one, self.pool[number]), one.half_days * self.pool[number].pence_a_half_day, value)
            for one in mine for number, value in self.allowed[one.case_id].items()
        )  # fmt: skip
        kept = tuple((case, number) for case, number in self.proposed.items() if number in self.allowed.get(case, ()))
        fair, least = self._fair_shares(), -inf if spoken_of else 0
        supporters = tuple(self._supporter(one, fair[one.id], least) for one in self.pool.values())
        steps = ((0, _OVERLOAD), (max(1, ceil(sum(fair.values()) / max(1, len(fair)))), _OVERLOAD))
        return Problem(needs, supporters, pairings, budget=int(max(least, self.budget)), overload_steps=steps, proposed=kept, move_price=MOVE,
                       first_is_whole=True, cases_window=1 + len(self.windows) if self.grouped else None)  # fmt: skip

    def _takes(self, one: Wanted, candidate: Candidate) -> tuple[int, ...]:
        """Return what a case takes in each window: half days and, where there are groups, cases."""
        return takes(one, candidate, self.windows) + ((len(one.everybody),) if self.grouped else ())

    def _supporter(self, one: Candidate, fair: int, least: float) -> Supporter:
        """Return a supporter with what is left of them: half days, and cases in a window of their own where there are groups."""
        cases = most_cases(one, self.broker)
        left = None if cases is None else int(max(least, cases))
        if not self.grouped:
            return Supporter(one.id, room(one, self.windows), left, fair)
        return Supporter(one.id, (*room(one, self.windows), self.schools if left is None else left), None, fair)

    def _unmet_price(self, one: Wanted) -> float:
        return _UNMET + _A_POINT * one.severity + (_KEPT if self.is_kept(one) else 0.0)

    def is_kept(self, one: Wanted) -> bool:
        """Tell whether a case was proposed somebody who may still have it."""
        return self.proposed.get(one.case_id) in self.allowed.get(one.case_id, ())

    def _fair_shares(self) -> dict[int, int]:
        """Return how many half days each supporter would still take if all that is promised and wanted were spread by their time."""
        time = sum(max(0, one.half_days) for one in self.pool.values())
        promised = {number: one.half_days - one.half_days_left for number, one in self.pool.items()}
        work = sum(promised.values()) + sum(one.half_days for one in self.queue)
        return {number: max(0, ceil(work * one.half_days / max(1, time)) - promised[number]) for number, one in self.pool.items()}
