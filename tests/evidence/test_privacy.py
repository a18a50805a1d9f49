"""No pupil's record comes in, by file or by answer; what schools really write does."""

import pathlib
import re

import pendulum
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import select

from evidence.loading import load_file
from evidence.privacy import check_answers, check_cells, check_columns, may_have_pupil_number, names_pupils, refuse_pupils_in
from models.database import Database
from models.errors import BadFile, BadInput
from models.evidence import Load

AT = pendulum.datetime(2026, 9, 1, 9)


@pytest.mark.parametrize(
    "column",
    [
        "UPN",
        "Legal_Surname",
        "Date of  Birth",
        "forename",
        "NHS number",
        "student",
        "Student Name",
        "learner",
        "Pupil_ID",
        "name of pupil",
        "pupil's surname",
        "Pupil number",
        "Student No.",
        "DOB",
    ],
)
def test_a_file_with_a_column_of_pupils_is_refused_and_nothing_is_kept(tmp_path: pathlib.Path, sqlite_database: Database, column: str) -> None:
    path = tmp_path / "absence.csv"
    path.write_text(f"LA,ESTAB,URN,PERCTOT,PPERSABS10,{column}\n998,4000,900001,4.1,10.2,x\n")
    with pytest.raises(BadFile, match="list of pupils"):
        load_file(sqlite_database, path, AT, year=2024)
    with sqlite_database.reading() as session:
        assert session.exec(select(Load)).all() == []


@pytest.mark.parametrize(
    "column",
    [
        "Date of Birth (DD/MM/YYYY)", "Full name", "DOB (dd/mm/yyyy)", "D.O.B.", "Birth date", "BirthDate", "DateOfBirth", "Unique Pupil Number (UPN)",
        "UPN (13 chars)", "ULN/UPN", "Unique Pupil No", "uniqueLearnerNumber", "Pupil-Name", "PupilFirstName", "Pupil name (surname, forename)",
        "Legal Full Name", "Surname, forename", "Chosen surname", "Children\u2019s names", "Names of children", "Candidate name", "Admission number",
        "Adm No", "Student ID number", "Learner reference number", "NHS No", "Former UPN", "Pupil [preferred name]", "Middle name(s)",
    ],
)  # fmt: skip
def test_a_list_of_pupils_is_known_however_its_heading_is_written(column: str) -> None:
    with pytest.raises(BadFile, match=f"list of pupils \\(it has the column {re.escape(column)}\\)"):
        check_columns("own.csv", ["urn", "indicator", "date", "value", column])


@pytest.mark.parametrize(
    "column",
    [
        "Head first name", "HeadLastName", "HeadPreferredJobTitle", "Headteacher surname", "Contact forename", "EstablishmentName", "SchoolName",
        "School full name", "LA (name)", "Academy sponsor name", "Name", "Number of pupils", "NumberOfPupils", "candidate counts", "Number of candidates",
        "Admissions policy", "AdmissionsPolicy (name)", "Published admission number (PAN)", "Year R admission number", "Pupil premium", "PupilCount",
        "Number of pupils with a UPN", "Pupils without a date of birth", "Average Attainment 8 score per pupil", "Children's centre name",
        "Pupils are left out of these figures where their date of birth or UPN is not known", "Number of pupils (by month of birth)",
    ],
)  # fmt: skip
def test_a_heading_that_counts_pupils_or_names_a_school_or_its_staff_is_taken(column: str) -> None:
    check_columns("published.csv", ["URN", column, "Date"])


def test_a_cell_with_a_pupil_number_is_refused_with_its_line() -> None:
    check_cells("f.csv", 2, ["900001", "4.1", "SUPP", "E01000001"])
    with pytest.raises(BadFile, match="line 3"):
        check_cells("f.csv", 3, ["900001", "A123456789012"])


