"""Matches from above: those of open cases, with how each case stands, and those of cases that are over only when they are asked for."""

import pathlib

from models.database import Database
from models.words import Role, Status
from reports.brokering import matches_of
from tests.stages.builders import Journey, journey, small_programme


def shown(one: Journey, *, everything: bool = False) -> list[tuple[int, str, str]]:
    with one.database.reading() as session:
        return [(row["case"], row["case_stands"], row["status"]) for row in matches_of(session, one.commission_id, everything=everything)]


def test_a_match_says_how_its_case_stands_until_the_case_is_over(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, small_programme(places=1)).until(Status.AWAITING_CONSENT)
    assert shown(one) == [(one.case_id, "awaiting consent", "approved")]
    one.until(Status.BOOKED).decide("pause", Role.ADVISER, reason="The school floods.")
    assert shown(one) == shown(one, everything=True) == [(one.case_id, "booked, paused", "agreed")]
    one.decide("resume", Role.ADVISER)
    one.until(Status.COMPLETE)
    assert shown(one) == [] and shown(one, everything=True) == [(one.case_id, "complete", "agreed")]


def test_a_match_that_ended_is_shown_only_among_everything(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.BOOKED)
    one.decide("replace-supporter", Role.ADVISER, reason="A new post.")
    assert shown(one) == [] and shown(one, everything=True) == [(one.case_id, "to match", "ended")]
