"""Notes of visit and the end of their case: none is left open, none is acted upon afterwards, and nobody judges before they are published."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import NotPossible
from models.trail import Event
from models.visit import NoteOfVisit, NoteVersion
from models.words import NoteStatus, Role, Status, VisitStatus
from reports.notes import note_document
from reports.turnaround import turnaround_of
from stages.agreed import published_notes
from stages.brief import load_brief
from tests.stages.builders import NOTE, Journey, everything, journey
from tests.stages.test_note_life import FIRST, WHY, note_of, refused, under_way, visited

Step = tuple[str, Role, dict[str, Any]]
WRITE: Step = ("write-note", Role.SUPPORTER, {**FIRST, **NOTE})
ACCURATE: Step = ("note-accurate", Role.SCHOOL, FIRST)
WAYS: dict[str, tuple[Sequence[Step], NoteStatus, str]] = {
    "a first draft": ([("draft-note", Role.SUPPORTER, {**FIRST, "areas": "Costs."})], NoteStatus.DRAFT, "before it was sent"),
    "with the school": ([WRITE], NoteStatus.WITH_SCHOOL, "before it was published"),
    "disputed": ([WRITE, ("note-inaccurate", Role.SCHOOL, {**FIRST, "reason": WHY})], NoteStatus.DISPUTED, "before it was published"),
    "with the lead": ([WRITE, ACCURATE], NoteStatus.WITH_LEAD, "before it was published"),
    "given back": ([WRITE, ACCURATE, ("return-note", Role.LEAD, {**FIRST, "reason": WHY})], NoteStatus.DRAFT, "before it was sent"),
}


@pytest.fixture(params=list(WAYS))
def written(request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path) -> tuple[Journey, NoteStatus, str]:
    """Give a case with a note that stands where a note may stand before it is published, and how it is called once it is closed."""
    steps, status, closed = WAYS[request.param]
    one = visited(sqlite_database, tmp_path, quality_assurance="all")
    for kind, role, more in steps:
        one.decide(kind, role, **more)
    assert note_of(one).status is status
    return one, status, closed


@pytest.mark.parametrize(("kind", "role"), [("withdraw", Role.SCHOOL), ("close-school", Role.ADVISER)])
def test_what_is_not_published_is_closed_with_its_case_and_nothing_is_done_to_it_any_more(
    written: tuple[Journey, NoteStatus, str], kind: str, role: Role
) -> None:
    one, status, closed = written
    one.decide(kind, role, reason="The trust has other plans.")
    (event,) = [event for event in one.rows(Event) if event.kind == "note.closed"]
    assert (event.before, event.after, event.detail["reason"]) == (status.value, "closed", "The trust has other plans.")
    assert note_of(one).status is NoteStatus.CLOSED and note_of(one).published_at is None
    with one.database.reading() as session:
        assert note_document(session, one.case_id, None, None, "adviser")["status"].startswith(f"Closed with its case, {closed}")
        for row in turnaround_of(session, load_brief(session, one.commission_id), one.at.date()):
            assert row["late_and_not_done"] == 0 and "no_reply" not in row["left_out"]
    one.wait(one.at.date() + datetime.timedelta(days=60))
    before = everything(one.database)
    one.engine()
    assert everything(one.database)["notes_of_visit"] == before["notes_of_visit"]
    decisions: list[Step] = [WRITE, ACCURATE, ("draft-note", Role.SUPPORTER, {**FIRST, "areas": "x"}), ("pass-note", Role.LEAD, FIRST),
                             ("settle-note", Role.ADVISER, {**FIRST, "reason": WHY}), ("return-note", Role.LEAD, {**FIRST, "reason": WHY})]  # fmt: skip
    for name, who, more in decisions:
        refused(one, name, who, NotPossible, "so nothing changes in its visits any more", **more)


def test_a_correction_that_ends_with_its_case_leaves_the_version_that_was_published(database: Database, tmp_path: Path) -> None:
    one = under_way(database, tmp_path)
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, areas="Something else.")
    one.decide("withdraw", Role.SCHOOL, reason=WHY)
    assert note_of(one).status is NoteStatus.CLOSED
    with one.database.reading() as session:
        ((_, stands),) = published_notes(session, [one.case_id])[one.case_id]
        kept = session.exec(select(NoteVersion.published_at).order_by(col(NoteVersion.edition))).all()
        document = note_document(session, one.case_id, None, 1, "headteacher")
    assert stands.section("areas") == "Costs." and [at is not None for at in kept] == [True, False]
    assert document["status"].startswith("Published on") and document["status"].endswith("There is a later version.")


def test_nobody_judges_a_case_before_its_notes_are_published_and_drafts_that_were_never_held_are_closed(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    one.write_up()
    one.engine()
    one.until(Status.IN_PROGRESS)
    second = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(second.day)
    one.decide("draft-note", Role.SUPPORTER, visit=second.session, areas="Costs.")
    one.decide("cancel-visit", Role.ADVISER, visit=second.session, reason=WHY, slip="other")
    one.until(Status.AWAITING_JUDGEMENT)
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, areas="Something else.")
    due = one.rows(NoteOfVisit)[0].reply_due
    says = rf"The note of the visit exploratory of case {one.case_id}, held on .*, is not published yet: wait until {due:%-d %B %Y} for"
    refused(one, "judge", Role.ADVISER, NotPossible, says, reason="Good.")
    one.decide("note-inaccurate", Role.SCHOOL, **FIRST, reason=WHY)
    refused(one, "judge", Role.ADVISER, NotPossible, "settle it with settle-note", reason="Good.")
    one.decide("settle-note", Role.ADVISER, **FIRST, reason=WHY)
    one.decide("judge", Role.ADVISER, reason="Good.")
    assert one.case.status is Status.COMPLETE
    assert [note.status for note in one.rows(NoteOfVisit)] == [NoteStatus.PUBLISHED, NoteStatus.CLOSED]
