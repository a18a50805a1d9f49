"""Lists that people keep in spreadsheets: rows checked one by one, and what a cell of any list has to be."""

import datetime
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from sqlmodel import Session, col, select

from evidence.values import EARLIEST, day
from models.base import Strict
from models.errors import BadInput
from models.school import School
from models.supporter import Conflict, Supporter
from notifications.channels.mail import is_address
from stages.reminders.lines import counted

_Kind = TypeVar("_Kind", bound=Strict)
_NAMED = 10
# Of a cell that is longer, so many characters are shown.
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the database already, for what no row can tell by itself: URNs of the register (None before one was loaded), names, links."""

    urns: Collection[int] | None
    supporters: Collection[str]
    links: Collection[tuple[str, int, str]]

    def lacks(self, urn: int) -> bool:
        """Tell whether a register was loaded that has not this school: a slip of the pen would bar nothing."""
        return self.urns is not None and urn not in self.urns


def known(session: Session) -> Known:
    """Return what rows of a list are to be compared with."""
    urns = frozenset(session.exec(select(School.urn)).all())
    links = session.exec(select(Supporter.name, Conflict.urn, Conflict.kind).join(Conflict, col(Conflict.supporter_id) == Supporter.id)).all()
    names = frozenset(session.exec(select(Supporter.name)).all())
    return Known(urns or None, names, frozenset((name, urn, str(kind)) for name, urn, kind in links))


def known_of(info: ValidationInfo) -> Known | None:
    """Return what the rows are compared with; None where a row is looked at by itself."""
    return (info.context or {}).get("known")


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


def in_register(value: int, info: ValidationInfo) -> int:
    """Return a URN if the register has it, or nothing is known of a register."""
    there = known_of(info)
    if there is not None and there.lacks(value):
        raise ValueError(f"there is no school {value} in the register: look at the URN")
    return value


ListedDay = Annotated[datetime.date, BeforeValidator(_a_day)]
PastDay = Annotated[ListedDay, AfterValidator(_has_been)]
Urn = Annotated[int, Field(ge=1, le=999_999)]
KnownUrn = Annotated[Urn, AfterValidator(in_register)]
# Of the National Grid, which ends there.
Easting = Annotated[int, Field(ge=1, le=700_000)]
Northing = Annotated[int, Field(ge=1, le=1_300_000)]
# Nobody sees these, so that two names look alike, or a screen is written over: all control and format characters but the two that join letters.
_UNSEEN, _JOINERS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"}), frozenset("\u200c\u200d")


def checked(
    kind: type[_Kind], rows: Iterable[Mapping[str, Any]], name: str, today: datetime.date | None = None, there: Known | None = None
) -> list[_Kind]:
    """Return the rows as `kind`; all that does not fit is named with its line and column in one BadInput. No `PastDay` may lie after `today`.

    A row without anything in it counts as a line and is passed over. What `kind` names in `once` stands in no two rows alike. What the database
    has to say of a row is asked of `there`.
    """
    good, wrong = [], dict[int, list[str]]()
    seen: dict[tuple[str, ...], int] = {}
    for line, row in enumerate(rows, start=2):
        cells = {key: value for key, value in row.items() if key is not None and value not in (None, "")}
        if not cells:
            continue
        faults = [*_unseen(cells)]
        try:
            good.append(kind.model_validate(cells, context={"today": today, "known": there}))
            key = _once(kind, good[-1].model_dump())
        except ValidationError as error:
            faults += [f"{'.'.join(str(part) for part in one['loc'])}: {_in_words(one)}" for one in error.errors(include_url=False)]
            key = _once(kind, cells)
        if key and seen.setdefault(key, line) != line:
            columns = ", ".join(getattr(kind, "once", ()))
            faults.append(f"{columns}: the same ({', '.join(key)}) stands in line {seen[key]} already: leave one of them out")
        if faults:
            wrong[line] = faults
    if wrong:
        raise BadInput(f"{name}: {_named(wrong)}.")
    return good


def _once(kind: type[Strict], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what may stand in one row only, as text, so that a row with other faults is compared too; nothing where a part of it is missing."""
    fields = ((column, kind.model_fields[column]) for column in getattr(kind, "once", ()))
    found = [values.get(column, None if field.is_required() else field.default) for column, field in fields]
    return () if None in found else tuple(str(one).strip() for one in found)


def _named(wrong: Mapping[int, Sequence[str]]) -> str:
    """Return what does not fit, line by line, and of very many lines that of the first."""
    named = [f"line {line}: {fault}" for line, faults in islice(wrong.items(), _NAMED) for fault in faults]
    return "; ".join([*named, *([f"and more in {counted(len(wrong) - _NAMED, 'further line')}"] if len(wrong) > _NAMED else [])])


# What is said of a cell that does not fit, by the kind of the fault; {it} is what stands there, the rest is what would do.
_FAULTS = {
    "missing": "nothing stands there, and it is needed: fill it in",
    "extra_forbidden": "there is no such column in this list: look at its name, or take it out",
    "string_too_short": "nothing stands there, and it is needed: fill it in",
    "string_too_long": "it is too long: write it in {max_length} characters at most",
    "string_pattern_mismatch": "{it} is not written as it should be: look up in `docs/how-to.md` how this column is written",
    "enum": "{it} is none of those there are: write {expected}",
    "int_parsing": "{it} is no whole number: write digits only",
    "int_from_float": "{it} is no whole number: write digits only",
    "int_parsing_size": "{it} is a number beyond any that can be meant: look at it again",
    "float_parsing": "{it} is no number: write it as 10 or 10.5",
    "finite_number": "{it} is no number: write it as 10 or 10.5",
    "multiple_of": "{it} does not do: write a multiple of {multiple_of}",
    "greater_than": "{it} is too little: write more than {gt}",
    "greater_than_equal": "{it} is too little: write {ge} or more",
    "less_than": "{it} is too much: write less than {lt}",
    "less_than_equal": "{it} is too much: write {le} or less",
}


def _in_words(fault: Mapping[str, Any]) -> str:
    """Return what is wrong with a cell and what to do, in words."""
    limits = fault.get("ctx", {})
    if "error" in limits:
        return str(limits["error"])
    says = _FAULTS.get(fault["type"], "{it} does not fit this column: look up in `docs/how-to.md` how it is written")
    said = {name: f"{value:.15g}" if isinstance(value, float | int) else value for name, value in limits.items()}
    it = str(fault["input"])
    return says.format(it=f'"{it if len(it) <= _LONGEST else f"{it[:_LONGEST]}..."}"', **said)


def _unseen(cells: Mapping[str, Any]) -> Iterator[str]:
    """Yield, for each cell that has one, which character stands in it that cannot be seen."""
    for name, value in cells.items():
        found = next((one for one in str(value) if unicodedata.category(one) in _UNSEEN and one not in _JOINERS), None)
        if found is not None:
            yield f"{name}: there is a character in it that cannot be seen (U+{ord(found):04X}): type it anew"


class Addressed(Strict):
    """Whatever has an address to write to."""

    name: str = Field(min_length=1, max_length=200)
    email: str

    @field_validator("email")
    @classmethod
    def _can_be_written_to(cls, value: str) -> str:
        if not is_address(value):
            raise ValueError("it is not an address that can be written to")
        return value


def refuse_twice(what: str, names: Sequence[str]) -> None:
    """Raise BadInput naming what stands in a list twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"There is a {what} twice: {', '.join(twice)}.")
