"""What follows a school to its successor: the meetings it hosts, its group, whoever works for it, its links, and its closed days."""

import datetime
import pathlib
from typing import Any

from sqlmodel import col, select

from models.database import Database
from models.meeting import GroupPlace, Meeting
from models.message import Message
from models.school import School
from models.supporter import Conflict, Supporter
from models.term import Closure
from models.trail import Event
from models.visit import NoteOfVisit
from models.words import ClosureKind, ConflictKind, ConflictOutcome, Role, Status, VisitStatus
from simulation.wexcombe import SUCCESSOR_URN
from stages.brief import load_brief
from stages.broker.conflicts import stopped_urns
from stages.broker.reviewers import enter_reviewers
from stages.schedule.diaries import closed_days
from tests.stages.meeting_builders import Company, company, meeting_programme

NOTE: dict[str, Any] = {"strengths": "Clear aims.", "areas": "Too little time."}
WHY = "It became an academy."


def succeed(one: Company, number: int, urn: int = SUCCESSOR_URN) -> None:
    with one.database.writing() as session:
        session.get_one(School, urn).open = True
    one.one(number).decide("succeed", Role.ADVISER, urn=urn, reason=WHY)


def host_of(one: Company, meeting: Meeting) -> int:
    return next(n for n, case in enumerate(one.cases) if case.urn == meeting.host_urn)


def test_the_successor_hosts_in_its_place_and_everybody_is_told(triad: Company) -> None:
    before = {one.id: (one.host_urn, one.day) for one in triad.meetings()}
    meeting = triad.meetings("start")[0]
    number, old = host_of(triad, meeting), meeting.host_urn
    members = {row.case_id for row in triad.rows(GroupPlace, col(GroupPlace.left_on).is_(None))}
    succeed(triad, number)
    triad.engine()
    after = {one.id: (one.host_urn, one.day) for one in triad.meetings()}
    assert after == {key: (SUCCESSOR_URN if host == old else host, day) for key, (host, day) in before.items()}
    assert {row.case_id for row in triad.rows(GroupPlace, col(GroupPlace.left_on).is_(None))} == members
    told = triad.rows(Message, Message.kind == "meeting_changed")
    hosted = sum(host == old for host, _ in before.values())
    assert len(told) == 3 * hosted and {message.case_id for message in told} == {case.id for case in triad.cases}
    name = triad.name_of(SUCCESSOR_URN)
    assert {message.context["where"] for message in told} == {"at your school", f"at {name}"}
    assert all(message.context["why"] == f"{triad.name_of(old or 0)} has become {name}" for message in told)
    assert triad.meetings("start")[0].sequence == meeting.sequence + 1


def test_a_meeting_at_the_successor_is_recorded_with_its_note(triad: Company) -> None:
    meeting = triad.meetings("start")[0]
    number = host_of(triad, meeting)
    succeed(triad, number)
    triad.wait(meeting.day)
    assert triad.hold(meeting.id, **NOTE) == 3
    assert [note.case_id for note in triad.rows(NoteOfVisit)] == [triad.cases[number].id]


def test_a_meeting_that_was_held_counts_as_the_successors_turn_and_nobody_is_told_of_it(triad: Company) -> None:
    meeting = triad.meetings("start")[0]
    number = host_of(triad, meeting)
    triad.wait(meeting.day)
    triad.hold(meeting.id, **NOTE)
    to_come = [one.id for one in triad.meetings("review") if one.host_urn == meeting.host_urn]
    succeed(triad, number)
    assert triad.meetings("start")[0].host_urn == SUCCESSOR_URN
    assert len(triad.rows(Message, Message.kind == "meeting_changed")) == 3 * len(to_come)


def test_a_meeting_that_is_to_move_is_told_once_with_its_new_day(triad: Company) -> None:
    meeting = triad.meetings("review")[0]
    triad.move(meeting.id)
    succeed(triad, host_of(triad, meeting))
    others = {one.id for one in triad.meetings() if one.host_urn == SUCCESSOR_URN} - {meeting.id}
    triad.engine()
    moved = next(one for one in triad.meetings() if one.id == meeting.id)
    assert (moved.host_urn, moved.status) == (SUCCESSOR_URN, VisitStatus.CONFIRMED) and moved.day != meeting.day
    assert len(triad.rows(Message, Message.kind == "meeting_changed")) == 3 * (len(others) + 1)


