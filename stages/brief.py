"""What every stage needs to know of its commission: loaded once a run, passed to rules and messages as values."""

import datetime
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy
from sqlmodel import Session, col, select

from calendars.school_days import SchoolCalendar, school_calendar
from models.case import Case
from models.commission import Commission, ProgrammeVersion
from models.errors import NotFound, NotPossible
from models.moments import day_of
from models.partnership import Commissioner, Partnership, Person
from models.programme import Programme
from models.school import Contact, School
from models.supporter import Supporter
from models.term import Closure, Term
from models.words import ClosureKind, CommissionStatus, Status, Turn
from notifications.draft import Letterhead, Recipient
from stages.journey import STANDINGS

_SHUT = (ClosureKind.INSET, ClosureKind.WEATHER, ClosureKind.INSPECTION, ClosureKind.OWN_DATES)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Brief:
    """One commission with its programme, calendar and people; `closed` are the days on which single schools are closed by themselves."""

    commission: Commission
    commission_id: int
    programme: Programme
    calendar: SchoolCalendar
    head: Letterhead
    adviser: Recipient
    commissioner: Recipient
    schools: dict[int, School] = field(default_factory=dict)
    contacts: dict[int, Recipient] = field(default_factory=dict)
    supporters: dict[int, Supporter] = field(default_factory=dict)
    closed: dict[int, set[datetime.date]] = field(default_factory=dict)

    def school(self, case: Case) -> School:
        """Return the school of `case`."""
        return self.schools[case.urn]

    def to_school(self, urn: int) -> Recipient:
        """Return whom to write to at a school; the address is empty if none is known."""
        return self.contacts.get(urn) or Recipient("headteacher", "the headteacher", None)

    def to_supporter(self, supporter_id: int | None) -> Recipient:
        """Return how to write to a supporter."""
        supporter = self.supporters[supporter_id] if supporter_id else None
        return Recipient("supporter", supporter.name, supporter.email) if supporter else Recipient("supporter", "the supporter", None)

    def names_of(self, supporter_ids: Iterable[int]) -> str:
        """Return the names of some supporters, in one line."""
        return " and ".join(self.supporters[number].name for number in supporter_ids)

    def ends(self, case: Case) -> datetime.date:
        """Return the last day of a case: the commission's or, where cases are shorter, so long after its weeks began."""
        lasts, commission = self.programme.case_lasts, self.commission
        if lasts is None or lasts.open_ended:
            return commission.ends
        begun = case.begins or max(commission.starts, day_of(case.since))
        own = begun + datetime.timedelta(weeks=lasts.weeks) if lasts.weeks else begun + datetime.timedelta(days=365 * (lasts.school_years or 1))
        # One that rolls on has no end of its own that could cut a case short.
        return own if commission.rolls_on else min(own, commission.ends)

    def school_days(self, status: Status) -> int:
        """Return the school days that the programme allows in `status`."""
        return self.programme.clocks.get(status) or STANDINGS[status].school_days or 0

    def due(self, urn: int, on: datetime.date, status: Status) -> datetime.date:
        """Return by when somebody is to have done what the case of a school waits for in `status`; the time of a school is its own."""
        days = self.school_days(status)
        return self.by_when(urn, on, days) if STANDINGS[status].turn is Turn.SCHOOL else self.calendar.add(on, days)

    def by_when(self, urn: int, on: datetime.date, days: int) -> datetime.date:
        """Return the day by which a school has had so many school days; one on which it was closed by itself is none."""
        own, lost = [day for day in self.closed.get(urn, ()) if self.calendar.is_school_day(day)], 0
        while True:
            due = self.calendar.add(on, days + lost)
            now = sum(on < day <= due for day in own)
            if now == lost:
                return due
            lost = now


def find_commission(session: Session, reference: str) -> Commission:
    """Return a commission by its reference, or by its number; NotFound otherwise."""
    found = session.exec(select(Commission).where(Commission.reference == reference)).first()
    if found is None and _NUMBER.fullmatch(reference):
        found = session.get(Commission, int(reference))
    if found is None:
        raise NotFound(f'There is no commission "{reference}": `lodestar commission list` shows those there are.')
    return found


# A brief is loaded for every decision and by every stage, so its statements are written once.
_TERMS = sqlalchemy.select(col(Term.first), col(Term.last)).where(col(Term.authority) == sqlalchemy.bindparam("authority")).order_by(col(Term.first))
_CLOSURES = sqlalchemy.select(col(Closure.day)).where(col(Closure.authority) == sqlalchemy.bindparam("authority"), col(Closure.urn).is_(None))
_SCHOOLS = sqlalchemy.select(School).where(col(School.urn).in_(sqlalchemy.bindparam("urns", expanding=True)))
_HEADS = sqlalchemy.select(col(Contact.urn), col(Contact.role), col(Contact.name), col(Contact.email)).where(
    col(Contact.urn).in_(sqlalchemy.bindparam("urns", expanding=True)), col(Contact.role) == "headteacher"
)
_OWN_CLOSURES = sqlalchemy.select(col(Closure.urn), col(Closure.day)).where(
    col(Closure.urn).in_(sqlalchemy.bindparam("urns", expanding=True)), col(Closure.kind).in_(_SHUT)
)
_SUPPORTERS = sqlalchemy.select(Supporter)


