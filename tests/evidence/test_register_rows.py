"""Reading the register as people download it: its traps, on small made-up files, and its published counts, on the real one."""

import datetime
import pathlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from evidence.kind import Context
from evidence.opening import open_file
from evidence.reading import read_file
from evidence.register_rows import NEEDED, records, school_row
from models.errors import BadFile
from models.words import Phase, SchoolStatus

COLUMNS = (*NEEDED, "LA (name)", "NumberOfPupils", "PercentageFSM", "OfstedLastInsp", "OfstedRating (name)", "Easting", "Northing",
           "PhaseOfEducation (name)", "Trusts (name)", "OpenDate", "CloseDate", "EstablishmentNumber")  # fmt: skip
PLAIN = {
    "URN": "900001", "LA (code)": "998", "LA (name)": "Madeupshire", "EstablishmentName": "Mill Lane School", "EstablishmentStatus (name)": "Open",
    "TypeOfEstablishment (name)": "Community school", "EstablishmentTypeGroup (name)": "Local authority maintained schools",
    "NumberOfPupils": "210", "PercentageFSM": "12.5", "OfstedLastInsp": "07-03-2019", "OfstedRating (name)": "Good", "Easting": "450000",
    "Northing": "190000", "PhaseOfEducation (name)": "Primary", "Trusts (name)": "", "OpenDate": "", "CloseDate": "", "EstablishmentNumber": "0042",
}  # fmt: skip


def register_rows(path: pathlib.Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    with open_file(path) as table:
        yield from records(table)


def lines(*some: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """Return csv text as the register writes it: every field quoted, CRLF, no line end after the last record."""
    rows = [columns, *([{**PLAIN, **record}.get(name, "") for name in columns] for record in some)]
    return "\r\n".join(",".join(f'"{value}"' for value in row) for row in rows)


def written(folder: pathlib.Path, text: str | bytes, name: str = "register.csv") -> pathlib.Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("cp1252"))
    return path


def zipped(folder: pathlib.Path, files: dict[str, str], name: str = "register.zip") -> pathlib.Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, text in files.items():
            archive.writestr(inside, text.encode("cp1252"))
    return folder / name


def names(path: pathlib.Path) -> list[str]:
    return [record["EstablishmentName"] for _, record in register_rows(path)]


def row(**record: str) -> dict[str, Any]:
    return school_row({**PLAIN, **record}, datetime.date(2026, 8, 1))


def refusal(path: pathlib.Path) -> str:
    with pytest.raises(BadFile) as caught:
        list(register_rows(path))
    return str(caught.value)


def test_a_record_is_given_with_its_line(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, lines({"URN": "1"}, {"URN": "2"}))
    assert [(line, record["URN"]) for line, record in register_rows(path)] == [(2, "1"), (3, "2")]


def test_names_in_the_registers_own_encoding_are_read_right(tmp_path: pathlib.Path) -> None:
    text = lines({"EstablishmentName": "St Zoë\u2019s \u2013 École"})
    assert names(written(tmp_path, text.encode("cp1252"))) == ["St Zoë\u2019s \u2013 École"]


def test_a_copy_saved_as_utf_8_with_a_mark_is_read_right_and_its_first_column_found(tmp_path: pathlib.Path) -> None:
    text = lines({"EstablishmentName": "St Zoë\u2019s"})
    path = written(tmp_path, text.encode("utf-8-sig"))
    assert names(path) == ["St Zoë\u2019s"]
    assert next(register_rows(path))[1]["URN"] == "900001"


def test_a_record_longer_than_the_header_loses_only_what_is_beyond_it(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, lines({"URN": "1"}) + ',"more","and more"\r\n' + lines({"URN": "2"}).splitlines()[1])
    found = [record for _, record in register_rows(path)]
    assert [record["URN"] for record in found] == ["1", "2"]
    assert found[0].keys() == found[1].keys()


def test_a_file_cut_short_inside_a_record_is_refused_with_its_line(tmp_path: pathlib.Path) -> None:
    text = lines({"URN": "1"}, {"URN": "2"}, {"URN": "3"})
    whole_fields = text.rpartition(',"')[0]
    assert "is cut short at line 4: the record has 17 of 18 fields" in refusal(written(tmp_path, whole_fields))
    assert "damaged at line 4" in refusal(written(tmp_path, text[:-3]))


def test_a_record_cut_short_in_the_middle_is_refused_with_its_line(tmp_path: pathlib.Path) -> None:
    first, _, third = lines({"URN": "1"}, {"URN": "2"}).splitlines()
    assert "cut short at line 2: the record has 2 of 18 fields" in refusal(written(tmp_path, "\r\n".join((first, '"1","998"', third))))


def test_a_line_break_inside_a_field_is_part_of_it(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, lines({"EstablishmentName": "Mill\r\nLane"}, {"URN": "2"}))
    assert [(line, record["EstablishmentName"]) for line, record in register_rows(path)] == [(3, "Mill\r\nLane"), (4, "Mill Lane School")]


def test_columns_are_found_by_name_wherever_they_stand(tmp_path: pathlib.Path) -> None:
    forwards = written(tmp_path, lines({}), "a.csv")
    backwards = written(tmp_path, lines({}, columns=COLUMNS[::-1]), "b.csv")
    assert next(register_rows(forwards))[1] == next(register_rows(backwards))[1]


def test_an_empty_file_is_refused(tmp_path: pathlib.Path) -> None:
    assert refusal(written(tmp_path, "")) == "register.csv is empty: download it again."
    assert refusal(zipped(tmp_path, {"inside.csv": ""})) == "register.zip is empty: download it again."


def test_a_header_without_schools_is_refused(tmp_path: pathlib.Path) -> None:
    assert refusal(written(tmp_path, lines())) == "register.csv has a header but no establishments: download it again."


def test_a_missing_needed_column_is_named(tmp_path: pathlib.Path) -> None:
    columns = tuple(name for name in COLUMNS if name not in {"URN", "LA (code)"})
    assert "it has no column URN, LA (code)." in refusal(written(tmp_path, lines({}, columns=columns)))


def test_a_file_of_another_kind_is_refused(tmp_path: pathlib.Path) -> None:
    assert "is no register of establishments" in refusal(written(tmp_path, "date,price\r\n1,2\r\n"))


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: pathlib.Path) -> None:
    assert "There is no file" in refusal(tmp_path / "missing.csv")
    assert "cannot be read" in refusal(tmp_path)


