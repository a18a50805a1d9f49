"""The scheduling batch: timetable cases, move visits that must move, publish notes whose time for a reply is over."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pendulum
from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.database import Database
from models.errors import NotPossible
from models.moments import day_of
from models.trail import Event
from models.visit import NoteOfVisit, Visit
from models.words import Stage, Status, VisitStatus
from notifications.messages import to_school
from programmes import timing
from programmes.timing import NOTICE_SCHOOL_DAYS
from stages.apart import Apart, apart
from stages.batch import Tally, hold_diaries, lock_cases, ready_cases
from stages.brief import Brief, load_brief
from stages.invitations import of_meeting, told_leaders, visit_line
from stages.journey import OPEN
from stages.matches import agreed_supporters
from stages.record import ENGINE, Change, Note, note, save
from stages.schedule import rules
from stages.schedule.diaries import closed_days, diaries, names_in
from stages.schedule.displaced import displace, displaced
from stages.schedule.joining import join_visits, to_join
from stages.schedule.meeting_moves import settle_meetings, unsettled
from stages.schedule.meeting_places import leaders
from stages.schedule.meetings import Arranged, Meetings
from stages.schedule.modelling import Asked, Times, Timetabled, timetable
from stages.schedule.moving import move_visits
from stages.schedule.note_publishing import accept_silence, overdue
from stages.schedule.on_offer import answered_later, looked_at_anew, offered_in_vain, passed, with_visits, without_any
from stages.schedule.timetable.solution import Stopped
from stages.schedule.to_come import first_noted, with_nothing, with_something
from stages.schedule.waiting import without_waiting
from stages.visits import comers, coming, move_visit, visits_of

STAGE = Stage.SCHEDULE
_READY = (Status.TO_SCHEDULE, Status.UNPLACED)
CANCELLED_FOR_GOOD = "visit.cancelled"
NOTHING_TO_COME = "none of its visits and meetings is to come any more"
_NONE_LEFT = (
    "All its visits were cancelled, or nobody was there, and it has no place at a meeting to come, so there is nothing to timetable: "
    "have a visit moved, or withdraw the case."
)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of cases with something to timetable, a visit to move, a note to publish, or a first note published."""
    now = {case.id for case in ready_cases(session, commission_id, _READY)}
    awake = ready_cases(session, commission_id, tuple(OPEN))
    to_move = session.exec(select(Visit.case_id).where(Visit.status == VisitStatus.TO_MOVE)).all()
    silent = session.exec(select(NoteOfVisit.case_id).where(*overdue(at))).all()
    gone_by = session.exec(select(Visit.case_id).where(*passed(at))).all()
    brief, today = load_brief(session, commission_id, []), day_of(at)
    homeless = {visit.case_id for visit, _, _ in displaced(session, brief, today)}
    joined = to_join(session, brief, today)
    stopped = {case.id for case in without_any(session, awake)} | with_nothing(session, brief)
    found = now | ({case.id for case in awake} & {*to_move, *homeless, *gone_by, *silent, *joined, *first_noted(session, brief), *stopped})
    # A meeting is of many cases, and any of them brings it up.
    if not found and awake and unsettled(session, commission_id, today):
        found = {awake[0].id}
    return sorted(found)


