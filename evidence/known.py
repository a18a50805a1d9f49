"""Figures that were loaded, read back by indicator and school: through predecessors, with their date, cohort and source."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Row, and_, case, false, func, or_, select
from sqlmodel import Session, col

from evidence.succession import chain, follow, load_predecessors
from models.evidence import AreaEvidence, Evidence, Load
from models.school import ENGLAND, School
from models.words import Missing

NEIGHBOURHOOD = frozenset({"idaci_decile", "imd_decile", "idaci_rank", "imd_rank"})
_MANY = 2000
Series = dict[str, dict[int, list["Known"]]]


class Known(NamedTuple):
    """One loaded figure: its value or why it is missing, how many pupils it is made of, its date, its file, and whose it was."""

    as_of: datetime.date
    value: float | None
    missing: Missing | None
    cohort: float | None
    load_id: int
    urn: int


def load_series(
    session: Session, names: Collection[str], urns: Collection[int], on: datetime.date, *, newest_only: bool = False,
    predecessors: Mapping[int, Sequence[int]] | None = None,
) -> Series:  # fmt: skip
    """Return every figure of these schools up to a day, oldest first: by indicator, then by URN; or only the newest.

    Where a school has no figure for a date, its nearest predecessor's stands in (`Known.urn` says whose it is). Of several
    editions for one date the final one counts, and among those the one loaded last; one that
    has no such figure at all takes nobody's place. The newest are those since the last edition that was loaded for all of England.
    """
    urns = frozenset(urns)
    own = [name for name in names if name not in NEIGHBOURHOOD]
    predecessors = load_predecessors(session) if predecessors is None and own else predecessors or {}
    wanted = {*urns, *(before for urn in urns for before in chain(urn, predecessors))}
    found: Series = {name: _with_predecessors(rows, urns, predecessors) for name, rows in _figures(session, own, wanted, on, newest_only).items()}
    for name in NEIGHBOURHOOD.intersection(names):
        found[name] = _of_neighbourhoods(session, name, urns, on)
    return found


def _figures(session: Session, names: Sequence[str], urns: Collection[int], on: datetime.date, newest_only: bool) -> Series:
    query = (
        select(col(Evidence.indicator), col(Evidence.urn), col(Evidence.as_of), col(Evidence.value), col(Evidence.missing), col(Evidence.cohort),
               col(Evidence.load_id))
        .join(Load, col(Load.id) == col(Evidence.load_id))
        .where(col(Evidence.indicator).in_(names), col(Evidence.as_of) <= on)
        .order_by(col(Evidence.indicator), col(Evidence.urn), col(Evidence.as_of), col(Load.rank), col(Evidence.load_id))
    )  # fmt: skip
    if newest_only:
        dates = _newest(session, names, on) if names else []
        query = query.where(or_(false(), *(and_(col(Evidence.indicator) == name, col(Evidence.as_of) >= day) for name, day in dates)))
    if len(urns) <= _MANY:
        query = query.where(col(Evidence.urn).in_(urns))
    found: Series = {name: {} for name in names}
    for row in session.execute(query).all() if names else ():
        if row.urn in urns:
            _append(found[row.indicator].setdefault(row.urn, []), row)
    return found


def _newest(session: Session, names: Sequence[str], on: datetime.date) -> list[tuple[str, datetime.date]]:
    """Return the newest date of each indicator that a whole edition was loaded for; of any, where there are only single authorities."""
    query = (
        select(col(Evidence.indicator), func.max(col(Evidence.as_of)), func.max(case((col(Load.scope) == ENGLAND, col(Evidence.as_of)))))
        .join(Load, col(Load.id) == col(Evidence.load_id))
        .where(col(Evidence.indicator).in_(names), col(Evidence.as_of) <= on)
        .group_by(col(Evidence.indicator))
    )
    return [(name, whole or newest) for name, newest, whole in session.execute(query).tuples()]


def _append(line: list[Known], row: Row[tuple[str, int, datetime.date, float | None, Missing | None, float | None, int]]) -> None:
    """Add a figure to a school's line, in the place of an earlier edition for the same date."""
    _put(line, Known(row.as_of, row.value, row.missing, row.cohort, row.load_id, row.urn))


def _put(line: list[Known], known: Known) -> None:
    """Add a figure to a line that is in order; of one date the later edition counts, unless it does not have the figure."""
    if not line or line[-1].as_of != known.as_of:
        line.append(known)
    elif known.missing is not Missing.NOT_IN_SOURCE:
        line[-1] = known


def _with_predecessors(rows: Mapping[int, list[Known]], urns: Collection[int], predecessors: Mapping[int, Sequence[int]]) -> dict[int, list[Known]]:
    """Return each school's figures date by date, its own or its predecessor's as `succession.follow` says."""
    dated: dict[datetime.date, dict[int, Known]] = {}
    for line in rows.values():
        for known in line:
            dated.setdefault(known.as_of, {})[known.urn] = known
    found: dict[int, list[Known]] = {}
    for day in sorted(dated):
        for urn, whose in follow(urns, dated[day], predecessors).items():
            found.setdefault(urn, []).append(dated[day][whose])
    return found


def _of_neighbourhoods(session: Session, name: str, urns: Collection[int], on: datetime.date) -> dict[int, list[Known]]:
    """Return a neighbourhood's figure for each school in it; joined here, since a database without statistics may join it the slow way."""
    query = (
        select(col(AreaEvidence.area), col(AreaEvidence.as_of), col(AreaEvidence.value), col(AreaEvidence.load_id))
        .join(Load, col(Load.id) == col(AreaEvidence.load_id))
        .where(col(AreaEvidence.indicator) == name, col(AreaEvidence.as_of) <= on)
        .order_by(col(AreaEvidence.as_of), col(Load.rank), col(AreaEvidence.load_id))
    )
    of_area: dict[str, list[tuple[datetime.date, float, int]]] = {}
    for area, as_of, value, load_id in session.execute(query).all():
        of_area.setdefault(area, []).append((as_of, value, load_id))
    found: dict[int, list[Known]] = {}
    for urn, lsoa in session.execute(select(col(School.urn), col(School.lsoa)).where(col(School.lsoa).is_not(None))).all() if of_area else ():
        if urn in urns:
            for as_of, value, load_id in of_area.get(lsoa, ()):
                _put(found.setdefault(urn, []), Known(as_of, value, None, None, load_id, urn))
    return found


def sources(session: Session, load_ids: Iterable[int]) -> dict[int, str]:
    """Return what each load is called as a source: its kind and edition."""
    query = select(col(Load.id), col(Load.kind), col(Load.edition)).where(col(Load.id).in_(list(load_ids)))
    return {number: f"{kind} {edition}" for number, kind, edition in session.execute(query).all()}
