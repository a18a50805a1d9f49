"""Support after an ungraded inspection that raised concerns, from the first file of inspections to the share that was good afterwards."""

import datetime
import re
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Selection
from models.database import Database, insert_rows
from models.evidence import Finding, Inspection
from models.trail import Event
from models.words import Status
from tests.journeys.playing import kpis_of, play
from tests.snapshots import come_to

PUBLISHED = 85.0
NAME = "at-risk-after-ungraded"


def inspected_again(session: Session, urns: list[int], good: int) -> None:
    """Put made-up inspections at the end of the commission in the place of those that were played: so many good ones, the others not."""
    session.execute(delete(Inspection).where(col(Inspection.source) == "simulated"))
    grades = ["Good" if number < good else "Requires improvement" for number in range(len(urns))]
    grades[0] = "Outstanding"
    day = datetime.date(2028, 6, 20)
    insert_rows(session, Inspection, [
        {"urn": urn, "inspected": day, "grade": grade, "source": "made up"} for urn, grade in zip(urns, grades, strict=True)
    ])  # fmt: skip


@pytest.mark.slow
def test_at_risk_after_ungraded_from_the_concerns_to_the_next_inspection(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority with its inspections, when two school years are played,
    commission_id = come_to(sqlite_database, NAME, lambda: play(sqlite_database, tmp_path, NAME))
    with sqlite_database.reading() as session:
        cases = session.exec(select(Case).where(Case.commission_id == commission_id).order_by(col(Case.id))).all()
        reasons = dict(session.exec(select(Selection.urn, Selection.reason).where(Selection.commission_id == commission_id)).all())
        opened = session.exec(select(Event).where(Event.kind == "case.open")).all()
        heads = session.exec(select(Finding).where(Finding.indicator == "head_changed")).all()
    # then only schools whose newest inspection was an ungraded one with concerns are in, and the others say why they are not,
    assert any(re.fullmatch(r"its newest inspection \(.+\) was not an ungraded one", reason) for reason in reasons.values())
    assert any("its ungraded inspection found:" in reason for reason in reasons.values())
    # some of them since the commission opened, because a later file of inspections brought them within its terms,
    assert len({event.at.date() for event in opened}) > 1
    assert any(reason.startswith("new evidence:") for reason in reasons.values())
    # a change of head is part of the diagnosis where it is known,
    assert {finding.value for finding in heads} == {0.0, 1.0}
    # most were supported to the end,
    assert sum(case.status is Status.COMPLETE for case in cases) >= 15
    # and of twenty schools inspected again, seventeen were good or outstanding: the published share.
    with sqlite_database.writing() as session:
        inspected_again(session, [case.urn for case in cases][:20], good=17)
    kpis = kpis_of(sqlite_database, commission_id)
    assert kpis["inspected"]["numerator"] == 20
    assert (kpis["good-or-outstanding"]["numerator"], kpis["good-or-outstanding"]["denominator"]) == (17, 20)
    assert kpis["good-or-outstanding"]["percent"] == PUBLISHED


@pytest.mark.slow
def test_a_case_opened_later_counts_its_days_from_its_own_opening(sqlite_database: Database, tmp_path: Path) -> None:
    commission_id = come_to(sqlite_database, NAME, lambda: play(sqlite_database, tmp_path, NAME))
    assert kpis_of(sqlite_database, commission_id)["prompt-start"]["percent"] > 60
