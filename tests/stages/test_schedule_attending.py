"""What people decide on a meeting: who may, what is refused, and what it leaves for each school, in the ledger and in the messages."""

import datetime
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from models.commission import LedgerLine
from models.errors import BadInput, LodestarError, NotAllowed, NotFound, NotPossible
from models.meeting import Attendance, Meeting
from models.message import Message
from models.trail import Event
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, MoneyKind, NoteStatus, Role, Status, VisitStatus
from stages.brief import load_brief
from stages.record import Actor
from stages.schedule.attending import find_meeting
from tests.stages.builders import agreed_in, everything, opened, texts_of
from tests.stages.meeting_builders import NETWORK, Company, meeting_programme

DAY = datetime.timedelta(days=1)
CAME, ABSENT, APOLOGIES, GIVEN_BACK, EXPECTED = (
    AttendanceStatus.CAME, AttendanceStatus.ABSENT, AttendanceStatus.APOLOGIES, AttendanceStatus.GIVEN_BACK, AttendanceStatus.EXPECTED
)  # fmt: skip
NOTE: dict[str, Any] = {"strengths": "Clear aims.", "areas": "Too little time.", "actions": ["Share the aims with governors"]}
NAMES = "It was said by Amy Walker, Ben Shah and Chloe Martin."
LEADS = {Role.SUPPORTER, Role.ADVISER, Role.LEAD}


def on_the_day(one: Company, name: str = "start", number: int = 0) -> Meeting:
    """Go to the day of a meeting and return it."""
    meeting = one.meetings(name)[number]
    one.wait(meeting.day)
    return meeting


def refused(one: Company, what: Callable[[], object], error: type[LodestarError], says: str) -> None:
    """Check that something is refused in these words and leaves nothing behind."""
    before = everything(one.database)
    with pytest.raises(error, match=says):
        what()
    assert everything(one.database) == before


def as_role(role: Role) -> Actor:
    return Actor(role, f"the {role.value}")


OTHERS = sorted(set(Role) - LEADS)


@pytest.mark.parametrize("role", sorted(LEADS))
def test_whoever_leads_or_steers_may_hold_move_and_cancel_a_meeting(role: Role, triad: Company) -> None:
    meeting, actor = on_the_day(triad), as_role(role)
    assert triad.hold(meeting.id, actor=actor, **NOTE) == 3
    first, second, *_ = triad.meetings("review")
    triad.move(first.id, actor=actor)
    triad.cancel(second.id, actor=actor)
    assert [m.status for m in triad.meetings()[:3]] == [VisitStatus.HELD, VisitStatus.TO_MOVE, VisitStatus.CANCELLED]
    kinds = [(event.kind, event.role, event.by) for event in triad.rows(Event) if event.kind.startswith("meeting.") and event.kind != "meeting.set"]
    assert kinds == [(f"meeting.{kind}", role, actor.by) for kind in ("held", "to-move", "cancelled")]


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_may_hold_move_or_cancel_a_meeting(role: Role, triad: Company) -> None:
    meeting, actor = on_the_day(triad), as_role(role)
    for what in (lambda: triad.hold(meeting.id, actor=actor, **NOTE), lambda: triad.move(meeting.id, actor=actor),
                 lambda: triad.cancel(meeting.id, actor=actor)):  # fmt: skip
        refused(triad, what, NotAllowed, f"The role {role.value} cannot")


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.ADVISER, Role.LEAD])
def test_the_school_or_whoever_steers_books_a_place_and_sends_apologies(role: Role, open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    open_network.one(0).decide("book-place", role, meeting=meeting.id)
    assert list(open_network.places(meeting.id).values()) == [EXPECTED]
    open_network.one(0).decide("send-apologies", role, meeting=meeting.id, reason="A trip.")
    assert list(open_network.places(meeting.id).values()) == [GIVEN_BACK]


@pytest.mark.parametrize("role", [Role.SUPPORTER, Role.COMMISSIONER])
def test_nobody_else_books_a_place_or_sends_apologies(role: Role, open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    one = open_network.one(0)
    refused(open_network, lambda: one.decide("book-place", role, meeting=meeting.id), NotAllowed, f"role {role.value} cannot book a place")
    open_network.one(0).decide("book-place", Role.SCHOOL, meeting=meeting.id)
    refused(open_network, lambda: one.decide("send-apologies", role, meeting=meeting.id), NotAllowed, "cannot send apologies")


def test_whoever_was_expected_and_did_not_come_is_absent_and_apologies_stay_apologies(triad: Company) -> None:
    meeting = on_the_day(triad)
    first, second, third = triad.cases
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=meeting.id, reason="Inspection.")
    assert triad.hold(meeting.id, {first.urn: 4}, **NOTE) == 1
    assert triad.places(meeting.id) == {first.id: CAME, second.id: APOLOGIES, third.id: ABSENT}
    people = {row.case_id: (row.people, row.why) for row in triad.rows(Attendance, Attendance.meeting_id == meeting.id)}
    assert people == {first.id: (4, None), second.id: (0, "Inspection."), third.id: (0, None)}


def test_whoever_sent_apologies_and_came_all_the_same_came(triad: Company) -> None:
    meeting = on_the_day(triad)
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=meeting.id, reason="Inspection.")
    triad.hold(meeting.id, [case.urn for case in triad.cases], **NOTE)
    assert set(triad.places(meeting.id).values()) == {CAME}


