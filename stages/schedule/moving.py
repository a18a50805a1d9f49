"""Visits that must move: each is given the earliest new date that keeps the order and the gaps, with those after it where it must be."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pendulum
from sqlmodel import Session, select

from models.case import Case
from models.trail import Event
from models.visit import Visit
from models.words import Status, VisitStatus
from notifications.messages import to_school, to_staff
from programmes import timing
from programmes.timing import NOTICE_SCHOOL_DAYS
from stages.batch import Tally
from stages.brief import Brief
from stages.invitations import of_visit
from stages.record import ENGINE, Note, note
from stages.schedule import rules
from stages.schedule.diaries import all_wanted, blackouts, closed_days, diaries
from stages.schedule.meeting_places import meeting_days
from stages.visits import PART_IN_WORDS, move_visit, visits_of


def move_visits(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime, tally: Tally) -> None:
    """Give each visit that must move the earliest new date that keeps the order and the gaps; all others stay."""
    today = at.in_timezone("Europe/London").date()
    visits = visits_of(session, cases)
    moving = [case for case in cases if any(v.status is VisitStatus.TO_MOVE for v in visits.get(case.id, []))]
    books = diaries(session, brief, {visit.supporter_id for case in moving for visit in visits[case.id]})
    closed, earliest = closed_days(session, [case.urn for case in moving]), brief.calendar.add(today, NOTICE_SCHOOL_DAYS)
    notes = []
    for case in moving:
        # A visit that will not take place neither takes a day nor sets a gap.
        cancelled = {v.session for v in visits[case.id] if v.status is VisitStatus.CANCELLED}
        mine = [v for v in visits[case.id] if v.session not in cancelled and v.meeting_id is None]
        school, whole = brief.school(case), all_wanted(brief, case, case.begins or case.since.date())
        fixed = {v.session: v.day for v in mine if v.status is not VisitStatus.TO_MOVE} | meeting_days(session, case)
        have = fixed.keys() | {v.session for v in mine}
        wanted = timing.without(whole, {one.key for one in whole if one.key not in have})
        theirs, place = _theirs(mine, wanted, books), (school.easting, school.northing)
        place_but = partial(rules.place_all, wanted, earliest=earliest, calendar=brief.calendar, blackouts=blackouts(brief),
                            school_closed=closed[case.urn], diaries=theirs, place=place)  # fmt: skip
        placed = place_but(fixed=fixed)
        if isinstance(placed, rules.Unplaced):
            placed = _with_later_ones(mine, earliest, books[_comes(mine)], place, fixed, place_but) or placed
        if isinstance(placed, rules.Unplaced):
            tally.stayed[placed.why] += 1
            notes += _stuck(session, brief, case, next(v for v in mine if v.status is VisitStatus.TO_MOVE), placed.why)
            continue
        old = {v.session: v for v in mine}
        notes += [
            _moved(session, brief, case, old[one.key], one) for one in placed
            if old[one.key].status is VisitStatus.TO_MOVE or (old[one.key].day, old[one.key].part) != (one.day, one.part)
        ]  # fmt: skip
    note(session, notes, at)
    tally.moves["move-visit"] += sum(1 for one in notes if one.kind == "visit.moved")


def _theirs(visits: Sequence[Visit], wanted: Sequence[timing.Wanted], books: Mapping[int, rules.Diary]) -> dict[str, rules.Diary]:
    """Return the diary of whoever comes for each match: of a visit that moves before any other, since that supporter may be a new one."""
    match_of = {one.key: one.further for one in wanted}
    order = sorted(visits, key=lambda visit: visit.status is VisitStatus.TO_MOVE)
    return {match_of[visit.session]: books[visit.supporter_id] for visit in order if visit.session in match_of}


def _with_later_ones(
    visits: Sequence[Visit], earliest: datetime.date, diary: rules.Diary, place: rules.Place, fixed: dict[str, datetime.date],
    place_but: Callable[..., list[rules.Placed] | rules.Unplaced],
) -> list[rules.Placed] | None:  # fmt: skip
    """Return new dates for a visit that only fits if those after it move too, and for these; None if that does not help either.

    Otherwise a first visit that falls out would stay without a date while the others are held before it.
    """
    first = min(visit.ordinal for visit in visits if visit.status is VisitStatus.TO_MOVE)
    # One whose day has come may have been held already.
    later = [
        visit for visit in visits
        if visit.ordinal > first and visit.status is VisitStatus.CONFIRMED and visit.day >= earliest and visit.supporter_id == _comes(visits)
    ]  # fmt: skip
    if not later:
        return None
    for visit in later:
        diary.unbook(visit.day, visit.part)
    found = place_but(fixed={key: day for key, day in fixed.items() if key not in {visit.session for visit in later}})
    if not isinstance(found, rules.Unplaced):
        return found
    for visit in later:
        diary.book(visit.day, visit.part, place)
    return None


def _stuck(session: Session, brief: Brief, case: Case, visit: Visit, why: str) -> list[Note]:
    """Tell the adviser, once for each reason to move, of a visit that finds no new date; it is tried again at every turn."""
    edition = f"{visit.id}-{visit.version}"
    told = select(Event.id).where(Event.case_id == case.id, Event.kind == "visit.stuck", Event.before == edition)
    if session.exec(told).first() is not None:
        return []
    message = to_staff.visit_stuck(brief.head, brief.adviser, case.id, edition, brief.school(case).name, visit.purpose, visit.day, why)
    return [Note("visit.stuck", ENGINE, brief.commission_id, case.id, before=edition, reason=why, messages=[message])]


def _comes(visits: Sequence[Visit]) -> int:
    """Return the supporter who will come to the visits that move."""
    return next(visit.supporter_id for visit in visits if visit.status is VisitStatus.TO_MOVE)


def _moved(session: Session, brief: Brief, case: Case, visit: Visit, placed: rules.Placed) -> Note:
    """Move one visit and tell the school and, if it was agreed, the supporter."""
    why = visit.why or "the date could not be kept"
    # Dates that the school has not agreed yet stay offers.
    status = VisitStatus.PROPOSED if case.status is Status.AWAITING_DATES else VisitStatus.CONFIRMED
    now = {"day": placed.day, "part": placed.part, "status": status}
    move_visit(session, visit, {**now, "why": None})
    entry = of_visit(brief, case, visit, {**now, "sequence": visit.sequence + 1})
    message = to_school.visit_moved(
        brief.head, brief.to_school(case.urn), case.id, visit.id, visit.sequence + 1, brief.school(case).name, visit.purpose,
        visit.day, placed.day, PART_IN_WORDS[placed.part.value], why, [entry],
    )  # fmt: skip
    messages = [message]
    if status is VisitStatus.CONFIRMED:
        edition, to = f"visit-{visit.id}-{entry.sequence}", brief.to_supporter(visit.supporter_id)
        messages.append(to_staff.visit_changed(brief.head, to, case.id, edition, visit.day, entry, why))
    return Note("visit.moved", ENGINE, brief.commission_id, case.id, before=visit.day.isoformat(), after=placed.day.isoformat(),
                detail={"visit_id": visit.id, "why": why}, messages=messages)  # fmt: skip
