"""The tutorial does what it says, command by command."""

import re
import shlex
from pathlib import Path

import pytest

from tests.app.conftest import Run, lodestar  # noqa: F401 - a fixture

ROOT = Path(__file__).parent.parent.parent


def commands() -> list[list[str]]:
    """Return the words of every command of the tutorial, in order."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(".venv/bin/lodestar ")]


def test_every_command_of_the_tutorial_works_and_one_school_goes_to_its_plan(
    lodestar: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    for words in commands():
        ran = lodestar(*words)
        assert (ran.code, ran.err) == (0, ""), words
        assert ran.out, words
    found = lodestar("case", "show", "1", "--json").json
    assert found["case"]["status"] == "in_progress" and found["objectives"] and found["reviews"][0]["due"]
    assert [visit["status"] for visit in found["visits"]] == ["held", "confirmed"] and found["visits"][1]["day"] not in ("2027-09-03", "2027-09-08")
    assert lodestar("commission", "list", "--json").json[0]["ends"] == "2028-08-31"
