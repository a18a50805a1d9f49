"""Asking schools: what is still to be answered, what an answer must be like, and the messages that ask."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select

from evidence.privacy import check_answers as refuse_pupils
from models.case import Case
from models.errors import BadInput, NotPossible
from models.evidence import Answer, Asking
from models.programme import Instrument, Programme, Question
from notifications.draft import Draft
from notifications.messages import to_school
from stages.brief import Brief

# Far more people than any school has.
_MOST = 10_000
# Ages in months that a test of reading can give.
_YOUNGEST, _OLDEST = 36, 300
_OF_MEANS = frozenset({"months_of_progress", "attainment_gap"})
_OPEN = (col(Asking.answered_at).is_(None), col(Asking.lapsed_at).is_(None))


def ask(brief: Brief, case: Case, instruments: Sequence[Instrument], number: int, on: datetime.date) -> tuple[list[dict[str, Any]], list[Draft]]:
    """Return the rows and the messages that ask a school for some instruments, the `number`th time; each is due by its own day."""
    rows, drafts = [], []
    for instrument in instruments:
        due = brief.by_when(case.urn, on, instrument.due_school_days)
        rows.append({"case_id": case.id, "instrument": instrument.id, "round": number, "due": due})
        # The first to be asked on a version of the case keeps the plain key that it always had.
        edition = case.version if instrument is instruments[0] and number == 1 else f"{case.version}-{instrument.id}-{number}"
        to, areas = brief.to_school(case.urn), brief.programme.diagnose.focus_areas
        wanted = list(areas.values()) if case.focus_area is None and instrument.kind == "self_evaluation" else []
        drafts.append(to_school.self_evaluation(brief.head, to, case.id, edition, brief.school(case).name, instrument, wanted, due, again=number > 1))
    return rows, drafts


def find_instrument(programme: Programme, name: str) -> Instrument:
    """Return an instrument of the programme; BadInput names those there are."""
    for instrument in programme.diagnose.instruments:
        if instrument.id == name:
            return instrument
    there = ", ".join(instrument.id for instrument in programme.diagnose.instruments) or "none"
    raise BadInput(f'There is no instrument "{name}" in {programme.title}: there is {there}.')


def open_askings(session: Session, case_ids: Iterable[int]) -> list[Asking]:
    """Return what these cases were asked and have not answered, in order."""
    ids, found = list(case_ids), list[Asking]()
    for start in range(0, len(ids), 5000):
        query = select(Asking).where(col(Asking.case_id).in_(ids[start : start + 5000]), *_OPEN).order_by(col(Asking.id))
        found += session.exec(query).all()
    return found


def outstanding(session: Session, brief: Brief, case: Case) -> list[Instrument]:
    """Return the instruments that a case still has to answer; of a case asked by an earlier version, those that it never answered."""
    if session.exec(select(Asking.id).where(Asking.case_id == case.id)).first() is None:
        answered = set(session.exec(select(Answer.instrument).where(Answer.case_id == case.id)).all())
        return [one for one in brief.programme.diagnose.instruments if one.id not in answered]
    asked = {one.instrument for one in open_askings(session, [case.id])}
    return [one for one in brief.programme.diagnose.instruments if one.id in asked]


def choose(title: str, instruments: Sequence[Instrument], name: str | None, answers: Mapping[str, Any]) -> Instrument:
    """Return the one of some instruments that is answered: the one named, the only one, or the one that has all the questions."""
    if not instruments:
        raise NotPossible(f"{title} asks nothing that is still to be answered.")
    if name is not None:
        found = [one for one in instruments if one.id == name]
    else:
        found = [one for one in instruments if answers and set(answers) <= set(keys(one))] if len(instruments) > 1 else list(instruments)
    if len(found) != 1:
        raise BadInput(f"Which instrument is answered? Give it with --instrument: {', '.join(one.id for one in instruments)}.")
    return found[0]


def keys(instrument: Instrument) -> dict[str, Question]:
    """Return every answer that an instrument may have, by name; a count or a sum by group of pupils is `question:group`."""
    found = {question.id: question for question in instrument.questions}
    # Of an assessment also the sums are given by group.
    parted = {"count", "number"} if instrument.kind == "assessment" else {"count"}
    groups = [(question, group) for question in instrument.questions if question.kind in parted for group in instrument.by_group]
    return found | {f"{question.id}:{group}": question for question, group in groups}


def parts_of(programme: Programme, instrument: Instrument) -> list[tuple[str, str]]:
    """Return the questions of an instrument of which one counts a part of the other: as measures say and, in a census, of the first."""
    rules, counts = programme.evaluate.measures, [question.id for question in instrument.questions]
    whole = [(part, counts[0]) for part in counts[1:]] if instrument.kind == "census" else []
    rules = [rule for rule in rules if rule.kind not in _OF_MEANS]
    return whole + [(rule.numerator, rule.denominator) for rule in rules if rule.instrument == instrument.id and rule.numerator and rule.denominator]


def means_of(programme: Programme, instrument: Instrument) -> list[tuple[str, str]]:
    """Return the questions of an instrument of which one adds ages up in months and the other counts the pupils."""
    rules = [rule for rule in programme.evaluate.measures if rule.kind in _OF_MEANS and rule.instrument == instrument.id]
    return [(rule.numerator, rule.denominator) for rule in rules if rule.numerator and rule.denominator and rule.months_per_point is None]


def check_means(answers: Mapping[str, Any], means: Iterable[tuple[str, str]]) -> None:
    """Raise BadInput where ages that were added up come to a mean that no pupil's reading could have: a mean was given for a sum, say."""
    for total, pupils in means:
        for name in [one for one in answers if one.partition(":")[0] == total]:
            count = answers.get(name.replace(total, pupils, 1))
            mean = answers[name] / count if count else None
            if count is not None and (answers[name] != 0 if mean is None else not _YOUNGEST <= mean <= _OLDEST):
                says = "without any pupils" if mean is None else f"a mean of {mean:.0f} months"
                raise BadInput(f'The answer to "{name}" is {answers[name]:g}, {says}: give the sum of the ages of all who were assessed, in months.')


