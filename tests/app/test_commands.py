"""What the commands show: JSON that parses, help for each, tables that hold whatever people have written."""

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from sqlmodel import select

from app import cli
from app.cli import app
from models.commission import Commission
from models.database import Database
from models.evidence import Answer, CategoryReply, Diagnosis
from models.message import Message
from models.words import Role, Status
from notifications.delivery import deliver_waiting
from programmes.catalogue import names
from tests.app.conftest import Run
from tests.faults.engine import post_into
from tests.programmes.test_features import RUNS_WHOLE
from tests.stages.builders import Journey, everything

ROOT = Path(__file__).parent.parent.parent
REFERENCE = "999-economic-exclusion"
AS_OF = ("--as-of", "2026-10-01T09:00")


def commands(one: App, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the words of every command, groups included."""
    found = [path] if path else [()]
    for name in one:
        if not name.startswith("-"):
            found += commands(one[name], (*path, name))
    return found


COMMANDS = commands(app)


@pytest.fixture
def booked(case: Journey, tmp_path: Path) -> Journey:
    """A case whose dates are agreed, with its messages delivered."""
    case.until(Status.BOOKED)
    deliver_waiting(case.database, post_into(tmp_path / "mail"), "worker", case.at)
    return case


READING: dict[str, list[str]] = {
    "commission list": ["commission", "list"],
    "commission status": ["commission", "status", REFERENCE, *AS_OF],
    "commission selection": ["commission", "selection", REFERENCE],
    "commission themes": ["commission", "themes", REFERENCE, *AS_OF],
    "case list": ["case", "list", "--commission", REFERENCE],
    "case show": ["case", "show", "1"],
    "case history": ["case", "history", "1"],
    "message list": ["message", "list", "--commission", REFERENCE],
    "message show": ["message", "show", "1"],
    "programme list": ["programme", "list"],
    "programme show": ["programme", "show", "economic-exclusion"],
    "register list": ["register", "list", "--authority", "999"],
    "supporter list": ["supporter", "list"],
    "commissioner list": ["commissioner", "list"],
    "person list": ["person", "list"],
}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(lodestar: Run, words: tuple[str, ...]) -> None:
    ran = lodestar(*words, "--help")
    assert ran.code == 0 and ran.err == ""
    assert "Usage: lodestar" in ran.out and len(ran.out.splitlines()) > 3


def test_the_commands_are_all_there() -> None:
    found = {" ".join(words) for words in COMMANDS}
    assert {*READING, "decide", "demo", "up", "down", "db upgrade", "db backup", "db restore", "commission open", "commission advance"} <= found


@pytest.mark.parametrize("name", READING)
def test_what_a_command_reads_is_json_when_asked_for_and_a_table_otherwise(lodestar: Run, booked: Journey, name: str) -> None:
    ran = lodestar(*READING[name], "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json
    ran = lodestar(*READING[name])
    assert (ran.code, ran.err) == (0, "") and len(ran.out) > 20


@pytest.mark.parametrize("name", [name for name in READING if name != "commission themes"])
def test_reading_changes_nothing(lodestar: Run, booked: Journey, name: str) -> None:
    before = everything(booked.database)
    lodestar(*READING[name], "--json")
    assert everything(booked.database) == before


@pytest.mark.parametrize("name", ["commission list", "supporter list", "commissioner list", "person list", "register list"])
def test_where_there_is_nothing_yet_a_sentence_or_an_empty_list_says_so(lodestar: Run, installed: Database, name: str) -> None:
    assert lodestar(*READING[name], "--json").json == []
    assert lodestar(*READING[name]).out.strip().endswith(".")


def test_a_case_is_shown_with_everything_that_belongs_to_it(lodestar: Run, booked: Journey) -> None:
    booked.write_up()
    booked.engine()
    found = lodestar("case", "show", "1", "--json").json
    assert found["case"]["status"] == "awaiting_adviser" and found["case"]["school"]
    assert all(found[part] for part in ("diagnoses", "findings", "needs", "matches", "visits", "notes", "plans", "objectives"))
    shown = lodestar("case", "show", "1").out
    assert "\nFindings of the diagnosis of " in shown
    assert all(f"\n{title}\n" in shown for title in ("Diagnosis", "Needs", "Matches", "Visits", "Notes of visit", "Action plan"))
    assert f"£{found['matches'][0]['cost'] / 100:,.2f}" in shown and found["matches"][0]["supporter"] in shown and "{" not in shown
    lines = lodestar("case", "history", "1", "--json").json
    assert [line["what"] for line in lines][:2] == ["case.open", "case.ask"] and all(line["at"] and line["by"] for line in lines)


def test_cases_and_messages_can_be_picked_out(lodestar: Run, booked: Journey) -> None:
    cases = lodestar("case", "list", "--commission", REFERENCE, "--json").json
    for name in ("stage", "status", "turn"):
        for value in {case[name] for case in cases}:
            picked = lodestar("case", "list", "--commission", REFERENCE, f"--{name}", value, "--json").json
            assert picked == [case for case in cases if case[name] == value]
    messages = lodestar("message", "list", "--commission", REFERENCE, "--case", "1", "--kind", "dates", "--json").json
    assert len(messages) == 1 and messages[0]["status"] == "sent"


def test_a_message_is_shown_as_its_recipient_reads_it(lodestar: Run, booked: Journey) -> None:
    with booked.database.reading() as session:
        number = session.exec(select(Message.id).where(Message.kind == "dates")).one()
    found = lodestar("message", "show", number, "--json").json
    assert "would like to come" in found["text"] and found["deliveries"][0]["accepted"] is True
    assert found["subject"] in lodestar("message", "show", number).out


AWKWARD = ["See [/notes] in the file.", "[bold]Loud[/bold] words", "[red", "a\nb", "emoji :smile: here", "\\[x]", "<b>x</b>"]


@pytest.mark.parametrize("reason", AWKWARD)
def test_whatever_people_write_as_a_reason_is_shown_as_they_wrote_it(lodestar: Run, case: Journey, reason: str) -> None:
    case.decide("pause", Role.ADVISER, reason=reason)
    assert lodestar("case", "history", "1", "--json").json[-1]["why"] == reason
    for words in (["case", "history", "1"], ["case", "show", "1"], ["case", "list", "--commission", REFERENCE]):
        assert lodestar(*words).code == 0
    shown = lodestar("case", "history", "1").out
    assert all(line in shown for line in reason.splitlines()), shown


def test_a_half_point_can_be_given_as_an_answer(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_SELF_EVALUATION)
    answers = itertools.chain(*(("--answer", f"{name}=2.5") for name in ("uniform", "trips", "food", "advice")))
    ran = lodestar("decide", "answer", "1", "--as", "school", "--by", "headteacher", "--focus", "food", *answers, *AS_OF)
    assert (ran.code, ran.err) == (0, "")


def decided(lodestar: Run, case: Journey, kind: str, role: str, *words: object) -> None:
    ran = lodestar("decide", kind, case.case_id, "--as", role, "--by", f"the {role}", "--as-of", f"{case.at:%Y-%m-%dT%H:%M}", *words)
    assert (ran.code, ran.err) == (0, "")
    done, stands = ran.out.splitlines()
    assert done.endswith(".") and stands.startswith(f"Case {case.case_id}: ")


def test_a_school_replies_to_its_category_and_the_adviser_looks_again_by_command(lodestar: Run, case: Journey) -> None:
    case.until(Status.TO_MATCH)
    other = {"universal": "targeted", "targeted": "universal"}[str(case.case.category)]
    decided(lodestar, case, "reply-to-category", "school", "--reason", "Our roll has grown.")
    decided(lodestar, case, "moderate", "adviser", "--reason", "It has.", "--category", other)
    assert case.case.category == other
    assert [(row.says, row.outcome) for row in case.rows(CategoryReply)] == [("Our roll has grown.", "changed")]
    found = lodestar("case", "show", "1", "--json").json
    assert (found["replies"][0]["outcome"], found["diagnoses"][-1]["decided_by"]) == ("changed", "the adviser (adviser)")


def test_answers_are_revised_by_command(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_CONFIRMATION)
    answers = itertools.chain(*(("--answer", f"{name}=3") for name in ("uniform", "trips", "food", "advice")))
    decided(lodestar, case, "revise-answers", "school", *answers)
    assert [(row.edition, row.answers["trips"]) for row in case.rows(Answer)][-1] == (2, 3)


def test_an_override_has_its_last_day_by_command(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_CONFIRMATION)
    other = {"universal": "targeted", "targeted": "universal"}[str(case.case.category)]
    until = case.at.date().add(weeks=3)
    decided(lodestar, case, "override", "lead", "--category", other, "--reason", "Known to us.", "--until", until.isoformat())
    assert [row.expires for row in case.rows(Diagnosis)] == [None, until]


def test_an_override_until_a_day_that_is_past_is_refused_by_command(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_CONFIRMATION)
    other = {"universal": "targeted", "targeted": "universal"}[str(case.case.category)]
    before = everything(case.database)
    ran = lodestar("decide", "override", "1", "--as", "lead", "--by", "lead", "--category", other, "--reason", "x", "--until", "2026-01-01",
                   "--as-of", f"{case.at:%Y-%m-%dT%H:%M}")  # fmt: skip
    assert ran.code != 0 and "1 January 2026" in ran.err and everything(case.database) == before


def test_a_decision_says_what_was_done_and_where_the_case_stands_now(lodestar: Run, case: Journey) -> None:
    words = ("decide", "withdraw", "1", "--as", "school", "--by", "headteacher", "--reason", "We merge.", *AS_OF)
    assert lodestar(*words).out.splitlines() == [
        "The school has left; its visits to come are cancelled, and the school is told.", "Case 1: left before the end (diagnose, withdrawn); next: nobody."
    ]  # fmt: skip
    assert lodestar("case", "show", "1", "--json").json["case"]["status"] == "withdrawn"


def test_a_backup_and_a_restore_by_command_bring_everything_back(lodestar: Run, booked: Journey, tmp_path: Path) -> None:
    before = everything(booked.database)
    file = tmp_path / "backup.zip"
    assert f"rows were written to {file}." in lodestar("db", "backup", file).out.replace("\n", " ")
    assert lodestar("decide", "withdraw", "1", "--as", "school", "--by", "headteacher", "--reason", "x", *AS_OF).code == 0
    assert lodestar("db", "restore", file).code == 1
    assert lodestar("db", "restore", file, "--yes").code == 0
    assert everything(booked.database) == before
    assert lodestar("db", "check").out == "The database is up to date and agrees with the models.\n"


def test_a_database_that_differs_from_the_models_is_told(lodestar: Run, installed: Database) -> None:
    from sqlalchemy import text

    with installed.engine.begin() as connection:
        connection.execute(text("ALTER TABLE schools ADD COLUMN motto VARCHAR"))
    ran = lodestar("db", "check")
    assert ran.code == 1 and "motto" in ran.err


def test_every_shipped_programme_can_be_shown_and_checked(lodestar: Run) -> None:
    listed = lodestar("programme", "list", "--json").json
    assert [one["programme"] for one in listed] == names()
    assert {one["programme"] for one in listed if one["can_open"] == "yes"} == RUNS_WHOLE
    for name in names():
        assert lodestar("programme", "show", name, "--json").json["programme"] == name
    folder = Path(sys.modules["programmes"].__file__ or "").parent
    assert lodestar("programme", "check", *sorted(folder.glob("*.yaml"))).code == 0
    schema: Any = lodestar("programme", "schema").json
    assert schema["$schema"].endswith("2020-12/schema")


def test_places_are_shown_only_where_schools_wait_for_them(lodestar: Run, case: Journey) -> None:
    with case.database.reading() as session:
        reference = session.get_one(Commission, case.commission_id).reference
    refused = lodestar("commission", "places", reference)
    assert refused.code and "places are not limited among schools that opt in, so nobody waits for one." in refused.err


STARTS = """
import sys
from app.cli import main
sys.argv = ["lodestar", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["down"]])
def test_what_needs_no_command_imports_none_nor_any_large_library(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", STARTS, *words], capture_output=True, text=True, check=True, cwd=ROOT)
    imported = set(done.stderr.splitlines())
    assert "app.cli" in imported
    assert imported.isdisjoint({"numpy", "highspy", "polars", "typst", "docx", "icalendar", "prefect", "openpyxl", "holidays", "alembic"})
    assert [name for name in imported if name.startswith("app.commands.")] == []


def test_each_command_is_told_as_it_tells_itself_and_there_is_none_that_is_not_told(lodestar: Run) -> None:
    shown = " ".join(lodestar("--help").out.replace("│", " ").split())
    for name, (_, says) in cli.COMMANDS.items():
        assert f" {name} {says} " in shown and says in " ".join(lodestar(name, "--help").out.split())
    for name in ("decide", "demo"):
        assert app[name].default_command.__doc__ == cli.COMMANDS[name][1]
    written = {path.stem for path in (ROOT / "app" / "commands").glob("*.py")} - {"__init__", "commission_seen", "note"}
    assert {place.partition(":")[0] for place, _ in cli.COMMANDS.values()} == written
