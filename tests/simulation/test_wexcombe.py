"""Wexcombe: a made-up authority that is like a real one where it matters."""

import pathlib
from collections import Counter
from typing import Any

import pytest

from evidence.register_rows import school_row
from models.words import Phase, SchoolStatus
from simulation.wexcombe import AUTHORITY, DIOCESE, SUCCESSOR_URN, TRUSTS, write_register
from tests.evidence.test_register_rows import register_rows


@pytest.fixture
def schools(tmp_path: pathlib.Path) -> list[dict[str, Any]]:
    return [school_row(record, None) for _, record in register_rows(write_register(tmp_path / "deep" / "register.csv"))]


def test_wexcombe_has_a_hundred_open_state_funded_schools(schools: list[dict[str, Any]]) -> None:
    assert sum(1 for one in schools if one["open"] and one["state_funded"]) == 100
    assert {one["authority"] for one in schools} == {AUTHORITY}
    assert len({one["urn"] for one in schools}) == len({one["name"] for one in schools}) == len(schools)


def test_every_phase_that_programmes_of_the_first_version_speak_of_has_a_school(schools: list[dict[str, Any]]) -> None:
    phases = Counter(one["phase"] for one in schools if one["open"] and one["state_funded"])
    assert phases.keys() == {Phase.NURSERY, Phase.PRIMARY, Phase.SECONDARY, Phase.ALL_THROUGH, Phase.SPECIAL, Phase.ALTERNATIVE}
    assert phases[Phase.PRIMARY] > phases[Phase.SECONDARY] > phases[Phase.SPECIAL]


def test_two_trusts_have_several_schools_each(schools: list[dict[str, Any]]) -> None:
    trusts = Counter(one["trust"] for one in schools if one["open"] and one["trust"])
    assert all(trusts[name] >= 5 for name in TRUSTS)
    assert all(count == 1 for name, count in trusts.items() if name not in TRUSTS)


def test_a_diocese_has_catholic_and_church_of_england_schools(schools: list[dict[str, Any]]) -> None:
    faiths = Counter(one["religious_character"] for one in schools if one["diocese"] == DIOCESE and one["open"])
    assert faiths["Roman Catholic"] >= 2 and faiths["Church of England"] >= 2


def test_every_school_is_maintained_or_an_academy_as_its_type_says(schools: list[dict[str, Any]]) -> None:
    for one in schools:
        if one["open"] and one["state_funded"]:
            academy = one["type_name"].startswith(("Academy", "Free"))
            assert one["status"] is (SchoolStatus.ACADEMY if academy else SchoolStatus.MAINTAINED), one["type_name"]


def test_a_closed_an_independent_and_a_coming_school_are_there_to_be_left_out(schools: list[dict[str, Any]]) -> None:
    out = [one for one in schools if not (one["open"] and one["state_funded"])]
    assert [(one["open"], one["state_funded"], one["closed"] is not None) for one in out] == [
        (False, True, True), (True, False, False), (False, True, False)
    ]  # fmt: skip
    assert out[2]["urn"] == SUCCESSOR_URN


def test_some_figures_are_missing_as_in_a_real_register(schools: list[dict[str, Any]]) -> None:
    assert 1 <= sum(one["fsm_share"] is None for one in schools) <= 15
    assert 1 <= sum(one["last_inspected"] is None for one in schools) <= 25
    assert all((one["last_inspected"] is None) == (one["last_grade"] is None) for one in schools)


def test_the_same_seed_writes_the_same_file_and_another_seed_another(tmp_path: pathlib.Path) -> None:
    first, again, other = (write_register(tmp_path / f"{n}.csv", seed).read_bytes() for n, seed in enumerate((7, 7, 8)))
    assert first == again != other


@pytest.mark.parametrize("seed", range(2, 8))
def test_every_seed_gives_a_hundred_schools(tmp_path: pathlib.Path, seed: int) -> None:
    rows = [school_row(record, None) for _, record in register_rows(write_register(tmp_path / "r.csv", seed))]
    assert sum(1 for one in rows if one["open"] and one["state_funded"]) == 100
