"""Membership: who is a member on which day, lists that are added whole, and what a programme for members makes of it."""

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from evidence.loading import load_file
from models.case import Case
from models.commission import Selection
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotFound, NotPossible
from models.membership import Membership
from models.programme import Programme
from models.school import School
from models.trail import Event
from models.words import Role, Status
from stages.brief import load_brief
from stages.commission.joining import join
from stages.commission.membership import NewMembership, add_memberships, end_membership, members_of
from stages.commission.opening import Opened, Terms, open_commission
from stages.commission.rules import members_on
from stages.lists import checked
from stages.pipeline import watch_evidence
from stages.record import Actor
from tests.evidence.inspected import AFTER, in_measures, inspections
from tests.stages.builders import Journey, everything, journey, morning, opened, small_programme

D = datetime.date
TODAY = D(2026, 9, 2)
AT = pendulum.datetime(2026, 9, 2, 9, tz="Europe/London")
LEAD, BUYER, HEAD = Actor(Role.LEAD, "partnership lead"), Actor(Role.COMMISSIONER, "commissioner"), Actor(Role.SCHOOL, "headteacher")
NOBODY = "for members only, and no school of the commissioner's area is known as a member on"


def row(urn: int = 990_001, **changes: Any) -> dict[str, Any]:
    return {"urn": str(urn), "kind": "full", "pounds": "450", "joined": "2026-09-01", **changes}


def rows_of(database: Database, table: Any, *where: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(table).where(*where).order_by(col(table.id))).all())


def add(database: Database, *rows: dict[str, Any], actor: Actor = LEAD) -> Counter[int]:
    with database.writing() as session:
        return add_memberships(session, checked(NewMembership, rows, "members.csv"), actor, AT)


def end(database: Database, urn: int, on: datetime.date, reason: str = "It joined another.", actor: Actor = LEAD) -> list[int]:
    with database.writing() as session:
        return end_membership(session, urn, on, actor, reason, AT)


@pytest.fixture
def two(database: Database) -> Database:
    """A register of two schools, on each kind of database."""
    school = {"authority": "999", "authority_name": "W", "type_name": "Community school", "status": "maintained", "phase": "primary",
              "state_funded": True, "open": True}  # fmt: skip
    with database.writing() as session:
        session.add_all(School(urn=990_000 + number, name=f"{name} School", **school) for number, name in ((1, "Ash"), (2, "Birch")))
    return database


days = st.dates(D(2025, 6, 1), D(2028, 10, 31))
memberships = st.builds(
    lambda urn, year, joined, left: Membership(urn=urn, school_year=year, kind="full", fee=0, joined=joined, left=left),
    st.integers(1, 3), st.integers(2025, 2027), days, st.none() | days,
)  # fmt: skip


@given(st.lists(memberships, max_size=6), days)
def test_a_school_is_a_member_on_the_days_that_can_be_counted_off_in_a_diary(known: list[Membership], day: datetime.date) -> None:
    found = set()
    for one in known:
        diary, mine = D(one.school_year, 9, 1), False
        while diary != D(one.school_year + 1, 9, 1):  # the slow way: write every day of the school year down
            has_left = one.left is not None and diary > one.left
            mine = mine or (diary == day and diary >= one.joined and not has_left)
            diary += datetime.timedelta(days=1)
        found |= {one.urn} if mine else set()
    assert members_on(known, day) == found


@pytest.mark.parametrize(
    ("day", "member"),
    [
        (D(2026, 8, 31), False), (D(2026, 9, 30), False), (D(2026, 10, 1), True), (D(2027, 3, 31), True), (D(2027, 4, 1), False),
        (D(2027, 9, 1), False), (D(2027, 10, 1), False),
    ],
)  # fmt: skip
def test_membership_holds_from_joining_to_the_last_day_within_its_school_year(day: datetime.date, member: bool) -> None:
    one = Membership(urn=1, school_year=2026, kind="full", fee=0, joined=D(2026, 10, 1), left=D(2027, 3, 31))
    assert (1 in members_on([one], day)) is member


