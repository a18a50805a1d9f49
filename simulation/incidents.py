"""What happens to a commission whoever takes part: illness, a school that leaves, a conversion, inspections, public files."""

import datetime
from collections import Counter
from typing import Any

import pendulum
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission
from models.database import Database, insert_rows
from models.errors import NotPossible
from models.evidence import Inspection
from models.moments import day_of
from models.school import School
from models.supporter import Supporter
from models.visit import Visit
from models.words import Role, SchoolStatus, VisitStatus
from simulation.people import chance_of
from simulation.public_files import gather_by_group, groups_wanted, publish, wants_evidence
from simulation.wexcombe import AUTHORITY, NEIGHBOURS, SUCCESSOR_URN
from stages.brief import Brief, load_brief
from stages.commission.joining import join
from stages.commission.rolling import set_end
from stages.deciding import decide
from stages.journey import ENDED, ONLY_ASKED
from stages.record import Actor
from stages.request import Request
from stages.schedule.decide import record_leave

_SIMULATED = "simulated"
_ILL_FROM, _ILL_DAYS = 50, 40
_WITHDRAWS_ON, _ACADEMISES_ON, _ENDED_ON = 260, 330, 640
# Early enough for the next on the waiting list to be there from the first session.
_GIVES_BACK_ON = 45
_NEIGHBOURS_ON = 12
# Public files come out twice a year.
_PUBLISHED = {(2, 20), (9, 10)}
# What a partnership gathers from its schools it has before the school year ends.
_GATHERED = (6, 30)


class Incidents:
    """What happens on the days of one commission; what people decide for it is counted in `decided`, what they cannot in `refused`."""

    def __init__(self, database: Database, brief: Brief, seed: int, ends: datetime.date, decided: Counter[str], refused: Counter[str]) -> None:
        """Get to know the commission; `ends` is the last day of the play."""
        self.database, self.commission_id, self.seed, self.ends = database, brief.commission_id, seed, ends
        self.programme, self.starts = brief.programme, brief.commission.starts
        self.decided, self.refused = decided, refused
        self._has_no_end, self._was_ill = brief.commission.rolls_on, False
        # Of real schools nothing is made up.
        self._has_public_files = brief.commission.authority == AUTHORITY and wants_evidence(self.programme)

    def happen(self, at: pendulum.DateTime, today: datetime.date) -> None:
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
                known.open, known.opened = True, day_of(at)
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
