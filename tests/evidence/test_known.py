"""Figures read back: through predecessors, of the right edition, by neighbourhood, and never made up."""

import datetime
import itertools
from collections.abc import Sequence

import pytest

from evidence.indicators import Held, figure
from evidence.known import Known, load_series, sources
from evidence.understood import FINAL, PROVISIONAL, REVISED
from models.database import Database
from models.words import Missing
from tests.evidence.made_up import areas, linked, saved, school, share, with_schools

TODAY = datetime.date(2026, 9, 1)
KS2 = ["ks2_expected"]


def series(
    database: Database, *urns: int, on: datetime.date = TODAY, newest_only: bool = False, name: str = "ks2_expected"
) -> dict[int, list[Known]]:
    with database.reading() as session:
        return load_series(session, [name], set(urns), on, newest_only=newest_only)[name]


def values(database: Database, urn: int, **more: bool) -> list[float | None]:
    return [known.value for known in series(database, urn, **more).get(urn, [])]  # type: ignore[arg-type]


def test_figures_come_back_oldest_first_with_cohort_date_file_and_school(database: Database) -> None:
    later, earlier = saved(database, share(900001, 2025, 61.5)), saved(database, share(900001, 2024, 0.0, cohort=12))
    assert series(database, 900001, 900002) == {900001: [
        Known(datetime.date(2024, 8, 31), 0.0, None, 12, earlier, 900001), Known(datetime.date(2025, 8, 31), 61.5, None, 30, later, 900001),
    ]}  # fmt: skip


def test_what_is_of_a_later_day_or_another_school_is_not_known_yet(database: Database) -> None:
    saved(database, share(900001, 2025, 60), share(900002, 2025, 70))
    assert series(database, 900001, on=datetime.date(2025, 8, 30)) == {}
    assert list(series(database, 900001, on=datetime.date(2025, 8, 31))) == [900001]


def test_a_schools_figure_comes_from_its_predecessor_and_says_so(database: Database) -> None:
    linked(database, (900002, 900001, "Predecessor"), (900003, 900002, "Predecessor"))
    saved(database, share(900001, 2024, 55))
    saved(database, share(900002, 2025, 58))
    assert [(known.as_of.year, known.value, known.urn) for known in series(database, 900003)[900003]] == [(2024, 55, 900001), (2025, 58, 900002)]
    assert [known.urn for known in series(database, 900002)[900002]] == [900001, 900002]


def test_a_school_with_a_figure_of_its_own_keeps_it_although_it_is_suppressed(database: Database) -> None:
    linked(database, (900002, 900001, "Predecessor"))
    saved(database, share(900001, 2025, 55), share(900002, 2025, None, Missing.SUPPRESSED))
    assert [(known.value, known.missing, known.urn) for known in series(database, 900002)[900002]] == [(None, Missing.SUPPRESSED, 900002)]


def test_a_school_made_of_two_with_figures_has_neither(database: Database) -> None:
    linked(database, (900003, 900001, "Predecessor - merged"), (900003, 900002, "Predecessor - merged"))
    saved(database, share(900001, 2024, 40), share(900002, 2024, 60))
    saved(database, share(900001, 2025, 44))
    assert [(known.as_of.year, known.urn) for known in series(database, 900003)[900003]] == [(2025, 900001)]


EDITIONS = ((PROVISIONAL, 50.0), (REVISED, 51.0), (FINAL, 52.0))


@pytest.mark.parametrize("order", list(itertools.permutations(EDITIONS)), ids=str)
def test_of_several_editions_for_one_date_the_final_one_counts_whatever_the_order(
    sqlite_database: Database, order: Sequence[tuple[int, float]]
) -> None:
    for rank, value in order:
        saved(sqlite_database, share(900001, 2025, value), rank=rank)
    assert values(sqlite_database, 900001) == [52]
    assert values(sqlite_database, 900001, newest_only=True) == [52]


def test_of_two_final_files_for_one_date_the_one_loaded_last_counts(database: Database) -> None:
    saved(database, share(900001, 2025, 60), kind="one layout")
    saved(database, share(900001, 2025, 61), kind="another layout")
    assert values(database, 900001) == [61]


