"""The brokering batch: all cases that want support are matched together, in one transaction."""

import datetime
from collections.abc import Sequence

import pendulum
from sqlalchemy import func
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.evidence import Need
from models.match import Match
from models.supporter import Conflict, Expertise
from models.words import ConflictOutcome, MatchStatus, Phase, Stage, Status
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from programmes.checking import session_half_days
from stages import ledger
from stages.batch import Tally, hold_diaries, lock_cases, ready_cases
from stages.brief import Brief, days_in_words, load_brief
from stages.broker import rules
from stages.broker.due_diligence import done_checks, open_checks
from stages.record import Change, save

STAGE = Stage.BROKER
_READY = (Status.TO_MATCH, Status.UNMET)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of the cases that want support, with those that could not be matched before."""
    return [case.id for case in ready_cases(session, commission_id, _READY)]


def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Match these cases, in one transaction; a case that stays unmet for the same reason is not touched."""
    tally = Tally()
    with database.writing() as session:
        cases = {case.id: case for case in lock_cases(session, ids, _READY)}
        if not cases:
            return tally
        hold_diaries(session)
        brief = load_brief(session, commission_id)
        wanted = _wanted(session, brief, list(cases.values()))
        outcome = rules.match_all(wanted, candidates(session, brief), brief.programme.broker, ledger.money_left(session, commission_id))
        changes = []
        for one in outcome:
            case = cases[one.case_id]
            if isinstance(one, rules.Matched):
                changes.append(_proposed(brief, case, one, at))
            elif case.status is Status.TO_MATCH:
                due = brief.calendar.add(at.in_timezone("Europe/London").date(), brief.school_days(Status.UNMET))
                changes.append(Change(case, "report-unmet", due=due, reason=one.why))
            else:
                tally.stayed[one.why] += 1
        save(session, changes, at)
        tally.moves.update(change.move for change in changes)
    return tally


def _wanted(session: Session, brief: Brief, cases: Sequence[Case]) -> list[rules.Wanted]:
    """Return what each case wants: skills from its needs and the programme, severity from its worst need."""
    needs: dict[int, list[Need]] = {}
    for need in session.exec(select(Need).where(col(Need.case_id).in_([case.id for case in cases]))).all():
        needs.setdefault(need.case_id, []).append(need)
    refused: dict[int, set[int]] = {}
    ended = select(Match).where(col(Match.case_id).in_([case.id for case in cases]), col(Match.status).in_([MatchStatus.REFUSED, MatchStatus.ENDED]))
    for match in session.exec(ended).all():
        refused.setdefault(match.case_id, set()).add(match.supporter_id)
    found, least = [], session_half_days(brief.programme)
    for case in cases:
        school, mine = brief.school(case), needs.get(case.id, [])
        skills = dict.fromkeys([*brief.programme.broker.skills, *(need.skill for need in mine)])
        found.append(rules.Wanted(
            case.id, case.urn, school.phase, school.trust, school.easting, school.northing, tuple(skills),
            max((need.severity for need in mine), default=0), max(case.entitlement, least), frozenset(refused.get(case.id, ())),
        ))  # fmt: skip
    return found


def candidates(session: Session, brief: Brief) -> list[rules.Candidate]:
    """Return the active supporters as the rules see them, with what is left of their days in all commissions."""
    skills: dict[int, dict[tuple[str, Phase | None], int]] = {}
    for known in session.exec(select(Expertise)).all():
        skills.setdefault(known.supporter_id, {})[known.skill, known.phase] = known.level
    conflicts: dict[int, set[int]] = {}
    stops = [ConflictOutcome.OPEN, ConflictOutcome.BARRED]
    for conflict in session.exec(select(Conflict).where(col(Conflict.outcome).in_(stops))).all():
        conflicts.setdefault(conflict.supporter_id, set()).add(conflict.urn)
    promised, carried = _load(session)
    done = done_checks(session, brief.programme.programme)
    years = max(1, round((brief.commission.ends - brief.commission.starts).days / 365))
    return [
        rules.Candidate(
            number, s.name, s.kind.value, skills.get(number, {}), s.half_days_a_year * years,
            s.half_days_a_year * years - promised.get(number, 0), ledger.half_day_cost(s), s.base_easting, s.base_northing,
            carried.get(number, 0), s.caseload_cap, s.trust, s.employer_urn, frozenset(conflicts.get(number, ())),
            len(open_checks(brief.programme, s.kind, done, number)),
        )
        for number, s in brief.supporters.items() if s.active
    ]  # fmt: skip


