"""What people decide while need is diagnosed: opt in, answer, confirm, override, say that it cannot be assessed yet."""

import datetime
from collections.abc import Mapping
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import BadInput, NotPossible
from models.evidence import Answer, Diagnosis
from models.moments import day_of
from models.programme import Category, Instrument
from models.words import Role, Stage, Status
from notifications.messages import to_school
from stages import asking
from stages.brief import Brief, days_in_words
from stages.commission.joining import opted_in
from stages.commission.membership import check_member
from stages.journey import UNCONFIRMED, check_move, entrance_after
from stages.record import Actor, Change, save

_LONGEST_WEEKS = 260
_REVISED = "the school answered again before its diagnosis was confirmed"


def opt_in(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """The school wants to take part; one that said no may come back where the programme takes schools in on request."""
    if case.status is Status.DECLINED and "request" not in brief.programme.take_part.opened_by:
        raise NotPossible(f"Case {case.id} was declined, and {brief.programme.title} takes no school in later on.")
    if case.status is Status.DECLINED:
        check_member(session, brief, brief.school(case), day_of(at))
    save(session, [opted_in(brief, case, actor)], at)


def decline(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """The school does not want to take part."""
    save(session, [Change(case, "decline", actor, reason=reason)], at)


def answer(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime,
    answers: Mapping[str, Any], focus_area: str | None, instrument: str | None = None,
) -> None:  # fmt: skip
    """Keep a school's answers to one instrument and its chosen focus; with the last of what it was asked, its case goes on."""
    check_move("answer", case.id, case.status, actor.role, paused=case.paused_since is not None)
    waiting = asking.outstanding(session, brief, case)
    chosen = asking.choose(brief.programme.title, waiting, instrument, answers)
    row = asking.answer_row(session, brief, case, chosen, answers, at)
    fields = _focus(brief, case, chosen, focus_area)
    to = Status.TO_ASSESS if len(waiting) == 1 else Status.AWAITING_SELF_EVALUATION
    detail = {"instrument": chosen.id, **fields}
    save(session, [Change(case, "answer", actor, to=to, fields=fields, detail=detail, rows=[(Answer, row)])], at)
    asking.close_asking(session, case, chosen, at)


def _focus(brief: Brief, case: Case, chosen: Instrument, focus_area: str | None) -> dict[str, Any]:
    """Return the focus area as a column of the case; BadInput if one has to be chosen and was not, or is none of the programme's."""
    areas = brief.programme.diagnose.focus_areas
    needed = chosen.kind == "self_evaluation" and case.focus_area is None
    if areas and (needed or focus_area is not None) and focus_area not in areas:
        raise BadInput(f"Choose one focus area with --focus: {', '.join(areas)}.")
    return {"focus_area": focus_area} if areas and focus_area is not None else {}


def revise_answers(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, answers: Mapping[str, Any], instrument: str | None = None
) -> None:
    """Keep a further edition of a school's answers, as judgements are revisited through the year; earlier ones stay readable.

    A diagnosis that nobody has confirmed yet is made anew from them.
    """
    check_move("revise-answers", case.id, case.status, actor.role, paused=case.paused_since is not None)
    chosen = asking.choose(brief.programme.title, brief.programme.diagnose.instruments, instrument, answers)
    row = asking.answer_row(session, brief, case, chosen, answers, at)
    detail = {"instrument": chosen.id, "edition": row["edition"]}
    save(session, [Change(case, "revise-answers", actor, detail=detail, rows=[(Answer, row)])], at)
    asking.close_asking(session, case, chosen, at)
    session.refresh(case)
    if case.status in UNCONFIRMED:
        save(session, [Change(case, "assess-again", reason=_REVISED)], at)


def confirm(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, category: str | None = None, reason: str | None = None,
    until: datetime.date | None = None,
) -> None:  # fmt: skip
    """Confirm the proposed diagnosis or, with another `category` and a reason, override it until a day; the school is told."""
    if brief.programme.diagnose.confirmed_by == "lead" and actor.role is Role.ADVISER:
        raise NotPossible("In this programme the partnership lead confirms a diagnosis: use --as lead.")
    overriding = category is not None and category != case.category
    check_move("override" if overriding else "confirm", case.id, case.status, actor.role, reason, paused=case.paused_since is not None)
    diagnosis = session.exec(select(Diagnosis).where(Diagnosis.case_id == case.id).order_by(col(Diagnosis.id).desc())).first()
    chosen = find_category(brief, category or case.category or "")
    why = (reason or "") if overriding else (diagnosis.reason if diagnosis else chosen.title)
    message = to_school.category(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, chosen.title, days_in_words(chosen.days), why,
        brief.programme.diagnose.reply_school_days, set_by=actor.role.value if overriding else None,
        summed=diagnosis is not None and diagnosis.score is not None,
    )  # fmt: skip
    fields = {"category": chosen.id, "entitlement": round(chosen.days * 2)}
    move = "override" if overriding else "confirm"
    detail, rows = {"category": chosen.id}, []
    if overriding:
        today = day_of(at)
        until = until or today + datetime.timedelta(weeks=brief.programme.diagnose.override_lasts_weeks)
        if until <= today:
            raise BadInput(f"An override cannot end on {until:%-d %B %Y}, which is not to come: give a later day with --until.")
        if until > today + datetime.timedelta(weeks=_LONGEST_WEEKS):
            raise BadInput(f"An override until {until:%-d %B %Y} would never be looked at again: give a day within five years with --until.")
        detail["until"] = until.isoformat()
        rows = [(Diagnosis, category_row(brief, case, chosen, actor, at, reason or "", until))]
    to = entrance_after(Stage.DIAGNOSE, brief.programme.stages)
    save(session, [Change(case, move, actor, to=to, reason=reason, fields=fields, detail=detail, rows=rows, messages=[message])], at)


def category_row(
    brief: Brief, case: Case, chosen: Category, actor: Actor, at: pendulum.DateTime, reason: str, until: datetime.date | None
) -> dict[str, Any]:
    """Return the row of a diagnosis that a person made by hand: no score, who decided, why, and when it has to be looked at again."""
    return {"case_id": case.id, "at": at, "rules_version": f"{brief.programme.programme} {brief.programme.version}", "category": chosen.id,
            "reason": f"{chosen.title}: {reason}", "decided_by": f"{actor.by} ({actor.role.value})", "expires": until}  # fmt: skip


def find_category(brief: Brief, name: str) -> Category:
    """Return a category of the programme; BadInput names those there are."""
    for category in brief.programme.diagnose.categories:
        if category.id == name:
            return category
    raise BadInput(f'There is no category "{name}": choose one of {", ".join(c.id for c in brief.programme.diagnose.categories)}.')


def unable_to_assess(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """Say that more evidence is needed; the case comes back by itself when the time for it is over."""
    today = day_of(at)
    due = brief.calendar.add(today, brief.school_days(Status.AWAITING_EVIDENCE))
    save(session, [Change(case, "unable-to-assess", actor, due=due, reason=reason)], at)


def assess_again(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """Have a case assessed again at once."""
    save(session, [Change(case, "assess-again", actor)], at)
