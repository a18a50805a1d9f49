"""Feeds of people's diaries: made for one person, read by whoever has the token, revoked at any time."""

import datetime
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from calendars.invitations import Entry, feed
from models.case import Case
from models.commission import Commission
from models.errors import NotAllowed, NotFound, NotPossible
from models.feed import Feed
from models.meeting import Meeting
from models.moments import day_of
from models.partnership import Person
from models.supporter import Supporter
from models.visit import Visit
from models.words import Role, VisitStatus
from stages.brief import Brief, load_brief
from stages.invitations import of_meeting, of_visit
from stages.record import Actor, Note, note
from stages.visits import of_supporters

PAST = datetime.timedelta(days=60)
_MAY = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)
# Unknown and revoked sound the same: whoever tries tokens learns nothing.
_NO_FEED = "There is no such calendar, or not any more: ask the partnership for a new address."


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose diary it is: a supporter's, or an adviser's on the partnership's staff."""

    name: str
    supporter_id: int | None = None
    person_id: int | None = None

    def columns(self) -> dict[str, int | None]:
        """Return the holder as columns of a feed."""
        return {"supporter_id": self.supporter_id, "person_id": self.person_id}


def path_of(token: str) -> str:
    """Return the path at which a feed is read; it is a secret, and nothing may write it down."""
    return f"/feeds/{token}.ics"


def find_holder(session: Session, name: str, *, adviser: bool = False) -> Holder:
    """Return the supporter of that name, or the adviser (by name or address) if there is none or `adviser` says so; NotFound otherwise."""
    supporter = None if adviser else session.exec(select(Supporter).where(Supporter.name == name)).first()
    if supporter is not None:
        return Holder(supporter.name, supporter_id=supporter.id)
    query = select(Person).where(Person.role == Role.ADVISER, or_(Person.name == name, Person.email == name))
    people = session.exec(query.order_by(col(Person.id))).all()
    if len(people) > 1:
        raise NotPossible(f'There are {len(people)} advisers called "{name}": give the address of the one you mean.')
    if not people:
        raise NotFound(f'There is no supporter and no adviser "{name}": `lodestar supporter list` and `lodestar person list` show those there are.')
    return Holder(people[0].name, person_id=people[0].id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _live(holder: Holder) -> tuple[Any, ...]:
    return (Feed.supporter_id == holder.supporter_id, Feed.person_id == holder.person_id, col(Feed.revoked_at).is_(None))


def make_feed(session: Session, holder: Holder, actor: Actor, at: pendulum.DateTime) -> str:
    """Make a feed of somebody's diary and return its token, which is shown this once and kept nowhere."""
    _check_may(actor, "make")
    if session.exec(select(Feed.id).where(*_live(holder))).first() is not None:
        raise NotPossible(f'{holder.name} has a feed already: if its address is lost, revoke it with `lodestar feed revoke "{holder.name}"` first.')
    token = secrets.token_urlsafe(32)
    row = {"digest": _digest(token), **holder.columns(), "made_at": at}
    note(session, [Note("feed.made", actor, detail=holder.columns(), rows=[(Feed, row)])], at)
    return token


def revoke_feed(session: Session, holder: Holder, actor: Actor, at: pendulum.DateTime) -> None:
    """Revoke the feed of somebody's diary; its address gives nothing from now on."""
    _check_may(actor, "revoke")
    if session.exec(select(Feed.id).where(*_live(holder))).first() is None:
        raise NotPossible(f"{holder.name} has no feed that could be revoked.")

    def revoked(inner: Session) -> None:
        inner.execute(update(Feed).where(*_live(holder)).values(revoked_at=at))

    note(session, [Note("feed.revoked", actor, detail=holder.columns(), changes=revoked)], at)


def _check_may(actor: Actor, what: str) -> None:
    if actor.role not in _MAY:
        raise NotAllowed(f"The role {actor.role.value} cannot {what} a feed: it is for {', '.join(role.value for role in _MAY)}.")


def feed_for(session: Session, token: str, at: pendulum.DateTime) -> bytes:
    """Return the feed that a token opens, as it stands at `at`; NotFound if there is none, it was revoked, or its holder has left."""
    found = session.exec(select(Feed).where(Feed.digest == _digest(token), col(Feed.revoked_at).is_(None))).first()
    if found is None:
        raise NotFound(_NO_FEED)
    if found.supporter_id is not None:
        supporter = session.get_one(Supporter, found.supporter_id)
        if not supporter.active:
            raise NotFound(_NO_FEED)
        return diary(session, Holder(supporter.name, supporter_id=supporter.id), at)
    person = session.get_one(Person, found.person_id)
    return diary(session, Holder(person.name, person_id=person.id), at)


def diary(session: Session, holder: Holder, at: pendulum.DateTime) -> bytes:
    """Return somebody's visits and meetings, those of the last 60 days and all to come, as a calendar file."""
    since = day_of(at) - PAST
    entries = [entry for number in _commissions(session, holder) for entry in _entries(session, number, holder, since)]
    entries.sort(key=lambda one: (one.day, one.part.value, one.uid))
    return feed(f"Visits and meetings: {holder.name}", entries, at)


def _commissions(session: Session, holder: Holder) -> Sequence[int]:
    """Return the commissions that can have something in a diary: an adviser's own, or those that a supporter works in."""
    if holder.person_id is not None:
        return session.exec(select(Commission.id).where(Commission.adviser_id == holder.person_id).order_by(col(Commission.id))).all()
    visited = select(Case.commission_id).join(Visit, col(Visit.case_id) == Case.id).where(of_supporters([holder.supporter_id or 0]))
    led = select(Meeting.commission_id).where(Meeting.supporter_id == holder.supporter_id)
    return sorted({*session.exec(visited).all(), *session.exec(led).all()})


def _entries(session: Session, commission_id: int, holder: Holder, since: datetime.date) -> list[Entry]:
    """Return one commission's part of a diary; what was cancelled is not in it, and a visit that came of a meeting is in it as the meeting."""
    theirs: tuple[Any, ...] = ()
    led: tuple[Any, ...] = ()
    if holder.supporter_id is not None:
        theirs, led = (of_supporters([holder.supporter_id]),), (Meeting.supporter_id == holder.supporter_id,)
    live = (Visit.status != VisitStatus.CANCELLED, col(Visit.meeting_id).is_(None), Visit.day >= since)
    visits = select(Visit, Case).join(Case, col(Case.id) == Visit.case_id).where(Case.commission_id == commission_id, *live, *theirs)
    rows = session.exec(visits.order_by(col(Visit.id))).all()
    brief: Brief = load_brief(session, commission_id, sorted({case.urn for _, case in rows}))
    meetings = select(Meeting).where(Meeting.commission_id == commission_id, Meeting.status != VisitStatus.CANCELLED, Meeting.day >= since, *led)
    found = [of_visit(brief, case, visit) for visit, case in rows]
    return found + [of_meeting(session, brief, one) for one in session.exec(meetings.order_by(col(Meeting.id))).all()]
