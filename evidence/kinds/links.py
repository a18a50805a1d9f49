"""GIAS's links from one establishment to another: predecessors, successors, mergers and sixth-form partners."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from evidence.kind import Context, Kind
from evidence.kinds.register import past_date_in_name
from evidence.opening import Table, cell
from evidence.understood import LINKS, Understood
from evidence.values import day, urn_of
from models.errors import BadFile

NAME = LINKS
_NEEDED = ("URN", "LinkURN", "LinkType")
_EXPECTED = {"urn", "linkurn", "linkname", "linktype", "linkestablisheddate"}


def read(table: Table, context: Context) -> Understood:
    """Read every link, whatever its kind; what lacks a date or the link back is kept and counted, a damaged row is refused with its line."""
    found: dict[tuple[int, int, str], datetime.date | None] = {}
    result = Understood(NAME, "", context.today)
    for line, row in table.rows:
        result.rows_read += 1
        link = _link(table, line, row)
        if link is None:
            result.skipped["no URN"] += 1
            continue
        key, since = link
        if key in found:
            result.skipped["the same link twice"] += 1
        found[key] = since or found.get(key)
    if not found:
        raise BadFile(f"{table.name} has columns of {NAME} but no link: download it again.")
    result.links = [{"urn": urn, "linked_urn": linked, "kind": kind, "since": since} for (urn, linked, kind), since in found.items()]
    result.rows_kept = len(found)
    result.unknown_columns = [column for column in table.columns if column and column.casefold() not in _EXPECTED]
    _count(result)
    # A link can be set for a day to come, so its newest date would not say when the file was written.
    result.as_of = past_date_in_name(table.name, context.today) or context.today
    result.edition = result.as_of.isoformat()
    return result


def unknown_targets(links: Iterable[Mapping[str, Any]], known: Collection[int]) -> int:
    """Return how many links lead to an establishment that is not among `known`; they are kept, as the register may name it later."""
    return sum(1 for link in links if link["linked_urn"] not in known)


def _link(table: Table, line: int, row: list[str]) -> tuple[tuple[int, int, str], datetime.date | None] | None:
    """Return one link, None for a row without two URNs; BadFile for a row that is cut off or a date that is none."""
    if len(row) < len(table.columns):
        raise BadFile(f"{table.name} is cut short at line {line}: it has {len(row)} of {len(table.columns)} fields. Download it again.")
    urn, linked = urn_of(cell(row, table.at("URN"))), urn_of(cell(row, table.at("LinkURN")))
    kind, text = cell(row, table.at("LinkType")).strip(), cell(row, table.at("LinkEstablishedDate"))
    if urn is None or linked is None:
        return None
    if not kind:
        raise BadFile(f"{table.name}, line {line}: the link has no kind. Download it again.")
    try:
        return (urn, linked, kind), day(text)
    except ValueError as error:
        raise BadFile(f'{table.name}, line {line}: "{text}" in column LinkEstablishedDate is no date. Download it again.') from error


def _count(result: Understood) -> None:
    """Count what a person should know of links that are kept all the same."""
    pairs = {(link["urn"], link["linked_urn"]) for link in result.links}
    counts = {
        "no date, kept": sum(1 for link in result.links if link["since"] is None),
        "in one direction only, kept": sum(1 for urn, linked in pairs if (linked, urn) not in pairs),
    }
    result.skipped.update({why: count for why, count in counts.items() if count})


KIND = Kind(NAME, lambda columns, _text: {name.casefold() for name in _NEEDED} <= columns, read)
