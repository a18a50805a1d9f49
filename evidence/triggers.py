"""Triggers: what a newly loaded inspection changed in a school's standing, kept until a commission deals with it."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from evidence.inspecting import urns_taken_back
from evidence.standing import Standing, changed
from evidence.standings import load_standings
from evidence.understood import Understood
from models.database import insert_rows
from models.evidence import Trigger
from models.moments import day_of

_CHUNK = 5000
NEW_INSPECTION, NEW_RESULT = "new_inspection", "new_result"


def standings_before(session: Session, found: Understood, at: pendulum.DateTime) -> dict[int, Standing]:
    """Return how the schools of a file of inspections stand before it is saved; nothing for other files, and of schools not known yet."""
    if not found.inspections:
        return {}
    urns = {row["urn"] for row in found.inspections} | urns_taken_back(session, found)
    return load_standings(session, sorted(urns), _day(found, at))


def raise_triggers(session: Session, found: Understood, before: Mapping[int, Standing], load_id: int, at: pendulum.DateTime) -> int:
    """Keep a trigger for each school whose standing the file changed in kind; return how many. What was said last is not said again."""
    urns = sorted({row["urn"] for row in found.inspections} | before.keys())
    after = load_standings(session, urns, _day(found, at)) if urns else {}
    says = {urn: sentence for urn in urns if (sentence := changed(before.get(urn), after.get(urn)))}
    known = said_last(session, NEW_INSPECTION, sorted(says))
    new: list[dict[str, Any]] = [
        {"urn": urn, "kind": NEW_INSPECTION, "says": sentence, "load_id": load_id, "at": at}
        for urn, sentence in says.items() if known.get(urn) != sentence
    ]  # fmt: skip
    insert_rows(session, Trigger, new)
    return len(new)


def said_last(session: Session, kind: str, urns: Sequence[int], begins: str = "") -> dict[int, str]:
    """Return what the newest trigger of a kind, of those that begin so, says of each of these schools; nothing is asked where there are none."""
    found: dict[int, str] = {}
    for start in range(0, len(urns), _CHUNK):
        mine = (Trigger.kind == kind, col(Trigger.urn).in_(urns[start : start + _CHUNK]), col(Trigger.says).startswith(begins, autoescape=True))
        found.update(session.exec(select(Trigger.urn, Trigger.says).where(*mine).order_by(col(Trigger.id))).all())
    return found


def _day(found: Understood, at: pendulum.DateTime) -> datetime.date:
    """Return the day on which standings are compared: the same before and after, or an older file would seem to change what newer ones said."""
    return max(found.as_of, day_of(at))
