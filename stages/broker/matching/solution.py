"""What a solve gives: who meets which need, how good that is proven to be, and what each limit is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.highs import Stopped


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to try: seconds of wall time, and rounds of improvement (None: as many as the time allows).

    The same problem, seed and `effort` give the same answer whenever the time is not what stopped the solver.
    """

    seconds: float = 10.0
    effort: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Solution:
    """A matching: `supporter_of` has every need, with None where it stays unmet.

    `objective` is the value reached, `bound` a proven limit that no matching can pass, `nothing` the value of matching nothing
    but what is agreed. `half_day_prices` is what each supporter's next half days are worth apiece, `penny_price` a penny more.
    """

    supporter_of: Mapping[int, int | None]
    objective: float
    bound: float
    nothing: float
    seconds: float
    stopped_by: Stopped
    rounds: int
    half_day_prices: Mapping[int, float]
    penny_price: float

    @property
    def unmet(self) -> tuple[int, ...]:
        """Return the needs that stay unmet, in order."""
        return tuple(need for need, supporter in self.supporter_of.items() if supporter is None)

    @property
    def gap(self) -> float:
        """Return how much of the gain that is proven possible may still be missing, as a share; 0 if this is the best."""
        possible = self.bound - self.nothing
        # A difference that small is rounding, not gain.
        return max(0.0, self.bound - self.objective) / possible if possible > 1e-6 * (1 + abs(self.bound)) else 0.0
