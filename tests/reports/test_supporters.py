"""What supporters have done before is told from what was held, reviewed and judged, and nothing is claimed for somebody else."""

import pathlib

from models.database import Database
from models.supporter import Supporter
from models.words import Role, Status
from reports.supporters import in_short, track_record
from stages.broker.leaving import leave_for_good
from stages.record import Actor
from tests.stages.builders import journey, small_programme


def test_a_record_has_the_visits_the_last_review_and_the_judgement(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, small_programme(places=1)).until(Status.COMPLETE)
    number = one.case.supporter_id
    assert number is not None
    with database.reading() as session:
        (served,) = track_record(session, [number])[number]
    assert (served["case"], served["visits_held"], served["last_review"], served["outcome"]) == (one.case_id, 2, "green", "complete")
    assert served["judgement"] == "The school knows its next steps."
    assert in_short([served]) == "1 case: 1 complete"


def test_somebody_who_left_has_what_they_did_and_whoever_took_over_the_rest(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, small_programme(places=1)).until(Status.IN_PROGRESS)
    before = one.case.supporter_id
    with database.writing() as session:
        leave_for_good(session, session.get_one(Supporter, before), Actor(Role.LEAD, "partnership lead"), "a new post", one.at)
    one.engine()
    one.until(Status.COMPLETE)
    after = one.case.supporter_id
    assert before is not None and after is not None
    with database.reading() as session:
        found = track_record(session, [before, after])
    assert [(row["outcome"], row["visits_held"], row["judgement"]) for row in found[before]] == [("handed on", 1, None)]
    assert [(row["outcome"], row["visits_held"]) for row in found[after]] == [("complete", 1)]


def test_what_ended_before_anything_happened_is_no_record_and_what_is_open_is_under_way(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.TO_SCHEDULE)
    number = one.case.supporter_id
    assert number is not None
    with sqlite_database.reading() as session:
        assert in_short(track_record(session, [number])[number]) == "1 case: 1 under way"
    with sqlite_database.writing() as session:
        leave_for_good(session, session.get_one(Supporter, number), Actor(Role.LEAD, "partnership lead"), "a new post", one.at)
    with sqlite_database.reading() as session:
        assert in_short(track_record(session, [number])[number]) == "none yet"
