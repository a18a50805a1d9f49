"""Running stages over a commission: nothing twice, nothing too early, and nobody in another's way."""

import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission, StageRun
from models.database import Database
from models.match import Match
from models.programme import Programme
from models.supporter import Supporter
from models.trail import Event
from models.visit import Visit
from models.words import CommissionStatus, Role, Stage, Status, VisitStatus
from programmes.catalogue import FOLDER, find_programme
from simulation.setting_up import first_moment
from stages.commission.decide import set_status
from stages.ledger import LIVE_MATCHES
from stages.pipeline import WORK, is_ready, run_all, run_stage
from stages.record import Actor
from tests.faults.state import state
from tests.stages.builders import Journey, everything, journey, morning, opened, small_programme


def test_a_run_says_what_became_of_the_cases_and_keeps_it(database: Database, tmp_path: Path) -> None:
    commission_id, at = opened(database, tmp_path), first_moment()
    done = run_all(database, commission_id, at)
    assert done[Stage.DIAGNOSE].as_json() == {"moves": {"ask": 4}, "stayed": {}}
    with database.reading() as session:
        run = session.exec(select(StageRun)).one()
    assert (run.stage, run.ready, run.at, run.outcome) == (Stage.DIAGNOSE, 4, at, {"moves": {"ask": 4}, "stayed": {}})


def test_a_case_that_stays_is_counted_once_however_often_it_was_looked_at(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(places=4)).until(Status.TO_MATCH)
    with sqlite_database.writing() as session:
        for supporter in session.exec(select(Supporter)).all():
            supporter.active = False
        waiting = len(session.exec(select(Case.id).where(Case.status == Status.TO_MATCH)).all())
    done = run_all(sqlite_database, one.commission_id, one.at)[Stage.BROKER]
    assert waiting > 0 and (done.moves["report-unmet"], done.stayed.total()) == (waiting, waiting)
    with sqlite_database.reading() as session:
        assert [sum(run.outcome["stayed"].values()) for run in session.exec(select(StageRun).where(StageRun.stage == Stage.BROKER)).all()] == [
            waiting
        ] * 2


@pytest.mark.parametrize("name", ["economic-exclusion", "most-at-risk"])
def test_a_second_run_at_the_same_moment_does_nothing(database: Database, tmp_path: Path, name: str) -> None:
    programme = find_programme(name)
    commission_id, at = opened(database, tmp_path, programme), first_moment()
    run_all(database, commission_id, at)
    before = everything(database)
    assert not any(tally.moves.total() for tally in run_all(database, commission_id, at).values())
    assert everything(database) == before


STOPS = (
    (Status.SELECTED, Stage.DIAGNOSE), (Status.TO_ASSESS, Stage.DIAGNOSE), (Status.TO_MATCH, Stage.BROKER), (Status.TO_SCHEDULE, Stage.SCHEDULE),
    (Status.TO_EVALUATE, Stage.EVALUATE),
)  # fmt: skip


def last_stop(one: Journey, status: Status) -> None:
    """Bring the case to a status in which the engine has the turn; only the evaluation is never seen between two stages."""
    if status is not Status.TO_EVALUATE:
        one.until(status)
        return
    one.until(Status.IN_PROGRESS)
    one.write_up()
    due = one.at.date()
    one.decide("hold-review", Role.ADVISER, rag="green", reason="Done.")
    assert one.at.date() == due
    run_stage(one.database, one.commission_id, Stage.PLAN, one.at)
    assert one.case.status is Status.TO_EVALUATE


@pytest.mark.parametrize(("status", "stage"), STOPS)
def test_two_runs_that_found_the_same_cases_ready_do_the_work_once(database: Database, tmp_path: Path, status: Status, stage: Stage) -> None:
    """What was ready when a run looked may have been done by another run before it begins."""
    one = journey(database, tmp_path)
    last_stop(one, status)
    with database.reading() as session:
        ids = WORK[stage].ready(session, one.commission_id, one.at)
    assert one.case_id in ids
    first = WORK[stage].advance(database, one.commission_id, ids, one.at)
    assert first.moves.total() >= 1
    before = everything(database)
    second = WORK[stage].advance(database, one.commission_id, ids, one.at)
    assert second.moves.total() == 0
    assert everything(database) == before


