"""Reading Ofsted's management information: column lists are the real ones, every row and every URN of 9xxxxx is made up."""

import csv
import datetime
import io
import pathlib
from collections import Counter
from typing import Any

import pendulum
import pytest
from sqlmodel import select

from evidence.kind import Context
from evidence.kinds.ofsted import KINDS, edition_date
from evidence.loading import load_file
from evidence.opening import open_file
from evidence.recognising import recognise
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.evidence import Inspection

D = datetime.date
TODAY = D(2026, 8, 3)
_HEAD = (
    "URN,LAESTAB,School name,Ofsted phase,Type of education,School open date,Admissions policy,Sixth form,Designated religious character,"
    "Religious ethos,Faith grouping,Ofsted region,Region,Local authority,Parliamentary constituency"
)
_TRUST = "Multi-academy trust UID,Multi-academy trust name,Academy sponsor UID,Academy {}ponsor {}ame"
_SIZE = "The income deprivation affecting children index (IDACI) quintile,Total number of pupils"
_AGES = "Statutory lowest age,Statutory highest age"
_TYPE = "Inspection type,Inspection type grouping,Event type grouping,Inspection start date"
_OEIF = (
    "{0}uality of education,{1}ehaviour and attitudes,{2}ersonal development,{3}ffectiveness of leadership and management,"
    "{4}afeguarding is effective?,{5}arly years provision (where applicable),{6}ixth form provision (where applicable)"
)
_CURRENT, _EARLIER = _OEIF.format(*"QBPESES"), _OEIF.format(*(f"Previous {letter}" for letter in "qbpeses"))


def _whose(relates: str, then: str) -> str:
    at_time = ",".join(f"{what} at time of {then}" for what in ("URN", "LAESTAB", "School name", "School type"))
    return f"Does the {relates} relate to the URN of the current school?,{at_time}"


