"""Declarations of interests: before the first match and each year, with a deadline, reminders and somebody who is told."""

import datetime
import pathlib

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import NotAllowed
from models.message import Message
from models.supporter import Conflict, Declaration, Supporter
from models.trail import Event
from models.words import ConflictKind, ConflictOutcome, Role, Status
from stages.broker.declarations import ask_declarations, declare, declared
from stages.record import Actor
from stages.reminders.work import remind
from tests.stages.builders import Journey, everything, journey, morning, small_programme

SUPPORTER = Actor(Role.SUPPORTER, "the supporter")


@pytest.fixture
def undeclared(database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case to be matched, where no supporter has declared anything."""
    one = journey(database, tmp_path, small_programme(places=1))
    with database.writing() as session:
        for row in session.exec(select(Declaration)).all():
            session.delete(row)
    return one.until(Status.TO_MATCH)


def rows(one: Journey) -> list[Declaration]:
    with one.database.reading() as session:
        return list(session.exec(select(Declaration).order_by(col(Declaration.id))).all())


def messages(one: Journey, kind: str) -> list[Message]:
    with one.database.reading() as session:
        return list(session.exec(select(Message).where(Message.kind == kind).order_by(col(Message.id))).all())


def make(one: Journey, supporter_id: int, *links: tuple[int, ConflictKind, datetime.date | None], actor: Actor = SUPPORTER) -> int:
    with one.database.writing() as session:
        return declare(session, session.get_one(Supporter, supporter_id), links, actor, one.at).new


def test_everybody_is_asked_once_and_nobody_is_matched_before_the_answer(undeclared: Journey) -> None:
    one = undeclared
    asked = rows(one)
    assert len(asked) == 12 == len(messages(one, "declaration")) and all(row.made_at is None for row in asked)
    before = everything(one.database)
    assert ask_declarations(one.database, one.commission_id, one.at) == 0 and everything(one.database) == before
    one.engine()
    assert one.case.status is Status.UNMET and "declaration stops 12" in (one.case.why or "")
    make(one, asked[3].supporter_id)
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL and one.case.supporter_id == asked[3].supporter_id


def test_what_is_declared_is_entered_as_open_and_what_was_decided_stays(undeclared: Journey) -> None:
    one, mine = undeclared, rows(undeclared)[0].supporter_id
    link = (one.case.urn, ConflictKind.GOVERNOR, datetime.date(2027, 8, 31))
    assert make(one, mine, link) == 1
    with one.database.writing() as session:
        found = session.exec(select(Conflict).where(Conflict.supporter_id == mine, Conflict.urn == one.case.urn)).one()
        assert (found.outcome, found.source, found.until) == (ConflictOutcome.OPEN, "declared by the supporter", datetime.date(2027, 8, 31))
        found.outcome = ConflictOutcome.CLEAR
    assert make(one, mine, link) == 0
    with one.database.reading() as session:
        assert session.get_one(Conflict, found.id).outcome is ConflictOutcome.CLEAR


def test_a_declaration_holds_for_a_year_and_is_asked_for_again_a_month_before(undeclared: Journey) -> None:
    one, mine = undeclared, rows(undeclared)[0].supporter_id
    make(one, mine)
    with one.database.reading() as session:
        assert mine in declared(session, one.at.date() + datetime.timedelta(days=365))
        assert mine not in declared(session, one.at.date() + datetime.timedelta(days=366))
    asked = len(rows(one))
    ask_declarations(one.database, one.commission_id, one.at.add(days=334))
    assert len(rows(one)) == asked
    ask_declarations(one.database, one.commission_id, one.at.add(days=336))
    assert [row.supporter_id for row in rows(one)[asked:]] == [mine]


def test_the_supporter_is_reminded_and_then_the_adviser_told_until_it_is_made(undeclared: Journey) -> None:
    one, asked = undeclared, rows(undeclared)
    for row in asked[1:]:
        make(one, row.supporter_id)
    late = [morning(asked[0].due + datetime.timedelta(days=days)) for days in (5, 30)]
    remind(one.database, one.commission_id, late[0])
    remind(one.database, one.commission_id, late[0])
    assert len(messages(one, "declaration_reminder")) == 1
    remind(one.database, one.commission_id, late[1])
    assert [message.to_role for message in messages(one, "declaration_missing")] == ["adviser"]
    make(one, asked[0].supporter_id)
    remind(one.database, one.commission_id, late[1].add(days=20))
    assert len(messages(one, "declaration_missing")) == 1


LEAD = Actor(Role.LEAD, "partnership lead")
OVER = datetime.date(2026, 1, 1)


def link(one: Journey, supporter_id: int, outcome: ConflictOutcome, source: str, kind: ConflictKind = ConflictKind.FAMILY) -> None:
    with one.database.writing() as session:
        session.add(Conflict(supporter_id=supporter_id, urn=one.case.urn, kind=kind, declared_on=one.at.date(), outcome=outcome, source=source))


def links(one: Journey, supporter_id: int) -> list[tuple[ConflictOutcome, datetime.date | None]]:
    with one.database.reading() as session:
        return [
            (row.outcome, row.until)
            for row in session.exec(select(Conflict).where(Conflict.supporter_id == supporter_id, Conflict.urn == one.case.urn)).all()
        ]


DECIDED = [(outcome, "declared by the supporter") for outcome in ConflictOutcome if outcome is not ConflictOutcome.OPEN]
SHOWN = [(ConflictOutcome.OPEN, source) for source in ("the school employs the supporter", "declared", "declared by the partnership lead")]


@pytest.mark.parametrize(("outcome", "source"), [*DECIDED, *SHOWN])
def test_what_others_decided_or_the_data_show_is_not_over_because_the_supporter_says_so(
    undeclared: Journey, outcome: ConflictOutcome, source: str
) -> None:
    one, mine = undeclared, rows(undeclared)[0].supporter_id
    link(one, mine, outcome, source)
    assert make(one, mine, (one.case.urn, ConflictKind.FAMILY, OVER)) == 0
    assert links(one, mine) == [(outcome, None)]
    (told,) = messages(one, "link_said_over")
    assert (told.to_role, told.case_id) == ("adviser", one.case.id)
    with one.database.reading() as session:
        event = session.exec(select(Event).where(Event.kind == "declaration.made").order_by(col(Event.id).desc())).first()
        assert event is not None and event.detail["not_ended"] == [f"{one.case.urn}: family, said to end on 2026-01-01"]


def test_whoever_may_decide_ends_a_link_and_a_supporter_takes_back_a_word_of_their_own_before_that(undeclared: Journey) -> None:
    one, (first, second) = undeclared, [row.supporter_id for row in rows(undeclared)[:2]]
    link(one, first, ConflictOutcome.BARRED, "declared by the supporter")
    make(one, first, (one.case.urn, ConflictKind.FAMILY, OVER), actor=LEAD)
    assert links(one, first) == [(ConflictOutcome.BARRED, OVER)]
    make(one, second, (one.case.urn, ConflictKind.GOVERNOR, None))
    make(one, second, (one.case.urn, ConflictKind.GOVERNOR, OVER))
    assert links(one, second) == [(ConflictOutcome.OPEN, OVER)] and messages(one, "link_said_over") == []


def test_a_bar_that_holds_stays_one_where_it_is_declared_for_longer(undeclared: Journey) -> None:
    one, mine, later = undeclared, rows(undeclared)[0].supporter_id, datetime.date(2027, 7, 31)
    link(one, mine, ConflictOutcome.BARRED, "declared by the supporter")
    make(one, mine, (one.case.urn, ConflictKind.FAMILY, later), actor=LEAD)
    make(one, mine, (one.case.urn, ConflictKind.FAMILY, None))
    assert links(one, mine) == [(ConflictOutcome.BARRED, None)]


def test_a_school_cannot_declare_for_a_supporter(undeclared: Journey) -> None:
    with pytest.raises(NotAllowed, match="role school"):
        make(undeclared, rows(undeclared)[0].supporter_id, actor=Actor(Role.SCHOOL, "headteacher"))
