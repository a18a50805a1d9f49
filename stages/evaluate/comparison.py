"""Whether supported schools changed more than schools like them: a difference in differences. Pure.

Each supported school's change less the mean change of the schools most like it that had no support; the estimate is the mean of these over
schools, with a 95 per cent interval from the spread of both (normal approximation, hence at least ten of each; a school that is compared
with several counts as often as it is used). A school's own start is part of
what makes others like it, so that a mere return to the mean happens to both and cancels out (the design of the registered trial
ISRCTN20687346 of a school partnership, in its simplest form).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, variance

FEWEST = 10
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Comparison:
    """By how much more supported schools changed, with an interval; None where too few can be compared. `left_out` counts the others."""

    schools: int
    matched: int
    left_out: int
    estimate: float | None
    lowest: float | None
    highest: float | None

    @property
    def says(self) -> str:
        """Return what may be concluded, in a few words."""
        if self.estimate is None or self.lowest is None or self.highest is None:
            return "too few schools to say"
        return "no clear difference" if self.lowest <= 0 <= self.highest else "a clear difference"


def compare(changes: Mapping[int, float], alike: Mapping[int, Sequence[int]], others: Mapping[int, float]) -> Comparison:
    """Compare each supported school's change with the mean change of those `alike` of whom it is known.

    `changes` are of supported schools and `others` of schools without support, by URN; a supported school with nobody alike is left out.
    """
    compared, weights = dict[int, float](), dict[int, float]()
    for urn, change in changes.items():
        mine = [one for one in alike.get(urn, ()) if one in others]
        for one in mine:
            weights[one] = weights.get(one, 0.0) + 1 / len(mine)
        if mine:
            compared[urn] = change - fmean(others[one] for one in mine)
    count, left_out = len(compared), len(changes) - len(compared)
    if count < FEWEST or len(weights) < FEWEST:
        return Comparison(count, len(weights), left_out, None, None, None)
    estimate, half = fmean(compared.values()), _Z * _error([changes[urn] for urn in compared], [others[one] for one in weights], weights.values())
    return Comparison(count, len(weights), left_out, round(estimate, 2), round(estimate - half, 2), round(estimate + half, 2))


def _error(supported: Sequence[float], others: Sequence[float], weights: Iterable[float]) -> float:
    """Return the standard error of the estimate: a school that many are compared with counts as often as it is used."""
    count = len(supported)
    return sqrt(variance(supported) / count + variance(others) * sum((weight / count) ** 2 for weight in weights))
