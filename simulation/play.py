"""Playing a commission: on each simulated day people do what they had in mind, and then notice what now waits for them."""

import datetime
import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from models.case import Case
from models.commission import Commission
from models.database import Database, insert_rows
from models.errors import NotAllowed, NotPossible
from models.evidence import Asking, Inspection
from models.programme import Programme
from models.review import Review
from models.school import School
from models.supporter import Declaration, Supporter
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Role, SchoolStatus, VisitStatus
from programmes.sessions import trains_itself, years_of
from simulation import gathering
from simulation.people import (
    Intention,
    answers,
    chance_of,
    does,
    drafts,
    intends,
    looks_at,
    prepares,
    reply_to,
    review_of,
    settles,
    writes_again,
    written_up,
)
from simulation.public_files import gather_by_group, groups_wanted, publish, wants_evidence
from simulation.wexcombe import AUTHORITY, NEIGHBOURS, SUCCESSOR_URN
from stages.actions import actions_of
from stages.brief import load_brief
from stages.broker.declarations import declare, open_declarations
from stages.commission.joining import join
from stages.commission.rolling import set_end
from stages.deciding import Request, decide
from stages.journey import ENDED, ONLY_ASKED
from stages.record import Actor
from stages.schedule.decide import record_leave
from stages.visits import writes_note

Planned = tuple[datetime.date, int, Request]
_SIMULATED = "simulated"
# Schools answer what they are asked before a visit in its last days.
_ANSWERS_WITHIN = 7
_ILL_FROM, _ILL_DAYS = 50, 40
_WITHDRAWS_ON, _ACADEMISES_ON, _ENDED_ON = 260, 330, 640
# Early enough for the next on the waiting list to be there from the first session.
_GIVES_BACK_ON = 45
_NEIGHBOURS_ON = 12
# Public files come out twice a year.
_PUBLISHED = {(2, 20), (9, 10)}
# What a partnership gathers from its schools it has before the school year ends.
_GATHERED = (6, 30)


