"""One engine for two kinds of database: whole or nothing, one consistent view, and a sentence for a wrong address."""

import datetime
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pendulum
import pytest
from sqlalchemy import func, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col, select

from models.bulk import bulk_insert
from models.database import Database, insert_returning_ids, insert_rows, until_saved
from models.errors import DatabaseTrouble
from models.evidence import Evidence, Load
from models.feed import Feed
from models.migrating import check_current
from models.partnership import Partnership
from models.school import Contact, School
from models.supporter import Supporter
from models.trail import Event
from models.words import Missing, Role, SupporterKind
from tests.conftest import clone
from tests.evidence.made_up import school


def add(database: Database, name: str) -> None:
    with database.writing() as session:
        insert_rows(session, Partnership, [{"name": name, "email": "office@partnership.example"}])


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Partnership.name).order_by(col(Partnership.id))).all())


def test_what_is_written_is_there_and_stays_readable_after_its_session(database: Database) -> None:
    add(database, "One")
    with database.reading() as session:
        found = session.exec(select(Partnership)).one()
    assert found.name == "One"


def test_when_anything_is_raised_nothing_is_saved(database: Database) -> None:
    rows = [{"name": "One", "email": "a@b.example"}]
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_rows(session, Partnership, rows + rows)
    assert names(database) == []


def test_a_reading_session_saves_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(Partnership(name="One", email="a@b.example"))
        session.flush()
    assert names(database) == []


def test_a_reading_session_sees_one_state_although_somebody_writes(database: Database) -> None:
    add(database, "One")
    with database.reading() as session:
        first = session.exec(select(func.count()).select_from(Partnership)).one()
        add(database, "Two")
        second = session.exec(select(func.count()).select_from(Partnership)).one()
    assert (first, second) == (1, 1)
    assert names(database) == ["One", "Two"]


def test_ids_come_back_in_the_order_of_the_rows(database: Database) -> None:
    with database.writing() as session:
        ids = insert_returning_ids(session, Partnership, [{"name": f"P{n}", "email": "a@b.example"} for n in range(50)])
    with database.reading() as session:
        assert [session.get_one(Partnership, number).name for number in ids] == [f"P{n}" for n in range(50)]


def test_no_rows_are_no_trouble(database: Database) -> None:
    with database.writing() as session:
        insert_rows(session, Partnership, [])
        assert insert_returning_ids(session, Partnership, []) == []


@pytest.mark.parametrize("address", ["", "nonsense", "postgres://x/y", "mysql://root@127.0.0.1/lodestar", "oracle://x"])
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(DatabaseTrouble, match="not an address that can be used"):
        Database(address)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://lodestar:s3cret@127.0.0.1:1/lodestar")
    with pytest.raises(DatabaseTrouble, match="does not answer") as raised:
        database.check_reachable()
    assert "s3cret" not in str(raised.value) and "127.0.0.1" in str(raised.value)
    database.close()


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear colleague, this is a letter and no database at all.\n" * 100)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseTrouble):
        check_current(database)
    database.close()


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatabaseTrouble):
        Database(f"sqlite:///{tmp_path / 'file' / 'home' / 'lodestar.db'}")


COLUMNS = ("indicator", "urn", "as_of", "value", "missing", "cohort", "load_id")
AWKWARD = ["plain", 'she said "no"', "O'Neill", "two\nlines", "tab\there", "back\\slash", "\\N", "", "a,b;c", "\u00e9\u2019\U0001f600", "\r\n", "\\."]


def loaded(database: Database) -> int:
    row = {"kind": "k", "edition": "e", "file_name": "f", "digest": "d", "rows_read": 0, "rows_kept": 0, "skipped": {}, "unknown_columns": [],
           "codes": {}, "at": pendulum.datetime(2026, 8, 3)}  # fmt: skip
    with database.writing() as session:
        return insert_returning_ids(session, Load, [row])[0]


