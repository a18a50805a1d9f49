"""Visits that slip: a school that chooses another day, a late cancellation, nobody there; and what is kept of why."""

import copy
import datetime
import pathlib

import pytest
from hypothesis import given, settings
from sqlmodel import select

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput, NotAllowed, NotPossible
from models.match import Match
from models.message import Message
from models.programme import Programme
from models.supporter import Supporter
from models.term import Closure
from models.visit import DateOffer, VisitSlip
from models.words import ClosureKind, DayPart, MoneyKind, Role, Slip, Status, VisitStatus
from notifications.rendering import render
from stages.brief import days_in_words, load_brief
from stages.record import Actor
from stages.schedule.closing import close_days
from stages.schedule.decide import record_leave
from stages.schedule.diaries import diaries
from stages.schedule.rules import options
from tests.stages.builders import NOTE, Journey, everything, journey, small_programme
from tests.stages.test_schedule_rules import CALENDAR, Situation, faults_of_a_day, situations

WHY = "There is a trip."


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def offered(one: Journey) -> list[DateOffer]:
    with one.database.reading() as session:
        return sorted(session.exec(select(DateOffer)).all(), key=lambda offer: offer.day)


def said(one: Journey, kind: str) -> list[Message]:
    return [message for message in one.rows(Message) if message.kind == kind]


def ask(one: Journey) -> Journey:
    one.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
    one.engine()
    return one


@settings(deadline=None, max_examples=200)
@given(situations())
def test_days_to_choose_from_break_no_rule_are_the_nearest_and_on_three_weekdays_where_that_can_be(given: Situation) -> None:
    one, near = given.wanted[0], given.wanted[0].first
    limits = (max(one.first, given.earliest), one.last)
    found = options(one, limits, near, CALENDAR, given.shut(), [given.diary()], given.at)
    days = CALENDAR.days(*limits) if limits[0] <= limits[1] else []
    able = [day for day in days if any(not faults_of_a_day(given, one, day, part, given.booked) for part in DayPart)]
    assert len(found) == min(3, len(able))
    assert all(faults_of_a_day(given, one, each.day, each.part, given.booked) == [] for each in found)
    assert len({each.day for each in found}) == len(found) and [each.day for each in found] == sorted(each.day for each in found)
    if able:
        assert min(able, key=lambda day: (abs((day - near).days), day)) in [each.day for each in found]
    assert len({each.day.isoweekday() for each in found}) >= min(2, len({day.isoweekday() for day in able}), len(found))


def test_a_school_that_asks_for_another_date_may_choose_one_of_three(booked: Journey) -> None:
    old = booked.visits()[0]
    days = offered(ask(booked))
    (message,) = said(booked, "date_choice")
    assert len(days) == 3 and old.day not in [one.day for one in days]
    assert [line["day"] for line in message.context["days"]] == [one.day.isoformat() for one in days]
    assert booked.visits()[0].status is VisitStatus.TO_MOVE and said(booked, "visit_moved") == []
    booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=days[1].day)
    now = booked.visits()[0]
    assert (now.status, now.day, now.part) == (VisitStatus.CONFIRMED, days[1].day, days[1].part)
    assert offered(booked) == [] and said(booked, "visit_moved")[0].context["day"] == days[1].day.isoformat()
    words = render("visit_moved", dict(said(booked, "visit_moved")[0].context)).text
    assert "has to move" not in words and f"on the date that you chose: {now.day:%A %-d %B %Y}" in words
    (slip,) = booked.rows(VisitSlip)
    assert (slip.day, slip.to_day, slip.reason, slip.charged) == (old.day, now.day, Slip.SCHOOL_ASKED, 0)


def test_what_is_on_offer_is_kept_free_until_the_school_has_chosen(booked: Journey) -> None:
    """Another turn of the engine offers nothing anew, and gives the days to nobody else."""
    days = offered(ask(booked))
    before = everything(booked.database, "stage_runs")
    booked.engine()
    assert everything(booked.database, "stage_runs") == before
    with booked.database.reading() as session:
        supporter = booked.visits()[0].supporter_id
        taken = diaries(session, load_brief(session, booked.commission_id), [supporter])[supporter].taken
    assert all(one.part in taken[one.day] for one in days)


