"""What the database itself holds to, whoever writes: words from closed lists, moments in UTC, a trail that only grows."""

import datetime
from pathlib import Path

import pendulum
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import select

from models.base import UtcDateTime
from models.case import Case
from models.commission import Commission
from models.database import Database, insert_rows
from models.message import OptOut
from models.trail import Event
from models.words import Role, Status
from tests.stages.builders import everything, opened

AT = pendulum.datetime(2027, 7, 1, 9, tz="Europe/London")


def save_event(database: Database, at: datetime.datetime = AT) -> None:
    with database.writing() as session:
        insert_rows(session, Event, [{"kind": "test", "role": Role.ENGINE, "by": "engine", "detail": {}, "at": at}])


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET kind = 'other'", "UPDATE events SET detail = '{}'", "DELETE FROM events", "DELETE FROM events WHERE id = 1"]
)
def test_the_trail_can_be_neither_changed_nor_shortened(database: Database, statement: str) -> None:
    save_event(database)
    before = everything(database)
    with pytest.raises(DBAPIError, match="the audit trail is append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert everything(database) == before


def test_the_trail_can_grow(database: Database) -> None:
    save_event(database)
    save_event(database)
    assert len(everything(database)["events"]) == 2


def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        save_event(database, datetime.datetime(2027, 7, 1, 9))  # noqa: DTZ001 - the naive moment is the point
    assert everything(database)["events"] == []


def test_a_moment_comes_back_in_utc_whatever_zone_it_was_given_in(database: Database) -> None:
    save_event(database, AT)
    with database.reading() as session:
        found = session.exec(select(Event)).one().at
    assert isinstance(found, pendulum.DateTime)
    assert found == AT and found.timezone_name == "UTC" and found.hour == 8


def test_a_plain_aware_datetime_is_as_good_as_a_pendulum_one(database: Database) -> None:
    save_event(database, datetime.datetime(2027, 7, 1, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=5))))
    with database.reading() as session:
        assert session.exec(select(Event)).one().at == pendulum.datetime(2027, 7, 1, 4)


def test_moments_are_compared_in_the_database_as_moments(database: Database) -> None:
    for hour in (8, 9, 10):
        save_event(database, pendulum.datetime(2027, 7, 1, hour, tz="Europe/London"))
    with database.reading() as session:
        found = session.exec(select(Event).where(Event.at <= pendulum.datetime(2027, 7, 1, 8))).all()
    assert len(found) == 2


def test_no_moment_is_a_moment_too() -> None:
    assert UtcDateTime().process_bind_param(None, None) is None  # type: ignore[arg-type]
    assert UtcDateTime().process_result_value(None, None) is None  # type: ignore[arg-type]


def test_a_status_is_kept_as_its_value(database: Database, tmp_path: Path) -> None:
    opened(database, tmp_path)
    with database.engine.connect() as connection:
        found = set(connection.execute(text("SELECT status FROM cases")).scalars())
    assert found == {"selected", "invited"}
    with database.reading() as session:
        assert all(isinstance(case.status, Status) for case in session.exec(select(Case)).all())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE cases SET status = 'lost'", "UPDATE cases SET turn = 'parent'", "UPDATE cases SET stage = 'SELECTED'",
     "UPDATE commissions SET status = 'forgotten'", "UPDATE supporters SET kind = 'friend'", "UPDATE messages SET status = 'SENT'"],
)  # fmt: skip
def test_a_word_that_is_on_no_list_is_refused_by_the_database(database: Database, tmp_path: Path, statement: str) -> None:
    opened(database, tmp_path)
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE commissions SET budget = 0", "UPDATE commissions SET ends = starts"])
def test_a_commission_without_money_or_length_is_refused_by_the_database(database: Database, tmp_path: Path, statement: str) -> None:
    opened(database, tmp_path)
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_row_cannot_point_to_what_is_not_there(database: Database, tmp_path: Path) -> None:
    opened(database, tmp_path)
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("UPDATE cases SET supporter_id = 999999"))


def test_a_budget_of_an_authority_fits(database: Database, tmp_path: Path) -> None:
    """Thirty million pounds are three thousand million pence, which is more than four bytes hold."""
    commission_id = opened(database, tmp_path)
    with database.writing() as session:
        session.get_one(Commission, commission_id).budget = 3_000_000_000
    with database.reading() as session:
        assert session.get_one(Commission, commission_id).budget == 3_000_000_000


def test_an_opt_out_is_kept_as_it_was_given(database: Database) -> None:
    with database.writing() as session:
        insert_rows(session, OptOut, [{"address": "o'brien@school.example", "kind": "newsletter", "at": AT}])
    with database.reading() as session:
        assert session.exec(select(OptOut)).one().address == "o'brien@school.example"
