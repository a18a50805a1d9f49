"""One Prefect server for all tests of flows; Prefect is imported only after it knows where that server is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.server import PrefectServer, client_environment
from models.settings import Settings


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A running server; the process finds it through its environment."""
    settings = Settings(home=tmp_path_factory.mktemp("prefect"))
    with PrefectServer(settings) as server:
        os.environ.update(client_environment(settings, server.port, quiet=True))
        server.wait()
        yield server


@pytest.fixture
def home(prefect_server: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with an empty, migrated database, for flows that read their settings from the environment."""
    folder = tmp_path / "lodestar"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("LODESTAR_HOME", str(folder))
    return folder