ESTABLISHMENTS_2019 = (
    f"Web link,{_HEAD},Postcode,{_SIZE},Latest section 8 inspection number since last full inspection,"
    "Does the section 8 inspection relate to the URN of the current school?,URN at time of the section 8 inspection,"
    "LAESTAB at time of the section 8 inspection,School name at time of the latest section 8 inspection,"
    "School type at time of the latest section 8 inspection,Number of section 8 inspections since the last full inspection,"
    "Date of latest section 8 inspection,Section 8 inspection publication date,"
    "Did the latest section 8 inspection convert to a full inspection?,Section 8 inspection overall outcome,"
    "Number of other section 8 inspections since last full inspection,Inspection number of latest full inspection,"
    f"{_TYPE},Inspection end date,Publication date,{_whose('latest full inspection', 'latest full inspection')},"
    f"Overall effectiveness,Category of concern,{_CURRENT},Previous full inspection number,Previous inspection start date,"
    f"Previous inspection end date,Previous publication date,{_whose('previous full inspection', 'previous full inspection')},"
    f"Previous full inspection overall effectiveness,Previous category of concern,{_EARLIER}"
).split(",")
LATEST_2025 = (
    f"Web link (opens in new window),{_HEAD},{_TRUST.format('s', 'n')},Postcode,{_SIZE},{_AGES},"
    "Latest ungraded inspection number since last graded inspection,"
    f"{_whose('ungraded inspection', 'the ungraded inspection')},Number of ungraded inspections since the last graded inspection,"
    "Date of latest ungraded inspection,Ungraded inspection publication date,"
    "Did the latest ungraded inspection convert to a graded inspection?,Ungraded inspection overall outcome,"
    "Number of monitoring and urgent inspections since last graded inspection,Inspection number of latest graded inspection,"
    f"{_TYPE},Publication date,{_whose('latest graded inspection', 'latest graded inspection')},"
    f"Overall effectiveness,Category of concern,{_CURRENT},Previous graded inspection number,Previous inspection start date,"
    f"Previous publication date,{_whose('previous graded inspection', 'previous graded inspection')},"
    f"Previous graded inspection overall effectiveness,Previous category of concern,{_EARLIER}"
).split(",")
_CARD_AREAS = (
    "Inclusion", "Curriculum and teaching", "Achievement", "Attendance and behaviour", "Personal development and wellbeing",
    "Early years (where applicable)", "Post-16 provision (where applicable)", "Leadership and governance",
)  # fmt: skip
_DATED_AREAS = ",".join(f"{area},{area.removesuffix(' (where applicable)')} - date of grade" for area in ("Safeguarding standards", *_CARD_AREAS))
_OF_OEIF = ",".join(f"{column} of latest OEIF graded inspection" for column in (*_TYPE.split(","), "Publication date"))
LATEST_2026 = (
    f"Web Link (opens in new window),{_HEAD},Postcode,{_TRUST.format('s', 'n')},{_SIZE},{_AGES},Inspection number of latest full inspection,"
    f"{_TYPE},Publication date,{_whose('latest full inspection', 'latest full inspection')},Category of concern,{_DATED_AREAS},"
    f"Inspection number of latest OEIF graded inspection,{_OF_OEIF},"
    f"{_whose('latest OEIF graded inspection', 'latest OEIF graded inspection')},Latest OEIF category of concern,"
    f"Latest OEIF overall effectiveness,{_OEIF.format(*(f'Latest OEIF {letter}' for letter in ('q', 'b', 'p', 'e', ' s', 'e', 's')))},"
    "Latest ungraded inspection number,Date of latest ungraded inspection,Ungraded inspection publication date,"
    f"{_whose('ungraded inspection', 'the ungraded inspection')},Ungraded inspection overall outcome,Most recent category of concern"
).split(",")
YEAR_2026 = (
    f"Web Link (opens in new window),{_HEAD},Postcode,{_TRUST.format('S', 'N')},{_SIZE},{_AGES},Inspection number,{_TYPE},Publication date,"
    f"Outcomes for legacy monitoring inspections,Category of concern,Safeguarding standards,{','.join(_CARD_AREAS)}"
).split(",")
GRADED: dict[str, Any] = {
    "Inspection start date": "14/03/2023", "Publication date": "28/04/2023", "Overall effectiveness": "2", "Quality of education": "2",
    "Behaviour and attitudes": "1", "Personal development": "2", "Effectiveness of leadership and management": "2",
    "Safeguarding is effective?": "Yes", "Early years provision (where applicable)": "2", "Sixth form provision (where applicable)": "9",
    "Does the latest graded inspection relate to the URN of the current school?": "Yes", "URN at time of latest graded inspection": "900001",
}  # fmt: skip
FULL_2019 = {name.replace("latest graded", "latest full"): value for name, value in GRADED.items()}
CARD: dict[str, Any] = {
    "Inspection start date": "13/01/2026", "Publication date": "02/03/2026", "Safeguarding standards": "Met",
    "Inclusion": "Expected standard", "Curriculum and teaching": "Strong standard", "Achievement": "Needs attention",
    "Attendance and behaviour": "Exceptional", "Personal development and wellbeing": "Expected standard",
    "Early years (where applicable)": "9", "Post-16 provision (where applicable)": "Not applicable", "Leadership and governance": "Urgent improvement",
    "Does the latest full inspection relate to the URN of the current school?": "Yes", "URN at time of latest full inspection": "900001",
}  # fmt: skip
OEIF_2026: dict[str, Any] = {
    "Inspection start date of latest OEIF graded inspection": "08/10/2024", "Publication date of latest OEIF graded inspection": "19/11/2024",
    "Does the latest OEIF graded inspection relate to the URN of the current school?": "Yes",
    "URN at time of latest OEIF graded inspection": "900001", "Latest OEIF overall effectiveness": "Not judged",
    "Latest OEIF quality of education": "3", "Latest OEIF behaviour and attitudes": "2", "Latest OEIF  safeguarding is effective?": "No",
}  # fmt: skip
UNGRADED: dict[str, Any] = {
    "Date of latest ungraded inspection": "04/02/2025", "Ungraded inspection publication date": "18/03/2025",
    "Ungraded inspection overall outcome": "Some aspects not as strong",
    "Does the ungraded inspection relate to the URN of the current school?": "Yes", "URN at time of the ungraded inspection": "900001",
}  # fmt: skip


