"""The command line as a person meets it: what it prints, what it complains of, and how it ends."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from models.database import Database
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
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lodestar", *map(str, words)])
        capsys.readouterr()
        code = 0
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


@pytest.fixture
def case(installed: Database, tmp_path: Path) -> Journey:
    """A case of a commission that was opened in the installation."""
    return journey(installed, tmp_path)
