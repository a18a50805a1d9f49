"""Declarations of interests: asked for before a supporter's first match and again each year, with a deadline and reminders."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from models.commission import Commission
from models.database import Database, insert_rows, until_saved
from models.errors import BadInput, NotAllowed
from models.moments import day_of
from models.school import School
from models.supporter import Conflict, Declaration, Supporter
from models.words import CommissionStatus, ConflictKind, ConflictOutcome, Role, Stage
from notifications.draft import Recipient
from notifications.messages import to_staff
from programmes.sessions import brokers
from stages.brief import Brief, load_brief
from stages.broker.rules import KINDS
from stages.broker.under_way import counts, reopen, tell_advisers, tell_of_ends
from stages.record import ENGINE, Actor, Note, note

DUE_SCHOOL_DAYS = 10
_VALID = datetime.timedelta(days=365)
# Asked for again so long before the last one runs out that nobody need be without one.
_AHEAD = datetime.timedelta(days=30)
# Who may decide on a link may also say that it is over.
_DECIDING = frozenset({Role.ADVISER, Role.LEAD})


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration came to: how many links are `new`, and those that were said to be over and `stay` until somebody decides."""

    new: int
    stay: Sequence[Conflict] = ()


def declared(session: Session, today: datetime.date) -> set[int]:
    """Return the supporters who have made a declaration by `today` that is not older than a year."""
    rows = session.exec(select(Declaration.supporter_id, Declaration.made_at).where(col(Declaration.made_at).is_not(None))).all()
    return {number for number, made_at in rows if made_at is not None and made_at.date() <= today <= made_at.date() + _VALID}


def open_declarations(session: Session, supporter_ids: Collection[int]) -> list[Declaration]:
    """Return the declarations that these supporters were asked for and have not made."""
    query = select(Declaration).where(col(Declaration.made_at).is_(None), col(Declaration.supporter_id).in_(supporter_ids))
    return list(session.exec(query.order_by(col(Declaration.id))).all())


def supporters_of(brief: Brief) -> list[Supporter]:
    """Return the active supporters of the kinds that a commission's programme matches with."""
    kinds = {kind for broker in brokers(brief.programme).values() for kind in KINDS[broker.mode]}
    return [one for one in brief.supporters.values() if one.active and one.kind.value in kinds]


