"""Reading a programme file: YAML with the line of every value, so that a complaint can name the place."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from models.errors import BadProgramme
from models.programme import Programme
from programmes.checking import problems_of

Place = tuple[str | int, ...]
_LARGEST = 512 * 1024
# Far more than any programme needs; an alias counts as everything that it stands for.
_MOST_VALUES = 20_000
_DEEPEST = 50


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that leaves dates as text, so that one that cannot be is told with its line like any other value."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return the next node; one nested too deep is refused before Python's own limit is met."""
        self.depth += 1
        if self.depth > _DEEPEST:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, f"it is nested more than {_DEEPEST} levels deep", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node; one that is not what its tag says is refused with its line."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, IndexError, OverflowError) as error:
            shown = node.value[:20] if isinstance(node, yaml.ScalarNode) else node.tag
            raise ConstructorError(None, None, f'"{shown}" cannot be read as a value: write it another way', node.start_mark) from error


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Lines:
    """The line, counted from 1, of each place in a YAML document."""

    def __init__(self, root: yaml.Node) -> None:
        """Walk the document once; a key written twice, and a document that never ends, are refused with ValueError."""
        self._lines: dict[Place, int] = {}
        self._values = 0
        self._walk(root, ())

    def _walk(self, node: yaml.Node, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        self._check_size(node, place)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise ValueError(f"line {key.start_mark.line + 1}: a key must be a word")
                inner = (*place, key.value)
                if inner in self._lines:
                    raise ValueError(f'line {key.start_mark.line + 1}: the key "{key.value}" is written twice')
                self._lines[inner] = key.start_mark.line + 1
                self._walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self._walk(item, (*place, number))

    def _check_size(self, node: yaml.Node, place: Place) -> None:
        """Raise ValueError where aliases make a small file into one without end."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise ValueError(
                f"line {node.start_mark.line + 1}: with its aliases written out the file has more than {_MOST_VALUES:,} values: use fewer"
            )
        if len(place) > _DEEPEST:
            raise ValueError(f"line {node.start_mark.line + 1}: it is nested more than {_DEEPEST} levels deep, or contains itself")

    def of(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest thing around it."""
        while place not in self._lines and place:
            place = place[:-1]
        return self._lines.get(place, 1)


def read_programme(path: Path) -> Programme:
    """Read and check one programme file; everything wrong with it is told at once, each with its line, as BadProgramme."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadProgramme(f"{path} is too large for a programme file (over {_LARGEST // 1024} KB).")
        return parse_programme(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise BadProgramme(f"There is no file {path}: give the path of a programme file.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise BadProgramme(f"{path} cannot be read as a file.") from error
    except UnicodeDecodeError as error:
        raise BadProgramme(f"{path} is not a text file in UTF-8: save it as UTF-8 and try again.") from error


def parse_programme(text: str, name: str) -> Programme:
    """Read and check a programme from its YAML text; `name` is how complaints call it."""
    values, lines = _parse(text, name)
    try:
        programme = Programme.model_validate(values)
    except ValidationError as error:
        said = _said(error, lines)
        raise BadProgramme(f"{name}: " + "; ".join(said) + ".") from error
    wrong = [f"line {lines.of(place)}: {says}" for place, says in problems_of(programme)]
    if wrong:
        raise BadProgramme(f"{name}: " + "; ".join(wrong) + ".")
    return programme


def _parse(text: str, name: str) -> tuple[Any, Lines]:
    """Return the values of a YAML text with the line of each; BadProgramme where it makes no sense."""
    try:
        loader = _PlainLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise BadProgramme(f"{name} is not a programme file: it should start with `programme: <name>`.")
        # Nothing is made of the nodes before they are counted.
        lines = Lines(root)
        return loader.construct_document(root), lines
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadProgramme(f"{name}: line {line}: it has a character that is no text (U+{ord(text[error.position]):04X}): take it out.") from error
    except yaml.YAMLError as error:
        raise BadProgramme(f"{name}: {_where(error)}") from error
    except ValueError as error:
        raise BadProgramme(f"{name}: {error}.") from error


def _where(error: yaml.YAMLError) -> str:
    """Say in one sentence where YAML stopped making sense."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it is not YAML"
    return f"line {mark.line + 1}: {problem}." if mark else f"{problem}."


def _place(loc: tuple[int | str, ...]) -> Place:
    """Drop from an error's place what is not a key or a position of the file."""
    return tuple(part for part in loc if part != "[key]" and not str(part).startswith("literal["))


def _said(error: ValidationError, lines: Lines) -> list[str]:
    """Return one complaint a place, with its line; a value that fits none of several kinds is told once."""
    found: dict[Place, str] = {}
    for one in error.errors(include_url=False):
        place = _place(one["loc"])
        found.setdefault(place, f"line {lines.of(place)}: {_plain(one)}")
    return list(found.values())


def _plain(error: Any) -> str:
    """Turn a validation error into a plain sentence."""
    key = ".".join(str(part) for part in _place(error["loc"]))
    match error["type"]:
        case "extra_forbidden":
            return f'unknown key "{error["loc"][-1]}" in {key.rpartition(".")[0] or "the file"}'
        case "missing":
            return f'"{key}" is missing'
        case "finite_number":
            return f'"{key}": must be a number'
        case _:
            return f'"{key}": {error["msg"].removeprefix("Value error, ")}'
