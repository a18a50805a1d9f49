"""What people decide at the end: the school's last answers, and the judgement of impact."""

from collections.abc import Mapping
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import NotPossible
from models.evidence import Answer
from models.meeting import Meeting
from models.moments import day_of
from models.review import Evaluation, Measure
from models.words import Status
from notifications.messages import to_school
from stages import asking, ledger
from stages.brief import Brief
from stages.evaluate.figures import figures_in_words, measures_in_words
from stages.groups import give_back
from stages.invitations import stood, tell_everybody
from stages.journey import check_move
from stages.record import Actor, Change, save
from stages.unpublished import check_published, close_notes
from stages.visits import NOT_HELD, cancel_visits


def answer(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, answers: Mapping[str, Any], instrument: str | None = None
) -> None:
    """Keep a school's answers at the end of its support; with the last of what it was asked, its figures can be computed."""
    check_move("answer-endline", case.id, case.status, actor.role, paused=case.paused_since is not None)
    waiting = asking.outstanding(session, brief, case)
    chosen = asking.choose(brief.programme.title, waiting, instrument, answers)
    row = asking.answer_row(session, brief, case, chosen, answers, at)
    to = Status.TO_EVALUATE if len(waiting) == 1 else Status.AWAITING_ENDLINE
    save(session, [Change(case, "answer-endline", actor, to=to, detail={"instrument": chosen.id}, rows=[(Answer, row)])], at)
    asking.close_asking(session, case, chosen, at)


def judge(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, judgement: str) -> None:
    """Judge the impact on a case, share it with the school, and close the case."""
    evaluation = session.exec(select(Evaluation).where(Evaluation.case_id == case.id)).first()
    if evaluation is None:
        raise NotPossible(f"Case {case.id} has no figures yet, so its impact cannot be judged.")
    check_published(session, case)
    taken = session.exec(select(Measure).where(Measure.case_id == case.id).order_by(col(Measure.id))).all()
    lines = [*figures_in_words(evaluation.figures), *measures_in_words(brief.programme.evaluate.measures, taken)]
    message = to_school.evaluation(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, lines, judgement)
    rows = [(LedgerLine, line) for line in ledger.unused(session, case, "days not used", at)]
    off = tell_everybody(brief, case, stood(session, brief, case, day_of(at)), "the support has ended")
    save(session, [Change(case, "judge", actor, reason=judgement, rows=rows, messages=[message, *off])], at)
    cancel_visits(session, [case.id], "the case was closed before it was held")
    close_notes(session, case, actor, at, "the case was closed before its visit was held")
    give_back(session, [case.id], select(Meeting.id).where(col(Meeting.status).in_(NOT_HELD)), "the case was closed before it was held")
    session.execute(update(Evaluation).where(col(Evaluation.id) == evaluation.id).values(judgement=judgement, judged_at=at))
