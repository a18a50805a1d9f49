"""The schema's version: made from nothing, agreeing with the models, and refused with a sentence where it is another."""

import datetime
import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from models.database import Database
from models.errors import DatabaseTrouble
from models.evidence import AreaEvidence, Evidence
from models.migrating import _config, check_current, current, differences, newest, upgrade
from models.note import NoteContent
from models.plan import Action, Objective
from models.visit import NoteOfVisit, NoteVersion
from models.words import NoteStatus


def stand_at(database: Database, revision: str) -> None:
    """Make the database say that it stands at another revision."""
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_database_is_made_from_nothing_and_agrees_with_the_models(bare: Database) -> None:
    assert upgrade(bare) == (None, newest())
    assert current(bare) == newest()
    assert differences(bare) == []
    assert {table.name for table in SQLModel.metadata.sorted_tables} <= set(inspect(bare.engine).get_table_names())


def test_bringing_up_a_database_that_is_up_to_date_changes_nothing(database: Database) -> None:
    before = inspect(database.engine).get_table_names()
    assert upgrade(database) == (newest(), newest())
    assert inspect(database.engine).get_table_names() == before
    check_current(database)


def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(bare: Database) -> None:
    with pytest.raises(DatabaseTrouble, match=r"empty: run `lodestar db upgrade` first\.$"):
        check_current(bare)


def test_a_database_at_another_revision_is_refused_with_both_revisions(database: Database) -> None:
    stand_at(database, "m0000")
    with pytest.raises(DatabaseTrouble, match=rf"stands at revision m0000 and this version needs {newest()}"):
        check_current(database)


def test_a_database_of_a_newer_version_is_neither_used_nor_touched(database: Database) -> None:
    stand_at(database, "m9999")
    with pytest.raises(DatabaseTrouble, match="m9999"):
        check_current(database)
    with pytest.raises(DatabaseTrouble, match="does not know: install the newer version"):
        upgrade(database)
    assert current(database) == "m9999"


