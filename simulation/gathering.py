"""How simulated people meet: who books a place, who sends apologies, who comes, and what a meeting leaves."""

import datetime
from collections import Counter
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Attendance, GroupPlace, Meeting
from models.note import AgreedAction
from models.programme import Programme
from models.supporter import Supporter
from models.visit import Visit
from models.words import AttendanceStatus, Role, Stage, Status, SupporterKind, VisitStatus
from programmes.sessions import TRAINING, times, trains_first, years_of
from simulation.people import chance_of
from stages.brief import Brief
from stages.broker.due_diligence import checks_asked, record_check
from stages.broker.supporters import NewSupporter, add_supporters
from stages.journey import ENDED
from stages.record import Actor
from stages.request import KindName
from stages.schedule.attending import cancel_meeting, find_meeting
from stages.schedule.meeting_held import Held, hold_meeting
from stages.schedule.meeting_places import is_inside
from stages.schedule.training import has_trained_people, is_trained

Wish = tuple[int, int, KindName, str]
_SPEAKERS = ("a headteacher from a neighbouring authority", "a speech and language therapist", "an educational psychologist")
_WRITTEN = ("The schools were open with one another.", "Follow up what was agreed.")
_RESOURCES = ("A checklist for the first week", "Slides of the session", "A reading list for staff")


def wishes(session: Session, brief: Brief, seed: int, today: datetime.date) -> list[Wish]:
    """Return what schools want of meetings to come: case, meeting, and whether it books a place or sends apologies, with the reason."""
    coming = select(Meeting).where(Meeting.commission_id == brief.commission_id, Meeting.status == VisitStatus.CONFIRMED, Meeting.day > today)
    meetings = session.exec(coming.order_by(col(Meeting.day), col(Meeting.id))).all()
    places = session.exec(select(Attendance).join(Case, col(Case.id) == Attendance.case_id).where(Case.commission_id == brief.commission_id)).all()
    under_way = (Case.commission_id == brief.commission_id, col(Case.status).not_in(ENDED), Case.stage != Stage.DIAGNOSE, Case.stage != Stage.BROKER)
    cases = session.exec(select(Case).where(*under_way, col(Case.paused_since).is_(None)).order_by(col(Case.id))).all()
    awake = {case.id for case in cases}
    number_of = {meeting.id: meeting for meeting in meetings}
    found: list[Wish] = [
        (place.case_id, place.meeting_id, "send-apologies", "A governors' meeting has been moved to that day.")
        for place in places
        if place.status is AttendanceStatus.EXPECTED and place.case_id in awake and place.meeting_id in number_of
        and chance_of(seed, "apologies", place.case_id, place.meeting_id).random() < 0.04
    ]  # fmt: skip
    return found + _bookings(session, brief, seed, meetings, places, cases)


def _bookings(
    session: Session, brief: Brief, seed: int, meetings: Sequence[Meeting], places: Sequence[Attendance], cases: Sequence[Case]
) -> list[Wish]:
    """Return the places that schools want to book: as many of each session as the programme has of it, the next ones that there are."""
    years, session_of = years_of(brief.programme.case_lasts or brief.programme.lasts), _sessions_of(session, brief)
    groups = set(session.exec(select(GroupPlace.group_id, GroupPlace.case_id).where(col(GroupPlace.left_on).is_(None))).all())
    have = Counter((place.case_id, session_of.get(place.meeting_id)) for place in places if place.status is not AttendanceStatus.GIVEN_BACK)
    taken = {(place.case_id, place.meeting_id) for place in places}
    found: list[Wish] = []
    for planned in brief.programme.schedule.sessions:
        for meeting in meetings if planned.held == "group" and planned.bookings == "open" else ():
            for case in cases if meeting.session == planned.id else ():
                mine = meeting.group_id is None or (meeting.group_id, case.id) in groups
                wants = mine and (case.id, meeting.id) not in taken and have[case.id, planned.id] < times(planned, years)
                if wants and chance_of(seed, "books", case.id, meeting.id).random() < 0.85:
                    found.append((case.id, meeting.id, "book-place", ""))
                    have[case.id, planned.id] += 1
    return found


def _sessions_of(session: Session, brief: Brief) -> dict[int, str]:
    return dict(session.exec(select(Meeting.id, Meeting.session).where(Meeting.commission_id == brief.commission_id)).all())


