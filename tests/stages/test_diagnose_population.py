"""Schools among all others: means, ranks and similar schools, compared with plain loops."""

import datetime
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.indicators import Held
from evidence.known import Known
from models.school import School
from models.words import Missing, Phase
from stages.diagnose.population import SIMILAR, Against, Population
from tests.evidence.made_up import school

TODAY, DAY = datetime.date(2026, 9, 1), datetime.date(2025, 8, 31)
PLAIN = "persistent_absence"  # a figure that no cohort shrinks


def known(urn: int, value: float | None, cohort: float | None = None) -> list[Known]:
    return [Known(DAY, value, Missing.SUPPRESSED if value is None else None, cohort, 1, urn)]


def population(mine: Sequence[School], england: Sequence[School], **series: dict[int, list[Known]]) -> Population:
    return Population(mine, {}, TODAY, Against(Held(series), england))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[School], list[School], dict[int, list[Known]]]:
    """Return the commission's schools, England's (those of the commission among them) and figures with holes."""
    england, figures = [], {}
    for urn in range(900001, 900001 + draw(st.integers(1, 24))):
        england.append(school(
            urn, authority=draw(st.sampled_from(["998", "999"])), phase=draw(st.sampled_from([Phase.PRIMARY, Phase.SECONDARY])),
            pupils=draw(st.none() | st.integers(0, 9)), fsm_share=draw(st.none() | st.integers(0, 5).map(float)),
        ))  # fmt: skip
        if draw(st.booleans()):
            figures[urn] = known(urn, draw(st.none() | st.integers(0, 6).map(float)), draw(st.none() | st.integers(0, 9).map(float)))
    return [one for one in england if draw(st.booleans())], england, figures


def group(world: Population, one: School, among: str) -> list[School]:
    if among == "similar":
        return [one, *(world.everybody[urn] for urn in world.similar()[one.urn])]  # type: ignore[list-item]
    alike = [other for other in world.everybody.values() if other.phase is one.phase]
    return [other for other in alike if among == "england" or other.authority == one.authority]  # type: ignore[misc]


def value(figures: dict[int, list[Known]], urn: int) -> float | None:
    return figures[urn][-1].value if urn in figures else None


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["authority", "england", "similar", "commission"]))
def test_points_are_the_share_of_those_compared_that_lie_below(world: tuple[list[School], list[School], dict[int, list[Known]]], among: str) -> None:
    mine, england, figures = world
    found = population(mine, england, **{PLAIN: figures})
    ranks = found.ranks(PLAIN, among, [one.urn for one in mine])
    assert ranks.keys() == {one.urn for one in mine if value(figures, one.urn) is not None}
    for one in mine:
        own = value(figures, one.urn)
        if own is None:
            continue
        others = mine if among == "commission" else group(found, one, among)
        theirs = [number for other in others if (number := value(figures, other.urn)) is not None]
        below, same = sum(number < own for number in theirs), sum(number == own for number in theirs)
        assert ranks[one.urn] == pytest.approx(100 * (below + same / 2) / len(theirs))


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["authority", "england", "similar"]))
def test_means_weigh_each_school_by_its_cohort_or_else_its_pupils(world: tuple[list[School], list[School], dict[int, list[Known]]], of: str) -> None:
    mine, england, figures = world
    found = population(mine, england, **{PLAIN: figures})
    for one in mine:
        total = weight = 0.0
        for other in group(found, one, of):
            number = value(figures, other.urn)
            if number is None or (of == "similar" and other is one):
                continue
            cohort = figures[other.urn][-1].cohort
            pupils = cohort if cohort is not None else other.pupils or 0
            total, weight = total + number * pupils, weight + pupils
        assert found.mean(PLAIN, one, of) == (pytest.approx(total / weight) if weight else None)


def test_figures_of_few_pupils_are_ranked_by_their_estimates_and_phases_are_kept_apart() -> None:
    cohorts = [(900001, 100.0, 2.0), (900002, 85.0, 400.0)] + [(900010 + n, 40.0 + 3 * n, 200.0) for n in range(12)]
    schools = [school(urn) for urn, *_ in cohorts] + [school(900099, phase=Phase.SPECIAL)]
    series = {urn: known(urn, share, pupils) for urn, share, pupils in cohorts} | {900099: known(900099, 0, 9)}
    found = population(schools, schools, ks2_expected=series)
    estimates, ranks = found.estimates("ks2_expected"), found.ranks("ks2_expected", "england", [900001, 900002])
    assert estimates[900001].value < estimates[900002].value and ranks[900001] < ranks[900002]
    assert estimates[900099].value == 0 and estimates[900099].weight is None
    assert found.estimates("pupils") == {} == found.estimates("exclusions")


def test_similar_schools_are_of_the_same_phase_and_no_more_than_asked_for() -> None:
    schools = [school(900001 + n, pupils=100 + n, fsm_share=float(n), phase=Phase.PRIMARY if n % 3 else Phase.SECONDARY) for n in range(90)]
    found = population(schools[:5], schools).similar()
    assert found.keys() == {one.urn for one in schools[:5]}
    by_urn = {one.urn: one for one in schools}
    for urn, alike in found.items():
        assert len(alike) == SIMILAR and urn not in alike and {by_urn[other].phase for other in alike} == {by_urn[urn].phase}


def test_the_commissions_own_schools_are_taken_as_they_were_handed_in() -> None:
    mine, same = school(900001, pupils=50), school(900001, pupils=60)
    assert population([mine], [same, school(900002)]).everybody == {900001: mine, 900002: school(900002)}


def test_a_figure_nobody_has_ranks_nobody() -> None:
    found = population([school(900001)], [school(900001)])
    options: list[Any] = ["commission", "authority", "england", "similar"]
    assert all(found.ranks(PLAIN, among, [900001]) == {} for among in options) and found.mean(PLAIN, school(900001), "england") is None


def test_schools_are_alike_by_the_free_meals_of_the_census() -> None:
    england = [school(900001 + n, pupils=100) for n in range(6)]
    meals = {900001: 10.0, 900002: 50.0, 900003: 12.0, 900004: 60.0, 900005: 11.0, 900006: 70.0}
    same = {one.urn: known(one.urn, 5) for one in england}
    world = population(england[:1], england, fsm_share={urn: known(urn, value) for urn, value in meals.items()}, eal_share=same)
    assert world.similar()[900001][:2] == (900005, 900003)
