"""All cases of a commission matched at once: the model that is solved, and its answer explained case by case. Pure.

The unit of value is a kilometre of travel. A case left without support loses far more than any way is long, and the more the graver its
need, so that travel is only weighed between supporters who could both go. What is hard is left out of the model or is a limit in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf

from calendars.periods import title
from models.programme import Broker
from stages.broker.capacity import after, has_time, room, takes, windows_of
from stages.broker.matching.explaining import Explaining, Shortfall
from stages.broker.matching.explaining import Unmet as UnmetNeed
from stages.broker.matching.problem import Need, Pairing, Problem, Supporter
from stages.broker.matching.solution import Limits, Solution
from stages.broker.matching.solving import solve
from stages.broker.rules import (
    KINDS,
    NOBODY,
    Candidate,
    Matched,
    Unmet,
    Wanted,
    fit,
    kinds_in_words,
    level,
    most_cases,
    reason,
    unfit,
    way,
    why_unmet,
)
from stages.broker.wording import instead, money_instead, more, nobody_else

# A case without support loses this much, and so much more for each point of severity (0 to 100).
_UNMET, _A_POINT = 500.0, 10.0
_LATER = 0.001
# A case that was proposed a supporter keeps that one unless another is better by this; it is hardly ever left with none.
_MOVE, _KEPT = 20.0, 2000.0
# Half days above a fair share of the work lose this much apiece, and as much again beyond twice the share.
_OVERLOAD = 2.0
# Enough for the best, and so few that all England can be written down. Where they are all taken, those of the others who are free come in.
_MOST_CANDIDATES = 60
_LEAST = "the least that would do, if nothing else moves and no other case takes it"
LIMITS = Limits(seconds=20.0, effort=200)


@dataclass(frozen=True, slots=True)
class Brokered:
    """What became of all cases, the gravest first, and how good it is proven to be: `gap` is the share of value that may be missing."""

    outcomes: list[Matched | Unmet]
    gap: float = 0.0
    stopped_by: str = "proven"
    half_day_prices: Mapping[int, float] = field(default_factory=dict)
    penny_price: float = 0.0


def match_all(
    wanted: Sequence[Wanted], candidates: Sequence[Candidate], broker: Broker, budget_left: int, limits: Limits = LIMITS,
    proposed: Mapping[int, int] | None = None,
) -> Brokered:  # fmt: skip
    """Match cases with supporters, as many and as grave as limits allow and then as near and as fit as can be.

    `budget_left` is in pence. `proposed` are cases whose supporter was proposed and may still be another, by case; what they take is
    counted as free here. Every case is in the result once.
    """
    queue = sorted(wanted, key=lambda one: (-one.severity, one.case_id))
    pool = {one.id: one for one in sorted(candidates, key=lambda one: one.id)}
    model = _Model(queue, pool, broker, budget_left, proposed or {})
    solution = solve(model.problem(), limits) if model.allowed else None
    explaining = None
    if solution is not None:
        solution = model.with_those_left_out(solution)
        explaining = Explaining.of(model.problem(spoken_of=True), solution)
        # Not solved once more: this only lets everybody be spoken of.
        if model.name_all(explaining):
            explaining = Explaining.of(model.problem(spoken_of=True), solution)
    outcomes = [model.outcome(one, solution, explaining) for one in queue]
    if solution is None:
        return Brokered(outcomes)
    return Brokered(outcomes, round(solution.gap, 6), solution.stopped_by.value, solution.half_day_prices, solution.penny_price)


class _Model:
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
        self.nearest: dict[int, int | None] | None = None
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
        return Problem(needs, supporters, pairings, budget=int(max(least, self.budget)), overload_steps=steps, proposed=kept, move_price=_MOVE,
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
        return _UNMET + _A_POINT * one.severity + (_KEPT if self._is_kept(one) else 0.0)

    def _is_kept(self, one: Wanted) -> bool:
        """Tell whether a case was proposed somebody who may still have it."""
        return self.proposed.get(one.case_id) in self.allowed.get(one.case_id, ())

    def _fair_shares(self) -> dict[int, int]:
        """Return how many half days each supporter would still take if all that is promised and wanted were spread by their time."""
        time = sum(max(0, one.half_days) for one in self.pool.values())
        promised = {number: one.half_days - one.half_days_left for number, one in self.pool.items()}
        work = sum(promised.values()) + sum(one.half_days for one in self.queue)
        return {number: max(0, ceil(work * one.half_days / max(1, time)) - promised[number]) for number, one in self.pool.items()}

    def outcome(self, one: Wanted, solution: Solution | None, explaining: Explaining | None) -> Matched | Unmet:
        """Return what became of one case, with the reason."""
        if not self.pool:
            return Unmet(one.case_id, NOBODY)
        if one.case_id not in self.allowed or solution is None or explaining is None:
            return Unmet(one.case_id, why_unmet(self.stops[one.case_id], None, self._nobody_has(one), kinds=kinds_in_words(self.broker)))
        number = solution.supporter_of[one.case_id]
        return self._unmet(one, explaining, proven=solution.gap == 0) if number is None else self._matched(one, self.pool[number], explaining)

    def _nobody_has(self, one: Wanted) -> list[str]:
        """Return the skills that a case needs and no supporter of the right kind has in its phase."""
        mine = [candidate for candidate in self.pool.values() if candidate.kind in KINDS[self.broker.mode]]
        if not mine:
            return [kinds_in_words(self.broker)]
        return [skill for skill in one.skills if not any(level(candidate, skill, one.phase) for candidate in mine)]

    def _matched(self, one: Wanted, chosen: Candidate, explaining: Explaining) -> Matched:
        fitting, distance = self.could[one.case_id], way(one, chosen)
        next_best = explaining.runner_up([one.case_id])
        runner_up = self.pool[next_best.supporter] if next_best else None
        if next_best and runner_up:
            kept = _MOVE * ((self.proposed.get(one.case_id) == chosen.id) - (self.proposed.get(one.case_id) == runner_up.id))
            said = f"{reason(one, runner_up, fitting)}; {instead(one, chosen, runner_up, next_best.value_lost, kept)}"
        else:
            said = nobody_else(self._all_stops(one, explaining.unmet(one.case_id)))
        return Matched(
            one.case_id, chosen.id, one.half_days, chosen.pence_a_half_day * one.half_days, None if distance is None else round(distance, 1),
            reason(one, chosen, fitting), runner_up.id if runner_up else None, said,
        )  # fmt: skip

    def _all_stops(self, one: Wanted, found: UnmetNeed) -> Counter[str]:
        """Return how many supporters each limit stops, whatever else is matched or as things stand."""
        return self.stops[one.case_id] + Counter(found.stops)

    def _unmet(self, one: Wanted, explaining: Explaining, *, proven: bool) -> Unmet:
        found = explaining.unmet(one.case_id)
        stops = self._all_stops(one, found)
        changes = self._changes(found.smallest)
        # Only what everybody who lacks days lacks may be said of all of them.
        lacking = [window for window, number in sorted(found.windows.items()) if window and number == stops["capacity"]]
        when = " and ".join("the {} term of {}".format(*title(self.windows[window - 1]).split()) for window in lacking)
        least = f"{_LEAST}: {' and '.join(changes)}" if changes else None
        if least and found.by is not None:
            if [part.limit for part in found.smallest] == ["budget"]:
                least += f"; {self._instead_of(one, self.pool[found.by], found.smallest[0].lacks, explaining, proven=proven)}"
            least += self._for_all(found.by, explaining)
        return Unmet(one.case_id, why_unmet(stops, least, when=when, too_far=not found.smallest, kinds=kinds_in_words(self.broker)))

    def _changes(self, smallest: Sequence[Shortfall]) -> list[str]:
        """Return in words what lacks, all of it together."""
        # Days in a term are also days of the whole time.
        in_terms = sum(part.lacks for part in smallest if part.window)
        apart = [replace(part, lacks=part.lacks - in_terms) if part.window == 0 else part for part in smallest]
        return [self._more(part) for part in apart if part.lacks > 0]

    def _for_all(self, by: int, explaining: Explaining) -> str:
        """Say what would do for all cases that are nearest to having the same supporter; nothing where there is one."""
        if self.nearest is None:
            met = explaining.supporter_of
            self.nearest = {one.case_id: explaining.unmet(one.case_id).by for one in self.queue if one.case_id in met and met[one.case_id] is None}
        alike = [one for one in self.queue if self.nearest.get(one.case_id) == by]
        if len(alike) < 2:
            return ""
        changes = self._changes(explaining.lacking([one.case_id for one in alike], by))
        return f"; for all {sum(len(one.everybody) for one in alike)} cases that lack the same supporter together: {' and '.join(changes)}"

    def _instead_of(self, one: Wanted, by: Candidate, short: int, explaining: Explaining, *, proven: bool) -> str:
        """Say what the money that a case lacks meets instead."""
        met = [(other, number) for other in self.queue if (number := explaining.supporter_of.get(other.case_id)) is not None]
        lighter = [other.half_days * self.pool[number].pence_a_half_day
                   for other, number in met if other.severity < one.severity and not self._is_kept(other)]  # fmt: skip
        kept = any(self._is_kept(other) for other, _ in met)
        return money_instead(one, one.half_days * by.pence_a_half_day, short, lighter, kept=kept, proven=proven)

    def _more(self, part: Shortfall) -> str:
        name = self.pool[part.supporter].name if part.supporter is not None else "somebody"
        return more(part, name, f" in {title(self.windows[part.window - 1])}" if part.window else "")