def test_nobody_of_a_school_is_a_school_that_did_not_come(triad: Company) -> None:
    meeting = on_the_day(triad)
    first, second, third = triad.cases
    triad.hold(meeting.id, {first.urn: 2, second.urn: 0, third.urn: 1}, **NOTE)
    assert triad.places(meeting.id) == {first.id: CAME, second.id: ABSENT, third.id: CAME}


def test_a_meeting_to_which_only_nobody_came_was_not_held(triad: Company) -> None:
    meeting = on_the_day(triad)
    zero = {case.urn: 0 for case in triad.cases}
    refused(triad, lambda: triad.hold(meeting.id, zero, **NOTE), BadInput, "cancel the meeting if nobody did")


def test_what_cannot_have_been_is_refused_and_leaves_nothing(triad: Company) -> None:
    start, review = triad.meetings()[:2]
    refused(triad, lambda: triad.hold(start.id, **NOTE), NotPossible, "which is still to come: record it after it")
    triad.wait(start.day)
    urns = [case.urn for case in triad.cases]
    refused(triad, lambda: triad.hold(start.id, [*urns, 990001], **NOTE), BadInput, f"School 990001 has no place at meeting {start.id}")
    refused(triad, lambda: triad.hold(start.id, {urns[0]: 501}, **NOTE), BadInput, "from 0 to 500 people")
    refused(triad, lambda: triad.hold(start.id, {urns[0]: -1}, **NOTE), BadInput, "from 0 to 500 people")
    refused(triad, lambda: triad.hold(start.id, {}, **NOTE), BadInput, "attendance is taken")
    refused(triad, lambda: triad.hold(start.id, on=start.day + DAY, **NOTE), NotPossible, "still to come")
    refused(triad, lambda: triad.hold(start.id, on=datetime.date(2026, 8, 31), **NOTE), NotPossible, "before the commission began")
    refused(triad, lambda: triad.hold(start.id, strengths="Aims."), BadInput, "give --strengths and --areas")
    refused(triad, lambda: triad.hold(999, {}), NotFound, "There is no meeting 999")
    triad.hold(start.id, **NOTE)
    refused(triad, lambda: triad.hold(start.id, [], **NOTE), NotPossible, f"Meeting {start.id} is held, so it cannot be recorded as held")
    triad.move(review.id)
    triad.wait(review.day)
    refused(triad, lambda: triad.hold(review.id), NotPossible, "is to move, so it cannot be recorded")


def test_a_meeting_of_another_commission_is_not_found_in_this_one(open_network: Company, tmp_path: pathlib.Path) -> None:
    other = opened(open_network.database, tmp_path, meeting_programme(NETWORK, programme="other"))
    (meeting,) = open_network.meetings()
    with open_network.database.reading() as session, pytest.raises(NotFound, match=f"There is no meeting {meeting.id} in 999-other"):
        find_meeting(session, load_brief(session, other), meeting.id)


@pytest.mark.parametrize("field", ["strengths", "areas", "actions", "speaker", "resources"])
def test_text_that_looks_like_pupils_names_is_refused_whatever_it_is_for(field: str, triad: Company) -> None:
    meeting = on_the_day(triad)
    more = NOTE | {field: [NAMES] if field in {"actions", "resources"} else NAMES}
    refused(triad, lambda: triad.hold(meeting.id, **more), BadInput, "looks as if it told of single pupils")


