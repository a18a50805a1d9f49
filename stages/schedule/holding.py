"""Which visit was held and on which day: one that is meant without doubt, on a day on which it can have been."""

import datetime
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, or_, select

from calendars.school_days import SchoolCalendar
from models.case import Case
from models.errors import NotPossible
from models.match import Match
from models.moments import day_of
from models.programme import Session as Planned
from models.term import Closure
from models.visit import NoteOfVisit, Visit
from models.words import ClosureKind, NoteStatus, Status, VisitStatus
from programmes.timing import bounds
from stages.brief import Brief, load_calendar
from stages.schedule.decide import find_visit
from stages.schedule.diaries import all_wanted
from stages.schedule.meeting_places import meeting_days
from stages.schedule.training import check_trained
from stages.visits import NOT_HELD, writes_note

_GONE = (VisitStatus.CANCELLED, VisitStatus.NO_SHOW)


def find_to_hold(
    session: Session, brief: Brief, case: Case, key: str | None, held_on: datetime.date | None, today: datetime.date, *, noted: bool
) -> Visit:
    """Return the visit that was held: the one of that session or, without one, the one that is due; NotPossible says why none can have been.

    `noted` tells whether one of which a note is written is meant.
    """
    visit = find_visit(session, case, key) if key else _due(session, brief, case, held_on, today, noted=noted)
    _check_not_recorded(session, visit)
    _check_held(brief, case, visit, held_on or visit.day, today)
    if held_on is not None and held_on != visit.day:
        _check_day(session, brief, case, visit, held_on)
    check_trained(session, brief, visit, held_on or visit.day)
    return visit


def _due(session: Session, brief: Brief, case: Case, held_on: datetime.date | None, today: datetime.date, *, noted: bool) -> Visit:
    """Return the one visit that can be meant without being named; NotPossible names those there are."""
    visits = session.exec(select(Visit).where(Visit.case_id == case.id).order_by(col(Visit.day), col(Visit.ordinal))).all()
    agreed = [visit for visit in visits if visit.status is VisitStatus.CONFIRMED]
    due = [visit for visit in agreed if visit.day <= today]
    due = [visit for visit in due if writes_note(brief.programme, visit.session) is noted] or due
    meant = [visit for visit in due if visit.day == held_on] if len(due) > 1 else due
    if not due and held_on is not None and agreed and _fits(session, brief, case, agreed[0], visits, held_on):
        meant = agreed[:1]
    if len(meant) == 1:
        return meant[0]
    offered = [visit for visit in visits if visit.status is VisitStatus.PROPOSED]
    if offered and not agreed:
        return offered[0]
    there = "; ".join(_standing(session, visit, today) for visit in visits) or "none yet"
    why = "Several visits" if meant or due else "No visit that was due"
    verb = "wait" if meant or due else "waits"
    raise NotPossible(
        f"{why} of case {case.id} {verb} {'for a note' if noted else 'to be recorded'} ({there}): name the one that was held with --visit and, "
        "if it was not on its day, say when with --held-on; a note that is published already is put right with correct-note."
    )


def _standing(session: Session, visit: Visit, today: datetime.date) -> str:
    """Return how a visit stands, for whoever has to say which one is meant."""
    note = session.exec(select(NoteOfVisit).where(NoteOfVisit.visit_id == visit.id, NoteOfVisit.status != NoteStatus.DRAFT)).first()
    day = f"{visit.held_on or visit.day:%-d %B %Y}"
    if visit.status is VisitStatus.CONFIRMED:
        return f"{visit.session} on {day}{', which is still to come' if visit.day > today else ''}"
    held = "held on" if visit.status is VisitStatus.HELD else f"{visit.status.value.replace('_', ' ')},"
    return f"{visit.session} {held} {day}{', its note is written' if note else ''}"


def _fits(session: Session, brief: Brief, case: Case, visit: Visit, visits: Sequence[Visit], day: datetime.date) -> bool:
    """Tell whether a visit that is planned for later can be the one that was held on `day`: in its time, and long enough after the one before."""
    wanted = all_wanted(brief, case, case.begins or case.since.date())
    mine = next((one for one in wanted if one.key == visit.session), None)
    others = {one.session: one.held_on or one.day for one in visits if one.status not in _GONE and one.id != visit.id} | meeting_days(session, case)
    if mine is None:
        return False
    first, last = bounds(mine, wanted, others, brief.commission.starts)
    return first <= day <= last


def _check_not_recorded(session: Session, visit: Visit) -> None:
    """Raise NotPossible for a visit that was held, cancelled, or at which nobody was there."""
    if visit.status in NOT_HELD:
        return
    written = session.exec(select(NoteOfVisit.id).where(NoteOfVisit.visit_id == visit.id)).first() is not None
    then = "; its note is written, and is put right with correct-note when it is published" if written and visit.status is VisitStatus.HELD else ""
    raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so it cannot be recorded as held{then}.")


