"""A school's standing is the newest of three regimes, and a change in kind is one sentence. All inspections here are made up."""

import datetime
from typing import Any

import pytest

from evidence.standing import Standing, changed, standing
from evidence.standings import load_standings
from models.database import Database, insert_rows
from models.evidence import Inspection

D = datetime.date


def outcome(inspected: datetime.date, grade: str, regime: str = "overall_grade", **more: Any) -> Inspection:
    values: dict[str, Any] = {"judgements": {}, "category_of_concern": None, "safeguarding_met": None, "urn_then": None, "published": None} | more
    return Inspection(id=0, urn=900001, inspected=inspected, regime=regime, grade=grade, source="made up", **values)


GOOD = outcome(D(2019, 5, 3), "Good")
REMAINS = outcome(D(2023, 5, 3), "School remains Good", "ungraded")
CONCERNS = outcome(D(2023, 5, 3), "School remains Good (Concerns) - S5 Next", "ungraded")
AREAS = outcome(D(2024, 10, 8), "Not judged", "graded", judgements={"Quality of education": "Good"}, safeguarding_met=True)
CARD = outcome(D(2026, 1, 13), "Report card", "report_card", judgements={"Inclusion": "Expected standard"}, safeguarding_met=True)
BELOW = outcome(D(2026, 1, 13), "Report card", "report_card", judgements={"Inclusion": "Needs attention", "Achievement": "Urgent improvement"})


def of(*inspections: Inspection) -> Standing:
    found = standing(inspections)
    assert found is not None
    return found


def test_a_school_that_was_never_inspected_has_no_standing() -> None:
    assert standing([]) is None


def test_the_newest_outcome_stands_whatever_the_order_of_the_rows() -> None:
    assert of(CARD, GOOD, REMAINS) == of(GOOD, REMAINS, CARD) == of(CARD)
    assert of(REMAINS, GOOD).as_of == D(2023, 5, 3)


@pytest.mark.parametrize(
    ("grade", "on_the_scale"),
    [("Outstanding", 1), ("Good", 2), ("Requires improvement", 3), ("Satisfactory", 3), ("Inadequate", 4)],
)
def test_an_overall_grade_is_on_the_scale_of_four(grade: str, on_the_scale: float) -> None:
    assert of(outcome(D(2019, 5, 3), grade)).grade == on_the_scale


def test_grades_by_area_and_report_cards_have_no_overall_grade() -> None:
    assert of(GOOD, AREAS).grade is None
    assert of(GOOD, AREAS).says == "Graded by area, without an overall grade, on 8 October 2024."
    assert of(GOOD, CARD).grade is None
    assert of(GOOD, CARD).says == "Report card of 13 January 2026 (no area needs attention)."


def test_an_ungraded_inspection_keeps_the_grade_and_says_so() -> None:
    found = of(GOOD, REMAINS)
    assert (found.grade, found.concerns) == (2, False)
    assert found.says == 'Ungraded inspection on 3 May 2023: "School remains Good"; it keeps the grade Good of 3 May 2019.'


def test_an_ungraded_inspection_alone_says_the_grade_that_remains() -> None:
    assert of(REMAINS).grade == 2
    assert of(REMAINS).says == 'Ungraded inspection on 3 May 2023: "School remains Good"; it keeps the grade Good.'


def test_standards_maintained_keeps_the_grade_before_it_also_over_two_ungraded_inspections() -> None:
    maintained = outcome(D(2025, 2, 4), "Standards maintained", "ungraded")
    assert of(outcome(D(2019, 5, 3), "Outstanding"), maintained).grade == 1
    assert of(REMAINS, maintained).grade == 2
    assert of(maintained).grade is None
    assert of(AREAS, maintained).grade is None
    assert of(AREAS, maintained).says == 'Ungraded inspection on 4 February 2025: "Standards maintained"; it keeps the outcome of 8 October 2024.'