def test_a_school_that_does_not_choose_in_time_is_given_a_date_and_told(booked: Journey) -> None:
    old, days = booked.visits()[0], offered(ask(booked))
    booked.wait(days[0].due + datetime.timedelta(days=1))
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day != old.day and offered(booked) == []
    assert [message.context["day"] for message in said(booked, "visit_moved")] == [now.day.isoformat()]


def test_a_school_that_none_suits_is_offered_others(booked: Journey) -> None:
    first = {one.day for one in offered(ask(booked))}
    second = {one.day for one in offered(ask(booked))}
    assert len(second) == 3 and not first & second
    assert len(said(booked, "date_choice")) == 2


def test_only_a_day_on_offer_can_be_chosen(booked: Journey) -> None:
    with pytest.raises(NotPossible, match="no days on offer"):
        booked.decide("choose-date", Role.SCHOOL, day=booked.visits()[0].day)
    days = offered(ask(booked))
    with pytest.raises(BadInput, match=days[2].day.isoformat()):
        booked.decide("choose-date", Role.SCHOOL, day=days[0].day - datetime.timedelta(days=300))
    with pytest.raises(BadInput, match="Choose one of the days"):
        booked.decide("choose-date", Role.SCHOOL)


def used(one: Journey) -> list[tuple[str, int]]:
    return [(line.reason, line.half_days) for line in one.rows(LedgerLine) if line.kind is MoneyKind.USED]


