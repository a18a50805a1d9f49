"""Loading files: recognise, read, save; each file whole or not at all."""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pendulum
from sqlalchemy import func
from sqlmodel import Session, col, select

from evidence.checking import check_asked
from evidence.history import rows_left
from evidence.keeping import keep_to_authority
from evidence.kind import Context
from evidence.naming import KnownNames
from evidence.reading import Read, read_file, reading_ahead
from evidence.saving import save
from evidence.triggers import raise_triggers, standings_before
from evidence.understood import OTHER_AUTHORITY, OWN, Understood
from models.collecting import collector_at_rest
from models.database import Database, until_saved
from models.errors import BadFile
from models.evidence import Load
from models.moments import day_of

_SAVING = 0x10AD  # the number of the lock that whoever saves a file holds; no other is taken by number
Report = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file holds, as its SHA-256, and by what a change of it since then is seen: its size and when it was written last."""

    sha256: str
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What came of one file: the load, and what was understood; `understood` is None if the same file was loaded before."""

    path: Path
    load: Load
    understood: Understood | None


def load_files(
    database: Database, paths: Sequence[Path], at: pendulum.DateTime, authority: str | None = None, year: int | None = None,
    report: Report = lambda *_: None, *, smaller: bool = False, instead: bool = False,
) -> Generator[LoadedFile | BadFile, None, None]:  # fmt: skip
    """Load files one after the other, each in a transaction of its own, and yield what came of each: why it was refused, or the load.

    Many large files are read ahead by a second process. BadInput is raised for an authority or a year that cannot be.
    """
    today = day_of(at)
    check_asked(authority, year, today)
    digests = {path: digest_of(path) for path in dict.fromkeys(paths)}
    with collector_at_rest(), reading_ahead(files_to_read(database, digests, authority, year), Context(today, authority, year)) as read:
        for path in paths:
            try:
                yield load_file(database, path, at, authority, year, report, smaller=smaller, instead=instead, read=read, digest=digests[path])
            except BadFile as error:
                yield error


def files_to_read(database: Database, digests: Mapping[Path, Digest], authority: str | None, year: int | None) -> list[Path]:
    """Return those of some files, by their digests, that have to be read: one of each that are alike, and none that is loaded already."""
    alike: dict[str, Path] = {}
    for path, digest in digests.items():
        alike.setdefault(digest.sha256, path)
    with database.reading() as session:
        return [path for digest, path in alike.items() if year is not None or _same(_still_there(session, digest), authority) is None]


@collector_at_rest()
def load_file(
    database: Database, path: Path, at: pendulum.DateTime, authority: str | None = None, year: int | None = None,
    report: Report = lambda *_: None, *, smaller: bool = False, instead: bool = False, read: Read = read_file, digest: Digest | None = None,
) -> LoadedFile:  # fmt: skip
    """Load one file in one transaction; BadFile if it cannot be used, and then everything stays as it was.

    `smaller` says that the file is meant though it keeps much less than the one whose place it takes, `instead` that
    what it holds was loaded as a wrong school year before, which it takes the place of; `digest` is known where it was computed before.
    """
    today = day_of(at)
    check_asked(authority, year, today)
    report(path, "reading")
    digest = digest or digest_of(path)
    with database.reading() as session:
        known = _still_there(session, digest.sha256)
    same = _same(known, authority) if year is None and not instead else None
    if same is not None:
        return LoadedFile(path, same, None)
    found = read(path, Context(today, authority, year, KnownNames(database)))
    if _stamp(path) != digest.stamp:
        raise BadFile(f"{path.name} was written to while it was being read: load it again once it is whole.")
    keep_to_authority(database, found, authority, path.name)
    same = _in_the_same_place(known, found)
    if same is not None:
        return LoadedFile(path, same, None)
    report(path, "saving")
    load, is_new = _saved(database, found, path.name, digest.sha256, at, smaller=smaller, instead=instead)
    return LoadedFile(path, load, found if is_new else None)


@until_saved
def _saved(
    database: Database, found: Understood, name: str, digest: str, at: pendulum.DateTime, *, smaller: bool, instead: bool
) -> tuple[Load, bool]:
    """Save what was understood of a file, with what it triggers; return its load, and False if somebody saved the very same file meanwhile."""
    with database.writing() as session:
        _one_at_a_time(session)
        same = _in_the_same_place(_still_there(session, digest), found)
        if same is not None:
            return same, False
        before = standings_before(session, found, at)
        load_id = save(session, found, name, digest, at, smaller=smaller, instead=instead)
        raise_triggers(session, found, before, load_id, at)
        session.flush()
        return session.get_one(Load, load_id), True


def _one_at_a_time(session: Session) -> None:
    """Wait on PostgreSQL until nobody else is saving a file, until the end of this transaction; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_SAVING)))


def _in_the_same_place(known: Sequence[Load], found: Understood) -> Load | None:
    """Return the load, of some of the very same file, whose place what was understood would take."""
    return next((one for one in known if _place(one) == _place(found)), None)


def _same(known: Sequence[Load], authority: str | None) -> Load | None:
    """Return the load of the very same file that was asked for as it is now."""
    return next((one for one in known if _asked_alike(one, authority)), None)


def digest_of(path: Path) -> Digest:
    """Return the digest of a file, empty for one that is not there (opening it says so in words)."""
    stamp = _stamp(path)
    try:
        with path.open("rb") as file:
            return Digest(hashlib.file_digest(file, "sha256").hexdigest(), stamp)
    except OSError:
        return Digest("", stamp)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _still_there(session: Session, digest: str) -> list[Load]:
    """Return the loads of the very same file that no later one has taken the place of, the newest first."""
    same = session.exec(select(Load).where(Load.digest == digest).order_by(col(Load.id).desc())).all()
    # A file without URNs finds more schools once a fuller register is there, so it may be loaded again.
    return [one for one in same if "by name" not in one.kind and _newest_in_its_place(session, one)]


def _newest_in_its_place(session: Session, one: Load) -> bool:
    if one.kind == OWN:
        # Lists of one's own replace each other figure by figure, so one still stands only if all its figures do.
        return rows_left(session, [one.id])[one.id] == one.rows_kept
    place = (Load.kind == one.kind, Load.edition == one.edition, Load.scope == one.scope, Load.rank == one.rank)
    return session.exec(select(Load.id).where(*place).order_by(col(Load.id).desc())).first() == one.id


def _asked_alike(one: Load, authority: str | None) -> bool:
    """Tell without reading the file whether a load kept to the authority that is asked for now, or to none."""
    return OTHER_AUTHORITY not in one.skipped if authority is None else one.scope == authority


def _place(one: Load | Understood) -> tuple[str, str, str, int]:
    """Return what a load is replaced by another of."""
    return one.kind, one.edition, one.scope, one.rank
