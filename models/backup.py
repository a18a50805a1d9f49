"""Backup and restore, the same file for SQLite and PostgreSQL: a zip with one JSON-lines member a table.

Everything is read in one transaction and written back in one; a backup restores only into the revision it was made at.
"""

import datetime
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlmodel import SQLModel

from models.base import UtcDateTime
from models.database import Database
from models.errors import BadFile, DatabaseTrouble
from models.migrating import current

_FORMAT = "lodestar backup 1"
_CHUNK = 2000
_APPEND_ONLY = ("events",)


def _tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def backup(database: Database, path: Path) -> int:
    """Write the whole database to `path`, whole or not at all, and return the number of rows."""
    if path.is_dir():
        raise DatabaseTrouble(f"The backup cannot be written to {path}: it is a folder, so give the name of a file in it.")
    beside, counts = path.with_name(path.name + ".part"), {}
    try:
        with database.engine.connect() as connection, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            if not database.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            for table in _tables():
                with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as member:
                    counts[table.name] = _write(connection, table, member)
            about = {"format": _FORMAT, "revision": current(database), "rows": counts}
            archive.writestr("about.json", json.dumps(about))
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise DatabaseTrouble(f"The backup cannot be written to {path}: {error.strerror}.") from error
    return sum(counts.values())


def _write(connection: Connection, table: Table, member: Any) -> int:
    count = 0
    result = connection.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*table.primary_key.columns))
    for row in result.mappings():
        member.write((json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False) + "\n").encode())
        count += 1
    return count


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date | datetime.datetime) else value


def restore(database: Database, path: Path, *, replace: bool = False) -> int:
    """Put back what `path` holds, in one transaction, and return the number of rows.

    BadFile if it is no backup or damaged; DatabaseTrouble if it is of another revision, or the database is not empty and
    `replace` is not set.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("about.json"))
            if about.get("format") != _FORMAT:
                raise BadFile(f"{path} is no backup of Lodestar.")
            if archive.testzip() is not None:
                raise BadFile(f"{path} is damaged: take another backup.")
            found = current(database)
            if about["revision"] != found:
                raise DatabaseTrouble(
                    f"{path} was made at revision {about['revision']} and the database stands at {found}: use the version it was made with."
                )
            with database.engine.execution_options(lodestar_writes=True).begin() as connection:
                return _put_back(connection, archive, about["rows"], replace=replace)
    except FileNotFoundError as error:
        raise BadFile(f"There is no file {path}.") from error
    except (IntegrityError, DataError) as error:
        raise BadFile(f"{path} is damaged: what it holds does not fit together. Nothing was changed.") from error
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, ValueError, TypeError, AttributeError, LookupError, StatementError) as error:
        raise BadFile(f"{path} is no backup of Lodestar, or it is damaged.") from error


def _put_back(connection: Connection, archive: zipfile.ZipFile, expected: dict[str, int], *, replace: bool) -> int:
    tables = _tables()
    filled = [table.name for table in tables if connection.execute(select(func.count()).select_from(table)).scalar_one()]
    if filled and not replace:
        raise DatabaseTrouble("The database is not empty: restore into an empty one, or add --yes to replace what is there.")
    with _append_only_lifted(connection):
        for table in reversed(tables):
            connection.execute(table.delete())
    total = 0
    for table in tables:
        with archive.open(f"{table.name}.jsonl") as member:
            count = _fill(connection, table, io.TextIOWrapper(member, "utf-8"))
        if count != expected.get(table.name):
            raise BadFile(f"The backup is damaged: {table.name} has {count} rows instead of {expected.get(table.name)}.")
        total += count
    return total


class _append_only_lifted:
    """Lets the trail be emptied, within the one transaction of a restore."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        for table in _APPEND_ONLY:
            for statement in drop_append_only(self._connection.dialect.name, table):
                self._connection.execute(text(statement))

    def __exit__(self, *_error: object) -> None:
        for table in _APPEND_ONLY:
            for statement in make_append_only(self._connection.dialect.name, table):
                self._connection.execute(text(statement))


def make_append_only(dialect: str, table: str) -> list[str]:
    """Return the statements that make the database itself refuse to change or remove rows of `table`."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
    ]


def drop_append_only(dialect: str, table: str) -> list[str]:
    """Return the statements that lift what `make_append_only` made."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_append_only_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]


def _fill(connection: Connection, table: Table, lines: Iterator[str]) -> int:
    """Insert a table's rows in chunks and set its sequence after them."""
    moments = {column.name for column in table.columns if isinstance(column.type, UtcDateTime)}
    days = {column.name for column in table.columns if str(column.type) == "DATE"}
    count = 0
    while chunk := list(islice(lines, _CHUNK)):
        rows = [_typed(json.loads(line), moments, days) for line in chunk]
        connection.execute(insert(table), rows)
        count += len(rows)
    if connection.dialect.name == "postgresql" and "id" in table.columns:
        connection.execute(
            select(
                func.setval(
                    func.pg_get_serial_sequence(table.name, "id"), select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery(), False
                )
            )
        )
    return count


def _typed(row: dict[str, Any], moments: set[str], days: set[str]) -> dict[str, Any]:
    """Turn the text of dates and moments back into values."""
    for name in moments:
        row[name] = pendulum.parse(row[name]) if row[name] else None
    for name in days:
        row[name] = datetime.date.fromisoformat(row[name]) if row[name] else None
    return row
