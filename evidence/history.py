"""Which loads still stand: what each was replaced by, wholly or in part."""

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from evidence.replacing import ALL_AT_ONCE
from evidence.understood import OWN
from models.evidence import AreaEvidence, Evidence, Load


def replaced(session: Session, loads: Sequence[Load]) -> dict[int, str]:
    """Return by load, in a word or two, what became of those that do not stand as they were loaded; `loads` are in order."""
    later: dict[tuple[str, ...], int] = {}
    found: dict[int, str] = {}
    for one in reversed(loads):
        if one.kind == OWN:
            continue
        place = (one.kind,) if one.kind in ALL_AT_ONCE else (one.kind, one.edition, one.scope, str(one.rank))
        if place in later:
            found[one.id] = f"by {later[place]}"
        later.setdefault(place, one.id)
    return found | _own(session, [one for one in loads if one.kind == OWN])


def _own(session: Session, loads: Sequence[Load]) -> dict[int, str]:
    """Return which lists of one's own lost figures to later ones, since those are replaced one by one."""
    if not loads:
        return {}
    left = rows_left(session, [one.id for one in loads])
    return {one.id: "in part" if left.get(one.id) else "wholly" for one in loads if left.get(one.id, 0) < one.rows_kept}


def rows_left(session: Session, load_ids: Sequence[int]) -> Counter[int]:
    """Return how many figures of each of these loads are still there, of schools and of areas."""
    left: Counter[int] = Counter()
    for table in (Evidence, AreaEvidence):
        query = select(table.load_id, func.count()).where(col(table.load_id).in_(load_ids)).group_by(col(table.load_id))
        left.update(dict(session.exec(query).all()))
    return left
