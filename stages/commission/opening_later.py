"""Cases that open after their commission did, because evidence was loaded that brings a school within the programme's terms."""

from collections.abc import Mapping, Sequence

import pendulum
from sqlalchemy import and_, delete, false, or_, update
from sqlmodel import Session, col, select

from evidence.triggers import NEW_INSPECTION
from models.case import Case
from models.commission import Selection
from models.database import insert_rows
from models.evidence import Evidence, Trigger
from models.moments import day_of
from models.school import ENGLAND, School
from notifications.messages import to_staff
from stages.brief import Brief
from stages.commission.membership import members_for
from stages.commission.opening import open_cases, ranked_by, ranking
from stages.commission.places import left_for_invited
from stages.commission.rules import Chosen, choose, limit_places
from stages.diagnose.gathering import gather
from stages.journey import ENDED, STANDINGS
from stages.record import ENGINE, Note, note


def open_later(session: Session, brief: Brief, reached: int, at: pendulum.DateTime) -> int:
    """Open a case for each school that evidence loaded after load `reached` brings within the programme's terms; return how many.

    Only where the programme says that evidence opens cases, and only while places last.
    """
    today = day_of(at)
    if today > brief.commission.ends:
        return 0
    news = _with_news(session, brief, reached)
    _tell_of_ended(session, brief, {school.urn: (school, case) for school, case in news if case is not None and case.status in ENDED}, reached, at)
    schools = [school for school, case in news if case is None]
    if not schools:
        return 0
    against = gather(session, brief.programme, [school.urn for school in schools], today)
    chosen = choose(brief.programme, schools, today, against.held, members_for(session, brief.programme, max(today, brief.commission.starts)))
    left = left_for_invited(session, brief)
    if left is not None:
        chosen = limit_places(chosen, left, ranking(brief.programme, schools, today, against), ranked_by(brief.programme))
    # A school that stays out has a reason of today too: the places are taken, say.
    session.execute(delete(Selection).where(col(Selection.commission_id) == brief.commission_id, col(Selection.urn).in_([c.urn for c in chosen])))
    insert_rows(session, Selection, [
        {"commission_id": brief.commission_id, "urn": one.urn, "outcome": one.outcome, "reason": f"new evidence: {one.reason}"} for one in chosen
    ])  # fmt: skip
    taken = [one for one in chosen if one.outcome != "out"]
    if taken:
        open_cases(session, brief.commission_id, taken, at)
        _tell_adviser(session, brief, taken, {school.urn: school.name for school in schools}, at)
    return len(taken)


def _tell_adviser(session: Session, brief: Brief, taken: Sequence[Chosen], names: Mapping[int, str], at: pendulum.DateTime) -> None:
    """Tell the adviser of each case that evidence opened, and mark what opened it as dealt with."""
    urns = [one.urn for one in taken]
    cases = dict(session.exec(select(Case.urn, Case.id).where(Case.commission_id == brief.commission_id, col(Case.urn).in_(urns))).all())
    because = session.exec(select(Trigger).where(col(Trigger.urn).in_(urns), col(Trigger.handled_at).is_(None)).order_by(col(Trigger.id))).all()
    says = {one.urn: one.says for one in because}
    note(session, [
        Note("case.opened-by-evidence", ENGINE, brief.commission_id, cases[urn],
             messages=[to_staff.case_opened(brief.head, brief.adviser, cases[urn], names[urn], says.get(urn))])
        for urn in urns
    ], at)  # fmt: skip
    done = {"handled_at": at, "outcome": "a case was opened"}
    session.execute(update(Trigger).where(col(Trigger.id).in_([one.id for one in because])).values(**done))


def _tell_of_ended(session: Session, brief: Brief, ended: Mapping[int, tuple[School, Case]], reached: int, at: pendulum.DateTime) -> None:
    """Tell the adviser of schools that an inspection brings within the terms though their case here has ended; people decide what follows."""
    if not ended:
        return
    today = day_of(at)
    schools = [school for school, _ in ended.values()]
    held = gather(session, brief.programme, list(ended), today).held
    members = members_for(session, brief.programme, max(today, brief.commission.starts))
    within = {one.urn for one in choose(brief.programme, schools, today, held, members) if one.outcome != "out"}
    triggers = (
        select(Trigger).where(col(Trigger.urn).in_(within), Trigger.load_id > reached, Trigger.kind == NEW_INSPECTION).order_by(col(Trigger.id))
    )
    news = {one.urn: one for one in session.exec(triggers).all()}
    notes = []
    for urn, trigger in news.items():
        school, case = ended[urn]
        follows = (
            f"nothing by itself, since its case here has ended ({STANDINGS[case.status].means}). If it should be supported after all, agree it "
            f"with the school; where no visit was agreed before, `lodestar decide take-up-again {case.id}` opens its case once more."
        )
        message = to_staff.new_evidence(brief.head, brief.adviser, trigger.id, case.id, school.name, trigger.says, follows)
        notes.append(Note("case.new-evidence", ENGINE, brief.commission_id, case.id, reason=trigger.says, messages=[message]))
    note(session, notes, at)
    done = {"handled_at": at, "outcome": "the adviser was told"}
    session.execute(update(Trigger).where(col(Trigger.id).in_([one.id for one in news.values()])).values(**done))


def _with_news(session: Session, brief: Brief, reached: int) -> list[tuple[School, Case | None]]:
    """Return the schools on which what opens cases in this programme was loaded after load `reached`, each with its case if it has one."""
    opened_by = brief.programme.take_part.opened_by
    news = []
    if "new_inspection" in opened_by:
        news.append(col(School.urn).in_(select(Trigger.urn).where(Trigger.load_id > reached, Trigger.kind == NEW_INSPECTION)))
    if "change_of_head" in opened_by:
        new = (Evidence.load_id > reached, Evidence.indicator == "head_changed", col(Evidence.value) >= 1)
        news.append(col(School.urn).in_(select(Evidence.urn).where(*new)))
    if "new_result" in opened_by:
        news.append(col(School.urn).in_(select(Evidence.urn).where(Evidence.load_id > reached)))
    mine = and_(col(Case.urn) == School.urn, col(Case.commission_id) == brief.commission_id)
    query = select(School, Case).outerjoin(Case, mine).where(or_(false(), *news), col(School.open).is_(True), col(School.state_funded).is_(True))
    if brief.commission.authority != ENGLAND:
        query = query.where(School.authority == brief.commission.authority)
    return list(session.exec(query.order_by(col(School.urn))).all())
