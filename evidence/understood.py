"""What a reader makes of one file: its kind, edition and date, what was kept, and what was skipped and why."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from evidence.figures import Figure, Figures
from models.school import ENGLAND

AreaFigure = tuple[str, str, str, datetime.date, float]

FINAL, REVISED, PROVISIONAL = 3, 2, 1
LINKS, GROUPS = "GIAS links", "GIAS groups"
# Lists that a partnership keeps itself: no edition of anything, so never one of all England.
OWN, OWN_SCOPE = "figures of one's own", "own"
# Why a row is left out where a file is kept to one authority.
OTHER_AUTHORITY = "other authority"
# The sector of an area's figure that is of schools of every kind.
ALL = "all"


@dataclass(slots=True)
class Understood:
    """The contents of one file, ready to be saved; every list holds rows of the table of its name.

    `figures` are (indicator, urn, as_of, value, missing, cohort), `area_figures` (indicator, area, sector, as_of, value).
    """

    kind: str
    edition: str
    as_of: datetime.date
    rank: int = FINAL
    scope: str = ENGLAND
    rows_read: int = 0
    rows_kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    unknown_columns: list[str] = field(default_factory=list)
    figures: Sequence[Figure] = field(default_factory=Figures)
    area_figures: list[AreaFigure] = field(default_factory=list)
    schools: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    inspections: list[dict[str, Any]] = field(default_factory=list)
    terms: list[dict[str, Any]] = field(default_factory=list)
    closures: list[dict[str, Any]] = field(default_factory=list)

    def areas_by_indicator(self) -> dict[tuple[str, datetime.date], list[AreaFigure]]:
        """Return the figures of areas by indicator and day."""
        found: defaultdict[tuple[str, datetime.date], list[AreaFigure]] = defaultdict(list)
        for figure in self.area_figures:
            found[figure[0], figure[3]].append(figure)
        return dict(sorted(found.items()))
