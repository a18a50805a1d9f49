"""Promises added up by trust, phase, diocese, area or hub: the same numerators and denominators, for the cases of each group alone."""

from collections.abc import Callable, Mapping
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.meeting import GroupPlace, SupportGroup
from models.moments import day_of
from models.school import School
from programmes.sessions import FIRST
from stages.brief import Brief
from stages.evaluate.facts import collect
from stages.evaluate.rules import CaseFacts, KpiValue, compute

_GROUPS: dict[str, Callable[[School], str | None]] = {
    "trust": lambda school: school.trust, "phase": lambda school: school.phase.value.replace("_", " "), "diocese": lambda school: school.diocese,
    "area": lambda school: school.town,
}  # fmt: skip
_NONE = {"trust": "in no trust", "phase": "phase not known", "diocese": "of no diocese", "area": "town not known", "hub": "in no hub"}


def roll_up(session: Session, brief: Brief, at: pendulum.DateTime) -> dict[str, list[dict[str, Any]]]:
    """Return, for each way in which the programme adds results up, a row a group: its cases and its promises."""
    ways = brief.programme.take_part.roll_up_by
    facts = collect(session, brief, day_of(at)) if ways else []
    hubs = _hubs(session, brief) if "hub" in ways else {}
    return {way: _rows(brief, way, facts, at, hubs) for way in ways}


def _hubs(session: Session, brief: Brief) -> dict[int, str]:
    """Return the group that each case is in by its first match."""
    query = select(GroupPlace.case_id, SupportGroup.title).join(SupportGroup, col(SupportGroup.id) == GroupPlace.group_id)
    mine = (SupportGroup.commission_id == brief.commission_id, SupportGroup.further == FIRST, col(GroupPlace.left_on).is_(None))
    return dict(session.exec(query.where(*mine)).all())


def _rows(brief: Brief, way: str, facts: list[CaseFacts], at: pendulum.DateTime, hubs: Mapping[int, str]) -> list[dict[str, Any]]:
    groups: dict[str, list[CaseFacts]] = {}
    for one in facts:
        name = hubs.get(one.case_id) if way == "hub" else _GROUPS[way](brief.schools[one.urn])
        groups.setdefault(name or _NONE[way], []).append(one)
    today = day_of(at)
    order = sorted(groups, key=lambda name: (name == _NONE[way], -len(groups[name]), name))
    return [
        {"group": name, "cases": len(groups[name]),
         "kpis": [_line(compute(kpi, groups[name], brief.calendar, today)) for kpi in brief.programme.evaluate.kpis]}
        for name in order
    ]  # fmt: skip


def _line(value: KpiValue) -> dict[str, Any]:
    return {"id": value.kpi.id, "title": value.kpi.title, "numerator": value.numerator, "denominator": value.denominator, "percent": value.percent}
