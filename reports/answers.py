"""What schools answered, at a glance: each school's newest judgements beside its first, means by term, and counts with small ones hidden."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from calendars.school_days import school_year
from models.case import Case
from models.evidence import Answer, Asking
from models.moments import day_of
from models.programme import Instrument
from models.school import School
from models.words import Status
from stages.asking import keys

# One school's answers: the day and what was said, oldest first.
Editions = Sequence[tuple[datetime.date, Mapping[str, Any]]]


def load_answers(session: Session, commission_id: int, instrument: str) -> dict[tuple[int, str], list[tuple[datetime.date, Mapping[str, Any]]]]:
    """Return every school's answers to an instrument, by URN and name, oldest first; schools that withdrew are left out."""
    query = (
        select(School.urn, School.name, Answer.at, Answer.answers)
        .join(Case, col(Case.urn) == School.urn)
        .join(Answer, col(Answer.case_id) == Case.id)
        .where(Case.commission_id == commission_id, Answer.instrument == instrument, Case.status != Status.WITHDRAWN)
        .order_by(col(School.name), col(Answer.edition))
    )
    found: dict[tuple[int, str], list[tuple[datetime.date, Mapping[str, Any]]]] = {}
    for urn, name, at, answers in session.exec(query).all():
        found.setdefault((urn, name), []).append((day_of(at), answers))
    return found


def response_rate(session: Session, commission_id: int, instrument: str) -> list[dict[str, Any]]:
    """Return for each round how many schools were asked, answered, let it lapse, or are still to answer."""
    query = select(Asking).join(Case, col(Case.id) == Asking.case_id).where(Case.commission_id == commission_id, Asking.instrument == instrument)
    rounds: dict[int, list[Asking]] = {}
    for one in session.exec(query).all():
        rounds.setdefault(one.round, []).append(one)
    return [
        {"round": number, "asked": len(asked), "answered": sum(one.answered_at is not None for one in asked),
         "lapsed": sum(one.lapsed_at is not None for one in asked),
         "open": sum(one.answered_at is None and one.lapsed_at is None for one in asked)}
        for number, asked in sorted(rounds.items())
    ]  # fmt: skip


def at_a_glance(instrument: Instrument, answers: Mapping[tuple[int, str], Editions]) -> list[dict[str, Any]]:
    """Return a row a school: its newest judgement on each scale, with the change since its first where there was one (3 +1)."""
    scales = [question.id for question in instrument.questions if question.kind == "scale"]
    rows = []
    for (urn, name), editions in answers.items():
        (first_on, first), (last_on, last) = editions[0], editions[-1]
        row: dict[str, Any] = {"urn": urn, "school": name, "editions": len(editions), "first": first_on, "newest": last_on}
        row |= {scale: _with_change(first.get(scale), last.get(scale)) for scale in scales}
        rows.append(row)
    return rows


def _with_change(first: float | None, last: float | None) -> str | None:
    if last is None:
        return None
    change = 0 if first is None else last - first
    return f"{last:g} {change:+g}" if change else f"{last:g}"


def over_time(instrument: Instrument, answers: Mapping[tuple[int, str], Editions]) -> list[dict[str, Any]]:
    """Return for each term how many schools answered in it and the mean of each scale; the newest answer of a school in a term counts."""
    scales = [question.id for question in instrument.questions if question.kind == "scale"]
    terms: dict[tuple[int, int], dict[int, Mapping[str, Any]]] = {}
    for (urn, _), editions in answers.items():
        for on, said in editions:
            terms.setdefault(_term(on), {})[urn] = said
    rows = []
    for (year, number), said_by in sorted(terms.items()):
        row: dict[str, Any] = {"term": f"{('autumn', 'spring', 'summer')[number]} {year}/{(year + 1) % 100:02d}", "schools": len(said_by)}
        for scale in scales:
            known = [said[scale] for said in said_by.values() if scale in said]
            row[scale] = round(sum(known) / len(known), 2) if known else None
        rows.append(row)
    return rows


def _term(on: datetime.date) -> tuple[int, int]:
    """Return the school year and the term (0 autumn, 1 spring, 2 summer) in which an answer came; a holiday counts to the term before."""
    return school_year(on), 0 if on.month >= 9 else 1 if on.month <= 4 else 2


def counts(instrument: Instrument, answers: Mapping[tuple[int, str], Editions]) -> list[dict[str, Any]]:
    """Return the sums of counts over the schools that answered more than once, first and newest, by group where it was asked.

    A sum below the programme's limit is hidden; schools that answered once are counted, not added.
    """
    limit, rows = instrument.suppress_below or 0, []
    for name, question in keys(instrument).items():
        if question.kind == "count":
            told = [[said[name] for _, said in editions if name in said] for editions in answers.values()]
            twice = [values for values in told if len(values) > 1]
            rows.append({"count": name.replace(":", ", ").replace("_", " "), "schools": len(twice), "first": _shown([v[0] for v in twice], limit),
                         "newest": _shown([v[-1] for v in twice], limit), "answered_once": sum(len(values) == 1 for values in told)})  # fmt: skip
    return rows


def _shown(values: Sequence[int], limit: int) -> str | int | None:
    if not values:
        return None
    return f"fewer than {limit}" if 0 < sum(values) < limit else sum(values)
