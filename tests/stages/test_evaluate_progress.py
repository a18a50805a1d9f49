"""Progress between two assessments: months, gaps and numbers of pupils, from sums that a school gives, and the reason where one is missing."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput
from models.evidence import Answer, Asking
from models.programme import Instrument, MeasureRule, Programme
from models.review import Measure
from models.words import Status
from programmes.checking import problems_of
from reports.measures import measures
from stages.asking import check_answers, check_means, means_of, parts_of
from stages.brief import load_brief
from stages.evaluate.assessments import load_assessments
from stages.evaluate.facts import collect
from stages.evaluate.progress import Assessed, attainment_gap, has_improved, months_of_progress, pupils_counted
from stages.evaluate.rules import compute
from tests.stages.builders import morning, opened, small_programme

D = datetime.date
PRE, POST = D(2026, 9, 20), D(2026, 12, 1)
READING: dict[str, Any] = {
    "id": "reading", "kind": "assessment", "title": "Reading ages", "repeats": "before_and_after", "by_group": ["fsm"], "suppress_below": 5,
    "questions": [
        {"id": "pupils", "asks": "How many pupils?", "kind": "count"},
        {"id": "ages", "asks": "What do their ages add up to?", "kind": "number", "unit": "months"},
    ],
}  # fmt: skip
INSTRUMENT = Instrument.model_validate(READING)
SHAPE: dict[str, Any] = {"title": "M", "instrument": "reading", "numerator": "ages", "denominator": "pupils"}
GAIN = MeasureRule.model_validate({"id": "gain", "kind": "months_of_progress", "unit": "months", **SHAPE})
GAP = MeasureRule.model_validate({"id": "gap", "kind": "attainment_gap", "direction": "down_is_good", "pupil_group": "fsm", **SHAPE})


def told(pupils: int, ages: float, /, **fsm: float) -> dict[str, Any]:
    return {"pupils": pupils, "ages": ages, **{f"{name}:fsm": value for name, value in fsm.items()}}


@given(st.lists(st.integers(60, 200), min_size=5, max_size=12), st.lists(st.integers(60, 200), min_size=5, max_size=12))
def test_progress_is_the_mean_age_after_less_the_mean_before(before: list[int], after: list[int]) -> None:
    found = months_of_progress(GAIN, INSTRUMENT, Assessed((PRE, told(len(before), sum(before))), (POST, told(len(after), sum(after)))))
    assert found.change == pytest.approx(sum(after) / len(after) - sum(before) / len(before), abs=2e-4)


@given(st.lists(st.integers(60, 200), min_size=5, max_size=9), st.lists(st.integers(60, 200), min_size=5, max_size=9))
def test_a_gap_is_by_how_much_all_others_are_ahead_of_the_group(others: list[int], group: list[int]) -> None:
    said = told(len(others) + len(group), sum(others) + sum(group), pupils=len(group), ages=sum(group))
    found = attainment_gap(GAP, INSTRUMENT, Assessed((PRE, said)))
    assert found.baseline.value == pytest.approx(sum(others) / len(others) - sum(group) / len(group), abs=2e-4)
    assert found.change is None and found.why_missing == "not assessed again"


def test_a_test_whose_points_are_no_months_is_converted_as_its_makers_published() -> None:
    rule = GAIN.model_copy(update={"months_per_point": 1.5})
    assert months_of_progress(rule, INSTRUMENT, Assessed((PRE, told(10, 200)), (POST, told(10, 280)))).change == 12.0


@pytest.mark.parametrize(
    ("assessed", "why"),
    [
        (Assessed(), "not assessed"),
        (Assessed((PRE, told(8, 800))), "not assessed again"),
        (Assessed(None, (POST, told(8, 800))), "no baseline: not assessed"),
        (Assessed((PRE, told(4, 400)), (POST, told(8, 800))), "no baseline: too few pupils to show"),
        (Assessed((PRE, told(8, 800)), (POST, told(0, 0))), "no pupils"),
    ],
)
def test_progress_that_cannot_be_said_has_its_reason_and_is_never_zero(assessed: Assessed, why: str) -> None:
    found = months_of_progress(GAIN, INSTRUMENT, assessed)
    assert found.change is None and found.why_missing == why


def test_a_gap_is_hidden_where_the_group_or_the_rest_is_small_and_missing_where_it_was_not_given() -> None:
    def why(said: dict[str, Any]) -> str | None:
        return attainment_gap(GAP, INSTRUMENT, Assessed((PRE, said), (POST, said))).baseline.why

    assert why(told(10, 1000)) == "not given for this group"
    assert why(told(10, 1000, pupils=4, ages=400)) == "too few pupils to show"
    assert why(told(10, 1000, pupils=6, ages=600)) == "too few pupils to show"
    assert why(told(10, 1000, pupils=5, ages=400)) is None


def test_the_mean_of_a_group_is_hidden_where_with_that_of_all_it_would_tell_of_a_few_others() -> None:
    fsm = GAIN.model_copy(update={"pupil_group": "fsm"})

    def why(pupils: int) -> str | None:
        said = told(10, 1000, pupils=pupils, ages=pupils * 100)
        return months_of_progress(fsm, INSTRUMENT, Assessed((PRE, said), (POST, said))).baseline.why

    assert why(8) == "too few pupils to show"
    assert why(10) is None and why(5) is None


def test_pupils_are_counted_over_all_instruments_that_ask_and_what_is_not_given_is_missing() -> None:
    both = [Assessed((PRE, told(8, 800)), (POST, told(7, 700))), Assessed((PRE, told(5, 500)))]
    found = pupils_counted("pupils", both)
    assert (found.baseline.value, found.endline.value) == (13.0, 7.0)
    assert pupils_counted("pupils", [Assessed()]).baseline.why == "not assessed"


def test_a_school_has_improved_where_all_that_is_known_went_the_right_way() -> None:
    def change(before: int, after: int | None) -> Any:
        assessed = Assessed((PRE, told(10, before * 10)), (POST, told(10, after * 10)) if after is not None else None)
        return GAIN, months_of_progress(GAIN, INSTRUMENT, assessed)

    assert has_improved([change(100, 101), change(90, None)]) is True
    assert has_improved([change(100, 101), change(90, 90)]) is False
    assert has_improved([change(90, None)]) is None


def test_sums_may_be_given_by_group_and_a_mean_given_for_a_sum_is_refused() -> None:
    programme = reading_programme()
    assert parts_of(programme, INSTRUMENT) == [] and means_of(programme, INSTRUMENT) == [("ages", "pupils")] * 2
    said = check_answers(INSTRUMENT, told(8, 880, pupils=3, ages=300), parts_of(programme, INSTRUMENT))
    check_means(said, means_of(programme, INSTRUMENT))
    with pytest.raises(BadInput, match=r'"ages" is 110, a mean of 14 months: give the sum of the ages of all who were assessed, in months\.$'):
        check_means(told(8, 110), means_of(programme, INSTRUMENT))
    with pytest.raises(BadInput, match=r'"ages:fsm" is more than the whole of 880\.5'):
        check_answers(INSTRUMENT, told(8, 880.5, pupils=3, ages=900), parts_of(programme, INSTRUMENT))
    with pytest.raises(BadInput, match=r'"ages:fsm" is 5, without any pupils'):
        check_means(told(8, 880, pupils=0, ages=5), means_of(programme, INSTRUMENT))


def reading_programme(**more: Any) -> Programme:
    values = small_programme(places=4).model_dump(mode="json")
    values["diagnose"]["instruments"].append({**READING, **more})
    counted = {"id": "pupils", "title": "Pupils", "kind": "counts", "question": "pupils"}
    kpi = {"id": "improved", "title": "Improved", "counts": "improved_since", "excluding": ["not_yet_due"]}
    values["evaluate"] = {"measures": [GAIN.model_dump(), GAP.model_dump(), counted], "kpis": [kpi]}
    return Programme.model_validate(values)


def test_measures_of_progress_that_could_never_be_taken_are_refused_in_the_file() -> None:
    def said(which: int, **more: Any) -> list[str]:
        values = reading_programme().model_dump(mode="json")
        values["evaluate"]["measures"][which] |= more
        return [words for place, words in problems_of(Programme.model_validate(values)) if place[:2] == ("evaluate", "measures")]

    assert said(0) == []
    assert "give the instrument, with the question that adds up" in said(0, numerator=None)[0]
    assert said(1, pupil_group="eal") == ['"eal" is no group of "reading"']
    assert said(1, pupil_group=None) == ["a gap is between a group and all other pupils, so name the group"]
    assert said(2, question=None) == ["it counts, so say with question what"]
    assert said(2, months_per_point=2.0) == ["only progress and gaps are converted into months"]
    once = reading_programme(repeats="once")
    assert '"reading" is asked once, so there is no progress to see' in [words for _, words in problems_of(once)]


def test_what_was_corrected_before_the_second_asking_belongs_to_the_start(database: Database, tmp_path: Path) -> None:
    commission_id = opened(database, tmp_path, reading_programme())
    with database.writing() as session:
        better, same, open_one, silent = session.exec(select(Case.id).where(Case.joined_by == "invited").order_by(col(Case.id))).all()
        for number in (better, same):
            session.add(Asking(case_id=number, instrument="reading", round=2, asked_at=morning(POST), due=D(2026, 12, 15)))
        rows = [(better, 1, PRE, 700), (better, 2, D(2026, 10, 1), 800), (better, 3, D(2026, 12, 2), 980), (same, 1, PRE, 800),
                (same, 2, D(2026, 12, 2), 800), (open_one, 1, PRE, 800), (open_one, 2, D(2026, 12, 3), 990)]  # fmt: skip
        for number, edition, day, ages in rows:
            session.add(Answer(case_id=number, instrument="reading", edition=edition, answers=told(8, ages), at=morning(day)))
    with database.reading() as session:
        found = load_assessments(session, [better, same, open_one, silent])
        brief = load_brief(session, commission_id)
        facts = [one for one in collect(session, brief, D(2027, 1, 5)) if one.case_id in {better, same, open_one, silent}]
    assert found[better, "reading"] == Assessed((D(2026, 10, 1), told(8, 800)), (D(2026, 12, 2), told(8, 980)))
    # Nobody asked it again, so whatever it answered is of the start.
    assert found[open_one, "reading"].after is None and (silent, "reading") not in found
    assert {one.case_id: one.improved for one in facts} == {better: True, same: False, open_one: None, silent: None}
    kpi = compute(brief.programme.evaluate.kpis[0], facts, brief.calendar, D(2027, 1, 5))
    assert (kpi.numerator, kpi.denominator, kpi.excluded) == (1, 2, {"not_yet_due": 2})
    assert all(one.status is Status.SELECTED for one in facts)


def test_pupils_are_added_up_over_the_schools_that_gave_both_numbers_and_too_few_are_not_shown(sqlite_database: Database, tmp_path: Path) -> None:
    commission_id = opened(sqlite_database, tmp_path, reading_programme())

    def shown(*values: tuple[float | None, float | None]) -> dict[str, Any]:
        with sqlite_database.writing() as session:
            for one in session.exec(select(Measure)).all():
                session.delete(one)
            session.flush()
            numbers = session.exec(select(Case.id).order_by(col(Case.id))).all()
            for number, (before, after) in zip(numbers, values, strict=False):
                why = None if before is not None else "not assessed"
                session.add(Measure(case_id=number, measure="pupils", unit="pupils", baseline=before, endline=after, why_missing=why))
        with sqlite_database.reading() as session:
            return next(row for row in measures(session, load_brief(session, commission_id)) if row["id"] == "pupils")

    row = shown((8.0, 7.0), (5.0, 6.0), (12.0, None), (None, 9.0), (None, None))
    left_out = {"no endline": 1, "not assessed": 2}
    assert (row["baseline"], row["endline"], row["schools"], row["left_out"], row["caution"]) == (13.0, 13.0, 2, left_out, None)
    row = shown((12.0, None), (None, None))
    assert (row["baseline"], row["endline"], row["schools"], row["caution"]) == (None, None, 0, None)
    assert shown((0.0, 7.0))["baseline"] == 0.0
    row = shown((3.0, 2.0))
    assert (row["baseline"], row["endline"], row["caution"]) == (None, None, "too few pupils to show")
