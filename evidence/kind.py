"""What every reader of a public file is: a name, how it knows its file, and how it reads it."""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may need beside its file: the day, an authority to keep to, the year if the file does not say it, known schools.

    `names` finds a URN by authority and name, for the few files that carry no URN; a name that is there twice is left out.
    """

    today: datetime.date
    authority: str | None = None
    year: int | None = None
    names: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: `knows` is given the columns in small letters (and the text of a file without columns)."""

    name: str
    knows: Callable[[frozenset[str], str], bool]
    read: Callable[[Table, Context], Understood]


_YEARS = re.compile(r"(?<!\d)(20\d\d)[-_/]?(?:20)?(\d\d)(?!\d)")


def school_year_end(table: Table, context: Context) -> int:
    """Return the calendar year in which a file's school year ends, from its name or the year that was given; BadFile if neither says."""
    if context.year is not None:
        return context.year
    for first, second in _YEARS.findall(table.name):
        if (int(first) + 1) % 100 == int(second):
            return int(first) + 1
    raise BadFile(f"{table.name} does not say its school year: put it into the name, as in 2024-2025, or give --year 2025.")


def edition_of(year: int) -> str:
    """Return a school year as it is written: 2024/25."""
    return f"{year - 1}/{year % 100:02d}"
