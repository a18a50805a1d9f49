"""The school census and the pupil premium: columns drift, nothing is printed as 0.00 %, and files stop short."""

import datetime
import pathlib

import pytest

from evidence.kind import Context, Kind
from evidence.kinds.census import KIND, PUPIL_PREMIUM
from evidence.opening import open_file
from evidence.understood import Understood
from models.errors import BadFile
from models.words import Missing

CONTEXT = Context(datetime.date(2026, 8, 3))
OLD = "URN,LA,ESTAB,SCHOOLTYPE,NOR,NORG,TSENELSE,PSENELSE,TSENELK,PSENELK,NUMEAL,PNUMEAL,PNUMUNCFL,NUMFSM,NUMFSMEVER,PNUMFSMEVER"
NEW = "URN,LA,Estab,SCHOOLTYPE,NOR,NORG,TSENELSE,PSENELSE,TSENELK,PSENELK,NUMEAL,PNUMEAL,PNUMUNCLF,NUMFSM,NUMFSMEVER,NORFSMEVER,PNUMFSMEVER"
OLD_END = (
    "NAT,,PRI,State-funded primary,300,150,6,2,30,10,60,20,0.2,45,66,22",
    "NAT,,SEC,State-funded secondary,200,100,4,2,20,10,20,10,0.2,30,50,25",
    "NAT,,SPE,State-funded special school,50,20,50,100,0,0,5,10,0,20,25,50",
)
NEW_END = (
    "NAT,,PRI,State-funded primary,300,150,6,2.0%,30,10%,60,20.0%,0.2%,45,66,280,22%",
    "NAT,,SEC,State-funded secondary,200,100,4,2.0%,20,10%,20,10.0%,0.2%,30,50,190,25%",
    "NAT,,SPE,Special school,50,20,50,100%,0,0%,5,10.0%,0%,20,25,40,50%",
)
PREMIUM = (
    "URN,LAEstab,LA,Local Authority,Estab,School Name,School Type,Number of pupils on roll (7),Number of  Secondary pupils on roll (10),"
    "Deprivation Pupil Premium Allocation (11),Total number of pupils eligible for the Deprivation Pupil Premium,"
    "Total allocation for the Deprivation Pupil Premium"
)


def written(tmp_path: pathlib.Path, *lines: str, name: str = "2024-2025_england_census.csv") -> pathlib.Path:
    path = tmp_path / name
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def read(path: pathlib.Path, kind: Kind = KIND, context: Context = CONTEXT) -> Understood:
    with open_file(path) as table:
        assert kind.knows(frozenset(column.casefold() for column in table.columns), "")
        return kind.read(table, context)


def of_school(found: Understood, urn: int) -> dict[str, tuple[float | None, Missing | None, float | None]]:
    return {name: (value, missing, cohort) for name, one, _, value, missing, cohort in found.figures if one == urn}


def of_area(found: Understood, sector: str) -> dict[str, float]:
    return {name: value for name, area, one, _, value in found.area_figures if (area, one) == ("ENG", sector)}