def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Do for these cases whatever is ready in this stage, in one transaction."""
    return apart(partial(_advance, database, commission_id, ids, at))


def _advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime, answers: Apart) -> Tally:
    tally = Tally()
    with database.writing() as session:
        cases = lock_cases(session, ids, tuple(OPEN))
        brief = load_brief(session, commission_id, [case.urn for case in cases])
        tally.moves["publish-note"] += accept_silence(session, brief, cases, at)
        hold_diaries(session)
        changes = offered_in_vain(session, cases, at)
        in_vain = {change.case.id for change in changes}
        dated = [case for case in cases if case.status not in _READY and case.id not in in_vain]
        displace(session, brief, {case.id for case in dated}, at)
        join_visits(session, brief, {case.id for case in dated}, at, tally)
        leaving = with_visits(session, dated, VisitStatus.TO_MOVE)
        # Moves are written at once, so that the diaries that are read for new cases have them.
        move_visits(session, brief, dated, at, tally, answers)
        changes += [*looked_at_anew(session, dated), *answered_later(session, brief, dated, leaving, at)]
        settle_meetings(session, brief, at, tally)
        wanted = [case for case in cases if case.status in _READY]
        today = day_of(at)
        changes += _timetable(session, brief, without_waiting(session, brief, wanted, today, tally), at, tally, answers)
        noted, stopped = first_noted(session, brief), with_nothing(session, brief)
        changes += [Change(case, "begin-plan") for case in cases if case.id in noted]
        changes += [Change(case, "cancel-visit", reason=NOTHING_TO_COME) for case in cases if case.id in stopped]
        save(session, changes, at)
        tally.moves.update(change.move for change in changes)
    return tally


def _timetable(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime, tally: Tally, answers: Apart) -> list[Change]:
    """Offer dates for all sessions of all cases, with the places that they have at meetings."""
    if not cases:
        return []
    today = day_of(at)
    agreed = agreed_supporters(session, [case.id for case in cases])
    books = diaries(session, brief, {*leaders(session, brief), *(number for who in agreed.values() for number in who.values())})
    due = brief.calendar.add(today, brief.school_days(Status.AWAITING_DATES))
    meetings = Meetings(session, brief, books, today, brief.calendar.add(due, NOTICE_SCHOOL_DAYS))
    existing, dropped = visits_of(session, cases), cancelled_for_good(session, cases)
    wants = [_wants(brief, meetings, case, existing.get(case.id, []), dropped, agreed.get(case.id, {}), today) for case in cases]
    times = Times(brief.calendar, closed_days(session, brief, [case.urn for case in cases]), books, meetings.earliest, names_in(brief, books))
    found = timetable([one.asked for one in wants], times, apart=answers)
    changes, without, settled = [], [], with_something(session, brief.programme, [case.id for case in cases])
    for one in wants:
        outcome = found.outcomes[one.case.id]
        # Places at meetings are rows; a meeting that a school only may book is a line, and nothing to wait for.
        goes_on = outcome or one.arranged.rows or one.case.id in settled
        why = outcome.why if isinstance(outcome, rules.Unplaced) else None if goes_on else _NONE_LEFT
        if isinstance(outcome, list) and why is None:
            answer_by = brief.due(one.case.urn, today, Status.AWAITING_DATES)
            changes.append(_settled(session, brief, one, existing.get(one.case.id, []), outcome, answer_by))
            continue
        without.append(one)
        if one.case.status is Status.TO_SCHEDULE:
            look_again = brief.calendar.add(today, brief.school_days(Status.UNPLACED))
            changes.append(Change(one.case, "report-unplaced", due=look_again, reason=why, fields={"begins": one.begins}))
        else:
            tally.stayed[why or ""] += 1
    meetings.take_back([one.arranged for one in without], [one.arranged for one in wants if one not in without])
    note(session, [*told_leaders(session, brief, meetings.notes), *(_stopped_early(brief, found, len(cases)) if changes else [])], at)
    return changes


@dataclass(frozen=True, slots=True)
class _Wants:
    """A case that wants dates: what it asks of the timetable, what it has at meetings, and from when its weeks count."""

    case: Case
    asked: Asked
    arranged: Arranged
    begins: datetime.date


def _wants(
    brief: Brief, meetings: Meetings, case: Case, mine: Sequence[Visit], dropped: Collection[int], agreed: Mapping[str, int], today: datetime.date
) -> _Wants:
    """Return what a case asks of the timetable, with its places at meetings arranged."""
    _supporter_of(case)
    begins = case.begins or today
    arranged = meetings.arrange(case, begins)
    lost = {visit.session for visit in mine if visit.id in dropped or visit.status is VisitStatus.NO_SHOW}
    gone = lost | {one.key for one in arranged.wanted if one.further not in agreed}
    wanted = timing.without(arranged.wanted, (gone - arranged.days.keys()) | arranged.gone)
    # What is agreed with somebody who still comes for that match stays, though another match of the case was made anew.
    come = {one.key: comers(one, agreed) for one in arranged.wanted if one.further in agreed}
    confirmed = [visit for visit in mine if visit.status is VisitStatus.CONFIRMED]
    stands = {visit.session for visit in confirmed if set(visit.supporter_ids) <= set(come.get(visit.session, ()))}
    held = {visit.session: visit.day for visit in mine if visit.status is VisitStatus.HELD or visit.session in stands}
    school = brief.school(case)
    asked = Asked(case.id, case.urn, (school.easting, school.northing), wanted, held | arranged.days, come)
    return _Wants(case, asked, arranged, begins)


def _stopped_early(brief: Brief, found: Timetabled, cases: int) -> list[Note]:
    """Return a note that says so where the timetable may be so much dearer than need be."""
    if found.stopped_by is not Stopped.TIME:
        return []
    detail = {"gap": found.gap, "stopped_by": found.stopped_by.value, "cases": cases}
    return [Note("timetable.stopped-early", ENGINE, brief.commission_id, detail=detail)]


def _settled(session: Session, brief: Brief, one: _Wants, mine: Sequence[Visit], placed: Sequence[rules.Placed], due: datetime.date) -> Change:
    """Return the change by which a case has its dates: visits are offered to the school, places at meetings are told of."""
    case, arranged = one.case, one.arranged
    change = _offered(session, brief, case, mine, placed, arranged.wanted, due) if placed else Change(case, "book-none")
    messages = list(change.messages)
    if arranged.lines:
        school, title = brief.school(case).name, brief.programme.title
        messages.append(to_school.meetings(brief.head, brief.to_school(case.urn), case.id, case.version, school, title, arranged.lines,
                                            brief.programme.broker.reviewer_levels,
                                            [of_meeting(session, brief, place) for place in arranged.places]))  # fmt: skip
    return replace(change, fields={"begins": one.begins}, rows=[*change.rows, *arranged.rows], messages=messages)


def _supporter_of(case: Case) -> int:
    """Return the supporter who was agreed for a case."""
    if case.supporter_id is None:
        raise NotPossible(f"Case {case.id} has no supporter, so there is nobody to offer dates for: match it first.")
    return case.supporter_id


def cancelled_for_good(session: Session, cases: Sequence[Case]) -> set[int]:
    """Return the visits of some cases that a person cancelled for good; others stand at cancelled only until they have new dates."""
    ids = [case.id for case in cases]
    query = select(col(Event.detail)).where(col(Event.case_id).in_(ids), Event.kind == CANCELLED_FOR_GOOD)
    told = {int(detail["visit_id"]) for detail in session.exec(query).all()}
    still = select(Visit.id).where(col(Visit.case_id).in_(ids), Visit.status == VisitStatus.CANCELLED)
    return told & set(session.exec(still).all()) if told else set()


def _offered(
    session: Session, brief: Brief, case: Case, mine: Sequence[Visit], placed: Sequence[rules.Placed], wanted: Sequence[timing.Wanted],
    due: datetime.date,
) -> Change:  # fmt: skip
    """Return the change that offers dates; a visit that had other dates keeps its row and counts the change."""
    agreed = agreed_supporters(session, [case.id])[case.id]
    known = {visit.session: visit for visit in mine}
    order = {one.key: (number, comers(one, agreed)) for number, one in enumerate(wanted, 1) if one.further in agreed}
    rows: list[tuple[type[SQLModel], dict[str, Any]]] = []
    for one in placed:
        values = {
            **coming(order[one.key][1]), "day": one.day, "part": one.part, "purpose": one.purpose,
            "status": VisitStatus.PROPOSED, "why": None, "slip": None,
        }  # fmt: skip
        old = known.get(one.key)
        if old is None:
            rows.append((Visit, {"case_id": case.id, "session": one.key, "ordinal": order[one.key][0], **values}))
        else:
            move_visit(session, old, values)
    visits = [visit_line(brief, case, one.day, one.part, one.purpose, order[one.key][1]) for one in placed]
    message = to_school.dates(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name,
        brief.supporters[_supporter_of(case)].name, visits, due,
    )  # fmt: skip
    return Change(case, "propose-dates", due=due, detail={"visits": visits}, rows=rows, messages=[message])
