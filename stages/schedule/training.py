"""Whether whoever supports was trained first, where the programme trains them in a session of its own."""

import datetime
from collections.abc import Sequence

from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.meeting import Attendance, Meeting
from models.programme import Programme
from models.supporter import DueDiligence
from models.visit import Visit
from models.words import AttendanceStatus
from programmes.sessions import TRAINING, is_led_inside, trains_first, trains_itself
from stages.brief import Brief


def is_trained(session: Session, brief: Brief, supporter_id: int, by: datetime.date) -> bool:
    """Tell whether a supporter was trained by a day: their school sent somebody to a training, or it was recorded of them."""
    recorded = (DueDiligence.supporter_id == supporter_id, DueDiligence.programme == brief.programme.programme, DueDiligence.check == TRAINING)
    if session.exec(select(DueDiligence.id).where(*recorded, DueDiligence.done_on <= by)).first() is not None:
        return True
    urn = brief.supporters[supporter_id].employer_urn
    case_id = session.exec(select(Case.id).where(Case.urn == urn, Case.commission_id == brief.commission_id)).first()
    return case_id is not None and has_trained_people(session, brief, case_id, by)


def trainings(programme: Programme) -> list[str]:
    """Return the sessions in which people are trained by others; what they pass on at their own school is none."""
    return [one.id for one in programme.schedule.sessions if one.kind == "training" and not is_led_inside(one)]


def has_trained_people(session: Session, brief: Brief, case_id: int, by: datetime.date) -> bool:
    """Tell whether a school sent somebody to a training by a day."""
    query = select(Meeting.id).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
    mine = (Attendance.case_id == case_id, col(Meeting.session).in_(trainings(brief.programme)), Attendance.status == AttendanceStatus.CAME)
    return session.exec(query.where(*mine, col(Meeting.held_on) <= by)).first() is not None


def check_people_trained(session: Session, brief: Brief, cases: Sequence[Case], day: datetime.date) -> None:
    """Raise NotPossible if a session that people of a school lead was held before any of them was trained."""
    for case in cases:
        if not has_trained_people(session, brief, case.id, day):
            name = brief.school(case).name
            raise NotPossible(
                f"Nobody of {name} was trained by {day:%-d %B %Y}, so nobody there could lead this session: record the training first, "
                "or have the session moved until after the next one."
            )


def check_trained(session: Session, brief: Brief, visit: Visit, day: datetime.date) -> None:
    """Raise NotPossible if a visit was held by somebody who should have been trained first and was not."""
    if trains_first(brief.programme) and trains_itself(brief.programme) and not is_trained(session, brief, visit.supporter_id, day):
        name = brief.supporters[visit.supporter_id].name
        raise NotPossible(
            f"{name} was not trained by {day:%-d %B %Y}: have them book a training, or record it with `lodestar supporter check`, first."
        )
