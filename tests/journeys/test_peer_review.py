"""Peer review: schools that opt in review one another in rings, after their reviewers were trained."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.match import Match
from models.meeting import Attendance, Meeting
from models.supporter import Supporter
from models.theme import Guide
from models.visit import Visit
from models.words import AttendanceStatus, MatchStatus, Role, Status, VisitStatus
from programmes.catalogue import find_programme
from reports.summary import last_moment, summarise
from simulation.setting_up import first_moment, prepare
from stages.brief import load_brief
from stages.commission.themes import issue_report, read_themes
from stages.deciding import decide
from stages.record import Actor
from stages.request import Request
from tests.journeys.playing import play, summary_of

TWO_THIRDS, SCHOOLS = 66.0, 65


def test_take_up_is_counted_among_every_school_of_the_area_and_as_a_number(sqlite_database: Database, tmp_path: Path) -> None:
    # Given a hundred schools of which the members are asked, when 66 of them opt in,
    programme = find_programme("peer-review")
    at = first_moment()
    commission_id = prepare(sqlite_database, programme, tmp_path, None, None, 1, at, made_up=False).opened.commission_id
    with sqlite_database.reading() as session:
        asked = session.exec(select(Case.id).where(Case.commission_id == commission_id).order_by(col(Case.id))).all()
    for number in asked[:66]:
        decide(sqlite_database, Request(kind="opt-in", case=number, role=Role.SCHOOL, by="headteacher"), at.add(days=1))
    with sqlite_database.reading() as session:
        kpis = {kpi["id"]: kpi for kpi in summarise(session, commission_id, at.add(days=2))["kpis"]}
    # then take-up is two thirds of all hundred, members or not, and more than 65 schools, as published.
    assert (kpis["take-up"]["numerator"], kpis["take-up"]["denominator"], kpis["take-up"]["percent"]) == (66, 100, TWO_THIRDS)
    assert kpis["take-up"]["met"] and kpis["schools"]["numerator"] > SCHOOLS and kpis["schools"]["met"]


@pytest.mark.slow
def test_schools_review_one_another_and_nobody_whoever_reviews_them(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority, when a round of peer review is played,
    commission_id = play(sqlite_database, tmp_path, "peer-review")
    kpis = {kpi["id"]: kpi for kpi in summary_of(sqlite_database, commission_id)["kpis"]}
    with sqlite_database.reading() as session:
        pairs = session.exec(
            select(Supporter.employer_urn, Case.urn).join(Match, col(Match.supporter_id) == Supporter.id).join(Case, col(Case.id) == Match.case_id)
            .where(Match.status == MatchStatus.AGREED)
        ).all()  # fmt: skip
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        reviews = session.exec(select(Visit).where(Visit.session == "review", Visit.status == VisitStatus.HELD)).all()
        trained = session.exec(
            select(Case.urn, Meeting.held_on).join(Attendance, col(Attendance.case_id) == Case.id).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
            .where(Attendance.status == AttendanceStatus.CAME)
        ).all()  # fmt: skip
        booked = session.exec(select(Attendance)).all()
    # then reviewers are schools of the round, no two review each other, and no school reviews twice;
    known = [(by, of) for by, of in pairs if by is not None]
    assert len(known) > 40
    assert not {(of, by) for by, of in known} & set(known)
    assert len({by for by, _ in known}) == len(known)
    assert {by for by, _ in known} <= {case.urn for case in cases}
    # they booked their training and were trained before they reviewed, whoever missed it apart from the others;
    assert booked and all(place.booked for place in booked)
    assert len(trained) > 30 and kpis["trained"]["percent"] >= 90
    assert len(reviews) > 40 and kpis["reviewed"]["percent"] >= 90
    # a school's plan follows its review, and what it agreed is counted as done only where all of it is.
    complete = [case for case in cases if case.status is Status.COMPLETE]
    assert len(complete) > 40
    assert 0 < kpis["acted-on"]["numerator"] < kpis["acted-on"]["denominator"]
    # the steering group reads across the reviews and reports to every school that takes part.
    with sqlite_database.writing() as session:
        brief, at = load_brief(session, commission_id), last_moment(session, commission_id)
        assert read_themes(session, brief, at)
        sent = issue_report(session, brief, Actor(Role.LEAD, "partnership lead"), at, "What peers found")
        assert session.exec(select(Guide.title)).all() == ["What peers found"]
    assert sent >= len(complete)