def text_of(columns: list[str], *rows: dict[str, Any], nothing: str = "NULL", before: str = "", after: str = "") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval=nothing)
    writer.writeheader()
    writer.writerows({"URN": "900001", "School name": "Made-up School", **row} for row in rows)
    return before + out.getvalue() + after


def read_text(folder: pathlib.Path, text: str, name: str = "made_up_as_at_31_August_2026.csv", encoding: str = "cp1252") -> Understood:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_path(path)


def read_path(path: pathlib.Path) -> Understood:
    with open_file(path) as table:
        return recognise(table).read(table, Context(TODAY))


def by_regime(found: Understood) -> dict[str, dict[str, Any]]:
    assert len({row["regime"] for row in found.inspections}) == len(found.inspections)
    return {row["regime"]: row for row in found.inspections}


@pytest.mark.parametrize(
    ("columns", "count", "kind"),
    [
        (ESTABLISHMENTS_2019, 70, "Ofsted establishments"),
        (LATEST_2025, 74, "Ofsted latest inspections"),
        (LATEST_2026, 85, "Ofsted latest inspections with report cards"),
        (YEAR_2026, 42, "Ofsted all inspections of a year"),
    ],
)
def test_each_edition_is_known_by_its_columns_and_has_no_unknown_one(tmp_path: pathlib.Path, columns: list[str], count: int, kind: str) -> None:
    assert len(set(columns)) == count
    known = frozenset(column.casefold() for column in columns)
    assert [one.name for one in KINDS if one.knows(known, "")] == [kind]
    row = CARD if "Inclusion" in columns else FULL_2019 if "Web link" in columns else GRADED
    found = read_text(tmp_path, text_of(columns, {k: v for k, v in row.items() if k in columns}))
    assert (found.kind, found.unknown_columns, found.rows_read, found.rows_kept) == (kind, [], 1, 1)


@pytest.mark.parametrize(
    ("columns", "file"),
    [
        (ESTABLISHMENTS_2019, "mi_establishments_2019-2021_70cols.txt"),
        (LATEST_2025, "mi_latest_inspections_2025-03-31_74cols_nonnull.txt"),
        (LATEST_2026, "mi_latest_inspections_2026-08_85cols.txt"),
        (YEAR_2026, "mi_all_inspections_ytd_2026_42cols.txt"),
    ],
)
def test_the_column_lists_of_these_tests_are_the_real_ones(shared: pathlib.Path, columns: list[str], file: str) -> None:
    lines = (shared / "ofsted" / file).read_text().splitlines()
    real = [line.split("\t")[0].split("|")[0].removeprefix("*") for line in lines if not line.startswith("#")]
    assert columns == real


def test_numbers_become_grades_and_nine_means_not_applicable(tmp_path: pathlib.Path) -> None:
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED, nothing=""))
    assert found.inspections == [{
        "urn": 900001, "inspected": D(2023, 3, 14), "regime": "overall_grade", "grade": "Good",
        "judgements": {"Quality of education": "Good", "Behaviour and attitudes": "Outstanding", "Personal development": "Good",
                       "Leadership and management": "Good", "Early years provision": "Good"},
        "category_of_concern": None, "safeguarding_met": True, "urn_then": None, "published": D(2023, 4, 28),
    }]  # fmt: skip
    assert found.codes == Counter({"9": 1})


