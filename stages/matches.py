"""Who was agreed for which match of a case: what several stages go by."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from models.match import Match
from models.words import MatchStatus


def agreed_supporters(session: Session, case_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return who is agreed for each match of some cases, by case and match."""
    query = select(Match).where(col(Match.case_id).in_(case_ids), Match.status == MatchStatus.AGREED).order_by(col(Match.id))
    found: dict[int, dict[str, int]] = {}
    for match in session.exec(query).all():
        found.setdefault(match.case_id, {})[match.further] = match.supporter_id
    return found
