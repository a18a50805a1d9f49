"""Showing things: a plain table for people, one JSON value for programs; errors in one sentence."""

import json
import sys
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_WIDE = 200
_LEAST_ROOM = 16
_GAP = "  "
# What reads a pipe has no edge at which a line would have to be broken.
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def show_table(
    rows: Sequence[Mapping[str, Any]], empty: str, title: str | None = None, spare: Collection[str] = (), beneath: Sequence[str] = ()
) -> None:  # fmt: skip
    """Print rows as a plain table, or the sentence `empty` if there are none; a narrow terminal goes without the `spare` columns.

    What stands `beneath` is long: it has lines of its own under each row, with its name.

    No date, number or name for copying is ever broken: only the longest column of words is, and only between words.
    """
    if not rows:
        say(empty)
        return
    if title:
        out.print(Text(title, style="bold"))
    shown = [name for name in rows[0] if name not in beneath]
    if _width(rows, shown) > out.width:
        shown = [name for name in shown if name not in spare]
    for number, line in enumerate(_lines(rows, shown, out.width, beneath)):
        out.print(Text(line, style="" if number else "bold"), soft_wrap=True)


def _cell(value: Any) -> str:
    """Return a value as one line; a missing value is a dash."""
    return "-" if value is None else " ".join(str(value).splitlines())


def _widths(rows: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> dict[str, int]:
    return {name: max(cell_len(name), *(cell_len(_cell(row[name])) for row in rows)) for name in shown}


def _width(rows: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> int:
    return sum(_widths(rows, shown).values()) + len(_GAP) * (len(shown) - 1)


def _lines(rows: Sequence[Mapping[str, Any]], shown: list[str], width: int, beneath: Sequence[str]) -> Iterator[str]:
    """Yield the table line by line, its header first."""
    widths = _widths(rows, shown)
    words = [name for name in shown if any(" " in _cell(row[name]) for row in rows)]
    over, below = _width(rows, shown) - width, None
    if over > 0 and words:
        longest = max(words, key=lambda name: widths[name])
        if widths[longest] - over >= _LEAST_ROOM:
            widths[longest] -= over
        else:
            below = longest
    beside = [name for name in shown if name != below]
    right = {name for name in shown if isinstance(rows[0][name], int | float)}
    header = {name: name.replace("_", " ") for name in shown}
    for row in (header, *rows):
        cells = {name: textwrap.wrap(_cell(row[name]), widths[name], break_long_words=False, break_on_hyphens=False) or [""] for name in beside}
        for number in range(max(map(len, cells.values()))):
            parts = ((name, cells[name][number] if number < len(cells[name]) else "") for name in beside)
            yield _GAP.join(_filled(part, widths[name], right=name in right) for name, part in parts).rstrip()
        if below is not None:
            yield from indented(_cell(row[below]), width)
        if row is not header:
            for name in beneath:
                yield from indented(f"{name.replace('_', ' ')}: {_cell(row[name])}", width)


def _filled(text: str, width: int, *, right: bool) -> str:
    space = " " * max(0, width - cell_len(text))
    return space + text if right else text + space


def indented(text: str, width: int | None = None, by: int = 6) -> list[str]:
    """Return a text in lines that stand in by so many places and are broken between words only."""
    return textwrap.wrap(
        text, width or out.width, initial_indent=" " * by, subsequent_indent=" " * by, break_long_words=False, break_on_hyphens=False
    )


def show(
    rows: Sequence[Mapping[str, Any]], empty: str, as_json: bool, title: str | None = None, spare: Collection[str] = (),
    beneath: Sequence[str] = (),
) -> None:  # fmt: skip
    """Print rows as a table or as JSON."""
    if as_json:
        show_json([dict(row) for row in rows])
    else:
        show_table(rows, empty, title, spare, beneath)


def spelt(value: str | None) -> str | None:
    """Return a word of a closed list as the options of the command line spell it."""
    return None if value is None else value.replace("_", "-")


def say(sentence: str) -> None:
    """Print a sentence to whoever sits at the terminal."""
    out.print(sentence, markup=False, emoji=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """Print what went wrong on standard error."""
    err.print(sentence, style="bold red" if err.is_terminal else None, markup=False, emoji=False)
