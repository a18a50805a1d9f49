"""Lists as people keep them in spreadsheets, loaded by command: what is taken, and what is refused in one sentence."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlmodel import col, select

from models.database import Database
from models.supporter import Declaration, Supporter
from tests.app.conftest import Run
from tests.app.test_bad_input import is_one_sentence
from tests.stages.builders import everything

HEADER = ["name", "email", "kind", "skills", "days_a_year", "pounds_a_day"]
ADA = ["Ada", "ada@x.example", "adviser", "disadvantage:2", 10, 500]


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def csv_file(path: Path, *rows: list[Any]) -> Path:
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("written", [datetime.date(2026, 9, 1), "01/09/2026", "2026-09-01", "1/9/2026"])
def test_a_declaration_on_file_may_be_written_as_spreadsheets_write_a_day(lodestar: Run, installed: Database, tmp_path: Path, written: Any) -> None:
    file = workbook(tmp_path / "supporters.xlsx", [[*HEADER, "declared_on"], [*ADA, written]])
    ran = lodestar("supporter", "load", file)
    assert ran.code == 0, ran.err
    assert [made.due for made in declarations_of_ada(installed)] == [datetime.date(2026, 9, 1)]


@pytest.mark.parametrize("written", ["12/13/2026", "1764547200", "46357", "last year", "0001-01-01"])
def test_a_declaration_on_no_day_is_refused_with_its_line(lodestar: Run, installed: Database, tmp_path: Path, written: str) -> None:
    before = everything(installed)
    ran = lodestar("supporter", "load", csv_file(tmp_path / "supporters.csv", [*HEADER, "declared_on"], [*ADA, written]))
    is_one_sentence(ran)
    assert ran.err.startswith(f'supporters.csv: line 2: declared_on: "{written}" is no date: write it as 2026-09-01 or 01/09/2026.')
    assert everything(installed) == before


def declarations_of_ada(installed: Database) -> list[Declaration]:
    with installed.reading() as session:
        query = select(Declaration).join(Supporter, col(Supporter.id) == Declaration.supporter_id)
        return list(session.exec(query.where(Supporter.name == "Ada", Declaration.made_by == "on file")).all())


def refused(lodestar: Run, installed: Database, file: Path) -> str:
    """Return what is said when a list is refused and nothing of it was saved."""
    before = everything(installed)
    ran = lodestar("supporter", "load", file)
    is_one_sentence(ran)
    assert everything(installed) == before
    return ran.err.strip()


@pytest.mark.parametrize("days", ["10", "10,5"])
@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_list_that_is_not_parted_by_commas_is_refused_and_never_an_empty_one(
    lodestar: Run, installed: Database, tmp_path: Path, mark: str, days: str
) -> None:
    file = tmp_path / "parted.csv"
    file.write_text(f"{mark.join(HEADER)}\n{mark.join(['Ada', 'ada@x.example', 'adviser', 'disadvantage', days, '500'])}\n", encoding="utf-8")
    assert refused(lodestar, installed, file) == "parted.csv is parted by semicolons or tabs: save it as csv with commas, or as xlsx."


def test_a_list_with_nothing_below_its_header_is_refused(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    says = "has no row below its column names: fill it in, or see that what was filled in is saved."
    assert refused(lodestar, installed, csv_file(tmp_path / "bare.csv", HEADER)) == f"bare.csv {says}"
    assert refused(lodestar, installed, csv_file(tmp_path / "spaces.csv", HEADER, [" "] * len(HEADER))) == f"spaces.csv {says}"
    assert refused(lodestar, installed, workbook(tmp_path / "bare.xlsx", [HEADER, []])).startswith("bare.xlsx has no sheet with a table: ")


def test_a_column_that_stands_twice_or_a_cell_in_none_is_refused_and_not_chosen_among(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    said = refused(lodestar, installed, csv_file(file, [*HEADER, "Days a year"], [*ADA, 50]))
    assert said == "odd.csv has the column days_a_year twice: leave one of them out."
    said = refused(lodestar, installed, csv_file(file, HEADER, ADA, [*ADA, "", "450000"]))
    assert said == 'odd.csv, line 3: "450000" stands in no column that has a name: name the column, or take it out.'
    said = refused(lodestar, installed, csv_file(file, [*HEADER, "", "trust"], [*ADA, "Oak", ""]))
    assert said == 'odd.csv, line 2: "Oak" stands in no column that has a name: name the column, or take it out.'
    assert lodestar("supporter", "load", csv_file(file, [*HEADER, "", ""], [*ADA, "", " ", ""])).out == "1 supporters were added.\n"
