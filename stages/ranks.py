"""Ranks as people give them: equals share one, and whoever follows comes after all of them (1, 2=, 2=, 4). Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rank:
    """A rank from 1 on, and whether others have the same."""

    number: int
    shared: bool

    def __str__(self) -> str:
        """Return the rank as it is shown: 3, or 3= if it is shared."""
        return f"{self.number}=" if self.shared else f"{self.number}"


def ranks(values: Sequence[float | None]) -> list[Rank]:
    """Return the rank of each of some values that are in order; those that are not known share one too, since nothing sets them apart."""
    first: dict[float | None, int] = {}
    for number, value in enumerate(values, start=1):
        first.setdefault(value, number)
    times = Counter(values)
    return [Rank(first[value], times[value] > 1) for value in values]
