"""Diaries as the database knows them: what supporters and schools have on."""

import datetime
from collections.abc import Collection, Iterable

from sqlmodel import Session, col, select

from calendars.school_days import Span
from calendars.terms import blackout
from models.case import Case
from models.school import School
from models.supporter import Leave
from models.term import Closure
from models.visit import Visit
from models.words import VisitStatus
from stages.brief import Brief
from stages.schedule.rules import Diary, Wanted, expand, without

# A school has the time to answer, and some notice after that.
NOTICE_SCHOOL_DAYS = 10
LIVE = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.HELD)


def diaries(session: Session, brief: Brief, supporter_ids: Iterable[int]) -> dict[int, Diary]:
    """Return the diaries of some supporters, with their visits in all commissions."""
    wanted = set(supporter_ids)
    found = {number: Diary(brief.supporters[number].working_days) for number in wanted}
    for leave in session.exec(select(Leave).where(col(Leave.supporter_id).in_(wanted))).all():
        found[leave.supporter_id].away = (*found[leave.supporter_id].away, (leave.first, leave.last))
    rows = session.exec(
        select(Visit, School.easting, School.northing)
        .join(Case, col(Case.id) == Visit.case_id)
        .join(School, col(School.urn) == Case.urn)
        .where(col(Visit.supporter_id).in_(wanted), col(Visit.status).in_(LIVE))
    ).all()
    for visit, easting, northing in rows:
        found[visit.supporter_id].book(visit.day, visit.part, (easting, northing))
    return found


def closed_days(session: Session, urns: Collection[int]) -> dict[int, set[datetime.date]]:
    """Return the days on which each school itself cannot have a visit."""
    found: dict[int, set[datetime.date]] = {urn: set() for urn in urns}
    for closure in session.exec(select(Closure).where(col(Closure.urn).in_(urns))).all():
        if closure.urn is not None:
            found[closure.urn].add(closure.day)
    return found


def blackouts(brief: Brief) -> list[Span]:
    """Return the weeks in which the programme keeps schools free of visits."""
    years = range(brief.commission.starts.year, brief.commission.ends.year + 1)
    return [blackout(name, year) for name in brief.programme.schedule.avoid for year in years]


def still_wanted(brief: Brief, gone: Collection[str], ready: datetime.date) -> list[Wanted]:
    """Return the sessions of a case without those that are `gone`; its weeks count from `ready`."""
    sessions = expand(brief.programme.schedule.sessions, brief.commission.starts, brief.commission.ends, ready)
    return without(sessions, gone)
