"""Computed beside published for every authority: agreement counted, the furthest named, the reorganised left out."""

import datetime
import pathlib
from typing import Any

import pytest

from evidence.kinds.benchmarks import KIND as BENCHMARKS
from evidence.loading import load_file
from evidence.saving import save
from evidence.understood import Understood
from models.database import Database
from models.words import Missing, Phase
from reports.agreement import agreement
from tests.evidence.made_up import AT, saved, school, share, with_schools

D = datetime.date
YEAR = D(2025, 8, 31)


def published(database: Database, *rows: tuple[str, str, str, float]) -> None:
    """Save the department's figures as (indicator, area, sector, value)."""
    figures = [(indicator, area, sector, YEAR, value) for indicator, area, sector, value in rows]
    with database.writing() as session:
        save(session, Understood(BENCHMARKS.name, "2024/25", YEAR, area_figures=figures), "lait.parquet", "9" * 64, AT)


def of(rows: list[dict[str, Any]], measure: str, sector: str = "all") -> dict[str, Any]:
    return next(row for row in rows if (row["measure"], row["sector"]) == (measure, sector))


def test_schools_weigh_their_cohorts_and_each_authority_is_counted_once(database: Database) -> None:
    with_schools(database, *(school(900001 + n, authority=code) for n, code in enumerate(("801", "801", "802", "803"))))
    saved(database, share(900001, 2025, 50, cohort=10), share(900002, 2025, 80, cohort=90), share(900003, 2025, 60), share(900004, 2025, 40))
    published(database, ("ks2_expected", "801", "all", 77.0), ("ks2_expected", "802", "all", 60.4), ("ks2_expected", "803", "all", 43.0),
              ("ks2_expected", "ENG", "all", 61.0), ("ks2_expected", "804", "all", 70.0))  # fmt: skip
    with database.reading() as session:
        row = of(agreement(session), "ks2_expected")
    assert (row["authorities"], row["alike"], row["near"], row["schools"]) == (3, 1, 2, 4)
    assert (row["median_difference"], row["furthest"], row["furthest_difference"]) == (0.4, "803", -3.0)
    assert row["reorganised"] == 1 and "key stage 2" in row["why"]


def test_a_suppressed_school_is_left_out_and_never_counts_as_zero(database: Database) -> None:
    with_schools(database, school(900001, authority="801"), school(900002, authority="801"))
    saved(database, share(900001, 2025, 60), share(900002, 2025, None, Missing.SUPPRESSED))
    published(database, ("ks2_expected", "801", "all", 60.0))
    with database.reading() as session:
        assert of(agreement(session), "ks2_expected")["schools"] == 1


def test_without_cohorts_the_pupils_of_the_nearest_census_weigh_and_a_sector_has_its_own_schools(database: Database) -> None:
    with_schools(
        database, *(school(900001 + n, authority="801", phase=phase) for n, phase in enumerate((Phase.PRIMARY, Phase.PRIMARY, Phase.SECONDARY)))
    )
    saved(database, *(share(900001 + n, 2025, value, cohort=None, name="overall_absence") for n, value in enumerate((4.0, 6.0, 9.0))))
    saved(database, share(900001, 2024, 300, cohort=None, name="pupils_primary"), share(900002, 2024, 100, cohort=None, name="pupils_primary"),
          share(900003, 2024, 600, cohort=None, name="pupils_secondary"), kind="census")  # fmt: skip
    published(
        database, ("overall_absence", "801", "primary", 4.5), ("overall_absence", "801", "secondary", 9.3), ("overall_absence", "801", "all", 7.2)
    )
    with database.reading() as session:
        rows = agreement(session)
    assert [of(rows, "overall_absence", sector)["furthest_difference"] for sector in ("primary", "secondary", "all")] == [0.0, -0.3, 0.0]


def test_a_year_whose_file_has_no_urns_says_so(database: Database) -> None:
    with_schools(database, school(900001, authority="801"))
    saved(database, share(900001, 2025, 60), kind="key stage 2 results (by name)")
    published(database, ("ks2_expected", "801", "all", 60.0))
    with database.reading() as session:
        assert of(agreement(session), "ks2_expected")["why"].startswith("the file has no URNs")


@pytest.mark.slow
def test_the_real_absence_of_primary_schools_agrees_in_nearly_every_authority(sqlite_database: Database, shared: pathlib.Path) -> None:
    names = ("register/edubasealldata20231116.zip", "absence/england_abs_2018-2019.csv.zip", "absence/england_abs_2023-2024.csv.zip",
             "census/2018-2019_england_census.csv.zip", "census/2024-2025_england_census.csv.zip", "benchmarks/lait_long.parquet")  # fmt: skip
    for name in names:
        load_file(sqlite_database, shared / name, AT)
    with sqlite_database.reading() as session:
        rows = {(row["measure"], row["sector"], row["year"]): row for row in agreement(session)}
    primary = rows["overall_absence", "primary", "2018/19"]
    assert (primary["authorities"], primary["alike"], primary["near"], primary["reorganised"]) == (146, 145, 146, 5)
    later = rows["overall_absence", "primary", "2023/24"]
    assert (later["authorities"], later["alike"], later["near"]) == (152, 150, 152)
