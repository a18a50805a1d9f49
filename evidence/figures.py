"""Figures of schools in columns: a million rows as tuples take several times as long to make, to hand over and to save."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple, Self, TypeVar, overload

from models.words import Missing

Figure = tuple[str, int, datetime.date, float | None, Missing | None, float | None]
Number = tuple[float | None, Missing | None]
_One = TypeVar("_One")


class Same(NamedTuple):
    """What is alike in a part: the indicator, the day, why a value is missing, and whether there are values and numbers of pupils."""

    indicator: str
    as_of: datetime.date
    missing: Missing | None
    valued: bool
    of_some: bool


class Part(NamedTuple):
    """Schools, and in their order the values (none at all where they are missing) and the numbers of pupils (none where not known)."""

    urns: list[int]
    values: list[float]
    cohorts: list[float]


@dataclass(slots=True)
class Figures(Sequence[Figure]):
    """Figures by what is alike in them, so that no column has a gap; walked over or counted, they are rows like any others."""

    parts: dict[Same, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Figure]) -> Self:
        """Return rows in columns; figures that are in columns already are returned as they are."""
        if isinstance(rows, cls):
            return rows
        found = cls()
        for indicator, urn, as_of, value, missing, cohort in rows:
            found.add(indicator, as_of, (urn,), ((value, missing),), (cohort,))
        return found

    def add(
        self, indicator: str, as_of: datetime.date, urns: Sequence[int], numbers: Iterable[Number], cohorts: Iterable[float | None] | None = None
    ) -> None:
        """Add one indicator of these schools on one day, with as many numbers and, if they are known, numbers of pupils."""
        rows = list(zip(urns, numbers, repeat(None, len(urns)) if cohorts is None else cohorts, strict=True))
        for alike in sorted({(why, value is not None, cohort is not None) for _, (value, why), cohort in rows}, key=_most_known_first):
            # As many walks as there are reasons, which are few, take less time than one that looks for the part of each row.
            missing, valued, of_some = alike
            mine = [row for row in rows if row[1][1] is missing and (row[1][0] is not None) is valued and (row[2] is not None) is of_some]
            part = self.parts.setdefault(Same(indicator, as_of, *alike), Part([], [], []))
            part.urns.extend([urn for urn, _, _ in mine])
            part.values.extend([value for _, (value, _), _ in mine if value is not None])
            part.cohorts.extend([cohort for _, _, cohort in mine if cohort is not None])

    def in_order(self) -> Self:
        """Return the figures in the order of the table's key, as far as parts allow."""
        largest_first = sorted(self.parts.items(), key=lambda one: (one[0].indicator, one[0].as_of, -len(one[1].urns)))
        return type(self)({same: _by_urn(part) for same, part in largest_first})

    def __len__(self) -> int:
        """Return how many figures there are."""
        return sum(len(part.urns) for part in self.parts.values())

    def __iter__(self) -> Iterator[Figure]:
        """Yield the figures as rows, part by part."""
        for (indicator, as_of, missing, *_), (urns, values, cohorts) in self.parts.items():
            for urn, value, cohort in zip(urns, values or repeat(None), cohorts or repeat(None)):  # noqa: B905 - what repeats has no end
                yield indicator, urn, as_of, value, missing, cohort

    @overload
    def __getitem__(self, place: int) -> Figure: ...
    @overload
    def __getitem__(self, place: slice) -> list[Figure]: ...
    def __getitem__(self, place: int | slice) -> Figure | list[Figure]:
        """Return one row, or some, by place; to walk over all is much faster."""
        return list(self)[place]


def by_urn(urns: Sequence[int]) -> list[int] | None:
    """Return the places of schools in the order of their URNs; None if they are in order already."""
    return None if sorted(urns) == list(urns) else sorted(range(len(urns)), key=urns.__getitem__)


def in_places(column: list[_One], places: list[int] | None) -> list[_One]:
    """Return a column with its values in these places; the column itself for None."""
    return column if places is None or len(column) < 2 else list(itemgetter(*places)(column))


def _by_urn(part: Part) -> Part:
    places = by_urn(part.urns)
    return part if places is None else Part(*(in_places(column, places) for column in part))


def _most_known_first(alike: tuple[Missing | None, bool, bool]) -> tuple[str, bool, bool]:
    missing, valued, of_some = alike
    return missing or "", not valued, not of_some
