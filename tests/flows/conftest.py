"""An installation for flows that read their settings from the environment."""

from pathlib import Path

import pytest

from flows.server import PrefectServer


@pytest.fixture
def home(prefect_server: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with an empty, migrated database, for flows that read their settings from the environment."""
    folder = tmp_path / "lodestar"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("LODESTAR_HOME", str(folder))
    return folder
