"""Sessions that people of a school lead after they were trained, notes of meetings that no school hosts, and schools of other authorities."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput, NotAllowed, NotPossible
from models.message import Message
from models.note import AgreedAction, NoteContent
from models.programme import Programme
from models.school import School
from models.term import Term
from models.visit import Visit
from models.words import AttendanceStatus, MoneyKind, Role, Status, VisitStatus
from programmes.checking import problems_of
from programmes.sessions import own_half_days
from simulation.wexcombe import NEIGHBOURS, NEIGHBOURS_FROM
from stages.brief import load_brief
from stages.commission.joining import join
from stages.plan.work import _agreed_actions
from stages.record import Actor
from stages.schedule.diaries import closed_days
from stages.schedule.note_rules import in_message
from stages.schedule.timetable.problem import CLOSED
from tests.stages.meeting_builders import Company, company, meeting_programme

HEAD = Actor(Role.SCHOOL, "headteacher")
TRAINING: dict[str, Any] = {
    "id": "training",
    "title": "Training",
    "kind": "training",
    "held": "group",
    "hosts": "online",
    "attendance": True,
    "note": False,
}
INSIDE: dict[str, Any] = {
    "id": "inside", "title": "Training of colleagues", "kind": "training", "led_by": "trained_people", "after": "training",
    "gap_weeks": {"at_least": 1, "at_most": 8}, "attendance": True, "note": False,
}  # fmt: skip
CLOSING: dict[str, Any] = {
    "id": "closing", "title": "Closing meeting", "kind": "meeting", "held": "group", "hosts": "online", "after": "inside",
    "gap_weeks": {"at_least": 1, "at_most": 8}, "attendance": True,
}  # fmt: skip
NOTE: dict[str, Any] = {
    "strengths": "Pupils read aloud with joy.",
    "areas": "Time for it every day.",
    "actions": (AgreedAction(action="Plan the next cycle", owner="deputy headteacher"),),
}


@pytest.fixture
def trio(database: Database, tmp_path: Path) -> Company:
    """Three cases with their places at a training, at their own session, and at a closing meeting."""
    return company(database, tmp_path, meeting_programme(TRAINING, INSIDE, CLOSING)).until(Status.BOOKED)


def inside_of(one: Company) -> dict[int, Any]:
    return {meeting.host_urn: meeting for meeting in one.meetings("inside")}


def test_each_school_has_its_own_session_and_no_supporter_gives_a_day_for_it(trio: Company) -> None:
    assert own_half_days(meeting_programme(TRAINING, INSIDE, CLOSING)) == 0
    mine = inside_of(trio)
    assert set(mine) == set(trio.urns().values()) and len(trio.meetings("inside")) == 3
    (training,) = trio.meetings("training")
    for case in trio.cases:
        own = mine[case.urn]
        assert trio.places(own.id) == {case.id: AttendanceStatus.EXPECTED} and own.supporter_id is None
        assert datetime.timedelta(weeks=1) <= own.day - training.day <= datetime.timedelta(weeks=8)
    assert trio.rows(Visit) == []
    # A second turn sets nothing again.
    trio.engine()
    assert len(trio.meetings("inside")) == 3


def test_nobody_leads_a_session_at_school_before_somebody_there_was_trained(trio: Company) -> None:
    (training,), (first, second, third) = trio.meetings("training"), [case.urn for case in trio.cases]
    mine = inside_of(trio)
    trio.wait(max(meeting.day for meeting in mine.values()))
    with pytest.raises(NotPossible, match=r"Nobody of .* was trained by .*: record the training first"):
        trio.hold(mine[first].id, {first: 9}, HEAD)
    trio.hold(training.id, [first, second], on=training.day)
    assert trio.hold(mine[first].id, {first: 9}, HEAD) == 1
    with pytest.raises(NotPossible, match="Nobody of"):
        trio.hold(mine[third].id, {third: 4}, HEAD)
    with pytest.raises(BadInput, match="has no place at meeting"):
        trio.hold(mine[second].id, {first: 3}, HEAD)
    assert not [line for line in trio.rows(LedgerLine) if line.kind is MoneyKind.USED]


def test_a_school_moves_its_own_session_and_no_other(trio: Company) -> None:
    (training,), mine = trio.meetings("training"), inside_of(trio)
    own = mine[trio.cases[0].urn]
    with pytest.raises(NotAllowed):
        trio.move(training.id, actor=HEAD)
    trio.move(own.id, actor=HEAD)
    trio.engine()
    (moved,) = [meeting for meeting in trio.meetings("inside") if meeting.id == own.id]
    assert moved.day != own.day and moved.host_urn == own.host_urn and moved.status is VisitStatus.CONFIRMED
    with pytest.raises(NotPossible, match="no places to book"):
        trio.one(1).decide("book-place", Role.SCHOOL, meeting=own.id)
    with pytest.raises(NotPossible, match="is the school's own: have it moved"):
        trio.one(0).decide("send-apologies", Role.SCHOOL, meeting=own.id, reason="Ill.")


def test_a_meeting_that_no_school_hosts_has_a_note_for_all_who_had_a_place(trio: Company) -> None:
    (closing,) = trio.meetings("closing")
    first, second, _ = [case.urn for case in trio.cases]
    trio.wait(closing.day)
    with pytest.raises(BadInput, match="needs its strengths and areas to work on"):
        trio.hold(closing.id, [first])
    trio.hold(closing.id, [first, second], **NOTE)
    (held,) = trio.meetings("closing")
    content = NoteContent.model_validate(held.noted)
    assert (content.section("strengths"), content.section("areas")) == (NOTE["strengths"], NOTE["areas"])
    assert [(one.action, one.owner) for one in content.actions] == [("Plan the next cycle", "deputy headteacher")]
    told = trio.rows(Message, Message.kind == "meeting_held")
    assert [message.context["note"] for message in told] == [in_message(content, "headteacher")] * 3
    # What was agreed goes into the plans of those who came.
    actions = trio.read(lambda session: _agreed_actions(session, trio.cases))
    agreed = [("Plan the next cycle", "deputy headteacher")]
    assert {number: [(one.action, one.owner) for one in mine] for number, mine in actions.items()} == {case.id: agreed for case in trio.cases[:2]}


def test_a_session_that_nobody_could_lead_is_refused_in_the_file() -> None:
    def said(*sessions: dict[str, Any]) -> list[str]:
        return [words for place, words in problems_of(meeting_programme(*sessions)) if place[0] == "schedule"]

    assert said(TRAINING, INSIDE) == []
    assert said({**INSIDE, "after": None}) == ["no training comes before it, so nobody could lead it"]
    assert said(TRAINING, {**INSIDE, "note": True}) == ["no supporter is there who could write a note of it"]
    assert "lead sessions of that school alone" in said(TRAINING, {**INSIDE, "hosts": "online"})[0]


def open_to_others(**more: Any) -> Programme:
    values = meeting_programme(TRAINING).model_dump(mode="json")
    values["take_part"] |= {"outside_authority": True, "opened_by": ["request"], **more}
    return Programme.model_validate(values)


def ask_to_join(one: Company, urn: int) -> int:
    with one.database.writing() as session:
        return join(session, load_brief(session, one.commission_id, [urn]), urn, HEAD, one.at)


def test_a_school_of_another_authority_joins_on_request_where_the_programme_lets_it(database: Database, tmp_path: Path) -> None:
    one = company(database, tmp_path, open_to_others())
    number = ask_to_join(one, NEIGHBOURS_FROM)
    assert one.read(lambda session: session.get_one(Case, number).urn) == NEIGHBOURS_FROM
    terms = one.rows(Term, Term.authority == NEIGHBOURS)
    assert terms
    with pytest.raises(NotPossible, match="does not meet the programme's terms"):
        ask_to_join(one, NEIGHBOURS_FROM + 1)


def test_where_the_programme_does_not_say_so_a_school_of_another_authority_stays_out(sqlite_database: Database, tmp_path: Path) -> None:
    one = company(sqlite_database, tmp_path, open_to_others(outside_authority=False))
    with sqlite_database.writing() as session:
        near = session.exec(select(School).where(School.authority == "999").order_by(col(School.urn))).first()
        assert near is not None
        session.add(School(**{**near.model_dump(), "urn": NEIGHBOURS_FROM, "authority": NEIGHBOURS}))
    with pytest.raises(NotPossible, match="is not an open state-funded school of the commissioner's area"):
        ask_to_join(one, NEIGHBOURS_FROM)
    said = problems_of(open_to_others(opened_by=[]))
    assert [words for place, words in said if place[-1] == "outside_authority"] == [
        "schools of other authorities come in on request, so opened_by needs request"
    ]


def test_no_date_falls_into_the_holidays_of_a_school_elsewhere(sqlite_database: Database, tmp_path: Path) -> None:
    one = company(sqlite_database, tmp_path, open_to_others())
    mine = one.cases[0].urn
    ask_to_join(one, NEIGHBOURS_FROM)
    away = datetime.date(2026, 11, 16)
    with sqlite_database.writing() as session:
        for term in session.exec(select(Term).where(Term.authority == NEIGHBOURS, Term.first <= away, Term.last >= away)).all():
            session.add(Term(authority=NEIGHBOURS, name="Autumn, later", first=away + datetime.timedelta(days=7), last=term.last, source="made up"))
            term.last = away - datetime.timedelta(days=1)
            session.add(term)
    with sqlite_database.reading() as session:
        closed = closed_days(session, load_brief(session, one.commission_id), [mine, NEIGHBOURS_FROM])
    assert {away + datetime.timedelta(days=number) for number in range(5)} <= closed[NEIGHBOURS_FROM].keys()
    assert CLOSED not in closed[mine].values() and datetime.date(2026, 10, 1) not in closed[NEIGHBOURS_FROM]