def test_a_reason_that_looks_like_pupils_names_is_refused(triad: Company) -> None:
    meeting = triad.meetings()[0]
    for what in (triad.move, triad.cancel):
        refused(triad, lambda what=what: what(meeting.id, NAMES), BadInput, "The reason looks as if it told of single pupils")  # type: ignore[misc]
        refused(triad, lambda what=what: what(meeting.id, "  "), NotPossible, "needs a reason")  # type: ignore[misc]
    apologies = lambda: triad.one(0).decide("send-apologies", Role.SCHOOL, meeting=meeting.id, reason=NAMES)  # noqa: E731
    refused(triad, apologies, BadInput, "looks as if it told of single pupils")


def test_the_host_has_a_note_of_the_meeting_and_marks_it_accurate(triad: Company) -> None:
    meeting = on_the_day(triad)
    host = next(case for case in triad.cases if case.urn == meeting.host_urn)
    triad.hold(meeting.id, **NOTE)
    (visit,) = triad.rows(Visit, Visit.status == VisitStatus.HELD)
    (note,) = triad.rows(NoteOfVisit)
    assert (visit.case_id, visit.meeting_id, visit.held_on, note.case_id) == (host.id, meeting.id, meeting.day, host.id)
    assert (texts_of(note), agreed_in(note)) == ({name: NOTE[name] for name in ("strengths", "areas")}, NOTE["actions"])
    (asked,) = triad.rows(Message, Message.kind == "note_for_reply")
    assert asked.case_id == host.id
    number = [case.id for case in triad.cases].index(host.id)
    triad.one(number).decide("note-accurate", Role.SCHOOL, visit=visit.session)
    assert triad.rows(NoteOfVisit)[0].status is NoteStatus.PUBLISHED
    triad.engine()
    assert triad.cases[number].stage.value == "plan"


def test_a_meeting_without_a_note_writes_none(triad: Company) -> None:
    meeting = on_the_day(triad, "review")
    triad.hold(meeting.id)
    assert triad.rows(NoteOfVisit) == [] and triad.rows(Visit, Visit.status == VisitStatus.HELD) == []


def test_the_time_of_a_meeting_is_charged_once_and_never_more_than_was_committed(triad: Company) -> None:
    for meeting in triad.meetings():
        triad.wait(meeting.day)
        triad.hold(meeting.id, **(NOTE if meeting.session == "start" else {}))
    for visit in triad.rows(Visit, Visit.status == VisitStatus.CONFIRMED):
        number = [case.id for case in triad.cases].index(visit.case_id)
        triad.one(number).decide("write-note", Role.SUPPORTER, visit=visit.session, strengths="Good.", areas="More.")
    lines = triad.rows(LedgerLine)
    used = [line for line in lines if line.kind is MoneyKind.USED]
    assert len(used) == 4 + 3 and all(line.half_days == 1 for line in used)
    assert sum(line.reason.startswith("meeting ") for line in used) == 4
    for case in triad.cases:
        committed = sum(line.half_days for line in lines if line.case_id == case.id and line.kind is MoneyKind.COMMITTED)
        assert sum(line.half_days for line in used if line.case_id == case.id) <= committed
    assert sum(line.pence for line in used) <= sum(line.pence for line in lines if line.kind is MoneyKind.COMMITTED)


def test_a_meeting_of_the_whole_commission_is_led_by_the_partnership_and_charged_to_nobody(network: Company) -> None:
    meeting = on_the_day(network, "network")
    network.hold(meeting.id)
    assert [line for line in network.rows(LedgerLine) if line.kind is MoneyKind.USED] == []


def test_what_a_meeting_leaves_is_told_to_everybody_with_a_place(triad: Company) -> None:
    meeting = on_the_day(triad)
    first, second, third = triad.cases
    triad.one(1).decide("send-apologies", Role.SCHOOL, meeting=meeting.id, reason="Inspection.")
    triad.hold(meeting.id, [first.urn], speaker="a head from another town", resources=["The slides"], **NOTE)
    told = {row.case_id: row.context for row in triad.rows(Message, Message.kind == "meeting_held")}
    assert {number: context["came"] for number, context in told.items()} == {first.id: True, second.id: False, third.id: False}
    assert all(context["speaker"] == "a head from another town" and context["resources"] == ["The slides"] for context in told.values())
    stored = triad.meetings()[0]
    assert (stored.speaker, list(stored.resources), stored.held_on) == ("a head from another town", ["The slides"], meeting.day)


def test_a_school_that_left_or_gave_its_place_back_is_not_told_what_a_meeting_leaves(triad: Company) -> None:
    meeting = on_the_day(triad)
    triad.one(2).decide("withdraw", Role.SCHOOL, reason="We merge.")
    third = triad.cases[2]
    assert triad.places(meeting.id)[third.id] is GIVEN_BACK
    triad.engine()
    triad.hold(meeting.id, resources=["The slides"], **NOTE)
    assert third.id not in {row.case_id for row in triad.rows(Message, Message.kind == "meeting_held")}
    assert triad.places(meeting.id)[third.id] is GIVEN_BACK


