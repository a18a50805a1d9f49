"""The evidence commands as a person meets them: what was understood, what is known, and one sentence for whatever is wrong."""

import contextlib
import multiprocessing
from pathlib import Path

import pytest
from rich.console import Console

from app import output
from app.commands.evidence import load
from models.database import Database
from models.words import Status
from tests.app.conftest import Run
from tests.app.test_bad_input import is_one_sentence
from tests.evidence.inspected import BEFORE, in_measures, inspections
from tests.evidence.made_up import linked, school, with_schools
from tests.evidence.test_kind_results import ks2
from tests.evidence.test_loading import BROKEN, census
from tests.stages.builders import Journey, everything

AS_OF = ("--as-of", "2026-08-03T09:00")
REFERENCE = "999-economic-exclusion"


def test_loading_says_what_was_understood_of_each_file(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    ran = lodestar("evidence", "load", census(tmp_path), ks2(tmp_path), *AS_OF)
    assert (ran.code, ran.err) == (0, "1 of 2: reading 2024-2025_england_census.csv\n2 of 2: reading made_up_ks2final_2016-2017.csv\n")
    assert (
        "2024-2025_england_census.csv: census, 2024/25; 4 rows read, 1 kept" in ran.out and "made_up_ks2final_2016-2017.csv: key stage 2" in ran.out
    )
    assert "noted: 3 (area row, kept to compare with)" in ran.out


def test_loading_as_json_is_one_value(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    [one] = lodestar("evidence", "load", census(tmp_path), *AS_OF, "--json").json
    assert (one["kind"], one["edition"], one["rows_kept"], one["loaded_before"]) == ("census", "2024/25", 1, False)
    [again] = lodestar("evidence", "load", census(tmp_path), *AS_OF, "--json").json
    assert again == one | {"loaded_before": True}


def test_a_national_file_says_that_it_is_loaded_whole_whatever_authority_is_asked_for(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    path = tmp_path / "imd.csv"
    path.write_text("lsoa21_code,IMD_decile,IMD_rank\nE01900001,1,1\n", encoding="utf-8")
    ran = lodestar("evidence", "load", path, census(tmp_path), "--authority", "999", *AS_OF)
    assert "of all England: index of multiple deprivation 2025 is national, so that nothing was left out for authority 999" in ran.out
    assert ran.code == 0 and ran.out.count("is national") == 1


@pytest.mark.parametrize("more", [(), ("--authority", "999"), ("--year", "2025")])
def test_the_same_file_twice_changes_nothing_and_says_so(lodestar: Run, installed: Database, tmp_path: Path, more: tuple[str, ...]) -> None:
    assert lodestar("evidence", "load", census(tmp_path), *AS_OF, *more).code == 0
    before = everything(installed)
    ran = lodestar("evidence", "load", census(tmp_path), *AS_OF, *more)
    assert ran.code == 0 and "the same file was loaded before (census, 2024/25), so nothing changes." in ran.out
    assert everything(installed) == before


@pytest.mark.parametrize("how", BROKEN)
def test_a_damaged_file_is_refused_in_one_sentence_and_what_was_there_stays(lodestar: Run, installed: Database, tmp_path: Path, how: str) -> None:
    lodestar("evidence", "load", census(tmp_path), *AS_OF)
    before, path = everything(installed), census(tmp_path, 26)
    BROKEN[how](path)
    ran = lodestar("evidence", "load", path, *AS_OF)
    is_one_sentence(ran)
    assert ran.code == 1 and path.name in ran.err and everything(installed) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device here that is always full")
def test_the_process_that_reads_ahead_has_ended_when_an_error_is_told(
    lodestar: Run, installed: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [census(tmp_path), census(tmp_path, name="2023-2024_england_census.csv")]
    with paths[1].open("a", encoding="utf-8") as file:
        file.write("\n" * 3_000_000)  # what is as large as this is worth a second process
    with contextlib.suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(output, "out", Console(file=full))
        with pytest.raises(OSError, match="No space left") as kept:
            load(*paths)
        left = multiprocessing.active_children()
    assert left == [] and kept.tb is not None


def test_a_file_with_a_column_of_pupil_numbers_is_refused_by_that_column(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    path, before = tmp_path / "pupils.csv", everything(installed)
    path.write_text("URN,UPN,NOR\n900001,A123456789012,1\n", encoding="utf-8")
    ran = lodestar("evidence", "load", path)
    is_one_sentence(ran)
    assert "pupils.csv looks like a list of pupils (it has the column UPN)" in ran.err and "A123456789012" not in ran.err
    assert everything(installed) == before


def test_of_a_folder_of_files_the_refused_one_is_named_and_the_others_are_loaded(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    bad = tmp_path / "a_letter.csv"
    bad.write_text("Dear,colleague\n1,2\n", encoding="utf-8")
    census(tmp_path), ks2(tmp_path)
    ran = lodestar("evidence", "load", *sorted(tmp_path.glob("*.csv")), *AS_OF)
    lines = [line for line in ran.err.strip().splitlines() if "of 3: reading" not in line]
    assert ran.code == 1 and len(lines) == 2 and "a_letter.csv" in lines[0] and lines[1] == "1 of 3 files was refused; what was there before stays."
    assert [row["kind"] for row in lodestar("evidence", "list", "--json").json] == ["census", "key stage 2 results"]


WRONG = {
    "no file at all": (("evidence", "load"), "Which files?"),
    "a file that is not there": (("evidence", "load", "nowhere.csv"), "nowhere.csv"),
    "a folder": (("evidence", "load", "."), ""),
    "a school nobody knows": (("evidence", "show", "900001"), "900001"),
    "a school of no number": (("evidence", "show", "elm"), "elm"),
    "no authority to report on": (("evidence", "report"), "--authority"),
    "a commission nobody knows": (("commission", "diagnosis", "nothing"), "nothing"),
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_is_said_in_one_sentence(lodestar: Run, installed: Database, what: str) -> None:
    words, named = WRONG[what]
    before = everything(installed)
    ran = lodestar(*words)
    is_one_sentence(ran)
    assert named in ran.err and everything(installed) == before


@pytest.mark.parametrize("last", ["0", "-1", "many"])
def test_a_number_of_schools_that_is_none_is_refused(lodestar: Run, case: Journey, last: str) -> None:
    is_one_sentence(lodestar("commission", "diagnosis", REFERENCE, "--last", last))


def test_a_school_is_shown_with_every_figure_its_source_and_whose_it_is(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    with_schools(installed, school(900002, name="Elm Academy"))
    linked(installed, (900002, 900001, "Predecessor"))
    lodestar("evidence", "load", ks2(tmp_path), inspections(tmp_path, BEFORE, in_measures(900002, "01/06/2026")), *AS_OF)
    ran = lodestar("evidence", "show", "900002", *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    assert "Elm Academy (URN 900002), Wexcombe: Graded Inadequate on 1 June 2026, in a category of concern" in ran.out
    rows = lodestar("evidence", "show", "900002", *AS_OF, "--json").json
    assert {row["of_school"] for row in rows} == {900002} and {row["source"] for row in rows} == {"key stage 2 results 2016/17"}
    assert "not known (" in ran.out


def test_nothing_known_yet_is_said(lodestar: Run, installed: Database) -> None:
    with_schools(installed, school(900001))
    assert "no inspection is known." in lodestar("evidence", "show", "900001").out and lodestar("evidence", "show", "900001", "--json").json == []
    assert lodestar("evidence", "list").out.startswith("Nothing was loaded yet") and lodestar("evidence", "list", "--json").json == []


def test_the_kinds_that_are_recognised_are_listed_once_each(lodestar: Run, installed: Database) -> None:
    names = [row["kind"] for row in lodestar("evidence", "kinds", "--json").json]
    assert len(names) == len(set(names)) and {"census", "absence", "GIAS establishments"} <= set(names)


def test_what_is_not_loaded_cannot_be_compared_and_the_report_says_which_file_is_needed(lodestar: Run, installed: Database) -> None:
    rows = lodestar("evidence", "report", "--authority", "936", "--json").json
    assert rows and all(row["status"].startswith("not loaded: needs ") and row["difference"] is None for row in rows)
    assert lodestar("evidence", "report", "--authority", "936").code == 0


def test_the_diagnoses_of_a_commission_are_ranked_and_counted(lodestar: Run, case: Journey) -> None:
    assert lodestar("commission", "diagnosis", REFERENCE).out == "No school has been diagnosed yet.\n"
    case.until(Status.AWAITING_CONFIRMATION)
    found = lodestar("commission", "diagnosis", REFERENCE, "--json").json
    assert found["ranked"][0]["rank"] == 1 and sum(row["schools"] for row in found["distribution"]) == len(found["ranked"])
    less = lodestar("commission", "diagnosis", REFERENCE, "--last", "1", "--json").json
    assert less == found | {"ranked": found["ranked"][:1]}
    shown = lodestar("commission", "diagnosis", REFERENCE, "--last", "1")
    assert shown.code == 0 and all(
        title in shown.out for title in ("Need, highest first", "What the scores stand on", "Schools by score", "If one weight were")
    )


def test_figures_of_a_group_of_pupils_are_shown_too_and_follow_a_school(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    with_schools(installed, school(900002, name="Elm Academy"))
    linked(installed, (900002, 900001, "Predecessor"))
    rows = ("900001,exclusions:send,31/07/2026,9", "ENG,exclusions:send,31/07/2026,14", "900003,exclusions:fsm,31/07/2026,8")
    path = tmp_path / "send.csv"
    path.write_text("\n".join(("urn,indicator,date,value", *rows)) + "\n")
    ran = lodestar("evidence", "load", path, *AS_OF)
    assert ran.code == 0 and "3 rows read, 3 kept" in ran.out
    [shown] = lodestar("evidence", "show", "900002", *AS_OF, "--json").json
    assert shown["indicator"] == "rate of suspensions and exclusions in a school year (per 100 pupils), of the group send"
    assert (shown["value"], shown["of_school"]) == (9.0, 900001)
