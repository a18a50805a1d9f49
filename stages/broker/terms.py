"""Days by term as the database knows them: what each supporter who has them has left in each term, and in which terms cases take time."""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from calendars.periods import Term
from calendars.periods import terms as all_terms
from calendars.school_days import SchoolCalendar, Span
from models.case import Case
from models.commission import LedgerLine
from models.errors import BadInput
from models.match import Match
from models.moments import day_of
from models.school import School
from models.supporter import Leave, Supporter
from models.visit import Visit
from models.words import MoneyKind, Status, VisitStatus
from programmes.blackouts import Ages
from programmes.earliest import CaseTime, earliest_days, half_day_dates
from programmes.sessions import FIRST
from programmes.timing import NOTICE_SCHOOL_DAYS
from stages import ledger
from stages.brief import Brief, load_brief
from stages.broker.capacity import TermDays, half_days_away, spread, with_terms
from stages.broker.rules import Candidate, Wanted
from stages.journey import ENDED
from stages.visits import visits_of

_SET = (VisitStatus.PROPOSED, VisitStatus.CONFIRMED, VisitStatus.HELD)


def by_term(
    session: Session, brief: Brief, wanted: Sequence[Wanted], candidates: Sequence[Candidate], today: datetime.date, further: str = FIRST,
    free: Sequence[Match] = (), *, always: bool = False,
) -> tuple[list[Wanted], list[Candidate]]:  # fmt: skip
    """Return cases and candidates with their half days by term; both stay as they are where no candidate has days by term.

    `free` are matches whose days count as not taken, because they may be moved. Cases have theirs `always` if that is wished.
    """
    ids = {one.id for one in candidates}
    mine = [one for one in brief.supporters.values() if one.id in ids and one.half_days_by_term is not None]
    terms = terms_of(brief, today)
    if not terms or not (mine or always):
        return list(wanted), list(candidates)
    has = term_days(session, mine, brief.calendar, terms, today, {match.id for match in free})
    left = {number: {term: days.left for term, days in found.items()} for number, (found, _) in has.items()}
    needs = _needs(session, brief, [(one.case_id, one.half_days) for one in wanted], further, today)
    return (
        [replace(one, by_term=needs[one.case_id]) for one in wanted],
        [with_terms(one, left[one.id], has[one.id][1]) if one.id in left else one for one in candidates],
    )


def terms_of(brief: Brief, today: datetime.date) -> dict[Term, Span]:
    """Return the terms of a commission that are not over; one that rolls on promises time as far as term dates are known."""
    last, known = brief.commission.ends, brief.calendar.last
    return terms_left(brief.calendar, today, max(last, known) if brief.commission.rolls_on and known else last)


def terms_left(calendar: SchoolCalendar, today: datetime.date, last: datetime.date) -> dict[Term, Span]:
    """Return the terms that are not over `today` and begin by the `last` day, each whole."""
    return {term: span for term, span in all_terms(calendar).items() if span[1] >= today and span[0] <= last}


def term_days(
    session: Session, supporters: Sequence[Supporter], calendar: SchoolCalendar, terms: Mapping[Term, Span], today: datetime.date,
    free: Collection[int] = (),
) -> dict[int, tuple[dict[Term, TermDays], int]]:  # fmt: skip
    """Return the half days of supporters with days by term, in each of these terms, and what is promised for any of them, by supporter."""
    ids = [one.id for one in supporters]
    away: dict[int, list[Span]] = {number: [] for number in ids}
    for leave in session.exec(select(Leave).where(col(Leave.supporter_id).in_(ids))).all():
        away[leave.supporter_id].append((leave.first, leave.last))
    used, promised = _used(session, ids, terms), promised_by_term(session, ids, today, free)
    return {
        one.id: ({
            term: TermDays(
                (one.half_days_by_term or {}).get(term[1], 0), half_days_away(away[one.id], one.working_days, calendar, span),
                used[one.id, term], promised[one.id, term],
            )
            for term, span in terms.items()
        }, promised[one.id, None])
        for one in supporters
    }  # fmt: skip


