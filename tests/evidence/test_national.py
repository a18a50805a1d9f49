"""National figures: which source counts, whose sector, and the mean over England's pupils where nothing is published."""

import datetime
import pathlib

import pendulum
import pytest

from evidence.kinds.benchmarks import KIND as BENCHMARKS
from evidence.kinds.register import NAME as REGISTER
from evidence.loading import load_file
from evidence.national import load_national
from evidence.saving import save
from evidence.understood import PROVISIONAL, Understood
from models.database import Database
from models.words import Missing, Phase
from tests.evidence.made_up import asked, saved, school, share, with_schools

AT = pendulum.datetime(2026, 9, 3, 9, tz="Europe/London")
PHASES = (Phase.PRIMARY, Phase.SECONDARY, Phase.ALL_THROUGH)


def published(database: Database, kind: str, *figures: tuple[str, str, int, float], rank: int = 3) -> None:
    """Save figures of England as (indicator, sector, year, value)."""
    rows = [(name, "ENG", sector, datetime.date(year, 8, 31), value) for name, sector, year, value in figures]
    with database.writing() as session:
        save(session, Understood(kind, f"{kind} {rank} {len(rows)}", rows[0][3], rank, area_figures=rows), "made_up.csv", "3" * 64, AT)


def of_england(database: Database, name: str) -> dict[Phase, dict[int, float]]:
    with database.reading() as session:
        return load_national(session, [name], PHASES)[name]


def whole_register(database: Database) -> None:
    with database.writing() as session:
        save(session, Understood(REGISTER, "2026-08-01", AT.date()), "register.csv", "4" * 64, AT)


def own(database: Database, folder: pathlib.Path, *rows: str, header: str = "urn,indicator,date,value") -> None:
    path = folder / f"own{len(list(folder.iterdir()))}.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    load_file(database, path, AT)


def test_ones_own_list_counts_before_the_benchmarks_and_those_before_other_files(database: Database, tmp_path: pathlib.Path) -> None:
    published(database, "results", ("ks2_expected", "all", 2024, 60), ("ks2_expected", "all", 2025, 61), ("ks2_expected", "all", 2026, 62))
    published(database, BENCHMARKS.name, ("ks2_expected", "all", 2025, 61.5), ("ks2_expected", "all", 2026, 62.5))
    own(database, tmp_path, "ENG,ks2_expected,31/08/2026,63")
    assert of_england(database, "ks2_expected") == {key: {2024: 60, 2025: 61.5, 2026: 63} for key in PHASES}


def test_a_final_figure_counts_before_a_provisional_one_that_was_loaded_later(database: Database) -> None:
    published(database, "results", ("ks2_expected", "all", 2025, 61))
    published(database, "results", ("ks2_expected", "all", 2025, 59), rank=PROVISIONAL)
    assert of_england(database, "ks2_expected")[Phase.PRIMARY] == {2025: 61}


def test_a_school_is_set_against_its_own_sector_where_the_source_parts_them(database: Database, tmp_path: pathlib.Path) -> None:
    published(
        database,
        BENCHMARKS.name,
        ("overall_absence", "primary", 2025, 5.5),
        ("overall_absence", "secondary", 2025, 8.9),
        ("overall_absence", "all", 2025, 7.1),
    )
    assert of_england(database, "overall_absence") == {Phase.PRIMARY: {2025: 5.5}, Phase.SECONDARY: {2025: 8.9}, Phase.ALL_THROUGH: {2025: 7.1}}
    own(database, tmp_path, "ENG,exclusions:send,31/08/2026,4,primary", header="urn,indicator,date,value,sector")
    assert of_england(database, "exclusions:send") == {Phase.PRIMARY: {2026: 4}, Phase.SECONDARY: {}, Phase.ALL_THROUGH: {}}


def test_a_figure_of_a_day_is_that_of_its_school_year(database: Database, tmp_path: pathlib.Path) -> None:
    own(database, tmp_path, "ENG,exclusions,31/01/2026,5", "ENG,exclusions,01/09/2025,4", "ENG,exclusions,31/08/2025,3")
    assert of_england(database, "exclusions")[Phase.PRIMARY] == {2025: 3, 2026: 5}


