"""Characters that no text has and no database keeps: a NUL, and half of a character beyond the first 65,536 (a surrogate)."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from models.errors import BadFile

_NONE = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # most JSON has none of them, and is not walked through


def check_text(name: str, text: str) -> None:
    """Raise BadFile, with the line, if a file's text has a NUL; half of a character cannot come of bytes."""
    if "\0" in text:
        raise _refusal(name, f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}", "\0")


def check_json(name: str, text: str, value: Any) -> None:
    """Raise BadFile if a key or a text in a JSON value has such a character; `text` is what it was read from."""
    if _ESCAPED.search(text):
        check_each(name, _strings(value))


def check_each(name: str, texts: Iterable[str]) -> None:
    """Raise BadFile if one of some texts has such a character."""
    found = next((found for text in texts if (found := _NONE.search(text))), None)
    if found:
        raise _refusal(name, "one of its texts", found[0])


def _refusal(name: str, where: str, character: str) -> BadFile:
    return BadFile(f"{name} has in {where} a character that no text has (U+{ord(character):04X}): download it again, or save it anew.")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
