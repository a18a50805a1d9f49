"""Decisions drawn at random over a small commission: whoever may, or may not, does something that may be possible, and days go by."""

import datetime
import random
from typing import Any

import pendulum
from pydantic import ValidationError
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.meeting import Attendance, Meeting
from models.supporter import Supporter
from models.visit import DateOffer, Visit
from models.words import ClosureKind, Role, Slip, Status, VisitStatus
from stages.brief import load_brief
from stages.deciding import decide
from stages.journey import ENDED
from stages.pipeline import run_all
from stages.record import Actor
from stages.request import Request
from stages.schedule.attending import cancel_meeting, find_meeting, move_meeting
from stages.schedule.closing import close_days
from stages.schedule.decide import record_leave
from stages.schedule.meeting_held import Held, hold_meeting
from tests.stages.builders import NOTE, USUAL, morning

DAY = datetime.timedelta(days=1)
LIVE = (VisitStatus.CONFIRMED, VisitStatus.PROPOSED)
_WHY = "The school asked."
_ROLES = (Role.ADVISER, Role.LEAD, Role.SCHOOL, Role.SUPPORTER, Role.COMMISSIONER)
_KINDS = (
    *("move-visit", "cancel-visit", "no-show", "choose-date") * 3, *("ask-other-dates", "confirm-dates", "write-note", "note-accurate") * 2,
    "note-inaccurate", "settle-note", "replace-supporter", "decline-support", "decline-case", "refuse", "pause", "resume", "resume", "withdraw",
    "book-place", "send-apologies", "ask-changes", "hold-review",
)  # fmt: skip


