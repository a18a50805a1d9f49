"""The generated references under docs/reference: journey, messages, settings, commands and the programme file.

`python -m app.reference` writes them, with `--check` it says which are out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.cli import app
from models.settings import Settings
from notifications.rendering import TEMPLATES, kinds
from programmes.catalogue import SCHEMA_FILE, find_programme, json_schema, names, schema_text
from programmes.features import missing_features
from stages.decisions import KINDS
from stages.journey import MOVES, STANDINGS, diagram

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


def journey() -> str:
    """Return the journey: diagram, statuses, moves and decisions."""
    lines = ["# The journey of a case", "", "```mermaid", diagram().rstrip(), "```", "", "## Statuses", ""]
    lines += ["| status | stage | whose turn | school days | means |", "|---|---|---|---|---|"]
    for row in STANDINGS.values():
        stage = row.stage.value if row.stage else "any"
        lines.append(f"| `{row.status.value}` | {stage} | {row.turn.value} | {row.school_days or '-'} | {row.means} |")
    lines += ["", "## Moves", "", "| move | says | by | reason needed | message |", "|---|---|---|---|---|"]
    for move in MOVES.values():
        roles = ", ".join(sorted(role.value for role in move.roles))
        lines.append(f"| `{move.name}` | {move.says} | {roles} | {'yes' if move.needs_reason else 'no'} | {move.message or '-'} |")
    lines += ["", "## Decisions", "", "| `lodestar decide` | what it does |", "|---|---|"]
    lines += [f"| `{name}` | {says} |" for name, (says, _) in KINDS.items()]
    return "\n".join(lines) + "\n"


def messages() -> str:
    """Return every message with its subject."""
    lines = ["# Messages", "", "Each message is one Markdown template; its text and HTML parts are made from the same words.", ""]
    lines += ["| message | subject |", "|---|---|"]
    for kind in kinds():
        subject = (TEMPLATES / f"{kind}.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("Subject: ")
        lines.append(f"| `{kind}` | {subject} |")
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Return every setting."""
    lines = ["# Settings", "", "All settings are environment variables.", "", "| variable | what it is | default |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "`~/.lodestar`" if name == "home" else "-" if field.default is None else f"`{field.default}`"
        lines.append(f"| `LODESTAR_{name.upper()}` | {field.description} | {default} |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return every command with its first sentence."""
    lines = ["# Commands", "", "`lodestar COMMAND --help` shows all options.", "", "| command | what it does |", "|---|---|"]
    return "\n".join(lines + list(_commands(app, "lodestar"))) + "\n"


def _commands(group: Any, path: str) -> Iterator[str]:
    for name in group:
        if name.startswith("-"):
            continue
        found, where = group[name], f"{path} {name}"
        if found.default_command is None:
            yield from _commands(found, where)
        else:
            yield f"| `{where}` | {(found.default_command.__doc__ or '').strip().splitlines()[0]} |"


def programmes() -> str:
    """Return the fields of a programme file and the shipped programmes."""
    schema = json_schema()
    lines = ["# Programmes", "", "## Shipped", "", "| programme | title | can be opened | published figure |", "|---|---|---|---|"]
    for name in names():
        programme = find_programme(name)
        missing = missing_features(programme)
        published = f"{programme.published.says} ({programme.published.by})" if programme.published else "-"
        lines.append(f"| `{name}` | {programme.title} | {'no: ' + '; '.join(missing) if missing else 'yes'} | {published} |")
    lines += ["", "## The file", "", "The JSON Schema is `programmes/programme.schema.json`."]
    for title, part in [("A programme", schema), *sorted(schema["$defs"].items())]:
        if "properties" in part:
            lines += ["", f"### {title}", "", str(part.get("description", "")), "", "| key | what it is | needed |", "|---|---|---|"]
            needed = part.get("required", [])
            lines += [
                f"| `{key}` | {value.get('description', '')}{_may_be(value, schema)} | {'yes' if key in needed else 'no'} |"
                for key, value in part["properties"].items()
            ]
    return "\n".join(lines) + "\n"


def _may_be(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the words that a key may have, and its default, as the schema says; empty if it is free and has none."""
    found = [word for one in _parts_of(value, schema) for word in one.get("enum", [one["const"]] if "const" in one else [])]
    words = f" One of: {', '.join(f'`{word}`' for word in dict.fromkeys(found))}." if found else ""
    default = value.get("default")
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return words + (f" `{default}` if left out." if plain else "")


def _parts_of(value: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a value may be: itself, what it names, any of its kinds, the items of its list and the keys of its mapping."""
    yield value
    named = value.get("$ref", "").rpartition("/")[2]
    inner = [schema["$defs"][named]] if named and "properties" not in schema["$defs"][named] else []
    inner += [one for one in (*value.get("anyOf", ()), value.get("items"), value.get("propertyNames")) if isinstance(one, dict)]
    for one in inner:
        yield from _parts_of(one, schema)


def pages() -> dict[Path, str]:
    """Return every generated file with its text."""
    found = {"journey": journey(), "messages": messages(), "settings": settings(), "commands": commands(), "programmes": programmes()}
    return {FOLDER / f"{name}.md": text for name, text in found.items()} | {SCHEMA_FILE: schema_text()}


def main() -> None:
    """Write the references, or check them."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        if stale:
            sys.exit("Out of date: " + ", ".join(path.name for path in stale) + ". Run `make docs`.")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")


if __name__ == "__main__":
    main()
