"""Loading the register: one authority's schools, whole or not at all, and the evidence they carry."""

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import delete, select
from sqlmodel import Session, col

from evidence.register_rows import register_rows, school_row
from models.database import Database, insert_rows
from models.errors import BadFile
from models.evidence import Evidence, Load
from models.school import School
from models.words import Missing

_INDICATORS = ("pupils", "fsm_share")


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


@dataclass(frozen=True, slots=True)
class Register:
    """One authority's establishments, read but not yet saved."""

    path: Path
    register_date: datetime.date
    rows: Sequence[dict[str, Any]]
    rows_read: int
    skipped: dict[str, int]


def read_register(path: Path, authority: str, today: datetime.date) -> Register:
    """Read the establishments of one authority; BadFile for a damaged file or an authority that is not in it."""
    dated = _date_in_name(path.name) or today
    skipped: Counter[str] = Counter()
    rows, read, authorities = [], 0, {}
    urns: set[str] = set()
    for line, record in register_rows(path):
        read += 1
        authorities[record["LA (code)"]] = record.get("LA (name)", "")
        if record["LA (code)"] != authority:
            skipped["other authority"] += 1
            continue
        urn = record["URN"]
        if not (urn.isascii() and urn.isdigit()):
            raise BadFile(f'{path.name}, line {line}: "{urn}" is no URN.')
        if urn in urns:
            raise BadFile(f"{path.name}, line {line}: URN {urn} is there twice. Download it again.")
        urns.add(urn)
        rows.append(school_row(record, dated))
    if not rows:
        near = ", ".join(f"{code} {name}" for code, name in sorted(authorities.items())[:5])
        raise BadFile(f"{path.name} has no establishment of authority {authority}: give a three-digit code that it has, such as {near}.")
    return Register(path, dated, rows, read, dict(skipped))


def save_register(session: Session, register: Register, at: pendulum.DateTime) -> Loaded:
    """Save what was read, replacing those schools' rows; loading the same file twice changes nothing.

    A school that is not in the file any more stays as it was, and is counted; BadFile if a newer register was loaded.
    """
    urns = [row["urn"] for row in register.rows]
    known = session.execute(select(col(School.urn), col(School.register_date)).where(col(School.authority) == register.rows[0]["authority"])).all()
    newest = max((dated for _, dated in known if dated), default=None)
    if newest is not None and newest > register.register_date:
        raise BadFile(f"{register.path.name} is of {register.register_date:%-d %B %Y}, older than the register of {newest:%-d %B %Y} already loaded.")
    for start in range(0, len(urns), 5000):
        session.execute(delete(School).where(col(School.urn).in_(urns[start : start + 5000])))
    insert_rows(session, School, register.rows)
    _save_evidence(session, register)
    digest = hashlib.sha256(register.path.read_bytes()).hexdigest()
    insert_rows(session, Load, [
        {"kind": "GIAS establishments", "edition": register.register_date.isoformat(), "file_name": register.path.name, "digest": digest,
         "rows_read": register.rows_read, "rows_kept": len(register.rows), "skipped": register.skipped, "at": at}
    ])  # fmt: skip
    first = register.rows[0]
    return Loaded(
        first["authority"], first["authority_name"], register.register_date, register.rows_read, len(register.rows),
        sum(1 for row in register.rows if row["open"] and row["state_funded"]), register.skipped,
        len({urn for urn, _ in known} - set(urns)),
    )  # fmt: skip


def _save_evidence(session: Session, register: Register) -> None:
    """Keep the register's figures as evidence with source and date; an empty field is kept as missing, never as zero."""
    source = f"GIAS {register.register_date:%-d %B %Y}"
    known = set(session.execute(select(col(Evidence.urn)).where(col(Evidence.source) == source)).scalars())
    insert_rows(session, Evidence, [
        {"urn": row["urn"], "indicator": name, "value": row[name], "missing": Missing.NOT_IN_SOURCE if row[name] is None else None,
         "as_of": register.register_date, "source": source}
        for row in register.rows if row["open"] and row["urn"] not in known
        for name in _INDICATORS
    ])  # fmt: skip


def _date_in_name(name: str) -> datetime.date | None:
    """Return the date that GIAS puts into the name of its file, as in edubasealldata20231116."""
    found = re.search(r"(20\d{2})(\d{2})(\d{2})", name)
    if not found:
        return None
    try:
        return datetime.date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def load_register(database: Database, path: Path, authority: str, at: pendulum.DateTime) -> Loaded:
    """Read and save one authority's establishments, in one transaction."""
    register = read_register(path, authority, at.in_timezone("Europe/London").date())
    with database.writing() as session:
        return save_register(session, register, at)