def _check_held(brief: Brief, case: Case, visit: Visit, day: datetime.date, today: datetime.date) -> None:
    """Raise NotPossible unless a visit can have been held on `day`."""
    opened = max(brief.commission.starts, day_of(brief.commission.opened_at))
    # While dates of a further match are on offer, what was agreed before stands and is written up.
    if visit.status is VisitStatus.PROPOSED or (case.status is Status.AWAITING_DATES and visit.status is not VisitStatus.CONFIRMED):
        raise NotPossible(f"The dates of case {case.id} are not agreed yet: confirm them with `confirm-dates`, then write the note.")
    if day > today:
        raise NotPossible(f"The visit is on {day:%-d %B %Y}, which is still to come: write the note after it.")
    if day < opened:
        raise NotPossible(
            f"The visit cannot have been held on {day:%-d %B %Y}, before the commission opened on {opened:%-d %B %Y}: look at --held-on."
        )


def _check_day(session: Session, brief: Brief, case: Case, visit: Visit, day: datetime.date) -> None:
    """Raise NotPossible if a visit cannot have been held on another day than the planned one."""
    proposed = select(Match.proposed_at).where(Match.case_id == case.id, col(Match.supporter_id).in_(visit.supporter_ids))
    begun = min((day_of(pendulum.instance(at)) for at in session.exec(proposed).all()), default=day)
    if day < begun:
        who = brief.names_of(visit.supporter_ids)
        raise NotPossible(f"On {day:%-d %B %Y} {who} was not matched with the school yet, which was on {begun:%-d %B %Y}: look at --held-on.")
    _check_order(session, brief, case, visit, day)
    planned = next((one for one in brief.programme.schedule.sessions if one.id == visit.session.partition(".")[0]), None)
    if not _needs_open_school(planned):
        return
    if day.isoweekday() > 5:
        raise NotPossible(f"{day:%-d %B %Y} is a {day:%A}, when schools are closed: look at --held-on.")
    if _is_closed(session, brief, case, day) and not (planned and planned.kind == "training" and _is_inset(session, brief, case, day)):
        raise NotPossible(f"On {day:%A %-d %B %Y} the school was closed: look at --held-on, or at the days that are entered as closed.")


def _check_order(session: Session, brief: Brief, case: Case, visit: Visit, day: datetime.date) -> None:
    """Raise NotPossible unless what comes before a visit had been held by the day before."""
    after = {one.key: one.after for one in all_wanted(brief, case, case.begins or case.since.date())}
    visits = session.exec(select(Visit).where(Visit.case_id == case.id, col(Visit.status).not_in(_GONE))).all()
    there, met = {one.session: one for one in visits}, meeting_days(session, case)
    key = after.get(visit.session)
    while key is not None and key not in there and key not in met:
        key = after.get(key)
    if key is None:
        return
    before = there.get(key)
    if before is not None and before.status not in (VisitStatus.HELD, VisitStatus.CONFIRMED):
        raise NotPossible(f"The visit {visit.session} comes after {key}, which has no day yet: have that one held or cancelled first.")
    on = (before.held_on or before.day) if before is not None else met[key]
    if day <= on:
        raise NotPossible(f"The visit {visit.session} comes after {key}, which is on {on:%-d %B %Y}: it cannot have been held on {day:%-d %B %Y}.")


def _needs_open_school(planned: Planned | None) -> bool:
    """Tell whether a session is held at a school; what is held online may be on any day."""
    return planned is None or not (planned.hosts == "online" or planned.kind in ("webinar", "module"))


def _is_closed(session: Session, brief: Brief, case: Case, day: datetime.date) -> bool:
    """Tell whether a school was closed on a weekday, as far as term dates are known."""
    mine = brief.school(case).authority
    calendar = brief.calendar if mine == brief.commission.authority else load_calendar(session, mine)
    calendar = calendar if _knows(calendar, day) else brief.calendar
    return (_knows(calendar, day) and not calendar.is_school_day(day)) or day in brief.closed.get(case.urn, ())


def _knows(calendar: SchoolCalendar, day: datetime.date) -> bool:
    return calendar.first is not None and calendar.last is not None and calendar.first <= day <= calendar.last


def _is_inset(session: Session, brief: Brief, case: Case, day: datetime.date) -> bool:
    """Tell whether a day is one on which a school's staff are trained."""
    whose = or_(col(Closure.urn) == case.urn, (col(Closure.urn).is_(None)) & (col(Closure.authority) == brief.school(case).authority))
    return session.exec(select(Closure.id).where(whose, Closure.day == day, Closure.kind == ClosureKind.INSET)).first() is not None
