"""Days of term without visits: of a whole authority or of single schools, for INSET, weather, an inspection, examinations.

What was to be on those days has to move, and whoever was to answer by then has as many school days left as before.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, col, select

from calendars.school_days import Span
from evidence.privacy import refuse_pupils_in
from models.case import Case
from models.commission import Commission
from models.errors import BadInput, NotFound, NotPossible
from models.meeting import Meeting
from models.moments import day_of
from models.school import School
from models.term import Closure, Term
from models.visit import Visit
from models.words import ClosureKind, Role, Slip, VisitStatus
from stages.batch import hold_diaries
from stages.brief import load_calendar
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may
from stages.schedule.leaving import leave_day, meeting_leaves_day
from stages.schedule.lost_days import Silent, put_clocks_back, taken_as_accurate

_LONGEST = 60
# A snow day is often entered the day after; further back, what was done by the days as they were known is not changed any more.
_BACK_SCHOOL_DAYS = 5
# What a school reads of why a visit has to move.
WHY = {
    ClosureKind.INSET: "the school has a training day then", ClosureKind.WEATHER: "schools are closed because of the weather",
    ClosureKind.INSPECTION: "the school is being inspected then", ClosureKind.EXAMINATIONS: "there are tests or examinations then",
    ClosureKind.OWN: "the school cannot have a visit then", ClosureKind.OWN_DATES: "the school has holidays then",
}  # fmt: skip
_SLIPS = {ClosureKind.INSPECTION: Slip.INSPECTION, ClosureKind.OWN_DATES: Slip.TERM_DATES_CHANGED}


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing some days came to: the days, visits and meetings that have to move, and clocks that were put back.

    `to_record` are agreed visits of days that have passed, of which somebody has to say what became of them; `silent` are notes of visit whose
    school had not answered in time, as it then seemed, and that were published.
    """

    days: list[datetime.date]
    visits: int
    meetings: int
    clocks: int
    to_record: Sequence[Visit] = ()
    silent: Sequence[Silent] = ()


def close_days(
    session: Session, authority: str, urns: Collection[int], span: Span, kind: ClosureKind, reason: str,
    actor: Actor, at: pendulum.DateTime,
) -> Closed:  # fmt: skip
    """Keep the school days of a span free of visits, at some schools of an authority or (without any) at all of them.

    Days that have all passed are closed only if none is further back than five school days; NotPossible says what to do instead.
    Whoever was to answer over a day that has passed has as many school days as for one that was known before.
    """
    check_may(actor, (Role.ADVISER, Role.LEAD), "close days")
    if not actor.by.strip():
        raise BadInput("Say who closes the days, as an office: give it with --by.")
    if kind is ClosureKind.ASKED:
        raise BadInput("What a school asks for one visit is recorded with `lodestar decide move-visit`: give another --kind.")
    refuse_pupils_in(reason, "The reason")
    hold_diaries(session)
    own = _closed_by_school(session, min(span[0], day_of(at)))
    days, today = _days(session, authority, urns, span, own), day_of(at)
    _check_not_long_past(session, authority, days, today)
    silent = taken_as_accurate(session, authority, urns, days[0]) if days[0] < today else []
    found = _close(session, authority, urns, days, own, kind, reason, actor, at)
    return replace(found, to_record=_to_record(session, authority, urns, [day for day in days if day < today]), silent=silent)


def _check_not_long_past(session: Session, authority: str, days: Sequence[datetime.date], today: datetime.date) -> None:
    """Raise NotPossible if all of the days have passed and one is too far back to be entered late."""
    if days[-1] < today and load_calendar(session, authority).between(days[0], today) > _BACK_SCHOOL_DAYS:
        raise NotPossible(
            f"{days[0]:%-d %B %Y} is more than {_BACK_SCHOOL_DAYS} school days ago, so closing it would change nothing any more: of each visit "
            "that was not held then, say so with `lodestar decide move-visit` or cancel-visit, with --slip school_closed."
        )


def _to_record(session: Session, authority: str, urns: Collection[int], days: Sequence[datetime.date]) -> Sequence[Visit]:
    """Return the visits that were agreed for some days that have passed and are not recorded in any way, in order of day and case."""
    at_schools = _visits_on(authority, urns, days, [VisitStatus.CONFIRMED])
    return [visit for visit, _ in session.exec(at_schools.order_by(col(Visit.day), col(Visit.case_id))).all()]


def keep_own_dates(session: Session, urn: int, terms: Sequence[Span], years: Sequence[Span], actor: Actor, at: pendulum.DateTime) -> Closed:
    """Keep visits to the days on which a school with term dates of its own is open; `years` are the school years that its dates are of.

    What was known of its own dates in those years is replaced. A day on which only this school is open is not used: advisers keep the
    authority's terms.
    """
    check_may(actor, (Role.ADVISER, Role.LEAD), "set a school's own dates")
    hold_diaries(session)
    authority = session.get_one(School, urn).authority
    today = day_of(at)
    calendar, before = load_calendar(session, authority), _closed_by_school(session, min([today, *(first for first, _ in years)]))
    for first, last in years:
        own = (col(Closure.urn) == urn, col(Closure.kind) == ClosureKind.OWN_DATES)
        old = (*own, col(Closure.day) >= first, col(Closure.day) <= last)
        session.execute(delete(Closure).where(*old))
    days = [day for first, last in years for day in calendar.days(first, last) if not any(begin <= day <= end for begin, end in terms)]
    return _close(session, authority, [urn], days, before, ClosureKind.OWN_DATES, "the school's own term dates", actor, at)


