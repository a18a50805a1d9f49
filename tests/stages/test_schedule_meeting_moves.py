"""Meetings that change: another day, another host, or none at all, told once to everybody who was to come."""

import datetime
import pathlib
from collections import Counter
from itertools import pairwise

from sqlmodel import col, select

from models.database import Database
from models.message import Message
from models.supporter import Leave, Supporter
from models.trail import Event
from models.visit import Visit
from models.words import AttendanceStatus, Role, Status, VisitStatus
from notifications.invitations import entries_in
from stages.broker.leaving import leave_for_good
from stages.schedule.decide import record_leave
from tests.stages.builders import everything
from tests.stages.meeting_builders import ADVISER, Company, company, triads

DAY = datetime.timedelta(days=1)
EXPECTED = AttendanceStatus.EXPECTED


def told(one: Company, kind: str = "meeting_changed") -> Counter[int]:
    """Return how often each case was told so."""
    return Counter(row.case_id for row in one.rows(Message, Message.kind == kind))


def once(one: Company, *numbers: int) -> Counter[int]:
    """Return that these cases (all, if none is named) were each told once."""
    return Counter(case.id for place, case in enumerate(one.cases) if not numbers or place in numbers)


def settled(one: Company) -> None:
    """Give the engine its turn, and check that two more turns change nothing."""
    one.engine()
    before = everything(one.database, "stage_runs")
    one.engine()
    one.engine()
    assert everything(one.database, "stage_runs") == before


def test_a_meeting_that_moves_has_another_day_and_everybody_is_told_once(triad: Company) -> None:
    review = triad.meetings("review")[0]
    triad.move(review.id, "The hall floods.")
    settled(triad)
    moved = triad.meetings("review")[0]
    assert moved.day != review.day and moved.status is VisitStatus.CONFIRMED and (moved.sequence, moved.why) == (review.sequence + 1, None)
    assert moved.host_urn == review.host_urn and triad.places(review.id) == dict.fromkeys([case.id for case in triad.cases], EXPECTED)
    assert told(triad) == once(triad)
    (event,) = triad.rows(Event, Event.kind == "meeting.changed")
    assert (event.before, event.after, event.detail["reason"]) == (review.day.isoformat(), moved.day.isoformat(), "The hall floods.")
    context = triad.rows(Message, Message.kind == "meeting_changed")[0].context
    assert (context["was"], context["day"], context["why"]) == (review.day.isoformat(), moved.day.isoformat(), "The hall floods.")
    days = [row.day for row in [*triad.meetings(), *triad.rows(Visit, Visit.case_id == triad.cases[0].id)]]
    assert len(days) == len(set(days))


def test_the_old_days_of_a_meeting_that_moves_twice_stay_free(triad: Company) -> None:
    review = triad.meetings("review")[0]
    days = [review.day]
    for _ in range(3):
        triad.move(review.id)
        triad.engine()
        days.append(triad.meetings("review")[0].day)
    assert len(set(days)) == 4 and list(triad.meetings("review")[0].not_on) == [day.isoformat() for day in days[:3]]
    assert set(told(triad).values()) == {3}


def test_a_meeting_of_the_whole_commission_moves_too(network: Company) -> None:
    meeting = network.meetings()[0]
    network.move(meeting.id)
    settled(network)
    assert network.meetings()[0].day not in {meeting.day, network.meetings()[1].day} and told(network) == once(network)


def test_a_meeting_never_moves_to_a_half_day_on_which_its_leader_is_booked(triad: Company) -> None:
    for meeting in triad.meetings():
        triad.move(meeting.id)
    triad.engine()
    leader = triad.cases[0].supporter_id
    rows = [*triad.meetings(), *triad.rows(Visit, Visit.supporter_id == leader)]
    slots = [(row.day, row.part) for row in rows]
    assert len(slots) == len(set(slots)) == 7


def test_two_meetings_of_one_leader_never_move_to_the_same_half_day(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads(places=6)).until(Status.TO_MATCH)
    with sqlite_database.writing() as session:
        chief, *others = session.exec(select(Supporter).order_by(col(Supporter.id).desc())).all()
        chief.half_days_a_year = 60
        for other in others:
            other.active = False
    one.until(Status.BOOKED)
    for meeting in one.meetings("start"):
        one.move(meeting.id)
    one.engine()
    first, second = one.meetings("start")
    assert first.supporter_id == second.supporter_id == chief.id and (first.day, first.part) != (second.day, second.part)