def test_nothing_is_told_of_a_meeting_that_leaves_nothing(triad: Company) -> None:
    triad.hold(on_the_day(triad).id, **NOTE)
    assert triad.rows(Message, Message.kind == "meeting_held") == []


def test_a_meeting_can_have_been_held_on_another_day(triad: Company) -> None:
    meeting = on_the_day(triad)
    triad.wait(meeting.day + 2 * DAY)
    triad.hold(meeting.id, on=meeting.day + DAY, **NOTE)
    stored = triad.meetings()[0]
    assert (stored.day, stored.held_on, stored.status) == (meeting.day, meeting.day + DAY, VisitStatus.HELD)


def test_a_place_that_was_booked_is_given_back_and_can_be_booked_again(open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    one = open_network.one(0)
    one.decide("book-place", Role.SCHOOL, meeting=meeting.id)
    refused(open_network, lambda: one.decide("book-place", Role.SCHOOL, meeting=meeting.id), NotPossible, "has its place at meeting")
    one.decide("send-apologies", Role.SCHOOL, meeting=meeting.id)
    refused(open_network, lambda: one.decide("send-apologies", Role.SCHOOL, meeting=meeting.id), NotPossible, "is not expected at meeting")
    one.decide("book-place", Role.SCHOOL, meeting=meeting.id)
    (row,) = open_network.rows(Attendance)
    assert (row.status, row.booked, row.case_id, row.why) == (EXPECTED, True, one.case_id, None)


def test_a_school_decides_only_on_meetings_to_come_that_are_open_to_it(triad: Company) -> None:
    start, review, *_ = triad.meetings()
    one = triad.one(0)
    refused(triad, lambda: one.decide("book-place", Role.SCHOOL), BadInput, "Which meeting")
    refused(triad, lambda: one.decide("book-place", Role.SCHOOL, meeting=999), NotFound, "There is no meeting 999")
    triad.cancel(review.id)
    refused(triad, lambda: one.decide("send-apologies", Role.SCHOOL, meeting=review.id), NotPossible, "is not to come")
    triad.wait(start.day + DAY)
    late = triad.one(0)
    refused(triad, lambda: late.decide("send-apologies", Role.SCHOOL, meeting=start.id), NotPossible, "is not to come")


def test_a_school_books_no_place_at_a_meeting_of_a_group_that_it_is_not_in(triad: Company) -> None:
    meeting = triad.meetings("review")[0]
    triad.one(0).decide("replace-supporter", Role.ADVISER, reason="They do not get on.")
    assert triad.places(meeting.id)[triad.cases[0].id] is GIVEN_BACK
    refused(triad, lambda: triad.one(0).decide("book-place", Role.SCHOOL, meeting=meeting.id), NotPossible, "is of a group that case")


def test_a_case_that_is_over_or_paused_decides_nothing_on_meetings(open_network: Company) -> None:
    (meeting,) = open_network.meetings()
    open_network.one(0).decide("pause", Role.ADVISER, reason="Illness.")
    open_network.one(1).decide("withdraw", Role.SCHOOL, reason="We merge.")
    for number, says in ((0, "is paused"), (1, "nothing changes")):
        one = open_network.one(number)
        refused(open_network, lambda one=one: one.decide("book-place", Role.SCHOOL, meeting=meeting.id), NotPossible, says)  # type: ignore[misc]


def test_what_was_held_or_cancelled_is_neither_moved_nor_cancelled(triad: Company) -> None:
    start, review, *_ = triad.meetings()
    triad.wait(start.day)
    triad.hold(start.id, **NOTE)
    triad.cancel(review.id)
    for number in (start.id, review.id):
        for what in (triad.move, triad.cancel):
            refused(triad, lambda what=what, number=number: what(number), NotPossible, "so it stays as it is")  # type: ignore[misc]


def test_cases_are_met_for_the_first_time_at_a_meeting_and_go_on_to_their_plan(triad: Company) -> None:
    triad.hold(on_the_day(triad).id, **NOTE)
    triad.engine()
    host = triad.meetings()[0].host_urn
    assert {case.urn: case.status for case in triad.cases if case.urn != host} == {
        case.urn: Status.AWAITING_ADVISER for case in triad.cases if case.urn != host
    }
    assert next(case for case in triad.cases if case.urn == host).status is Status.BOOKED
