"""How long a match takes of its supporter, and how many schools a group has, against what one counts by hand."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.programme import Lasts, Programme, Session
from programmes.catalogue import find_programme
from programmes.sessions import (
    FIRST,
    brokers,
    group_of,
    group_size,
    half_days,
    match_half_days,
    own_half_days,
    sessions_of,
    times,
    trains_first,
    trains_itself,
    years_of,
)
from tests.stages.builders import small_programme


@dataclasses.dataclass(frozen=True)
class Counted:
    """What somebody counted by hand: half days alone with the school, and of the whole match for each entitlement in days."""

    own: int
    takes: dict[float, int]


# Of each programme the sessions were written out by hand and counted; a triad shares its four meetings among three, a hub its eight among twenty.
BY_HAND: dict[tuple[str, str], Counted] = {
    # Appraisal and partner's visit; two of the four meetings; of nine half days seven go to the group and the development group.
    ("triads", FIRST): Counted(2, {4.5: 2 + 2, 6: 5 + 2}),
    ("triads", "development-group"): Counted(0, {4.5: 1, 6: 1}),
    # A whole day and a half day; the training takes the fourth half day.
    ("peer-review", FIRST): Counted(3, {2: 3}),
    # First meeting, five of mentoring, closing; the coach has five, and all new heads meet twice.
    ("new-headteacher-support", FIRST): Counted(7, {7: 7, 9: 11}),
    ("new-headteacher-support", "coach"): Counted(5, {7: 5, 9: 5}),
    # Four meetings with the mentor; six half days of webinars and networking are nobody's match.
    ("new-to-headship", FIRST): Counted(4, {5: 4, 6: 6}),
    # Nothing alone; a first meeting, one in each of six half-terms and an open week, shared by twenty.
    ("learning-hub", FIRST): Counted(0, {4: 1}),
}
PROGRAMMES = {name: find_programme(name) for name in sorted({name for name, _ in BY_HAND})}


@pytest.mark.parametrize(("name", "further"), BY_HAND)
def test_half_days_of_a_match_are_those_that_one_counts_by_hand(name: str, further: str) -> None:
    programme, counted = find_programme(name), BY_HAND[name, further]
    assert own_half_days(programme, further) == counted.own
    assert {days: match_half_days(programme, further, round(days * 2)) for days in counted.takes} == counted.takes
    assert {category.days for category in programme.diagnose.categories} == set(counted.takes)


def test_every_match_of_the_five_programmes_was_counted() -> None:
    names = {name for name, _ in BY_HAND}
    assert {(name, further) for name in names for further in brokers(find_programme(name))} == set(BY_HAND)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("triads", {FIRST: 3, "development-group": 12}), ("peer-review", {FIRST: None}), ("new-to-headship", {FIRST: None}),
        ("new-headteacher-support", {FIRST: None, "coach": None}), ("learning-hub", {FIRST: 20}), ("economic-exclusion", {FIRST: None}),
    ],
)  # fmt: skip
def test_a_group_is_as_large_as_its_programme_says_and_a_pair_is_no_group(name: str, sizes: dict[str, int | None]) -> None:
    programme = find_programme(name)
    assert {further: group_size(programme, further) for further in brokers(programme)} == sizes


def with_broker(**broker: object) -> Programme:
    values = small_programme().model_dump(mode="json")
    return Programme.model_validate(values | {"broker": values["broker"] | broker})


@pytest.mark.parametrize(
    ("broker", "size"),
    [
        ({"mode": "triad", "group_size": 5}, 3), ({"mode": "group", "group_size": 8, "cases_per_supporter": 9}, 8),
        ({"mode": "hub", "cases_per_supporter": 9}, 9), ({"mode": "hub"}, 10), ({"mode": "mentor", "group_size": 8}, None),
    ],
)  # fmt: skip
def test_a_triad_has_three_and_other_groups_their_own_number_or_their_leaders_caseload(broker: dict[str, object], size: int | None) -> None:
    assert group_size(with_broker(**broker), FIRST) == size


def test_group_sessions_are_of_the_group_of_their_match_or_of_the_whole_commission() -> None:
    def met(name: str) -> dict[str, str | None]:
        programme = find_programme(name)
        return {one.id: group_of(programme, one) for one in sessions_of(programme, "group")}

    assert met("triads") == {"triad-start": FIRST, "triad-review": FIRST, "development-group": "development-group"}
    assert met("learning-hub") == {"first-meeting": FIRST, "hub-meeting": FIRST, "open-week": FIRST}
    assert met("new-to-headship") == {"welcome": None, "webinar": None, "network": None}
    assert met("peer-review") == {"reviewer-training": None}


def test_sessions_can_be_had_of_one_match_or_of_all() -> None:
    heads = find_programme("new-headteacher-support")
    assert [one.id for one in sessions_of(heads, "single", "coach")] == ["coaching"]
    assert [one.id for one in sessions_of(heads, "single", FIRST)] == ["first-meeting", "mentoring", "closing"]
    assert [one.id for one in sessions_of(heads, "single")] == ["first-meeting", "mentoring", "coaching", "closing"]


def listed(**what: object) -> Session:
    return Session.model_validate({"id": "a", "title": "A", **what})


@pytest.mark.parametrize(
    ("what", "years", "expected"),
    [
        ({}, 1, (1, 1)), ({"count": 4}, 3, (4, 4)), ({"length": "whole_day", "count": 2}, 1, (2, 4)), ({"every": "half_term"}, 2, (12, 12)),
        ({"every": "term", "count": 2}, 1, (6, 6)), ({"every": "year", "length": "whole_day"}, 3, (3, 6)),
    ],
)  # fmt: skip
def test_what_comes_back_takes_place_in_each_half_term_term_or_year(what: dict[str, object], years: int, expected: tuple[int, int]) -> None:
    assert (times(listed(**what), years), half_days(listed(**what), years)) == expected


@pytest.mark.parametrize(
    ("lasts", "years"),
    [(None, 1), ({"school_years": 3}, 3), ({"weeks": 40}, 1), ({"weeks": 104}, 2), ({"weeks": 110}, 2), ({"open_ended": True}, 1)],
)
def test_a_length_has_so_many_school_years_and_at_least_one(lasts: dict[str, object] | None, years: int) -> None:
    assert years_of(None if lasts is None else Lasts.model_validate(lasts)) == years


@given(st.integers(0, 60), st.sampled_from(sorted(BY_HAND)))
def test_what_all_of_a_full_group_commit_is_enough_for_everything_that_its_match_holds(entitlement: int, which: tuple[str, str]) -> None:
    name, further = which
    programme = PROGRAMMES[name]
    size = group_size(programme, further) or 1
    years = years_of(programme.case_lasts or programme.lasts)
    together = sum(half_days(one, years) for one in sessions_of(programme, "group") if group_of(programme, one) == further)
    takes = match_half_days(programme, further, entitlement)
    assert takes >= 1 and size * takes >= together + size * own_half_days(programme, further)
    assert match_half_days(programme, further, entitlement + 1) - takes in (0, 1)


def test_supporters_are_trained_first_by_a_check_or_in_a_session_of_the_programme() -> None:
    found = {name: (trains_first(find_programme(name)), trains_itself(find_programme(name))) for name, _ in BY_HAND}
    assert found == {
        "triads": (False, False), "peer-review": (True, True), "new-headteacher-support": (True, False), "new-to-headship": (True, False),
        "learning-hub": (False, False),
    }  # fmt: skip
