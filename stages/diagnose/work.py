"""The diagnosis batch: ask schools for their view, go on where none came, work out need, propose a category."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pendulum
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from evidence.indicators import NOTHING_HELD, Held
from evidence.known import sources
from models.case import Case
from models.collecting import collector_at_rest
from models.database import Database, until_saved
from models.evidence import Answer, Asking, Diagnosis, Finding, Need
from models.moments import day_of
from models.programme import Category
from models.school import School
from models.words import Stage, Status
from stages import asking
from stages.batch import Tally, lock_cases, ready_cases
from stages.brief import Brief, load_brief
from stages.commission import places
from stages.commission.terms import why_not
from stages.diagnose import rules
from stages.diagnose.findings import FoundFinding, differences, finding
from stages.diagnose.gathering import gather
from stages.diagnose.population import Population
from stages.record import Change, save
from stages.reminders.rules import gives_up_on

STAGE = Stage.DIAGNOSE
_WAITING = {
    Status.INVITED: ("lapse", "no answer to the invitation"),
    Status.AWAITING_SELF_EVALUATION: ("go-without", "no answer by the deadline"),
    Status.AWAITING_EVIDENCE: ("assess-again", "the time for more evidence is over"),
}
_NOW = (Status.SELECTED, Status.TO_ASSESS)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of the cases that the engine can move in this stage at `at`."""
    today = day_of(at)
    cases = ready_cases(session, commission_id, (*_NOW, *_WAITING))
    waiting = any(case.status in _WAITING and case.due and case.due < today for case in cases)
    brief = load_brief(session, commission_id, []) if waiting else None
    found = [case.id for case in cases if case.status in _NOW or (brief and _is_late(brief, case, today))]
    return found + places.waiting(session, commission_id, at)


def _is_late(brief: Brief, case: Case, today: datetime.date) -> bool:
    """Tell whether a case has been waited for long enough: past its due day and the last reminder."""
    if case.status not in _WAITING or case.due is None or case.due >= today:
        return False
    return gives_up_on(case.due, brief.programme.messages.reminders, brief.calendar) <= today


@collector_at_rest()
@until_saved
def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Move these cases on, in one transaction."""
    tally = Tally()
    with database.writing() as session:
        cases = lock_cases(session, ids, (*_NOW, *_WAITING, Status.AWAITING_PLACE))
        brief = load_brief(session, commission_id)
        today = day_of(at)
        changes = _asked(session, brief, [case for case in cases if case.status is Status.SELECTED], at)
        # Looked at again here: another run may have moved a case to where it only begins to wait.
        late = [case for case in cases if _is_late(brief, case, today)]
        changes += [Change(case, _WAITING[case.status][0], reason=_WAITING[case.status][1]) for case in late]
        changes += _assessed(session, brief, [case for case in cases if case.status is Status.TO_ASSESS], at)
        changes += places.places_given(session, brief, [case for case in cases if case.status is Status.AWAITING_PLACE], at)
        save(session, changes, at)
        asking.lapse_askings(session, [case.id for case in late], at)
        tally.moves.update(change.move for change in changes)
    return tally


def _asked(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Ask schools for their own view, with every instrument of the programme that is for them."""
    today, held = day_of(at), NOTHING_HELD
    instruments = brief.programme.diagnose.instruments
    if any(one.asked_where for one in instruments):
        held = gather(session, brief.programme, [case.urn for case in cases], today).held
    changes = []
    for case in cases:
        wanted = [one for one in instruments if one.asked_where is None or why_not(one.asked_where, brief.school(case), today, held) is None]
        if not wanted:
            changes.append(Change(case, "gather"))
            continue
        rows, messages = asking.ask(brief, case, wanted, 1, max(today, brief.commission.starts))
        due = max(row["due"] for row in rows)
        changes.append(Change(case, "ask", due=due, rows=[(Asking, {**row, "asked_at": at}) for row in rows], messages=messages))
    return changes


