"""Inspections of one file beside those of others: a corrected file takes back what the wrong one said, an older one overrules no newer."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session, col

from evidence.replacing import place_of
from evidence.understood import Understood
from models.evidence import Inspection, Load

NEWER_KEPT = "inspection of which a newer edition was loaded, kept as that says"
TAKEN_BACK = "inspection that the file it replaces had and this one has not, taken out"
_CHUNK = 5000
_USUAL: dict[str, Any] = {
    "judgements": {}, "category_of_concern": None, "safeguarding_met": None, "urn_then": None, "published": None,
}  # fmt: skip
_Key = tuple[int, datetime.date, str]


def urns_taken_back(session: Session, found: Understood) -> set[int]:
    """Return the schools of which the file whose place this one takes told."""
    return set(session.execute(select(col(Inspection.urn)).where(col(Inspection.load_id).in_(_earlier(found)))).scalars())


def inspections_to_save(session: Session, found: Understood) -> list[dict[str, Any]]:
    """Make room for a file's inspections and return the rows to insert, without their load; what is left out is counted.

    One that is known already is replaced, since a later file may have put it right, unless a newer edition told of it.
    """
    _take_back(session, found)
    if not found.inspections:
        return []
    known = {(urn, day, regime): (number, as_of) for number, urn, day, regime, as_of in _known(session)}
    kept: list[Mapping[str, Any]] = []
    again: list[int] = []
    for row in found.inspections:
        number, as_of = known.get((row["urn"], row["inspected"], row["regime"]), (None, None))
        if as_of is not None and as_of > found.as_of:
            found.skipped[NEWER_KEPT] += 1
            continue
        kept.append(row)
        if number is not None:
            again.append(number)
    _remove(session, again)
    return [_USUAL | {"source": f"{found.kind} {found.edition}"} | dict(row) for row in kept]


def _earlier(found: Understood) -> Any:
    return select(col(Load.id)).where(*place_of(found))


def _known(session: Session) -> Iterator[Any]:
    columns = (col(Inspection.id), col(Inspection.urn), col(Inspection.inspected), col(Inspection.regime), col(Load.as_of))
    query = select(*columns).select_from(Inspection).outerjoin(Load, col(Load.id) == col(Inspection.load_id))
    yield from session.execute(query).tuples()


def _take_back(session: Session, found: Understood) -> None:
    """Remove the inspections that the replaced file told of, and count those that this one does not have any more."""
    columns = (col(Inspection.id), col(Inspection.urn), col(Inspection.inspected), col(Inspection.regime))
    said = session.execute(select(*columns).where(col(Inspection.load_id).in_(_earlier(found)))).tuples().all()
    says: set[_Key] = {(row["urn"], row["inspected"], row["regime"]) for row in found.inspections}
    gone = sum(1 for _, *key in said if tuple(key) not in says)
    if gone:
        found.skipped[TAKEN_BACK] += gone
    _remove(session, [number for number, *_ in said])


def _remove(session: Session, numbers: Sequence[int]) -> None:
    for start in range(0, len(numbers), _CHUNK):
        session.execute(delete(Inspection).where(col(Inspection.id).in_(numbers[start : start + _CHUNK])))
