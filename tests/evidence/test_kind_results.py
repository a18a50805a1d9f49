"""Reading results of tests and examinations: every layout, on made-up files always and on the real ones where they are."""

import datetime
import json
import pathlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pendulum
import pytest
from sqlmodel import select

from evidence.kind import Context
from evidence.loading import load_file
from evidence.naming import by_name, normalised
from evidence.opening import open_file
from evidence.recognising import recognise
from evidence.understood import FINAL, PROVISIONAL, REVISED, Understood
from models.database import Database
from models.errors import BadFile
from models.evidence import AreaEvidence, Evidence
from models.words import Missing

TODAY = datetime.date(2026, 8, 3)
AT = pendulum.datetime(2026, 8, 3, 9)
KS2 = ("RECTYPE", "LEA", "URN", "SCHNAME", "TOTPUPS", "TPUPYEAR", "TELIG", "TKS1AVERAGE", "PTRWM_EXP", "PTRWM_HIGH", "READPROG", "WRITPROG", "MATPROG",
       "READ_AVERAGE", "MAT_AVERAGE", "MAT_AVERAGE_MOBN")  # fmt: skip
KS2_ROWS: tuple[tuple[str, ...], ...] = (
    ("1", "999", "900001", "Elm Junior", "120", "30", "30", "17.1", "80%", "20%", "1.5", "-0.5", "0", "107", "106", "105"),
    ("3", "999", " ", " ", "160", "40", "40", "16.6", "66%", "13%", "0.4", "-0.3", "-0.2", "106", "105", "104"),
    ("2", "999", "900002", "Oak School", "40", "10", "10", "2.5", "20%", "0%", "-4", "-6", "-5.1", "", "", ""),
    ("5", " ", " ", " ", "4000", "1000", "1000", "15.8", "61%", "9%", " ", " ", " ", "104", "103", "102"),
    ("4", " ", "NAT", " ", "4400", "1100", "1100", "15.8", "62%", "10%", " ", " ", " ", "105", "104", "103"),
)
KS4 = ("RECTYPE", "LEA", "URN", "SCHNAME", "NFTYPE", "TOTPUPS", "TPUP", "KS2APS", "ATT8SCR", "P8MEA", "PTL2BASICS_94", "PTL2BASICS_95",
       "PTEBACC_E_PTQ_EE", "P8MEA_HI")  # fmt: skip
KS4_ROWS: tuple[tuple[str, ...], ...] = (
    ("1", "999", "900011", "Ash High", "ACC", "900", "150", "28.5", "47.5", "-0.12", "66%", "45.50%", "38%", "0.1"),
    ("1", "999", "900012", "Fir College", "IND", "500", "60", "NP", "20.1", "NP", "0.00%", "0%", "0%"),
    ("4", "999", "", "", "", "1400", "210", "28.3", "46", "0.01", "64%", "43%", "37%", "0.2"),
    ("2", "999", "900013", "Yew School", "CYS", "80", "8", "SUPP", "SUPP", "SUPP", "NE", "NE", "NE"),
    ("5", "", "", "", "", "9000", "600", "", "44.6", "", "59%", "39%", "35%"),
    ("7", "", "", "", "", "8000", "540", "28.3", "46.3", "-0.03", "63%", "42%", "38%"),
)
REDUCED = ("URN", "KS2 Pupils", "KS2 Boys", "Reading Progress", "Reading Score", "Writing Progress", "Writing Score", "Maths Progress", "Maths Score",
           "Overall Meet Std", "Overall Exceed Std", "Academic Year")  # fmt: skip
REDUCED_ROWS: tuple[tuple[str, ...], ...] = (
    ("900001", "30", "14", "1.5", "107", "-0.5", "111", "0", "106", "80%", "20%", "2016"),
    ("900002", "10", "9", "LOWCOV", "", "-6", "", "-5.1", "", "0%", "0%", "2016"),
    ("900003", "4", "", "", "", "", "", "", "", "", "", "2016"),
)
PROGRESS = ("RECTYPE", "URN", "SCHNAME", "READPROG", "READPROG_DESCR", "WRITPROG", "WRITPROG_DESCR", "MATPROG", "MATPROG_DESCR", "PHASE")
PROGRESS_ROWS: tuple[tuple[str, ...], ...] = (
    ("1", "900001", "Elm Junior", "1.5", "2", "-0.5", "3", "0", "3", "Primary"),
    ("2", "900002", "Oak School", "SUPP", "", "-6", "5", "LOWCOV", "", "Primary"),
)
PUPILS = ("time_period", "geographic_level", "school_urn", "school_name", "old_la_code", "version", "t_pupils", "avg_ks2_scaledscore", "p8_banding")
PUPILS_ROWS: tuple[tuple[str, ...], ...] = (
    ("202324", "School", "900011", "Ash High", "999", "Final", "150", "104.2", "Average"),
    ("202324", "School", "900012", "Fir College", "999", "Final", "60", "z", "z"),
    ("202324", "School", "900013", "Yew School", "999", "Final", "8", "c", "z"),
    ("202324", "School", "900014", "Bay School", "999", "Final", "z", "x", "z"),
    ("202324", "School", "900015", "May School", "999", "Final", "40", "u", "z"),
)


