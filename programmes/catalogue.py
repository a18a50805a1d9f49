"""The programmes that ship with the engine, and the published JSON Schema of a programme file."""

import json
from pathlib import Path
from typing import Any

from models.errors import NotFound
from models.programme import Programme
from programmes.reading import read_programme

FOLDER = Path(__file__).parent
SCHEMA_FILE = FOLDER / "programme.schema.json"


def names() -> list[str]:
    """Return the names of all shipped programmes, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find_programme(name: str) -> Programme:
    """Return a shipped programme by its name, or any programme by the path of its file; NotFound otherwise."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return read_programme(Path(name))
    if name not in names():
        raise NotFound(f'There is no programme "{name}": `lodestar programme list` shows those there are, or give a file.')
    return read_programme(FOLDER / f"{name}.yaml")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a programme file (draft 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Programme.model_json_schema()}


def schema_text() -> str:
    """Return the published schema as it stands in its file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