def load_calendar(session: Session, authority: str, also_closed: Collection[datetime.date] = ()) -> SchoolCalendar:
    """Return the school days of an authority as they are known, without those in `also_closed`."""
    terms = session.execute(_TERMS, {"authority": authority}).all()
    closed = session.execute(_CLOSURES, {"authority": authority}).scalars().all()
    return school_calendar(tuple((first, last) for first, last in terms), tuple(sorted({*closed, *also_closed})))


# Programme versions that were read, by digest: each is read and validated once a process.
_READ: dict[str, Programme] = {}
_MOST_READ = 64


def _programme(session: Session, version: int, digest: str) -> Programme:
    """Return a programme version (`digest` names the text, so it cannot change under its name)."""
    if digest not in _READ:
        definition = session.exec(select(ProgrammeVersion.definition).where(ProgrammeVersion.id == version)).one()
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[digest] = Programme.model_validate_json(json.dumps(definition))
    return _READ[digest]


def programme_of(session: Session, commission_id: int) -> Programme:
    """Return a commission's programme; NotFound if there is no such commission."""
    query = select(Commission.programme_version_id, ProgrammeVersion.digest).join(ProgrammeVersion).where(Commission.id == commission_id)
    found = session.exec(query).first()
    if found is None:
        raise NotFound(f"There is no commission {commission_id}.")
    return _programme(session, *found)


_BRIEF = (
    sqlalchemy.select(Commission, col(ProgrammeVersion.digest), Partnership, Commissioner, Person)
    .join(ProgrammeVersion, col(ProgrammeVersion.id) == Commission.programme_version_id)
    .join(Partnership, col(Partnership.id) == Commission.partnership_id)
    .join(Commissioner, col(Commissioner.id) == Commission.commissioner_id)
    .join(Person, col(Person.id) == Commission.adviser_id)
    .where(col(Commission.id) == sqlalchemy.bindparam("commission_id"))
)


def load_brief(session: Session, commission_id: int, urns: Iterable[int] | None = None) -> Brief:
    """Load a commission's brief, with the schools of `urns` (of all its cases if None) and all supporters."""
    rows = session.execute(_BRIEF, {"commission_id": commission_id}).one_or_none()
    if rows is None:
        raise NotFound(f"There is no commission {commission_id}.")
    commission, digest, partnership, commissioner, adviser = rows
    programme = _programme(session, commission.programme_version_id, digest)
    wanted = list(urns) if urns is not None else list(session.exec(select(Case.urn).where(Case.commission_id == commission_id)).all())
    return Brief(
        commission=commission,
        commission_id=commission_id,
        programme=programme,
        calendar=load_calendar(session, commission.authority),
        head=Letterhead(commission_id, commission.reference, programme.title, partnership.name, commissioner.name, adviser.name, adviser.email),
        adviser=Recipient("adviser", adviser.name, adviser.email),
        commissioner=Recipient("commissioner", commissioner.name, commissioner.email),
        schools={school.urn: school for school in _schools(session, wanted)},
        contacts=_contacts(session, wanted),
        closed=_closed(session, wanted),
        supporters={supporter.id: supporter for supporter in session.execute(_SUPPORTERS).scalars()},
    )


def _schools(session: Session, urns: Sequence[int]) -> list[School]:
    """Return schools in chunks small enough for any database's limit on parameters."""
    found: list[School] = []
    for start in range(0, len(urns), 5000):
        found += session.execute(_SCHOOLS, {"urns": urns[start : start + 5000]}).scalars()
    return found


def _closed(session: Session, urns: Sequence[int]) -> dict[int, set[datetime.date]]:
    """Return the days on which single schools are closed by themselves; one that a school only keeps free of visits is none."""
    found: dict[int, set[datetime.date]] = {}
    for start in range(0, len(urns), 5000):
        for urn, day in session.execute(_OWN_CLOSURES, {"urns": urns[start : start + 5000]}):
            found.setdefault(urn or 0, set()).add(day)
    return found


def _contacts(session: Session, urns: Sequence[int]) -> dict[int, Recipient]:
    """Return the headteacher's contact of each school that has one."""
    found: dict[int, Recipient] = {}
    for start in range(0, len(urns), 5000):
        rows = session.execute(_HEADS, {"urns": urns[start : start + 5000]})
        found |= {urn: Recipient(role, name, email) for urn, role, name, email in rows}
    return found


def days_in_words(days: float) -> str:
    """Return a number of days as people say it: half a day, 1 day, 1.5 days."""
    return "half a day" if days == 0.5 else f"{days:g} day" + ("" if days == 1 else "s")


def evidence_listener(commission_id: int) -> str:
    """Return the name under which it is remembered up to which load a commission's evidence was watched."""
    return f"evidence-{commission_id}"


def check_running(commission: Commission) -> None:
    """Raise NotPossible if the commission is paused or closed."""
    if commission.status is not CommissionStatus.RUNNING:
        raise NotPossible(f"Commission {commission.reference} is {commission.status.value}: nothing moves until it is running.")


def running_references(session: Session) -> list[str]:
    """Return the references of all running commissions, in order."""
    query = select(Commission.reference).where(Commission.status == CommissionStatus.RUNNING).order_by(col(Commission.id))
    return list(session.exec(query).all())
