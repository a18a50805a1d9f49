"""Triads: three schools near and alike with one improvement partner, and development groups of the area."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.match import Match
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.school import School
from models.supporter import Supporter
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, MatchStatus, Status, VisitStatus
from reports.page import report_page
from tests.journeys.playing import play, summary_of


@pytest.mark.slow
def test_every_school_has_an_improvement_partner_and_a_group(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority, when a school year of triads is played,
    commission_id = play(sqlite_database, tmp_path, "triads")
    summary = summary_of(sqlite_database, commission_id)
    with sqlite_database.reading() as session:
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        groups = session.exec(select(SupportGroup)).all()
        places = session.exec(select(GroupPlace).where(col(GroupPlace.left_on).is_(None))).all()
        matches = session.exec(select(Match).where(Match.status == MatchStatus.AGREED)).all()
        meetings = session.exec(select(Meeting)).all()
        came = session.exec(select(Attendance).where(Attendance.status == AttendanceStatus.CAME)).all()
        visits = session.exec(select(Visit).where(Visit.status == VisitStatus.HELD)).all()
        notes = session.exec(select(NoteOfVisit)).all()
        schools = {school.urn: school for school in session.exec(select(School)).all()}
        employers = {one.id: one.employer_urn for one in session.exec(select(Supporter)).all()}
    # then, as published, every school that stayed has a partner and a group,
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    stayed = [case for case in cases if case.status is not Status.WITHDRAWN]
    assert len(stayed) > 70
    assert (kpis["partner"]["percent"], kpis["group"]["percent"]) == (100.0, 100.0)
    assert kpis["partner"]["denominator"] == len(stayed)
    # a triad has one partner and no two schools of one trust, and most triads are three;
    urns, triads = {case.id: case.urn for case in cases}, [group for group in groups if group.further == ""]
    partners = {match.case_id: match.supporter_id for match in matches if match.further == ""}
    sizes = Counter(place.group_id for place in places)
    for group in triads:
        members = [place.case_id for place in places if place.group_id == group.id]
        assert {partners[case_id] for case_id in members if case_id in partners} <= {group.supporter_id}
        for one, other in combinations(members, 2):
            trust = schools[urns[one]].trust
            assert trust is None or trust != schools[urns[other]].trust
    assert max(sizes[group.id] for group in triads) <= 4
    assert sum(sizes[group.id] == 3 for group in triads) > len(triads) / 2
    # the group of the area is led by another than the partner;
    further = {match.case_id: match.supporter_id for match in matches if match.further == "development-group"}
    assert further.keys() >= {case.id for case in stayed}
    assert all(partners[case_id] != leader for case_id, leader in further.items() if case_id in partners)
    assert all(employers[leader] is not None for leader in further.values())
    # each review was at another school of the triad, with a note for that school;
    reviews = [meeting for meeting in meetings if meeting.session == "triad-review" and meeting.status is VisitStatus.HELD]
    hosts = Counter((meeting.group_id, meeting.host_urn) for meeting in reviews)
    assert sum(count == 1 for count in hosts.values()) > 0.8 * len(hosts)
    noted = {visit.meeting_id for visit in visits if visit.id in {note.visit_id for note in notes}}
    assert {meeting.id for meeting in reviews} <= noted
    # nobody led two things at once, and schools came;
    slots = Counter((one.supporter_id, one.day, one.part) for one in meetings if one.status is VisitStatus.HELD and one.supporter_id)
    slots.update((one.supporter_id, one.day, one.part) for one in visits if one.meeting_id is None)
    assert max(slots.values()) == 1
    # no school was at two places on one day;
    held_on = {meeting.id: meeting.held_on for meeting in meetings}
    out = Counter((place.case_id, held_on[place.meeting_id]) for place in came)
    out.update((visit.case_id, visit.held_on) for visit in visits if visit.meeting_id is None)
    assert max(out.values()) == 1
    assert kpis["reviews"]["percent"] >= 90 and len(came) > 400
    # no more was used than was committed, and results are added up by area.
    assert summary["money"]["used_pence"] <= summary["money"]["committed_pence"] < summary["money"]["budget_pence"]
    assert sum(row["cases"] for row in summary["roll_up"]["area"]) == len(cases)
    assert "Promises by area" in report_page(summary)
