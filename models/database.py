"""The database: one engine, reading and writing sessions, bulk inserts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Engine, create_engine, event, insert, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError
from sqlmodel import Session, SQLModel

from models.errors import DatabaseTrouble

_WRITES = "lodestar_writes"
_MANY = 500  # from here on what a bulk insert costs to prepare is less than it saves
_PART = 10_000  # rows that are converted at a time
_PLACES = 999  # values in one statement, which every SQLite takes


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
            self.engine: Engine = create_engine(parts, pool_pre_ping=parts.get_backend_name() != "sqlite")
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


def insert_rows(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` (one mapping of column to value each, all of the same columns) in bulk; nothing happens for no rows."""
    if len(rows) >= _MANY:
        columns = tuple(rows[0])
        bulk_insert(session, table, columns, ([row[name] for name in columns] for row in rows))
    elif rows:
        session.execute(insert(table.__table__), [dict(row) for row in rows])  # type: ignore[attr-defined]


def insert_returning_ids(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert `rows` in bulk and return their ids in the same order."""
    if not rows:
        return []
    core = table.__table__  # type: ignore[attr-defined]
    statement = insert(core).returning(core.c.id, sort_by_parameter_order=True)
    return list(session.execute(statement, [dict(row) for row in rows]).scalars())


def bulk_insert(session: Session, table: type[SQLModel], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert many rows, each of these columns in order, the fastest way that the database has; return how many.

    PostgreSQL takes them by COPY, SQLite many rows a statement; neither looks at Python-side defaults. What the driver
    complains of is raised as SQLAlchemy would, as it is for all other writing.
    """
    session.flush()
    connection = session.connection()
    parts = _as_stored(connection.dialect, table, columns, rows)
    trouble: Any = connection.dialect.loaded_dbapi.Error
    try:
        return (_insert_many if connection.dialect.name == "sqlite" else _copy)(connection, str(table.__tablename__), columns, parts)
    except trouble as error:
        raise DBAPIError.instance(f"bulk insert into {table.__tablename__}", None, error, trouble, dialect=connection.dialect) from error


class _Stored(dict[Any, Any]):
    """What a column's values are in the database, each worked out once: dates and words come again and again."""

    def __init__(self, stored: Callable[[Any], Any]) -> None:
        super().__init__({None: None})
        self._stored = stored

    def __missing__(self, value: Any) -> Any:
        self[value] = stored = self._stored(value)
        return stored


def _as_stored(dialect: Dialect, table: type[SQLModel], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Yield rows in parts, their values as the driver takes them by the types of the columns."""
    converters: dict[int, Callable[[Any], Any]] = {}
    for place, name in enumerate(columns):
        kind = table.__table__.c[name].type  # type: ignore[attr-defined]
        stored = kind.dialect_impl(dialect).bind_processor(dialect)
        if stored is not None:
            converters[place] = stored if isinstance(kind, JSON) else _Stored(stored).__getitem__
    remaining = iter(rows)
    while part := list(islice(remaining, _PART)):
        if converters:
            by_column: list[Iterable[Any]] = list(zip(*part, strict=True))
            for place, convert in converters.items():
                by_column[place] = map(convert, by_column[place])
            part = list(zip(*by_column, strict=True))
        yield part


def _insert_many(connection: Connection, name: str, columns: Sequence[str], parts: Iterable[list[Sequence[Any]]]) -> int:
    """Insert by statements of many rows: what a statement costs, above all its checks, is then paid once for all of them."""
    driver: Any = connection.connection.driver_connection
    names, marks = ", ".join(f'"{column}"' for column in columns), f"({', '.join('?' * len(columns))})"
    start = f'INSERT INTO "{name}" ({names}) VALUES '  # noqa: S608 - names of our own tables
    together, count = max(1, _PLACES // len(columns)), 0
    for part in parts:
        whole = len(part) // together * together
        values = chain.from_iterable(part[:whole])
        driver.executemany(start + ", ".join([marks] * together), zip(*[values] * (together * len(columns)), strict=True))
        driver.executemany(start + marks, part[whole:])
        count += len(part)
    return count


def _copy(connection: Connection, name: str, columns: Sequence[str], parts: Iterable[list[Sequence[Any]]]) -> int:
    driver: Any = connection.connection.driver_connection
    names, count = ", ".join(f'"{column}"' for column in columns), 0
    with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({names}) FROM STDIN') as copy:
        for part in parts:
            for row in part:
                copy.write_row(row)
            count += len(part)
    return count
