"""The database: one engine, reading and writing sessions, inserts of rows."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from operator import itemgetter
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError
from sqlmodel import Session, SQLModel

from models.bulk import bulk_insert
from models.errors import DatabaseTrouble

_WRITES = "lodestar_writes"
_MANY = 500  # from here on what a bulk insert costs to prepare is less than it saves
P = ParamSpec("P")
T = TypeVar("T")
# PostgreSQL's codes for a transaction that it ended for the sake of others: a serialization failure, a deadlock.
_ENDED_FOR_OTHERS = frozenset({"40001", "40P01"})
_ATTEMPTS = 4


def _prepare_sqlite(engine: Engine) -> None:
    """Set SQLite up for one writer and many readers; a writing transaction takes its lock at the start."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail at once when another writer is ahead of it.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _from_json(text: str) -> Any:
    """Return what is kept as JSON; that is mostly an empty object, for which there is no need of a parser."""
    return {} if text == "{}" else json.loads(text)


class Database:
    """A database by its SQLAlchemy address; safe to share between threads, not between processes."""

    def __init__(self, url: str) -> None:
        """Open `url` lazily; a wrong address is refused with DatabaseTrouble."""
        try:
            parts = make_url(url)
            if parts.drivername == "postgresql":
                parts = parts.set(drivername="postgresql+psycopg")
            if parts.get_backend_name() == "sqlite" and parts.database:
                Path(parts.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine: Engine = create_engine(parts, pool_pre_ping=parts.get_backend_name() != "sqlite", json_deserializer=_from_json)
        except OSError as error:
            raise DatabaseTrouble(f"The folder of the database cannot be made ({error.strerror}): set LODESTAR_HOME to one that can.") from error
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise DatabaseTrouble("LODESTAR_DATABASE_URL is not an address that can be used: give sqlite:///FILE or postgresql://...") from error
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        # SQLite's reading transactions see one state anyway.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self.engine.execution_options(**{_WRITES: True})

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state and saves nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            try:
                yield session
            finally:
                session.expunge_all()  # what was read stays readable after the session
                session.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose work is saved whole at the end, or not at all if anything is raised."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def check_reachable(self) -> None:
        """Raise DatabaseTrouble in one sentence if the database does not answer."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DatabaseError as error:
            where = self.engine.url.render_as_string(hide_password=True)
            raise DatabaseTrouble(f"The database at {where} does not answer as a database: start it, or set LODESTAR_DATABASE_URL.") from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def until_saved(work: Callable[P, T]) -> Callable[P, T]:
    """Have `work`, which saves all it does in one transaction, done again from its start where PostgreSQL ended that for the sake of others.

    What such a transaction did is undone whole, so nothing is done twice; DatabaseTrouble after so many attempts.
    """

    @wraps(work)
    def attempts(*args: P.args, **kwargs: P.kwargs) -> T:
        for left in reversed(range(_ATTEMPTS)):
            try:
                return work(*args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _ENDED_FOR_OTHERS:
                    raise
                if not left:
                    raise DatabaseTrouble("Others were saving at the same time, so nothing of this was saved: try again.") from error
        raise AssertionError("the last attempt returns or raises")

    return attempts


def insert_rows(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` (one mapping of column to value each, all of the same columns) in bulk; nothing happens for no rows."""
    if len(rows) >= _MANY:
        columns = tuple(rows[0])
        bulk_insert(session, table, columns, map(in_order(columns), rows), _defaults(table, columns))
    elif rows:
        session.execute(insert(table.__table__), [dict(row) for row in rows])  # type: ignore[attr-defined]


def in_order(columns: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return what makes of a mapping its values in the order of these columns."""
    return itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)


def _defaults(table: type[SQLModel], given: Collection[str]) -> dict[str, Any]:
    """Return what each column that is not given is by default."""
    lacking = [column for column in table.__table__.c if column.default is not None and column.name not in given]  # type: ignore[attr-defined]
    return {column.name: column.default.arg if column.default.is_scalar else column.default.arg(None) for column in lacking}


def insert_returning_ids(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert `rows` in bulk and return their ids in the same order."""
    if not rows:
        return []
    core = table.__table__  # type: ignore[attr-defined]
    statement = insert(core).returning(core.c.id, sort_by_parameter_order=True)
    return list(session.execute(statement, [dict(row) for row in rows]).scalars())
