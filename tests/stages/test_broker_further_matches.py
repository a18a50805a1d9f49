"""A second match beside the first, and groups that are approved and taken on as one."""

import datetime
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission, LedgerLine
from models.database import Database
from models.errors import NotFound, NotPossible
from models.match import Match
from models.meeting import GroupPlace, SupportGroup
from models.message import Message
from models.plan import Action
from models.review import Review
from models.supporter import Expertise, Supporter
from models.trail import Event
from models.visit import Visit
from models.words import MatchStatus, MoneyKind, Role, Status, VisitStatus
from stages.actions import actions_of
from stages.brief import load_brief
from stages.broker.further import sought_again
from stages.broker.leaving import leave_for_good
from stages.matches import without_further
from stages.record import Actor
from stages.reminders.worklists import worklists
from tests.snapshots import Beginning
from tests.stages.builders import NOTE, everything
from tests.stages.meeting_builders import TRIAD, VISIT, Company, company, meeting_programme, triads

LEAD = Actor(Role.LEAD, "partnership lead")
COACH: list[dict[str, Any]] = [{"id": "coach", "title": "Coach", "broker": {"skills": ["coaching"], "accepted_by": ["supporter"]}}]
MENTORING = {"id": "mentoring", "title": "Mentoring", "count": 2}
COACHING = {
    "id": "coaching",
    "title": "Coaching",
    "count": 2,
    "with_match": "coach",
    "after": "mentoring",
    "gap_weeks": {"at_least": 1, "at_most": 60},
}
LIVE = (MatchStatus.PROPOSED, MatchStatus.APPROVED, MatchStatus.AGREED)


@pytest.fixture
def coached(sqlite_database: Database, tmp_path: pathlib.Path) -> Iterator[Company]:
    """Two cases that want a mentor and a coach, of whom any supporter can be either."""
    one = company(sqlite_database, tmp_path, meeting_programme(MENTORING, COACHING, places=2, further_matches=COACH, days=4))
    with sqlite_database.writing() as session:
        for number, skill in session.exec(select(Expertise.supporter_id, Expertise.skill)).all():
            other = "coaching" if skill == "disadvantage" else "disadvantage"
            session.add(Expertise(supporter_id=number, skill=other, level=3))
    one.beginning = Beginning(sqlite_database, "coached")
    return one


def coaches_off(one: Company, active: bool = False, skill: str = "coaching") -> None:
    """Take the skill of coaching, or another, from everybody, or give it back."""
    with one.database.writing() as session:
        for row in session.exec(select(Expertise).where(Expertise.skill.in_([skill, f"was-{skill}"]))).all():  # type: ignore[attr-defined]
            row.skill = skill if active else f"was-{skill}"
            session.add(row)


def live(one: Company, number: int = 0) -> dict[str, Match]:
    """Return the live matches of a case, by what they are for."""
    case_id = one.cases[number].id
    return {row.further: row for row in one.rows(Match, Match.case_id == case_id, col(Match.status).in_(LIVE))}


def visits(one: Company, number: int = 0, *statuses: VisitStatus) -> dict[str, Visit]:
    """Return the visits of a case by session, in these statuses if any is named."""
    rows = one.rows(Visit, Visit.case_id == one.cases[number].id)
    return {row.session: row for row in rows if not statuses or row.status in statuses}


def test_the_coach_is_never_the_mentor(coached: Company) -> None:
    coached.until(Status.BOOKED)
    for number in range(2):
        matches = live(coached, number)
        assert set(matches) == {"", "coach"} and matches[""].supporter_id != matches["coach"].supporter_id
        assert all(match.status is MatchStatus.AGREED for match in matches.values())
        assert coached.cases[number].supporter_id == matches[""].supporter_id
        held_by = {name.partition(".")[0]: visit.supporter_id for name, visit in visits(coached, number).items()}
        assert held_by == {"mentoring": matches[""].supporter_id, "coaching": matches["coach"].supporter_id}


