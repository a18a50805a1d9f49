"""Whatever people decide, in whatever order: the ledger balances, nobody is booked twice, no visit is on a day off, and no open case waits for nothing."""

import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.meeting import Attendance, Meeting
from models.programme import Programme
from models.review import Review
from models.supporter import Leave
from models.term import Closure
from models.visit import NoteOfVisit, Visit
from models.words import AttendanceStatus, ClosureKind, DayPart, MoneyKind, Status, Turn, VisitStatus
from simulation.setting_up import first_moment
from stages import ledger
from stages.brief import load_brief
from stages.journey import ENDED
from tests.stages.builders import hub_programme, opened
from tests.stages.meeting_builders import NETWORK, meeting_programme
from tests.stages.random_decisions import LIVE, Walk

_STEPS = 110
_TO_COME = (VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)


def one_meeting_to_book() -> Programme:
    """Return a programme of one visit, and one meeting at which schools may book a place."""
    return meeting_programme(NETWORK | {"bookings": "open"}, {"id": "visit", "title": "Visit"})


def hub() -> Programme:
    """Return a programme of one visit, meetings of a hub with a place for each school, and one at which they may book a place."""
    return hub_programme(places=3)


@pytest.mark.parametrize(("programme", "seed"), [(hub, 2), (hub, 4), (one_meeting_to_book, 2)])
def test_whatever_people_decide_what_must_hold_holds(
    programme: Callable[[], Programme], seed: int, sqlite_database: Database, tmp_path: Path
) -> None:
    chosen = programme()
    walk = Walk(sqlite_database, opened(sqlite_database, tmp_path, chosen), first_moment(), seed)
    for _ in range(_STEPS):
        had_its_turn = walk.step()
        wrong = [*unbalanced(walk), *booked_twice(walk), *(on_days_off(walk) + waiting_for_nothing(walk, chosen) if had_its_turn else ())]
        assert not wrong, "\n".join([*walk.done[-20:], *wrong])
    assert len(walk.done) > _STEPS / 3


def unbalanced(walk: Walk) -> list[str]:
    """Return where more is given back than was committed, or an ended case keeps time that it has not used; and a budget that is overspent."""
    sums: dict[tuple[int, int | None], Counter[MoneyKind]] = {}
    time: dict[tuple[int, int | None], Counter[MoneyKind]] = {}
    for line in walk.rows(LedgerLine):
        if line.case_id is not None:
            sums.setdefault((line.case_id, line.supporter_id), Counter())[line.kind] += line.pence
            time.setdefault((line.case_id, line.supporter_id), Counter())[line.kind] += line.half_days
    ended = {case.id for case in walk.rows(Case) if case.status in ENDED}
    more = [whose for sides in (sums, time) for whose, one in sides.items() if one[MoneyKind.RELEASED] > one[MoneyKind.COMMITTED]]
    kept = [
        whose for whose, one in time.items()
        if whose[0] in ended and one[MoneyKind.COMMITTED] - one[MoneyKind.RELEASED] > one[MoneyKind.USED]
    ]  # fmt: skip
    with walk.database.reading() as session:
        left = ledger.money_left(session, walk.commission_id)
    return (
        [f"{more} gave back more than they had"] * bool(more)
        + [f"{kept} keep what they have not used"] * bool(kept)
        + ([f"{left} pence are left"] if left < 0 else [])
    )


def booked_twice(walk: Walk) -> list[str]:
    """Return the half days on which a supporter is promised to two, and the days on which a school has two visits."""
    supporters, schools = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    meetings = [one for one in walk.rows(Meeting, Meeting.status == VisitStatus.CONFIRMED) if one.supporter_id]
    visits = [visit for visit in walk.rows(Visit) if visit.status in LIVE and visit.meeting_id is None]
    for visit in visits:
        supporters.update((number, visit.day, half) for number in visit.supporter_ids for half in halves(visit.part))
        schools[visit.case_id, visit.day] += 1
    for meeting in meetings:
        supporters.update((meeting.supporter_id, meeting.day, half) for half in halves(meeting.part))
    return [f"twice: {what}" for what, times in (supporters + schools).items() if times > 1]


def halves(part: DayPart) -> tuple[DayPart, ...]:
    """Return the half days of a part of a day."""
    return (DayPart.MORNING, DayPart.AFTERNOON) if part is DayPart.WHOLE_DAY else (part,)


def on_days_off(walk: Walk) -> list[str]:
    """Return the visits to come on a day on which schools or their own school are closed, or whoever comes is away."""
    cases, closures, leaves = {case.id: case for case in walk.rows(Case)}, walk.rows(Closure), walk.rows(Leave)
    with walk.database.reading() as session:
        calendar = load_brief(session, walk.commission_id).calendar
    found = []
    for visit in walk.rows(Visit):
        case = cases[visit.case_id]
        if visit.status not in LIVE or visit.day <= walk.at.date() or case.paused_since is not None:
            continue
        shut = any(one.urn == case.urn and one.day == visit.day and one.kind is not ClosureKind.ASKED for one in closures)
        away = any(one.supporter_id in visit.supporter_ids and one.first <= visit.day <= one.last for one in leaves)
        if shut or away or not calendar.is_school_day(visit.day):
            found.append(f"visit {visit.id} of {visit.day} is on a day off")
    return found


def waiting_for_nothing(walk: Walk, programme: Programme) -> list[str]:
    """Return the open cases that nobody will ever look at again, as they stand after the engine's turn."""
    cases = [case for case in walk.rows(Case) if case.status not in ENDED and case.paused_since is None]
    return [f"case {case.id} waits for nothing at {case.status.value} ({case.why})" for case in cases if not has_something(walk, programme, case)]


def has_something(walk: Walk, programme: Programme, case: Case) -> bool:
    """Tell whether an open case is at the turn of a person who can do something, or has something to come."""
    visits = walk.rows(Visit, Visit.case_id == case.id)
    if case.status is Status.AWAITING_DATES:
        return any(visit.status is VisitStatus.PROPOSED for visit in visits)
    if case.turn is not Turn.NOBODY:
        return case.turn is not Turn.ENGINE
    if case.status is Status.IN_PROGRESS and (walk.at.date() <= end_of(walk, case) or any(one.held_on is None for one in reviews(walk, case))):
        return True
    places = {one.meeting_id for one in walk.rows(Attendance, Attendance.case_id == case.id) if one.status is AttendanceStatus.EXPECTED}
    assigned = {one.id for one in programme.schedule.sessions if one.bookings == "assigned"}
    met = any(one.id in places and one.session in assigned and one.status in _TO_COME for one in walk.rows(Meeting))
    notes = walk.rows(NoteOfVisit, NoteOfVisit.case_id == case.id)
    return met or any(visit.status in _TO_COME for visit in visits) or any(note.published_at is None for note in notes)


def reviews(walk: Walk, case: Case) -> list[Review]:
    """Return the reviews of a case that are needed."""
    return [one for one in walk.rows(Review, Review.case_id == case.id) if one.not_needed is None]


def end_of(walk: Walk, case: Case) -> datetime.date:
    """Return the last day of a case."""
    with walk.database.reading() as session:
        return load_brief(session, walk.commission_id, [case.urn]).ends(case)
