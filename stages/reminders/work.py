"""The daily batch of reminders: one rung of the ladder for each thing that waits, what is near, a worklist a person, the regular letter."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Selection
from models.database import Database, until_saved
from models.message import Message
from models.moments import day_of
from models.term import Term
from models.words import CommissionStatus, Status, Turn, VisitStatus
from notifications.draft import Draft, Recipient
from notifications.messages import to_school, to_staff
from notifications.outbox import enqueue
from stages.asking import open_askings
from stages.batch import ready_cases
from stages.brief import Brief, load_brief
from stages.broker.declarations import open_declarations, supporters_of
from stages.commission.membership import members_of
from stages.journey import NOT_TAKING_PART, OPEN, STANDINGS
from stages.reminders.dates import coming_up, notes_due
from stages.reminders.rules import current_step, letter_of
from stages.reminders.worklists import is_day, worklists
from stages.schedule.on_offer import with_visits

_BY_MESSAGE = {Turn.SCHOOL, Turn.SUPPORTER}
_ASKS = {
    Status.INVITED: "whether to take part", Status.AWAITING_SELF_EVALUATION: "your own view of the school",
    Status.AWAITING_ENDLINE: "your own view of the school, once more",
    Status.AWAITING_SUPPORTER: "whether you can take on a school", Status.AWAITING_CONSENT: "the supporter we suggest",
    Status.AWAITING_DATES: "dates for visits", Status.AWAITING_SCHOOL: "your action plan",
}  # fmt: skip


@until_saved
def remind(database: Database, commission_id: int, at: pendulum.DateTime) -> Counter[str]:
    """Put today's reminders of a commission into the outbox and return how many of each kind; twice a day does nothing more."""
    today = day_of(at)
    with database.writing() as session:
        brief = load_brief(session, commission_id)
        if brief.commission.status is not CommissionStatus.RUNNING or not brief.calendar.is_school_day(today):
            return Counter()
        cases = ready_cases(session, commission_id, tuple(OPEN))
        # Nobody is asked to agree dates of which one has to move: that would be refused.
        undated = with_visits(session, cases, VisitStatus.TO_MOVE)
        waiting = [*((case, _waited(brief, case)) for case in cases if case.id not in undated), *_waited_again(session, brief, cases)]
        drafts = [draft for case, waited in waiting for draft in _ladder(brief, case, waited, today)]
        if is_day(brief, today):
            drafts += worklists(session, brief, cases, today)
        drafts += _newsletter(session, brief, today) + _declarations(session, brief, today)
        drafts += coming_up(session, brief, cases, today) + notes_due(session, brief, cases, today)
        known = _known_keys(session, [draft.key for draft in drafts])
        fresh = [draft for draft in drafts if draft.key not in known]
        enqueue(session, fresh, at)
    return Counter(draft.kind for draft in fresh)


def _known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), 5000):
        found |= set(session.exec(select(Message.key).where(col(Message.key).in_(keys[start : start + 5000]))).all())
    return found


@dataclass(frozen=True, slots=True)
class _Waited:
    """Something that is waited for: what, from whom, by when; `edition` tells one waiting from the next."""

    what: str
    whose: Recipient
    due: datetime.date
    edition: int | str


def _waited(brief: Brief, case: Case) -> _Waited | None:
    """Return what a case waits for from its school or supporter."""
    if case.due is None or case.turn not in _BY_MESSAGE:
        return None
    whose = brief.to_school(case.urn) if case.turn is Turn.SCHOOL else brief.to_supporter(case.supporter_id)
    return _Waited(_ASKS.get(case.status, STANDINGS[case.status].means), whose, case.due, case.version)


