"""A note of visit as a Word document: real headings, tables with header rows, and its language."""

import datetime
import unicodedata
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from reports.notes import parts_of

_LANGUAGE = "en-GB"
_RIGHT_TO_LEFT = {"R", "AL"}


def note_word(values: dict[str, Any], at: datetime.datetime) -> bytes:
    """Return a note as the bytes of a .docx file."""
    document = docx.Document()
    _describe(document, values, at)
    document.add_heading(values["title"], level=1)
    if values["draft"]:
        document.sections[0].header.paragraphs[0].add_run("Draft").bold = True
        document.add_paragraph().add_run(f"Draft. {values['status']}").bold = True
    else:
        document.add_paragraph(values["status"])
    for name, value in values["about"]:
        line = document.add_paragraph()
        line.add_run(f"{name}: ").bold = True
        line.add_run(value)
    _body(document, values)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _body(document: Document, values: dict[str, Any]) -> None:
    for part in parts_of(values):
        document.add_heading(part["title"], level=2)
        if "rows" in part:
            _table(document, part["heads"], part["rows"])
        elif part["kind"] == "list":
            for line in part["lines"]:
                _turned(document.add_paragraph(line, style="List Bullet"))
        else:
            _words(document, part["text"])


def _describe(document: Document, values: dict[str, Any], at: datetime.datetime) -> None:
    """Give a document its properties, and its language to every style."""
    about, moment = document.core_properties, at.astimezone(datetime.UTC)
    about.title, about.subject, about.author = values["title"], values["status"], values["partnership"]
    about.language, about.created, about.modified, about.last_modified_by = _LANGUAGE, moment, moment, values["partnership"]
    about.comments = about.keywords = ""
    usual = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    language = usual.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        usual.append(language)
    language.set(qn("w:val"), _LANGUAGE)


def _words(document: Document, text: str) -> None:
    """Add a text, a paragraph for each of its lines."""
    for line in text.split("\n"):
        _turned(document.add_paragraph(line))


def _turned(paragraph: Paragraph) -> None:
    """Have a paragraph run from right to left, if its first letter does."""
    first = next((one for one in map(unicodedata.bidirectional, paragraph.text) if one in {"L", *_RIGHT_TO_LEFT}), "L")
    if first in _RIGHT_TO_LEFT:
        paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))


def _table(document: Document, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Add a table whose first row is its header, on every page that it runs over."""
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(header)
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(head).bold = True
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
            _turned(cell.paragraphs[0])
