"""What must hold of everything that was read, whichever reader read it: figures that can be, on days that can be, each once."""

import datetime
import re
from collections.abc import Iterable, Sequence

from evidence.bounds import COUNT
from evidence.figures import Figures
from evidence.indicators import bounds_of
from evidence.understood import AreaFigure, Understood
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
    figures, areas = Figures.of(found.figures), found.areas_by_indicator()
    _check_days({same.as_of for same in figures.parts} | {as_of for _, as_of in areas}, file_name, today)
    for (name, *_), (urns, values, cohorts) in figures.parts.items():
        wrong = bounds_of(name).first_outside(values)
        if wrong is not None:
            place, why = wrong
            raise BadFile(f"{file_name}: {name} of URN {urns[place]} would be {values[place]:g}, which {why}. Download it again.")
        wrong = COUNT.first_outside(cohorts)
        if wrong is not None:
            urn, cohort = urns[wrong[0]], cohorts[wrong[0]]
            raise BadFile(f"{file_name}: {name} of URN {urn} would be of {cohort:g} pupils, which cannot be. Download it again.")
    for (name, _), of_areas in areas.items():
        wrong = bounds_of(name).first_outside([figure[4] for figure in of_areas])
        if wrong is not None:
            place, why = wrong
            raise BadFile(f"{file_name}: {name} of area {of_areas[place][1]} would be {of_areas[place][4]:g}, which {why}. Download it again.")
        _check_once(of_areas, file_name)


def _check_once(figures: Sequence[AreaFigure], file_name: str) -> None:
    """Raise BadFile for an area's figure of one indicator and day that is there twice."""
    seen: set[tuple[str, str]] = set()
    for name, area, sector, *_ in figures:
        if (area, sector) in seen:
            raise BadFile(f"{file_name}: {name} of area {area} ({sector}) is there twice. Download it again.")
        seen.add((area, sector))


def _check_days(days: Iterable[datetime.date], file_name: str, today: datetime.date) -> None:
    """Raise BadFile for a day before any such figure, or after the school year that it is now."""
    last = end_of_school_year(last_school_year(today))
    wrong = next((day for day in sorted(days) if not EARLIEST <= day <= last), None)
    if wrong is not None:
        when = f"{wrong.day} {wrong:%B} {wrong.year}"
        raise BadFile(f"{file_name} has figures of {when}: none can be older than {EARLIEST.year} or newer than {last:%-d %B %Y}.")
