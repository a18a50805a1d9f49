"""Figures against the national ones from loading to the report: in which schools, what is missing and why, and who is better."""

import datetime
import pathlib
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from evidence.loading import load_file
from models.case import Case
from models.database import Database, insert_rows
from models.evidence import Inspection
from models.programme import Programme
from models.review import Evaluation, Measure
from models.school import School
from models.words import Phase, Status
from reports.measures import measures
from reports.page import report_page
from reports.summary import summarise
from stages.brief import load_brief
from stages.evaluate.facts import collect
from stages.evaluate.figures import measures_in_words
from stages.evaluate.measuring import measure
from stages.evaluate.work import kpis
from tests.stages.builders import Journey, journey, morning, small_programme

D = datetime.date
OLD, NEW = D(2026, 8, 31), D(2027, 8, 31)
AT = morning(D(2027, 9, 10))
MEASURES: list[dict[str, Any]] = [
    {"id": "at-11", "title": "At 11", "kind": "rate_against_national", "unit": "percentage points", "indicator": "ks2_expected",
     "pupil_group": "send", "among": {"phases": ["primary"]}},
    {"id": "at-16", "title": "At 16", "kind": "rate_against_national", "unit": "points", "indicator": "ks4_attainment", "pupil_group": "send",
     "among": {"phases": ["secondary"]}},
    {"id": "excluded", "title": "Excluded", "kind": "rate_against_national", "unit": "per 100 pupils", "direction": "down_is_good",
     "indicator": "exclusions", "pupil_group": "send"},
]  # fmt: skip
KPIS: list[dict[str, Any]] = [{"id": "better", "title": "Better", "counts": "better_than_national"}]


def programme(places: int = 4, taken: list[dict[str, Any]] = MEASURES) -> Programme:
    return small_programme(places, evaluate={"measures": taken, "kpis": KPIS})


def load(one: Journey, folder: pathlib.Path, *rows: tuple[object, str, datetime.date, object]) -> None:
    """Load rows of (urn or ENG, indicator, day, value) as a list of one's own."""
    path = folder / f"list{len(list(folder.iterdir()))}.csv"
    path.write_text("urn,indicator,date,value\n" + "".join(f"{urn},{name},{day.isoformat()},{value}\n" for urn, name, day, value in rows))
    load_file(one.database, path, max(one.at, AT))


def urns(one: Journey) -> list[int]:
    with one.database.reading() as session:
        return list(
            session.exec(select(Case.urn).where(Case.commission_id == one.commission_id, Case.joined_by == "invited").order_by(col(Case.id))).all()
        )


def taken(one: Journey) -> dict[int, dict[str, tuple[float | None, float | None, str | None]]]:
    """Return by school what each measure of it would be on the day."""
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id)
        facts = collect(session, brief, AT.date())
        rows = measure(session, brief, facts, AT)
    return {fact.urn: {row["measure"]: (row["baseline"], row["endline"], row["why_missing"]) for row in rows[fact.case_id]} for fact in facts}


def better(one: Journey) -> dict[int, bool | None]:
    with one.database.reading() as session:
        return {fact.urn: fact.better_than_national for fact in collect(session, load_brief(session, one.commission_id), AT.date())}


NATION = [
    ("ENG", "ks2_expected:send", OLD, 22),
    ("ENG", "ks2_expected:send", NEW, 23),
    ("ENG", "exclusions:send", OLD, 14),
    ("ENG", "exclusions:send", NEW, 14),
]


def test_a_measure_is_a_row_only_where_it_is_taken_and_is_the_difference_from_england(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, programme())
    first, second, *_ = urns(one)
    load(one, tmp_path, *NATION, (first, "ks2_expected:send", OLD, 20.5), (first, "ks2_expected:send", NEW, 25), (second, "exclusions:send", OLD, 0))
    found = taken(one)
    assert found[first] == {"at-11": (-1.5, 2.0, None), "excluded": (None, None, "no figure since")}
    assert found[second] == {"at-11": (None, None, "no figure since"), "excluded": (-14.0, None, "no figure since")}
    assert all("at-16" not in rows for rows in found.values())
    assert {name for rows in found.values() for name in rows} == {"at-11", "excluded"}


def test_the_figure_of_all_pupils_never_stands_for_that_of_a_group(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, programme())
    mine = urns(one)[0]
    load(
        one,
        tmp_path,
        ("ENG", "exclusions", OLD, 6),
        ("ENG", "exclusions:fsm", OLD, 9),
        (mine, "exclusions:send", OLD, 9),
        (mine, "exclusions", NEW, 1),
    )
    assert taken(one)[mine]["excluded"] == (None, None, "no figure since")
    load(one, tmp_path, (mine, "exclusions:send", NEW, 8))
    assert taken(one)[mine]["excluded"] == (None, None, "no national figure")
    load(one, tmp_path, ("ENG", "exclusions:send", NEW, 10))
    assert taken(one)[mine]["excluded"] == (None, -2.0, "no baseline: no national figure")


def test_a_suppressed_figure_keeps_its_reason_and_counts_neither_way(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, programme())
    mine = urns(one)[0]
    load(
        one, tmp_path, *NATION, (mine, "ks2_expected:send", NEW, "SUPP"), (mine, "ks2_expected:send", OLD, "NA"), (mine, "exclusions:send", NEW, 13.9)
    )
    assert taken(one)[mine] == {"at-11": (None, None, "suppressed"), "excluded": (None, pytest.approx(-0.1), "no baseline: no figure from before")}
    assert better(one)[mine] is True


