"""Watching evidence: what was loaded since last time, whose standing or category it changes, and overrides whose time is over.

Nothing is decided here: a diagnosis that nobody has confirmed yet is made anew, a school that now meets the programme's terms is taken
in where the programme says so, and in all other cases the adviser is told.
"""

import datetime
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pendulum
from sqlalchemy import and_, func, or_, update
from sqlmodel import Session, col, select

from evidence.indicators import INDICATORS
from evidence.standing import Standing
from evidence.triggers import NEW_INSPECTION, NEW_RESULT, said_last
from models.case import Case
from models.commission import Commission
from models.database import Database, insert_returning_ids, until_saved
from models.evidence import Diagnosis, Load, Trigger
from models.moments import day_of
from models.trail import Relayed
from notifications.messages import to_staff
from stages.brief import Brief, evidence_listener, load_brief
from stages.diagnose import rules
from stages.diagnose.findings import differences, own_changes
from stages.diagnose.gathering import gather
from stages.diagnose.population import Population
from stages.diagnose.work import demanded, last_diagnoses, scale_answers
from stages.journey import ENDED, UNCONFIRMED
from stages.record import ENGINE, Change, Note, note, save

Opening = Callable[[Session, Brief, int, pendulum.DateTime], int]


@dataclass(frozen=True, slots=True)
class Watched:
    """How many triggers were dealt with, cases assessed again, cases opened and overrides found to have lapsed."""

    triggers: int = 0
    again: int = 0
    opened: int = 0
    lapsed: int = 0


@until_saved
def watch(database: Database, commission_id: int, at: pendulum.DateTime, opening: Opening | None = None) -> Watched:
    """Look at everything that was loaded since last time, and at overrides; run twice, it does nothing the second time.

    `opening` takes in schools that newly meet the programme's terms, by triggers of loads after the number it is given.
    """
    with database.reading() as session:
        if not _something(session, commission_id, at):
            return Watched()
    with database.writing() as session:
        # Two at once would tell the adviser twice: the second waits here, and then finds nothing new.
        session.exec(select(Commission.id).where(Commission.id == commission_id).with_for_update()).one()
        brief = load_brief(session, commission_id)
        is_open = (Case.commission_id == commission_id, col(Case.status).not_in(ENDED))
        cases = list(session.exec(select(Case).where(*is_open).order_by(col(Case.id))).all())
        newest, reached = _newest_load(session), _reached(session, commission_id)
        raised, changed = _raise_for_categories(session, brief, cases, newest, at) if newest > reached else ([], set())
        found, again = _deal_with(session, brief, cases, reached, raised, at)
        again += _made_anew(session, [case for case in cases if case.id in changed], at)
        opened = opening(session, brief, reached, at) if opening is not None and newest > reached else 0
        lapsed = _lapse(session, brief, at)
        session.merge(Relayed(listener=evidence_listener(commission_id), event_id=newest))
    return Watched(len(found), again, opened, lapsed)


def _newest_load(session: Session) -> int:
    return session.exec(select(func.max(col(Load.id)))).one() or 0


def _reached(session: Session, commission_id: int) -> int:
    """Return up to which load a commission has been watched; a new commission has seen all that was there when it opened."""
    known = session.get(Relayed, evidence_listener(commission_id))
    return known.event_id if known else 0


def _something(session: Session, commission_id: int, at: pendulum.DateTime) -> bool:
    if _newest_load(session) > _reached(session, commission_id):
        return True
    return bool(_expired(session, commission_id, day_of(at)))


def _raise_for_categories(session: Session, brief: Brief, cases: Sequence[Case], load_id: int, at: pendulum.DateTime) -> tuple[list[int], set[int]]:
    """Raise a trigger for each diagnosed case whose category would be another by the rules, now that more is known.

    Returned are the numbers of the triggers, and those of the cases whose own figures are not those of their diagnosis any more.
    """
    before = last_diagnoses(session, [case.id for case in cases])
    today = day_of(at)
    against = gather(session, brief.programme, brief.schools.keys(), today)
    population = Population(list(brief.schools.values()), scale_answers(session, brief), today, against)
    scores = rules.score_population(brief.programme, population) if before else {}
    begins = f"By the rules of {brief.commission.reference} "
    rows: list[dict[str, Any]] = []
    for case in [case for case in cases if case.id in before]:
        was, score = before[case.id], scores[case.urn]
        always = demanded(brief.programme.diagnose.categories, brief.school(case), today, population.against.held)
        category, _ = rules.categorise(brief.programme.diagnose.categories, score, always)
        if category.id != was.category:
            why = [
                differences(was, score) or "The school's standing changed.",
                *_inspected(own_changes(was, score, today), against.held.standings.get(case.urn)),
            ]
            says = f"{begins}its category would now be {category.title}. {' '.join(why)}"
            rows.append({"urn": case.urn, "kind": NEW_RESULT, "says": says, "load_id": load_id, "at": at})
    known = said_last(session, NEW_RESULT, sorted({row["urn"] for row in rows}), begins)
    changed = {case.id for case in cases if case.id in before and own_changes(before[case.id], scores[case.urn], today)}
    return insert_returning_ids(session, Trigger, [row for row in rows if known.get(row["urn"]) != row["says"]]), changed