def _waited_again(session: Session, brief: Brief, cases: Sequence[Case]) -> list[tuple[Case, _Waited]]:
    """Return what schools were asked again beside whatever else their case is doing."""
    # At the end of its support, as at the start, it is the case itself that waits.
    by_id = {case.id: case for case in cases if case.status is not Status.AWAITING_ENDLINE}
    asked = [one for one in open_askings(session, by_id) if one.round > 1]
    return [
        (case, _Waited(_asked_for(brief, one.instrument), brief.to_school(case.urn), one.due, f"asking-{one.id}-{one.due:%m%d}"))
        for one in asked if (case := by_id[one.case_id])
    ]  # fmt: skip


def _asked_for(brief: Brief, name: str) -> str:
    """Return what an instrument asks for, as a reminder says it."""
    found = next(one for one in brief.programme.diagnose.instruments if one.id == name)
    return f"your answers to {found.title}" if found.kind == "census" else "your own view of the school"


def _ladder(brief: Brief, case: Case, waited: _Waited | None, today: datetime.date) -> list[Draft]:
    """Return the rung of the ladder that has been reached, as a message."""
    step = None if waited is None else current_step(waited.due, brief.programme.messages.reminders, brief.calendar, today)
    if step is None or waited is None:
        return []
    name = brief.school(case).name
    if step.to == "whose_turn":
        return [to_school.reminder(brief.head, waited.whose, case.id, waited.edition, step.name, name, waited.what, waited.due, step.late)]
    to = brief.adviser if step.to == "adviser" else brief.commissioner
    return [to_staff.overdue(brief.head, to, case.id, waited.edition, name, waited.what, waited.whose.name, waited.due)]


def _declarations(session: Session, brief: Brief, today: datetime.date) -> list[Draft]:
    """Return the rung of the ladder of each declaration of interests that is waited for: to the supporter, then to the adviser."""
    found = []
    for one in open_declarations(session, [supporter.id for supporter in supporters_of(brief)]):
        step, to = current_step(one.due, brief.programme.messages.reminders, brief.calendar, today), brief.to_supporter(one.supporter_id)
        if step is not None and step.to == "whose_turn":
            found.append(to_staff.declaration_reminder(brief.head, to, one.id, step.name, one.due, step.late))
        elif step is not None:
            found.append(to_staff.declaration_missing(brief.head, brief.adviser, one.id, to.name, one.due))
    return found


def _newsletter(session: Session, brief: Brief, today: datetime.date) -> list[Draft]:
    """Return the regular letter to every school that gets it, from the second week of a half-term; its key makes it go out once."""
    letter = brief.programme.messages.newsletter
    first = None if letter is None else letter_of(letter.every, brief.calendar, today)
    term = None if first is None else _term_of(session, brief, first)
    if letter is None or term is None:
        return []
    urns = _readers(session, brief, letter.to, today)
    cases = session.exec(select(Case.status).where(Case.commission_id == brief.commission_id)).all()
    figures = {
        "Schools taking part": str(sum(1 for status in cases if status not in NOT_TAKING_PART)),
        "Plans under way": str(sum(1 for status in cases if status is Status.IN_PROGRESS)),
    }
    contacts = load_brief(session, brief.commission_id, urns).contacts
    nobody = Recipient("headteacher", "the headteacher", None)
    return [to_staff.newsletter(brief.head, contacts.get(urn, nobody), urn, term.name, figures) for urn in urns]


def _readers(session: Session, brief: Brief, to: str, today: datetime.date) -> list[int]:
    """Return the schools of the commission's area that get the regular letter: all, those that may take part, or today's members."""
    chosen = session.exec(select(Selection).where(Selection.commission_id == brief.commission_id)).all()
    if to == "members":
        members = members_of(session, today)
        return [one.urn for one in chosen if one.urn in members]
    return [one.urn for one in chosen if to == "every_school" or one.outcome != "out"]


def _term_of(session: Session, brief: Brief, day: datetime.date) -> Term | None:
    """Return the term, as the authority names it, that a day lies in."""
    return session.exec(select(Term).where(Term.authority == brief.commission.authority, Term.first <= day, Term.last >= day)).first()
