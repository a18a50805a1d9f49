"""Days of term without visits: what was to be then moves, and nobody loses a day to answer in."""

import datetime
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from calendars.school_days import SchoolCalendar
from models.database import Database
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.evidence import Asking
from models.message import Message
from models.programme import Programme
from models.term import Closure
from models.visit import DateOffer, NoteOfVisit, VisitSlip
from models.words import ClosureKind, MessageStatus, Role, Slip, Status, VisitStatus
from stages.brief import Brief, load_brief
from stages.record import Actor
from stages.reminders.work import remind
from stages.schedule.closing import Closed, close_days, keep_own_dates
from stages.schedule.diaries import closed_days
from stages.schedule.lost_days import put_back
from tests.stages.builders import NOTE, Journey, everything, journey, small_programme
from tests.stages.meeting_builders import VISIT, company, meeting_programme, triads
from tests.stages.test_schedule_rules import TERMS

LEAD = Actor(Role.LEAD, "partnership lead")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def close(one: Journey, first: datetime.date, *urns: int, last: datetime.date | None = None, kind: ClosureKind = ClosureKind.WEATHER,
          by: Actor = LEAD, authority: str = "999") -> Closed:  # fmt: skip
    with one.database.writing() as session:
        return close_days(session, authority, urns, (first, last or first), kind, "snow", by, one.at)


def test_snow_moves_every_visit_of_the_day_and_says_why(booked: Journey) -> None:
    old = booked.visits()[0]
    found = close(booked, old.day)
    assert found.days == [old.day] and found.visits == 1
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day != old.day
    (message,) = [one for one in booked.rows(Message) if one.kind == "visit_moved"]
    assert message.context["why"] == "schools are closed because of the weather"
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.SCHOOL_CLOSED]


@pytest.mark.parametrize("notice", [10, 2])
def test_a_visit_that_snow_takes_on_its_day_has_its_new_one_after_the_notice_that_the_programme_gives_and_no_later(
    sqlite_database: Database, tmp_path: pathlib.Path, notice: int
) -> None:
    values = small_programme().model_dump(mode="json")
    values["schedule"]["move_notice_school_days"] = notice
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.BOOKED)
    old = one.visits()[0]
    one.wait(old.day, hour=7)
    close(one, old.day)
    one.engine()
    with one.database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    ahead = calendar.between(old.day, one.visits()[0].day)
    # Whoever comes has Fridays off, say, so the very next day need not do.
    assert notice <= ahead <= notice + 3


def school_days_after(one: Journey, day: datetime.date, count: int) -> datetime.date:
    """Return the day that lies so many school days after another."""
    with one.database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    while count:
        day += DAY
        count -= calendar.is_school_day(day)
    return day


@pytest.mark.parametrize("later", [1, 5])
def test_a_snow_day_may_be_entered_some_days_later_and_its_visits_are_named_to_be_recorded(booked: Journey, later: int) -> None:
    old = booked.visits()[0]
    booked.wait(school_days_after(booked, old.day, later))
    found = close(booked, old.day)
    assert (found.days, found.visits) == ([old.day], 0) and [visit.id for visit in found.to_record] == [old.id]
    assert booked.visits()[0].status is VisitStatus.CONFIRMED  # It may have been held: somebody has to say.
    booked.decide("move-visit", Role.ADVISER, visit=old.session, reason="Snow.", slip="school_closed")
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day > booked.at.date()
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.SCHOOL_CLOSED]


def test_a_day_that_is_today_moves_its_visit_and_leaves_nothing_to_record(booked: Journey) -> None:
    old = booked.visits()[0]
    booked.wait(old.day, 8)
    found = close(booked, old.day)
    assert (found.visits, found.to_record) == (1, [])


def test_days_that_are_long_past_are_not_closed_any_more_and_what_to_do_is_said(booked: Journey) -> None:
    old = booked.visits()[0]
    booked.wait(school_days_after(booked, old.day, 6))
    before = everything(booked.database)
    with pytest.raises(NotPossible, match=r"more than 5 school days ago.*move-visit` or cancel-visit, with --slip school_closed"):
        close(booked, old.day, last=old.day + DAY)
    assert everything(booked.database) == before
    # What goes on until now is entered whole.
    today = booked.at.date()
    assert [visit.id for visit in close(booked, old.day, last=today).to_record] == [old.id]


