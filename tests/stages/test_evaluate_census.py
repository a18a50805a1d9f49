"""Reports of a census: what a school is told of itself and of the area, what is hidden, and when it goes."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput
from models.evidence import Answer, Asking
from models.programme import Instrument, Programme
from models.review import SchoolReport
from models.words import Role
from notifications.delivery import deliver_waiting
from programmes.checking import problems_of
from reports.census import census_reports
from stages.asking import check_answers, parts_of
from stages.brief import load_brief
from stages.evaluate.census import area_share, lines, share
from stages.evaluate.facts import collect
from stages.evaluate.reporting import send_reports
from stages.evaluate.rules import moments
from tests.faults.engine import post_into
from tests.stages.builders import Journey, morning, opened, small_programme

CENSUS: dict[str, Any] = {
    "id": "census", "kind": "census", "title": "Census", "by_group": ["girls", "boys"], "suppress_below": 10, "due_school_days": 10,
    "questions": [{"id": "answered", "asks": "How many answered?", "kind": "count"}, {"id": "safe", "asks": "How many feel safe?", "kind": "count"}],
}  # fmt: skip
INSTRUMENT = Instrument.model_validate(CENSUS)


def counted(answered: int, safe: int, **groups: int) -> dict[str, int]:
    return {"answered": answered, "safe": safe, **{name.replace("__", ":"): value for name, value in groups.items()}}


def test_a_share_is_of_those_who_answered_and_missing_is_never_zero() -> None:
    assert share(counted(40, 26), "safe", INSTRUMENT).says == "65 %"
    assert share(counted(40, 0), "safe", INSTRUMENT).says == "0 %"
    assert share({"answered": 40}, "safe", INSTRUMENT).says == "not answered"
    assert share(counted(0, 0), "safe", INSTRUMENT).says == "no pupils"
    assert share(counted(40, 26), "safe", INSTRUMENT, "girls").says == "not answered"


@given(st.integers(0, 40), st.integers(0, 40))
def test_nothing_is_shown_of_a_small_group_nor_of_the_group_that_would_tell_it(girls: int, boys: int) -> None:
    said = counted(girls + boys, 0, answered__girls=girls, safe__girls=0, answered__boys=boys, safe__boys=0)
    shown = {group: share(said, "safe", INSTRUMENT, group).percent is not None for group in ("girls", "boys")}
    # Whoever knows the whole and one of the two knows the other.
    for group, other in (("girls", boys), ("boys", girls)):
        if 0 < other < 10:
            assert not shown[group]
    assert not (0 < girls < 10) or not shown["girls"]
    assert shown["girls"] == (girls >= 10 and (boys == 0 or boys >= 10))


def test_the_area_is_all_schools_together_and_hidden_where_one_or_two_could_be_worked_out() -> None:
    own, others = counted(20, 20), [counted(30, 0), counted(30, 15), counted(20, 5)]
    assert area_share(others, own, "safe", INSTRUMENT).says == "40 %"
    assert area_share(others, {}, "safe", INSTRUMENT).says == "25 %"
    assert area_share(others[:2], own, "safe", INSTRUMENT).says == "too few schools to show"
    assert area_share(others, own, "safe", INSTRUMENT, "girls").says == "too few schools to show"
    assert area_share([counted(2, 1)] * 3, counted(3, 1), "safe", INSTRUMENT).says == "too few pupils to show"


def test_a_report_has_a_line_a_question_and_group_with_the_years_before() -> None:
    own = {2026: counted(20, 10), 2027: counted(5, 5), 2028: counted(20, 15)}
    found = lines(INSTRUMENT, own, [counted(10, 5)] * 3, 2028)
    assert [(line["group"], line["here"], line["area"]) for line in found] == [
        (None, "75 %", "60 %"), ("girls", "not answered", "too few schools to show"), ("boys", "not answered", "too few schools to show"),
    ]  # fmt: skip
    assert found[0]["before"] == [["2026/27", "50 %"], ["2027/28", "too few pupils to show"]]


def with_census(**more: Any) -> Programme:
    values = small_programme(places=5).model_dump(mode="json")
    values["diagnose"]["instruments"] = [{**CENSUS, "repeats": "yearly", **more}]
    values["diagnose"]["focus_areas"], values["themes"] = {}, None
    values["diagnose"]["indicators"] = [{"indicator": "fsm_share", "weight": 1}]
    values["plan"] = {"drafted_from": ["needs"], "agreed_by": ["school"]}
    values["evaluate"] = {"kpis": [{"id": "report", "title": "Has its report", "counts": "report_sent"}]}
    return Programme.model_validate(values)


def test_a_census_asks_for_counts_only_and_says_how_few_are_too_few() -> None:
    def said(**more: Any) -> list[str]:
        return [words for _, words in problems_of(with_census(**more))]

    assert said() == []
    assert said(suppress_below=None) == ["a census must say below how many pupils nothing is shown"]
    scale = {"id": "mood", "asks": "How do you feel?"}
    assert said(questions=[*CENSUS["questions"], scale]) == ["a census asks for counts of pupils only"]
    assert "a part of them" in said(questions=CENSUS["questions"][:1])[0]
    lost = with_census().model_dump(mode="json")
    lost["diagnose"]["instruments"] = []
    assert [words for _, words in problems_of(Programme.model_validate(lost))] == ["there is no census among the instruments"]


def test_a_count_of_a_census_is_never_more_than_those_who_answered() -> None:
    parts = parts_of(with_census(), INSTRUMENT)
    assert check_answers(INSTRUMENT, {"answered": 20, "safe": 20}, parts)
    with pytest.raises(BadInput, match=r'The answer to "safe" is more than the whole of 20: look at both\.$'):
        check_answers(INSTRUMENT, {"answered": 20, "safe": 21}, parts)


def returned(one: Journey, number: int, safe: int) -> None:
    one.case_id, one.at = number, one.at.add(minutes=5)
    one.decide("answer", Role.SCHOOL, answers={"answered": 20, "safe": safe})


def reports(database: Database) -> list[SchoolReport]:
    with database.reading() as session:
        return list(session.exec(select(SchoolReport).order_by(col(SchoolReport.id))).all())


def test_reports_go_when_all_schools_have_answered_or_been_waited_for_and_once(database: Database, tmp_path: Path) -> None:
    commission_id = opened(database, tmp_path, with_census())
    with database.reading() as session:
        at = load_brief(session, commission_id, []).commission.opened_at.in_timezone("Europe/London")
        numbers = list(session.exec(select(Case.id).where(Case.joined_by == "invited").order_by(col(Case.id))).all())
    one = Journey(database, commission_id, numbers[0], at)
    one.engine()
    for number, safe in zip(numbers[:4], (20, 10, 5, 5), strict=True):
        returned(one, number, safe)
    one.engine()
    assert reports(database) == []
    # The fifth has its day and the reminders after it, and is waited for no longer.
    with database.reading() as session:
        due = session.exec(select(Asking.due).where(Asking.case_id == numbers[4])).one()
    one.wait(due)
    one.engine()
    assert reports(database) == []
    one.at = one.at.add(days=20)
    one.engine()
    one.engine()
    sent = reports(database)
    assert [report.case_id for report in sent] == numbers[:4] and {report.schools for report in sent} == {4}
    assert sent[0].lines[0]["here"] == "100 %" and sent[0].lines[0]["area"] == "50 %"
    with database.reading() as session:
        assert census_reports(session, numbers[0])[0]["year"] == "2026/27"
        facts = {fact.case_id: fact for fact in collect(session, load_brief(session, commission_id), one.at.date())}
    assert all(facts[number].censuses for number in numbers[:4]) and not facts[numbers[4]].censuses
    # A report counts once its message has left, and not before.
    kpi = with_census().evaluate.kpis[0]
    assert not any(moments(kpi, fact) for fact in facts.values())
    deliver_waiting(database, post_into(tmp_path / "mail"), "test", one.at)
    with database.reading() as session:
        facts = {fact.case_id: fact for fact in collect(session, load_brief(session, commission_id), one.at.date())}
    assert [bool(moments(kpi, facts[number])) for number in numbers] == [True] * 4 + [False]


def test_in_later_years_nobody_waits_for_a_school_beyond_its_last_reminder(sqlite_database: Database, tmp_path: Path) -> None:
    commission_id = opened(sqlite_database, tmp_path, with_census())
    with sqlite_database.writing() as session:
        first, second = session.exec(select(Case.id).where(Case.joined_by == "invited").order_by(col(Case.id))).all()[:2]
        asked_at, due = morning(datetime.date(2027, 9, 20)), datetime.date(2027, 10, 4)
        for number, answered in ((first, morning(due)), (second, None)):
            session.add(Asking(case_id=number, instrument="census", round=2, asked_at=asked_at, due=due, answered_at=answered))
        session.add(Answer(case_id=first, instrument="census", edition=1, answers={"answered": 20, "safe": 5}, at=morning(due)))
    for day, sent in ((5, 0), (13, 0), (14, 1), (15, 0)):
        # Reminders go two and seven school days after the day, and on the next it is over.
        assert send_reports(sqlite_database, commission_id, morning(datetime.date(2027, 10, day))) == sent
    assert [(report.case_id, report.year) for report in reports(sqlite_database)] == [(first, 2027)]
