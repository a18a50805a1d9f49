"""Commands while the engine has its turn: they wait for it, or are done again, and what they say was done is done."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

import app
from models.database import Database
from models.term import Closure
from models.visit import Visit
from models.words import ClosureKind, Status, VisitStatus
from tests.stages.at_once import meanwhile
from tests.stages.builders import Journey, journey


def command(url: str, *words: object) -> str:
    """Run a command as a process of its own and return what it complains of."""
    folder, words = Path(app.__file__).parent.parent, tuple(map(str, words))
    done = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *words],
        cwd=folder,
        env={**os.environ, "LODESTAR_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


def own_day(one: Journey, day: datetime.date) -> None:
    """The school cannot have visits on a day, as somebody loaded it since."""
    with one.database.writing() as session:
        session.add(Closure(authority="999", urn=one.case.urn, day=day, reason="fair", kind=ClosureKind.OWN))


@pytest.mark.parametrize("just_before", ["UPDATE visits", "INSERT INTO events"])
def test_days_are_closed_while_the_engine_marks_a_visit_of_one_of_them(database: Database, url: str, tmp_path: Path, just_before: str) -> None:
    one = journey(database, tmp_path).until(Status.BOOKED)
    days = [visit.day for visit in one.visits(VisitStatus.CONFIRMED)]
    own_day(one, days[-1])
    words = ("calendar", "close", "999", "--first", days[-1], "--kind", "weather", "--as", "adviser", "--by", "adviser")
    said: list[str] = []
    with meanwhile(database, just_before, lambda: said.append(command(url, *words, "--as-of", f"{one.at:%Y-%m-%dT%H:%M}"))):
        one.engine()
    assert said == [""]
    with database.reading() as session:
        closed = session.exec(select(Closure.urn).where(Closure.day == days[-1])).all()
    assert sorted(closed, key=str) == [one.case.urn, None]
    one.engine()
    assert days[-1] not in {visit.day for visit in one.rows(Visit)}
    assert one.visits(VisitStatus.CONFIRMED)[0].day == days[0]
