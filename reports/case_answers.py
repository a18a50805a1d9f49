"""What a school is asked and what it answered, in its case file: judgements and words; counts stand in the commission's answers."""

from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.evidence import Answer, Asking
from models.programme import Instrument
from reports.words import day
from stages.brief import Brief
from stages.reminders.lines import counted

Values = dict[str, Any]
_SHOWN = frozenset({"scale", "choice", "text"})  # a count of few pupils is shown only where small ones are hidden


def asked(session: Session, brief: Brief, case: Case) -> list[Values]:
    """Return what a case is asked and has not answered yet, with its questions, the earliest due first."""
    is_open = (Asking.case_id == case.id, col(Asking.answered_at).is_(None), col(Asking.lapsed_at).is_(None))
    rows = session.exec(select(Asking).where(*is_open).order_by(col(Asking.due), col(Asking.id))).all()
    instruments = _instruments(brief)
    return [
        {"instrument": row.instrument, "title": instruments[row.instrument].title, "round": row.round, "due": row.due,
         "questions": [question.id for question in instruments[row.instrument].questions]}
        for row in rows
    ]  # fmt: skip


def answered(session: Session, brief: Brief, case: Case) -> list[Values]:
    """Return the newest answers of a case to each instrument: its judgements, choices and words."""
    newest = {row.instrument: row for row in session.exec(select(Answer).where(Answer.case_id == case.id).order_by(col(Answer.edition))).all()}
    instruments, found = _instruments(brief), []
    for row in sorted(newest.values(), key=lambda one: one.id):
        one = instruments[row.instrument]
        shown = {question.id: row.answers[question.id] for question in one.questions if question.kind in _SHOWN and question.id in row.answers}
        found.append({"instrument": row.instrument, "title": one.title, "edition": row.edition, "at": row.at, "answers": shown,
                      "counts": sum(name not in shown for name in row.answers)})  # fmt: skip
    return found


def _instruments(brief: Brief) -> dict[str, Instrument]:
    return {one.id: one for one in brief.programme.diagnose.instruments}


def asked_in_words(row: Values) -> str:
    """Return what is asked as a person reads it."""
    again = f", round {row['round']}" if row["round"] > 1 else ""
    return f"{row['title']} ({row['instrument']}){again}, due {day(row['due'])}. Questions: {', '.join(row['questions'])}."


def answered_in_words(row: Values) -> str:
    """Return what was answered as a person reads it, and how many counts are not shown here."""
    again = f", edition {row['edition']}" if row["edition"] > 1 else ""
    said = [f"{name}: {value}" for name, value in row["answers"].items()]
    said += [f"{counted(row['counts'], 'count')}, in `lodestar commission answers`"] if row["counts"] else []
    return f"{row['title']} ({row['instrument']}), {day(row['at'])}{again}. {'; '.join(said)}."
