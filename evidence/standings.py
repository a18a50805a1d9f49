"""The standings of many schools on a day, from the inspections that were saved."""

import datetime
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Row
from sqlmodel import Session, col, select

from evidence.standing import Outcome, Standing, standing
from models.evidence import Inspection

_CHUNK = 5000
_COLUMNS = (
    Inspection.urn, Inspection.inspected, Inspection.regime, Inspection.grade, Inspection.judgements, Inspection.category_of_concern,
    Inspection.safeguarding_met, Inspection.urn_then, Inspection.published,
)  # fmt: skip


def load_standings(session: Session, urns: Sequence[int] | None, on: datetime.date) -> dict[int, Standing]:
    """Return the standing on a day of each of these schools (None for all) that was inspected by then."""
    found: dict[int, Standing] = {}
    for urn, rows in groupby(_inspections(session, urns, on), key=lambda row: row[0]):
        one = standing([cast(Outcome, row) for row in rows])
        if one is not None:
            found[urn] = one
    return found


def _inspections(session: Session, urns: Sequence[int] | None, on: datetime.date) -> Iterator[Row[Any]]:
    """Yield inspections school by school, in parts that the database takes at once."""
    query: Any = select(*_COLUMNS).where(col(Inspection.inspected) <= on).order_by(col(Inspection.urn))  # type: ignore[call-overload]
    if urns is None:
        yield from session.execute(query.execution_options(yield_per=_CHUNK))
        return
    wanted = sorted(set(urns))
    for start in range(0, len(wanted), _CHUNK):
        yield from session.execute(query.where(col(Inspection.urn).in_(wanted[start : start + _CHUNK])))