def test_a_zip_with_one_csv_is_read_like_the_csv_itself(tmp_path: pathlib.Path) -> None:
    text = lines({"EstablishmentName": "St Zoë\u2019s"}, {"URN": "2"})
    packed, plain = zipped(tmp_path, {"readme.txt": "hello", "Inside.CSV": text}), written(tmp_path, text)
    assert list(register_rows(packed)) == list(register_rows(plain))


@pytest.mark.parametrize(("files", "count"), [({"a.csv": "x", "b.csv": "y"}, 2), ({"readme.txt": "x"}, 0)])
def test_a_zip_with_any_other_number_of_csv_files_is_refused(tmp_path: pathlib.Path, files: dict[str, str], count: int) -> None:
    assert refusal(zipped(tmp_path, files)) == f"register.zip holds {count} csv files: give a zip with exactly one."


def test_a_zip_cut_short_is_refused(tmp_path: pathlib.Path) -> None:
    whole = zipped(tmp_path, {"a.csv": lines(*({"URN": str(n)} for n in range(200)))}).read_bytes()
    assert "damaged zip file" in refusal(written(tmp_path, whole[: len(whole) // 2], "cut.zip"))


def test_a_zip_whose_contents_do_not_match_their_checksum_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "stored.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.csv", lines({}).encode("cp1252"))
    path.write_bytes(path.read_bytes().replace(b"Mill Lane", b"Hill Lane"))
    assert "damaged zip file" in refusal(path)


def test_a_zip_whose_compressed_bytes_are_damaged_is_refused(tmp_path: pathlib.Path) -> None:
    """Not every damage shows in the checksum first: here the bytes can no longer be unpacked at all."""
    path = zipped(tmp_path, {"a.csv": lines(*({"URN": str(n)} for n in range(200)))})
    whole = bytearray(path.read_bytes())
    start = 30 + len("a.csv")
    whole[start + 5 : start + 60] = b"\xff" * 55
    with pytest.raises(zlib.error):
        zlib.decompressobj(-15).decompress(bytes(whole[start:]))
    assert "damaged zip file" in refusal(written(tmp_path, bytes(whole), "damaged.zip"))


def test_a_zip_with_a_password_is_refused(tmp_path: pathlib.Path) -> None:
    path = zipped(tmp_path, {"a.csv": lines({})})
    whole = bytearray(path.read_bytes())
    for place in (6, whole.index(b"PK\x01\x02") + 8):
        whole[place : place + 2] = struct.pack("<H", 1)
    assert "register.zip" in refusal(written(tmp_path, bytes(whole), "register.zip"))


def test_a_byte_that_is_no_text_is_refused(tmp_path: pathlib.Path) -> None:
    text = lines(*({"URN": str(n)} for n in range(900_000, 900_300))).encode("cp1252")
    spoilt = text[:30_000] + b"\x81" + text[30_001:]
    assert "has a byte that is no text" in refusal(written(tmp_path, spoilt))


@pytest.mark.parametrize("code", ["", "SUPP", "NE", "NP", "NA", "LOWCOV", "z", "c", "u", "x", "RE", "NEW", "-"])
@pytest.mark.parametrize(("column", "name"), [("NumberOfPupils", "pupils"), ("PercentageFSM", "fsm_share"), ("Easting", "easting")])
def test_a_code_where_a_number_should_be_is_missing_and_never_zero(code: str, column: str, name: str) -> None:
    assert row(**{column: code})[name] is None


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("0.0", 0.0), ("12.5", 12.5), ("12.5%", 12.5), ("1,250", 1250.0)])
def test_numbers_are_read_as_they_are_written(text: str, value: float) -> None:
    assert row(PercentageFSM=text)["fsm_share"] == value