def _load(session: Session) -> tuple[dict[int, int], dict[int, int]]:
    """Return half days promised and cases carried, by supporter."""
    rows = session.exec(
        select(Match.supporter_id, func.sum(col(Match.half_days)), func.count())
        .where(col(Match.status).in_(ledger.LIVE_MATCHES))
        .group_by(col(Match.supporter_id))
    ).all()
    return {row[0]: int(row[1] or 0) for row in rows}, {row[0]: row[2] for row in rows}


def _proposed(brief: Brief, case: Case, found: rules.Matched, at: pendulum.DateTime) -> Change:
    """Return the change that proposes a match; its money is committed at once, so that it is not promised twice."""
    today = at.in_timezone("Europe/London").date()
    broker = brief.programme.broker
    status, move = _first(broker.approved_by is not None, broker.accepted_by)
    live = {Status.AWAITING_APPROVAL: MatchStatus.PROPOSED, Status.TO_SCHEDULE: MatchStatus.AGREED}.get(status, MatchStatus.APPROVED)
    match = {
        "case_id": case.id, "supporter_id": found.supporter_id, "status": live, "half_days": found.half_days, "cost": found.cost,
        "kilometres": found.kilometres, "reason": found.reason, "runner_up_id": found.runner_up_id,
        "runner_up_reason": found.runner_up_reason, "proposed_at": at,
    }  # fmt: skip
    due = brief.calendar.add(today, brief.school_days(status)) if brief.school_days(status) else None
    return Change(
        case, move, due=due, fields={"supporter_id": found.supporter_id}, reason=found.reason, detail={"supporter_id": found.supporter_id},
        rows=[(Match, match), (LedgerLine, ledger.committed(case, found.supporter_id, found.cost, found.half_days, at))],
        messages=offers(brief, case, found.supporter_id, found.half_days, found.reason, status, due or today),
    )  # fmt: skip


def _first(approved: bool, accepted_by: Sequence[str]) -> tuple[Status, str]:
    """Return where a new match goes first, and by which move."""
    if approved:
        return Status.AWAITING_APPROVAL, "propose-match"
    return {
        Status.AWAITING_SUPPORTER: (Status.AWAITING_SUPPORTER, "offer-match"),
        Status.AWAITING_CONSENT: (Status.AWAITING_CONSENT, "offer-support"),
    }.get(next_after(Status.AWAITING_APPROVAL, accepted_by), (Status.TO_SCHEDULE, "settle-match"))


def next_after(status: Status, accepted_by: Sequence[str]) -> Status:
    """Return where a match goes after `status`: to the supporter, to the school, or on to the timetable."""
    if status is Status.AWAITING_APPROVAL and "supporter" in accepted_by:
        return Status.AWAITING_SUPPORTER
    return Status.AWAITING_CONSENT if status is not Status.AWAITING_CONSENT and "school" in accepted_by else Status.TO_SCHEDULE


def offers(brief: Brief, case: Case, supporter_id: int, half_days: int, why: str, status: Status, due: datetime.date) -> list[Draft]:
    """Return the message that goes with a match arriving at `status`."""
    school = brief.school(case).name
    if status is Status.AWAITING_SUPPORTER:
        need = "; ".join(brief.programme.broker.skills) or brief.programme.title
        to = brief.to_supporter(supporter_id)
        return [to_staff.match_offer(brief.head, to, case.id, case.version, school, need, days_in_words(half_days / 2), why, due)]
    if status is Status.AWAITING_CONSENT:
        name = brief.supporters[supporter_id].name
        return [to_school.support_offer(brief.head, brief.to_school(case.urn), case.id, case.version, school, name, why, due)]
    return []
