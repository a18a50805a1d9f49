"""Notes of visit as documents: the right version for each reader, a PDF that everybody can read, and a Word file with real structure."""

import datetime
import html
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest

from models.database import Database
from models.errors import LodestarError, NotAllowed, NotFound, NotPossible
from models.words import Role
from reports.note_pdf import note_pdf
from reports.note_word import note_word
from reports.notes import note_document, parts_of, printable
from tests.stages.builders import NOTE, Journey
from tests.stages.test_note_life import FIRST, visited

AT = datetime.datetime(2027, 3, 3, 9, tzinfo=datetime.UTC)
HOSTILE = '#import "x": * $a_1$ *b* _c_ @d <e> \\ `raw` // /* = - + #panic("no") ]) {{x}} &amp; ${y}'
HEBREW, LONG = "שלום", "x" * 700
TEXTS = {"hostile": HOSTILE, "long": LONG, "controls": "one\x00two\x07\ufffe three", "emoji": "Well done 😀", "ligature": "efficient ﬁve", "lines": "first\nsecond\n\nthird",
         "right to left": f"{HEBREW} world", "accents": "Zo\u00eb\u2019s na\u00efve caf\u00e9 \u2013 \u201cquoted\u201d"}  # fmt: skip


def values(text: str = "Calm.", **more: Any) -> dict[str, Any]:
    return {
        "title": "Note of visit to St Mary's", "partnership": "The Partnership", "draft": False, "status": "Published on 3 March 2027.",
        "about": [("School", text)], "told": [{"asks": text, "answer": "not given"}], "sections": [{"title": "Strengths", "text": text}],
        "evidence": [text], "actions": [{"number": "1", "action": text, "owner": "headteacher", "due": "3 March 2027"}], "statement": text, "statement_of": None,
        "outcome": None, "suggestion": None, **more,
    }  # fmt: skip


def read(pdf: bytes) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def tags(reader: pypdf.PdfReader) -> list[str]:
    """Return the names of all structure elements of a PDF."""
    found, waiting = list[str](), [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, pypdf.generic.DictionaryObject):
            found += [str(node["/S"])] if "/S" in node else []
            waiting += [node["/K"]] if "/K" in node else []
        elif isinstance(node, pypdf.generic.ArrayObject):
            waiting += list(node)
    return found


def test_the_pdf_says_that_it_is_pdf_ua_1_with_its_title_and_language_and_is_tagged() -> None:
    reader, text = read(note_pdf(values(), AT))
    root = reader.trailer["/Root"]
    metadata = html.unescape(root["/Metadata"].get_data().decode())
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata and "Note of visit to St Mary's" in metadata
    assert root["/Lang"] == "en-GB" and bool(root["/MarkInfo"]["/Marked"]) and bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    found = tags(reader)
    assert found.count("/H1") == 1 and found.count("/H2") == 5 and found.count("/Table") == 2
    assert found.count("/TH") == 2 + 4 and found.count("/TD") == 2 + 4 and "/L" in found
    assert "Strengths" in text and "Draft" not in text


@pytest.mark.parametrize("name", TEXTS)
def test_whatever_people_write_is_shown_and_not_obeyed(name: str) -> None:
    text = TEXTS[name]
    shown = printable(text)
    _, read_back = read(note_pdf(values(shown), AT))
    for word in shown.split():
        assert squeezed(read_back).count(word) >= 5 or name in {"right to left", "ligature", "emoji"}, word
    document = docx.Document(io.BytesIO(note_word(values(shown), AT)))
    said = "\n".join(one.text for one in document.paragraphs)
    assert squeezed(shown) in squeezed(said) and squeezed(shown) in squeezed(document.tables[1].cell(1, 1).text)


def test_a_character_that_no_font_has_stands_by_its_number_and_nothing_fails() -> None:
    _, text = read(note_pdf(values("Tagalog \u1703 letter"), AT))
    assert "[U+1703]" in text or "\u1703" in text
    _, text = read(note_pdf(values("private \U0010fffd use"), AT))
    assert "private" in text and "use" in text


@pytest.mark.parametrize("text", ["Great 1\ufe0f\u20e3 team", "A family \U0001f469\u200d\U0001f469\u200d\U0001f467 here", 'e\u20e3 and "\u20e3'])
def test_what_people_write_together_is_named_without_touching_anything_else(text: str) -> None:
    _, found = read(note_pdf(values(text), AT))
    words = [word for word in text.split() if word.isascii() and word.isalpha()]
    assert all(word in found.split() for word in words) and "[U+" in found


