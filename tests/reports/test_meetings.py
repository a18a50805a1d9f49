"""Meetings and groups as they are listed: against what was done, on both databases."""

import pathlib

import pytest

from models.database import Database
from models.errors import NotFound
from models.words import Role, Status
from reports.case_file import case_file
from reports.meetings import find_meeting_brief, groups_of, meetings_of, meetings_of_case, places_of
from stages.brief import load_brief
from tests.evidence.made_up import asked
from tests.stages.meeting_builders import NETWORK, Company, company, meeting_programme, triads
from tests.stages.test_schedule_inside import INSIDE, TRAINING

NOTE = {"strengths": "Clear aims.", "areas": "Too little time."}


def brought(database: Database, folder: pathlib.Path) -> Company:
    """Return three schools of a triad of which the first meeting was held with two, and one has apologised for the next."""
    one = company(database, folder, triads()).until(Status.BOOKED)
    start, review, *_ = one.meetings()
    one.wait(start.day)
    one.hold(start.id, {one.cases[0].urn: 2, one.cases[1].urn: 1}, speaker="a head from another town", resources=["The slides"], **NOTE)
    one.one(2).decide("send-apologies", Role.SCHOOL, meeting=review.id, reason="A trip.")
    return one


def test_meetings_places_and_groups_are_listed_as_they_are(database: Database, tmp_path: pathlib.Path) -> None:
    one = brought(database, tmp_path)
    start, review, *_ = one.meetings()
    names = [one.name_of(case.urn) for case in one.cases]
    with database.reading() as session:
        brief = load_brief(session, one.commission_id)
        leader = brief.supporters[one.cases[0].supporter_id or 0].name
        rows = meetings_of(session, brief)
        first, second = places_of(session, start), places_of(session, review)
        groups = groups_of(session, one.commission_id)
    assert [(row["meeting"], row["day"], row["expected"], row["came"], row["status"]) for row in rows] == [
        (m.id, m.day, expected, came, status)
        for m, expected, came, status in zip(one.meetings(), (3, 2, 3, 3), (2, 0, 0, 0), ("held", *["confirmed"] * 3), strict=True)
    ]
    assert rows[0]["where"] == f"at {one.name_of(start.host_urn or 0)}" and {row["led_by"] for row in rows} == {leader}
    assert {row["group"] for row in rows} == {"Triad 1"} and rows[1]["what"] == "Review of a school 1 of 3"
    assert [(row["school"], row["place"], row["people"]) for row in first] == sorted(
        [(names[0], "came", 2), (names[1], "came", 1), (names[2], "absent", 0)]
    )
    assert {row["school"]: (row["place"], row["why"]) for row in second}[names[2]] == ("apologies", "A trip.")
    assert groups == [{"group": "Triad 1", "led_by": leader, "schools": 3, "members": sorted(names)}]


def test_however_many_meetings_there_are_no_school_is_read_by_itself_and_one_meeting_is_the_same_row(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = brought(sqlite_database, tmp_path)
    with sqlite_database.reading() as session:
        brief = load_brief(session, one.commission_id)
    with sqlite_database.reading() as session, asked(sqlite_database) as statements:
        rows = meetings_of(session, brief)
        of_case = meetings_of_case(session, brief, one.cases[0])
    assert len(rows) == len(of_case) == 4 and [said for said in statements if "FROM schools" in said] == []
    with sqlite_database.reading() as session:
        for row in rows:
            assert meetings_of(session, brief, row["meeting"]) == [row]


def test_a_meeting_without_a_leader_is_led_by_the_partnership_and_one_online_is_online(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    programme = meeting_programme(NETWORK | {"hosts": "online"}, {"id": "visit", "title": "Visit"})
    one = company(sqlite_database, tmp_path, programme).until(Status.AWAITING_DATES)
    with sqlite_database.reading() as session:
        (row,) = meetings_of(session, load_brief(session, one.commission_id))
        assert groups_of(session, one.commission_id) == []
    assert (row["led_by"], row["where"], row["group"], row["expected"]) == ("the partnership", "online", None, 3)


def test_a_session_inside_a_school_is_at_that_school_by_name_for_all_but_the_school(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, meeting_programme(TRAINING, INSIDE)).until(Status.BOOKED)
    with sqlite_database.reading() as session:
        brief = load_brief(session, one.commission_id)
        listed = {row["meeting"]: (row["where"], row["led_by"]) for row in meetings_of(session, brief)}
        own = {row["meeting"]: row["where"] for case in one.cases for row in meetings_of_case(session, brief, case)}
    inside = one.meetings("inside")
    assert len(inside) == 3
    for meeting in inside:
        assert listed[meeting.id] == (f"at {one.name_of(meeting.host_urn or 0)}", "people of the school who were trained")
        assert own[meeting.id] == "at your school, led by those of you who were trained"


def test_a_group_that_somebody_left_is_listed_with_those_who_stay_and_not_at_all_once_empty(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    one = company(sqlite_database, tmp_path, triads()).until(Status.BOOKED)
    for number in range(3):
        one.one(number).decide("withdraw", Role.SCHOOL, reason="We merge.")
        found = one.read(lambda session: groups_of(session, one.commission_id))
        assert [row["schools"] for row in found] == ([] if number == 2 else [2 - number])


def test_the_file_of_a_case_has_its_meetings_as_it_reads_them(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = brought(sqlite_database, tmp_path)
    case = one.cases[0]
    with sqlite_database.reading() as session:
        rows = meetings_of_case(session, load_brief(session, one.commission_id), case)
        value = case_file(session, case.id, one.at)
    assert value["meetings"] == rows and len(rows) == 4
    hosts = [m.host_urn for m in one.meetings()]
    assert [row["where"] for row in rows] == ["at your school" if urn == case.urn else f"at {one.name_of(urn or 0)}" for urn in hosts]
    assert (rows[0]["place"], rows[0]["people"], rows[0]["resources"]) == ("came", 2, ["The slides"])


def test_a_meeting_that_is_not_there_is_not_found(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = company(sqlite_database, tmp_path, triads()).until(Status.AWAITING_DATES)
    with sqlite_database.reading() as session:
        meeting, brief = find_meeting_brief(session, 2)
        assert (meeting.id, brief.commission_id) == (2, one.commission_id)
        with pytest.raises(NotFound, match="There is no meeting 99: `lodestar meeting list` shows those there are"):
            find_meeting_brief(session, 99)
