"""Which schools a weight moves, compared with scoring everything anew under another programme."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.programme import Category
from models.words import Missing
from stages.diagnose.rules import Part, Score, categorise
from stages.diagnose.sensitivity import Moved, Shift, sensitivity

INDICATORS = ("pupils", "fsm_share", "last_grade")


def category(name: str, at_or_above: float = 0, **more: Any) -> Category:
    return Category.model_validate({"id": name, "title": name.title(), "days": 1, "at_or_above": at_or_above, **more})


LIGHT, FULL, HEAVY = category("light"), category("full", 45), category("heavy", 55)
DEMANDED = category("demanded", 0, always_when={"phases": ["special"]})
CATEGORIES = [LIGHT, FULL, HEAVY, DEMANDED]


def part(indicator: str, points: float | None, weight: float = 1) -> Part:
    return Part(indicator, points, None if points is not None else Missing.NOT_IN_SOURCE, points, weight)


@st.composite
def programmes(draw: st.DrawFn) -> dict[int, list[Part]]:
    weights = {name: draw(st.integers(1, 9)) for name in INDICATORS}
    urns = draw(st.sets(st.integers(1, 99), max_size=12))
    return {urn: [part(name, draw(st.none() | st.integers(0, 100)), weights[name]) for name in INDICATORS] for urn in urns}


def scored_anew(parts: list[Part], indicator: str, factor: float) -> str:
    """Add a school up once more with one weight changed."""
    total = weights = 0.0
    for one in parts:
        weight = one.weight * factor if one.indicator == indicator else one.weight
        if one.points is not None:
            total, weights = total + weight * one.points, weights + weight
    return categorise(CATEGORIES, Score(round(total / weights, 2) if weights else None, 0, 100, tuple(parts)), None)[0].id


@given(programmes(), st.sets(st.integers(1, 99)))
def test_the_table_is_that_of_scoring_everything_anew(parts: dict[int, list[Part]], demanded: set[int]) -> None:
    shifts = sensitivity(parts, CATEGORIES, dict.fromkeys(demanded, DEMANDED))
    assert [(shift.indicator, shift.factor) for shift in shifts] == ([(name, by) for name in INDICATORS for by in (0.8, 1.2)] if parts else [])
    for shift in shifts:
        expected = []
        for urn in sorted(parts.keys() - demanded):
            before, after = scored_anew(parts[urn], "", 1), scored_anew(parts[urn], shift.indicator, shift.factor)
            expected += [Moved(urn, before, after)] if before != after else []
        assert shift.moved == tuple(expected)


def test_a_school_on_the_edge_moves_as_worked_out_by_hand() -> None:
    # 50 = (60 + 40) / 2; with free meals at 0.8: (48 + 40) / 1.8 = 48.9; at 1.2: (72 + 40) / 2.2 = 50.9.
    shifts = sensitivity({1: [part("fsm_share", 60), part("last_grade", 40)]}, [LIGHT, category("full", 50)])
    assert shifts == (
        Shift("fsm_share", 0.8, (Moved(1, "full", "light"),)),
        Shift("fsm_share", 1.2, ()),
        Shift("last_grade", 0.8, ()),
        Shift("last_grade", 1.2, (Moved(1, "full", "light"),)),
    )


def test_the_score_is_rounded_before_it_is_compared_as_a_diagnosis_rounds_it() -> None:
    # (49.94 * 1.2 + 50 * 1) / 2.2 = 49.967, which a diagnosis shows as 50.0; the plain score, 49.97, is 50.0 as well.
    assert all(not shift.moved for shift in sensitivity({1: [part("pupils", 49.94), part("fsm_share", 50)]}, [LIGHT, category("full", 50)]))


@given(programmes())
def test_a_school_whose_standing_demands_a_category_never_moves(parts: dict[int, list[Part]]) -> None:
    assert all(not shift.moved for shift in sensitivity(parts, CATEGORIES, dict.fromkeys(parts, DEMANDED)))


@given(st.floats(0, 100) | st.none(), st.integers(1, 9))
def test_a_school_of_which_one_thing_or_nothing_is_known_never_moves(points: float | None, weight: int) -> None:
    parts = {1: [part("pupils", points, weight), part("fsm_share", None, 3)]}
    value = None if points is None else round(points, 1)
    assert all(not shift.moved for shift in sensitivity(parts, [LIGHT, category("full", 0 if value is None else min(value + 0.1, 100))]))


@given(programmes())
def test_with_one_category_or_no_change_of_weight_nobody_moves(parts: dict[int, list[Part]]) -> None:
    assert all(not shift.moved for shift in sensitivity(parts, [LIGHT]))
    assert all(not shift.moved for shift in sensitivity(parts, CATEGORIES, by=0))


@given(programmes())
def test_more_weight_for_what_lies_above_the_score_never_lowers_a_category(parts: dict[int, list[Part]]) -> None:
    rank = {one.id: place for place, one in enumerate(CATEGORIES)}
    for shift in sensitivity(parts, CATEGORIES):
        for moved in shift.moved:
            of = {one.indicator: one.points for one in parts[moved.urn]}
            mean = sum(o.points * o.weight for o in parts[moved.urn] if o.points is not None) / sum(
                o.weight for o in parts[moved.urn] if o.points is not None
            )
            points = of[shift.indicator]
            assert points is not None
            assert (rank[moved.after] > rank[moved.before]) == ((points > mean) == (shift.factor > 1))


def test_nobody_at_all_gives_an_empty_table() -> None:
    assert sensitivity({}, CATEGORIES) == ()


@pytest.mark.parametrize("by", [0.1, 0.5])
def test_another_step_than_a_fifth_can_be_asked_for(by: float) -> None:
    shifts = sensitivity({1: [part("pupils", 10)]}, CATEGORIES, by=by)
    assert [shift.factor for shift in shifts] == [1 - by, 1 + by]
