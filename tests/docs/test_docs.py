import datetime
import re
from pathlib import Path

from app.reference import pages
from calendars.school_days import school_calendar
from evidence.kind import Context
from evidence.reading import read_file
from models.words import Stage

ROOT = Path(__file__).parent.parent.parent


def test_the_generated_references_are_what_the_code_says_today() -> None:
    for path, text in pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: run `make docs`"


def test_every_command_that_the_docs_show_exists() -> None:
    known = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for shown in re.findall(r"(?:^|`|\$ )(?:\.venv/bin/)?lodestar ([a-z-]+(?: [a-z-]+)?)", page.read_text(encoding="utf-8"), re.MULTILINE):
            first, _, second = shown.partition(" ")
            assert f"`lodestar {shown}`" in known or f"`lodestar {first}`" in known or (second and f"`lodestar {first} {second}" in known), (
                page.name,
                shown,
            )


def test_the_docs_name_every_stage_and_every_room_of_the_house() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for stage in Stage:
        assert stage.value in readme
    for folder in (
        "models",
        "calendars",
        "programmes",
        "notifications",
        "evidence",
        "stages",
        "reports",
        "simulation",
        "flows",
        "app",
        "deployments",
    ):
        assert f"{folder}/" in readme


def test_the_list_of_terms_in_the_how_to_is_read_as_it_says(tmp_path: Path) -> None:
    shown = re.findall(r"```yaml\n(# term dates\n.*?)```", (ROOT / "docs" / "how-to.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 1
    (tmp_path / "terms.yaml").write_text(shown[0], encoding="utf-8")
    found = read_file(tmp_path / "terms.yaml", Context(datetime.date(2027, 6, 1), "999"))
    assert (found.edition, found.scope, len(found.terms)) == ("2027/28", "999", 6)
    spans = [(term["first"], term["last"]) for term in found.terms]
    assert spans[0] == (datetime.date(2027, 9, 2), datetime.date(2027, 10, 22)) and spans[-1][1] == datetime.date(2028, 7, 21)
    # Whoever copies it has a year as schools have it.
    assert 185 <= len(school_calendar(tuple(spans)).days(spans[0][0], spans[-1][1])) <= 195


def test_nothing_committed_names_a_machine_or_a_package_registry() -> None:
    for path in [*ROOT.glob("requirements/*.txt"), *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        text = path.read_text(encoding="utf-8")
        assert "pypi.org" not in text, path
        assert "--index-url" not in text, path
