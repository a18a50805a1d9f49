"""Who is at a meeting in the end: hosts who cannot, schools that left or came unasked, one thing a day, and whose days it takes."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput, NotPossible
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.supporter import Supporter
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, MoneyKind, Role, Status, SupporterKind, VisitStatus
from stages.brief import load_brief
from stages.broker.handover import handover_pack
from stages.broker.leaving import leave_for_good
from stages.broker.supporters import NewSupporter, add_supporters
from stages.ledger import money_left
from stages.reminders.worklists import worklists
from stages.schedule.diaries import busy_days, diaries
from stages.schedule.meeting_places import leaders
from stages.schedule.meetings import Meetings
from stages.visits import PART_IN_WORDS
from tests.stages.meeting_builders import ADVISER, START, TRIAD, VISIT, Company, company, meeting_programme

LEADER = NewSupporter(
    name="Leading school", email="lead@school.example", kind=SupporterKind.SUPPORTING_SCHOOL, skills="disadvantage:2", days_a_year=60,
    pounds_a_day=400, easting=455_000, northing=195_000, declared_on=datetime.date(2026, 9, 1),
)  # fmt: skip
NOTE: dict[str, Any] = {"strengths": "Clear aims.", "areas": "Too little time."}


def host_of(one: Company, meeting: Meeting) -> int:
    """Return the place in the list of the case whose school hosts a meeting."""
    return next(n for n, case in enumerate(one.cases) if case.urn == meeting.host_urn)


def test_a_host_that_cannot_come_hands_the_meeting_to_a_school_that_can(triad: Company) -> None:
    meeting = triad.meetings("review")[0]
    triad.one(host_of(triad, meeting)).decide("send-apologies", Role.SCHOOL, meeting=meeting.id, reason="An inspection.")
    triad.engine()
    after = triad.meetings("review")[0]
    assert after.host_urn != meeting.host_urn and after.day == meeting.day
    assert triad.places(meeting.id)[triad.cases[host_of(triad, after)].id] is AttendanceStatus.EXPECTED
    # Once is enough.
    triad.engine()
    assert triad.meetings("review")[0].sequence == after.sequence


def test_of_a_host_that_was_not_there_no_note_is_written(triad: Company) -> None:
    meeting = triad.meetings("start")[0]
    triad.wait(meeting.day)
    others = [case.urn for case in triad.cases if case.urn != meeting.host_urn]
    assert triad.hold(meeting.id, dict.fromkeys(others, 2), **NOTE) == 2
    assert triad.rows(NoteOfVisit) == [] and triad.meetings("start")[0].status is VisitStatus.HELD


def test_a_school_that_withdrew_cannot_have_come(triad: Company) -> None:
    meeting = triad.meetings("start")[0]
    guest = next(n for n, case in enumerate(triad.cases) if case.urn != meeting.host_urn)
    triad.one(guest).decide("withdraw", Role.SCHOOL, reason="It merges.")
    triad.wait(meeting.day)
    with pytest.raises(BadInput, match="has no place at meeting"):
        triad.hold(meeting.id, {triad.cases[guest].urn: 2, meeting.host_urn: 1}, **NOTE)


def test_a_school_that_takes_part_and_comes_unasked_is_recorded(open_network: Company) -> None:
    meeting = open_network.meetings("network")[0]
    assert open_network.places(meeting.id) == {}
    open_network.wait(meeting.day)
    guest = open_network.cases[0]
    assert open_network.hold(meeting.id, {guest.urn: 2}) == 1
    (place,) = open_network.rows(Attendance, Attendance.meeting_id == meeting.id)
    assert (place.case_id, place.status, place.people, place.booked) == (guest.id, AttendanceStatus.CAME, 2, False)


def test_no_place_is_booked_on_a_day_on_which_the_school_has_a_visit(open_network: Company) -> None:
    meeting, case = open_network.meetings("network")[0], open_network.cases[0]
    with open_network.database.writing() as session:
        visit = session.exec(select(Visit).where(Visit.case_id == case.id)).first()
        assert visit is not None
        visit.day = meeting.day
    with pytest.raises(NotPossible, match="has something else on"):
        open_network.one(0).decide("book-place", Role.SCHOOL, meeting=meeting.id)


def test_a_case_that_is_in_two_groups_has_one_thing_a_day(sqlite_database: Database, tmp_path: Path) -> None:
    area = {"id": "area", "title": "Area", "kind": "meeting", "held": "group", "hosts": "rotating", "attendance": True, "note": False,
            "every": "half_term", "with_match": "area"}  # fmt: skip
    further = [{"id": "area", "title": "Area", "broker": {"mode": "group", "skills": ["disadvantage"], "group_size": 6, "accepted_by": []}}]
    programme = meeting_programme(START, VISIT, area, places=6, broker=TRIAD, further_matches=further, lasts={"school_years": 1}, days=4.0)
    one = company(sqlite_database, tmp_path, programme)
    with sqlite_database.writing() as session:
        add_supporters(session, [LEADER])
    one.until(Status.BOOKED)
    for case in one.cases:
        days = one.read(lambda session, case=case: _days(session, case.id))
        assert len(days) == len(set(days)) > 3


def test_whoever_joins_late_goes_to_one_of_two_meetings_on_one_day(triad: Company) -> None:
    # Given a case that has no place yet and whose group is to meet twice on one day,
    start, review = triad.meetings("start")[0], triad.meetings("review")[0]
    case = triad.cases[0]
    with triad.database.writing() as session:
        for place in session.exec(select(Attendance).where(Attendance.case_id == case.id)).all():
            session.delete(place)
        session.get_one(Meeting, review.id).day = start.day
        brief = load_brief(session, triad.commission_id)
        meetings = Meetings(session, brief, diaries(session, brief, leaders(session, brief)), triad.at.date(), triad.at.date())
        # when it comes to the timetable,
        found = meetings.arrange(case, case.begins or triad.at.date())
    # then it has a place at the first of the two and none at the other.
    assert start.id in {one.id for one in found.places} and review.id not in {one.id for one in found.places}
    assert "review.1" in found.gone and found.days["start"] == start.day


def _days(session: Session, case_id: int) -> list[datetime.date]:
    """Return the days of all visits and meetings of a case."""
    visits = session.exec(select(Visit.day).where(Visit.case_id == case_id, col(Visit.status).in_(["proposed", "confirmed"]))).all()
    meetings = select(Meeting.day).join(Attendance, col(Attendance.meeting_id) == Meeting.id).where(Attendance.case_id == case_id)
    return [*visits, *session.exec(meetings).all()]


def test_a_meeting_of_its_group_keeps_a_day_before_a_case_has_its_place(triad: Company) -> None:
    meeting = triad.meetings("review")[0]
    case = triad.cases[0]
    with triad.database.writing() as session:
        for place in session.exec(select(Attendance).where(Attendance.case_id == case.id)).all():
            session.delete(place)
    days = triad.read(lambda session: busy_days(session, [case.id])[case.id])
    assert meeting.day in days
    assert meeting.day not in triad.read(lambda session: busy_days(session, [case.id], implied=False)[case.id])


def test_meetings_of_a_small_group_leave_each_school_the_days_of_its_own_visits(triad: Company) -> None:
    # Given a triad of which two schools leave, when the third has all that is to come,
    left = triad.read(lambda session: money_left(session, triad.commission_id))
    start = triad.meetings("start")[0]
    triad.wait(start.day)
    triad.hold(start.id, **NOTE)
    for number in range(3):
        if triad.cases[number].urn != start.host_urn:
            triad.one(number).decide("withdraw", Role.SCHOOL, reason="It merges.")
    triad.engine()
    host = host_of(triad, start)
    for meeting in triad.meetings("review", VisitStatus.CONFIRMED):
        triad.wait(meeting.day)
        triad.hold(meeting.id, [triad.cases[host].urn])
    one = triad.one(host)
    one.decide("note-accurate", Role.SCHOOL, visit="start.1")
    for visit in one.visits(VisitStatus.CONFIRMED):
        triad.wait(visit.day)
        triad.one(host).decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE, actions=["Ask families"])
    # then nothing was used that was not committed, and the budget was not exceeded.
    lines = triad.rows(LedgerLine, LedgerLine.case_id == triad.cases[host].id)
    total = {kind: sum(line.pence for line in lines if line.kind is kind) for kind in MoneyKind}
    assert 0 < total[MoneyKind.USED] <= total[MoneyKind.COMMITTED] - total[MoneyKind.RELEASED]
    assert triad.read(lambda session: money_left(session, triad.commission_id)) >= 0 and left > 0


def test_a_school_that_is_left_alone_in_its_group_stands_in_the_worklist(triad: Company) -> None:
    for number in (1, 2):
        triad.one(number).decide("withdraw", Role.SCHOOL, reason="It merges.")
    with triad.database.reading() as session:
        brief = load_brief(session, triad.commission_id)
        drafts = worklists(session, brief, [triad.cases[0]], triad.at.date())
        assert len(session.exec(select(SupportGroup)).all()) == 1
        assert len(session.exec(select(GroupPlace).where(col(GroupPlace.left_on).is_(None))).all()) == 1
    said = [line for draft in drafts for line in draft.context["lines"] if "left alone in a group" in line["says"]]
    assert [school["name"] for line in said for school in line["schools"]] == [triad.name_of(triad.cases[0].urn)]


def handed_over(one: Company, number: int = 0) -> dict[str, list[str]]:
    case = one.cases[number]
    pack = one.read(lambda session: handover_pack(session, load_brief(session, one.commission_id, [case.urn]), case))
    return {part["title"]: part["lines"] for part in pack}


def test_a_handover_names_the_group_its_meetings_and_who_has_sent_apologies(triad: Company) -> None:
    start, first, second, third = triad.meetings()
    name = [triad.name_of(case.urn) for case in triad.cases]
    leader = triad.rows(Supporter, Supporter.id == start.supporter_id)[0].name
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=first.id, reason="Inspection")
    triad.wait(start.day)
    triad.hold(start.id, [triad.cases[1].urn, triad.cases[2].urn])
    triad.cancel(third.id, "The speaker is ill.")
    parts = handed_over(triad)
    line = lambda one: f"{one.day:%-d %B %Y} ({PART_IN_WORDS[one.part.value]}): {one.purpose}, at {triad.name_of(one.host_urn)}"  # noqa: E731
    assert parts["Work with other schools"] == [f"Triad 1, led by {leader}, with {name[1]}, {name[2]}"]
    assert parts["Meetings so far"] == [f"{line(start)} (did not come)."]
    assert parts["Meetings that were cancelled"] == [f"{line(third)}. Why: The speaker is ill."]
    assert parts["Meetings to come"] == [f"{line(first)} (expected). Apologies: {name[1]} (Inspection)", f"{line(second)} (expected)"]
    assert parts["Still to come"] == ["Visit"]
    assert handed_over(triad, 1)["Meetings to come"][0] == f"{line(first)} (sent apologies). Apologies: {name[1]} (Inspection)"


def test_a_handover_after_the_leader_left_still_tells_of_the_group_and_its_apologies(triad: Company) -> None:
    start = triad.meetings()[0]
    name = [triad.name_of(case.urn) for case in triad.cases]
    leader = triad.rows(Supporter, Supporter.id == start.supporter_id)[0]
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=start.id, reason="Inspection")
    with triad.database.writing() as session:
        leave_for_good(session, session.get_one(Supporter, leader.id), ADVISER, "A new post.", triad.at)
    triad.engine()
    parts = handed_over(triad)
    group = parts["Work with other schools"][0]
    assert group.startswith(f"Triad 1, led by {leader.name}, with {name[1]}, {name[2]}; the school was in it until ") and group.endswith(
        "A new post."
    )
    assert len(parts["Meetings that were cancelled"]) == 4 and "Meetings to come" not in parts
    assert parts["Meetings that were cancelled"][0].endswith(f". Apologies: {name[1]} (Inspection)")
    assert parts["Still to come"] == ["Visit", "First meeting with other schools", "Review of a school with other schools, 3 times"]
