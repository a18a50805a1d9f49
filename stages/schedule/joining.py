"""Visits that were agreed for one, since the other of the two was only found afterwards: who joins them, on their day or on another."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.school import School
from models.visit import Visit
from models.words import DayPart, Slip, VisitStatus
from notifications.messages import to_school
from stages.batch import Tally, ready_cases
from stages.brief import Brief
from stages.invitations import booked_for_supporters, of_visit
from stages.journey import OPEN
from stages.matches import agreed_supporters
from stages.record import ENGINE, Note, note
from stages.schedule.diaries import all_wanted, diaries
from stages.schedule.leaving import leave_day
from stages.schedule.timetable.books import BOOKED
from stages.visits import PART_IN_WORDS, comers, coming, move_visit

_JOINED = "visit.joined"


@dataclass(frozen=True, slots=True)
class ForOne:
    """A visit to come that is agreed for one, who would join it, and what in their diary is in the way; `in_time` if it can still be dated anew."""

    case: Case
    visit: Visit
    both: tuple[int, ...]
    stops: str | None
    in_time: bool

    @property
    def stays(self) -> bool:
        """Tell whether the visit stays for one: the other cannot come, and it is too near for another day."""
        return self.stops is not None and not self.in_time


def for_one(session: Session, brief: Brief, today: datetime.date) -> list[ForOne]:
    """Return the agreed visits of a commission to which two should come now and one does, in order of their days."""
    if not any(one.joined_by for one in brief.programme.schedule.sessions):
        return []
    cases = {case.id: case for case in ready_cases(session, brief.commission_id, tuple(OPEN))}
    agreed = agreed_supporters(session, list(cases))
    alone = (col(Visit.case_id).in_(cases), Visit.status == VisitStatus.CONFIRMED, col(Visit.second_id).is_(None), Visit.day > today)
    found = []
    for visit in session.exec(select(Visit).where(*alone).order_by(col(Visit.day), col(Visit.id))).all():
        case = cases[visit.case_id]
        both = _both(brief, case, visit, agreed.get(case.id, {}))
        if both:
            soonest = brief.calendar.add(today, brief.programme.schedule.move_notice_school_days)
            found.append(ForOne(case, visit, both, _stops(session, brief, case, visit, both[1]), visit.day >= soonest))
    return found


def _both(brief: Brief, case: Case, visit: Visit, agreed: dict[str, int]) -> tuple[int, ...]:
    """Return the two who should come to a visit; nobody where that is not another beside the one who comes."""
    wanted = next((one for one in all_wanted(brief, case, case.begins or case.since.date()) if one.key == visit.session), None)
    if wanted is None or wanted.further not in agreed:
        return ()
    both = comers(wanted, agreed)
    return both if len(both) == 2 and both[0] == visit.supporter_id else ()


def _stops(session: Session, brief: Brief, case: Case, visit: Visit, second: int) -> str | None:
    """Return what keeps a second supporter from a visit on its day, by name."""
    diary, school = diaries(session, brief, [second])[second], session.get_one(School, case.urn)
    why = diary.stops(visit.day, visit.part is DayPart.WHOLE_DAY)
    free = diary.is_free(visit.day, visit.part, (school.easting, school.northing))
    return (why or (None if free else BOOKED) or "").replace("the supporter", brief.supporters[second].name, 1) or None


def join_visits(session: Session, brief: Brief, case_ids: Collection[int], at: pendulum.DateTime, tally: Tally) -> None:
    """Have the second supporter join agreed visits of some cases; where they cannot on that day, the visit has to move, if that is still possible."""
    notes = []
    for found in for_one(session, brief, day_of(at)):
        # Weighed once more, with what was joined before it in the diary.
        one = replace(found, stops=_stops(session, brief, found.case, found.visit, found.both[1]))
        if one.case.id not in case_ids or one.stays:
            continue
        move_visit(session, one.visit, coming(one.both))
        session.refresh(one.visit)
        if one.stops is None:
            notes.append(_joined(brief, one))
            tally.moves["join-visit"] += 1
            continue
        why = f"two come to it now, and {one.stops}"
        notes.append(leave_day(session, one.visit, brief.commission_id, ENGINE, why, Slip.SUPPORTER_AWAY, reason=why))
        session.refresh(one.visit)
    note(session, notes, at)


def _joined(brief: Brief, one: ForOne) -> Note:
    """Return the note of a visit to which two come now; the school and both of them have it in their calendars so."""
    case, visit = one.case, one.visit
    entry, edition = of_visit(brief, case, visit), f"visit-{visit.id}-{visit.sequence}"
    names = [brief.supporters[number].name for number in one.both]
    message = to_school.visit_joined(
        brief.head, brief.to_school(case.urn), case.id, edition, brief.school(case).name, visit.purpose, visit.day, PART_IN_WORDS[visit.part.value],
        (names[0], names[1]), entry,
    )  # fmt: skip
    told = booked_for_supporters(brief, case, [(number, entry) for number in one.both], edition)
    return Note(_JOINED, ENGINE, brief.commission_id, case.id, detail={"visit_id": visit.id, "supporter_id": one.both[1]}, messages=[message, *told])


def to_join(session: Session, brief: Brief, today: datetime.date) -> Sequence[int]:
    """Return the cases with an agreed visit that somebody joins, or that has to move for that."""
    return [one.case.id for one in for_one(session, brief, today) if not one.stays]
