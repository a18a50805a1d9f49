"""A note of visit from the command line: written with all its parts, shown, and handed over as documents."""

import io
from pathlib import Path

import docx
import pypdf
import pytest
import yaml
from sqlmodel import select

from models.partnership import Person
from models.words import Role, Status, VisitStatus
from tests.app.conftest import Run
from tests.app.test_bad_input import opening
from tests.stages.builders import Journey, programme_text

BY = ("--as", "supporter", "--by", "supporter", "--visit", "exploratory")
PARTS = ("--strengths", "Calm.", "--section", "areas=Costs in autumn.", "--section", "families=They find trips dear.", "--evidence", "documents: the policy",
         "--action", "Ask families | deputy headteacher | 2027-07-01 | food")  # fmt: skip


@pytest.fixture
def on_the_day(case: Journey) -> Journey:
    """A case on the day of its first visit."""
    case.until(Status.BOOKED)
    case.decide("prepare-visit", Role.SCHOOL, visit="exploratory", answers={"changed": "A new cook."})
    case.wait(case.visits(VisitStatus.CONFIRMED)[0].day)
    return case


def decide(lodestar: Run, one: Journey, kind: str, *more: str) -> str:
    ran = lodestar("decide", kind, one.case_id, *BY, *more, "--as-of", one.at.format("YYYY-MM-DDTHH:mm:ss"))
    assert ran.code == 0, ran.err
    return ran.out


def test_a_note_is_drafted_sent_shown_and_handed_over_as_pdf_and_word(lodestar: Run, on_the_day: Journey, tmp_path: Path) -> None:
    one = on_the_day
    decide(lodestar, one, "draft-note", *PARTS)
    ran = lodestar("case", "note", one.case_id)
    assert (ran.code, ran.err) == (0, "") and "Draft. Not sent to the school yet." in ran.out
    decide(lodestar, one, "write-note")
    pdf, word = tmp_path / "note.pdf", tmp_path / "note.docx"
    ran = lodestar("case", "note", one.case_id, "--session", "exploratory", "--for", "headteacher", "--pdf", pdf, "--word", word)
    assert (ran.code, ran.out.split()) == (0, [str(pdf), str(word)])
    pages = pypdf.PdfReader(io.BytesIO(pdf.read_bytes())).pages
    read = "\n".join(page.extract_text() for page in pages)
    written = "\n".join(line.text for line in docx.Document(str(word)).paragraphs)
    for part in ("Draft", "Costs in autumn.", "They find trips dear.", "Documents: the policy"):
        assert part in read and part in written
    for part in ("A new cook.", "not given", "Ask families", "deputy headteacher", "1 July 2027"):
        assert part in read and part in str([[cell.text for cell in row.cells] for table in docx.Document(str(word)).tables for row in table.rows])
    shown = lodestar("case", "show", one.case_id).out
    assert "Seen: documents (the policy). Agreed: Ask families (deputy headteacher, by 1 July 2027)." in shown
    assert "before Exploratory visit: changed: A new cook." in shown


def test_what_a_note_names_is_taken_out_when_there_is_to_be_none(lodestar: Run, on_the_day: Journey) -> None:
    one = on_the_day
    decide(lodestar, one, "draft-note", *PARTS)
    decide(lodestar, one, "draft-note", "--areas", "Costs in spring.")
    shown = lodestar("case", "note", one.case_id).out
    assert "Ask families" in shown and "the policy" in shown
    decide(lodestar, one, "draft-note", "--no-actions", "--no-evidence")
    shown = lodestar("case", "note", one.case_id).out
    assert "Ask families" not in shown and "the policy" not in shown and "Costs in spring." in shown


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--action", "Ask families", "--no-actions"), "The note cannot have actions and none: give --action or --no-actions, not both."),
        (("--evidence", "data", "--no-evidence"), "The note cannot have evidence and none: give --evidence or --no-evidence, not both."),
        (("--action", "Ask | headteacher | soon"), 'is no agreed action: write it as "what | owner | YYYY-MM-DD | area"'),
        (("--section", "areas"), "is no section: write name=text"),
        (("--section", "areas=x", "--section", "areas=y"), "is given twice"),
        (("--evidence", "rumour"), "is no evidence that a note of this programme names"),
        (("--suggest-category", "targeted", "--suggest-why", "Graver."), "no category is suggested"),
    ],
)
def test_a_slip_of_the_pen_is_said_in_one_sentence(more: tuple[str, ...], says: str, lodestar: Run, on_the_day: Journey) -> None:
    ran = lodestar("decide", "write-note", on_the_day.case_id, *BY, *more, "--as-of", on_the_day.at.format("YYYY-MM-DDTHH:mm:ss"))
    assert ran.code != 0 and says in " ".join(ran.err.split()) and "Traceback" not in ran.err


def test_a_note_that_a_reader_may_not_have_is_refused(lodestar: Run, on_the_day: Journey, tmp_path: Path) -> None:
    decide(lodestar, on_the_day, "draft-note", *PARTS)
    ran = lodestar("case", "note", on_the_day.case_id, "--for", "commissioner", "--pdf", tmp_path / "x.pdf")
    assert ran.code != 0 and "do not go to the commissioner" in ran.err and not (tmp_path / "x.pdf").exists()


def test_the_summary_says_how_long_notes_take(lodestar: Run, on_the_day: Journey) -> None:
    one = on_the_day
    decide(lodestar, one, "write-note", *PARTS)
    one.decide("note-accurate", Role.SCHOOL)
    as_of = one.at.format("YYYY-MM-DDTHH:mm:ss")
    rows = lodestar("commission", "status", "999-economic-exclusion", "--as-of", as_of, "--json").json["turnaround"]
    assert [(row["step"], row["notes"], row["median_school_days"], row["within"]) for row in rows] == [
        ("sent", 1, 0, 1),
        ("replied", 1, 0, 1),
        ("published", 1, 0, 1),
    ]
    shown = lodestar("commission", "status", "999-economic-exclusion", "--as-of", as_of).out
    assert "Notes of visit, in school days" in shown and "From the visit to publication" in shown


def test_whoever_opens_a_commission_whose_notes_the_lead_reads_hears_that_there_is_none(lodestar: Run, case: Journey, tmp_path: Path) -> None:
    values = yaml.safe_load(programme_text())
    values["schedule"]["note"] = {**values["schedule"].get("note", {}), "quality_assurance": "all"}
    (tmp_path / "read.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with case.database.writing() as session:
        for one in session.exec(select(Person).where(Person.role == Role.LEAD)).all():
            session.delete(one)
    says = "there is none: add one with `lodestar person add NAME --email ADDRESS --role lead`"
    assert says in lodestar(*opening("--programme", str(tmp_path / "read.yaml"))).out
    assert lodestar("person", "add", "The lead", "--email", "lead@p.example", "--role", "lead").code == 0
    words = opening("--programme", str(tmp_path / "read.yaml"))
    again = lodestar(*["NEW-2" if word == "NEW" else word for word in words])
    assert again.code == 0 and says not in again.out