def test_a_final_figure_that_is_suppressed_is_not_filled_with_the_provisional_one(database: Database) -> None:
    saved(database, share(900001, 2025, 60), rank=PROVISIONAL)
    saved(database, share(900001, 2025, None, Missing.SUPPRESSED))
    assert values(database, 900001) == [None]


def test_a_file_that_does_not_have_a_figure_takes_no_other_files_place(database: Database) -> None:
    saved(database, share(900001, 2025, 60), kind="whole layout")
    saved(database, share(900001, 2025, None, Missing.NOT_IN_SOURCE), share(900002, 2025, None, Missing.NOT_IN_SOURCE), kind="reduced layout")
    assert values(database, 900001) == [60] and values(database, 900002) == [None]


def test_a_suppressed_newest_figure_is_not_replaced_by_an_older_one(database: Database) -> None:
    saved(database, share(900001, 2024, 60))
    saved(database, share(900001, 2025, None, Missing.SUPPRESSED))
    found = figure("ks2_expected", school(900001), None, TODAY, Held({"ks2_expected": series(database, 900001)}))
    assert (found.value, found.missing) == (None, Missing.SUPPRESSED)
    assert found.known is not None and found.known.as_of == datetime.date(2025, 8, 31)


def test_the_newest_only_are_those_of_the_last_date(database: Database) -> None:
    saved(database, share(900001, 2024, 60), share(900002, 2024, 70))
    saved(database, share(900001, 2025, 61))
    assert values(database, 900001, newest_only=True) == [61] and values(database, 900002, newest_only=True) == []


def test_the_newer_file_of_one_authority_does_not_hide_the_rest_of_england(database: Database) -> None:
    saved(database, share(900001, 2023, 50), share(900002, 2023, 50))
    saved(database, share(900001, 2024, 60), share(900002, 2024, 70))
    saved(database, share(900001, 2025, 61), scope="999")
    assert values(database, 900001, newest_only=True) == [60, 61] and values(database, 900002, newest_only=True) == [70]


def test_a_neighbourhoods_decile_is_that_of_the_schools_in_it(database: Database) -> None:
    with_schools(database, school(900001, lsoa="E01000001"), school(900002, lsoa="E01000002"), school(900003))
    load_id = areas(database, datetime.date(2019, 9, 26), [("E01000001", 3), ("E01000002", 9)], "deprivation")
    found = series(database, 900001, 900003, name="idaci_decile")
    assert found == {900001: [Known(datetime.date(2019, 9, 26), 3, None, None, load_id, 900001)]}


@pytest.mark.parametrize("order", [(PROVISIONAL, FINAL), (FINAL, PROVISIONAL)])
def test_of_two_editions_of_a_neighbourhoods_figure_the_final_one_counts_too(sqlite_database: Database, order: tuple[int, int]) -> None:
    with_schools(sqlite_database, school(900001, lsoa="E01000001"))
    for rank in order:
        areas(sqlite_database, datetime.date(2019, 9, 26), [("E01000001", rank)], "deprivation", rank)
    assert [known.value for known in series(sqlite_database, 900001, name="idaci_decile")[900001]] == [FINAL]


def test_more_schools_than_a_query_names_are_read_as_well(sqlite_database: Database) -> None:
    urns = range(900001, 902101)
    saved(sqlite_database, *(share(urn, 2025, urn % 100) for urn in urns), share(990001, 2025, 1))
    found = series(sqlite_database, *urns)
    assert {urn: line[-1].value for urn, line in found.items()} == {urn: urn % 100 for urn in urns}


def test_no_names_and_no_schools_are_no_trouble(database: Database) -> None:
    saved(database, share(900001, 2025, 60))
    with database.reading() as session:
        assert load_series(session, [], {900001}, TODAY) == {}
        assert load_series(session, KS2, set(), TODAY) == {"ks2_expected": {}}
        assert load_series(session, ["ks4_progress"], {900001}, TODAY, newest_only=True) == {"ks4_progress": {}}


def test_a_source_is_called_by_kind_and_edition(database: Database) -> None:
    one = saved(database, share(900001, 2025, 60), kind="census", edition="2024/25")
    with database.reading() as session:
        assert sources(session, [one, 999]) == {one: "census 2024/25"} and sources(session, []) == {}
