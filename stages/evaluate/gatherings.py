"""What KPIs ask of meetings, groups, training and changes of head, collected for the whole commission."""

import datetime
from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from models.case import Case
from models.evidence import Evidence
from models.meeting import Attendance, GroupPlace, Meeting
from models.supporter import DueDiligence, Supporter
from models.visit import Visit
from models.words import AttendanceStatus, VisitStatus
from programmes.sessions import TRAINING, is_led_inside
from stages.brief import Brief

Dates = dict[int, list[datetime.date]]
# A mark says that there was a change in the year before its date; it is of after the opening if that whole year is, give or take a month.
_YEAR, _MONTH = datetime.timedelta(days=365), datetime.timedelta(days=31)


def attended(session: Session, brief: Brief) -> Dates:
    """Return the days of the meetings to which each case sent somebody."""
    return _attended(session, brief, [one.id for one in brief.programme.schedule.sessions])


def trained(session: Session, brief: Brief) -> Dates:
    """Return the days on which each case's people were trained: at a session of the programme, or by what was recorded of its school as supporter."""
    names = [one.id for one in brief.programme.schedule.sessions if one.kind == "training" and not is_led_inside(one)]
    found = _attended(session, brief, names)
    recorded = (
        select(col(Case.id), col(DueDiligence.done_on))
        .join(Supporter, col(Supporter.employer_urn) == Case.urn)
        .join(DueDiligence, col(DueDiligence.supporter_id) == Supporter.id)
        .where(Case.commission_id == brief.commission_id, DueDiligence.programme == brief.programme.programme,
               DueDiligence.check == TRAINING)
    )  # fmt: skip
    for number, day in session.exec(recorded).all():
        found.setdefault(number, []).append(day)
    return {number: sorted(days) for number, days in found.items()}


def _attended(session: Session, brief: Brief, names: Iterable[str]) -> Dates:
    query = select(col(Attendance.case_id), col(Meeting.held_on)).join(Meeting, col(Meeting.id) == Attendance.meeting_id)
    mine = (Meeting.commission_id == brief.commission_id, Attendance.status == AttendanceStatus.CAME, col(Meeting.session).in_(list(names)))
    found: Dates = {}
    for number, day in session.exec(query.where(*mine).order_by(col(Meeting.held_on))).all():
        if day is not None:
            found.setdefault(number, []).append(day)
    return found


def reviewed(session: Session, brief: Brief) -> Dates:
    """Return the days on which each school was visited for a review."""
    names = {one.id for one in brief.programme.schedule.sessions if one.kind == "review_visit"}
    query = select(col(Visit.case_id), col(Visit.session), col(Visit.held_on)).join(Case, col(Case.id) == Visit.case_id)
    found: Dates = {}
    for number, key, day in session.exec(query.where(Case.commission_id == brief.commission_id, Visit.status == VisitStatus.HELD)).all():
        if key.partition(".")[0] in names and day is not None:
            found.setdefault(number, []).append(day)
    return {number: sorted(days) for number, days in found.items()}


def grouped(session: Session, brief: Brief) -> set[int]:
    """Return the cases that have a place in a group with at least one other, or had one to the end."""
    query = select(GroupPlace.group_id, GroupPlace.case_id).join(Case, col(Case.id) == GroupPlace.case_id)
    groups: dict[int, set[int]] = {}
    for number, case_id in session.exec(query.where(Case.commission_id == brief.commission_id, col(GroupPlace.left_on).is_(None))).all():
        groups.setdefault(number, set()).add(case_id)
    return {case_id for members in groups.values() if len(members) > 1 for case_id in members}


def heads(session: Session, opened: Mapping[int, datetime.date]) -> tuple[set[int], set[int]]:
    """Return the schools (of those `opened` on a day, by URN) whose head was new then, and those whose head has changed since."""
    query = select(col(Evidence.urn), col(Evidence.as_of)).where(col(Evidence.urn).in_(opened), Evidence.indicator == "head_changed")
    new, since = set[int](), set[int]()
    for urn, as_of in session.exec(query.where(col(Evidence.value) >= 1)).all():
        if as_of - _YEAR >= opened[urn] - _MONTH:
            since.add(urn)
        elif as_of > opened[urn] - _YEAR:
            new.add(urn)
    return new, since
