"""Showing things: a plain table for people, one JSON value for programs; errors in one sentence."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def show_table(rows: Sequence[Mapping[str, Any]], empty: str, title: str | None = None) -> None:
    """Print rows as a plain table, or the sentence `empty` if there are none; a missing value shows as a dash."""
    if not rows:
        say(empty)
        return
    if title:
        out.print(Text(title, style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        table.add_column(name.replace("_", " "), justify="right" if isinstance(value, int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("-" if value is None else str(value)) for value in row.values()))
    out.print(table)


def show(rows: Sequence[Mapping[str, Any]], empty: str, as_json: bool, title: str | None = None) -> None:
    """Print rows as a table or as JSON."""
    if as_json:
        show_json([dict(row) for row in rows])
    else:
        show_table(rows, empty, title)


def say(sentence: str) -> None:
    """Print a sentence to whoever sits at the terminal."""
    out.print(sentence, markup=False, emoji=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """Print what went wrong on standard error."""
    err.print(sentence, style="bold red" if err.is_terminal else None, markup=False, emoji=False)
