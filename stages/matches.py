"""Who was agreed for which match of a case: what several stages go by."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from models.case import Case
from models.match import Match
from models.school import School
from models.trail import Event
from models.words import MatchStatus
from stages.journey import ENDED
from stages.ledger import LIVE_MATCHES

STILL_UNMET = "match.still-unmet"


def agreed_supporters(session: Session, case_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return who is agreed for each match of some cases, by case and match."""
    query = select(Match).where(col(Match.case_id).in_(case_ids), Match.status == MatchStatus.AGREED).order_by(col(Match.id))
    found: dict[int, dict[str, int]] = {}
    for match in session.exec(query).all():
        found.setdefault(match.case_id, {})[match.further] = match.supporter_id
    return found


def without_further(session: Session, commission_id: int) -> list[tuple[int, str, str, str]]:
    """Return the open cases that go on without one of their further matches: case, school, match, and why nobody could be had."""
    query = select(Event, School.name).join(Case, col(Case.id) == Event.case_id).join(School, col(School.urn) == Case.urn)
    mine = (Event.commission_id == commission_id, col(Event.kind).in_(["case.go-on-without", STILL_UNMET]), col(Case.status).not_in(ENDED))
    live = select(Match.case_id, Match.further).join(Case, col(Case.id) == Match.case_id)
    have = set(session.exec(live.where(Case.commission_id == commission_id, col(Match.status).in_(LIVE_MATCHES))).all())
    found = {
        (event.case_id or 0, str(event.detail["match"])): (name, str(event.detail.get("reason", "")))
        for event, name in session.exec(query.where(*mine).order_by(col(Event.id))).all()
        if "match" in event.detail
    }  # fmt: skip
    return [(case_id, name, match, why) for (case_id, match), (name, why) in found.items() if (case_id, match) not in have]
