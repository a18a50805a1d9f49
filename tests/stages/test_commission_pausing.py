"""A commission that is paused and resumed: nobody loses the time in which nothing moved, and none of it is given twice."""

import datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission
from models.database import Database
from models.errors import LodestarError, NotPossible
from models.evidence import Asking
from models.message import Message
from models.review import Review
from models.trail import Event
from models.visit import NoteOfVisit
from models.words import CommissionStatus, MessageStatus, NoteStatus, Role, Status, VisitStatus
from stages.brief import load_brief
from stages.commission.decide import set_status
from stages.record import Actor
from tests.stages.builders import NOTE, Journey, everything, journey

WHY = "The council reviews its budget."


def set_to(one: Journey, status: CommissionStatus) -> None:
    with one.database.writing() as session:
        set_status(session, session.get_one(Commission, one.commission_id), status, Actor(Role.LEAD, "partnership lead"), WHY, one.at)


def sleep(one: Journey, days: int) -> int:
    """Pause the commission for so many days; return how many school days that took."""
    first = one.at.date()
    set_to(one, CommissionStatus.PAUSED)
    one.at = one.at.add(days=days)
    set_to(one, CommissionStatus.RUNNING)
    return school_days(one, first, one.at.date())


def school_days(one: Journey, first: datetime.date, last: datetime.date) -> int:
    """Count the school days after one day up to another, one by one."""
    with one.database.reading() as session:
        calendar = load_brief(session, one.commission_id, []).calendar
    following = (first + datetime.timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(calendar.is_school_day(day) for day in following)


@pytest.mark.parametrize("days", [1, 80])
def test_an_invitation_does_not_lapse_because_the_commission_was_paused(database: Database, tmp_path: Path, days: int) -> None:
    one = journey(database, tmp_path, joined_by="asked")
    one.at = one.at.add(days=3)
    due, version = one.case.due, one.case.version
    assert due is not None and one.case.status is Status.INVITED
    lost = sleep(one, days)
    one.engine()
    assert one.case.status is Status.INVITED and one.case.due is not None
    assert school_days(one, due, one.case.due) == lost and one.case.version == version + (lost > 0)
    with database.reading() as session:
        moved = session.exec(select(Event).where(Event.case_id == one.case_id, Event.kind == "case.due-moved")).all()
    assert [(event.before, event.after) for event in moved] == [(due.isoformat(), one.case.due.isoformat())] * (lost > 0)


def test_a_note_is_not_published_by_the_silence_of_a_pause_and_questions_stay_open(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    visit = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(visit.day)
    one.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)
    with sqlite_database.reading() as session:
        askings = {row.id: row.due for row in session.exec(select(Asking).where(col(Asking.answered_at).is_(None))).all()}
    due = one.rows(NoteOfVisit)[0].reply_due
    lost = sleep(one, 80)
    one.engine()
    (note,) = one.rows(NoteOfVisit)
    assert lost > 30 and note.status is NoteStatus.WITH_SCHOOL and school_days(one, due, note.reply_due) == lost
    with sqlite_database.reading() as session:
        rows = session.exec(select(Asking).where(col(Asking.id).in_(askings))).all()
    assert askings and [school_days(one, askings[row.id], row.due) for row in rows] == [lost] * len(rows)


def test_a_case_that_was_paused_itself_is_put_back_once_by_its_own_resume(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    due, first = one.case.due, one.at.date()
    one.decide("pause", Role.ADVISER, reason="Illness.")
    one.at = one.at.add(days=10)
    assert sleep(one, 30) > 0 and one.case.due == due
    one.at = one.at.add(days=10)
    one.decide("resume", Role.ADVISER, reason="Back.")
    assert due is not None and one.case.due is not None
    assert school_days(one, due, one.case.due) == school_days(one, first, one.at.date())


@pytest.mark.parametrize("days", [30, 900])
def test_a_review_is_put_back_by_a_pause_of_its_case_or_of_all_and_never_beyond_the_time_of_its_case(
    sqlite_database: Database, tmp_path: Path, days: int
) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.IN_PROGRESS)
    (review,), first = [row for row in one.rows(Review) if row.held_on is None], one.at.date()
    one.decide("pause", Role.ADVISER, reason="Illness.")
    one.at = one.at.add(days=days)
    one.decide("resume", Role.ADVISER, reason="Back.")
    (now,) = [row for row in one.rows(Review) if row.held_on is None]
    with sqlite_database.reading() as session:
        ends = load_brief(session, one.commission_id).ends(one.case)
    if days == 900:
        assert now.due == ends
        return
    assert school_days(one, review.due, now.due) == school_days(one, first, one.at.date()) > 0
    lost = sleep(one, 20)
    (last,) = [row for row in one.rows(Review) if row.held_on is None]
    assert school_days(one, now.due, last.due) == lost > 0


def test_of_two_pauses_each_counts_once(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    due = one.case.due
    lost = sleep(one, 20)
    one.at = one.at.add(days=40)
    assert due is not None and one.case.due is not None
    assert school_days(one, due, one.case.due) == lost
    lost += sleep(one, 20)
    assert school_days(one, due, one.case.due) == lost


def test_a_pause_of_less_than_a_school_day_changes_no_case(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path)
    before = everything(sqlite_database, "commissions", "events", "decisions")
    set_to(one, CommissionStatus.PAUSED)
    one.at = one.at.add(hours=1)
    set_to(one, CommissionStatus.RUNNING)
    assert everything(sqlite_database, "commissions", "events", "decisions") == before


def test_ended_cases_keep_no_due_day(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path)
    one.decide("withdraw", Role.SCHOOL, reason="No longer.")
    sleep(one, 30)
    with sqlite_database.reading() as session:
        assert session.get_one(Case, one.case_id).due is None


@pytest.mark.parametrize("status", [Status.AWAITING_DATES, Status.AWAITING_SCHOOL, Status.AWAITING_JUDGEMENT])
def test_a_case_is_resumed_after_however_long_a_pause_and_what_is_due_is_on_a_day_that_is_known(
    sqlite_database: Database, tmp_path: Path, status: Status
) -> None:
    one = journey(sqlite_database, tmp_path).until(status)
    with sqlite_database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    last = calendar.last
    assert last is not None
    one.decide("pause", Role.ADVISER, reason="A merger.")
    one.wait(calendar.add(last, -10))
    one.decide("resume", Role.ADVISER, reason="It is over.")
    assert one.case.due is not None and one.at.date() <= one.case.due <= last
    for asked in [message for message in one.rows(Message) if message.status is MessageStatus.WAITING and message.context.get("due")]:
        assert asked.context["due"] <= last.isoformat()


def test_where_no_term_dates_are_known_any_more_resuming_is_refused_with_what_to_do(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    with sqlite_database.reading() as session:
        last = load_brief(session, one.commission_id).calendar.last
    assert last is not None
    one.decide("pause", Role.ADVISER, reason="A merger.")
    set_to(one, CommissionStatus.PAUSED)
    one.wait(last + datetime.timedelta(days=1))
    before = everything(sqlite_database)
    with pytest.raises(NotPossible, match=r"No term dates from 21 July 2029 on are known.*lodestar calendar term"):
        set_to(one, CommissionStatus.RUNNING)
    with pytest.raises(LodestarError, match=r"load the next year's term dates|is paused"):
        one.decide("resume", Role.ADVISER, reason="It is over.")
    assert everything(sqlite_database) == before
