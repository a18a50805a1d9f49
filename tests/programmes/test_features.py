"""What a programme asks for that the engine cannot do yet, named instead of half done."""

from typing import Any

import pytest

from models.errors import NotSupported
from models.programme import Programme
from programmes.catalogue import find_programme, names
from programmes.features import check_supported, missing_features

RUNS_WHOLE = {"economic-exclusion", "most-at-risk", "at-risk-after-ungraded", "nurturing-schools", "inclusion-framework"}


def changed(**more: Any) -> Programme:
    """Return the programme on economic exclusion with some parts written otherwise."""
    written = find_programme("economic-exclusion").model_dump(mode="json")
    for part, values in more.items():
        written[part] = {**written[part], **values} if isinstance(values, dict) else values
    return Programme.model_validate(written)


@pytest.mark.parametrize("name", sorted(RUNS_WHOLE))
def test_a_programme_that_runs_whole_misses_nothing(name: str) -> None:
    programme = find_programme(name)
    assert missing_features(programme) == []
    check_supported(programme)


@pytest.mark.parametrize("name", sorted(set(names()) - RUNS_WHOLE))
def test_every_other_programme_says_what_is_missing_and_cannot_be_opened(name: str) -> None:
    programme = find_programme(name)
    missing = missing_features(programme)
    assert missing and missing == sorted(set(missing))
    with pytest.raises(NotSupported) as caught:
        check_supported(programme)
    assert str(caught.value) == f"{programme.title} cannot be opened; not supported yet: {', '.join(missing)}."


@pytest.mark.parametrize(
    ("part", "values", "missing"),
    [
        ("take_part", {"unit": "person"}, "cases that are a person"),
        ("take_part", {"invited": None, "may_opt_in": None}, "a programme in which nobody takes part"),
        ("take_part", {"roll_up_by": ["hub"]}, "results rolled up by hub"),
        ("take_part", {"outside_authority": True}, "schools outside the authority"),
        ("take_part", {"members_only": True}, "taking part by membership"),
        ("take_part", {"setting_kinds": ["nursery"]}, "settings that are not schools"),
        ("stages", ["diagnose", "broker", "plan", "evaluate"], "leaving out diagnosis or evaluation, or only one of brokering and visits"),
        ("broker", {"mode": "triad"}, "brokering in the mode triad"),
        ("broker", {"trained_first": True}, "training supporters first"),
        ("broker", {"reviewer_levels": ["head"]}, "levels of reviewers"),
        ("schedule", {"sessions": []}, "visits without sessions"),
        ("schedule", {"sessions": [{"id": "a", "title": "A", "held": "group"}]}, "group sessions"),
        ("schedule", {"sessions": [{"id": "a", "title": "A", "hosts": "rotating"}]}, "sessions with hosts rotating"),
        ("schedule", {"sessions": [{"id": "a", "title": "A", "bookings": "open"}]}, "open bookings"),
        ("schedule", {"sessions": [{"id": "a", "title": "A", "every": "term"}]}, "sessions that come back"),
        ("schedule", {"sessions": [{"id": "a", "title": "A", "led_by": "trained_people"}]}, "sessions led by people who were trained"),
        ("evaluate", {"kpis": [{"id": "a", "title": "A", "counts": "head_retained"}]}, "a KPI that counts head retained"),
        ("evaluate", {"kpis": [{"id": "a", "title": "A", "counts": "visited", "of": "goals"}]}, "KPIs that do not count schools"),
        ("evaluate", {"measures": [{"id": "a", "title": "A", "kind": "attainment_gap"}]}, "a measure of the kind attainment gap"),
        ("evaluate", {"measures": [{"id": "a", "title": "A", "kind": "pre_post", "income_source": "grants"}]}, "measures of sources of income"),
        ("gates", [{"before": "plan", "approved_by": "lead"}], "a gate before plan"),
        ("board_report", True, "a board report"),
        ("parts", ["triads"], "programmes made of several"),
        ("income_sources", ["levy"], "a ledger by source"),
    ],
)
def test_each_thing_that_cannot_be_done_is_named(part: str, values: Any, missing: str) -> None:
    assert missing_features(changed(**{part: values})) == [missing]


def test_figures_against_national_ones_in_some_schools_only_are_no_longer_missing() -> None:
    measure = {
        "id": "a",
        "title": "A",
        "kind": "rate_against_national",
        "indicator": "exclusions",
        "pupil_group": "send",
        "among": {"phases": ["primary"]},
    }
    kpi = {"id": "b", "title": "B", "counts": "better_than_national"}
    assert missing_features(changed(evaluate={"measures": [measure], "kpis": [kpi]})) == []


def test_each_kind_of_instrument_that_cannot_be_used_yet_is_named() -> None:
    asked = {"id": "view", "kind": "survey", "title": "View", "questions": [{"id": "sure", "asks": "Sure?"}]}
    assert missing_features(changed(diagnose={"instruments": [asked]})) == ["the instrument survey"]
