"""Watching evidence: what is loaded while a commission runs is noticed once, told once, and opens cases where the programme says so."""

import pathlib
from typing import Any

import pendulum
from sqlmodel import col, select

from evidence.loading import load_file
from models.case import Case
from models.commission import Commission, Selection
from models.database import Database
from models.evidence import Diagnosis, Trigger
from models.message import Message
from models.programme import Programme
from models.school import School
from models.trail import Event
from models.words import CommissionStatus, Role, Status
from simulation.setting_up import first_moment
from stages.commission.decide import set_status
from stages.commission.opening import Terms, open_commission
from stages.diagnose.watching import Watched
from stages.pipeline import run_all, watch_evidence
from stages.record import Actor
from tests.evidence.inspected import AFTER, BEFORE, graded, in_measures, inspections
from tests.evidence.made_up import AT
from tests.stages.builders import Journey, everything, journey, small_programme

DAY = "15/09/2026"
NEWS = pendulum.datetime(2026, 10, 5, 9, tz="Europe/London")
LEAD = Actor(Role.LEAD, "lead")


def risky(places: int | None = 4, **take_part: Any) -> Programme:
    """Return a small programme whose heaviest category a category of concern demands."""
    one = small_programme(places or 1)
    categories = [
        {"id": "light", "title": "Light", "days": 2},
        {"id": "urgent", "title": "Urgent", "days": 6, "always_when": {"standing": ["category_of_concern"]}},
    ]
    values = one.model_dump(mode="json")
    values["diagnose"] |= {"categories": categories, "instruments": []}
    values["take_part"] |= {"may_opt_in": None, "places": places, **take_part}
    return Programme.model_validate(values)


def all_good(database: Database, folder: pathlib.Path) -> None:
    """Load a file in which every primary school of the synthetic authority is good; load the register before, or open after."""
    load_file(database, inspections(folder, BEFORE, *(graded(urn, "2", "14/03/2023") for urn in range(990_001, 990_101))), AT)


def begun(database: Database, folder: pathlib.Path, programme: Programme | None = None) -> Journey:
    """Return the journey of a case whose school was good when the commission opened."""
    all_good(database, folder)
    return journey(database, folder, programme or risky())


def fallen(database: Database, folder: pathlib.Path, *urns: int, at: pendulum.DateTime = NEWS) -> None:
    """Load a file in which these schools are in special measures."""
    load_file(database, inspections(folder, AFTER, *(in_measures(urn, DAY) for urn in urns)), at)


def rows(database: Database, table: Any, **where: Any) -> list[Any]:
    with database.reading() as session:
        query = select(table).order_by(*table.__table__.primary_key.columns)
        return list(session.exec(query.where(*(getattr(table, name) == value for name, value in where.items()))).all())


