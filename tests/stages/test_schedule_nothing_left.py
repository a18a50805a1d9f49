"""Cases whose visits and meetings were all cancelled: they come to the adviser, and wait at nobody's turn for nothing."""

from pathlib import Path

import pytest
from sqlmodel import Session

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.words import MoneyKind, Role, Status, Turn, VisitStatus
from stages.brief import load_brief
from stages.reminders.worklists import worklists
from tests.stages.builders import Journey, everything, hub_programme
from tests.stages.meeting_builders import NETWORK, VISIT, Company, company, meeting_programme

WHY = "Ill."


def without_visits(one: Journey) -> Journey:
    """Cancel every visit of a case."""
    for visit in one.visits(VisitStatus.CONFIRMED):
        one.decide("cancel-visit", Role.ADVISER, visit=visit.session, reason=WHY, slip="school_asked")
    return one


def cancel_all(one: Company) -> None:
    """Cancel every meeting to come."""
    for meeting in one.meetings(None, VisitStatus.CONFIRMED):
        one.cancel(meeting.id)


def is_with_the_adviser(one: Company, case: Case) -> None:
    """Check that a case waits for the adviser, who reads so in the worklist, and that further turns change nothing."""
    assert (case.status, case.turn) == (Status.UNPLACED, Turn.ADVISER) and case.due is not None
    assert "there is nothing to timetable" in str(case.why)

    def lines(session: Session) -> list[str]:
        brief = load_brief(session, one.commission_id, list(one.urns().values()))
        return [str(line["says"]) for draft in worklists(session, brief, one.cases, one.at.date()) for line in draft.context["lines"]]

    assert any("no date can be found as things stand" in says for says in one.read(lines))
    before = everything(one.database, "stage_runs")
    one.engine()
    assert everything(one.database, "stage_runs") == before


def committed(one: Company, case: Case) -> int:
    """Return the pence that are committed to a case and not given back."""
    signs = {MoneyKind.COMMITTED: 1, MoneyKind.RELEASED: -1}
    return sum(signs.get(line.kind, 0) * line.pence for line in one.rows(LedgerLine, LedgerLine.case_id == case.id))


def test_a_case_that_has_only_meetings_left_that_it_may_book_comes_to_the_adviser(open_network: Company) -> None:
    one, money = without_visits(open_network.one(0)), committed(open_network, open_network.cases[0])
    open_network.one(0).engine()
    assert open_network.meetings(None, VisitStatus.CONFIRMED)
    is_with_the_adviser(open_network, one.case)
    assert [case.status for case in open_network.cases[1:]] == [Status.BOOKED, Status.BOOKED]
    # What is committed stays so, as for any case without dates, until somebody decides.
    assert committed(open_network, one.case) == money > 0
    one.decide("withdraw", Role.ADVISER, reason=WHY)
    assert committed(open_network, one.case) == 0


def test_a_place_that_a_school_booked_is_no_support_to_wait_for(open_network: Company) -> None:
    open_network.one(0).decide("book-place", Role.SCHOOL, meeting=open_network.meetings()[0].id)
    one = without_visits(open_network.one(0))
    open_network.engine()
    is_with_the_adviser(open_network, one.case)


def test_a_case_whose_visit_and_meetings_were_all_cancelled_comes_to_the_adviser(network: Company) -> None:
    one = without_visits(network.one(0))
    network.engine()
    assert one.case.status is Status.BOOKED
    first, second = network.meetings()
    network.cancel(first.id)
    network.engine()
    assert one.case.status is Status.BOOKED
    network.cancel(second.id)
    network.engine()
    is_with_the_adviser(network, one.case)
    # Others still have their visits, and a meeting that was cancelled for good is not set again.
    assert [case.status for case in network.cases[1:]] == [Status.BOOKED, Status.BOOKED]
    assert [meeting.status for meeting in network.meetings()] == [VisitStatus.CANCELLED] * 2


def test_in_a_programme_of_meetings_only_all_cases_come_to_the_adviser_once_all_are_cancelled(sqlite_database: Database, tmp_path: Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(NETWORK)).until(Status.BOOKED)
    cancel_all(one)
    one.engine()
    for case in one.cases:
        is_with_the_adviser(one, case)


def test_the_last_meeting_of_a_triad_that_is_cancelled_leaves_nobody_waiting(triad: Company) -> None:
    for number in range(3):
        without_visits(triad.one(number))
    triad.engine()
    assert {case.status for case in triad.cases} == {Status.BOOKED}
    cancel_all(triad)
    triad.engine()
    for case in triad.cases:
        is_with_the_adviser(triad, case)


def test_a_case_that_was_paused_while_its_last_meeting_was_cancelled_comes_to_the_adviser_once_it_goes_on(network: Company) -> None:
    one = without_visits(network.one(0))
    network.engine()
    one.decide("pause", Role.ADVISER, reason=WHY)
    cancel_all(network)
    network.engine()
    assert one.case.status is Status.BOOKED
    one.decide("resume", Role.ADVISER)
    network.engine()
    is_with_the_adviser(network, one.case)


@pytest.mark.parametrize("visits", [True, False])
def test_a_case_without_visits_to_come_is_met_at_its_next_meeting_and_goes_on_to_its_plan(
    visits: bool, sqlite_database: Database, tmp_path: Path
) -> None:
    """Where the programme begins with a visit, a meeting is the first only if that visit is not to come."""
    one = company(sqlite_database, tmp_path, hub_programme(places=2)).until(Status.BOOKED, 0)
    journey = one.one(0) if visits else without_visits(one.one(0))
    one.engine()
    assert journey.case.status is Status.BOOKED
    meeting = next(found for found in one.meetings("hub") if journey.case_id in one.places(found.id))
    one.wait(meeting.day)
    one.hold(meeting.id)
    one.engine()
    assert journey.case.status is (Status.BOOKED if visits else Status.AWAITING_ADVISER)


def test_a_meeting_that_was_cancelled_is_not_set_again_for_a_case_that_asks_for_other_dates(sqlite_database: Database, tmp_path: Path) -> None:
    programme = meeting_programme(NETWORK | {"count": 2, "gap_weeks": {"at_least": 4, "at_most": 40}}, {**VISIT, "after": "network"})
    one = company(sqlite_database, tmp_path, programme).until(Status.AWAITING_DATES)
    first, second = one.meetings()
    one.cancel(first.id)
    one.one(0).decide("ask-other-dates", Role.SCHOOL, reason="A trip.")
    one.engine()
    assert one.cases[0].status is Status.AWAITING_DATES
    assert [(meeting.id, meeting.status) for meeting in one.meetings()] == [(first.id, VisitStatus.CANCELLED), (second.id, VisitStatus.CONFIRMED)]
