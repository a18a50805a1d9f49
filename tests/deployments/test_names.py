"""A file given to Prefect by its path puts its folder first on the path, where its name must hide nothing."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("folder", ["flows", "deployments"])
def test_no_file_shares_its_name_with_a_standard_or_installed_module(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" in entry])
    for file in (ROOT / folder).glob("*.py"):
        name = file.stem
        if name == "__init__":
            continue
        assert name not in sys.stdlib_module_names, file
        assert importlib.util.find_spec(name) is None, file


@pytest.mark.parametrize("folder", ["flows", "deployments"])
def test_flow_files_define_neither_tables_nor_enums(folder: str) -> None:
    for file in (ROOT / folder).glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "table=True" not in text, file
        assert "Enum)" not in text, file
