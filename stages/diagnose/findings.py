"""Findings: each figure of a school as a plain sentence, with what it was compared with, its trend and where it is from. Pure."""

import datetime
from dataclasses import dataclass
from typing import Any

from evidence.indicators import INDICATORS, Figure, in_words, short_of
from models.evidence import Diagnosis
from models.moments import day_of
from models.words import Missing
from stages.diagnose.population import Population
from stages.diagnose.rules import Part, Score, says
from stages.diagnose.trend import trend
from stages.reminders.lines import counted

_COMPARABLE = frozenset({"figures", "figures_or_school", "school"})
_FEW = 10
_DAYS_A_YEAR, _ROUNDED = 365.25, 0.02
_MARKS = frozenset({"small_school", "pupils"})
_NAMES = {"england": "England", "authority": "the authority", "similar": "similar schools"}


@dataclass(frozen=True, slots=True)
class FoundFinding:
    """One finding, ready to be kept: the figure, its sentence, and everything that the sentence was made from."""

    indicator: str
    value: float | None
    missing: Missing | None
    says: str
    figure: Figure
    compared: dict[str, Any]


def finding(part: Part, population: Population, urn: int) -> FoundFinding:
    """Return the finding on one part of a school's score."""
    figure = population.figure(part.indicator, urn)
    compared = _compared(part, population, urn) if figure.value is not None else {}
    few = _few(part, population, urn)
    sentence = " ".join([says(part), *few, *_further(compared, figure, urn)])
    return FoundFinding(part.indicator, part.value, part.missing, sentence, figure, compared)


def _few(part: Part, population: Population, urn: int) -> list[str]:
    """Return what to say where a rank is one among so few schools that it tells little."""
    if part.points is None or part.indicator == "self_evaluation":
        return []
    schools = population.ranked_among(part.indicator, part.among, urn)
    return [f"Only {counted(schools, 'school')} could be ranked, so that this tells little."] if schools < _FEW else []


def _compared(part: Part, population: Population, urn: int) -> dict[str, Any]:
    """Return what a figure was compared with; what is not known is not there."""
    found: dict[str, Any] = {}
    indicator = INDICATORS.get(part.indicator)
    if indicator is None or indicator.kept not in _COMPARABLE or part.indicator in _MARKS:
        return found
    school = population.everybody[urn]
    if population.against.england:
        for of in ("england", "authority", *(("similar",) if part.among == "similar" else ())):
            mean = population.mean(part.indicator, school, of)
            if mean is not None:
                found[of] = round(mean, 2)
    estimate = population.estimates(part.indicator).get(urn)
    if estimate is not None and estimate.weight is not None:
        found |= {"estimate": round(estimate.value, 2), "own_weight": round(estimate.weight, 2)}
    return found | _trend(part.indicator, population, urn)


def _trend(name: str, population: Population, urn: int) -> dict[str, Any]:
    """Return the trend over the years that are known, where there are enough of them."""
    series = population.against.held.series.get(name, {}).get(urn, ())
    years = {known.as_of.year: (known.value, known.cohort) for known in series if known.value is not None}
    if not years:
        return {}
    found = trend(years, INDICATORS[name].shrinks or "share")
    return {} if found.slope is None else {"trend": found.direction, "a_year": round(found.slope, 2), "years": found.years}


def _further(compared: dict[str, Any], figure: Figure, urn: int) -> list[str]:
    """Return the sentences that follow a finding's first."""
    found = []
    beside = [f"{compared[of]:g} in {name}" for of, name in _NAMES.items() if of in compared]
    if beside:
        year = f" of {figure.known.as_of:%B %Y}" if figure.known is not None else ""
        found.append(f"Of the schools whose figures{year} are known here it is {', '.join(beside)}, weighted by pupils.")
    if "estimate" in compared and figure.known and figure.known.cohort is not None:
        found.append(f"It stands on {figure.known.cohort:g} pupils; weighed with all schools it is taken as {compared['estimate']:g}.")
    if compared.get("trend") in {"rising", "falling"}:
        found.append(f"Over {compared['years']} years it is {compared['trend']}.")
    if figure.known is not None and figure.known.urn != urn:
        found.append(f"The figure is that of its predecessor, URN {figure.known.urn}.")
    return found


def own_changes(before: Diagnosis, score: Score, today: datetime.date) -> set[str]:
    """Return the indicators of which a school's own figure is another than at an earlier diagnosis; that time has passed is no change."""
    was = {part["indicator"]: part["value"] for part in before.sum}
    years = (today - day_of(before.at)).days / _DAYS_A_YEAR
    return {part.indicator for part in score.parts if not _same(was.get(part.indicator), part, years)}


def _same(was: float | None, now: Part, years: float) -> bool:
    ages = now.indicator in INDICATORS and INDICATORS[now.indicator].ages
    if was is None or now.value is None or not ages:
        return was == now.value
    return abs(now.value - was - years) < _ROUNDED


def differences(before: Diagnosis, score: Score) -> str | None:
    """Return what changed in the sum since an earlier diagnosis, in a sentence; None if nothing did."""
    was = {part["indicator"]: part for part in before.sum}
    changes = [_difference(was.get(part.indicator), part) for part in score.parts]
    known = [change for change in changes if change]
    return f"Since the diagnosis of {day_of(before.at):%-d %B %Y}: {'; '.join(known)}." if known else None


def _difference(was: dict[str, Any] | None, now: Part) -> str | None:
    name = short_of(now.indicator)
    if was is None:
        return f"{name} is looked at now"
    if was["points"] == now.points and was["value"] == now.value:
        return None
    if was["value"] == now.value:
        return f"{name} went from {_said(was['points'])} to {_said(now.points)} points, because other schools changed"
    return f"{name} went from {_said(was['value'])} to {_said(now.value)} ({_said(was['points'])} to {_said(now.points)} points)"


def _said(value: float | None) -> str:
    return "not known" if value is None else in_words(value)