def _assessed(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> list[Change]:
    """Work out score, category, findings and needs of cases, compared with all schools of the commission."""
    if not cases:
        return []
    today = day_of(at)
    schools = list(brief.schools.values())
    against = gather(session, brief.programme, brief.schools.keys(), today)
    population = Population(schools, scale_answers(session, brief), today, against)
    scores = rules.score_population(brief.programme, population)
    # A case that is assessed again gets its needs anew.
    session.execute(delete(Need).where(col(Need.case_id).in_([case.id for case in cases])))
    due = brief.calendar.add(today, brief.school_days(Status.AWAITING_CONFIRMATION))
    found = {case.id: [finding(part, population, case.urn) for part in scores[case.urn].parts] for case in cases}
    named = sources(session, {one.figure.known.load_id for line in found.values() for one in line if one.figure.known})
    earlier = last_diagnoses(session, [case.id for case in cases])
    return [_diagnosed(brief, case, scores[case.urn], population, found[case.id], named, earlier.get(case.id), due, at) for case in cases]


def _diagnosed(
    brief: Brief, case: Case, score: rules.Score, population: Population, findings: Sequence[FoundFinding], named: Mapping[int, str],
    before: Diagnosis | None, due: datetime.date, at: pendulum.DateTime,
) -> Change:  # fmt: skip
    """Return the change that proposes a diagnosis, with its findings and needs."""
    always = demanded(brief.programme.diagnose.categories, brief.school(case), population.today, population.against.held)
    category, reason = rules.categorise(brief.programme.diagnose.categories, score, always)
    changes = differences(before, score) if before is not None else None
    reason = f"{reason} {changes}" if changes else reason
    asked = {name for rule in brief.programme.diagnose.needs for name in rule.when}
    needs = rules.needs_of(brief.programme, {name: population.figure(name, case.urn) for name in asked}, score)
    diagnosis = {
        "case_id": case.id, "at": at, "rules_version": f"{brief.programme.programme} {brief.programme.version}",
        "score": score.value, "lowest": score.lowest, "highest": score.highest,
        "sum": [{"indicator": p.indicator, "value": p.value, "points": p.points, "weight": p.weight, "among": p.among,
                 "missing": p.missing.value if p.missing else None, "beside": p.beside} for p in score.parts],
        "category": category.id, "reason": reason,
    }  # fmt: skip
    rows: list[tuple[type[SQLModel], dict[str, Any]]] = [(Diagnosis, diagnosis)]
    rows += [(Finding, _finding_row(case, one, named, at)) for one in findings]
    rows += [(Need, {"case_id": case.id, "need": n.need, "skill": n.skill, "severity": n.severity, "says": n.says, "at": at}) for n in needs]
    fields = {"category": category.id, "entitlement": round(category.days * 2)}
    return Change(case, "assess", due=due, reason=reason, fields=fields, detail={"category": category.id, "score": score.value}, rows=rows)


def _finding_row(case: Case, one: FoundFinding, named: Mapping[int, str], at: pendulum.DateTime) -> dict[str, Any]:
    known = one.figure.known
    return {
        "case_id": case.id, "indicator": one.indicator, "value": one.value, "missing": one.missing, "says": one.says,
        "as_of": known.as_of if known else None, "source": named.get(known.load_id) if known else None, "compared": one.compared, "at": at,
    }  # fmt: skip


def demanded(categories: Sequence[Category], school: School, today: datetime.date, held: Held) -> Category | None:
    """Return the heaviest category that a school's standing demands whatever its score, if any does."""
    found = [one for one in categories if one.always_when and why_not(one.always_when, school, today, held) is None]
    return found[-1] if found else None


def last_diagnoses(session: Session, case_ids: Sequence[int]) -> dict[int, Diagnosis]:
    """Return the newest diagnosis that the engine worked out for each case, by case."""
    found: dict[int, Diagnosis] = {}
    for start in range(0, len(case_ids), 5000):
        part = case_ids[start : start + 5000]
        query = select(Diagnosis).where(col(Diagnosis.case_id).in_(part), col(Diagnosis.decided_by).is_(None)).order_by(col(Diagnosis.id))
        found |= {one.case_id: one for one in session.exec(query).all()}
    return found


def scale_answers(session: Session, brief: Brief) -> dict[int, dict[str, float]]:
    """Return each school's latest answers on scales, by URN; counts and words are no judgements of its own."""
    scales = {(one.id, q.id) for one in brief.programme.diagnose.instruments for q in one.questions if q.kind == "scale"}
    rows = session.exec(
        select(Case.urn, Answer.instrument, Answer.answers)
        .join(Answer, col(Answer.case_id) == Case.id)
        .where(Case.commission_id == brief.commission_id)
        .order_by(col(Answer.edition))
    ).all()
    found: dict[int, dict[str, float]] = {}
    for urn, instrument, answers in rows:
        judged = {f"{instrument}/{name}": float(value) for name, value in answers.items() if (instrument, name) in scales}
        found.setdefault(urn, {}).update(judged)
    return {urn: judged for urn, judged in found.items() if judged}