def test_a_school_is_better_in_all_that_is_known_of_it_at_its_newest_and_unknown_is_not_better(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, programme())
    risen, mixed, alike, unknown = urns(one)
    load(
        one, tmp_path, *NATION,
        (risen, "ks2_expected:send", OLD, 10), (risen, "ks2_expected:send", NEW, 24), (risen, "exclusions:send", OLD, 2),
        (mixed, "ks2_expected:send", NEW, 90), (mixed, "exclusions:send", NEW, 15),
        (alike, "ks2_expected:send", NEW, 23), (unknown, "ks2_expected:send", NEW, "SUPP"),
    )  # fmt: skip
    found = better(one)
    assert (found[risen], found[mixed], found[alike], found[unknown]) == (True, False, False, None)
    with database.reading() as session:
        [value] = kpis(session, load_brief(session, one.commission_id), AT)
    assert (value.numerator, value.denominator) == (1, 4)


def test_whether_a_school_is_better_is_judged_by_the_measures_that_are_taken_in_it(database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(database, tmp_path, programme())
    mine = urns(one)[0]
    nation = (*NATION, ("ENG", "ks4_attainment:send", NEW, 30), (mine, "ks4_attainment:send", NEW, 40), (mine, "ks2_expected:send", NEW, 10))
    load(one, tmp_path, *nation)
    assert better(one)[mine] is False
    with database.writing() as session:
        session.execute(update(School).where(col(School.urn) == mine).values(phase=Phase.SECONDARY))
    assert better(one)[mine] is True and taken(one)[mine]["at-16"] == (None, 10.0, "no baseline: no figure from before")


def test_a_filter_on_figures_and_inspections_looks_at_schools_as_they_were_when_their_case_began(database: Database, tmp_path: pathlib.Path) -> None:
    among: dict[str, dict[str, Any]] = {
        "many": {"indicators": {"exclusions": {"at_or_above": 5}}}, "good": {"last_grade": ["Good"]},
        "either": {"any_of": [{"indicators": {"exclusions": {"at_or_above": 5}}}, {"phases": ["secondary"]}]},
    }  # fmt: skip
    chosen = programme(taken=[MEASURES[2] | {"id": name, "among": wanted} for name, wanted in among.items()])
    one = journey(database, tmp_path, chosen)
    fell, rose, *_ = urns(one)
    load(one, tmp_path, (fell, "exclusions", OLD, 8), (fell, "exclusions", NEW, 1), (rose, "exclusions", OLD, 1), (rose, "exclusions", NEW, 8))
    with database.writing() as session:
        session.execute(update(School).values(last_grade="Inadequate"))
        insert_rows(session, Inspection, [
            {"urn": rose, "inspected": day, "grade": grade, "source": "made up"} for day, grade in ((D(2026, 3, 2), "Good"), (D(2027, 3, 2), "Inadequate"))
        ])  # fmt: skip
    found = taken(one)
    assert {urn: set(rows) for urn, rows in found.items() if rows} == {fell: {"many", "either"}, rose: {"good"}}


def test_any_measure_may_be_taken_in_some_schools_only(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    own = {"id": "own", "title": "Own view", "kind": "pre_post", "instrument": "cost-of-the-school-day"}
    asked = [own | {"among": {"phases": ["secondary"]}}, own | {"id": "theirs", "among": {"phases": ["primary"]}}]
    one = journey(sqlite_database, tmp_path, programme(taken=[*asked, MEASURES[2]]))
    found, invited = taken(one), set(urns(one))
    assert {urn: set(rows) for urn, rows in found.items()} == {urn: {"theirs", "excluded"} if urn in invited else {"excluded"} for urn in found}
    assert set(found) > invited


def test_a_case_keeps_its_differences_and_the_report_says_what_they_are(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path, programme(places=1))
    [mine] = urns(one)
    load(one, tmp_path, *NATION, (mine, "ks2_expected:send", OLD, 20.5), (mine, "exclusions:send", OLD, 14), (mine, "exclusions:send", NEW, "SUPP"))
    one.until(Status.IN_PROGRESS).wait(AT.date())
    load(one, tmp_path, (mine, "ks2_expected:send", NEW, 25))
    one.until(Status.AWAITING_JUDGEMENT)
    rows = one.rows(Measure)
    assert [(row.measure, row.baseline, row.baseline_on, row.endline, row.endline_on, row.why_missing) for row in rows] == [
        ("at-11", -1.5, OLD, 2.0, NEW, None), ("excluded", 0.0, OLD, None, NEW, "suppressed")
    ]  # fmt: skip
    assert one.rows(Evaluation)
    chosen = programme(places=1).evaluate.measures
    assert measures_in_words(chosen, rows) == ["At 11: from -1.5 to +2 percentage points", "Excluded: not known (suppressed)"]
    with sqlite_database.reading() as session:
        found = {row["id"]: row for row in measures(session, load_brief(session, one.commission_id))}
        page = report_page(summarise(session, one.commission_id, one.at))
    shown = {name: (row["schools"], row["baseline"], row["endline"], row["change"], row["better"], row["left_out"]) for name, row in found.items()}
    assert shown == {
        "at-11": (1, -1.5, 2.0, 3.5, True, {}), "at-16": (0, None, None, None, None, {}), "excluded": (0, None, None, None, None, {"suppressed": 1}),
    }  # fmt: skip
    assert found["at-11"]["caution"] == "a difference from the national figure; too few schools to say"
    assert found["excluded"]["caution"] is None and "a difference from the national figure" in page
