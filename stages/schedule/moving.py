"""Visits that must move: all at once, each with a new date near its old one, and as few others moved as may be."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import ANY_WEEKS
from models.case import Case
from models.moments import day_of
from models.visit import DateOffer, Visit
from models.words import DayPart, Slip, Status, VisitStatus
from notifications.messages import to_school, to_staff
from programmes import timing
from stages.apart import Apart
from stages.batch import Tally, lock_cases
from stages.brief import Brief, load_brief
from stages.invitations import each_comer, of_visit
from stages.journey import OPEN
from stages.record import ENGINE, Actor, Note, note
from stages.schedule.diaries import STANDS, all_wanted, closed_days, diaries, names_in
from stages.schedule.meeting_places import meeting_days
from stages.schedule.modelling import ROOM, Asked, NewDates, Times, move
from stages.schedule.offers import asks_to_choose, forget_offers, offer_days, offers_of
from stages.schedule.rules import Placed
from stages.schedule.slips import MOVED, slip_row
from stages.schedule.stuck import tell_stuck
from stages.schedule.timetable.problem import Slot
from stages.visits import PART_IN_WORDS, move_visit, of_supporters, visits_of


def move_visits(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime, tally: Tally, answers: Apart) -> None:
    """Give each visit of some cases that must move a new date; confirmed visits of their supporters move only where they must make room.

    A school that asked for another date is offered days first; while it chooses, its case waits.
    """
    visits = visits_of(session, cases)
    leaving = {case.id: found for case in cases if (found := [v for v in visits.get(case.id, []) if v.status is VisitStatus.TO_MOVE])}
    if not leaving:
        return
    whole, by_id = load_brief(session, brief.commission_id), {case.id: case for case in cases}
    waiting = _choosing(session, leaving, day_of(at))
    for number in [number for number in leaving if number not in waiting]:
        if _offered(session, whole, by_id[number], leaving[number], at):
            waiting.add(number)
            tally.moves["offer-days"] += 1
    _move(session, whole, {number: ones for number, ones in leaving.items() if number not in waiting}, at, tally, answers)


def _choosing(session: Session, leaving: Mapping[int, Sequence[Visit]], today: datetime.date) -> set[int]:
    """Return the cases whose school may still choose; days that were not chosen in time are taken back."""
    offers = offers_of(session, [visit.id for ones in leaving.values() for visit in ones])
    forget_offers(session, [number for number, mine in offers.items() if mine[0].due < today])
    return {case_id for case_id, ones in leaving.items() for visit in ones if visit.id in offers and offers[visit.id][0].due >= today}


def _offered(session: Session, brief: Brief, case: Case, leaving: Sequence[Visit], at: pendulum.DateTime) -> bool:
    """Offer days for the one visit of a case that must move since its school asked; tell whether that was done."""
    (visit, *others) = leaving
    if others or not asks_to_choose(session, case, visit):
        return False
    asked, times = as_it_stands(session, brief, case, visit, at)
    found = offer_days(brief, case, visit, asked, times, at)
    note(session, [found] if found else [], at)
    return found is not None


def as_it_stands(session: Session, brief: Brief, case: Case, visit: Visit, at: pendulum.DateTime) -> tuple[Asked, Times]:
    """Return what a case with one visit to move asks, with all that is agreed, and on offer to others, in the supporter's diary."""
    times = _times(session, brief, [case], {*visit.supporter_ids}, at)
    return _asked(session, brief, case, visits_of(session, [case])[case.id], [visit], times), times


def _times(session: Session, brief: Brief, cases: Sequence[Case], supporters: set[int], at: pendulum.DateTime) -> Times:
    earliest = brief.calendar.add(day_of(at), brief.programme.schedule.move_notice_school_days)
    visits = visits_of(session, cases)
    books = diaries(session, brief, supporters | {number for ones in visits.values() for visit in ones for number in visit.supporter_ids})
    return Times(brief.calendar, closed_days(session, brief, [case.urn for case in cases]), books, earliest, names_in(brief, books))


