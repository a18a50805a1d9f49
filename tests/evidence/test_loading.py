"""Loading files: each whole or not at all, the same file once, a corrected one in the place of the other."""

import datetime
import hashlib
import json
import os
import pathlib
import re
import tracemalloc
import zipfile
from dataclasses import replace

import pytest
from sqlmodel import col, select, update

from evidence.history import replaced
from evidence.loading import LoadedFile, digest_of, files_to_read, load_file, load_files
from evidence.saving import save
from evidence.understood import GROUPS, LINKS, Understood
from models.database import Database
from models.errors import BadFile
from models.evidence import Evidence, Load
from tests.evidence.inspected import BEFORE, graded, inspections
from tests.evidence.made_up import AT, saved, school, share, with_schools
from tests.evidence.test_kind_census import NEW, NEW_END, written
from tests.evidence.test_kind_results import KS2, KS2_ROWS, changed, ks2
from tests.stages.builders import everything

ROW = "900001,{},2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,{:.2f}%,0,30,44,180,24.44%"


def census(folder: pathlib.Path, language: float = 25, name: str = "2024-2025_england_census.csv", end: tuple[str, ...] = NEW_END) -> pathlib.Path:
    return written(folder, NEW, ROW.format(999, language), *end, name=name)


def languages(database: Database) -> list[float | None]:
    with database.reading() as session:
        return list(session.exec(select(Evidence.value).where(Evidence.indicator == "eal_share").order_by(col(Evidence.as_of))).all())


