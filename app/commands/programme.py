"""lodestar programme: the offers."""

from pathlib import Path
from typing import Annotated

import yaml
from cyclopts import App, Parameter

from app.output import complain, say, show, show_json
from app.session import Json
from models.errors import BadProgramme
from programmes.catalogue import find_programme, json_schema, names
from programmes.features import missing_features
from programmes.reading import read_programme
from stages.reminders.lines import counted

app = App(name="programme")


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List the programmes that ship, and whether each can be opened now."""
    rows = []
    for name in names():
        programme = find_programme(name)
        missing = missing_features(programme)
        rows.append({"programme": name, "version": programme.version, "title": programme.title, "can_open": "no" if missing else "yes",
                     "not_supported_yet": missing if json else counted(len(missing), "feature") if missing else None})  # fmt: skip
    show(rows, "No programmes.", json)


@app.command(name="show")
def show_(name: str, /, *, json: Json = False) -> None:
    """Show one programme, by its name or the path of its file."""
    programme = find_programme(name)
    values = programme.model_dump(mode="json", exclude_defaults=not json)
    if json:
        show_json(values)
        return
    say(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110))
    missing = missing_features(programme)
    say(f"Not supported yet: {', '.join(missing)}." if missing else "Everything that it asks for is supported.")


@app.command
def check(*files: Annotated[Path, Parameter(help="Programme files.")]) -> None:
    """Check programme files; each complaint names its line. Exit code 1 if any does not hold together."""
    if not files:
        raise BadProgramme("Which files? Give the path of at least one programme file.")
    failed = 0
    for file in files:
        try:
            programme = read_programme(file)
        except BadProgramme as error:
            complain(str(error))
            failed += 1
            continue
        missing = missing_features(programme)
        say(
            f"{file}: {programme.title}, version {programme.version}, holds together"
            + (f"; not supported yet: {', '.join(missing)}." if missing else ".")
        )
    if failed:
        raise BadProgramme(f"{failed} of {len(files)} files cannot be used.")


@app.command
def schema() -> None:
    """Print the JSON Schema of a programme file."""
    show_json(json_schema())