class Walk:
    """A commission in which things happen at random; `at` only goes forward, and `done` says what was saved."""

    def __init__(self, database: Database, commission_id: int, at: pendulum.DateTime, seed: int) -> None:
        self.database, self.commission_id, self.at, self.chance = database, commission_id, at, random.Random(seed)
        self.done: list[str] = []

    def rows(self, table: Any, *where: Any) -> list[Any]:
        """Return rows of a table in order."""
        with self.database.reading() as session:
            return list(session.exec(select(table).where(*where).order_by(col(table.id))).all())

    def engine(self, days: int = 0) -> None:
        """Let days go by and give the engine its turn."""
        self.at = self.at.add(days=days)
        run_all(self.database, self.commission_id, self.at)

    def step(self) -> bool:
        """Have one thing happen, or be refused with nothing saved; return whether it was the engine's turn."""
        what = self.chance.choices((self._days, self._usual, self._anything, self._away, self._shut, self._meeting), (20, 40, 26, 4, 4, 6))[0]
        try:
            saved = what()
        except (BadInput, NotAllowed, NotFound, NotPossible, ValidationError):
            # What is not possible here is refused; only what is broken raises anything else.
            if what == self._days:
                raise
            saved = None
        if saved:
            self.done.append(f"{self.at:%Y-%m-%d} {saved}")
        return what == self._days

    def _days(self) -> str:
        self.engine(self.chance.choice((0, 1, 2, 3, 5, 8, 15)))
        return "engine"

    def _some_case(self) -> Case:
        cases = self.rows(Case)
        found: Case = self.chance.choice([case for case in cases if case.status not in ENDED] or cases)
        return found

    def _decide(self, kind: str, case: Case, role: Role, **more: Any) -> str:
        request = Request.model_validate({"kind": kind, "case": case.id, "role": role, "by": f"the {role.value}", **more})
        decide(self.database, request, self.at)
        return f"{kind} of case {case.id} by {role.value}"

    def _usual(self) -> str | None:
        """Have whoever's turn it is do what is usual."""
        case = self._some_case()
        if case.status in USUAL:
            kind, role, more = USUAL[case.status]
            return self._decide(kind, case, role, **more)
        visits = self.rows(Visit, Visit.case_id == case.id, Visit.status == VisitStatus.CONFIRMED)
        if case.status in (Status.BOOKED, Status.IN_PROGRESS) and visits:
            first = min(visits, key=lambda visit: visit.day)
            self.at = max(self.at, morning(first.day, 17)) if self.chance.random() < 0.4 else self.at
            return self._decide("write-note", case, Role.SUPPORTER, visit=first.session, **NOTE)
        return None

    def _anything(self) -> str:
        """Have anybody decide anything."""
        case, kind = self._some_case(), self.chance.choice(_KINDS)
        more: dict[str, Any] = (
            {"reason": _WHY, "slip": self.chance.choice(list(Slip))} if kind in {"move-visit", "cancel-visit"} else {"reason": _WHY}
        )
        visits = self.rows(Visit, Visit.case_id == case.id)
        if visits and self.chance.random() < 0.5:
            more["visit"] = self.chance.choice(visits).session
        days = [offer.day for offer in self.rows(DateOffer, col(DateOffer.visit_id).in_([visit.id for visit in visits]))]
        if kind == "choose-date" and days:
            more["day"] = self.chance.choice(days)
        if kind in {"write-note", "settle-note"}:
            more |= NOTE
        meetings = self.rows(Meeting)
        if kind in {"book-place", "send-apologies"} and meetings:
            more["meeting"] = self.chance.choice(meetings).id
        return self._decide(kind, case, self.chance.choice(_ROLES), **more | ({"rag": "green"} if kind == "hold-review" else {}))

    def _some_visit(self) -> Visit | None:
        visits = [visit for visit in self.rows(Visit) if visit.status in LIVE]
        return self.chance.choice(visits) if visits else None

    def _away(self) -> str | None:
        """Have a supporter away about the day of a visit."""
        visit = self._some_visit()
        if visit is None:
            return None
        first, last = visit.day - self.chance.choice((0, 0, 3)) * DAY, visit.day + self.chance.choice((0, 5, 90)) * DAY
        with self.database.writing() as session:
            record_leave(session, session.get_one(Supporter, visit.supporter_id), first, last, Actor(Role.ADVISER, "link adviser"), "ill", self.at)
        return f"supporter {visit.supporter_id} away from {first} to {last}"

    def _shut(self) -> str | None:
        """Close a school, or all, on the day of a visit."""
        visit = self._some_visit()
        if visit is None:
            return None
        urn = next(case.urn for case in self.rows(Case) if case.id == visit.case_id)
        urns, kind = [urn] if self.chance.random() < 0.8 else [], self.chance.choice(list(ClosureKind))
        span = (visit.day, visit.day + self.chance.choice((0, 0, 4)) * DAY)
        with self.database.writing() as session:
            close_days(session, "999", urns, span, kind, "shut", Actor(Role.ADVISER, "link adviser"), self.at)
        return f"{urns or 'all schools'} shut from {span[0]} to {span[1]} ({kind.value})"

    def _meeting(self) -> str | None:
        """Have a meeting moved, cancelled or recorded."""
        meetings = self.rows(Meeting)
        if not meetings:
            return None
        meeting, what = self.chance.choice(meetings), self.chance.choice(("move", "cancel", "hold", "hold"))
        if what == "hold" and self.chance.random() < 0.7:
            self.at = max(self.at, morning(meeting.day, 17))
        urns = {case.id: case.urn for case in self.rows(Case)}
        came = {urns[place.case_id]: 1 for place in self.rows(Attendance, Attendance.meeting_id == meeting.id) if self.chance.random() < 0.7}
        with self.database.writing() as session:
            brief, actor = load_brief(session, self.commission_id), Actor(Role.ADVISER, "link adviser")
            found = find_meeting(session, brief, meeting.id)
            if what == "move":
                move_meeting(session, brief, found, actor, self.at, "The hall floods.")
            elif what == "cancel":
                cancel_meeting(session, brief, found, actor, self.at, "ill")
            else:
                hold_meeting(session, brief, found, actor, self.at, Held(came))
        return f"{what} meeting {meeting.id}"
