"""Who came to a meeting, put right afterwards: counts and charge follow, and what was recorded first stays in the trail."""

import datetime
from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from models.commission import LedgerLine
from models.errors import BadInput, LodestarError, NotAllowed, NotPossible
from models.meeting import Attendance, Meeting
from models.message import Message
from models.note import NoteContent
from models.trail import Decision, Event
from models.visit import NoteOfVisit
from models.words import AttendanceStatus, MoneyKind, Role
from reports.meetings import corrections_of, meetings_of
from stages.brief import load_brief
from stages.ledger import money_left
from stages.record import Actor
from stages.schedule.attending import find_meeting
from stages.schedule.meeting_corrections import Correction, correct_meeting
from tests.stages.builders import everything
from tests.stages.meeting_builders import ADVISER, Company

CAME, ABSENT, APOLOGIES, GIVEN_BACK = AttendanceStatus.CAME, AttendanceStatus.ABSENT, AttendanceStatus.APOLOGIES, AttendanceStatus.GIVEN_BACK
WHY = "The signing-in sheet was of another day."
NOTE: dict[str, Any] = {"strengths": "Clear aims.", "areas": "Too little time."}


def correct(one: Company, number: int, reason: str = WHY, actor: Actor = ADVISER, **what: Any) -> int:
    with one.database.writing() as session:
        brief = load_brief(session, one.commission_id)
        return correct_meeting(session, brief, find_meeting(session, brief, number), actor, one.at, Correction(**what), reason)


def held(one: Company, name: str = "review", *came: int, **more: Any) -> Meeting:
    """Hold the first meeting of a name with two people of each of these cases, by their places in the list."""
    meeting = one.meetings(name)[0]
    one.wait(meeting.day)
    one.hold(meeting.id, {one.cases[n].urn: 2 for n in came}, **more)
    return one.meetings(name)[0]


def people(one: Company, number: int) -> list[tuple[AttendanceStatus, int | None]]:
    """Return how each case was there, in the order of the cases."""
    rows = {row.case_id: (row.status, row.people) for row in one.rows(Attendance, Attendance.meeting_id == number)}
    return [rows[case.id] for case in one.cases]


def used(one: Company, kind: MoneyKind = MoneyKind.USED) -> list[int]:
    """Return the half days that each case has used, or had committed or released."""
    lines = one.rows(LedgerLine, LedgerLine.kind == kind)
    return [sum(line.half_days for line in lines if line.case_id == case.id) for case in one.cases]


def counted(one: Company, number: int) -> tuple[int, int]:
    with one.database.reading() as session:
        row = next(row for row in meetings_of(session, load_brief(session, one.commission_id)) if row["meeting"] == number)
    return row["came"], row["expected"]


def test_who_came_and_with_how_many_is_put_right_and_counts_follow(triad: Company) -> None:
    meeting, (first, second, third) = held(triad, "review", 0, 1), triad.cases
    before, version = used(triad), meeting.version
    assert counted(triad, meeting.id) == (2, 3)
    assert correct(triad, meeting.id, came={second.urn: 5, third.urn: 1}, apologies=[first.urn]) == 3
    assert people(triad, meeting.id) == [(APOLOGIES, 0), (CAME, 5), (CAME, 1)]
    assert counted(triad, meeting.id) == (2, 3) and used(triad) == before and triad.meetings("review")[0].version == version + 1
    correct(triad, meeting.id, absent=[second.urn])
    assert counted(triad, meeting.id) == (1, 3)


def test_old_and_new_are_kept_with_who_when_and_why(triad: Company) -> None:
    meeting, (first, second, _) = held(triad, "review", 0, 1), triad.cases
    triad.at = triad.at.add(days=3)
    correct(triad, meeting.id, came={second.urn: 1}, absent=[first.urn])
    events = {event.case_id: event for event in triad.rows(Event, Event.kind == "meeting.corrected")}
    assert {number: (event.before, event.after) for number, event in events.items()} == {
        first.id: ("came (2 people)", "absent"), second.id: ("came (2 people)", "came (1 person)"),
    }  # fmt: skip
    assert {(event.by, event.role, event.at, event.detail["reason"]) for event in events.values()} == {(ADVISER.by, Role.ADVISER, triad.at, WHY)}
    assert {row.case_id for row in triad.rows(Decision, Decision.kind == "meeting.corrected")} == {first.id, second.id}
    (row,) = triad.read(lambda session: corrections_of(session, triad.commission_id, case_id=first.id))
    assert (row["meeting"], row["was"], row["now"], row["by"], row["why"]) == (meeting.id, "came (2 people)", "absent", ADVISER.by, WHY)
    assert triad.read(lambda session: corrections_of(session, triad.commission_id, meeting.id + 1)) == []


def test_a_school_that_paid_and_was_never_expected_has_its_time_back_and_another_pays_once(triad: Company) -> None:
    first = triad.meetings("review")[0]
    with triad.database.writing() as session:
        session.execute(delete(Attendance).where(col(Attendance.meeting_id) == first.id, col(Attendance.case_id) == triad.cases[0].id))
    money = triad.read(lambda session: money_left(session, triad.commission_id))
    meeting = held(triad, "review", 0, 1)
    assert used(triad) == [1, 0, 0]
    correct(triad, meeting.id, absent=[triad.cases[0].urn])
    assert people(triad, meeting.id) == [(GIVEN_BACK, 0), (CAME, 2), (ABSENT, 0)] and counted(triad, meeting.id) == (1, 2)
    assert used(triad) == [0, 1, 0] and used(triad, MoneyKind.RELEASED) == [0, 0, 0]
    pence = [line.pence for line in triad.rows(LedgerLine, LedgerLine.kind == MoneyKind.USED)]
    assert sorted(pence)[0] == -sorted(pence)[1] and sum(pence) == max(pence)
    assert triad.read(lambda session: money_left(session, triad.commission_id)) == money
    # It had come after all, and is charged nothing: the meeting is paid for.
    correct(triad, meeting.id, came={triad.cases[0].urn: 2})
    assert used(triad) == [0, 1, 0]
    correct(triad, meeting.id, absent=[triad.cases[0].urn])
    assert people(triad, meeting.id)[0] == (GIVEN_BACK, 0) and used(triad) == [0, 1, 0]


