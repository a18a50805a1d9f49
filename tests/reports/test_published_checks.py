"""Computed beside published: what is compared, and that what is not loaded is neither nought nor passed."""

import datetime
import pathlib
from collections.abc import Iterable
from typing import Any

import pendulum
import pytest

from evidence.kinds import benchmarks, register
from evidence.loading import load_file
from evidence.saving import save
from evidence.understood import Understood
from models.database import Database
from models.words import Phase, SchoolStatus
from reports.published_checks import published_checks

AT = pendulum.datetime(2026, 8, 3, 9)
DAY, YEAR, NEXT = datetime.date(2023, 11, 16), datetime.date(2024, 8, 31), datetime.date(2025, 8, 31)
KEYS = ["what", "computed", "published", "difference", "source", "status"]


def school(urn: int, pupils: int | None = 100, *, authority: str = "202", phase: Phase = Phase.PRIMARY, is_open: bool = True) -> dict[str, Any]:
    return {
        "urn": urn, "name": f"School {urn}", "authority": authority, "authority_name": "Made up", "type_name": "Community school",
        "status": SchoolStatus.MAINTAINED, "phase": phase, "state_funded": True, "open": is_open, "closing": False, "pupils": pupils,
        "register_date": DAY,
    }  # fmt: skip


def saved(database: Database, *files: Understood) -> None:
    with database.writing() as session:
        for file in files:
            save(session, file, f"{file.kind}.csv", f"{file.kind} {file.edition} {file.rank}", AT)


def of_register(schools: Iterable[dict[str, Any]], scope: str = "ENG", day: datetime.date = DAY) -> Understood:
    rows = [row | {"register_date": day} for row in schools]
    return Understood(register.NAME, day.isoformat(), day, scope=scope, schools=rows)


def of_absence(values: dict[int, float | None]) -> Understood:
    return Understood("absence", "2023/24", YEAR, figures=[("overall_absence", urn, YEAR, value, None, None) for urn, value in values.items()])


def of_benchmarks(*figures: tuple[str, str, str, float]) -> Understood:
    rows = [(name, area, sector, YEAR, value) for name, area, sector, value in figures]
    return Understood(benchmarks.KIND.name, "2023/24", YEAR, area_figures=rows)


def checks(database: Database, authority: str = "202") -> dict[str, dict[str, Any]]:
    with database.reading() as session:
        rows = published_checks(session, authority)
    assert all(list(row) == KEYS for row in rows)
    found = {f"{row['what']}: {row['source']}": row for row in rows}
    assert len(found) == len(rows)
    return found


def about(found: dict[str, dict[str, Any]], *words: str) -> dict[str, Any]:
    (row,) = [row for what, row in found.items() if all(word in what for word in words)]
    return row


def test_nothing_loaded_is_neither_nought_nor_passed(database: Database) -> None:
    found = checks(database)
    assert {(row["computed"], row["difference"]) for row in found.values()} == {(None, None)}
    assert all(row["status"].startswith("not loaded: needs ") for row in found.values())
    assert about(found, "in authority 202")["published"] == 57
    assert about(found, "graded Good")["published"] == 16_035
    assert about(found, "primary schools in England")["status"] == "not loaded: needs census"
    assert about(found, "Overall absence in primary", "202")["status"] == "not loaded: needs absence"


def test_the_register_counts_open_state_funded_schools_beside_the_published_count(sqlite_database: Database) -> None:
    saved(sqlite_database, of_register([school(900001), school(900002, is_open=False), school(900003, authority="330")]))
    found = checks(sqlite_database)
    here = about(found, "in authority 202")
    assert (here["computed"], here["published"], here["difference"], here["status"]) == (1, 57, -56, "compared")
    assert [about(found, word)["computed"] for word in ("state-funded schools in England", "All open", "open or not")] == [2, 2, 3]
    assert not any("in authority 999" in what for what in checks(sqlite_database, "999"))


def test_a_register_of_another_day_or_of_one_authority_is_not_compared_with_england(sqlite_database: Database) -> None:
    saved(sqlite_database, of_register([school(900001)], scope="202"))
    found = checks(sqlite_database)
    assert about(found, "in authority 202")["status"] == "compared"
    england = about(found, "All open")
    assert (england["computed"], england["status"]) == (
        None, "not loaded: needs GIAS establishments of all England of 16 November 2023, and no other"
    )  # fmt: skip
    saved(sqlite_database, of_register([school(900001)], day=datetime.date(2026, 8, 1)))
    assert about(checks(sqlite_database), "in authority 202")["status"] == "not loaded: needs GIAS establishments of 16 November 2023, and no other"