def test_a_list_is_saved_in_pence_with_the_school_year_of_joining_and_a_line_of_the_trail_each(two: Database) -> None:
    added = add(two, row(kind="Full", pounds="£1,200.50"), row(990_002, kind="associate", pounds="0", joined="31/08/2026", left="2026-08-31"))
    assert added == {2026: 1, 2025: 1}
    found = [(one.urn, one.school_year, one.kind, one.fee, one.joined, one.left) for one in rows_of(two, Membership)]
    assert found == [(990_001, 2026, "full", 120_050, D(2026, 9, 1), None), (990_002, 2025, "associate", 0, D(2026, 8, 31), D(2026, 8, 31))]
    events = rows_of(two, Event)
    assert [(one.kind, one.role, one.by) for one in events] == [("membership.added", Role.LEAD, "partnership lead")] * 2
    assert events[0].detail == {"urn": 990_001, "school_year": 2026, "kind": "full", "fee": 120_050, "joined": "2026-09-01"}
    assert events[1].detail["left"] == "2026-08-31"


def test_a_membership_is_renewed_by_a_line_for_another_year(two: Database) -> None:
    add(two, row())
    assert add(two, row(school_year="2027"), row(990_002, joined="2019-09-01", school_year="2027")) == {2027: 2}
    with two.reading() as session:
        assert members_of(session, D(2027, 8, 31)) == {990_001} and members_of(session, D(2027, 9, 1)) == {990_001, 990_002}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no urn": (row(urn=12), "urn"),
    "a urn that is no number": ({**row(), "urn": "Ash"}, "urn"),
    "no kind": (row(kind=""), "kind"),
    "no fee": (row(pounds=""), "pounds"),
    "a fee that is no number": (row(pounds="lots"), 'pounds: "lots" is no amount of money'),
    "a fee below nothing": (row(pounds="-1"), "pounds"),
    "a fee beyond any": (row(pounds="1e9"), 'pounds: "1e9" is no fee'),
    "a fraction of a penny": (row(pounds="1.005"), "pounds"),
    "no day of joining": (row(joined=""), "joined"),
    "a day that is none": (row(joined="2026-02-30"), 'joined: "2026-02-30" is no date'),
    "a number for a day": (row(joined="86400"), "joined"),
    "a day long before any partnership": (row(joined="0026-09-01"), "joined"),
    "a year that was over": (row(school_year="2025"), "school_year: 2025/26 was over when the school joined"),
    "a year that is none": (row(school_year="soon"), "school_year"),
    "leaving before joining": (row(joined="2026-10-01", left="2026-09-30"), "left: 30 September 2026 is not between joining and the end of 2026/27"),
    "leaving after the year": (row(left="2027-09-01"), "left: 1 September 2027 is not between"),
    "leaving before the year": (row(school_year="2027", left="2027-08-31"), "left: 31 August 2027 is not between joining and the end of 2027/28"),
    "a column that is unknown": (row(colour="blue"), "colour"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_row_that_does_not_fit_is_named_with_its_line_and_its_column(what: str) -> None:
    wrong, says = WRONG[what]
    with pytest.raises(BadInput) as raised:
        checked(NewMembership, [row(990_002), wrong], "members.csv")
    said = str(raised.value)
    assert said.startswith(f"members.csv: line 3: {says}") and said.endswith(".") and "\n" not in said and ".;" not in said and ".." not in said


REFUSED: dict[str, tuple[list[dict[str, Any]], Actor, type[LodestarError], str]] = {
    "known already": ([row(990_002), row(joined="2027-01-01")], LEAD, BadInput, r"membership already: Ash School \(990001\) in 2026/27\.$"),
    "twice": ([row(990_002), row(990_002)], LEAD, BadInput, r"membership twice: Birch School \(990002\) in 2026/27\.$"),
    "not in the register": ([row(990_002), row(990_003)], LEAD, BadInput, "no school 990003 in the register"),
    "by a school": ([row(990_002)], HEAD, NotAllowed, "role school .* for adviser, lead"),
    "by a commissioner": ([row(990_002)], BUYER, NotAllowed, "role commissioner"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_list_that_cannot_be_taken_is_refused_by_name_and_nothing_is_saved(two: Database, what: str) -> None:
    add(two, row())
    before = everything(two)
    rows, actor, error, says = REFUSED[what]
    with pytest.raises(error, match=says):
        add(two, *rows, actor=actor)
    assert everything(two) == before


def test_without_a_register_no_membership_is_taken(sqlite_database: Database) -> None:
    with pytest.raises(BadInput, match="load the register first"):
        add(sqlite_database, row())


def test_of_very_many_schools_that_are_not_in_the_register_ten_are_named(sqlite_database: Database) -> None:
    with pytest.raises(BadInput, match="990009 and 20 more in the register"):
        add(sqlite_database, *(row(990_000 + number) for number in range(30)))


def test_a_membership_ends_on_its_last_day_with_a_reason_in_the_trail(two: Database) -> None:
    add(two, row(), row(school_year="2027"), row(990_002), row(joined="2025-09-01"))
    assert end(two, 990_001, D(2026, 12, 31), actor=Actor(Role.ADVISER, "link adviser")) == [2027]
    assert [(one.urn, one.school_year, one.left) for one in rows_of(two, Membership)] == [
        (990_001, 2026, D(2026, 12, 31)), (990_001, 2027, None), (990_002, 2026, None), (990_001, 2025, None),
    ]  # fmt: skip
    event = rows_of(two, Event)[-1]
    assert (event.kind, event.role, event.by) == ("membership.ended", Role.ADVISER, "link adviser")
    assert event.detail == {"urn": 990_001, "school_year": 2026, "left": "2026-12-31", "reason": "It joined another."}
    with two.reading() as session:
        assert members_of(session, D(2026, 12, 31)) == {990_001, 990_002} and members_of(session, D(2027, 1, 1)) == {990_002}
    assert end(two, 990_001, D(2027, 9, 1)) == []


@pytest.mark.parametrize(
    ("urn", "on", "reason", "actor", "error", "says"),
    [
        (990_002, D(2027, 1, 1), "why", LEAD, NotFound, "School 990002 has no membership in 2026/27"),
        (990_001, D(2026, 8, 31), "why", LEAD, NotFound, "School 990001 has no membership in 2025/26"),
        (990_001, D(2026, 9, 30), "why", LEAD, BadInput, "joined on 1 October 2026"),
        (990_001, D(2027, 1, 1), " ", LEAD, BadInput, "--reason"),
        (990_001, D(2027, 1, 1), "why", HEAD, NotAllowed, "for adviser, lead"),
    ],
)
def test_an_end_that_cannot_be_is_refused(
    two: Database, urn: int, on: datetime.date, reason: str, actor: Actor, error: type[LodestarError], says: str
) -> None:
    add(two, row(joined="2026-10-01"))
    before = everything(two)
    with pytest.raises(error, match=says):
        end(two, urn, on, reason, actor)
    assert everything(two) == before


def test_a_membership_that_has_ended_does_not_end_again(two: Database) -> None:
    add(two, row(left="2026-12-31"))
    with pytest.raises(NotPossible, match="has ended on 31 December 2026 already"):
        end(two, 990_001, D(2027, 1, 1))


def for_members(places: int | None = None, **take_part: Any) -> Programme:
    """Return a small programme for members only."""
    values = small_programme(places or 1).model_dump(mode="json")
    limits = {} if places else {"places": None, "ranked_by": None}
    values["take_part"] |= {"members_only": True, **limits, **take_part}
    return Programme.model_validate(values)


@pytest.fixture
def begun(sqlite_database: Database, tmp_path: Path) -> Database:
    """The synthetic authority with its people and another commission; nobody is a member yet."""
    opened(sqlite_database, tmp_path)
    return sqlite_database


def opens(database: Database, programme: Programme, starts: datetime.date = TODAY) -> Opened:
    with database.writing() as session:
        return open_commission(session, programme, Terms("MEMBERS-1", "Wexcombe Council", starts, 4_000_000), BUYER, AT)


def primaries(database: Database) -> list[int]:
    """Return the schools that meet the terms of the small programme but for membership."""
    with database.reading() as session:
        query = select(School).where(School.open, School.state_funded, School.phase == "primary", School.status == "maintained")
        return [school.urn for school in session.exec(query.order_by(col(School.urn))).all()]


def test_opening_without_any_membership_is_refused_and_says_what_to_do(begun: Database) -> None:
    before = everything(begun)
    with pytest.raises(NotPossible) as raised:
        opens(begun, for_members())
    assert NOBODY in str(raised.value) and "2 September 2026: load the memberships with `lodestar member load FILE`." in str(raised.value)
    assert everything(begun) == before


def test_memberships_of_another_year_are_none_for_the_first_day(begun: Database) -> None:
    add(begun, *(row(urn, school_year="2027") for urn in primaries(begun)), row(primaries(begun)[0], left="2026-09-01"))
    with pytest.raises(NotPossible, match=f"{NOBODY} 2 September 2026"):
        opens(begun, for_members())


def test_only_members_of_the_first_day_are_chosen_and_the_others_hear_why(begun: Database) -> None:
    urns = primaries(begun)
    inside, late, gone = urns[0], urns[1], urns[2]
    add(begun, row(inside), row(late, joined="2027-01-12"), row(gone, left="2026-12-31"))
    new = opens(begun, for_members(), D(2027, 1, 11))
    assert (new.invited, new.asked) == (1, 0)
    found = {one.urn: (one.outcome, one.reason) for one in rows_of(begun, Selection, Selection.commission_id == new.commission_id)}
    assert len(found) == 100 and found[inside] == (
        "invited",
        "it meets the programme's terms: it is a member of the partnership; it is a maintained school; its phase is primary",
    )
    assert {found[urn] for urn in found if urn != inside} == {("out", "it is no member of the partnership")}
    assert [case.urn for case in rows_of(begun, Case, Case.commission_id == new.commission_id)] == [inside]


def test_a_commission_that_opens_in_summer_looks_at_the_school_year_in_which_it_starts(begun: Database) -> None:
    add(begun, row(primaries(begun)[0], school_year="2027"))
    assert opens(begun, for_members(), D(2027, 9, 1)).invited == 1


def test_a_member_must_meet_the_other_terms_too_and_places_go_to_members(begun: Database) -> None:
    urns = primaries(begun)
    with begun.reading() as session:
        secondary = session.exec(select(School.urn).where(School.phase == "secondary", School.open, School.state_funded)).first()
    assert secondary is not None
    add(begun, *(row(urn) for urn in urns[5:8]), row(secondary))
    new = opens(begun, for_members(places=2))
    found = {one.urn: one for one in rows_of(begun, Selection, Selection.commission_id == new.commission_id)}
    assert found[secondary].reason == "its phase is secondary" and new.invited == 2
    assert sorted(one.urn for one in found.values() if one.outcome == "invited" or "there are 2 places" in one.reason) == urns[5:8]


def test_evidence_opens_cases_of_todays_members_only(begun: Database, tmp_path: Path) -> None:
    first, member, other, left = primaries(begun)[:4]
    in_need = {"standing": ["category_of_concern"], "phases": ["primary"]}
    load_file(begun, inspections(tmp_path, "made_up_as_at_15_August_2026.csv", in_measures(first, "01/06/2026")), AT)
    add(begun, row(first), row(member, joined="2026-09-28"), row(left, left="2026-10-04"))
    new = opens(begun, for_members(invited=in_need, may_opt_in=None, opened_by=["new_inspection"]))
    news = morning(D(2026, 10, 5))
    load_file(begun, inspections(tmp_path, AFTER, *(in_measures(urn, "15/09/2026") for urn in (member, other, left))), news)
    assert watch_evidence(begun, new.commission_id, news).opened == 1
    assert [case.urn for case in rows_of(begun, Case, Case.commission_id == new.commission_id)] == [first, member]
    why = {one.urn: one.reason for one in rows_of(begun, Selection, Selection.commission_id == new.commission_id)}
    assert why[other] == why[left] == "new evidence: it is no member of the partnership"


def test_who_asks_to_join_must_be_a_member_by_then(begun: Database) -> None:
    first, other = primaries(begun)[:2]
    add(begun, row(first))
    new = opens(begun, for_members(opened_by=["request"]))

    def asks(day: datetime.date) -> int:
        with begun.writing() as session:
            return join(session, load_brief(session, new.commission_id, [other]), other, HEAD, morning(day))

    add(begun, row(other, joined="2026-11-02"))
    before = everything(begun)
    with pytest.raises(NotPossible, match="no member of the partnership: load its membership with `lodestar member load FILE`"):
        asks(D(2026, 11, 1))
    assert everything(begun) == before
    number = asks(D(2026, 11, 2))
    assert [case.id for case in rows_of(begun, Case, Case.urn == other, Case.commission_id == new.commission_id)] == [number]


def test_before_a_commission_starts_its_first_day_counts_for_cases_that_evidence_opens(begun: Database, tmp_path: Path) -> None:
    first, coming, going = primaries(begun)[:3]
    in_need = {"standing": ["category_of_concern"], "phases": ["primary"]}
    load_file(begun, inspections(tmp_path, "made_up_as_at_15_August_2026.csv", in_measures(first, "01/06/2026")), AT)
    add(begun, row(first, school_year="2027"), row(coming, school_year="2027"), row(going))
    new = opens(begun, for_members(invited=in_need, may_opt_in=None, opened_by=["new_inspection"]), D(2027, 9, 1))
    summer = morning(D(2027, 8, 2))
    load_file(begun, inspections(tmp_path, AFTER, in_measures(coming, "15/09/2026"), in_measures(going, "15/09/2026")), summer)
    assert watch_evidence(begun, new.commission_id, summer).opened == 1
    assert [case.urn for case in rows_of(begun, Case, Case.commission_id == new.commission_id)] == [first, coming]


def test_before_a_commission_starts_its_first_day_counts_for_whoever_asks_to_join(begun: Database) -> None:
    first, coming, going = primaries(begun)[:3]
    add(begun, row(first, school_year="2027"), row(going))
    new = opens(begun, for_members(opened_by=["request"]), D(2027, 9, 1))
    add(begun, row(coming, school_year="2027"))

    def asks(urn: int) -> None:
        with begun.writing() as session:
            join(session, load_brief(session, new.commission_id, [urn]), urn, HEAD, morning(D(2027, 8, 2)))

    asks(coming)
    with pytest.raises(NotPossible, match="no member"):
        asks(going)
    assert [case.urn for case in rows_of(begun, Case, Case.commission_id == new.commission_id)] == [first, coming]


def test_a_school_that_said_no_comes_back_only_while_it_is_a_member(begun: Database) -> None:
    with begun.reading() as session:
        query = select(School.urn).where(School.open, School.state_funded, School.phase == "all_through", School.status == "academy")
        asked = session.exec(query.order_by(col(School.urn))).first()
    assert asked is not None
    add(begun, row(asked))
    new = opens(begun, for_members(opened_by=["request"]))
    case = rows_of(begun, Case, Case.commission_id == new.commission_id)[0]
    one = Journey(begun, new.commission_id, case.id, AT)
    one.decide("decline", Role.SCHOOL, reason="Not now.")
    end(begun, asked, D(2026, 10, 2))
    one.wait(D(2026, 10, 3))
    with pytest.raises(NotPossible, match="no member"):
        one.decide("opt-in", Role.SCHOOL)
    assert one.case.status is Status.DECLINED


def test_a_commission_for_members_is_played_from_opening_to_its_plan(sqlite_database: Database, tmp_path: Path) -> None:
    """The made-up authority has its members, so such a programme runs like any other."""
    one = journey(sqlite_database, tmp_path, for_members(places=2)).until(Status.IN_PROGRESS)
    chosen = rows_of(sqlite_database, Selection)
    outside = {one.urn for one in chosen if one.reason == "it is no member of the partnership"}
    assert 3 <= len(outside) <= 20 and one.case.urn not in outside
