"""The people around a simulated commission: partnership, commissioner, adviser, heads, and enough supporters for the programme."""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from models.commission import Commission
from models.membership import Membership
from models.partnership import Commissioner, Person
from models.programme import Broker, Programme
from models.school import School
from models.supporter import Supporter
from models.words import CommissionerKind, ConflictKind, Role, Stage, SupporterKind
from programmes.sessions import FIRST, TRAINING, brokers, group_size
from simulation.wexcombe import NEIGHBOURS
from stages.broker.due_diligence import ORGANISATIONS, checks_asked, record_check
from stages.broker.rules import LED_BY_A_SCHOOL
from stages.broker.supporters import NewSupporter, add_supporters
from stages.commission.membership import NewMembership, add_memberships, members_for
from stages.commission.opening import end_of
from stages.commission.rules import choose
from stages.diagnose.gathering import gather
from stages.loading import (
    NewConflict,
    NewContact,
    add_commissioner,
    add_conflicts,
    add_contacts,
    add_partnership,
    add_person,
)
from stages.record import Actor

_KIND_FOR_MODE = {
    "provider": SupporterKind.PROVIDER,
    "hub": SupporterKind.HUB,
    "mentor": SupporterKind.MENTOR,
    "peer": SupporterKind.SUPPORTING_SCHOOL,
    "group": SupporterKind.SUPPORTING_SCHOOL,
}
_POUNDS_A_DAY = 520
_TOWN = "partnership.example"


@dataclass(frozen=True, slots=True)
class Staffing:
    """What was made for a commission to run on: who commissions it, and what it may cost in pence."""

    commissioner: str
    budget: int
    supporters: Sequence[int]


def staff(session: Session, programme: Programme, authority: str, authority_name: str, supporters: int, seed: int, at: pendulum.DateTime) -> Staffing:
    """Make the people for a commission of `programme` in an authority whose register has been loaded."""
    chance = random.Random(f"{seed}/staff")  # noqa: S311 - invents people, protects nothing
    schools = list(session.exec(
        select(School).where(School.authority == authority, col(School.open).is_(True), col(School.state_funded).is_(True)).order_by(col(School.urn))
    ).all())  # fmt: skip
    add_partnership(session, f"{authority_name} Schools Partnership", f"office@{_TOWN}")
    _adviser(session)
    commissioner = _commissioner(session, programme, authority, authority_name)
    add_contacts(session, [*_heads(schools, chance), *(_chairs(schools) if "chair" in programme.schedule.note.circulation else [])])
    outside = session.exec(select(School).where(School.authority == NEIGHBOURS).order_by(col(School.urn))).all()
    add_contacts(session, _heads(outside, random.Random(f"{seed}/neighbours")) if programme.take_part.outside_authority else [])  # noqa: S311
    _members(session, programme, schools, seed, at)
    cases = _cases(session, programme, schools, at.date())
    days = max((category.days for category in programme.diagnose.categories), default=1.0)
    needs_supporters = Stage.BROKER in programme.stages
    ids = _supporters(session, programme, schools, supporters, cases * days, chance, seed, at.date()) if needs_supporters else []
    _check_organisations(session, programme, ids, at)
    add_conflicts(session, _conflicts(session, ids, schools, chance), Actor(Role.LEAD, "partnership lead"), at)
    return Staffing(commissioner, round(cases * days * _POUNDS_A_DAY * 100 * 1.1) or 100_000, ids)


def _members(session: Session, programme: Programme, schools: Sequence[School], seed: int, at: pendulum.DateTime) -> None:
    """Make all schools but about one in ten members for each school year of a programme for members; one place in eight is free."""
    if not programme.take_part.members_only:
        return
    chance = random.Random(f"{seed}/members")  # noqa: S311 - invents fees, protects nothing
    first, last = school_year(at.date()), school_year(end_of(programme, at.date()))
    known = {(one.urn, one.school_year) for one in session.exec(select(Membership)).all()}
    joined, new = datetime.date(first, 9, 1), []
    for school in schools:
        joins, pounds = chance.random() >= 0.1, "0" if chance.random() < 0.125 else str(chance.choice((250, 400, 650)))
        new += [
            NewMembership(urn=school.urn, kind="associate" if pounds == "0" else "full", pounds=pounds, joined=joined, school_year=year)
            for year in range(first, last + 1) if joins and (school.urn, year) not in known
        ]  # fmt: skip
    add_memberships(session, new, Actor(Role.LEAD, "partnership lead"), at)


