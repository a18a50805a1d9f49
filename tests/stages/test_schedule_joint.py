"""Joint visits: two supporters come to one school, and all that a visit means is true of both."""

import datetime
import pathlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput
from models.match import Match
from models.message import Message
from models.programme import Programme
from models.supporter import Expertise, Leave, Supporter
from models.term import Closure
from models.visit import DateOffer, Visit, VisitSlip
from models.words import DayPart, MatchStatus, MoneyKind, Role, Slip, Status, VisitStatus
from notifications.rendering import render
from programmes.sessions import FIRST, own_half_days
from programmes.timing import expand
from reports.case_file import case_file
from reports.case_words import in_words
from stages.brief import load_brief
from stages.feeds import Holder, diary
from stages.record import Actor
from stages.reminders.worklists import worklists
from stages.schedule.decide import record_leave
from stages.schedule.diaries import diaries
from stages.schedule.modelling import Asked, Times, timetable
from stages.schedule.rules import Unplaced
from stages.schedule.stuck import without_day
from stages.visits import comers
from tests.snapshots import Beginning
from tests.stages.builders import NOTE, Journey
from tests.stages.meeting_builders import Company, company, meeting_programme
from tests.stages.test_broker_further_matches import coaches_off
from tests.stages.test_schedule_rules import CALENDAR, END, START, Situation, faults_of_a_day, situations

COACH: list[dict[str, Any]] = [{"id": "coach", "title": "Coach", "broker": {"skills": ["coaching"], "accepted_by": ["supporter"]}}]
TOGETHER: dict[str, Any] = {"id": "together", "title": "Visit of both", "joined_by": "coach"}
ALONE: dict[str, Any] = {"id": "alone", "title": "Visit of one", "after": "together", "gap_weeks": {"at_least": 3, "at_most": 60}}


def joint_programme() -> Programme:
    return meeting_programme(TOGETHER, ALONE, places=1, further_matches=COACH, days=4)


@pytest.fixture
def both(sqlite_database: Database, tmp_path: pathlib.Path) -> Iterator[Company]:
    """One case whose first visit is of its supporter and of a coach, whom anybody can be."""
    one = company(sqlite_database, tmp_path, joint_programme())
    with sqlite_database.writing() as session:
        for number, skill in session.exec(select(Expertise.supporter_id, Expertise.skill)).all():
            other = "coaching" if skill == "disadvantage" else "disadvantage"
            session.add(Expertise(supporter_id=number, skill=other, level=3))
    one.beginning = Beginning(sqlite_database, "both")
    return one.until(Status.BOOKED)


def agreed(one: Company) -> dict[str, int]:
    return {row.further: row.supporter_id for row in one.rows(Match, Match.status == MatchStatus.AGREED)}


def visit(one: Company, name: str = "together") -> Visit:
    (found,) = one.rows(Visit, Visit.session == name)
    return found  # type: ignore[no-any-return]


def case(one: Company) -> Journey:
    return one.one(0)


def told(one: Company, kind: str) -> list[Message]:
    return one.rows(Message, Message.kind == kind)


def names(one: Company, *numbers: int) -> list[str]:
    people = {person.id: person.name for person in one.rows(Supporter)}
    return [people[number] for number in numbers]


def booked_on(one: Company, number: int) -> dict[Any, Any]:
    return one.read(lambda session: diaries(session, load_brief(session, one.commission_id), [number])[number].taken)  # type: ignore[no-any-return]


def test_a_joint_visit_stands_in_both_diaries_and_the_other_visit_in_one(both: Company) -> None:
    first, second = agreed(both)[FIRST], agreed(both)["coach"]
    assert first != second
    assert (visit(both).supporter_id, visit(both).second_id) == (first, second)
    assert (visit(both, "alone").supporter_id, visit(both, "alone").second_id) == (first, None)
    day, part = visit(both).day, visit(both).part
    assert part in booked_on(both, first)[day] and part in booked_on(both, second)[day]
    assert list(booked_on(both, second)) == [day]


