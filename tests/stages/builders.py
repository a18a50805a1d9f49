"""What the tests of stages start from: a small commission of the synthetic authority, and cases brought to where they are wanted."""

import copy
import datetime
import pickle
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pendulum
import yaml
from sqlmodel import SQLModel, col, select

from models.case import Case
from models.database import Database
from models.programme import Programme
from models.review import Review
from models.visit import NoteOfVisit, NoteVersion, Visit
from models.words import Rag, Role, Status, VisitStatus
from programmes.catalogue import FOLDER
from programmes.reading import parse_programme
from simulation.setting_up import first_moment, prepare
from stages.deciding import decide
from stages.pipeline import run_all
from stages.request import Request
from tests.snapshots import Beginning, come_to, is_empty

LONDON = "Europe/London"
ANSWERS = {"uniform": 2, "trips": 3, "food": 1, "advice": 2}
NOTE = {"strengths": "Staff know their families well.", "areas": "Costs add up in the autumn term.", "actions": ["Ask families"]}
TO_COME = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.TO_MOVE)


def programme_text(places: int = 4, **changes: Any) -> str:
    """Return economic exclusion for a handful of schools as the text of a file; `changes` replace whole parts of it."""
    return _text(places, pickle.dumps(changes))


@cache
def _text(places: int, changes: bytes) -> str:
    values = copy.deepcopy(_shipped())
    values["take_part"]["invited"]["phases"] = ["primary"]
    values["take_part"]["may_opt_in"]["phases"] = ["all_through"]
    values["take_part"] |= {"ranked_by": "fsm_share", "places": places}
    return yaml.safe_dump(values | pickle.loads(changes), sort_keys=False, allow_unicode=True)