class Player:
    """All the people of one commission; `refused` counts decisions that came too late, by reason."""

    def __init__(self, database: Database, commission_id: int, seed: int) -> None:
        """Get to know the commission."""
        self.database, self.commission_id, self.seed = database, commission_id, seed
        with database.reading() as session:
            brief = load_brief(session, commission_id, [])
        self.programme: Programme = brief.programme
        self.starts, self.ends = brief.commission.starts, brief.commission.ends
        self._has_no_end = brief.commission.rolls_on
        if self._has_no_end and self.programme.case_lasts is not None:
            # Long enough for the first cases to come to their end.
            self.ends = datetime.date(school_year(self.starts) + 1 + years_of(self.programme.case_lasts), 8, 31)
        self.calendar = brief.calendar
        self._counts_actions = any(kpi.counts == "actions_done" for kpi in self.programme.evaluate.kpis)
        self.decided: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._planned: list[Planned] = []
        self._noticed: set[tuple[str, int, int]] = set()
        self._number = 0
        self._was_ill = False
        self._has_meetings = any(one.held == "group" for one in self.programme.schedule.sessions)
        # Of real schools nothing is made up.
        self._has_public_files = brief.commission.authority == AUTHORITY and wants_evidence(self.programme)

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
        self._incidents(at, today)
        return taken

    def notice(self, at: pendulum.DateTime) -> None:
        """Look at what waits for people now, and have each make up their mind once."""
        today = at.date()
        with self.database.reading() as session:
            open_cases = select(Case).where(
                Case.commission_id == self.commission_id, col(Case.status).not_in(ENDED), col(Case.paused_since).is_(None)
            )
            for case in session.exec(open_cases.order_by(col(Case.id))).all():
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
        """Supporters write up visits that have been; schools answer notes; advisers settle disputes."""
        mine = Case.commission_id == self.commission_id
        visits = select(Visit).join(Case, col(Case.id) == Visit.case_id)
        held = visits.where(mine, Visit.status == VisitStatus.CONFIRMED, Visit.day <= today)
        for visit in session.exec(held.order_by(col(Visit.id))).all():
            if self._is_new("visit", visit.id, visit.version):
                self._plan_note(today, visit)
        soon = visits.where(
            mine, Visit.status == VisitStatus.CONFIRMED, Visit.day > today, Visit.day <= today + datetime.timedelta(days=_ANSWERS_WITHIN)
        )
        for visit in session.exec(soon.order_by(col(Visit.id))).all() if self.programme.schedule.note.school_part else ():
            answers = prepares(self.seed, visit, self.programme) if self._is_new("part", visit.id, 0) else None
            if answers and writes_note(self.programme, visit.session):
                self._plan(
                    today, visit.case_id, Intention(1, "prepare-visit", Role.SCHOOL, "headteacher", {"visit": visit.session, "answers": answers})
                )
        waiting = select(NoteOfVisit, Visit.session).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).join(Case, col(Case.id) == Visit.case_id)
        for note, key in session.exec(waiting.where(mine, NoteOfVisit.status != NoteStatus.PUBLISHED).order_by(col(NoteOfVisit.id))).all():
            if self._is_new("note", note.id, note.version) and (intention := self._on_note(note, key)):
                self._plan(today, note.case_id, intention)

    def _plan_note(self, today: datetime.date, visit: Visit) -> None:
        """A supporter has a visit to write up, and may save a draft of its note first."""
        intention = written_up(self.seed, visit, self.programme)
        if intention.kind == "write-note" and intention.days > 1 and drafts(self.seed, visit):
            kept = {name: value for name, value in intention.more.items() if name not in {"expected", "attended"}}
            self._plan(today, visit.case_id, Intention(1, "draft-note", intention.role, intention.by, kept))
        self._plan(today, visit.case_id, intention)

    def _on_note(self, note: NoteOfVisit, key: str) -> Intention | None:
        """Return what somebody does with a note that waits for them; None where the school stays silent, or a first draft is not sent yet."""
        match note.status:
            case NoteStatus.DISPUTED:
                more = {"visit": key, **settles(self.seed, note.id, note.edition, self.programme)}
                return Intention(3, "settle-note", Role.ADVISER, "link adviser", more)
            case NoteStatus.WITH_LEAD:
                kind, reason = looks_at(self.seed, note.id, note.edition)
                return Intention(2, kind, Role.LEAD, "partnership lead", {"visit": key, "reason": reason})
            case NoteStatus.DRAFT if note.written_at is not None:
                more = {"visit": key, **writes_again(self.seed, note.id, note.edition, self.programme)}
                return Intention(2, "write-note", Role.SUPPORTER, "supporter", more)
            case NoteStatus.WITH_SCHOOL:
                reply = reply_to(self.seed, note.id) if note.edition == 1 else (2, "note-accurate", None)
                return Intention(reply[0], reply[1], Role.SCHOOL, "headteacher", {"visit": key, "reason": reply[2]}) if reply else None
            case _:
                return None

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
                intention = does(self.seed, cases[case_id], number) if self._is_new("action", action.id, 0) else None
                if intention:
                    self._plan(today, case_id, intention)

    def _neighbours_join(self, at: pendulum.DateTime) -> None:
        """Schools of the neighbouring authority ask to take part; one that the programme is not for is told so."""
        with self.database.reading() as session:
            urns = session.exec(select(School.urn).where(School.authority == NEIGHBOURS).order_by(col(School.urn))).all()
        for urn in urns:
            try:
                with self.database.writing() as session:
                    join(session, load_brief(session, self.commission_id, [urn]), urn, Actor(Role.SCHOOL, "headteacher"), at)
                self.decided["join"] += 1
            except NotPossible as no:
                self.refused[str(no).partition(":")[0]] += 1

    def _incidents(self, at: pendulum.DateTime, today: datetime.date) -> None:
        """Things happen: an adviser falls ill, a school withdraws, one becomes an academy, some are inspected."""
        day = (today - self.starts).days
        if day >= _ILL_FROM and not self._was_ill:
            self._fall_ill(at, today)
        if day == _WITHDRAWS_ON:
            self._one_case(at, "withdraw", Role.SCHOOL, "headteacher", {"reason": "The school is merging its leadership with another."})
        elif day == _NEIGHBOURS_ON and self.programme.take_part.outside_authority:
            self._neighbours_join(at)
        elif day == _GIVES_BACK_ON and self.programme.take_part.limits_opt_ins:
            self._one_case(at, "withdraw", Role.SCHOOL, "headteacher", {"reason": "The place is wanted by nobody here any more."})
        elif day == _ACADEMISES_ON:
            self._academise(at)
        elif day == _ENDED_ON and self._has_no_end:
            self._end(at)
        if day > 0 and self._has_public_files:
            self._publish(at, today)
        if day > 0 and day % 30 == 0 and any(measure.kind == "inspection" for measure in self.programme.evaluate.measures):
            self._inspect(today)

    def _publish(self, at: pendulum.DateTime, today: datetime.date) -> None:
        """Public files come out, and the partnership gathers what nobody publishes, where the programme asks for it."""
        groups = groups_wanted(self.programme)
        if (today.month, today.day) in _PUBLISHED:
            publish(self.database, self.seed, at, self._supported(), groups)
        elif groups and (today.month, today.day) == _GATHERED:
            gather_by_group(self.database, self.seed, at, self._supported(), groups)

    def _end(self, at: pendulum.DateTime) -> None:
        """The commissioner gives a commission without an end its last day."""
        with self.database.writing() as session:
            commission = session.get_one(Commission, self.commission_id)
            set_end(session, commission, self.ends, Actor(Role.COMMISSIONER, "commissioner"), "The council reviews all its offers.", at)

    def _supported(self) -> set[int]:
        """Return the schools that were visited at least once."""
        with self.database.reading() as session:
            query = select(Case.urn).join(Visit, col(Visit.case_id) == Case.id)
            return set(session.exec(query.where(Case.commission_id == self.commission_id, Visit.status == VisitStatus.HELD)).all())

    def _fall_ill(self, at: pendulum.DateTime, today: datetime.date) -> None:
        """As soon as somebody has three visits in the next six weeks, whoever has most falls ill for that time."""
        with self.database.writing() as session:
            last = today + datetime.timedelta(days=_ILL_DAYS)
            query = select(Visit.supporter_id).where(Visit.status == VisitStatus.CONFIRMED, Visit.day >= today, Visit.day <= last)
            busiest = Counter(session.exec(query).all()).most_common(1)
            if busiest and busiest[0][1] >= 3:
                self._was_ill = True
                supporter = session.get_one(Supporter, busiest[0][0])
                record_leave(session, supporter, today, last, Actor(Role.ADVISER, "link adviser"), "illness", at)

    def _one_case(self, at: pendulum.DateTime, kind: Any, role: Role, by: str, more: dict[str, Any], *, maintained: bool = False) -> None:
        with self.database.reading() as session:
            query = select(Case).join(School, col(School.urn) == Case.urn).where(Case.commission_id == self.commission_id)
            if maintained:
                query = query.where(School.status == SchoolStatus.MAINTAINED)
            cases = session.exec(query.where(col(Case.status).not_in([*ENDED, *ONLY_ASKED])).order_by(col(Case.id))).all()
        if cases:
            chosen = cases[len(cases) // 2]
            decide(self.database, Request(kind=kind, case=chosen.id, role=role, by=by, **more), at)
            self.decided[kind] += 1

    def _academise(self, at: pendulum.DateTime) -> None:
        """A maintained school becomes an academy with a URN of its own, where the register has one waiting."""
        with self.database.writing() as session:
            known = session.get(School, SUCCESSOR_URN)
            if known is not None:
                # As the register's edition of that day would say.
                known.open, known.opened = True, at.in_timezone("Europe/London").date()
        if known is not None:
            more = {"urn": SUCCESSOR_URN, "reason": "The school converted to an academy and joined a trust."}
            self._one_case(at, "succeed", Role.ADVISER, "link adviser", more, maintained=True)

    def _inspect(self, today: datetime.date) -> None:
        """One in twenty schools is inspected in a month; most do well after support."""
        with self.database.writing() as session:
            urns = session.exec(select(Case.urn).where(Case.commission_id == self.commission_id).order_by(col(Case.urn))).all()
            known = set(session.exec(select(Inspection.urn).where(col(Inspection.urn).in_(urns), Inspection.source == _SIMULATED)).all())
            rows = []
            for urn in urns:
                chance = chance_of(self.seed, "inspection", urn, today)
                if urn not in known and chance.random() < 0.08:
                    grade = chance.choices(("Outstanding", "Good", "Requires improvement", "Inadequate"), (4, 84, 11, 1))[0]
                    rows.append({"urn": urn, "inspected": today, "grade": grade, "source": _SIMULATED})
            insert_rows(session, Inspection, rows)
