"""Visits that must move: all at once, each with a new date near its old one, and as few others moved as may be."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.trail import Event
from models.visit import Visit
from models.words import DayPart, Slip, Status, VisitStatus
from notifications.messages import to_school, to_staff
from programmes import timing
from programmes.timing import NOTICE_SCHOOL_DAYS
from stages.batch import Tally, lock_cases
from stages.brief import Brief, load_brief
from stages.invitations import of_visit
from stages.journey import OPEN
from stages.record import ENGINE, Actor, Note, note
from stages.schedule.diaries import all_wanted, blackouts, closed_days, diaries
from stages.schedule.meeting_places import meeting_days
from stages.schedule.modelling import ROOM, Asked, NewDates, Times, move
from stages.schedule.offers import asks_to_choose, forget_offers, offer_days, offers_of
from stages.schedule.rules import Diary, Placed
from stages.schedule.slips import slip_row
from stages.schedule.timetable.problem import ANY_WEEKS, Slot
from stages.visits import PART_IN_WORDS, move_visit, visits_of


def move_visits(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime, tally: Tally) -> None:
    """Give each visit of some cases that must move a new date; confirmed visits of their supporters move only where they must make room."""
    visits, today = visits_of(session, cases), at.in_timezone("Europe/London").date()
    leaving = {case.id: found for case in cases if (found := [v for v in visits.get(case.id, []) if v.status is VisitStatus.TO_MOVE])}
    if not leaving:
        return
    whole, supporters = load_brief(session, brief.commission_id), {visit.supporter_id for ones in leaving.values() for visit in ones}
    around = _around(session, brief, supporters, leaving)
    visits = visits_of(session, around)
    earliest = brief.calendar.add(today, NOTICE_SCHOOL_DAYS)
    books = diaries(session, whole, supporters | {visit.supporter_id for ones in visits.values() for visit in ones})
    times = Times(brief.calendar, blackouts(brief), closed_days(session, brief, [case.urn for case in around]), books, earliest)
    asked = [_asked(session, whole, case, visits[case.id], leaving.get(case.id, []), times) for case in around]
    asked, notes = _let_choose(session, whole, around, asked, leaving, times, at)
    tally.moves["offer-days"] += len(notes)
    new = move(asked, times)
    known = {(visit.case_id, visit.session): visit for ones in visits.values() for visit in ones}
    by_id = {case.id: case for case in around}
    for one in new.moved:
        notes.append(moved(session, whole, by_id[one.case_id], known[one.case_id, one.placed.key], one.placed, one.why, at))
    for (case_id, key), why in new.stuck.items():
        tally.stayed[why.why] += 1
        notes += _stuck(session, whole, by_id[case_id], known[case_id, key], why.why)
    forget_offers(session, [known[one.case_id, one.placed.key].id for one in new.moved])
    note(session, [*notes, *_count(whole, new)], at)
    tally.moves["move-visit"] += len(new.moved)


def _let_choose(
    session: Session, brief: Brief, cases: Sequence[Case], asked: Sequence[Asked], leaving: Mapping[int, Sequence[Visit]], times: Times,
    at: pendulum.DateTime,
) -> tuple[list[Asked], list[Note]]:  # fmt: skip
    """Offer days to schools that asked for another date, and return what is left to move: all else, and what a school did not choose in time."""
    offers, today = offers_of(session, [visit.id for ones in leaving.values() for visit in ones]), at.in_timezone("Europe/London").date()
    left, notes = [], []
    for case, one in zip(cases, asked, strict=True):
        wait = set[str]()
        for visit in leaving.get(case.id, []):
            mine = offers.get(visit.id, [])
            if mine and mine[0].due >= today:
                wait.add(visit.session)
            elif not mine and asks_to_choose(case, visit) and (offered := offer_days(brief, case, visit, one, times, at)):
                notes.append(offered)
                wait.add(visit.session)
        left.append(_waiting(one, wait) if wait else one)
    return left, notes


def _waiting(one: Asked, wait: set[str]) -> Asked:
    """Return what a case asks without the sessions whose school still chooses."""
    wanted = timing.without(one.wanted, wait)
    homes = {key: slot for key, slot in one.homes.items() if key not in wait}
    leave = {key: why for key, why in one.leave.items() if key not in wait}
    return replace(one, wanted=wanted, homes=homes, leave=leave)


def _around(session: Session, brief: Brief, supporters: set[int], leaving: Mapping[int, Sequence[Visit]]) -> list[Case]:
    """Return the cases with visits that must move, and those of the commission whose visits might have to make room."""
    query = select(Visit.case_id).join(Case, col(Case.id) == Visit.case_id)
    mine = (Case.commission_id == brief.commission_id, col(Visit.supporter_id).in_(supporters), Visit.status == VisitStatus.CONFIRMED)
    return lock_cases(session, sorted({*leaving, *session.exec(query.where(*mine)).all()}), tuple(OPEN))


def _asked(session: Session, brief: Brief, case: Case, visits: Sequence[Visit], leaving: Sequence[Visit], times: Times) -> Asked:
    """Return what a case asks: new dates for what must leave, and to keep the others; what is kept for certain stays in the diaries."""
    # A visit that will not take place neither takes a day nor sets a gap.
    mine = [visit for visit in visits if visit.status not in (VisitStatus.CANCELLED, VisitStatus.NO_SHOW) and visit.meeting_id is None]
    school, planned = brief.school(case), all_wanted(brief, case, case.begins or case.since.date())
    whole = [*planned, *_unplanned(brief, case, mine, {one.key for one in planned})]
    who = _who(mine, whole)
    match_of = {one.key: one.further for one in whole}
    homes = {
        visit.session: Slot(visit.day, visit.part) for visit in mine
        if visit.status is VisitStatus.CONFIRMED and who.get(match_of.get(visit.session, "")) == visit.supporter_id
        and _may_go(visit, next(one for one in whole if one.key == visit.session), times)
    }  # fmt: skip
    gone = {visit.session for visit in leaving}
    meetings = meeting_days(session, case)
    fixed = {visit.session: visit.day for visit in mine if visit.session not in gone and visit.session not in homes} | meetings
    have = fixed.keys() | {visit.session for visit in mine}
    for visit in mine:
        if visit.session in homes:
            times.diaries[visit.supporter_id].unbook(visit.day, visit.part)
    slots = {visit.session: Slot(visit.day, visit.part) for visit in leaving}
    wanted = timing.without(whole, {one.key for one in whole if one.key not in have})
    reasons = {visit.session: visit.why or "the date could not be kept" for visit in leaving}
    return Asked(case.id, case.urn, (school.easting, school.northing), wanted, fixed, who, homes | slots, reasons)


def _unplanned(brief: Brief, case: Case, visits: Sequence[Visit], planned: Collection[str]) -> list[timing.Wanted]:
    """Return what a visit takes that the plan has no place for any more, since other terms are known than when it was dated: any day of the case."""
    starts, ends = brief.commission.starts, brief.ends(case)
    return [
        timing.Wanted(visit.session, visit.purpose, visit.part is DayPart.WHOLE_DAY, starts, ends, None, 0, ANY_WEEKS, f"visit-{visit.id}")
        for visit in visits if visit.session not in planned
    ]  # fmt: skip


def _who(visits: Sequence[Visit], wanted: Sequence[timing.Wanted]) -> dict[str, int]:
    """Return who comes for each match: to a visit that moves before any other, since that supporter may be a new one."""
    match_of = {one.key: one.further for one in wanted}
    order = sorted(visits, key=lambda visit: visit.status is VisitStatus.TO_MOVE)
    return {match_of[visit.session]: visit.supporter_id for visit in order if visit.session in match_of}


def _may_go(visit: Visit, wanted: timing.Wanted, times: Times) -> bool:
    """Tell whether an agreed visit may make room for another; one that nears, or breaks a limit by agreement, is left alone."""
    return times.earliest <= visit.day and wanted.first <= visit.day <= wanted.last and _keeps(visit.day, times, times.diaries[visit.supporter_id])


def _keeps(day: datetime.date, times: Times, diary: Diary) -> bool:
    return (
        times.calendar.is_school_day(day)
        and day.isoweekday() in diary.working_days
        and not any(first <= day <= last for first, last in (*times.blackouts, *diary.away))
    )


def _count(brief: Brief, found: NewDates) -> list[Note]:
    """Return the note that says how many moved and how many had to, for whoever asks whether others were moved for nothing."""
    if not found.moved:
        return []
    detail = {"moved": len(found.moved), "at_least": found.least_moved, "proven": found.proven, "without_date": len(found.stuck)}
    return [Note("timetable.rescheduled", ENGINE, brief.commission_id, detail=detail | {"why": dict(Counter(one.why for one in found.moved))})]


def _stuck(session: Session, brief: Brief, case: Case, visit: Visit, why: str) -> list[Note]:
    """Tell the adviser, once for each reason to move, of a visit that finds no new date; it is tried again at every turn."""
    edition = f"{visit.id}-{visit.version}"
    told = select(Event.id).where(Event.case_id == case.id, Event.kind == "visit.stuck", Event.before == edition)
    if session.exec(told).first() is not None:
        return []
    message = to_staff.visit_stuck(brief.head, brief.adviser, case.id, edition, brief.school(case).name, visit.purpose, visit.day, why)
    return [Note("visit.stuck", ENGINE, brief.commission_id, case.id, before=edition, reason=why, messages=[message])]


def moved(session: Session, brief: Brief, case: Case, visit: Visit, placed: Placed, why: str, at: pendulum.DateTime, actor: Actor = ENGINE) -> Note:
    """Return the note of a visit that has another day, changed so; the school is told and, if it was agreed, the supporter."""
    # Dates that the school has not agreed yet stay offers.
    status = VisitStatus.PROPOSED if case.status is Status.AWAITING_DATES else VisitStatus.CONFIRMED
    now = {"day": placed.day, "part": placed.part, "status": status}
    slip = Slip.MADE_ROOM if why == ROOM else visit.slip
    move_visit(session, visit, {**now, "why": None, "slip": None})
    entry = of_visit(brief, case, visit, {**now, "sequence": visit.sequence + 1})
    message = to_school.visit_moved(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence + 1, brief.school(case).name, visit.purpose,
        visit.day, placed.day, PART_IN_WORDS[placed.part.value], why, [entry],
    )  # fmt: skip
    messages, agreed = [message], visit.first_agreed is not None
    if status is VisitStatus.CONFIRMED:
        edition, to = f"visit-{visit.id}-{entry.sequence}", brief.to_supporter(visit.supporter_id)
        messages.append(to_staff.visit_changed(brief.head, to, case.id, edition, visit.day, entry, why))
    return Note("visit.moved", actor, brief.commission_id, case.id, before=visit.day.isoformat(), after=placed.day.isoformat(),
                detail={"visit_id": visit.id, "why": why, "slip": slip.value if slip else None},
                rows=[slip_row(visit, placed.day, slip, at)] if agreed else [], messages=messages)  # fmt: skip
