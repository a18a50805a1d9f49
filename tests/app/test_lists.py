"""Lists as people keep them in spreadsheets, loaded by command: what is taken, and what is refused in one sentence."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlmodel import col, select

from models.database import Database
from models.school import School
from models.supporter import Declaration, Supporter
from tests.app.conftest import Run
from tests.app.test_bad_input import is_one_sentence
from tests.stages.builders import Journey, everything

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
    assert lodestar("supporter", "load", csv_file(file, [*HEADER, "", ""], [*ADA, "", " ", ""])).out == "1 supporter was added.\n"


WRONG: dict[str, tuple[str, object, str]] = {
    "an employer below nought": ("employer_urn", -5, "employer_urn: "),
    "a declaration still to come": ("declared_on", "2026-09-03", "declared_on: 3 September 2026 is still to come."),
    "a declaration in 2099": ("declared_on", "31/12/2099", "declared_on: 31 December 2099 is still to come."),
    "half a place": ("easting", 450_000, "northing: a base has an easting and a northing: give both, or neither."),
    "the other half": ("northing", 200_000, "northing: a base has an easting and a northing: give both, or neither."),
    "a place west of everything": ("easting", -450_000, "easting: "),
    "a place beyond the grid": ("easting", 3_000_000_000, "easting: "),
    "a fraction of a penny": ("pounds_a_day", "0.001", "pounds_a_day: 0.001 has fractions of a penny: give pounds and pence."),
    "a name that colours a screen": ("name", "A\x1b[31mda", "name: there is a character in it that cannot be seen (U+001B): type it anew."),
    "a name on two lines": ("name", '"A\nda"', "name: there is a character in it that cannot be seen (U+000A): type it anew."),
    "a name written backwards": ("name", "a\u202eb", "name: there is a character in it that cannot be seen (U+202E): type it anew."),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_of_a_supporter_is_refused_with_its_line_and_column(lodestar: Run, installed: Database, tmp_path: Path, what: str) -> None:
    column, value, says = WRONG[what]
    row = dict(zip(HEADER, ADA, strict=True)) | {column: value}
    before = everything(installed)
    ran = lodestar("supporter", "load", csv_file(tmp_path / "odd.csv", list(row), list(row.values())), "--as-of", "2026-09-02T09:00")
    is_one_sentence(ran)
    # A row is on the line of the file on which it ends.
    assert ran.err.startswith(f"odd.csv: line {2 + value.count(chr(10)) if isinstance(value, str) else 2}: {says}")
    assert everything(installed) == before


def test_a_name_with_a_character_that_no_text_has_is_refused_with_its_line(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    said = refused(lodestar, installed, csv_file(tmp_path / "odd.csv", HEADER, ["A\0da", *ADA[1:]]))
    assert said.startswith("odd.csv has in line 2 a character that no text has (U+0000): ")


def test_rows_that_are_left_empty_count_as_lines(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "odd.csv", HEADER, ADA)
    file.write_text(file.read_text() + "\n\n" + file.read_text().splitlines()[1].replace("Ada", "Bo").replace("@", " at ") + "\n")
    assert "odd.csv: line 5: email: " in lodestar("supporter", "load", file).err


def test_an_employer_is_in_the_register_once_there_is_one(lodestar: Run, case: Journey, tmp_path: Path) -> None:
    employed = [*HEADER, "employer_urn"]
    said = refused(lodestar, case.database, csv_file(tmp_path / "odd.csv", employed, [*ADA, 123_456]))
    says = "there is no school 123456 in the register: look at the URN; if it is one of another authority, load the register"
    assert said.startswith(f"odd.csv: line 2: employer_urn: {says}")
    assert lodestar("supporter", "load", csv_file(tmp_path / "good.csv", employed, [*ADA, case.case.urn])).code == 0


def test_what_only_the_database_can_tell_of_a_supporter_is_named_with_every_other_fault_in_one_refusal(
    lodestar: Run, case: Journey, tmp_path: Path
) -> None:
    taken, employed = names_of(case)[0], [*HEADER, "employer_urn", "caseload_cap"]
    rows = [
        [*ADA, "", ""], ["Bo", "nobody", "adviser", "disadvantage:4", 10, 500, 990_999, 0], [taken, "x@x.example", "adviser", "a;a", 10, 500, "", ""],
        ["Cy", *ADA[1:], 123_456, ""], ["Bo", *ADA[1:], "", ""],
    ]  # fmt: skip
    said = refused(lodestar, case.database, csv_file(tmp_path / "odd.csv", employed, *rows)).removeprefix("odd.csv: ")
    assert [tuple(part.split(": ")[:2]) for part in said.split("; ") if part.startswith("line ")] == [
        ("line 3", "email"), ("line 3", "skills"), ("line 3", "caseload_cap"), ("line 3", "employer_urn"),
        ("line 4", "name"), ("line 4", "skills"), ("line 5", "employer_urn"), ("line 6", "name"),
    ]  # fmt: skip
    assert f"line 4: name: there is a supporter called {taken} already" in said
    assert "line 6: name: the same (Bo) stands in line 3 already" in said
    ran = lodestar("broker", "what-if", "999-economic-exclusion", "--add", tmp_path / "odd.csv")
    assert ran.code != 0 and ran.err.startswith(f"odd.csv: {said.partition('; line 4')[0]}")


def test_what_only_the_database_can_tell_of_a_link_is_named_with_every_other_fault_in_one_refusal(
    lodestar: Run, case: Journey, tmp_path: Path
) -> None:
    name, urn = names_of(case)[0], case.case.urn
    columns, known = ["supporter", "urn", "kind"], [name, urn, "governor"]
    assert lodestar("supporter", "conflicts", csv_file(tmp_path / "good.csv", columns, known)).code == 0
    before = everything(case.database)
    rows = [[name, urn, "spouse"], ["Nobody", urn, "family"], [name, 123, "family"], known, ["Nobody", 123, "spouse"], [name, urn, "family"]]
    ran = lodestar("supporter", "conflicts", csv_file(tmp_path / "odd.csv", columns, *rows))
    is_one_sentence(ran)
    assert everything(case.database) == before
    said = ran.err.removeprefix("odd.csv: ").split("; ")
    assert [tuple(part.split(": ")[:2]) for part in said] == [
        ("line 2", "kind"), ("line 3", "supporter"), ("line 4", "urn"), ("line 5", "kind"),
        ("line 6", "supporter"), ("line 6", "urn"), ("line 6", "kind"),
    ]  # fmt: skip
    assert said[1:4] == [
        'line 3: supporter: there is no supporter called "Nobody": `lodestar supporter list` shows those there are',
        "line 4: urn: there is no school 123 in the register: look at the URN",
        "line 5: kind: this link is in the register of conflicts already: leave the line out",
    ]


def names_of(case: Journey) -> list[str]:
    with case.database.reading() as session:
        return list(session.exec(select(Supporter.name).order_by(col(Supporter.id))).all())


def test_skills_that_no_programme_asks_for_are_named_and_loaded_all_the_same(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    known, slip, other = (
        ADA,
        ["Bo", "bo@x.example", "adviser", "disadvantagee:2;Disadvantage", 10, 500],
        ["Cy", "cy@x.example", "hub", "zzz", 10, 500],
    )
    assert lodestar("supporter", "load", csv_file(tmp_path / "odd.csv", HEADER, known, slip, other)).out.splitlines() == [
        "3 supporters were added.",
        'No programme asks for the skill "Disadvantage": was disadvantage meant?',
        'No programme asks for the skill "disadvantagee": was disadvantage meant?',
        'No programme asks for the skill "zzz".',
    ]


def test_trusts_that_nobody_else_has_are_named_and_loaded_all_the_same(lodestar: Run, case: Journey, tmp_path: Path) -> None:
    with case.database.reading() as session:
        trust = next(name for name in session.exec(select(School.trust).order_by(col(School.urn))).all() if name)

    def loaded(file: str, **trusts: str) -> list[str]:
        rows = [[name, *ADA[1:], theirs] for name, theirs in trusts.items()]
        return lodestar("supporter", "load", csv_file(tmp_path / file, [*HEADER, "trust"], *rows)).out.splitlines()

    says = "No school of the register and no other supporter is of the trust"
    assert loaded("first.csv", Ada=trust, Bo="Nosuch", Cy=f"{trust.upper()}s", Di="Nosuch", Ed="") == [
        "5 supporters were added.",
        f'{says} "Nosuch", so no link with its schools would be seen: is it a slip?',
        f'{says} "{trust.upper()}s", so no link with its schools would be seen: was {trust} meant?',
    ]
    # The second time somebody else is of it.
    assert loaded("second.csv", Fay="Nosuch") == ["1 supporter was added."]
    with case.database.reading() as session:
        assert session.exec(select(Supporter.trust).where(Supporter.name == "Bo")).one() == "Nosuch"


def test_before_a_register_is_loaded_no_trust_is_taken_for_a_slip(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    assert lodestar("supporter", "load", csv_file(tmp_path / "odd.csv", [*HEADER, "trust"], [*ADA, "Nosuch"])).out == "1 supporter was added.\n"


HUGE = "9" * 30


@pytest.mark.parametrize(
    ("command", "columns", "row", "column"),
    [
        ("supporter load", [*HEADER, "employer_urn"], [*ADA, HUGE], "employer_urn"),
        ("supporter load", [*HEADER, "caseload_cap"], [*ADA, HUGE], "caseload_cap"),
        ("supporter load", [*HEADER, "easting", "northing"], [*ADA, 450_000, HUGE], "northing"),
        ("supporter conflicts", ["supporter", "urn", "kind"], ["Ada", HUGE, "governor"], "urn"),
        ("contact load", ["urn", "name", "email"], [HUGE, "Headteacher", "head@x.example"], "urn"),
    ],
)
def test_a_number_beyond_any_is_named_with_its_line_and_column(
    lodestar: Run, installed: Database, tmp_path: Path, command: str, columns: list[str], row: list[Any], column: str
) -> None:
    before = everything(installed)
    ran = lodestar(*command.split(), csv_file(tmp_path / "odd.csv", columns, row))
    is_one_sentence(ran)
    assert f'line 2: {column}: "9999' in ran.err and " is too much: write " in ran.err
    assert everything(installed) == before