def loads(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return [(one.kind, one.edition, one.scope) for one in session.exec(select(Load).order_by(col(Load.id))).all()]


def test_a_load_says_what_was_understood(database: Database, tmp_path: pathlib.Path) -> None:
    said: list[str] = []
    found = load_file(database, census(tmp_path), AT, report=lambda path, doing: said.append(f"{doing} {path.name}"))
    assert said == ["reading 2024-2025_england_census.csv", "saving 2024-2025_england_census.csv"]
    assert found.understood is not None and (found.load.kind, found.load.edition, found.load.rows_kept, found.load.rank) == (
        "census",
        "2024/25",
        1,
        3,
    )
    assert found.load.at == AT and len(found.load.digest) == 64 and languages(database) == [25]


@pytest.mark.parametrize(("authority", "year"), [(None, None), ("999", None), (None, 2025), ("999", 2025)])
def test_the_same_file_twice_changes_nothing_however_it_is_asked_for(
    database: Database, tmp_path: pathlib.Path, authority: str | None, year: int | None
) -> None:
    for path in (census(tmp_path), ks2(tmp_path, name="made_up_ks2final_2024-2025.csv")):
        first = load_file(database, path, AT, authority, year)
        before = everything(database)
        again = load_file(database, path, AT.add(days=3), authority, year)
        assert (again.load.id, again.understood) == (first.load.id, None) and everything(database) == before


def test_a_corrected_file_takes_the_place_of_the_other_and_history_stays(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, census(tmp_path, 25), AT)
    load_file(database, census(tmp_path, 26), AT)
    assert languages(database) == [26] and loads(database) == [("census", "2024/25", "ENG")] * 2


def test_going_back_to_a_file_that_was_replaced_loads_it_again(database: Database, tmp_path: pathlib.Path) -> None:
    for language in (25, 26, 25):
        assert load_file(database, census(tmp_path, language), AT).understood is not None
    assert languages(database) == [25]


def test_another_year_stands_beside(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, census(tmp_path, 25), AT)
    load_file(database, census(tmp_path, 22, "2023-2024_england_census.csv"), AT)
    assert languages(database) == [22, 25]


def test_the_same_file_is_refused_as_another_year_and_can_take_the_place_of_one_that_was_wrong(database: Database, tmp_path: pathlib.Path) -> None:
    path = census(tmp_path, name="census.csv")
    load_file(database, path, AT, year=2024)
    before = everything(database)
    with pytest.raises(
        BadFile, match=r"census\.csv holds what census\.csv was loaded for, census of 2023/24, and would now be of 2024/25: .*--instead"
    ):
        load_file(database, path, AT, year=2025)
    assert everything(database) == before
    again = load_file(database, path, AT, year=2025, instead=True).load
    assert [edition for _, edition, _ in loads(database)] == ["2024/25"] and len(languages(database)) == 1
    assert (again.id, again.skipped["took the place of what was loaded as 2023/24"]) == (2, 1)
    with pytest.raises(BadFile, match="census of 2024/25, and would now be of 2023/24"):
        load_file(database, path, AT, year=2024)


def test_what_a_load_of_a_wrong_year_had_replaced_can_be_loaded_again_once_that_is_taken_out(database: Database, tmp_path: pathlib.Path) -> None:
    right, other = census(tmp_path, 22, "right.csv"), census(tmp_path, 25, "other.csv")
    load_file(database, right, AT, year=2024)
    load_file(database, other, AT, year=2024)
    load_file(database, other, AT, year=2025, instead=True)
    assert load_file(database, right, AT, year=2024).understood is not None
    assert languages(database) == [22, 25]
    renamed = census(tmp_path, 25, "2022-2023_england_census.csv")
    assert load_file(database, renamed, AT).understood is None
    assert load_file(database, renamed, AT, instead=True).load.edition == "2022/23" and languages(database) == [25, 22]


def a_year(year: int, values: list[float], kind: str = "absence", name: str = "overall_absence", edition: str = "") -> Understood:
    figures = [share(900001 + n, year, value, name=name) for n, value in enumerate(values)]
    return Understood(kind, edition or f"{year - 1}/{year % 100:02d}", datetime.date(year, 8, 31), rows_kept=len(values), figures=figures)


def kept(database: Database, found: Understood, file_name: str = "made_up.csv", *, instead: bool = False) -> int:
    with database.writing() as session:
        return save(session, found, file_name, file_name, AT, instead=instead)


VALUES = [3 + n / 10 for n in range(40)]


def test_a_file_with_the_figures_of_another_year_is_refused_though_a_few_were_put_right(database: Database) -> None:
    kept(database, a_year(2019, VALUES), "england_abs_2018-2019.csv.zip")
    with pytest.raises(
        BadFile, match=r"2025-2026\.csv holds what england_abs_2018-2019\.csv\.zip was loaded for, absence of 2018/19, and would now be of 2025/26"
    ):
        kept(database, a_year(2026, [*(value + 1 for value in VALUES[:8]), *VALUES[8:]]), "england_abs_2025-2026.csv")
    with database.reading() as session:
        assert {one.as_of.year for one in session.exec(select(Evidence)).all()} == {2019}
    number = kept(database, a_year(2026, VALUES), "england_abs_2025-2026.csv", instead=True)
    with database.reading() as session:
        assert {(one.as_of.year, one.load_id) for one in session.exec(select(Evidence)).all()} == {(2026, number)}


@pytest.mark.parametrize(
    "later",
    [
        a_year(2026, [*(value + 1 for value in VALUES[:11]), *VALUES[11:]]), a_year(2026, VALUES[:19]), a_year(2019, VALUES),
        a_year(2026, VALUES, kind="census"), a_year(2026, VALUES, name="persistent_absence"), a_year(2026, VALUES, edition="2026-08-31"),
    ],
    ids=["other figures", "few schools", "the same year", "another kind", "another figure", "no school year"],
)  # fmt: skip
def test_years_that_are_alike_by_chance_and_corrected_files_stand(database: Database, later: Understood) -> None:
    kept(database, a_year(2019, VALUES), "first.csv")
    kept(database, later, "second.csv")


def test_marks_and_shares_of_nobody_stay_what_they_were_and_say_nothing_of_the_year(database: Database) -> None:
    for values in ([0.0, 1.0] * 40, [*[0.0] * 30, *[100.0] * 30, *VALUES[:19]]):
        for year in (2025, 2026):
            kept(database, a_year(year, values), f"{year}{len(values)}.csv")


def test_a_real_file_under_the_name_of_another_year_is_refused_and_real_years_stand_beside(
    sqlite_database: Database, tmp_path: pathlib.Path, shared: pathlib.Path
) -> None:
    first = shared / "absence" / "england_abs_2018-2019.csv.zip"
    load_file(sqlite_database, first, AT)
    load_file(sqlite_database, shared / "absence" / "england_abs_2023-2024.csv.zip", AT)
    wrong = tmp_path / "england_abs_2025-2026.csv"
    with zipfile.ZipFile(first) as archive:
        wrong.write_bytes(archive.read(archive.namelist()[0]))
    with pytest.raises(BadFile, match="absence of 2018/19, and would now be of 2025/26"):
        load_file(sqlite_database, wrong, AT)


def both(folder: pathlib.Path) -> pathlib.Path:
    rows = changed(KS2_ROWS, 2, KS2, LEA="998")
    return ks2(folder, [*rows[:3], ("3", "998", *rows[1][2:]), *rows[3:]])


def test_a_file_that_was_cut_down_to_one_authority_can_be_loaded_whole_later(database: Database, tmp_path: pathlib.Path) -> None:
    path = both(tmp_path)
    assert load_file(database, path, AT, "999").load.rows_kept == 1
    whole = load_file(database, path, AT)
    assert whole.understood is not None and (whole.load.scope, whole.load.rows_kept) == ("ENG", 2)
    assert load_file(database, path, AT).understood is None and load_file(database, path, AT, "999").understood is None
    assert load_file(database, path, AT, "998").understood is not None


BROKEN = {
    "a file that is cut": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "a number that is none": lambda path: path.write_text(path.read_text(encoding="utf-8-sig").replace("26.00%", "lots")),
    "an empty file": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "half a zip": lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
    "a letter": lambda path: path.write_text("Dear colleague,\n\nwith best wishes\n"),
    "nothing there": lambda path: path.unlink(),
    "a column of pupils": lambda path: path.write_text("UPN,URN,NOR\nA123456789012,900001,1\n"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_damaged_file_is_refused_by_name_and_what_was_there_stays(database: Database, tmp_path: pathlib.Path, how: str) -> None:
    load_file(database, census(tmp_path, 25), AT)
    before, path = everything(database), census(tmp_path, 26)
    BROKEN[how](path)
    with pytest.raises(BadFile, match=path.name):
        load_file(database, path, AT)
    assert everything(database) == before


ROWS = json.dumps([dict(zip(NEW.split(","), row.split(","), strict=False)) for row in (ROW.format(999, 25), *NEW_END)])
NO_TEXT = {
    "a column": ("census_2024-2025.csv", NEW + ",a\0b\n" + ROW.format(999, 25) + ",1\n", "in line 1 a character that no text has (U+0000)"),
    "a cell": ("census_2024-2025.csv", f"{NEW},b\n{ROW.format(999, 25)},a\0b\n", "in line 2 a character that no text has (U+0000)"),
    "a key": ("census_2024-2025.json", ROWS.replace('"URN"', '"\\ud800": 1, "URN"'), "in one of its texts a character that no text has (U+D800)"),
    "a value": (
        "census_2024-2025.json",
        ROWS.replace('"URN"', '"b": "a\\u0000b", "URN"'),
        "in one of its texts a character that no text has (U+0000)",
    ),
    "an inner key": ("census_2024-2025.json", ROWS.replace('"URN"', '"b": {"\\uDFFF": []}, "URN"'), "a character that no text has (U+DFFF)"),
}


@pytest.mark.parametrize("what", NO_TEXT)
def test_a_file_with_a_character_that_no_database_keeps_is_refused_with_it(database: Database, tmp_path: pathlib.Path, what: str) -> None:
    name, text, says = NO_TEXT[what]
    before, path = everything(database), tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=rf"^{re.escape(name)} has .*{re.escape(says)}: download it again, or save it anew\.$"):
        load_file(database, path, AT)
    assert everything(database) == before


def test_characters_that_json_writes_in_two_halves_are_whole(database: Database, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "census_2024-2025.json"
    path.write_text(ROWS.replace('"URN"', '"\\ud83c\\udf93 \\\\u0000": 1, "URN"'), encoding="utf-8")
    assert "\U0001f393 \\u0000" in load_file(database, path, AT).load.unknown_columns


def test_a_folder_is_refused(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile):
        load_file(sqlite_database, tmp_path, AT)


def test_a_file_of_no_known_kind_leaves_what_was_loaded_before(database: Database, tmp_path: pathlib.Path) -> None:
    bad = tmp_path / "letter.csv"
    bad.write_text("Dear,colleague\n1,2\n")
    load_file(database, census(tmp_path), AT)
    with pytest.raises(BadFile, match=r"letter\.csv"):
        load_file(database, bad, AT)
    assert [kind for kind, *_ in loads(database)] == ["census"]


def test_a_file_that_keeps_much_less_than_what_it_would_replace_is_refused_with_both_numbers(database: Database, tmp_path: pathlib.Path) -> None:
    load_file(database, ks2(tmp_path), AT)
    before, cut = everything(database), ks2(tmp_path, KS2_ROWS[1:])
    with pytest.raises(BadFile, match=r"has 1 rows to keep where the load that it would replace kept 2, .* give --smaller"):
        load_file(database, cut, AT)
    assert everything(database) == before
    assert load_file(database, cut, AT, smaller=True).load.rows_kept == 1


def test_two_thirds_of_what_was_kept_are_enough(database: Database) -> None:
    saved(database, share(900001, 2025, 60), share(900002, 2025, 60), share(900003, 2025, 60))
    with database.writing() as session:
        session.exec(update(Load).values(rows_kept=3))
    found = Understood("results", "2025", datetime.date(2025, 8, 31), rows_kept=2)
    with database.writing() as session:
        save(session, found, "made_up.csv", "1" * 64, AT)


@pytest.mark.parametrize("kind", [LINKS, GROUPS])
def test_older_links_and_groups_are_refused_after_newer_ones(database: Database, kind: str) -> None:
    with database.writing() as session:
        save(session, Understood(kind, "2026-08-01", datetime.date(2026, 8, 1)), "newer.csv", "1" * 64, AT)
    with (
        pytest.raises(BadFile, match=f"older.csv is of 31 July 2026, older than the {kind} of 1 August 2026 already loaded"),
        database.writing() as session,
    ):
        save(session, Understood(kind, "2026-07-31", datetime.date(2026, 7, 31)), "older.csv", "2" * 64, AT)


def test_a_list_of_ones_own_and_inspections_are_kept_to_the_authoritys_schools(database: Database, tmp_path: pathlib.Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("urn,indicator,date,value\n900001,exclusions,31/07/2026,4\n900002,exclusions,31/07/2026,5\n", encoding="utf-8")
    inspected = inspections(tmp_path, BEFORE, graded(900001, "2", "14/03/2023"), graded(900002, "2", "14/03/2023"))
    for path in (own, inspected):
        with pytest.raises(BadFile, match="cannot be kept to authority 999, of which no school is known: load the register first"):
            load_file(database, path, AT, "999")
    with_schools(database, school(900001), school(900002, authority="998"), school(900003, authority="997"))
    for path in (own, inspected):
        load = load_file(database, path, AT, "999").load
        assert (load.scope, load.rows_kept, load.skipped["other authority"]) == ("999", 1, 1)
        assert load_file(database, path, AT, "999").understood is None
        with pytest.raises(BadFile, match="says nothing of a school of authority 997"):
            load_file(database, path, AT, "997")


def test_loads_that_later_ones_took_the_place_of_are_told(database: Database, tmp_path: pathlib.Path) -> None:
    for language in (25, 26):
        load_file(database, census(tmp_path, language), AT)
    for values in ((("900001", 1), ("900002", 2)), (("900001", 3),), (("900001", 4),)):
        path = tmp_path / "own.csv"
        path.write_text("urn,indicator,date,value\n" + "".join(f"{urn},exclusions,31/07/2026,{value}\n" for urn, value in values), encoding="utf-8")
        load_file(database, path, AT)
    with database.reading() as session:
        loads = session.exec(select(Load).order_by(col(Load.id))).all()
        assert replaced(session, loads) == {1: "by 2", 3: "in part", 4: "wholly"}
        assert replaced(session, loads[:1]) == {}


def test_of_several_files_the_refused_one_is_told_in_its_place_and_the_others_are_loaded(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    bad = tmp_path / "a_letter.csv"
    bad.write_text("Dear,colleague\n1,2\n", encoding="utf-8")
    found = list(load_files(sqlite_database, [census(tmp_path), bad, census(tmp_path), ks2(tmp_path)], AT))
    assert [isinstance(one, BadFile) for one in found] == [False, True, False, False]
    assert [one.understood is None for one in found if isinstance(one, LoadedFile)] == [False, True, False]
    assert loads(sqlite_database) == [("census", "2024/25", "ENG"), ("key stage 2 results", "2016/17", "999")]


def test_of_files_that_are_alike_one_is_read_and_none_that_is_loaded_already(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    loaded, first = census(tmp_path), census(tmp_path, 26, "2023-2024_england_census.csv")
    copy, gone = tmp_path / "copy.csv", tmp_path / "nowhere.csv"
    copy.write_bytes(first.read_bytes())
    load_file(sqlite_database, loaded, AT)
    digests = {path: digest_of(path) for path in (loaded, first, copy, gone)}
    assert files_to_read(sqlite_database, digests, None, None) == [first, gone]
    assert files_to_read(sqlite_database, digests, None, 2025) == [loaded, first, gone]
    assert files_to_read(sqlite_database, digests, "999", None) == [loaded, first, gone]


def test_a_digest_is_computed_without_the_whole_file_in_memory_and_taken_as_it_was_computed(
    sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(32 * 2**20)
    tracemalloc.start()
    try:
        found = digest_of(large)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.sha256 == hashlib.sha256(bytes(32 * 2**20)).hexdigest() and most < 2 * 2**20
    path = census(tmp_path)
    assert load_file(sqlite_database, path, AT, digest=replace(digest_of(path), sha256="0" * 64)).load.digest == "0" * 64
    assert digest_of(path).sha256 != digest_of(tmp_path / "nowhere.csv").sha256 == ""


def test_a_file_that_is_written_to_before_its_turn_is_refused_and_can_be_loaded_then(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    first, second = census(tmp_path), census(tmp_path, 26, "2023-2024_england_census.csv")
    found = load_files(sqlite_database, [first, second], AT)
    assert isinstance(next(found), LoadedFile)
    second.write_bytes(second.read_bytes().replace(b"26", b"27"))
    os.utime(second, ns=(1, 1))
    refused = next(found)
    assert isinstance(refused, BadFile) and "was written to while it was being read: load it again" in str(refused)
    again = load_file(sqlite_database, second, AT)
    assert again.understood is not None and again.load.digest == hashlib.sha256(second.read_bytes()).hexdigest()
