"""What matching looks at: cases with what they want, supporters with what is left of them, and matches that may still be moved."""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission, LedgerLine
from models.errors import NotPossible
from models.evidence import Need
from models.match import Match
from models.school import School
from models.supporter import Expertise, Supporter
from models.words import ConflictOutcome, MatchStatus, MoneyKind, Phase, Status
from programmes.sessions import FIRST, brokers, match_half_days
from stages import ledger
from stages.brief import Brief
from stages.broker.conflicts import stopped_urns
from stages.broker.declarations import declared
from stages.broker.due_diligence import done_checks, open_checks
from stages.broker.rules import Candidate, Wanted
from stages.broker.under_way import links_under_way
from stages.journey import ENDED

_TURNED_DOWN = (MatchStatus.REFUSED, MatchStatus.ENDED)
_SUPPORTED = (MatchStatus.AGREED, MatchStatus.ENDED)


def gather_wanted(session: Session, brief: Brief, cases: Sequence[Case], further: str = FIRST) -> list[Wanted]:
    """Return what each case wants of one of its matches: skills from its needs and the programme, severity from its worst need."""
    ids, broker = [case.id for case in cases], brokers(brief.programme)[further]
    needs: dict[int, list[Need]] = {}
    for need in session.exec(select(Need).where(col(Need.case_id).in_(ids))).all():
        needs.setdefault(need.case_id, []).append(need)
    refused = _turned_down(session, ids, further)
    known = _known(session, [case.urn for case in cases]) if broker.keep_supporter else {}
    found, used = [], used_half_days(session, ids, further)
    for case in cases:
        school, mine = brief.school(case), needs.get(case.id, [])
        takes = match_half_days(brief.programme, further, case.entitlement)
        found.append(Wanted(
            case.id, case.urn, school.phase, school.trust, school.easting, school.northing, _skills(brief, mine, further),
            max((need.severity for need in mine), default=0), max(1, takes - used.get(case.id, 0)),
            frozenset(refused.get(case.id, ())),
            school.religious_character, frozenset(known.get(case.urn, set()) - refused.get(case.id, set())),
        ))  # fmt: skip
    return found


def _skills(brief: Brief, needs: Sequence[Need], further: str) -> tuple[str, ...]:
    """Return the skills that a match must bring: the programme's own for it and, for the first, those of needs that no further match is for."""
    all_of = brokers(brief.programme)
    if further != FIRST:
        return tuple(dict.fromkeys(all_of[further].skills))
    elsewhere = {skill for match, broker in all_of.items() if match != FIRST for skill in broker.skills}
    return tuple(dict.fromkeys([*all_of[FIRST].skills, *(need.skill for need in needs if need.skill not in elsewhere)]))


def _turned_down(session: Session, case_ids: Collection[int], further: str) -> dict[int, set[int]]:
    """Return, by case, who was turned down for a match, and who has another match with the case."""
    query = select(Match.case_id, Match.supporter_id).where(col(Match.case_id).in_(case_ids))
    before = query.where(Match.further == further, col(Match.status).in_(_TURNED_DOWN))
    beside = query.where(Match.further != further, col(Match.status).in_(ledger.LIVE_MATCHES))
    return _pairs([*session.exec(before).all(), *session.exec(beside).all()])


def used_half_days(session: Session, case_ids: Collection[int], further: str) -> dict[int, int]:
    """Return the half days of one match that each case has had already, from whoever it was matched with before."""
    whose = select(Match.case_id, Match.supporter_id).where(col(Match.case_id).in_(case_ids), Match.further == further).distinct().subquery()
    query = (
        select(LedgerLine.case_id, func.sum(col(LedgerLine.half_days)))
        .join(whose, (whose.c.case_id == LedgerLine.case_id) & (whose.c.supporter_id == LedgerLine.supporter_id))
        .where(LedgerLine.kind == MoneyKind.USED)
        .group_by(col(LedgerLine.case_id))
    )
    return {number: int(total) for number, total in session.exec(query).all() if number is not None}


