"""What would happen if: the figures of two matchings side by side, and nothing live touched."""

import dataclasses
import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput
from models.match import Match
from models.school import School
from models.supporter import Conflict, Declaration, Supporter
from models.words import ConflictKind, MoneyKind, Status
from stages.brief import load_brief
from stages.broker.gathering import gather_candidates, whole_years
from stages.broker.newcomers import NewTime
from stages.broker.what_if import WhatIf, compare
from stages.ledger import money_left
from tests.stages.builders import Journey, everything, journey, small_programme


@pytest.fixture
def to_match(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    """Four cases that want support."""
    one = journey(sqlite_database, tmp_path, small_programme(places=4)).until(Status.TO_MATCH)
    with sqlite_database.reading() as session:
        numbers = session.exec(select(Case.id).where(Case.status != Status.TO_MATCH, Case.status != Status.INVITED)).all()
    for number in numbers:
        Journey(sqlite_database, one.commission_id, number, one.at).until(Status.TO_MATCH)
    return one


def asked(one: Journey, **what: Any) -> dict[str, Any]:
    with one.database.reading() as session:
        return compare(session, load_brief(session, one.commission_id), WhatIf(**what), one.at.date())


def names(one: Journey) -> list[str]:
    with one.database.reading() as session:
        return list(session.exec(select(Supporter.name).order_by(col(Supporter.id))).all())


def test_asking_changes_nothing_and_nothing_changed_is_the_same_twice(to_match: Journey) -> None:
    before = everything(to_match.database)
    found = asked(to_match)
    assert everything(to_match.database) == before
    assert found["cases"] == found["now"]["needs_met"] == 4 and found["now"] == found["then"] and found["changes"] == []


def test_without_anybody_every_need_is_unmet_and_money_and_travel_are_nothing(to_match: Journey) -> None:
    found = asked(to_match, gone=names(to_match))["then"]
    assert (found["needs_met"], found["unmet"], found["cost_pence"], found["travel_km"]) == (0, 4, 0, 0)


def test_less_money_meets_fewer_needs_and_says_which(to_match: Journey) -> None:
    found = asked(to_match)
    with to_match.database.reading() as session:
        left = money_left(session, to_match.commission_id)
    cheapest = min(found["now"]["cost_pence"] // 4, 100_00)
    poorer = asked(to_match, pence=cheapest - left)
    assert poorer["then"]["needs_met"] < 4 and any(change["then"] is None for change in poorer["changes"])


def test_a_frozen_supporter_takes_nothing_new_and_further_days_are_no_harm(to_match: Journey) -> None:
    everybody = names(to_match)
    assert asked(to_match, frozen=everybody)["then"]["needs_met"] == 0
    more = asked(to_match, half_days=dict.fromkeys(everybody, 20))["then"]
    assert more["needs_met"] == 4 and more["fullest_supporter_percent"] <= asked(to_match)["now"]["fullest_supporter_percent"]


def test_whoever_is_frozen_is_no_fuller_than_with_what_they_have(to_match: Journey) -> None:
    fullest = "fullest_supporter_percent"
    with to_match.database.reading() as session:
        brief = load_brief(session, to_match.commission_id)
        agreed = gather_candidates(session, brief, to_match.at.date(), session.exec(select(Match)).all())
    assert {one.half_days - one.half_days_left for one in agreed} == {0}
    assert asked(to_match)["now"][fullest] > 0
    assert asked(to_match, frozen=names(to_match))["then"][fullest] == 0


def test_a_supporter_who_is_added_can_take_what_others_leave(to_match: Journey) -> None:
    with to_match.database.reading() as session:
        school = session.get_one(School, to_match.case.urn)
        skills = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}
    new = NewTime("New adviser", "adviser", skills, 100, 1, school.easting, school.northing)
    found = asked(to_match, added=[new], gone=names(to_match))
    assert found["then"]["needs_met"] == 4 and {change["then"] for change in found["changes"]} == {"New adviser"}
    assert found["then"]["cost_pence"] == 2 * found["then"]["days"]


ABLE = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}


def test_whoever_is_added_is_of_the_trust_of_the_school_they_work_for(to_match: Journey) -> None:
    with to_match.database.writing() as session:
        urns = session.exec(select(Case.urn)).all()
        for school in session.exec(select(School).where(col(School.urn).in_(urns))).all():
            school.trust = "Oak Trust"
        urn = to_match.case.urn
    new = NewTime("New adviser", "adviser", ABLE, 100, 1)
    there = {"added": [new], "gone": names(to_match)}
    assert asked(to_match, **there)["then"]["needs_met"] == 4
    assert asked(to_match, **{**there, "added": [dataclasses.replace(new, employer_urn=urn)]})["then"]["needs_met"] == 0


