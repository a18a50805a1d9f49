"""The brokering batch: all cases that want support are matched together, in one transaction, one of the programme's matches after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pendulum
from sqlalchemy import Update, update
from sqlmodel import Session, col

from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.match import Match
from models.moments import day_of
from models.programme import Broker
from models.words import MatchStatus, Stage, Status
from programmes.sessions import FIRST, brokers
from stages import ledger
from stages.apart import Apart, apart
from stages.batch import Tally, hold_diaries, lock_cases, ready_cases
from stages.brief import Brief, load_brief, programme_of
from stages.broker.conflicts import enter_derived
from stages.broker.declarations import supporters_of
from stages.broker.further import CALM, sought_again
from stages.broker.gathering import may_not, movable
from stages.broker.left_alone import left_alone, take_back
from stages.broker.offering import next_after, offers, onward
from stages.broker.outcomes import Brokered
from stages.broker.rules import Matched, Unmet
from stages.broker.seeking import seek
from stages.groups import join_groups, leave_groups
from stages.matches import STILL_UNMET, without_further
from stages.record import ENGINE, Change, Note, note, save

STAGE = Stage.BROKER
_READY = (Status.TO_MATCH, Status.UNMET)


def ready(session: Session, commission_id: int, at: pendulum.DateTime) -> list[int]:
    """Return the ids of the cases that want support, that could not be matched before, or whose proposed supporter may not come."""
    now, today = {case.id for case in ready_cases(session, commission_id, _READY)}, day_of(at)
    gone = may_not(session, movable(session, commission_id, lock=False), today)
    alone = {case.id for case, _ in left_alone(session, commission_id, programme_of(session, commission_id))}
    return sorted(now | gone.keys() | alone | sought_again(session, commission_id, today).keys())


@dataclass(slots=True)
class _Turn:
    """One of the programme's matches in one turn: the cases that seek it, those for which it is sought `again`, and what may still be another."""

    further: str
    broker: Broker
    cases: dict[int, Case]
    proposed: dict[int, tuple[Case, Match]]
    gone: Mapping[int, str] = field(default_factory=dict)
    again: dict[int, Case] = field(default_factory=dict)

    @property
    def everybody(self) -> list[Case]:
        """Return every case that is looked at."""
        return [*self.cases.values(), *self.again.values(), *(case for case, _ in self.proposed.values())]


def advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime) -> Tally:
    """Match these cases, in one transaction; a case that stays unmet for the same reason is not touched.

    What was only proposed may be moved to make room for them, where that is worth more than the move.
    """
    return apart(partial(_advance, database, commission_id, ids, at))


def _advance(database: Database, commission_id: int, ids: Sequence[int], at: pendulum.DateTime, answers: Apart) -> Tally:
    tally = Tally()
    with database.writing() as session:
        if left_alone(session, commission_id, programme_of(session, commission_id)):
            take_back(session, load_brief(session, commission_id), at, tally)
        cases = lock_cases(session, ids, _READY)
        today = day_of(at)
        proposed, lacking = movable(session, commission_id), sought_again(session, commission_id, today)
        calm = {case.id: case for case in lock_cases(session, ids, CALM) if case.id in lacking}
        if not cases and not calm and not may_not(session, proposed, today):
            return tally
        hold_diaries(session)
        brief = load_brief(session, commission_id)
        schools = [brief.school(case) for case in [*cases, *calm.values(), *(case for case, _ in proposed)]]
        enter_derived(session, commission_id, supporters_of(brief), schools, at)
        # Asked again: the data may have shown new conflicts.
        gone = may_not(session, proposed, today)
        for further, broker in brokers(brief.programme).items():
            turn = _Turn(
                further, broker, {case.id: case for case in cases if case.further == further},
                {case.id: (case, match) for case, match in proposed if case.further == further}, gone,
                # One that has come back for a match before stands where somebody decides on that now.
                {number: case for number, case in calm.items() if further in lacking[number] and case.status in CALM},
            )  # fmt: skip
            if turn.cases or turn.again or turn.gone.keys() & turn.proposed.keys():
                _match(session, brief, turn, at, tally, answers)
    return tally


def _match(session: Session, brief: Brief, turn: _Turn, at: pendulum.DateTime, tally: Tally, answers: Apart) -> None:
    """Match the cases that seek one match, and save what follows."""
    sought = seek(session, brief, turn.further, turn.cases | turn.again, turn.proposed, turn.gone, at, answers)
    tally.stayed.update(sought.waiting)
    _bring_back(session, turn, sought.found, at, tally)
    changes = _changes(session, brief, turn, sought.found, at, tally)
    matched = {one.case_id: one.supporter_id for one in sought.found.outcomes if isinstance(one, Matched)}
    new = {change.case.id: matched[change.case.id] for change in changes if change.case.id in matched}
    if sought.in_groups and new:
        join_groups(session, brief, turn.further, new, sought.together, sought.joined, at)
    save(session, changes, at)
    _keep_reasons(session, brief, turn, sought.found, at)
    # A turn that changes nothing says nothing: what is in the trail wakes the stage again.
    if sought.found.gap and changes:
        detail = {"gap": sought.found.gap, "stopped_by": sought.found.stopped_by, "cases": len(turn.everybody)}
        note(session, [Note("matching.stopped-early", ENGINE, brief.commission_id, detail=detail)], at)
    tally.moves.update(change.move for change in changes)


