"""People and the engine save at once: what each did stands, and nobody is told that the database did not do what was asked."""

import threading
from pathlib import Path

import pytest

from models.database import Database
from models.errors import NotPossible
from models.supporter import Supporter
from models.words import Role, Stage, Status
from stages import deciding
from stages.deciding import Request, Scene, decide
from stages.pipeline import run_stage
from tests.stages.at_once import Other, somebody_waits
from tests.stages.meeting_builders import Company, company, triads


def approve(one: Company, number: int) -> None:
    decide(one.database, Request(kind="approve", case=one.cases[number].id, role=Role.COMMISSIONER, by="commissioner"), one.at)


def test_two_who_approve_the_same_triad_at_once_approve_it_once_and_the_second_reads_that_it_is_done(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(database, tmp_path, triads()).until(Status.AWAITING_APPROVAL)
    words, real = deciding.KINDS["approve"]
    inside = set[int]()

    def both_inside(scene: Scene) -> None:
        inside.add(threading.get_ident())
        while not database.is_sqlite and len(inside) < 2 and not somebody_waits(database):
            pass
        real(scene)

    monkeypatch.setitem(deciding.KINDS, "approve", (words, both_inside))
    other = Other(database, lambda: approve(one, 1))
    other.thread.start()
    mine: list[BaseException] = []
    try:
        approve(one, 0)
    except NotPossible as late:
        mine.append(late)
    other.thread.join()
    (late,) = [*mine, *other.wrong]
    assert isinstance(late, NotPossible)
    assert {case.status for case in one.cases} == {Status.AWAITING_SUPPORTER}


def test_the_engine_matches_while_a_triad_is_approved_whose_mentor_has_left(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(database, tmp_path, triads()).until(Status.AWAITING_APPROVAL)
    with database.writing() as session:
        session.get_one(Supporter, one.cases[0].supporter_id).active = False
    words, real = deciding.KINDS["approve"]
    engine = Other(database, lambda: run_stage(database, one.commission_id, Stage.BROKER, one.at))

    def slow(scene: Scene) -> None:
        if not engine.begun:
            engine.begin()
        real(scene)

    monkeypatch.setitem(deciding.KINDS, "approve", (words, slow))
    with pytest.raises(NotPossible, match="cannot go on with this match"):
        approve(one, -1)
    engine.thread.join()
    assert not engine.wrong