def _move(session: Session, brief: Brief, leaving: Mapping[int, Sequence[Visit]], at: pendulum.DateTime, tally: Tally, answers: Apart) -> None:
    """Give what must move another date, all at once."""
    supporters = {number for ones in leaving.values() for visit in ones for number in visit.supporter_ids}
    around = _around(session, brief, supporters, leaving)
    visits, by_id, times = visits_of(session, around), {case.id: case for case in around}, _times(session, brief, around, supporters, at)
    asked = [_asked(session, brief, case, visits[case.id], leaving.get(case.id, []), times) for case in around]
    known, notes = {(visit.case_id, visit.session): visit for ones in visits.values() for visit in ones}, list[Note]()
    _free_homes(asked, known, times)
    new = move(asked, times, apart=answers)
    for one in new.moved:
        notes.append(moved(session, brief, by_id[one.case_id], known[one.case_id, one.placed.key], one.placed, one.why, at))
    for (case_id, key), why in new.stuck.items():
        tally.stayed[why.why] += 1
        notes += tell_stuck(session, brief, by_id[case_id], known[case_id, key], why.why, day_of(at))
    note(session, [*notes, *_count(brief, new)], at)
    tally.moves["move-visit"] += len(new.moved)


def _free_homes(asked: Sequence[Asked], known: Mapping[tuple[int, str], Visit], times: Times) -> None:
    """Take what may make room out of the diaries; what must move is not in them."""
    for one in asked:
        for key in one.homes.keys() - one.leave.keys():
            visit = known[one.case_id, key]
            for number in visit.supporter_ids:
                times.diaries[number].unbook(visit.day, visit.part)


def _around(session: Session, brief: Brief, supporters: set[int], leaving: Mapping[int, Sequence[Visit]]) -> list[Case]:
    """Return the cases with visits that must move, and those of the commission whose visits might have to make room."""
    query = select(Visit.case_id).join(Case, col(Case.id) == Visit.case_id)
    mine = (Case.commission_id == brief.commission_id, of_supporters(supporters), Visit.status == VisitStatus.CONFIRMED)
    # While a school chooses, the days on offer keep to the other visits of its case as they are.
    choosing = select(Visit.case_id).join(DateOffer, col(DateOffer.visit_id) == Visit.id).where(*STANDS)
    touched = {*session.exec(query.where(*mine)).all()} - {*session.exec(choosing).all()}
    return lock_cases(session, sorted({*leaving, *touched}), tuple(OPEN))


def _asked(session: Session, brief: Brief, case: Case, visits: Sequence[Visit], leaving: Sequence[Visit], times: Times) -> Asked:
    """Return what a case asks: new dates for what must leave, and to keep the others."""
    # A visit that will not take place neither takes a day nor sets a gap.
    mine = [visit for visit in visits if visit.status not in (VisitStatus.CANCELLED, VisitStatus.NO_SHOW) and visit.meeting_id is None]
    school, planned = brief.school(case), all_wanted(brief, case, case.begins or case.since.date())
    whole = [*planned, *_unplanned(brief, case, mine, {one.key for one in planned})]
    homes = {
        visit.session: Slot(visit.day, visit.part) for visit in mine
        if visit.status is VisitStatus.CONFIRMED and _may_go(visit, next(one for one in whole if one.key == visit.session), times, case.urn)
    }  # fmt: skip
    gone = {visit.session for visit in leaving}
    meetings = meeting_days(session, case)
    fixed = {visit.session: visit.day for visit in mine if visit.session not in gone and visit.session not in homes} | meetings
    have = fixed.keys() | {visit.session for visit in mine}
    slots = {visit.session: Slot(visit.day, visit.part) for visit in leaving}
    wanted = timing.without(whole, {one.key for one in whole if one.key not in have})
    reasons = {visit.session: visit.why or "the date could not be kept" for visit in leaving}
    who = {visit.session: visit.supporter_ids for visit in mine}
    return Asked(case.id, case.urn, (school.easting, school.northing), wanted, fixed, who, homes | slots, reasons)


