"""Term dates as a list of terms (yaml)."""

import datetime
from collections.abc import Mapping
from typing import Any

import yaml

from calendars.school_days import Span, dates
from evidence.kind import Context, Kind
from evidence.kinds.term_days import BROKEN, authority_of, check_apart, checked, cut, keep_terms
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile


def read_yaml(table: Table, context: Context) -> Understood:
    """Read terms with first and last day included, each parted by its half-terms."""
    found = Understood("term dates (yaml)", "", context.today)
    content, days = _parsed(table), set[datetime.date]()
    terms: list[Span] = []
    for term in _entries(table, content, "terms"):
        found.rows_read += 1
        found.rows_kept += 1
        first, last = _bounds(table, term)
        terms.append((first, last))
        free: set[datetime.date] = set()
        for half in _entries(table, term, "half_terms") if term.get("half_terms") else ():
            begins, ends = _bounds(table, half)
            if not first <= begins <= ends <= last:
                raise BadFile(f"{table.name}: the half-term of {begins:%-d %B %Y} is not inside its term: put the dates right.")
            free.update(dates(begins, ends))
        days.update(set(dates(first, last)) - free)
    check_apart(table, terms)
    authority = authority_of(table.name, {_text(table, content, "authority").strip().casefold()}, context)
    keep_terms(found, table.name, authority, days, _text(table, content, "source_url") or table.name)
    return found


class _EachKeyOnce(yaml.SafeLoader):
    """YAML in which a key that is there twice is a mistake, since one of the two would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; an error of YAML, with its line, if a key is there twice."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f'"{twice}" is there twice', node.start_mark)
        return super().construct_mapping(node, deep)


def _parsed(table: Table) -> dict[str, Any]:
    try:
        content = yaml.load(table.text or "", _EachKeyOnce)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, *BROKEN) as error:
        where, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        at = f" at line {where.line + 1}" if where else ""
        raise BadFile(f"{table.name} is no YAML{at} ({cut(problem or error)}): put it right.") from error
    if not isinstance(content, dict):
        raise BadFile(f"{table.name} has no `authority` and `terms` at its top: write it as a list of terms with start and end.")
    return content


def _entries(table: Table, holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = holder.get(name)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise BadFile(f"{table.name}: `{name}` must be a list, each with start and end.")
    return entries


def _text(table: Table, content: Mapping[str, Any], name: str) -> str:
    """Return a text at the top of a list of terms, empty if there is none; BadFile for what is no text."""
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise BadFile(f"{table.name}: `{name}` must be a text: put it right.")
    return value or ""


def _bounds(table: Table, entry: Mapping[str, Any]) -> Span:
    """Return the first and last day of a term or half-term; BadFile names the one that is missing or no date."""
    found = []
    for name in ("start", "end"):
        value = entry.get(name)
        try:
            found.append(value if type(value) is datetime.date else datetime.date.fromisoformat(str(value)))
        except (ValueError, RecursionError) as error:
            said = cut(value) if value is None or isinstance(value, str | datetime.date) else "what is there"
            raise BadFile(f'{table.name}: "{said}" is no date for `{name}`: write it as 2026-09-01.') from error
    return checked(table, *found)


KIND = Kind("term dates (yaml)", lambda _columns, text: "\nterms:" in f"\n{text}" and not text.startswith("BEGIN:VCALENDAR"), read_yaml)
