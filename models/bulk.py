"""Many rows at once, the fastest way that each database has: COPY into PostgreSQL, many rows a statement into SQLite."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Connection, Enum
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

_PART = 10_000  # rows that are converted at a time
_PLACES = 999  # values in one statement, which every SQLite takes
# How much of the file stays in memory while it is written to (in kibibytes, and less than nothing says so): rows of one file lie all over it.
_CACHE = -128 * 1024
_FEWER = (16, 1)  # rows in one statement of what is left over
Parts = Iterable[list[Sequence[Any]]]


def bulk_insert(
    session: Session, table: type[SQLModel], columns: Sequence[str], rows: Iterable[Sequence[Any]], same: Mapping[str, Any] | None = None
) -> int:
    """Insert many rows, each of these columns in order, and return how many; `same` are further columns, alike in all rows.

    Python-side defaults are not looked at. A word that a column does not know is refused with ValueError; what the driver complains of
    is raised as SQLAlchemy would, as it is for all other writing.
    """
    session.flush()
    connection = session.connection()
    to_stored = _converters(connection.dialect, table)
    alike = {name: to_stored[name](value) if name in to_stored else value for name, value in (same or {}).items()}
    parts = _as_stored([to_stored.get(name) for name in columns], rows)
    trouble: Any = connection.dialect.loaded_dbapi.Error
    try:
        if connection.dialect.name == "sqlite":
            with _checked_here(connection, table):
                return _insert_many(connection, str(table.__tablename__), columns, parts, alike)
        return _copy(connection, str(table.__tablename__), columns, parts, alike)
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


def _converters(dialect: Dialect, table: type[SQLModel]) -> dict[str, Callable[[Any], Any]]:
    """Return by column what makes of a value what the driver takes; columns that are taken as they are are left out."""
    found: dict[str, Callable[[Any], Any]] = {}
    for column in table.__table__.c:  # type: ignore[attr-defined]
        if isinstance(column.type, Enum) and column.type.enum_class is not None:
            found[column.name] = _Stored(_word(column.type.enum_class)).__getitem__
            continue
        stored = column.type.dialect_impl(dialect).bind_processor(dialect)
        if stored is not None:
            found[column.name] = _json(stored) if isinstance(column.type, JSON) else _Stored(stored).__getitem__
    return found


def _json(stored: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what writes JSON; most of it is an empty object, which is written once."""
    empty = stored({})
    return lambda value: empty if value == {} else stored(value)


def _word(words: Any) -> Callable[[Any], Any]:
    return lambda value: words(value).value


def _as_stored(converters: Sequence[Callable[[Any], Any] | None], rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Yield rows in parts, their values as the driver takes them."""
    places = [(place, convert) for place, convert in enumerate(converters) if convert is not None]
    remaining = iter(rows)
    while part := list(islice(remaining, _PART)):
        if places:
            by_column: list[Iterable[Any]] = list(zip(*part, strict=True))
            for place, convert in places:
                by_column[place] = map(convert, by_column[place])
            part = list(zip(*by_column, strict=True))
        yield part


@contextmanager
def _checked_here(connection: Connection, table: type[SQLModel]) -> Iterator[None]:
    """Let SQLite take rows without its checks while they are inserted, and keep more of its file in memory.

    Its only checks of most tables are that words are known ones, which costs it a third of the time and was seen to before; where a
    table has other checks they stay.
    """
    constraints = table.__table__.constraints  # type: ignore[attr-defined]
    only_words = all(getattr(one, "_type_bound", False) for one in constraints if isinstance(one, CheckConstraint))
    driver: Any = connection.connection.driver_connection
    (before,) = driver.execute("PRAGMA cache_size").fetchone()
    driver.execute(f"PRAGMA cache_size={_CACHE}")
    driver.execute(f"PRAGMA ignore_check_constraints={'ON' if only_words else 'OFF'}")
    try:
        yield
    finally:
        driver.execute("PRAGMA ignore_check_constraints=OFF")
        driver.execute(f"PRAGMA cache_size={before}")


def _insert_many(connection: Connection, name: str, columns: Sequence[str], parts: Parts, same: Mapping[str, Any]) -> int:
    """Insert by statements of many rows: what a statement costs, and what is alike in all rows, is then paid once for all of them."""
    driver: Any = connection.connection.driver_connection
    alike, count = tuple(same.values()), 0
    most = max(1, (_PLACES - len(alike)) // len(columns))
    for part in parts:
        done = 0
        for together in (most, *(fewer for fewer in _FEWER if fewer < most)):
            upto = done + (len(part) - done) // together * together
            if upto > done:
                values = chain.from_iterable(part[done:upto])
                statement = _statement(name, tuple(columns), tuple(same), together)
                driver.executemany(statement, (alike + row for row in zip(*[values] * (together * len(columns)), strict=True)))
            done = upto
        count += done
    return count


@lru_cache(maxsize=64)
def _statement(name: str, columns: Sequence[str], same: Sequence[str], rows: int) -> str:
    """Return the SQL that inserts so many rows; its first values are those that are alike in all of them."""
    names = ", ".join(f'"{column}"' for column in (*same, *columns))
    first = [f"?{place}" for place in range(1, len(same) + 1)]
    marks = (
        ", ".join([*first, *(f"?{place}" for place in range(start, start + len(columns)))])
        for start in range(len(same) + 1, len(same) + 1 + rows * len(columns), len(columns))
    )
    return f'INSERT INTO "{name}" ({names}) VALUES ({"), (".join(marks)})'  # noqa: S608 - names of our own tables


def _copy(connection: Connection, name: str, columns: Sequence[str], parts: Parts, same: Mapping[str, Any]) -> int:
    driver: Any = connection.connection.driver_connection
    names, alike, count = ", ".join(f'"{column}"' for column in (*same, *columns)), tuple(same.values()), 0
    with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({names}) FROM STDIN') as copy:
        for part in parts:
            for row in part:
                copy.write_row((*alike, *row) if alike else row)
            count += len(part)
    return count
