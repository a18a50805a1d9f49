"""Asking schools: several instruments at once, counts by group, and answers that cannot be meant."""

import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import BadInput
from models.evidence import Answer, Asking, Finding
from models.message import Message
from models.programme import Instrument, Programme
from models.words import Role, Status
from stages.asking import check_answers, choose, keys
from tests.stages.builders import ANSWERS, Journey, journey, small_programme

PROFILE: dict[str, Any] = {
    "id": "profile", "kind": "assessment", "title": "Profile of the pupils supported", "due_school_days": 20, "by_group": ["fsm", "send"],
    "questions": [
        {"id": "assessed", "asks": "How many pupils were assessed?", "kind": "count"},
        {"id": "secure", "asks": "How many of them were secure?", "kind": "count"},
    ],
}  # fmt: skip
COUNTS = {"assessed": 12, "secure": 5}


def two_instruments(**more: Any) -> Programme:
    """Return the small programme with a second instrument."""
    values = small_programme().model_dump(mode="json")
    values["diagnose"]["instruments"].append({**PROFILE, **more})
    return Programme.model_validate(values)


def asked(database: Database, folder: pathlib.Path, **more: Any) -> Journey:
    return journey(database, folder, two_instruments(**more)).until(Status.AWAITING_SELF_EVALUATION)


def messages(one: Journey) -> list[Message]:
    with one.database.reading() as session:
        query = select(Message).where(Message.case_id == one.case_id, Message.kind == "self_evaluation").order_by(col(Message.id))
        return list(session.exec(query).all())


def test_each_instrument_is_asked_for_in_a_message_of_its_own_by_its_own_day(database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(database, tmp_path)
    found = one.rows(Asking)
    assert [(row.instrument, row.round, row.answered_at) for row in found] == [("cost-of-the-school-day", 1, None), ("profile", 1, None)]
    assert [message.context["due"] for message in messages(one)] == [row.due.isoformat() for row in found]
    assert one.case.due == max(row.due for row in found)
    assert messages(one)[1].context["groups"] == ["fsm", "send"] and messages(one)[1].context["focus_areas"] == []


def test_a_case_goes_on_with_the_last_answer_and_not_before(database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(database, tmp_path)
    assert one.decide("answer", Role.SCHOOL, answers=COUNTS).status is Status.AWAITING_SELF_EVALUATION
    assert one.decide("answer", Role.SCHOOL, answers=ANSWERS, focus="food").status is Status.TO_ASSESS
    assert [row.instrument for row in one.rows(Answer)] == ["profile", "cost-of-the-school-day"]
    assert all(row.answered_at == one.at for row in one.rows(Asking))


def test_the_same_instrument_is_not_answered_twice_while_the_other_is_waited_for(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(sqlite_database, tmp_path)
    one.decide("answer", Role.SCHOOL, answers=COUNTS)
    with pytest.raises(BadInput, match="--instrument: cost-of-the-school-day"):
        one.decide("answer", Role.SCHOOL, answers=COUNTS, instrument="profile")
    assert len(one.rows(Answer)) == 1


def test_counts_are_no_part_of_a_schools_own_view(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(sqlite_database, tmp_path)
    one.decide("answer", Role.SCHOOL, answers=COUNTS)
    one.decide("answer", Role.SCHOOL, answers=ANSWERS, focus="food")
    one.engine()
    own = next(row for row in one.rows(Finding) if row.indicator == "self_evaluation")
    assert own.value == sum(ANSWERS.values()) / len(ANSWERS)


def test_an_instrument_for_some_schools_is_asked_of_those_alone(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(sqlite_database, tmp_path, asked_where={"phases": ["secondary"]})
    assert [row.instrument for row in one.rows(Asking)] == ["cost-of-the-school-day"]
    assert one.decide("answer", Role.SCHOOL, answers=ANSWERS, focus="food").status is Status.TO_ASSESS


def test_what_is_never_answered_lapses_when_the_engine_goes_on_without_it(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = asked(sqlite_database, tmp_path)
    one.decide("answer", Role.SCHOOL, answers=COUNTS)
    one.at = one.at.add(days=80)
    one.engine()
    assert one.case.status is Status.AWAITING_CONFIRMATION
    assert [(row.instrument, row.answered_at is None, row.lapsed_at is None) for row in one.rows(Asking)] == [
        ("cost-of-the-school-day", True, False), ("profile", False, True)
    ]  # fmt: skip


INSTRUMENT = Instrument.model_validate(PROFILE)


def test_counts_by_group_may_be_left_out_but_the_whole_may_not() -> None:
    assert check_answers(INSTRUMENT, COUNTS) == COUNTS
    with_groups = {**COUNTS, "assessed:fsm": 4, "secure:fsm": 0}
    assert check_answers(INSTRUMENT, with_groups) == with_groups
    with pytest.raises(BadInput, match="Still to be answered: secure"):
        check_answers(INSTRUMENT, {"assessed": 4, "secure:fsm": 1})


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"assessed:boys": 3}, 'There is no question "assessed:boys"'),
        ({"assessed:fsm": 13}, '"assessed:fsm" is more than the whole of 12'),
        ({"assessed:fsm": -1}, '"assessed:fsm" must be a whole number, 0 or more'),
        ({"assessed:fsm": 2.5}, '"assessed:fsm" must be a whole number, 0 or more'),
    ],
)
def test_a_count_by_group_that_cannot_be_is_refused(answers: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_answers(INSTRUMENT, {**COUNTS, **answers})


def test_an_instrument_is_found_by_its_name_by_its_questions_or_by_being_the_only_one() -> None:
    other = Instrument.model_validate({**PROFILE, "id": "other", "questions": [{"id": "sure", "asks": "Sure?"}], "by_group": []})
    assert choose("P", [INSTRUMENT, other], "other", {}) is other
    assert choose("P", [INSTRUMENT, other], None, {"assessed:fsm": 1}) is INSTRUMENT
    assert choose("P", [other], None, {"nonsense": 1}) is other
    for answers in ({}, {"nonsense": 1}):
        with pytest.raises(BadInput, match="Which instrument is answered"):
            choose("P", [INSTRUMENT, other], None, answers)
    assert list(keys(INSTRUMENT)) == ["assessed", "secure", "assessed:fsm", "assessed:send", "secure:fsm", "secure:send"]
