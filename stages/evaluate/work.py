"""The evaluation batch: the figures of each case whose support is done, and the KPIs of the whole commission."""

from collections.abc import Sequence
from typing import Any

import pendulum
from sqlmodel import Session

from evidence.standing import SCALE
from models.database import Database, insert_rows
from models.review import Evaluation, KpiResult, Measure
from models.words import Stage, Status
from stages.batch import Tally, lock_cases, ready_cases
from stages.brief import Brief, load_brief
from stages.evaluate.facts import collect
from stages.evaluate.rules import CaseFacts, KpiValue, compute
from stages.record import Change, save

STAGE = Stage.EVALUATE


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of cases whose figures are to be computed."""
    return [case.id for case in ready_cases(session, commission_id, (Status.TO_EVALUATE,))]


def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Compute the figures of these cases, in one transaction."""
    tally = Tally()
    with database.writing() as session:
        cases = lock_cases(session, ids, (Status.TO_EVALUATE,))
        brief = load_brief(session, commission_id)
        facts = {one.case_id: one for one in collect(session, brief)} if cases else {}
        due = brief.calendar.add(at.in_timezone("Europe/London").date(), brief.school_days(Status.AWAITING_JUDGEMENT))
        changes = []
        for case in cases:
            mine = facts[case.id]
            row = {"case_id": case.id, "figures": figures(mine), "computed_at": at}
            measures = [(Measure, {"case_id": case.id, **measure}) for measure in _measures(brief, mine)]
            changes.append(Change(case, "compute", due=due, rows=[(Evaluation, row), *measures]))
        save(session, changes, at)
        tally.moves.update(change.move for change in changes)
    return tally


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


def _measures(brief: Brief, facts: CaseFacts) -> list[dict[str, Any]]:
    """Return the programme's measures of one case; an inspection that has not come stays empty, with the reason."""
    rows = []
    for rule in brief.programme.evaluate.measures:
        school = brief.schools[facts.urn]
        endline = SCALE.get(facts.next_grade or "") if rule.kind == "inspection" else None
        rows.append({
            "measure": rule.id, "unit": rule.unit, "baseline": SCALE.get(school.last_grade or "") if rule.kind == "inspection" else None,
            "baseline_on": school.last_inspected if rule.kind == "inspection" else None, "endline": endline,
            "why_missing": None if endline is not None else "not inspected since" if rule.kind == "inspection" else "not taken",
        })  # fmt: skip
    return rows


def kpis(session: Session, brief: Brief, at: pendulum.DateTime) -> list[KpiValue]:
    """Compute the KPIs of a commission as they stand at `at`."""
    facts, today = collect(session, brief), at.in_timezone("Europe/London").date()
    return [compute(kpi, facts, brief.calendar, today) for kpi in brief.programme.evaluate.kpis]


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