def test_both_are_invited_and_the_school_reads_both_names(both: Company) -> None:
    first, second = agreed(both)[FIRST], agreed(both)["coach"]
    mentor, coach = names(both, first, second)
    for kind in ("dates", "dates_confirmed"):
        (message,) = told(both, kind)
        assert [line.get("with") for line in message.context["visits"]] == [f"{mentor} and {coach}", None]
    booked = {message.to_name: [entry["title"] for entry in message.context["calendar"]] for message in told(both, "visits_booked")}
    assert {name: len(entries) for name, entries in booked.items()} == {mentor: 2, coach: 1}
    for number in (first, second):
        holder = Holder("somebody", supporter_id=number)
        feed = both.read(lambda session, holder=holder: diary(session, holder, both.at)).decode()
        assert "Visit of both" in feed


def test_whoever_comes_reads_who_the_other_is_and_so_does_who_looks_at_the_case(both: Company) -> None:
    mentor, coach = names(both, agreed(both)[FIRST], agreed(both)["coach"])
    joint = [entry["title"] for message in told(both, "visits_booked") for entry in message.context["calendar"] if "both" in entry["title"]]
    assert len(joint) == 2 and all(title.endswith(f", with {mentor} and {coach}") for title in joint)
    shown = both.read(lambda session: in_words(case_file(session, both.cases[0].id, both.at)))
    assert f"Visit of both with {mentor} and {coach} (agreed)" in shown and "Visit of one (agreed)" in shown


def test_if_the_second_is_away_the_visit_moves_for_both_and_both_are_told(both: Company) -> None:
    first, second = agreed(both)[FIRST], agreed(both)["coach"]
    was = visit(both).day
    with both.database.writing() as session:
        record_leave(session, session.get_one(Supporter, second), was, was, Actor(Role.ADVISER, "link adviser"), "illness", both.at)
    assert visit(both).status is VisitStatus.TO_MOVE
    both.engine()
    now = visit(both)
    assert now.status is VisitStatus.CONFIRMED and now.day != was and now.supporter_ids == (first, second)
    assert sorted(message.to_name for message in told(both, "visit_changed")) == sorted(names(both, first, second))
    assert was not in booked_on(both, first) and now.day in booked_on(both, first) and now.day in booked_on(both, second)


def days_away(one: Company) -> dict[int, list[datetime.date]]:
    found: dict[int, list[datetime.date]] = {}
    for row in one.rows(Leave):
        found.setdefault(row.supporter_id, []).append(row.first)
    return found


@pytest.mark.parametrize(("role", "slip"), [(Role.SUPPORTER, None), (Role.ADVISER, Slip.SUPPORTER_AWAY), (Role.LEAD, None)])
@pytest.mark.parametrize("which", [0, 1])
def test_whoever_of_the_two_cannot_come_is_away_and_the_other_and_the_school_are_not(
    both: Company, role: Role, slip: Slip | None, which: int
) -> None:
    comers, was = visit(both).supporter_ids, visit(both).day
    (name,) = names(both, comers[which])
    case(both).decide("move-visit", role, visit="together", reason="A course.", slip=slip, away=name)
    assert days_away(both) == {comers[which]: [was]} and both.rows(Closure) == []
    assert visit(both).slip is (Slip.SUPPORTER_ASKED if role is Role.SUPPORTER else Slip.SUPPORTER_AWAY)
    both.engine()
    assert visit(both).status is VisitStatus.CONFIRMED and visit(both).day != was and visit(both).supporter_ids == comers


