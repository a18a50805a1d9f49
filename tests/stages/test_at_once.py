"""People and the engine save at once: what each did stands, and nobody is told that the database did not do what was asked."""

import datetime
import threading
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import NotPossible
from models.message import Message
from models.supporter import Leave, Supporter
from models.term import Closure
from models.visit import DateOffer, Visit
from models.words import ClosureKind, Role, Stage, Status, VisitStatus
from stages import decisions
from stages.batch import hold_diaries
from stages.brief import load_brief
from stages.deciding import decide
from stages.decisions import Scene
from stages.pipeline import run_stage
from stages.request import Request
from stages.schedule.closing import close_days
from stages.schedule.decide import record_leave
from stages.schedule.diaries import diaries
from tests.stages.at_once import Other, meanwhile, somebody_waits
from tests.stages.builders import Journey, journey
from tests.stages.meeting_builders import ADVISER, Company, company, triads


def approve(one: Company, number: int) -> None:
    decide(one.database, Request(kind="approve", case=one.cases[number].id, role=Role.COMMISSIONER, by="commissioner"), one.at)


def test_two_who_approve_the_same_triad_at_once_approve_it_once_and_the_second_reads_that_it_is_done(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(database, tmp_path, triads()).until(Status.AWAITING_APPROVAL)
    words, real = decisions.KINDS["approve"]
    inside = set[int]()

    def both_inside(scene: Scene) -> None:
        inside.add(threading.get_ident())
        while not database.is_sqlite and len(inside) < 2 and not somebody_waits(database):
            pass
        real(scene)

    monkeypatch.setitem(decisions.KINDS, "approve", (words, both_inside))
    other = Other(database, lambda: approve(one, 1))
    other.thread.start()
    mine: list[BaseException] = []
    try:
        approve(one, 0)
    except NotPossible as late:
        mine.append(late)
    other.thread.join()
    (late,) = [*mine, *other.wrong]
    assert isinstance(late, NotPossible)
    assert {case.status for case in one.cases} == {Status.AWAITING_SUPPORTER}


def test_the_engine_matches_while_a_triad_is_approved_whose_mentor_has_left(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(database, tmp_path, triads()).until(Status.AWAITING_APPROVAL)
    with database.writing() as session:
        session.get_one(Supporter, one.cases[0].supporter_id).active = False
    words, real = decisions.KINDS["approve"]
    engine = Other(database, lambda: run_stage(database, one.commission_id, Stage.BROKER, one.at))

    def slow(scene: Scene) -> None:
        if not engine.begun:
            engine.begin()
        real(scene)

    monkeypatch.setitem(decisions.KINDS, "approve", (words, slow))
    with pytest.raises(NotPossible, match="cannot go on with this match"):
        approve(one, -1)
    engine.thread.join()
    assert not engine.wrong


@pytest.mark.parametrize("just_before", ["attendances.meeting_id, attendances.status", "UPDATE meetings"])
def test_a_meeting_that_a_person_cancels_while_the_engine_settles_it_stays_cancelled(database: Database, tmp_path: Path, just_before: str) -> None:
    one = company(database, tmp_path, triads()).until(Status.BOOKED)
    first = one.meetings()[0]
    one.move(first.id)
    with meanwhile(database, just_before, lambda: one.cancel(first.id)):
        one.engine()
    one.engine()
    found = next(meeting for meeting in one.meetings() if meeting.id == first.id)
    assert found.status is VisitStatus.CANCELLED
    told = [message.kind for message in one.rows(Message) if message.kind.startswith("meeting_")]
    assert told[-3:] == ["meeting_cancelled"] * 3


def test_a_meeting_that_is_cancelled_while_its_day_is_closed_stays_cancelled(database: Database, tmp_path: Path) -> None:
    one = company(database, tmp_path, triads()).until(Status.BOOKED)
    first = one.meetings()[0]
    with meanwhile(database, "UPDATE meetings", lambda: one.cancel(first.id)), database.writing() as session:
        close_days(session, "999", [], (first.day, first.day), ClosureKind.WEATHER, "snow", ADVISER, one.at)
    assert next(meeting.status for meeting in one.meetings() if meeting.id == first.id) is VisitStatus.CANCELLED


def away(one: Journey, supporter_id: int, first: datetime.date, last: datetime.date) -> None:
    with one.database.writing() as session:
        record_leave(session, session.get_one(Supporter, supporter_id), first, last, ADVISER, "illness", one.at)


@pytest.mark.parametrize("just_before", ["INSERT INTO visits", "UPDATE cases"])
def test_leave_that_is_recorded_while_the_engine_offers_dates_moves_those_too(database: Database, tmp_path: Path, just_before: str) -> None:
    one = journey(database, tmp_path).until(Status.AWAITING_CONSENT)
    supporter_id, back = one.case.supporter_id, datetime.date(2027, 2, 1)
    assert supporter_id is not None
    one.decide("accept-support", Role.SCHOOL)
    with meanwhile(database, just_before, lambda: away(one, supporter_id, one.at.date(), back)):
        one.engine()
    one.engine()
    assert [visit.day for visit in one.visits(VisitStatus.PROPOSED, VisitStatus.CONFIRMED) if visit.day <= back] == []
    assert one.visits()


def test_leave_is_recorded_while_the_engine_marks_the_same_visit(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    last = one.visits(VisitStatus.CONFIRMED)[-1]
    with database.writing() as session:
        session.add(Closure(authority="999", urn=one.case.urn, day=last.day, reason="fair", kind=ClosureKind.OWN))
    with meanwhile(database, "UPDATE visits", lambda: away(one, last.supporter_id, last.day, last.day)):
        one.engine()
    with database.reading() as session:
        assert [(leave.first, leave.last) for leave in session.exec(select(Leave)).all()] == [(last.day, last.day)]
    assert last.day not in {visit.day for visit in one.visits()}


def test_a_day_that_a_school_chooses_while_a_turn_reads_the_diary_is_taken_there(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    one.decide("move-visit", Role.SCHOOL, visit=one.visits(VisitStatus.CONFIRMED)[0].session, reason="A play.", slip="school_asked")
    one.engine()
    with database.reading() as session:
        offers = session.exec(select(DateOffer).order_by(col(DateOffer.day))).all()
        supporter_id = session.get_one(Visit, offers[0].visit_id).supporter_id
    chosen = offers[0]
    with meanwhile(database, "FROM date_offers", lambda: one.decide("choose-date", Role.SCHOOL, day=chosen.day)), database.writing() as session:
        hold_diaries(session)
        diary = diaries(session, load_brief(session, one.commission_id), [supporter_id])[supporter_id]
    assert chosen.day in diary.taken
    assert chosen.day in {visit.day for visit in one.visits(VisitStatus.CONFIRMED)}
