"""The inclusion framework: judgements revisited every term, no visits, no end date, and schools that ask to join."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from evidence.register import load_register
from models.case import Case
from models.commission import Commission
from models.database import Database
from models.evidence import Answer, Asking
from models.plan import ActionPlan
from models.review import KpiResult
from models.school import School
from models.words import PlanStatus, Role, Status
from programmes.catalogue import find_programme
from reports.answers import at_a_glance, load_answers, over_time
from reports.summary import summarise
from simulation.setting_up import first_moment
from simulation.staffing import staff
from simulation.wexcombe import write_register
from stages.asking import find_instrument
from stages.brief import load_brief
from stages.commission.joining import join
from stages.commission.opening import Terms, open_commission
from stages.deciding import decide
from stages.pipeline import run_all
from stages.record import Actor
from stages.request import Request
from tests.journeys.playing import play, summary_of

NAME = "inclusion-framework"
PUBLISHED = 150
ANSWERS = {"leadership": 2, "belonging": 3, "teaching": 2, "early_support": 1, "attendance": 2, "families": 3, "evidence": "Minutes of governors"}


@pytest.mark.slow
def test_the_inclusion_framework_from_the_first_answer_to_its_end(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority, when it is played until the commissioner gives it a last day,
    commission_id = play(sqlite_database, tmp_path, NAME)
    summary = summary_of(sqlite_database, commission_id)
    with sqlite_database.reading() as session:
        commission = session.get_one(Commission, commission_id)
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        plans = session.exec(select(ActionPlan).where(ActionPlan.status == PlanStatus.AGREED)).all()
        editions = session.exec(select(Answer.case_id, Answer.edition)).all()
        rounds = set(session.exec(select(col(Asking.round))).all())
        yearly = session.exec(select(KpiResult)).all()
        brief = load_brief(session, commission_id, [])
        answers = load_answers(session, commission_id, "inclusion-self-evaluation")
    # then nobody was visited and nothing was spent, every school that takes part agreed a plan of its own,
    assert summary["visits"] == {} and summary["money"]["used_pence"] == 0
    taking_part = [case for case in cases if case.status is not Status.DECLINED]
    assert len(taking_part) >= 50 and {plan.case_id for plan in plans} == {case.id for case in taking_part}
    # they were asked in each term, and most came back to their judgements;
    assert rounds == set(range(1, 7))
    assert max(edition for _, edition in editions) >= 5
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    assert kpis["revisited"]["percent"] >= 80 and kpis["revisited"]["met"]
    # everybody sees at a glance how the judgements stand and have changed,
    instrument = find_instrument(brief.programme, "inclusion-self-evaluation")
    rows, terms = at_a_glance(instrument, answers), over_time(instrument, answers)
    withdrawn = sum(case.status is Status.WITHDRAWN for case in cases)
    assert len(rows) == kpis["schools-using"]["numerator"] - withdrawn and any("+" in str(row["belonging"]) for row in rows)
    assert len(terms) == 6 and terms[-1]["belonging"] > terms[0]["belonging"]
    # the commission rolled on after its first year, with the promises of that year kept, until it was given its last day.
    assert {result.kpi for result in yearly} == set(kpis) and not commission.rolls_on
    assert sum(case.status is Status.COMPLETE for case in taking_part) >= 0.8 * len(taking_part)
    assert summary["roll_up"].keys() == {"phase", "trust"}


@pytest.mark.slow
def test_over_a_hundred_and_fifty_schools_use_it_when_that_many_have_asked_and_answered(sqlite_database: Database, tmp_path: Path) -> None:
    programme, at = find_programme(NAME), first_moment()
    load_register(sqlite_database, write_register(tmp_path / "edubasealldata20260801.csv", times=2), "999", at)
    with sqlite_database.writing() as session:
        staffing = staff(session, programme, "999", "Wexcombe", 2, 1, at)
        opened = open_commission(session, programme, Terms("I-1", staffing.commissioner, at.date(), 100_000),
                                 Actor(Role.COMMISSIONER, "commissioner"), at)  # fmt: skip
        brief = load_brief(session, opened.commission_id)
        urns = session.exec(select(School.urn).where(col(School.open).is_(True), col(School.state_funded).is_(True)).order_by(col(School.urn))).all()
        for urn in urns[: PUBLISHED + 1]:
            join(session, brief, urn, Actor(Role.SCHOOL, "headteacher"), at)
    run_all(sqlite_database, opened.commission_id, at.add(hours=1))
    with sqlite_database.reading() as session:
        waiting = session.exec(select(Case.id).where(Case.status == Status.AWAITING_SELF_EVALUATION)).all()
    for number in waiting:
        request = Request(kind="answer", case=number, role=Role.SCHOOL, by="headteacher", answers=ANSWERS, focus="belonging")
        decide(sqlite_database, request, at.add(days=1))
    with sqlite_database.reading() as session:
        kpi = summarise(session, opened.commission_id, at.add(days=2))["kpis"][0]
    assert (kpi["numerator"], kpi["denominator"], kpi["met"]) == (PUBLISHED + 1, 200, True)