def test_a_late_cancellation_is_charged_and_the_school_reads_so(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.wait(weekday_before(visit.day))
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_asked")
    assert used(booked) == [("visit exploratory cancelled late", visit.part.half_days)]
    assert [(one.reason, one.charged, one.to_day) for one in booked.rows(VisitSlip)] == [(Slip.SCHOOL_ASKED, visit.part.half_days, None)]
    (message,) = said(booked, "visit_cancelled")
    assert message.context["charged"] is True


def weekday_before(day: datetime.date) -> datetime.date:
    """Return the weekday before a day, which is less than two working days' notice."""
    return day - datetime.timedelta(days=3 if day.isoweekday() == 1 else 1)


def test_a_late_cancellation_that_nobody_could_help_is_free(booked: Journey) -> None:
    booked.wait(weekday_before(booked.visits()[0].day))
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_closed")
    assert used(booked) == [] and said(booked, "visit_cancelled")[0].context["charged"] is False


def test_whose_doing_a_late_cancellation_is_has_to_be_said(booked: Journey) -> None:
    booked.wait(weekday_before(booked.visits()[0].day))
    before = everything(booked.database)
    with pytest.raises(BadInput, match="--slip"):
        booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    assert everything(booked.database) == before


def test_a_cancellation_in_good_time_costs_nothing_whoever_asked(booked: Journey) -> None:
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_asked")
    assert used(booked) == [] and booked.rows(VisitSlip)[0].charged == 0


def test_a_programme_that_asks_for_more_notice_charges_earlier(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    values = small_programme().model_dump(mode="json")
    values["schedule"]["late_cancel_working_days"] = 60
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.BOOKED)
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_asked")
    assert used(one) == [("visit exploratory cancelled late", 1)]


def test_what_was_only_on_offer_is_neither_a_slip_nor_charged(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    one.wait(one.visits()[0].day)
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_asked")
    assert one.rows(VisitSlip) == [] and used(one) == []


def test_a_school_that_would_cancel_a_visit_reads_what_it_can_do_instead(booked: Journey) -> None:
    with pytest.raises(NotAllowed, match=r"The role school cannot cancel a visit: have it moved with `lodestar decide move-visit`.*ask the adviser"):
        booked.decide("cancel-visit", Role.SCHOOL, visit="exploratory", reason=WHY)


def test_where_nobody_was_there_the_time_is_used_the_school_is_told_and_the_case_goes_on(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.wait(visit.day)
    booked.decide("no-show", Role.SUPPORTER, visit="exploratory", reason="The door was locked.")
    assert booked.visits()[0].status is VisitStatus.NO_SHOW and used(booked) == [("visit exploratory: nobody there", visit.part.half_days)]
    mail = said(booked, "visit_missed")[0]
    text = render(mail.kind, mail.context).text
    (match,) = booked.rows(Match)
    later = sum(one.part.half_days for one in booked.visits() if one.id != visit.id)
    left, took = days_in_words((match.half_days - visit.part.half_days) / 2), days_in_words(visit.part.half_days / 2)
    assert "What was recorded: The door was locked." in text
    assert (
        f"The time of the visit, {took}, is counted as used. That leaves {left} of support; the visits still to come take {days_in_words(later / 2)}."
        in text
    )
    booked.engine()
    assert booked.visits()[0].status is VisitStatus.NO_SHOW and booked.case.status is Status.BOOKED
    booked.until(Status.AWAITING_JUDGEMENT)
    assert [one.status for one in booked.visits()] == [VisitStatus.NO_SHOW, VisitStatus.HELD]


def test_a_visit_at_which_nobody_was_there_is_dated_anew_when_somebody_asks(booked: Journey) -> None:
    visit = booked.visits()[0]
    booked.wait(visit.day)
    booked.decide("no-show", Role.SUPPORTER, visit="exploratory", reason=WHY)
    booked.decide("move-visit", Role.ADVISER, visit="exploratory", reason="The head would like another date.")
    booked.engine()
    now = booked.visits()[0]
    assert now.status is VisitStatus.CONFIRMED and now.day > visit.day
    assert {one.reason for one in booked.rows(VisitSlip)} == {Slip.NOBODY_THERE}


def test_nobody_can_be_missing_at_a_visit_that_is_still_to_come(booked: Journey) -> None:
    with pytest.raises(NotPossible, match="still to come"):
        booked.decide("no-show", Role.SUPPORTER, visit="exploratory", reason=WHY)


def test_the_day_that_was_agreed_first_stays_known_however_often_a_visit_moves(booked: Journey) -> None:
    first = booked.visits()[0].day
    for _ in range(2):
        booked.decide("move-visit", Role.SUPPORTER, visit="exploratory", reason=WHY)
        booked.engine()
    now = booked.visits()[0]
    assert now.first_agreed == first != now.day
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.SUPPORTER_ASKED] * 2


def single(database: Database, folder: pathlib.Path) -> Journey:
    """Return a booked case with one session only."""
    values = small_programme().model_dump(mode="json")
    values["schedule"]["sessions"] = values["schedule"]["sessions"][:1]
    return journey(database, folder, Programme.model_validate(values)).until(Status.BOOKED)


def test_where_nothing_is_left_to_place_while_a_school_chooses_the_engine_goes_on(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = single(sqlite_database, tmp_path)
    ask(one)
    one.engine()
    assert one.visits()[0].status is VisitStatus.TO_MOVE and len(offered(one)) == 3


def test_no_day_is_offered_on_which_the_supporter_has_something_agreed_elsewhere_and_nobody_else_moves(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=8)).until(Status.BOOKED)
    with sqlite_database.reading() as session:
        cases = session.exec(select(Case.id).where(Case.commission_id == one.commission_id)).all()
    others = [Journey(sqlite_database, one.commission_id, number, one.at) for number in cases if number != one.case_id]
    booked = []
    for other in others[:4]:
        other.at = one.at = max(one.at, other.at)
        if other.case.status in {Status.SELECTED, Status.AWAITING_SELF_EVALUATION}:
            booked.append(other.until(Status.BOOKED))
            one.at = other.at
    before = {(other.case_id, visit.session): visit.day for other in booked for visit in other.visits()}
    taken = {(visit.supporter_id, visit.day, visit.part) for other in booked for visit in other.visits()}
    ask(one)
    assert before == {(other.case_id, visit.session): visit.day for other in booked for visit in other.visits()}
    assert not taken & {(offer.supporter_id, offer.day, offer.part) for offer in offered(one)}


def test_a_visit_that_was_held_or_cancelled_while_days_were_on_offer_cannot_be_moved_any_more(booked: Journey) -> None:
    ask(booked)
    booked.wait(booked.visits()[0].day)
    booked.decide("write-note", Role.SUPPORTER, visit="exploratory", **NOTE)
    with pytest.raises(NotPossible, match="is held, so it cannot be moved"):
        booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
    with pytest.raises(NotPossible, match="no days on offer"):
        booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=booked.visits()[0].day)


@pytest.mark.parametrize("closed", ["school", "authority", "supporter"])
def test_a_day_on_offer_that_cannot_be_any_more_is_refused_with_why_and_another_may_be_chosen(booked: Journey, closed: str) -> None:
    first, second, _ = offered(ask(booked))
    with booked.database.writing() as session:
        actor = Actor(Role.LEAD, "partnership lead")
        if closed == "supporter":
            record_leave(session, session.get_one(Supporter, first.supporter_id), first.day, first.day, actor, "a course", booked.at)
        else:
            urns = [booked.case.urn] if closed == "school" else []
            close_days(session, "999", urns, (first.day, first.day), ClosureKind.INSET, "", actor, booked.at)
    before = everything(booked.database)
    with pytest.raises(NotPossible, match="cannot be any more"):
        booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=first.day)
    assert everything(booked.database) == before
    booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=second.day)
    assert booked.visits()[0].day == second.day


