"""Long work is done while no transaction is open, and is done once more only if what it was asked of has changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pendulum
import pytest
from sqlalchemy import event, update
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database
from models.partnership import Commissioner
from models.words import CommissionerKind, Role, Stage, Status
from simulation.setting_up import first_moment
from stages.apart import AT_ONCE, Apart, apart
from stages.deciding import decide
from stages.pipeline import run_stage
from stages.request import Request
from tests.stages.builders import opened, small_programme

LARGE = 1000


def add(session: Session, name: str) -> None:
    session.add(Commissioner(name=name, kind=CommissionerKind.LOCAL_AUTHORITY, authority="999", email="c@x.example"))


def names(session: Session) -> list[str]:
    return list(session.exec(select(Commissioner.name).order_by(col(Commissioner.id))).all())


@contextmanager
def undone(database: Database) -> Iterator[list[int]]:
    """Count the transactions that were begun to write in and not saved."""
    counted = [0]

    def begun(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counted[0] += statement == "BEGIN IMMEDIATE"

    def saved(_connection: object) -> None:
        counted[0] -= 1

    event.listen(database.engine, "before_cursor_execute", begun)
    event.listen(database.engine, "commit", saved)
    yield counted
    event.remove(database.engine, "before_cursor_execute", begun)
    event.remove(database.engine, "commit", saved)


def test_while_a_long_question_is_answered_others_save_and_what_was_written_before_it_is_saved_once(database: Database) -> None:
    def slow(question: str) -> str:
        with database.writing() as session:
            add(session, "somebody else")
        return f"{question}!"

    def work(answers: Apart) -> str:
        with database.writing() as session:
            add(session, "mine")
            return answers.of(LARGE, slow, "well")

    assert apart(work) == "well!"
    with database.reading() as session:
        assert names(session) == ["somebody else", "mine"]


def test_a_question_is_asked_again_where_others_changed_what_it_is_about(database: Database) -> None:
    asked: list[list[str]] = []

    def slow(given: list[str]) -> int:
        asked.append(given)
        if len(asked) == 1:
            with database.writing() as session:
                add(session, "late")
        return len(given)

    def work(answers: Apart) -> int:
        with database.writing() as session:
            return answers.of(LARGE, slow, names(session))

    assert apart(work) == 1 and asked == [[], ["late"]]


def test_it_ends_though_what_is_asked_changes_every_time() -> None:
    asked: list[int] = []

    def slow(given: int) -> int:
        asked.append(given)
        return given

    def work(answers: Apart) -> int:
        return answers.of(LARGE, slow, len(asked))

    assert apart(work) == asked[-1] and len(asked) < 10


def test_two_questions_that_are_asked_the_same_are_two() -> None:
    def work(answers: Apart) -> tuple[int, str]:
        return answers.of(LARGE, int, "7"), answers.of(LARGE, str, "7")

    assert apart(work) == (7, "7")


def test_an_error_of_a_question_is_an_error_of_the_work() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        apart(lambda answers: answers.of(LARGE, int, "seven"))


@pytest.mark.parametrize("size", [1, LARGE])
def test_outside_a_piece_of_work_everything_is_answered_at_once(size: int) -> None:
    assert AT_ONCE.of(size, int, "7") == AT_ONCE.of(size, int, "7") == 7


def agree(database: Database, at: pendulum.DateTime) -> None:
    """Have everybody accept who was matched."""
    steps = {
        Status.AWAITING_APPROVAL: ("approve", Role.COMMISSIONER), Status.AWAITING_SUPPORTER: ("accept-case", Role.SUPPORTER),
        Status.AWAITING_CONSENT: ("accept-support", Role.SCHOOL),
    }  # fmt: skip
    for status, (kind, role) in steps.items():
        with database.reading() as session:
            waiting = session.exec(select(Case.id).where(Case.status == status)).all()
        for number in waiting:
            decide(database, Request(kind=kind, case=number, role=role, by="somebody"), at)


@pytest.mark.parametrize(("places", "begun_again"), [(48, 1), (8, 0)])
def test_many_schools_are_matched_and_timetabled_apart_and_few_at_once(
    sqlite_database: Database, tmp_path: Path, places: int, begun_again: int
) -> None:
    commission_id, at = opened(sqlite_database, tmp_path, small_programme(places=places)), first_moment()
    with sqlite_database.writing() as session:
        chosen = select(Case.id).where(Case.joined_by == "invited").limit(places)
        session.execute(update(Case).where(col(Case.id).in_(chosen)).values(status=Status.TO_MATCH, stage=Stage.BROKER))
    for stage, move in ((Stage.BROKER, "propose-match"), (Stage.SCHEDULE, "propose-dates")):
        with undone(sqlite_database) as times:
            done = run_stage(sqlite_database, commission_id, stage, at)
        assert (done.moves[move], done.stayed.total(), times[0]) == (places, 0, begun_again)
        agree(sqlite_database, at)
