"""The engine is killed for real, with SIGKILL, at random moments; what remains must be what an undisturbed run leaves."""

import multiprocessing
import random
import shutil
import time
from pathlib import Path

import pendulum
import pytest
from sqlalchemy import func, text
from sqlmodel import select

from models.database import Database
from models.message import Delivery
from programmes.catalogue import find_programme
from simulation.play import Player
from simulation.setting_up import first_moment, prepare
from tests.faults.engine import post_into, serve, turn
from tests.faults.state import mail_files, state

WEEKS, KILLS = 20, 15


# Each engine is a process of its own, begun by one that has read all modules once.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.faults.engine"])


class Engine:
    """An engine process that can be killed and started again."""

    def __init__(self, url: str, folder: Path, commission_id: int) -> None:
        self.of = (url, folder, commission_id)
        self.start()

    def start(self) -> None:
        self.line, theirs = _PROCESSES.Pipe()
        self.process = _PROCESSES.Process(target=serve, args=(*self.of, theirs))
        self.process.start()
        theirs.close()
        assert self.answer() == "ready"

    def answer(self) -> str:
        return str(self.line.recv())

    def ask(self, at: pendulum.DateTime) -> None:
        self.line.send(at.to_iso8601_string())

    def kill(self) -> None:
        self.process.kill()
        self.stop()

    def stop(self) -> None:
        self.line.close()
        self.process.join()
        self.process.close()


def moments() -> list[pendulum.DateTime]:
    first = first_moment(find_programme("economic-exclusion"))
    return [first.add(days=number) for number in range(WEEKS * 7)]


def set_up(database: Database, folder: Path) -> int:
    programme = find_programme("economic-exclusion")
    return prepare(database, programme, folder, None, None, 1, first_moment(programme)).opened.commission_id


def wait_until_gone(database: Database) -> None:
    """Wait until the server has noticed that the killed engine is gone, and given back what it held: whoever restarts one is slower."""
    mine = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'engine' AND datname = current_database()")
    while not database.is_sqlite:
        with database.engine.connect() as connection:
            if connection.execute(mine).scalar_one() == 0:
                return


def is_turn(at: pendulum.DateTime) -> bool:
    return at.isoweekday() == 3


@pytest.fixture(scope="module")
def undisturbed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], list[str]]:
    """What a run leaves behind that nobody kills."""
    home = tmp_path_factory.mktemp("undisturbed")
    sqlite_database = Database(f"sqlite:///{shutil.copy(sqlite_template, home / 'lodestar.db')}")
    commission_id, folder = set_up(sqlite_database, home), home / "mail"
    player, post = Player(sqlite_database, commission_id, 1), post_into(folder)
    for at in moments():
        player.act(at)
        if is_turn(at):
            turn(sqlite_database, post, commission_id, at)
            player.notice(at)
    turn(sqlite_database, post, commission_id, moments()[-1].add(days=1))
    left = state(sqlite_database), mail_files(folder)
    sqlite_database.close()
    return left


@pytest.mark.slow
def test_an_engine_killed_at_many_random_moments_leaves_what_an_undisturbed_one_leaves(
    url: str, tmp_path: Path, undisturbed: tuple[dict[str, object], list[str]]
) -> None:
    database = Database(url)
    commission_id, folder = set_up(database, tmp_path / "killed"), tmp_path / "killed" / "mail"
    player, dice = Player(database, commission_id, 1), random.Random(4711)
    engine = Engine(url if database.is_sqlite else f"{url}&application_name=engine", folder, commission_id)
    turns = [at for at in moments() if is_turn(at)]
    doomed, killed = set(dice.sample(turns, KILLS)), 0
    for at in moments():
        player.act(at)
        if not is_turn(at):
            continue
        if at in doomed:
            engine.ask(at)
            # Not a wait for anything: the moment of the kill is what varies from turn to turn.
            time.sleep(dice.uniform(0.0, 0.25))
            killed += engine.process.is_alive()
            engine.kill()
            wait_until_gone(database)
            engine.start()
        engine.ask(at)
        assert engine.answer() == "done"
        player.notice(at)
    engine.ask(moments()[-1].add(days=1))
    assert engine.answer() == "done"
    engine.stop()
    expected, expected_mail = undisturbed
    found = state(database)
    for part, value in expected.items():
        assert found[part] == value, part
    assert mail_files(folder) == expected_mail
    assert killed == KILLS
    with database.reading() as session:
        accepted = session.exec(select(func.count()).select_from(Delivery).where(Delivery.accepted)).one()
    repeated = accepted - len(expected_mail)
    assert 0 <= repeated <= KILLS, "only the message in flight may go out twice"
    database.close()