def test_a_new_mentor_is_not_the_coach_either(coached: Company) -> None:
    coached.until(Status.BOOKED)
    before = live(coached)
    with coached.database.writing() as session:
        keep = {before[""].supporter_id, before["coach"].supporter_id}
        for supporter in session.exec(select(Supporter).where(col(Supporter.id).not_in(keep))).all():
            supporter.active = False
    coached.one(0).decide("replace-supporter", Role.ADVISER, reason="They do not get on.")
    coached.engine()
    assert coached.cases[0].status is Status.UNMET and live(coached)["coach"].supporter_id == before["coach"].supporter_id


def test_a_case_that_has_lost_its_mentor_and_its_coach_seeks_one_after_the_other(coached: Company) -> None:
    coached.until(Status.BOOKED)
    before = live(coached)
    with coached.database.writing() as session:
        for match in before.values():
            session.get_one(Supporter, match.supporter_id).active = False
    coached.engine()
    assert coached.cases[0].further == "" and coached.cases[0].status is Status.AWAITING_APPROVAL
    coached.until(Status.BOOKED)
    coached.engine()
    coached.until(Status.BOOKED)
    gone = {match.supporter_id for match in before.values()}
    after = live(coached)
    assert set(after) == {"", "coach"} and gone.isdisjoint({match.supporter_id for match in after.values()})
    confirmed = visits(coached, 0, VisitStatus.CONFIRMED)
    assert set(confirmed) == {"mentoring.1", "mentoring.2", "coaching.1", "coaching.2"}
    assert gone.isdisjoint({visit.supporter_id for visit in confirmed.values()})


def test_each_match_takes_its_own_half_days_and_money(coached: Company) -> None:
    coached.until(Status.BOOKED)
    lines = coached.rows(LedgerLine, LedgerLine.case_id == coached.cases[0].id, LedgerLine.kind == MoneyKind.COMMITTED)
    matches = live(coached)
    assert {line.supporter_id: line.half_days for line in lines} == {matches[""].supporter_id: 6, matches["coach"].supporter_id: 2}


