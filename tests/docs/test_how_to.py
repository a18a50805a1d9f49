"""What the how-to says of adding a commissioner works as it is shown."""

import re
import shlex
from pathlib import Path

from models.words import CommissionerKind
from programmes.catalogue import find_programme
from tests.app.conftest import Run, home, lodestar  # noqa: F401 - fixtures

HOW_TO = Path(__file__).parent.parent.parent / "docs" / "how-to.md"


def section(title: str) -> str:
    """Return the text under a heading that begins with some words."""
    return re.split(rf"^## {title}.*$", HOW_TO.read_text(encoding="utf-8"), flags=re.MULTILINE)[1].partition("\n## ")[0]


def test_a_public_health_commissioner_is_added_as_the_how_to_says_and_may_buy_the_programme_that_it_names(
    lodestar: Run,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    text = section("Add who commissions")
    shown = [shlex.split(line)[1:] for line in re.findall(r"^lodestar .*$", text, re.MULTILINE)]
    assert [words[:2] for words in shown] == [["commissioner", "add"], ["commissioner", "list"]]
    for words in shown:
        ran = lodestar(*words)
        assert (ran.code, ran.err) == (0, ""), words
    assert lodestar("commissioner", "list", "--json").json == [{"name": "Wexcombe Public Health", "kind": "public_health", "authority": "999"}]
    assert find_programme("nurturing-schools").commissioned_by == [CommissionerKind.PUBLIC_HEALTH] and "`nurturing-schools`" in text
    assert all(f"`{kind.value}`" in text for kind in CommissionerKind)
