"""What must hold of everything that was read, whichever reader read it: figures that can be, on days that can be, each once."""

import datetime
import re
from collections.abc import Iterable

from evidence.bounds import COUNT
from evidence.indicators import bounds_of
from evidence.understood import Understood
from evidence.values import EARLIEST, end_of_school_year, last_school_year
from models.errors import BadFile, BadInput

_AUTHORITY = re.compile(r"[0-9]{3}")


def check_asked(authority: str | None, year: int | None, today: datetime.date) -> None:
    """Raise BadInput for an authority that has not three digits, or a school year that is none or has not begun."""
    if authority is not None and not _AUTHORITY.fullmatch(authority):
        raise BadInput(f'"{authority}" is no authority: give its three digits, such as 936.')
    last = last_school_year(today)
    if year is not None and not EARLIEST.year <= year <= last:
        raise BadInput(f"{year} is no year in which a file's school year could end: give one from {EARLIEST.year} to {last}.")


def check_figures(found: Understood, file_name: str, today: datetime.date) -> None:
    """Raise BadFile for a figure that cannot be, a day that cannot be, or an area's figure that is there twice.

    The readers refuse such a figure with its line; this is for what they work out of several columns.
    """
    _check_days({as_of for _, _, as_of, *_ in found.figures} | {as_of for *_, as_of, _ in found.area_figures}, file_name, today)
    limits = {name: bounds_of(name) for name in {figure[0] for figure in found.figures} | {figure[0] for figure in found.area_figures}}
    for name, urn, _, value, _, cohort in found.figures:
        why = limits[name].why_not(value)
        if why is not None:
            raise BadFile(f"{file_name}: {name} of URN {urn} would be {value:g}, which {why}. Download it again.")
        if cohort is not None and not COUNT.lowest <= cohort <= COUNT.highest:
            raise BadFile(f"{file_name}: {name} of URN {urn} would be of {cohort:g} pupils, which cannot be. Download it again.")
    seen: set[tuple[object, ...]] = set()
    for name, area, sector, as_of, value in found.area_figures:
        why = limits[name].why_not(value)
        if why is not None:
            raise BadFile(f"{file_name}: {name} of area {area} would be {value:g}, which {why}. Download it again.")
        if (name, area, sector, as_of) in seen:
            raise BadFile(f"{file_name}: {name} of area {area} ({sector}) is there twice. Download it again.")
        seen.add((name, area, sector, as_of))


def _check_days(days: Iterable[datetime.date], file_name: str, today: datetime.date) -> None:
    """Raise BadFile for a day before any such figure, or after the school year that it is now."""
    last = end_of_school_year(last_school_year(today))
    wrong = next((day for day in sorted(days) if not EARLIEST <= day <= last), None)
    if wrong is not None:
        when = f"{wrong.day} {wrong:%B} {wrong.year}"
        raise BadFile(f"{file_name} has figures of {when}: none can be older than {EARLIEST.year} or newer than {last:%-d %B %Y}.")
