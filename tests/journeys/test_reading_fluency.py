"""Reading fluency: trainers are trained, train their colleagues at their own school, and pupils are assessed before and after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.evidence import Answer
from models.meeting import Attendance, Meeting
from models.message import Message
from models.visit import Visit
from models.words import AttendanceStatus, MoneyKind, Status, VisitStatus
from simulation.wexcombe import NEIGHBOURS_FROM
from stages.journey import ENDED
from tests.journeys.playing import followed

pytestmark = pytest.mark.slow
NAME = "reading-fluency"
Cycle = tuple[Session, dict[str, Any], dict[int, Case]]


@pytest.fixture(scope="module")
def cycle(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cycle]:
    """The cycles of the secondary and special schools of the synthetic authority, and of those of all ages, played once for all tests here."""
    with followed(sqlite_template, tmp_path_factory, NAME, "secondary", "all_through", "special") as found:
        yield found


def test_pupils_gain_the_months_that_were_published(cycle: Cycle) -> None:
    session, summary, cases = cycle
    measures = {one["id"]: one for one in summary["measures"]}
    assert measures["ks2-comprehension"]["change"] == pytest.approx(18, abs=1)
    assert measures["ks2-accuracy"]["change"] == pytest.approx(11, abs=1)
    assert measures["ks4-comprehension"]["change"] == pytest.approx(32, abs=1)
    assert all(measures[name]["schools"] >= 5 for name in ("ks2-comprehension", "ks2-accuracy", "ks4-comprehension"))
    # The same from the answers themselves: the mean of schools' mean ages after, less that before.
    gains = []
    for number in cases:
        query = select(Answer).where(Answer.case_id == number, Answer.instrument == "ks4-reading").order_by(col(Answer.edition))
        said = [one.answers["comprehension"] / one.answers["pupils"] for one in session.exec(query).all()]
        if len(said) == 2:
            gains.append(said[1] - said[0])
    assert measures["ks4-comprehension"]["change"] == pytest.approx(sum(gains) / len(gains), abs=0.02)


def test_the_promises_are_kept_where_the_cycle_was_run(cycle: Cycle) -> None:
    _, summary, cases = cycle
    kpis = {kpi["id"]: kpi for kpi in summary["kpis"]}
    assert kpis["improved"]["met"] and kpis["improved"]["numerator"] > 10
    assert 0 < kpis["schools"]["numerator"] <= kpis["trained"]["numerator"] <= kpis["trained"]["denominator"]
    assert all(case.status in ENDED for case in cases.values())
    counted = next(one for one in summary["measures"] if one["id"] == "pupils")
    assert counted["baseline"] > 100 and counted["schools"] >= kpis["improved"]["numerator"]


def test_a_school_is_trained_first_and_then_leads_its_own_session_without_a_supporter(cycle: Cycle) -> None:
    session, summary, _ = cycle
    rows = session.exec(select(Meeting, Attendance).join(Attendance, col(Attendance.meeting_id) == Meeting.id)).all()
    trained = {
        place.case_id: meeting.held_on for meeting, place in rows if meeting.session == "train-trainers" and place.status is AttendanceStatus.CAME
    }
    inside = [(meeting, place) for meeting, place in rows if meeting.session == "trainers-train"]
    held = [(meeting, place) for meeting, place in inside if meeting.status is VisitStatus.HELD]
    assert len(held) > 10
    for meeting, place in held:
        assert meeting.supporter_id is None and meeting.host_urn is not None
        before = trained[place.case_id]
        assert before is not None and meeting.held_on is not None and before < meeting.held_on
    assert len({meeting.id for meeting, _ in inside}) == len(inside)
    assert session.exec(select(Visit)).all() == [] and summary["money"]["days_used"] == 0
    assert session.exec(select(LedgerLine).where(LedgerLine.kind == MoneyKind.USED)).all() == []


def test_the_closing_meeting_has_a_note_that_everybody_reads(cycle: Cycle) -> None:
    session, _, _ = cycle
    closing = session.exec(select(Meeting).where(Meeting.session == "closing", Meeting.status == VisitStatus.HELD)).all()
    assert closing and all(meeting.noted["sections"] and meeting.noted["actions"] for meeting in closing)
    told = session.exec(select(Message).where(Message.kind == "meeting_held")).all()
    assert told and all(message.context["note"]["sections"] for message in told)


def test_schools_of_the_neighbouring_authority_take_part(cycle: Cycle) -> None:
    _, summary, cases = cycle
    outside = [case for case in cases.values() if case.urn >= NEIGHBOURS_FROM]
    assert len(outside) == 2 and {case.status for case in outside} == {Status.COMPLETE}
    assert summary["selection"]["invited"] == 2