def test_a_host_that_withdraws_gives_its_meetings_to_schools_that_are_still_there(triad: Company) -> None:
    review = triad.meetings("review")[0]
    number = next(n for n, case in enumerate(triad.cases) if case.urn == review.host_urn)
    others = [n for n in range(3) if n != number]
    triad.one(number).decide("withdraw", Role.SCHOOL, reason="We merge.")
    settled(triad)
    changed = triad.meetings("review")[0]
    assert changed.host_urn in {triad.cases[n].urn for n in others} and changed.day == review.day
    assert told(triad) == once(triad, *others)
    where = {row.case_id: row.context["where"] for row in triad.rows(Message, Message.kind == "meeting_changed")}
    host = next(case for case in triad.cases if case.urn == changed.host_urn)
    assert where.pop(host.id) == "at your school" and set(where.values()) == {f"at {triad.name_of(host.urn)}"}


def test_a_host_that_leaves_its_group_gives_its_meetings_away(triad: Company) -> None:
    review = triad.meetings("review")[0]
    number = next(n for n, case in enumerate(triad.cases) if case.urn == review.host_urn)
    triad.one(number).decide("replace-supporter", Role.ADVISER, reason="They do not get on.")
    settled(triad)
    assert {m.host_urn for m in triad.meetings()} == {triad.cases[n].urn for n in range(3) if n != number}