def _closed_by_school(session: Session, since: datetime.date) -> dict[int, set[datetime.date]]:
    """Return the days from `since` on that single schools keep free of all visits; one on which it asked to have one moved can still be closed."""
    found: dict[int, set[datetime.date]] = {}
    query = select(col(Closure.urn), col(Closure.day)).where(
        col(Closure.urn).is_not(None), col(Closure.day) >= since, Closure.kind != ClosureKind.ASKED
    )
    for urn, day in session.exec(query).all():
        found.setdefault(urn or 0, set()).add(day)
    return found


def _close(
    session: Session, authority: str, urns: Collection[int], days: Sequence[datetime.date], own: Mapping[int, set[datetime.date]],
    kind: ClosureKind, reason: str, actor: Actor, at: pendulum.DateTime,
) -> Closed:  # fmt: skip
    """Save closed days, mark what was to be then, and put back clocks."""
    today = day_of(at)
    rows = [
        (Closure, {"authority": authority, "urn": urn, "day": day, "reason": reason or kind.value, "kind": kind})
        for urn in (sorted(urns) if urns else [None]) for day in days
    ]  # fmt: skip
    detail = {"authority": authority, "schools": sorted(urns) or "all", "days": [day.isoformat() for day in days], "kind": kind.value}
    visits = _visits(session, authority, urns, [day for day in days if day >= today], kind, actor)
    meetings = _meetings(session, authority, urns, [day for day in days if day >= today], kind, actor)
    # Own dates are of a whole year, and what was done by the days as they were known is not changed any more.
    lost = [day for day in days if day >= today] if kind is ClosureKind.OWN_DATES else days
    clocks = put_clocks_back(session, authority, urns, own, lost, actor, today) if lost else []
    note(session, [Note("calendar.closed", actor, reason=reason or None, detail=detail, rows=rows), *visits, *meetings, *clocks], at)
    return Closed(list(days), len(visits), len(meetings), len(clocks))


def _days(session: Session, authority: str, urns: Collection[int], span: Span, own: Mapping[int, set[datetime.date]]) -> list[datetime.date]:
    """Return the school days to close that are not closed already; BadInput where there are none, NotFound for schools of elsewhere."""
    first, last = span
    if last < first or (last - first).days > _LONGEST:
        raise BadInput(f"The days have to be from a day to the same or a later one, {_LONGEST} days at most: look at --first and --last.")
    if session.exec(select(Term.id).where(Term.authority == authority)).first() is None:
        raise NotFound(f'No term dates of an authority "{authority}" are known: open a commission there first, or load its dates.')
    known = set(session.exec(select(School.urn).where(col(School.urn).in_(urns), School.authority == authority)).all())
    if set(urns) - known:
        raise NotFound(f"These are no schools of authority {authority}: {', '.join(map(str, sorted(set(urns) - known)))}.")
    days = load_calendar(session, authority).days(first, last)
    if urns:
        days = [day for day in days if any(day not in own.get(urn, ()) for urn in urns)]
    if not days:
        raise NotPossible(f"From {first:%-d %B %Y} to {last:%-d %B %Y} there is no school day left to close.")
    return days


def _visits(session: Session, authority: str, urns: Collection[int], days: Sequence[datetime.date], kind: ClosureKind, actor: Actor) -> list[Note]:
    """Mark visits on those days as having to move."""
    notes = []
    live = _visits_on(authority, urns, days, [VisitStatus.CONFIRMED, VisitStatus.PROPOSED])
    for visit, commission_id in session.exec(live.order_by(col(Visit.id))).all():
        slip = _SLIPS.get(kind, Slip.SCHOOL_CLOSED)
        notes.append(leave_day(session, visit, commission_id, actor, WHY[kind], slip))
    return notes


def _visits_on(authority: str, urns: Collection[int], days: Sequence[datetime.date], statuses: Sequence[VisitStatus]) -> Any:
    """Return the query of visits of some days and statuses, with their commissions, at some schools or at all of the authority."""
    query = select(Visit, Case.commission_id).join(Case, col(Case.id) == Visit.case_id).join(School, col(School.urn) == Case.urn)
    where = col(School.urn).in_(urns) if urns else School.authority == authority
    return query.where(col(Visit.status).in_(statuses), col(Visit.day).in_(days), col(Visit.meeting_id).is_(None), where)


def _meetings(session: Session, authority: str, urns: Collection[int], days: Sequence[datetime.date], kind: ClosureKind, actor: Actor) -> list[Note]:
    """Mark meetings at closed schools, or all where the whole authority is closed, as having to move."""
    query = select(Meeting).join(Commission, col(Commission.id) == Meeting.commission_id)
    where = col(Meeting.host_urn).in_(urns) if urns else Commission.authority == authority
    mine = (Meeting.status == VisitStatus.CONFIRMED, col(Meeting.day).in_(days), where)
    notes = []
    for meeting in session.exec(query.where(*mine).order_by(col(Meeting.id)).with_for_update(of=Meeting)).all():
        notes.append(meeting_leaves_day(session, meeting, actor, WHY[kind], not_on=days))
    return notes