def test_a_visit_that_was_held_or_is_elsewhere_is_not_to_be_recorded(booked: Journey) -> None:
    old = booked.visits()[0]
    with booked.database.reading() as session:
        other = next(urn for urn in load_brief(session, booked.commission_id).schools if urn != booked.case.urn)
    booked.wait(old.day)
    booked.write_up()
    booked.wait(school_days_after(booked, old.day, 1))
    assert not close(booked, old.day, other).to_record and not close(booked, old.day).to_record


def test_an_inspection_of_one_school_moves_its_visits_and_nobody_elses_and_is_a_reason_of_its_own(booked: Journey) -> None:
    old = booked.visits()[0]
    with booked.database.reading() as session:
        other = next(urn for urn in load_brief(session, booked.commission_id).schools if urn != booked.case.urn)
    assert close(booked, old.day, other, kind=ClosureKind.INSPECTION).visits == 0
    assert close(booked, old.day, booked.case.urn, kind=ClosureKind.INSPECTION).visits == 1
    booked.engine()
    assert booked.visits()[0].day != old.day and [one.reason for one in booked.rows(VisitSlip)] == [Slip.INSPECTION]


def test_no_date_is_ever_offered_on_a_closed_day(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    first = one.visits()[0].day
    close(one, first, one.case.urn, kind=ClosureKind.INSET)
    one.decide("ask-other-dates", Role.SCHOOL, reason="Another day.", not_on=[first + DAY])
    one.engine()
    assert first not in [visit.day for visit in one.visits()]


def test_days_that_the_programme_keeps_free_are_offered_to_nobody_and_examinations_only_bind_who_sits_them(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    # Without them the first visit is on the 23rd.
    day = datetime.date(2026, 9, 21)
    values = small_programme().model_dump(mode="json")
    values["schedule"]["blackouts"] = [{"title": "Audits", "first": f"{day:%m-%d}", "last": f"{day + 20 * DAY:%m-%d}"}]
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.AWAITING_DATES)
    assert all(not day <= visit.day <= day + 20 * DAY for visit in one.visits())
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id)
        closed, ages = closed_days(session, brief, brief.schools), {urn: school.ages for urn, school in brief.schools.items()}
    sat = {urn: {why for why in days.values() if why != "the school cannot"} for urn, days in closed.items()}
    assert all("Audits" in whys for whys in sat.values())
    june = {urn: any(day.month == 6 and why == "tests or examinations" for day, why in days.items()) for urn, days in closed.items()}
    assert june == {urn: high is None or (high >= 16 and (low is None or low <= 15)) for urn, (low, high) in ages.items()}
    assert set(june.values()) == {True, False}


def test_meetings_at_a_closed_school_move_and_those_elsewhere_stay(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads())
    one.until(Status.BOOKED)
    meetings = [meeting for meeting in one.meetings() if meeting.host_urn]
    first = meetings[0]
    with one.database.writing() as session:
        found = close_days(session, "999", [first.host_urn or 0], (first.day, first.day), ClosureKind.INSET, "", LEAD, one.at)
    assert found.meetings == 1
    one.engine()
    now = {meeting.id: meeting for meeting in one.meetings()}
    assert now[first.id].day != first.day and all(now[other.id].day == other.day for other in meetings[1:])


