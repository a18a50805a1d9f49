"""One engine for two kinds of database: whole or nothing, one consistent view, and a sentence for a wrong address."""

from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from models.database import Database, insert_returning_ids, insert_rows
from models.errors import DatabaseTrouble
from models.migrating import check_current
from models.partnership import Partnership


def add(database: Database, name: str) -> None:
    with database.writing() as session:
        insert_rows(session, Partnership, [{"name": name, "email": "office@partnership.example"}])


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Partnership.name).order_by(col(Partnership.id))).all())


def test_what_is_written_is_there_and_stays_readable_after_its_session(database: Database) -> None:
    add(database, "One")
    with database.reading() as session:
        found = session.exec(select(Partnership)).one()
    assert found.name == "One"


def test_when_anything_is_raised_nothing_is_saved(database: Database) -> None:
    rows = [{"name": "One", "email": "a@b.example"}]
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_rows(session, Partnership, rows + rows)
    assert names(database) == []


def test_a_reading_session_saves_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(Partnership(name="One", email="a@b.example"))
        session.flush()
    assert names(database) == []


def test_a_reading_session_sees_one_state_although_somebody_writes(database: Database) -> None:
    add(database, "One")
    with database.reading() as session:
        first = session.exec(select(func.count()).select_from(Partnership)).one()
        add(database, "Two")
        second = session.exec(select(func.count()).select_from(Partnership)).one()
    assert (first, second) == (1, 1)
    assert names(database) == ["One", "Two"]


def test_ids_come_back_in_the_order_of_the_rows(database: Database) -> None:
    with database.writing() as session:
        ids = insert_returning_ids(session, Partnership, [{"name": f"P{n}", "email": "a@b.example"} for n in range(50)])
    with database.reading() as session:
        assert [session.get_one(Partnership, number).name for number in ids] == [f"P{n}" for n in range(50)]


def test_no_rows_are_no_trouble(database: Database) -> None:
    with database.writing() as session:
        insert_rows(session, Partnership, [])
        assert insert_returning_ids(session, Partnership, []) == []


@pytest.mark.parametrize("address", ["", "nonsense", "postgres://x/y", "mysql://root@127.0.0.1/lodestar", "oracle://x"])
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(DatabaseTrouble, match="not an address that can be used"):
        Database(address)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://lodestar:s3cret@127.0.0.1:1/lodestar")
    with pytest.raises(DatabaseTrouble, match="does not answer") as raised:
        database.check_reachable()
    assert "s3cret" not in str(raised.value) and "127.0.0.1" in str(raised.value)
    database.close()


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear colleague, this is a letter and no database at all.\n" * 100)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseTrouble):
        check_current(database)
    database.close()


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatabaseTrouble):
        Database(f"sqlite:///{tmp_path / 'file' / 'home' / 'lodestar.db'}")
