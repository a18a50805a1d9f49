"""Whose turn it is where the programme has the lead act: in words, and in whose worklist it stands."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.visit import DateOffer, NoteOfVisit
from models.words import NoteStatus, Role, Status
from notifications.rendering import render
from reports.case_file import case_file
from reports.case_words import in_words
from stages.brief import load_brief
from stages.loading import add_person
from stages.reminders.worklists import worklists
from stages.turns import NOTE_TURNS, whose_turn
from stages.unpublished import note_due_on
from tests.stages.builders import NOTE, Journey, journey, small_programme

CONFIRMING = small_programme().diagnose.model_dump(mode="json") | {"confirmed_by": "lead"}
APPROVING = small_programme().broker.model_dump(mode="json") | {"approved_by": "lead"}
MONDAY = datetime.date(2026, 9, 14)


def turn(one: Journey) -> str:
    with one.database.reading() as session:
        return whose_turn(load_brief(session, one.commission_id, []).programme, one.case)


def written(one: Journey, day: datetime.date = MONDAY) -> dict[str, str]:
    """Return the worklists of a day by the role they go to."""
    with one.database.reading() as session:
        found = worklists(session, load_brief(session, one.commission_id), [one.case], day)
    return {draft.to.role: render("worklist", draft.context).text for draft in found}


@pytest.mark.parametrize(
    ("changes", "status", "whose", "was"),
    [
        ({"diagnose": CONFIRMING}, Status.AWAITING_CONFIRMATION, "lead", "adviser"), ({}, Status.AWAITING_CONFIRMATION, "adviser", "adviser"),
        ({"broker": APPROVING}, Status.AWAITING_APPROVAL, "lead", "commissioner"), ({}, Status.AWAITING_APPROVAL, "commissioner", "commissioner"),
    ],
)  # fmt: skip
def test_the_role_that_acts_is_shown_and_has_it_in_its_worklist(
    changes: dict[str, Any], status: Status, whose: str, was: str, sqlite_database: Database, tmp_path: Path
) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1, **changes)).until(status)
    assert (turn(one), one.case.turn.value) == (whose, was)
    with sqlite_database.reading() as session:
        assert f"next: {whose}, due" in in_words(case_file(session, one.case_id, one.at))
    # Without a lead who is known the adviser is told; a commissioner who may not decide never is.
    said = written(one)
    assert set(said) == {"adviser" if whose == "lead" else whose}
    assert ("The partnership lead decides (`--turn lead`)." in "".join(said.values())) is (whose == "lead")
    with sqlite_database.writing() as session:
        add_person(session, "Partnership lead", "lead@partnership.example", Role.LEAD)
    assert set(written(one)) == {whose}


def test_nobody_is_asked_who_has_no_part_in_it(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.AWAITING_CONSENT)
    assert turn(one) == "school" and written(one) == {}


def acts(one: Journey) -> list[str]:
    """Return who acts next by the case file, which is what is shown of it, as one line each."""
    with one.database.reading() as session:
        value = case_file(session, one.case_id, one.at)
    said = value["case"]["next_in_words"]
    assert f"; next: {said}" in in_words(value)
    return str(said).split("; ")


def day(value: datetime.date) -> str:
    return f"{value:%-d %B %Y}"


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: Path) -> Journey:
    return journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.BOOKED)


def test_while_the_next_visit_is_to_come_nobody_acts(booked: Journey) -> None:
    assert acts(booked) == ["nobody"]
    booked.wait(booked.visits()[0].day)
    assert acts(booked) == ["nobody"]


def test_a_school_that_is_to_choose_a_day_is_next_until_it_has(booked: Journey) -> None:
    old = booked.visits()[0]
    booked.decide("move-visit", Role.SCHOOL, visit=old.session, reason="There is a trip.")
    assert acts(booked) == [f"engine, to find a new day for the visit of {day(old.day)}"]
    booked.engine()
    offers = booked_offers(booked)
    assert acts(booked) == [f"school, to choose a new day for the visit of {day(old.day)} by {day(offers[0].due)}"]
    booked.decide("choose-date", Role.SCHOOL, visit=old.session, day=offers[0].day)
    assert acts(booked) == ["nobody"]


def booked_offers(one: Journey) -> list[DateOffer]:
    with one.database.reading() as session:
        return list(session.exec(select(DateOffer).order_by(col(DateOffer.day))).all())


def test_who_acts_on_a_visit_and_its_note_is_next_and_has_it_in_the_worklist(booked: Journey) -> None:
    """From the day after the visit to the note's publication: supporter, school, adviser; the lead where notes are read first."""
    visit = booked.visits()[0]
    of_it = f"the visit of {day(visit.day)}"
    booked.wait(visit.day + datetime.timedelta(days=1))
    with booked.database.reading() as session:
        due = note_due_on(load_brief(session, booked.commission_id, []), visit)
    assert due is not None and acts(booked) == [f"supporter, to write the note of {of_it} by {day(due)}"]
    assert "supporter" in written(booked, booked.at.date())
    booked.decide("write-note", Role.SUPPORTER, visit=visit.session, held_on=visit.day, **NOTE)
    (note,) = booked.rows(NoteOfVisit)
    assert acts(booked) == [f"school, to say whether the note is accurate of {of_it} by {day(note.reply_due)}"]
    booked.decide("note-inaccurate", Role.SCHOOL, visit=visit.session, reason="The cook is new.")
    assert acts(booked) == [f"adviser, to settle the disputed note of {of_it}"]
    assert "that the school disputes" in written(booked)["adviser"]
    with booked.database.writing() as session:
        session.get_one(NoteOfVisit, note.id).status = NoteStatus.WITH_LEAD
    assert acts(booked) == [f"lead, to read the note of {of_it}"]
    with booked.database.writing() as session:
        session.get_one(NoteOfVisit, note.id).status = NoteStatus.DRAFT
    assert acts(booked) == [f"supporter, to put right and send the note of {of_it}"]


def test_after_a_visit_at_which_nobody_was_there_the_adviser_is_next(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.wait(visit.day)
    booked.decide("no-show", Role.SUPPORTER, visit=visit.session, reason="The gate was locked.")
    assert acts(booked) == [f"adviser, to have the visit of {day(visit.day)} dated anew (move-visit) or go on without, since nobody was there"]
    booked.decide("pause", Role.ADVISER, reason="A new head.")
    assert acts(booked) == ["nobody"]


def test_every_way_in_which_a_note_can_stand_unpublished_has_somebody_who_acts() -> None:
    assert NOTE_TURNS.keys() == set(NoteStatus) - {NoteStatus.PUBLISHED, NoteStatus.CLOSED}
