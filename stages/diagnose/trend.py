"""Trend: whether a figure of one school rises or falls over the years by more than chance would make it.

The slope is that of the weighted least-squares line. For shares its error by chance is the one of the test for trend in proportions
(Cochran 1954, Biometrics 10, 417-451; Armitage 1955, Biometrics 11, 375-386).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal["rising", "falling", "steady", "not enough years"]

FEWEST_YEARS = 3
# Student's t, 97.5 per cent, by degrees of freedom from 1; beyond them it is taken as the last.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Trend:
    """A direction, the slope (the figure's unit a year) with its standard error, and how many years it stands on."""

    direction: Direction
    slope: float | None
    error: float | None
    years: int


def trend(years: Mapping[int, tuple[float, float | None]], kind: Literal["share", "mean"], spread: float | None = None) -> Trend:
    """Return the trend of a figure; `years` are value and cohort by year, shares are percentages.

    `spread` is the published standard deviation between pupils of a mean. The rule: a figure rises or falls if its slope is beyond twice
    its standard error, the larger of that by chance (from the cohorts) and that from the scatter about the line. Where chance cannot be
    worked out (a mean without a spread, a year without a cohort), only the scatter is left, and the slope must be beyond Student's t times
    its error, which three years reach only on almost a straight line. A year without a cohort makes all years weigh the same.
    """
    known = {year: pair for year, pair in sorted(years.items()) if math.isfinite(pair[0])}
    if len(known) < FEWEST_YEARS:
        return Trend("not enough years", None, None, len(known))
    values = [value for value, _ in known.values()]
    cohorts = [cohort for _, cohort in known.values() if cohort is not None and cohort > 0]
    complete = len(cohorts) == len(known)
    weights = cohorts if complete else [1.0] * len(known)
    slope, about, run = _line(list(known), values, weights)
    variance = _of_one_pupil(values, weights, kind, spread) if complete else None
    chance = None if variance is None else math.sqrt(variance / run)
    error, times = (about, _student(len(known) - 2)) if chance is None else (max(about, chance), 2.0)
    # A slope that is only rounding is none.
    beyond = abs(slope) > max(times * error, _SAME * max(abs(value) for value in values))
    direction: Direction = "steady" if not beyond else "rising" if slope > 0 else "falling"
    return Trend(direction, slope, error, len(known))


def _line(years: list[int], values: list[float], weights: list[float]) -> tuple[float, float, float]:
    """Return slope, its standard error from the scatter about the line, and the weighted sum of squares of the years."""
    total = sum(weights)
    year = sum(w * x for w, x in zip(weights, years, strict=True)) / total
    value = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    run = sum(w * (x - year) ** 2 for w, x in zip(weights, years, strict=True))
    slope = sum(w * (x - year) * (y - value) for w, x, y in zip(weights, years, values, strict=True)) / run
    scatter = sum(w * (y - value - slope * (x - year)) ** 2 for w, x, y in zip(weights, years, values, strict=True))
    return slope, math.sqrt(scatter / (len(years) - 2) / run), run


def _of_one_pupil(values: list[float], weights: list[float], kind: Literal["share", "mean"], spread: float | None) -> float | None:
    """Return the variance of one pupil in the figure's unit squared, if it can be known: of a share it follows from the share of all years."""
    if kind == "mean":
        return None if spread is None else spread**2
    share = sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)
    return max(share * (100 - share), 0.0)


def _student(freedom: int) -> float:
    return _STUDENT[min(freedom, len(_STUDENT)) - 1]