def test_a_column_that_the_models_do_not_have_is_named_as_a_difference(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE schools ADD COLUMN motto VARCHAR"))
    assert any("motto" in line for line in differences(database))


def insert(connection: Any, table: str, **values: Any) -> None:
    """Put one row into a table as an earlier revision had it."""
    names = ", ".join(f'"{name}"' for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"), values)


def with_old_notes(connection: Any) -> None:
    """Put two notes of visit into a database of revision 0008: one that was published as it was, and one that was corrected in a dispute."""
    at, day = datetime.datetime(2026, 11, 10, 9, tzinfo=datetime.UTC), datetime.date(2026, 11, 10)
    insert(connection, "partnerships", id=1, name="P", email="p@p.example")
    insert(connection, "commissioners", id=1, name="C", kind="local_authority", authority="999", email="c@p.example")
    insert(connection, "people", id=1, name="A", email="a@p.example", role="adviser")
    insert(connection, "programme_versions", id=1, slug="x", version=1, digest="0", definition="{}")
    insert(connection, "commissions", id=1, reference="X", partnership_id=1, commissioner_id=1, programme_version_id=1, adviser_id=1, authority="999",
           starts=day, ends=datetime.date(2027, 8, 31), budget=1, status="running", rolls_on=False, seed=1, opened_at=at, version=1)  # fmt: skip
    insert(connection, "supporters", id=1, name="S", email="s@p.example", kind="adviser", half_days_a_year=10, cost_a_day=1, working_days="[1]",
           languages="[]", active=True, version=1)  # fmt: skip
    insert(connection, "cases", id=1, commission_id=1, urn=990001, stage="plan", status="in_progress", turn="supporter", since=at, joined_by="invited",
           entitlement=2, further="", version=1)  # fmt: skip
    for number in (1, 2):
        insert(connection, "visits", id=number, case_id=1, supporter_id=1, session=f"s{number}", ordinal=number, purpose="Visit", day=day, part="morning",
               status="held", sequence=1, held_on=day, version=2)  # fmt: skip
        insert(connection, "notes_of_visit", id=number, visit_id=number, case_id=1, status="published", strengths="Calm.", areas="Costs.",
               agreed_actions='["Ask families", "Brief staff"]', written_at=at, reply_due=day, published_at=at, version=2)  # fmt: skip
    trail = [("visit.held", "supporter", 1, {}), ("note.published", "engine", 1, {}), ("visit.held", "adviser", 2, {}), ("note.disputed", "school", 2, {}),
             ("note.settled", "adviser", 2, {"was": {"strengths": "Calm.", "areas": "Wrong."}, "reason": "After a call."})]  # fmt: skip
    for number, (kind, role, visit, detail) in enumerate(trail, start=1):
        insert(connection, "events", id=number, commission_id=1, case_id=1, kind=kind, role=role, by=f"the {role}", at=at,
               detail=json.dumps({"visit_id": visit, **detail}))  # fmt: skip
    insert(connection, "action_plans", id=1, case_id=1, edition=1, status="agreed", drafted_at=at)
    insert(connection, "objectives", id=1, plan_id=1, ordinal=1, area="From the visit", objective="Do", success_criterion="Done")
    for number, action in enumerate(["Ask families", "Brief staff", "Ask families", "Something else"], start=1):
        insert(connection, "actions", id=number, objective_id=1, action=action, owner="headteacher", starts=day, due=day, cost=0)


def test_notes_from_before_are_the_first_version_of_theirs_and_plans_know_what_came_of_them(bare: Database) -> None:
    with bare.engine.execution_options(lodestar_writes=True).connect() as connection, connection.begin():
        command.upgrade(_config(connection), "0008")
        with_old_notes(connection)
    assert upgrade(bare) == ("0008", newest())
    assert differences(bare) == []
    with bare.reading() as session:
        first, second = session.exec(select(NoteOfVisit).order_by(col(NoteOfVisit.id))).all()
        kept = session.exec(select(NoteVersion).order_by(col(NoteVersion.note_id), col(NoteVersion.edition))).all()
        origins = [(row.action, row.note_id, row.note_action) for row in session.exec(select(Action).order_by(col(Action.id))).all()]
        assert session.exec(select(Objective.area)).all() == ["Agreed at visits"]
    said = [NoteContent.model_validate(row.content) for row in kept]
    assert [(row.note_id, row.edition, one.section("areas"), row.role.value, row.published_at is not None) for row, one in zip(kept, said, strict=True)] == [
        (1, 1, "Costs.", "supporter", True), (2, 1, "Wrong.", "adviser", False), (2, 2, "Costs.", "adviser", True),
    ]  # fmt: skip
    assert [(row.edition, row.replied_at is not None, NoteContent.model_validate(row.content).section("strengths")) for row in (first, second)] == [
        (1, False, "Calm."), (2, True, "Calm."),
    ]  # fmt: skip
    assert [(one.number, one.action, one.owner, one.due) for one in said[0].actions] == [
        (1, "Ask families", "headteacher", None), (2, "Brief staff", "headteacher", None),
    ]  # fmt: skip
    assert origins == [("Ask families", 1, 1), ("Brief staff", 1, 2), ("Ask families", 2, 1), ("Something else", None, None)]
    with bare.writing() as session:
        session.get_one(NoteOfVisit, 1).status = NoteStatus.WITH_LEAD
    with pytest.raises(IntegrityError), bare.writing() as session:
        session.execute(text("UPDATE notes_of_visit SET status = 'elsewhere'"))


@pytest.mark.parametrize(("case", "note"), [("withdrawn", NoteStatus.CLOSED), ("in_progress", NoteStatus.WITH_SCHOOL)])
def test_notes_that_ended_cases_left_open_are_closed_and_others_stay_open(bare: Database, case: str, note: NoteStatus) -> None:
    with bare.engine.execution_options(lodestar_writes=True).connect() as connection, connection.begin():
        command.upgrade(_config(connection), "0008")
        with_old_notes(connection)
        connection.execute(text("UPDATE notes_of_visit SET status = 'with_school' WHERE id = 2"))
        connection.execute(text("UPDATE cases SET status = :status"), {"status": case})
    upgrade(bare)
    with bare.reading() as session:
        assert session.exec(select(NoteOfVisit.status).order_by(col(NoteOfVisit.id))).all() == [NoteStatus.PUBLISHED, note]


def test_inspections_from_before_learn_which_file_they_are_of(bare: Database) -> None:
    with bare.engine.execution_options(lodestar_writes=True).connect() as connection, connection.begin():
        command.upgrade(_config(connection), "0004")
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO loads (id, kind, edition, scope, rank, file_name, digest, rows_read, rows_kept, skipped, unknown_columns, codes, at)"
                    " VALUES (:number, 'Ofsted latest inspections', '2026-07-31', 'ENG', 3, 'a.csv', '0', 1, 1, '{}', '[]', '{}', :at)"
                ),
                {"number": number, "at": datetime.datetime(2026, 8, 1, 9, tzinfo=datetime.UTC)},
            )
        for number, source in ((1, "Ofsted latest inspections 2026-07-31"), (2, "by hand")):
            connection.execute(
                text(
                    "INSERT INTO inspections (id, urn, inspected, regime, grade, judgements, source)"
                    " VALUES (:number, 900001, :day, 'overall_grade', 'Good', '{}', :source)"
                ),
                {"number": number, "day": datetime.date(2020 + number, 1, 1), "source": source},
            )
    assert upgrade(bare) == ("0004", newest())
    with bare.reading() as session:
        assert session.execute(text("SELECT load_id FROM inspections ORDER BY id")).scalars().all() == [2, None]


def test_free_meals_of_a_census_are_those_that_programmes_ask_for_and_gaps_of_a_register_are_no_figures(bare: Database) -> None:
    at, day = datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC), datetime.date(2026, 8, 31)
    with bare.engine.execution_options(lodestar_writes=True).connect() as connection, connection.begin():
        command.upgrade(_config(connection), "0016")
        insert(connection, "loads", id=1, kind="census", edition="2025/26", scope="ENG", as_of=day, rank=3, file_name="c", digest="0", rows_read=1,
               rows_kept=1, skipped="{}", unknown_columns="[]", codes="{}", at=at)  # fmt: skip
        for name, urn, value in (("fsm_now_share", 1, 20.5), ("fsm_now_share", 2, None), ("fsm_share", 1, None), ("fsm_share", 3, 9.0)):
            why = None if value else "not_in_source"
            insert(connection, "evidence", indicator=name, urn=urn, as_of=day, load_id=1, value=value, missing=why)
        insert(connection, "area_evidence", indicator="fsm_now_share", area="ENG", sector="primary", as_of=day, load_id=1, value=24.0)
    assert upgrade(bare) == ("0016", newest())
    with bare.reading() as session:
        found = session.exec(select(Evidence.indicator, Evidence.urn, Evidence.value).order_by(col(Evidence.urn))).all()
        assert found == [("fsm_share", 1, 20.5), ("fsm_share", 2, None), ("fsm_share", 3, 9.0)]
        assert session.exec(select(AreaEvidence.indicator)).all() == ["fsm_share"]
