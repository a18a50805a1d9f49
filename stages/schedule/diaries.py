"""Diaries as the database knows them: what supporters and schools have on."""

import datetime
from collections.abc import Collection, Iterable
from typing import Any

from sqlmodel import Session, col, select

from calendars.school_days import SchoolCalendar, dates
from models.case import Case
from models.meeting import Attendance, GroupPlace, Meeting
from models.school import ENGLAND, School
from models.supporter import Leave
from models.term import Closure
from models.visit import DateOffer, Visit
from models.words import AttendanceStatus, ClosureKind, VisitStatus
from programmes.blackouts import Ages, blackouts
from programmes.timing import Wanted, expand
from stages.brief import Brief, load_calendar
from stages.schedule.rules import Diary
from stages.schedule.timetable.problem import CLOSED
from stages.visits import of_supporters

LIVE = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.HELD)
# What holds for a day on offer that may still be chosen, with its visit joined to it.
STANDS: tuple[Any, ...] = (Visit.status == VisitStatus.TO_MOVE, DateOffer.sequence == Visit.sequence)


def diaries(session: Session, brief: Brief, supporter_ids: Iterable[int]) -> dict[int, Diary]:
    """Return the diaries of some supporters, with their visits in all commissions."""
    wanted = set(supporter_ids)
    people = {number: brief.supporters[number] for number in wanted}
    found = {number: Diary(one.working_days, base=(one.base_easting, one.base_northing)) for number, one in people.items()}
    for leave in session.exec(select(Leave).where(col(Leave.supporter_id).in_(wanted))).all():
        found[leave.supporter_id].away = (*found[leave.supporter_id].away, (leave.first, leave.last))
    rows = session.exec(
        select(Visit, School.easting, School.northing)
        .join(Case, col(Case.id) == Visit.case_id)
        .join(School, col(School.urn) == Case.urn)
        .where(of_supporters(wanted), col(Visit.status).in_(LIVE), col(Visit.meeting_id).is_(None))
    ).all()
    for visit, easting, northing in rows:
        for number in wanted.intersection(visit.supporter_ids):
            found[number].book(visit.day, visit.part, (easting, northing))
    for offer, visit, easting, northing in session.exec(_on_offer(wanted)).all():
        for number in wanted.intersection(visit.supporter_ids):
            found[number].book(offer.day, offer.part, (easting, northing))
    hosted = select(Meeting, School).outerjoin(School, col(School.urn) == Meeting.host_urn)
    for meeting, host in session.exec(hosted.where(col(Meeting.supporter_id).in_(wanted), col(Meeting.status).in_(LIVE))).all():
        leader = brief.supporters[meeting.supporter_id or 0]
        place = (host.easting, host.northing) if host else (leader.base_easting, leader.base_northing)
        found[leader.id].book(meeting.day, meeting.part, place)
    return found


def names_in(brief: Brief, books: Iterable[int]) -> dict[int, str]:
    """Return the names of the supporters whose diaries these are."""
    return {number: brief.supporters[number].name for number in books}


def _on_offer(supporter_ids: Collection[int]) -> Any:
    """Return the query of days that schools may still choose, with the visit and where the school is."""
    query = select(DateOffer, Visit, School.easting, School.northing).join(Visit, col(Visit.id) == DateOffer.visit_id)
    query = query.join(Case, col(Case.id) == Visit.case_id).join(School, col(School.urn) == Case.urn)
    return query.where(of_supporters(supporter_ids), *STANDS)


def closed_days(session: Session, brief: Brief, urns: Collection[int], *, asked: bool = True) -> dict[int, dict[datetime.date, str]]:
    """Return the days on which each school itself cannot have a visit, each with what stops it.

    These are its own closed days, those that the programme keeps free at such a school and, for a school of another authority, its holidays as they
    are known there; with `asked` also those on which it is open and said that it cannot have one visit.
    """
    ages = session.exec(select(School.urn, School.low_age, School.high_age).where(col(School.urn).in_(urns))).all()
    found = {urn: blackout_days(brief, (low, high)) for urn, low, high in ages}
    for urn, days in _holidays_elsewhere(session, brief, urns).items():
        found[urn] |= dict.fromkeys(days, CLOSED)
    for closure in session.exec(select(Closure).where(col(Closure.urn).in_(urns))).all():
        if closure.urn is not None and (asked or closure.kind is not ClosureKind.ASKED):
            found[closure.urn][closure.day] = CLOSED
    return found


def blackout_days(brief: Brief, ages: Ages = (None, None)) -> dict[datetime.date, str]:
    """Return the days on which the programme keeps a school of these ages, or any school, free, each with why."""
    # A case may go on beyond the horizon of a commission that has no end.
    years = range(brief.commission.starts.year - 1, brief.commission.ends.year + (3 if brief.commission.rolls_on else 1))
    return {day: why for (first, last), why in blackouts(brief.programme, ages, years) for day in dates(first, last)}


def _holidays_elsewhere(session: Session, brief: Brief, urns: Collection[int]) -> dict[int, set[datetime.date]]:
    """Return the school days of the commission's authority that are none at schools of other authorities."""
    mine = brief.commission.authority
    query = select(School.urn, School.authority).where(col(School.urn).in_(urns), School.authority != mine)
    rows = session.exec(query).all() if mine != ENGLAND else ()
    closed = {authority: _closed_there(brief.calendar, load_calendar(session, authority)) for authority in {authority for _, authority in rows}}
    return {urn: closed[authority] for urn, authority in rows}


def _closed_there(here: SchoolCalendar, there: SchoolCalendar) -> set[datetime.date]:
    """Return the school days of one calendar that are none by another, as far as both are known."""
    if here.first is None or here.last is None or there.first is None or there.last is None:
        return set()
    first, last = max(here.first, there.first), min(here.last, there.last)
    return {day for day in here.days(first, last) if not there.is_school_day(day)} if first <= last else set()


def all_wanted(brief: Brief, case: Case, begins: datetime.date) -> list[Wanted]:
    """Return every session of a case, single and shared; its weeks count from `begins`."""
    return expand(brief.programme.schedule.sessions, brief.commission.starts, brief.ends(case), begins, brief.calendar)


def busy_days(session: Session, case_ids: Collection[int], *, implied: bool = True) -> dict[int, set[datetime.date]]:
    """Return the days on which each case has a visit or a meeting or, where `implied`, a meeting of a group that it is in without a place."""
    found: dict[int, set[datetime.date]] = {number: set() for number in case_ids}
    visits = select(col(Visit.case_id), col(Visit.day)).where(col(Visit.case_id).in_(case_ids), col(Visit.status).in_(LIVE))
    meetings = select(col(Attendance.case_id), col(Meeting.day)).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    expected = (Attendance.status == AttendanceStatus.EXPECTED, col(Meeting.status).in_(LIVE))
    grouped = select(col(GroupPlace.case_id), col(Meeting.day)).join(Meeting, col(Meeting.group_id) == GroupPlace.group_id)
    mine = (col(GroupPlace.case_id).in_(case_ids), col(GroupPlace.left_on).is_(None), col(Meeting.status).in_(LIVE))
    placed = meetings.where(col(Attendance.case_id).in_(case_ids), *expected)
    for query in (visits, placed, grouped.where(*mine)) if implied else (visits, placed):
        for number, day in session.exec(query).all():
            found[number].add(day)
    return found
