"""What would happen if, where schools are put together before they are matched: triads and peer review."""

import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import BadInput, NotPossible
from models.match import Match
from models.meeting import GroupPlace
from models.supporter import Supporter
from models.words import Role, Status
from stages.brief import load_brief
from stages.broker.declarations import declare
from stages.broker.newcomers import NewTime
from stages.broker.scene import parts_of, set_scene
from stages.broker.what_if import WhatIf, compare
from stages.ledger import money_left
from stages.record import Actor
from tests.stages.builders import everything
from tests.stages.meeting_builders import TRIAD, VISIT, Company, company, meeting_programme

PEERS: dict[str, Any] = {"mode": "peer", "skills": ["disadvantage"], "cases_per_supporter": 1}
ALONE = VISIT | {"after": None}
SKILLS = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}


def asked(one: Company, **what: Any) -> dict[str, Any]:
    with one.database.reading() as session:
        return compare(session, load_brief(session, one.commission_id), WhatIf(**what), one.at.date())


def supporters(one: Company) -> dict[int, str]:
    return {row.id: row.name for row in one.rows(Supporter)}


@pytest.fixture
def seven(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """Seven schools in two triads whose match is to be approved."""
    return company(sqlite_database, tmp_path, meeting_programme(ALONE, places=7, broker=TRIAD)).until(Status.AWAITING_APPROVAL)


@pytest.fixture
def peers(sqlite_database: Database, tmp_path: pathlib.Path) -> Company:
    """Five schools that are to review one another."""
    one = company(sqlite_database, tmp_path, meeting_programme(ALONE, places=5, broker=PEERS, days=1)).until(Status.AWAITING_CONFIRMATION)
    one.engine()
    with sqlite_database.writing() as session:
        for supporter in session.exec(select(Supporter).order_by(col(Supporter.id))).all():
            declare(session, supporter, [], Actor(Role.SUPPORTER, "supporter"), one.at)
    return one.until(Status.AWAITING_APPROVAL)


def test_asking_about_triads_changes_nothing_and_now_is_what_was_proposed(seven: Company) -> None:
    before = everything(seven.database)
    found = asked(seven)
    assert everything(seven.database) == before
    assert found["now"] == found["then"] and found["changes"] == [] and found["cases"] == found["now"]["needs_met"] == 7
    assert (found["now"]["groups"], found["now"]["schools_in_each"]) == (2, "3, 4")
    matches = seven.rows(Match)
    assert found["now"]["cost_pence"] == sum(match.cost for match in matches)
    assert found["now"]["travel_km"] == pytest.approx(sum(match.kilometres or 0 for match in matches), abs=0.01)


def test_a_school_that_is_left_out_makes_two_groups_of_three(seven: Company) -> None:
    found = asked(seven, without=[seven.cases[0].urn])
    assert found["then"]["schools_in_each"] == "3, 3" and (found["now"]["needs_met"], found["then"]["needs_met"]) == (7, 6)
    assert seven.cases[0].id not in {change["case"] for change in found["changes"]}
    name = seven.name_of(seven.cases[0].urn)
    assert any(name in change["now_with"] and name not in change["then_with"] for change in found["changes"])


def test_without_whoever_leads_a_triad_somebody_else_leads_it_or_nobody(seven: Company) -> None:
    names = supporters(seven)
    leads = names[seven.cases[0].supporter_id or 0]
    found = asked(seven, gone=[leads])
    assert leads not in {change["then"] for change in found["changes"]} and found["then"]["needs_met"] == 7
    none = asked(seven, gone=list(names.values()))["then"]
    assert (none["needs_met"], none["unmet"], none["groups"], none["schools_in_each"], none["km_between_their_schools"]) == (0, 7, 0, "", None)


def test_a_triad_in_which_something_is_settled_stands_and_is_matched_again_only_when_its_leader_is_gone(seven: Company) -> None:
    groups: dict[int, list[int]] = {}
    for place in seven.rows(GroupPlace):
        groups.setdefault(place.group_id, []).append(place.case_id)
    mine = min(groups.values(), key=len)
    numbers = [n for n, case in enumerate(seven.cases) if case.id in mine]
    seven.until(Status.AWAITING_CONSENT, *numbers)
    seven.one(numbers[0]).decide("accept-support", Role.SCHOOL)
    assert asked(seven)["cases"] == 4
    leads = supporters(seven)[seven.cases[numbers[0]].supporter_id or 0]
    found = asked(seven, gone=[leads])
    assert found["cases"] == found["now"]["needs_met"] == found["then"]["needs_met"] == 7
    theirs = {change["case"]: change for change in found["changes"] if change["case"] in mine}
    assert set(theirs) == set(mine) and all(change["now"] == leads != change["then"] for change in theirs.values())
    # A school that leaves a triad of three that stands makes room, and a fourth of the other one has it.
    out = asked(seven, without=[seven.cases[numbers[1]].urn])
    assert sorted(int(part) for part in out["then"]["schools_in_each"].split(", ")) == [3, 3]
    assert (out["cases"], out["now"]["needs_met"], out["then"]["needs_met"]) == (5, 5, 4)


def test_a_distance_cap_and_money_bind_triads(seven: Company) -> None:
    assert asked(seven, max_km=0.001)["then"]["needs_met"] == 0
    new = NewTime("New adviser", "adviser", SKILLS, 500, 1)
    alone = asked(seven, added=[new], gone=list(supporters(seven).values()))
    assert alone["then"]["cost_pence"] == alone["now"]["days"] * 2 and alone["then"]["needs_met"] == 7


def test_peers_are_the_same_now_and_then_and_all_that_was_proposed_is_found(peers: Company) -> None:
    before = everything(peers.database)
    found = asked(peers)
    assert everything(peers.database) == before
    assert found["now"] == found["then"] and found["now"]["needs_met"] == 5 and found["changes"] == [] and "groups" not in found["now"]


def test_a_peer_that_is_left_out_reviews_nobody_and_the_ring_closes_without_it(peers: Company) -> None:
    out = peers.cases[0]
    reviewer = next(row.name for row in peers.rows(Supporter) if row.employer_urn == out.urn)
    found = asked(peers, without=[out.urn])
    assert (found["now"]["needs_met"], found["then"]["needs_met"], found["then"]["unmet"]) == (5, 4, 0)
    (change,) = [change for change in found["changes"] if change["now"] == reviewer]
    assert change["then"] not in {reviewer, None}


def test_two_peers_alone_may_not_review_each_other(peers: Company) -> None:
    found = asked(peers, without=[case.urn for case in peers.cases[2:]])
    assert (found["then"]["needs_met"], found["then"]["unmet"]) == (1, 1)


def test_a_peer_that_is_left_out_after_all_was_agreed_has_whom_it_reviews_matched_again(peers: Company) -> None:
    peers.until(Status.BOOKED)
    out = peers.cases[0]
    reviewer = next(row.id for row in peers.rows(Supporter) if row.employer_urn == out.urn)
    (theirs,) = [case for case in peers.cases if case.supporter_id == reviewer]
    found = asked(peers, without=[out.urn])
    # Its own review falls away, and the one it would have done is to be done by somebody else.
    assert (found["cases"], found["now"]["needs_met"], found["then"]["needs_met"] + found["then"]["unmet"]) == (2, 2, 1)
    assert [change["case"] for change in found["changes"]] == [theirs.id]


def test_a_school_that_is_not_in_the_commission_cannot_be_left_out(peers: Company) -> None:
    with pytest.raises(BadInput, match="School 100001 has no case"):
        asked(peers, without=[100_001])


def test_more_money_or_days_than_are_free_cannot_be_taken_away(seven: Company) -> None:
    found = asked(seven)
    with seven.database.reading() as session:
        free = money_left(session, seven.commission_id) + found["now"]["cost_pence"]
    assert asked(seven, pence=-free)["then"]["needs_met"] == 0
    with pytest.raises(NotPossible, match=f"Only £{free / 100:,.2f} of the budget is not bound"):
        asked(seven, pence=-free - 1)
    one = seven.rows(Supporter)[0]
    assert asked(seven, half_days={one.name: -one.half_days_a_year})["cases"] == 7
    with pytest.raises(NotPossible, match=f"{one.name} has .* days that are not bound by what is agreed, so .* fewer is not possible"):
        asked(seven, half_days={one.name: -10 * one.half_days_a_year})


def test_a_review_that_may_go_to_somebody_else_bars_no_ring(peers: Company) -> None:
    with peers.database.reading() as session:
        brief = load_brief(session, peers.commission_id)
        parts = parts_of(session, brief, [], [])
        assert len(parts.open) == 5 == len(set_scene(session, brief, [], [], peers.at.date()).already)
        assert set_scene(session, brief, parts.open, [], peers.at.date()).already == set()
