"""The command line as a person meets it: what it prints, what it complains of, and how it ends."""

import json
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import output
from app.cli import main
from models.database import Database
from tests.snapshots import Beginning
from tests.stages.builders import Journey, journey


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what was printed as a JSON value."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def lodestar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""
    monkeypatch.setattr(output.out, "width", 200)  # it was set when the console was made, from the terminal of whoever runs the tests

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lodestar", *map(str, words)])
        capsys.readouterr()
        code = 0
        with warnings.catch_warnings():
            # Cyclopts guesses that a test forgot to hand it words; here they come as for anybody, from the process.
            warnings.filterwarnings("ignore", message="Cyclopts application invoked without tokens")
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Path:
    """An installation with an empty, migrated database."""
    folder = tmp_path / "lodestar"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "lodestar.db")
    return folder


@pytest.fixture
def installed(home: Path) -> Iterator[Database]:
    """The database of the installation."""
    database = Database(f"sqlite:///{home / 'lodestar.db'}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def opened_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Journey]:
    """A database with a commission that was just opened, to copy from, and the journey of its first case."""
    folder = tmp_path_factory.mktemp("opened")
    file = Path(shutil.copy(sqlite_template, folder / "opened.db"))
    database = Database(f"sqlite:///{file}")
    one = journey(database, folder)
    database.close()
    return file, one


@pytest.fixture
def case(installed: Database, home: Path, opened_template: tuple[Path, Journey]) -> Journey:
    """A case of a commission that was opened in the installation."""
    file, one = opened_template
    shutil.copy(file, home / "lodestar.db")
    return Journey(installed, one.commission_id, one.case_id, one.at, beginning=Beginning(installed, "opened in the installation"))
