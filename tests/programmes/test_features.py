"""What a programme asks for that the engine cannot do yet, named instead of half done."""

from typing import Any

import pytest

from models.errors import NotSupported
from models.programme import Programme
from programmes.catalogue import find_programme, names
from programmes.features import check_supported, missing_features

RUNS_WHOLE = {"economic-exclusion", "most-at-risk", "at-risk-after-ungraded", "nurturing-schools", "inclusion-framework", "triads", "peer-review",
              "new-headteacher-support", "new-to-headship", "learning-hub", "reflective-leadership", "school-mental-health", "reading-fluency"}  # fmt: skip


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
        ("take_part", {"unit": "setting"}, "cases that are a setting"),
        ("take_part", {"invited": None, "may_opt_in": None}, "a programme in which nobody takes part"),
        ("take_part", {"member_kinds": ["charity"]}, "members that are not schools"),
        ("take_part", {"setting_kinds": ["nursery"]}, "settings that are not schools"),
        ("stages", ["diagnose", "broker", "plan", "evaluate"], "leaving out diagnosis or evaluation, or only one of brokering and visits"),
        ("schedule", {"sessions": []}, "visits without sessions"),
        ("evaluate", {"kpis": [{"id": "a", "title": "A", "counts": "licence_held"}]}, "a KPI that counts licence held"),
        ("evaluate", {"kpis": [{"id": "a", "title": "A", "counts": "visited", "of": "goals"}]}, "KPIs that do not count schools"),
        ("evaluate", {"measures": [{"id": "a", "title": "A", "kind": "survey_mean"}]}, "a measure of the kind survey mean"),
        ("evaluate", {"measures": [{"id": "a", "title": "A", "kind": "pre_post", "income_source": "grants"}]}, "measures of sources of income"),
        ("gates", [{"before": "plan", "approved_by": "lead"}], "a gate before plan"),
        ("board_report", True, "a board report"),
        ("parts", ["triads"], "programmes made of several"),
        ("income_sources", ["levy"], "a ledger by source"),
    ],
)
def test_each_thing_that_cannot_be_done_is_named(part: str, values: Any, missing: str) -> None:
    assert missing_features(changed(**{part: values})) == [missing]


def test_actions_that_are_done_can_be_counted_and_themes_can_become_a_report() -> None:
    kpi = {"id": "acted-on", "title": "Did what they agreed", "counts": "actions_done"}
    themes = {"into": "report", "sources": ["focus_areas", "needs", "notes", "plans"]}
    assert missing_features(changed(themes=themes, evaluate={"kpis": [kpi]})) == []
    said = missing_features(find_programme("peer-review"))
    assert not [one for one in said if "actions" in one or "themes" in one]


def test_taking_part_by_membership_and_letters_to_members_can_be_done() -> None:
    letter = {"newsletter": {"to": "members", "every": "half_term"}}
    assert missing_features(changed(take_part={"members_only": True}, messages=letter)) == []


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
