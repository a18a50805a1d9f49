"""Reflective leadership: one programme of seven modules with twenty places, for which more leaders ask than there are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database
from models.meeting import Attendance, Meeting
from models.message import Message
from models.school import School
from models.trail import Event
from models.words import AttendanceStatus, Status, VisitStatus
from reports.places import places
from reports.summary import last_moment
from simulation.wexcombe import SUCCESSOR_URN
from stages.brief import load_brief
from stages.journey import ENDED
from tests.journeys.playing import played, summary_of

pytestmark = pytest.mark.slow
PLACES, MODULES = 20, 7


@dataclass(frozen=True)
class Played:
    """The commission as it stood in the end."""

    session: Session
    commission_id: int
    summary: dict[str, Any]
    cases: dict[int, Case]

    def trail(self, kind: str) -> list[Event]:
        """Return the events of one kind, in order."""
        return list(self.session.exec(select(Event).where(Event.kind == kind).order_by(col(Event.id))).all())


@pytest.fixture(scope="module")
def year(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The school year of the cohort in the synthetic authority, played once for all tests here."""
    database: Database
    database, commission_id = played(sqlite_template, tmp_path_factory, "reflective-leadership")
    with database.reading() as session:
        cases = {case.id: case for case in session.exec(select(Case).where(Case.commission_id == commission_id)).all()}
        yield Played(session, commission_id, summary_of(database, commission_id), cases)
    database.close()


def test_twenty_leaders_take_part_in_seven_modules_as_published(year: Played) -> None:
    kpis = {kpi["id"]: kpi for kpi in year.summary["kpis"]}
    # One gave the place back before the first module and is not counted; the next on the list is.
    assert (kpis["leaders"]["numerator"], kpis["leaders"]["met"]) == (PLACES, True)
    held = year.session.exec(select(Meeting).where(Meeting.status == VisitStatus.HELD).order_by(col(Meeting.day))).all()
    by_group: dict[int | None, list[str]] = {}
    for meeting in held:
        by_group.setdefault(meeting.group_id, []).append(meeting.session)
    assert by_group and all(sessions == [f"module-{number}" for number in range(1, MODULES + 1)] for sessions in by_group.values())
    came = Counter(place.case_id for place in year.session.exec(select(Attendance)).all() if place.status is AttendanceStatus.CAME)
    assert max(came.values()) == MODULES
    assert kpis["seven-modules"]["numerator"] == sum(
        count == MODULES for number, count in came.items() if year.cases[number].status is not Status.WITHDRAWN
    )
    assert all(case.status in ENDED for case in year.cases.values())


def test_places_went_to_the_schools_with_most_free_meals_of_those_that_asked(year: Played) -> None:
    given = year.trail("case.give-place")
    first = {event.case_id for event in given if event.at == given[0].at}
    wanted = {event.case_id for event in year.trail("case.opt-in") if event.at <= given[0].at}
    assert len(first) == PLACES < len(wanted)
    schools = {school.urn: school for school in year.session.exec(select(School)).all()}

    def share(number: int | None) -> float:
        # One school became an academy, whose figure of its own came later.
        value = schools[year.cases[number or 0].urn].fsm_share
        return -1.0 if value is None else value

    least = min(share(number) for number in first if year.cases[number or 0].urn != SUCCESSOR_URN)
    assert all(share(number) <= least for number in wanted - first)


def test_a_place_that_is_given_back_goes_to_the_first_on_the_list_and_to_no_other(year: Played) -> None:
    given = year.trail("case.give-place")
    later = [event for event in given if event.at != given[0].at]
    (back, _) = year.trail("case.withdraw")
    assert len(later) == 1 and later[0].at > back.at
    waited = {event.case_id: event for event in year.trail("case.wait")}
    assert "number 1 of" in later[0].detail["reason"] and "1 place was free" in later[0].detail["reason"]
    assert later[0].case_id in waited
    # Whoever waited to the end of the list hears that no place came.
    closed = {event.case_id for event in year.trail("case.close-list")}
    assert closed == set(waited) - {later[0].case_id} - {n for n, case in year.cases.items() if case.status is Status.DECLINED}


def test_everybody_hears_what_became_of_their_wish(year: Played) -> None:
    told = {(message.case_id, message.kind): message for message in year.session.exec(select(Message)).all()}
    for event in year.trail("case.opt-in"):
        assert (event.case_id, "place_wanted") in told
        assert ((event.case_id, "place_given") in told) or ((event.case_id, "no_place") in told)
    moved_up = year.trail("case.give-place")[-1].case_id
    assert told[moved_up, "place_given"].context["waited"] is True
    positions = [message.context["number"] for (_, kind), message in told.items() if kind == "place_waiting"]
    assert sorted(positions) == list(range(1, len(positions) + 1))


def test_the_list_says_of_each_school_why_it_is_in_or_out(year: Played) -> None:
    found = places(year.session, load_brief(year.session, year.commission_id), last_moment(year.session, year.commission_id))
    stands = Counter(row["place"] for row in found["schools"])
    assert stands["has a place"] == PLACES - 1 and stands["gave it back"] == 2 and stands["no place came free"] > PLACES
    assert all("free school meals" in row["why"] for row in found["schools"] if row["place"] == "has a place")
    assert all(row["why"] for row in found["schools"])
