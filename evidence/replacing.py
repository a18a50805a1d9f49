"""What a file takes the place of when it is saved, and when it must not: it is older, or so much smaller that it is likely to be cut."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlmodel import Session, SQLModel, col

from calendars.terms import ASSUMED
from evidence.understood import GROUPS, LINKS, OWN, Understood
from models.errors import BadFile
from models.evidence import AreaEvidence, Evidence, Load
from models.school import ENGLAND, School
from models.term import Term

# Files of which the newest holds everything, so that it takes the place of all others, whatever their edition.
ALL_AT_ONCE = frozenset({LINKS, GROUPS})
TOOK_PLACE = "took the place of an earlier figure"
_CHUNK = 5000


def place_of(found: Understood) -> tuple[Any, ...]:
    """Return the conditions on the loads whose place a file takes."""
    if found.kind in ALL_AT_ONCE:
        return (col(Load.kind) == found.kind,)
    return (col(Load.kind) == found.kind, col(Load.edition) == found.edition, col(Load.scope) == found.scope, col(Load.rank) == found.rank)


def terms_replaced(session: Session, found: Understood) -> Mapping[str, int]:
    """Count the terms whose place a file takes, by where they come from: of two files of one year the last counts, which is said."""
    counts: dict[str, int] = {}
    for authority, first, last in sorted({(one["authority"], one["year_first"], one["year_last"]) for one in found.terms}):
        where = (col(Term.authority) == authority, col(Term.first) >= first, col(Term.last) <= last, col(Term.source) != ASSUMED)
        for source, count in session.execute(select(col(Term.source), func.count()).where(*where).group_by(col(Term.source))).all():
            counts[f"terms of {first.year}/{last.year % 100:02d} in the place of those from {source}"] = count
    return counts


def check_newest(session: Session, found: Understood, file_name: str) -> None:
    """Raise BadFile if a newer file of those that replace each other was loaded: going back would lose what it said."""
    if found.kind in ALL_AT_ONCE:
        what, query = found.kind, select(func.max(col(Load.as_of))).where(col(Load.kind) == found.kind)
    elif found.schools:
        what, query = "register", select(func.max(col(School.register_date)))
        if found.scope != ENGLAND:
            query = query.where(col(School.authority) == found.scope)
    else:
        return
    newest = session.execute(query).scalar()
    if newest is not None and newest > found.as_of:
        raise BadFile(f"{file_name} is of {found.as_of:%-d %B %Y}, older than the {what} of {newest:%-d %B %Y} already loaded.")


def check_size(session: Session, found: Understood, file_name: str) -> None:
    """Raise BadFile if a file keeps less than two thirds of what the load kept whose place it would take: it is likely to be cut."""
    if found.kind == OWN:
        return
    kept = session.execute(select(col(Load.rows_kept)).where(*place_of(found)).order_by(col(Load.id).desc()).limit(1)).scalar()
    if kept is not None and 3 * found.rows_kept < 2 * kept:
        raise BadFile(
            f"{file_name} has {found.rows_kept:,} rows to keep where the load that it would replace kept {kept:,}, so it may be cut short: "
            "download it again, or give --smaller to load it all the same."
        )


def forget_earlier(session: Session, found: Understood) -> None:
    """Remove the figures whose place a file takes; the lines of earlier loads stay, as history."""
    if found.kind == OWN:
        _forget_own(session, found)
        return
    earlier = session.execute(select(col(Load.id)).where(*place_of(found))).scalars().all()
    for table in (Evidence, AreaEvidence):
        if earlier:
            session.execute(delete(table).where(col(table.load_id).in_(earlier)))


def _forget_own(session: Session, found: Understood) -> None:
    """Remove what earlier lists of one's own said of the same schools or areas, indicators and days, and count it; all else they said stays."""
    named: dict[tuple[str, Any], list[int]] = defaultdict(list)
    for indicator, urn, as_of, *_ in found.figures:
        named[indicator, as_of].append(urn)
    own, gone = select(col(Load.id)).where(col(Load.kind) == OWN), 0
    for (indicator, as_of), urns in named.items():
        for start in range(0, len(urns), _CHUNK):
            same = (col(Evidence.indicator) == indicator, col(Evidence.as_of) == as_of, col(Evidence.urn).in_(urns[start : start + _CHUNK]))
            gone += _removed(session, Evidence, *same, col(Evidence.load_id).in_(own))
    for indicator, area, sector, as_of, _ in found.area_figures:
        where = (col(AreaEvidence.indicator) == indicator, col(AreaEvidence.area) == area, col(AreaEvidence.sector) == sector)
        gone += _removed(session, AreaEvidence, *where, col(AreaEvidence.as_of) == as_of, col(AreaEvidence.load_id).in_(own))
    if gone:
        found.skipped[TOOK_PLACE] += gone


def _removed(session: Session, table: type[SQLModel], *which: Any) -> int:
    """Remove rows and return how many."""
    done = session.execute(delete(table).where(*which).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount
