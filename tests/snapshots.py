"""States of a database that many tests start from: the engine itself comes to each once, and it is copied from then on."""

import copy
import os
import sqlite3
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import psycopg
import sqlalchemy
from sqlalchemy import event
from sqlmodel import SQLModel

from models.database import Database

_MOST = 32
Result = TypeVar("Result")
_KEPT: "OrderedDict[Hashable, tuple[Any, Any]]" = OrderedDict()


def come_to(database: Database, state: Hashable, go: Callable[[], Result]) -> Result:
    """Return what `go` returns, having done to an empty database all that it does; the second time what it left is copied."""
    name = (database.engine.dialect.name, state)
    if name in _KEPT:
        _KEPT.move_to_end(name)
        result, kept = _KEPT[name]
        _restore(database, kept)
    else:
        result = go()
        _KEPT[name] = (result, _keep(database))
        if len(_KEPT) > _MOST:
            _forget(_KEPT.popitem(last=False)[1][1], database)
    return copy.deepcopy(result)


class Beginning:
    """A database in which nothing was saved since what `name` says was done to it."""

    def __init__(self, database: Database, name: Hashable) -> None:
        self.database, self.name, self.touched, self._files = database, name, False, _files(database)
        event.listen(database.engine, "commit", self._saved)

    def _saved(self, _connection: Any) -> None:
        self.touched = True

    def come_to(self, state: Hashable, go: Callable[[], Result]) -> Result:
        """Return what `go` returns; what it left is copied if another came there from the same beginning."""
        if self.touched or self._files != _files(self.database):
            return go()
        result = come_to(self.database, (self.name, state), go)
        self.touched = True
        return result


def is_empty(database: Database) -> bool:
    """Tell whether no table has a row."""
    any_row = sqlalchemy.or_(*(sqlalchemy.exists(table.select()) for table in SQLModel.metadata.sorted_tables))
    with database.engine.connect() as connection:
        return not connection.execute(sqlalchemy.select(any_row)).scalar_one()


def _files(database: Database) -> Any:
    """Return what changes in the files of an embedded database with whatever is saved there, by whichever connection."""
    if not database.is_sqlite:
        return None
    file = str(database.engine.url.database)
    return [(os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in (file, f"{file}-wal") if os.path.exists(name) and os.path.getsize(name)]


def _keep(database: Database) -> Any:
    if database.is_sqlite:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        _file(database, lambda file: file.backup(kept))
        return kept
    name = f"s_{uuid.uuid4().hex}"
    _administer(database, f'CREATE DATABASE {name} TEMPLATE "{database.engine.url.database}" STRATEGY file_copy')
    return name


def _restore(database: Database, kept: Any) -> None:
    if database.is_sqlite:
        _file(database, kept.backup)
        return
    mine = database.engine.url.database
    _administer(database, f'DROP DATABASE "{mine}" WITH (FORCE)', f'CREATE DATABASE "{mine}" TEMPLATE {kept} STRATEGY file_copy')


def _forget(kept: Any, database: Database) -> None:
    if isinstance(kept, sqlite3.Connection):
        kept.close()
    elif not database.is_sqlite:
        _administer(database, f"DROP DATABASE {kept}")


def _file(database: Database, do: Callable[[Any], None]) -> None:
    connection = database.engine.raw_connection()
    try:
        do(connection.driver_connection)
    finally:
        connection.close()


def _administer(database: Database, *commands: str) -> None:
    """Run commands on the server of a database, to which nobody is connected meanwhile."""
    database.engine.dispose()
    address = database.engine.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())