def check_answers(instrument: Instrument, answers: Mapping[str, Any], parts: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the answers if each fits its question and tells of no pupil; else raise BadInput naming the question.

    Every question must be answered; counts by group may be left out where a school does not have them. A part is never more than its
    whole: a group than all, and the first of each pair in `parts` than the second.
    """
    refuse_pupils(answers)
    may = keys(instrument)
    for name, value in answers.items():
        if name not in may:
            raise BadInput(f'There is no question "{name}" in {instrument.title}: its questions are {", ".join(may)}.')
        _check(name, may[name], value)
        whole = answers.get(may[name].id)
        if ":" in name and isinstance(whole, int | float) and value > whole:
            raise BadInput(f'The answer to "{name}" is more than the whole of {whole}: look at both.')
    for part, whole in parts:
        for name in [one for one in answers if one.partition(":")[0] == part]:
            mine, all_of_it = answers[name], answers.get(name.replace(part, whole, 1))
            if isinstance(all_of_it, int | float) and mine > all_of_it:
                raise BadInput(f'The answer to "{name}" is more than the whole of {all_of_it}: look at both.')
    missing = [question.id for question in instrument.questions if question.id not in answers]
    if missing:
        raise BadInput(f"Still to be answered: {', '.join(missing)}.")
    return dict(answers)


def _check(name: str, question: Question, value: object) -> None:
    """Raise BadInput if a value is no answer to a question."""
    wanted = {
        "scale": (_is_number(value, question.lowest, question.highest), f"a number from {question.lowest} to {question.highest}"),
        "count": (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST, "a whole number, 0 or more"),
        "number": (_is_number(value), "a number"),
        "choice": (value in question.choices, f"one of: {', '.join(question.choices)}"),
        "text": (True, "words"),
    }
    fits, says = wanted[question.kind]
    if not fits:
        raise BadInput(f'The answer to "{name}" must be {says}.')


def _is_number(value: object, lowest: float = float("-inf"), highest: float = float("inf")) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest


def answer_row(
    session: Session, brief: Brief, case: Case, instrument: Instrument, answers: Mapping[str, Any], at: pendulum.DateTime
) -> dict[str, Any]:
    """Return the row of a checked set of answers, as the next edition; earlier ones stay readable."""
    before = session.exec(select(Answer.id).where(Answer.case_id == case.id, Answer.instrument == instrument.id)).all()
    checked = check_answers(instrument, answers, parts_of(brief.programme, instrument))
    check_means(checked, means_of(brief.programme, instrument))
    return {"case_id": case.id, "instrument": instrument.id, "edition": 1 + len(before), "answers": checked, "at": at}


def close_asking(session: Session, case: Case, instrument: Instrument, at: pendulum.DateTime) -> None:
    """Mark what a case was asked with an instrument as answered."""
    session.execute(update(Asking).where(col(Asking.case_id) == case.id, col(Asking.instrument) == instrument.id, *_OPEN).values(answered_at=at))


def lapse_askings(session: Session, case_ids: Sequence[int], at: pendulum.DateTime, instruments: Sequence[str] | None = None) -> None:
    """Mark what cases were asked and did not answer as lapsed: all of it, or that with some instruments."""
    named = () if instruments is None else (col(Asking.instrument).in_(instruments),)
    for start in range(0, len(case_ids), 5000):
        part = case_ids[start : start + 5000]
        session.execute(update(Asking).where(col(Asking.case_id).in_(part), *named, *_OPEN).values(lapsed_at=at))