def test_the_same_note_is_the_same_bytes() -> None:
    assert note_pdf(values(), AT) == note_pdf(values(), AT)


def test_no_word_is_so_long_that_it_leaves_the_page() -> None:
    reader, _ = read(note_pdf(values(LONG), AT))
    wide = float(reader.pages[0].mediabox.width)
    places: list[float] = []

    def visit(text: str, _cm: Any, matrix: Any, *_: Any) -> None:
        if text.strip():
            places.append(float(matrix[4]))

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    assert places and max(places) < wide and all(len(line) < 140 for line in read(note_pdf(values(LONG), AT))[1].splitlines())


@pytest.mark.parametrize("draft", [True, False])
def test_what_is_not_published_says_draft_in_both_documents(draft: bool) -> None:
    one = values(draft=draft, status="With the school.")
    _, text = read(note_pdf(one, AT))
    document = docx.Document(io.BytesIO(note_word(one, AT)))
    header = document.sections[0].header.paragraphs[0].text
    assert (text.count("Draft") >= 2, header == "Draft", any(p.text == "Draft. With the school." for p in document.paragraphs)) == (
        draft,
        draft,
        draft,
    )


def test_the_word_file_has_real_headings_header_rows_properties_and_its_language() -> None:
    made = note_word(values(f"{HEBREW} world"), AT)
    document = docx.Document(io.BytesIO(made))
    assert [(one.style.name, one.text) for one in document.paragraphs if one.style.name.startswith("Heading")] == [
        ("Heading 1", "Note of visit to St Mary's"), ("Heading 2", "What the school told before the visit"), ("Heading 2", "Strengths"),
        ("Heading 2", "Evidence seen"), ("Heading 2", "Agreed actions"), ("Heading 2", "What the school says of this note"),
    ]  # fmt: skip
    about = document.core_properties
    assert (about.title, about.author, about.language, about.created) == ("Note of visit to St Mary's", "The Partnership", "en-GB", AT)
    assert [cell.text for cell in document.tables[1].rows[0].cells] == ["No.", "Action", "Owner", "By"]
    parts = zipfile.ZipFile(io.BytesIO(made))
    body, styles = parts.read("word/document.xml").decode(), parts.read("word/styles.xml").decode()
    assert body.count("<w:tblHeader") == 2 and "<w:bidi/>" in body
    assert re.search(r'<w:rPrDefault>.*<w:lang [^>]*w:val="en-GB"', styles, re.DOTALL)


def document(one: Journey, reader: Any = "adviser", edition: int | None = None, key: str | None = "exploratory") -> dict[str, Any]:
    with one.database.reading() as session:
        return note_document(session, one.case_id, key, edition, reader)


def test_each_reader_gets_the_version_that_is_theirs(database: Database, tmp_path: Path) -> None:
    one = visited(
        database, tmp_path, suggests_category=True, circulation=["headteacher", "commissioner"], school_part=[{"id": "new", "asks": "What is new?"}]
    )
    with pytest.raises(NotFound, match="none yet"):
        document(one)
    one.decide("draft-note", Role.SUPPORTER, **FIRST, **NOTE, suggest_category="targeted", suggest_why="Graver.")
    assert document(one)["status"] == "Not sent to the school yet." and document(one)["draft"]
    with pytest.raises(NotPossible, match="draft that nobody but its writer"):
        document(one, "headteacher")
    one.decide("write-note", Role.SUPPORTER, **FIRST)
    assert document(one, "headteacher")["status"].startswith("With the school, which may reply until ")
    assert document(one, "headteacher")["told"] == [{"asks": "What is new?", "answer": "not given"}]
    with pytest.raises(NotPossible, match="not published yet"):
        document(one, "commissioner")
    one.decide("note-inaccurate", Role.SCHOOL, reason="No.")
    assert document(one)["status"] == "The school says that it is not accurate."
    one.decide("settle-note", Role.ADVISER, **FIRST, areas="Costs in spring.", reason="After a call.")
    newest = document(one, "commissioner")
    assert (newest["draft"], newest["told"], newest["suggestion"]) == (False, [], None) and newest["status"].startswith("Published on ")
    assert [part["text"] for part in newest["sections"]][1] == "Costs in spring."
    assert document(one, edition=1)["status"] == "Replaced by a later version." and document(one, edition=1)["draft"]
    with pytest.raises(NotFound, match="no version 1 of this note for you: there are 2"):
        document(one, "commissioner", 1)
    assert "Graver." in document(one)["suggestion"] and document(one, "headteacher")["suggestion"] is None


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [({"reader": "chair"}, NotAllowed, "do not go to the chair"), ({"key": "party"}, NotFound, "those there are: exploratory"),
     ({"edition": 9}, NotFound, "no version 9")],
)  # fmt: skip
def test_what_is_not_there_or_not_theirs_is_said(
    more: dict[str, Any], error: type[LodestarError], says: str, sqlite_database: Database, tmp_path: Path
) -> None:
    one = visited(sqlite_database, tmp_path)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    with pytest.raises(error, match=says):
        document(one, **more)