def test_an_unconfirmed_case_is_assessed_again_and_the_adviser_is_told_once(database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    assert one.case.category == "light"
    fallen(database, tmp_path, one.case.urn)
    found = watch_evidence(database, one.commission_id, NEWS)
    assert (found.again, found.opened, found.lapsed) == (1, 0, 0) and one.case.status is Status.TO_ASSESS
    assert [trigger.kind for trigger in rows(database, Trigger)] == ["new_inspection", "new_result"]
    [message] = rows(database, Message, kind="new_evidence")
    assert message.case_id == one.case_id and message.to_role == "adviser"
    run_all(database, one.commission_id, NEWS)
    assert (one.case.category, one.case.status) == ("urgent", Status.AWAITING_CONFIRMATION)
    assert "because of the school's standing, whatever its score" in one.rows(Diagnosis)[-1].reason
    assert len(rows(database, Message, kind="new_evidence")) == 1


def test_watching_twice_does_nothing_the_second_time(database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    fallen(database, tmp_path, one.case.urn)
    watch_evidence(database, one.commission_id, NEWS)
    before = everything(database)
    assert watch_evidence(database, one.commission_id, NEWS.add(hours=1)) == Watched()
    fallen(database, tmp_path, one.case.urn, at=NEWS.add(hours=2))
    assert watch_evidence(database, one.commission_id, NEWS.add(hours=3)) == Watched()
    assert everything(database) == before


def test_what_was_loaded_before_the_commission_opened_is_no_news(database: Database, tmp_path: pathlib.Path) -> None:
    all_good(database, tmp_path)
    fell = inspections(tmp_path, "made_up_as_at_1_August_2026.csv", *(in_measures(urn, "01/07/2026") for urn in range(990_001, 990_101)))
    load_file(database, fell, AT)
    one = journey(database, tmp_path, risky())
    assert len(rows(database, Trigger)) == 100
    all_later = inspections(tmp_path, "made_up_as_at_31_October_2026.csv", graded(990_100, "1", "01/10/2026"))
    load_file(database, all_later, NEWS)
    watch_evidence(database, one.commission_id, NEWS)
    assert rows(database, Message, kind="new_evidence") == []


def test_a_confirmed_case_stays_as_it_is_and_the_adviser_is_told(database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    one.step()
    before = one.case
    fallen(database, tmp_path, one.case.urn)
    found = watch_evidence(database, one.commission_id, NEWS)
    assert found.again == 0 and one.case == before
    assert [message.case_id for message in rows(database, Message, kind="new_evidence")] == [one.case_id]


def test_a_figure_that_is_put_right_has_an_unconfirmed_diagnosis_made_anew_though_it_changes_no_category(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = begun(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    corrected = [graded(urn, "2", "14/03/2024" if urn == one.case.urn else "14/03/2023") for urn in range(990_001, 990_101)]
    load_file(sqlite_database, inspections(tmp_path, "made_up_as_at_31_October_2026.csv", *corrected), NEWS)
    assert watch_evidence(sqlite_database, one.commission_id, NEWS).again == 1
    assert one.case.status is Status.TO_ASSESS and rows(sqlite_database, Message, kind="new_evidence") == []


def test_a_paused_case_is_not_moved(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    one.decide("pause", Role.ADVISER, reason="A new head comes.")
    fallen(sqlite_database, tmp_path, one.case.urn)
    assert watch_evidence(sqlite_database, one.commission_id, NEWS).again == 0
    assert one.case.status is Status.AWAITING_CONFIRMATION and len(rows(sqlite_database, Message, kind="new_evidence")) == 1


def test_a_school_without_a_case_here_changes_nothing_in_a_programme_that_evidence_does_not_open(database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(database, tmp_path)
    mine = {case.urn for case in rows(database, Case)}
    fallen(database, tmp_path, next(urn for urn in range(990_005, 990_060) if urn not in mine))
    before = everything(database, "relayed")
    found = watch_evidence(database, one.commission_id, NEWS)
    assert (found.again, found.opened) == (0, 0) and everything(database, "relayed") == before


def test_of_a_school_whose_case_has_ended_the_adviser_is_told_and_decides(database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(database, tmp_path)
    one = Journey(database, commission_id, rows(database, Case)[0].id, NEWS)
    one.decide("withdraw", Role.SCHOOL, reason="We merge.")
    worse = in_measures(990_005, "20/09/2026") | {"Overall effectiveness": "4"}
    load_file(database, inspections(tmp_path, "made_up_as_at_15_September_2026.csv", graded(990_005, "2", "10/09/2026")), NEWS)
    assert watch_evidence(database, commission_id, NEWS) == Watched() and rows(database, Message, kind="new_evidence") == []
    load_file(database, inspections(tmp_path, "made_up_as_at_1_October_2026.csv", worse), NEWS)
    watch_evidence(database, commission_id, NEWS)
    [message] = rows(database, Message, kind="new_evidence")
    assert f"`lodestar decide take-up-again {one.case_id}`" in message.context["follows"] and "left before the end" in message.context["follows"]
    assert one.case.status is Status.WITHDRAWN
    watch_evidence(database, commission_id, NEWS.add(days=1))
    assert len(rows(database, Message, kind="new_evidence")) == 1
    one.at = NEWS.add(days=1)
    assert one.decide("take-up-again", Role.ADVISER, reason="The head asked for it.").status is Status.SELECTED


def second(database: Database, programme: Programme) -> int:
    with database.writing() as session:
        terms = Terms("second", "Wexcombe Council", first_moment().date(), 4_000_000)
        return open_commission(session, programme, terms, Actor(Role.COMMISSIONER, "commissioner"), first_moment()).commission_id


def test_each_commission_of_a_school_hears_of_it_and_of_its_own_category_only(database: Database, tmp_path: pathlib.Path) -> None:
    one = begun(database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    other = second(database, risky())
    fallen(database, tmp_path, one.case.urn)
    for commission_id in (one.commission_id, other, one.commission_id, other):
        watch_evidence(database, commission_id, NEWS)
    told = rows(database, Message, kind="new_evidence")
    assert sorted(message.commission_id for message in told) == [one.commission_id, other]
    says = {event.commission_id: event.detail["reason"] for event in rows(database, Event, kind="case.new-evidence")}
    assert "By the rules of 999-economic-exclusion" in says[one.commission_id] and "By the rules" not in says[other]


OPENED = {"invited": {"standing": ["category_of_concern"], "phases": ["primary"]}, "opened_by": ["new_inspection"]}


def opening(database: Database, folder: pathlib.Path, places: int | None = None, **more: Any) -> int:
    """Open a commission with one case, whose programme new inspections open cases in."""
    all_good(database, folder)
    load_file(database, inspections(folder, "made_up_as_at_15_August_2026.csv", in_measures(990_005, "01/06/2026")), AT)
    return journey(database, folder, risky(places, **OPENED, **more)).commission_id


def test_a_school_that_an_inspection_brings_within_the_terms_gets_a_case(database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(database, tmp_path)
    assert [case.urn for case in rows(database, Case)] == [990_005]
    fallen(database, tmp_path, 990_010, 990_080)
    assert watch_evidence(database, commission_id, NEWS).opened == 1
    assert [case.urn for case in rows(database, Case)] == [990_005, 990_010]
    assert [one.outcome for one in rows(database, Selection, urn=990_010)] == ["invited"]
    assert len(rows(database, Event, kind="commission.open")) == 1 and len(rows(database, Event, kind="case.open")) == 2
    assert watch_evidence(database, commission_id, NEWS) == Watched()
    load_file(database, inspections(tmp_path, "made_up_as_at_31_October_2026.csv", graded(990_099, "2", "01/10/2026")), NEWS)
    watch_evidence(database, commission_id, NEWS)
    assert rows(database, Message, kind="new_evidence") == []


def test_a_school_that_is_not_state_funded_or_has_closed_gets_none(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(sqlite_database, tmp_path)
    with sqlite_database.writing() as session:
        session.get_one(School, 990_010).state_funded = False
        session.get_one(School, 990_011).open = False
    fallen(sqlite_database, tmp_path, 990_010, 990_011)
    assert watch_evidence(sqlite_database, commission_id, NEWS).opened == 0


def test_cases_are_opened_while_places_last_highest_need_first(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(sqlite_database, tmp_path, places=2)
    with sqlite_database.writing() as session:
        for urn, share in ((990_010, 5.0), (990_011, 60.0), (990_012, None)):
            session.get_one(School, urn).fsm_share = share
    fallen(sqlite_database, tmp_path, 990_010, 990_011, 990_012)
    assert watch_evidence(sqlite_database, commission_id, NEWS).opened == 1
    assert [case.urn for case in rows(sqlite_database, Case)] == [990_005, 990_011]


def test_a_commission_that_is_paused_hears_of_it_when_it_goes_on(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(sqlite_database, tmp_path)
    for status, opened in ((CommissionStatus.PAUSED, 0), (CommissionStatus.RUNNING, 1)):
        with sqlite_database.writing() as session:
            set_status(session, session.get_one(Commission, commission_id), status, LEAD, "as agreed", NEWS)
        if status is CommissionStatus.PAUSED:
            fallen(sqlite_database, tmp_path, 990_010)
        assert watch_evidence(sqlite_database, commission_id, NEWS).opened == opened


def test_a_commission_that_is_over_opens_no_case(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    commission_id = opening(sqlite_database, tmp_path)
    fallen(sqlite_database, tmp_path, 990_010)
    assert watch_evidence(sqlite_database, commission_id, NEWS.add(years=3)).opened == 0


def test_a_diagnosis_made_again_says_what_changed(database: Database, tmp_path: pathlib.Path) -> None:
    values = risky().model_dump(mode="json")
    values["diagnose"]["indicators"] = [{"indicator": "last_grade", "weight": 1}]
    one = begun(database, tmp_path, Programme.model_validate(values)).until(Status.AWAITING_CONFIRMATION)
    fallen(database, tmp_path, one.case.urn)
    run_all(database, one.commission_id, NEWS)
    reason = one.rows(Diagnosis)[-1].reason
    assert "Since the diagnosis of 2 September 2026: last grade went from 2 to 4 (50 to " in reason
    assert one.case.category == "urgent"


def overridden(database: Database, folder: pathlib.Path) -> tuple[Journey, pendulum.DateTime]:
    one = begun(database, folder).until(Status.AWAITING_CONFIRMATION)
    until = one.at.add(weeks=4).date()
    one.decide("override", Role.ADVISER, category="urgent", reason="The head left.", until=until)
    return one, pendulum.datetime(until.year, until.month, until.day, 9, tz="Europe/London")


def test_an_override_whose_day_has_passed_is_told_once_and_stays(database: Database, tmp_path: pathlib.Path) -> None:
    one, last = overridden(database, tmp_path)
    assert watch_evidence(database, one.commission_id, last) == Watched()
    assert watch_evidence(database, one.commission_id, last.add(days=1)) == Watched(lapsed=1)
    assert watch_evidence(database, one.commission_id, last.add(days=2)) == Watched()
    assert one.case.category == "urgent" and len(rows(database, Message, kind="override_lapsed")) == 1


def test_an_override_that_was_decided_on_again_is_over_in_silence(database: Database, tmp_path: pathlib.Path) -> None:
    one, last = overridden(database, tmp_path)
    one.decide("moderate", Role.LEAD, category="light", reason="The new head is there.")
    assert watch_evidence(database, one.commission_id, last.add(days=1)).lapsed == 0
    assert rows(database, Message, kind="override_lapsed") == []
    assert watch_evidence(database, one.commission_id, last.add(days=2)) == Watched()


def test_a_school_opened_by_new_results_gets_a_case_when_they_are_loaded(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    from tests.evidence.made_up import saved, share

    low = {"phases": ["primary"], "indicators": {"ks2_expected": {"at_or_below": 40}}}
    saved(sqlite_database, *(share(urn, 2025, 70) for urn in range(990_005, 990_070) if urn != 990_006), share(990_006, 2025, 30))
    one = journey(sqlite_database, tmp_path, risky(None, invited=low, opened_by=["new_result"]))
    saved(sqlite_database, *(share(urn, 2026, 70) for urn in range(990_005, 990_070) if urn != 990_007), share(990_007, 2026, 35))
    assert watch_evidence(sqlite_database, one.commission_id, NEWS).opened == 1
    with sqlite_database.reading() as session:
        assert session.exec(select(Case.urn).order_by(col(Case.id))).all() == [990_006, 990_007]


def test_a_school_opened_by_a_change_of_head_gets_a_case_when_the_list_of_new_heads_is_loaded(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    from tests.evidence.made_up import saved, share

    new = {"phases": ["primary"], "indicators": {"head_changed": {"at_or_above": 1}}}
    saved(sqlite_database, *(share(urn, 2025, float(urn == 990_006), name="head_changed") for urn in range(990_005, 990_070)))
    one = journey(sqlite_database, tmp_path, risky(None, invited=new, opened_by=["change_of_head"]))
    saved(sqlite_database, *(share(urn, 2026, float(urn == 990_007), name="head_changed") for urn in range(990_005, 990_070)))
    assert watch_evidence(sqlite_database, one.commission_id, NEWS).opened == 1
    with sqlite_database.reading() as session:
        assert session.exec(select(Case.urn).order_by(col(Case.id))).all() == [990_006, 990_007]


def test_nothing_loaded_is_nothing_watched(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, risky())
    before = everything(database)
    assert watch_evidence(database, one.commission_id, NEWS) == Watched() and everything(database) == before
