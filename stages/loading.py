"""Adding people, contacts and conflicts, one by one or from lists: saved whole or not at all."""

from collections.abc import Sequence
from typing import ClassVar

import pendulum
from pydantic import ValidationInfo, field_validator
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.base import Strict
from models.database import insert_returning_ids, insert_rows
from models.errors import BadInput, NotAllowed
from models.moments import day_of
from models.partnership import Commissioner, Partnership, Person
from models.school import ENGLAND, Contact
from models.supporter import Conflict, Supporter
from models.words import CommissionerKind, ConflictKind, Role
from notifications.channels.mail import is_address
from stages.broker.declarations import check_schools
from stages.broker.under_way import tell_advisers
from stages.lists import Addressed, KnownUrn, Urn, known_of, refuse_twice
from stages.record import Actor, Note, note


class NewContact(Addressed):
    """Whom to write to at a school."""

    once: ClassVar = ("urn", "role")
    urn: Urn
    role: str = "headteacher"


class NewConflict(Strict):
    """A declared link between a supporter (by name) and a school."""

    once: ClassVar = ("supporter", "urn", "kind")
    supporter: str
    urn: KnownUrn
    kind: ConflictKind

    @field_validator("supporter")
    @classmethod
    def _is_there(cls, value: str, info: ValidationInfo) -> str:
        there = known_of(info)
        if there is not None and value not in there.supporters:
            raise ValueError(f'there is no supporter called "{value}": `lodestar supporter list` shows those there are')
        return value

    @field_validator("kind")
    @classmethod
    def _is_not_declared(cls, value: ConflictKind, info: ValidationInfo) -> ConflictKind:
        there = known_of(info)
        # What is wrong by itself is not there to be compared with.
        if there is not None and (info.data.get("supporter"), info.data.get("urn"), value.value) in there.links:
            raise ValueError("this link is in the register of conflicts already: leave the line out")
        return value


def add_contacts(session: Session, new: Sequence[NewContact]) -> int:
    """Set schools' contacts, replacing the one of the same school and role; return how many."""
    refuse_twice("contact", [f"{one.role} of {one.urn}" for one in new])
    for one in new:
        session.execute(delete(Contact).where(col(Contact.urn) == one.urn, col(Contact.role) == one.role))
    insert_rows(session, Contact, [one.model_dump() for one in new])
    return len(new)


def add_conflicts(session: Session, new: Sequence[NewConflict], actor: Actor, at: pendulum.DateTime) -> int:
    """Declare conflicts; they stay open, and bar a match, until somebody decides on them; advisers hear of those where support is under way."""
    if actor.role not in (Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot declare a list of conflicts: it is for adviser, lead.")
    ids = {supporter.name: supporter.id for supporter in session.exec(select(Supporter)).all()}
    names = {number: name for name, number in ids.items()}
    unknown = sorted({one.supporter for one in new} - set(ids))
    if unknown:
        raise BadInput(f"There is no supporter called {', '.join(unknown)}.")
    check_schools(session, {one.urn for one in new})
    known = [f"{names[row.supporter_id]} with {row.urn} ({row.kind.value})" for row in session.exec(select(Conflict)).all()]
    refuse_twice("conflict", [*known, *(f"{one.supporter} with {one.urn} ({one.kind.value})" for one in new)])
    today = day_of(at)
    note(session, [
        Note("conflict.declared", actor, detail={"supporter": one.supporter, "urn": one.urn, "kind": one.kind.value},
             rows=[(Conflict, {"supporter_id": ids[one.supporter], "urn": one.urn, "kind": one.kind, "declared_on": today})])
        for one in new
    ], at)  # fmt: skip
    tell_advisers(session, at)
    return len(new)


def add_partnership(session: Session, name: str, email: str) -> int:
    """Add the partnership that runs this installation, if it is not there yet; return its id."""
    known = session.exec(select(Partnership.id).where(Partnership.name == name)).first()
    return known or insert_returning_ids(session, Partnership, [{"name": name, "email": email}])[0]


def add_commissioner(session: Session, name: str, kind: CommissionerKind, authority: str, email: str) -> int:
    """Add a commissioner; one whose name is taken is refused."""
    if authority != ENGLAND and not (len(authority) == 3 and authority.isascii() and authority.isdigit()):
        raise BadInput(f'"{authority}" is no authority: give its three-digit code, such as 919, or ENG for the whole of England.')
    if not is_address(email):
        raise BadInput(f'"{email}" is not an address that can be written to.')
    if session.exec(select(Commissioner.id).where(Commissioner.name == name)).first():
        raise BadInput(f'There is a commissioner "{name}" already.')
    return insert_returning_ids(session, Commissioner, [{"name": name, "kind": kind, "authority": authority, "email": email}])[0]


def add_person(session: Session, name: str, email: str, role: Role) -> int:
    """Add somebody on the staff; the same address in the same role is refused."""
    if not is_address(email):
        raise BadInput(f'"{email}" is not an address that can be written to.')
    if session.exec(select(Person.id).where(Person.email == email, Person.role == role)).first():
        raise BadInput("There is a person with this address and role already.")
    return insert_returning_ids(session, Person, [{"name": name, "email": email, "role": role}])[0]
