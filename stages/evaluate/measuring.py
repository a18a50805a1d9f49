"""Collecting what measures are made of: answers, figures, national figures and inspections of many cases at once."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from evidence.holding import hold_for
from evidence.indicators import INDICATORS, LOADED
from evidence.known import Series, load_series
from evidence.national import National, load_national
from evidence.standing import SCALE
from models.evidence import Answer
from models.moments import day_of
from models.programme import MeasureRule
from models.school import School
from stages.asking import find_instrument
from stages.brief import Brief
from stages.commission.terms import why_not
from stages.evaluate.assessments import PROGRESS, Assessments, load_assessments, progress_of
from stages.evaluate.measures import BeforeAndAfter, Taken, against_national, is_better, of_answers, of_figures
from stages.evaluate.progress import has_improved
from stages.evaluate.rules import CaseFacts

NATIONAL = "rate_against_national"
# What says of a school whether its pupils do better than at the start; that a gap narrows is another matter.
TWO_ENDS = frozenset({"pre_post", "trend", "months_of_progress"})
Editions = dict[tuple[int, str], list[tuple[datetime.date, Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Material:
    """What measures are made of: answers, figures of schools and of England, and by measure the schools that it is taken in."""

    editions: Editions = field(default_factory=dict)
    assessed: Assessments = field(default_factory=dict)
    series: Series = field(default_factory=dict)
    national: National = field(default_factory=dict)
    among: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def has(self, rule: MeasureRule, urn: int) -> bool:
        """Tell whether a measure is taken in a school."""
        return rule.among is None or urn in self.among[rule.id]


def measure(session: Session, brief: Brief, facts: Sequence[CaseFacts], at: pendulum.DateTime) -> dict[int, list[dict[str, Any]]]:
    """Return the rows of every measure of the programme that is taken in a case's school, by case; what cannot be taken keeps the reason."""
    rules = brief.programme.evaluate.measures
    found = _material(session, brief, rules, facts, day_of(at))
    return {one.case_id: [_row(rule, one, taken(brief, rule, one, found)) for rule in rules if found.has(rule, one.urn)] for one in facts}


def better_than_national(session: Session, brief: Brief, facts: Sequence[CaseFacts], on: datetime.date) -> dict[int, bool | None]:
    """Return by case whether it is better than the national figures in all that is known of it on a day; None if nothing is."""
    rules = [rule for rule in brief.programme.evaluate.measures if rule.kind == NATIONAL]
    found = _material(session, brief, rules, facts, on)
    return {one.case_id: is_better((rule, taken(brief, rule, one, found)) for rule in rules if found.has(rule, one.urn)) for one in facts}


def improved(session: Session, brief: Brief, facts: Sequence[CaseFacts], on: datetime.date) -> dict[int, bool | None]:
    """Return by case whether all that is known to have changed since its start has changed for the better; None if nothing is known."""
    rules = [rule for rule in brief.programme.evaluate.measures if rule.kind in TWO_ENDS]
    found = _material(session, brief, rules, facts, on)
    return {one.case_id: has_improved((rule, taken(brief, rule, one, found)) for rule in rules if found.has(rule, one.urn)) for one in facts}


def _material(session: Session, brief: Brief, rules: Sequence[MeasureRule], facts: Sequence[CaseFacts], on: datetime.date) -> Material:
    """Return what some measures are made of, as far as they need it."""
    editions = _editions(session, [one.case_id for one in facts]) if any(rule.instrument for rule in rules) else {}
    loaded = [rule for rule in rules if rule.kind != "inspection" and rule.indicator and _is_loaded(rule.indicator)]
    names = sorted({rule.series for rule in loaded if rule.series})
    series = load_series(session, names, {one.urn for one in facts}, on) if names else {}
    beside = sorted({rule.series for rule in loaded if rule.kind == NATIONAL and rule.series})
    national = load_national(session, beside, {brief.schools[one.urn].phase for one in facts}) if beside else {}
    assessed = load_assessments(session, [one.case_id for one in facts]) if any(rule.kind in PROGRESS for rule in rules) else {}
    return Material(editions, assessed, series, national, schools_among(session, rules, brief.schools, {one.urn: one.opened for one in facts}))


def schools_among(
    session: Session, rules: Sequence[MeasureRule], schools: Mapping[int, School], began: Mapping[int, datetime.date]
) -> dict[str, frozenset[int]]:
    """Return for each measure that is for some schools only which of them it is taken in, as they were when their case `began`.

    Not as they are at the end: a measure for schools with a poor grade would lose those whose grade got better.
    """
    parted = [(rule.id, rule.among) for rule in rules if rule.among is not None]
    found: dict[str, set[int]] = {name: set() for name, _ in parted}
    for day in sorted(set(began.values())) if parted else []:
        urns = [urn for urn, since in began.items() if since == day]
        held = hold_for(session, [wanted for _, wanted in parted], urns, day)
        for name, wanted in parted:
            found[name].update(urn for urn in urns if why_not(wanted, schools[urn], day, held) is None)
    return {name: frozenset(urns) for name, urns in found.items()}


def _is_loaded(indicator: str) -> bool:
    return indicator in INDICATORS and INDICATORS[indicator].kept in LOADED


def _row(rule: MeasureRule, facts: CaseFacts, found: BeforeAndAfter) -> dict[str, Any]:
    return {
        "case_id": facts.case_id, "measure": rule.id, "unit": rule.unit, "baseline": found.baseline.value, "baseline_on": found.baseline.on,
        "endline": found.endline.value, "endline_on": found.endline.on, "why_missing": found.why_missing,
    }  # fmt: skip


def taken(brief: Brief, rule: MeasureRule, facts: CaseFacts, found: Material) -> BeforeAndAfter:
    """Return one measure of one case."""
    school = brief.schools[facts.urn]
    if rule.kind == "inspection":
        before = Taken(SCALE.get(school.last_grade or ""), school.last_inspected, None if school.last_grade else "no grade from before")
        return BeforeAndAfter(before, Taken(SCALE.get(facts.next_grade or ""), why=None if facts.next_grade else "not inspected since"))
    if rule.kind in PROGRESS:
        return progress_of(brief, rule, facts.case_id, found.assessed)
    if rule.instrument is not None:
        one = of_answers(rule, find_instrument(brief.programme, rule.instrument), found.editions.get((facts.case_id, rule.instrument), []))
    elif rule.series is None:
        return BeforeAndAfter(Taken(why="not taken"), Taken(why="not taken"))
    else:
        line = found.series.get(rule.series, {}).get(facts.urn, [])
        one = of_figures([(known.as_of, known.value, known.missing.value if known.missing else None) for known in line], facts.opened)
    if rule.kind == NATIONAL:
        return against_national(one, found.national.get(rule.series or "", {}).get(school.phase, {}))
    return BeforeAndAfter(Taken(why="not taken at the start"), one.endline) if rule.kind == "endline_only" else one


def _editions(session: Session, case_ids: Sequence[int]) -> Editions:
    """Return each case's answers by instrument, oldest first."""
    found: Editions = {}
    for start in range(0, len(case_ids), 5000):
        query = select(Answer).where(col(Answer.case_id).in_(case_ids[start : start + 5000])).order_by(col(Answer.edition))
        for one in session.exec(query).all():
            found.setdefault((one.case_id, one.instrument), []).append((day_of(one.at), one.answers))
    return found
