"""Promises added up by trust, phase or diocese: the same numerators and denominators, for the cases of each group alone."""

from collections.abc import Callable
from typing import Any

import pendulum
from sqlmodel import Session

from models.school import School
from stages.brief import Brief
from stages.evaluate.facts import collect
from stages.evaluate.rules import CaseFacts, KpiValue, compute

_GROUPS: dict[str, Callable[[School], str | None]] = {
    "trust": lambda school: school.trust, "phase": lambda school: school.phase.value.replace("_", " "), "diocese": lambda school: school.diocese,
}  # fmt: skip
_NONE = {"trust": "in no trust", "phase": "phase not known", "diocese": "of no diocese"}


def roll_up(session: Session, brief: Brief, at: pendulum.DateTime) -> dict[str, list[dict[str, Any]]]:
    """Return, for each way in which the programme adds results up, a row a group: its cases and its promises."""
    ways = [way for way in brief.programme.take_part.roll_up_by if way in _GROUPS]
    facts = collect(session, brief, at.in_timezone("Europe/London").date()) if ways else []
    return {way: _rows(brief, way, facts, at) for way in ways}


def _rows(brief: Brief, way: str, facts: list[CaseFacts], at: pendulum.DateTime) -> list[dict[str, Any]]:
    groups: dict[str, list[CaseFacts]] = {}
    for one in facts:
        groups.setdefault(_GROUPS[way](brief.schools[one.urn]) or _NONE[way], []).append(one)
    today = at.in_timezone("Europe/London").date()
    order = sorted(groups, key=lambda name: (name == _NONE[way], -len(groups[name]), name))
    return [
        {"group": name, "cases": len(groups[name]),
         "kpis": [_line(compute(kpi, groups[name], brief.calendar, today)) for kpi in brief.programme.evaluate.kpis]}
        for name in order
    ]  # fmt: skip


def _line(value: KpiValue) -> dict[str, Any]:
    return {"id": value.kpi.id, "title": value.kpi.title, "numerator": value.numerator, "denominator": value.denominator, "percent": value.percent}
