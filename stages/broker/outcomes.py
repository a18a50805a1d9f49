"""What became of the cases that were matched, and why: each with its match and who was next, or with what stops it and would do. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from calendars.periods import title
from models.programme import Broker
from stages.broker.matching.explaining import Explaining, Shortfall
from stages.broker.matching.explaining import Unmet as UnmetNeed
from stages.broker.matching.solution import Limits
from stages.broker.matching.solving import solve
from stages.broker.modelling import MOVE, Model
from stages.broker.rules import KINDS, NOBODY, Candidate, Matched, Unmet, Wanted, kinds_in_words, level, reason, way, why_unmet
from stages.broker.wording import instead, money_instead, more, nobody_else

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
    model = Model(queue, pool, broker, budget_left, proposed or {})
    solution = solve(model.problem(), limits) if model.allowed else None
    explaining = None
    if solution is not None:
        solution = model.with_those_left_out(solution)
        explaining = Explaining.of(model.problem(spoken_of=True), solution)
        # Not solved once more: this only lets everybody be spoken of.
        if model.name_all(explaining):
            explaining = Explaining.of(model.problem(spoken_of=True), solution)
    telling = _Telling(model, explaining, proven=solution is not None and solution.gap == 0)
    outcomes = [telling.outcome(one) for one in queue]
    if solution is None:
        return Brokered(outcomes)
    return Brokered(outcomes, round(solution.gap, 6), solution.stopped_by.value, solution.half_day_prices, solution.penny_price)


class _Telling:
    """What is told of a matching: the model, and what explains the answer (None if there was nothing to solve), which is the best if `proven`."""

    def __init__(self, model: Model, explaining: Explaining | None, *, proven: bool) -> None:
        self.model, self.explaining, self.proven = model, explaining, proven
        # Who each unmet case is nearest to having; worked out once somebody asks.
        self.nearest: dict[int, int | None] | None = None

    def outcome(self, one: Wanted) -> Matched | Unmet:
        """Return what became of one case, with the reason."""
        if not self.model.pool:
            return Unmet(one.case_id, NOBODY)
        explaining = self.explaining
        if one.case_id not in self.model.allowed or explaining is None:
            return Unmet(one.case_id, why_unmet(self.model.stops[one.case_id], None, self._nobody_has(one), kinds=kinds_in_words(self.model.broker)))
        number = explaining.supporter_of[one.case_id]
        return self._unmet(one, explaining) if number is None else self._matched(one, self.model.pool[number], explaining)

    def _nobody_has(self, one: Wanted) -> list[str]:
        """Return the skills that a case needs and no supporter of the right kind has in its phase."""
        mine = [candidate for candidate in self.model.pool.values() if candidate.kind in KINDS[self.model.broker.mode]]
        if not mine:
            return [kinds_in_words(self.model.broker)]
        return [skill for skill in one.skills if not any(level(candidate, skill, one.phase) for candidate in mine)]

    def _matched(self, one: Wanted, chosen: Candidate, explaining: Explaining) -> Matched:
        fitting, distance = self.model.could[one.case_id], way(one, chosen)
        next_best = explaining.runner_up([one.case_id])
        runner_up = self.model.pool[next_best.supporter] if next_best else None
        if next_best and runner_up:
            kept = MOVE * ((self.model.proposed.get(one.case_id) == chosen.id) - (self.model.proposed.get(one.case_id) == runner_up.id))
            said = f"{reason(one, runner_up, fitting)}; {instead(one, chosen, runner_up, next_best.value_lost, kept)}"
        else:
            said = nobody_else(self._all_stops(one, explaining.unmet(one.case_id)))
        return Matched(
            one.case_id, chosen.id, one.half_days, chosen.pence_a_half_day * one.half_days, None if distance is None else round(distance, 1),
            reason(one, chosen, fitting), runner_up.id if runner_up else None, said,
        )  # fmt: skip

    def _all_stops(self, one: Wanted, found: UnmetNeed) -> Counter[str]:
        """Return how many supporters each limit stops, whatever else is matched or as things stand."""
        return self.model.stops[one.case_id] + Counter(found.stops)

    def _unmet(self, one: Wanted, explaining: Explaining) -> Unmet:
        found = explaining.unmet(one.case_id)
        stops = self._all_stops(one, found)
        changes = self._changes(found.smallest)
        # Only what everybody who lacks days lacks may be said of all of them.
        lacking = [window for window, number in sorted(found.windows.items()) if window and number == stops["capacity"]]
        when = " and ".join("the {} term of {}".format(*title(self.model.windows[window - 1]).split()) for window in lacking)
        least = f"{_LEAST}: {' and '.join(changes)}" if changes else None
        if least and found.by is not None:
            if [part.limit for part in found.smallest] == ["budget"]:
                least += f"; {self._instead_of(one, self.model.pool[found.by], found.smallest[0].lacks, explaining)}"
            least += self._for_all(found.by, explaining)
        return Unmet(one.case_id, why_unmet(stops, least, when=when, too_far=not found.smallest, kinds=kinds_in_words(self.model.broker)))

    def _changes(self, smallest: Sequence[Shortfall]) -> list[str]:
        """Return in words what lacks, all of it together."""
        # Days in a term are also days of the whole time.
        in_terms = sum(part.lacks for part in smallest if part.window)
        apart = [replace(part, lacks=part.lacks - in_terms) if part.window == 0 else part for part in smallest]
        return [self._more(part) for part in apart if part.lacks > 0]

    def _for_all(self, by: int, explaining: Explaining) -> str:
        """Say what would do for all cases that are nearest to having the same supporter; nothing where there is one."""
        if self.nearest is None:
            unmet = [one.case_id for one in self.model.queue if explaining.supporter_of.get(one.case_id, 0) is None]
            self.nearest = {number: explaining.unmet(number).by for number in unmet}
        alike = [one for one in self.model.queue if self.nearest.get(one.case_id) == by]
        if len(alike) < 2:
            return ""
        changes = self._changes(explaining.lacking([one.case_id for one in alike], by))
        return f"; for all {sum(len(one.everybody) for one in alike)} cases that lack the same supporter together: {' and '.join(changes)}"

    def _instead_of(self, one: Wanted, by: Candidate, short: int, explaining: Explaining) -> str:
        """Say what the money that a case lacks meets instead."""
        met = [(other, number) for other in self.model.queue if (number := explaining.supporter_of.get(other.case_id)) is not None]
        lighter = [other.half_days * self.model.pool[number].pence_a_half_day
                   for other, number in met if other.severity < one.severity and not self.model.is_kept(other)]  # fmt: skip
        kept = any(self.model.is_kept(other) for other, _ in met)
        return money_instead(one, one.half_days * by.pence_a_half_day, short, lighter, kept=kept, proven=self.proven)

    def _more(self, part: Shortfall) -> str:
        name = self.model.pool[part.supporter].name if part.supporter is not None else "somebody"
        return more(part, name, f" in {title(self.model.windows[part.window - 1])}" if part.window else "")
