"""DfE's published figures on authorities, in parquet: what is kept, what is a region, and what happens without polars."""

import datetime
import pathlib
import sys
import zipfile
from typing import Any

import polars
import pytest

from evidence.indicators import INDICATORS
from evidence.kind import Context
from evidence.kinds.benchmarks import KIND, MEASURES
from evidence.opening import open_file
from evidence.understood import Understood
from models.errors import BadFile

COLUMNS = ("Short Desc", "Data item", "Years", "LA and Regions", "Values", "LA Number", "Region")
ENGLAND = ("PriTotAbs", None, "2024", "England", "5.53", 970.0, "NA")
CAMDEN = ("PriTotAbs", None, "2024", "Camden", "5.78", 202.0, "Inner London")


def written(tmp_path: pathlib.Path, *rows: tuple[Any, ...]) -> pathlib.Path:
    path = tmp_path / "lait.bin"
    polars.DataFrame(list(rows), schema=list(COLUMNS), orient="row").write_parquet(path)
    return path


def read(path: pathlib.Path) -> Understood:
    with open_file(path) as table:
        assert KIND.knows(frozenset(column.casefold() for column in table.columns), "")
        return KIND.read(table, Context(datetime.date(2026, 8, 3)))


def test_a_parquet_file_is_known_by_its_contents_and_read_as_text(tmp_path: pathlib.Path) -> None:
    with open_file(written(tmp_path, ENGLAND, CAMDEN)) as table:
        assert table.columns == COLUMNS
        assert next(table.rows) == (1, ["PriTotAbs", "", "2024", "England", "5.53", "970", "NA"])


def test_a_parquet_file_inside_a_zip_is_read_too(tmp_path: pathlib.Path) -> None:
    with zipfile.ZipFile(tmp_path / "lait.zip", "w") as archive:
        archive.write(written(tmp_path, ENGLAND), "lait_long.parquet")
    assert read(tmp_path / "lait.zip").rows_kept == 1


def test_figures_of_authorities_and_england_are_kept_and_regions_left_out(tmp_path: pathlib.Path) -> None:
    region = ("PriTotAbs", None, "2024", "London (Inner)", "5.6", 987.0, "NA")
    other = ("InfMort", None, "2014-16", "Camden", "3", 202.0, "Inner London")
    found = read(
        written(tmp_path, ENGLAND, CAMDEN, region, other, ("KS2RWM_Expected_STD", None, "2019 (Rev)", "Camden", "73", 202.0, "Inner London"))
    )
    last, before = datetime.date(2024, 8, 31), datetime.date(2019, 8, 31)
    assert (found.kind, found.edition, found.as_of, found.unknown_columns) == ("authority benchmarks", "2023/24", last, [])
    assert found.area_figures == [
        ("overall_absence", "ENG", "primary", last, 5.53), ("overall_absence", "202", "primary", last, 5.78),
        ("ks2_expected", "202", "all", before, 73.0),
    ]  # fmt: skip
    assert (found.rows_read, found.rows_kept, found.skipped) == (5, 3, {"a region": 1, "a measure that is no indicator here": 1})


def test_a_dash_is_no_figure_and_never_nought_and_small_numbers_are_read(tmp_path: pathlib.Path) -> None:
    rows = [
        ("AVG_Prog8_Score", None, year, "Camden", value, 202.0, "Inner London") for year, value in (("2020", "-"), ("2018", "7.0000000000000007E-2"))
    ]
    found = read(written(tmp_path, ENGLAND, *rows))
    assert [value for name, _, _, _, value in found.area_figures if name == "ks4_progress"] == [0.07]
    assert (found.skipped, found.codes) == ({"no figure": 1}, {"-": 1})


def test_every_measure_has_an_indicator_of_its_own() -> None:
    assert len(set(MEASURES.values())) == len(MEASURES)
    assert {measure.indicator for measure in MEASURES.values()} <= set(INDICATORS)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (CAMDEN, "row 3: overall_absence of 202 in 2024 is there twice"),
        (("PriTotAbs", None, "2024", "Nowhere", "5", None, "Inner London"), 'row 3: "" is no number of an authority'),
        (("PriTotAbs", None, "2024", "Barnet", "few", 302.0, "Outer London"), 'row 3: "few" is neither a number nor a known code'),
        (("PriTotAbs", None, "2014-16", "Barnet", "5", 302.0, "Outer London"), 'row 3: "2014-16" is no year'),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path: pathlib.Path, row: tuple[Any, ...], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(written(tmp_path, ENGLAND, CAMDEN, row))


def test_a_file_without_england_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="cut short: no figure on England"):
        read(written(tmp_path, CAMDEN))


@pytest.mark.parametrize(("column", "value"), [("note\0", "x"), ("note", "a\0b")])
def test_a_parquet_file_with_a_character_that_no_text_has_is_refused(tmp_path: pathlib.Path, column: str, value: str) -> None:
    path = tmp_path / "lait.parquet"
    polars.DataFrame({column: [None, value], "figure": [1.5, 2.5]}).write_parquet(path)
    with pytest.raises(BadFile, match=r"^lait\.parquet has in one of its texts a character that no text has \(U\+0000\): "), open_file(path):
        pass


def test_a_parquet_file_that_was_cut_is_refused_in_a_sentence(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, ENGLAND, CAMDEN)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadFile, match=r"lait\.bin is a parquet file that is cut short or damaged: download it again"):
        read(path)


def test_without_polars_it_is_said_what_to_install(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, ENGLAND)
    monkeypatch.setitem(sys.modules, "polars", None)  # this is how Python itself marks a module that cannot be imported
    with pytest.raises(BadFile, match=r"run `pip install lodestar\[parquet\]`"):
        read(path)


def test_the_real_benchmarks_say_what_was_published(shared: pathlib.Path) -> None:
    found = read(shared / "benchmarks" / "lait_long.parquet")
    figures = {(name, area, sector, day.year): value for name, area, sector, day, value in found.area_figures}
    absence = {area: figures["overall_absence", area, "primary", 2024] for area in ("ENG", "202", "330", "936")}
    assert absence == {"ENG": 5.53, "202": 5.78, "330": 6.41, "936": 5.16}
    assert (figures["persistent_absence", "ENG", "secondary", 2019], figures["ks2_expected", "936", "all", 2019]) == (13.69, 70.0)
    assert (found.edition, found.rows_read, found.unknown_columns) == ("2024/25", 641_070, [])
    assert {name for name, *_ in figures} == {measure.indicator for measure in MEASURES.values()}
