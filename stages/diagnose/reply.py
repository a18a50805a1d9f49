"""A school's right of reply to its category, and looking at a category again: after a reply, a lapsed override or new evidence."""

import pendulum
from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotPossible
from models.evidence import CategoryReply, Diagnosis
from models.moments import day_of
from models.trail import Event
from models.words import Role
from notifications.messages import to_school, to_staff
from stages.brief import Brief, days_in_words
from stages.diagnose.decide import category_row, find_category
from stages.journey import check_move
from stages.record import Actor, Change, save

_SET = ("case.confirm", "case.override", "case.moderate")


def reply_to_category(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, says: str) -> None:
    """Keep what a school says against its category, while the time for it runs; one reply at a time."""
    check_move("reply-to-category", case.id, case.status, actor.role, says, paused=case.paused_since is not None)
    if open_reply(session, case.id) is not None:
        raise NotPossible(f"Case {case.id} has a reply that is still to be moderated.")
    _check_in_time(session, brief, case, at)
    row = {"case_id": case.id, "category": case.category or "", "says": says, "at": at}
    message = to_staff.category_reply(brief.head, brief.adviser, case.id, case.version, brief.school(case).name, says)
    save(session, [Change(case, "reply-to-category", actor, reason=says, rows=[(CategoryReply, row)], messages=[message])], at)


def _check_in_time(session: Session, brief: Brief, case: Case, at: pendulum.DateTime) -> None:
    """Raise NotPossible if the school days for a reply are over; a pause, of the case or of all, in which nobody can reply, does not count."""
    of_case = and_(col(Event.case_id) == case.id, col(Event.kind).in_((*_SET, "case.pause", "case.resume")))
    of_all = and_(col(Event.commission_id) == case.commission_id, col(Event.kind).in_(("commission.pause", "commission.resume")))
    told, since, lost = None, None, 0
    paused: set[str] = set()
    for kind, moment in session.exec(select(Event.kind, Event.at).where(or_(of_case, of_all)).order_by(col(Event.id))).all():
        on, (what, _, did) = day_of(pendulum.instance(moment)), kind.partition(".")
        if kind in _SET:
            told, lost = on, 0
        elif did == "pause":
            since = since if paused else on
            paused.add(what)
        else:
            paused.discard(what)
            if since is not None and not paused:
                lost, since = lost + brief.calendar.between(since, on), None
    if told is None:
        return
    days = brief.programme.diagnose.reply_school_days
    last = brief.by_when(case.urn, told, days + lost)
    if day_of(at) > last:
        raise NotPossible(f"The {days} school days for a reply ended on {last:%-d %B %Y}: write to the adviser.")


def open_reply(session: Session, case_id: int) -> CategoryReply | None:
    """Return the reply of a case that nobody has moderated yet."""
    query = select(CategoryReply).where(CategoryReply.case_id == case_id, col(CategoryReply.moderated_at).is_(None))
    return session.exec(query.order_by(col(CategoryReply.id).desc())).first()


def moderate(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, category: str | None, reason: str) -> None:
    """Look at a category again: it stands, or is changed to `category`; a reply ends with it, and the school is told which, and why."""
    check_move("moderate", case.id, case.status, actor.role, reason, paused=case.paused_since is not None)
    reply = open_reply(session, case.id)
    if category == case.category:
        raise BadInput("That is the category it has: leave --category out to let it stand.")
    if category and brief.programme.diagnose.confirmed_by == "lead" and actor.role is Role.ADVISER:
        raise NotPossible("In this programme the partnership lead changes a category: use --as lead.")
    chosen = find_category(brief, category or case.category or "")
    outcome = "changed" if category else "stands"
    fields = {"category": chosen.id, "entitlement": round(chosen.days * 2)} if category else {}
    rows = [(Diagnosis, category_row(brief, case, chosen, actor, at, reason, None))] if category else []
    days = days_in_words(chosen.days)
    school, to = brief.school(case).name, brief.to_school(case.urn)
    message = to_school.category_moderated(
        brief.head, to, case.id, case.version, school, outcome, chosen.title, days, reason, replied=reply is not None
    )
    detail = {"outcome": outcome, "category": chosen.id}
    save(session, [Change(case, "moderate", actor, reason=reason, fields=fields, detail=detail, rows=rows, messages=[message])], at)
    if reply is not None:
        ended = {"moderated_by": f"{actor.by} ({actor.role.value})", "moderated_at": at, "outcome": outcome, "reason": reason}
        session.execute(update(CategoryReply).where(col(CategoryReply.id) == reply.id).values(**ended))
