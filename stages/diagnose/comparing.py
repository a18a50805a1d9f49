"""Comparing: the pupil-weighted mean of a group of schools, and which schools are alike.

Distance is Euclidean over standardised features, averaged over those that both schools have (as Gower 1971, Biometrics 27, 857-871, averages
over what is known), so that a missing feature is neither zero nor an advantage.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

FEWEST_SHARED = 2  # schools alike in one feature only may be alike in nothing else
_CHUNK = 64
_BLOCK = 64
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Features:
    """What makes schools alike: phase, pupils on roll, shares with free meals and with another language (per cent), prior results."""

    phase: str
    pupils: float | None = None
    fsm_share: float | None = None
    eal_share: float | None = None
    prior: float | None = None


@dataclass(frozen=True, slots=True)
class GroupMean:
    """The mean of a group over its pupils, how many pupils and schools it stands on, and how many schools were left out as not known."""

    value: float | None
    pupils: float
    schools: int
    left_out: int


def group_mean(values: Mapping[int, tuple[float, float | None]], among: Iterable[int] | None = None) -> GroupMean:
    """Return the mean of the schools `among` (all if not given), each weighing as many pupils as its value stands on.

    `values` are value and cohort by URN. A school without a value or a cohort is left out and counted.
    """
    urns = list(values) if among is None else list(among)
    pairs = [values[urn] for urn in urns if urn in values]
    known = [(value, cohort) for value, cohort in pairs if cohort is not None and cohort > 0 and math.isfinite(value)]
    pupils = sum(cohort for _, cohort in known)
    mean = sum(value * cohort for value, cohort in known) / pupils if known else None
    return GroupMean(mean, pupils, len(known), len(urns) - len(known))


def similar(schools: Mapping[int, Features], count: int = 25, of: Collection[int] | None = None) -> dict[int, tuple[int, ...]]:
    """Return for each school the URNs of the `count` schools of its phase most like it, the nearest first, ties by URN.

    Features are size (the logarithm of pupils), free meals, language and prior results, each standardised within the phase. Schools that
    share fewer than two known features cannot be compared; a school may have fewer alike than asked for, or none. With `of` only those
    schools are answered for, among all the same.
    """
    if count < 1:
        raise ValueError("ask for at least one school")
    by_phase: dict[str, list[int]] = defaultdict(list)
    for urn in sorted(schools):
        by_phase[schools[urn].phase].append(urn)
    wanted = set(schools if of is None else of)
    found: dict[int, tuple[int, ...]] = {}
    for urns in by_phase.values():
        rows = np.array([row for row, urn in enumerate(urns) if urn in wanted], dtype=np.int64)
        found.update(_nearest(np.array(urns), rows, _standard([schools[urn] for urn in urns]), count))
    return {urn: found[urn] for urn in schools if urn in wanted}


def _standard(schools: list[Features]) -> Matrix:
    """Return features in standard deviations from their mean, one row a school; NaN is not known."""
    rows = [[np.log(school.pupils) if school.pupils and school.pupils > 0 else None, school.fsm_share, school.eal_share, school.prior]
            for school in schools]  # fmt: skip
    raw = np.array(rows, dtype=np.float64)
    known = np.isfinite(raw)
    counts = np.maximum(known.sum(axis=0), 1)
    centred = raw - np.where(known, raw, 0).sum(axis=0) / counts
    spread = np.sqrt((np.where(known, centred, 0) ** 2).sum(axis=0) / counts)
    # A feature in which all are the same tells nobody apart; rounding must not make it tell.
    alike = spread <= _SAME * np.max(np.abs(np.where(known, raw, 0)), axis=0)
    standard: Matrix = np.where(known, np.where(alike, 0, centred / np.where(alike, 1, spread)), np.nan)
    return standard


def _nearest(urns: Rows, rows: Rows, standard: Matrix, count: int) -> dict[int, tuple[int, ...]]:
    """Return the nearest to the schools in `rows` among those of one phase, some rows of the matrix of distances at a time."""
    found = {}
    # The smallest of each block of distances: as many blocks as schools are asked for hold at least as many that are no further.
    block = max(1, min(_BLOCK, len(urns) // count))
    padded = np.pad(standard, ((0, -len(urns) % block), (0, 0)), constant_values=np.nan)
    place = min(count, len(padded) // block) - 1
    for chunk, distances in _apart(rows, padded, block):
        distances[np.arange(len(chunk)), chunk] = np.inf
        smallest = distances.reshape(len(chunk), -1, block).min(axis=2)
        for row, reach, own in zip(chunk, np.partition(smallest, place, axis=1)[:, place], distances, strict=True):
            near = np.flatnonzero(own <= reach + _SAME)
            near = near[np.isfinite(own[near])]
            # Equal distances may differ in their last digits; rounded they are equal, and the stable sort leaves them by URN.
            order = near[np.argsort(np.round(own[near], 9), kind="stable")][:count]
            found[int(urns[row])] = tuple(int(urn) for urn in urns[order])
    return found


def _apart(rows: Rows, standard: Matrix, block: int) -> Iterator[tuple[Rows, Matrix]]:
    """Yield some of `rows` and their distances from all: the mean squared difference over shared features, infinite where too few are shared."""
    known, filled = np.isfinite(standard), np.nan_to_num(standard)
    # The sum of (a - b)^2 over shared features, as one product: a^2 * [b known] + [a known] * b^2 - 2ab.
    left, right = np.hstack([filled**2, known, -2 * filled]), np.hstack([known, filled**2, filled])
    # Block by block, since a large product is shared out among threads, which wait for one another on a machine with other work.
    blocks = np.ascontiguousarray(right.reshape(-1, block, right.shape[1]).transpose(0, 2, 1))
    # Schools of which the same features are known share as many with any other: one line of counts serves them all.
    pattern = known @ (2 ** np.arange(known.shape[1]))
    for same in np.unique(pattern[rows]):
        alike = rows[pattern[rows] == same]
        shared = (known & known[alike[0]]).sum(axis=1)
        for start in range(0, len(alike), _CHUNK):
            chunk = alike[start : start + _CHUNK]
            distances: Matrix = np.empty((len(chunk), len(standard)))
            np.matmul(left[chunk], blocks, out=distances.reshape(len(chunk), -1, block).transpose(1, 0, 2))
            np.maximum(distances, 0, out=distances)
            distances /= np.maximum(shared, 1)
            distances[:, shared < FEWEST_SHARED] = np.inf
            yield chunk, distances
