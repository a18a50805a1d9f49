"""The diagnoses of a commission side by side: ranked, counted in bands, and how much hangs on the weights."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from models.database import Database, insert_returning_ids, insert_rows
from models.evidence import Diagnosis, Evidence, Finding, Load
from models.programme import Category
from models.school import School
from models.words import Role, Status
from reports.diagnosis import distribution, known_figures, ranked, sensitivity_table, shown, shown_figures
from stages.brief import load_brief
from stages.diagnose.rules import DEMANDED
from stages.pipeline import run_all
from tests.stages.builders import Journey, journey


@pytest.fixture
def assessed(database: Database, tmp_path: Path) -> Journey:
    return journey(database, tmp_path).until(Status.AWAITING_CONFIRMATION)


def others(one: Journey) -> None:
    """Bring all other cases as far as the first."""
    run_all(one.database, one.commission_id, one.at.add(months=2))


@given(st.lists(st.none() | st.floats(0, 100, allow_nan=False)))
def test_every_school_is_in_one_band(scores: list[float | None]) -> None:
    found = distribution([{"score": score} for score in scores])
    assert sum(row["schools"] for row in found) == len(scores)
    assert [row["score"] for row in found[:10]] == [f"{low} to {low + 10}" for low in range(0, 100, 10)]
    for place, row in enumerate(found[:10]):
        low = place * 10
        assert row["schools"] == sum(score is not None and (low <= score < low + 10 or score == 100 == low + 10) for score in scores)
    assert (len(found) == 11) is (None in scores)


def test_schools_are_ranked_highest_need_first_by_their_newest_diagnosis(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.reading() as session:
        rows = ranked(session, assessed.commission_id)
    scores = [row["score"] for row in rows if row["score"] is not None]
    assert scores == sorted(scores, reverse=True) and len(rows) > 1
    assert [row["rank"] for row in rows] == [
        1 + sum(score > row["score"] for score in scores) if row["score"] is not None else len(scores) + 1 for row in rows
    ]
    assert {row["case"] for row in rows} >= {assessed.case_id} and all(row["school"] and row["lowest"] <= row["highest"] for row in rows)


def test_a_score_that_is_not_known_comes_last_and_a_persons_category_is_beside_the_rules(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.writing() as session:
        again(session, assessed, score=None)
    chosen = next(one.id for one in categories(assessed) if one.id != assessed.case.category)
    assessed.decide("override", Role.ADVISER, category=chosen, reason="The head left.")
    with assessed.database.reading() as session:
        rows = ranked(session, assessed.commission_id)
    assert (rows[-1]["case"], rows[-1]["score"]) == (assessed.case_id, None)
    assert rows[-1]["category"] == chosen != rows[-1]["by_the_rules"] and distribution(rows)[-1] == {"score": "not known", "schools": 1}


def test_equal_scores_share_a_rank_in_the_order_of_cases(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.reading() as session:
        first, second = (row for row in ranked(session, assessed.commission_id)[:2])
    with assessed.database.writing() as session:
        last = session.exec(select(Diagnosis).where(Diagnosis.case_id == second["case"])).one().model_dump(exclude={"id"})
        insert_rows(session, Diagnosis, [last | {"score": first["score"]}])
    with assessed.database.reading() as session:
        rows = ranked(session, assessed.commission_id)
    assert [(row["rank"], row["shared"]) for row in rows[:2]] == [(1, True), (1, True)]
    assert [row["case"] for row in rows[:2]] == sorted([first["case"], second["case"]])
    assert [row["rank"] for row in shown(rows)][:2] == ["1=", "1="] and "shared" not in shown(rows)[0]


def categories(one: Journey) -> list[Category]:
    with one.database.reading() as session:
        return load_brief(session, one.commission_id).programme.diagnose.categories


def again(session: Session, one: Journey, **changed: Any) -> None:
    """Keep a further diagnosis of the case, as it was but for what is changed."""
    last = one.rows(Diagnosis)[-1].model_dump(exclude={"id"})
    insert_rows(session, Diagnosis, [last | changed])


def test_each_weight_is_moved_down_and_up_by_a_fifth(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.reading() as session:
        rows = sensitivity_table(session, assessed.commission_id)
        weights = load_brief(session, assessed.commission_id).programme.diagnose.indicators
    assert [row["times"] for row in rows] == [0.8, 1.2] * len(weights)
    assert all(row["schools_that_change"] == len(row["which"]) for row in rows)


SUM = [{"indicator": "fsm_share", "value": 30, "points": 100, "weight": 1, "among": "commission", "missing": None},
       {"indicator": "pupils", "value": 90, "points": 0, "weight": 1, "among": "commission", "missing": None},
       {"indicator": "small_school", "value": None, "points": None, "weight": 5, "among": "commission", "missing": "not_in_source"}]  # fmt: skip


def test_a_line_says_what_its_score_is_without(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.writing() as session:
        again(session, assessed, score=50, sum=SUM)
    with assessed.database.reading() as session:
        rows = {row["case"]: row for row in ranked(session, assessed.commission_id)}
    assert rows[assessed.case_id]["without"] == ["small_school"]
    told = {row["case"]: row for row in shown(list(rows.values()))}
    assert told[assessed.case_id]["without"] == "small school"
    assert {row["without"] for number, row in told.items() if not rows[number]["without"]} <= {None}
    full = [row | {"without": []} for row in rows.values()]
    assert not any("without" in row for row in shown(full))


def test_each_indicator_says_for_how_many_schools_it_is_known_and_what_brings_one_that_is_known_for_none(assessed: Journey) -> None:
    others(assessed)
    with assessed.database.reading() as session:
        cases = [row["case"] for row in ranked(session, assessed.commission_id)]
        newest = {one.case_id: one.model_dump(exclude={"id"}) for one in session.exec(select(Diagnosis).order_by(col(Diagnosis.id))).all()}
    unknown = {"value": None, "points": None, "missing": "not_in_source"}
    with assessed.database.writing() as session:  # meals are known for all but the first school, absence for none
        insert_rows(session, Diagnosis, [
            newest[case] | {"sum": [SUM[0] | (unknown if case == cases[0] else {}), {**SUM[0], **unknown, "indicator": "persistent_absence"},
                                    {**SUM[0], **unknown, "indicator": "self_evaluation"}]}
            for case in cases
        ])  # fmt: skip
    with assessed.database.reading() as session:
        found = known_figures(session, assessed.commission_id)
    assert [(row["indicator"], row["known"], row["schools"]) for row in found] == [
        ("fsm_share", len(cases) - 1, len(cases)), ("persistent_absence", 0, len(cases)), ("self_evaluation", 0, len(cases)),
    ]  # fmt: skip
    assert shown_figures(found) == [
        {"indicator": "free school meals", "known_for": f"{len(cases) - 1} of {len(cases)} schools", "note": None},
        {"indicator": "persistent absence", "known_for": f"none of {len(cases)} schools", "note": 'A file of the kind "absence" brings it'},
        {"indicator": "own answers", "known_for": f"none of {len(cases)} schools", "note": "No school has answered"},
    ]


def test_a_kindred_figure_that_is_loaded_is_named_beside_one_that_is_known_for_no_school() -> None:
    row = {"indicator": "fsm_share", "known": 0, "schools": 2, "brought_by": "census", "beside": {"fsm6_share": 1}}
    assert shown_figures([row])[0]["note"] == (
        'A file of the kind "census" brings it. For 1 school the six-year figure is loaded; the programme asks for the current figure'
    )


def test_a_diagnosis_and_its_findings_name_a_kindred_figure_and_do_not_count_it(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path)
    load = {"at": one.at, "as_of": one.at.date(), "kind": "census", "file_name": "census.csv", "digest": "0" * 64, "edition": "2025/26",
            "rows_read": 1, "rows_kept": 1}  # fmt: skip
    with database.writing() as session:
        session.execute(update(School).values(fsm_share=None))
        session.execute(delete(Evidence).where(col(Evidence.indicator) == "fsm_share"))
        number = insert_returning_ids(session, Load, [load])[0]
        insert_rows(session, Evidence, [{"urn": one.case.urn, "indicator": "fsm6_share", "as_of": one.at.date(), "value": 31.5, "load_id": number}])
    one.until(Status.AWAITING_CONFIRMATION)
    others(one)
    kin = "the six-year figure is loaded; the programme asks for the current figure"
    diagnosis = one.rows(Diagnosis)[-1]
    assert f"Not known: free school meals ({kin})" in diagnosis.reason
    part = next(part for part in diagnosis.sum if part["indicator"] == "fsm_share")
    assert (part["value"], part["points"], part["beside"]) == (None, None, "fsm6_share")
    assert f"is not known (not in source). T{kin[1:]}." in next(row.says for row in one.rows(Finding) if row.indicator == "fsm_share")
    with database.reading() as session:
        found = {row["indicator"]: row for row in known_figures(session, one.commission_id)}
    assert (found["fsm_share"]["known"], found["fsm_share"]["beside"]) == (0, {"fsm6_share": 1}) and not found["self_evaluation"]["beside"]


def at_the_edge(database: Database, folder: Path, reason: str = "x") -> list[dict[str, Any]]:
    """Return the sensitivity of a case whose score stands on the very edge of a category that a standing may also demand."""
    from tests.stages.test_diagnose_watching import risky

    values = risky().model_dump(mode="json")
    values["diagnose"]["categories"][1] |= {"at_or_above": 50}
    one = journey(database, folder, type(risky()).model_validate(values)).until(Status.AWAITING_CONFIRMATION)
    with database.writing() as session:
        again(session, one, score=50, sum=SUM, category="urgent", reason=reason)
    with database.reading() as session:
        name = load_brief(session, one.commission_id).schools[one.case.urn].name
        found = sensitivity_table(session, one.commission_id)
    return [row | {"which": [which.removeprefix(name) for which in row["which"] if f"({one.case.urn})" in which]} for row in found]


def test_a_school_on_the_edge_of_a_category_hangs_on_its_weights(sqlite_database: Database, tmp_path: Path) -> None:
    found = {(row["weight"], row["times"]): row["which"] for row in at_the_edge(sqlite_database, tmp_path)}
    moved = {key for key, which in found.items() if which}
    assert moved == {("free school meals", 0.8), ("pupils", 1.2)}
    assert all(which[0].endswith("urgent to light") for key, which in found.items() if key in moved)


def test_no_weight_moves_what_a_standing_demands(sqlite_database: Database, tmp_path: Path) -> None:
    assert not any(row["which"] for row in at_the_edge(sqlite_database, tmp_path, f"Urgent, {DEMANDED}."))


def test_a_commission_in_which_nobody_was_diagnosed_has_nothing_to_show(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path)
    with database.reading() as session:
        assert ranked(session, one.commission_id) == [] == sensitivity_table(session, one.commission_id) == known_figures(session, one.commission_id)
