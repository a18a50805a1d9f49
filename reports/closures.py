"""Days of term without visits as people read them: runs of days that were entered together, with who entered them and when."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.school import School
from models.term import Closure
from models.trail import Event
from models.words import ClosureKind
from reports.words import plainly
from stages.brief import load_calendar

_ASKING = ("visit.to-move", "case.ask-other-dates")
_ONE_DAY = datetime.timedelta(days=1)
Entered = tuple[str, datetime.date] | None


def closures_of(session: Session, authority: str) -> list[dict[str, Any]]:
    """Return a row a run of closed days of one kind, reason and school of an authority, by day; who entered it and when, where the trail says."""
    query = select(Closure, School.name).join(School, col(School.urn) == Closure.urn, isouter=True).where(Closure.authority == authority)
    found = session.exec(query.order_by(col(Closure.day), col(Closure.id))).all()
    by_day, by_reason = _closings(session, authority), _askings(session)
    runs: dict[tuple[str, int | None, str | None, Entered], list[datetime.date]] = {}
    for one, school in found:
        asked = one.kind is ClosureKind.ASKED
        entered = by_reason.get((one.urn, one.reason)) if asked else by_day.get((one.kind.value, one.urn, one.day.isoformat()))
        runs.setdefault((_titled(one), one.urn, school, entered), []).append(one.day)
    calendar, of_all = load_calendar(session, authority), {one.day for one, _ in found if one.urn is None}
    apart = lambda one, other: bool(calendar.days(one, other)) or any(one <= day <= other for day in of_all)  # noqa: E731
    rows = [
        {"what": what, "first": first, "last": last, "school": school, "source": None, "entered": _entered(entered)}
        for (what, _, school, entered), days in runs.items() for first, last in _folded(days, apart)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["first"], row["last"]))


def _folded(days: Sequence[datetime.date], apart: Any) -> list[tuple[datetime.date, datetime.date]]:
    """Return days in order as periods: two days are of one if nothing lies between them but days without school."""
    found = [(days[0], days[0])]
    for day in days[1:]:
        first, last = found[-1]
        if day - last > _ONE_DAY and apart(last + _ONE_DAY, day - _ONE_DAY):
            found.append((day, day))
        else:
            found[-1] = first, day
    return found


def _titled(closure: Closure) -> str:
    """Return what a closed day is called: its kind and why, once where both are the same."""
    kind = plainly(closure.kind.value)
    return kind if closure.reason.casefold() in (kind.casefold(), closure.kind.value.casefold()) else f"{kind}: {closure.reason}"


def _entered(entered: Entered) -> str | None:
    return f"{entered[0]}, {entered[1]:%-d %B %Y}" if entered else None


def _closings(session: Session, authority: str) -> Mapping[tuple[str, int | None, str], Entered]:
    """Return who closed which day, by kind, school (none: all) and day; of days closed twice, who did so last."""
    found: dict[tuple[str, int | None, str], Entered] = {}
    for event in session.exec(select(Event).where(Event.kind == "calendar.closed").order_by(col(Event.id))).all():
        if event.detail["authority"] == authority:
            schools = [None] if event.detail["schools"] == "all" else event.detail["schools"]
            entered = event.by, day_of(event.at)
            found |= {(event.detail["kind"], urn, day): entered for urn in schools for day in event.detail["days"]}
    return found


def _askings(session: Session) -> Mapping[tuple[int | None, str], Entered]:
    """Return who asked last for days to be kept free of visits, by school and reason, as the trail of its cases has it."""
    query = select(Event, Case.urn).join(Case, col(Case.id) == Event.case_id).where(col(Event.kind).in_(_ASKING)).order_by(col(Event.id))
    found: dict[tuple[int | None, str], Entered] = {}
    for event, urn in session.exec(query).all():
        entered, why = (event.by, day_of(event.at)), event.detail.get("reason")
        found |= {(urn, str(why)): entered, (urn, f"the school: {why}"): entered}
    return found
