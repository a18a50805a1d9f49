"""Whatever is wrong: an exit code that is not 0, one sentence on standard error, no traceback, and nothing half-written."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app import cli, output
from models.database import Database
from models.migrating import upgrade
from models.words import Role, Status
from simulation.wexcombe import write_register
from tests.app.conftest import Ran, Run
from tests.conftest import clone
from tests.stages.builders import Journey, everything, programme_text

OPEN = ("--programme", "economic-exclusion", "--commissioner", "Wexcombe Council", "--starts", "2026-09-02", "--as-of", "2026-09-02T09:00")
REFERENCE = "999-economic-exclusion"


def is_one_sentence(ran: Ran) -> None:
    """Check that a command failed as it should."""
    assert ran.code not in (0, None)
    assert ran.out == ""
    assert "Traceback" not in ran.err
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert re.match(r'["\'A-ZÀ-Ž/a-z0-9.-]', lines[0]) and lines[0].endswith((".", "?")), lines[0]


def opening(*more: str, without: str = "") -> list[str]:
    """Return the words that open a commission, with others instead of some."""
    words = dict(zip(OPEN[::2], OPEN[1::2], strict=True)) | {"--budget": "40000"} | dict(zip(more[::2], more[1::2], strict=True))
    return ["commission", "open", "NEW", *(word for name, value in words.items() if name != without for word in (name, value))]


# Commands on an installation with one open commission whose first case waits for its self-evaluation; what the sentence must name.
COMMANDS: dict[str, tuple[list[str], str]] = {
    "an unknown commissioner": (opening("--commissioner", "Nobody"), "Nobody"),
    "an unknown programme": (opening("--programme", "no-such-offer"), "no-such-offer"),
    "a programme file that is not there": (opening("--programme", "nowhere/offer.yaml"), "nowhere/offer.yaml"),
    "a programme that is not supported yet": (opening("--programme", "head-retention"), "not supported yet: "),
    "a budget of zero": (opening("--budget", "0"), "budget"),
    "a budget below zero": (opening("--budget", "-5"), "budget"),
    "a budget that is no number": (opening("--budget", "lots"), '"lots"'),
    "a budget that is not a number by name": (opening("--budget", "NaN"), "NaN"),
    "a budget without end": (opening("--budget", "Infinity"), "Infinity"),
    "a budget beyond any": (opening("--budget", "1e30"), "1e30"),
    "a budget with fractions of a penny": (opening("--budget", "1.005"), "penny"),
    "a start in the past": (opening("--starts", "2026-09-01"), "1 September 2026"),
    "a start beyond the calendar": (opening("--starts", "9999-09-01"), "9999"),
    "an end before the start": (opening("--ends", "2026-09-01"), "end before it starts"),
    "a reference that is taken": (["commission", "open", REFERENCE, *OPEN, "--budget", "5"], REFERENCE),
    "a reference that is a path": (["commission", "open", "../2026/27", *OPEN, "--budget", "40000"], "../2026/27"),
    "a reference of nothing": (["commission", "open", "", *OPEN, "--budget", "40000"], "reference"),
    "a role that cannot open": ([*opening(), "--as", "school"], "school"),
    "a commission that is not there": (["commission", "status", "NOWHERE"], "NOWHERE"),
    "a commission by a number that is not there": (["commission", "advance", "4711"], "4711"),
    "a commission by a number beyond any": (["commission", "status", "99999999999999999999"], "99999999999999999999"),
    "a commission by a digit that is no number": (["commission", "status", "²"], "²"),
    "cases of a commission that is not there": (["case", "list", "--commission", "NOWHERE"], "NOWHERE"),
    "messages of a commission that is not there": (["message", "list", "--commission", "NOWHERE"], "NOWHERE"),
    "a case that is not there": (["case", "show", "4711"], "4711"),
    "a case beyond any": (["case", "show", "99999999999999999999"], "99999999999999999999"),
    "the history of a case that is not there": (["case", "history", "4711"], "4711"),
    "a message that is not there": (["message", "show", "4711"], "4711"),
    "a decision on a case that is not there": (["decide", "confirm", "4711", "--as", "lead", "--by", "lead"], "4711"),
    "a decision on a case below one": (["decide", "confirm", "0", "--as", "lead", "--by", "lead"], "case"),
    "a decision by the wrong role": (
        [
            "decide",
            "answer",
            "1",
            "--as",
            "supporter",
            "--by",
            "supporter",
            "--focus",
            "food",
            *(w for q in ("uniform", "trips", "food", "advice") for w in ("--answer", f"{q}=2")),
        ],
        "supporter",
    ),
    "a decision on a case that stands elsewhere": (["decide", "opt-in", "1", "--as", "school", "--by", "headteacher"], "Case 1"),
    "a decision by nobody": (["decide", "opt-in", "1", "--as", "school", "--by", ""], "by"),
    "an answer to nothing": (["decide", "answer", "1", "--as", "school", "--by", "headteacher", "--answer", "two"], '"two"'),
    "a question answered twice": (
        ["decide", "answer", "1", "--as", "school", "--by", "headteacher", "--answer", "uniform=2", "--answer", "uniform=4"],
        '"uniform" is answered twice',
    ),
    "an answer of two minus signs": (["decide", "answer", "1", "--as", "school", "--by", "headteacher", "--answer", "food=--5"], "food"),
    "an answer with a raised digit": (["decide", "answer", "1", "--as", "school", "--by", "headteacher", "--answer", "food=²"], "food"),
    "a withdrawal without a reason": (["decide", "withdraw", "1", "--as", "school", "--by", "headteacher"], "reason"),
    "a commission closed too early": (["commission", "close", REFERENCE, "--as", "lead", "--by", "lead", "--reason", "Done."], "open cases"),
    "a commission paused without a reason": (["commission", "pause", REFERENCE, "--as", "lead", "--by", "lead"], "reason"),
    "a commission resumed that runs": (["commission", "resume", REFERENCE, "--as", "lead", "--by", "lead", "--reason", "x"], "running"),
    "a guide without a theme": (["commission", "themes", REFERENCE, "--guide", "Uniform"], "--theme"),
    "a guide and a report at once": (["commission", "themes", REFERENCE, "--theme", "Food", "--guide", "Uniform", "--report", "All"], "--report"),
    "a report on themes that become guides": (["commission", "themes", REFERENCE, "--report", "All"], "makes no report of its themes"),
    "an action that is done before there is a plan": (
        ["decide", "action-done", "1", "--as", "school", "--by", "headteacher", "--action-number", "1"],
        "no action of its plan",
    ),
    "an action that is done without its number": (["decide", "action-done", "1", "--as", "school", "--by", "headteacher"], "--action-number"),
    "an action with number nought": (["decide", "action-done", "1", "--as", "school", "--by", "x", "--action-number", "0"], "action_number"),
    "an authority that is not in the register": (["register", "load", "REGISTER", "--authority", "123"], "123"),
    "a register that is not there": (["register", "load", "nowhere.csv", "--authority", "999"], "nowhere.csv"),
    "a register that is empty": (["register", "load", "EMPTY", "--authority", "999"], "empty"),
    "a register that was cut short": (["register", "load", "SHORT", "--authority", "999"], "short.csv"),
    "a register that is another file": (["register", "load", "LETTER", "--authority", "999"], "letter.csv"),
    "a register that is a folder": (["register", "load", "FOLDER", "--authority", "999"], "read"),
    "supporters from another file": (["supporter", "load", "LETTER"], "letter.csv"),
    "supporters from bytes that are no text": (["supporter", "load", "BYTES"], "bytes.csv"),
    "supporters from nowhere": (["supporter", "load", "nowhere.csv"], "nowhere.csv"),
    "contacts that are twice in their file": (["contact", "load", "TWICE"], "990001"),
    "a commissioner of no authority": (
        ["commissioner", "add", "A", "--kind", "local_authority", "--authority", "99", "--email", "a@x.example"],
        "99",
    ),
    "a person without an address": (["person", "add", "Ada", "--email", "nobody"], "nobody"),
    "a programme file with an unknown key": (["commission", "open", "NEW", "--programme", "UNKNOWN_KEY", *OPEN[2:], "--budget", "5"], "colour"),
    "a programme file that points to nothing": (["commission", "open", "NEW", "--programme", "DANGLING", *OPEN[2:], "--budget", "5"], "nowhere"),
    "a backup into nowhere": (["db", "backup", "nowhere/at/all.zip"], "nowhere/at/all.zip"),
    "a backup into the folder itself": (["db", "backup", "."], "."),
    "a restore from nowhere": (["db", "restore", "nowhere.zip"], "nowhere.zip"),
    "a restore from a folder": (["db", "restore", "FOLDER"], "folder"),
    "a restore from a letter": (["db", "restore", "LETTER", "--yes"], "letter.csv"),
    "nothing to stop": (["down"], "Nothing is running"),
}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register of the synthetic authority."""
    return write_register(tmp_path_factory.mktemp("register") / "edubasealldata20260801.csv")


