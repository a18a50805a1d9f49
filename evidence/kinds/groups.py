"""GIAS's groups and the schools in them: trusts, federations, sponsors and groups of children's centres."""

import datetime
from collections.abc import Iterator
from typing import Any

from evidence.kind import Context, Kind
from evidence.kinds.register import past_date_in_name
from evidence.opening import Table, cell
from evidence.understood import GROUPS, Understood
from evidence.values import day
from models.errors import BadFile

NAME = GROUPS
_NEEDED = ("URN", "Group UID", "Group Name", "Group Type")
_EXPECTED = {*(name.casefold() for name in _NEEDED), "group id", "companies house number", "group type (code)", "closed date", "open date",
             "incorporated on (open date)", "group status (code)", "group status", "joined date", "establishmentname",
             "typeofestablishment (code)", "typeofestablishment (name)", "phaseofeducation (code)", "phaseofeducation (name)",
             "la (code)", "la (name)"}  # fmt: skip
# A re-saved file carries the quotes and dashes of Windows-1252 as control characters, which no name has.
_PUT_RIGHT = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}


def read(table: Table, context: Context) -> Understood:
    """Read groups and members; a school may be in several at once, and whoever was in a closed group has left on the day it closed.

    The whole country is read even for one authority: a trust has schools in several, and saving replaces all groups.
    """
    found = Understood(NAME, "", context.today)
    groups: dict[str, dict[str, Any]] = {}
    members: dict[tuple[str, int], dict[str, Any]] = {}
    for line, row in _to_the_end(table):
        found.rows_read += 1
        member = _member(found, table, line, row)
        if member is None:
            continue
        key = code, _ = member["code"], member["urn"]
        group = {"code": code, "name": _text(table, row, "Group Name"), "kind": _text(table, row, "Group Type")}
        if groups.setdefault(code, group) != group:
            raise BadFile(f"{table.name}, line {line}: group {code} has another name or type than before. Download it again.")
        if key in members:
            found.skipped["joined the same group before"] += 1
        members[key] = max(member, members.get(key, member), key=_recency)
    if not members:
        raise BadFile(f"{table.name} has columns of {NAME} but no school in a group: download it again.")
    found.groups, found.members, found.rows_kept = list(groups.values()), list(members.values()), len(members)
    found.unknown_columns = [column for column in table.columns if column and column.casefold() not in _EXPECTED]
    joined = (member["joined"] for member in found.members)
    found.as_of = past_date_in_name(table.name, context.today) or max((one for one in joined if one and one <= context.today), default=context.today)
    found.edition = found.as_of.isoformat()
    return found


def _to_the_end(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield a table's rows; BadFile after them if the last one has only the beginning of the name that others have for the same authority."""
    names: dict[str, str] = {}
    line, code, name = 0, "", ""
    for line, row in table.rows:
        code, name = _text(table, row, "LA (code)"), _text(table, row, "LA (name)")
        names.setdefault(code, name)
        yield line, row
    known = names.get(code, name)
    if name and known != name and known.startswith(name):
        raise BadFile(
            f'{table.name} is cut short: its last record, line {line}, has "{name}" as the name of authority {code}, which is {known} elsewhere.'
            " Download it again."
        )


def _member(found: Understood, table: Table, line: int, row: list[str]) -> dict[str, Any] | None:
    """Return one school's place in one group, None (and counted) if it has none; BadFile for a row that is cut off."""
    if len(row) < len(table.columns):
        raise BadFile(f"{table.name} is cut short at line {line}: it has {len(row)} of {len(table.columns)} fields. Download it again.")
    urn, code = _whole(_text(table, row, "URN")), _whole(_text(table, row, "Group UID"))
    closed, status = _day(table, line, row, "Closed Date"), (_text(table, row, "Group Status") or _text(table, row, "Group Status (code)")).casefold()
    why = None
    if urn is None or code is None:
        why = "no URN" if urn is None else "no group"
    elif status == "closed" and closed is None:
        # Without the day it can be neither a member of today nor one who left.
        why = "group closed on an unknown day"
    elif status not in {"open", "closed", ""}:
        why = f"group {status}"
    if why is not None:
        found.skipped[why] += 1
        return None
    left = None if status == "open" else closed
    return {"code": str(code), "urn": urn, "joined": _day(table, line, row, "Joined date"), "left": left}


def _recency(member: dict[str, Any]) -> tuple[bool, datetime.date]:
    return member["left"] is None, member["joined"] or datetime.date.min


def _text(table: Table, row: list[str], name: str) -> str:
    return cell(row, table.at(name)).strip().translate(_PUT_RIGHT)


def _whole(text: str) -> int | None:
    """Return a number of five or six digits or a group's of any length, also as 20003.0; children's centres have five."""
    text = text[:-2] if text.endswith(".0") else text
    return int(text) if text.isascii() and text.isdigit() and int(text) else None


def _day(table: Table, line: int, row: list[str], name: str) -> datetime.date | None:
    text = cell(row, table.at(name))
    try:
        return day(text)
    except ValueError as error:
        raise BadFile(f'{table.name}, line {line}: "{text}" in column {name} is no date. Download it again.') from error


KIND = Kind(NAME, lambda columns, _text: {name.casefold() for name in _NEEDED} <= columns, read)
