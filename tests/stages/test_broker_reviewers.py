"""Schools as reviewers of one another, and support by nobody who was not trained first."""

import datetime
import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import NotPossible
from models.match import Match
from models.supporter import DueDiligence, Expertise, Supporter
from models.trail import Event
from models.visit import Visit
from models.words import Role, Status, SupporterKind, VisitStatus
from programmes.sessions import TRAINING
from stages.brief import load_brief
from stages.broker.declarations import declare
from stages.broker.due_diligence import checks_asked, record_check
from stages.broker.reviewers import enter_reviewers
from stages.record import Actor
from tests.snapshots import Beginning
from tests.stages.builders import NOTE, everything
from tests.stages.meeting_builders import Company, company, meeting_programme

LEAD = Actor(Role.LEAD, "partnership lead")
PEERS: dict[str, Any] = {
    "mode": "peer", "skills": ["disadvantage"], "cases_per_supporter": 1, "group_rules": ["no_reciprocity"], "trained_first": True,
}  # fmt: skip
TRAINED: dict[str, Any] = {
    "id": "training", "title": "Training", "kind": "training", "held": "group", "hosts": "supporter", "bookings": "open", "attendance": True,
    "note": False,
}  # fmt: skip
REVIEWED: dict[str, Any] = {
    "id": "review",
    "title": "Review",
    "kind": "review_visit",
    "after": "training",
    "gap_weeks": {"at_least": 1, "at_most": 30},
}


def declared(one: Company) -> None:
    """Have every supporter declare that there is nothing to declare."""
    with one.database.writing() as session:
        for supporter in session.exec(select(Supporter).order_by(col(Supporter.id))).all():
            declare(session, supporter, [], Actor(Role.SUPPORTER, "supporter"), one.at)


def peers(database: Database, folder: pathlib.Path, places: int = 3) -> Company:
    """Return schools in peer review, each entered as a reviewer and declared."""
    one = company(database, folder, meeting_programme(TRAINED, REVIEWED, places=places, broker=PEERS)).until(Status.AWAITING_CONFIRMATION)
    one.engine()
    declared(one)
    one.beginning = Beginning(database, ("peers", places))
    return one