def written(path: pathlib.Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> pathlib.Path:
    """Write a table as the department does: a mark before the first column, lines ending in CRLF."""
    path.write_bytes(("\ufeff" + "".join(",".join(row) + "\r\n" for row in (columns, *rows))).encode())
    return path


def read(path: pathlib.Path, authority: str | None = None, year: int | None = None, names: Mapping[tuple[str, str], int] | None = None) -> Understood:
    with open_file(path) as table:
        return recognise(table).read(table, Context(TODAY, authority, year, names or {}))


def ks2(folder: pathlib.Path, rows: Sequence[Sequence[str]] = KS2_ROWS, name: str = "made_up_ks2final_2016-2017.csv") -> pathlib.Path:
    return written(folder / name, KS2, rows)


def ks4(folder: pathlib.Path, rows: Sequence[Sequence[str]] = KS4_ROWS, name: str = "made_up_ks4final_2017-2018.csv") -> pathlib.Path:
    return written(folder / name, KS4, rows)


def changed(rows: Sequence[Sequence[str]], line: int, columns: Sequence[str], **cells: str) -> list[Sequence[str]]:
    """Return rows with some cells of one row changed."""
    new = [cells.get(column, value) for column, value in zip(columns, rows[line], strict=False)]
    return [*rows[:line], new, *rows[line + 1 :]]


def value(found: Understood, indicator: str, urn: int) -> tuple[float | None, Missing | None, float | None]:
    """Return one school's value, why it is missing, and its cohort; it must be there exactly once."""
    (one,) = [(v, m, c) for i, u, _, v, m, c in found.figures if (i, u) == (indicator, urn)]
    return one


def areas(found: Understood, indicator: str) -> dict[str, float]:
    return {area: v for i, area, sector, _, v in found.area_figures if i == indicator and sector == "all"}


def weighted(found: Understood, indicator: str) -> float:
    known = [(v, c) for i, _, _, v, _, c in found.figures if i == indicator and v is not None and c is not None]
    return sum(v * c for v, c in known) / sum(c for _, c in known)


# --- the performance tables of key stage 2 ---


def test_a_table_of_key_stage_2_says_its_year_scope_and_every_indicator(tmp_path: pathlib.Path) -> None:
    found = read(ks2(tmp_path))
    assert (found.kind, found.edition, found.as_of) == ("key stage 2 results", "2016/17", datetime.date(2017, 8, 31))
    assert (found.rank, found.scope, found.rows_read, found.rows_kept, found.unknown_columns) == (FINAL, "999", 5, 2, [])
    junior = {indicator: (v, c) for indicator, urn, _, v, _, c in found.figures if urn == 900001}
    assert junior == {
        "ks2_expected": (80, 30), "ks2_higher": (20, 30), "ks2_reading_progress": (1.5, 30), "ks2_writing_progress": (-0.5, 30),
        "ks2_maths_progress": (0, 30), "ks2_reading_score": (107, 30), "ks2_maths_score": (106, 30), "ks2_prior": (17.1, 30),
    }  # fmt: skip


def test_special_schools_count_and_area_rows_are_not_added_up(tmp_path: pathlib.Path) -> None:
    found = read(ks2(tmp_path))
    assert {urn for _, urn, *_ in found.figures} == {900001, 900002}
    assert weighted(found, "ks2_expected") == 65
    assert found.skipped == {"area row, kept to compare with": 2, "England with independent schools": 1}


def test_the_rows_of_the_authority_and_of_state_funded_england_are_kept_to_compare_with(tmp_path: pathlib.Path) -> None:
    found = read(ks2(tmp_path))
    assert areas(found, "ks2_expected") == {"999": 66, "ENG": 61}
    assert areas(found, "ks2_reading_progress") == {"999": 0.4}


def test_the_same_percentages_with_and_without_a_percent_sign_are_the_same(tmp_path: pathlib.Path) -> None:
    plain = [[cell.rstrip("%") for cell in row] for row in KS2_ROWS]
    assert read(ks2(tmp_path, plain)).figures == read(ks2(tmp_path, name="other_2016-2017.csv")).figures


@pytest.mark.parametrize(
    ("code", "why"),
    [("SUPP", Missing.SUPPRESSED), ("NE", Missing.NO_ENTRIES), ("NA", Missing.NOT_APPLICABLE), ("NP", Missing.NOT_PUBLISHED), ("RE", Missing.REDACTED),
     ("LOWCOV", Missing.LOW_COVERAGE), ("NEW", Missing.NEW_SCHOOL), ("", Missing.NOT_IN_SOURCE), (" ", Missing.NOT_IN_SOURCE)],
)  # fmt: skip
def test_a_code_is_never_a_zero_and_says_why_the_figure_is_missing(tmp_path: pathlib.Path, code: str, why: Missing) -> None:
    found = read(ks2(tmp_path, changed(KS2_ROWS, 0, KS2, READPROG=code)))
    assert value(found, "ks2_reading_progress", 900001) == (None, why, 30)
    assert found.codes == ({code: 1} if code.strip() else {})


def test_a_row_that_stops_early_says_why_where_the_school_is_new_or_had_nobody_of_the_age(tmp_path: pathlib.Path) -> None:
    short = [("1", "999", "900003", "New Elm", "NEW"), ("1", "999", "900004", "Infant Elm", "90", "0"), ("1", "999", "900005", "Lone Elm", "90", "1"),
             ("1", "999", "900006", "New Oak", "60", "NEW")]  # fmt: skip
    found = read(ks2(tmp_path, [KS2_ROWS[0], *short, *KS2_ROWS[1:]]))
    why = {urn: value(found, "ks2_expected", urn) for urn in (900003, 900004, 900005, 900006)}
    assert why == {900003: (None, Missing.NEW_SCHOOL, None), 900004: (None, Missing.NOT_APPLICABLE, None), 900005: (None, Missing.NOT_IN_SOURCE, None),
                   900006: (None, Missing.NEW_SCHOOL, None)}  # fmt: skip


def test_a_percentage_of_nobody_is_not_applicable_and_not_zero(tmp_path: pathlib.Path) -> None:
    found = read(ks2(tmp_path, changed(KS2_ROWS, 0, KS2, TELIG="0", PTRWM_EXP="0.00%")))
    assert value(found, "ks2_expected", 900001) == (None, Missing.NOT_APPLICABLE, 0)


@pytest.mark.parametrize("cell", ["NAT", "", "12345", "1000001"])
def test_a_row_without_a_real_urn_is_counted_as_skipped(tmp_path: pathlib.Path, cell: str) -> None:
    found = read(ks2(tmp_path, changed(KS2_ROWS, 2, KS2, URN=cell)))
    assert found.rows_kept == 1 and found.skipped["no URN"] == 1


def test_a_row_of_a_type_that_is_not_known_is_no_school(tmp_path: pathlib.Path) -> None:
    found = read(ks2(tmp_path, [("9", *KS2_ROWS[0][1:2], "900009", *KS2_ROWS[0][3:]), *KS2_ROWS]))
    assert found.rows_kept == 2 and found.skipped["row of type 9"] == 1


def test_a_file_of_several_authorities_is_of_england(tmp_path: pathlib.Path) -> None:
    other = [("1", "998", "900007", *KS2_ROWS[0][3:]), ("3", "998", *KS2_ROWS[1][2:])]
    found = read(ks2(tmp_path, [*other, *KS2_ROWS]))
    assert found.scope == "ENG" and set(areas(found, "ks2_expected")) == {"998", "999", "ENG"}


def test_an_authority_that_is_asked_for_is_all_that_is_kept(tmp_path: pathlib.Path) -> None:
    other = [("1", "998", "900007", *KS2_ROWS[0][3:]), ("3", "998", *KS2_ROWS[1][2:])]
    found = read(ks2(tmp_path, [*other, *KS2_ROWS]), authority="998")
    assert found.scope == "998" and {urn for _, urn, *_ in found.figures} == {900007}
    assert set(areas(found, "ks2_expected")) == {"998", "ENG"} and found.skipped["other authority"] == 3


def test_an_authority_that_is_not_in_the_file_is_refused_with_one_that_is(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="no school of authority 111: give the code of one that it has, such as 999"):
        read(ks2(tmp_path), authority="111")


@pytest.mark.parametrize(("word", "rank"), [("provisional", PROVISIONAL), ("revised", REVISED), ("final", FINAL)])
def test_a_table_that_calls_itself_provisional_or_revised_is_not_final(tmp_path: pathlib.Path, word: str, rank: int) -> None:
    assert read(ks2(tmp_path, name=f"ks2{word}_2022-2023.csv")).rank == rank


def test_a_table_that_does_not_say_its_year_is_refused_until_it_is_given(tmp_path: pathlib.Path) -> None:
    path = ks2(tmp_path, name="download.csv")
    with pytest.raises(BadFile, match="does not say its school year"):
        read(path)
    assert read(path, year=2019).edition == "2018/19"


def test_a_cell_that_is_neither_number_nor_code_is_refused_with_line_and_column(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match='line 4: "oops" in column PTRWM_EXP'):
        read(ks2(tmp_path, changed(KS2_ROWS, 2, KS2, PTRWM_EXP="oops")))


def test_a_school_that_is_there_twice_is_refused_with_both_lines(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="line 3: URN 900001 is on line 2 already"):
        read(ks2(tmp_path, [KS2_ROWS[0], *KS2_ROWS]))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (KS2_ROWS[:1], "up to line 2, its last, there is no row of authority 999 as a whole"),
        (KS2_ROWS[:3], "the rows of England are not all there after line 4"),
        (KS2_ROWS[:4], "the rows of England are not all there after line 5"),
        ([*KS2_ROWS[:4], KS2_ROWS[4][:9]], "line 6, its last, ends in the middle of a record"),
    ],
)
def test_a_table_without_its_end_is_refused_with_the_place(tmp_path: pathlib.Path, rows: Sequence[Sequence[str]], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(ks2(tmp_path, rows))


def test_a_table_of_a_year_without_progress_has_what_it_has(tmp_path: pathlib.Path) -> None:
    left = [place for place, column in enumerate(KS2) if "PROG" not in column and column != "TKS1AVERAGE"]
    rows = [[row[place] for place in left] for row in KS2_ROWS]
    found = read(written(tmp_path / "ks2final_2024-2025.csv", [KS2[place] for place in left], rows))
    assert {i for i, *_ in found.figures} == {"ks2_expected", "ks2_higher", "ks2_reading_score", "ks2_maths_score"}


def test_a_column_nobody_has_seen_before_is_reported_and_a_breakdown_is_not(tmp_path: pathlib.Path) -> None:
    rows = [(*row, "1", "2") for row in KS2_ROWS]
    assert read(written(tmp_path / "ks2_2018-2019.csv", (*KS2, "PTRWM_EXP_FSM6CLA1A", "WEATHER"), rows)).unknown_columns == ["WEATHER"]


# --- the reduced files of key stage 2 ---


def test_a_reduced_file_takes_its_year_from_its_own_column(tmp_path: pathlib.Path) -> None:
    found = read(written(tmp_path / "whatever_2023-2024.csv", REDUCED, REDUCED_ROWS), year=2020)
    assert (found.kind, found.edition, found.scope, found.unknown_columns) == ("key stage 2 results (reduced)", "2015/16", "ENG", [])
    assert value(found, "ks2_expected", 900001) == (80, None, 30)
    assert value(found, "ks2_reading_score", 900001) == (107, None, 30)
    assert value(found, "ks2_expected", 900002) == (0, None, 10)
    assert value(found, "ks2_reading_progress", 900002) == (None, Missing.LOW_COVERAGE, 10)
    assert value(found, "ks2_expected", 900003) == (None, Missing.NOT_IN_SOURCE, 4)


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (REDUCED_ROWS[2][:-1], "line 4, its last, ends in the middle of a record"),
        ((*REDUCED_ROWS[2][:-1], "20"), 'line 4: Academic Year is "20" and not "2016"'),
        ((*REDUCED_ROWS[2][:-1], ""), 'line 4: Academic Year is "" and not "2016"'),
        ((*REDUCED_ROWS[2][:-1], "2017"), 'line 4: Academic Year is "2017" and not "2016"'),
        (REDUCED_ROWS[0], "line 4: URN 900001 is on line 2 already"),
    ],
)
def test_a_reduced_file_that_is_cut_or_joined_is_refused_with_the_place(tmp_path: pathlib.Path, last: Sequence[str], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(written(tmp_path / "reduced.csv", REDUCED, [*REDUCED_ROWS[:2], last]))


def test_a_reduced_file_whose_year_is_no_year_or_that_has_no_row_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match='"15/16" in column Academic Year is no year'):
        read(written(tmp_path / "reduced.csv", REDUCED, [(*REDUCED_ROWS[0][:-1], "15/16")]))
    with pytest.raises(BadFile, match="has no row that says its Academic Year: download it again"):
        read(written(tmp_path / "reduced.csv", REDUCED, []))


