"""Schools joined to results through predecessors: the rule of the published counts on made-up schools, and the counts on the real files."""

import datetime
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.loading import load_file
from evidence.understood import LINKS, Understood
from models.database import Database
from models.school import ENGLAND
from reports.published_checks import published_checks
from reports.published_joins import join_checks, joined
from tests.evidence.made_up import asked
from tests.reports.test_published_checks import AT, of_register, saved, school

YEAR = datetime.date(2016, 8, 31)
urns = st.integers(1, 9)


def rows(database: Database, authority: str = "936") -> dict[str, dict[str, Any]]:
    with database.reading() as session:
        return {row["what"]: row for row in published_checks(session, authority) if "README" in row["source"]}


def slowly(urn: int, shares: dict[int, float | None], before: dict[int, list[int]]) -> int | None:
    """Return the first school in the results going back generation by generation: slow, and plainly right."""
    generation, seen = [urn], {urn}
    for _ in range(6):
        generation = list(dict.fromkeys(one for later in generation for one in before.get(later, ()) if one not in seen))
        seen.update(generation)
        hit = next((one for one in generation if one in shares), None)
        if hit is not None:
            return hit
    return None


def test_a_school_counts_by_its_own_number_with_or_without_a_share() -> None:
    assert joined([1, 2, 3], {1: 50.0, 2: None}, {}) == ({1, 2}, {})


def test_a_predecessor_counts_over_two_steps_only_if_the_nearest_in_the_results_has_a_share() -> None:
    before = {1: [2], 2: [3], 4: [5], 5: [6]}
    assert joined([1, 4], {3: 0.0, 5: None, 6: 70.0}, before) == (set(), {1: 3})


def test_of_a_merger_the_part_that_was_linked_last_counts() -> None:
    assert joined([1], {2: 40.0, 3: 60.0}, {1: [3, 2]}) == (set(), {1: 3})


@given(st.dictionaries(urns, st.lists(urns, max_size=3, unique=True)), st.dictionaries(urns, st.none() | st.floats(0, 100)))
def test_the_join_agrees_with_going_back_generation_by_generation(before: dict[int, list[int]], shares: dict[int, float | None]) -> None:
    own, through = joined(range(1, 10), shares, before)
    nearest = {urn: slowly(urn, shares, before) for urn in range(1, 10) if urn not in shares}
    assert own == set(shares)
    assert through == {urn: one for urn, one in nearest.items() if one is not None and shares[one] is not None}


def of_links(*links: tuple[int, int, str]) -> Understood:
    found = [{"urn": urn, "linked_urn": linked, "kind": kind, "since": None} for urn, linked, kind in links]
    return Understood(LINKS, "2025-04-22", datetime.date(2025, 4, 22), links=found)


def test_each_count_stands_beside_the_published_one_and_a_nought_is_told(sqlite_database: Database) -> None:
    schools = [school(urn, authority="936", is_open=urn < 900010) for urn in (900001, 900002, 900003, 900011, 900012)]
    shares = [("ks2_expected", urn, YEAR, share, None, 30.0) for urn, share in ((900001, 50.0), (900011, 0.0), (900012, 60.0))]
    results = Understood("key stage 2 results (reduced)", "2015/16", YEAR, figures=shares)
    saved(sqlite_database, of_register(schools), results)
    assert rows(sqlite_database)["Open primaries of authority 936 in the results of 2015/16"]["computed"] == 1
    what = "Open primaries of authority 936, with predecessors linked on the later school that have a share"
    assert rows(sqlite_database)[what]["status"] == "not loaded: needs GIAS links"
    # A link that is written on the earlier school alone is none of the published rule.
    saved(sqlite_database, of_links((900002, 900011, "Predecessor"), (900012, 900003, "Successor")))
    found = rows(sqlite_database)
    assert [found[what][name] for name in ("computed", "published", "difference", "status")] == [2, 210, -208, "compared"]
    ours = "Open primaries of authority 936 with figures of 2015/16 in diagnosis (either direction, no part of a merger)"
    assert (found[ours]["computed"], found[ours]["published"]) == (3, None)
    assert [found[f"Links {words}"]["computed"] for words in ("without a date", "in one direction only")] == [2, 2]


def test_one_authoritys_part_of_the_results_is_not_set_beside_england(sqlite_database: Database) -> None:
    figures = [("ks2_expected", 900001, YEAR, 50.0, None, 30.0)]
    results = Understood("key stage 2 results (reduced)", "2015/16", YEAR, scope="936", figures=figures)
    saved(sqlite_database, of_register([school(900001, authority="936")]), results)
    found = rows(sqlite_database)
    assert found["Open primaries of authority 936 in the results of 2015/16"]["computed"] == 1
    england = found["Open primaries of England in the results of 2015/16"]
    assert (england["computed"], england["status"]) == (None, "not loaded: needs key stage 2 results of all England of 2015/16")


def test_an_authority_without_published_counts_has_none_of_its_own(sqlite_database: Database) -> None:
    assert not any("authority 202" in what for what in rows(sqlite_database, "202"))


@pytest.fixture(scope="module")
def real() -> tuple[str, ...]:
    return (
        "register/edubasealldata20231116.zip", "register/links_edubasealldata20250422.csv", "register/group_links_2022-03.csv.zip",
        "results/ks2_national_2015-2016_reduced.csv.zip",
    )  # fmt: skip


def test_the_published_joins_are_reached_from_the_real_files(sqlite_database: Database, shared: pathlib.Path, real: tuple[str, ...]) -> None:
    for name in real:
        load_file(sqlite_database, shared / name, AT)
    found = rows(sqlite_database)
    followed = "with predecessors linked on the later school that have a share"
    assert {what: (row["computed"], row["difference"]) for what, row in found.items() if row["published"] is not None} == {
        "Open primaries of England in the results of 2015/16": (11_278, 0),
        f"Open primaries of England, {followed}": (14_819, 0),
        "Open primaries of authority 936": (298, 0),
        "Open primaries of authority 936 in the results of 2015/16": (139, 0),
        f"Open primaries of authority 936, {followed}": (211, 1),
        "Links without a date": (8_253, 0),
        "Links in one direction only": (325, 0),
        "Links to a school that is not in the register": (941, 0),
        "Schools in several groups at once": (7_314, -1),
    }
    nought = "compared: the share of 1 predecessor is a true nought, without which it is 210"
    assert found[f"Open primaries of authority 936, {followed}"]["status"] == nought


def test_links_are_read_once_however_many_areas_are_counted(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session, asked(sqlite_database) as statements:
        found = list(join_checks(session, "936", {}, {ENGLAND: None, "936": None}))
    assert {one.what for one in found} >= {"Open primaries of authority 936", "Open primaries of England in the results of 2015/16"}
    assert sum("FROM school_links" in said for said in statements) == 1