def test_a_colleagues_tie_stops_whoever_is_added_too(to_match: Journey) -> None:
    with to_match.database.writing() as session:
        colleague = session.exec(select(Supporter)).first()
        assert colleague is not None
        colleague.employer_urn = 990_099
        kept = {"urn": to_match.case.urn, "kind": ConflictKind.FAMILY, "declared_on": to_match.at.date()}
        session.add(Conflict(supporter_id=colleague.id, **kept))
    new = NewTime("New adviser", "adviser", ABLE, 100, 1, employer_urn=990_099)
    found = asked(to_match, added=[new], gone=names(to_match))
    assert found["then"]["needs_met"] == 3


def test_a_name_that_is_not_known_is_refused(to_match: Journey) -> None:
    with pytest.raises(BadInput, match="no supporter called Nobody"):
        asked(to_match, gone=["Nobody"])


def test_a_cap_on_the_cases_of_a_supporter_who_is_added_holds(to_match: Journey) -> None:
    skills = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}
    new = NewTime("New adviser", "adviser", skills, 100, 1, caseload_cap=1)
    assert asked(to_match, added=[new], gone=names(to_match))["then"]["needs_met"] == 1


def test_what_cannot_be_told_apart_or_contradicts_itself_is_refused(to_match: Journey) -> None:
    name = names(to_match)[0]
    with pytest.raises(BadInput, match="two of that name"):
        asked(to_match, added=[NewTime(name, "adviser", {}, 10, 1)])
    with pytest.raises(BadInput, match="ask one thing"):
        asked(to_match, gone=[name], frozen=[name])


@pytest.fixture
def begun(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case with one of its two half days used."""
    return journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.IN_PROGRESS)


def supporter_of(one: Journey) -> Supporter:
    with one.database.reading() as session:
        return session.get_one(Supporter, one.case.supporter_id)


@pytest.mark.parametrize(("dearer", "met"), [(0, 1), (1, 0)])
def test_only_what_was_not_used_of_a_match_is_there_to_be_spent_again(begun: Journey, dearer: int, met: int) -> None:
    (match,) = begun.rows(Match)
    used = sum(line.half_days for line in begun.rows(LedgerLine) if line.kind is MoneyKind.USED)
    assert match.half_days > used > 0
    with begun.database.reading() as session:
        left = money_left(session, begun.commission_id)
    skills = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}
    new = NewTime("New adviser", "adviser", skills, 100, match.cost // match.half_days + dearer)
    # With nothing else to spend, half the money of the match buys half its days at the same price, and not at any higher one.
    found = asked(begun, added=[new], gone=names(begun), pence=-left)
    assert (found["now"]["needs_met"], found["then"]["needs_met"]) == (1, met)


def test_half_days_that_were_used_still_weigh_on_whoever_gave_them(begun: Journey) -> None:
    one, (match,) = supporter_of(begun), begun.rows(Match)
    figures = asked(begun, gone=[one.name])["now"]
    with begun.database.reading() as session:
        time = one.half_days_a_year * whole_years(load_brief(session, begun.commission_id).commission)
    assert figures["fullest_supporter_percent"] == round(100 * match.half_days / time)
    assert figures["days"] == (match.half_days - 1) / 2 and figures["cost_pence"] == match.cost * (match.half_days - 1) // match.half_days


def test_now_and_then_are_about_the_same_cases_and_what_was_agreed_stands_as_it_is(begun: Journey) -> None:
    one = supporter_of(begun)
    with begun.database.writing() as session:
        # Nobody would be matched with them today, and yet they are at work there.
        for row in session.exec(select(Declaration).where(Declaration.supporter_id == one.id)).all():
            session.delete(row)
    found = asked(begun, gone=[one.name])
    (change,) = found["changes"]
    assert change["now"] == one.name and change["then"] not in {one.name, None}
    bands = [key for key in found["now"] if key.startswith("severity")]
    assert [found["now"][key] for key in bands] == [found["then"][key] for key in bands]
    assert all(found[when]["needs_met"] + found[when]["unmet"] == found["cases"] == 1 for when in ("now", "then"))
    nobody = asked(begun, gone=names(begun))
    assert (nobody["now"]["needs_met"], nobody["then"]["unmet"], nobody["then"]["days_waited_by_those"]) == (1, 1, 0)
