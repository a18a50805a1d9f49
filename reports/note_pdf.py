"""A note of visit as a PDF that says it can be read by everybody (PDF/UA-1)."""

import datetime
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import typst

from models.errors import BadInput

_NOT_SHOWN = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_MOST_TRIES = 200


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "note.typ").read_bytes()


def note_pdf(values: dict[str, Any], at: datetime.datetime) -> bytes:
    """Return a note's PDF, tagged, with its title and language; made of values alone, it is the same bytes for the same moment.

    A character that no font of this machine has would make the PDF unreadable aloud, so its number stands in its place.
    """
    data = json.dumps(values, ensure_ascii=False)
    for _ in range(_MOST_TRIES):
        try:
            made = typst.compile(_template(), format="pdf", pdf_standards="ua-1", sys_inputs={"note": data}, timestamp=int(at.timestamp()))
        except typst.TypstError as error:
            data = _named(data, error)
            continue
        if not isinstance(made, bytes):
            raise TypeError("A PDF is made as one file.")
        return made
    raise BadInput("The note has too many characters that no font of this machine has: install fonts for its languages, or use --word.")


def _named(data: str, error: typst.TypstError) -> str:
    """Return the data with each character that could not be displayed by its number; any other error is raised again."""
    found = _NOT_SHOWN.search(str(error))
    if found is None:
        raise error
    text = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), found[1])
    for character in set(text):
        data = data.replace(character, f"[U+{ord(character):04X}]")
    return data