def test_while_a_school_chooses_the_other_visits_of_its_case_wait_so_that_the_order_holds(booked: Journey) -> None:
    ask(booked)
    booked.decide("move-visit", Role.SUPPORTER, visit="follow-up", reason=WHY)
    booked.engine()
    assert [visit.status for visit in booked.visits()] == [VisitStatus.TO_MOVE, VisitStatus.TO_MOVE]
    booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=offered(booked)[0].day)
    booked.engine()
    first, second = booked.visits()
    assert {first.status, second.status} == {VisitStatus.CONFIRMED} and first.day < second.day


def test_days_that_were_not_chosen_in_time_are_free_again(booked: Journey) -> None:
    due = offered(ask(booked))[0].due
    booked.wait(due + datetime.timedelta(days=1))
    booked.engine()
    assert offered(booked) == [] and booked.visits()[0].status is VisitStatus.CONFIRMED


def test_a_pause_takes_no_time_to_choose_and_none_to_answer_a_note(booked: Journey) -> None:
    due = offered(ask(booked))[0].due
    booked.decide("pause", Role.ADVISER, reason=WHY)
    booked.wait(booked.at.date() + datetime.timedelta(days=30))
    booked.decide("resume", Role.ADVISER, reason=WHY)
    booked.engine()
    assert offered(booked)[0].due > due and booked.visits()[0].status is VisitStatus.TO_MOVE


