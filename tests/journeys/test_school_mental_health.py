"""School mental health: a yearly census of which each school has its report, with its trend over three years."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.case import Case
from models.evidence import Answer, Asking
from models.message import Message
from models.review import Measure, SchoolReport
from models.words import MessageStatus, Status
from stages.journey import ENDED
from tests.journeys.playing import followed

pytestmark = pytest.mark.slow
NAME, CENSUS = "school-mental-health", "wellbeing-census"
Years = tuple[Session, dict[str, Any], dict[int, Case]]


@pytest.fixture(scope="module")
def years(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    """Three school years of the programme in the special schools of the synthetic authority and those of all ages, played once."""
    with followed(sqlite_template, tmp_path_factory, NAME, "all_through", "special", "alternative") as found:
        yield found


def test_each_school_has_its_report_with_its_trend_as_published(years: Years) -> None:
    session, summary, cases = years
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    # Promised was a report for every school, and the engine counts those that left as messages.
    assert kpis["census-report"]["percent"] == 100.0 and kpis["census-report"]["met"]
    assert kpis["census-report"]["denominator"] == len(cases) - kpis["census-report"]["excluded"].get("withdrawn", 0) >= 10
    assert kpis["trend"]["met"] and kpis["community"]["met"] and kpis["plans"]["met"]
    reports = session.exec(select(SchoolReport)).all()
    assert {report.year for report in reports} == {2026, 2027, 2028}
    last = [report for report in reports if report.year == 2028]
    assert last and all(line["before"] for report in last for line in report.lines if line["group"] is None)


def test_a_report_says_what_the_school_counted_and_hides_small_groups(years: Years) -> None:
    session, _, _ = years
    hidden = 0
    for report in session.exec(select(SchoolReport)).all():
        query = select(Answer).where(Answer.case_id == report.case_id, Answer.instrument == CENSUS).order_by(col(Answer.edition))
        said = [one.answers for one in session.exec(query).all() if one.at.year + (one.at.month > 8) - 1 == report.year][-1]
        for line in report.lines:
            group = f":{line['group']}" if line["group"] else ""
            whole = said[f"answered{group}"]
            rest = said["answered"] - whole
            if line["asks"].endswith("feel safe at school?"):
                small = whole < 10 or 0 < rest < 10
                hidden += small
                assert line["here"] == ("too few pupils to show" if small else f"{round(100 * said[f'safe{group}'] / whole)} %")
    assert hidden


def test_a_years_reports_wait_for_all_schools_and_go_to_each_once(years: Years) -> None:
    session, _, _ = years
    reports = session.exec(select(SchoolReport)).all()
    messages = session.exec(select(Message).where(Message.kind == "census_report")).all()
    assert {message.status for message in messages} <= {MessageStatus.SENT, MessageStatus.SKIPPED} and len(messages) == len(reports)
    for year in (2027, 2028):
        asked = [one for one in session.exec(select(Asking).where(Asking.instrument == CENSUS)).all() if one.asked_at.year == year]
        first = min(report.at for report in reports if report.year == year)
        assert asked and all(one.answered_at is None or one.answered_at <= first or one.answered_at.date() > one.due for one in asked)


def test_cases_come_to_their_end_with_the_trend_as_their_measure(years: Years) -> None:
    session, summary, cases = years
    assert all(case.status in ENDED for case in cases.values()) and summary["cases"]["by_status"]["complete"] >= 10
    measures = {one["id"]: one for one in summary["measures"]}
    assert measures["safe"]["schools"] >= 5 and measures["safe"]["change"] is not None
    complete = sum(case.status is Status.COMPLETE for case in cases.values())
    assert len(session.exec(select(Measure).where(Measure.measure == "safe")).all()) == complete
