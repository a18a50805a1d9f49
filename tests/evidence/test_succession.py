"""From a school back to those it came from: loops, long chains and mergers, compared with a slow way that is plainly right."""

import csv
import datetime
import io
import pathlib
import zipfile
from collections.abc import Mapping, Sequence

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from evidence.kind import Context
from evidence.kinds import links
from evidence.opening import open_file
from evidence.register_rows import school_row
from evidence.succession import chain, follow, load_followed, load_predecessors, predecessors
from models.database import Database
from models.school import SchoolLink
from tests.evidence.test_register_rows import register_rows

OLD, NEW = datetime.date(2012, 9, 1), datetime.date(2019, 9, 1)
schools = st.integers(900001, 900009)
lineages = st.dictionaries(schools, st.lists(schools, max_size=3, unique=True), max_size=9)


def paths(urn: int, before: Mapping[int, Sequence[int]], most: int, stop: frozenset[int] = frozenset()) -> list[list[int]]:
    """Return every way back from a school without passing one twice: slow, and plainly right."""
    found, growing = [], [[urn]]
    while growing:
        way = growing.pop()
        if len(way) > 1:
            found.append(way)
        if len(way) <= most and (len(way) == 1 or way[-1] not in stop):
            growing += [[*way, one] for one in before.get(way[-1], ()) if one not in way]
    return found


@pytest.mark.parametrize("kind", ["Predecessor", "Predecessor - merged", "Predecessor - amalgamated"])
def test_a_predecessor_is_known_by_the_link_on_the_later_school(kind: str) -> None:
    assert predecessors([(900002, 900001, kind, None)]) == {900002: [900001]}


@pytest.mark.parametrize("kind", ["Successor", "Successor - merged", "Successor - amalgamated"])
def test_a_predecessor_is_known_by_the_link_on_the_earlier_school_alone(kind: str) -> None:
    assert predecessors([(900001, 900002, kind, None)]) == {900002: [900001]}


def test_a_link_in_both_directions_counts_once() -> None:
    assert predecessors([(900002, 900001, "Predecessor", None), (900001, 900002, "Successor", NEW)]) == {900002: [900001]}


@pytest.mark.parametrize(
    "kind", ["Result of Amalgamation", "Successor - Split School", "Predecessor - Split School", "Sixth Form Centre Link", "Other", "Closure",
             "Merged - change in age range", "Expansion", ""],
)  # fmt: skip
def test_a_link_that_does_not_say_which_school_came_first_is_not_followed(kind: str) -> None:
    assert predecessors([(900002, 900001, kind, NEW)]) == {}


def test_a_school_linked_to_itself_is_not_its_own_predecessor() -> None:
    assert predecessors([(900001, 900001, "Predecessor", NEW)]) == {}


def test_the_predecessor_linked_last_is_the_nearest_and_an_undated_one_comes_last_whatever_the_order_of_the_file() -> None:
    found = [(900009, 900001, "Predecessor", None), (900009, 900002, "Predecessor", OLD), (900009, 900003, "Predecessor", NEW)]
    assert predecessors(found) == predecessors(found[::-1]) == {900009: [900003, 900002, 900001]}


def test_the_way_back_is_nearest_first_and_ends_after_the_steps_that_were_asked_for() -> None:
    before = {urn: [urn - 1] for urn in range(900002, 900020)}
    assert chain(900019, before) == [900018, 900017, 900016, 900015, 900014, 900013]
    assert chain(900019, before, most=2) == [900018, 900017]
    assert chain(900019, before, most=0) == chain(900001, before) == []


def test_the_way_back_ends_in_a_loop_of_any_length() -> None:
    assert chain(900001, {900001: [900002], 900002: [900001]}) == [900002]
    assert chain(900001, {900001: [900002], 900002: [900003], 900003: [900002, 900001]}) == [900002, 900003]


def test_a_school_with_a_figure_uses_its_own() -> None:
    assert follow([900002], {900001, 900002}, {900002: [900001]}) == {900002: 900002}


def test_a_school_without_a_figure_uses_that_of_the_nearest_predecessor_over_several_steps() -> None:
    before = {900004: [900003], 900003: [900002], 900002: [900001]}
    assert follow([900004], {900001, 900002}, before) == {900004: 900002}
    assert follow([900004], {900001}, before) == {900004: 900001}
    assert follow([900004], set(), before) == follow([900009], {900001}, before) == {}


def test_a_merger_of_two_schools_with_figures_has_none_and_of_one_with_and_one_without_has_that_one() -> None:
    before = {900003: [900001, 900002]}
    assert follow([900003], {900001, 900002}, before) == {}
    assert follow([900003], {900002}, before) == {900003: 900002}


def test_both_sides_of_a_merger_count_though_the_figure_of_one_lies_further_back() -> None:
    assert follow([900004], {900001, 900003}, {900004: [900002, 900003], 900002: [900001]}) == {}