def test_whoever_was_to_answer_has_as_many_school_days_left_as_before(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    due = one.rows(Asking)[0].due
    left, today = calendar.between(one.at.date(), due), one.at.date()
    found = close(one, calendar.add(today, 1), last=calendar.add(today, 2))
    with sqlite_database.reading() as session:
        after = load_brief(session, one.commission_id).calendar
    assert len(found.days) == 2 and found.clocks > 0
    assert after.between(today, one.rows(Asking)[0].due) == left and one.rows(Asking)[0].due > due


@given(st.sets(st.integers(0, 60)), st.integers(0, 30), st.integers(1, 20))
def test_a_school_has_its_days_whatever_days_it_is_closed_on_its_own(closed: set[int], on: int, days: int) -> None:
    """The slow way: walk on, counting the days on which the authority's schools and this one are open."""
    calendar, start = SchoolCalendar(TERMS), TERMS[0][0]
    brief = Brief(None, 1, None, calendar, None, None, None, closed={7: {start + n * DAY for n in closed}})  # type: ignore[arg-type]
    day, left = start + on * DAY, days
    while left:
        day += DAY
        left -= calendar.is_school_day(day) and (day - start).days not in closed
    assert brief.by_when(7, start + on * DAY, days) == day
    assert brief.by_when(8, start + on * DAY, days) == calendar.add(start + on * DAY, days)


def test_days_on_which_a_school_is_known_to_be_closed_do_not_count_for_its_answer(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    """The others of the commission are open, and have no day more."""
    one = company(sqlite_database, tmp_path, meeting_programme(VISIT | {"after": None}, places=2)).until(Status.AWAITING_CONSENT)
    first, _ = one.cases
    calendar = one.read(lambda session: load_brief(session, one.commission_id)).calendar
    inset = [calendar.add(one.at.date(), number) for number in (1, 2)]
    close(one.one(0), inset[0], first.urn, last=inset[1], kind=ClosureKind.INSET)
    one.until(Status.AWAITING_DATES)
    assert one.cases[1].due == calendar.add(one.at.date(), 5)
    assert one.cases[0].due == calendar.add(one.at.date(), 7)


def test_a_day_that_a_school_and_its_authority_close_is_lost_once(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        day = load_brief(session, one.commission_id).calendar.add(one.at.date(), 1)
    due = one.rows(Asking)[0].due
    assert close(one, day, one.case.urn, kind=ClosureKind.INSET).clocks == 1
    once, case_once = one.rows(Asking)[0].due, one.case.due
    assert once > due
    close(one, day)
    assert one.rows(Asking)[0].due == once and one.case.due == case_once


def test_own_dates_that_are_taken_again_put_no_clock_back_once_more(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    with sqlite_database.reading() as session:
        calendar = load_brief(session, one.commission_id).calendar
    due, shut = one.rows(Asking)[0].due, calendar.add(one.at.date(), 2)
    year = (one.at.date(), datetime.date(2027, 7, 31))
    terms = [(year[0], shut - DAY), (shut + DAY, year[1])]
    for _ in range(2):
        with sqlite_database.writing() as session:
            found = keep_own_dates(session, one.case.urn, terms, [year], LEAD, one.at)
        assert found.days == [shut]
        assert calendar.between(due, one.rows(Asking)[0].due) == 1
    assert found.clocks == 0


def test_a_day_that_was_over_before_schools_closed_is_not_put_back(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    due = one.rows(Asking)[0].due
    close(one, due + 10 * DAY, last=due + 14 * DAY)
    assert one.rows(Asking)[0].due == due


@pytest.mark.parametrize("known", [-1, 0, 1, 4])
def test_a_snow_day_puts_back_what_was_open_over_it_whenever_it_becomes_known(sqlite_database: Database, tmp_path: pathlib.Path, known: int) -> None:
    """Also where it is known on the day itself, or when the day to answer by has passed in between; nobody is told twice that they are late."""
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    due, snow = one.case.due, school_days_after(one, one.at.date(), 2)
    after = school_days_after(one, due, 1)
    one.wait(school_days_after(one, one.at.date(), 2 + known), hour=7)
    found = close(one, snow)
    assert one.case.due == after and found.clocks >= 1


def test_a_deadline_that_was_on_the_snow_day_or_has_passed_since_is_put_right_and_one_that_passed_before_is_not(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    due = one.case.due
    assert due is not None
    after = school_days_after(one, due, 1)
    one.wait(school_days_after(one, due, 3), hour=7)
    close(one, school_days_after(one, due, 1))
    assert one.case.due == due  # It was late before anybody was snowed in.
    close(one, due)
    assert one.case.due == school_days_after(one, due, 1) > after  # The day after was closed before.


def test_a_late_reminder_that_waits_to_be_sent_is_not_sent_and_the_new_day_is_told(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    due = one.case.due
    assert due is not None
    one.wait(school_days_after(one, due, 2), hour=7)
    remind(sqlite_database, one.commission_id, one.at)
    late = [message for message in one.rows(Message) if message.kind == "reminder" and message.context["overdue"]]
    assert [message.status for message in late] == [MessageStatus.WAITING]
    for day in (due, school_days_after(one, due, 1), school_days_after(one, due, 2)):
        close(one, day)
    assert [message.status for message in one.rows(Message) if message.id == late[0].id] == [MessageStatus.SKIPPED]
    one.wait(school_days_after(one, one.at.date(), 0), hour=8)
    assert one.case.due is not None and one.case.due > one.at.date()
    one.wait(one.case.due, hour=8)
    remind(sqlite_database, one.commission_id, one.at)
    newest = [message for message in one.rows(Message) if message.kind == "reminder"][-1]
    assert (newest.context["overdue"], newest.context["due"]) == (False, one.case.due.isoformat())


def test_whoever_was_asked_on_a_snow_day_or_after_it_or_resumed_since_loses_no_day(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    due, asked = one.case.due, one.at.date()
    one.wait(school_days_after(one, asked, 1), hour=7)
    close(one, asked)
    assert one.case.due == due
    one.decide("pause", Role.ADVISER, reason="A merger.")
    one.wait(school_days_after(one, asked, 3), hour=7)
    snow = school_days_after(one, asked, 2)
    one.decide("resume", Role.ADVISER, reason="It is over.")
    resumed = one.case.due
    close(one, snow)
    assert one.case.due == resumed


def test_days_on_offer_and_notes_to_answer_are_put_back_from_when_they_were_sent(booked: Journey) -> None:
    first = booked.visits()[0]
    booked.wait(first.day)
    booked.decide("write-note", Role.SUPPORTER, visit=first.session, **NOTE)
    sent, due = booked.at.date(), booked.rows(NoteOfVisit)[0].reply_due
    booked.decide("move-visit", Role.SCHOOL, visit=booked.visits()[1].session, reason="There is a trip.")
    booked.engine()
    offered = offers(booked)
    assert offered
    booked.wait(school_days_after(booked, sent, 2), hour=7)
    close(booked, sent)
    assert booked.rows(NoteOfVisit)[0].reply_due == due and offers(booked) == offered
    close(booked, school_days_after(booked, sent, 1))
    assert booked.rows(NoteOfVisit)[0].reply_due == school_days_after(booked, due, 1)
    assert offers(booked) == {school_days_after(booked, day, 1) for day in offered}


def offers(one: Journey) -> set[datetime.date]:
    """Return by when the case's school is to choose between days."""
    with one.database.reading() as session:
        return set(session.exec(select(DateOffer.due)).all())


def test_a_note_that_was_published_since_nobody_could_answer_for_snow_is_named(booked: Journey) -> None:
    first = booked.visits()[0]
    booked.wait(first.day)
    booked.decide("write-note", Role.SUPPORTER, visit=first.session, **NOTE)
    due = booked.rows(NoteOfVisit)[0].reply_due
    booked.wait(school_days_after(booked, due, 1), hour=9)
    booked.engine()
    assert booked.rows(NoteOfVisit)[0].published_at is not None
    assert close(booked, school_days_after(booked, due, 1)).silent == []
    found = close(booked, due)
    assert [(one.case_id, one.session, one.day) for one in found.silent] == [(booked.case_id, first.session, first.day)]


@given(st.dates(TERMS[0][0], TERMS[2][1]), st.dates(TERMS[0][0], TERMS[2][1]), st.sets(st.dates(TERMS[0][0], TERMS[2][1]), min_size=1, max_size=5))
def test_days_left_are_counted_one_by_one(today: datetime.date, due: datetime.date, closed: set[datetime.date]) -> None:
    before, after = SchoolCalendar(TERMS), SchoolCalendar(TERMS, closed)
    new = put_back(due, before, after, min(closed), today)
    if new is None:
        return
    left = sum(before.is_school_day(today + n * DAY) for n in range(1, (due - today).days + 1))
    assert sum(after.is_school_day(today + n * DAY) for n in range(1, (new - today).days + 1)) in (left, left + 1)
    assert new > due and (left == 0 or after.is_school_day(new))


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"first": datetime.date(2026, 12, 27)}, NotPossible, "no school day left to close"),
        ({"first": datetime.date(2026, 9, 10), "last": datetime.date(2026, 9, 9)}, BadInput, "--first"),
        ({"first": datetime.date(2026, 9, 10), "last": datetime.date(2027, 9, 9)}, BadInput, "60 days"),
        ({"first": datetime.date(2026, 9, 10), "authority": "000"}, NotFound, "No term dates"),
        ({"first": datetime.date(2026, 9, 10), "by": Actor(Role.SCHOOL, "headteacher")}, NotAllowed, "close days"),
    ],
)
def test_what_cannot_be_closed_is_said_and_changes_nothing(booked: Journey, more: dict, error: type[Exception], said: str) -> None:  # type: ignore[type-arg]
    before = everything(booked.database)
    with pytest.raises(error, match=said):
        close(booked, **more)
    assert everything(booked.database) == before


def test_a_school_of_elsewhere_cannot_be_closed_and_a_day_is_closed_once(booked: Journey) -> None:
    with pytest.raises(NotFound, match="no schools of authority 999: 100001"):
        close(booked, booked.visits()[0].day, 100_001)
    day = booked.visits()[0].day
    close(booked, day, booked.case.urn)
    with pytest.raises(NotPossible, match="no school day left"):
        close(booked, day, booked.case.urn)
    with booked.database.reading() as session:
        assert len(session.exec(select(Closure).where(Closure.day == day)).all()) == 1