def _cases(session: Session, programme: Programme, schools: Sequence[School], today: datetime.date) -> int:
    """Return for how many cases there should be people and money: those that could be in now and, where cases open later, a third of all schools."""
    held = gather(session, programme, [school.urn for school in schools], today).held
    possible = sum(one.outcome != "out" for one in choose(programme, schools, today, held, members_for(session, programme, today)))
    if programme.take_part.opened_by:
        possible = max(possible, len(schools) // 3)
    return min(possible, programme.take_part.places or possible)


def _adviser(session: Session) -> None:
    if session.exec(select(Person.id).where(Person.role == Role.ADVISER)).first() is None:
        add_person(session, "The link adviser", f"adviser@{_TOWN}", Role.ADVISER)


def _commissioner(session: Session, programme: Programme, authority: str, authority_name: str) -> str:
    kind = programme.commissioned_by[0]
    name = authority_name + {CommissionerKind.LOCAL_AUTHORITY: " Council", CommissionerKind.PUBLIC_HEALTH: " Public Health"}.get(kind, " Trust")
    if session.exec(select(Commissioner.id).where(Commissioner.name == name)).first() is None:
        add_commissioner(session, name, kind, authority, "commissioner@council.example")
    return name


def _heads(schools: Sequence[School], chance: random.Random) -> list[NewContact]:
    """Return a headteacher's address for nearly every school; one in fifty is not known, as in life."""
    return [
        NewContact(urn=school.urn, role="headteacher", name=f"Headteacher of {school.name}", email=f"head@school-{school.urn}.example")
        for school in schools
        if chance.random() > 0.02
    ]


def _chairs(schools: Sequence[School]) -> list[NewContact]:
    """Return the address of each school's chair of governors."""
    return [
        NewContact(urn=school.urn, role="chair", name=f"Chair of governors of {school.name}", email=f"chair@school-{school.urn}.example")
        for school in schools
    ]


def _supporters(
    session: Session, programme: Programme, schools: Sequence[School], count: int, days: float, chance: random.Random, seed: int, today: datetime.date
) -> list[int]:
    """Return supporters with the skills that the programme asks for; together they have about a third more days than needed.

    In peer review the schools themselves are the supporters, and nobody is made.
    """
    start = len(session.exec(select(Commission.id)).all()) * 1000 + 1
    ids = list[int]()
    for further, broker in brokers(programme).items():
        skills = sorted({*broker.skills, *((need.skill for need in programme.diagnose.needs) if further == FIRST else ())})
        dice = chance if further == FIRST else random.Random(f"{seed}/staff/{further}")  # noqa: S311 - invents people, protects nothing
        size = group_size(programme, further) if broker.mode in LED_BY_A_SCHOOL else None
        number = -(-len(schools) * 3 // (2 * size)) if size else count
        if broker.mode != "peer":
            ids += add_supporters(session, _new(programme, broker, schools, number, days, dice, start + len(ids), skills, today))
    return ids


def _new(
    programme: Programme, broker: Broker, schools: Sequence[School], count: int, days: float, chance: random.Random, start: int,
    skills: Sequence[str], today: datetime.date,
) -> list[NewSupporter]:  # fmt: skip
    """Return so many supporters for one match; mentors work at a school, and a hub or group is led by one."""
    years = programme.lasts.school_years or 1
    heaviest = max((category.days for category in programme.diagnose.categories), default=1.0)
    each = max(5, round(heaviest) + 2, round(days * 1.35 / count / years))
    located = [school for school in schools if school.easting]
    kind = _KIND_FOR_MODE.get(broker.mode, SupporterKind.ADVISER)
    found = []
    for number in range(1, count + 1):
        base = chance.choice(located) if located else None
        levels = ";".join(f"{skill}:{chance.randint(1, 3)}" for skill in skills) or "school-improvement:2"
        at_school = base is not None and (broker.mode == "mentor" or broker.mode in LED_BY_A_SCHOOL)
        found.append(NewSupporter(
            name=f"{kind.value.replace('_', ' ').capitalize()} {start + number - 1}", email=f"supporter{start + number - 1}@{_TOWN}", kind=kind,
            skills=levels, days_a_year=each + chance.randint(-1, 2), pounds_a_day=chance.choice((480, 500, 520, 540)),
            working_days=chance.choice(("12345", "12345", "12345", "1234", "2345", "135")),
            easting=base.easting if base else None, northing=base.northing if base else None, declared_on=today,
            employer_urn=base.urn if base and at_school else None,
        ))  # fmt: skip
    return found


def _check_organisations(session: Session, programme: Programme, ids: Sequence[int], at: pendulum.DateTime) -> None:
    """Do every check that the programme asks for on each supporter but the last, whose papers are still to come."""
    for supporter in session.exec(select(Supporter).where(col(Supporter.id).in_(ids[:-1])).order_by(col(Supporter.id))).all():
        for number, check in enumerate(checks_asked(programme), start=1):
            if supporter.kind not in ORGANISATIONS and check != TRAINING:
                continue
            record_check(session, supporter, programme, number, "seen and filed", Actor(Role.LEAD, "partnership lead"), at)


def _conflicts(session: Session, ids: Sequence[int], schools: Sequence[School], chance: random.Random) -> list[NewConflict]:
    """Return one declared conflict for every third supporter."""
    names = [supporter.name for supporter in session.exec(select(Supporter).where(col(Supporter.id).in_(ids))).all()]
    return [NewConflict(supporter=name, urn=chance.choice(schools).urn, kind=ConflictKind.FORMER_POST) for name in sorted(names)[::3]]
