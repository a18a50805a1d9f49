"""Diagnosis: pure decisions from figures to score, category, findings and needs; the score shows its sum."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import floor

from evidence.indicators import Figure, in_words, kindred, said_of_kindred, short_of, title_of
from models.programme import Category, Programme, Weight
from models.school import School
from models.words import Missing
from stages.diagnose.population import NOBODY_ELSE, Against, Population

DEMANDED = "because of the school's standing, whatever its score"
_AMONG = {
    "commission": "the schools compared", "authority": "its phase in the authority", "england": "its phase in England",
    "similar": "the schools most like it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator's part of a score: its value, its points of need (0 to 100) and its weight; no points if unknown.

    `beside` is an indicator that tells nearly the same and is known where this one is not; it is only named, never counted.
    """

    indicator: str
    value: float | None
    missing: Missing | None
    points: float | None
    weight: float
    among: str = "commission"
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 (least need) to 100; unknown parts are left out of `value` and widen `lowest` to `highest`."""

    value: float | None
    lowest: float
    highest: float
    parts: tuple[Part, ...]

    def as_sentence(self) -> str:
        """Return the sum as a person can follow it."""
        if self.value is None:
            return "Nothing is known that could make up a score."
        known = " + ".join(f"{part.weight:g} x {part.points:g} ({short_of(part.indicator)})" for part in self.parts if part.points is not None)
        weights = sum(part.weight for part in self.parts if part.points is not None)
        unknown = [f"{short_of(part.indicator)}{f' ({_kin(part)})' if part.beside else ''}" for part in self.parts if part.points is None]
        with_it = f"with {'it' if len(unknown) == 1 else 'them'} the score could lie between {self.lowest:g} and {self.highest:g}"
        tail = f" Not known: {', '.join(unknown)}; {with_it}." if unknown else ""
        return f"Score {self.value:g} = ({known}) / {weights:g}.{tail}"


@dataclass(frozen=True, slots=True)
class FoundNeed:
    """A need that follows, with its severity from 0 to 100 and the sentence that says why."""

    need: str
    skill: str
    severity: int
    says: str


def _kin(part: Part) -> str:
    """Return what is known beside a part that is not, as part of a sentence; nothing if nothing is."""
    return said_of_kindred(part.indicator, part.beside) if part.beside else ""


def half_up(value: float) -> int:
    """Return a value to the nearest whole number, a half upwards, as people round."""
    return floor(value + 0.5)


def _scale(programme: Programme) -> tuple[float, float]:
    """Return the lowest and highest point of the programme's scale questions."""
    asked = [question for instrument in programme.diagnose.instruments for question in instrument.questions if question.kind == "scale"]
    return (min(q.lowest for q in asked), max(q.highest for q in asked)) if asked else (0, 1)


def points(programme: Programme, weight: Weight, population: Population, urns: Collection[int]) -> dict[int, int]:
    """Return the whole points of need for one indicator: the school's own view on its scale, all else by rank among those it is compared with.

    Points are whole, so that the sum that is shown is the sum that was made.
    """
    if weight.indicator == "self_evaluation":
        lowest, highest = _scale(programme)
        known = population.values("self_evaluation")
        made = {urn: 100 * (known[urn] - lowest) / (highest - lowest) for urn in urns if urn in known}
    else:
        made = population.ranks(weight.indicator, weight.compared_with, urns)
    whole = {urn: half_up(value) for urn, value in made.items()}
    return {urn: 100 - value for urn, value in whole.items()} if weight.higher_means == "less_need" else whole


def score_all(
    programme: Programme, schools: Sequence[School], answers: Mapping[int, Mapping[str, float]], today: datetime.date, against: Against = NOBODY_ELSE
) -> dict[int, Score]:
    """Score every school against those it is compared with; `answers` are the scale answers by URN."""
    return score_population(programme, Population(schools, answers, today, against))


def score_population(programme: Programme, population: Population) -> dict[int, Score]:
    """Score every school of a population's commission."""
    weights, urns = programme.diagnose.indicators, [school.urn for school in population.mine]
    made = {weight.indicator: points(programme, weight, population, urns) for weight in weights}

    def part(weight: Weight, urn: int) -> Part:
        known = population.figure(weight.indicator, urn)
        kin = kindred(weight.indicator) if known.value is None else []
        beside = next((name for name in kin if population.figure(name, urn).value is not None), None)
        return Part(weight.indicator, known.value, known.missing, made[weight.indicator].get(urn), weight.weight, weight.compared_with, beside)

    return {urn: _score([part(weight, urn) for weight in weights]) for urn in urns}


def _score(parts: Sequence[Part]) -> Score:
    """Add parts up: the weighted mean of what is known, and the range that the unknown leaves."""
    known = sum(part.weight for part in parts if part.points is not None)
    total = sum(part.weight * part.points for part in parts if part.points is not None)
    everything = sum(part.weight for part in parts)
    if not everything:
        return Score(None, 0, 100, tuple(parts))
    lowest, highest = total / everything, (total + 100 * (everything - known)) / everything
    return Score(round(total / known, 2) if known else None, round(lowest, 2), round(highest, 2), tuple(parts))


def categorise(categories: Sequence[Category], score: Score, always: Category | None) -> tuple[Category, str]:
    """Return a school's category and why; `always` is a category that its circumstances demand, whatever its score."""
    if always is not None:
        return always, f"{always.title}, {DEMANDED}. {score.as_sentence()}"
    if score.value is None:
        return categories[0], f"{categories[0].title}, until more is known. {score.as_sentence()}"
    value = score.value
    fitting = [category for category in categories if category.at_or_above <= value and category.always_when is None]
    fitting += [category for category in categories if category.always_when is not None and 0 < category.at_or_above <= value]
    best = max(fitting, key=lambda category: category.at_or_above)
    return best, f"{best.title}. {score.as_sentence()}"


def needs_of(programme: Programme, of: Mapping[str, Figure], score: Score) -> list[FoundNeed]:
    """Return the needs whose conditions hold; a condition on an unknown figure does not hold."""
    found = []
    for rule in programme.diagnose.needs:
        held = []
        for name, threshold in rule.when.items():
            value = of[name].value
            low, high = threshold.at_or_above, threshold.at_or_below
            if value is None or (low is not None and value < low) or (high is not None and value > high):
                break
            held.append(f"{title_of(name)} is {in_words(value)}")
        else:
            # An unknown score is taken as the middle, and the sentence says so.
            severity = rule.severity if rule.severity is not None else half_up(score.value) if score.value is not None else 50
            because = f" ({'; '.join(held)})" if held else ""
            unknown = " Its severity is not known and is taken as the middle." if rule.severity is None and score.value is None else ""
            found.append(FoundNeed(rule.need, rule.skill, severity, f"{rule.title}{because}.{unknown}"))
    return sorted(found, key=lambda need: (-need.severity, need.need))


def says(part: Part) -> str:
    """Return one finding as a plain sentence."""
    name = title_of(part.indicator)
    if part.value is None and part.indicator == "self_evaluation":
        return "The school has not given its own view."
    if part.value is None:
        why = part.missing.value.replace("_", " ") if part.missing else "not known"
        kin = _kin(part)
        return f"The {name} is not known ({why}).{f' {kin[0].upper()}{kin[1:]}.' if kin else ''}"
    figure = f"The {name} is {in_words(part.value)}"
    if part.points is None:
        return f"{figure}."
    if part.indicator == "self_evaluation":
        return f"{figure}, which stands for {part.points:.0f} points of need of 100."
    return f"{figure}: {part.points:.0f} of 100 points of need, by its rank among {_AMONG[part.among]}."