def _pairs(rows: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for one, other in rows:
        found.setdefault(one, set()).add(other)
    return found


def _known(session: Session, urns: Collection[int]) -> dict[int, set[int]]:
    """Return which supporters have worked with each school, in any commission."""
    query = select(Case.urn, Match.supporter_id).join(Match, col(Match.case_id) == Case.id)
    return _pairs(session.exec(query.where(col(Case.urn).in_(urns), col(Match.status).in_(_SUPPORTED))))


def gather_candidates(session: Session, brief: Brief, today: datetime.date, free: Sequence[Match] = ()) -> list[Candidate]:
    """Return the active supporters as the rules see them, with what is left of their days in all commissions.

    `free` are matches whose days and cases count as not taken, because they may be moved.
    """
    skills: dict[int, dict[tuple[str, Phase | None], int]] = {}
    for known in session.exec(select(Expertise)).all():
        skills.setdefault(known.supporter_id, {})[known.skill, known.phase] = known.level
    stopped, fresh = stopped_urns(session, today), declared(session, today)
    taken, carried = _load(session, brief)
    for match in free:
        taken[match.supporter_id] -= match.half_days
        carried[match.supporter_id] -= 1
    done = done_checks(session, brief.programme.programme)
    years, employers = whole_years(brief.commission), _employers(session)
    return [
        _candidate(one, skills.get(number, {}), years, taken.get(number, 0), carried.get(number, 0), frozenset(stopped.get(number, ())),
                   len(open_checks(brief.programme, one.kind, done, number)), number in fresh, employers.get(one.employer_urn or 0))
        for number, one in brief.supporters.items() if one.active
    ]  # fmt: skip


def _employers(session: Session) -> dict[int, School]:
    """Return the schools that supporters work for, or are."""
    urns = select(Supporter.employer_urn).where(col(Supporter.employer_urn).is_not(None))
    return {school.urn: school for school in session.exec(select(School).where(col(School.urn).in_(urns))).all()}


def whole_years(commission: Commission) -> int:
    """Return how many years' days of a supporter a commission has."""
    return max(1, round((commission.ends - commission.starts).days / 365))


def _candidate(
    one: Supporter, skills: dict[tuple[str, Phase | None], int], years: int, promised: int, cases: int, stopped: frozenset[int], checks: int,
    fresh: bool, employer: School | None,
) -> Candidate:  # fmt: skip
    half_days = one.half_days_a_year * years
    return Candidate(
        one.id, one.name, one.kind.value, skills, half_days, half_days - promised, ledger.half_day_cost(one), one.base_easting, one.base_northing,
        cases, one.caseload_cap, one.trust or (employer.trust if employer else None), one.employer_urn, stopped, checks, one.faith, fresh,
        employer.phase if employer else None,
    )  # fmt: skip


def _load(session: Session, brief: Brief) -> tuple[Counter[int], Counter[int]]:
    """Return half days promised for a time that this commission shares, and open cases carried, by supporter."""
    query = (
        select(Match.supporter_id, Match.half_days, Case.status)
        .join(Case, col(Case.id) == Match.case_id)
        .join(Commission, col(Commission.id) == Case.commission_id)
        .where(col(Match.status).in_(ledger.LIVE_MATCHES), Commission.ends >= brief.commission.starts, Commission.starts <= brief.commission.ends)
    )
    taken: Counter[int] = Counter()
    carried: Counter[int] = Counter()
    for number, half_days, status in session.exec(query).all():
        taken[number] += half_days
        carried[number] += status not in ENDED
    return taken, carried


def promised(session: Session, supporter_id: int) -> int:
    """Return the half days that a supporter has promised to open cases, in all commissions."""
    query = select(func.sum(col(Match.half_days))).join(Case, col(Case.id) == Match.case_id)
    mine = (Match.supporter_id == supporter_id, col(Match.status).in_(ledger.LIVE_MATCHES), col(Case.status).not_in(ENDED))
    return int(session.exec(query.where(*mine)).one() or 0)


def movable(session: Session, commission_id: int, *, lock: bool = True) -> list[tuple[Case, Match]]:
    """Return the cases whose match was proposed and not told to anybody yet, so that it may still be another."""
    query = select(Case, Match).join(Match, (col(Match.case_id) == Case.id) & (col(Match.further) == Case.further))
    mine = (Case.commission_id == commission_id, Case.status == Status.AWAITING_APPROVAL, col(Case.paused_since).is_(None))
    query = query.where(*mine, Match.status == MatchStatus.PROPOSED).order_by(col(Case.id))
    return [(case, match) for case, match in session.exec(query.with_for_update() if lock else query).all()]


def may_not(session: Session, pairs: Iterable[tuple[Case, Match]], today: datetime.date) -> dict[int, str]:
    """Return, by case, why the supporter of a match may not take it any more; cases that stand as they were are left out.

    A school that leads a hub may be in it; nobody else is ever matched with their own school.
    """
    matched = list(pairs)
    if not matched:
        return {}
    ids = {match.supporter_id for _, match in matched}
    who = {one.id: one for one in session.exec(select(Supporter).where(col(Supporter.id).in_(ids))).all()}
    stopped, fresh = stopped_urns(session, today), declared(session, today)
    found = {}
    for case, match in matched:
        one = who[match.supporter_id]
        if not one.active:
            found[case.id] = f"{one.name} has left"
        elif case.urn in stopped.get(one.id, ()) and one.employer_urn != case.urn:
            found[case.id] = f"a conflict of {one.name} with this school is open or barred"
        elif one.id not in fresh:
            found[case.id] = f"the declaration of interests of {one.name} has run out"
    return found


def refuse_barred(session: Session, case: Case, today: datetime.date) -> None:
    """Raise NotPossible if a supporter of a case is barred from its school, so that no date with them is agreed before somebody else has it."""
    barred = next((one for one in links_under_way(session, today, (ConflictOutcome.BARRED,), case.commission_id) if one.case.id == case.id), None)
    if barred is not None:
        raise NotPossible(
            f"No date of case {case.id} can be agreed with {barred.supporter}, who may not support {barred.school} any more: the adviser seeks "
            f"somebody else with `lodestar decide replace-supporter {case.id}`, and new dates are offered then."
        )
