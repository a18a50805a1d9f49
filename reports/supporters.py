"""Supporters from above: what one can do and has promised, and each case that they supported before, with what became of it."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from calendars.periods import title
from calendars.school_days import school_calendar, school_year
from calendars.terms import assumed_terms
from models.case import Case
from models.commission import Commission
from models.match import Match
from models.review import Evaluation, Review
from models.school import School
from models.supporter import Conflict, Expertise, Supporter
from models.visit import Visit
from models.words import CommissionStatus, MatchStatus, VisitStatus
from stages.brief import load_calendar
from stages.broker.declarations import declared
from stages.broker.gathering import promised
from stages.broker.terms import term_days, terms_left
from stages.reminders.lines import counted
from stages.visits import of_supporters

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# A match that was refused or moved before anybody agreed is no part of what somebody did.
_SUPPORTED = (MatchStatus.AGREED, MatchStatus.ENDED)
Served = dict[str, Any]


def supporter_file(session: Session, one: Supporter, today: datetime.date) -> dict[str, Any]:
    """Return what is known of one supporter: skills with their evidence, days, links with schools and track record."""
    skills = session.exec(select(Expertise).where(Expertise.supporter_id == one.id).order_by(col(Expertise.id))).all()
    links = session.exec(select(Conflict).where(Conflict.supporter_id == one.id).order_by(col(Conflict.id))).all()
    return {
        "name": one.name, "kind": one.kind.value.replace("_", " "), "active": one.active, "days_a_year": one.half_days_a_year / 2,
        "days_promised": promised(session, one.id) / 2, "declared": one.id in declared(session, today),
        "caseload_cap": one.caseload_cap, "trust": one.trust, "employer_urn": one.employer_urn, "working_days": weekdays(one.working_days),
        "easting": one.base_easting, "northing": one.base_northing, "faith": one.faith, "languages": one.languages,
        "skills": [{"skill": s.skill, "phase": s.phase.value if s.phase else None, "level": s.level, "evidence": s.evidence} for s in skills],
        "links": [{"urn": c.urn, "kind": c.kind.value.replace("_", " "), "outcome": c.outcome.value, "source": c.source} for c in links],
        "terms": terms_file(session, one, today), "track_record": track_record(session, [one.id])[one.id],
    }  # fmt: skip


def weekdays(numbers: Collection[int]) -> str:
    """Return days of the week, given by their ISO numbers, as people write them: Mon Wed Fri."""
    return " ".join(_WEEKDAYS[number - 1] for number in sorted(numbers))


def works(known: Mapping[str, Any]) -> str:
    """Say when, from where, for whom and with how many a supporter works, of a `supporter_file` what is known."""
    cap = known["caseload_cap"]
    parts = [
        f"Works on {known['working_days']}",
        f"based at {known['easting']}, {known['northing']}" if known["easting"] is not None else "no base is known",
        f"{counted(cap, 'case')} at most" if cap is not None else "no caseload cap of their own",
        *([f"employed by school {known['employer_urn']}"] if known["employer_urn"] is not None else []),
        *([f"of {known['trust']}"] if known["trust"] is not None else []),
        *([f"faith: {known['faith']}"] if known["faith"] is not None else []),
        *([f"languages: {', '.join(known['languages'])}"] if known["languages"] else []),
    ]
    return f"{'; '.join(parts)}."


def terms_file(session: Session, one: Supporter, today: datetime.date) -> list[dict[str, Any]]:
    """Return the days of each term, from this to the end of the next school year, and what takes them; nothing for whoever has none by term.

    Terms are those of the newest commission that is running and, without one, as most authorities set them.
    """
    if one.half_days_by_term is None:
        return []
    newest = select(Commission).where(Commission.status == CommissionStatus.RUNNING).order_by(col(Commission.id).desc())
    commission, year = session.exec(newest).first(), school_year(today)
    assumed = (span for number in (year, year + 1) for _, span in assumed_terms(number))
    calendar = load_calendar(session, commission.authority) if commission else school_calendar(tuple(assumed))
    terms = terms_left(calendar, today, datetime.date(year + 2, 8, 31))
    found, any_term = term_days(session, [one], calendar, terms, today)[one.id]
    rows: list[dict[str, Any]] = [
        {"term": title(term), "days": days.there / 2, "away": days.away / 2, "used": days.used / 2, "promised": days.promised / 2,
         "left": days.left / 2}
        for term, days in found.items()
    ]  # fmt: skip
    # What no visit is set for may be given in any term.
    return [*rows, {"term": "any term", "days": None, "away": None, "used": None, "promised": any_term / 2, "left": None}] if any_term else rows


def track_record(session: Session, supporter_ids: Collection[int]) -> dict[int, list[Served]]:
    """Return, by supporter, each case that they supported: commission, school, visits held by them, last review, status and judgement.

    A match that ended before its first visit was held is left out, unless the case is still open with it.
    """
    query = (
        select(Match, Case, Commission.reference, School.name)
        .join(Case, col(Case.id) == Match.case_id)
        .join(Commission, col(Commission.id) == Case.commission_id)
        .join(School, col(School.urn) == Case.urn)
        .where(col(Match.supporter_id).in_(supporter_ids), col(Match.status).in_(_SUPPORTED))
        .order_by(col(Match.proposed_at), col(Match.id))
    )
    rows = session.exec(query).all()
    case_ids = {case.id for _, case, *_ in rows}
    held, ratings, judged = _held(session, supporter_ids), _last_ratings(session, case_ids), _judgements(session, case_ids)
    found: dict[int, list[Served]] = {number: [] for number in supporter_ids}
    for match, case, reference, school in rows:
        visits = held.get((match.supporter_id, case.id), 0)
        handed_on = case.supporter_id != match.supporter_id
        if visits or not handed_on:
            found[match.supporter_id].append({
                "commission": reference, "case": case.id, "school": school, "visits_held": visits,
                "last_review": ratings.get(case.id), "outcome": "handed on" if handed_on else case.status.value.replace("_", " "),
                "closed": case.closed_at is not None and not handed_on, "judgement": None if handed_on else judged.get(case.id),
            })  # fmt: skip
    return found


def in_short(served: Sequence[Served]) -> str:
    """Say a track record in one line."""
    if not served:
        return "none yet"
    ended = Counter(one["outcome"] for one in served if one["closed"] or one["outcome"] == "handed on")
    under_way = len(served) - sum(ended.values())
    parts = [f"{number} {outcome}" for outcome, number in sorted(ended.items())] + ([f"{under_way} under way"] if under_way else [])
    return f"{counted(len(served), 'case')}: {', '.join(parts)}"


def _held(session: Session, supporter_ids: Collection[int]) -> dict[tuple[int, int], int]:
    held = session.exec(select(Visit).where(of_supporters(supporter_ids), Visit.status == VisitStatus.HELD)).all()
    return Counter((number, visit.case_id) for visit in held for number in visit.supporter_ids)


def _last_ratings(session: Session, case_ids: Collection[int]) -> dict[int, str]:
    held = session.exec(select(Review).where(col(Review.case_id).in_(case_ids)).order_by(col(Review.ordinal))).all()
    return {review.case_id: review.rag.value for review in held if review.rag is not None}


def _judgements(session: Session, case_ids: Collection[int]) -> dict[int, str | None]:
    return {row.case_id: row.judgement for row in session.exec(select(Evaluation).where(col(Evaluation.case_id).in_(case_ids))).all()}