def test_what_an_older_inspection_found_does_not_hold_when_another_grade_remains() -> None:
    found = of(outcome(D(2012, 1, 1), "Inadequate", category_of_concern="SM", safeguarding_met=False), REMAINS)
    assert (found.grade, found.in_category, found.safeguarding_not_met) == (2, False, False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("School remains Good (Concerns) - S5 Next", True), ("School remains Outstanding (Concerns) - S5 Next", True),
        ("Some aspects not as strong", True), ("School remains Good (Improving) - S5 Next", False), ("Improved significantly", False),
        ("School remains Outstanding", False),
    ],
)  # fmt: skip
def test_concerns_are_those_of_an_ungraded_inspection(words: str, expected: bool) -> None:
    assert of(outcome(D(2025, 2, 4), words, "ungraded")).concerns is expected


def test_a_report_card_with_an_area_below_the_expected_standard_has_concerns() -> None:
    assert not of(CARD).concerns
    assert of(BELOW).concerns
    assert of(BELOW).says == "Report card of 13 January 2026 (Achievement: Urgent improvement; Inclusion: Needs attention)."


@pytest.mark.parametrize(("code", "words"), [("SM", "special measures"), ("SWK", "serious weaknesses"), ("RSI", "requires significant improvement")])
def test_a_category_of_concern_is_said_and_counts_as_inadequate(code: str, words: str) -> None:
    found = of(outcome(D(2025, 2, 4), "Not judged", "graded", category_of_concern=code))
    assert (found.in_category, found.grade) == (True, 4)
    assert f"in a category of concern ({words})" in found.says


def test_a_category_stays_after_an_ungraded_inspection_that_names_no_grade() -> None:
    found = of(outcome(D(2024, 2, 4), "Inadequate", category_of_concern="SM"), outcome(D(2025, 2, 4), "Standards maintained", "ungraded"))
    assert found.in_category
    assert found.says.endswith("it stays in a category of concern.")


def test_safeguarding_counts_only_where_it_was_found_wanting() -> None:
    assert of(outcome(D(2025, 2, 4), "Good", safeguarding_met=False)).safeguarding_not_met
    assert not of(outcome(D(2025, 2, 4), "Good", safeguarding_met=None)).safeguarding_not_met


def test_an_outcome_of_the_predecessor_says_so() -> None:
    found = of(outcome(D(2019, 5, 3), "Inadequate", urn_then=900000))
    assert found.from_predecessor
    assert found.says == "Graded Inadequate on 3 May 2019, given to its predecessor 900000."
    assert not of(outcome(D(2019, 5, 3), "Inadequate", urn_then=900000), CARD).from_predecessor


def test_an_inspection_that_became_graded_on_its_day_stands_as_graded() -> None:
    assert of(outcome(D(2024, 2, 4), "Requires improvement"), outcome(D(2024, 2, 4), "School remains Good", "ungraded")).grade == 3


EDITION = outcome(D(2024, 4, 30), "Good", published=D(2024, 4, 30))


def test_a_grade_that_only_an_edition_dates_is_said_so() -> None:
    assert of(EDITION).says == "Graded Good as published in April 2024."
    assert of(outcome(D(2019, 5, 3), "Inadequate"), EDITION).grade == 2
    assert (of(EDITION).dated, of(EDITION).when) == (False, "published April 2024")
    assert (of(GOOD).dated, of(GOOD).when) == (True, f"{GOOD.inspected:%-d %B %Y}")


def test_an_edition_does_not_hide_an_inspection_that_says_the_same_in_more_detail() -> None:
    assert of(GOOD, CONCERNS, EDITION) == of(GOOD, CONCERNS)
    inadequate = outcome(D(2023, 5, 3), "Inadequate", category_of_concern="SM", published=D(2023, 6, 30))
    assert of(inadequate, outcome(D(2024, 4, 30), "Inadequate", published=D(2024, 4, 30))).in_category


def test_an_edition_does_not_hide_an_inspection_that_was_published_after_it() -> None:
    assert of(EDITION, outcome(D(2024, 4, 16), "Inadequate", published=D(2024, 5, 20))).grade == 4


@pytest.mark.parametrize(("day", "newest"), [(D(2020, 5, 3), True), (D(2020, 4, 29), False), (D(2018, 9, 26), False)])
def test_after_years_the_same_grade_in_an_edition_is_likely_to_be_that_of_an_inspection_that_is_not_known(day: datetime.date, newest: bool) -> None:
    found = of(outcome(day, "Good"), EDITION)
    assert (found.as_of, found.dated, found.newest) == (day, True, newest)
    assert found.when == f"{day:%-d %B %Y}{'' if newest else ', the newest that is known'}"


