"""lodestar register, contact, commissioner, person: what a commission needs before it can open."""

from dataclasses import asdict
from pathlib import Path

from cyclopts import App
from sqlmodel import col, select

from app.lists import read_rows
from app.output import say, show, show_json
from app.session import AsOf, Json, moment, open_database
from evidence.register import load_register
from models.database import until_saved
from models.partnership import Commissioner, Person
from models.school import School
from models.words import CommissionerKind, Role
from stages import loading
from stages.lists import checked
from stages.reminders.lines import counted

register = App(name="register")
contact = App(name="contact")
commissioner = App(name="commissioner")
person = App(name="person")


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


@contact.command(name="load")
@until_saved
def load_contacts(file: Path, /) -> None:
    """Set schools' contacts from a csv or xlsx file: urn, role, name, email."""
    new = checked(loading.NewContact, read_rows(file), file.name)
    with open_database().writing() as session:
        count = loading.add_contacts(session, new)
    say(f"{counted(count, 'contact')} {'was' if count == 1 else 'were'} set.")


@commissioner.command(name="add")
@until_saved
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
@until_saved
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