def test_links_follow_as_they_were_decided_so_that_a_bar_still_bars(triad: Company) -> None:
    case, today = triad.cases[0], triad.at.date()
    first, second = triad.rows(Supporter)[:2]
    rows = {first.id: ConflictOutcome.BARRED, second.id: ConflictOutcome.CLEAR}
    with triad.database.writing() as session:
        for row in session.exec(select(Conflict).where(Conflict.urn == case.urn)).all():
            session.delete(row)
        for number, outcome in rows.items():
            session.add(Conflict(supporter_id=number, urn=case.urn, kind=ConflictKind.GOVERNOR, declared_on=today, outcome=outcome))
    succeed(triad, 0)
    assert {row.supporter_id: row.outcome for row in triad.rows(Conflict, Conflict.urn == SUCCESSOR_URN)} == rows
    stopped = triad.read(lambda session: stopped_urns(session, today))
    assert {case.urn, SUCCESSOR_URN} <= stopped[first.id] and SUCCESSOR_URN not in stopped.get(second.id, set())
    assert len(triad.rows(Event, Event.kind == "conflict.followed")) == 2
    # There and back again: nothing is entered twice.
    triad.one(0).decide("succeed", Role.ADVISER, urn=case.urn, reason="The conversion was put off.")
    assert len(triad.rows(Conflict, col(Conflict.urn).in_([case.urn, SUCCESSOR_URN]))) == 4
    assert {one.host_urn for one in triad.meetings()} == {one.urn for one in triad.cases}


def test_the_days_on_which_a_school_has_no_visits_are_its_successors_too(triad: Company) -> None:
    old, other = triad.cases[0].urn, triad.cases[1].urn
    days = [triad.at.date() + datetime.timedelta(days=number) for number in (5, 6, 40)]
    with triad.database.writing() as session:
        session.add_all(Closure(authority="999", urn=old, day=day, reason="training", kind=ClosureKind.INSET) for day in days)
        session.add(Closure(authority="999", urn=other, day=days[0], reason="own", kind=ClosureKind.OWN))
        session.add(Closure(authority="999", urn=SUCCESSOR_URN, day=days[0], reason="own", kind=ClosureKind.OWN))
    succeed(triad, 0)
    found = [(row.day, row.reason, row.kind, row.authority) for row in triad.rows(Closure, Closure.urn == SUCCESSOR_URN)]
    assert found == [(days[0], "own", ClosureKind.OWN, "999"), *((day, "training", ClosureKind.INSET, "999") for day in days[1:])]
    brief = triad.read(lambda session: load_brief(session, triad.commission_id))
    assert set(days) <= triad.read(lambda session: closed_days(session, brief, [SUCCESSOR_URN]))[SUCCESSOR_URN].keys()
    (event,) = triad.rows(Event, Event.kind == "closure.followed")
    assert event.detail["days"] == [day.isoformat() for day in days[1:]]


def test_whoever_reviews_for_a_school_reviews_for_its_successor(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    peer: dict[str, Any] = {"mode": "peer", "skills": ["disadvantage"], "cases_per_supporter": 1, "trained_first": True}
    training = {"id": "training", "title": "Training", "kind": "training", "held": "group", "hosts": "supporter", "bookings": "open", "note": False}
    one = company(sqlite_database, tmp_path, meeting_programme(training, places=3, broker=peer)).until(Status.AWAITING_CONFIRMATION)
    one.engine()
    old = one.cases[0].urn
    (reviewer,) = one.rows(Supporter, Supporter.employer_urn == old)
    succeed(one, 0)
    (followed,) = one.rows(Supporter, Supporter.employer_urn == SUCCESSOR_URN)
    assert (followed.id, followed.version) == (reviewer.id, reviewer.version + 1)
    assert enter_reviewers(sqlite_database, one.commission_id, one.at) == 0
    (event,) = one.rows(Event, Event.kind == "supporter.followed")
    assert (event.before, event.after, event.detail["supporter"]) == (str(old), str(SUCCESSOR_URN), reviewer.name)
