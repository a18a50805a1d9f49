"""The standings of many schools on a day, from the inspections that were saved."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlmodel import Session, select

from evidence.standing import Standing, standing
from models.evidence import Inspection

_CHUNK = 5000


class _Inspection(NamedTuple):
    """One row, plain: a row of the database takes several times as long to give a value."""

    urn: int
    inspected: datetime.date
    regime: str
    grade: str
    judgements: Mapping[str, Any]
    category_of_concern: str | None
    safeguarding_met: bool | None
    urn_then: int | None
    published: datetime.date | None


# Plain columns, not attributes of objects, cost nothing beside what is read.
_INSPECTIONS: Any = Inspection.__table__.c  # type: ignore[attr-defined]
_COLUMNS = tuple(_INSPECTIONS[name] for name in _Inspection._fields)


def load_standings(session: Session, urns: Sequence[int] | None, on: datetime.date) -> dict[int, Standing]:
    """Return the standing on a day of each of these schools (None for all) that was inspected by then."""
    found: dict[int, Standing] = {}
    for urn, rows in groupby(_inspections(session, urns, on), key=lambda row: row[0]):
        one = standing(list(map(_Inspection._make, rows)))
        if one is not None:
            found[urn] = one
    return found


def _inspections(session: Session, urns: Sequence[int] | None, on: datetime.date) -> Iterator[Row[Any]]:
    """Yield inspections school by school, in parts that the database takes at once."""
    query: Any = select(*_COLUMNS).where(_INSPECTIONS.inspected <= on).order_by(_INSPECTIONS.urn)
    if urns is None:
        yield from session.execute(query.execution_options(yield_per=_CHUNK))
        return
    wanted = sorted(set(urns))
    for start in range(0, len(wanted), _CHUNK):
        yield from session.execute(query.where(_INSPECTIONS.urn.in_(wanted[start : start + _CHUNK])))
