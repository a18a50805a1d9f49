"""Figures that were loaded, read back by indicator and school: through predecessors, with their date, cohort and source."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, String, func, or_, select, type_coerce
from sqlmodel import Session, col

from evidence.succession import chain, follow, load_predecessors
from evidence.understood import OWN
from models.evidence import AreaEvidence, Evidence, Load
from models.school import ENGLAND, School
from models.words import Missing

NEIGHBOURHOOD = frozenset({"idaci_decile", "imd_decile", "idaci_rank", "imd_rank"})
_MANY = 2000
# Plain columns, not attributes of objects, and a word as its text: what is made of millions of figures must cost nothing beside them.
_FIGURES: Any = Evidence.__table__.c  # type: ignore[attr-defined]
_AREAS: Any = AreaEvidence.__table__.c  # type: ignore[attr-defined]
_SCHOOLS: Any = School.__table__.c  # type: ignore[attr-defined]
_COLUMNS = (_FIGURES.as_of, _FIGURES.value, type_coerce(_FIGURES.missing, String), _FIGURES.cohort, _FIGURES.load_id, _FIGURES.urn)
_WHY: dict[str | None, Missing | None] = {None: None} | {missing.value: missing for missing in Missing}
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
    has no such figure at all takes nobody's place. The newest are those since the last edition that was loaded for all of England,
    and those of one's own lists; where there is no such edition, each school's own newest is among them.
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
    if not names:
        return {}
    own = select(col(Load.id)).where(col(Load.kind) == OWN)
    ranks = dict(session.execute(select(col(Load.id), col(Load.rank))).tuples().all())
    since = dict(_since(session, names, on)) if newest_only else {}
    found: Series = {}
    for name in names:
        query = select(*_COLUMNS).where(_FIGURES.indicator == name, _FIGURES.as_of <= on).order_by(_FIGURES.urn, _FIGURES.as_of)
        if newest_only:
            # A list of one's own is no edition that another could be newer than, so it is always looked at.
            query = query.where(or_(_FIGURES.as_of >= since[name], _FIGURES.load_id.in_(own))) if name in since else query
        if len(urns) <= _MANY:
            query = query.where(_FIGURES.urn.in_(urns))
        found[name] = _lines(session.execute(query), urns, ranks)
    return found


def _lines(rows: Iterable[Row[Any]], urns: Collection[int], ranks: Mapping[int, int]) -> dict[int, list[Known]]:
    """Return each school's figures, one a date; `rows` are in the order of schools and dates, `ranks` say how final each load is."""
    found: dict[int, list[Known]] = {}
    several: set[int] = set()
    for as_of, value, missing, cohort, load_id, urn in rows:
        if urn in urns:
            known = Known(as_of, value, _WHY[missing], cohort, load_id, urn)
            line = found.get(urn)
            if line is None:
                found[urn] = [known]
                continue
            if line[-1].as_of == as_of:
                several.add(urn)
            line.append(known)
    for urn in several:
        line = []
        for known in sorted(found[urn], key=lambda one: (one.as_of, ranks[one.load_id], one.load_id)):
            _put(line, known)
        found[urn] = line
    return found


def _since(session: Session, names: Sequence[str], on: datetime.date) -> list[tuple[str, datetime.date]]:
    """Return the newest date of each indicator that a whole edition was loaded for; none of those of which there is no whole edition."""
    query = (
        select(col(Evidence.indicator), func.max(col(Evidence.as_of)))
        .join(Load, col(Load.id) == col(Evidence.load_id))
        .where(col(Evidence.indicator).in_(names), col(Evidence.as_of) <= on, col(Load.scope) == ENGLAND, col(Load.kind) != OWN)
        .group_by(col(Evidence.indicator))
    )
    return list(session.execute(query).tuples())


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
    found = {urn: line for urn, line in rows.items() if urn in urns}
    heirs = [urn for urn in urns if urn in predecessors]
    inherited: set[int] = set()
    for day in sorted(dated):
        for urn, whose in follow([urn for urn in heirs if urn not in dated[day]], dated[day], predecessors).items():
            found.setdefault(urn, []).append(dated[day][whose])
            inherited.add(urn)
    for urn in inherited:
        found[urn].sort(key=lambda known: known.as_of)
    return found


def _of_neighbourhoods(session: Session, name: str, urns: Collection[int], on: datetime.date) -> dict[int, list[Known]]:
    """Return a neighbourhood's figure for each school in it; joined here, since a database without statistics may join it the slow way."""
    schools = select(_SCHOOLS.urn, _SCHOOLS.lsoa).where(_SCHOOLS.lsoa.is_not(None))
    areas = (
        select(_AREAS.area, _AREAS.as_of, _AREAS.value, _AREAS.load_id)
        .join(Load, col(Load.id) == _AREAS.load_id)
        .where(_AREAS.indicator == name, _AREAS.as_of <= on)
        .order_by(_AREAS.as_of, col(Load.rank), _AREAS.load_id)
    )
    if len(urns) <= _MANY:
        schools = schools.where(_SCHOOLS.urn.in_(urns))
    lsoas = {urn: lsoa for urn, lsoa in session.execute(schools).tuples() if urn in urns}
    if len(urns) <= _MANY:
        areas = areas.where(_AREAS.area.in_(set(lsoas.values())))
    of_area: dict[str, list[tuple[datetime.date, float, int]]] = {}
    for area, as_of, value, load_id in session.execute(areas).tuples():
        of_area.setdefault(area, []).append((as_of, value, load_id))
    found: dict[int, list[Known]] = {}
    for urn, lsoa in lsoas.items():
        for as_of, value, load_id in of_area.get(lsoa, ()):
            _put(found.setdefault(urn, []), Known(as_of, value, None, None, load_id, urn))
    return found


def by_group(session: Session, urns: Collection[int]) -> list[str]:
    """Return the names of all figures by group of pupils (`indicator:group`) that are there of these schools or those they came from."""
    predecessors = load_predecessors(session)
    wanted = {*urns, *(before for urn in urns for before in chain(urn, predecessors))}
    query = select(_FIGURES.indicator).where(_FIGURES.indicator.contains(":"), _FIGURES.urn.in_(wanted)).distinct()
    return sorted(session.execute(query).scalars())


def sources(session: Session, load_ids: Iterable[int]) -> dict[int, str]:
    """Return what each load is called as a source: its kind and edition."""
    query = select(col(Load.id), col(Load.kind), col(Load.edition)).where(col(Load.id).in_(list(load_ids)))
    return {number: f"{kind} {edition}" for number, kind, edition in session.execute(query).all()}
