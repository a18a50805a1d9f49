"""Who is in: each school in, asked or out, and why."""

import dataclasses
import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.indicators import Held
from evidence.standing import Standing
from models.errors import BadInput
from models.programme import Programme, SchoolFilter
from models.school import School
from models.words import Phase, SchoolStatus
from programmes.catalogue import find_programme
from stages.commission.rules import Chosen, check_terms, choose, limit_places
from stages.commission.terms import nobody_meets, not_known, why_in, why_not

TODAY = datetime.date(2026, 9, 1)
CENTRE = {"name": "Old Town", "easting": 450_000, "northing": 200_000}


def school(urn: int = 1, **more: Any) -> School:
    base = {"name": "S", "authority": "998", "authority_name": "M", "type_name": "Community school", "status": SchoolStatus.MAINTAINED,
            "phase": Phase.PRIMARY, "state_funded": True, "open": True}  # fmt: skip
    return School(urn=urn, **{**base, **more})


def wanted(**what: Any) -> SchoolFilter:
    return SchoolFilter.model_validate(what)


def programme(**take_part: Any) -> Programme:
    return find_programme("economic-exclusion").model_copy(
        update={"take_part": find_programme("economic-exclusion").take_part.model_copy(update=take_part)}
    )


def test_nothing_asked_for_lets_every_school_in() -> None:
    assert why_not(wanted(), school(), TODAY) is None


@pytest.mark.parametrize(
    ("filter_", "known", "reason"),
    [
        ({"status": ["maintained"]}, {"status": SchoolStatus.ACADEMY}, "it is an academy school"),
        ({"status": ["academy"]}, {}, "it is a maintained school"),
        ({"phases": ["primary"]}, {"phase": Phase.ALL_THROUGH}, "its phase is all through"),
        ({"last_grade": ["Good"]}, {"last_grade": "Inadequate"}, "its last grade is Inadequate"),
        ({"last_grade": ["Good"]}, {}, "its last grade is not known"),
        ({"indicators": {"pupils": {"at_or_above": 100}}}, {"pupils": 99}, "its number of pupils on roll is 99, not at or above 100"),
        ({"indicators": {"pupils": {"at_or_above": 100}}}, {}, "its number of pupils on roll is not known"),
        ({"indicators": {"pupils": {"at_or_below": 100}}}, {}, "its number of pupils on roll is not known"),
        (
            {"indicators": {"idaci_decile": {"at_or_below": 3}}},
            {},
            "its decile of income deprivation affecting children around it (1 is most deprived) is not known",
        ),
        (
            {"near": {"within_km": 2, "points": [CENTRE]}},
            {"easting": 453_000, "northing": 204_000},
            "the nearest place, Old Town, is 5.0 km away, not within 2 km",
        ),
        ({"near": {"within_km": 2, "points": [CENTRE]}}, {"easting": 450_000}, "it has no coordinates, so its distance is not known"),
    ],
)
def test_a_school_that_does_not_pass_is_told_which_figure_stops_it(filter_: dict[str, Any], known: dict[str, Any], reason: str) -> None:
    assert why_not(wanted(**filter_), school(**known), TODAY) == reason


@pytest.mark.parametrize("indicator", ["small_school", "self_evaluation"])
def test_a_reason_reads_as_a_sentence_whatever_the_indicator(indicator: str) -> None:
    reason = why_not(wanted(indicators={indicator: {"at_or_above": 2}}), school(pupils=500), TODAY)
    assert reason is not None and "its the " not in reason and "its fewer" not in reason


@pytest.mark.parametrize(("pupils", "passes"), [(99, False), (100, True), (150, True), (200, True), (201, False)])
def test_bounds_include_their_own_value(pupils: int, passes: bool) -> None:
    bounds = wanted(indicators={"pupils": {"at_or_above": 100, "at_or_below": 200}})
    assert (why_not(bounds, school(pupils=pupils), TODAY) is None) is passes


