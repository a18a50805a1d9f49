"""Reliability: a school's figure drawn towards the mean of all schools, the more so the fewer pupils it stands on.

Parametric empirical Bayes (Efron and Morris 1975, JASA 70, 311-319; Morris 1983, JASA 78, 47-55): what a school would show with
endless pupils varies between schools, what it shows varies further by chance, and chance weighs 1/n. The estimate is
`w * own + (1 - w) * pooled` with `w = n / (n + m)`, where m is how many pupils' worth of evidence the pooled mean is.

* Shares are beta-binomial, with m from the weighted moments of Kleinman 1973 (JASA 68, 46-54).
* Means are normal, with a sampling variance of spread^2 / n. Where the spread (standard deviation) between pupils is published, the same
  moments are used. Where it is not, both variances come from how much further small schools scatter than large ones, by restricted
  maximum likelihood (Patterson and Thompson 1971, Biometrika 58, 545-554); where small schools differ for other reasons, such as special
  schools among others, this shrinks too much. Fit phases apart.

What cannot be known is not made up: without a cohort, or where nothing can be fitted, the raw value stays and its weight is None.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["share", "mean"]
Vector = npt.NDArray[np.float64]

FEWEST = 4  # with an estimated mean, shrinking pays from four on
FEWEST_WITHOUT_SPREAD = 30  # two variances from scatter alone need more schools
_STEPS = 100
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Prior:
    """The pooled mean of schools, and how many pupils' worth of evidence it is: infinitely many if schools differ by chance only."""

    mean: float
    pupils: float


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A shrunken value, the weight from 0 to 1 of the school's own raw value in it (None if not known), and that raw value."""

    value: float
    weight: float | None
    raw: float


def shrunken(values: Mapping[int, tuple[float, float | None]], kind: Kind, prior: Prior | None = None) -> dict[int, Shrunk]:
    """Return each school's shrunken value, in the order given.

    `values` are value and cohort (number of pupils) by URN; shares are percentages. The prior is fitted to these schools unless one is
    given, such as England's for the schools of one authority.
    """
    prior = fit(values, kind) if prior is None else prior
    made = {}
    for urn, (raw, cohort) in values.items():
        pupils = _pupils(raw, cohort)
        if prior is None or pupils is None:
            made[urn] = Shrunk(raw, None, raw)
        else:
            weight = pupils / (pupils + prior.pupils)
            made[urn] = Shrunk(prior.mean + weight * (raw - prior.mean), weight, raw)
    return made


def fit(values: Mapping[int, tuple[float, float | None]], kind: Kind, spread: float | None = None) -> Prior | None:
    """Return what all schools together say of any one of them, or None if they are too few or too alike in size to say it.

    `spread` is the published standard deviation between pupils of a mean, in its unit; a share needs none.
    """
    known = [(raw, cohort) for raw, cohort in values.values() if _pupils(raw, cohort)]
    if len(known) < FEWEST:
        return None
    figures = np.array(known, dtype=np.float64)
    own, cohorts = figures[:, 0], figures[:, 1]
    if kind == "mean":
        return _by_likelihood(own, cohorts) if spread is None else _by_moments(own, cohorts, spread)
    if own.min() < 0 or own.max() > 100:
        raise ValueError("shares are percentages from 0 to 100")
    found = _by_moments(own / 100, cohorts, None)
    return found and Prior(100 * found.mean, found.pupils)


def _pupils(raw: float, cohort: float | None) -> float | None:
    """Return on how many pupils a value stands, or None if that is not known."""
    return cohort if cohort is not None and math.isfinite(raw) and math.isfinite(cohort) and cohort >= 1 else None


def _by_moments(own: Vector, cohorts: Vector, spread: float | None) -> Prior | None:
    """Fit by Kleinman's moments: weights are pupils at first, then what the fit before says; no spread means shares from 0 to 1."""
    weights, pupils = cohorts, math.inf
    for _ in range(_STEPS):
        total = weights.sum()
        mean = float(weights @ own / total)
        free = weights * (1 - weights / total)
        scatter, by_chance = weights @ (own - mean) ** 2, free @ (1 / cohorts)
        # Of shares the total variance of one pupil is known, m(1 - m), of means the part of it within schools.
        one_pupil = mean * (1 - mean) if spread is None else spread**2
        room = free.sum() - by_chance if spread is None else free.sum()
        if room <= _EDGE * free.sum():
            return None
        between = (scatter - one_pupil * by_chance) / room
        if between <= 0:
            return Prior(float(cohorts @ own / cohorts.sum()), math.inf)
        before, pupils = pupils, float(max(one_pupil - between if spread is None else one_pupil, 0) / between)
        weights = cohorts / (cohorts + pupils)
        if math.isclose(before, pupils, rel_tol=1e-12):
            break
    return Prior(float(weights @ own / weights.sum()), pupils)


def _by_likelihood(own: Vector, cohorts: Vector) -> Prior | None:
    """Fit means without a known spread; None if small schools do not scatter further than large ones, which chance alone would make them."""
    if own.min() == own.max():
        return Prior(float(own[0]), math.inf)
    if len(own) < FEWEST_WITHOUT_SPREAD or cohorts.max() < 2 * cohorts.min():
        return None
    standard = (own - own.mean()) / own.std()
    typical = float(1 / np.mean(1 / cohorts))
    chance = _likeliest(standard, typical / cohorts)
    if chance < _EDGE:
        return None
    pupils = math.inf if chance > 1 - _EDGE else typical * chance / (1 - chance)
    weights = cohorts if math.isinf(pupils) else cohorts / (cohorts + pupils)
    return Prior(float(weights @ own / weights.sum()), pupils)


def _likeliest(standard: Vector, relative: Vector) -> float:
    """Return the share of chance, 0 to 1, in the variance of a typical school; `relative` is each school's sampling variance over that one's."""
    spare = len(standard) - 1

    def unlikeliness(chance: float) -> float:
        variances = (1 - chance) + chance * relative
        weights = 1 / variances
        mean = weights @ standard / weights.sum()
        scale = weights @ (standard - mean) ** 2 / spare
        return float(spare * np.log(scale) + np.log(variances).sum() + np.log(weights.sum()))

    # A grid and finer grids round its best point: no start to choose, nothing that might not converge.
    grid = np.linspace(0, 1, 65)
    for _ in range(10):
        best = min(range(len(grid)), key=lambda place: unlikeliness(float(grid[place])))
        found = float(grid[best])
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 9)
    return found
