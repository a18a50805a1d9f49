"""The programmes that ship: all can be read, hold together, and keep to the published schema."""

import json
import pathlib
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from models.errors import BadProgramme, NotFound
from models.programme import Programme
from models.words import Stage
from programmes.catalogue import FOLDER, SCHEMA_FILE, find_programme, json_schema, names, schema_text
from programmes.checking import problems_of

SHIPPED = {
    "at-risk-after-ungraded", "curriculum-adoption", "early-language", "economic-exclusion", "education-strategy", "head-retention",
    "inclusion-framework", "learning-hub", "membership-survey", "most-at-risk", "new-headteacher-support", "new-to-headship",
    "nurturing-schools", "partnership-health", "peer-review", "reading-fluency", "reflective-leadership", "school-mental-health",
    "send-manifesto", "triads",
}  # fmt: skip


def as_written(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def test_twenty_programmes_ship() -> None:
    assert set(names()) == SHIPPED
    assert names() == sorted(names())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_each_shipped_programme_can_be_read_and_holds_together(name: str) -> None:
    programme = find_programme(name)
    assert programme.programme == name
    assert problems_of(programme) == []
    assert programme.published is not None and programme.published.by


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_each_shipped_programme_keeps_to_the_published_schema(name: str) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(as_written(name))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_programme_that_was_saved_and_read_again_is_the_same(name: str) -> None:
    """Commissions keep the programme as JSON; nothing of it may be lost."""
    programme = find_programme(name)
    assert Programme.model_validate_json(programme.model_dump_json()) == programme
    assert Programme.model_validate(programme.model_dump(mode="json")) == programme


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_parts_of_a_programme_are_programmes_that_ship(name: str) -> None:
    assert set(find_programme(name).parts) <= SHIPPED


def test_the_published_schema_is_that_of_the_code() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_published_schema_refuses_what_the_reader_refuses() -> None:
    check = jsonschema.Draft202012Validator(json_schema())
    written = as_written("economic-exclusion")
    assert check.is_valid(written)
    assert not check.is_valid({**written, "colour": "green"})
    assert not check.is_valid({**written, "version": 0})
    assert not check.is_valid({key: value for key, value in written.items() if key != "diagnose"})
    assert not check.is_valid({**written, "diagnose": {**written["diagnose"], "indicators": [{"indicator": "fsm_shair", "weight": 1}]}})


def test_every_field_of_the_schema_says_what_it_is() -> None:
    """The schema is what editors show while a programme is written."""
    schema = json_schema()
    silent = [
        f"{kind}.{field}"
        for kind, described in {"Programme": schema, **schema["$defs"]}.items()
        for field, value in described.get("properties", {}).items()
        if not value.get("description") and "$ref" not in value  # the description then stands where it refers to
    ]
    assert silent == []


def test_a_programme_that_names_no_stages_has_all_five() -> None:
    assert find_programme("economic-exclusion").stages == list(Stage)


def test_a_programme_is_found_by_name_or_by_file(tmp_path: pathlib.Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_bytes((FOLDER / "triads.yaml").read_bytes())
    assert find_programme(str(copy)) == find_programme("triads")


def test_an_unknown_name_is_refused_and_says_where_to_look() -> None:
    with pytest.raises(NotFound, match='no programme "triad": `lodestar programme list`'):
        find_programme("triad")


def test_a_file_that_is_not_there_is_refused_by_its_path(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadProgramme, match=r"There is no file .*missing\.yaml"):
        find_programme(str(tmp_path / "missing.yaml"))