def test_a_published_zero_stays_zero() -> None:
    assert row(NumberOfPupils="0")["pupils"] == 0


@pytest.mark.parametrize(
    ("text", "day"),
    [("07-03-2019", datetime.date(2019, 3, 7)), ("07/03/2019", datetime.date(2019, 3, 7)), ("01-01-1900", None), ("", None)],
)  # fmt: skip
def test_dates_are_day_first_and_the_first_of_january_1900_is_unknown(text: str, day: datetime.date | None) -> None:
    assert row(OfstedLastInsp=text)["last_inspected"] == day


@pytest.mark.parametrize(
    ("column", "text"),
    [("NumberOfPupils", "nan"), ("PercentageFSM", "inf"), ("PercentageFSM", "-5"), ("Easting", "north"), ("OfstedLastInsp", "31-02-2019"),
     ("OpenDate", "not known")],
)  # fmt: skip
def test_what_is_no_number_no_code_and_no_date_is_never_taken_for_missing(column: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        row(**{column: text})


@pytest.mark.parametrize(
    ("column", "text"),
    [("EstablishmentStatus (name)", "Opne"), ("EstablishmentStatus (name)", ""), ("PhaseOfEducation (name)", "Primry"),
     ("EstablishmentTypeGroup (name)", "Acadmies"), ("EstablishmentTypeGroup (name)", "")],
)  # fmt: skip
def test_a_word_that_the_register_does_not_have_is_told_with_its_column_and_never_taken_for_another(column: str, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'"{text}" in column {column} is none of the words')):
        row(**{column: text})


@pytest.mark.parametrize("column", ["NumberOfPupils", "Easting", "Northing"])
def test_what_is_counted_is_whole(column: str) -> None:
    with pytest.raises(ValueError, match=f'"37.5" in column {column} is no whole number'):
        row(**{column: "37.5"})
    assert row(NumberOfPupils="37.0")["pupils"] == 37


@pytest.mark.parametrize("name", ["", "  "])
def test_a_school_has_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="there is nothing in column EstablishmentName"):
        row(EstablishmentName=name)


def test_words_that_older_registers_write_with_capitals_are_the_same() -> None:
    older = {"EstablishmentStatus (name)": "Open, But Proposed To Close", "PhaseOfEducation (name)": "Middle Deemed Primary"}
    assert row(**older) == row(**{column: text.capitalize() for column, text in older.items()})
    assert row(**older)["closing"] and row(**older)["phase"] is Phase.MIDDLE


def test_an_optional_column_that_is_not_there_is_missing_and_no_error(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, lines({}, columns=NEEDED))
    found = school_row(next(register_rows(path))[1], None)
    absent = ("pupils", "fsm_share", "last_grade", "last_inspected", "easting", "northing", "trust", "town", "establishment_number", "low_age")
    assert {name: found[name] for name in absent} == dict.fromkeys(absent)
    assert (found["urn"], found["name"], found["authority"], found["authority_name"]) == (900001, "Mill Lane School", "998", "")


def test_codes_of_an_authority_and_a_school_keep_their_leading_zeros() -> None:
    assert row(**{"LA (code)": "001"})["authority"] == "001"
    assert row()["establishment_number"] == "0042"


@pytest.mark.parametrize(
    ("state", "is_open", "closing"),
    [("Open", True, False), ("Open, but proposed to close", True, True), ("Closed", False, False), ("Proposed to open", False, False)],
)
def test_a_school_that_is_to_close_is_still_open(state: str, is_open: bool, closing: bool) -> None:
    found = row(**{"EstablishmentStatus (name)": state})
    assert (found["open"], found["closing"]) == (is_open, closing)


