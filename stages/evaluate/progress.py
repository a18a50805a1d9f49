"""Progress of the pupils of a school between two assessments, from sums and counts that the school gives: means, gaps and numbers. Pure.

A school gives how many pupils were assessed and what their scores add up to, of all and of groups; never a score of one pupil. The mean is the sum by
the number. What was assessed before counts as it stood when the school was asked again, whatever it corrected until then.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.programme import Instrument, MeasureRule
from stages.evaluate.measures import TOO_FEW, BeforeAndAfter, Taken

Edition = tuple[datetime.date, Mapping[str, Any]]
NOT_ASSESSED, NOT_AGAIN, NO_GROUP, NO_PUPILS = "not assessed", "not assessed again", "not given for this group", "no pupils"


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a school answered before it was asked again, and since; None for what it did not."""

    before: Edition | None = None
    after: Edition | None = None


def months_of_progress(rule: MeasureRule, instrument: Instrument, found: Assessed) -> BeforeAndAfter:
    """Return the mean at both ends, in months: scores of a test of which a point is worth so many months are converted."""
    return _both(found, lambda one: _mean(rule, instrument, one, rule.pupil_group))


def attainment_gap(rule: MeasureRule, instrument: Instrument, found: Assessed) -> BeforeAndAfter:
    """Return at both ends by how much the mean of all other pupils is above that of a group; below zero where the group is ahead."""
    return _both(found, lambda one: _gap(rule, instrument, one))


def pupils_counted(question: str, found: Iterable[Assessed]) -> BeforeAndAfter:
    """Return how many pupils one question of several instruments counted, at both ends; a school that gave none of them is missing."""
    both = list(found)
    before = _count(question, [one.before for one in both if one.before], NOT_ASSESSED)
    return BeforeAndAfter(before, _count(question, [one.after for one in both if one.after], NOT_AGAIN if before.value is not None else NOT_ASSESSED))


def has_improved(found: Iterable[tuple[MeasureRule, BeforeAndAfter]]) -> bool | None:
    """Tell whether every change that is known is for the better; None where none is known."""
    known = [(rule.direction == "up_is_good", one.change) for rule, one in found if one.change is not None]
    return all(change > 0 if up_is_good else change < 0 for up_is_good, change in known) if known else None


def _both(found: Assessed, take: Callable[[Edition], Taken]) -> BeforeAndAfter:
    before = take(found.before) if found.before else Taken(why=NOT_ASSESSED)
    return BeforeAndAfter(before, take(found.after) if found.after else Taken(why=NOT_AGAIN if found.before else NOT_ASSESSED))


def _mean(rule: MeasureRule, instrument: Instrument, edition: Edition, group: str | None) -> Taken:
    on, answers = edition
    total, pupils = (answers.get(_key(name, group)) for name in (rule.numerator, rule.denominator))
    if total is None or pupils is None:
        return Taken(on=on, why=NO_GROUP if group else NOT_ASSESSED)
    everybody = answers.get(_key(rule.denominator, None)) if group else None
    # From the means of all and of a group that is nearly all, that of the few others could be worked out.
    if everybody is not None and 0 < everybody - pupils < (instrument.suppress_below or 0):
        return Taken(on=on, why=TOO_FEW)
    return _shown(rule, instrument, on, total, pupils)


def _gap(rule: MeasureRule, instrument: Instrument, edition: Edition) -> Taken:
    on, answers = edition
    total, pupils = (answers.get(_key(name, None)) for name in (rule.numerator, rule.denominator))
    theirs, group = (answers.get(_key(name, rule.pupil_group)) for name in (rule.numerator, rule.denominator))
    if total is None or pupils is None or theirs is None or group is None:
        return Taken(on=on, why=NO_GROUP)
    mine, others = _shown(rule, instrument, on, theirs, group), _shown(rule, instrument, on, total - theirs, pupils - group)
    if mine.value is None or others.value is None:
        return Taken(on=on, why=mine.why or others.why)
    return Taken(round(others.value - mine.value, 4), on)


def _shown(rule: MeasureRule, instrument: Instrument, on: datetime.date, total: float, pupils: int) -> Taken:
    if pupils == 0:
        return Taken(on=on, why=NO_PUPILS)
    if pupils < (instrument.suppress_below or 0):
        return Taken(on=on, why=TOO_FEW)
    return Taken(round((rule.months_per_point or 1.0) * total / pupils, 4), on)


def _count(question: str, editions: list[Edition], none: str) -> Taken:
    known = [(on, answers[question]) for on, answers in editions if question in answers]
    return Taken(float(sum(count for _, count in known)), max(on for on, _ in known)) if known else Taken(why=none)


def _key(question: str | None, group: str | None) -> str:
    return f"{question}:{group}" if group else str(question)
