"""The days that a request to move a visit keeps free of further ones: of whoever cannot come, else of the school; what else is agreed then stays."""

import datetime
from collections.abc import Collection
from typing import Any

from sqlmodel import SQLModel

from models.case import Case
from models.errors import BadInput
from models.supporter import Leave
from models.term import Closure
from models.visit import Visit
from models.words import ClosureKind, Role, Slip, VisitStatus
from stages.brief import Brief
from stages.record import Actor
from stages.schedule.slips import slip_of

_SUPPORTERS = (Slip.SUPPORTER_ASKED, Slip.SUPPORTER_AWAY)


def slip_and_away(
    brief: Brief, visit: Visit, actor: Actor, slip: Slip | None, away: str | None, not_on: Collection[datetime.date]
) -> tuple[Slip | None, int | None]:
    """Return whose doing it is that a visit moves, and which supporter cannot come (None: it is not a supporter's doing).

    BadInput where two come and nobody says which of them, or where who is named does not come or is not the reason.
    """
    again = visit.status is VisitStatus.NO_SHOW
    slip = slip or (Slip.SUPPORTER_AWAY if away and actor.role in (Role.ADVISER, Role.LEAD) else None)
    if actor.role is not Role.SUPPORTER and slip not in _SUPPORTERS:
        if away:
            raise BadInput(f"It is not said that {away} is why the visit moves: leave out --away, or give --slip supporter_away.")
        return visit.slip if again else slip_of(actor.role, slip), None
    names = {number: brief.supporters[number].name for number in visit.supporter_ids}
    if away and away not in names.values():
        raise BadInput(f"{away} does not come to the visit {visit.session}: {brief.names_of(visit.supporter_ids)} "
                       f"{'does' if len(names) == 1 else 'do'}, so name one who does with --away.")  # fmt: skip
    # Of a day on which nobody was there nothing is to be kept free any more.
    if len(names) > 1 and not away and (not_on or not again):
        raise BadInput(f"{brief.names_of(visit.supporter_ids)} come to the visit {visit.session}: say with --away NAME which of them cannot.")
    whose = next((number for number, name in names.items() if name == away), visit.supporter_id)
    return visit.slip if again else slip_of(actor.role, slip), whose


def kept_free(brief: Brief, case: Case, away: int | None, day: datetime.date, reason: str) -> tuple[type[SQLModel], dict[str, Any]]:
    """Return the row that keeps a day free of further visits: of the supporter who is `away`, else of the school."""
    if away is not None:
        return Leave, {"supporter_id": away, "first": day, "last": day, "reason": reason}
    return Closure, {"authority": brief.commission.authority, "urn": case.urn, "day": day, "reason": reason, "kind": ClosureKind.ASKED}