def test_key_stage_2_is_weighted_by_the_pupils_behind_each_share(sqlite_database: Database) -> None:
    figures = [
        ("ks2_expected", 900001, YEAR, 80.0, None, 30.0), ("ks2_expected", 900002, YEAR, 50.0, None, 10.0),
        ("ks2_expected", 900003, YEAR, None, None, 20.0), ("ks2_expected", 900004, YEAR, 10.0, None, None),
        ("ks2_expected", 900009, YEAR, 0.0, None, 900.0),
    ]  # fmt: skip
    schools = [school(urn) for urn in range(900001, 900005)] + [school(900009, authority="330")]
    results = Understood("key stage 2", "2023/24", YEAR, figures=figures, area_figures=[("ks2_expected", "202", "all", YEAR, 73.0)])
    saved(sqlite_database, of_register(schools), results)
    row = about(checks(sqlite_database), "expected standard", "2023/24 (2 schools, weighted by pupils)")
    assert (row["computed"], row["published"], row["difference"], row["source"]) == (72.5, 73.0, -0.5, "key stage 2 2023/24")


def test_a_final_edition_takes_the_place_of_a_provisional_one(sqlite_database: Database) -> None:
    def results(value: float, rank: int) -> Understood:
        figures = [("ks2_expected", 900001, YEAR, value, None, 30.0)]
        return Understood("key stage 2", "2023/24", YEAR, rank, figures=figures, area_figures=[("ks2_expected", "202", "all", YEAR, value)])

    saved(sqlite_database, of_register([school(900001)]), results(70.0, 3), results(60.0, 1))
    row = about(checks(sqlite_database), "expected standard")
    assert (row["computed"], row["published"]) == (70.0, 70.0)


def test_key_stage_2_without_a_published_figure_says_what_is_needed(sqlite_database: Database) -> None:
    saved(
        sqlite_database, of_register([school(900001)]),
        Understood("key stage 2", "2023/24", YEAR, figures=[("ks2_expected", 900001, YEAR, 80.0, None, 30.0)]),
    )  # fmt: skip
    row = about(checks(sqlite_database), "expected standard")
    assert (row["computed"], row["published"], row["difference"]) == (80.0, None, None)
    assert row["status"] == "not loaded: needs authority benchmarks or the authority's row of the results"


def test_census_sums_stand_beside_the_national_row(sqlite_database: Database) -> None:
    figures = [("pupils_primary", urn, YEAR, value, None, None) for urn, value in ((900001, 200.0), (900002, 90.0), (900003, None))]
    saved(
        sqlite_database,
        Understood("census", "2023/24", YEAR, figures=figures, area_figures=[("pupils_census", "ENG", "primary", YEAR, 300.0)]),
    )
    found = checks(sqlite_database)
    row = about(found, "Pupils in state-funded primary schools")
    assert (row["computed"], row["published"], row["difference"], row["source"]) == (290, 300, -10, "census 2023/24, national row")
    assert about(found, "Pupils in state-funded secondary schools")["status"] == "not loaded: needs census"


def test_one_authoritys_part_of_a_file_is_not_set_beside_england(sqlite_database: Database) -> None:
    census = [("pupils_primary", 900001, YEAR, 200.0, None, None)]
    saved(
        sqlite_database, of_register([school(900001)]), of_absence({900001: 4.0}),
        Understood("census", "2023/24", YEAR, scope="202", figures=census, area_figures=[("pupils_census", "ENG", "primary", YEAR, 300.0)]),
        of_benchmarks(("overall_absence", "202", "primary", 6.5), ("overall_absence", "ENG", "primary", 6.0)),
    )  # fmt: skip
    found = checks(sqlite_database)
    row = about(found, "Pupils in state-funded primary schools")
    assert (row["computed"], row["difference"], row["status"]) == (None, None, "not loaded: needs census of all England")
    england = about(found, "absence in primary", "England", "census")
    assert (england["computed"], england["status"]) == (None, "not loaded: needs census of all England")
    assert about(found, "primary", "authority 202", "by the census's pupils")["computed"] == 4.0
    part = Understood("absence", "2024/25", NEXT, scope="202", figures=[("overall_absence", 900001, NEXT, 5.0, None, None)])
    saved(sqlite_database, part)
    late = about(checks(sqlite_database), "absence in primary", "England", "2024/25")
    assert (late["computed"], late["status"]) == (None, "not loaded: needs absence of all England")


def test_absence_is_weighted_by_pupils_of_the_register_and_of_the_nearest_census(sqlite_database: Database) -> None:
    schools = [school(900001, 100), school(900002, 300), school(900003, None), school(900004, 50, authority="330")]
    old, new = datetime.date(2019, 8, 31), datetime.date(2025, 8, 31)
    saved(
        sqlite_database, of_register(schools), of_absence({900001: 4.0, 900002: 8.0, 900003: 9.0, 900004: 2.0}),
        Understood("census", "2018/19", old, figures=[("pupils_primary", 900002, old, 500.0, None, None)]),
        Understood("census", "2024/25", new, figures=[("pupils_primary", u, new, 100.0, None, None) for u in (900001, 900002, 900003)]),
        of_benchmarks(("overall_absence", "202", "primary", 6.5), ("overall_absence", "ENG", "primary", 6.0)),
    )  # fmt: skip
    found = checks(sqlite_database)
    mine = about(found, "primary", "authority 202", "by the register's pupils (2 schools)")
    assert (mine["computed"], mine["published"], mine["difference"], mine["source"]) == (7.0, 6.5, 0.5, "authority benchmarks 2023/24")
    assert about(found, "primary", "authority 202", "by the census's pupils (3 schools)")["computed"] == 7.0
    assert about(found, "primary", "absence", "England", "by the register's pupils (3 schools)")["computed"] == 6.44