@pytest.mark.parametrize(("metres", "passes"), [(0, True), (2000, True), (2001, False)])
def test_a_school_is_near_up_to_and_including_the_distance(metres: int, passes: bool) -> None:
    near = wanted(near={"within_km": 2, "points": [{**CENTRE, "easting": 600_000}, CENTRE]})
    assert (why_not(near, school(easting=450_000 + metres, northing=200_000), TODAY) is None) is passes


def test_being_near_any_one_place_is_enough_and_the_nearest_is_named() -> None:
    points = [{**CENTRE, "name": "Far", "easting": 460_000}, {**CENTRE, "name": "Nearer", "easting": 455_000}]
    assert why_not(wanted(near={"within_km": 5, "points": points}), school(easting=450_000, northing=200_000), TODAY) is None
    reason = why_not(wanted(near={"within_km": 4, "points": points}), school(easting=450_000, northing=200_000), TODAY)
    assert reason == "the nearest place, Nearer, is 5.0 km away, not within 4 km"


def test_one_filter_of_any_of_is_enough_but_all_the_rest_must_hold_too() -> None:
    either = wanted(status=["maintained"], any_of=[{"phases": ["nursery"]}, {"last_grade": ["Inadequate"]}])
    assert why_not(either, school(phase=Phase.NURSERY), TODAY) is None
    assert why_not(either, school(last_grade="Inadequate"), TODAY) is None
    assert why_not(either, school(last_grade="Inadequate", status=SchoolStatus.ACADEMY), TODAY) == "it is an academy school"
    assert why_not(either, school(last_grade="Good"), TODAY) == "its phase is primary and its last grade is Good"


phases, statuses = st.sampled_from(list(Phase)), st.sampled_from(list(SchoolStatus))
plain_filters = st.fixed_dictionaries({"status": st.lists(statuses, max_size=2), "phases": st.lists(phases, max_size=3)})
filters = st.builds(lambda own, inner: {**own, "any_of": inner}, plain_filters, st.lists(plain_filters, max_size=2))


@given(filters, statuses, phases)
def test_a_school_passes_exactly_when_every_part_holds(filter_: dict[str, Any], status: SchoolStatus, phase: Phase) -> None:
    def holds(one: dict[str, Any]) -> bool:
        own = (not one["status"] or status in one["status"]) and (not one["phases"] or phase in one["phases"])
        return own and (not one.get("any_of") or any(holds(inner) for inner in one["any_of"]))

    assert (why_not(wanted(**filter_), school(status=status, phase=phase), TODAY) is None) == holds(filter_)


def test_on_economic_exclusion_maintained_schools_are_in_academies_asked_and_others_out() -> None:
    schools = [school(1), school(2, status=SchoolStatus.ACADEMY), school(3, status=SchoolStatus.OTHER), school(4, phase=Phase.POST_16)]
    assert choose(find_programme("economic-exclusion"), schools, TODAY) == [
        Chosen(1, "invited", "it meets the programme's terms: it is a maintained school; its phase is primary"),
        Chosen(2, "asked", "it is an academy school, and may opt in: it is an academy school; its phase is primary"),
        Chosen(3, "out", "it is an other school"),
        Chosen(4, "out", "its phase is post 16"),
    ]


def test_on_most_at_risk_only_the_grades_named_are_in_and_nobody_is_asked() -> None:
    grades = ["Outstanding", "Good", "Requires improvement", "Inadequate", None]
    chosen = choose(find_programme("most-at-risk"), [school(n, last_grade=grade) for n, grade in enumerate(grades)], TODAY)
    assert [one.outcome for one in chosen] == ["out", "out", "invited", "invited", "out"]
    assert chosen[4].reason == "its last grade is not known"


def test_a_programme_that_invites_nobody_asks_those_who_may_opt_in() -> None:
    asked = choose(programme(invited=None), [school(status=SchoolStatus.ACADEMY), school(2)], TODAY)
    assert [one.outcome for one in asked] == ["asked", "out"]
    assert choose(programme(invited=None, may_opt_in=None), [school()], TODAY) == [Chosen(1, "out", "nobody is in without asking")]


