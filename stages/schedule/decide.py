"""What people decide on the dates of visits: agree them, ask for others, move one, record leave."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import replace

import pendulum
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.meeting import Meeting
from models.moments import day_of
from models.supporter import Leave, Supporter
from models.term import Closure
from models.visit import Visit
from models.words import ClosureKind, Role, Slip, VisitStatus
from notifications.messages import to_school
from stages.batch import hold_diaries
from stages.brief import Brief
from stages.invitations import booked_for_supporters, of_visit, visit_line
from stages.journey import ENDED, STANDINGS, check_awake, check_move
from stages.record import Actor, Change, Note, note, save
from stages.schedule.kept_free import kept_free, slip_and_away
from stages.schedule.leaving import leave_day, meeting_leaves_day
from stages.schedule.offers import forget_offers, offers_of
from stages.schedule.stuck import without_day
from stages.visits import NOT_HELD, cancel_visits, of_supporters, writes_note

# Longer, and nobody knows that they come back; a slip of the pen in a year would move every visit.
_LEAVE_WITHIN = datetime.timedelta(days=5 * 365 + 1)


def confirm_dates(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """Agree all dates that were offered."""
    visits = session.exec(select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.PROPOSED).order_by(col(Visit.ordinal))).all()
    check_move("confirm-dates", case.id, case.status, actor.role, paused=case.paused_since is not None)
    _check_whole(session, case)
    if not visits:
        raise NotPossible(f"Case {case.id} has no visit on offer to agree: ask for other dates, or wait until new ones are offered.")
    today = day_of(at)
    # Neither the order of the sessions nor that of the keys says which day comes first.
    first = min(visit.day for visit in visits)
    if first < today:
        raise NotPossible(f"The first date on offer, {first:%-d %B %Y}, has passed: new dates are offered at the engine's next turn.")
    lines = [visit_line(brief, case, visit.day, visit.part, visit.purpose, visit.supporter_ids) for visit in visits]
    name = brief.to_supporter(case.supporter_id).name
    entries = {visit.id: of_visit(brief, case, visit, {"status": VisitStatus.CONFIRMED}) for visit in visits}
    agreed = [(number, entries[visit.id]) for visit in visits for number in visit.supporter_ids]
    asks = (
        [one.asks for one in brief.programme.schedule.note.school_part]
        if any(writes_note(brief.programme, visit.session) for visit in visits)
        else []
    )
    message = to_school.dates_confirmed(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, name, lines, list(entries.values()), asks
    )
    save(session, [Change(case, "confirm-dates", actor, messages=[message, *booked_for_supporters(brief, case, agreed)])], at)
    session.execute(
        update(Visit)
        .where(col(Visit.case_id) == case.id, col(Visit.status) == VisitStatus.PROPOSED)
        .values(status=VisitStatus.CONFIRMED, version=Visit.version + 1, first_agreed=func.coalesce(Visit.first_agreed, Visit.day))
    )


def _check_whole(session: Session, case: Case) -> None:
    """Raise NotPossible while a visit of the case has to leave its day: it is offered anew, and nobody agrees half a plan without knowing."""
    leaving = select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.TO_MOVE)
    visit = session.exec(leaving.order_by(col(Visit.day), col(Visit.id))).first()
    if visit is None:
        return
    what = f"The visit of {visit.day:%-d %B %Y} ({visit.session}) cannot be on that day ({visit.why or 'it has to move'})"
    if any(one.visit.id == visit.id for one in without_day(session, [case.id])):
        raise NotPossible(f"{what}, and no other is found: cancel it with cancel-visit or seek another supporter, then agree the dates there are.")
    raise NotPossible(f"{what}: another is offered at the engine's next turn, so agree the dates then.")


def ask_other_dates(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str, not_on: Sequence[datetime.date]
) -> None:
    """Ask for other dates; the days in `not_on` (all offered days, if none is named) are kept free from then on."""
    offered = session.exec(select(Visit).where(Visit.case_id == case.id, Visit.status == VisitStatus.PROPOSED)).all()
    days = set(school_days_to_come(brief, not_on, at)) or {visit.day for visit in offered}
    rows = [
        (
            Closure,
            {"authority": brief.commission.authority, "urn": case.urn, "day": day, "reason": f"the school: {reason}", "kind": ClosureKind.ASKED},
        )
        for day in sorted(days)
    ]
    detail = {"not_on": [day.isoformat() for day in sorted(days)]}
    save(session, [Change(case, "ask-other-dates", actor, reason=reason, detail=detail, rows=rows)], at)
    cancel_visits(session, [case.id], None, (VisitStatus.PROPOSED,))


def find_visit(session: Session, case: Case, key: str | None) -> Visit:
    """Return the visit of that session, or the next one that was not held; NotFound names those there are."""
    visits = session.exec(select(Visit).where(Visit.case_id == case.id).order_by(col(Visit.day), col(Visit.ordinal))).all()
    for visit in visits:
        if visit.session == key or (key is None and visit.status in NOT_HELD):
            return visit
    there = ", ".join(visit.session for visit in visits) or "none yet"
    raise NotFound(f"Case {case.id} has no such visit to come; its visits are: {there}.")


def check_may(actor: Actor, roles: Sequence[Role], what: str) -> None:
    """Raise NotAllowed if somebody acts in none of these roles."""
    if actor.role not in roles:
        raise NotAllowed(f"The role {actor.role.value} cannot {what}: it is for {', '.join(role.value for role in roles)}.")


def check_open(case: Case) -> None:
    """Raise NotPossible unless the case is open and awake; what a visit takes was settled when the case ended."""
    check_awake(case.id, paused=case.paused_since is not None)
    if case.status in ENDED:
        raise NotPossible(f'Case {case.id} stands at "{STANDINGS[case.status].means}", so nothing changes in its visits any more.')


def move_on_request(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str, slip: Slip | None = None,
    not_on: Sequence[datetime.date] = (), away: str | None = None,
) -> None:  # fmt: skip
    """Have one confirmed visit moved, or dated anew after nobody was there.

    Its old day, any on offer for it, and those in `not_on` that do not suit either are kept free: of the school or, where it is a supporter's doing,
    of the one who cannot come, who is `away` by name where two come.
    """
    check_may(actor, (Role.SCHOOL, Role.SUPPORTER, Role.ADVISER, Role.LEAD), "move a visit")
    check_open(case)
    if not reason.strip():
        raise NotPossible("Moving a visit needs a reason: give one with --reason.")
    visit = find_visit(session, case, key)
    offered = offers_of(session, [visit.id]).get(visit.id, [])
    if visit.status is VisitStatus.PROPOSED:
        raise NotPossible(f"The date of the visit {visit.session} is only on offer yet: ask for others with ask-other-dates.")
    if visit.status not in (VisitStatus.CONFIRMED, VisitStatus.NO_SHOW) and not offered:
        raise NotPossible(f"The visit {visit.session} is {visit.status.value.replace('_', ' ')}, so it cannot be moved.")
    slip, whose = slip_and_away(brief, visit, actor, slip, away, not_on)
    forget_offers(session, [visit.id])
    also = school_days_to_come(brief, not_on, at)
    # A day on which nobody was there is over.
    old = {visit.day} if visit.status is not VisitStatus.NO_SHOW else set[datetime.date]()
    days = {*old, *(one.day for one in offered), *also}
    rows = [kept_free(brief, case, whose, day, reason) for day in sorted(days)]
    left = leave_day(session, visit, brief.commission_id, actor, reason, slip, reason=reason, rows=rows)
    note(session, [replace(left, detail={**left.detail, "not_on": [day.isoformat() for day in also]})] if also else [left], at)


def school_days_to_come(brief: Brief, days: Collection[datetime.date], at: pendulum.DateTime) -> list[datetime.date]:
    """Return those of some days on which schools are open, from today on; BadInput if days are given and there are none."""
    today = day_of(at)
    found = sorted({day for day in days if day >= today and brief.calendar.is_school_day(day)})
    if days and not found:
        raise BadInput("None of the days that do not suit is a school day to come: look at --not-on.")
    return found


def record_leave(
    session: Session, supporter: Supporter, first: datetime.date, last: datetime.date, actor: Actor, reason: str, at: pendulum.DateTime
) -> int:
    """Record that a supporter is away; every visit, and every meeting that they lead, in that time has to move. Return how many."""
    check_may(actor, (Role.SUPPORTER, Role.ADVISER, Role.LEAD), "record leave")
    if last < first:
        raise BadInput("The leave would end before it begins: look at --first and --last.")
    if any(abs(day - day_of(at)) > _LEAVE_WITHIN for day in (first, last)):
        raise BadInput("A leave lies within five years of today: look at --first and --last, or use `lodestar supporter leaves` for good.")
    # A turn that is under way may promise days of this leave, and those visits have to be found as well.
    hold_diaries(session)
    touched = session.exec(
        select(Visit, Case.commission_id)
        .join(Case, col(Case.id) == Visit.case_id)
        .where(
            # One that has had its day may have been held.
            of_supporters([supporter.id]), Visit.day >= max(first, day_of(at)), Visit.day <= last,
            col(Visit.status).in_([VisitStatus.CONFIRMED, VisitStatus.PROPOSED]),
        )
    ).all()  # fmt: skip
    leave = {"supporter_id": supporter.id, "first": first, "last": last, "reason": reason}
    detail = {"supporter_id": supporter.id, "first": first.isoformat(), "last": last.isoformat()}
    notes = [Note("supporter.leave", actor, reason=reason, detail=detail, rows=[(Leave, leave)])]
    for visit, commission_id in touched:
        # The school reads why; an illness is nobody's business but the supporter's.
        notes.append(leave_day(session, visit, commission_id, actor, "the supporter is away that day", Slip.SUPPORTER_AWAY))
    led = select(Meeting).where(Meeting.supporter_id == supporter.id, Meeting.day >= first, Meeting.day <= last)
    for meeting in session.exec(led.where(Meeting.status == VisitStatus.CONFIRMED).order_by(col(Meeting.id)).with_for_update()).all():
        notes.append(meeting_leaves_day(session, meeting, actor, "whoever leads it is away that day"))
    note(session, notes, at)
    return len(notes) - 1
