"""Triads are timetabled when all of their schools have answered, since one school that has agreed is no triad yet."""

import datetime
from collections.abc import Sequence

from sqlmodel import Session, col, select

from models.case import Case
from models.meeting import Meeting
from models.words import Status, VisitStatus
from programmes.sessions import brokers, group_of
from stages.batch import Tally
from stages.brief import Brief
from stages.groups import open_groups

_ANSWERING = (Status.AWAITING_APPROVAL, Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT)
WAITS = "waits for the answer of the other schools of its triad"


def without_waiting(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date, tally: Tally) -> list[Case]:
    """Return the cases that are timetabled now; those whose triad has no dates yet and has somebody still to answer in time wait."""
    waiting = {case for cases_of in _undecided(session, brief, today) for case in cases_of} if cases else set[int]()
    now = [case for case in cases if case.id not in waiting]
    if len(now) < len(cases):
        tally.stayed[WAITS] += len(cases) - len(now)
    return now


def _undecided(session: Session, brief: Brief, today: datetime.date) -> list[list[int]]:
    """Return the triads, with their open cases, that meet, have no meeting yet, and in which somebody has still time to answer."""
    meets = {group_of(brief.programme, one) for one in brief.programme.schedule.sessions if one.held == "group"}
    triads = {
        number: (further, ids)
        for further, broker in brokers(brief.programme).items() if broker.mode == "triad" and further in meets
        for number, ids in open_groups(session, brief.commission_id, further).items()
    }  # fmt: skip
    set_already = set(session.exec(select(Meeting.group_id).where(col(Meeting.group_id).in_(triads), Meeting.status != VisitStatus.CANCELLED)).all())
    everybody = [number for _, ids in triads.values() for number in ids]
    open_to = (col(Case.id).in_(everybody), col(Case.status).in_(_ANSWERING), col(Case.paused_since).is_(None), col(Case.due) >= today)
    answering = {(case_id, further) for case_id, further in session.exec(select(Case.id, Case.further).where(*open_to)).all()}
    return [ids for number, (further, ids) in triads.items() if number not in set_already and any((one, further) in answering for one in ids)]