def test_where_only_members_take_part_all_others_are_out_whatever_else_they_are() -> None:
    schools = [school(1), school(2), school(3, status=SchoolStatus.ACADEMY), school(4, phase=Phase.POST_16), school(5, phase=Phase.POST_16)]
    assert choose(programme(members_only=True), schools, TODAY, members={1, 3, 4}) == [
        Chosen(1, "invited", "it meets the programme's terms: it is a member of the partnership; it is a maintained school; its phase is primary"),
        Chosen(2, "out", "it is no member of the partnership"),
        Chosen(3, "asked", "it is an academy school, and may opt in: it is an academy school; its phase is primary"),
        Chosen(4, "out", "its phase is post 16"),
        Chosen(5, "out", "it is no member of the partnership"),
    ]
    assert choose(programme(), schools, TODAY, members={1}) == choose(programme(), schools, TODAY)


@given(st.dictionaries(st.integers(1, 40), st.none() | st.integers(0, 5), max_size=20), st.integers(1, 8), st.sets(st.integers(1, 40)))
def test_limited_places_go_to_the_highest_figures_and_unknown_comes_last(ranking: dict[int, int | None], places: int, asked: set[int]) -> None:
    before = [Chosen(urn, "asked" if urn in asked else "invited", "why") for urn in ranking]
    after = limit_places(before, places, {urn: None if value is None else float(value) for urn, value in ranking.items()}, "score")
    assert [one.urn for one in after] == [one.urn for one in before]
    assert [one for one in after if one.urn in asked] == [one for one in before if one.urn in asked]
    queue = [urn for urn in ranking if urn not in asked]
    inside: list[int] = []
    while queue and len(inside) < places:  # the slow way: take the best, one at a time
        best = queue[0]
        for urn in queue:
            mine, other = ranking[urn], ranking[best]
            better = mine is not None and (other is None or mine > other)
            if better or (mine == other and urn < best):
                best = urn
        inside.append(best)
        queue.remove(best)
    assert {one.urn for one in after if one.outcome == "invited"} == set(inside)
    assert {one.urn for one in after if one.outcome == "out"} == set(queue)


def test_a_school_hears_its_rank_and_how_many_places_there_are() -> None:
    chosen = [Chosen(urn, "invited", "why") for urn in (1, 2, 3)]
    assert limit_places(chosen, 2, {1: 5.0, 2: None, 3: 9.0}, "score") == [
        Chosen(1, "invited", "rank 2 of 3 for 2 places: its score is 5; why"),
        Chosen(2, "out", "rank 3 of 3, and there are 2 places: its score is not known; why"),
        Chosen(3, "invited", "rank 1 of 3 for 2 places: its score is 9; why"),
    ]


def test_equals_share_a_rank_and_hear_what_decided_only_where_the_last_place_falls_among_them() -> None:
    chosen = [Chosen(urn, "invited", "why") for urn in (5, 4, 3, 2, 1)]
    figures = {1: 9.0, 2: 9.0, 3: 5.0, 4: 5.0, 5: 5.0}
    decided = ": its score is 5; equal in score with 2 others, decided by the lower URN; why"
    assert limit_places(chosen, 3, figures, "score") == [
        Chosen(5, "out", f"rank 3= of 5, and there are 3 places{decided}"),
        Chosen(4, "out", f"rank 3= of 5, and there are 3 places{decided}"),
        Chosen(3, "invited", f"rank 3= of 5 for 3 places{decided}"),
        Chosen(2, "invited", "rank 1= of 5 for 3 places: its score is 9; why"),
        Chosen(1, "invited", "rank 1= of 5 for 3 places: its score is 9; why"),
    ]
    assert not any("decided" in one.reason for places in (2, 5) for one in limit_places(chosen, places, figures, "score"))


def test_schools_of_which_the_figure_is_not_known_are_not_called_equal() -> None:
    chosen = [Chosen(urn, "invited", "why") for urn in (1, 2)]
    first, second = limit_places(chosen, 1, {1: None}, "score")
    assert first.reason == "rank 1= of 2 for 1 place: its score is not known; the score of 1 other is not known either, decided by the lower URN; why"
    assert (second.outcome, second.reason.partition(":")[0]) == ("out", "rank 1= of 2, and there is 1 place")


