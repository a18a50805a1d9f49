"""Wexcombe's made-up figures: those of groups only for programmes that ask, the others as they always were, and support moves them the good way."""

import csv
import datetime
import pathlib
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from sqlmodel import select

from models.database import Database
from models.evidence import AreaEvidence, Evidence
from models.programme import Programme
from models.words import Phase
from programmes.catalogue import find_programme
from simulation import public_files
from simulation.public_files import gather_by_group, groups_wanted, publish, wants_evidence
from simulation.wexcombe import AUTHORITY
from tests.evidence.made_up import school, with_schools

GROUPS = ["exclusions:send", "ks2_expected:send", "ks4_attainment:send"]
AUTUMN = pendulum.datetime(2027, 9, 10, 9, tz="Europe/London")
PRIMARY, SECONDARY, THROUGH, SPECIAL, NURSERY, SMALL = 990001, 990002, 990003, 990004, 990005, 990006


def wexcombe(database: Database) -> None:
    with_schools(
        database, school(PRIMARY, pupils=300, last_inspected=datetime.date(2024, 3, 5), last_grade="Good"), school(SECONDARY, phase=Phase.SECONDARY, pupils=900), school(THROUGH, phase=Phase.ALL_THROUGH, pupils=900),
        school(SPECIAL, phase=Phase.SPECIAL, pupils=70), school(NURSERY, phase=Phase.NURSERY, pupils=200), school(SMALL, pupils=60),
    )  # fmt: skip


def figures(database: Database) -> dict[tuple[str, int], tuple[float | None, str | None]]:
    with database.reading() as session:
        rows = session.exec(select(Evidence)).all()
    return {(row.indicator, row.urn): (row.value, row.missing.value if row.missing else None) for row in rows}


def test_only_a_programme_that_measures_groups_against_england_wants_their_figures() -> None:
    assert groups_wanted(find_programme("learning-hub")) == GROUPS and wants_evidence(find_programme("learning-hub"))
    for name in ("economic-exclusion", "most-at-risk", "at-risk-after-ungraded", "nurturing-schools", "inclusion-framework", "partnership-health"):
        assert groups_wanted(find_programme(name)) == []
    values = find_programme("economic-exclusion").model_dump(mode="json")
    assert not wants_evidence(Programme.model_validate(values))
    values["evaluate"]["measures"] = [{"id": "a", "title": "A", "kind": "rate_against_national", "indicator": "ks2_expected", "pupil_group": "send"}]
    assert groups_wanted(one := Programme.model_validate(values)) == ["ks2_expected:send"] and wants_evidence(one)


def test_the_other_figures_are_what_they_were_before_groups_had_any() -> None:
    schools: list[Any] = [SimpleNamespace(urn=990001), SimpleNamespace(urn=990002)]
    found = list(public_files._figures(schools, 1, datetime.date(2026, 8, 31), {990002}))
    assert [row[3] for row in found] == ["3.6", "16.1", "1.9", "18.7", "0", "5.3", "20.0", "3.6", "14.3", "0"]


def test_groups_change_nothing_in_the_other_figures(sqlite_database: Database, database: Database) -> None:
    wexcombe(sqlite_database)
    publish(sqlite_database, 1, AUTUMN)
    without = figures(sqlite_database)
    assert without and not any(":" in name for name, _ in without)
    publish(sqlite_database, 1, AUTUMN, groups=GROUPS)
    assert {key: value for key, value in figures(sqlite_database).items() if ":" not in key[0]} == without


def test_each_school_has_the_figures_of_the_pupils_it_has_and_england_has_one_of_each(database: Database) -> None:
    wexcombe(database)
    publish(database, 1, AUTUMN, groups=GROUPS)
    found = {key: value for key, value in figures(database).items() if ":" in key[0]}
    assert {urn for name, urn in found if name == "ks2_expected:send"} == {PRIMARY, THROUGH, SPECIAL, SMALL}
    assert {urn for name, urn in found if name == "ks4_attainment:send"} == {SECONDARY, THROUGH, SPECIAL}
    assert {urn for name, urn in found if name == "exclusions:send"} == {PRIMARY, SECONDARY, THROUGH, SPECIAL, SMALL}
    assert {key for key, (value, why) in found.items() if value is None} == {("ks2_expected:send", SMALL), ("exclusions:send", SMALL)}
    assert found["exclusions:send", SMALL] == (None, "suppressed")
    with database.reading() as session:
        nation = [(row.indicator, row.as_of) for row in session.exec(select(AreaEvidence).where(AreaEvidence.area == "ENG")).all()]
    assert nation == [(name, datetime.date(2027, 8, 31)) for name in GROUPS]


def test_before_the_autumn_only_what_the_partnership_gathers_is_there(sqlite_database: Database) -> None:
    wexcombe(sqlite_database)
    publish(sqlite_database, 1, pendulum.datetime(2027, 2, 20, 9, tz="Europe/London"), groups=GROUPS)
    assert figures(sqlite_database) == {}
    gather_by_group(sqlite_database, 1, pendulum.datetime(2027, 6, 30, 9, tz="Europe/London"), set(), GROUPS)
    summer = figures(sqlite_database)
    assert summer and all(":" in name for name, _ in summer)
    # The list of the autumn says the same of the same school year.
    publish(sqlite_database, 1, AUTUMN, groups=GROUPS)
    assert {key: value for key, value in figures(sqlite_database).items() if ":" in key[0]} == summer


@pytest.mark.parametrize(("name", "good"), [("exclusions:send", -1), ("ks2_expected:send", 1), ("ks4_attainment:send", 1)])
def test_support_moves_a_groups_figure_a_little_the_good_way(tmp_path: pathlib.Path, name: str, good: int) -> None:
    phase = Phase.SECONDARY if name == "ks4_attainment:send" else Phase.PRIMARY
    schools = [school(urn, authority=AUTHORITY, phase=phase, pupils=300) for urn in range(990001, 990101)]

    def values(supported: set[int]) -> dict[str, float]:
        path = public_files._by_group(tmp_path, schools, 1, datetime.date(2027, 8, 31), supported, [name])
        with path.open() as file:
            return {row["urn"]: float(row["value"]) for row in csv.DictReader(file)}

    before, after = values(set()), values({one.urn for one in schools[:50]})
    assert all(before[str(one.urn)] == after[str(one.urn)] for one in schools[50:]) and before["ENG"] == after["ENG"]
    moved = [good * (after[str(one.urn)] - before[str(one.urn)]) for one in schools[:50]]
    assert min(moved) >= 0 and 1 < fmean(moved) < 3
    # Neither all schools nor none are better than England.
    assert 20 < sum(good * (before[str(one.urn)] - before["ENG"]) > 0 for one in schools) < 80