def test_a_group_has_no_figure_but_its_own_and_the_whole_none_of_a_group(database: Database, tmp_path: pathlib.Path) -> None:
    published(database, BENCHMARKS.name, ("ks2_expected", "all", 2026, 62))
    with_schools(database, school(900001))
    whole_register(database)
    saved(database, share(900001, 2026, 70), share(900001, 2025, 40, name="ks2_expected:send"))
    assert of_england(database, "ks2_expected:send") == {key: {} for key in PHASES}
    own(database, tmp_path, "ENG,ks2_expected:send,31/08/2026,22")
    assert of_england(database, "ks2_expected:send") == {key: {2026: 22} for key in PHASES}
    assert of_england(database, "ks2_expected") == {key: {2026: 62} for key in PHASES}


VALUES = [(900001, 60.0, 30.0), (900002, None, 4.0), (900003, 80.0, None), (900004, 50.0, 10.0), (900005, 90.0, 500.0), (900006, 0.0, 20.0)]


def england(database: Database) -> None:
    """Six schools with a figure each, one suppressed, one without cohort (100 pupils on roll), one not state-funded, one at nought."""
    with_schools(
        database, school(900001), school(900002), school(900003, pupils=100), school(900004, phase=Phase.SECONDARY),
        school(900005, state_funded=False), school(900006, phase=Phase.SPECIAL, open=False),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Results are of all schools, all else of the school's phase.
        ("ks2_expected", {key: {2026: (60 * 30 + 80 * 100 + 50 * 10 + 0 * 20) / 160} for key in PHASES}),
        ("overall_absence", {Phase.PRIMARY: {2026: (60 * 30 + 80 * 100) / 130}, Phase.SECONDARY: {2026: 50.0}, Phase.ALL_THROUGH: {}}),
    ],
)
def test_where_nothing_is_published_it_is_the_mean_over_the_pupils_of_englands_schools(
    database: Database, name: str, expected: dict[Phase, dict[int, float]]
) -> None:
    england(database)
    whole_register(database)
    saved(database, *(share(urn, 2026, value, Missing.SUPPRESSED, cohort, name) for urn, value, cohort in VALUES))
    assert of_england(database, name) == {phase: pytest.approx(years) for phase, years in expected.items()}
    # What is published takes its place, and only for the years that it is of.
    published(database, BENCHMARKS.name, (name, "all", 2026, 61), (name, "all", 2025, 60))
    assert of_england(database, name) == {key: {2025: 60, 2026: 61} for key in PHASES}


def test_there_is_no_mean_of_england_without_all_its_schools(database: Database, tmp_path: pathlib.Path) -> None:
    england(database)
    saved(database, share(900001, 2026, 60))
    assert of_england(database, "ks2_expected")[Phase.PRIMARY] == {}
    whole_register(database)
    saved(database, share(900001, 2025, 50), scope="999")
    own(database, tmp_path, "900001,ks2_expected,31/08/2024,40")
    assert of_england(database, "ks2_expected")[Phase.PRIMARY] == {2026: 60}


def test_of_several_editions_the_final_one_is_in_the_mean_unless_it_lacks_the_figure(database: Database) -> None:
    england(database)
    whole_register(database)
    saved(database, share(900001, 2026, 50, cohort=10), share(900003, 2026, 90, cohort=10), rank=PROVISIONAL)
    saved(database, share(900001, 2026, 60, cohort=10), share(900003, 2026, None, Missing.NOT_IN_SOURCE, cohort=10))
    assert of_england(database, "ks2_expected")[Phase.PRIMARY] == {2026: 75}
    saved(database, share(900001, 2026, 60, cohort=10), share(900003, 2026, None, Missing.SUPPRESSED, cohort=10), edition="put right")
    assert of_england(database, "ks2_expected")[Phase.PRIMARY] == {2026: 60}


def test_schools_register_and_loads_are_read_once_for_all_indicators(sqlite_database: Database) -> None:
    whole_register(sqlite_database)
    with_schools(sqlite_database, school(900001))
    names = ["ks2_expected", "eal_share", "overall_absence"]
    saved(sqlite_database, *(share(900001, 2025, 60, name=name) for name in names))
    with sqlite_database.reading() as session, asked(sqlite_database) as statements:
        found = load_national(session, names, [Phase.PRIMARY])
    assert found == {name: {Phase.PRIMARY: {2025: 60}} for name in names}
    assert sum("FROM schools" in one for one in statements) == 1
    # Once whether there is the register, once how final each load is; the third is joined to what was published of each indicator.
    assert sum("FROM loads" in one for one in statements) == 2