def test_a_school_has_its_shares_with_its_pupils_as_the_cohort(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    found = read(written(tmp_path, NEW, row, *NEW_END))
    assert (found.kind, found.edition, found.as_of, found.rows_read, found.rows_kept) == ("census", "2024/25", datetime.date(2025, 8, 31), 4, 1)
    assert found.unknown_columns == []
    assert of_school(found, 900001) == {
        "pupils_census": (200.0, None, None),
        "pupils_primary": (200.0, None, None),
        "fsm6_share": (24.44, None, 200.0),
        "fsm_share": (15.0, None, 200.0),
        "eal_share": (25.0, None, 200.0),
        "ehcp_share": (2.0, None, 200.0),
        "sen_support_share": (12.5, None, 200.0),
        "send_share": (14.5, None, 200.0),
    }


def test_an_older_layout_without_percent_signs_says_the_same(tmp_path: pathlib.Path) -> None:
    old = "900001,999,2001,State-funded primary,200,90,4,2,25,12.5,50,25,0,30,44,24.44"
    new = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    before = read(written(tmp_path, OLD, old, *OLD_END, name="2018-2019_england_census.csv"))
    after = read(written(tmp_path, NEW, new, *NEW_END))
    assert (before.edition, before.unknown_columns) == ("2018/19", [])
    assert of_school(before, 900001) == of_school(after, 900001)
    assert before.area_figures == [(*figure[:3], datetime.date(2019, 8, 31), figure[4]) for figure in after.area_figures]


def test_the_national_rows_are_kept_by_sector_and_are_no_schools(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    found = read(written(tmp_path, NEW, row, *NEW_END))
    assert {urn for _, urn, *_ in found.figures} == {900001}
    assert of_area(found, "primary") == {
        "pupils_census": 300.0, "fsm6_share": 22.0, "fsm_share": 15.0, "eal_share": 20.0, "ehcp_share": 2.0, "sen_support_share": 10.0,
        "send_share": 12.0,
    }  # fmt: skip
    assert (of_area(found, "secondary")["pupils_census"], of_area(found, "special")["ehcp_share"]) == (200.0, 100.0)
    assert found.skipped == {"area row, kept to compare with": 3}


def test_national_rows_that_are_there_twice_are_refused(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    with pytest.raises(BadFile, match="has the national row of primary schools twice"):
        read(written(tmp_path, NEW, row, *NEW_END, NEW_END[0].replace("300,150", "299,150")))


def test_urns_that_a_spreadsheet_made_decimal_numbers_of_are_the_same_schools(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    plain = sorted(read(written(tmp_path, NEW, row, *NEW_END)).figures, key=str)
    assert sorted(read(written(tmp_path, NEW, row.replace("900001", "900001.0"), *NEW_END)).figures, key=str) == plain
    assert any(name == "pupils_primary" for name, *_ in plain)


def test_a_share_of_nothing_collected_is_missing_though_it_is_printed_as_nought(tmp_path: pathlib.Path) -> None:
    row = "900002,999,6001,Independent school,780,780,0,0.00%,99,12.69%,,,,,NA,NA,0.00%"
    school = of_school(read(written(tmp_path, NEW, row, *NEW_END)), 900002)
    assert school["fsm6_share"] == (None, Missing.NOT_APPLICABLE, 780.0)
    assert school["fsm_share"] == (None, Missing.NOT_IN_SOURCE, 780.0)
    assert school["eal_share"] == (None, Missing.NOT_IN_SOURCE, 780.0)
    assert school["ehcp_share"] == (0.0, None, 780.0)
    assert "pupils_primary" not in school and "pupils_secondary" not in school


def test_a_school_without_pupils_has_no_shares(tmp_path: pathlib.Path) -> None:
    row = "900003,999,1101,State-funded AP school,0,0,0,0.00%,0,0.00%,0,0.00%,0,0,0,0,0.00%"
    school = of_school(read(written(tmp_path, NEW, row, *NEW_END)), 900003)
    assert school.pop("pupils_census") == (0.0, None, None)
    assert set(school.values()) == {(None, Missing.NOT_APPLICABLE, 0.0)}


def test_a_sum_or_a_quotient_with_an_unknown_part_is_unknown(tmp_path: pathlib.Path) -> None:
    rows = (
        "900004,999,2004,State-funded primary,200,90,SUPP,SUPP,25,12.50%,50,25.00%,0,30,44,180,24.44%",
        "900005,999,2005,State-funded primary,NA,NA,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%",
    )
    found = read(written(tmp_path, NEW, *rows, *NEW_END))
    assert of_school(found, 900004)["send_share"] == (None, Missing.SUPPRESSED, 200.0)
    assert of_school(found, 900004)["sen_support_share"] == (12.5, None, 200.0)
    assert of_school(found, 900005)["fsm_share"] == (None, Missing.NOT_APPLICABLE, None)
    assert found.codes == {"SUPP": 2, "NA": 1}


def test_a_census_without_its_national_rows_is_refused_as_cut_short(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    with pytest.raises(BadFile, match=r"is cut short: the national rows that end it are missing \(primary, secondary, special\)"):
        read(written(tmp_path, NEW, row))
    with pytest.raises(BadFile, match=r"missing \(special\)\. Download it again"):
        read(written(tmp_path, NEW, row, *NEW_END[:2]))


def test_a_row_that_stops_short_is_named_by_its_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="is cut short at line 2: the row has 4 of 17 fields"):
        read(written(tmp_path, NEW, "900001,999,2001,State-funded", *NEW_END))


def test_a_school_that_is_there_twice_is_refused(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    with pytest.raises(BadFile, match="line 3: URN 900001 is on line 2 already"):
        read(written(tmp_path, NEW, row, row, *NEW_END))


def test_a_word_where_a_number_should_be_is_named_by_line_and_column(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,many,90,4,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    with pytest.raises(BadFile, match='line 2: "many" in column NOR is neither a number nor a known code'):
        read(written(tmp_path, NEW, row, *NEW_END))


@pytest.mark.parametrize("count", ["249.5", "249%", "£60", "-1"])
@pytest.mark.parametrize("column", [4, 6])
def test_what_is_no_whole_number_of_pupils_is_refused_by_line_and_column(tmp_path: pathlib.Path, count: str, column: int) -> None:
    row = [
        "900001",
        "999",
        "2001",
        "State-funded primary",
        "200",
        "90",
        "4",
        "2.00%",
        "25",
        "12.50%",
        "50",
        "25.00%",
        "0",
        "30",
        "44",
        "180",
        "24.44%",
    ]
    row[column] = count
    with pytest.raises(BadFile, match=rf'line 2: "{count}" in column {NEW.split(",")[column]} is no'):
        read(written(tmp_path, NEW, ",".join(row), *NEW_END))
    nation = NEW_END[0].split(",")
    nation[column] = count
    with pytest.raises(BadFile, match=rf'line 2: "{count}" in column {NEW.split(",")[column]} is no'):
        read(written(tmp_path, NEW, ",".join(nation), *NEW_END[1:]))


@pytest.mark.parametrize("share", ["100.1%", "-0.1%", "£25"])
def test_a_share_that_cannot_be_is_refused_by_line_and_column(tmp_path: pathlib.Path, share: str) -> None:
    row = f"900001,999,2001,State-funded primary,200,90,4,2.00%,25,12.50%,50,{share},0,30,44,180,24.44%"
    with pytest.raises(BadFile, match=rf'line 2: "{share}" in column PNUMEAL is '):
        read(written(tmp_path, NEW, row, *NEW_END))


def test_counts_that_a_spreadsheet_made_decimal_numbers_of_are_the_same(tmp_path: pathlib.Path) -> None:
    row = "900001,999,2001,State-funded primary,200.0,90,4.0,2.00%,25,12.50%,50,25.00%,0,30,44,180,24.44%"
    assert of_school(read(written(tmp_path, NEW, row, *NEW_END)), 900001)["pupils_census"] == (200.0, None, None)


def test_a_whole_file_of_pupil_premium_gives_the_share_of_pupils(tmp_path: pathlib.Path) -> None:
    rows = (
        '900001,9992001,999,Madeupshire,2001,Elm,Mainstream,200,0,"\ufffd44,385",33,"\ufffd44,385"',
        "900002,9992002,999,Madeupshire,2002,Oak,Mainstream,0,0,\ufffd0,0,£0",
        "900003,9992003,999,Madeupshire,2003,Ash,Mainstream,NA,0,\ufffd0,5,6725",
    )
    found = read(written(tmp_path, PREMIUM, *rows, name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM)
    assert (found.kind, found.edition, found.unknown_columns) == ("pupil premium", "2020/21", [])
    assert [(urn, *figure) for _, urn, _, *figure in found.figures] == [
        (900001, 16.5, None, 200.0),
        (900002, None, Missing.NOT_APPLICABLE, 0.0),
        (900003, None, Missing.NOT_APPLICABLE, None),
    ]
    assert {name for name, *_ in found.figures} == {"pupil_premium_share"}


def test_money_that_is_broken_off_is_refused_with_its_place(tmp_path: pathlib.Path) -> None:
    row = '900001,9992001,999,Madeupshire,2001,Elm,Mainstream,83,0,"\ufffd21,520",16,"\ufffd21,52"'
    with pytest.raises(BadFile, match=r'damaged at line 2 \(authority 999 Madeupshire, URN 900001\): "£21,52" in column Total allocation'):
        read(written(tmp_path, PREMIUM, row, name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM)


def test_a_premium_row_with_too_few_fields_is_refused_with_its_place(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r"cut short at line 2 \(authority 999 Madeupshire, URN 900001\): 6 of 12 fields"):
        read(written(tmp_path, PREMIUM, "900001,9992001,999,Madeupshire,2001,Elm", name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM)


def test_a_premium_file_of_several_authorities_must_reach_the_last_one(tmp_path: pathlib.Path) -> None:
    rows = [f'90000{n},{code}2001,{code},Place {n},2001,Elm,Mainstream,83,0,"£21,520",16,"£21,520"' for n, code in enumerate(("202", "936"), 1)]
    with pytest.raises(BadFile, match="it ends with authority 936 Place 2, URN 900002, and authorities up to 938 are missing"):
        read(written(tmp_path, PREMIUM, *rows, name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM)
    last = '900009,9382001,938,Place 9,2001,Elm,Mainstream,83,0,"£21,520",16,"£21,520"'
    assert read(written(tmp_path, PREMIUM, *rows, last, name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM).rows_kept == 3
    assert read(written(tmp_path, PREMIUM, rows[0], name="pupil_premium_2020-2021.csv"), PUPIL_PREMIUM).rows_kept == 1


@pytest.mark.parametrize(
    ("year", "primary", "secondary", "schools"),
    [("2018-2019", 4_727_089, 3_327_970, 23_939), ("2022-2023", 4_647_851, 3_630_171, 24_433), ("2024-2025", 4_554_974, 3_671_427, 24_470)],
)
def test_the_real_census_adds_up_to_its_national_rows(shared: pathlib.Path, year: str, primary: int, secondary: int, schools: int) -> None:
    found = read(shared / "census" / f"{year}_england_census.csv.zip")
    sums = {name: sum(v for one, _, _, v, _, _ in found.figures if one == name and v is not None) for name in ("pupils_primary", "pupils_secondary")}
    assert sums == {"pupils_primary": primary, "pupils_secondary": secondary}
    assert (of_area(found, "primary")["pupils_census"], of_area(found, "secondary")["pupils_census"]) == (primary, secondary)
    assert (found.rows_kept, found.unknown_columns) == (schools, [])


def test_the_real_premium_file_that_stops_in_mid_record_is_refused(shared: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r'at line 20761 \(authority 936 Surrey, URN 125010\): "£21,52" in column Total allocation'):
        read(shared / "census" / "pupil_premium_2021_truncated_as_published.csv.zip", PUPIL_PREMIUM)