@pytest.mark.parametrize("number", ["A 1234 5678 9012", "a-123-456-789-012", "T 12345678901B"])
@pytest.mark.parametrize(("rows", "line"), [("{},,,\n{}\n900001,exclusions,31/07/2026,4\n", 1), ("{1}\n900001,exclusions,31/07/2026,{0}\n", 2)])
def test_a_pupils_number_is_refused_above_the_header_and_with_its_digits_parted(
    tmp_path: pathlib.Path, sqlite_database: Database, number: str, rows: str, line: int
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(rows.format(number, "urn,indicator,date,value"), encoding="utf-8")
    with pytest.raises(BadFile, match=f"line {line}: there is what looks like a unique pupil number"):
        load_file(sqlite_database, path, AT)


def test_telephone_numbers_days_and_places_on_a_map_are_no_pupils_numbers_in_a_row() -> None:
    check_cells(
        "f.csv", 2, ["CB1 2AB", "01223 712345", "T 01234 567890", "TQ 123456 654321", "A", "01-01-2026", "2026-01-01", "E01000001", "2016-2017"]
    )


@pytest.mark.parametrize(
    "text", ["A123456789012 is often late", "two boys born 03/04/2015", "Ann Other, Ben Nobody, Cem Noone", "Ann Other\nBen Nobody\nCem Noone"]
)
def test_an_answer_that_tells_of_single_pupils_is_refused_and_names_the_question(text: str) -> None:
    with pytest.raises(BadInput, match='"comments"'):
        check_answers({"comments": text})


@pytest.mark.parametrize(
    "text",
    ["We work with Mill Lane and St Anne's.", "12 of 30 pupils; the Summer Term was hard", "Breakfast Club, Homework Club and trips", "B1234567", ""],
)
def test_what_schools_write_of_their_work_is_taken(text: str) -> None:
    check_answers({"comments": text, "count": 12})


def test_a_list_by_pupils_numbers_is_refused_as_one_though_it_is_of_no_kind_that_is_known(tmp_path: pathlib.Path, sqlite_database: Database) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("School,Pupil number,Date\nElm,17,01/09/2026\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"looks like a list of pupils \(it has the column Pupil number\)"):
        load_file(sqlite_database, path, AT)


def test_the_number_of_pupils_beside_those_of_boys_and_girls_is_a_count() -> None:
    check_columns("grades.csv", ["unique_reference_number", "pupil_number", "pupil_boys", "pupil_girls", "rating"])


@pytest.mark.parametrize(
    "column", ["Number of pupils", "pupil_headcount", "total pupils", "NumberOfPupils", "Pupil numbers", "Published admission number"]
)
def test_a_column_that_counts_pupils_is_taken(column: str) -> None:
    check_columns("counts.csv", ["School", column, "Date"])


def test_counts_of_pupils_are_no_list_of_pupils() -> None:
    check_columns("f.csv", ["Pupils", "KS2 Pupils", "Number of pupils on roll", "students", "School name", "Pupil numbers", "pupil premium"])


@pytest.mark.parametrize(
    "text",
    [
        "a123456789012 is often late", "Ann Other was born in 2015", "born to Ann Other", "d.o.b. 3 May 2015", "born on 3rd May 2015",
        "Ann Other, Ben Nobody and Cem Noone were late", "We think of Ann Other; Ben Nobody; Zoë O'Neil.", "OTHER Ann\nNOBODY Ben\nNOONE Cem",
        "Ann Other / Ben Nobody / Cem Noone", "Ann Other|Ben Nobody|Cem Noone", "Ann Other\tBen Nobody\tCem Noone", "Ann\tOther\nBen\tNobody\nCem\tNoone",
        "Ann Other (7), Ben Nobody (8), Cem Noone (9)", "Ann Other 7, Ben Nobody 8 and Cem Noone 9", "Ann Other (Year 4); Ben Nobody (Year 5); Cem Noone",
        "Other A., Nobody B., Noone C.", "Other A, Nobody B and Noone C", "Other, A.; Nobody, B.; Noone, C.", "A. Other, B.J. Nobody, C Noone",
        "Ann Other 3/4/15", "Ann Other (3 May 2015)", "Ann Other, 2015-05-03", "Ann Other: 03.04.2015",
        "Pupils Ann Other, Ben Nobody & Cem Noone", "1. Ann Other\n2. Ben Nobody\n3. Cem Noone", "- Ann Mary Other\n- Ben Nobody\n- Cem Noone",
    ],
)  # fmt: skip
def test_words_that_tell_of_single_pupils_are_refused_wherever_they_stand(text: str) -> None:
    with pytest.raises(BadInput, match="The reason looks as if it told of single pupils"):
        refuse_pupils_in(text, "The reason")


PROSE = """Elm Grove Primary School works with Mill Lane Infant School, Oak Road Juniors and St Anne's Catholic Primary in Castle Mead.
The Chair of Governors, the Vice Chair, Parent Governors and the Clerk met on Monday, Tuesday and Wednesday in the Autumn Term.
Breakfast Club, Homework Club and Forest School are open to all. The Wexcombe Learning Trust, Three Rivers Academies Trust and the
Diocese of Wexcombe agree. Attendance rose in Year 3, Year 4 and Year 5; Early Years, Key Stage 1 and Key Stage 2 were reviewed.
Safeguarding Lead, Deputy Head and Senior Leaders took part. The idea was born in 2019 and bore fruit. We visited Barrow Hill, Foxholes and
Marsh Green on 14/05/2026. Our adviser Ann Other and the head Ben Nobody thanked the staff of Ashmere. No date of birth is ever kept.
Pupil Premium, Free School Meals and SEND Support are planned together with Wexcombe County Council. 12 of 30 pupils were new.
Class A, Class B and Class C swapped; Group A, Set B, Block C and Hall D as well. Plan A, Plan B / Plan C. Team A|Team B|Team C.
Mill Lane (Year 3), Oak Road (Year 4) and Elm Grove (12). Monday / Tuesday / Wednesday. The plan was agreed with Ann Other 14/05/2026.
Spring Term 14/05/2019. Ann Other, 12 June 2026. Grades A, B and C. Option A, Room B, Form C. Year 3 (30), Year 4 (28), Year 5 (31).
Mathematics Mastery, Reading Recovery and Talk Boost were tried."""


def test_ordinary_words_of_a_school_are_taken() -> None:
    refuse_pupils_in(PROSE)
    for line in PROSE.splitlines():
        refuse_pupils_in(line)


@given(st.text("AIZaé\u0663\u212a0123456789 ,-", max_size=30))
@example("A12345678901B")
@example("A 1234-5678 901 B")
@example("A 1234 5678 9012")
@example("é12345678901Z")
@example("A1234567890\u0663Z")
def test_rows_are_looked_through_wherever_a_pupils_number_can_stand(words: str) -> None:
    for text in (words, f"x,{words}9", f"A{words}12345678901B"):
        try:
            check_cells("f.csv", 1, [text])
        except BadFile:
            assert may_have_pupil_number(text.encode())


@pytest.mark.parametrize("text", ["A 123 456 789 012 is often late", "UPN a-123-456-789-012", "T 12345678901B"])
def test_a_pupils_number_is_seen_however_its_digits_are_parted(text: str) -> None:
    assert names_pupils(text)


def test_a_telephone_number_after_a_letter_is_no_pupils_number() -> None:
    assert not names_pupils("T 01234 567890 or M 07700 900123, room B 12")


@pytest.mark.parametrize(
    "text",
    ["Ann Lee" + "\n" * 4000 + "!", "Kind Regards" + "\n" * 60 + "1", "Ann Lee" + ", " * 3000 + "!", "Ann Lee" + " and" * 2000, "A'" * 4000, "A" * 8000,
     "Ann Lee\n" + "- " * 3000 + "!", "Ann Lee" + "\n1. " * 2000, "Ann Lee (" * 2000, "Ann Lee" + " (1)" * 2000, "Ann Lee\t" + "\t1" * 2000,
     "Lee A. " * 2000, "A. " * 4000, "Lee A" + "\t/ " * 2000, "Ann Lee" + " " * 8000 + "1/1", "Ann Lee 1/5 " * 2000],
    ids=["lines", "a greeting", "commas", "ands", "apostrophes", "capitals", "dashes", "numbers",
         "brackets", "ages", "tabs", "surnames", "initials", "slashes", "spaces", "days"],
)  # fmt: skip
def test_words_of_any_making_are_looked_through_to_their_end(text: str) -> None:
    """Tried in every way in which they can be parted these would take longer than the world is old."""
    assert not names_pupils(text)


_PIECE = st.sampled_from(
    ["Ann Lee", "Bo Roe", "Cy Poe", "Year", "a", " ", "\n", "\r\n", ",", ";", "&", "and", " and ", "- ", "* ", "1. ", "2) ", "'", "-", "A"]
)


@given(st.lists(_PIECE, max_size=14).map("".join))
@example("Ann Lee, and Bo Roe ,\n\n - Cy Poe")
def test_names_in_a_row_are_found_as_if_every_way_of_parting_them_were_tried(text: str) -> None:
    word = r"[A-Z][\w'-]*[^\W\d_]"
    name = rf"{word}(?:[ \t]+{word}){{1,3}}"
    apart = r"(?:[ \t]*(?:,[ \t]*and\b|[,;&]|\band\b|\r?\n)\s*(?:[-*]\s*|\d+[.)]\s*)?)"
    runs = [match[0] for match in re.finditer(rf"{name}(?:{apart}+{name}){{2,}}", text)]
    ours = {"ann lee", "bo roe", "cy poe"}
    sure = any(sum(part.casefold() in ours for part in re.split(rf"{apart}+", run)) >= 3 for run in runs)
    assert names_pupils(text) or not sure


def test_telephone_numbers_and_postcodes_are_no_pupils_numbers() -> None:
    assert not may_have_pupil_number(b'"01223712345","CB1 2AB","E01000001","441223712345"')


def test_a_pupils_number_in_a_large_file_is_refused_by_its_line(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "england_abs_2023-2024.csv"
    rows = "".join(f"999,2001,9000{n},4.1\n" for n in range(10, 50))
    path.write_text("LA,ESTAB,URN,PERCTOT\n" + rows + "999,A123456789012,900001,4.1\nNAT,PRI,,4\n", encoding="utf-8")
    with pytest.raises(BadFile, match="line 42: there is what looks like a unique pupil number"):
        load_file(sqlite_database, path, AT)
