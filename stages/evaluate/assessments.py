"""What schools answered before they were asked again, and since: the two ends that progress is measured between."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from models.evidence import Answer, Asking
from models.moments import day_of
from models.programme import MeasureRule
from stages.asking import find_instrument
from stages.brief import Brief
from stages.evaluate.measures import BeforeAndAfter
from stages.evaluate.progress import Assessed, Edition, attainment_gap, months_of_progress, pupils_counted

PROGRESS = frozenset({"months_of_progress", "attainment_gap", "counts"})
Assessments = dict[tuple[int, str], Assessed]
_AGAIN = 2


def load_assessments(session: Session, case_ids: Sequence[int]) -> Assessments:
    """Return both ends of each case's answers, by case and instrument; a case that was not asked again has only answers before."""
    found: Assessments = {}
    for start in range(0, len(case_ids), 5000):
        part = case_ids[start : start + 5000]
        asked = select(Asking.case_id, Asking.instrument, Asking.asked_at).where(col(Asking.case_id).in_(part), Asking.round == _AGAIN)
        again = {(case_id, name): at for case_id, name, at in session.exec(asked).all()}
        for one in session.exec(select(Answer).where(col(Answer.case_id).in_(part)).order_by(col(Answer.edition))).all():
            key = (one.case_id, one.instrument)
            edition: Edition = (day_of(one.at), one.answers)
            known, since = found.get(key, Assessed()), again.get(key)
            found[key] = Assessed(known.before, edition) if since is not None and one.at >= since else Assessed(edition, known.after)
    return found


def progress_of(brief: Brief, rule: MeasureRule, case_id: int, found: Assessments) -> BeforeAndAfter:
    """Return a measure of progress of one case; a count is summed over all instruments that ask it, unless the measure names one."""
    if rule.kind == "counts":
        asked = [one for one in brief.programme.diagnose.instruments if rule.instrument in (None, one.id)]
        mine = [found.get((case_id, one.id), Assessed()) for one in asked if any(q.id == rule.question for q in one.questions)]
        return pupils_counted(rule.question or "", mine)
    instrument = find_instrument(brief.programme, rule.instrument or "")
    take = months_of_progress if rule.kind == "months_of_progress" else attainment_gap
    return take(rule, instrument, found.get((case_id, instrument.id), Assessed()))
