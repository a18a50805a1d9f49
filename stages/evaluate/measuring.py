"""Collecting what measures are made of: answers, figures and inspections of many cases at once."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
from sqlmodel import Session, col, select

from evidence.indicators import INDICATORS
from evidence.known import Series, load_series
from evidence.standing import SCALE
from models.evidence import Answer
from models.programme import MeasureRule
from stages.asking import find_instrument
from stages.brief import Brief
from stages.evaluate.measures import BeforeAndAfter, Taken, of_answers, of_figures
from stages.evaluate.rules import CaseFacts

Editions = dict[tuple[int, str], list[tuple[datetime.date, Mapping[str, Any]]]]
_LONDON = ZoneInfo("Europe/London")


def measure(session: Session, brief: Brief, facts: Sequence[CaseFacts], at: pendulum.DateTime) -> dict[int, list[dict[str, Any]]]:
    """Return the rows of every measure of the programme, by case; what cannot be taken keeps the reason."""
    rules = brief.programme.evaluate.measures
    editions = _editions(session, [one.case_id for one in facts]) if any(rule.instrument for rule in rules) else {}
    names = sorted({rule.indicator for rule in rules if rule.indicator and rule.kind != "inspection" and _is_loaded(rule.indicator)})
    series = load_series(session, names, {one.urn for one in facts}, at.in_timezone("Europe/London").date()) if names else {}
    return {one.case_id: [_row(rule, one, taken(brief, rule, one, editions, series)) for rule in rules] for one in facts}


def _is_loaded(indicator: str) -> bool:
    return indicator in INDICATORS and INDICATORS[indicator].kept in {"figures", "neighbourhood"}


def _row(rule: MeasureRule, facts: CaseFacts, found: BeforeAndAfter) -> dict[str, Any]:
    return {
        "case_id": facts.case_id, "measure": rule.id, "unit": rule.unit, "baseline": found.baseline.value, "baseline_on": found.baseline.on,
        "endline": found.endline.value, "endline_on": found.endline.on, "why_missing": found.why_missing,
    }  # fmt: skip


def taken(brief: Brief, rule: MeasureRule, facts: CaseFacts, editions: Editions, series: Series) -> BeforeAndAfter:
    """Return one measure of one case."""
    if rule.kind == "inspection":
        school = brief.schools[facts.urn]
        before = Taken(SCALE.get(school.last_grade or ""), school.last_inspected, None if school.last_grade else "no grade from before")
        return BeforeAndAfter(before, Taken(SCALE.get(facts.next_grade or ""), why=None if facts.next_grade else "not inspected since"))
    if rule.instrument is not None:
        found = of_answers(rule, find_instrument(brief.programme, rule.instrument), editions.get((facts.case_id, rule.instrument), []))
    elif rule.indicator is None:
        return BeforeAndAfter(Taken(why="not taken"), Taken(why="not taken"))
    else:
        line = series.get(rule.indicator, {}).get(facts.urn, [])
        found = of_figures([(one.as_of, one.value, one.missing.value if one.missing else None) for one in line], facts.opened)
    return BeforeAndAfter(Taken(why="not taken at the start"), found.endline) if rule.kind == "endline_only" else found


def _editions(session: Session, case_ids: Sequence[int]) -> Editions:
    """Return each case's answers by instrument, oldest first."""
    found: Editions = {}
    for start in range(0, len(case_ids), 5000):
        query = select(Answer).where(col(Answer.case_id).in_(case_ids[start : start + 5000])).order_by(col(Answer.edition))
        for one in session.exec(query).all():
            found.setdefault((one.case_id, one.instrument), []).append((one.at.astimezone(_LONDON).date(), one.answers))
    return found
