"""GIAS's establishment file and its search exports: the schools themselves, and the figures that the register carries."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evidence.figures import Figures
from evidence.indicators import bounds_of
from evidence.kind import Context, Kind
from evidence.opening import Table
from evidence.register_rows import NEEDED, records, school_row
from evidence.understood import OTHER_AUTHORITY, Understood
from evidence.values import day
from models.errors import BadFile
from models.school import ENGLAND
from models.words import Missing

NAME = "GIAS establishments"
_AUTHORITY = re.compile(r"[0-9]{3}")  # 000 stands for none, as of schools overseas
_INDICATORS = ("pupils", "fsm_share")


def read(table: Table, context: Context) -> Understood:
    """Read the establishments, of one authority if the context names one; BadFile for a damaged file or an authority not in it."""
    kept: Iterable[tuple[int, Mapping[str, str]]] = records(table)
    dated = past_date_in_name(table.name, context.today)
    if dated is None:
        kept = list(kept)
        dated = min(_last_change(kept) or context.today, context.today)
    found = Understood(NAME, dated.isoformat(), dated, scope=context.authority or ENGLAND)
    authorities: Counter[tuple[str, str]] = Counter()
    urns: set[int] = set()
    for line, record in kept:
        found.rows_read += 1
        authorities[_authority(table, line, record), record.get("LA (name)", "")] += 1
        if context.authority is not None and record["LA (code)"] != context.authority:
            found.skipped[OTHER_AUTHORITY] += 1
            continue
        urn = record["URN"]
        if not (urn.isascii() and urn.isdigit()):
            raise BadFile(f'{table.name}, line {line}: "{urn}" is no URN.')
        if int(urn) in urns:
            raise BadFile(f"{table.name}, line {line}: URN {urn} is there twice. Download it again.")
        urns.add(int(urn))
        try:
            school = school_row(record, dated)
        except ValueError as error:
            raise BadFile(f"{table.name}, line {line}: {error}. Download it again.") from error
        why = next((f"{name} {why}" for name in _INDICATORS if (why := bounds_of(name).why_not(school[name]))), None)
        if why is not None:
            raise BadFile(f"{table.name}, line {line}: of URN {urn}, {why}. Download it again.")
        found.rows_kept += 1
        found.schools.append(school)
    found.figures = _figures(found.schools, dated)
    if context.authority is None and len(authorities) == 1:
        found.scope = next(iter(authorities))[0]
    if not found.schools:
        near = ", ".join(f"{code} {name}" for code, name in sorted(authorities)[:5])
        raise BadFile(f"{table.name} has no establishment of authority {context.authority}: give a three-digit code that it has, such as {near}.")
    return found


def _authority(table: Table, line: int, record: Mapping[str, str]) -> str:
    code = record["LA (code)"]
    if not _AUTHORITY.fullmatch(code):
        raise BadFile(f'{table.name}, line {line}: "{code}" in column LA (code) has not three digits. Download it again.')
    return code


def _last_change(rows: Sequence[tuple[int, Mapping[str, str]]]) -> datetime.date | None:
    """Return the newest change that a file without a date in its name tells of: it was written then or later."""
    changes = (day(record.get("LastChangedDate")) for _, record in rows)
    return max((change for change in changes if change is not None), default=None)


def _figures(schools: Sequence[Mapping[str, Any]], as_of: datetime.date) -> Figures:
    """Return the figures of the schools that are open; an empty number of pupils is kept as missing, never as zero.

    Free meals are left out of most registers; such a gap must not hide, as the newest that is known, what a census says.
    """
    figures, still_open = Figures(), [school for school in schools if school["open"]]
    pupils = [(school["pupils"], Missing.NOT_IN_SOURCE if school["pupils"] is None else None) for school in still_open]
    figures.add("pupils", as_of, [school["urn"] for school in still_open], pupils)
    told = [school for school in still_open if school["fsm_share"] is not None]
    shares, cohorts = [(school["fsm_share"], None) for school in told], [school["pupils"] for school in told]
    figures.add("fsm_share", as_of, [school["urn"] for school in told], shares, cohorts)
    return figures


def past_date_in_name(name: str, today: datetime.date) -> datetime.date | None:
    """Return the date in a file's name; BadFile for a day to come, after which no true file could be loaded any more."""
    dated = date_in_name(name)
    if dated is not None and dated > today:
        raise BadFile(f"{name} is named for {dated:%-d %B %Y}, which is still to come: give the file the day on which it was published.")
    return dated


def date_in_name(name: str) -> datetime.date | None:
    """Return the date that GIAS puts into the name of its file, as in edubasealldata20231116."""
    match = re.search(r"(20\d{2})(\d{2})(\d{2})", name)
    if not match:
        return None
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


KIND = Kind(NAME, lambda columns, _text: {name.casefold() for name in NEEDED} <= columns, read)