def test_a_case_goes_on_without_a_coach_who_cannot_be_had_and_its_adviser_sees_it(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    case = coached.cases[0]
    assert set(live(coached)) == {""} and case.further == "" and case.supporter_id == live(coached)[""].supporter_id
    assert set(visits(coached)) == {"mentoring.1", "mentoring.2"}
    found = coached.read(lambda session: without_further(session, coached.commission_id))
    assert [(number, match) for number, _, match, _ in found] == [(case.id, "coach") for case in coached.cases]
    assert all("expertise" in why or "coaching" in why for *_, why in found)
    drafts = coached.read(lambda session: worklists(session, load_brief(session, coached.commission_id), coached.cases, coached.at.date()))
    assert any("(coach)" in str(draft.context) for draft in drafts if draft.to.role == "adviser")


def test_a_coach_who_could_not_be_had_is_sought_again_when_somebody_says_so(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    mentoring = {name: (visit.day, visit.status) for name, visit in visits(coached).items()}
    coaches_off(coached, active=True)
    coached.one(0).decide("replace-supporter", Role.ADVISER, match="coach", reason="There are coaches now.")
    assert (coached.cases[0].status, coached.cases[0].further) == (Status.TO_MATCH, "coach")
    coached.until(Status.AWAITING_DATES, 0)
    assert set(live(coached)) == {"", "coach"} and coached.cases[0].supporter_id == live(coached)[""].supporter_id
    assert {name: visit.supporter_id for name, visit in visits(coached).items() if name.startswith("coaching")} == dict.fromkeys(
        ["coaching.1", "coaching.2"], live(coached)["coach"].supporter_id
    )
    assert {name: day for name, (day, _) in mentoring.items()} == {name: visits(coached)[name].day for name in mentoring}
    # The engine has sought one for the other case as well, without being asked.
    assert coached.read(lambda session: without_further(session, coached.commission_id)) == []


def test_a_coach_who_could_not_be_had_is_sought_again_by_the_engine_as_soon_as_one_can(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    mentoring = {name: visit.day for name, visit in visits(coached).items()}
    before = everything(coached.database, "stage_runs")
    coached.engine()
    assert everything(coached.database, "stage_runs") == before
    coaches_off(coached, active=True)
    coached.engine()
    assert {(case.status, case.further) for case in coached.cases} == {(Status.AWAITING_SUPPORTER, "coach")}
    moves = [event.kind for event in coached.rows(Event, Event.case_id == coached.cases[0].id)][-2:]
    assert moves == ["case.seek-again", "case.offer-match"]
    coached.until(Status.BOOKED)
    for number in range(2):
        found, mine = live(coached, number), visits(coached, number, VisitStatus.CONFIRMED)
        assert set(found) == {"", "coach"} and coached.cases[number].supporter_id == found[""].supporter_id
        assert set(mine) == {"mentoring.1", "mentoring.2", "coaching.1", "coaching.2"}
    assert {name: visits(coached)[name].day for name in mentoring} == mentoring
    assert coached.read(lambda session: without_further(session, coached.commission_id)) == []


def test_a_visit_that_was_agreed_is_written_up_while_dates_of_the_coach_are_on_offer(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    coaches_off(coached, active=True)
    coached.engine()
    coached.until(Status.AWAITING_DATES, 0)
    first, offered = visits(coached)["mentoring.1"], visits(coached)["coaching.1"]
    assert (first.status, offered.status) == (VisitStatus.CONFIRMED, VisitStatus.PROPOSED)
    coached.wait(first.day)
    assert coached.cases[0].status is Status.AWAITING_DATES
    with pytest.raises(NotPossible, match="are not agreed yet"):
        coached.one(0).decide("write-note", Role.SUPPORTER, visit="coaching.1", **NOTE)
    coached.one(0).decide("write-note", Role.SUPPORTER, visit="mentoring.1", **NOTE)
    assert visits(coached)["mentoring.1"].status is VisitStatus.HELD


def test_while_a_coach_is_sought_again_the_plan_that_was_agreed_is_reviewed_and_done(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    one = coached.one(0)
    one.until(Status.IN_PROGRESS)
    coached.at = one.at
    coaches_off(coached, active=True)
    coached.engine()
    assert (coached.cases[0].status, coached.cases[0].further) == (Status.AWAITING_SUPPORTER, "coach")
    with pytest.raises(NotPossible, match="has no plan under way"):
        coached.one(1).decide("hold-review", Role.ADVISER, rag="green", reason="On track.")
    with pytest.raises(NotPossible, match="no action of its plan can be marked as done"):
        coached.one(1).decide("action-done", Role.SCHOOL, action_number=1)
    coached.wait(max(action.due for action in actions(coached)) + datetime.timedelta(days=1))
    drafts = coached.read(lambda session: worklists(session, load_brief(session, coached.commission_id), coached.cases, coached.at.date()))
    said = str([draft.context for draft in drafts])
    assert "1 review to hold" in said and f"{len(actions(coached))} action" in said and "overdue" in said
    coached.one(0).decide("hold-review", Role.ADVISER, rag="green", reason="On track.")
    coached.one(0).decide("action-done", Role.SCHOOL, action_number=1)
    assert [review.held_on for review in coached.rows(Review)][:1] == [coached.at.date()]
    assert actions(coached)[0].done_on == coached.at.date()
    coached.one(0).decide("withdraw", Role.SCHOOL, reason="No longer.")
    with pytest.raises(NotPossible, match="no action of its plan can be marked as done"):
        coached.one(0).decide("action-done", Role.SCHOOL, action_number=2)


def actions(one: Company) -> list[Action]:
    """Return the actions of the agreed plan of the first case."""
    found: list[Action] = one.read(lambda session: actions_of(session, Case.id == one.cases[0].id)).get(one.cases[0].id, [])
    return found


def test_a_coach_who_declined_is_not_asked_again_and_another_one_is_when_there_is_one(coached: Company) -> None:
    coached.until(Status.AWAITING_SUPPORTER)
    coached.until(Status.BOOKED, 1)
    while coached.cases[0].further != "coach" or coached.cases[0].status is not Status.AWAITING_SUPPORTER:
        coached.one(0).step()
    declined = live(coached)["coach"].supporter_id
    with coached.database.writing() as session:
        keep = {row.supporter_id for number in range(2) for row in live(coached, number).values()}
        for supporter in session.exec(select(Supporter).where(col(Supporter.id).not_in(keep))).all():
            supporter.active = False
        for row in session.exec(select(Expertise).where(Expertise.skill == "coaching", Expertise.supporter_id != declined)).all():
            row.skill = "was-coaching"
    coached.one(0).decide("decline-case", Role.SUPPORTER, reason="No time.")
    coached.until(Status.BOOKED, 0)
    coached.engine()
    assert set(live(coached)) == {""} and coached.cases[0].status is Status.BOOKED
    coaches_off(coached, active=True)
    with coached.database.writing() as session:
        for supporter in session.exec(select(Supporter)).all():
            supporter.active = True
    coached.engine()
    assert coached.cases[0].further == "coach" and live(coached)["coach"].supporter_id != declined


def test_a_case_in_which_somebody_is_deciding_is_not_brought_back_for_its_coach(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.AWAITING_DATES)
    coaches_off(coached, active=True)
    coached.engine()
    assert {case.status for case in coached.cases} == {Status.AWAITING_DATES}
    coached.one(0).decide("confirm-dates", Role.SCHOOL)
    coached.one(1).decide("confirm-dates", Role.SCHOOL)
    coached.one(1).decide("pause", Role.ADVISER, reason="Illness.")
    # A visit that has had its day is written up first.
    coached.wait(visits(coached)["mentoring.1"].day)
    coached.engine()
    assert {case.status for case in coached.cases} == {Status.BOOKED}


def test_a_coach_for_whom_the_time_is_too_short_is_not_sought_again(coached: Company) -> None:
    coaches_off(coached)
    coached.until(Status.BOOKED)
    with coached.database.writing() as session:
        for visit in session.exec(select(Visit).where(Visit.status == VisitStatus.CONFIRMED)).all():
            visit.status = VisitStatus.HELD
            visit.held_on = visit.day
        commission = session.get_one(Commission, coached.commission_id)
        commission.ends = coached.at.date() + datetime.timedelta(weeks=2)
    coaches_off(coached, active=True)
    assert coached.read(lambda session: sought_again(session, coached.commission_id, coached.at.date())) == {}
    with coached.database.writing() as session:
        session.get_one(Commission, coached.commission_id).ends = coached.at.date() + datetime.timedelta(weeks=40)
    again = coached.read(lambda session: sought_again(session, coached.commission_id, coached.at.date()))
    assert again == {case.id: ["coach"] for case in coached.cases}


def test_where_one_match_can_never_be_had_another_is_still_sought_again(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    never = {"id": "never", "title": "Never", "broker": {"skills": ["nobody-has-it"], "accepted_by": ["supporter"]}}
    sessions = [MENTORING, COACHING | {"with_match": "never", "id": "nothing"}, COACHING]
    one = company(sqlite_database, tmp_path, meeting_programme(*sessions, places=2, further_matches=[never, *COACH], days=6))
    coaches_off(one)
    coaches_off(one, skill="nobody-has-it")
    one.until(Status.BOOKED)
    lacking = one.read(lambda session: without_further(session, one.commission_id))
    assert [(number, match) for number, _, match, _ in lacking] == [(case.id, match) for match in ("never", "coach") for case in one.cases]
    coaches_off(one, active=True)
    one.engine()
    assert {(case.status, case.further) for case in one.cases} == {(Status.AWAITING_SUPPORTER, "coach")}
    assert [event.detail["match"] for event in one.rows(Event, Event.kind == "case.seek-again")] == ["coach", "coach"]
    one.until(Status.BOOKED)
    assert set(live(one)) == {"", "coach"} and set(visits(one)) == {"mentoring.1", "mentoring.2", "coaching.1", "coaching.2"}


def test_of_two_matches_that_can_be_had_again_the_first_comes_first_and_then_the_other(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    guide = {"id": "guide", "title": "Guide", "broker": {"skills": ["guiding"], "accepted_by": ["supporter"]}}
    sessions = [MENTORING, COACHING, COACHING | {"with_match": "guide", "id": "guiding", "after": "coaching"}]
    one = company(sqlite_database, tmp_path, meeting_programme(*sessions, places=1, further_matches=[*COACH, guide], days=6))
    for skill in ("coaching", "guiding"):
        coaches_off(one, skill=skill)
    one.until(Status.BOOKED)
    for skill in ("coaching", "guiding"):
        coaches_off(one, active=True, skill=skill)
    one.engine()
    assert (one.cases[0].status, one.cases[0].further) == (Status.AWAITING_SUPPORTER, "coach")
    one.until(Status.BOOKED)
    one.engine()
    one.until(Status.BOOKED)
    assert set(live(one)) == {"", "coach", "guide"}


def test_only_the_visits_of_the_match_that_is_replaced_are_cancelled(coached: Company) -> None:
    coached.until(Status.BOOKED)
    before = live(coached)
    coached.one(0).decide("replace-supporter", Role.ADVISER, match="coach", reason="A new post.")
    cancelled = {name for name, visit in visits(coached).items() if visit.status is VisitStatus.CANCELLED}
    assert cancelled == {"coaching.1", "coaching.2"} and set(visits(coached, 0, VisitStatus.CONFIRMED)) == {"mentoring.1", "mentoring.2"}
    assert set(live(coached)) == {""}
    coached.until(Status.BOOKED, 0)
    after = live(coached)
    assert after["coach"].supporter_id not in {before["coach"].supporter_id, before[""].supporter_id} and after[""].id == before[""].id
    assert {visit.supporter_id for name, visit in visits(coached).items() if name.startswith("coaching")} == {after["coach"].supporter_id}
    assert set(visits(coached, 0, VisitStatus.CONFIRMED)) == {"mentoring.1", "mentoring.2", "coaching.1", "coaching.2"}


def test_a_supporter_who_leaves_as_coach_leaves_the_mentors_visits_alone(coached: Company) -> None:
    coached.until(Status.BOOKED)
    mine, other = live(coached), live(coached, 1)
    with coached.database.writing() as session:
        left = leave_for_good(session, session.get_one(Supporter, mine["coach"].supporter_id), LEAD, "a new post", coached.at)
    both = [number for number, matches in enumerate((mine, other)) if mine["coach"].supporter_id in {m.supporter_id for m in matches.values()}]
    assert left.replaced == tuple(coached.cases[number].id for number in both) and 0 in both
    assert {name for name, visit in visits(coached).items() if visit.status is VisitStatus.CANCELLED} == {"coaching.1", "coaching.2"}
    assert live(coached)[""].id == mine[""].id and (coached.cases[0].status, coached.cases[0].further) == (Status.TO_MATCH, "coach")


def test_a_match_that_the_programme_does_not_have_is_not_replaced(coached: Company) -> None:
    coached.until(Status.BOOKED)
    before = everything(coached.database)
    with pytest.raises(NotFound, match='no match "couch" in this programme: its further matches are coach'):
        coached.one(0).decide("replace-supporter", Role.ADVISER, match="couch", reason="x")
    assert everything(coached.database) == before


def test_while_one_match_is_sought_another_is_not_replaced(coached: Company) -> None:
    coached.until(Status.BOOKED)
    coached.one(0).decide("replace-supporter", Role.ADVISER, match="coach", reason="A new post.")
    coached.engine()
    with pytest.raises(NotPossible, match="is being matched otherwise at the moment"):
        coached.one(0).decide("replace-supporter", Role.ADVISER, reason="x")


def test_a_coach_who_declines_is_not_asked_again_and_the_mentor_stays(coached: Company) -> None:
    coached.until(Status.AWAITING_SUPPORTER)
    coached.until(Status.BOOKED, 1)
    while coached.cases[0].further != "coach" or coached.cases[0].status is not Status.AWAITING_SUPPORTER:
        coached.one(0).step()
    first = live(coached)
    coached.one(0).decide("decline-case", Role.SUPPORTER, reason="No time.")
    coached.until(Status.BOOKED, 0)
    after = live(coached)
    assert after["coach"].supporter_id != first["coach"].supporter_id and after[""].supporter_id == first[""].supporter_id


@pytest.fixture
def grouped(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """Three cases that were put together as a triad, whose match is to be approved."""
    return company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_APPROVAL)


def test_a_group_is_approved_and_taken_on_at_once_and_each_school_accepts_for_itself(grouped: Company) -> None:
    grouped.one(1).decide("approve", Role.COMMISSIONER)
    assert {case.status for case in grouped.cases} == {Status.AWAITING_SUPPORTER}
    assert len(grouped.rows(Message, Message.kind == "match_offer")) == 3
    grouped.one(2).decide("accept-case", Role.SUPPORTER)
    assert {case.status for case in grouped.cases} == {Status.AWAITING_CONSENT}
    grouped.one(0).decide("accept-support", Role.SCHOOL)
    assert [case.status for case in grouped.cases] == [Status.TO_SCHEDULE, Status.AWAITING_CONSENT, Status.AWAITING_CONSENT]
    approved = [event.case_id for event in grouped.rows(Event, Event.kind == "case.approve")]
    assert sorted(approved) == [case.id for case in grouped.cases]


def test_a_case_of_the_group_that_is_paused_is_not_taken_on_with_it(grouped: Company) -> None:
    grouped.one(0).decide("pause", Role.ADVISER, reason="Illness.")
    grouped.one(1).decide("approve", Role.COMMISSIONER)
    assert [case.status for case in grouped.cases] == [Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_SUPPORTER]


def test_one_school_that_does_not_want_the_support_leaves_its_group_and_the_others_stay(grouped: Company) -> None:
    grouped.until(Status.AWAITING_CONSENT)
    grouped.one(0).decide("decline-support", Role.SCHOOL, reason="We know them too well.")
    places = {row.case_id: row.left_on for row in grouped.rows(GroupPlace)}
    assert [places[case.id] is None for case in grouped.cases] == [False, True, True]
    assert [case.status for case in grouped.cases] == [Status.TO_MATCH, Status.AWAITING_CONSENT, Status.AWAITING_CONSENT]
    grouped.engine()
    assert grouped.cases[0].status is Status.UNMET and "declined before" in (grouped.cases[0].why or "")
    assert len(grouped.rows(SupportGroup)) == 1


def test_matches_that_make_no_groups_are_approved_one_by_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme({"id": "visit", "title": "Visit"})).until(Status.AWAITING_APPROVAL)
    one.one(0).decide("approve", Role.COMMISSIONER)
    assert [case.status for case in one.cases] == [Status.AWAITING_SUPPORTER, Status.AWAITING_APPROVAL, Status.AWAITING_APPROVAL]


def test_groups_keep_to_one_supporter_and_each_is_told_apart_by_name(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(VISIT | {"after": None}, places=7, broker=TRIAD)).until(Status.AWAITING_APPROVAL)
    groups = one.rows(SupportGroup)
    members = {group.id: [row.case_id for row in one.rows(GroupPlace, GroupPlace.group_id == group.id)] for group in groups}
    assert sorted(len(cases) for cases in members.values()) == [3, 4] and [group.title for group in groups] == ["Triad 1", "Triad 2"]
    who = {case.id: case.supporter_id for case in one.cases}
    assert all({who[case] for case in members[group.id]} == {group.supporter_id} for group in groups)


def test_a_decision_that_was_made_already_says_where_the_case_stands(grouped: Company) -> None:
    grouped.one(0).decide("refuse", Role.COMMISSIONER, reason="Too far.")
    for kind, role, more in (("refuse", Role.COMMISSIONER, {"reason": "Too far."}), ("approve", Role.COMMISSIONER, {})):
        with pytest.raises(NotPossible, match='stands at "support to be found"'):
            grouped.one(0).decide(kind, role, **more)