def due(session: Session, commission_id: int, today: datetime.date) -> list[int]:
    """Return the meetings whose day has come and that nobody has recorded."""
    mine = (Meeting.commission_id == commission_id, Meeting.status == VisitStatus.CONFIRMED, Meeting.day < today)
    return list(session.exec(select(Meeting.id).where(*mine).order_by(col(Meeting.day), col(Meeting.id))).all())


def hold(session: Session, brief: Brief, seed: int, number: int, at: pendulum.DateTime) -> None:
    """Record a meeting as held: most of those who were expected came, with one to three people."""
    meeting = find_meeting(session, brief, number)
    planned = next(one for one in brief.programme.schedule.sessions if one.id == meeting.session)
    query = select(Case).join(Attendance, col(Attendance.case_id) == Case.id)
    if is_inside(brief, meeting) and not _can_lead(session, brief, meeting):
        cancel_meeting(session, brief, meeting, Actor(Role.SCHOOL, "headteacher"), at, "Nobody here was at the training.")
        return
    expected = session.exec(query.where(Attendance.meeting_id == number, Attendance.status == AttendanceStatus.EXPECTED).order_by(col(Case.id))).all()
    came = {}
    for case in expected:
        chance = chance_of(seed, "came", case.urn, number)
        if chance.random() < 0.92 or case.urn == meeting.host_urn:
            came[case.urn] = chance.randint(1, 3)
    chance = chance_of(seed, "meeting", number)
    if not came and expected:
        came[expected[0].urn] = 1
    if not expected:
        return
    hold_meeting(session, brief, meeting, Actor(Role.ADVISER, "link adviser"), at, Held(
        came, None, chance.choice(_SPEAKERS) if planned.visiting_speaker else None,
        [chance.choice(_RESOURCES)] if planned.shared_resources else (),
        actions=[AgreedAction(action="Share the findings with governors", owner="headteacher")],
        sections={one.id: _WRITTEN[number % len(_WRITTEN)] for number, one in enumerate(brief.programme.schedule.note.sections)},
    ))  # fmt: skip


def _can_lead(session: Session, brief: Brief, meeting: Meeting) -> bool:
    """Tell whether people of the school where a meeting is were trained by its day."""
    theirs = session.exec(select(Attendance.case_id).where(Attendance.meeting_id == meeting.id)).all()
    return all(has_trained_people(session, brief, number, meeting.day) for number in theirs)


def untrained(session: Session, brief: Brief, today: datetime.date) -> list[int]:
    """Return the supporters who hold a visit in the next two weeks, or should have written one up, and were not trained."""
    soon = today + datetime.timedelta(days=14)
    query = select(Visit.supporter_id).join(Case, col(Case.id) == Visit.case_id)
    mine = (Case.commission_id == brief.commission_id, Visit.status == VisitStatus.CONFIRMED, Visit.day <= soon)
    return sorted({one for one in session.exec(query.where(*mine)).all() if not is_trained(session, brief, one, today)})


def recruit(session: Session, brief: Brief, at: pendulum.DateTime) -> None:
    """Find somebody from outside for each case that has had no supporter for three weeks: known to no school here, trained, with all skills."""
    since = at.subtract(weeks=3)
    unmet = (Case.commission_id == brief.commission_id, Case.status == Status.UNMET, Case.since <= since, col(Case.paused_since).is_(None))
    for case in session.exec(select(Case).where(*unmet).order_by(col(Case.id))).all():
        name, school = f"Supporter for school {case.urn}", brief.school(case)
        if session.exec(select(Supporter.id).where(Supporter.name == name)).first() is not None:
            continue
        needed = {need.skill for need in brief.programme.diagnose.needs} | set(brief.programme.broker.skills)
        kind = SupporterKind.MENTOR if brief.programme.broker.mode == "mentor" else SupporterKind.SUPPORTING_SCHOOL
        (number,) = add_supporters(session, [NewSupporter(
            name=name, email=f"outside{case.urn}@partnership.example", kind=kind, skills=";".join(sorted(needed)), days_a_year=10, pounds_a_day=500,
            easting=school.easting, northing=school.northing, declared_on=at.date(),
        )])  # fmt: skip
        train(session, brief.programme, number, at)


def train(session: Session, programme: Programme, supporter_id: int, at: pendulum.DateTime) -> None:
    """Have the partnership train somebody apart, and record it."""
    if trains_first(programme):
        number = checks_asked(programme).index(TRAINING) + 1
        record_check(
            session, session.get_one(Supporter, supporter_id), programme, number, "trained at the school", Actor(Role.LEAD, "partnership lead"), at
        )
