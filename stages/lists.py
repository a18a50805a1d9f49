"""Lists that people keep in spreadsheets: rows checked one by one, and what a cell of any list has to be."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ValidationError

from evidence.values import EARLIEST, day
from models.base import Strict
from models.errors import BadInput

_Kind = TypeVar("_Kind", bound=Strict)
_NAMED = 10


def _a_day(value: Any) -> Any:
    """Return a date as a spreadsheet or a program writes it; ValueError, with what stands there, if it is none."""
    try:
        found = day(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if found is None or (isinstance(found, datetime.date) and found < EARLIEST):
        raise ValueError(f'"{value}" is no date: write it as 2026-09-01 or 01/09/2026')
    return found


ListedDay = Annotated[datetime.date, BeforeValidator(_a_day)]


def checked(kind: type[_Kind], rows: Iterable[Mapping[str, Any]], name: str) -> list[_Kind]:
    """Return the rows as `kind`; every row that does not fit is named with its line in one BadInput."""
    good, wrong = [], []
    for line, row in enumerate(rows, start=2):
        try:
            good.append(kind.model_validate({key: value for key, value in row.items() if key is not None and value not in (None, "")}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            wrong.append(f"line {line}: {'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}")
    if wrong:
        raise BadInput(f"{name}: " + "; ".join(wrong[:_NAMED]) + ("; and more" if len(wrong) > _NAMED else "") + ".")
    return good
