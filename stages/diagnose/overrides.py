"""Categories that were set by hand until a day: which of them still last, and which have run out and wait to be looked at again."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from models.moments import day_of
from models.trail import Decision

_DECIDES = ("confirm", "override", "moderate")


class Now(StrEnum):
    """How it is with an override: it lasts, has run out and waits, was looked at after it ran out, or gave way to another category before."""

    LASTS = "lasts"
    WAITS = "waits"
    LOOKED_AT = "looked_at"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Override:
    """A category that a person set by hand until a last day, by the decision that set it, and how it is with it now."""

    case_id: int
    decision_id: int
    category: str
    until: datetime.date
    now: Now


def overrides(session: Session, case_ids: Sequence[int], today: datetime.date) -> list[Override]:
    """Return the overrides of some cases in the order in which they were made; one without a last day is never looked at again by itself."""
    query = select(Decision).where(col(Decision.case_id).in_(case_ids), col(Decision.kind).in_(_DECIDES)).order_by(col(Decision.id))
    by_case: dict[int, list[Decision]] = defaultdict(list)
    for row in session.exec(query).all():
        if row.case_id is not None:
            by_case[row.case_id].append(row)
    return sorted((one for number, rows in by_case.items() for one in _of_case(number, rows, today)), key=lambda one: one.decision_id)


def _of_case(case_id: int, decisions: Sequence[Decision], today: datetime.date) -> Iterator[Override]:
    for number, one in enumerate(decisions):
        until = one.detail.get("until") if one.kind == "override" else None
        if until is not None:
            last = datetime.date.fromisoformat(until)
            later = [(day_of(row.at), row.kind, row.detail) for row in decisions[number + 1 :]]
            yield Override(case_id, one.id, one.detail["category"], last, _now(last, later, today))


def _now(last: datetime.date, later: Iterable[tuple[datetime.date, str, Mapping[str, object]]], today: datetime.date) -> Now:
    """Return how it is with an override after what was decided `later`; what let it stand before its last day does not take that day away."""
    for on, kind, detail in later:
        if on > last:
            return Now.LOOKED_AT
        if kind != "moderate" or detail.get("outcome") == "changed":
            return Now.REPLACED
    return Now.WAITS if today > last else Now.LASTS