@pytest.mark.parametrize(("number", "grade"), [("1", "Outstanding"), ("2", "Good"), ("3.0", "Requires improvement"), ("4", "Inadequate")])
def test_each_number_has_its_grade(tmp_path: pathlib.Path, number: str, grade: str) -> None:
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED | {"Overall effectiveness": number}))
    assert found.inspections[0]["grade"] == grade


def test_zero_in_an_older_file_is_no_grade(tmp_path: pathlib.Path) -> None:
    row = FULL_2019 | {"Quality of education": "0", "Behaviour and attitudes": "0"}
    found = read_text(tmp_path, text_of(ESTABLISHMENTS_2019, row))
    assert set(found.inspections[0]["judgements"]) == {"Personal development", "Leadership and management", "Early years provision"}
    assert found.codes["0"] == 2


def test_the_text_null_is_nothing_and_never_a_value(tmp_path: pathlib.Path) -> None:
    row = GRADED | {"Category of concern": "NULL", "Safeguarding is effective?": "NULL", "Publication date": "NULL"}
    outcome = read_text(tmp_path, text_of(LATEST_2025, row)).inspections[0]
    assert (outcome["category_of_concern"], outcome["safeguarding_met"], outcome["published"]) == (None, None, None)


def test_not_judged_keeps_the_grades_by_area(tmp_path: pathlib.Path) -> None:
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED | {"Overall effectiveness": "Not judged", "Category of concern": "SWK"}))
    outcome = by_regime(found)["graded"]
    assert (outcome["grade"], outcome["judgements"]["Behaviour and attitudes"], outcome["category_of_concern"]) == (
        "Not judged",
        "Outstanding",
        "SWK",
    )


def test_latest_previous_and_ungraded_inspections_of_one_row_are_three(tmp_path: pathlib.Path) -> None:
    previous = {"Previous inspection start date": "01/02/2017", "Previous graded inspection overall effectiveness": "4",
                "Previous category of concern": "SM", "Previous safeguarding is effective?": "No"}  # fmt: skip
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED | previous | UNGRADED))
    assert [(row["inspected"], row["regime"], row["grade"]) for row in found.inspections] == [
        (D(2023, 3, 14), "overall_grade", "Good"), (D(2017, 2, 1), "overall_grade", "Inadequate"),
        (D(2025, 2, 4), "ungraded", "Some aspects not as strong"),
    ]  # fmt: skip
    assert (found.inspections[1]["category_of_concern"], found.inspections[1]["safeguarding_met"]) == ("SM", False)


def test_section_8_inspections_of_older_files_are_ungraded_ones(tmp_path: pathlib.Path) -> None:
    row = FULL_2019 | {"Date of latest section 8 inspection": "05/11/2020", "Section 8 inspection publication date": "07/12/2020",
                       "Section 8 inspection overall outcome": "School remains Good (Concerns) - S5 Next",
                       "Does the section 8 inspection relate to the URN of the current school?": "No",
                       "URN at time of the section 8 inspection": "900000"}  # fmt: skip
    outcome = by_regime(read_text(tmp_path, text_of(ESTABLISHMENTS_2019, row)))["ungraded"]
    assert (outcome["inspected"], outcome["published"], outcome["urn_then"]) == (D(2020, 11, 5), D(2020, 12, 7), 900000)
    assert outcome["grade"] == "School remains Good (Concerns) - S5 Next"


def test_an_ungraded_inspection_that_became_graded_or_found_nothing_is_counted(tmp_path: pathlib.Path) -> None:
    became = UNGRADED | {"Did the latest ungraded inspection convert to a graded inspection?": "Yes"}
    silent = UNGRADED | {"Ungraded inspection overall outcome": "NULL", "URN": "900002", "URN at time of the ungraded inspection": "900002"}
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED | became, silent))
    assert len(found.inspections) == 1
    assert found.skipped == Counter({
        "ungraded inspection that became a graded one": 1, "ungraded inspection without an outcome": 1, "school without an inspection outcome": 1,
    })  # fmt: skip


