"""Opening a file as people download it: zip, csv, xlsx, json or parquet, by its contents and not by its name, as tables of text."""

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evidence.characters import check_each, check_json, check_text
from evidence.privacy import check_cells, may_have_pupil_number
from evidence.unpacking import contents
from evidence.workbooks import written
from models.errors import BadFile

_LARGEST = 1024 * 1024 * 1024
_PREAMBLE = 10
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where it comes from, its columns, and its rows as line number and cells (not all rows are of the same length).

    `text` is the whole text of a file that is no table, such as a calendar; then there are no columns and no rows.
    `watched` tells whether each row must be looked at for a pupil's number, because one could stand in the file at all.
    `ends_in` is the last character of a csv file, a line end if it has one there; it is None for what is no csv file.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    text: str | None = None
    watched: bool = True
    ends_in: str | None = None
    _places: dict[str, int] = field(init=False, repr=False, compare=False)
    _found: dict[tuple[str, ...], int | None] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Know where each column is, in small letters; of two of one name the first counts."""
        object.__setattr__(self, "_places", {column.casefold(): place for place, column in reversed(list(enumerate(self.columns)))})

    def at(self, *names: str) -> int | None:
        """Return the position of the first of these columns that there is, capitals or not; None if there is none."""
        if names not in self._found:
            self._found[names] = next((self._places[name.casefold()] for name in names if name.casefold() in self._places), None)
        return self._found[names]


def cell(row: list[str], place: int | None) -> str:
    """Return one cell; empty if the column is not there or the row is too short for it."""
    return row[place] if place is not None and place < len(row) else ""


@contextmanager
def open_file(path: Path, largest: int = _LARGEST) -> Iterator[Table]:
    """Open the one table in `path`; BadFile says what is wrong with a file that is missing, damaged, empty, too large or of no known form.

    `largest` is how many bytes there may be of what is read, unpacked.
    """
    yield _opened(path, largest)


def _opened(path: Path, largest: int) -> Table:
    try:
        found = contents(path, largest)
        return _csv_table(path.name, found) if isinstance(found, str) else _table(path.name, found)
    except FileNotFoundError as error:
        raise BadFile(f"There is no file {path}: give the path of a file.") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path.name} has a byte that is no text: it is damaged.") from error
    except OSError as error:
        raise BadFile(f"{path.name} cannot be read: {error.strerror}.") from error


def _table(name: str, data: bytes) -> Table:
    """Return the table that a file holds: parquet by its mark, JSON by its first character, a calendar or YAML by its words, else csv."""
    data = _as_utf8(data)
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise BadFile(f"{name} is empty: download it again.")
    if data[:2] == b"PK":
        raise BadFile(f"{name} is a damaged zip file: download it again.")
    if data[:4] == _PARQUET:
        return _parquet_table(name, data)
    text = _decoded(data)
    check_text(name, text)
    if text.lstrip()[:1] in "[{":
        return _json_table(name, text)
    if text.startswith("BEGIN:VCALENDAR") or "\nterms:" in f"\n{text}":
        return Table(name, (), iter(()), text)
    return replace(_csv_table(name, text), watched=may_have_pupil_number(data), ends_in=text[-1])


def _as_utf8(data: bytes) -> bytes:
    """Return the bytes, those of what a spreadsheet calls Unicode text (UTF-16, by the mark at its start) as UTF-8."""
    return data.decode("utf-16").encode() if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else data


def _decoded(data: bytes) -> str:
    """Return the text: UTF-8 where it is, with or without a mark at the start, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _csv_table(name: str, text: str) -> Table:
    """Return a csv table; lines above the header (a title, a note) are passed over: the header is the first line as wide as any."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start: list[tuple[int, list[str]]] = []
    rows = _rows(name, reader)
    for line, row in rows:
        start.append((line, row))
        if len(start) == _PREAMBLE:
            break
    widest = max((sum(1 for value in row if value.strip()) for _, row in start), default=0)
    header = next((n for n, (_, row) in enumerate(start) if 2 * sum(1 for value in row if value.strip()) > widest), None)
    if header is None or widest < 2:
        check_parted(name, (value for _, row in start for value in row))
        raise BadFile(f"{name} is no table: it has no line of column names.")
    for line, row in start[: header + 1]:
        # Nobody looks at these lines later.
        check_cells(name, line, row)
    columns = tuple(value.strip() for value in start[header][1])

    def following() -> Iterator[tuple[int, list[str]]]:
        yield from start[header + 1 :]
        yield from rows

    return Table(name, columns, following())


def check_parted(name: str, columns: Iterable[str]) -> None:
    """Raise BadFile if what should be column names has other marks in it that part columns."""
    if any(";" in column or "\t" in column for column in columns):
        raise BadFile(f"{name} is parted by semicolons or tabs: save it as csv with commas, or as xlsx.")


def _rows(name: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with something in them; BadFile names the line at which a file is damaged."""
    try:
        for row in reader:
            if any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise BadFile(f"{name} is damaged at line {reader.line_num}: {error}. Download it again.") from error


def _json_table(name: str, text: str) -> Table:
    """Return a JSON list of records as a table; keys inside keys are joined with a dot. Another JSON value is kept as text."""
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _once(name, pairs))
        check_json(name, text, value)
    except RecursionError as error:
        raise BadFile(f"{name} has lists inside lists without end, which no public file has: download it again.") from error
    except ValueError as error:
        raise BadFile(f"{name} is damaged: it is cut off or no JSON. Download it again.") from error
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return Table(name, (), iter(()), text)
    records = [_record(name, one) for one in value]
    columns = tuple(dict.fromkeys(key for record in records for key in record))
    return Table(name, columns, ((n, _cells(record, columns)) for n, record in enumerate(records, start=1)))


def _once(name: str, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return keys and values; BadFile for a key that is there twice, of which JSON would silently take the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise BadFile(f'{name} has the key "{twice}" twice in one record: leave one of them out.')
    return found


def _record(name: str, value: dict[str, Any]) -> dict[str, str]:
    """Return a record as text; most have no keys inside keys, and need not be looked into."""
    if any(isinstance(inner, dict) for inner in value.values()):
        return _once(name, list(_flat("", value)))
    return {key: "" if inner is None else str(inner) for key, inner in value.items()}


def _cells(record: dict[str, str], columns: tuple[str, ...]) -> list[str]:
    return list(record.values()) if tuple(record) == columns else [record.get(key, "") for key in columns]


def _flat(prefix: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", "" if inner is None else str(inner)


def _parquet_table(name: str, data: bytes) -> Table:
    """Return a parquet table as text; polars reads it, which is installed only by those who have such files."""
    try:
        import polars
    except ImportError as error:
        raise BadFile(f"{name} is a parquet file, and what reads one is not installed: run `pip install lodestar[parquet]`.") from error
    try:
        frame = polars.read_parquet(io.BytesIO(data))
    except polars.exceptions.PolarsError as error:
        raise BadFile(f"{name} is a parquet file that is cut short or damaged: download it again.") from error
    check_each(name, frame.columns)
    for column in frame.iter_columns():
        if column.dtype == polars.String:
            check_each(name, column.drop_nulls().unique())
    rows = ((n, [written(value) for value in row]) for n, row in enumerate(frame.iter_rows(), start=1))
    return Table(name, tuple(frame.columns), rows)
