"""The evaluation batch: ask schools once more, compute the figures of each case whose support is done, and the KPIs of the commission."""

import datetime
from collections.abc import Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database, insert_rows, until_saved
from models.evidence import Asking
from models.moments import day_of
from models.programme import Instrument
from models.review import Evaluation, KpiResult, Measure
from models.words import Stage, Status
from stages import asking
from stages.batch import Tally, lock_cases, ready_cases
from stages.brief import Brief, load_brief
from stages.evaluate.facts import collect, outside
from stages.evaluate.measuring import measure
from stages.evaluate.rules import CaseFacts, KpiValue, compute
from stages.record import Change, save
from stages.reminders.rules import gives_up_on

STAGE = Stage.EVALUATE
ENDLINE = 2
_READY = (Status.TO_EVALUATE, Status.AWAITING_ENDLINE)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of cases whose figures are to be computed, or who have been waited for long enough."""
    cases, today = ready_cases(session, commission_id, _READY), day_of(at)
    waiting = any(case.status is Status.AWAITING_ENDLINE for case in cases)
    brief = load_brief(session, commission_id, []) if waiting else None
    return [case.id for case in cases if case.status is Status.TO_EVALUATE or (brief and _is_late(brief, case, today))]


def _is_late(brief: Brief, case: Case, today: datetime.date) -> bool:
    """Tell whether a school's last answers have been waited for long enough: past the due day and the last reminder."""
    if case.status is not Status.AWAITING_ENDLINE or case.due is None or case.due >= today:
        return False
    return gives_up_on(case.due, brief.programme.messages.reminders, brief.calendar) <= today


@until_saved
def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Ask these cases once more where the programme does, go on without those that are late, and compute the rest, in one transaction."""
    tally = Tally()
    with database.writing() as session:
        cases = lock_cases(session, ids, _READY)
        brief, today = load_brief(session, commission_id), day_of(at)
        late = [case for case in cases if _is_late(brief, case, today)]
        changes = [Change(case, "go-without-endline", reason="no further answer by the deadline") for case in late]
        to_ask = _to_ask(session, brief, [case for case in cases if case.status is Status.TO_EVALUATE])
        changes += [_asked(brief, case, wanted, at) for case, wanted in to_ask]
        asked = {case.id for case, _ in to_ask}
        changes += _computed(session, brief, [case for case in cases if case.status is Status.TO_EVALUATE and case.id not in asked], at)
        save(session, changes, at)
        asking.lapse_askings(session, [case.id for case in late], at)
        tally.moves.update(change.move for change in changes)
    return tally


def _to_ask(session: Session, brief: Brief, cases: Sequence[Case]) -> list[tuple[Case, list[Instrument]]]:
    """Return the cases that are still to be asked once more, each with the instruments that it was asked with at the start."""
    repeated = [one for one in brief.programme.diagnose.instruments if one.repeats == "before_and_after"]
    if not repeated:
        return []
    ids = [case.id for case in cases]
    rows = session.exec(select(Asking.case_id, Asking.instrument, col(Asking.round)).where(col(Asking.case_id).in_(ids))).all()
    done = {case_id for case_id, _, number in rows if number == ENDLINE}
    first = {(case_id, name) for case_id, name, _ in rows}
    found = [(case, [one for one in repeated if (case.id, one.id) in first]) for case in cases if case.id not in done]
    return [(case, wanted) for case, wanted in found if wanted]


def _asked(brief: Brief, case: Case, wanted: Sequence[Instrument], at: pendulum.DateTime) -> Change:
    rows, messages = asking.ask(brief, case, wanted, ENDLINE, day_of(at))
    due = max(row["due"] for row in rows)
    return Change(case, "ask-endline", due=due, rows=[(Asking, {**row, "asked_at": at}) for row in rows], messages=messages)


def _computed(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Return the changes that keep the figures and measures of cases."""
    if not cases:
        return []
    today = day_of(at)
    facts = {one.case_id: one for one in collect(session, brief, today)}
    measured = measure(session, brief, [facts[case.id] for case in cases], at)
    due = brief.calendar.add(today, brief.school_days(Status.AWAITING_JUDGEMENT))
    changes = []
    for case in cases:
        row = {"case_id": case.id, "figures": figures(facts[case.id]), "computed_at": at}
        changes.append(Change(case, "compute", due=due, rows=[(Evaluation, row), *((Measure, one) for one in measured[case.id])]))
    return changes


def figures(facts: CaseFacts) -> dict[str, Any]:
    """Return the figures of one case as plain values; what has not happened is null."""
    return {
        "visits_held": len(facts.visits),
        "first_visit": facts.visits[0].isoformat() if facts.visits else None,
        "notes_published": len(facts.notes_published),
        "plan_agreed": facts.plan_agreed.isoformat() if facts.plan_agreed else None,
        "reviews_held": len(facts.reviews),
        "next_grade": facts.next_grade,
    }


def kpis(session: Session, brief: Brief, at: pendulum.DateTime) -> list[KpiValue]:
    """Compute the KPIs of a commission as they stand at `at`."""
    today = day_of(at)
    facts = collect(session, brief, today)
    others = outside(session, brief) if any(kpi.of == "every_school" for kpi in brief.programme.evaluate.kpis) else []
    whole = {"every_school": [*facts, *others]}
    return [compute(kpi, whole.get(kpi.of, facts), brief.calendar, today) for kpi in brief.programme.evaluate.kpis]


@until_saved
def record_kpis(database: Database, commission_id: int, at: pendulum.DateTime) -> list[KpiValue]:
    """Compute the KPIs and keep them with their date."""
    with database.writing() as session:
        values = kpis(session, load_brief(session, commission_id), at)
        insert_rows(session, KpiResult, [
            {"commission_id": commission_id, "kpi": value.kpi.id, "at": at, "numerator": value.numerator, "denominator": value.denominator,
             "excluded": dict(value.excluded), "target": value.kpi.target_percent}
            for value in values
        ])  # fmt: skip
    return values