def test_a_host_that_withdraws_before_anybody_has_booked_gives_the_meeting_to_another_school(open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    number = next(n for n, case in enumerate(open_network.cases) if case.urn == meeting.host_urn)
    open_network.one(number).decide("withdraw", Role.SCHOOL, reason="We merge.")
    settled(open_network)
    (changed,) = open_network.meetings()
    assert changed.host_urn in {case.urn for n, case in enumerate(open_network.cases) if n != number}
    assert (changed.sequence, len(open_network.rows(Event, Event.kind == "meeting.changed"))) == (1, 1)


def test_a_meeting_whose_host_was_the_last_school_is_left_alone(open_network: Company) -> None:
    for number in range(3):
        open_network.one(number).decide("withdraw", Role.SCHOOL, reason="We merge.")
    settled(open_network)
    assert open_network.rows(Event, Event.kind == "meeting.changed") == []


def test_a_host_stays_host_when_a_meeting_moves_before_it_has_booked_its_own_place(open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    guest = next(n for n, case in enumerate(open_network.cases) if case.urn != meeting.host_urn)
    open_network.one(guest).decide("book-place", Role.SCHOOL, meeting=meeting.id)
    open_network.move(meeting.id)
    settled(open_network)
    (changed,) = open_network.meetings()
    assert changed.day != meeting.day and changed.host_urn == meeting.host_urn
    assert told(open_network) == once(open_network, guest)


def test_a_meeting_to_which_nobody_is_left_to_come_is_cancelled(triad: Company) -> None:
    for number in range(3):
        triad.one(number).decide("replace-supporter", Role.ADVISER, reason="The adviser retires.")
    before = triad.meetings()
    triad.engine()
    assert {m.status for m in triad.meetings() if m.id in {one.id for one in before}} == {VisitStatus.CANCELLED}
    assert len(triad.rows(Event, Event.kind == "meeting.cancelled")) == 4
    # Their schools go on with somebody else, and have the days in their diaries.
    assert set(told(triad, "meeting_cancelled").values()) == {4} and len(told(triad, "meeting_cancelled")) == 3


def test_a_school_that_had_sent_apologies_does_not_keep_the_meeting_of_a_leader_who_has_left(triad: Company) -> None:
    start = triad.meetings("start")[0]
    triad.one(0).decide("send-apologies", Role.SCHOOL, meeting=start.id, reason="Inspection")
    with triad.database.writing() as session:
        leader = session.get_one(Supporter, triad.cases[0].supporter_id)
        leave_for_good(session, leader, ADVISER, "A new post.", triad.at)
    settled(triad)
    assert {m.status for m in triad.meetings() if m.supporter_id == leader.id} == {VisitStatus.CANCELLED}
    off = [row for row in triad.rows(Message, Message.kind == "meeting_cancelled") if row.key.endswith(f"/meeting-{start.id}")]
    assert [row.case_id for row in off] == [case.id for case in triad.cases]
    entries = [entry for row in off for entry in entries_in(row.context)]
    assert {(entry.day, entry.method) for entry in entries} == {(start.day, "CANCEL")} and len(entries) == 3
    theirs = triad.rows(Message, Message.kind == "visits_off", Message.to_role == "supporter")
    assert (start.day, "CANCEL") in {(entry.day, entry.method) for row in theirs for entry in entries_in(row.context)}


def test_a_meeting_is_off_when_whoever_has_not_left_has_sent_apologies(triad: Company) -> None:
    start = triad.meetings("start")[0]
    for number in (0, 1):
        triad.one(number).decide("send-apologies", Role.SCHOOL, meeting=start.id, reason="Inspection")
    triad.engine()
    assert triad.meetings("start")[0].status is VisitStatus.CONFIRMED
    triad.one(2).decide("withdraw", Role.SCHOOL, reason="We merge.")
    settled(triad)
    assert triad.meetings("start")[0].status is VisitStatus.CANCELLED
    assert told(triad, "meeting_cancelled") == once(triad, 0, 1)
    # Nobody keeps a place, so the session is set again once somebody is to come.
    assert set(triad.places(start.id).values()) == {AttendanceStatus.GIVEN_BACK}


def test_a_person_who_cancels_a_meeting_has_those_with_apologies_told_too(triad: Company) -> None:
    start = triad.meetings("start")[0]
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=start.id, reason="Inspection")
    triad.cancel(start.id, "The speaker is ill.")
    settled(triad)
    assert told(triad, "meeting_cancelled") == once(triad)


def test_a_meeting_is_not_cancelled_while_one_school_is_still_to_come(triad: Company) -> None:
    for number in (0, 1):
        triad.one(number).decide("withdraw", Role.SCHOOL, reason="We merge.")
    settled(triad)
    assert {m.status for m in triad.meetings()} == {VisitStatus.CONFIRMED} and {m.host_urn for m in triad.meetings()} == {triad.cases[2].urn}


def test_a_person_who_cancels_a_meeting_has_everybody_told_once(triad: Company) -> None:
    review = triad.meetings("review")[0]
    triad.cancel(review.id, "The speaker is ill.")
    settled(triad)
    assert told(triad, "meeting_cancelled") == once(triad)
    context = triad.rows(Message, Message.kind == "meeting_cancelled")[0].context
    assert (context["was"], context["why"]) == (review.day.isoformat(), "The speaker is ill.")
    assert triad.meetings("review")[0].status is VisitStatus.CANCELLED


def test_a_meeting_that_moves_stays_in_its_place_between_the_others(triad: Company) -> None:
    week = datetime.timedelta(weeks=1)
    for number in (1, 0, 2):
        triad.move(triad.meetings("review")[number].id)
        triad.engine()
        start, *reviews = [m.day for m in triad.meetings()]
        assert [start, *reviews] == sorted([start, *reviews])
        earlier, later = list(pairwise([start, *reviews]))[number]
        assert 2 * week <= later - earlier <= 12 * week


def test_the_first_meeting_moves_to_a_day_before_all_that_waits_for_it(triad: Company) -> None:
    start = triad.meetings()[0]
    triad.move(start.id)
    triad.engine()
    moved = triad.meetings()[0]
    assert moved.day != start.day and all(visit.day - moved.day >= 7 * DAY for visit in triad.rows(Visit))
    assert triad.meetings("review")[0].day - moved.day >= 14 * DAY


def test_a_meeting_that_fits_into_its_place_no_more_comes_later_and_never_before_what_it_waits_for(triad: Company) -> None:
    review = triad.meetings("review")[0]
    triad.wait(review.day - 3 * DAY)
    triad.move(review.id)
    settled(triad)
    start, moved, *_ = triad.meetings()
    assert moved.status is VisitStatus.CONFIRMED and moved.day - start.day >= 14 * DAY


def away(one: Company, weeks: int) -> None:
    """Have the leader of the triad away for so many weeks from now, as the diaries see it."""
    with one.database.writing() as session:
        first = one.at.date()
        leader = one.cases[0].supporter_id
        session.add(Leave(supporter_id=leader, first=first, last=first + datetime.timedelta(weeks=weeks), reason="sabbatical"))


def test_a_meeting_that_finds_no_new_day_is_told_to_the_adviser_once_and_tried_again(triad: Company) -> None:
    away(triad, 40)
    review = triad.meetings("review")[0]
    triad.move(review.id)
    settled(triad)
    assert triad.meetings("review")[0].status is VisitStatus.TO_MOVE and not told(triad)
    (message,) = triad.rows(Message, Message.kind == "meeting_stuck")
    (event,) = triad.rows(Event, Event.kind == "meeting.stuck")
    assert message.to_role == "adviser" and "the supporter is away" in event.detail["reason"]
    with triad.database.writing() as session:
        session.delete(session.exec(select(Leave).where(Leave.reason == "sabbatical")).one())
    settled(triad)
    assert triad.meetings("review")[0].status is VisitStatus.CONFIRMED and told(triad) == once(triad)


def test_a_meeting_moves_when_whoever_leads_it_is_away(triad: Company) -> None:
    review = triad.meetings("review")[0]
    with triad.database.writing() as session:
        leader = session.get_one(Supporter, triad.cases[0].supporter_id)
        touched = record_leave(session, leader, review.day - DAY, review.day + 7 * DAY, ADVISER, "illness", triad.at)
    settled(triad)
    moved = triad.meetings("review")[0]
    assert touched >= 1 and moved.status is VisitStatus.CONFIRMED and not review.day - DAY <= moved.day <= review.day + 7 * DAY
    assert told(triad) == once(triad)
    context = triad.rows(Message, Message.kind == "meeting_changed")[0].context
    assert context["why"] == "whoever leads it is away that day"
