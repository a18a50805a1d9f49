"""A match goes on only while its supporter may; who left is replaced, and what is over takes nobody's time."""

import datetime
import pathlib
from dataclasses import replace

import pytest
from sqlmodel import Session, select

from models.commission import Commission
from models.database import Database
from models.errors import BadInput, NotPossible
from models.match import Match
from models.supporter import Conflict, Supporter
from models.words import ConflictKind, ConflictOutcome, MatchStatus, Role, Status, VisitStatus
from stages.brief import load_brief
from stages.broker.conflicts import decide_conflict
from stages.broker.declarations import declare
from stages.broker.gathering import gather_candidates
from stages.broker.leaving import Left, leave_for_good
from stages.broker.under_way import cases_touched
from stages.record import Actor
from tests.stages.builders import Journey, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")
GOVERNOR, FAMILY = ConflictKind.GOVERNOR, ConflictKind.FAMILY


def until(database: Database, folder: pathlib.Path, status: Status) -> Journey:
    return journey(database, folder, small_programme(places=1)).until(status)


def supporter(one: Journey, session: Session) -> Supporter:
    return session.get_one(Supporter, one.case.supporter_id)


def declares(one: Journey, *kinds: ConflictKind, last: datetime.date | None = None) -> int:
    with one.database.writing() as session:
        return declare(session, supporter(one, session), [(one.case.urn, kind, last) for kind in kinds], LEAD, one.at).new


def leaves(one: Journey) -> Left:
    with one.database.writing() as session:
        return leave_for_good(session, supporter(one, session), LEAD, "a new post", one.at)


def links(one: Journey) -> dict[ConflictKind, ConflictOutcome]:
    with one.database.reading() as session:
        return {row.kind: row.outcome for row in session.exec(select(Conflict).where(Conflict.urn == one.case.urn)).all()}


def test_a_link_that_comes_to_light_after_a_proposal_stops_it_and_the_engine_finds_somebody_else(database: Database, tmp_path: pathlib.Path) -> None:
    one = until(database, tmp_path, Status.AWAITING_APPROVAL)
    before = one.case.supporter_id
    declares(one, GOVERNOR)
    with pytest.raises(NotPossible, match=r"a conflict of .* is open or barred"):
        one.decide("approve", Role.COMMISSIONER)
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL and one.case.supporter_id != before
    old = one.rows(Match)[0]
    assert old.status is MatchStatus.MOVED and "is open or barred" in (old.ended_reason or "")
    one.decide("approve", Role.COMMISSIONER)


