"""Further matches that could not be had: which cases still lack one, stand where nothing waits for anybody, and have the time left for it."""

import datetime
from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from models.case import Case
from models.visit import Visit
from models.words import Status, VisitStatus
from programmes.earliest import earliest_days
from programmes.sessions import brokers, matches_of
from programmes.timing import expand
from stages.batch import ready_cases
from stages.brief import Brief, load_brief
from stages.broker.terms import days_set, time_of
from stages.matches import without_further
from stages.visits import visits_of

# Elsewhere somebody is deciding something, and is not to be interrupted.
CALM = (Status.BOOKED, Status.IN_PROGRESS)


def sought_again(session: Session, commission_id: int, today: datetime.date) -> dict[int, list[str]]:
    """Return the matches that are to be sought again for each case that goes on without some, in the programme's order."""
    lacking: dict[int, set[str]] = {}
    for case_id, _, match, _ in without_further(session, commission_id):
        lacking.setdefault(case_id, set()).add(match)
    cases = [case for case in ready_cases(session, commission_id, CALM) if case.id in lacking] if lacking else []
    if not cases:
        return {}
    brief, visits = load_brief(session, commission_id, [case.urn for case in cases]), visits_of(session, cases)
    late = _unwritten(session, [case.id for case in cases], today)
    found = dict[int, list[str]]()
    for case in (case for case in cases if case.id not in late):
        able = [one for one in brokers(brief.programme) if one in lacking[case.id] and _in_time(brief, case, visits.get(case.id, []), one, today)]
        found |= {case.id: able} if able else {}
    return found


def _unwritten(session: Session, case_ids: Collection[int], today: datetime.date) -> set[int]:
    """Return the cases with a visit that has had its day while nothing says whether it was held."""
    mine = (col(Visit.case_id).in_(case_ids), Visit.status == VisitStatus.CONFIRMED, Visit.day <= today)
    return set(session.exec(select(Visit.case_id).where(*mine)).all())


def _in_time(brief: Brief, case: Case, visits: Sequence[Visit], further: str, today: datetime.date) -> bool:
    """Tell whether a match has sessions without a date yet, and all of them can still be held before it is too late."""
    known, span = days_set(visits), time_of(brief, case, brief.school(case).ages, today)
    lasts = {one.key: one.last for one in expand(brief.programme.schedule.sessions, span.starts, span.ends, span.ready, brief.calendar)}
    mine = [(key, day) for key, one, day in earliest_days(brief.programme, span, brief.calendar, known) if further in matches_of(one)]
    without = [(key, day) for key, day in mine if key not in known]
    return bool(without) and all(day <= lasts[key] for key, day in without)