@pytest.mark.parametrize(("role", "slip"), [(Role.SUPPORTER, None), (Role.ADVISER, Slip.SUPPORTER_AWAY), (Role.LEAD, Slip.SUPPORTER_ASKED)])
def test_who_of_the_two_cannot_come_has_to_be_said(both: Company, role: Role, slip: Slip | None) -> None:
    first, second = names(both, *visit(both).supporter_ids)
    with pytest.raises(BadInput, match=rf"^{first} and {second} come to the visit together: say with --away NAME which of them cannot\.$"):
        case(both).decide("move-visit", role, visit="together", reason="A course.", slip=slip)
    with pytest.raises(BadInput, match=rf"Nobody Known does not come to the visit together: {first} and {second} do"):
        case(both).decide("move-visit", role, visit="together", reason="A course.", slip=slip, away="Nobody Known")
    assert visit(both).status is VisitStatus.CONFIRMED and days_away(both) == {}


def test_nobody_needs_to_say_who_is_away_where_one_comes_or_it_is_the_school_that_asks(both: Company) -> None:
    first, second = visit(both).supporter_ids
    case(both).decide("move-visit", Role.SUPPORTER, visit="alone", reason="A course.")
    assert days_away(both) == {first: [visit(both, "alone").day]}
    with pytest.raises(BadInput, match=r"leave out --away, or give --slip supporter_away\.$"):
        case(both).decide("move-visit", Role.SCHOOL, visit="together", reason="There is a trip.", away=names(both, second)[0])
    case(both).decide("move-visit", Role.SCHOOL, visit="together", reason="There is a trip.")
    assert [row.day for row in both.rows(Closure)] == [visit(both).day] and len(days_away(both)) == 1


def test_a_visit_of_two_at_which_nobody_was_there_is_dated_anew_without_anybody_away(both: Company) -> None:
    both.wait(visit(both).day)
    case(both).decide("no-show", Role.SUPPORTER, visit="together", reason="The gate was locked.")
    case(both).decide("move-visit", Role.SUPPORTER, visit="together", reason="The gate was locked.")
    assert visit(both).status is VisitStatus.TO_MOVE and visit(both).slip is Slip.NOBODY_THERE
    assert days_away(both) == {} and both.rows(Closure) == []


def test_days_on_offer_are_kept_free_in_both_diaries(both: Company) -> None:
    case(both).decide("move-visit", Role.SCHOOL, visit="together", reason="There is a trip.")
    both.engine()
    offers = both.rows(DateOffer)
    assert len(offers) == 3
    for number in visit(both).supporter_ids:
        assert {one.day for one in offers} <= booked_on(both, number).keys()
    case(both).decide("choose-date", Role.SCHOOL, visit="together", day=offers[0].day)
    assert visit(both).day == offers[0].day and visit(both).status is VisitStatus.CONFIRMED


