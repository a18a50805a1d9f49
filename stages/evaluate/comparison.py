"""Whether supported schools changed more than schools like them: a difference in differences. Pure.

Each supported school's change less the mean change of the schools most like it that had no support; the estimate is the mean of these over
schools, with a 95 per cent interval from their spread (normal approximation, hence at least ten schools). A school's own start is part of
what makes others like it, so that a mere return to the mean happens to both and cancels out (the design of the registered trial
ISRCTN20687346 of a school partnership, in its simplest form).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, stdev

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
    differences, used = [], set[int]()
    for urn, change in changes.items():
        mine = [one for one in alike.get(urn, ()) if one in others]
        if mine:
            used |= set(mine)
            differences.append(change - fmean(others[one] for one in mine))
    left_out = len(changes) - len(differences)
    if len(differences) < FEWEST:
        return Comparison(len(differences), len(used), left_out, None, None, None)
    estimate, half = fmean(differences), _Z * stdev(differences) / sqrt(len(differences))
    return Comparison(len(differences), len(used), left_out, round(estimate, 2), round(estimate - half, 2), round(estimate + half, 2))