def test_an_outcome_of_the_predecessor_stays_with_the_school_and_names_it(tmp_path: pathlib.Path) -> None:
    other = {"Does the latest graded inspection relate to the URN of the current school?": "No", "URN at time of latest graded inspection": "900000"}
    outcome = read_text(tmp_path, text_of(LATEST_2025, GRADED | other)).inspections[0]
    assert (outcome["urn"], outcome["urn_then"]) == (900001, 900000)


def test_an_outcome_of_a_predecessor_that_is_not_named_is_left_out_and_counted(tmp_path: pathlib.Path) -> None:
    other = {"Does the latest graded inspection relate to the URN of the current school?": "No", "URN at time of latest graded inspection": "NULL"}
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED | other, GRADED | {"URN": "900002", "URN at time of latest graded inspection": "900002"}))
    assert [row["urn"] for row in found.inspections] == [900002]
    assert found.skipped["outcome of a predecessor that is not named"] == 1


def test_three_regimes_in_one_row_each_keep_their_date_and_their_school(tmp_path: pathlib.Path) -> None:
    older = {"Does the latest OEIF graded inspection relate to the URN of the current school?": "No",
             "URN at time of latest OEIF graded inspection": "900000"}  # fmt: skip
    found = by_regime(read_text(tmp_path, text_of(LATEST_2026, CARD | OEIF_2026 | UNGRADED | older)))
    assert {regime: (row["inspected"], row["urn_then"]) for regime, row in found.items()} == {
        "report_card": (D(2026, 1, 13), None), "graded": (D(2024, 10, 8), 900000), "ungraded": (D(2025, 2, 4), None),
    }  # fmt: skip
    assert found["graded"]["safeguarding_met"] is False, "the column whose name has two spaces"


def test_a_report_card_keeps_its_own_words_and_leaves_out_what_does_not_apply(tmp_path: pathlib.Path) -> None:
    found = read_text(tmp_path, text_of(LATEST_2026, CARD))
    card = by_regime(found)["report_card"]
    assert card["judgements"] == {
        "Inclusion": "Expected standard", "Curriculum and teaching": "Strong standard", "Achievement": "Needs attention",
        "Attendance and behaviour": "Exceptional", "Personal development and wellbeing": "Expected standard",
        "Leadership and governance": "Urgent improvement",
    }  # fmt: skip
    assert (card["grade"], card["safeguarding_met"]) == ("Report card", True)
    assert (found.codes["9"], found.codes["Not applicable"]) == (1, 1)


def test_safeguarding_that_was_not_met_is_told_from_safeguarding_that_is_not_known(tmp_path: pathlib.Path) -> None:
    cards = [CARD | {"URN": urn, "URN at time of latest full inspection": urn, "Safeguarding standards": said}
             for urn, said in (("900001", "Not met"), ("900002", "NULL"))]  # fmt: skip
    assert [row["safeguarding_met"] for row in read_text(tmp_path, text_of(LATEST_2026, *cards)).inspections] == [False, None]


def test_the_same_column_with_one_space_is_read_too(tmp_path: pathlib.Path) -> None:
    text = text_of(LATEST_2026, OEIF_2026).replace("Latest OEIF  safeguarding", "Latest OEIF safeguarding")
    found = read_text(tmp_path, text)
    assert (by_regime(found)["graded"]["safeguarding_met"], found.unknown_columns) == (False, [])


def test_areas_graded_anew_after_publication_are_an_outcome_of_that_later_day(tmp_path: pathlib.Path) -> None:
    same_visit = read_text(tmp_path, text_of(LATEST_2026, CARD | {"Achievement - date of grade": "14/01/2026"})).inspections[0]
    assert (same_visit["inspected"], same_visit["published"]) == (D(2026, 1, 13), D(2026, 3, 2))
    later = read_text(tmp_path, text_of(LATEST_2026, CARD | {"Achievement - date of grade": "16/06/2026"})).inspections[0]
    assert (later["inspected"], later["published"]) == (D(2026, 6, 16), None)


