"""What people decide while need is diagnosed: opt in, answer, confirm, override, say that it cannot be assessed yet."""

import datetime
from collections.abc import Mapping
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from evidence.privacy import check_answers as refuse_pupils
from models.case import Case
from models.errors import BadInput, NotPossible
from models.evidence import Answer, Diagnosis
from models.programme import Category, Instrument
from models.words import Role, Status
from notifications.messages import to_school
from stages.brief import Brief, days_in_words
from stages.journey import check_move
from stages.record import Actor, Change, save


def opt_in(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """The school wants to take part."""
    save(session, [Change(case, "opt-in", actor)], at)


def decline(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, reason: str) -> None:
    """The school does not want to take part."""
    save(session, [Change(case, "decline", actor, reason=reason)], at)


def answer(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, answers: Mapping[str, Any], focus_area: str | None
) -> None:
    """Keep a school's answers and its chosen focus; an unknown question or focus, or a value off the scale, is refused."""
    if not brief.programme.diagnose.instruments:
        raise NotPossible(f"{brief.programme.title} asks schools no questions.")
    instrument = brief.programme.diagnose.instruments[0]
    checked = check_answers(instrument, answers)
    areas = brief.programme.diagnose.focus_areas
    if areas and focus_area not in areas:
        raise BadInput(f"Choose one focus area with --focus: {', '.join(areas)}.")
    row = {"case_id": case.id, "instrument": instrument.id, "edition": _next_edition(session, case, instrument), "answers": checked, "at": at}
    fields = {"focus_area": focus_area} if areas else {}
    save(session, [Change(case, "answer", actor, fields=fields, detail={"focus_area": focus_area}, rows=[(Answer, row)])], at)


def revise_answers(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, answers: Mapping[str, Any]) -> None:
    """Keep a further edition of a school's answers, as judgements are revisited through the year; earlier ones stay readable."""
    if not brief.programme.diagnose.instruments:
        raise NotPossible(f"{brief.programme.title} asks schools no questions.")
    instrument = brief.programme.diagnose.instruments[0]
    checked = check_answers(instrument, answers)
    edition = _next_edition(session, case, instrument)
    row = {"case_id": case.id, "instrument": instrument.id, "edition": edition, "answers": checked, "at": at}
    save(session, [Change(case, "revise-answers", actor, detail={"edition": edition}, rows=[(Answer, row)])], at)


def _next_edition(session: Session, case: Case, instrument: Instrument) -> int:
    return 1 + len(session.exec(select(Answer.id).where(Answer.case_id == case.id, Answer.instrument == instrument.id)).all())


def check_answers(instrument: Instrument, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers if each fits its question and tells of no pupil; else raise BadInput naming the question."""
    refuse_pupils(answers)
    questions = {question.id: question for question in instrument.questions}
    for name, value in answers.items():
        question = questions.get(name)
        if question is None:
            raise BadInput(f'There is no question "{name}" in {instrument.title}: its questions are {", ".join(questions)}.')
        if question.kind == "scale" and not (_is_number(value) and question.lowest <= value <= question.highest):
            raise BadInput(f'The answer to "{name}" must be a number from {question.lowest} to {question.highest}.')
        if question.kind == "count" and not (isinstance(value, int) and value >= 0):
            raise BadInput(f'The answer to "{name}" must be a whole number, 0 or more.')
        if question.kind == "number" and not _is_number(value):
            raise BadInput(f'The answer to "{name}" must be a number.')
        if question.kind == "choice" and value not in question.choices:
            raise BadInput(f'The answer to "{name}" must be one of: {", ".join(question.choices)}.')
    missing = [name for name in questions if name not in answers]
    if missing:
        raise BadInput(f"Still to be answered: {', '.join(missing)}.")
    return dict(answers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
    why = f"{chosen.title}: {reason}" if overriding else (diagnosis.reason if diagnosis else chosen.title)
    message = to_school.category(
        brief.head, brief.to_school(case.urn), case.id, case.version, brief.school(case).name, chosen.title, days_in_words(chosen.days), why,
        brief.programme.diagnose.reply_school_days,
    )  # fmt: skip
    fields = {"category": chosen.id, "entitlement": round(chosen.days * 2)}
    move = "override" if overriding else "confirm"
    detail, rows = {"category": chosen.id}, []
    if overriding:
        today = at.in_timezone("Europe/London").date()
        until = until or today + datetime.timedelta(weeks=brief.programme.diagnose.override_lasts_weeks)
        if until <= today:
            raise BadInput(f"An override cannot end on {until:%-d %B %Y}, which is not to come: give a later day with --until.")
        detail["until"] = until.isoformat()
        rows = [(Diagnosis, category_row(brief, case, chosen, actor, at, reason or "", until))]
    save(session, [Change(case, move, actor, reason=reason, fields=fields, detail=detail, rows=rows, messages=[message])], at)


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
    today = at.in_timezone("Europe/London").date()
    due = brief.calendar.add(today, brief.school_days(Status.AWAITING_EVIDENCE))
    save(session, [Change(case, "unable-to-assess", actor, due=due, reason=reason)], at)


def assess_again(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime) -> None:
    """Have a case assessed again at once."""
    save(session, [Change(case, "assess-again", actor)], at)
