"""Brokering from above: a commission's matches, the needs that are not met, and the register of conflicts of interest."""

import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.match import Match
from models.money import pounds
from models.school import School
from models.supporter import Conflict, Supporter
from models.trail import Event
from models.words import ConflictOutcome, Status
from reports.supporters import in_short, track_record
from stages.brief import load_brief
from stages.broker.seeking import to_be_matched
from stages.broker.under_way import cases_touched
from stages.journey import ENDED
from stages.ledger import LIVE_MATCHES
from stages.matches import without_further

# What is managed is let through by its mitigation.
_WITHOUT_REASON = frozenset({ConflictOutcome.OPEN, ConflictOutcome.MANAGED})
Rows = list[dict[str, Any]]


def matches_of(session: Session, commission_id: int, *, everything: bool = False) -> Rows:
    """Return the match of each open case: with whom, how far (kilometres), at what cost, why, who was next, and what the supporter did before.

    With `everything` also matches that ended, and those of cases that are over; `case_stands` says how each case stands.
    """
    query = (
        select(Match, Case, School.name, Supporter.name)
        .join(Case, col(Case.id) == Match.case_id)
        .join(School, col(School.urn) == Case.urn)
        .join(Supporter, col(Supporter.id) == Match.supporter_id)
        .where(Case.commission_id == commission_id)
    )
    wanted = query if everything else query.where(col(Match.status).in_(LIVE_MATCHES), col(Case.status).not_in(ENDED))
    found = session.exec(wanted.order_by(col(Match.case_id), col(Match.id))).all()
    served = track_record(session, {match.supporter_id for match, *_ in found})
    before = {number: in_short([one for one in cases if one["closed"]]) for number, cases in served.items()}
    return [
        {"case": match.case_id, "school": school, "case_stands": _standing(case), "match": match.further or "first",
         "supporter": name, "km": match.kilometres,
         "days": match.half_days / 2, "cost": pounds(match.cost), "status": match.status.value, "why": match.reason,
         "track_record": before[match.supporter_id], "next": match.runner_up_reason}
        for match, case, school, name in found
    ]  # fmt: skip


def _standing(case: Case) -> str:
    return case.status.value.replace("_", " ") + (", paused" if case.paused_since is not None else "")


def unmet_of(session: Session, commission_id: int, today: datetime.date) -> Rows:
    """Return the cases without a supporter, and those that go on without one of their further matches: which limit stops each, and what would do.

    Those that were not matched yet are among them, each with what it waits for.
    """
    brief = load_brief(session, commission_id)
    query = select(Case).where(Case.commission_id == commission_id, Case.status == Status.UNMET)
    unmet = [(case, case.why or "") for case in session.exec(query.order_by(col(Case.id))).all()]
    rows = [
        {"case": case.id, "school": brief.school(case).name, "match": case.further or "first", "why": why}
        for case, why in [*unmet, *to_be_matched(session, brief, today)]
    ]  # fmt: skip
    return rows + [
        {"case": case_id, "school": name, "match": match, "why": why} for case_id, name, match, why in without_further(session, commission_id)
    ]


def told_once(rows: Rows) -> Rows:
    """Return rows of `unmet_of` with those of one match that are stopped by the same told once, with all their cases and schools."""
    found: dict[tuple[str, str], Rows] = {}
    for row in rows:
        found.setdefault((row["match"], row["why"]), []).append(row)
    return [
        {"case": ", ".join(str(row["case"]) for row in alike), "school": ", ".join(row["school"] for row in alike), "match": match, "why": why}
        for (match, why), alike in found.items()
    ]


def register_of_conflicts(session: Session, *, undecided: bool) -> Rows:
    """Return every link in the register, or those still to be decided on, with the open case that it touches."""
    query = select(Conflict, Supporter.name).join(Supporter, col(Supporter.id) == Conflict.supporter_id).order_by(col(Conflict.id))
    found = session.exec(query.where(Conflict.outcome == ConflictOutcome.OPEN) if undecided else query).all()
    cases, reasons = cases_touched(session), _reasons(session)
    return [
        {"supporter": name, "urn": row.urn, "kind": row.kind.value.replace("_", " "), "since": row.declared_on, "until": row.until,
         "source": row.source, "outcome": row.outcome.value, "mitigation": row.mitigation, "decided_by": row.approved_by,
         "reason": None if row.outcome in _WITHOUT_REASON else reasons.get((name, row.urn, row.kind.value)),
         "open_case": cases.get((row.supporter_id, row.urn))}
        for row, name in found
    ]  # fmt: skip


def _reasons(session: Session) -> dict[tuple[str, int, str], str | None]:
    """Return why each link was decided on as it was the last time, from the trail."""
    query = select(Event).where(Event.kind == "conflict.decided").order_by(col(Event.id))
    return {(one.detail["supporter"], one.detail["urn"], one.detail["kind"]): one.detail.get("reason") for one in session.exec(query).all()}
