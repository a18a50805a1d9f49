"""Lists that people keep in spreadsheets: rows checked one by one, and what a cell of any list has to be."""

import datetime
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo

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


def _has_been(value: datetime.date, info: ValidationInfo) -> datetime.date:
    """Return a day if it is not to come, where `checked` knows what today is."""
    today = (info.context or {}).get("today")
    if today is not None and value > today:
        raise ValueError(f"{value:%-d %B %Y} is still to come")
    return value


ListedDay = Annotated[datetime.date, BeforeValidator(_a_day)]
PastDay = Annotated[ListedDay, AfterValidator(_has_been)]
Urn = Annotated[int, Field(ge=1, le=999_999)]
# Of the National Grid, which ends there.
Easting = Annotated[int, Field(ge=1, le=700_000)]
Northing = Annotated[int, Field(ge=1, le=1_300_000)]
# Nobody sees these, so that two names look alike, or a screen is written over: all control and format characters but the two that join letters.
_UNSEEN, _JOINERS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"}), frozenset("\u200c\u200d")


def checked(kind: type[_Kind], rows: Iterable[Mapping[str, Any]], name: str, today: datetime.date | None = None) -> list[_Kind]:
    """Return the rows as `kind`; every row that does not fit is named with its line in one BadInput. No `PastDay` may lie after `today`."""
    good, wrong = [], []
    for line, row in enumerate(rows, start=2):
        cells = {key: value for key, value in row.items() if key is not None and value not in (None, "")}
        try:
            good.append(kind.model_validate(cells, context={"today": today}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            wrong.append(f"line {line}: {'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}")
        wrong += [f"line {line}: {why}" for why in _unseen(cells)]
    if wrong:
        raise BadInput(f"{name}: " + "; ".join(wrong[:_NAMED]) + ("; and more" if len(wrong) > _NAMED else "") + ".")
    return good


def _unseen(cells: Mapping[str, Any]) -> Iterator[str]:
    """Yield, for each cell that has one, which character stands in it that cannot be seen."""
    for name, value in cells.items():
        found = next((one for one in str(value) if unicodedata.category(one) in _UNSEEN and one not in _JOINERS), None)
        if found is not None:
            yield f"{name}: there is a character in it that cannot be seen (U+{ord(found):04X}): type it anew"
