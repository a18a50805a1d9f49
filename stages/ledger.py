"""The ledger's lines: what is committed, released and used, and what is left; money in pence, time in half days."""

from collections.abc import Sequence
from typing import Any

import pendulum
from sqlalchemy import case as choose
from sqlalchemy import func
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.match import Match
from models.supporter import Supporter
from models.visit import Visit
from models.words import MatchStatus, MoneyKind

LIVE_MATCHES = (MatchStatus.PROPOSED, MatchStatus.APPROVED, MatchStatus.AGREED)


def _line(
    commission_id: int, case_id: int | None, supporter_id: int, kind: MoneyKind, pence: int, half_days: int, reason: str, at: pendulum.DateTime
) -> dict[str, Any]:
    return {
        "commission_id": commission_id, "case_id": case_id, "supporter_id": supporter_id, "kind": kind, "pence": pence,
        "half_days": half_days, "reason": reason, "at": at,
    }  # fmt: skip


def committed(case: Case, supporter_id: int, cost: int, half_days: int, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line that commits money to a match at once, so that it is not promised twice."""
    return _line(case.commission_id, case.id, supporter_id, MoneyKind.COMMITTED, cost, half_days, "match proposed", at)


def released(case: Case, match: Match, half_days: int, reason: str, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line that gives back so many half days of what a match had committed."""
    pence = match.cost * half_days // match.half_days if match.half_days else 0
    return _line(case.commission_id, case.id, match.supporter_id, MoneyKind.RELEASED, pence, half_days, reason, at)


def used(case: Case, visit: Visit, supporter: Supporter, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line for the time that a visit took of one who came."""
    return charged(case, supporter, visit.part.half_days, f"visit {visit.session} held", at)


def charged(case: Case, supporter: Supporter, half_days: int, what: str, at: pendulum.DateTime) -> dict[str, Any]:
    """Return the line for half days of a supporter that are charged of a visit, held or not; `what` says which."""
    return _line(case.commission_id, case.id, supporter.id, MoneyKind.USED, half_day_cost(supporter) * half_days, half_days, what, at)


def half_day_cost(supporter: Supporter) -> int:
    """Return what half a day of a supporter costs, in whole pence rounded up."""
    return -(-supporter.cost_a_day // 2)


def unused(session: Session, case: Case, reason: str, at: pendulum.DateTime, match: Match | None = None) -> list[dict[str, Any]]:
    """Return the lines that release what a case's live matches, or one of them, committed and its visits did not use."""
    live = select(Match).where(Match.case_id == case.id, col(Match.status).in_(LIVE_MATCHES))
    matches, spent = [match] if match is not None else session.exec(live).all(), _spent(session, [case.id])
    left = [(one, one.half_days - spent.get((case.id, one.supporter_id), (0, 0))[0]) for one in matches]
    return [released(case, one, half_days, reason, at) for one, half_days in left if half_days > 0]


def still_unused(session: Session, matches: Sequence[Match]) -> dict[int, tuple[int, int]]:
    """Return, by case, the half days and pence of these matches (one a case) that their supporters' visits have not used."""
    spent = _spent(session, [match.case_id for match in matches])
    found = {}
    for match in matches:
        used_days, used_pence = spent.get((match.case_id, match.supporter_id), (0, 0))
        half_days = max(0, match.half_days - used_days)
        share = match.cost * half_days // match.half_days if match.half_days else 0
        found[match.case_id] = half_days, max(0, min(share, match.cost - used_pence))
    return found


def _spent(session: Session, case_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the half days and pence that each supporter's visits have used, by case and supporter."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    query = select(LedgerLine).where(col(LedgerLine.case_id).in_(case_ids), LedgerLine.kind == MoneyKind.USED)
    for line in session.exec(query).all():
        if line.case_id is not None and line.supporter_id is not None:
            days, pence = found.get((line.case_id, line.supporter_id), (0, 0))
            found[line.case_id, line.supporter_id] = days + line.half_days, pence + line.pence
    return found


def money_left(session: Session, commission_id: int) -> int:
    """Return what of a commission's budget can still be committed, in pence; a case takes what it used where that is more than its commitment."""
    kind, pence = col(LedgerLine.kind), col(LedgerLine.pence)
    by_case = (
        select(
            func.sum(choose((kind == MoneyKind.BUDGET, pence), else_=0)).label("budget"),
            func.sum(choose((kind == MoneyKind.COMMITTED, pence), (kind == MoneyKind.RELEASED, -pence), else_=0)).label("committed"),
            func.sum(choose((kind == MoneyKind.USED, pence), else_=0)).label("used"),
        )
        .where(LedgerLine.commission_id == commission_id)
        .group_by(col(LedgerLine.case_id))
        .subquery()
    )
    taken = choose((by_case.c.used > by_case.c.committed, by_case.c.used), else_=by_case.c.committed)
    return int(session.exec(select(func.coalesce(func.sum(by_case.c.budget - taken), 0))).one())
