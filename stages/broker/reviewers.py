"""Schools as reviewers: in peer review every school that takes part is a supporter too, and is known as one from then on."""

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database, insert_returning_ids, insert_rows, until_saved
from models.supporter import Expertise, Supporter
from models.words import SupporterKind
from programmes.sessions import brokers, own_half_days
from stages.brief import Brief, load_brief
from stages.journey import ENDED, ONLY_ASKED
from stages.record import ENGINE, Note, note


@until_saved
def enter_reviewers(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Enter each school that takes part in peer review as a supporter, once, and return how many were new.

    A school reviews for nothing, with as much time as one review takes; a supporting school that was loaded with its URN stays as it is.
    """
    with database.reading() as session:
        brief = load_brief(session, commission_id, [])
        if not any(broker.mode == "peer" for broker in brokers(brief.programme).values()) or not _not_entered(session, commission_id):
            return 0
    with database.writing() as session:
        session.exec(select(Supporter.id).order_by(col(Supporter.id)).with_for_update()).all()
        cases = _not_entered(session, commission_id)
        brief = load_brief(session, commission_id, [case.urn for case in cases])
        ids = insert_returning_ids(session, Supporter, [_reviewer(brief, case) for case in cases])
        skills = {skill for broker in brokers(brief.programme).values() if broker.mode == "peer" for skill in broker.skills}
        insert_rows(session, Expertise, [{"supporter_id": number, "skill": skill, "level": 2} for number in ids for skill in sorted(skills)])
        note(
            session,
            [Note("supporter.entered", ENGINE, commission_id, case.id, reason="a school in peer review reviews another") for case in cases],
            at,
        )
    return len(cases)


def _not_entered(session: Session, commission_id: int) -> list[Case]:
    """Return the open cases that take part and whose school is no supporter yet."""
    known = select(Supporter.employer_urn).where(Supporter.kind == SupporterKind.SUPPORTING_SCHOOL, col(Supporter.employer_urn).is_not(None))
    mine = (Case.commission_id == commission_id, col(Case.status).not_in([*ENDED, *ONLY_ASKED]), col(Case.urn).not_in(known))
    return list(session.exec(select(Case).where(*mine).order_by(col(Case.id))).all())


def _reviewer(brief: Brief, case: Case) -> dict[str, object]:
    school, contact = brief.school(case), brief.to_school(case.urn)
    return {
        "name": f"{school.name} ({school.urn})", "email": contact.address or "", "kind": SupporterKind.SUPPORTING_SCHOOL,
        "half_days_a_year": max(1, own_half_days(brief.programme)), "cost_a_day": 0, "base_easting": school.easting, "base_northing": school.northing,
        "employer_urn": school.urn, "trust": school.trust, "faith": school.religious_character,
    }  # fmt: skip
