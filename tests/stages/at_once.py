"""Two who save at once: somebody begins just as another is about to run a statement, who goes on when the first is done or waits for a lock."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text

from models.database import Database

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def somebody_waits(database: Database) -> bool:
    """Tell whether a transaction waits for another; PostgreSQL only."""
    with database.engine.connect() as connection:
        return connection.execute(_WAITING).scalar_one() > 0


class Other:
    """Somebody who does something in a thread of their own; what went wrong with it is kept."""

    def __init__(self, database: Database, work: Callable[[], object]) -> None:
        self.database, self.work = database, work
        self.wrong: list[BaseException] = []
        self.thread = threading.Thread(target=self._do)

    @property
    def begun(self) -> bool:
        """Tell whether the thread was started."""
        return self.thread.ident is not None

    def _do(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.wrong.append(error)

    def begin(self) -> None:
        """Begin, and come back once it is done or waits; SQLite says nothing of who waits, and lets nobody save beside another."""
        self.thread.start()
        while not self.database.is_sqlite and self.thread.is_alive() and not somebody_waits(self.database):
            pass


@contextmanager
def meanwhile(database: Database, before: str, work: Callable[[], object]) -> Iterator[Other]:
    """Have somebody do something, once, just before a statement with these words is run here in a writing transaction; both are done at the end."""
    other, here = Other(database, work), threading.get_ident()

    def about_to(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        writes = connection.get_execution_options().get("lodestar_writes")
        if writes and before in " ".join(statement.split()) and threading.get_ident() == here and not other.begun:
            other.begin()

    event.listen(database.engine, "before_cursor_execute", about_to)
    try:
        yield other
    finally:
        event.remove(database.engine, "before_cursor_execute", about_to)
        if other.begun:
            other.thread.join()
    assert other.begun, f"nothing with {before} was run"
    assert not other.wrong, other.wrong
