"""Whether whoever supports was trained first, where the programme trains them in a session of its own."""

import datetime

from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.meeting import Attendance, Meeting
from models.supporter import DueDiligence
from models.visit import Visit
from models.words import AttendanceStatus
from programmes.sessions import TRAINING, trains_first, trains_itself
from stages.brief import Brief


def is_trained(session: Session, brief: Brief, supporter_id: int, by: datetime.date) -> bool:
    """Tell whether a supporter was trained by a day: their school sent somebody to a training, or it was recorded of them."""
    recorded = (DueDiligence.supporter_id == supporter_id, DueDiligence.programme == brief.programme.programme, DueDiligence.check == TRAINING)
    if session.exec(select(DueDiligence.id).where(*recorded, DueDiligence.done_on <= by)).first() is not None:
        return True
    names = [one.id for one in brief.programme.schedule.sessions if one.kind == "training"]
    query = select(Meeting.id).join(Attendance, col(Attendance.meeting_id) == Meeting.id).join(Case, col(Case.id) == Attendance.case_id)
    mine = (
        Case.urn == brief.supporters[supporter_id].employer_urn, Case.commission_id == brief.commission_id, col(Meeting.session).in_(names),
        Attendance.status == AttendanceStatus.CAME, col(Meeting.held_on) <= by,
    )  # fmt: skip
    return session.exec(query.where(*mine)).first() is not None


def check_trained(session: Session, brief: Brief, visit: Visit, day: datetime.date) -> None:
    """Raise NotPossible if a visit was held by somebody who should have been trained first and was not."""
    if trains_first(brief.programme) and trains_itself(brief.programme) and not is_trained(session, brief, visit.supporter_id, day):
        name = brief.supporters[visit.supporter_id].name
        raise NotPossible(
            f"{name} was not trained by {day:%-d %B %Y}: have them book a training, or record it with `lodestar supporter check`, first."
        )
