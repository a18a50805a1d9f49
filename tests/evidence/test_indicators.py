"""Figures of schools: a value, or the reason why there is none."""

import datetime
from typing import Any

import pytest

from evidence.indicators import INDICATORS, Figure, Held, brought_by, figure, loaded_figure
from evidence.kinds import absence, census, deprivation, results_ks2, results_ks4
from evidence.known import Known
from evidence.recognising import KINDS
from evidence.standing import standing
from evidence.understood import OWN
from models.evidence import Inspection
from models.school import School
from models.words import Missing, Phase, SchoolStatus

TODAY = datetime.date(2026, 9, 1)


def school(urn: int = 1, **more: Any) -> School:
    base: dict[str, Any] = {"name": "S", "authority": "998", "authority_name": "M", "type_name": "Community school",
            "status": SchoolStatus.MAINTAINED, "phase": Phase.PRIMARY, "state_funded": True, "open": True}  # fmt: skip
    return School(urn=urn, **{**base, **more})


@pytest.mark.parametrize(
    ("name", "known", "value"),
    [
        ("pupils", {"pupils": 0}, 0),
        ("fsm_share", {"fsm_share": 0.0}, 0.0),
        ("last_grade", {"last_grade": "Outstanding"}, 1),
        ("last_grade", {"last_grade": "Requires improvement"}, 3),
        ("last_grade", {"last_grade": "Special Measures"}, 4),
        ("years_since_inspection", {"last_inspected": datetime.date(2022, 9, 1)}, 4.0),
        ("small_school", {"pupils": 99}, 1),
        ("small_school", {"pupils": 100}, 0),
    ],
)
def test_a_known_figure_is_given_even_if_it_is_zero(name: str, known: dict[str, Any], value: float) -> None:
    assert figure(name, school(**known), None, TODAY) == Figure(value)


@pytest.mark.parametrize("name", ["pupils", "fsm_share", "last_grade", "years_since_inspection", "small_school", "idaci_decile"])
def test_what_the_source_does_not_say_is_missing_and_never_zero(name: str) -> None:
    assert figure(name, school(), None, TODAY) == Figure(None, Missing.NOT_IN_SOURCE)


def test_a_schools_own_view_is_the_mean_of_its_answers() -> None:
    assert figure("self_evaluation", school(), {"a": 1, "b": 4, "c": 2}, TODAY).value == pytest.approx(7 / 3)


@pytest.mark.parametrize("answers", [None, {}])
def test_a_school_that_has_not_answered_has_no_view(answers: dict[str, float] | None) -> None:
    assert figure("self_evaluation", school(), answers, TODAY) == Figure(None, Missing.NOT_ANSWERED)


def test_a_loaded_figure_is_the_same_for_one_school_and_for_many() -> None:
    known = Known(TODAY, 12.5, None, 30.0, 1, 1)
    held = Held({"ks2_expected": {1: [known]}})
    found = {urn: loaded_figure("ks2_expected", urn, held) for urn in (1, 2)}
    assert found == {urn: figure("ks2_expected", school(urn), None, TODAY, held) for urn in (1, 2)}
    assert found == {1: Figure(12.5, None, known), 2: Figure(None, Missing.NOT_IN_SOURCE)}


@pytest.mark.parametrize(
    ("register", "grade", "years"),
    [(None, None, None), (datetime.date(2022, 9, 1), "Good", 4.0), (datetime.date(2022, 9, 1), "Requires improvement", None)],
)
def test_the_day_of_a_file_is_not_taken_for_the_day_of_an_inspection_nor_that_of_another_grade(
    register: datetime.date | None, grade: str | None, years: float | None
) -> None:
    edition = Inspection(
        urn=1, inspected=datetime.date(2024, 4, 30), published=datetime.date(2024, 4, 30), regime="overall_grade", grade="Good", source="x"
    )
    held = Held(standings={1: standing([edition])})  # type: ignore[dict-item]
    one = school(1, last_inspected=register, last_grade=grade)
    assert figure("last_grade", one, None, TODAY, held).value == 2
    assert figure("years_since_inspection", one, None, TODAY, held).value == years
    long_ago = edition.model_copy(update={"inspected": datetime.date(2018, 9, 26), "published": None})
    assert figure("years_since_inspection", one, None, TODAY, Held(standings={1: standing([long_ago, edition])})).value == years  # type: ignore[dict-item]
    dated = edition.model_copy(update={"published": datetime.date(2024, 6, 1)})
    assert figure("years_since_inspection", one, None, TODAY, Held(standings={1: standing([dated])})).value == 2.34  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("loaded", "row", "value"), [(12.5, 30.0, 12.5), (12.5, None, 12.5), (None, 30.0, 30.0), (0.0, 30.0, 0.0), (None, None, None)]
)
def test_free_meals_are_those_that_were_loaded_and_else_those_of_the_register(loaded: float | None, row: float | None, value: float | None) -> None:
    known = Known(TODAY, loaded, None if loaded is not None else Missing.SUPPRESSED, 30.0, 1, 1)
    found = figure("fsm_share", school(1, fsm_share=row), None, TODAY, Held({"fsm_share": {1: [known]}}))
    assert (found.value, found.missing) == (value, None if value is not None else Missing.SUPPRESSED)
    assert (found.known is known) == (value == loaded)


def test_the_file_that_is_said_to_bring_an_indicator_is_of_a_kind_that_is_read_and_brings_it() -> None:
    said = {name: brought_by(name) for name in INDICATORS}
    assert {kind for kind in said.values() if kind is not None} <= {kind.name for kind in KINDS}
    assert [name for name, kind in said.items() if kind is None] == ["self_evaluation"]
    for layout in (absence._LAYOUT, census._LAYOUT, results_ks2._TABLES.layout, results_ks4._TABLES.layout):
        brings = set(layout.figures) & set(INDICATORS)
        assert brings and {said[name] for name in brings} == {layout.kind}
    for index in (deprivation.IDACI_2019, deprivation.IMD_2025):
        assert said[f"{index.name}_decile"] == index.kind
    assert {name for name, kind in said.items() if kind == OWN} == {"semh_share", "exclusions", "head_changed"}
