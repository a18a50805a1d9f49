"""A school that is left alone in its triad before it has dates: the offer is taken back in words, and it is matched anew with others."""

import pathlib

import pytest
from sqlmodel import col, select

from models.commission import LedgerLine
from models.database import Database
from models.match import Match
from models.meeting import GroupPlace
from models.message import Message
from models.supporter import Supporter
from models.words import ConflictKind, MatchStatus, MoneyKind, Role, Status
from stages.broker.declarations import declare
from stages.groups import open_groups
from stages.ledger import LIVE_MATCHES
from stages.record import Actor
from tests.stages.builders import everything
from tests.stages.meeting_builders import Company, company, triads


@pytest.fixture
def pair(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """Two schools that were put together, whose match is to be approved."""
    return company(sqlite_database, tmp_path, triads(2)).until(Status.AWAITING_APPROVAL)


def groups(one: Company) -> list[list[int]]:
    found: dict[int, list[int]] = one.read(lambda session: open_groups(session, one.commission_id, ""))
    return list(found.values())


def supporters(one: Company) -> dict[int, int]:
    return {match.case_id: match.supporter_id for match in one.rows(Match, col(Match.status).in_(LIVE_MATCHES))}


def told(one: Company, kind: str) -> list[tuple[int | None, str]]:
    return [(message.case_id, message.to_role) for message in one.rows(Message, Message.kind == kind)]


def committed(one: Company) -> int:
    lines = one.rows(LedgerLine, col(LedgerLine.kind).in_([MoneyKind.COMMITTED, MoneyKind.RELEASED]))
    return sum(line.pence if line.kind is MoneyKind.COMMITTED else -line.pence for line in lines)


def declare_family(one: Company, number: int, urn: int) -> None:
    with one.database.writing() as session:
        declare(session, session.get_one(Supporter, number), [(urn, ConflictKind.FAMILY, None)], Actor(Role.SUPPORTER, "supporter"), one.at)


def test_one_school_declines_and_the_other_is_matched_anew_with_it_and_told(pair: Company) -> None:
    first, second = (case.id for case in pair.cases)
    pair.one(0).decide("approve", Role.COMMISSIONER)
    pair.one(0).decide("accept-case", Role.SUPPORTER)
    before = supporters(pair)
    pair.one(0).decide("decline-support", Role.SCHOOL, reason="We know them too well.")
    assert groups(pair) == [[second]] and told(pair, "support_taken_back") == []
    pair.engine()
    assert told(pair, "support_taken_back") == [(second, "headteacher")] and told(pair, "match_taken_back") == [(second, "supporter")]
    assert groups(pair) == [[first, second]]
    after = supporters(pair)
    assert after[first] == after[second] != before[second]
    assert {case.status for case in pair.cases} == {Status.AWAITING_APPROVAL}
    old = pair.rows(Match, Match.case_id == second)[0]
    assert old.status is MatchStatus.MOVED and "no group is of one school" in (old.ended_reason or "")
    assert committed(pair) == sum(match.cost for match in pair.rows(Match, col(Match.status).in_(LIVE_MATCHES)))
    again = everything(pair.database, "stage_runs")
    pair.engine()
    assert everything(pair.database, "stage_runs") == again


def test_whom_a_conflict_takes_from_a_pair_leaves_nobody_alone_behind(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    five = company(sqlite_database, tmp_path, triads(5)).until(Status.AWAITING_APPROVAL)
    one, other = next(members for members in groups(five) if len(members) == 2)
    case = next(case for case in five.cases if case.id == one)
    declare_family(five, supporters(five)[one], case.urn)
    number = [case.id for case in five.cases].index(other)
    five.one(number).decide("approve", Role.COMMISSIONER)
    assert five.cases[number].status is Status.AWAITING_SUPPORTER
    five.engine()
    assert sorted(case for members in groups(five) for case in members) == [case.id for case in five.cases]
    assert all(len(members) > 1 for members in groups(five))
    # The supporter had been asked, the school had not.
    assert told(five, "match_taken_back") == [(other, "supporter")] and told(five, "support_taken_back") == []


def test_with_nobody_else_it_is_unmet_and_says_so(pair: Company) -> None:
    pair.one(0).decide("approve", Role.COMMISSIONER)
    pair.one(0).decide("withdraw", Role.ADVISER, reason="A new trust.")
    pair.engine()
    left = pair.cases[1]
    assert left.status is Status.UNMET and (left.why or "").startswith("No group can take it: too few schools")
    assert groups(pair) == [] and supporters(pair) == {} and committed(pair) == 0


def test_it_may_have_the_same_supporter_again(pair: Company) -> None:
    mine = supporters(pair)[pair.cases[1].id]
    pair.one(0).decide("approve", Role.COMMISSIONER)
    pair.one(0).decide("withdraw", Role.ADVISER, reason="A new trust.")
    pair.engine()
    with pair.database.reading() as session:
        turned_down = session.exec(select(Match.status).where(Match.case_id == pair.cases[1].id, Match.supporter_id == mine)).all()
    assert list(turned_down) == [MatchStatus.MOVED]


def test_a_paused_one_is_left_as_it_is_until_it_goes_on(pair: Company) -> None:
    pair.one(0).decide("approve", Role.COMMISSIONER)
    pair.one(1).decide("pause", Role.ADVISER, reason="Illness.")
    pair.one(0).decide("withdraw", Role.ADVISER, reason="A new trust.")
    pair.engine()
    assert [case.status for case in pair.cases] == [Status.WITHDRAWN, Status.AWAITING_SUPPORTER] and told(pair, "match_taken_back") == []
    pair.one(1).decide("resume", Role.ADVISER, reason="Back again.")
    pair.engine()
    assert [case.status for case in pair.cases] == [Status.WITHDRAWN, Status.UNMET]


def test_a_school_that_agreed_before_the_other_declined_is_matched_anew_too(pair: Company) -> None:
    pair.one(0).decide("approve", Role.COMMISSIONER)
    pair.one(0).decide("accept-case", Role.SUPPORTER)
    pair.one(1).decide("accept-support", Role.SCHOOL)
    pair.one(0).decide("decline-support", Role.SCHOOL, reason="We know them too well.")
    assert pair.cases[1].status is Status.TO_SCHEDULE
    pair.engine()
    assert groups(pair) == [[case.id for case in pair.cases]] and len(set(supporters(pair).values())) == 1
    assert told(pair, "support_taken_back") == [(pair.cases[1].id, "headteacher")]
    assert told(pair, "match_taken_back") == [(pair.cases[1].id, "supporter")]


def test_what_has_dates_stands(pair: Company) -> None:
    pair.until(Status.AWAITING_DATES)
    pair.one(0).decide("withdraw", Role.ADVISER, reason="A new trust.")
    pair.engine()
    assert pair.cases[1].status is Status.AWAITING_DATES and len(pair.rows(GroupPlace, col(GroupPlace.left_on).is_(None))) == 1