@pytest.mark.parametrize("code", ["SM", "SWK", "RSI"])
def test_every_category_of_concern_is_kept(tmp_path: pathlib.Path, code: str) -> None:
    assert read_text(tmp_path, text_of(LATEST_2026, CARD | {"Category of concern": code})).inspections[0]["category_of_concern"] == code


def test_the_category_that_holds_now_goes_to_the_newest_full_outcome_unless_another_has_it(tmp_path: pathlib.Path) -> None:
    now = {"Most recent category of concern": "RSI"}
    both = by_regime(read_text(tmp_path, text_of(LATEST_2026, CARD | OEIF_2026 | now)))
    assert (both["report_card"]["category_of_concern"], both["graded"]["category_of_concern"]) == ("RSI", None)
    old = {"Latest OEIF category of concern": "SM", "Most recent category of concern": "SM"}
    left = by_regime(read_text(tmp_path, text_of(LATEST_2026, CARD | OEIF_2026 | old)))
    assert (left["report_card"]["category_of_concern"], left["graded"]["category_of_concern"]) == (None, "SM")


def test_a_category_that_the_grade_excludes_is_counted_and_not_kept(tmp_path: pathlib.Path) -> None:
    row = OEIF_2026 | {"Latest OEIF overall effectiveness": "2", "Most recent category of concern": "SM"}
    found = read_text(tmp_path, text_of(LATEST_2026, row))
    assert found.inspections[0]["category_of_concern"] is None
    assert found.skipped["category of concern that no outcome bears out"] == 1


def test_the_file_of_a_year_has_a_school_as_often_as_it_was_inspected(tmp_path: pathlib.Path) -> None:
    rows = [CARD, CARD, CARD | {"Inspection start date": "09/06/2026", "Publication date": "01/07/2026"}]
    text = text_of(YEAR_2026, *({k: v for k, v in row.items() if k in YEAR_2026} for row in rows))
    found = read_text(tmp_path, text)
    assert [row["inspected"] for row in found.inspections] == [D(2026, 1, 13), D(2026, 6, 9)]
    assert found.skipped == Counter({"the same inspection again": 1})
    assert (found.rows_read, found.rows_kept) == (3, 2)


def test_a_monitoring_visit_does_not_hide_the_grade_but_an_ungraded_inspection_is_kept(tmp_path: pathlib.Path) -> None:
    visit = {"Inspection start date": "09/06/2026", "Outcomes for legacy monitoring inspections": "Made-up progress"}
    kept = {"URN": "900002", "Inspection start date": "09/06/2026", "Outcomes for legacy monitoring inspections": "Standards maintained"}
    found = read_text(tmp_path, text_of(YEAR_2026, visit, kept))
    assert [(row["urn"], row["regime"], row["grade"]) for row in found.inspections] == [(900002, "ungraded", "Standards maintained")]
    assert found.skipped["monitoring outcome, which changes no grade"] == 1


@pytest.mark.parametrize("lines", [1, 2])
def test_lines_above_the_header_and_blank_rows_below_are_passed_over(tmp_path: pathlib.Path, lines: int) -> None:
    title = "Management information - state-funded schools - made up\r\n" * lines
    blank = ("," * (len(LATEST_2025) - 1) + "\r\n") * 17 + (" ," * (len(LATEST_2025) - 1) + " \r\n")
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED, before=title, after=blank))
    assert (found.rows_read, found.rows_kept, found.skipped) == (1, 1, Counter())


def test_windows_1252_is_read(tmp_path: pathlib.Path) -> None:
    row = GRADED | {"School name": "St Mary\u2019s Made-up \u2013 \u00c9cole", "URN at time of latest graded inspection": "900001"}
    assert read_text(tmp_path, text_of(LATEST_2025, row), encoding="cp1252").rows_kept == 1