@pytest.mark.parametrize("status", [Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT])
def test_a_match_that_was_approved_does_not_go_on_with_an_open_link_and_does_once_it_is_cleared(
    status: Status, sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = until(sqlite_database, tmp_path, status)
    declares(one, FAMILY)
    with pytest.raises(NotPossible, match="open or barred"):
        one.step()
    with sqlite_database.writing() as session:
        decide_conflict(session, supporter(one, session).name, one.case.urn, ConflictOutcome.CLEAR, LEAD, one.at, reason="It is over.")
    one.step()
    assert one.case.status is not status


def test_a_link_in_the_register_names_the_open_case_it_touches(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.BOOKED)
    with sqlite_database.reading() as session:
        assert cases_touched(session) == {(one.case.supporter_id, one.case.urn): one.case_id}
    one.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    with sqlite_database.reading() as session:
        assert cases_touched(session) == {}


def test_of_several_links_with_a_school_each_is_decided_on_its_own(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.AWAITING_APPROVAL)
    assert declares(one, GOVERNOR, GOVERNOR, FAMILY) == 2
    with sqlite_database.writing() as session:
        name, urn = supporter(one, session).name, one.case.urn
        with pytest.raises(BadInput, match=r"several links .*\(governor, family\): say which with --kind"):
            decide_conflict(session, name, urn, ConflictOutcome.CLEAR, LEAD, one.at, reason="It is over.")
        with pytest.raises(BadInput, match="mitigation"):
            decide_conflict(session, name, urn, ConflictOutcome.MANAGED, LEAD, one.at, " ", FAMILY)
        decide_conflict(session, name, urn, ConflictOutcome.CLEAR, LEAD, one.at, None, FAMILY, "It is over.")
    assert links(one) == {FAMILY: ConflictOutcome.CLEAR, GOVERNOR: ConflictOutcome.OPEN}


def test_a_link_that_had_run_out_counts_again_when_it_is_declared_again(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.AWAITING_APPROVAL)
    declares(one, GOVERNOR, last=one.at.date() - datetime.timedelta(days=1))
    with sqlite_database.writing() as session:
        decide_conflict(session, supporter(one, session).name, one.case.urn, ConflictOutcome.CLEAR, LEAD, one.at, reason="It is over.")
    assert declares(one, GOVERNOR) == 0 and links(one) == {GOVERNOR: ConflictOutcome.OPEN}
    with pytest.raises(NotPossible, match="open or barred"):
        one.decide("approve", Role.COMMISSIONER)


def test_a_link_with_a_school_that_nobody_knows_is_refused(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.AWAITING_APPROVAL)
    with sqlite_database.writing() as session, pytest.raises(BadInput, match="There is no school 111111"):
        declare(session, supporter(one, session), [(111111, GOVERNOR, None)], LEAD, one.at)


def test_a_second_supporter_who_leaves_before_the_visits_have_dates_is_replaced_too(database: Database, tmp_path: pathlib.Path) -> None:
    one = until(database, tmp_path, Status.IN_PROGRESS)
    assert leaves(one) == Left(replaced=(one.case_id,))
    one.engine()
    one.until(Status.TO_SCHEDULE)
    second = one.case.supporter_id
    assert leaves(one) == Left(replaced=(one.case_id,))
    one.engine()
    one.until(Status.COMPLETE)
    assert one.case.supporter_id != second and [visit.status for visit in one.visits()] == [VisitStatus.HELD] * 2


@pytest.mark.parametrize("status", [Status.AWAITING_APPROVAL, Status.AWAITING_CONSENT, Status.BOOKED])
def test_a_supporter_who_left_while_a_case_was_paused_is_replaced_when_it_is_resumed(
    status: Status, database: Database, tmp_path: pathlib.Path
) -> None:
    one = until(database, tmp_path, status)
    gone = one.case.supporter_id
    one.decide("pause", Role.ADVISER, reason="The school floods.")
    assert leaves(one) == Left(paused=(one.case_id,))
    one.engine()
    assert one.case.supporter_id == gone
    one.decide("resume", Role.ADVISER, reason="It is dry.")
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL and one.case.supporter_id not in {gone, None}


def test_a_visit_whose_day_has_come_is_written_up_before_somebody_else_takes_over(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.BOOKED)
    one.wait(one.visits(VisitStatus.CONFIRMED)[0].day)
    with pytest.raises(NotPossible, match=r"Say first whether the visit of .* was held"):
        leaves(one)
    one.write_up()
    assert leaves(one) == Left(replaced=(one.case_id,)) and one.visits()[0].status is VisitStatus.HELD


def test_a_case_under_evaluation_keeps_nobody_from_leaving(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.AWAITING_JUDGEMENT)
    assert leaves(one) == Left(finished=(one.case_id,))


def test_what_is_over_takes_neither_days_of_a_later_commission_nor_room_among_cases(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.COMPLETE)
    with sqlite_database.writing() as session:
        brief = load_brief(session, one.commission_id)
        taken = next(who for who in gather_candidates(session, brief, one.at.date()) if who.id == one.case.supporter_id)
        assert taken.half_days - taken.half_days_left == one.rows(Match)[0].half_days and taken.cases == 0
        commission = session.get_one(Commission, one.commission_id)
        later = Commission.model_construct(**commission.model_dump() | {"starts": datetime.date(2028, 9, 1), "ends": datetime.date(2029, 8, 31)})
        free = next(
            who for who in gather_candidates(session, replace(brief, commission=later), one.at.date())
            if who.id == one.case.supporter_id
        )  # fmt: skip
        assert free.half_days == free.half_days_left