def test_a_supporter_may_say_that_nobody_was_there_at_the_last_visit_too(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = single(sqlite_database, tmp_path)
    one.wait(one.visits()[0].day)
    one.decide("no-show", Role.SUPPORTER, visit="exploratory", reason=WHY)
    assert one.case.status is Status.TO_SCHEDULE
    one.engine()
    assert one.case.status is Status.UNPLACED and "nobody was there" in str(one.case.why)
    one.decide("move-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    one.engine()
    assert one.case.status is Status.AWAITING_DATES


def test_a_late_cancellation_is_charged_though_the_school_asked_for_another_date_first(booked: Journey) -> None:
    booked.wait(weekday_before(booked.visits()[0].day))
    booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    assert used(booked) == [("visit exploratory cancelled late", 1)]


def test_dates_on_offer_are_not_agreed_once_any_has_passed_whatever_the_order_of_the_sessions(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    """The programme names the later session first, so the first of the visits is not the one that comes first."""
    values = small_programme().model_dump(mode="json")
    late, early = values["schedule"]["sessions"][0], copy.deepcopy(values["schedule"]["sessions"][0])
    early |= {"id": "early", "title": "Early visit", "window": {"from_week": 0, "to_week": 30}}
    late["window"] = {"from_week": 20, "to_week": 30}
    values["schedule"]["sessions"] = [late, early]
    values["evaluate"]["kpis"] = []
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.AWAITING_DATES)
    first, second = one.visits()
    assert second.day < first.day
    one.wait(second.day + datetime.timedelta(days=1))
    with pytest.raises(NotPossible, match=f"{second.day:%-d %B %Y}, has passed"):
        one.decide("confirm-dates", Role.SCHOOL)
    assert one.visits(VisitStatus.CONFIRMED) == []


def test_a_visit_that_the_school_gave_up_in_good_time_costs_nothing_whenever_it_is_cancelled(booked: Journey) -> None:
    """Its notice counts from the day on which the school asked, also where it asks once more for others of the days."""
    day = booked.visits()[0].day
    ask(booked)
    booked.wait(day - datetime.timedelta(days=1))
    ask(booked)
    booked.wait(day + datetime.timedelta(days=3))
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    assert used(booked) == [] and said(booked, "visit_cancelled")[0].context["charged"] is False


def test_the_notice_of_a_new_day_counts_anew(booked: Journey) -> None:
    days = offered(ask(booked))
    booked.decide("choose-date", Role.SCHOOL, visit="exploratory", day=days[0].day)
    booked.wait(weekday_before(days[0].day))
    booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    assert used(booked) == [("visit exploratory cancelled late", 1)]


def test_a_visit_at_which_nobody_was_there_is_charged_once_though_it_is_moved_and_then_cancelled(booked: Journey) -> None:
    booked.wait(booked.visits()[0].day)
    booked.decide("no-show", Role.SUPPORTER, visit="exploratory", reason=WHY)
    booked.decide("move-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    booked.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY, slip="school_asked")
    assert used(booked) == [("visit exploratory: nobody there", 1)] and said(booked, "visit_cancelled")[0].context["charged"] is False
    assert [one.reason for one in booked.rows(VisitSlip)] == [Slip.NOBODY_THERE]


def test_no_day_is_offered_that_the_school_said_does_not_suit_either(booked: Journey) -> None:
    """A visit that would be offered days of the week of its old one is offered none of them, and weekends are no days to keep free."""
    old = booked.visits()[0]
    monday = old.day - datetime.timedelta(days=old.day.isoweekday() - 1)
    fortnight = [monday + datetime.timedelta(days=number) for number in range(14)]
    booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY, not_on=fortnight)
    booked.engine()
    days = [one.day for one in offered(booked)]
    assert len(days) == 3 and not set(days) & set(fortnight)
    with booked.database.reading() as session:
        kept = session.exec(select(Closure).where(Closure.kind == ClosureKind.ASKED)).all()
    assert {one.day for one in kept} == {day for day in fortnight if day.isoweekday() <= 5} and {one.urn for one in kept} == {booked.case.urn}


def test_days_that_do_not_suit_are_school_days_to_come(booked: Journey) -> None:
    with pytest.raises(BadInput, match="look at --not-on"):
        booked.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY, not_on=[datetime.date(2020, 3, 2), datetime.date(2027, 12, 25)])
    assert booked.visits()[0].status is VisitStatus.CONFIRMED


def test_a_period_that_does_not_suit_keeps_its_school_days_free_of_what_is_offered_next(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_DATES)
    first = one.visits()[0].day
    period = [first + datetime.timedelta(days=number) for number in range(-7, 14)]
    one.decide("ask-other-dates", Role.SCHOOL, reason=WHY, not_on=period)
    one.engine()
    assert not {visit.day for visit in one.visits(VisitStatus.PROPOSED)} & set(period) and len(one.visits(VisitStatus.PROPOSED)) == 2
    with one.database.reading() as session:
        assert {day.isoweekday() for day in session.exec(select(Closure.day).where(Closure.kind == ClosureKind.ASKED)).all()} <= {1, 2, 3, 4, 5}