def test_a_grade_that_a_category_stands_for_is_no_lower_grade() -> None:
    card = of(outcome(D(2026, 3, 12), "report card", "report_card", judgements={"inclusion": "Urgent improvement"}, category_of_concern="SM"))
    assert (card.grade, card.stated, of(GOOD).stated) == (4, False, True)
    said = changed(of(GOOD), card)
    assert said is not None and "now in a category of concern" in said and "a lower grade" not in said


def test_an_edition_gives_way_to_every_later_inspection() -> None:
    assert of(EDITION, AREAS) == of(AREAS)
    assert of(EDITION, outcome(D(2025, 2, 4), "Standards maintained", "ungraded")).grade == 2


def test_nothing_changed_where_nothing_was_known_before_or_the_kind_is_the_same() -> None:
    assert changed(None, of(GOOD)) is None
    assert changed(None, of(BELOW)) == f"First known: concerns were raised. {of(BELOW).says}"
    assert changed(of(GOOD), None) is None
    assert changed(of(GOOD), of(GOOD, REMAINS)) is None
    assert changed(of(GOOD), of(GOOD, CARD)) is None


def test_worse_is_said_for_each_kind() -> None:
    assert changed(of(GOOD), of(GOOD, CONCERNS)) == f"Worse: concerns were raised. {of(GOOD, CONCERNS).says}"
    failed = outcome(D(2024, 2, 4), "Inadequate", category_of_concern="SM", safeguarding_met=False)
    assert changed(of(GOOD), of(GOOD, failed)) == (
        "Worse: now in a category of concern, safeguarding is not met, a lower grade. Graded Inadequate on 4 February 2024, "
        "in a category of concern (special measures), safeguarding not met."
    )


def test_better_is_said_only_where_nothing_is_worse() -> None:
    failed = outcome(D(2024, 2, 4), "Inadequate", category_of_concern="SM", safeguarding_met=False)
    better = changed(of(failed), of(failed, CARD))
    assert better is not None
    assert better.startswith("Better: no longer in a category of concern, safeguarding is no longer found wanting. Report card")
    mixed = changed(of(GOOD, CONCERNS), of(GOOD, CONCERNS, outcome(D(2024, 2, 4), "Requires improvement")))
    assert mixed is not None
    assert mixed.startswith("Worse: a lower grade. ")
    assert "Better" not in mixed


def saved(database: Database, count: int) -> None:
    rows = [{**outcome(D(2019, 5, 3), "Good").model_dump(exclude={"id"}), "urn": 900000 + n} for n in range(count)]
    rows.append({**BELOW.model_dump(exclude={"id"}), "urn": 900001})
    with database.writing() as session:
        insert_rows(session, Inspection, rows)


def test_standings_are_those_of_the_day_that_is_asked_for(database: Database) -> None:
    saved(database, 3)
    with database.reading() as session:
        before, after = load_standings(session, None, D(2025, 12, 31)), load_standings(session, [900001, 900099], D(2026, 12, 31))
    assert {urn: one.concerns for urn, one in before.items()} == {900000: False, 900001: False, 900002: False}
    assert after == {900001: of(BELOW)}


def test_standings_of_many_schools_are_read_in_parts(sqlite_database: Database) -> None:
    saved(sqlite_database, 12_000)
    with sqlite_database.reading() as session:
        everyone = load_standings(session, None, D(2026, 12, 31))
        asked = load_standings(session, range(900000, 912_000), D(2026, 12, 31))
    assert len(everyone) == 12_000
    assert asked == everyone


def test_the_words_of_an_ungraded_inspection_stand_only_while_it_is_the_newest() -> None:
    assert of(GOOD, CONCERNS).ungraded_outcome == "School remains Good (Concerns) - S5 Next"
    assert of(GOOD, CONCERNS, AREAS).ungraded_outcome is None
    assert of(GOOD).ungraded_outcome is None
