"""What the tests of meetings start from: a small commission whose cases meet, all brought to where they are wanted."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database
from models.meeting import Attendance, Meeting
from models.note import Given
from models.programme import Programme
from models.school import School
from models.words import AttendanceStatus, MoneyKind, Role, Status, VisitStatus
from simulation.setting_up import first_moment
from stages.brief import load_brief
from stages.pipeline import run_all
from stages.record import Actor
from stages.schedule.attending import cancel_meeting, find_meeting, move_meeting
from stages.schedule.meeting_held import Held, hold_meeting
from tests.snapshots import Beginning
from tests.stages.builders import Journey, begun, morning, small_programme

ADVISER = Actor(Role.ADVISER, "link adviser")
START: dict[str, Any] = {"id": "start", "title": "First meeting", "kind": "meeting", "held": "group", "hosts": "rotating", "attendance": True}
REVIEW: dict[str, Any] = {
    "id": "review", "title": "Review of a school", "kind": "review_visit", "held": "group", "hosts": "rotating", "attendance": True, "count": 3,
    "after": "start", "gap_weeks": {"at_least": 2, "at_most": 12}, "note": False,
}  # fmt: skip
VISIT: dict[str, Any] = {"id": "visit", "title": "Visit", "after": "start", "gap_weeks": {"at_least": 1, "at_most": 30}}
NETWORK: dict[str, Any] = {
    "id": "network", "title": "Network", "kind": "meeting", "held": "group", "hosts": "rotating", "attendance": True, "note": False,
}  # fmt: skip
TRIAD: dict[str, Any] = {"mode": "triad", "skills": ["disadvantage"], "group_size": 3, "group_rules": ["near"]}


def meeting_programme(
    *sessions: dict[str, Any], places: int = 3, broker: dict[str, Any] | None = None, days: float | None = None, **changes: Any
) -> Programme:
    """Return a programme of a handful of schools with these sessions and so many days for each; `changes` replace whole parts of it."""
    values = small_programme(places=places).model_dump(mode="json")
    for category in values["diagnose"]["categories"] if days else ():
        category["days"] = days
    values["take_part"]["may_opt_in"] = None
    values["broker"] |= broker or {}
    values["schedule"]["sessions"] = list(sessions)
    values["evaluate"] = {"measures": [], "kpis": []}
    return Programme.model_validate(values | changes)


def triads(places: int = 3) -> Programme:
    """Return a programme of triads with a first meeting, three reviews and a visit of each school's own."""
    return meeting_programme(START, REVIEW, VISIT, places=places, broker=TRIAD)


class Company:
    """All cases of a commission; whoever waits does what is usual."""

    def __init__(self, database: Database, commission_id: int, at: pendulum.DateTime, beginning: Beginning | None = None) -> None:
        self.database, self.commission_id, self.at, self.beginning = database, commission_id, at, beginning

    @property
    def cases(self) -> list[Case]:
        """Return the cases in order."""
        with self.database.reading() as session:
            return list(session.exec(select(Case).where(Case.commission_id == self.commission_id).order_by(col(Case.id))).all())

    def one(self, number: int) -> Journey:
        """Return the journey of the case at a place in the list, now."""
        return Journey(self.database, self.commission_id, self.cases[number].id, self.at)

    def engine(self) -> None:
        """Give the engine its turn now."""
        run_all(self.database, self.commission_id, self.at)

    def wait(self, day: datetime.date, hour: int = 17) -> None:
        """Go forward to a day."""
        self.at = max(self.at, morning(day, hour))

    def until(self, status: Status, *numbers: int) -> "Company":
        """Go on until these cases (all, if none is named) stand in `status`; who has only just begun finds them as when others came there."""
        if self.beginning is None:
            return self._until(status, *numbers)
        self.at = self.beginning.come_to((status, numbers, self.at), lambda: self._until(status, *numbers).at)
        return self

    def _until(self, status: Status, *numbers: int) -> "Company":
        for _ in range(40):
            mine = [n for n in range(len(self.cases)) if (not numbers or n in numbers) and self.cases[n].status is not status]
            if not mine:
                return self
            for number in mine:
                if self.cases[number].status is not status:
                    self.one(number).step()
        raise AssertionError(f"never came to {status}: {[(case.id, case.status, case.why) for case in self.cases]}")

    def read(self, what: Callable[[Session], Any]) -> Any:
        """Return what a reading session says."""
        with self.database.reading() as session:
            return what(session)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        """Return rows of a table in order."""
        return list(self.read(lambda session: session.exec(select(table).where(*where).order_by(col(table.id))).all()))

    def meetings(self, name: str | None = None, *statuses: VisitStatus) -> list[Meeting]:
        """Return the commission's meetings in the order in which they were set, of one session and in some statuses if these are named."""
        found: list[Meeting] = self.rows(Meeting, Meeting.commission_id == self.commission_id)
        return [one for one in found if name in (None, one.session) and (not statuses or one.status in statuses)]

    def places(self, number: int) -> dict[int, AttendanceStatus]:
        """Return the places at a meeting, by case."""
        return {row.case_id: row.status for row in self.rows(Attendance, Attendance.meeting_id == number)}

    def urns(self) -> dict[int, int]:
        """Return the school of each case."""
        return {case.id: case.urn for case in self.cases}

    def hold(self, number: int, came: Sequence[int] | dict[int, int] | None = None, actor: Actor = ADVISER, **more: Any) -> int:
        """Record a meeting as held: by default everybody who was expected came, one person each."""
        if "actions" in more:
            more["actions"] = Given.model_validate({"actions": more["actions"]}).actions
        with self.database.writing() as session:
            brief = load_brief(session, self.commission_id)
            expected = [case for case, status in self.places(number).items() if status is AttendanceStatus.EXPECTED]
            people = came if isinstance(came, dict) else dict.fromkeys([self.urns()[one] for one in expected] if came is None else came, 1)
            return hold_meeting(session, brief, find_meeting(session, brief, number), actor, self.at, Held(people, **more))

    def move(self, number: int, reason: str = "The hall floods.", actor: Actor = ADVISER) -> None:
        """Have a meeting moved."""
        with self.database.writing() as session:
            brief = load_brief(session, self.commission_id)
            move_meeting(session, brief, find_meeting(session, brief, number), actor, self.at, reason)

    def cancel(self, number: int, reason: str = "The speaker is ill.", actor: Actor = ADVISER) -> None:
        """Cancel a meeting."""
        with self.database.writing() as session:
            brief = load_brief(session, self.commission_id)
            cancel_meeting(session, brief, find_meeting(session, brief, number), actor, self.at, reason)

    def name_of(self, urn: int) -> str:
        """Return the name of a school."""
        return str(self.read(lambda session: session.get_one(School, urn).name))


def company(database: Database, folder: Path, programme: Programme) -> Company:
    """Open a commission of a programme and return its cases."""
    number, beginning = begun(database, folder, programme)
    return Company(database, number, first_moment(programme), beginning)


USED = MoneyKind.USED