def _keep_reasons(session: Session, brief: Brief, turn: _Turn, found: Brokered, at: pendulum.DateTime) -> None:
    """Enter why a case is still unmet, where that is another reason now; it does not move, so nobody is reminded anew."""
    without = without_further(session, brief.commission_id) if turn.again else []
    lacking = {case_id: why for case_id, _, match, why in without if match == turn.further}
    notes = []
    for one in found.outcomes:
        case = turn.cases.get(one.case_id)
        if isinstance(one, Matched) or one.case_id in turn.proposed:
            continue
        if one.case_id in turn.again and one.why != lacking.get(one.case_id):
            notes.append(Note(STILL_UNMET, ENGINE, brief.commission_id, one.case_id, reason=one.why, detail={"match": turn.further}))
        elif turn.further == FIRST and case is not None and case.status is Status.UNMET and one.why != case.why:
            change = update(Case).where(col(Case.id) == case.id).values(why=one.why)
            notes.append(Note(STILL_UNMET, ENGINE, brief.commission_id, case.id, reason=one.why, changes=partial(_carry_out, change)))
    note(session, notes, at)


def _carry_out(change: Update, session: Session) -> None:
    session.execute(change)


def _bring_back(session: Session, turn: _Turn, found: Brokered, at: pendulum.DateTime, tally: Tally) -> None:
    """Bring cases that went on without a match back to it, where it can be had now; all others go on as they are."""
    back = [turn.again[one.case_id] for one in found.outcomes if isinstance(one, Matched) and one.case_id in turn.again]
    fields, detail = {"further": turn.further, "supporter_id": None}, {"match": turn.further}
    save(session, [Change(case, "seek-again", fields=fields, detail=detail) for case in back], at)
    tally.moves["seek-again"] += len(back)
    for case in back:
        session.refresh(case)
        turn.cases[case.id] = case
    tally.stayed.update(one.why for one in found.outcomes if isinstance(one, Unmet) and one.case_id in turn.again)


def _changes(session: Session, brief: Brief, turn: _Turn, found: Brokered, at: pendulum.DateTime, tally: Tally) -> list[Change]:
    """Return the changes that follow from a matching: new proposals, moved ones, and cases that stay without."""
    changes = []
    for one in found.outcomes:
        if one.case_id in turn.proposed:
            case, match = turn.proposed[one.case_id]
            if isinstance(one, Unmet) or one.supporter_id != match.supporter_id:
                changes.append(_moved(session, brief, case, match, one, turn.gone.get(case.id), at))
        elif isinstance(one, Matched):
            changes.append(_proposed(session, brief, turn.cases[one.case_id], one, at))
        elif one.case_id in turn.again:
            continue
        elif turn.further != FIRST:
            changes.append(_without(session, brief, turn.cases[one.case_id], one, at))
        elif turn.cases[one.case_id].status is Status.TO_MATCH:
            due = brief.calendar.add(day_of(at), brief.school_days(Status.UNMET))
            changes.append(Change(turn.cases[one.case_id], "report-unmet", due=due, reason=one.why))
        else:
            tally.stayed[one.why] += 1
    return changes


def _without(session: Session, brief: Brief, case: Case, found: Unmet, at: pendulum.DateTime) -> Change:
    """Return the change by which a case goes on without a further match: what it has is not held up, and its adviser sees what it lacks."""
    to, fields = onward(session, brief, case, {case.further})
    return Change(case, "go-on-without", to=to, reason=found.why, fields=fields, detail={"match": case.further})


def _moved(session: Session, brief: Brief, case: Case, match: Match, found: Matched | Unmet, gone: str | None, at: pendulum.DateTime) -> Change:
    """Return the change that gives a case another supporter than was proposed, or none: that one is `gone`, or a graver need took them."""
    why = gone or ("another school has the graver need" if isinstance(found, Unmet) else "moved to make room for another school")
    session.execute(update(Match).where(col(Match.id) == match.id).values(status=MatchStatus.MOVED, ended_reason=why))
    leave_groups(session, [case.id], why, day_of(at), case.further)
    back = (LedgerLine, ledger.released(case, match, match.half_days, why, at))
    if isinstance(found, Unmet):
        return Change(case, "unpropose", reason=f"{why}. {found.why}", fields={"supporter_id": None}, rows=[back])
    change = _proposed(session, brief, case, found, at)
    return replace(change, move="repropose", to=None, reason=f"{why}: {found.reason}", rows=[back, *change.rows], messages=[])


def _proposed(session: Session, brief: Brief, case: Case, found: Matched, at: pendulum.DateTime) -> Change:
    """Return the change that proposes a match; its money is committed at once, so that it is not promised twice."""
    today = day_of(at)
    broker = brokers(brief.programme)[case.further]
    status, move = _first(broker.approved_by is not None, broker.accepted_by)
    live = {Status.AWAITING_APPROVAL: MatchStatus.PROPOSED, Status.TO_SCHEDULE: MatchStatus.AGREED}.get(status, MatchStatus.APPROVED)
    match = {
        "case_id": case.id, "supporter_id": found.supporter_id, "status": live, "half_days": found.half_days, "cost": found.cost,
        "kilometres": found.kilometres, "reason": found.reason, "runner_up_id": found.runner_up_id, "further": case.further,
        "runner_up_reason": found.runner_up_reason, "proposed_at": at,
    }  # fmt: skip
    due = brief.due(case.urn, today, status) if brief.school_days(status) else None
    to, fields = None, {"supporter_id": found.supporter_id}
    if move == "settle-match":
        to, fields = onward(session, brief, case, {case.further}, found.supporter_id)
    return Change(
        case, move, to=to, due=due, fields=fields, reason=found.reason, detail={"supporter_id": found.supporter_id},
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
