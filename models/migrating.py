"""The schema's version: bring a database up to date, or say that it is not."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from models.database import Database
from models.errors import DatabaseTrouble


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(str(files("migrations")))))
    config.attributes["connection"] = connection
    return config


@cache
def newest() -> str | None:
    """Return the revision that the code asks for; all revisions are read for it, once a process."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(database: Database) -> str | None:
    """Return the revision that the database stands at; None for an empty one."""
    database.check_reachable()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Bring the database to the newest revision and return the revisions before and after."""
    before = current(database)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if before is not None and before not in known:
        raise DatabaseTrouble(f"The database stands at revision {before}, which this version does not know: install the newer version.")
    with database.engine.execution_options(lodestar_writes=True).connect() as connection:
        _check_references(connection, False)
        with connection.begin():
            command.upgrade(_config(connection), "head")
            _refuse_broken(connection)
        _check_references(connection, True)
    return before, newest()


def _check_references(connection: Connection, on: bool) -> None:
    """Let SQLite put a new table in the place of one that others refer to; it looks at references again afterwards."""
    if connection.dialect.name == "sqlite":
        # Outside any transaction, where alone this has an effect.
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
        cursor.close()


def _refuse_broken(connection: Connection) -> None:
    """Raise DatabaseTrouble, and so leave everything as it was, if a row refers to one that is not there."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise DatabaseTrouble("A row of the database refers to one that is not there, so it was not upgraded: restore a backup, or ask for help.")


def check_current(database: Database) -> None:
    """Raise DatabaseTrouble if the database is empty or stands at another revision than the code asks for."""
    found, wanted = current(database), newest()
    if found is None:
        raise DatabaseTrouble("The database is empty: run `lodestar db upgrade` first.")
    if found != wanted:
        raise DatabaseTrouble(f"The database stands at revision {found} and this version needs {wanted}: run `lodestar db upgrade`.")


def differences(database: Database) -> list[str]:
    """Return how the database's tables differ from the models, one line each; none if they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, SQLModel.metadata)]


def write_revision(database: Database, message: str) -> None:
    """Write a migration for what the models have and the newest revision has not (for developers)."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