def test_capitals_in_column_names_may_drift(tmp_path: pathlib.Path) -> None:
    text = text_of(YEAR_2026, {k: v for k, v in CARD.items() if k in YEAR_2026}).replace("Academy Sponsor Name", "Academy sponsor name")
    assert read_text(tmp_path, text).unknown_columns == []


def test_columns_that_are_not_known_are_reported(tmp_path: pathlib.Path) -> None:
    found = read_text(tmp_path, text_of([*LATEST_2025, "A made-up column"], GRADED))
    assert found.unknown_columns == ["A made-up column"]


def test_a_school_never_inspected_and_a_row_without_a_urn_are_counted(tmp_path: pathlib.Path) -> None:
    found = read_text(tmp_path, text_of(LATEST_2025, GRADED, {"URN": "900002"}, {"URN": "Total"}))
    assert found.skipped == Counter({"school without an inspection outcome": 1, "no URN": 1})


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Overall effectiveness", "7", '"7" in column Overall effectiveness is no grade that is known'),
        ("Inspection start date", "31/02/2023", '"31/02/2023" in column Inspection start date is no date'),
        ("Inspection start date", "spring", '"spring" in column Inspection start date is no date'),
        ("Category of concern", "XX", '"XX" in column Category of concern is no category of concern'),
        ("Safeguarding is effective?", "perhaps", '"perhaps" in column Safeguarding is effective\\? is neither'),
    ],
)
def test_a_value_that_is_not_understood_is_refused_with_line_and_column(tmp_path: pathlib.Path, column: str, value: str, message: str) -> None:
    rows = [GRADED, GRADED | {"URN": "900002", column: value}]
    with pytest.raises(BadFile, match=f"line 3: {message}"):
        read_text(tmp_path, text_of(LATEST_2025, *rows))


def test_a_school_that_is_there_twice_in_a_file_of_latest_inspections_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="line 3: URN 900001 is there twice"):
        read_text(tmp_path, text_of(LATEST_2025, GRADED, GRADED))


@pytest.mark.parametrize("columns", [ESTABLISHMENTS_2019, LATEST_2025, LATEST_2026, YEAR_2026])
def test_a_header_without_a_school_is_refused_with_the_last_line(tmp_path: pathlib.Path, columns: list[str]) -> None:
    with pytest.raises(BadFile, match=r"no inspected school \(nothing follows the line of column names\): download it again"):
        read_text(tmp_path, text_of(columns))
    with pytest.raises(BadFile, match=r"no inspected school \(to line 2, its last\): download it again"):
        read_text(tmp_path, text_of(columns, {"URN": "Total"}))


def test_a_last_record_that_is_short_is_refused_with_its_line(tmp_path: pathlib.Path) -> None:
    text = text_of(LATEST_2025, GRADED, GRADED | {"URN": "900002"})
    with pytest.raises(BadFile, match="cut short: its last record, line 3, has 70 of 74 columns"):
        read_text(tmp_path, ",".join(text.rstrip().split(",")[:-4]))


def test_grades_of_one_month_are_dated_by_the_month_in_the_name(tmp_path: pathlib.Path) -> None:
    text = "unique_reference_number,authority_code,rating\n900001,999,Good\n900002,999,Requires Improvement\n"
    found = read_text(tmp_path, text, "grades_2024-04.csv")
    assert [(row["urn"], row["inspected"], row["grade"], row["published"]) for row in found.inspections] == [
        (900001, D(2024, 4, 30), "Good", D(2024, 4, 30)), (900002, D(2024, 4, 30), "Requires improvement", D(2024, 4, 30)),
    ]  # fmt: skip
    assert (found.edition, found.as_of) == ("2024-04-30", D(2024, 4, 30))
    with pytest.raises(BadFile, match="does not say its month"):
        read_text(tmp_path, text, "grades.csv")


