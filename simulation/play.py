"""Playing a commission: on each simulated day people do what they had in mind, and then notice what now waits for them."""

import datetime
import heapq
from collections import Counter
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from models.case import Case
from models.database import Database
from models.errors import NotAllowed, NotPossible
from models.evidence import Asking
from models.programme import Programme
from models.review import Review
from models.supporter import Declaration, Supporter
from models.words import Role, Status
from programmes.sessions import trains_itself, years_of
from simulation import gathering
from simulation.incidents import Incidents
from simulation.people import (
    Intention,
    answers,
    does,
    intends,
    review_of,
)
from simulation.visiting import matters
from stages.actions import actions_of
from stages.brief import load_brief
from stages.broker.declarations import declare, open_declarations
from stages.deciding import decide
from stages.journey import ENDED
from stages.record import Actor
from stages.request import Request
from stages.unpublished import unpublished

Planned = tuple[datetime.date, int, Request]


class Player:
    """All the people of one commission; `refused` counts decisions that came too late, by reason."""

    def __init__(self, database: Database, commission_id: int, seed: int) -> None:
        """Get to know the commission."""
        self.database, self.commission_id, self.seed = database, commission_id, seed
        with database.reading() as session:
            brief = load_brief(session, commission_id, [])
        self.programme: Programme = brief.programme
        self.starts, self.ends = brief.commission.starts, brief.commission.ends
        if brief.commission.rolls_on and self.programme.case_lasts is not None:
            # Long enough for the first cases to come to their end.
            self.ends = datetime.date(school_year(self.starts) + 1 + years_of(self.programme.case_lasts), 8, 31)
        self.calendar = brief.calendar
        self._counts_actions = any(kpi.counts == "actions_done" for kpi in self.programme.evaluate.kpis)
        self.decided: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._planned: list[Planned] = []
        self._noticed: set[tuple[str, int, int]] = set()
        self._number = 0
        self._has_meetings = any(one.held == "group" for one in self.programme.schedule.sessions)
        self._incidents = Incidents(database, brief, seed, self.ends, self.decided, self.refused)

    def in_term(self, day: datetime.date) -> bool:
        """Tell whether schools are open in the week that begins on `day`."""
        return bool(self.calendar.days(day, day + datetime.timedelta(days=6)))

    def act(self, at: pendulum.DateTime) -> int:
        """Carry out everything that people had in mind for this day or before; return how many decisions were taken."""
        today, taken = at.date(), 0
        while self._planned and self._planned[0][0] <= today:
            request = heapq.heappop(self._planned)[2]
            try:
                decide(self.database, request, at)
                taken += 1
                self.decided[request.kind] += 1
            except (NotPossible, NotAllowed) as late:
                # People press a button on a page that has gone stale; the engine tells them so, and nothing happens.
                self.refused[str(late).partition(",")[0].partition(": ")[0]] += 1
        self._incidents.happen(at, today)
        return taken

    def notice(self, at: pendulum.DateTime) -> None:
        """Look at what waits for people now, and have each make up their mind once."""
        today = at.date()
        with self.database.reading() as session:
            open_cases = select(Case).where(
                Case.commission_id == self.commission_id, col(Case.status).not_in(ENDED), col(Case.paused_since).is_(None)
            )
            cases = session.exec(open_cases.order_by(col(Case.id))).all()
            # Nobody judges what came of a case before its notes are published.
            too_early = {found.case_id for found, _ in unpublished(session, [case.id for case in cases if case.status is Status.AWAITING_JUDGEMENT])}
            for case in (case for case in cases if case.id not in too_early):
                intention = intends(self.seed, case, self.programme) if self._is_new("case", case.id, case.version) else None
                if intention:
                    self._plan(today, case.id, intention)
            self._notice_askings(session, today)
            waiting = open_declarations(session, session.exec(select(Supporter.id)).all())
            self._notice_visits(session, today)
            self._notice_reviews(session, today)
            self._notice_actions(session, today)

        self._meet(at)
        self._declare([one for one in waiting if one.asked_at <= at.subtract(days=2)], at)

    def _declare(self, waiting: Sequence[Declaration], at: pendulum.DateTime) -> None:
        """Supporters who were asked for their declaration of interests some days ago make it, with nothing to declare."""
        for one in waiting:
            with self.database.writing() as session:
                supporter = session.get_one(Supporter, one.supporter_id)
                declare(session, supporter, [], Actor(Role.SUPPORTER, "supporter"), at)

    def _meet(self, at: pendulum.DateTime) -> None:
        """Schools book places or send apologies, and whoever leads a meeting records it; where no mentor or peer can be had, one is found."""
        with self.database.reading() as session:
            brief = load_brief(session, self.commission_id)
            wishes = gathering.wishes(session, brief, self.seed, at.date()) if self._has_meetings else []
            due = gathering.due(session, self.commission_id, at.date()) if self._has_meetings else []
            untrained = gathering.untrained(session, brief, at.date()) if trains_itself(self.programme) else []
        for case_id, number, kind, reason in wishes:
            if self._is_new(f"place {case_id}", number, 0):
                self._plan(at.date(), case_id, Intention(2, kind, Role.SCHOOL, "headteacher", {"meeting": number, "reason": reason}))
        for number in due:
            with self.database.writing() as session:
                gathering.hold(session, load_brief(session, self.commission_id), self.seed, number, at)
        if self.programme.broker.mode in {"mentor", "peer"}:
            with self.database.writing() as session:
                gathering.recruit(session, load_brief(session, self.commission_id), at)
        for number in untrained:
            with self.database.writing() as session:
                gathering.train(session, self.programme, number, at)

    def _is_new(self, what: str, number: int, version: int) -> bool:
        key = (what, number, version)
        new = key not in self._noticed
        self._noticed.add(key)
        return new

    def _plan(self, today: datetime.date, case_id: int, intention: Intention) -> None:
        request = Request(kind=intention.kind, case=case_id, role=intention.role, by=intention.by, **intention.more)
        day = today + datetime.timedelta(days=intention.days)
        while day.isoweekday() > 5:
            day += datetime.timedelta(days=1)
        self._number += 1
        heapq.heappush(self._planned, (day, self._number, request))

    def _notice_askings(self, session: Session, today: datetime.date) -> None:
        """Schools answer what they were asked, the first time and again."""
        query = select(Asking, Case).join(Case, col(Case.id) == Asking.case_id).where(Case.commission_id == self.commission_id)
        still = query.where(col(Asking.answered_at).is_(None), col(Asking.lapsed_at).is_(None), col(Case.status).not_in(ENDED))
        for asked, case in session.exec(still.order_by(col(Asking.id))).all():
            intention = answers(self.seed, case, asked, self.programme) if self._is_new("asking", asked.id, 0) else None
            if intention:
                self._plan(today, case.id, intention)

    def _notice_visits(self, session: Session, today: datetime.date) -> None:
        """People do what visits and their notes ask of them."""
        for key, case_id, mind in matters(session, self.commission_id, self.programme, self.seed, today):
            for intention in mind() if self._is_new(*key) else ():
                self._plan(today, case_id, intention)

    def _notice_reviews(self, session: Session, today: datetime.date) -> None:
        query = select(Review).join(Case, col(Case.id) == Review.case_id).where(Case.commission_id == self.commission_id)
        for review in session.exec(
            query.where(col(Review.held_on).is_(None), col(Review.not_needed).is_(None), Review.due <= today).order_by(col(Review.id))
        ).all():
            if self._is_new("review", review.id, review.version):
                days, rag, summary = review_of(self.seed, review.id)
                self._plan(today, review.case_id, Intention(days, "hold-review", Role.ADVISER, "link adviser", {"rag": rag, "reason": summary}))

    def _notice_actions(self, session: Session, today: datetime.date) -> None:
        """Schools do what their agreed plan says, where somebody counts it."""
        if not self._counts_actions:
            return
        mine = (Case.commission_id == self.commission_id, col(Case.status).not_in(ENDED))
        cases = {case.id: case for case in session.exec(select(Case).where(*mine)).all()}
        for case_id, actions in actions_of(session, *mine).items():
            for number, action in enumerate(actions, start=1):
                new = action.taken_out_on is None and self._is_new("action", action.id, 0)
                intention = does(self.seed, cases[case_id], number) if new else None
                if intention:
                    self._plan(today, case_id, intention)
