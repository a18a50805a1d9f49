"""Terms entered by hand, for authorities that publish no file."""

import datetime

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.errors import BadInput
from models.term import Term
from models.words import Role
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may

_LONGEST = 120


def enter_term(
    session: Session, authority: str, name: str, span: tuple[datetime.date, datetime.date], actor: Actor, at: pendulum.DateTime
) -> list[str]:
    """Enter a term in the place of all that is known of its days; return the names of what it replaces."""
    check_may(actor, (Role.ADVISER, Role.LEAD), "enter a term")
    first, last = span
    if not (len(authority) == 3 and authority.isascii() and authority.isdigit()):
        raise BadInput(f'"{authority}" is no authority: give its three-digit code, such as 919.')
    if not name.strip():
        raise BadInput("A term needs a name, such as Autumn 1 2027.")
    if not 0 < (last - first).days <= _LONGEST:
        raise BadInput(f"A term is from its first day to a later one, {_LONGEST} days at most: look at --first and --last.")
    mine = (col(Term.authority) == authority, col(Term.first) <= last, col(Term.last) >= first)
    gone = list(session.exec(select(Term.name).where(*mine).order_by(col(Term.first))).all())
    session.execute(delete(Term).where(*mine))
    row = {"authority": authority, "name": name.strip(), "first": first, "last": last, "source": f"entered by the {actor.role.value}"}
    detail = {"authority": authority, "first": first.isoformat(), "last": last.isoformat(), "replaces": gone}
    note(session, [Note("calendar.term", actor, after=name.strip(), detail=detail, rows=[(Term, row)])], at)
    return gone
