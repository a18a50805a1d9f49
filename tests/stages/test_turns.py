"""Whose turn it is where the programme has the lead act: in words, and in whose worklist it stands."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.words import Role, Status
from notifications.rendering import render
from reports.case_file import case_file
from reports.case_words import in_words
from stages.brief import load_brief
from stages.loading import add_person
from stages.reminders.worklists import worklists
from stages.turns import whose_turn
from tests.stages.builders import Journey, journey, small_programme

CONFIRMING = small_programme().diagnose.model_dump(mode="json") | {"confirmed_by": "lead"}
APPROVING = small_programme().broker.model_dump(mode="json") | {"approved_by": "lead"}
MONDAY = datetime.date(2026, 9, 14)


def turn(one: Journey) -> str:
    with one.database.reading() as session:
        return whose_turn(load_brief(session, one.commission_id, []).programme, one.case)


def written(one: Journey) -> dict[str, str]:
    """Return the worklists of a Monday by the role they go to."""
    with one.database.reading() as session:
        found = worklists(session, load_brief(session, one.commission_id), [one.case], MONDAY)
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
    assert ("The partnership lead decides." in "".join(said.values())) is (whose == "lead")
    with sqlite_database.writing() as session:
        add_person(session, "Partnership lead", "lead@partnership.example", Role.LEAD)
    assert set(written(one)) == {whose}


def test_nobody_is_asked_who_has_no_part_in_it(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.AWAITING_CONSENT)
    assert turn(one) == "school" and written(one) == {}