def evidence(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        rows = session.exec(select(Evidence).order_by(col(Evidence.indicator), col(Evidence.urn))).all()
    return [tuple(getattr(row, name) for name in COLUMNS) for row in rows]


def test_rows_inserted_in_bulk_come_back_as_they_were_with_dates_words_and_nothing(database: Database) -> None:
    number, day = loaded(database), datetime.date(2025, 8, 31)
    rows = [("a", 900001, day, 0.1 + 0.2, None, 30.0, number), ("a", 900002, day, None, Missing.SUPPRESSED, None, number),
            ("b", 900001, datetime.date(1900, 1, 1), -0.0, None, 0.0, number)]  # fmt: skip
    with database.writing() as session:
        assert bulk_insert(session, Evidence, COLUMNS, iter(rows)) == 3
    assert evidence(database) == rows


def test_text_inserted_in_bulk_is_kept_to_the_letter(database: Database) -> None:
    columns = ("urn", "role", "name", "email")
    with database.writing() as session:
        bulk_insert(session, Contact, columns, ((900000 + place, "headteacher", words, words) for place, words in enumerate(AWKWARD)))
    with database.reading() as session:
        found = session.exec(select(Contact).order_by(col(Contact.urn))).all()
    assert [one.name for one in found] == AWKWARD == [one.email for one in found]


def test_truths_and_words_inserted_in_bulk_are_read_as_such(database: Database) -> None:
    one = school(900001, opened=datetime.date(2012, 9, 1), closing=True, last_grade=None)
    columns = tuple(School.model_fields)
    with database.writing() as session:
        bulk_insert(session, School, columns, [tuple(getattr(one, name) for name in columns)])
    with database.reading() as session:
        assert session.get_one(School, 900001).model_dump() == one.model_dump()


def test_what_was_inserted_in_bulk_is_seen_in_its_transaction_and_gone_if_that_fails(database: Database) -> None:
    row = (900001, "headteacher", "A", "a@b.example")
    with pytest.raises(RuntimeError), database.writing() as session:  # noqa: PT012
        bulk_insert(session, Contact, ("urn", "role", "name", "email"), [row])
        assert session.exec(select(Contact.name)).all() == ["A"]
        raise RuntimeError
    with database.reading() as session:
        assert session.exec(select(Contact)).all() == []


def test_a_row_that_breaks_a_rule_is_refused_with_all_others_and_as_any_other_writing_is(database: Database) -> None:
    row = (900001, "headteacher", "A", "a@b.example")
    with pytest.raises(IntegrityError), database.writing() as session:
        bulk_insert(session, Contact, ("urn", "role", "name", "email"), [(900002, *row[1:]), row, row])
    with database.reading() as session:
        assert session.exec(select(Contact)).all() == []


@pytest.mark.parametrize("count", [499, 500, 503, 10_001])
def test_however_many_rows_are_inserted_they_come_back_as_they_were(database: Database, count: int) -> None:
    at = pendulum.datetime(2026, 8, 3, 9, tz="Europe/London")
    detail = {"why": 'an "\u00e9" and\na line', "parts": [1, None, 0.5]}
    rows = [{"kind": f"k{n}", "role": Role.ENGINE, "by": "engine", "after": None if n % 2 else "x", "detail": detail, "at": at} for n in range(count)]
    with database.writing() as session:
        insert_rows(session, Event, rows)
    with database.reading() as session:
        found = session.exec(select(Event).order_by(col(Event.id))).all()
    assert [one.model_dump(include=set(rows[0])) for one in found] == rows


@pytest.mark.parametrize("count", [499, 500])
def test_what_is_not_given_is_as_by_default_however_many_rows_there_are(database: Database, count: int) -> None:
    given: dict[str, Any] = {"email": "a@hub.example", "kind": SupporterKind.HUB, "half_days_a_year": 40, "cost_a_day": 45_000}
    with database.writing() as session:
        insert_rows(session, Supporter, [{"name": f"Hub {n}", **given} for n in range(count)])
    with database.reading() as session:
        found = session.exec(select(Supporter).order_by(col(Supporter.id))).all()
    assert [one.model_dump(exclude={"id"}) for one in found] == [Supporter(name=f"Hub {n}", **given).model_dump(exclude={"id"}) for n in range(count)]


def test_what_waits_in_the_session_is_saved_before_rows_that_lean_on_it(database: Database) -> None:
    with database.writing() as session:
        session.add(Load(id=7, kind="k", edition="e", file_name="f", digest="d", rows_read=0, rows_kept=0, at=pendulum.datetime(2026, 8, 3)))
        bulk_insert(session, Evidence, COLUMNS, [("a", 900001, datetime.date(2025, 8, 31), 1.0, None, None, 7)])
    assert len(evidence(database)) == 1


def test_no_rows_inserted_in_bulk_are_no_trouble(database: Database) -> None:
    with database.writing() as session:
        assert bulk_insert(session, Contact, ("urn", "role", "name", "email"), iter(())) == 0


@pytest.mark.parametrize("count", [0, 1, 300, 10_001])
def test_columns_that_are_alike_in_all_rows_are_given_once(database: Database, count: int) -> None:
    number, day = loaded(database), datetime.date(2025, 8, 31)
    rows = [(900000 + n, None if n % 3 else n / 7, Missing.SUPPRESSED if n % 3 else None, None) for n in range(count)]
    with database.writing() as session:
        alike = {"indicator": "a", "as_of": day, "load_id": number}
        assert bulk_insert(session, Evidence, ("urn", "value", "missing", "cohort"), rows, alike) == count
    assert evidence(database) == [("a", urn, day, value, missing, cohort, number) for urn, value, missing, cohort in rows]


def test_a_word_that_a_column_does_not_know_is_refused_in_bulk_and_nothing_stays(database: Database) -> None:
    number, day = loaded(database), datetime.date(2025, 8, 31)
    with pytest.raises(ValueError, match="lost"), database.writing() as session:
        bulk_insert(session, Evidence, COLUMNS, [("a", 900001, day, 1.0, None, None, number), ("a", 900002, day, None, "lost", None, number)])
    assert evidence(database) == []


def test_what_a_table_checks_beside_words_is_checked_in_bulk_too_and_words_are_again_after_it(database: Database) -> None:
    at = pendulum.datetime(2026, 8, 3)
    with pytest.raises(IntegrityError), database.writing() as session:
        bulk_insert(session, Feed, ("digest", "supporter_id", "person_id", "made_at"), [("d", None, None, at)])
    number = loaded(database)
    with pytest.raises(IntegrityError), database.writing() as session:  # noqa: PT012
        bulk_insert(session, Evidence, COLUMNS, [("a", 900001, datetime.date(2025, 8, 31), 1.0, None, None, number)])
        session.execute(text("UPDATE evidence SET missing = 'lost'"))


def ended(database: Database, code: str) -> Callable[[], None]:
    """Return work that adds a name and that the server then ends with this code."""

    def work() -> None:
        with database.writing() as session:
            insert_rows(session, Partnership, [{"name": "One", "email": "office@partnership.example"}])
            session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'ended' USING ERRCODE = '{code}'; END $$"))

    return work


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_transaction_that_the_server_ends_for_others_is_done_again_from_its_start_and_saved_once(postgres: Any, code: str) -> None:
    database, attempts = Database(clone(postgres)), Counter[str]()

    @until_saved
    def work(name: str, *, times: int) -> str:
        attempts[name] += 1
        (ended(database, code) if attempts[name] < times else partial(add, database, name))()
        return name

    assert work("once", times=1) == "once"
    assert work("late", times=4) == "late"
    with pytest.raises(DatabaseTrouble, match="Others were saving at the same time, so nothing of this was saved: try again"):
        work("never", times=100)
    assert attempts == {"once": 1, "late": 4, "never": 4}
    assert names(database) == ["once", "late"]
    database.close()


def test_what_the_server_refuses_for_what_it_is_is_not_asked_again(postgres: Any) -> None:
    database, attempts = Database(clone(postgres)), Counter[str]()

    @until_saved
    def work() -> None:
        attempts["work"] += 1
        ended(database, "23505")()

    with pytest.raises(DBAPIError):
        work()
    assert attempts == {"work": 1}
    database.close()