def test_the_history_keeps_every_date_and_counts_what_is_there_twice(tmp_path: pathlib.Path) -> None:
    text = "URN,Rating,Inspection Date\n900001,Good,20180320\n900001,Satisfactory,20091101\n900001,Good,20180320\n900001,Inadequate,20091101\n"
    found = read_text(tmp_path, text, "history.csv")
    assert [(row["inspected"], row["grade"], row["published"]) for row in found.inspections] == [
        (D(2018, 3, 20), "Good", None), (D(2009, 11, 1), "Satisfactory", None),
    ]  # fmt: skip
    assert found.skipped == Counter({"the same inspection again": 1, "another grade for the same inspection; the first was kept": 1})
    assert found.as_of == D(2018, 3, 20)


@pytest.mark.parametrize("ending", ["900002,Inadequate", "900002,Inadequate,2019", "900002,Inadeq,20190101"])
def test_a_history_that_breaks_off_is_refused_with_its_line(tmp_path: pathlib.Path, ending: str) -> None:
    with pytest.raises(BadFile, match="line 3"):
        read_text(tmp_path, f"URN,Rating,Inspection Date\n900001,Good,20180320\n{ending}", "history.csv")


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("latest_inspections_as_at_31_March_2025.csv", D(2025, 3, 31)), ("latest-inspections-2025-03-31.csv", D(2025, 3, 31)),
        ("1_September_2015_to_31_August_2019.csv", D(2019, 8, 31)), ("grades_2024-02.csv", D(2024, 2, 29)), ("as at Apr 2026.csv", D(2026, 4, 30)),
        ("history_to_2019.csv", None), ("2019-20.csv", None), ("as_at_31_June_2025.csv", None),
    ],
)  # fmt: skip
def test_the_date_of_an_edition_is_read_from_its_name(name: str, date: datetime.date | None) -> None:
    assert edition_date(name) == date


def test_a_file_without_a_date_in_its_name_is_of_its_newest_publication(tmp_path: pathlib.Path) -> None:
    assert read_text(tmp_path, text_of(LATEST_2026, CARD | UNGRADED), "latest.csv").as_of == D(2026, 3, 2)


def test_a_loaded_file_leaves_its_inspections_in_the_database(database: Database, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "latest_2026-08-31.csv"
    path.write_text(text_of(LATEST_2026, CARD | OEIF_2026 | UNGRADED), encoding="cp1252")
    load_file(database, path, pendulum.datetime(2026, 9, 1, 9))
    with database.reading() as session:
        saved = session.exec(select(Inspection)).all()
    assert {(one.regime, one.inspected, one.source) for one in saved} == {
        (regime, inspected, "Ofsted latest inspections with report cards 2026-08-31")
        for regime, inspected in (("report_card", D(2026, 1, 13)), ("graded", D(2024, 10, 8)), ("ungraded", D(2025, 2, 4)))
    }


def test_the_real_grades_of_april_2024_are_those_that_were_published(shared: pathlib.Path) -> None:
    found = read_path(shared / "ofsted" / "grades_2024-04.csv")
    assert Counter(row["grade"] for row in found.inspections) == {
        "Outstanding": 2835, "Good": 16035, "Requires improvement": 1611, "Inadequate": 90,
    }  # fmt: skip
    assert (found.kind, found.as_of, found.rows_read, found.unknown_columns) == ("Ofsted grades of one month", D(2024, 4, 30), 20571, [])


def test_the_real_history_keeps_every_inspection_once(shared: pathlib.Path) -> None:
    found = read_path(shared / "ofsted" / "grades_history_to_2019.csv.zip")
    assert (found.rows_read, found.rows_kept, len(found.inspections)) == (60134, 60131, 60131)
    assert sum(found.skipped.values()) == 3
    assert {row["grade"] for row in found.inspections} == {"Outstanding", "Good", "Requires improvement", "Satisfactory", "Inadequate"}
