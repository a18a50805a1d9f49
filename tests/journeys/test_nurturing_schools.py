"""Nurturing schools, from the ranking of schools near key neighbourhoods to what changed, by trust and against similar schools."""

import csv
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from evidence.loading import load_file
from evidence.register import load_register
from models.case import Case
from models.commission import Commission, Selection
from models.database import Database
from models.evidence import Answer, Asking
from models.review import Measure
from models.visit import Visit
from models.words import Role, Status, VisitStatus
from programmes.catalogue import find_programme
from reports.page import report_page
from reports.summary import summarise
from simulation.setting_up import first_moment
from simulation.staffing import staff
from simulation.wexcombe import TRUSTS, write_register
from stages.commission.opening import Terms, open_commission
from stages.record import Actor
from tests.journeys.playing import play, summary_of

PUBLISHED = 70.0
NAME = "nurturing-schools"


def with_seventy_near(folder: Path) -> tuple[Path, Path]:
    """Write a register in which seventy of the hundred schools lie near a key neighbourhood, and a list by which every school has the need."""
    points = find_programme(NAME).take_part.invited.any_of[0].near.points  # type: ignore[union-attr]
    source = write_register(folder / "before" / "edubasealldata20260801.csv")
    with source.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows[:100]):
        point = points[number % len(points)]
        row["Easting"], row["Northing"] = (str(point.easting + 500), str(point.northing)) if number < 70 else ("400000", "100000")
    register = folder / source.name
    with register.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    figures = folder / "send.csv"
    figures.write_text("urn,indicator,date,value\n" + "".join(f"{row['URN']},send_share,31/08/2026,20\n" for row in rows[:100]))
    return register, figures


def test_of_a_hundred_schools_chosen_seventy_per_cent_lie_near_a_key_neighbourhood(sqlite_database: Database, tmp_path: Path) -> None:
    programme, at = find_programme(NAME), first_moment()
    register, figures = with_seventy_near(tmp_path)
    load_register(sqlite_database, register, "999", at)
    load_file(sqlite_database, figures, at, "999")
    with sqlite_database.writing() as session:
        staffing = staff(session, programme, "999", "Wexcombe", 12, 1, at)
        terms = Terms("N-1", staffing.commissioner, at.date(), staffing.budget)
        opened = open_commission(session, programme, terms, Actor(Role.COMMISSIONER, "commissioner"), at)
    with sqlite_database.reading() as session:
        kpis: dict[str, dict[str, Any]] = {kpi["id"]: kpi for kpi in summarise(session, opened.commission_id, at)["kpis"]}
    assert opened.invited == 100 and kpis["places"]["met"]
    assert (kpis["near"]["numerator"], kpis["near"]["denominator"], kpis["near"]["percent"]) == (70, 100, PUBLISHED)


@pytest.mark.slow
def test_nurturing_schools_from_the_ranking_to_what_changed(sqlite_database: Database, tmp_path: Path) -> None:
    # Given the synthetic authority with its figures, when two school years are played,
    commission_id = play(sqlite_database, tmp_path, NAME)
    summary = summary_of(sqlite_database, commission_id)
    with sqlite_database.reading() as session:
        cases = session.exec(select(Case).where(Case.commission_id == commission_id)).all()
        chosen = session.exec(select(Selection).where(Selection.outcome == "invited")).all()
        askings, answers = session.exec(select(Asking)).all(), session.exec(select(Answer)).all()
        trained = session.exec(select(Visit).where(col(Visit.session).startswith("staff-training"), Visit.status == VisitStatus.HELD)).all()
        measures = session.exec(select(Measure)).all()
        supporters = {case.supporter_id for case in cases if case.supporter_id}
        unready = session.exec(select(Commission)).all()
    assert len(unready) == 1
    # then each school in says at which rank it came in, and was asked with both instruments, at the start and at the end;
    assert all(row.reason.startswith("rank ") for row in chosen)
    complete = {case.id for case in cases if case.status is Status.COMPLETE}
    assert len(complete) >= 50
    assert {(row.instrument, row.round) for row in askings if row.case_id in complete} == {
        (name, number) for name in ("nurture-audit", "social-and-emotional-profile") for number in (1, 2)
    }  # fmt: skip
    # counts come by group of pupils and never by pupil;
    profiles = [row.answers for row in answers if row.instrument == "social-and-emotional-profile"]
    assert all({"pupils_assessed:send_support", "pupils_secure:fsm"} <= set(one) for one in profiles)
    # training was held with its attendance, by providers whose papers were seen;
    assert trained and all(visit.attended is not None and visit.attended <= (visit.expected or 0) for visit in trained)
    assert len(supporters) >= 2
    # more pupils are secure than before, every school that has no figure twice says why,
    secure = next(one for one in summary["measures"] if one["id"] == "secure-pupils")
    assert secure["change"] > 5 and secure["better"] and sum(secure["left_out"].values()) + secure["schools"] == len({m.case_id for m in measures})
    # exclusions fell by more than at schools like them, which had no support (one and a half were planted),
    exclusions = next(one for one in summary["comparisons"] if one["id"] == "exclusions")
    assert exclusions["lowest"] <= -1.5 <= exclusions["highest"] < 0 and exclusions["compared_with"] > 5
    # results are added up by trust, without losing or doubling a case,
    by_trust = {row["group"]: row["cases"] for row in summary["roll_up"]["trust"]}
    assert set(TRUSTS) <= set(by_trust) and sum(by_trust.values()) == len(cases)
    # and the report shows it all.
    page = report_page(summary)
    assert "Promises by trust" in page and "Change beyond that of similar schools" in page
