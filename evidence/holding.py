"""What was loaded about schools that a filter looks at: their figures and standings up to a day."""

import datetime
from collections.abc import Collection, Sequence

from sqlmodel import Session

from evidence.indicators import INDICATORS, LOADED, NOTHING_HELD, Held
from evidence.known import load_series
from evidence.standings import load_standings
from models.programme import SchoolFilter


def hold_for(session: Session, wanted: Sequence[SchoolFilter], urns: Collection[int], on: datetime.date) -> Held:
    """Return what these filters need to know of schools on a day; nothing is read for those that look at the register alone."""
    filters = [inner for one in wanted for inner in one.with_inner()]
    kept = {name: INDICATORS[name].kept for one in filters for name in one.indicators if name in INDICATORS}
    names = sorted(name for name, where in kept.items() if where in LOADED)
    by_standing = "standing" in kept.values() or any(one.standing or one.last_grade or one.ungraded_outcome for one in filters)
    if not names and not by_standing:
        return NOTHING_HELD
    series = load_series(session, names, urns, on) if names else {}
    return Held(series, load_standings(session, sorted(urns), on) if by_standing else {})