def test_progress_alone_has_no_cohort_and_keeps_why_it_is_missing(tmp_path: pathlib.Path) -> None:
    found = read(written(tmp_path / "progress_2018-2019.csv", PROGRESS, PROGRESS_ROWS))
    assert (found.kind, found.edition, found.rows_kept, found.unknown_columns) == ("key stage 2 results (progress)", "2018/19", 2, [])
    assert value(found, "ks2_writing_progress", 900002) == (-6, None, None)
    assert value(found, "ks2_reading_progress", 900002) == (None, Missing.SUPPRESSED, None)
    assert value(found, "ks2_maths_progress", 900002) == (None, Missing.LOW_COVERAGE, None)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (PROGRESS_ROWS[:1], "the special schools should follow its 1 rows"),
        ([PROGRESS_ROWS[0], PROGRESS_ROWS[1][:5]], "line 3, its last, ends in the middle of a record"),
        ([PROGRESS_ROWS[0], (*PROGRESS_ROWS[1][:-1], "Prim")], "row 2, its last, ends in the middle of a word"),
    ],
)
def test_progress_that_is_cut_is_refused_with_the_place(tmp_path: pathlib.Path, rows: Sequence[Sequence[str]], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(written(tmp_path / "progress_2018-2019.csv", PROGRESS, rows))


# --- the files of key stage 2 without URNs ---


def school(name: str, authority: int = 999, expected: float = 61.0) -> dict[str, object]:
    return {"name": name, "area": "Wexcombe", "type": "Community", "lea": authority, "region": "other", "rwm": expected, "hs": 8.0, "read": 105.0,
            "maths": 104.0, "gps": 103.0, "pe": 50.1, "lg": 3.0}  # fmt: skip


def attainment(folder: pathlib.Path, *schools: dict[str, object]) -> pathlib.Path:
    path = folder / "made_up_ks2_2023-2024.json"
    path.write_text(json.dumps(schools), encoding="utf-8")
    return path


def test_a_file_without_urns_finds_schools_by_authority_and_name_and_counts_those_it_cannot(tmp_path: pathlib.Path) -> None:
    names = by_name([(900001, "999", "St Elm's Church of England Primary School"), (900002, "998", "Oak Primary School"),
                     (900003, "999", "Ash Junior School"), (900004, "999", "Twin Primary School"), (900005, "999", "The Twin School"),
                     (900006, "999", "Fir Infant School")])  # fmt: skip
    path = attainment(
        tmp_path, school("St Elms CofE Primary School"), school("Oak Primary School"), school("Oak Primary School", 998, 0.0),
        school("Ash Junior School"), school("Ash Junior Academy"), school("Twin Primary School"), school("Unheard Of School"), school("The School"),
    )  # fmt: skip
    found = read(path, names=names)
    assert (found.kind, found.edition, found.rows_read, found.rows_kept, found.unknown_columns) == (
        "key stage 2 results (by name)",
        "2023/24",
        8,
        2,
        [],
    )
    assert value(found, "ks2_expected", 900001) == (61, None, None) and value(found, "ks2_expected", 900002) == (0, None, None)
    assert value(found, "ks2_reading_score", 900001) == (105, None, None) and value(found, "ks2_higher", 900001) == (8, None, None)
    assert found.skipped == {
        "no URN, and its name is there twice in the authority": 2,
        "no URN, and its name is not known in the authority or is of two schools": 4,
    }


def test_a_name_of_nothing_but_words_that_are_left_out_finds_no_school(tmp_path: pathlib.Path) -> None:
    names = by_name([(900001, "999", "The Academy"), (900002, "999", "Oak School")])
    assert normalised("The Academy") == ""
    assert {urn for _, urn, *_ in read(attainment(tmp_path, school("The School"), school("Oak School")), names=names).figures} == {900002}


def test_a_file_without_urns_is_refused_before_there_is_a_register(tmp_path: pathlib.Path) -> None:
    path = attainment(tmp_path, school("Oak School"))
    with pytest.raises(BadFile, match="none of its schools is known by name: load the register first"):
        read(path)
    with pytest.raises(BadFile, match="none of its schools of authority 998 is known by name"):
        read(path, authority="998", names={("999", "oak"): 900002})


def test_a_file_without_urns_is_kept_to_the_authority_that_is_asked_for(tmp_path: pathlib.Path) -> None:
    names = {("999", "oak"): 900002, ("998", "oak"): 900003}
    found = read(attainment(tmp_path, school("Oak School"), school("Oak School", 998)), authority="998", names=names)
    assert found.scope == "998" and {urn for _, urn, *_ in found.figures} == {900003} and found.skipped == {"other authority": 1}


def test_a_json_file_that_is_cut_off_is_refused(tmp_path: pathlib.Path) -> None:
    path = attainment(tmp_path, school("Oak School"), school("Elm School"))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadFile, match="it is cut off or no JSON"):
        read(path, names={("999", "oak"): 900002})