START, END = datetime.date(2026, 9, 1), datetime.date(2027, 7, 31)


def test_terms_that_make_sense_are_taken() -> None:
    check_terms(find_programme("most-at-risk"), "local_authority", START, END, 1, START)


@pytest.mark.parametrize(
    ("kind", "starts", "ends", "budget", "says"),
    [
        ("public_health", START, END, 1, "cannot be commissioned by a public health: it is for local authority"),
        ("local_authority", START, END, 0, "The budget is nothing"),
        ("local_authority", START, END, -5, "The budget is nothing"),
        ("local_authority", datetime.date(2026, 8, 31), END, 1, "would start on 31 August 2026, which is past"),
        ("local_authority", START, START, 1, "would end before it starts"),
    ],
)
def test_terms_that_make_no_sense_are_refused(kind: str, starts: datetime.date, ends: datetime.date, budget: int, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_terms(find_programme("most-at-risk"), kind, starts, ends, budget, START)


def test_a_loaded_inspection_counts_before_the_grade_in_the_register() -> None:
    better = Standing("Good.", 2.0, False, False, False, TODAY, False)
    asked, one = wanted(last_grade=["Good"]), school(last_grade="Inadequate")
    assert why_not(asked, one, TODAY) == "its last grade is Inadequate"
    assert why_not(asked, one, TODAY, Held(standings={1: better})) is None
    card = Standing("A report card.", None, False, False, False, TODAY, False)
    assert why_not(asked, one, TODAY, Held(standings={1: card})) == "its last grade is Inadequate"


def test_a_filter_by_standing_takes_any_of_its_words_and_no_unknown_school() -> None:
    asked = wanted(standing=["category_of_concern", "safeguarding_not_met"])
    unsafe = Standing("Safeguarding is not met.", None, False, True, False, TODAY, False)
    assert why_not(asked, school(), TODAY) == "no inspection of it is known"
    assert why_not(asked, school(), TODAY, Held(standings={1: unsafe})) is None
    assert why_not(wanted(standing=["concerns"]), school(), TODAY, Held(standings={1: unsafe})) == (
        "it is not a school whose inspection raised concerns (Safeguarding is not met)"
    )


def test_a_filter_by_ungraded_outcome_takes_the_words_in_any_capitals_and_only_of_the_newest_inspection() -> None:
    asked = wanted(ungraded_outcome=["School remains Good (Concerns) - S5 Next"])
    concerns = Standing("Concerns.", 2.0, False, False, True, TODAY, False, "School remains good (concerns) - S5 next")
    assert why_not(asked, school(), TODAY, Held(standings={1: concerns})) is None
    assert why_not(asked, school(), TODAY) == "no inspection of it is known"
    graded = Standing("Good.", 2.0, False, False, False, TODAY, False)
    assert why_not(asked, school(), TODAY, Held(standings={1: graded})) == "its newest inspection (1 September 2026) was not an ungraded one"
    remains = Standing("Good.", 2.0, False, False, False, TODAY, False, "School remains Good")
    assert why_not(asked, school(), TODAY, Held(standings={1: remains})) == 'its ungraded inspection found: "School remains Good" (1 September 2026)'


CONCERNS = Standing("Concerns.", 2.0, False, False, True, datetime.date(2026, 3, 12), False, "Some aspects not as strong")


def test_a_school_that_is_in_is_told_each_term_with_its_own_figure() -> None:
    asked = wanted(
        status=["maintained"],
        last_grade=["Good"],
        trusts=["Hill Trust"],
        standing=["concerns"],
        ungraded_outcome=["Some aspects not as strong"],
        indicators={"pupils": {"at_or_above": 100, "at_or_below": 300}},
        near={"within_km": 6, "points": [CENTRE]},
        any_of=[{"phases": ["nursery"]}, {"phases": ["primary"], "indicators": {"fsm_share": {"at_or_above": 20}}}],
    )
    one = school(trust="Hill Trust", pupils=210, fsm_share=23.5, easting=453_000, northing=204_000)
    held = Held(standings={1: CONCERNS})
    assert why_not(asked, one, TODAY, held) is None
    assert why_in(asked, one, TODAY, held) == [
        "it is a maintained school",
        "its last grade is Good",
        "it belongs to Hill Trust",
        "its standing: Concerns",
        'outcome of its ungraded inspection: "Some aspects not as strong" (12 March 2026)',
        "its number of pupils on roll is 210 (at or above 100 and at or below 300)",
        "5.0 km from Old Town (within 6 km)",
        "its phase is primary",
        "its share of pupils eligible for free school meals (per cent) is 23.5 (at or above 20)",
    ]
    assert why_in(wanted(), one, TODAY) == []


def test_on_at_risk_after_ungraded_a_school_reads_the_outcome_and_its_day() -> None:
    (chosen,) = choose(find_programme("at-risk-after-ungraded"), [school()], TODAY, Held(standings={1: CONCERNS}))
    assert chosen.outcome == "invited" and chosen.reason == (
        "it meets the programme's terms: it is a maintained school; its phase is primary; "
        'outcome of its ungraded inspection: "Some aspects not as strong" (12 March 2026)'
    )


def test_where_nobody_is_in_it_is_said_of_how_many_schools_a_figure_is_not_known_and_what_to_load() -> None:
    schools = [school(1), school(2), school(3)]
    held = Held(standings={1: dataclasses.replace(CONCERNS, ungraded_outcome="School remains Good")})
    assert nobody_meets(find_programme("at-risk-after-ungraded"), schools, TODAY, held) == (
        "No school meets the terms of Support after an ungraded inspection: the outcome of an ungraded inspection is not known for 2 of 3 schools: "
        "load Ofsted's latest inspections with `lodestar evidence load FILE`."
    )
    everywhere = Held(standings=dict.fromkeys([1, 2, 3], held.standings[1]))
    assert nobody_meets(find_programme("at-risk-after-ungraded"), schools, TODAY, everywhere).endswith(": look at take_part in the programme file.")


@pytest.mark.parametrize(
    ("filter_", "says"),
    [
        ({"last_grade": ["Good"]}, "the last grade is not known for 1 of 1 school: load Ofsted's latest inspections with "),
        ({"standing": ["concerns"]}, "the outcome of an inspection is not known for 1 of 1 school: load Ofsted's latest inspections with "),
        ({"near": {"within_km": 2, "points": [CENTRE]}}, "the place (coordinates) is not known for 1 of 1 school: load the register with "),
        ({"indicators": {"pupils": {"at_or_above": 1}}}, "the number of pupils on roll is not known for 1 of 1 school: load the register with "),
        (
            {"any_of": [{"indicators": {"overall_absence": {"at_or_above": 1}}}]},
            'is not known for 1 of 1 school: load a file of the kind "absence" with ',
        ),
    ],
)
def test_each_figure_that_is_not_known_names_what_to_load(filter_: dict[str, Any], says: str) -> None:
    (line,) = not_known(wanted(**filter_), [school()], TODAY)
    assert says in line


@pytest.mark.parametrize(("metres", "says"), [(10_001, "10.001 km"), (10_049, "10.05 km"), (10_060, "10.1 km")])
def test_a_distance_just_beyond_the_limit_is_told_with_enough_decimals(metres: int, says: str) -> None:
    at = CENTRE["easting"], CENTRE["northing"]
    one = school(easting=at[0] + metres, northing=at[1])
    said = why_not(wanted(near={"within_km": 10, "points": [CENTRE]}), one, TODAY)
    assert said is not None and f"is {says} away, not within 10 km" in said


@pytest.mark.parametrize(("value", "says"), [(24.996, "24.9960"), (24.5, "24.5"), (24.999999, "24.999998999999999")])
def test_a_figure_just_out_of_bounds_is_told_with_enough_decimals(value: float, says: str) -> None:
    said = why_not(wanted(indicators={"fsm_share": {"at_or_above": 25}}), school(fsm_share=value), TODAY)
    assert said is not None and f" is {says}, not at or above 25" in said
