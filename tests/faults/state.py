"""Everything that a run leaves behind and that must not depend on whether it was killed on the way."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.match import Match
from models.message import Message
from models.plan import ActionPlan
from models.trail import Decision, Event
from models.visit import Visit


def state(database: Database) -> dict[str, Any]:
    """Return cases, trail, visits, money and messages without ids that depend on the order of inserts."""
    with database.reading() as session:
        cases = session.exec(select(Case).order_by(col(Case.id))).all()
        events = session.exec(select(Event).order_by(col(Event.id))).all()
        trail: dict[int | None, list[tuple[str, str | None, str | None]]] = {}
        for event in events:
            trail.setdefault(event.case_id, []).append((event.kind, event.before, event.after))
        return {
            "cases": [(c.id, c.urn, c.stage, c.status, c.turn, c.due, c.category, c.focus_area, c.supporter_id, c.version) for c in cases],
            "trail": {case_id: Counter(lines) for case_id, lines in trail.items()},
            "decisions": Counter((d.case_id, d.kind) for d in session.exec(select(Decision)).all()),
            "visits": sorted((v.case_id, v.session, v.day, v.part, v.status) for v in session.exec(select(Visit)).all()),
            "matches": sorted((m.case_id, m.supporter_id, m.status, m.cost) for m in session.exec(select(Match)).all()),
            "plans": sorted((p.case_id, p.edition, p.status) for p in session.exec(select(ActionPlan)).all()),
            "money": Counter((line.kind, line.pence) for line in session.exec(select(LedgerLine)).all()),
            "messages": sorted((m.key, m.status) for m in session.exec(select(Message)).all()),
        }


def mail_files(folder: Path) -> list[str]:
    """Return the names of the mails in a folder; half-written ones count as a fault."""
    assert not list(folder.glob("*.part"))
    return sorted(file.name for file in folder.glob("*.eml"))
