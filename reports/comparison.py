"""Supported schools beside schools like them that had no support, for each measure that is read from published figures."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from evidence.indicators import Held, figure
from evidence.known import Known, load_series
from models.case import Case
from models.moments import day_of
from models.school import ENGLAND, School
from models.words import Status
from stages.brief import Brief
from stages.diagnose.comparing import Features, similar
from stages.evaluate.comparison import compare
from stages.evaluate.facts import collect
from stages.evaluate.measures import of_figures
from stages.evaluate.measuring import schools_among
from stages.evaluate.rules import CaseFacts, taking_part

_ALIKE = 5


def comparisons(session: Session, brief: Brief, at: pendulum.DateTime) -> list[dict[str, Any]]:
    """Return a row a measure with the estimate and its interval; none where the programme compares with nobody.

    Those compared with are open state-funded schools of the commissioner's area that never took part, the five most alike of the same phase.
    """
    rules = [rule for rule in brief.programme.evaluate.measures if rule.kind == "pre_post" and rule.indicator]
    if brief.programme.evaluate.comparison != "matched_schools" or not rules:
        return []
    today = day_of(at)
    facts = collect(session, brief, today)
    supported = {one.urn: one for one in facts if one.status is Status.COMPLETE}
    schools = _schools(session, brief, supported, [one.urn for one in facts if taking_part(one)])
    series = load_series(session, sorted({"fsm_share", *(rule.series for rule in rules if rule.series)}), schools.keys(), today)
    held = Held({"fsm_share": series["fsm_share"]})
    meals = {urn: figure("fsm_share", school, None, today, held).value for urn, school in schools.items()}
    began = {urn: supported[urn].opened if urn in supported else brief.commission.starts for urn in schools}
    among = schools_among(session, rules, schools, began)
    rows = []
    for rule in rules:
        mine = {urn: began[urn] for urn in schools if rule.among is None or urn in among[rule.id]}
        found = _compared(schools, meals, supported, mine, series.get(rule.series or "", {}))
        rows.append({"id": rule.id, "title": rule.title, "unit": rule.unit, **found})
    return rows


def _schools(session: Session, brief: Brief, supported: Mapping[int, CaseFacts], took_part: Sequence[int]) -> dict[int, School]:
    """Return the supported schools and those that they may be compared with."""
    query = select(School).where(col(School.open).is_(True), col(School.state_funded).is_(True))
    if brief.commission.authority != ENGLAND:
        query = query.where(School.authority == brief.commission.authority)
    before = set(session.exec(select(Case.urn).where(Case.status == Status.COMPLETE)).all())
    others = [school for school in session.exec(query).all() if school.urn not in {*took_part, *before}]
    return {school.urn: school for school in (*(brief.schools[urn] for urn in supported), *others)}


def _compared(
    schools: Mapping[int, School], meals: Mapping[int, float | None], all_supported: Collection[int], began: Mapping[int, datetime.date],
    series: Mapping[int, Sequence[Known]],
) -> dict[str, Any]:  # fmt: skip
    """Return how a figure changed at supported schools against those most like them; the schools and their start are those in `began`."""
    taken = {}
    for urn, day in began.items():
        line = [(one.as_of, one.value, one.missing.value if one.missing else None) for one in series.get(urn, ())]
        taken[urn] = of_figures(line, day)
    features = {urn: Features((one := schools[urn]).phase, one.pupils, meals[urn], prior=taken[urn].baseline.value) for urn in began}
    supported = [urn for urn in all_supported if urn in began]
    alike = similar(features, len(began), supported) if supported else {}
    near = {urn: [one for one in found if one not in supported][:_ALIKE] for urn, found in alike.items()}
    changes = {urn: change for urn, one in taken.items() if (change := one.change) is not None}
    result = compare(
        {urn: change for urn, change in changes.items() if urn in supported}, near,
        {urn: change for urn, change in changes.items() if urn not in supported},
    )  # fmt: skip
    return {"schools": result.schools, "compared_with": result.matched, "left_out": result.left_out, "estimate": result.estimate,
            "lowest": result.lowest, "highest": result.highest, "says": result.says}  # fmt: skip