@until_saved
def ask_declarations(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Ask each supporter of a commission who has no declaration, or one that runs out, and return how many were asked."""
    with database.reading() as session:
        if not _to_ask(session, load_brief(session, commission_id, []), at):
            return 0
    with database.writing() as session:
        # Two commissions share their supporters, and each is asked once.
        session.exec(select(Supporter.id).order_by(col(Supporter.id)).with_for_update()).all()
        brief = load_brief(session, commission_id, [])
        to_ask, due = _to_ask(session, brief, at), brief.calendar.add(day_of(at), DUE_SCHOOL_DAYS)
        insert_rows(session, Declaration, [{"supporter_id": one.id, "asked_at": at, "due": due} for one in to_ask])
        numbers = {row.supporter_id: row.id for row in open_declarations(session, [one.id for one in to_ask])}
        note(session, [
            Note("declaration.asked", ENGINE, commission_id, detail={"supporter": one.name, "due": due.isoformat()},
                 messages=[to_staff.declaration(brief.head, Recipient("supporter", one.name, one.email), numbers[one.id], due)])
            for one in to_ask
        ], at)  # fmt: skip
    return len(to_ask)


def _to_ask(session: Session, brief: Brief, at: pendulum.DateTime) -> list[Supporter]:
    commission: Commission = brief.commission
    if commission.status is not CommissionStatus.RUNNING or Stage.BROKER not in brief.programme.stages:
        return []
    mine = supporters_of(brief)
    fresh = declared(session, day_of(at) + _AHEAD)
    asked = {one.supporter_id for one in open_declarations(session, [one.id for one in mine])}
    return [one for one in mine if one.id not in fresh and one.id not in asked]


def declare(
    session: Session, supporter: Supporter, links: Sequence[tuple[int, ConflictKind, datetime.date | None]], actor: Actor, at: pendulum.DateTime
) -> Declared:
    """Keep a supporter's declaration with the links it names (school, kind, last day), none if there is nothing to declare.

    Links that are known already stay as they were decided, unless they had run out. One that was decided on, or that others or the data
    showed, is not over because its supporter says so: the word is kept, and advisers are told.
    """
    if actor.role not in {Role.SUPPORTER, *_DECIDING}:
        raise NotAllowed(f"The role {actor.role.value} cannot declare a supporter's interests: it is for supporter, adviser, lead.")
    today = day_of(at)
    named = {(urn, kind): until for urn, kind, until in links}
    check_schools(session, {urn for urn, _ in named})
    known = {(row.urn, row.kind): row for row in session.exec(select(Conflict).where(Conflict.supporter_id == supporter.id)).all()}
    stay = [known[key] for key in named if key in known and _ends(known[key], named[key]) and not _may_end(known[key], actor)]
    for row in known.values():
        if (row.urn, row.kind) in named and row not in stay:
            _declare_again(row, named[row.urn, row.kind], today)
            session.add(row)
    rows = [
        (Conflict, {"supporter_id": supporter.id, "urn": urn, "kind": kind, "declared_on": today, "source": f"declared by {actor.by}",
                    "until": until})
        for (urn, kind), until in named.items() if (urn, kind) not in known
    ]  # fmt: skip
    _made(session, supporter, actor, today, at)
    said = [f"{row.urn}: {row.kind.value}, said to end on {named[row.urn, row.kind]}" for row in stay]
    detail = {"supporter": supporter.name, "links": [f"{urn}: {kind.value}" for urn, kind, _ in links]} | ({"not_ended": said} if said else {})
    note(session, [Note("declaration.made", actor, detail=detail, rows=rows)], at)
    tell_advisers(session, at)
    tell_of_ends(session, supporter, [(row, until) for row in stay if (until := named[row.urn, row.kind])], at)
    return Declared(len(rows), stay)


def _made(session: Session, supporter: Supporter, actor: Actor, today: datetime.date, at: pendulum.DateTime) -> None:
    """Enter that the declaration that was asked for, or one of a supporter's own accord, is made."""
    waiting = open_declarations(session, [supporter.id])
    if waiting:
        waiting[-1].made_at, waiting[-1].made_by = at, actor.by
        session.add(waiting[-1])
    else:
        insert_rows(session, Declaration, [{"supporter_id": supporter.id, "asked_at": at, "due": today, "made_at": at, "made_by": actor.by}])


def _ends(known: Conflict, until: datetime.date | None) -> bool:
    """Tell whether a known link would be over earlier with this last day."""
    return until is not None and (known.until is None or until < known.until)


def _may_end(known: Conflict, actor: Actor) -> bool:
    """Tell whether somebody may give a link an earlier last day: whoever may decide on it or, before anybody did, who declared it."""
    return actor.role in _DECIDING or (known.outcome is ConflictOutcome.OPEN and known.source == f"declared by {actor.by}")


def _declare_again(known: Conflict, until: datetime.date | None, today: datetime.date) -> None:
    """Give a known link the last day it is declared with now; one that had run out, or was to run out earlier, is to be decided on again.

    A bar that holds is not taken off by saying that it holds for longer.
    """
    longer = known.until is not None and (until is None or until > known.until)
    if longer and not (known.outcome is ConflictOutcome.BARRED and counts(known, today)):
        reopen(known, today)
    known.until = until


def check_schools(session: Session, urns: Collection[int]) -> None:
    """Raise BadInput if a link is with a school that the register has not, once there is one: a slip of the pen would bar nothing."""
    if session.exec(select(School.urn).limit(1)).first() is None:
        return
    unknown = sorted(set(urns) - set(session.exec(select(School.urn).where(col(School.urn).in_(urns))).all()))
    if unknown:
        raise BadInput(f"There is no school {', '.join(map(str, unknown))} in the register: look at the URN.")
