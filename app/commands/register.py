"""lodestar register, supporter, contact, commissioner, person: what a commission needs before it can open."""

import csv
import datetime
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App
from sqlmodel import col, select

from app.output import say, show, show_json
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from evidence.register import load_register
from models.errors import BadFile, NotFound
from models.partnership import Commissioner, Person
from models.school import School
from models.supporter import Supporter
from models.words import CommissionerKind, ConflictOutcome, Role
from stages import loading
from stages.record import Actor
from stages.schedule.decide import record_leave

register = App(name="register", help="The register of schools.")
supporter = App(name="supporter", help="Who can help.")
contact = App(name="contact", help="Whom to write to at schools.")
commissioner = App(name="commissioner", help="The public bodies that buy.")
person = App(name="person", help="The partnership's own people.")


@register.command
def load(file: Path, /, *, authority: str, as_of: AsOf = None, json: Json = False) -> None:
    """Load one authority's schools from GIAS's establishment file (zip or csv)."""
    loaded = load_register(open_database(), file, authority, moment(as_of))
    if json:
        show_json(asdict(loaded))
        return
    say(f"{loaded.rows_read} rows read of the register of {loaded.register_date:%-d %B %Y}; {loaded.schools} establishments of "
        f"{loaded.authority} {loaded.authority_name} kept, {loaded.open_state_funded} of them open and state-funded.")  # fmt: skip
    if loaded.vanished:
        say(f"Not in this register any more, and left as they were: {loaded.vanished} establishments.")
    for reason, count in loaded.skipped.items():
        say(f"Left out: {count} ({reason}).")


@register.command(name="list")
def list_schools(*, authority: str, json: Json = False) -> None:
    """List an authority's open state-funded schools."""
    with open_database().reading() as session:
        schools = session.exec(
            select(School)
            .where(School.authority == authority, col(School.open).is_(True), col(School.state_funded).is_(True))
            .order_by(col(School.urn))
        ).all()
    rows = [{"urn": s.urn, "name": s.name, "phase": s.phase.value, "status": s.status.value, "pupils": s.pupils, "trust": s.trust} for s in schools]
    show(rows, f"No schools of authority {authority} are known: load the register.", json)


def _rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a csv file with a header; BadFile if there is no such file or it is not text."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{file} cannot be read as a csv file in UTF-8.") from error


@supporter.command(name="load")
def load_supporters(file: Path, /) -> None:
    """Add supporters from a csv file: name, email, kind, skills, days_a_year, pounds_a_day, working_days, easting, northing..."""
    new = loading.checked(loading.NewSupporter, _rows(file), file.name)
    with open_database().writing() as session:
        say(f"{len(loading.add_supporters(session, new))} supporters were added.")


@supporter.command(name="conflicts")
def load_conflicts(file: Path, /, *, as_of: AsOf = None) -> None:
    """Declare conflicts from a csv file: supporter, urn, kind. Each bars a match until it is decided on."""
    new = loading.checked(loading.NewConflict, _rows(file), file.name)
    with open_database().writing() as session:
        say(f"{loading.add_conflicts(session, new, moment(as_of).date())} conflicts were declared.")


@supporter.command(name="list")
def list_supporters(*, json: Json = False) -> None:
    """List the supporters."""
    with open_database().reading() as session:
        found = session.exec(select(Supporter).order_by(col(Supporter.id))).all()
    rows = [{"id": s.id, "name": s.name, "kind": s.kind.value, "days_a_year": s.half_days_a_year / 2, "pounds_a_day": s.cost_a_day / 100,
             "active": "yes" if s.active else "no"} for s in found]  # fmt: skip
    show(rows, "No supporters yet: add some with `lodestar supporter load FILE`.", json)


@contact.command(name="load")
def load_contacts(file: Path, /) -> None:
    """Set schools' contacts from a csv file: urn, role, name, email."""
    new = loading.checked(loading.NewContact, _rows(file), file.name)
    with open_database().writing() as session:
        say(f"{loading.add_contacts(session, new)} contacts were set.")


@commissioner.command(name="add")
def add_commissioner(name: str, /, *, kind: CommissionerKind, authority: str, email: str, partnership: str = "The Schools Partnership") -> None:
    """Add a commissioner (and, the first time, the partnership that works for it)."""
    with open_database().writing() as session:
        loading.add_partnership(session, partnership, email)
        loading.add_commissioner(session, name, kind, authority, email)
    say(f"{name} was added.")


@commissioner.command(name="list")
def list_commissioners(*, json: Json = False) -> None:
    """List the commissioners."""
    with open_database().reading() as session:
        found = session.exec(select(Commissioner).order_by(col(Commissioner.id))).all()
    rows = [{"name": c.name, "kind": c.kind.value, "authority": c.authority} for c in found]
    show(rows, "No commissioners yet: add one with `lodestar commissioner add`.", json)


@person.command(name="add")
def add_person(name: str, /, *, email: str, role: Role = Role.ADVISER) -> None:
    """Add somebody on the partnership's staff, by office."""
    with open_database().writing() as session:
        loading.add_person(session, name, email, role)
    say(f"{name} was added as {role.value}.")


@person.command(name="list")
def list_people(*, json: Json = False) -> None:
    """List the partnership's people."""
    with open_database().reading() as session:
        found = session.exec(select(Person).order_by(col(Person.id))).all()
    show([{"name": p.name, "email": p.email, "role": p.role.value} for p in found], "Nobody yet.", json)


@supporter.command
def leave(
    name: str,
    /,
    *,
    first: datetime.date,
    last: datetime.date,
    reason: Reason = None,
    role: As = Role.ADVISER,
    by: By = "link adviser",
    as_of: AsOf = None,
) -> None:
    """Record that a supporter is away; every visit in that time is given a new date at the engine's next turn."""
    with open_database().writing() as session:
        found = session.exec(select(Supporter).where(Supporter.name == name)).first()
        if found is None:
            raise NotFound(f'There is no supporter "{name}": `lodestar supporter list` shows those there are.')
        count = record_leave(session, found, first, last, Actor(role, by), reason or "", moment(as_of))
    say(f"{name} is away from {first:%-d %B %Y} to {last:%-d %B %Y}; {count} visits have to move.")


@supporter.command
def conflict(name: str, urn: Number, outcome: ConflictOutcome, /, *, role: As, by: By, mitigation: str | None = None, as_of: AsOf = None) -> None:
    """Decide on a declared conflict: clear, managed (say how with --mitigation) or barred."""
    with open_database().writing() as session:
        loading.decide_conflict(session, name, urn, outcome, mitigation, Actor(role, by), moment(as_of))
    say(f"The conflict of {name} with school {urn} is {outcome.value}.")