def test_every_school_that_takes_part_becomes_a_reviewer_once(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(sqlite_database, tmp_path)
    rows = one.rows(Supporter)
    assert {row.employer_urn for row in rows} == set(one.urns().values()) and len(rows) == 3
    assert all((row.kind, row.cost_a_day, row.half_days_a_year) == (SupporterKind.SUPPORTING_SCHOOL, 0, 1) for row in rows)
    assert [(row.skill, row.level) for row in one.rows(Expertise)] == [("disadvantage", 2)] * 3
    assert enter_reviewers(one.database, one.commission_id, one.at) == 0
    assert len(one.rows(Event, Event.kind == "supporter.entered")) == 3


def test_a_school_that_was_on_the_list_before_stays_as_it_is(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(TRAINED, REVIEWED, broker=PEERS))
    with sqlite_database.writing() as session:
        session.add(Supporter(name="The Oak School", email="oak@school.example", kind=SupporterKind.SUPPORTING_SCHOOL, half_days_a_year=9,
                              cost_a_day=100_00, employer_urn=one.cases[0].urn))  # fmt: skip
    assert enter_reviewers(sqlite_database, one.commission_id, one.at) == 2
    assert sorted(row.half_days_a_year for row in one.rows(Supporter)) == [1, 1, 9]


def test_peers_review_one_another_in_a_ring_and_nobody_reviews_who_reviews_them(database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(database, tmp_path).until(Status.BOOKED)
    employers = {row.id: row.employer_urn for row in one.rows(Supporter)}
    by = {one.urns()[match.case_id]: employers[match.supporter_id] for match in one.rows(Match)}
    assert sorted(by) == sorted(by.values()) == sorted(one.urns().values())
    assert all(by[of] != of and by[by[of]] != of for of in by)
    visits = one.rows(Visit)
    assert {visit.case_id: visit.supporter_id for visit in visits} == {match.case_id: match.supporter_id for match in one.rows(Match)}


def at_the_review(one: Company, *came: int) -> int:
    """Hold the training, with some of the schools, and go to the day of the first school's review; return its number in the list of cases."""
    (training,) = one.meetings("training")
    for number in came:
        one.one(number).decide("book-place", Role.SCHOOL, meeting=training.id)
    one.wait(training.day)
    if came:
        one.hold(training.id)
    visit = min(one.rows(Visit), key=lambda visit: (visit.day, visit.case_id))
    one.wait(visit.day)
    return [case.id for case in one.cases].index(visit.case_id)


def test_a_review_by_an_untrained_peer_is_not_written_up_until_the_training_is_recorded(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(sqlite_database, tmp_path).until(Status.BOOKED)
    number = at_the_review(one)
    before = everything(one.database)
    with pytest.raises(NotPossible, match=r"was not trained by .*: have them book a training, or record it with `lodestar supporter check`"):
        one.one(number).decide("write-note", Role.SUPPORTER, **NOTE)
    assert everything(one.database) == before
    programme = one.read(lambda session: load_brief(session, one.commission_id).programme)
    visit = next(row for row in one.rows(Visit) if row.case_id == one.cases[number].id)
    with one.database.writing() as session:
        reviewer = session.get_one(Supporter, visit.supporter_id)
        record_check(session, reviewer, programme, len(checks_asked(programme)), "trained at the school", LEAD, one.at)
    one.one(number).decide("write-note", Role.SUPPORTER, **NOTE)
    assert one.rows(Visit, Visit.case_id == one.cases[number].id)[0].status is VisitStatus.HELD


def test_a_reviewer_whose_school_sent_somebody_to_the_training_is_trained(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(sqlite_database, tmp_path).until(Status.BOOKED)
    number = at_the_review(one, 0, 1, 2)
    one.one(number).decide("write-note", Role.SUPPORTER, **NOTE)
    assert one.rows(Visit, Visit.case_id == one.cases[number].id)[0].status is VisitStatus.HELD


def test_a_training_that_another_school_went_to_does_not_count(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(sqlite_database, tmp_path).until(Status.BOOKED)
    first = min(one.rows(Visit), key=lambda visit: (visit.day, visit.case_id))
    employer = one.rows(Supporter, Supporter.id == first.supporter_id)[0].employer_urn
    others = [n for n, case in enumerate(one.cases) if case.urn != employer]
    number = at_the_review(one, *others)
    with pytest.raises(NotPossible, match="was not trained by"):
        one.one(number).decide("write-note", Role.SUPPORTER, **NOTE)


def test_a_training_after_the_review_comes_too_late_for_it(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = peers(sqlite_database, tmp_path).until(Status.BOOKED)
    number = at_the_review(one)
    visit = next(row for row in one.rows(Visit) if row.case_id == one.cases[number].id)
    day = visit.day + datetime.timedelta(days=1)
    with one.database.writing() as session:
        session.add(DueDiligence(supporter_id=visit.supporter_id, programme=programme_of(one), check=TRAINING, seen="x", done_by="x", done_on=day))
    one.wait(day + datetime.timedelta(days=1))
    with pytest.raises(NotPossible, match="was not trained by"):
        one.one(number).decide("write-note", Role.SUPPORTER, **NOTE)
    one.one(number).decide("write-note", Role.SUPPORTER, held_on=day, **NOTE)


def programme_of(one: Company) -> str:
    """Return the name of a company's programme."""
    return str(one.read(lambda session: load_brief(session, one.commission_id).programme.programme))


def test_a_mentor_who_was_not_trained_is_not_matched_and_the_school_is_told_what_is_missing(database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme({"id": "visit", "title": "Visit"}, places=1, broker={"mode": "mentor", "trained_first": True})
    one = company(database, tmp_path, programme)
    with database.writing() as session:
        for row in session.exec(select(DueDiligence)).all():
            session.delete(row)
    one.until(Status.UNMET)
    assert "has checks that are not done yet" in (one.cases[0].why or "")
    trained = one.rows(Supporter)[2]
    with database.writing() as session:
        left = record_check(session, session.get_one(Supporter, trained.id), programme, 1, "trained in May", LEAD, one.at)
    assert left == 0
    one.until(Status.AWAITING_APPROVAL)
    assert one.cases[0].supporter_id == trained.id


def test_training_is_asked_of_persons_where_other_checks_are_of_organisations(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme({"id": "visit", "title": "Visit"}, places=1, broker={"mode": "mentor", "trained_first": True})
    assert checks_asked(programme) == [TRAINING]
    one = company(sqlite_database, tmp_path, programme)
    done = {row.supporter_id for row in one.rows(DueDiligence)}
    assert len(done) == len(one.rows(Supporter)) - 1
    one.until(Status.AWAITING_APPROVAL)
    assert one.cases[0].supporter_id in done