def test_a_first_note_that_is_published_begins_the_plan_once(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    one.write_up()
    for stage in (Stage.SCHEDULE, Stage.PLAN):
        with database.reading() as session:
            assert is_ready(session, one.commission_id, stage, one.at)
            ids = WORK[stage].ready(session, one.commission_id, one.at)
        WORK[stage].advance(database, one.commission_id, ids, one.at)
        before = everything(database)
        WORK[stage].advance(database, one.commission_id, ids, one.at)
        assert everything(database) == before
    assert one.case.status is Status.AWAITING_ADVISER


@pytest.mark.parametrize(("status", "kind", "then"), [(Status.INVITED, "asked", Status.DECLINED), (Status.AWAITING_SELF_EVALUATION, "invited", None)])
def test_the_engine_goes_on_without_an_answer_only_after_the_last_reminder(
    sqlite_database: Database, tmp_path: Path, status: Status, kind: str, then: Status | None
) -> None:
    one = journey(sqlite_database, tmp_path, joined_by=kind).until(status)
    due = one.case.due
    assert due is not None
    moves: list[str] = []
    one.at = morning(due)
    while one.case.status is status:
        before = one.at
        one.at = one.at.add(days=1)
        one.engine()
        assert one.at.diff(morning(due)).in_days() < 30
    with sqlite_database.reading() as session:
        moves = [event.kind for event in session.exec(select(Event).where(Event.case_id == one.case_id).order_by(col(Event.id))).all()]
    # Reminders go out two and seven school days after the due day; the day after the last, it goes on.
    assert (before.date() - due).days >= 7
    assert moves[-2:] in (["case.open", "case.lapse"], ["case.go-without", "case.assess"])
    if then:
        assert one.case.status is then


def test_a_paused_commission_stands_still(sqlite_database: Database, tmp_path: Path) -> None:
    commission_id, at = opened(sqlite_database, tmp_path), first_moment()
    with sqlite_database.writing() as session:
        commission = session.get_one(Commission, commission_id)
        set_status(session, commission, CommissionStatus.PAUSED, Actor(Role.LEAD, "partnership lead"), "An election.", at)
    before = everything(sqlite_database)
    run_all(sqlite_database, commission_id, at.add(days=90))
    assert everything(sqlite_database) == before


def another_offer(**changes: object) -> Programme:
    """Return a second programme of the same shape under another name."""
    return small_programme(programme="second-offer", **changes)


def offer_for_others() -> Programme:
    """Return a second programme whose supporters have another skill, so that no supporter can serve both."""
    values = yaml.safe_load((FOLDER / "economic-exclusion.yaml").read_text(encoding="utf-8"))
    needs = [{"need": "absence", "title": "Too many days are missed", "skill": "attendance"}]
    return another_offer(
        diagnose=values["diagnose"] | {"needs": needs}, broker=values["broker"] | {"skills": ["attendance"]},
        plan=values["plan"] | {"objectives": []},
    )  # fmt: skip


def both(database: Database, folder: Path, second: Programme) -> tuple[Journey, Journey]:
    """Open two commissions and return a journey in each."""
    return journey(database, folder), journey(database, folder, second)


def at_once(*work: Callable[[], object]) -> list[BaseException]:
    """Do all of this at the same time, each in a thread, and return what went wrong."""
    together, wrong = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        together.wait()
        try:
            one()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_two_commissions_at_once_come_out_as_one_after_the_other(database: Database, sqlite_template: Path, tmp_path: Path) -> None:
    quiet = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'quiet.db')}")
    for one in both(quiet, tmp_path / "quiet", offer_for_others()):
        one.until(Status.IN_PROGRESS)
    busy = both(database, tmp_path / "busy", offer_for_others())
    assert at_once(*(lambda one=one: one.until(Status.IN_PROGRESS) for one in busy)) == []
    found, expected = state(database), state(quiet)
    quiet.close()
    for one in (found, expected):  # numbers of visits follow the order in which they were made
        one["messages"] = sorted((re.sub(r"visit-\d+", "visit", key), status) for key, status in one["messages"])
    for part, value in expected.items():
        assert found[part] == value, part


