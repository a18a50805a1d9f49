"""The brokering batch: all cases that want support are matched together, in one transaction."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.match import Match
from models.words import MatchStatus, Stage, Status
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from stages import ledger
from stages.batch import Tally, hold_diaries, lock_cases, ready_cases
from stages.brief import Brief, days_in_words, load_brief
from stages.broker.conflicts import enter_derived
from stages.broker.declarations import supporters_of
from stages.broker.gathering import gather_candidates, gather_wanted, may_not, movable
from stages.broker.modelling import LIMITS, Brokered, match_all
from stages.broker.rules import Matched, Unmet
from stages.record import ENGINE, Change, Note, note, save

STAGE = Stage.BROKER
_READY = (Status.TO_MATCH, Status.UNMET)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of the cases that want support, those that could not be matched before, and those whose proposed supporter may not come."""
    now = {case.id for case in ready_cases(session, commission_id, _READY)}
    return sorted(now | may_not(session, movable(session, commission_id, lock=False), at.in_timezone("Europe/London").date()).keys())


def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Match these cases, in one transaction; a case that stays unmet for the same reason is not touched.

    What was only proposed may be moved to make room for them, where that is worth more than the move.
    """
    tally = Tally()
    with database.writing() as session:
        cases = {case.id: case for case in lock_cases(session, ids, _READY)}
        today = at.in_timezone("Europe/London").date()
        proposed = {case.id: (case, match) for case, match in movable(session, commission_id)}
        if not cases and not may_not(session, proposed.values(), today):
            return tally
        hold_diaries(session)
        brief = load_brief(session, commission_id)
        everybody = cases | {number: case for number, (case, _) in proposed.items()}
        schools = [brief.school(case) for case in everybody.values()]
        enter_derived(session, commission_id, supporters_of(brief), schools, at)
        found = match_all(
            gather_wanted(session, brief, list(everybody.values())),
            gather_candidates(session, brief, today, [match for _, match in proposed.values()]),
            brief.programme.broker,
            ledger.money_left(session, commission_id) + sum(match.cost for _, match in proposed.values()),
            replace(LIMITS, seed=brief.commission.seed),
            {number: match.supporter_id for number, (_, match) in proposed.items()},
        )
        # Asked again: the data may have shown new conflicts.
        gone = may_not(session, proposed.values(), today)
        changes = _changes(session, brief, found, cases, proposed, gone, at, tally)
        save(session, changes, at)
        if found.gap:
            detail = {"gap": found.gap, "stopped_by": found.stopped_by, "cases": len(everybody)}
            note(session, [Note("matching.stopped-early", ENGINE, commission_id, detail=detail)], at)
        tally.moves.update(change.move for change in changes)
    return tally


def _changes(
    session: Session, brief: Brief, found: Brokered, cases: Mapping[int, Case], proposed: Mapping[int, tuple[Case, Match]],
    gone: Mapping[int, str], at: pendulum.DateTime, tally: Tally,
) -> list[Change]:  # fmt: skip
    """Return the changes that follow from a matching: new proposals, moved ones, and cases that stay without."""
    changes = []
    for one in found.outcomes:
        if one.case_id in proposed:
            case, match = proposed[one.case_id]
            if isinstance(one, Unmet) or one.supporter_id != match.supporter_id:
                changes.append(_moved(session, brief, case, match, one, gone.get(case.id), at))
        elif isinstance(one, Matched):
            changes.append(_proposed(brief, cases[one.case_id], one, at))
        elif cases[one.case_id].status is Status.TO_MATCH:
            due = brief.calendar.add(at.in_timezone("Europe/London").date(), brief.school_days(Status.UNMET))
            changes.append(Change(cases[one.case_id], "report-unmet", due=due, reason=one.why))
        else:
            tally.stayed[one.why] += 1
    return changes


def _moved(session: Session, brief: Brief, case: Case, match: Match, found: Matched | Unmet, gone: str | None, at: pendulum.DateTime) -> Change:
    """Return the change that gives a case another supporter than was proposed, or none: that one is `gone`, or a graver need took them."""
    why = gone or ("another school has the graver need" if isinstance(found, Unmet) else "moved to make room for another school")
    session.execute(update(Match).where(col(Match.id) == match.id).values(status=MatchStatus.MOVED, ended_reason=why))
    back = (LedgerLine, ledger.released(case, match, match.half_days, why, at))
    if isinstance(found, Unmet):
        return Change(case, "unpropose", reason=f"{why}. {found.why}", fields={"supporter_id": None}, rows=[back])
    change = _proposed(brief, case, found, at)
    return replace(change, move="repropose", to=None, reason=f"{why}: {found.reason}", rows=[back, *change.rows], messages=[])


def _proposed(brief: Brief, case: Case, found: Matched, at: pendulum.DateTime) -> Change:
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
