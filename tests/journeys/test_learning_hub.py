"""A school-led hub: meetings that move from school to school, an open week, and results against the national figures."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, select

from evidence.loading import load_file
from models.case import Case
from models.database import Database
from models.meeting import Attendance, Meeting, SupportGroup
from models.school import School
from models.supporter import Supporter
from models.words import AttendanceStatus, Role, Status, VisitStatus
from programmes.catalogue import find_programme
from reports.meetings import groups_of
from reports.summary import summarise
from simulation.setting_up import first_moment, prepare
from stages.deciding import decide
from stages.request import Request
from tests.journeys.playing import play, summary_of

NAME = "learning-hub"
NATIONAL = {("ks2_expected:send", "primary"): 22.0, ("ks4_attainment:send", "secondary"): 28.0, ("exclusions:send", "primary"): 9.0}


def figures(folder: Path, schools: list[School], better_by: float) -> Path:
    """Write figures of pupils with special needs in which each school is so much better than the national figure."""
    path = folder / f"figures_{better_by:g}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("urn", "indicator", "date", "value", "sector"))
        for (indicator, sector), value in NATIONAL.items():
            writer.writerow(("ENG", indicator, "31/08/2026", value, sector))
            sign = -1 if indicator.startswith("exclusions") else 1
            for school in schools:
                if school.phase.value == sector:
                    writer.writerow((school.urn, indicator, "31/08/2026", round(value + sign * better_by, 1), ""))
    return path


@pytest.mark.parametrize(("better_by", "share"), [(5.0, 100.0), (-5.0, 0.0)])
def test_attainment_above_and_exclusions_below_the_national_figures(
    sqlite_database: Database, tmp_path: Path, better_by: float, share: float
) -> None:  # fmt: skip
    # Given members whose pupils with special needs do better (or worse) than in England, when they join the hub,
    programme = find_programme(NAME)
    at = first_moment()
    commission_id = prepare(sqlite_database, programme, tmp_path, None, None, 1, at, made_up=False).opened.commission_id
    with sqlite_database.reading() as session:
        schools = session.exec(select(School).where(School.authority == "999", col(School.open).is_(True))).all()
        asked = session.exec(
            select(Case.id).join(School, col(School.urn) == Case.urn).where(col(School.phase).in_(["primary", "secondary"])).order_by(col(Case.id))
        ).all()
    load_file(sqlite_database, figures(tmp_path, list(schools), better_by), at, "999")
    for number in asked[:20]:
        decide(sqlite_database, Request(kind="opt-in", case=number, role=Role.SCHOOL, by="headteacher"), at.add(days=1))
    with sqlite_database.reading() as session:
        kpis = {kpi["id"]: kpi for kpi in summarise(session, commission_id, at.add(days=2))["kpis"]}
    # then the promise says so, as was published of the real hub.
    assert (kpis["better-than-national"]["denominator"], kpis["better-than-national"]["percent"]) == (20, share)


@pytest.mark.slow
def test_a_hub_meets_at_its_schools_and_shares_what_it_has(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority, when a school year of hubs is played,
    commission_id = play(sqlite_database, tmp_path, NAME)
    summary = summary_of(sqlite_database, commission_id)
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    with sqlite_database.reading() as session:
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        hubs = session.exec(select(SupportGroup)).all()
        leads = {one.id: one for one in session.exec(select(Supporter)).all()}
        meetings = session.exec(select(Meeting).where(Meeting.status == VisitStatus.HELD)).all()
        places = session.exec(select(Attendance)).all()
        members = groups_of(session, commission_id)
    # then every member is in a hub of at most twenty that a school leads,
    assert kpis["members"]["percent"] == 100.0 and kpis["members"]["met"]
    assert all(leads[hub.supporter_id or 0].employer_urn is not None for hub in hubs)
    assert max(row["schools"] for row in members) <= 20 and sum(row["schools"] for row in members) == kpis["members"]["denominator"]
    # hub meetings went round the schools, with a speaker and resources that were sent to everybody who had a place;
    hub_meetings = [one for one in meetings if one.session == "hub-meeting"]
    assert all(one.speaker and one.resources and one.host_urn for one in hub_meetings)
    hosts = Counter((one.group_id, one.host_urn) for one in hub_meetings)
    assert max(hosts.values()) <= 2
    assert summary["messages"]["by_kind"]["meeting_held"] >= len([place for place in places if place.status is AttendanceStatus.CAME]) / 2
    # places in the open week were booked, all others given;
    open_weeks = {one.id for one in meetings if one.session == "open-week"}
    assert {place.booked for place in places if place.meeting_id in open_weeks} == {True}
    assert {place.booked for place in places if place.meeting_id not in open_weeks} == {False}
    assert kpis["attended"]["met"]
    # cases came to their end, each measure is a difference from the national figure, and results are added up by hub.
    assert sum(case.status is Status.COMPLETE for case in cases) > 40
    measures = {one["id"]: one for one in summary["measures"]}
    assert measures["exclusions"]["schools"] > 30 and measures["exclusions"]["better"]
    assert "difference from the national figure" in measures["attainment"]["caution"]
    assert {row["group"] for row in summary["roll_up"]["hub"]} >= {hub.title for hub in hubs if any(row["group"] == hub.title for row in members)}
