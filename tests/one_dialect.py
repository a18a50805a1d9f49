"""What SQLAlchemy has worked out for a kind of database serves all tests of a process, though each has a database of its own.

An engine keeps the statements that it has compiled, and what its server can do. Each test opens at least one engine, so all would be
worked out again several thousand times; which rows a statement finds does not depend on it.
"""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.util import LRUCache

import models.database

_MOST = 4_000
_KNOWN: dict[str, tuple[Any, LRUCache[Any, Any]]] = {}


def share() -> None:
    """From now on every database that this process opens shares them with the first of its kind that answered."""
    models.database.create_engine = _create  # type: ignore[attr-defined]


def _create(url: Any, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    if engine.name in _KNOWN:
        engine.dialect.initialize = lambda _connection: None  # type: ignore[method-assign]
        engine.dialect, engine._compiled_cache = _KNOWN[engine.name]
    else:
        event.listen(engine, "connect", lambda *_: _keep(engine))  # after SQLAlchemy has asked the server what it can do
    return engine


def _keep(engine: Engine) -> None:
    if engine.name not in _KNOWN:
        engine._compiled_cache = LRUCache(_MOST)
        _KNOWN[engine.name] = (engine.dialect, engine._compiled_cache)
