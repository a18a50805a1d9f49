"""What people decide at the end: the judgement of impact."""

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import LedgerLine
from models.errors import NotPossible
from models.review import Evaluation
from notifications.messages import to_school
from stages import ledger
from stages.brief import Brief
from stages.evaluate.figures import figures_in_words
from stages.record import Actor, Change, save


def judge(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, judgement: str) -> None:
    """Judge the impact on a case, share it with the school, and close the case."""
    evaluation = session.exec(select(Evaluation).where(Evaluation.case_id == case.id)).first()
    if evaluation is None:
        raise NotPossible(f"Case {case.id} has no figures yet, so its impact cannot be judged.")
    lines = figures_in_words(evaluation.figures)
    message = to_school.evaluation(brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, lines, judgement)
    rows = [(LedgerLine, line) for line in ledger.unused(session, case, "days not used", at)]
    save(session, [Change(case, "judge", actor, reason=judgement, rows=rows, messages=[message])], at)
    session.execute(update(Evaluation).where(col(Evaluation.id) == evaluation.id).values(judgement=judgement, judged_at=at))