def test_two_runs_of_the_same_commission_at_once_come_out_as_one(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.TO_ASSESS)
    assert at_once(*[one.engine] * 3) == []
    with database.reading() as session:
        assert {case.status for case in session.exec(select(Case)).all()} == {
            Status.AWAITING_CONFIRMATION, Status.AWAITING_SELF_EVALUATION, Status.INVITED,
        }  # fmt: skip
        kinds = [(event.case_id, event.kind) for event in session.exec(select(Event).where(Event.commission_id == one.commission_id)).all()]
    assert len(kinds) == len(set(kinds))


def only_one_supporter(database: Database, half_days_a_year: int) -> int:
    """Leave a single supporter with so much time, and return their number."""
    with database.writing() as session:
        supporters = session.exec(select(Supporter).order_by(col(Supporter.id))).all()
        for supporter in supporters:
            supporter.active = supporter is supporters[0]
            supporter.trust = None
        supporters[0].half_days_a_year, supporters[0].working_days = half_days_a_year, [1, 2, 3, 4, 5]
        session.execute(text("DELETE FROM conflicts"))
        return supporters[0].id


def while_held(database: Database, table: str, *work: Callable[[], object]) -> list[BaseException]:
    """Do all of this at once, with every write to `table` held up (on PostgreSQL) until each has read what it goes by."""
    if database.is_sqlite:
        return at_once(*work)
    with database.engine.connect() as holder, holder.begin():
        holder.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        wrong: list[BaseException] = []
        runner = threading.Thread(target=lambda: wrong.extend(at_once(*work)))
        runner.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and runner.is_alive():
            with database.engine.connect() as other:
                query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                if other.execute(text(query)).scalar_one() >= len(work):
                    break
    runner.join()
    return wrong


def test_two_commissions_timetabled_at_once_do_not_book_a_supporter_twice(database: Database, tmp_path: Path) -> None:
    pair = both(database, tmp_path, another_offer())
    only_one_supporter(database, 40)
    for one in pair:
        one.until(Status.TO_SCHEDULE)
    assert pair[0].case.supporter_id == pair[1].case.supporter_id
    assert while_held(database, "visits", *(lambda o=o: run_stage(database, o.commission_id, Stage.SCHEDULE, o.at) for o in pair)) == []
    with database.reading() as session:
        visits = session.exec(select(Visit).where(col(Visit.status) == VisitStatus.PROPOSED)).all()
    assert len(visits) == 4
    slots = [(visit.supporter_id, visit.day, visit.part) for visit in visits]
    assert len(set(slots)) == len(slots)


def test_two_commissions_matched_at_once_do_not_promise_the_same_days_twice(database: Database, tmp_path: Path) -> None:
    pair = both(database, tmp_path, another_offer())
    for one in pair:
        one.until(Status.TO_MATCH)
    with database.writing() as session:
        for one in pair:
            session.get_one(Case, one.case_id).entitlement = 3
    only_one_supporter(database, 2)  # four half days in two years: enough for one of the two cases
    assert while_held(database, "matches", *(lambda o=o: run_stage(database, o.commission_id, Stage.BROKER, o.at) for o in pair)) == []
    with database.reading() as session:
        matches = session.exec(select(Match).where(col(Match.status).in_(LIVE_MATCHES))).all()
    assert sum(match.half_days for match in matches) <= 4
    assert sorted(one.case.status for one in pair) == [Status.AWAITING_APPROVAL, Status.UNMET]


def test_a_visit_cancelled_for_good_stays_away_and_the_next_begins_the_plan(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.AWAITING_DATES)
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason="A merger.")
    one.decide("ask-other-dates", Role.SCHOOL, reason="A trip.")
    one.until(Status.BOOKED)
    assert [visit.status for visit in one.visits()] == [VisitStatus.CANCELLED, VisitStatus.CONFIRMED]
    one.write_up()
    one.engine()
    assert one.case.status is Status.AWAITING_ADVISER
