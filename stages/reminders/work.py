"""The daily batch of reminders: one rung of the ladder for each thing that waits, a worklist a person, the regular letter."""

import datetime
from collections import Counter
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Selection
from models.database import Database
from models.message import Message
from models.term import Term
from models.words import CommissionStatus, Status, Turn
from notifications.draft import Draft, Recipient
from notifications.messages import to_school, to_staff
from notifications.outbox import enqueue
from stages.batch import ready_cases
from stages.brief import Brief, load_brief
from stages.journey import OPEN, STANDINGS
from stages.reminders.rules import current_step
from stages.reminders.worklists import is_day, worklists

_BY_MESSAGE = {Turn.SCHOOL, Turn.SUPPORTER}
_ASKS = {
    Status.INVITED: "whether to take part", Status.AWAITING_SELF_EVALUATION: "your own view of the school",
    Status.AWAITING_SUPPORTER: "whether you can take on a school", Status.AWAITING_CONSENT: "the supporter we suggest",
    Status.AWAITING_DATES: "dates for visits", Status.AWAITING_SCHOOL: "your action plan",
}  # fmt: skip


def remind(database: Database, commission_id: int, at: pendulum.DateTime) -> Counter[str]:
    """Put today's reminders of a commission into the outbox and return how many of each kind; twice a day does nothing more."""
    today = at.in_timezone("Europe/London").date()
    with database.writing() as session:
        brief = load_brief(session, commission_id)
        if brief.commission.status is not CommissionStatus.RUNNING or not brief.calendar.is_school_day(today):
            return Counter()
        cases = ready_cases(session, commission_id, tuple(OPEN))
        drafts = [draft for case in cases for draft in _ladder(brief, case, today)]
        if is_day(brief, today):
            drafts += worklists(session, brief, cases, today)
        drafts += _newsletter(session, brief, today)
        known = _known_keys(session, [draft.key for draft in drafts])
        fresh = [draft for draft in drafts if draft.key not in known]
        enqueue(session, fresh, at)
    return Counter(draft.kind for draft in fresh)


def _known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), 5000):
        found |= set(session.exec(select(Message.key).where(col(Message.key).in_(keys[start : start + 5000]))).all())
    return found


def _ladder(brief: Brief, case: Case, today: datetime.date) -> list[Draft]:
    """Return the rung of the ladder that a waiting case has reached, as a message."""
    if case.due is None or case.turn not in _BY_MESSAGE:
        return []
    step = current_step(case.due, brief.programme.messages.reminders, brief.calendar, today)
    if step is None:
        return []
    what, name = _ASKS.get(case.status, STANDINGS[case.status].means), brief.school(case).name
    if step.to == "whose_turn":
        to = brief.to_school(case.urn) if case.turn is Turn.SCHOOL else brief.to_supporter(case.supporter_id)
        return [to_school.reminder(brief.head, to, case.id, case.version, step.name, name, what, case.due, step.late)]
    to = brief.adviser if step.to == "adviser" else brief.commissioner
    whose = brief.to_school(case.urn).name if case.turn is Turn.SCHOOL else brief.to_supporter(case.supporter_id).name
    return [to_staff.overdue(brief.head, to, case.id, case.version, name, what, whose, case.due)]


def _newsletter(session: Session, brief: Brief, today: datetime.date) -> list[Draft]:
    """Return the regular letter to every school, in the second week of a term; its key makes it go out once."""
    letter = brief.programme.messages.newsletter
    term = _term_of(session, brief, today)
    if letter is None or term is None or not 7 <= (today - term.first).days < 28 or (letter.every == "term" and " 2 " in term.name):
        return []
    chosen = session.exec(select(Selection).where(Selection.commission_id == brief.commission_id)).all()
    urns = [one.urn for one in chosen if letter.to == "every_school" or one.outcome != "out"]
    cases = session.exec(select(Case.status).where(Case.commission_id == brief.commission_id)).all()
    figures = {
        "Schools taking part": str(sum(1 for status in cases if status not in {Status.INVITED, Status.DECLINED, Status.WITHDRAWN})),
        "Plans under way": str(sum(1 for status in cases if status is Status.IN_PROGRESS)),
    }
    contacts = load_brief(session, brief.commission_id, urns).contacts
    nobody = Recipient("headteacher", "the headteacher", None)
    return [to_staff.newsletter(brief.head, contacts.get(urn, nobody), urn, term.name, figures) for urn in urns]


def _term_of(session: Session, brief: Brief, today: datetime.date) -> Term | None:
    return session.exec(select(Term).where(Term.authority == brief.commission.authority, Term.first <= today, Term.last >= today)).first()
