"""A supporter who leaves in mid-case: somebody else goes on where they stopped, with what they need to know, and nothing is lost."""

import pathlib

import pytest
from sqlmodel import col, select

from models.commission import LedgerLine
from models.database import Database
from models.errors import LodestarError, NotAllowed, NotPossible
from models.match import Match
from models.message import Message
from models.plan import ActionPlan
from models.supporter import Supporter
from models.visit import NoteOfVisit
from models.words import MatchStatus, MoneyKind, PlanStatus, Role, Status, VisitStatus
from stages.brief import days_in_words, load_brief
from stages.broker.handover import handover_pack
from stages.broker.leaving import Left, leave_for_good
from stages.record import Actor
from tests.stages.builders import Journey, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")


@pytest.fixture
def under_way(database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case with its first visit held, its plan agreed and its second visit to come."""
    return journey(database, tmp_path, small_programme(places=1)).until(Status.IN_PROGRESS)


def leaves(one: Journey, actor: Actor = LEAD, reason: str = "a new post elsewhere") -> Left:
    with one.database.writing() as session:
        return leave_for_good(session, session.get_one(Supporter, one.case.supporter_id), actor, reason, one.at)


def test_a_case_in_mid_course_is_taken_over_and_comes_back_to_its_plan(under_way: Journey) -> None:
    one, before = under_way, under_way.case.supporter_id
    plan = one.rows(ActionPlan)
    assert leaves(one) == Left(replaced=(one.case_id,))
    assert one.case.status is Status.TO_MATCH and [visit.status for visit in one.visits()] == [VisitStatus.HELD, VisitStatus.CANCELLED]
    one.engine()
    one.until(Status.BOOKED)
    after = one.case.supporter_id
    assert after is not None and after != before
    assert [visit.supporter_id for visit in one.visits()] == [before, after]
    one.engine()
    assert one.case.status is Status.IN_PROGRESS
    assert [(row.id, row.status) for row in one.rows(ActionPlan)] == [(row.id, PlanStatus.AGREED) for row in plan]
    one.until(Status.COMPLETE)
    assert [visit.status for visit in one.visits()] == [VisitStatus.HELD, VisitStatus.HELD] and len(one.rows(NoteOfVisit)) == 2


def test_whoever_takes_over_reads_what_was_seen_agreed_and_planned(under_way: Journey) -> None:
    one = under_way
    leaves(one)
    one.engine()
    one.until(Status.AWAITING_CONSENT).step()
    with one.database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "handover")).all()
    assert [message.to_role for message in found] == ["supporter"]
    parts = {part["title"]: part["lines"] for part in found[0].context["parts"]}
    assert set(parts) == {
        "The case", "Who had it before", "What support is for", "Visits so far", "Visits that were cancelled", "The plan", "Reviews", "Still to come"
    }  # fmt: skip
    assert "Staff know their families well." in parts["Visits so far"][0] and "Agreed: Ask families (headteacher, by " in parts["Visits so far"][0]
    assert len(parts["Still to come"]) == 1


def test_a_handover_without_a_visit_held_says_whose_case_it_was_why_they_left_and_what_was_cancelled(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.BOOKED)
    before, visits = one.case.supporter_id, one.visits()
    leaves(one)
    with sqlite_database.reading() as session:
        brief = load_brief(session, one.commission_id)
        parts = {part["title"]: part["lines"] for part in handover_pack(session, brief, one.case)}
        name = session.get_one(Supporter, before).name
    (category,) = (found.title for found in brief.programme.diagnose.categories if found.id == one.case.category)
    assert parts["The case"] == [
        f"Case {one.case_id}: {brief.school(one.case).name} (URN {one.case.urn})", f"Category: {category}", f"{days_in_words(one.case.entitlement / 2)} of support in all, none used"
    ]  # fmt: skip
    assert parts["Who had it before"] == [f"{name}. Why it ended: a new post elsewhere"]
    assert parts["Visits that were cancelled"] == [f"{visit.day:%-d %B %Y}: {visit.purpose}. Why: a new post elsewhere" for visit in visits]
    assert len(parts["Still to come"]) == len(visits) and "Visits so far" not in parts


def test_a_handover_says_how_many_days_were_used(under_way: Journey) -> None:
    with under_way.database.reading() as session:
        pack = handover_pack(session, load_brief(session, under_way.commission_id), under_way.case)
    assert (
        pack[0]["lines"][-1] == f"{days_in_words(under_way.case.entitlement / 2)} of support in all, half a day used"
        and pack[1]["title"] == "What support is for"
    )


def test_only_what_is_left_is_promised_to_the_next_and_the_money_balances(under_way: Journey) -> None:
    one = under_way
    leaves(one)
    one.engine()
    first, second = one.rows(Match)
    assert (first.status, second.status) == (MatchStatus.ENDED, MatchStatus.PROPOSED)
    assert second.half_days == one.case.entitlement - 1
    one.until(Status.COMPLETE)
    kinds = {kind: sum(line.half_days for line in one.rows(LedgerLine) if line.kind is kind) for kind in MoneyKind}
    assert kinds[MoneyKind.COMMITTED] - kinds[MoneyKind.RELEASED] == kinds[MoneyKind.USED] == 2


def test_a_case_whose_visits_are_all_held_needs_nobody_new(under_way: Journey) -> None:
    one = under_way
    one.write_up()
    status = one.case.status
    assert leaves(one) == Left(finished=(one.case_id,)) and one.case.status is status


def test_whoever_has_left_is_never_matched_again(under_way: Journey) -> None:
    one, before = under_way, under_way.case.supporter_id
    leaves(one)
    with one.database.writing() as session:
        for supporter in session.exec(select(Supporter).where(col(Supporter.id) != before)).all():
            supporter.active = False
    one.engine()
    assert one.case.status is Status.UNMET


@pytest.mark.parametrize(("actor", "reason", "error"), [(Actor(Role.SUPPORTER, "supporter"), "why", NotAllowed), (LEAD, " ", LodestarError)])
def test_who_may_not_and_why_not(under_way: Journey, actor: Actor, reason: str, error: type[LodestarError]) -> None:
    with pytest.raises(error):
        leaves(under_way, actor, reason)
    assert under_way.case.status is Status.IN_PROGRESS


def test_nobody_leaves_twice(under_way: Journey) -> None:
    number = under_way.case.supporter_id
    leaves(under_way)
    with pytest.raises(NotPossible, match="has left already"), under_way.database.writing() as session:
        leave_for_good(session, session.get_one(Supporter, number), LEAD, "again", under_way.at)
