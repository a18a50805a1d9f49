"""The schools that are compared: their figures, drawn towards the mean where cohorts are small, and ranks among them. Pure."""

import datetime
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from evidence.indicators import INDICATORS, NOTHING_HELD, Figure, Held, SchoolFacts, figure, loaded_figure
from models.words import Phase
from stages.diagnose.comparing import Features, group_mean, similar
from stages.diagnose.reliability import Shrunk, shrunken

SIMILAR = 25
_ONLY_LOADED = frozenset({"figures", "neighbourhood"})


@dataclass(frozen=True, slots=True)
class Against:
    """What schools are compared against beside one another: what was loaded, and the open state-funded schools of England."""

    held: Held = NOTHING_HELD
    england: Sequence[SchoolFacts] = ()


NOBODY_ELSE = Against()


def percentile_points(values: Mapping[int, float]) -> dict[int, float]:
    """Return for each school the share of schools below it (ties in the middle), from 0 to 100."""
    order = sorted(values.values())
    return {urn: _share_below(order, value) for urn, value in values.items()}


def _share_below(order: Sequence[float], value: float) -> float:
    return 100 * (bisect_left(order, value) + bisect_right(order, value)) / (2 * len(order))


@dataclass(slots=True)
class Population:
    """A commission's schools among all others; figures and estimates are made once for each indicator."""

    mine: Sequence[SchoolFacts]
    answers: Mapping[int, Mapping[str, float]]
    today: datetime.date
    against: Against = NOBODY_ELSE
    _figures: dict[str, dict[int, Figure]] = field(default_factory=dict)
    _pairs: dict[str, dict[int, tuple[float, float | None]]] = field(default_factory=dict)
    _weights: dict[str, Mapping[int, tuple[float, float | None]]] = field(default_factory=dict)
    _estimates: dict[str, Mapping[int, Shrunk]] = field(default_factory=dict)
    _values: dict[str, dict[int, float]] = field(default_factory=dict)
    _means: dict[tuple[str, str, Hashable], float | None] = field(default_factory=dict)
    _groups: dict[str, Mapping[Hashable, list[int]]] = field(default_factory=dict)
    _sizes: dict[tuple[str, str, Hashable], int] = field(default_factory=dict)
    _similar: dict[int, tuple[int, ...]] | None = None
    everybody: dict[int, SchoolFacts] = field(init=False)

    def __post_init__(self) -> None:
        """Know all schools by URN, those of the commission as they were handed in."""
        self.everybody = {school.urn: school for school in (*self.against.england, *self.mine)}

    def figure(self, name: str, urn: int) -> Figure:
        """Return one indicator of one school."""
        if name in INDICATORS and INDICATORS[name].kept in _ONLY_LOADED:
            return loaded_figure(name, urn, self.against.held)
        return self._made(name)[urn]

    def _made(self, name: str) -> dict[int, Figure]:
        """Return an indicator of every school that is made from more than what was loaded."""
        if name not in self._figures:
            schools = self.everybody.values()
            self._figures[name] = {s.urn: figure(name, s, self.answers.get(s.urn), self.today, self.against.held) for s in schools}
        return self._figures[name]

    def _known(self, name: str) -> dict[int, tuple[float, float | None]]:
        """Return value and cohort of every school that has a value, in the order of all schools."""
        if name not in self._pairs:
            if name in INDICATORS and INDICATORS[name].kept in _ONLY_LOADED:
                series = self.against.held.series.get(name, {})
                newest = ((urn, series[urn][-1]) for urn in self.everybody if urn in series)
                self._pairs[name] = {urn: (known.value, known.cohort) for urn, known in newest if known.value is not None}
            else:
                self._pairs[name] = {urn: (found.value, None) for urn, found in self._made(name).items() if found.value is not None}
        return self._pairs[name]

    def estimates(self, name: str) -> Mapping[int, Shrunk]:
        """Return the estimates of an indicator that is a share or a mean of a cohort; none for other indicators."""
        kind = INDICATORS[name].shrinks if name in INDICATORS else None
        if kind is None:
            return {}
        if name not in self._estimates:
            # By phase: a special school's figure says nothing of where a mainstream school's true figure lies.
            phases: dict[Phase, dict[int, tuple[float, float | None]]] = defaultdict(dict)
            for urn, pair in self._known(name).items():
                phases[self.everybody[urn].phase][urn] = pair
            self._estimates[name] = {urn: one for values in phases.values() for urn, one in shrunken(values, kind).items()}
        return self._estimates[name]

    def values(self, name: str) -> dict[int, float]:
        """Return the values that schools are ranked by: estimates where cohorts matter, else the figures themselves."""
        if name not in self._values:
            estimates = self.estimates(name)
            self._values[name] = {urn: estimates[urn].value if urn in estimates else value for urn, (value, _) in self._known(name).items()}
        return self._values[name]

    def mean(self, name: str, school: SchoolFacts, of: str) -> float | None:
        """Return the pupil-weighted mean of a school's phase in its authority or in England, or of the schools most like it."""
        group: Hashable = school.urn if of == "similar" else self._group_of(school, of)
        key = (name, of, group)
        if key not in self._means:
            among = self.similar().get(school.urn, ()) if of == "similar" else self._members(of)[group]
            self._means[key] = group_mean(self._weighed(name), among).value
        return self._means[key]

    @staticmethod
    def _group_of(school: SchoolFacts, of: str) -> Hashable:
        """Return the group that a school is compared in: outside the commission always those of the same phase."""
        return school.phase, school.authority if of == "authority" else None

    def _members(self, of: str) -> Mapping[Hashable, list[int]]:
        """Return the URNs of each group."""
        if of not in self._groups:
            groups: dict[Hashable, list[int]] = defaultdict(list)
            for school in self.everybody.values():
                groups[self._group_of(school, of)].append(school.urn)
            self._groups[of] = groups
        return self._groups[of]

    def _weighed(self, name: str) -> Mapping[int, tuple[float, float | None]]:
        """Return each figure with the pupils that it weighs: its cohort or, where the file has none, the pupils on roll."""
        if name not in self._weights:
            known = self._known(name).items()
            self._weights[name] = {urn: pair if pair[1] is not None else (pair[0], self.everybody[urn].pupils) for urn, pair in known}
        return self._weights[name]

    def ranks(self, name: str, compared_with: str, urns: Collection[int]) -> dict[int, float]:
        """Return for each school with a figure the share of those compared that lie below it, from 0 to 100."""
        values = self.values(name)
        if compared_with == "similar":
            groups = {urn: [values[one] for one in (urn, *self.similar().get(urn, ())) if one in values] for urn in urns if urn in values}
            return {urn: _share_below(sorted(group), values[urn]) for urn, group in groups.items()}
        wanted = set(urns)
        found: dict[int, float] = {}
        for members in [sorted(wanted)] if compared_with == "commission" else self._members(compared_with).values():
            ranked = percentile_points({urn: values[urn] for urn in members if urn in values})
            found |= {urn: share for urn, share in ranked.items() if urn in wanted}
        return found

    def ranked_among(self, name: str, compared_with: str, urn: int) -> int:
        """Return among how many schools with a figure, itself among them, `ranks` ranks one that has it."""
        values = self.values(name)
        if compared_with == "similar":
            return sum(one in values for one in (urn, *self.similar().get(urn, ())))
        group = None if compared_with == "commission" else self._group_of(self.everybody[urn], compared_with)
        key = (name, compared_with, group)
        if key not in self._sizes:
            members = [school.urn for school in self.mine] if group is None else self._members(compared_with)[group]
            self._sizes[key] = sum(one in values for one in members)
        return self._sizes[key]

    def similar(self) -> dict[int, tuple[int, ...]]:
        """Return the schools most like each of the commission's, the nearest first."""
        if self._similar is None:
            prior = {**self.values("ks4_prior"), **self.values("ks2_prior")}
            meals, language = self.values("fsm_share"), self.values("eal_share")
            features = {
                one.urn: Features(one.phase, one.pupils, meals.get(one.urn), language.get(one.urn), prior.get(one.urn))
                for one in self.everybody.values()
            }
            self._similar = similar(features, SIMILAR, {school.urn for school in self.mine})
        return self._similar
