"""Similar schools without support: a measure that is taken in some schools is compared in those alone, and by the group's own figures."""

import pathlib

from sqlalchemy import update
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.school import School
from models.words import Phase, Status
from reports.comparison import comparisons
from simulation.wexcombe import AUTHORITY
from stages.brief import load_brief
from tests.stages.builders import journey, small_programme
from tests.stages.test_evaluate_national import AT, NEW, OLD, load

MEASURE = {"id": "send", "title": "SEND", "kind": "pre_post", "direction": "down_is_good", "indicator": "exclusions", "pupil_group": "send"}


def test_a_measure_of_a_group_in_some_schools_is_compared_in_those_alone(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    taken = [MEASURE, MEASURE | {"id": "primary", "among": {"phases": ["primary"]}}, MEASURE | {"id": "nobody", "among": {"trusts": ["No Trust"]}}]
    one = journey(sqlite_database, tmp_path, small_programme(20, evaluate={"measures": taken, "comparison": "matched_schools"}))
    with sqlite_database.writing() as session:
        session.execute(update(Case).where(col(Case.commission_id) == one.commission_id).values(status=Status.COMPLETE))
        supported = set(session.exec(select(Case.urn).where(Case.commission_id == one.commission_id)).all())
        schools = {row.urn: row.phase for row in session.exec(select(School).where(School.authority == AUTHORITY, col(School.open).is_(True))).all()}
    # Of all pupils nothing changes; of the group it falls by three where schools had support, and not elsewhere.
    rows = [(urn, name, day, 9 - 3 * (name != "exclusions" and day == NEW and urn in supported))
            for urn in schools for name in ("exclusions", "exclusions:send") for day in (OLD, NEW)]  # fmt: skip
    load(one, tmp_path, *rows)
    with sqlite_database.reading() as session:
        found = {row["id"]: row for row in comparisons(session, load_brief(session, one.commission_id), AT)}
    primary = sum(schools[urn] is Phase.PRIMARY for urn in supported)
    assert 10 <= primary < len(supported)
    assert found["primary"]["schools"] + found["primary"]["left_out"] == primary
    assert found["send"]["schools"] + found["send"]["left_out"] == len(supported)
    assert (found["nobody"]["schools"], found["nobody"]["left_out"], found["nobody"]["estimate"]) == (0, 0, None)
    assert found["primary"]["estimate"] == -3
