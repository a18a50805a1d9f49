"""What must hold of everything that was read: an absurd figure, day, authority or year never reaches the database."""

import datetime
import pathlib

import pytest

from evidence.bounds import DECILE, MARK, SHARE, Bounds
from evidence.checking import check_figures
from evidence.indicators import INDICATORS, bounds_of
from evidence.loading import load_file
from evidence.understood import Understood
from evidence.values import number
from models.database import Database
from models.errors import BadFile, BadInput
from models.evidence import Load
from tests.evidence.made_up import AT, Figure, share
from tests.evidence.test_kind_results import KS2, KS2_ROWS, changed, ks2
from tests.evidence.test_loading import census
from tests.stages.builders import everything

END, TODAY = datetime.date(2025, 8, 31), AT.date()
Area = tuple[str, str, str, datetime.date, float]


def test_every_indicator_has_bounds_that_shares_marks_and_deciles_share() -> None:
    for name, indicator in INDICATORS.items():
        if indicator.shrinks == "share" or name in {"fsm_share", "persistent_absence"}:
            assert indicator.bounds == SHARE
        assert indicator.bounds.lowest < indicator.bounds.highest
    assert (bounds_of("head_changed"), bounds_of("imd_decile"), bounds_of("fsm_share")) == (MARK, DECILE, SHARE)


@pytest.mark.parametrize(("bounds", "value"), [(SHARE, 0), (SHARE, 100), (MARK, 1), (DECILE, 10), (SHARE, None)])
def test_the_bounds_themselves_can_be(bounds: Bounds, value: float | None) -> None:
    assert bounds.why_not(value) is None


@pytest.mark.parametrize("share_of_pupils", ["250%", "-3", "1e308"])
def test_a_published_table_with_a_share_that_cannot_be_is_damaged(database: Database, tmp_path: pathlib.Path, share_of_pupils: str) -> None:
    before = everything(database)
    with pytest.raises(BadFile, match=rf'line 4: "{share_of_pupils}" in column PTRWM_EXP is not from 0 to 100\. Download it again'):
        load_file(database, ks2(tmp_path, changed(KS2_ROWS, 2, KS2, PTRWM_EXP=share_of_pupils)), AT)
    assert everything(database) == before


def test_an_area_row_with_a_share_that_cannot_be_is_damaged_too(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match='line 3: "250%" in column PTRWM_EXP is not from 0 to 100'):
        load_file(sqlite_database, ks2(tmp_path, changed(KS2_ROWS, 1, KS2, PTRWM_EXP="250%")), AT)


def test_an_area_row_that_is_there_twice_is_refused(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r"of area 999 \(all\) is there twice"):
        load_file(sqlite_database, ks2(tmp_path, [*KS2_ROWS, KS2_ROWS[1]]), AT)


@pytest.mark.parametrize(
    ("figures", "areas", "says"),
    [
        ([share(900001, 2025, 101)], [], "ks2_expected of URN 900001 would be 101, which is not from 0 to 100"),
        ([share(900001, 2025, 60, cohort=-3)], [], "would be of -3 pupils"),
        ([share(900001, 2090, 60)], [], "figures of 31 August 2090: none can be older than 1990 or newer than 31 August 2026"),
        ([share(900001, 1066, 60)], [], "figures of 31 August 1066"),
        ([], [("eal_share", "ENG", "all", END, 101.0)], "eal_share of area ENG would be 101"),
        ([], [("eal_share", "ENG", "all", datetime.date(2090, 8, 31), 10.0)], "figures of 31 August 2090"),
    ],
)
def test_what_a_reader_works_out_must_be_possible_too(figures: list[Figure], areas: list[Area], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        check_figures(Understood("results", "2025", END, figures=figures, area_figures=areas), "made_up.csv", TODAY)


def test_figures_of_this_school_year_can_be_published_before_it_ends() -> None:
    check_figures(Understood("census", "2025/26", datetime.date(2026, 8, 31), figures=[share(900001, 2026, 60)]), "made_up.csv", TODAY)


@pytest.mark.parametrize(("authority", "year"), [("zzz", None), ("99", None), ("9999", None), (None, 0), (None, 99999), (None, 2027), (None, 1066)])
def test_an_authority_or_a_year_that_cannot_be_is_refused(
    sqlite_database: Database, tmp_path: pathlib.Path, authority: str | None, year: int | None
) -> None:
    with pytest.raises(BadInput, match=str(authority or year)):
        load_file(sqlite_database, census(tmp_path), AT, authority, year)
    with sqlite_database.reading() as session:
        assert session.get(Load, 1) is None


def test_a_school_year_that_has_not_begun_is_refused_whoever_names_it(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="2090"):
        load_file(sqlite_database, census(tmp_path, name="2089-2090_england_census.csv"), AT)


@pytest.mark.parametrize(
    ("text", "value"), [("1,234", 1234), ("12,345,678.5", 12345678.5), ("5.50%", 5.5), ("5 %", 5), ("£1,000", 1000), ("-.5", -0.5), ("1e-05", 1e-05)]
)
def test_numbers_as_files_write_them_are_read(text: str, value: float) -> None:
    assert number(text) == (value, None)


@pytest.mark.parametrize("text", ["1_0", "5,5", "1,23", ",5", "1,2345", "%", "e5", ".", "--1", "inf", "nan", "1e999", "1 0", "\u0661"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        number(text)
