"""Whole commissions, told as given, when, then: on a synthetic authority from opening to evaluation."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.message import Message
from models.trail import Decision, Event
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Status, VisitStatus
from programmes.features import missing_features
from programmes.reading import parse_programme
from reports.page import report_page
from reports.summary import last_moment, summarise
from simulation.wexcombe import SUCCESSOR_URN
from stages.journey import ENDED
from tests.journeys.playing import play
from tests.snapshots import come_to

UNSEEN = """
programme: attendance-matters
version: 3
title: Attendance matters
summary: A term and a half of adviser visits to secondary schools and academies of any kind.
commissioned_by: [public_health]
lasts: {weeks: 40}
take_part:
  invited: {phases: [secondary, all_through]}
  ranked_by: fsm_share
  places: 9
diagnose:
  indicators:
    - {indicator: fsm_share, weight: 1}
    - {indicator: pupils, weight: 1}
  needs:
    - {need: absence, title: Too many days are missed, skill: attendance}
  categories:
    - {id: some, title: Some help, days: 1.5}
    - {id: more, title: More help, days: 2, at_or_above: 50}
broker: {mode: provider, skills: [attendance], accepted_by: [school]}
schedule:
  sessions:
    - {id: first, title: First look, window: {from_week: 2, to_week: 20}}
    - {id: again, title: Second look, after: first, gap_weeks: {at_least: 2, at_most: 12}, count: 2}
plan: {drafted_from: [needs, notes], agreed_by: [school], reviewed_every_school_weeks: 5}
evaluate:
  kpis:
    - {id: visits, title: Three visits held, counts: visited, at_least: 3, target_percent: 80}
"""


@pytest.mark.slow
def test_economic_exclusion_from_opening_to_evaluation(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority, when two school years are played,
    commission_id = play(sqlite_database, tmp_path, "economic-exclusion")
    with sqlite_database.reading() as session:
        summary = summarise(session, commission_id, last_moment(session, commission_id))
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        visits = session.exec(select(Visit)).all()
        moved = session.exec(select(Event).where(Event.kind == "visit.moved")).all()
        messages = session.exec(select(Message)).all()
        succeeded = session.exec(select(Decision).where(Decision.kind == "succeed")).all()
        unpublished = session.exec(select(NoteOfVisit).where(NoteOfVisit.status != NoteStatus.PUBLISHED)).all()
    # then every case has come to an end that is known,
    assert {case.status for case in cases} <= ENDED
    assert sum(case.status is Status.COMPLETE for case in cases) > 70
    assert sum(case.status is Status.WITHDRAWN for case in cases) == 1
    # every school that stayed was visited twice, with every note published,
    complete = {case.id for case in cases if case.status is Status.COMPLETE}
    for case_id in complete:
        assert sum(visit.case_id == case_id and visit.status is VisitStatus.HELD for visit in visits) == 2
    assert unpublished == []
    # nobody was booked twice at the same time, and the illness moved visits to other days,
    slots = [(visit.supporter_id, visit.day, visit.part) for visit in visits if visit.status is VisitStatus.HELD]
    assert len(slots) == len(set(slots))
    assert moved
    assert all(event.before != event.after for event in moved)
    # the academy that was a maintained school went on with its case,
    assert len(succeeded) == 1
    assert any(case.urn == SUCCESSOR_URN and case.status is Status.COMPLETE for case in cases)
    # take-up is counted by status, money balances, and the regular letter went to every school.
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    assert kpis["take-up-maintained"]["denominator"] + kpis["take-up-academy"]["denominator"] == len(cases)
    assert kpis["visited-twice"]["percent"] == 100.0
    assert summary["money"]["committed_pence"] == summary["money"]["used_pence"]
    assert summary["money"]["left_pence"] == summary["money"]["budget_pence"] - summary["money"]["used_pence"]
    letters = [message for message in messages if message.kind == "newsletter"]
    assert len({message.to_name for message in letters if message.to_address}) >= 95
    assert "Eliminating economic exclusion" in report_page(summary)


@pytest.mark.slow
def test_most_at_risk_reports_the_outcome_of_the_next_inspection(database: Database, tmp_path: Path) -> None:
    commission_id = come_to(database, "most-at-risk", lambda: play(database, tmp_path, "most-at-risk"))
    with database.reading() as session:
        summary = summarise(session, commission_id, last_moment(session, commission_id))
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    assert summary["cases"]["by_status"] == {"complete": summary["cases"]["total"]}
    assert kpis["good-at-next-inspection"]["denominator"] == kpis["inspected"]["numerator"] > 0


@pytest.mark.slow
def test_a_programme_nobody_has_seen_runs_from_its_file_alone(sqlite_database: Database, tmp_path: Path) -> None:
    assert missing_features(parse_programme(UNSEEN, "unseen.yaml")) == []
    commission_id = play(sqlite_database, tmp_path, text=UNSEEN)
    with sqlite_database.reading() as session:
        summary = summarise(session, commission_id, last_moment(session, commission_id))
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        held = session.exec(select(Visit).where(col(Visit.status) == VisitStatus.HELD)).all()
    assert len(cases) == 9
    assert sum(case.status is Status.COMPLETE for case in cases) >= 7
    assert len(held) >= 21
    assert summary["kpis"][0]["percent"] >= 80


def test_the_same_seed_plays_the_same_commission(sqlite_template: Path, tmp_path: Path) -> None:
    import shutil

    from tests.faults.state import state

    databases = [Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{name}.db')}") for name in ("one", "two")]
    # Played before, if the test above ran; the other is played in any case.
    come_to(databases[0], "most-at-risk", lambda: play(databases[0], tmp_path / "one", "most-at-risk"))
    play(databases[1], tmp_path / "two", "most-at-risk")
    found = [state(database) for database in databases]
    for database in databases:
        database.close()
    assert found[0] == found[1]
