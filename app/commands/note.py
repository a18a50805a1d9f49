"""lodestar case note: one note of visit as it stands, in any of its versions, on the screen or as a document."""

import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from app.output import indented, say, show_json
from app.session import AsOf, Json, Number, moment, open_database
from models.errors import BadInput
from reports.documents import write_document
from reports.notes import note_document, parts_of
from stages.schedule.note_rules import Reader

_LINES = {"answers": "{} {}", "actions": "{}. {} ({}, by {})"}


def note(
    number: Number, /, *,
    session: Annotated[str | None, Parameter(help="Session of the visit, needed where the case has several notes.")] = None,
    edition: Annotated[Number | None, Parameter(help="Which version; the newest that the reader may have, if left out.")] = None,
    reader: Annotated[Reader, Parameter(name="--for", help="Who is to read it; what is not theirs to read is left out.")] = "adviser",
    pdf: Annotated[Path | None, Parameter(help="File to write as PDF (PDF/UA-1).")] = None,
    word: Annotated[Path | None, Parameter(help="File to write as a Word document.")] = None,
    as_of: AsOf = None, json: Json = False,
) -> None:  # fmt: skip
    """Show a note of visit, or write it as a document; whatever is not published says that it is a draft."""
    if json and (pdf or word):
        raise BadInput("Either --json or a document: leave one of them out.")
    with open_database().reading() as opened:
        values = note_document(opened, number, session, edition, reader)
    if json:
        show_json(values)
    elif pdf is None and word is None:
        _show(values)
    else:
        _write(values, pdf, word, moment(as_of))


def _write(values: dict[str, Any], pdf: Path | None, word: Path | None, at: datetime.datetime) -> None:
    """Write the documents that are asked for; each library is only loaded where it is needed."""
    if pdf is not None:
        from reports.note_pdf import note_pdf

        say(str(write_document(pdf, lambda: note_pdf(values, at))))
    if word is not None:
        from reports.note_word import note_word

        say(str(write_document(word, lambda: note_word(values, at))))


def _show(values: dict[str, Any]) -> None:
    """Print a note as a person reads it."""
    say(f"{values['title']}\n{'Draft. ' if values['draft'] else ''}{values['status']}")
    for name, value in values["about"]:
        say(f"{name}: {value}")
    for part in parts_of(values):
        say(f"\n{part['title']}")
        lines = [_LINES[part["kind"]].format(*row) for row in part["rows"]] if "rows" in part else part.get("lines") or [part["text"]]
        for line in "\n".join(lines).split("\n"):
            for words in indented(line, by=2):
                say(words)