def _unplanned(brief: Brief, case: Case, visits: Sequence[Visit], planned: Collection[str]) -> list[timing.Wanted]:
    """Return what a visit takes that the plan has no place for any more, since other terms are known than when it was dated: any day of the case."""
    starts, ends = brief.commission.starts, brief.ends(case)
    return [
        timing.Wanted(visit.session, visit.purpose, visit.part is DayPart.WHOLE_DAY, starts, ends, None, 0, ANY_WEEKS, f"visit-{visit.id}")
        for visit in visits if visit.session not in planned
    ]  # fmt: skip


def _may_go(visit: Visit, wanted: timing.Wanted, times: Times, urn: int) -> bool:
    """Tell whether an agreed visit may make room for another; one that nears, or breaks a limit by agreement, is left alone."""
    in_time = times.earliest <= visit.day and wanted.first <= visit.day <= wanted.last
    return in_time and all(_keeps(visit.day, times, urn, number) for number in visit.supporter_ids)


def _keeps(day: datetime.date, times: Times, urn: int, supporter_id: int) -> bool:
    diary = times.diaries[supporter_id]
    return (
        times.calendar.is_school_day(day)
        and day.isoweekday() in diary.working_days
        and day not in times.closed.get(urn, {})
        and not any(first <= day <= last for first, last in diary.away)
    )


def _count(brief: Brief, found: NewDates) -> list[Note]:
    """Return the note that says how many moved and how many had to, for whoever asks whether others were moved for nothing."""
    if not found.moved:
        return []
    detail = {"moved": len(found.moved), "at_least": found.least_moved, "proven": found.proven, "without_date": len(found.stuck)}
    return [Note("timetable.rescheduled", ENGINE, brief.commission_id, detail=detail | {"why": dict(Counter(one.why for one in found.moved))})]


def moved(session: Session, brief: Brief, case: Case, visit: Visit, placed: Placed, why: str, at: pendulum.DateTime, actor: Actor = ENGINE) -> Note:
    """Return the note of a visit that has another day, changed so; the school is told and, if it was agreed, the supporter."""
    # Dates that the school has not agreed yet stay offers.
    status = VisitStatus.PROPOSED if case.status is Status.AWAITING_DATES else VisitStatus.CONFIRMED
    now = {"day": placed.day, "part": placed.part, "status": status}
    first = {} if visit.first_agreed or status is VisitStatus.PROPOSED else {"first_agreed": placed.day}
    slip = Slip.MADE_ROOM if why == ROOM else visit.slip
    move_visit(session, visit, {**now, **first, "why": None, "slip": None})
    entry = of_visit(brief, case, visit, {**now, "sequence": visit.sequence + 1})
    message = to_school.visit_moved(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence + 1, brief.school(case).name, visit.purpose,
        (visit.day, PART_IN_WORDS[visit.part.value]), (placed.day, PART_IN_WORDS[placed.part.value]), why, [entry],
        chosen=actor is not ENGINE,
    )  # fmt: skip
    # That nobody was there was kept when it was recorded.
    messages, kept = [message], visit.first_agreed is not None and slip is not Slip.NOBODY_THERE
    if status is VisitStatus.CONFIRMED:
        whom = each_comer(brief, visit, f"visit-{visit.id}-{entry.sequence}")
        messages += [to_staff.visit_changed(brief.head, to, case.id, edition, visit.day, entry, why) for to, edition in whom]
    return Note(MOVED, actor, brief.commission_id, case.id, before=visit.day.isoformat(), after=placed.day.isoformat(),
                detail={"visit_id": visit.id, "why": why, "slip": slip.value if slip else None},
                rows=[slip_row(visit, placed.day, slip, at)] if kept else [], messages=messages)  # fmt: skip
