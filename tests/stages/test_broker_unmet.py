"""Why a case is unmet is said as it is now, not as it was when that was first found."""

import pathlib

from sqlmodel import col, select

from models.commission import LedgerLine
from models.database import Database
from models.supporter import Expertise, Supporter
from models.trail import Event
from models.words import MoneyKind, Role, Status
from reports.brokering import unmet_of
from stages.brief import load_brief
from stages.matches import STILL_UNMET
from tests.stages.builders import Journey, everything, journey, small_programme
from tests.stages.meeting_builders import Company, company, meeting_programme, triads
from tests.stages.test_broker_further_matches import COACH, COACHING, MENTORING, coaches_off


def budget(one: Journey, pence: int) -> None:
    with one.database.writing() as session:
        for line in session.exec(select(LedgerLine).where(LedgerLine.kind == MoneyKind.BUDGET)).all():
            line.pence = pence


def says(one: Journey | Company) -> list[str]:
    with one.database.reading() as session:
        return [row["why"] for row in unmet_of(session, one.commission_id, one.at.date())]


def test_a_case_that_is_unmet_for_another_reason_says_so_and_is_as_long_unmet_as_before(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, small_programme(places=1)).until(Status.TO_MATCH)
    budget(one, 0)
    one.engine()
    before = one.case
    assert before.status is Status.UNMET and "budget" in says(one)[0]
    budget(one, 10**8)
    with database.writing() as session:
        for supporter in session.exec(select(Supporter)).all():
            supporter.half_days_a_year = 0
    one.engine()
    assert "has no days left" in says(one)[0] and "budget" not in says(one)[0]
    assert (one.case.since, one.case.due, one.case.version) == (before.since, before.due, before.version)
    with database.reading() as session:
        (event,) = session.exec(select(Event).where(Event.kind == STILL_UNMET)).all()
    assert event.detail["reason"] == says(one)[0]
    again = everything(database, "stage_runs")
    one.engine()
    assert everything(database, "stage_runs") == again


def test_so_does_one_that_goes_on_without_a_further_match(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(MENTORING, COACHING, places=1, further_matches=COACH, days=4))
    coaches_off(one)
    one.until(Status.BOOKED)
    assert ["coaching" in why for why in says(one)] == [True]
    with one.database.writing() as session:
        number = session.exec(select(Supporter.id).where(Supporter.id != one.cases[0].supporter_id).order_by(col(Supporter.id))).first()
        session.add(Expertise(supporter_id=number, skill="coaching", level=3))
        session.get_one(Supporter, number).half_days_a_year = 0
    one.engine()
    assert [why.startswith("Everybody who could has no days left") for why in says(one)] == [True]


def test_who_waits_for_other_schools_is_listed_with_for_how_many_and_until_when(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads(3))
    for number in range(2):
        while one.cases[number].status is not Status.TO_MATCH:
            one.one(number).step()
    assert [case.status for case in one.cases[:2]] == [Status.TO_MATCH] * 2
    since = one.cases[0].since.date()
    with one.database.reading() as session:
        until = load_brief(session, one.commission_id).calendar.add(since, 30)
    waits = "It waits for the other schools, so that they can be put together: 1 school is still being diagnosed."
    assert says(one)[0] == f"{waits} It waits until {until:%-d %B %Y} at the latest."
    assert len(says(one)) == 2
    one.one(1).decide("pause", Role.ADVISER, reason="Illness.")
    assert says(one)[1] == "It is paused: somebody is sought once it is resumed."
    one.wait(until)
    assert says(one)[0] == "Somebody is sought at the engine's next turn."
    one.one(2).decide("withdraw", Role.ADVISER, reason="A new trust.")
    one.engine()
    assert says(one)[0].startswith("No group can take it: too few schools")


def test_nobody_is_unmet_once_everybody_is_matched(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    assert says(company(sqlite_database, tmp_path, triads(3)).until(Status.AWAITING_APPROVAL)) == []