def _inspected(changed: Collection[str], standing: Standing | None) -> list[str]:
    """Return what the newest inspection found, where it gives a score other figures than before."""
    by_standing = any(name in INDICATORS and INDICATORS[name].kept == "standing" for name in changed)
    return [f"The newest inspection: {standing.says}"] if by_standing and standing is not None else []


def _deal_with(
    session: Session, brief: Brief, cases: Sequence[Case], reached: int, raised: Sequence[int], at: pendulum.DateTime
) -> tuple[list[Trigger], int]:
    """Tell the adviser, once a case, what is new on this commission's schools; have what nobody has confirmed yet assessed again.

    New are inspections since load `reached`, which every commission of the school hears of, and this commission's own triggers `raised`.
    """
    by_urn = {case.urn: case for case in cases}
    since = and_(col(Trigger.kind) == NEW_INSPECTION, col(Trigger.load_id) > reached)
    found = session.exec(select(Trigger).where(or_(since, col(Trigger.id).in_(raised))).order_by(col(Trigger.id))).all()
    mine = [one for one in found if one.urn in by_urn]
    notes, changes = [], []
    for urn, together in groupby(sorted(mine, key=lambda one: (one.urn, one.id)), key=lambda one: one.urn):
        case, news = by_urn[urn], list(together)
        says, again = " ".join(one.says for one in news), case.status in UNCONFIRMED and case.paused_since is None
        follows = "its need is worked out again." if again else "nothing by itself; look at its category again if you think it should change."
        message = to_staff.new_evidence(brief.head, brief.adviser, news[0].id, case.id, brief.school(case).name, says, follows)
        notes.append(Note("case.new-evidence", ENGINE, brief.commission_id, case.id, reason=says, messages=[message]))
        if again:
            changes.append(Change(case, "assess-again", reason="new evidence was loaded"))
    note(session, notes, at)
    save(session, changes, at)
    if mine:
        done = {"handled_at": at, "outcome": "the adviser was told"}
        session.execute(update(Trigger).where(col(Trigger.id).in_([one.id for one in mine])).values(**done))
    return mine, len(changes)


def _made_anew(session: Session, cases: Sequence[Case], at: pendulum.DateTime) -> int:
    """Have what nobody has confirmed yet assessed again where a figure was put right that changes no category; return how many cases."""
    changes = []
    for case in cases:
        session.refresh(case)
        if case.status in UNCONFIRMED and case.paused_since is None:
            changes.append(Change(case, "assess-again", reason="new evidence was loaded"))
    save(session, changes, at)
    return len(changes)


def _expired(session: Session, commission_id: int, today: datetime.date) -> list[tuple[Diagnosis, Case]]:
    """Return overrides whose day has passed on cases that are open."""
    query = (
        select(Diagnosis, Case)
        .join(Case, col(Case.id) == Diagnosis.case_id)
        .where(Case.commission_id == commission_id, col(Case.status).not_in(ENDED), col(Diagnosis.expires) < today)
        .order_by(col(Diagnosis.id))
    )
    return list(session.exec(query).all())


def _lapse(session: Session, brief: Brief, at: pendulum.DateTime) -> int:
    """Tell the adviser of overrides whose time is over; the category stays until somebody looks at it again.

    One that somebody has decided on again since then is over in silence.
    """
    found = _expired(session, brief.commission_id, day_of(at))
    newest = _last_by_hand(session, [case.id for _, case in found])
    standing, notes = [(row, case) for row, case in found if newest[case.id] == row.id], []
    for row, case in standing:
        until = row.expires or at.date()
        message = to_staff.override_lapsed(brief.head, brief.adviser, case.id, brief.school(case).name, row.category, until)
        notes.append(Note("case.override-lapsed", ENGINE, brief.commission_id, case.id, detail={"until": until.isoformat()}, messages=[message]))
    note(session, notes, at)
    if found:
        session.execute(update(Diagnosis).where(col(Diagnosis.id).in_([row.id for row, _ in found])).values(expires=None))
    return len(standing)


def _last_by_hand(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of the newest diagnosis that a person made of each case, by case."""
    query = select(Diagnosis.case_id, func.max(col(Diagnosis.id))).where(col(Diagnosis.case_id).in_(case_ids), col(Diagnosis.decided_by).is_not(None))
    return dict(session.exec(query.group_by(col(Diagnosis.case_id))).all())