def promised_by_term(
    session: Session, supporter_ids: Collection[int], today: datetime.date, free: Collection[int] = ()
) -> Counter[tuple[int, Term | None]]:
    """Return the half days that live matches in all commissions still take of supporters, by supporter and term, None for any term.

    Those of the matches that are `free` are left out.
    """
    query = select(Match, Case.commission_id).join(Case, col(Case.id) == Match.case_id)
    live = (col(Match.supporter_id).in_(supporter_ids), col(Match.status).in_(ledger.LIVE_MATCHES), col(Case.status).not_in(ENDED))
    together: dict[tuple[int, str], list[Match]] = {}
    for match, commission_id in session.exec(query.where(*live).order_by(col(Match.id))).all():
        if match.id not in free:
            together.setdefault((commission_id, match.further), []).append(match)
    briefs = {number: load_brief(session, number, []) for number in {number for number, _ in together}}
    found: Counter[tuple[int, Term | None]] = Counter()
    for (number, further), matches in together.items():
        unused = ledger.still_unused(session, matches)
        needs = _needs(session, briefs[number], [(match.case_id, unused[match.case_id][0]) for match in matches], further, today)
        for match in matches:
            for term, half_days in needs[match.case_id].items():
                found[match.supporter_id, term] += half_days
            found[match.supporter_id, None] += unused[match.case_id][0] - needs[match.case_id].total()
    return found


def _used(session: Session, supporter_ids: Collection[int], terms: Mapping[Term, Span]) -> Counter[tuple[int, Term]]:
    """Return the half days that visits have used of supporters since the first of these terms began; later ones cannot be used yet."""
    found: Counter[tuple[int, Term]] = Counter()
    first = next(iter(terms), None)
    query = select(LedgerLine).where(col(LedgerLine.supporter_id).in_(supporter_ids), LedgerLine.kind == MoneyKind.USED)
    for line in session.exec(query).all():
        if first is not None and line.supporter_id is not None and day_of(line.at) >= terms[first][0]:
            found[line.supporter_id, first] += line.half_days
    return found


def _needs(session: Session, brief: Brief, half_days: Iterable[tuple[int, int]], further: str, today: datetime.date) -> dict[int, Counter[Term]]:
    """Return in which terms so many half days of each case fall if each session is held as early as it may be."""
    takes = dict(half_days)
    rows = session.exec(select(Case, School).join(School, col(School.urn) == Case.urn).where(col(Case.id).in_(takes))).all()
    visits, found = visits_of(session, [case for case, _ in rows]), dict[int, Counter[Term]]()
    for case, school in rows:
        mine, time = visits.get(case.id, []), time_of(brief, case, school.ages, today)
        found[case.id] = _spread_case(brief, mine, takes[case.id], further, time, today)
    return found


def days_set(visits: Iterable[Visit]) -> dict[str, datetime.date]:
    """Return the day of each session of a case that has one: on offer, agreed or held."""
    return {visit.session: visit.held_on or visit.day for visit in visits if visit.status in _SET}


def time_of(brief: Brief, case: Case, ages: Ages, today: datetime.date) -> CaseTime:
    """Return the time of a case, of a school of these ages, in which its sessions can be."""
    return CaseTime(brief.commission.starts, brief.ends(case), case.begins or today, earliest_visit(brief, today), ages)


def _spread_case(brief: Brief, visits: Sequence[Visit], half_days: int, further: str, time: CaseTime, today: datetime.date) -> Counter[Term]:
    """Return in which terms a case's half days fall: sessions with a date on that, others as early as they may be."""
    done = {visit.session for visit in visits if visit.status is VisitStatus.HELD}
    held = [one for one in earliest_days(brief.programme, time, brief.calendar, days_set(visits)) if one[0] not in done]
    terms = terms_left(brief.calendar, today, time.ends)
    return spread(half_days, half_day_dates(brief.programme, further, held), terms or terms_left(brief.calendar, today, datetime.date.max))


def earliest_visit(brief: Brief, today: datetime.date) -> datetime.date:
    """Return the first day on which a case that is matched today can be visited."""
    try:
        return brief.calendar.add(today, brief.school_days(Status.AWAITING_DATES) + NOTICE_SCHOOL_DAYS)
    except BadInput:
        return max(today, brief.commission.ends)
