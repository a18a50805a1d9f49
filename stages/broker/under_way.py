"""Support that is under way, and the links of the register that touch it: the case of each, and the adviser who is told at once."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission
from models.match import Match
from models.message import Message
from models.moments import day_of
from models.school import School
from models.supporter import Conflict, Supporter
from models.visit import Visit
from models.words import CommissionStatus, ConflictOutcome, MatchStatus, Stage, Status, VisitStatus
from notifications.draft import Draft
from notifications.messages import to_staff
from notifications.outbox import enqueue
from stages.brief import load_brief
from stages.journey import ENDED, STANDINGS
from stages.ledger import LIVE_MATCHES
from stages.visits import NOT_HELD, of_supporters

# A match that was only proposed is matching's own business: it goes to somebody else without being asked.
_UNDER_WAY = (MatchStatus.APPROVED, MatchStatus.AGREED)


@dataclass(frozen=True, slots=True)
class Touched:
    """A link that counts, and an open case in which that supporter supports that school."""

    link: Conflict
    case: Case
    supporter: str
    school: str

    @property
    def kind(self) -> str:
        """Return the kind of the link in words."""
        return self.link.kind.value.replace("_", " ")


def counts(conflict: Conflict, today: datetime.date) -> bool:
    """Tell whether a conflict still counts, whatever was decided on it: it has not run out."""
    return conflict.until is None or conflict.until >= today


def reopen(conflict: Conflict, today: datetime.date) -> None:
    """Make a link one that is to be decided on; what was decided before stays in the trail."""
    conflict.outcome, conflict.declared_on = ConflictOutcome.OPEN, today
    conflict.decided_on = conflict.mitigation = conflict.approved_by = None


def cases_touched(session: Session) -> dict[tuple[int, int], int]:
    """Return the open case of each supporter and school that are matched, so that a link between them is seen to matter."""
    query = select(Match.supporter_id, Case.urn, Case.id).join(Case, col(Case.id) == Match.case_id)
    rows = session.exec(query.where(col(Match.status).in_(LIVE_MATCHES), col(Case.status).not_in(ENDED))).all()
    return {(supporter, urn): case for supporter, urn, case in rows}


def links_under_way(session: Session, today: datetime.date, outcomes: Collection[ConflictOutcome], commission_id: int | None = None) -> list[Touched]:
    """Return the links with one of these outcomes where support is under way, in one commission or in all."""
    query = (
        select(Conflict, Case, Supporter, School.name)
        .join(Supporter, col(Supporter.id) == Conflict.supporter_id)
        .join(Match, col(Match.supporter_id) == Supporter.id)
        .join(Case, (col(Case.id) == Match.case_id) & (col(Case.urn) == Conflict.urn))
        .join(School, col(School.urn) == Case.urn)
        .where(col(Conflict.outcome).in_(outcomes), col(Match.status).in_(_UNDER_WAY), col(Case.status).not_in(ENDED), col(Supporter.active))
        .order_by(col(Case.id), col(Conflict.id))
    )
    found = session.exec(query if commission_id is None else query.where(Case.commission_id == commission_id)).all()
    return [
        Touched(link, case, supporter.name, school) for link, case, supporter, school in found
        # A school that leads a hub may be in it.
        if counts(link, today) and supporter.employer_urn != case.urn and not needs_nobody(session, case, supporter.id)
    ]  # fmt: skip


def pairs_under_way(session: Session, commission_id: int) -> dict[tuple[int, int], School]:
    """Return each supporter of a known organisation with each school that they support in a commission, and that school's row."""
    query = (
        select(Supporter.id, School)
        .join(Match, col(Match.supporter_id) == Supporter.id)
        .join(Case, col(Case.id) == Match.case_id)
        .join(School, col(School.urn) == Case.urn)
        .where(Case.commission_id == commission_id, col(Match.status).in_(_UNDER_WAY), col(Case.status).not_in(ENDED), col(Supporter.active))
        .where(col(Supporter.employer_urn).is_not(None) | col(Supporter.trust).is_not(None))
    )
    return {(number, school.urn): school for number, school in session.exec(query).all()}


def untold(session: Session, today: datetime.date, commission_id: int | None = None) -> list[Draft]:
    """Return the messages to advisers on open links where support is under way that have not been written yet."""
    by_commission: dict[int, list[Touched]] = {}
    for one in links_under_way(session, today, (ConflictOutcome.OPEN,), commission_id):
        by_commission.setdefault(one.case.commission_id, []).append(one)
    drafts = []
    for number, links in by_commission.items():
        brief = load_brief(session, number, [])
        drafts += [
            to_staff.link_to_decide(
                brief.head, brief.adviser, one.case.id, f"{one.link.id}-{one.link.declared_on}", one.supporter, one.link.urn, one.school,
                one.link.kind.value, one.link.source,
            )
            for one in links
        ]  # fmt: skip
    known = set(session.exec(select(Message.key).where(col(Message.key).in_([draft.key for draft in drafts]))).all()) if drafts else set()
    return [draft for draft in drafts if draft.key not in known]


def tell_advisers(session: Session, at: pendulum.DateTime) -> None:
    """Tell advisers of the open links where support is under way, each link once."""
    enqueue(session, untold(session, day_of(at)), at)


def tell_of_ends(session: Session, supporter: Supporter, ends: Sequence[tuple[Conflict, datetime.date]], at: pendulum.DateTime) -> None:
    """Tell the adviser of each open case of a school that a supporter says a link with it is over (last day), which holds until it is decided on."""
    for link, until in ends:
        schools = select(Case.id, Case.commission_id, School.name).join(School, col(School.urn) == Case.urn)
        query = schools.join(Commission, col(Commission.id) == Case.commission_id)
        mine = (Case.urn == link.urn, col(Case.status).not_in(ENDED), Commission.status == CommissionStatus.RUNNING)
        for case_id, commission_id, school in session.exec(query.where(*mine).order_by(col(Case.id))).all():
            brief = load_brief(session, commission_id, [])
            edition, says = f"{link.id}-{until}-{day_of(at)}", (link.kind.value, link.outcome.value, until)
            enqueue(session, [to_staff.link_said_over(brief.head, brief.adviser, case_id, edition, supporter.name, link.urn, school, *says)], at)


def needs_nobody(session: Session, case: Case, supporter_id: int) -> bool:
    """Tell whether a case needs a supporter no more: it is evaluated, or their visits were held and none is to come."""
    standing = STANDINGS[case.status]
    if standing.stage is Stage.EVALUATE:
        return True
    if standing.stage is Stage.BROKER or (standing.stage is Stage.SCHEDULE and case.status is not Status.BOOKED):
        return False
    statuses = session.exec(select(Visit.status).where(Visit.case_id == case.id, of_supporters([supporter_id]))).all()
    return VisitStatus.HELD in statuses and not any(status in NOT_HELD for status in statuses)
