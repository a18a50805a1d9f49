"""Schools that are left alone in a group that was put together before it was matched: what was offered is taken back, and they are matched anew."""

from collections.abc import Collection

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission, LedgerLine
from models.match import Match
from models.meeting import Attendance
from models.moments import day_of
from models.programme import Programme
from models.visit import Visit
from models.words import CommissionStatus, MatchStatus, Status
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from programmes.sessions import brokers
from stages import ledger
from stages.batch import Tally
from stages.brief import Brief
from stages.groups import leave_groups, open_groups
from stages.record import Change, save

# What has dates stands: its adviser is told in the worklist, and whoever comes next joins it.
_UNDATED = (Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT, Status.TO_SCHEDULE)
_MOVE = "take-back"
_WHY = "the other schools of its group are not in it any more, and no group is of one school"


def left_alone(session: Session, commission_id: int, programme: Programme, *, lock: bool = False) -> list[tuple[Case, Match]]:
    """Return the cases that are alone in a triad that has no dates yet, with that match; paused ones wait until they are resumed."""
    alone = {
        members[0]: further for further, broker in brokers(programme).items() if broker.mode == "triad"
        for members in open_groups(session, commission_id, further).values() if len(members) == 1
    }  # fmt: skip
    if not alone:
        return []
    query = select(Case, Match).join(Match, (col(Match.case_id) == Case.id) & (col(Match.further) == Case.further))
    mine = (col(Case.id).in_(alone), col(Case.status).in_(_UNDATED), col(Case.paused_since).is_(None), col(Match.status).in_(ledger.LIVE_MATCHES))
    running = col(Case.commission_id).in_(select(Commission.id).where(Commission.status == CommissionStatus.RUNNING))
    rows = session.exec((query.with_for_update() if lock else query).where(*mine, running).order_by(col(Case.id))).all()
    begun = _begun(session, [case.id for case, _ in rows])
    return [(case, match) for case, match in rows if alone[case.id] == case.further and case.id not in begun]


def _begun(session: Session, case_ids: Collection[int]) -> set[int]:
    """Return the cases that have, or had, a visit or a place at a meeting."""
    visited = session.exec(select(Visit.case_id).where(col(Visit.case_id).in_(case_ids))).all()
    return {*visited, *session.exec(select(Attendance.case_id).where(col(Attendance.case_id).in_(case_ids))).all()}


def take_back(session: Session, brief: Brief, at: pendulum.DateTime, tally: Tally) -> None:
    """Take back what was proposed or offered to schools that are left alone; whoever was told of it is told so."""
    today, changes = day_of(at), []
    for case, match in left_alone(session, brief.commission_id, brief.programme, lock=True):
        money = (LedgerLine, ledger.released(case, match, match.half_days, _WHY, at))
        changes.append(Change(case, _MOVE, reason=_WHY, fields={"supporter_id": None}, detail={"supporter_id": match.supporter_id}, rows=[money],
                              messages=_told(brief, case, match.supporter_id)))  # fmt: skip
        session.execute(update(Match).where(col(Match.id) == match.id).values(status=MatchStatus.MOVED, ended_reason=_WHY))
        leave_groups(session, [case.id], _WHY, today, case.further)
    save(session, changes, at)
    for change in changes:
        session.refresh(change.case)
    tally.moves.update(change.move for change in changes)


def _told(brief: Brief, case: Case, supporter_id: int) -> list[Draft]:
    """Return the messages to those who had heard of a match: its supporter from the offer on, its school once the supporter had taken it."""
    school, told = brief.school(case).name, list[Draft]()
    accepted_by = brokers(brief.programme)[case.further].accepted_by
    agreed = case.status is Status.TO_SCHEDULE
    if case.status is Status.AWAITING_SUPPORTER or agreed or (case.status is Status.AWAITING_CONSENT and "supporter" in accepted_by):
        told.append(to_staff.match_taken_back(brief.head, brief.to_supporter(supporter_id), case.id, case.version, school))
    if case.status is Status.AWAITING_CONSENT or agreed:
        name = brief.supporters[supporter_id].name
        told.append(to_school.support_taken_back(brief.head, brief.to_school(case.urn), case.id, case.version, school, name))
    return told