# --- key stage 4 ---


def test_a_table_of_key_stage_4_has_other_row_types_and_half_of_its_rows_ragged(tmp_path: pathlib.Path) -> None:
    found = read(ks4(tmp_path))
    assert (found.kind, found.edition, found.rank, found.scope) == ("key stage 4 results", "2017/18", FINAL, "999")
    assert (found.rows_read, found.rows_kept, found.unknown_columns) == (6, 3, [])
    high = {indicator: (v, c) for indicator, urn, _, v, _, c in found.figures if urn == 900011}
    assert high == {"ks4_attainment": (47.5, 150), "ks4_progress": (-0.12, 150), "ks4_basics_94": (66, 150), "ks4_basics_95": (45.5, 150),
                    "ks4_ebacc_entry": (38, 150), "ks4_prior": (28.5, 150)}  # fmt: skip
    assert areas(found, "ks4_attainment") == {"999": 46, "ENG": 46.3} and areas(found, "ks4_progress") == {"999": 0.01, "ENG": -0.03}
    assert found.skipped == {"area row, kept to compare with": 2, "England with independent schools": 1}


def test_key_stage_4_keeps_why_a_figure_is_missing(tmp_path: pathlib.Path) -> None:
    found = read(ks4(tmp_path))
    assert value(found, "ks4_progress", 900012) == (None, Missing.NOT_PUBLISHED, 60)
    assert value(found, "ks4_basics_94", 900012) == (0, None, 60)
    assert value(found, "ks4_attainment", 900013) == (None, Missing.SUPPRESSED, 8)
    assert value(found, "ks4_basics_95", 900013) == (None, Missing.NO_ENTRIES, 8)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (KS4_ROWS[:1], "up to line 2, its last, there is no row of authority 999 as a whole"),
        (KS4_ROWS[:5], "the rows of England are not all there after line 6"),
        ([*KS4_ROWS[:5], KS4_ROWS[5][:8]], "line 7, its last, ends in the middle of a record"),
    ],
)
def test_a_ragged_table_that_is_cut_is_still_refused_with_the_place(tmp_path: pathlib.Path, rows: Sequence[Sequence[str]], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(ks4(tmp_path, rows))


def test_a_table_without_attainment_at_11_is_provisional_whatever_it_is_called(tmp_path: pathlib.Path) -> None:
    columns = [column for column in KS4 if column != "KS2APS"]
    rows = [[*row[:7], *row[8:]] for row in KS4_ROWS]
    found = read(written(tmp_path / "ks4_2018-2019.csv", columns, rows))
    assert found.rank == PROVISIONAL and areas(found, "ks4_attainment") == {"999": 46, "ENG": 46.3}
    assert read(ks4(tmp_path, name="england_ks4provisional_2024-2025.csv")).rank == PROVISIONAL


def test_a_statistics_file_says_its_own_year_and_why_in_letters(tmp_path: pathlib.Path) -> None:
    found = read(written(tmp_path / "no_year.csv", PUPILS, PUPILS_ROWS))
    assert (found.kind, found.edition, found.rank, found.scope) == ("key stage 4 results (pupils)", "2023/24", FINAL, "ENG")
    assert [value(found, "ks4_prior", urn) for urn in range(900011, 900016)] == [
        (104.2, None, 150), (None, Missing.NOT_APPLICABLE, 60), (None, Missing.SUPPRESSED, 8), (None, Missing.NOT_PUBLISHED, None),
        (None, Missing.LOW_COVERAGE, 40),
    ]  # fmt: skip
    assert found.codes == {"z": 2, "c": 1, "x": 1, "u": 1}


@pytest.mark.parametrize(("version", "rank"), [("Provisional", PROVISIONAL), ("Revised", REVISED), ("Final", FINAL)])
def test_a_statistics_file_ranks_as_its_version_says(tmp_path: pathlib.Path, version: str, rank: int) -> None:
    rows = [[version if column == "version" else cell for column, cell in zip(PUPILS, row, strict=True)] for row in PUPILS_ROWS]
    assert read(written(tmp_path / "final.csv", PUPILS, rows)).rank == rank


def test_a_statistics_file_is_kept_to_the_authority_that_is_asked_for(tmp_path: pathlib.Path) -> None:
    found = read(written(tmp_path / "one.csv", PUPILS, changed(PUPILS_ROWS, 0, PUPILS, old_la_code="998")), authority="998")
    assert found.scope == "998" and found.rows_kept == 1 and found.skipped == {"other authority": 4}


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"time_period": "202223"}, 'line 6: time_period is "202223" and not "202324"'),
        ({"version": "Revised"}, 'line 6: version is "Revised" and not "Final"'),
        ({"school_urn": "900011"}, "line 6: URN 900011 is on line 2 already"),
    ],
)
def test_a_statistics_file_of_two_editions_is_refused_with_the_line(tmp_path: pathlib.Path, cells: dict[str, str], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(written(tmp_path / "joined.csv", PUPILS, changed(PUPILS_ROWS, 4, PUPILS, **cells)))


def test_a_statistics_file_of_no_school_year_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match='"202325" in column time_period is no school year'):
        read(written(tmp_path / "odd.csv", PUPILS, changed(PUPILS_ROWS[:1], 0, PUPILS, time_period="202325")))


