"""Loading files: recognise, read, save; each file whole or not at all."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pendulum
from sqlmodel import Session, col, select

from evidence.kind import Context
from evidence.naming import KnownNames
from evidence.opening import open_file
from evidence.recognising import recognise
from evidence.saving import save
from evidence.triggers import raise_triggers, standings_before
from evidence.understood import Understood
from models.database import Database
from models.evidence import Load

Report = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What came of one file: the load, and what was understood; `understood` is None if the same file was loaded before."""

    path: Path
    load: Load
    understood: Understood | None


def load_file(
    database: Database, path: Path, at: pendulum.DateTime, authority: str | None = None, year: int | None = None, report: Report = lambda *_: None
) -> LoadedFile:
    """Load one file in one transaction; BadFile if it cannot be used, and then everything stays as it was."""
    report(path, "reading")
    digest = _digest(path)
    with database.reading() as session:
        known = _loaded_before(session, digest, authority)
    if known is not None:
        return LoadedFile(path, known, None)
    with open_file(path) as table:
        context = Context(at.in_timezone("Europe/London").date(), authority, year, KnownNames(database))
        found = recognise(table).read(table, context)
    report(path, "saving")
    with database.writing() as session:
        before = standings_before(session, found)
        load_id = save(session, found, path.name, digest, at)
        raise_triggers(session, found, before, load_id, at)
        session.flush()
        load = session.get_one(Load, load_id)
    return LoadedFile(path, load, found)


def load_files(
    database: Database, paths: Sequence[Path], at: pendulum.DateTime, authority: str | None = None, year: int | None = None,
    report: Report = lambda *_: None,
) -> list[LoadedFile]:  # fmt: skip
    """Load files one after another; the first that cannot be used stops it, and those before it stay loaded."""
    return [load_file(database, path, at, authority, year, report) for path in paths]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, empty for one that is not there (opening it says so in words)."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _loaded_before(session: Session, digest: str, authority: str | None) -> Load | None:
    """Return the load of the very same file, if it is still the newest of its kind, edition and scope."""
    query = select(Load).where(Load.digest == digest).order_by(col(Load.id).desc())
    same = session.exec(query if authority is None else query.where(Load.scope == authority)).first()
    # A file without URNs finds more schools once a fuller register is there, so it may be loaded again.
    if same is None or "by name" in same.kind:
        return None
    newest = select(Load.id).where(Load.kind == same.kind, Load.edition == same.edition, Load.scope == same.scope, Load.rank == same.rank)
    return same if session.exec(newest.order_by(col(Load.id).desc())).first() == same.id else None