def test_a_predecessor_that_is_linked_past_its_successor_as_well_makes_no_merger() -> None:
    before = {900003: [900001, 900002], 900002: [900001]}
    assert follow([900003], {900001, 900002}, before) == {900003: 900002}


def test_two_schools_split_from_one_and_merged_again_lead_to_the_one() -> None:
    before = {900004: [900002, 900003], 900002: [900001], 900003: [900001]}
    assert follow([900004], {900001}, before) == {900004: 900001}


@given(lineages, schools, st.integers(0, 7))
def test_the_way_back_agrees_with_trying_every_way(before: dict[int, list[int]], urn: int, most: int) -> None:
    steps: dict[int, int] = {}
    for way in paths(urn, before, most):
        steps[way[-1]] = min(len(way) - 1, steps.get(way[-1], 99))
    found = chain(urn, before, most)
    assert len(found) == len(set(found)) and set(found) == set(steps)
    assert [steps[one] for one in found] == sorted(steps.values())


@given(lineages, st.sets(schools))
def test_the_figure_to_use_agrees_with_trying_every_way(before: dict[int, list[int]], known: set[int]) -> None:
    found = follow(range(900001, 900010), known, before)
    for urn in range(900001, 900010):
        if urn in known:
            assert found[urn] == urn
            continue
        reached = {way[-1] for way in paths(urn, before, 6, frozenset(known))} & known
        heads = {one for one in reached if reached <= {one, *(way[-1] for way in paths(one, before, 6))}}
        assert found[urn] in heads if heads else urn not in found


@given(lineages, st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_direction_or_order_links_are_written(before: dict[int, list[int]], chance: object) -> None:
    pairs = [(later, earlier) for later, found in before.items() for earlier in found]
    back = [(later, earlier, "Predecessor", None) for later, earlier in pairs]
    forth = [(earlier, later, "Successor", None) for later, earlier in pairs]
    mixed = back + forth
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert predecessors(back) == predecessors(forth) == predecessors(mixed)


def test_predecessors_are_read_from_the_links_that_were_loaded(database: Database) -> None:
    def add(session: Session, urn: int, linked: int, kind: str) -> None:
        session.add(SchoolLink(urn=urn, linked_urn=linked, kind=kind, since=None))

    with database.writing() as session:
        add(session, 900002, 900001, "Predecessor")
        add(session, 900002, 900003, "Successor")
        add(session, 900002, 900009, "Other")
    with database.reading() as session:
        assert load_predecessors(session) == {900002: [900001], 900003: [900002]}


def test_a_school_that_links_say_was_followed_since_the_register_is_known_with_its_successor(database: Database) -> None:
    def day(month: int) -> datetime.date:
        return datetime.date(2026, month, 1)

    with database.writing() as session:
        for urn, linked, kind, since in [
            (900001, 900011, "Successor", day(5)),
            (900012, 900002, "Predecessor - merged", day(6)),
            (900003, 900013, "Successor", day(2)),  # the register, which is of March, has it open all the same
            (900004, 900014, "Successor", day(11)),  # is still to come
            (900005, 900015, "Successor", None),
            (900006, 900016, "Other", day(5)),
        ]:
            session.add(SchoolLink(urn=urn, linked_urn=linked, kind=kind, since=since))
    with database.reading() as session:
        known_of = dict.fromkeys(range(900001, 900007), day(3))
        assert load_followed(session, known_of, day(9)) == {900001: 900011, 900002: 900012}
        assert load_followed(session, {900001: None, 900007: day(3)}, day(9)) == {}


def test_following_predecessors_lifts_the_join_of_real_primaries_to_key_stage_2(shared: pathlib.Path) -> None:
    """These are the figures of the rule that `follow` states; reports/published_joins.py reaches those of the README of the data by its own."""
    with open_file(shared / "register" / "links_edubasealldata20250422.csv") as table:
        rows = links.read(table, Context(pendulum.date(2025, 5, 1))).links
    before = predecessors((row["urn"], row["linked_urn"], row["kind"], row["since"]) for row in rows)
    records = [record for _, record in register_rows(shared / "register" / "edubasealldata20231116.zip")]
    primaries = [school_row(record, None) for record in records if record["PhaseOfEducation (name)"] == "Primary"]
    england = {school["urn"] for school in primaries if school["open"]}
    surrey = {school["urn"] for school in primaries if school["open"] and school["authority"] == "936"}
    # Every open primary of the register is state-funded: leaving out the others changes nothing.
    assert england == {school["urn"] for school in primaries if school["open"] and school["state_funded"]}
    with zipfile.ZipFile(shared / "results" / "ks2_national_2015-2016_reduced.csv.zip") as archive, archive.open(archive.namelist()[0]) as raw:
        known = {int(row["URN"]) for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig"))}
    assert (len(england & known), len(follow(england, known, before))) == (11_278, 14_917)
    assert (len(surrey), len(surrey & known), len(follow(surrey, known, before))) == (298, 139, 213)
    assert links.unknown_targets(rows, {int(record["URN"]) for record in records}) == 941