def test_a_statistics_file_of_england_that_stops_at_an_authority_in_the_middle_is_refused(tmp_path: pathlib.Path) -> None:
    rows = changed(changed(PUPILS_ROWS[:2], 0, PUPILS, old_la_code="201"), 1, PUPILS, old_la_code="880")
    with pytest.raises(BadFile, match="after 2 rows it stops at authority 880, which is not the last of England"):
        read(written(tmp_path / "cut.csv", PUPILS, rows))
    assert read(written(tmp_path / "full.csv", PUPILS, changed(rows, 1, PUPILS, old_la_code="943"))).rows_kept == 2


def test_a_statistics_file_cut_inside_a_quoted_cell_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "quoted.csv"
    path.write_text("\r\n".join(",".join(f'"{cell}"' for cell in row) for row in (PUPILS, *PUPILS_ROWS))[:-1], encoding="utf-8")
    with pytest.raises(BadFile, match="damaged at line 6"):
        read(path)


def test_reduced_records_of_key_stage_4_are_read_from_inside(tmp_path: pathlib.Path) -> None:
    metrics = {"att8_score": 48.1, "l2basics_94": 70.5, "ebacc_94": 20.0, "ebacc_entry": 0.0}
    records = [{"urn": 900011, "name": "Ash High", "fsm_pct": None, "metrics": metrics, "address": {"town": "Wexcombe", "locality": "Ash"}},
               {"urn": 900012, "name": "Fir College", "metrics": {**metrics, "ebacc_entry": None}, "address": {"town": "", "locality": ""}}]  # fmt: skip
    path = tmp_path / "made_up_ks4_2024-2025.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    found = read(path)
    assert (found.kind, found.edition, found.rows_kept, found.unknown_columns) == ("key stage 4 results (reduced)", "2024/25", 2, [])
    assert value(found, "ks4_attainment", 900011) == (48.1, None, None) and value(found, "ks4_basics_94", 900011) == (70.5, None, None)
    assert value(found, "ks4_ebacc_entry", 900011) == (0, None, None)
    assert value(found, "ks4_ebacc_entry", 900012) == (None, Missing.NOT_IN_SOURCE, None)
    path.write_text(json.dumps([records[0], records[0]]), encoding="utf-8")
    with pytest.raises(BadFile, match="URN 900011 is on line 1 already"):
        read(path)


