"""A note of visit as a PDF that says it can be read by everybody (PDF/UA-1)."""

import datetime
import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import typst

from models.errors import BadInput
from reports.notes import parts_of

_NOT_SHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}|\\(.)")
_MOST_TRIES = 200
_LAST_ASCII = 0x7F


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "note.typ").read_bytes()


def note_pdf(values: dict[str, Any], at: datetime.datetime) -> bytes:
    """Return a note's PDF, tagged, with its title and language; made of values alone, it is the same bytes for the same moment.

    A character that no font of this machine has would make the PDF unreadable aloud, so its number stands in its place.
    """
    for _ in range(_MOST_TRIES):
        data = json.dumps({**values, "parts": parts_of(values)}, ensure_ascii=False)
        try:
            made = typst.compile(_template(), format="pdf", pdf_standards="ua-1", sys_inputs={"note": data}, timestamp=int(at.timestamp()))
        except typst.TypstError as error:
            values = _named(values, error)
            continue
        if not isinstance(made, bytes):
            raise TypeError("A PDF is made as one file.")
        return made
    raise BadInput("The note has too many characters that no font of this machine has: install fonts for its languages, or use --word.")


def _named(values: dict[str, Any], error: typst.TypstError) -> dict[str, Any]:
    """Return the values with each character that could not be displayed by its number; any other error is raised again."""
    found = {_ESCAPED.sub(lambda one: chr(int(one[1], 16)) if one[1] else one[2], text) for text in _NOT_SHOWN.findall(str(error))}
    named: Any = values
    for text in sorted(found, key=len, reverse=True):
        # Of characters that are set as one, the message may name only the first, which by itself is no trouble.
        change = _marks_named if text.isascii() else _named_wholly
        named = _everywhere(named, partial(change, text=text))
    if named == values:
        raise error
    return dict(named)


def _everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _everywhere(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(part, change) for part in value]
    return value


def _named_wholly(value: str, text: str) -> str:
    return value.replace(text, "".join(_number(one) if ord(one) > _LAST_ASCII else one for one in text))


def _marks_named(value: str, text: str) -> str:
    """Return a text with the marks that follow some characters, and are set as one with them, by their numbers."""
    found = value.split(text)
    for at, part in enumerate(found[1:], start=1):
        marks = next((end for end, one in enumerate(part) if unicodedata.category(one)[0] != "M" and unicodedata.category(one) != "Cf"), len(part))
        found[at] = "".join(_number(one) for one in part[:marks]) + part[marks:]
    return text.join(found)


def _number(character: str) -> str:
    return f"[U+{ord(character):04X}]"
