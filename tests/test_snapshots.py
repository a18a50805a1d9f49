"""A beginning from which several tests start: it is copied only as long as nothing was saved in it."""

import shutil
from pathlib import Path

from models.database import Database
from models.partnership import Person
from models.words import Role
from tests.snapshots import Beginning, is_empty


def opened(template: Path, folder: Path) -> Database:
    folder.mkdir()
    return Database(f"sqlite:///{shutil.copy(template, folder / 'lodestar.db')}")


def add(database: Database, name: str) -> None:
    with database.writing() as session:
        session.add(Person(name=name, email=f"{name}@partnership.example", role=Role.ADVISER))


def went(database: Database, beginning: Beginning, name: str) -> list[str]:
    """Come to a state in which somebody is known; return the names of all if that was done and not copied."""
    done = []

    def go() -> None:
        add(database, name)
        done.append(name)

    beginning.come_to("somebody is known", go)
    assert not is_empty(database)
    return done


def test_what_is_saved_in_a_beginning_by_whichever_connection_is_not_lost_to_a_copy(sqlite_template: Path, tmp_path: Path) -> None:
    databases = [opened(sqlite_template, tmp_path / str(number)) for number in range(4)]
    first, again, by_itself, by_another = (Beginning(database, tmp_path) for database in databases)
    assert went(databases[0], first, "one") and not went(databases[1], again, "two")
    add(databases[2], "three")
    assert went(databases[2], by_itself, "four")
    other = Database(str(databases[3].engine.url))
    add(other, "five")
    other.close()
    assert went(databases[3], by_another, "six")
    for database in databases:
        database.close()
