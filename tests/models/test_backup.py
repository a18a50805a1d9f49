"""Backup and restore: every row comes back, on either kind of database, whole or not at all."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pendulum
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.backup import backup, restore
from models.commission import Commission
from models.database import Database, insert_returning_ids, insert_rows
from models.errors import BadFile, DatabaseTrouble
from models.partnership import Partnership
from models.trail import Event
from models.words import Role, Status
from notifications.delivery import deliver_waiting
from simulation.setting_up import first_moment
from tests.faults.engine import post_into
from tests.stages.builders import everything, journey

AT = pendulum.datetime(2027, 7, 1, 9, tz="Europe/London")


@pytest.fixture(scope="module")
def lived_in(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a SQLite database in which a case went from opening to its judgement, and messages were delivered."""
    folder = tmp_path_factory.mktemp("lived-in")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'source.db')}")
    journey(database, folder).until(Status.COMPLETE)
    deliver_waiting(database, post_into(folder / "mail"), "worker", first_moment().add(years=2))
    backup(database, folder / "lived-in.zip")
    database.close()
    return folder / "lived-in.zip"


@pytest.fixture
def restored(database: Database, lived_in: Path) -> Database:
    """A database of each kind that holds a whole commission."""
    restore(database, lived_in)
    return database


def rewritten(path: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a backup, changing its members; a member for which nothing is returned is left out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def test_a_backup_of_either_kind_comes_back_row_by_row(restored: Database, tmp_path: Path) -> None:
    before = everything(restored)
    assert len(before["events"]) >= 30 and len(before["deliveries"]) > 10 and before["notes_of_visit"]
    rows = backup(restored, tmp_path / "again.zip")
    assert rows == sum(len(found) for found in before.values())
    assert restore(restored, tmp_path / "again.zip", replace=True) == rows
    assert everything(restored) == before


def test_a_backup_of_one_kind_restores_into_the_other(restored: Database, lived_in: Path, tmp_path: Path) -> None:
    backup(restored, tmp_path / "from-here.zip")
    with zipfile.ZipFile(lived_in) as one, zipfile.ZipFile(tmp_path / "from-here.zip") as other:
        assert one.namelist() == other.namelist()
        for name in one.namelist():
            if name.endswith(".jsonl"):
                mine, yours = one.read(name).decode().splitlines(), other.read(name).decode().splitlines()
                assert [json.loads(line) for line in mine] == [json.loads(line) for line in yours], name


def test_numbers_go_on_after_a_restore(restored: Database) -> None:
    highest = {name: max((row[0] for row in rows), default=0) for name, rows in everything(restored).items() if name in ("partnerships", "events")}
    with restored.writing() as session:
        ids = insert_returning_ids(session, Partnership, [{"name": "Another", "email": "a@b.example"}])
        insert_rows(session, Event, [{"kind": "test", "role": Role.ENGINE, "by": "engine", "detail": {}, "at": AT}])
    assert ids == [highest["partnerships"] + 1]
    assert max(row[0] for row in everything(restored)["events"]) == highest["events"] + 1


def test_numbers_begin_at_one_after_restoring_an_empty_database(database: Database, tmp_path: Path) -> None:
    backup(database, tmp_path / "empty.zip")
    assert restore(database, tmp_path / "empty.zip") == 0
    with database.writing() as session:
        assert insert_returning_ids(session, Partnership, [{"name": "First", "email": "a@b.example"}]) == [1]


def test_the_trail_is_still_append_only_after_a_restore(restored: Database) -> None:
    for statement in ("UPDATE events SET kind = 'other'", "DELETE FROM events"):
        with pytest.raises(DBAPIError, match="append-only"), restored.engine.begin() as connection:
            connection.execute(text(statement))


def test_a_database_that_is_not_empty_is_replaced_only_when_asked(restored: Database, lived_in: Path) -> None:
    with restored.writing() as session:
        insert_rows(session, Partnership, [{"name": "Mine", "email": "a@b.example"}])
    before = everything(restored)
    with pytest.raises(DatabaseTrouble, match="not empty"):
        restore(restored, lived_in)
    assert everything(restored) == before
    restore(restored, lived_in, replace=True)
    assert "Mine" not in str(everything(restored)["partnerships"])


def test_work_goes_on_with_what_was_restored(restored: Database) -> None:
    with restored.reading() as session:
        commission = session.get_one(Commission, 1)
    assert commission.opened_at.timezone_name == "UTC" and commission.budget > 0


def test_a_backup_of_another_revision_is_refused(database: Database, lived_in: Path, tmp_path: Path) -> None:
    def older(name: str, content: bytes) -> bytes:
        return json.dumps(json.loads(content) | {"revision": "m0000"}).encode() if name == "about.json" else content

    with pytest.raises(DatabaseTrouble, match="made at revision m0000"):
        restore(database, rewritten(lived_in, tmp_path / "older.zip", older))


def _without(member: str) -> Callable[[str, bytes], bytes | None]:
    return lambda name, content: None if name == member else content


def _with(member: str, change: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes | None]:
    return lambda name, content: change(content) if name == member else content


def _row(**more: object) -> Callable[[bytes], bytes]:
    """Return a change to the first row of a member."""

    def change(content: bytes) -> bytes:
        first, _, rest = content.partition(b"\n")
        return json.dumps(json.loads(first) | more).encode() + b"\n" + rest

    return change


BROKEN: dict[str, Callable[[str, bytes], bytes | None]] = {
    "the description is missing": _without("about.json"),
    "the description is a list": _with("about.json", lambda _: b"[]"),
    "the description is no JSON": _with("about.json", lambda _: b"{"),
    "the description is of another tool": _with("about.json", lambda _: b'{"format": "other"}'),
    "the description has no counts": _with("about.json", lambda c: json.dumps({k: v for k, v in json.loads(c).items() if k != "rows"}).encode()),
    "a table is missing": _without("visits.jsonl"),
    "the last row of a table is missing": _with("visits.jsonl", lambda c: c.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"),
    "a row is cut short": _with("visits.jsonl", lambda c: c[:-20]),
    "a row is not text": _with("visits.jsonl", lambda c: b"\xff\xfe" + c),
    "a row is a list": _with("visits.jsonl", lambda c: b"[]\n" + c.partition(b"\n")[2]),
    "a day is no day": _with("visits.jsonl", _row(day="soon")),
    "a moment is no moment": _with("cases.jsonl", _row(since="soon")),
    "a word is on no list": _with("cases.jsonl", _row(status="lost")),
    "a row points to nothing": _with("visits.jsonl", _row(case_id=987_654)),
    "a row is there twice": _with("visits.jsonl", lambda c: c.partition(b"\n")[0] + b"\n" + c.partition(b"\n")[0] + b"\n"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_damaged_backup_is_refused_in_a_sentence_and_leaves_everything_as_it_was(
    restored: Database, lived_in: Path, tmp_path: Path, what: str
) -> None:
    before = everything(restored)
    with pytest.raises(BadFile) as raised:
        restore(restored, rewritten(lived_in, tmp_path / "broken.zip", BROKEN[what]), replace=True)
    assert everything(restored) == before
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)
    with pytest.raises(DBAPIError, match="append-only"), restored.engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.8, 0.97])
def test_a_backup_with_a_spoilt_byte_is_refused(sqlite_database: Database, lived_in: Path, tmp_path: Path, share: float) -> None:
    content = bytearray(lived_in.read_bytes())
    for place in range(int(len(content) * share), int(len(content) * share) + 40):
        content[place] ^= 0xFF
    (tmp_path / "spoilt.zip").write_bytes(content)
    with pytest.raises(BadFile):
        restore(sqlite_database, tmp_path / "spoilt.zip")
    assert not any(everything(sqlite_database).values())


def test_what_is_no_backup_is_refused_in_a_sentence(sqlite_database: Database, lived_in: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.zip").write_text("Dear colleague")
    (tmp_path / "half.zip").write_bytes(lived_in.read_bytes()[:2000])
    (tmp_path / "empty.zip").write_bytes(b"")
    for file in (tmp_path / "letter.zip", tmp_path / "half.zip", tmp_path / "empty.zip", tmp_path / "nowhere.zip", tmp_path):
        with pytest.raises(BadFile) as raised:
            restore(sqlite_database, file)
        assert str(file) in str(raised.value)


def test_a_backup_that_cannot_be_written_leaves_no_half_file(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match="cannot be written"):
        backup(sqlite_database, tmp_path / "nowhere" / "backup.zip")
    (tmp_path / "taken").mkdir()
    with pytest.raises(DatabaseTrouble, match="cannot be written"):
        backup(sqlite_database, tmp_path / "taken")
    assert not list(tmp_path.rglob("*.part"))


def test_a_backup_shows_one_moment_although_somebody_writes_meanwhile(restored: Database, tmp_path: Path) -> None:
    """What is counted in the description is what its members hold."""
    backup(restored, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        about = json.loads(archive.read("about.json"))
        assert all(len(archive.read(f"{name}.jsonl").splitlines()) == count for name, count in about["rows"].items())
