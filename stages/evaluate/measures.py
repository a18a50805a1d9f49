"""Measures: pure computation of a quantity's baseline and endline from a school's answers or figures, or why there is none."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.values import last_school_year
from models.programme import Instrument, MeasureRule

TOO_FEW = "too few pupils to show"
NO_NATIONAL = "no national figure"


@dataclass(frozen=True, slots=True)
class Taken:
    """One taking of a quantity: its value and day, or why it is missing."""

    value: float | None = None
    on: datetime.date | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """A quantity of one case at the start and at the end."""

    baseline: Taken
    endline: Taken

    @property
    def why_missing(self) -> str | None:
        """Return why the change cannot be said; None if it can."""
        if self.baseline.value is None and self.endline.value is not None:
            return f"no baseline: {self.baseline.why}"
        return self.endline.why if self.endline.value is None else None

    @property
    def change(self) -> float | None:
        """Return the endline less the baseline; None if either is missing."""
        if self.baseline.value is None or self.endline.value is None:
            return None
        return round(self.endline.value - self.baseline.value, 4)

    @property
    def newest(self) -> float | None:
        """Return the endline or, where it is not known, the baseline; None if neither is."""
        return self.baseline.value if self.endline.value is None else self.endline.value


def of_answers(rule: MeasureRule, instrument: Instrument, editions: Sequence[tuple[datetime.date, Mapping[str, Any]]]) -> BeforeAndAfter:
    """Return a measure from a school's editions of answers, oldest first: the first is its baseline, the newest of several its endline."""
    if not editions:
        return BeforeAndAfter(Taken(why="never answered"), Taken(why="never answered"))
    first = _taken(rule, instrument, editions[0])
    return BeforeAndAfter(first, _taken(rule, instrument, editions[-1]) if len(editions) > 1 else Taken(why="answered once only"))


def _taken(rule: MeasureRule, instrument: Instrument, edition: tuple[datetime.date, Mapping[str, Any]]) -> Taken:
    """Return what one set of answers says: a share of counts in per cent, one question, or the mean of all scales."""
    on, answers = edition
    if rule.numerator and rule.denominator:
        part, whole = (answers.get(_key(rule, name)) for name in (rule.numerator, rule.denominator))
        if part is None or whole is None:
            return Taken(on=on, why="not answered")
        if whole == 0:
            return Taken(on=on, why="no pupils")
        if instrument.suppress_below is not None and whole < instrument.suppress_below:
            return Taken(on=on, why=TOO_FEW)
        return Taken(round(100 * part / whole, 4), on)
    if rule.question:
        value = answers.get(_key(rule, rule.question))
        return Taken(float(value), on) if isinstance(value, int | float) else Taken(on=on, why="not answered")
    scales = [answers[q.id] for q in instrument.questions if q.kind == "scale" and q.id in answers]
    return Taken(round(sum(scales) / len(scales), 4), on) if scales else Taken(on=on, why="not answered")


def _key(rule: MeasureRule, question: str) -> str:
    return f"{question}:{rule.pupil_group}" if rule.pupil_group else question


def of_figures(figures: Sequence[tuple[datetime.date, float | None, str | None]], began: datetime.date) -> BeforeAndAfter:
    """Return a measure from a school's published figures, oldest first: the newest up to the day its case began, and the newest since.

    A figure of a school year is dated by the year's last day, so one that ended before the case began is the baseline.
    """
    before = [one for one in figures if one[0] <= began]
    after = [one for one in figures if one[0] > began]
    return BeforeAndAfter(_figure(before, "no figure from before"), _figure(after, "no figure since"))


def _figure(figures: Sequence[tuple[datetime.date, float | None, str | None]], none: str) -> Taken:
    if not figures:
        return Taken(why=none)
    on, value, missing = figures[-1]
    return Taken(value, on, missing.replace("_", " ") if missing else None)


def against_national(found: BeforeAndAfter, national: Mapping[int, float]) -> BeforeAndAfter:
    """Return a school's two figures less the national figures of the same school years; `national` is by the year in which one ends.

    A school's newest figure counts even if no national one is known for it yet: then the difference is not known.
    """
    return BeforeAndAfter(_less_national(found.baseline, national), _less_national(found.endline, national))


def _less_national(one: Taken, national: Mapping[int, float]) -> Taken:
    if one.value is None or one.on is None:
        return one
    there = national.get(last_school_year(one.on))
    return Taken(on=one.on, why=NO_NATIONAL) if there is None else Taken(round(one.value - there, 4), one.on)


def is_better(found: Iterable[tuple[MeasureRule, BeforeAndAfter]]) -> bool | None:
    """Tell whether every difference from the national figure that is known lies on the good side at its newest; None if none is known."""
    known = [(rule.direction == "up_is_good", one.newest) for rule, one in found if one.newest is not None]
    return all(newest > 0 if up_is_good else newest < 0 for up_is_good, newest in known) if known else None