@cache
def _shipped() -> Any:
    return yaml.safe_load((FOLDER / "economic-exclusion.yaml").read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> Programme:
    return parse_programme(text, "small.yaml")


def small_programme(places: int = 4, **changes: Any) -> Programme:
    """Return economic exclusion for a handful of schools."""
    return _parsed(programme_text(places, **changes)).model_copy(deep=True)


def opened(database: Database, folder: Path, programme: Programme | None = None, seed: int = 1) -> int:
    """Open a commission in the synthetic authority and return its number."""
    chosen = programme or small_programme()

    def go() -> int:
        return prepare(database, chosen, folder, None, None, seed, first_moment(), made_up=False).opened.commission_id

    return come_to(database, (chosen.model_dump_json(), seed), go) if is_empty(database) else go()


def begun(database: Database, folder: Path, programme: Programme) -> tuple[int, Beginning | None]:
    """Open a commission and return its number with the beginning that it is, if nothing was there before."""
    empty = is_empty(database)
    number = opened(database, folder, programme)
    return number, Beginning(database, programme.model_dump_json()) if empty else None


def everything(database: Database, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, but for the tables named, as the database keeps them."""
    with database.engine.connect() as connection:
        return {name: [tuple(row) for row in connection.exec_driver_sql(query)] for name, query in _everything().items() if name not in without}


@cache
def _everything() -> dict[str, str]:
    """Return a query of all rows of each table."""
    return {
        table.name: f'SELECT * FROM "{table.name}" ORDER BY {", ".join(column.name for column in table.primary_key.columns)}'
        for table in SQLModel.metadata.sorted_tables
    }


def counts(database: Database) -> dict[str, int]:
    """Return how many rows each table has."""
    return {name: len(rows) for name, rows in everything(database).items()}


def morning(day: datetime.date, hour: int = 9) -> pendulum.DateTime:
    """Return a moment of that day in London."""
    return pendulum.datetime(day.year, day.month, day.day, hour, tz=LONDON)


def texts_of(note: NoteOfVisit | NoteVersion) -> dict[str, str]:
    """Return the sections of a note by their names."""
    return {one["id"]: one["text"] for one in note.content["sections"]}


def agreed_in(note: NoteOfVisit | NoteVersion) -> list[str]:
    """Return the actions that a note agrees."""
    return [one["action"] for one in note.content["actions"]]


@dataclass
class Journey:
    """One case on its way; `at` is the simulated now and only goes forward."""

    database: Database
    commission_id: int
    case_id: int
    at: pendulum.DateTime
    passed: list[Status] = field(default_factory=list)
    beginning: Beginning | None = None

    @property
    def case(self) -> Case:
        """Return the case as it stands."""
        with self.database.reading() as session:
            return session.get_one(Case, self.case_id)

    def rows(self, table: Any) -> list[Any]:
        """Return the case's rows of a table, in order."""
        with self.database.reading() as session:
            return list(session.exec(select(table).where(table.case_id == self.case_id).order_by(col(table.id))).all())

    def visits(self, *statuses: VisitStatus) -> list[Visit]:
        """Return the case's visits, all or those in some statuses, in order."""
        return [visit for visit in sorted(self.rows(Visit), key=lambda v: v.ordinal) if not statuses or visit.status in statuses]

    def decide(self, kind: str, role: Role, **more: Any) -> Case:
        """Have somebody decide now."""
        return decide(self.database, self.request(kind, role, **more), self.at)

    def request(self, kind: str, role: Role, **more: Any) -> Request:
        """Return a request for this case."""
        return Request.model_validate({"kind": kind, "case": self.case_id, "role": role, "by": f"the {role.value}", **more})

    def engine(self) -> None:
        """Give the engine its turn now."""
        run_all(self.database, self.commission_id, self.at)

    def wait(self, day: datetime.date, hour: int = 17) -> None:
        """Go forward to a day; a day that is past changes nothing."""
        self.at = max(self.at, morning(day, hour))

    def write_up(self) -> None:
        """Hold the next visit on its day, write its note, and have the school find it accurate."""
        visit = self.visits(VisitStatus.CONFIRMED)[0]
        self.wait(visit.day)
        self.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)
        self.decide("note-accurate", Role.SCHOOL, visit=visit.session)

    def step(self) -> None:
        """Have whoever's turn it is do what is usual."""
        status = self.case.status
        self.passed.append(status)
        if status in USUAL:
            kind, role, more = USUAL[status]
            self.decide(kind, role, **more)
        elif status is Status.BOOKED:
            self.write_up()
            self.engine()
        elif status is Status.IN_PROGRESS:
            self._under_way()
        else:
            self.engine()

    def _under_way(self) -> None:
        if self.visits(VisitStatus.CONFIRMED):
            self.write_up()
        else:
            due = next(review.due for review in self.rows(Review) if review.held_on is None)
            self.wait(due)
            self.decide("hold-review", Role.ADVISER, rag=Rag.GREEN, reason="On track.")
        self.engine()

    def until(self, status: Status) -> "Journey":
        """Go on until the case stands in `status`; whoever has only just begun finds it as it was when another came there."""
        if self.beginning is None:
            return self._until(status)
        self.at, self.passed = self.beginning.come_to((self.case_id, status, self.at), lambda: (self._until(status).at, self.passed))
        return self

    def _until(self, status: Status) -> "Journey":
        for _ in range(60):
            if self.case.status is status:
                return self
            self.step()
        raise AssertionError(f"never came to {status}, stands at {self.case.status}: {self.case.why}")


USUAL: dict[Status, tuple[str, Role, dict[str, Any]]] = {
    Status.INVITED: ("opt-in", Role.SCHOOL, {}),
    Status.AWAITING_SELF_EVALUATION: ("answer", Role.SCHOOL, {"answers": ANSWERS, "focus": "food"}),
    Status.AWAITING_CONFIRMATION: ("confirm", Role.ADVISER, {}),
    Status.AWAITING_EVIDENCE: ("assess-again", Role.ADVISER, {}),
    Status.AWAITING_APPROVAL: ("approve", Role.COMMISSIONER, {}),
    Status.AWAITING_SUPPORTER: ("accept-case", Role.SUPPORTER, {}),
    Status.AWAITING_CONSENT: ("accept-support", Role.SCHOOL, {}),
    Status.AWAITING_DATES: ("confirm-dates", Role.SCHOOL, {}),
    Status.AWAITING_ADVISER: ("agree-plan", Role.ADVISER, {}),
    Status.AWAITING_SCHOOL: ("agree-plan", Role.SCHOOL, {}),
    Status.AWAITING_JUDGEMENT: ("judge", Role.ADVISER, {"reason": "The school knows its next steps."}),
}


def journey(database: Database, folder: Path, programme: Programme | None = None, joined_by: str = "invited") -> Journey:
    """Open a commission and return the journey of its first case that is in (or, with "asked", of its first that may opt in)."""
    chosen = programme or small_programme()
    commission_id, beginning = begun(database, folder, chosen)
    with database.reading() as session:
        query = select(Case.id).where(Case.commission_id == commission_id, Case.joined_by == joined_by).order_by(col(Case.id))
        case_id = session.exec(query).first()
    assert case_id is not None
    return Journey(database, commission_id, case_id, first_moment(), beginning=beginning)


def hub_programme(places: int = 1) -> Programme:
    """Return a programme whose schools have one visit, and meet with their hub: twice with a place, once where they book one."""
    values = small_programme(places=places).model_dump(mode="json")
    values["broker"] |= {"mode": "hub", "cases_per_supporter": 4, "accepted_by": ["supporter"]}
    first = values["schedule"]["sessions"][0]
    shared = {"held": "group", "note": False, "after": first["id"]}
    values["schedule"]["sessions"] = [
        first,
        {"id": "hub", "title": "Hub meeting", "count": 2, "gap_weeks": {"at_least": 2, "at_most": 12}, "hosts": "rotating", **shared},
        {"id": "open", "title": "Open afternoon", "gap_weeks": {"at_least": 2, "at_most": 30}, "hosts": "online", "bookings": "open", **shared},
    ]
    return Programme.model_validate(values)
