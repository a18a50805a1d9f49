"""What can happen to a case in any stage: pause, resume, withdraw, its school closing or becoming another."""

import datetime
from collections.abc import Sequence

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from calendars.invitations import Entry
from models.case import Case, CaseSchool
from models.commission import LedgerLine
from models.errors import BadInput, NotFound, NotPossible
from models.match import Match
from models.moments import day_of
from models.school import School
from models.words import MatchStatus, Status
from notifications.draft import Draft
from notifications.messages import to_school
from notifications.outbox import skip_waiting, wait_again
from stages import asking, ledger
from stages.brief import Brief
from stages.clocks import after_pause, put_back, put_reviews_back
from stages.commission.following import follow
from stages.groups import leave_groups
from stages.invitations import stood, tell_supporters
from stages.record import Actor, Change, save
from stages.unpublished import close_notes
from stages.visits import cancel_visits

# What these ask still holds after a pause, whenever that ends; what is about a certain day may not.
_HOLDS = ("invitation", "place_wanted", "self_evaluation", "support_offer", "plan_for_agreement", "match_offer", "note_for_reply", "note_returned")
_ASKS = (*_HOLDS, "dates", "date_choice", "reminder", "visit_soon", "meeting_soon", "visit_ahead", "note_due")
_PAUSED = "the case was paused"


def _message(brief: Brief, kind: str, case: Case, why: str, entries: Sequence[Entry] = ()) -> Draft:
    return to_school.standing(kind, brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, why, entries)


def pause(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Pause a case: nothing moves and nobody is reminded until it is resumed."""
    today = day_of(at)
    fields = {"paused_since": today, "pause_reason": reason}
    save(session, [Change(case, "pause", actor, reason=reason, fields=fields, messages=[_message(brief, "paused", case, reason)])], at)
    skip_waiting(session, [case.id], _ASKS, _PAUSED)


def resume(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Resume a case; its due date, and all that the school has to answer by, moves by as many school days as the pause took.

    What the pause kept from being asked is asked now, with the new day to answer by: the last of which term dates are known, if there are no more.
    """
    if case.paused_since is None:
        raise NotPossible(f"Case {case.id} is not paused.")
    today = day_of(at)
    lost = brief.calendar.between(case.paused_since, today)
    fields: dict[str, object] = {"paused_since": None, "pause_reason": None}
    later = after_pause(brief.calendar, today, lost)
    if case.due is not None:
        fields["due"] = later(case.due)
    save(session, [Change(case, "resume", actor, reason=reason, fields=fields, messages=[_message(brief, "resumed", case, reason)])], at)
    if lost:
        put_back(session, [case.id], lambda _, due, _asked: later(due))
        put_reviews_back(session, {case.id: brief.ends(case)}, brief.calendar, lost)
    wait_again(session, case.id, _HOLDS, _PAUSED, later)


def withdraw(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Take a school out before the end: visits to come are cancelled and money not used is released."""
    if case.status is Status.AWAITING_PLACE:
        raise NotPossible(f"Case {case.id} has no place yet that it could give back: use decline.")
    found = stood(session, brief, case, day_of(at))
    messages = [_message(brief, "withdrawn", case, reason, [entry for _, entry in found])]
    messages += tell_supporters(brief, case, found, f"{brief.school(case).name} does not take part any more")
    _end(session, brief, case, actor, at, "withdraw", reason, messages)


def close_school(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """End a case whose school closed without a successor."""
    found = stood(session, brief, case, day_of(at))
    messages = tell_supporters(brief, case, found, f"{brief.school(case).name} has closed")
    _end(session, brief, case, actor, at, "close-school", reason, messages)


def _end(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, move: str, reason: str, messages: list[Draft]) -> None:
    rows = [(LedgerLine, line) for line in ledger.unused(session, case, reason, at)]
    save(session, [Change(case, move, actor, reason=reason, rows=rows, messages=messages)], at)
    cancel_visits(session, [case.id], reason)
    close_notes(session, case, actor, at, reason)
    leave_groups(session, [case.id], reason, day_of(at))
    session.execute(
        update(Match)
        .where(col(Match.case_id) == case.id, col(Match.status).in_(ledger.LIVE_MATCHES))
        .values(status=MatchStatus.ENDED, ended_reason=reason)
    )
    asking.lapse_askings(session, [case.id], at)
    skip_waiting(session, [case.id], _ASKS, "the case ended")


def _check_may_follow(school: School) -> None:
    """Raise NotPossible if a school cannot take a case over: it must be open and state-funded."""
    if not school.open:
        raise NotPossible(f"School {school.urn} is not open: give the URN of the one that followed, or load a newer register.")
    if not school.state_funded:
        raise NotPossible(f"School {school.urn} is not state-funded, so it cannot take the case over: close or withdraw the case.")


def succeed(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, urn: int, reason: str) -> None:
    """Move an open case to the school that followed its own (as on academisation); everything agreed goes on.

    Meetings that it hosts, whoever works for it, and its links with supporters follow.
    """
    school = session.get(School, urn)
    if school is None:
        raise NotFound(f"No school with URN {urn} is known: load the register first.")
    if urn == case.urn:
        raise BadInput(f"Case {case.id} is with school {urn} already.")
    taken = session.exec(select(Case.id).where(Case.commission_id == case.commission_id, Case.urn == urn)).first()
    if taken:
        raise NotPossible(f"School {urn} has case {taken} in this commission already: withdraw one of the two.")
    _check_may_follow(school)
    today: datetime.date = day_of(at)
    message = to_school.standing("successor", brief.head, brief.to_school(urn), case.id, case.version, school.name, reason)
    before = (CaseSchool, {"case_id": case.id, "urn": case.urn, "part": "predecessor", "until": today})
    detail: dict[str, object] = {"from_urn": case.urn, "to_urn": urn}
    if school.authority != brief.commission.authority:
        detail["other_authority"] = f"{school.authority_name} ({school.authority})"
    change = Change(case, "succeed", actor, reason=reason, fields={"urn": urn}, detail=detail,
                    rows=[before], messages=[message])  # fmt: skip
    old, why = case.urn, f"{brief.school(case).name} has become {school.name}"
    save(session, [change], at)
    session.refresh(case)
    follow(session, case, old, actor, at, why)