def test_the_time_of_both_is_used_and_counts_in_the_record_of_both(both: Company) -> None:
    both.wait(visit(both).day)
    case(both).decide("write-note", Role.SUPPORTER, visit="together", **NOTE)
    used = both.rows(LedgerLine, LedgerLine.kind == MoneyKind.USED)
    assert {line.supporter_id: line.half_days for line in used} == dict.fromkeys(agreed(both).values(), 1)
    cost = {person.id: -(-person.cost_a_day // 2) for person in both.rows(Supporter)}
    assert all(abs(line.pence) == cost[line.supporter_id] for line in used)


def test_a_late_cancellation_is_charged_for_both(both: Company) -> None:
    both.wait(visit(both).day, hour=8)
    case(both).decide("cancel-visit", Role.ADVISER, visit="together", reason="The hall is flooded.", slip=Slip.SCHOOL_ASKED)
    (slip,) = both.rows(VisitSlip)
    assert slip.charged == 2
    assert sorted(line.supporter_id for line in both.rows(LedgerLine, LedgerLine.kind == MoneyKind.USED)) == sorted(agreed(both).values())
    assert sorted(message.to_name for message in told(both, "visits_off")) == sorted(names(both, *agreed(both).values()))


def test_where_the_second_is_replaced_the_visit_is_dated_anew_with_whoever_comes_now_and_the_other_stays(both: Company) -> None:
    first, second = agreed(both)[FIRST], agreed(both)["coach"]
    kept = visit(both, "alone")
    case(both).decide("replace-supporter", Role.ADVISER, reason="The coach has moved away.", match="coach")
    assert visit(both).status is VisitStatus.CANCELLED and visit(both, "alone").status is VisitStatus.CONFIRMED
    (message,) = told(both, "dates_off")
    assert len(message.context["calendar"]) == 1
    with both.database.writing() as session:
        gone = session.get_one(Supporter, second)
        gone.active = False
        session.add(gone)
    both.until(Status.BOOKED)
    assert agreed(both)["coach"] not in (first, second)
    assert visit(both).supporter_ids == (first, agreed(both)["coach"]) and visit(both).status is VisitStatus.CONFIRMED
    assert (visit(both, "alone").day, visit(both, "alone").status) == (kept.day, VisitStatus.CONFIRMED)


def test_where_the_day_that_is_left_cannot_be_the_other_visit_that_leaves_no_other_is_named(both: Company) -> None:
    case(both).decide("move-visit", Role.SCHOOL, visit="together", reason="There is a trip.")
    both.engine()
    case(both).decide("replace-supporter", Role.ADVISER, reason="The coach has moved away.", match="coach")
    both.until(Status.UNPLACED)
    stands = f"Visit of one on {visit(both, 'alone').day:%-d %B %Y}"
    assert re.match(rf"Visit of both: no day between .*, since it has to be at least 3 weeks before {stands}: the school cannot", case(both).case.why)


@pytest.fixture
def late(sqlite_database: Database, tmp_path: pathlib.Path) -> Iterator[Company]:
    """One case whose visit of both is agreed for one, since no coach could be had; now there is one whom anybody may be."""
    one = company(sqlite_database, tmp_path, joint_programme())
    coaches_off(one)
    one.until(Status.BOOKED)
    coaches_off(one, active=True)
    return one


def coach_found(one: Company) -> int:
    """Have the coach sought again and agreed, up to where the engine has not had its turn yet; return who it is."""
    case(one).decide("replace-supporter", Role.ADVISER, reason="There are coaches again.", match="coach")
    one.until(Status.TO_SCHEDULE)
    return agreed(one)["coach"]


def test_a_second_who_is_found_after_the_visit_was_agreed_for_one_joins_it_on_its_day(late: Company) -> None:
    was = visit(late)
    second = coach_found(late)
    late.until(Status.BOOKED)
    late.engine()
    now = visit(late)
    assert was.supporter_ids == (agreed(late)[FIRST],) and now.supporter_ids == (agreed(late)[FIRST], second)
    assert (now.day, now.part, now.status) == (was.day, was.part, VisitStatus.CONFIRMED) and now.sequence == was.sequence + 1
    assert visit(late, "alone").second_id is None
    (message,) = told(late, "visit_joined")
    booked = told(late, "visits_booked")[-2:]
    assert sorted(one.to_name for one in booked) == sorted(names(late, *now.supporter_ids))
    for one in (message, *booked):
        (entry,) = one.context["calendar"]
        assert entry["sequence"] == now.sequence and entry["title"].endswith(f"with {' and '.join(names(late, *now.supporter_ids))}")
    assert now.part in booked_on(late, second)[now.day]


def away_on_the_day(one: Company) -> tuple[Visit, int]:
    was, second = visit(one), coach_found(one)
    with one.database.writing() as session:
        record_leave(session, session.get_one(Supporter, second), was.day, was.day, Actor(Role.ADVISER, "link adviser"), "a course", one.at)
    return was, second


def test_where_the_second_cannot_on_that_day_the_visit_is_dated_anew_for_both(late: Company) -> None:
    was, second = away_on_the_day(late)
    late.until(Status.BOOKED)
    late.engine()
    now = visit(late)
    assert now.status is VisitStatus.CONFIRMED and now.day != was.day and now.supporter_ids == (agreed(late)[FIRST], second)
    (message,) = told(late, "visit_moved")
    assert message.context["why"] == f"two come to it now, and {names(late, second)[0]} is away"
    assert told(late, "visit_joined") == []


def test_where_that_is_too_near_it_stays_for_one_and_the_adviser_reads_so(late: Company) -> None:
    was, second = away_on_the_day(late)
    late.at = late.at.set(year=was.day.year, month=was.day.month, day=was.day.day).subtract(days=2)
    late.until(Status.BOOKED)
    late.engine()
    now = visit(late)
    assert (now.day, now.status, now.supporter_ids) == (was.day, VisitStatus.CONFIRMED, (agreed(late)[FIRST],))
    assert told(late, "visit_joined") == told(late, "visit_moved") == []
    drafts = late.read(lambda session: worklists(session, load_brief(session, late.commission_id), late.cases, late.at.date()))
    said = "".join(render("worklist", draft.context).text for draft in drafts if draft.to.role == "adviser")
    assert "1 visit to which one comes and not two" in said and f"{names(late, second)[0]} is away" in said


def test_whose_leave_keeps_the_two_from_a_new_day_is_said_by_name(both: Company) -> None:
    second = agreed(both)["coach"]
    with both.database.writing() as session:
        away = both.at.date() + datetime.timedelta(days=5 * 365)
        record_leave(session, session.get_one(Supporter, second), both.at.date(), away, Actor(Role.ADVISER, "link adviser"), "illness", both.at)
    both.engine()
    (stuck,) = both.read(lambda session: without_day(session, [both.cases[0].id]))
    assert f"{names(both, second)[0]} is away (" in stuck.why and "the supporter" not in stuck.why


def test_where_nobody_else_can_be_had_the_visit_is_of_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, joint_programme())
    coaches_off(one)
    one.until(Status.BOOKED)
    assert visit(one).supporter_ids == (agreed(one)[FIRST],) and set(agreed(one)) == {FIRST}


@settings(deadline=None, max_examples=150)
@given(situations(), situations(), st.booleans())
def test_a_joint_visit_is_on_a_day_that_suits_both_and_there_is_one_where_anybody_can_find_one(one: Situation, other: Situation, joint: bool) -> None:
    """The slow way: every day and every part of it is tried for the one and for the other."""
    wanted, books = one.wanted[0], (one.diary(), other.diary())
    other = replace(other, closed=one.closed, blackouts=one.blackouts, earliest=one.earliest, at=one.at)
    people = (one, other) if joint else (one,)
    times = Times(CALENDAR, {1: one.shut()}, dict(enumerate(books)), one.earliest)
    found = timetable([Asked(1, 1, one.at, [wanted], {}, {wanted.key: range(len(people))})], times).outcomes[1]
    window = CALENDAR.days(max(wanted.first, one.earliest), wanted.last) if max(wanted.first, one.earliest) <= wanted.last else []
    able = {
        (day, part) for day in window for part in DayPart
        if not any(faults_of_a_day(each, wanted, day, part, each.booked) for each in people)
    }  # fmt: skip
    assert isinstance(found, Unplaced) == (not able)
    if not isinstance(found, Unplaced):
        assert (found[0].day, found[0].part) in able
        assert [found[0].part in book.taken.get(found[0].day, {}) for book in books[: len(people)]] == [True] * len(people)


def test_both_matches_give_the_half_days_of_a_joint_visit() -> None:
    programme = joint_programme()
    assert (own_half_days(programme, FIRST), own_half_days(programme, "coach")) == (2, 1)
    sessions = expand(programme.schedule.sessions, START, END, START)
    assert [comers(one, {FIRST: 7, "coach": 9}) for one in sessions] == [(7, 9), (7,)]
    assert [comers(one, {FIRST: 7}) for one in sessions] == [(7,), (7,)]
    assert comers(sessions[0], {FIRST: 7, "coach": 7}) == (7,)