@pytest.mark.parametrize(
    ("kind", "group", "status", "paid"),
    [
        ("Community school", "Local authority maintained schools", SchoolStatus.MAINTAINED, True),
        ("Pupil referral unit", "Local authority maintained schools", SchoolStatus.MAINTAINED, True),
        ("Community special school", "Special schools", SchoolStatus.MAINTAINED, True),
        ("Foundation special school", "Special schools", SchoolStatus.MAINTAINED, True),
        ("Non-maintained special school", "Special schools", SchoolStatus.NON_MAINTAINED_SPECIAL, True),
        ("Other independent special school", "Special schools", SchoolStatus.INDEPENDENT, False),
        ("Other independent school", "Independent schools", SchoolStatus.INDEPENDENT, False),
        ("Academy converter", "Academies", SchoolStatus.ACADEMY, True),
        ("Academy special converter", "Academies", SchoolStatus.ACADEMY, True),
        ("Free schools", "Free Schools", SchoolStatus.ACADEMY, True),
        ("City technology college", "Independent schools", None, True),
        ("Children's centre", "Other types", SchoolStatus.OTHER, False),
        ("Further education", "Colleges", SchoolStatus.OTHER, False),
    ],
)
def test_who_maintains_a_school_and_whether_the_state_pays_follow_from_its_type(
    kind: str, group: str, status: SchoolStatus | None, paid: bool
) -> None:
    found = row(**{"TypeOfEstablishment (name)": kind, "EstablishmentTypeGroup (name)": group})
    assert found["state_funded"] is paid
    assert status is None or found["status"] is status


@pytest.mark.parametrize(
    ("kind", "phase", "expected"),
    [
        ("Community school", "Primary", Phase.PRIMARY),
        ("Community school", "Middle deemed secondary", Phase.MIDDLE),
        ("Community school", "All-through", Phase.ALL_THROUGH),
        ("Local authority nursery school", "Nursery", Phase.NURSERY),
        ("Academy converter", "16 plus", Phase.POST_16),
        ("Academy special converter", "Not applicable", Phase.SPECIAL),
        ("Free schools alternative provision", "Not applicable", Phase.ALTERNATIVE),
        ("Pupil referral unit", "Not applicable", Phase.ALTERNATIVE),
    ],
)
def test_the_phase_comes_from_the_register_or_from_the_type_where_it_says_none(kind: str, phase: str, expected: Phase) -> None:
    assert row(**{"TypeOfEstablishment (name)": kind, "PhaseOfEducation (name)": phase})["phase"] is expected


def test_a_grade_that_is_none_of_the_grades_is_not_known() -> None:
    assert row(**{"OfstedRating (name)": "Good"})["last_grade"] == "Good"
    assert row(**{"OfstedRating (name)": "Not judged"})["last_grade"] is None


def test_the_whole_real_register_has_the_published_counts(shared: pathlib.Path) -> None:
    """DfE's counts of open state-funded schools on 16 November 2023, in four authorities and in England."""
    rows = [school_row(record, None) for _, record in register_rows(shared / "register" / "edubasealldata20231116.zip")]
    paid = [found["authority"] for found in rows if found["open"] and found["state_funded"]]
    assert len(rows) == 50_515
    assert sum(found["open"] for found in rows) == 27_075
    assert len(paid) == 22_075
    assert {code: paid.count(code) for code in ("202", "330", "919", "936")} == {"202": 57, "330": 444, "919": 535, "936": 403}
    assert not any(found["pupils"] == 0 and found["fsm_share"] for found in rows)
    assert not any(found["last_inspected"] == datetime.date(1900, 1, 1) for found in rows)


def test_the_real_ragged_export_of_one_authority_is_read_to_its_end(shared: pathlib.Path) -> None:
    path = shared / "authority-tables" / "surrey_gias_search_export_2022_ragged.csv"
    rows = [school_row(record, None) for _, record in register_rows(path)]
    assert {found["authority"] for found in rows} == {"936"}
    assert len({found["urn"] for found in rows}) == len(rows) > 400


@pytest.mark.parametrize("year", ["2021", "2022_ragged"])
def test_real_exports_of_one_authority_have_no_word_number_or_name_that_is_refused(shared: pathlib.Path, year: str) -> None:
    found = read_file(shared / "authority-tables" / f"surrey_gias_search_export_{year}.csv", Context(datetime.date(2026, 8, 3)))
    assert found.scope == "936" and found.rows_kept == found.rows_read > 500
