"""Planned against actual: how far the visits held were from the day first agreed, and why visits slipped."""

import datetime
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.visit import Visit, VisitSlip
from models.words import VisitStatus

NOT_SAID = "reason not given"


def slips(session: Session, commission_id: int) -> dict[str, Any]:
    """Return how visits kept the day first agreed: on it, earlier, later by how many days, and the reasons of all slips with what they cost.

    Days are calendar days; `charged_days` are days of supporters' time. Visits held without an agreed day are counted apart.
    """
    mine = (Case.commission_id == commission_id,)
    held = select(col(Visit.first_agreed), col(Visit.held_on)).join(Case, col(Case.id) == Visit.case_id)
    rows = session.exec(held.where(*mine, Visit.status == VisitStatus.HELD, col(Visit.held_on).is_not(None))).all()
    found = session.exec(select(VisitSlip).join(Case, col(Case.id) == VisitSlip.case_id).where(*mine).order_by(col(VisitSlip.id))).all()
    reasons, charged = Counter[str](), Counter[str]()
    for one in found:
        name = one.reason.value if one.reason else NOT_SAID
        reasons[name] += 1
        charged[name] += one.charged
    by_reason = [{"reason": name, "visits": count, "charged_days": charged[name] / 2} for name, count in reasons.most_common()]
    return {**_kept([(planned, day) for planned, day in rows if day]), "by_reason": by_reason}


def _kept(held: Sequence[tuple[datetime.date | None, datetime.date]]) -> dict[str, Any]:
    late = [(day - planned).days for planned, day in held if planned]
    slipped = [abs(days) for days in late if days]
    return {
        "held": len(held), "on_the_day": late.count(0), "earlier": sum(days < 0 for days in late), "later": sum(days > 0 for days in late),
        "never_agreed": len(held) - len(late), "median_days": median(slipped) if slipped else None, "most_days": max(slipped, default=None),
    }  # fmt: skip