@pytest.fixture
def files(tmp_path: Path, register: Path) -> dict[str, Path]:
    """Files that cannot be used, by the word that stands for them above."""
    made = {name: tmp_path / f"{name.lower()}.csv" for name in ("EMPTY", "SHORT", "LETTER", "BYTES", "TWICE")}
    made["EMPTY"].write_bytes(b"")
    made["SHORT"].write_bytes(register.read_bytes()[:9_000])
    made["LETTER"].write_text("Dear colleague,\nthis is a letter.\n")
    made["BYTES"].write_bytes(b"name,email\n\xff\xfe,x\n")
    made["TWICE"].write_text("urn,name,email\n990001,A,a@x.example\n990001,B,b@x.example\n")
    made |= {"UNKNOWN_KEY": tmp_path / "unknown.yaml", "DANGLING": tmp_path / "dangling.yaml", "FOLDER": tmp_path / "folder", "REGISTER": register}
    made["UNKNOWN_KEY"].write_text(programme_text(colour="blue"))
    made["DANGLING"].write_text(programme_text().replace("after: exploratory", "after: nowhere"))
    made["FOLDER"].mkdir()
    return made


@pytest.fixture
def running(case: Journey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Journey:
    """A commission whose first case waits for its self-evaluation."""
    monkeypatch.chdir(tmp_path)
    return case.until(Status.AWAITING_SELF_EVALUATION)


@pytest.mark.parametrize("what", COMMANDS)
def test_what_cannot_be_done_is_said_in_one_sentence_and_leaves_everything_as_it_was(
    running: Journey, lodestar: Run, files: dict[str, Path], what: str
) -> None:
    words, named = COMMANDS[what]
    before = everything(running.database)
    ran = lodestar(*(files.get(word, word) for word in words))
    is_one_sentence(ran)
    assert named in ran.err
    assert everything(running.database) == before


# What the command line itself refuses, before anything is looked at.
WORDS: dict[str, tuple[list[str], str]] = {
    "a role that there is not": (["decide", "confirm", "1", "--as", "wizard", "--by", "x"], "auditor"),
    "a decision that there is not": (["decide", "dance", "1", "--as", "lead", "--by", "x"], "succeed"),
    "a decision without a role": (["decide", "confirm", "1", "--by", "x"], "--as"),
    "a command that there is not": (["dance"], "dance"),
    "a command without its word": (["commission", "status"], '"commission status" needs REFERENCE: '),
    "a command without its number": (["message", "show"], '"message show" needs NUMBER: '),
    "a pause by nobody knows whom": (["commission", "pause", REFERENCE, "--by", "x"], '"commission pause" needs --as ROLE: '),
    "a leave without its days": (["supporter", "leave", "Ada", "--as", "lead"], '"supporter leave" needs --first DATE: '),
    "a number that is none": (["case", "show", "abc"], "abc"),
    "a day that is none": (opening("--starts", "tomorrow"), "tomorrow"),
    "a moment that is none": (["commission", "status", REFERENCE, "--as-of", "noon"], "noon"),
    "an option that there is not": (["commission", "list", "--colour"], "--colour"),
    "a status that there is not": (["case", "list", "--commission", REFERENCE, "--status", "lost"], "school-closed"),
}


@pytest.mark.parametrize("what", WORDS)
def test_a_word_that_the_command_line_does_not_know_is_refused_in_one_sentence_that_is_not_cut_off(
    running: Journey, lodestar: Run, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    words, named = WORDS[what]
    monkeypatch.setattr(output.err, "width", 80)
    before = everything(running.database)
    ran = lodestar(*words)
    assert named in ran.err
    is_one_sentence(ran)
    assert everything(running.database) == before


def test_the_wrong_role_and_a_case_that_moved_on_are_told_so(running: Journey, lodestar: Run) -> None:
    running.until(Status.AWAITING_CONFIRMATION)
    words = ("decide", "confirm", running.case_id)
    before = everything(running.database)
    ran = lodestar(*words, "--as", "school", "--by", "headteacher", "--as-of", "2026-09-03T09:00")
    is_one_sentence(ran)
    assert ran.err == '"confirm" is not for the role school: it is for adviser, lead.\n'
    assert everything(running.database) == before
    assert lodestar(*words, "--as", "adviser", "--by", "link adviser", "--as-of", "2026-09-03T09:00").code == 0
    before = everything(running.database)
    ran = lodestar(*words, "--as", "adviser", "--by", "link adviser", "--as-of", "2026-09-03T09:00")
    is_one_sentence(ran)
    assert "support to be found" in ran.err and everything(running.database) == before


def test_a_programme_file_with_several_faults_names_each_line_and_ends_with_one(lodestar: Run, files: dict[str, Path]) -> None:
    ran = lodestar("programme", "check", files["UNKNOWN_KEY"], files["DANGLING"])
    assert ran.code == 1 and "Traceback" not in ran.err
    assert re.search(r'unknown\.yaml: line \d+: unknown key "colour"', ran.err) and re.search(r"dangling\.yaml: line \d+: ", ran.err)
    assert ran.err.strip().endswith("2 of 2 files cannot be used.")


@pytest.mark.parametrize("words", [["commission", "list"], ["case", "show", "1"], ["db", "check"], ["register", "list", "--authority", "999"]])
def test_without_a_database_the_command_that_makes_one_is_named(lodestar: Run, words: list[str]) -> None:
    ran = lodestar(*words)
    is_one_sentence(ran)
    assert "`lodestar db upgrade`" in ran.err


@pytest.mark.parametrize("revision", ["m0000", "m9999"])
def test_a_database_of_another_version_is_not_used(lodestar: Run, installed: Database, revision: str) -> None:
    with installed.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    before = everything(installed)
    for words in (["commission", "list"], ["person", "add", "Ada", "--email", "ada@x.example"], ["db", "check"], ["db", "upgrade"]):
        ran = lodestar(*words)
        is_one_sentence(ran)
        assert revision in ran.err
    assert everything(installed) == before


def _file(tmp_path: Path) -> str:
    (tmp_path / "letter.db").write_text("Dear colleague, this is a letter and no database at all.\n" * 100)
    return f"sqlite:///{tmp_path / 'letter.db'}"


ADDRESSES: dict[str, Callable[[Path], str]] = {
    "of nothing that there is": lambda _: "nonsense",
    "of another kind": lambda _: "mysql://root@127.0.0.1/lodestar",
    "where nobody answers": lambda _: "postgresql://us:s3cret@127.0.0.1:1/lodestar",
    "of a letter": _file,
    "of a place under a file": lambda folder: f"{_file(folder)}/home/lodestar.db",
}


@pytest.mark.parametrize("what", ADDRESSES)
def test_an_address_of_a_database_that_cannot_be_used_is_said_without_its_password(
    lodestar: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    monkeypatch.setenv("LODESTAR_DATABASE_URL", ADDRESSES[what](tmp_path))
    ran = lodestar("commission", "list")
    is_one_sentence(ran)
    assert "s3cret" not in ran.err


@pytest.mark.parametrize(("name", "value"), [("LODESTAR_MAIL", "pigeon"), ("LODESTAR_SMTP_PORT", "many"), ("LODESTAR_SMTP_PORT", "0")])
def test_a_setting_that_cannot_be_used_is_named(lodestar: Run, monkeypatch: pytest.MonkeyPatch, home: Path, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    ran = lodestar("commission", "list")
    is_one_sentence(ran)
    assert name in ran.err


def test_what_the_database_refuses_is_said_in_a_sentence_and_nothing_of_it_is_saved(lodestar: Run, installed: Database) -> None:
    with installed.engine.begin() as connection:
        connection.execute(text("CREATE TRIGGER nobody BEFORE INSERT ON commissioners BEGIN SELECT RAISE(ABORT, 'not today'); END"))
    before = everything(installed)
    ran = lodestar("commissioner", "add", "Wexcombe Council", "--kind", "local_authority", "--email", "c@x.example", "--authority", "999")
    is_one_sentence(ran)
    assert "The database refused what was to be saved (IntegrityError), and nothing of it was" in ran.err
    assert everything(installed) == before


def test_a_slip_of_our_own_arithmetic_is_not_laid_at_the_door_of_whoever_wrote_the_command(lodestar: Run) -> None:
    def divide(by: int, /) -> float:
        return 10**by / (by - 1)

    cli.app.command(divide)
    try:
        assert lodestar("divide", "2").code == 0
        is_one_sentence(lodestar("divide", "1000"))
        with pytest.raises(ZeroDivisionError):
            lodestar("divide", "1")
    finally:
        del cli.app["divide"]


def program() -> str:
    """Return the installed command beside this interpreter."""
    found = shutil.which("lodestar", path=str(Path(sys.executable).parent))
    assert found is not None
    return found


def for_real(*words: object, **environment: str) -> Ran:
    """Run the installed command as a process of its own."""
    done = subprocess.run([program(), *map(str, words)], capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_commissioner_that_was_refused_first_does_not_stop_the_commission_of_one_that_was_not(url: str, register: Path) -> None:
    """A slip of the pen at the very first command must not matter later, on either kind of database."""

    def lodestar(*words: object) -> Ran:
        return for_real(*words, LODESTAR_DATABASE_URL=url)

    add = ("commissioner", "add", "Wexcombe Council", "--kind", "local_authority", "--email", "c@x.example", "--authority")
    is_one_sentence(lodestar(*add, "99"))
    assert lodestar(*add, "999").code == 0
    assert lodestar("person", "add", "The link adviser", "--email", "a@x.example").code == 0
    assert lodestar("register", "load", register, "--authority", "999", "--as-of", "2026-09-02T08:00").code == 0
    ran = lodestar(*opening())
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("words", [["case", "show", "99999999999"], ["commission", "status", "99999999999"]])
def test_numbers_beyond_any_are_said_in_a_sentence_on_postgresql_too(postgres: Any, words: list[str]) -> None:
    is_one_sentence(for_real(*words, LODESTAR_DATABASE_URL=clone(postgres)))


def test_a_real_process_fails_in_one_sentence_too(running: Journey) -> None:
    before = everything(running.database)
    for words, named in (
        (("case", "show", "4711"), "4711"), (("commission", "open", "X", *OPEN, "--budget", "0"), "budget"),
        (("register", "load", "nowhere.csv", "--authority", "999"), "nowhere.csv"),
    ):  # fmt: skip
        ran = for_real(*words)
        is_one_sentence(ran)
        assert named in ran.err
    assert everything(running.database) == before


def test_a_real_process_says_that_prefect_does_not_answer(home: Path) -> None:
    ran = for_real("flow", "list", LODESTAR_PREFECT_PORT="1", LODESTAR_HOME=str(home))
    is_one_sentence(ran)
    assert "`lodestar up`" in ran.err


def test_a_real_process_makes_its_database_and_works(tmp_path: Path) -> None:
    folder = str(tmp_path / "new" / "home")
    assert for_real("commission", "list", LODESTAR_HOME=folder).code == 1
    assert for_real("db", "upgrade", LODESTAR_HOME=folder).code == 0
    ran = for_real("commission", "list", "--json", LODESTAR_HOME=folder)
    assert (ran.code, ran.json, ran.err) == (0, [], "")


def test_a_reader_that_goes_away_early_is_no_error(running: Journey) -> None:
    """As in `lodestar case list ... | head -1`."""
    command = f"{program()} commission selection {REFERENCE} --json | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "[\n" and done.stderr == ""


def test_a_demo_that_would_overwrite_something_else_is_refused(lodestar: Run, home: Path) -> None:
    folder = home / "demo" / "wexcombe-economic-exclusion"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("years of work")
    ran = lodestar("demo")
    is_one_sentence(ran)
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_a_demo_of_what_is_not_supported_or_not_there_is_refused_before_anything_is_made(lodestar: Run, home: Path) -> None:
    for words, named in (
        (("--programme", "head-retention"), "not supported yet: "),
        (("--register", "nowhere.csv", "--authority", "919"), "nowhere.csv"),
    ):
        ran = lodestar("demo", *words)
        is_one_sentence(ran)
        assert named in ran.err and not (home / "demo").exists()


def test_a_database_that_was_brought_up_by_hand_is_as_good(lodestar: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path / 'by-hand.db'}")
    upgrade(database)
    database.close()
    monkeypatch.setenv("LODESTAR_DATABASE_URL", f"sqlite:///{tmp_path / 'by-hand.db'}")
    assert lodestar("db", "check").code == 0


def test_the_role_that_may_not_is_the_same_for_the_command_line_as_for_everybody(running: Journey, lodestar: Run) -> None:
    assert Role.AUDITOR.value in lodestar("decide", "withdraw", "1", "--as", "auditor", "--by", "auditor", "--reason", "x").err
