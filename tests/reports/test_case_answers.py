"""What a case file tells of what a school is asked, and of what it answered."""

from pathlib import Path

from models.database import Database
from models.words import Role, Status
from reports.case_answers import answered_in_words
from reports.case_file import case_file
from reports.case_words import in_words
from reports.words import day
from tests.stages.builders import ANSWERS, Journey, journey


def told(one: Journey) -> str:
    with one.database.reading() as session:
        return in_words(case_file(session, one.case_id, one.at))


def test_a_case_file_tells_what_its_school_is_asked_until_it_answers_and_then_what_it_said(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    assert f"(cost-of-the-school-day), due {day(one.case.due)}. Questions: {', '.join(ANSWERS)}." in told(one)
    one.decide("answer", Role.SCHOOL, answers=ANSWERS, focus="food")
    answers = "; ".join(f"{name}: {value}" for name, value in ANSWERS.items())
    assert "\nAsked\n" not in told(one) and f"(cost-of-the-school-day), {day(one.at)}. {answers}." in told(one)
    one.decide("revise-answers", Role.SCHOOL, answers={**ANSWERS, "food": 4})
    assert ", edition 2. " in told(one) and "food: 4" in told(one)


def test_counts_of_pupils_are_left_to_where_small_ones_are_hidden() -> None:
    row = {"title": "Census", "instrument": "census", "edition": 1, "at": "2026-12-01", "answers": {}, "counts": 3}
    assert answered_in_words(row).endswith("3 counts, in `lodestar commission answers`.")
