"""No pupil's record comes in, by file or by answer; what schools really write does."""

import pathlib

import pendulum
import pytest
from sqlmodel import select

from evidence.loading import load_file
from evidence.privacy import check_answers, check_cells
from models.database import Database
from models.errors import BadFile, BadInput
from models.evidence import Load

AT = pendulum.datetime(2026, 9, 1, 9)


@pytest.mark.parametrize("column", ["UPN", "Legal_Surname", "Date of  Birth", "forename", "NHS number"])
def test_a_file_with_a_column_of_pupils_is_refused_and_nothing_is_kept(tmp_path: pathlib.Path, sqlite_database: Database, column: str) -> None:
    path = tmp_path / "absence.csv"
    path.write_text(f"LA,ESTAB,URN,PERCTOT,PPERSABS10,{column}\n998,4000,900001,4.1,10.2,x\n")
    with pytest.raises(BadFile, match="list of pupils"):
        load_file(sqlite_database, path, AT, year=2024)
    with sqlite_database.reading() as session:
        assert session.exec(select(Load)).all() == []


def test_a_cell_with_a_pupil_number_is_refused_with_its_line() -> None:
    check_cells("f.csv", 2, ["900001", "4.1", "SUPP", "E01000001"])
    with pytest.raises(BadFile, match="line 3"):
        check_cells("f.csv", 3, ["900001", "A123456789012"])


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