def test_what_was_committed_for_a_meeting_of_a_small_group_is_released_with_the_charge(triad: Company) -> None:
    first, guest = triad.meetings("review")[0], triad.cases[0]
    with triad.database.writing() as session:
        session.execute(delete(Attendance).where(col(Attendance.meeting_id) == first.id, col(Attendance.case_id) == guest.id))
    meeting = held(triad, "review", 0, 1)
    with triad.database.writing() as session:
        reason = f"meeting {meeting.id} of a group smaller than planned"
        line = session.exec(select(LedgerLine).where(LedgerLine.kind == MoneyKind.USED)).one()
        session.add(LedgerLine(**line.model_dump(exclude={"id", "kind", "reason"}), kind=MoneyKind.COMMITTED, reason=reason))
    correct(triad, meeting.id, absent=[guest.urn])
    assert used(triad) == [0, 1, 0] and used(triad, MoneyKind.RELEASED) == [1, 0, 0]


def test_a_school_that_came_without_a_place_is_entered_and_told_what_was_shared(open_network: Company) -> None:
    meeting = held(open_network, "network", 0, resources=["A checklist"])
    assert open_network.rows(Message, Message.kind == "meeting_held", Message.case_id == open_network.cases[1].id) == []
    correct(open_network, meeting.id, came={open_network.cases[1].urn: 4})
    assert people_by_case(open_network, meeting.id) == {open_network.cases[0].id: 2, open_network.cases[1].id: 4}
    (message,) = open_network.rows(Message, Message.kind == "meeting_held", Message.case_id == open_network.cases[1].id)
    assert message.context["came"] is True and message.context["resources"] == ["A checklist"]
    (event,) = open_network.rows(Event, Event.kind == "meeting.corrected")
    assert (event.before, event.after) == ("no place", "came (4 people)")


def people_by_case(one: Company, number: int) -> dict[int, int | None]:
    return {row.case_id: row.people for row in one.rows(Attendance, Attendance.meeting_id == number)}


def test_a_host_that_was_there_after_all_has_its_note_and_of_one_with_a_note_nobody_says_it_was_not_there(triad: Company) -> None:
    meeting = triad.meetings("start")[0]
    host = next(n for n, case in enumerate(triad.cases) if case.urn == meeting.host_urn)
    others = [n for n in range(3) if n != host]
    held(triad, "start", *others)
    refused(triad, BadInput, "strength", meeting.id, came={triad.cases[host].urn: 1})
    refused(triad, BadInput, "No note of visit comes of this", meeting.id, absent=[triad.cases[others[0]].urn], **NOTE)
    correct(triad, meeting.id, came={triad.cases[host].urn: 1}, **NOTE)
    (note,) = triad.rows(NoteOfVisit)
    assert note.case_id == triad.cases[host].id and NoteContent.model_validate(note.content).section("strengths") == NOTE["strengths"]
    refused(triad, NotPossible, "there is a note of visit, so it was there", meeting.id, absent=[triad.cases[host].urn])


def refused(one: Company, error: type[LodestarError], says: str, number: int, reason: str = WHY, actor: Actor = ADVISER, **what: Any) -> None:
    """Check that a correction is refused in these words and leaves nothing behind."""
    before = everything(one.database)
    with pytest.raises(error, match=says):
        correct(one, number, reason, actor, **what)
    assert everything(one.database) == before


def test_what_cannot_be_a_correction_is_refused(triad: Company) -> None:
    first, second = (case.urn for case in triad.cases[:2])
    meeting = triad.meetings("review")[0]
    refused(triad, NotPossible, "is confirmed: who came is put right of one that was held", meeting.id, came={first: 1})
    held(triad, "review", 0, 1)
    refused(triad, BadInput, "needs a reason", meeting.id, " ", absent=[first])
    refused(triad, BadInput, "tell|told of single pupils", meeting.id, "It was Amy Walker, Ben Shah and Chloe Martin.", absent=[first])
    refused(triad, BadInput, "Say what is right", meeting.id)
    refused(triad, BadInput, f"School {first} is named twice", meeting.id, came={first: 1}, absent=[first])
    refused(triad, BadInput, "from 1 to 500 people", meeting.id, came={first: 0})
    refused(triad, BadInput, "from 1 to 500 people", meeting.id, came={first: 501})
    refused(triad, BadInput, "School 100001 had no place", meeting.id, absent=[100_001])
    refused(triad, NotPossible, "Nothing of this is otherwise", meeting.id, came={first: 2})
    refused(triad, BadInput, "nobody would have come", meeting.id, absent=[first, second])
    refused(triad, NotAllowed, "cannot correct a meeting", meeting.id, actor=Actor(Role.SCHOOL, "headteacher"), absent=[first])
    triad.at = triad.at - datetime.timedelta(hours=1)
    refused(triad, NotPossible, "correct it from then on", meeting.id, absent=[first])
