"""No pupil's record comes in: files and answers with what looks like one are refused at the door."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from models.errors import BadFile, BadInput

# Headings of pupil-level exports from schools' systems and from the department's own collections.
_COLUMNS = frozenset({
    "upn", "uln", "unique pupil number", "unique learner number", "former upn", "pupil name", "pupilname", "pupil", "learner name", "child name",
    "forename", "forenames", "first name", "firstname", "surname", "family name", "last name", "lastname", "given name", "dob", "date of birth",
    "dateofbirth", "legal forename", "legal surname", "preferred surname", "nhs number", "pupil matching reference", "pmr",
})  # fmt: skip
_UPN = re.compile(r"\b[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]\b")
_BORN = re.compile(r"\b(?:born|dob|d\.o\.b\.|date of birth)\b", re.IGNORECASE)
_NAMES = re.compile(r"(?:^|[,;\n])\s*[A-Z][a-z'\u2019-]+\s+[A-Z][a-z'\u2019-]+\s*(?=[,;\n]|$)")
_LIST_OF_NAMES = 3


def check_columns(name: str, columns: Iterable[str]) -> None:
    """Raise BadFile if a table has a column of a pupil-level export."""
    found = [column for column in columns if " ".join(column.casefold().replace("_", " ").split()) in _COLUMNS]
    if found:
        raise BadFile(f"{name} looks like a list of pupils (it has the column {found[0]}): only counts by school may be loaded here.")


def check_cells(name: str, line: int, cells: Iterable[str]) -> None:
    """Raise BadFile if a row holds what looks like a unique pupil number."""
    # Joined first: one search a row takes a tenth of the time of one a cell.
    if _UPN.search(",".join(cells)):
        raise BadFile(f"{name}, line {line}: there is what looks like a unique pupil number; only counts by school may be loaded here.")


def check_answers(answers: Mapping[str, Any]) -> None:
    """Raise BadInput if an answer in words looks as if it named pupils: a pupil number, a date of birth, a list of names."""
    for question, value in answers.items():
        if not isinstance(value, str):
            continue
        if _UPN.search(value) or _BORN.search(value) or len(_NAMES.findall(value)) >= _LIST_OF_NAMES:
            raise BadInput(f'The answer to "{question}" looks as if it told of single pupils: give counts, never names, numbers or dates of birth.')
