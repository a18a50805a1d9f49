"""The summary of a commission: cases, visits, messages, money, KPIs and themes, as plain values."""

from typing import Any

import pendulum
from sqlalchemy import func
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission, LedgerLine, Selection, StageRun
from models.message import Message
from models.moments import day_of
from models.trail import Decision, Event
from models.visit import NoteOfVisit, Visit
from models.words import MoneyKind
from reports.comparison import comparisons
from reports.measures import measures
from reports.roll_up import roll_up
from reports.slips import slips
from reports.turnaround import turnaround_of
from stages.brief import Brief, load_brief
from stages.commission.themes import last_read
from stages.evaluate.rules import KpiValue
from stages.evaluate.work import kpis
from stages.ledger import money_left


def _counts(session: Session, key: Any, *conditions: Any, join: Any = None) -> dict[str, int]:
    """Return how many rows there are for each value of a column."""
    query = select(key, func.count()).where(*conditions).group_by(key).order_by(key)
    rows = session.exec(query.join(*join) if join else query).all()
    return {str(getattr(value, "value", value)): count for value, count in rows}


def _number(session: Session, *conditions: Any, of: Any = None) -> int:
    """Return how many rows there are, or how many different values `of` a column."""
    query = select(func.count() if of is None else func.count(func.distinct(of)))
    return session.exec(query.where(*conditions)).one()


def summarise(session: Session, commission_id: int, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the whole summary of a commission as it stands at `at`; JSON values only, money in pence."""
    brief = load_brief(session, commission_id)
    mine = (Case.commission_id == commission_id,)
    return {
        "commission": _commission(brief),
        "as_of": at.in_timezone("Europe/London").to_iso8601_string(),
        "selection": _counts(session, col(Selection.outcome), Selection.commission_id == commission_id),
        "cases": _cases(session, commission_id),
        "visits": _counts(session, col(Visit.status), *mine, join=(Case, col(Case.id) == Visit.case_id)),
        "visits_moved": _number(session, Event.commission_id == commission_id, Event.kind == "visit.moved"),
        "slips": slips(session, commission_id),
        "notes": _counts(session, col(NoteOfVisit.status), *mine, join=(Case, col(Case.id) == NoteOfVisit.case_id)),
        "turnaround": turnaround_of(session, brief, day_of(at)),
        "messages": _messages(session, commission_id),
        "money": money(session, commission_id),
        "decisions": _counts(session, col(Decision.kind), Decision.commission_id == commission_id),
        "events": _number(session, Event.commission_id == commission_id),
        "stage_runs": _counts(session, col(StageRun.stage), StageRun.commission_id == commission_id),
        "kpis": [kpi_line(value) for value in kpis(session, brief, at)],
        "roll_up": roll_up(session, brief, at),
        "measures": measures(session, brief),
        "comparisons": comparisons(session, brief, at),
        "partners": [{"part": one.part, "kind": one.kind} for one in brief.programme.partners],
        "themes": [{"theme": row.theme, "cases": row.cases, "read": row.read} for row in last_read(session, commission_id)],
    }


def _commission(brief: Brief) -> dict[str, Any]:
    one, programme = brief.commission, brief.programme
    return {
        "reference": one.reference, "programme": programme.programme, "title": programme.title, "version": programme.version,
        "commissioner": brief.head.commissioner, "authority": one.authority, "starts": one.starts.isoformat(), "ends": one.ends.isoformat(),
        "status": one.status.value, "rolls_on": one.rolls_on,
    }  # fmt: skip


def _cases(session: Session, commission_id: int) -> dict[str, Any]:
    mine = Case.commission_id == commission_id
    return {
        "total": _number(session, mine),
        "by_stage": _counts(session, col(Case.stage), mine),
        "by_status": _counts(session, col(Case.status), mine),
        "by_turn": _counts(session, col(Case.turn), mine),
        "by_category": _counts(session, col(Case.category), mine, col(Case.category).is_not(None)),
        "did_not_reply": _number(session, Event.commission_id == commission_id, Event.kind == "case.lapse", of=col(Event.case_id)),
        "paused": _number(session, mine, col(Case.paused_since).is_not(None)),
    }


def last_moment(session: Session, commission_id: int) -> pendulum.DateTime:
    """Return the evening of a commission's last day."""
    ends = session.get_one(Commission, commission_id).ends
    return pendulum.datetime(ends.year, ends.month, ends.day, 18, tz="Europe/London")


def _messages(session: Session, commission_id: int) -> dict[str, Any]:
    mine = (Message.commission_id == commission_id,)
    return {
        "by_status": _counts(session, col(Message.status), *mine),
        "by_kind": _counts(session, col(Message.kind), *mine),
        "skipped_because": _counts(session, col(Message.skip_reason), *mine, col(Message.skip_reason).is_not(None)),
    }


def money(session: Session, commission_id: int) -> dict[str, Any]:
    """Return a commission's money in pence and days: budget, committed (net of released), used, left to commit."""
    rows = session.exec(
        select(LedgerLine.kind, func.sum(col(LedgerLine.pence)), func.sum(col(LedgerLine.half_days)))
        .where(LedgerLine.commission_id == commission_id)
        .group_by(col(LedgerLine.kind))
    ).all()
    pence = {kind: int(total) for kind, total, _ in rows}
    half_days = {kind: int(total) for kind, _, total in rows}
    committed = pence.get(MoneyKind.COMMITTED, 0) - pence.get(MoneyKind.RELEASED, 0)
    return {
        "budget_pence": pence.get(MoneyKind.BUDGET, 0), "committed_pence": committed, "used_pence": pence.get(MoneyKind.USED, 0),
        "left_pence": money_left(session, commission_id),
        "days_committed": (half_days.get(MoneyKind.COMMITTED, 0) - half_days.get(MoneyKind.RELEASED, 0)) / 2,
        "days_used": half_days.get(MoneyKind.USED, 0) / 2,
    }  # fmt: skip


def kpi_line(value: KpiValue) -> dict[str, Any]:
    """Return one KPI as plain values."""
    return {
        "id": value.kpi.id, "title": value.kpi.title, "numerator": value.numerator, "denominator": value.denominator,
        "percent": value.percent, "target_percent": value.kpi.target_percent, "target_count": value.kpi.target_count,
        "met": value.met, "excluded": dict(value.excluded),
    }  # fmt: skip
