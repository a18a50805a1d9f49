"""The schema's version: made from nothing, agreeing with the models, and refused with a sentence where it is another."""

import datetime

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from models.database import Database
from models.errors import DatabaseTrouble
from models.migrating import _config, check_current, current, differences, newest, upgrade


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