# --- together ---


def test_layouts_of_one_year_stand_beside_each_other_and_a_corrected_file_replaces_its_own(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    same_year = [(*row[:-1], "2017") for row in REDUCED_ROWS]
    load_file(sqlite_database, ks2(tmp_path), AT)
    load_file(sqlite_database, written(tmp_path / "reduced.csv", REDUCED, same_year), AT)
    load_file(sqlite_database, ks2(tmp_path, changed(KS2_ROWS, 0, KS2, PTRWM_EXP="81%"), "again_2016-2017.csv"), AT)
    with sqlite_database.reading() as session:
        kept = session.exec(select(Evidence).where(Evidence.indicator == "ks2_expected", Evidence.urn == 900001)).all()
        assert sorted(one.value for one in kept if one.value is not None) == [80, 81]
        assert len(session.exec(select(AreaEvidence).where(AreaEvidence.indicator == "ks2_expected")).all()) == 2


# --- the real files ---


@pytest.mark.parametrize(
    ("year", "computed", "published", "england"), [("2016-2017", 67.08, 67, 61), ("2017-2018", 69.68, 70, 64), ("2018-2019", 70.09, 70, 65)]
)
def test_surreys_schools_weighted_by_eligible_pupils_come_to_the_published_share(
    shared: pathlib.Path, year: str, computed: float, published: float, england: float
) -> None:
    found = read(shared / "authority-tables" / f"surrey_ks2final_{year}.csv")
    assert weighted(found, "ks2_expected") == pytest.approx(computed, abs=0.005)
    assert areas(found, "ks2_expected") == {"936": published, "ENG": england}
    plain = [v for i, _, _, v, _, _ in found.figures if i == "ks2_expected" and v is not None]
    assert abs(sum(plain) / len(plain) - published) > 2
    assert (found.scope, found.unknown_columns) == ("936", [])


@pytest.mark.parametrize(
    ("year", "progress", "attainment_of_england"), [("2016-2017", 0.13, 46.3), ("2017-2018", 0.17, 46.5), ("2018-2019", 0.18, 46.7)]
)
def test_surreys_key_stage_4_rows_are_the_published_ones(shared: pathlib.Path, year: str, progress: float, attainment_of_england: float) -> None:
    found = read(shared / "authority-tables" / f"surrey_ks4final_{year}.csv")
    assert areas(found, "ks4_progress")["936"] == progress and areas(found, "ks4_attainment")["ENG"] == attainment_of_england
    assert (found.rank, found.scope, found.unknown_columns) == (FINAL, "936", [])


@pytest.mark.parametrize(
    ("name", "kind", "edition", "rank", "kept"),
    [
        ("ks2_national_2015-2016_reduced.csv.zip", "key stage 2 results (reduced)", "2015/16", FINAL, 16162),
        ("ks2_national_2016-2017_reduced.csv.zip", "key stage 2 results (reduced)", "2016/17", FINAL, 16313),
        ("ks2_national_2017-2018_reduced.csv.zip", "key stage 2 results (reduced)", "2017/18", FINAL, 16364),
        ("ks2_national_2018-2019_progress_reduced.csv.zip", "key stage 2 results (progress)", "2018/19", FINAL, 16355),
        ("ks4_national_2018-2019_provisional.csv.zip", "key stage 4 results", "2018/19", PROVISIONAL, 5495),
        ("ks4_national_2023-2024_explore_education_statistics.csv.zip", "key stage 4 results (pupils)", "2023/24", FINAL, 5709),
        ("ks4_national_2024-2025_reduced.json.zip", "key stage 4 results (reduced)", "2024/25", FINAL, 4055),
    ],
)
def test_every_national_file_is_read_whole(shared: pathlib.Path, name: str, kind: str, edition: str, rank: int, kept: int) -> None:
    found = read(shared / "results" / name)
    assert (found.kind, found.edition, found.rank, found.scope, found.rows_kept) == (kind, edition, rank, "ENG", kept)
    assert found.unknown_columns == [] and found.skipped["no URN"] == 0


def test_the_reduced_file_agrees_with_surreys_table_of_the_same_year(shared: pathlib.Path) -> None:
    table = read(shared / "authority-tables" / "surrey_ks2final_2016-2017.csv")
    reduced = {(i, u): (v, c) for i, u, _, v, _, c in read(shared / "results" / "ks2_national_2016-2017_reduced.csv.zip").figures}
    both = [((v, c), reduced[i, u]) for i, u, _, v, _, c in table.figures if i == "ks2_expected" and v is not None]
    assert len(both) == 217 and all(one == other for one, other in both)


def test_the_files_without_urns_find_nearly_all_schools_in_the_real_register(shared: pathlib.Path) -> None:
    register = read(shared / "register" / "edubasealldata20231116.zip")
    names = by_name((one["urn"], one["authority"], one["name"]) for one in register.schools if one["open"] and one["state_funded"])
    for year, kept, rows in (("2023-2024", 14559, 15071), ("2024-2025", 14331, 15056)):
        found = read(shared / "results" / f"ks2_national_{year}_attainment_no_urn.json.zip", names=names)
        assert (found.rows_kept, found.rows_read) == (kept, rows) and kept + sum(found.skipped.values()) == rows
        assert max(Counter((i, u) for i, u, *_ in found.figures).values()) == 1
        shares = [v for i, _, _, v, _, _ in found.figures if i == "ks2_expected" and v is not None]
        assert max(shares) == 100 and 55 < sum(shares) / len(shares) < 70


def cut(path: pathlib.Path, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield copies of a file that stop in the middle of a record: early, late, and in the last cells."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data = archive.read(archive.namelist()[0])
    else:
        data = path.read_bytes()
    for part in (len(data) // 3, len(data) * 9 // 10, len(data.rstrip()) - 12):
        out = folder / path.name.removesuffix(".zip")
        out.write_bytes(data[:part])
        yield out


@pytest.mark.parametrize(
    "name",
    ["authority-tables/surrey_ks2final_2016-2017.csv", "authority-tables/surrey_ks4final_2017-2018.csv",
     "results/ks2_national_2015-2016_reduced.csv.zip", "results/ks2_national_2018-2019_progress_reduced.csv.zip",
     "results/ks2_national_2024-2025_attainment_no_urn.json.zip", "results/ks4_national_2018-2019_provisional.csv.zip",
     "results/ks4_national_2023-2024_explore_education_statistics.csv.zip", "results/ks4_national_2024-2025_reduced.json.zip"],
)  # fmt: skip
def test_a_real_file_that_is_cut_is_refused(shared: pathlib.Path, tmp_path: pathlib.Path, name: str) -> None:
    for copy in cut(shared / name, tmp_path):
        with pytest.raises(BadFile, match=re.escape(copy.name)):
            read(copy)