@pytest.mark.parametrize("more", [{"suggestion": "Targeted: graver."}, {"actions": []}, {"told": [], "evidence": [], "statement": None}])
def test_both_documents_have_the_same_parts_in_the_same_order(more: dict[str, Any]) -> None:
    one = values(**more)
    titles = [part["title"] for part in parts_of(one)]
    headings = [p.text for p in docx.Document(io.BytesIO(note_word(one, AT))).paragraphs if p.style.name == "Heading 2"]
    lines = [line for line in read(note_pdf(one, AT))[1].splitlines() if line in titles]
    assert headings == lines == titles and {"Strengths", "Agreed actions"} <= set(titles)


def test_a_note_is_read_from_what_the_school_told_to_what_it_says_of_the_note() -> None:
    parts = parts_of(values(suggestion="Targeted: graver."))
    assert [(part["title"], part["kind"]) for part in parts] == [
        ("What the school told before the visit", "answers"), ("Strengths", "text"), ("Evidence seen", "list"), ("Agreed actions", "actions"),
        ("What the school says of this note", "quote"), ("Suggested category", "text"),
    ]  # fmt: skip
    assert [len(row) == len(part["heads"]) for part in parts if "rows" in part for row in part["rows"]] == [True, True]
    assert parts_of(values(actions=[]))[-2] == {"title": "Agreed actions", "kind": "text", "text": "No actions were agreed."}


def test_a_note_that_was_left_as_it_was_says_so_with_the_reason_beside_what_the_school_says(sqlite_database: Database, tmp_path: Path) -> None:
    one = visited(sqlite_database, tmp_path, circulation=["headteacher", "commissioner"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="The policy is older.")
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="The date stands.")
    today = f"{one.at.in_timezone('Europe/London'):%-d %B %Y}"
    outcome = f"Left as it was, by the adviser on {today}. Why: The date stands."
    for reader in ("adviser", "headteacher"):
        texts = {part["title"]: part.get("text") for part in parts_of(document(one, reader))}
        assert (texts["What the school says of this note"], texts["What came of it"]) == ("The policy is older.", outcome)
    assert "The date stands." not in str(document(one, "commissioner"))
    one.decide("correct-note", Role.ADVISER, **FIRST, areas="Costs of trips.", reason="Typing slip")
    newer = document(one)
    assert newer["about"][-2:] == [("Corrected", f"by the adviser on {today}"), ("Why", "Typing slip")]
    assert parts_of(newer)[-1] == {"title": "What came of it", "kind": "text", "text": outcome} and newer["statement_of"] == 1
    assert ("Why", "Typing slip") not in document(one, edition=1)["about"]
    assert "Typing slip" in read(note_pdf(newer, AT))[1]


def test_a_version_that_ended_a_dispute_says_who_wrote_it_and_why_to_those_who_were_there(sqlite_database: Database, tmp_path: Path) -> None:
    one = visited(sqlite_database, tmp_path, circulation=["headteacher", "commissioner"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="The policy is older.")
    one.decide("settle-note", Role.LEAD, **FIRST, areas="Costs of trips.", reason="After a call.")
    (name, who), why = document(one, "headteacher")["about"][-2:]
    assert (name, why) == ("Corrected after a dispute", ("Why", "After a call.")) and who.startswith("by the lead on ")
    assert "After a call." not in str(document(one, "commissioner"))