def test_absence_says_which_file_is_missing(sqlite_database: Database) -> None:
    saved(sqlite_database, of_absence({900001: 4.0}), of_benchmarks(("overall_absence", "202", "primary", 6.5)))
    found = checks(sqlite_database)
    mine = about(found, "primary", "authority 202", "register")
    assert (mine["computed"], mine["published"], mine["status"]) == (None, 6.5, "not loaded: needs GIAS establishments")
    assert about(found, "primary", "authority 202", "census")["status"] == "not loaded: needs census and GIAS establishments"
    saved(sqlite_database, of_register([school(900001)], scope="202"))
    found = checks(sqlite_database)
    assert about(found, "primary", "authority 202", "register")["computed"] == 4.0
    england = about(found, "absence in primary", "England", "register")
    assert (england["computed"], england["status"]) == (None, "not loaded: needs GIAS establishments of all England")


def test_absence_without_benchmarks_is_computed_but_not_passed(sqlite_database: Database) -> None:
    saved(sqlite_database, of_register([school(900001)]), of_absence({900001: 4.0}))
    row = about(checks(sqlite_database), "primary", "authority 202", "register")
    assert (row["computed"], row["published"], row["status"]) == (4.0, None, "not loaded: needs authority benchmarks")


def test_grades_are_counted_from_the_one_month_that_was_published(sqlite_database: Database) -> None:
    def grades(kind: str, day: datetime.date, *words: str) -> Understood:
        rows = [{"urn": 900001 + n, "inspected": day, "regime": "overall_grade", "grade": word} for n, word in enumerate(words)]
        return Understood(kind, day.isoformat(), day, inspections=rows)

    saved(sqlite_database, grades("Ofsted history of grades", datetime.date(2019, 8, 31), "Good", "Good"))
    part = grades("Ofsted grades of one month", datetime.date(2024, 4, 30), "Good")
    part.scope = "202"
    saved(sqlite_database, part)
    assert about(checks(sqlite_database), "graded Good")["status"] == "not loaded: needs Ofsted grades of all England of April 2024"
    assert about(checks(sqlite_database), "graded Good")["computed"] is None
    saved(sqlite_database, grades("Ofsted grades of one month", datetime.date(2024, 4, 30), "Good", "Outstanding"))
    found = checks(sqlite_database)
    assert [about(found, f"graded {grade}")["computed"] for grade in ("Outstanding", "Good", "Inadequate")] == [1, 1, 0]


@pytest.mark.slow
def test_the_published_figures_are_reached_from_the_real_files(sqlite_database: Database, shared: pathlib.Path) -> None:
    names = (
        "register/edubasealldata20231116.zip", "absence/england_abs_2023-2024.csv.zip", "census/2024-2025_england_census.csv.zip",
        "benchmarks/lait_long.parquet", "ofsted/grades_2024-04.csv",
    )  # fmt: skip
    for name in names:
        load_file(sqlite_database, shared / name, AT)
    wanted = {"202": (57, 5.81, 5.78, 5.78), "330": (444, 6.42, 6.38, 6.41), "936": (403, 5.18, 5.19, 5.16)}
    for authority, (schools, by_register, by_census, published) in wanted.items():
        found = checks(sqlite_database, authority)
        assert about(found, f"in authority {authority}")["computed"] == schools
        rows = [about(found, "absence in primary", f"authority {authority}", name) for name in ("register's", "census's")]
        assert [(row["computed"], row["published"]) for row in rows] == [(by_register, published), (by_census, published)]
    counted = [row for what, row in found.items() if not any(words in what for words in ("absence", "expected standard", "README"))]
    assert len(counted) == 10 and {row["difference"] for row in counted} == {0}
    assert about(found, "absence in primary", "England", "census's")["computed"] == 5.53
    assert about(checks(sqlite_database, "919"), "in authority 919")["difference"] == 0


@pytest.mark.slow
def test_real_key_stage_2_results_agree_with_both_published_figures(sqlite_database: Database, shared: pathlib.Path) -> None:
    names = ["register/edubasealldata20231116.zip", "benchmarks/lait_long.parquet"]
    names += [f"authority-tables/surrey_ks2final_{year}.csv" for year in ("2016-2017", "2017-2018", "2018-2019")]
    for name in names:
        load_file(sqlite_database, shared / name, AT)
    found = [row for what, row in checks(sqlite_database, "936").items() if "expected standard" in what]
    figures = [(row["computed"], row["published"]) for row in found]
    assert figures == [(67.08, 67.0)] * 2 + [(69.68, 70.0)] * 2 + [(70.09, 70.0)] * 2
    assert {row["source"].split(" 20")[0] for row in found} == {"authority benchmarks", "key stage 2 results"}
