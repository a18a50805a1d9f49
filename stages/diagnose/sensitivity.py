"""Sensitivity: which schools would change category if one weight of the programme were a fifth lower or higher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from models.programme import Category
from stages.diagnose.rules import Part, Score, categorise

FIFTH = 0.2


@dataclass(frozen=True, slots=True)
class Moved:
    """A school that changes category, with the ids of both."""

    urn: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shift:
    """One weight multiplied by `factor`, all others as they are, and the schools that this moves, by URN."""

    indicator: str
    factor: float
    moved: tuple[Moved, ...]


def sensitivity(
    parts: Mapping[int, Sequence[Part]], categories: Sequence[Category], always: Mapping[int, Category] | None = None, by: float = FIFTH
) -> tuple[Shift, ...]:
    """Return two shifts a weight, lower then higher, in the order of the programme's indicators.

    `parts` are those of each school's score by URN; `always` are the categories that a school's standing demands: no weight moves those.
    """
    free = {urn: of for urn, of in sorted(parts.items()) if urn not in (always or {})}

    # A category follows from the score alone, and a score has two decimal places: there are few to work out, however many schools.
    @cache
    def category(value: float | None) -> str:
        return categorise(categories, Score(value, 0, 100, ()), None)[0].id

    before = {urn: category(_value(of, "", 1)) for urn, of in free.items()}
    indicators = dict.fromkeys(part.indicator for of in parts.values() for part in of)
    shifts = []
    for indicator in indicators:
        for factor in (1 - by, 1 + by):
            after = {urn: category(_value(of, indicator, factor)) for urn, of in free.items()}
            moved = tuple(Moved(urn, before[urn], now) for urn, now in after.items() if now != before[urn])
            shifts.append(Shift(indicator, factor, moved))
    return tuple(shifts)


def _value(parts: Sequence[Part], indicator: str, factor: float) -> float | None:
    """Return the score with one indicator's weight times `factor`, rounded as a score is; None if nothing is known."""
    known = [(part.weight * factor if part.indicator == indicator else part.weight, part.points) for part in parts if part.points is not None]
    weights = sum(weight for weight, _ in known)
    return round(sum(weight * points for weight, points in known) / weights, 2) if known else None
