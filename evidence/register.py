"""Loading one authority's schools from the register, whole or not at all, as a commission needs them."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import pendulum
from sqlalchemy import select
from sqlmodel import col

from evidence.kinds.register import NAME
from evidence.loading import load_file
from models.database import Database
from models.errors import BadFile
from models.school import School


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was understood of a register: which authority, how many rows, kept and skipped by reason."""

    authority: str
    authority_name: str
    register_date: datetime.date
    rows_read: int
    schools: int
    open_state_funded: int
    skipped: dict[str, int]
    vanished: int = 0


def load_register(database: Database, path: Path, authority: str, at: pendulum.DateTime) -> Loaded:
    """Read and save one authority's establishments, in one transaction; BadFile if the file is another, or cannot be used."""
    load = load_file(database, path, at, authority).load
    if load.kind != NAME or load.as_of is None:
        raise BadFile(f"{path.name} is no register of establishments: it was understood as {load.kind}.")
    with database.reading() as session:
        rows = session.execute(
            select(col(School.authority_name), col(School.open), col(School.state_funded), col(School.register_date))
            .where(col(School.authority) == authority)
        ).all()  # fmt: skip
    mine = [row for row in rows if row.register_date == load.as_of]
    return Loaded(
        authority, mine[0].authority_name, load.as_of, load.rows_read, load.rows_kept,
        sum(1 for row in mine if row.open and row.state_funded), dict(load.skipped), len(rows) - len(mine),
    )  # fmt: skip
