"""`lodestar up` before it starts anything: the clock and the trail, and what it says of the database."""

from pathlib import Path

import pendulum
import pytest

from deployments.up import address, check_clock
from models.database import Database, insert_rows
from models.errors import LodestarError
from models.settings import Settings
from models.trail import Event
from models.words import Role

NOW = pendulum.datetime(2026, 11, 22, 12, tz="Europe/London")


def settings_with(url: str, monkeypatch: pytest.MonkeyPatch, last: pendulum.DateTime) -> Settings:
    monkeypatch.setenv("LODESTAR_DATABASE_URL", url)
    database = Database(url)
    with database.writing() as session:
        insert_rows(session, Event, [{"kind": "case.open", "role": Role.ENGINE, "by": "engine", "at": at} for at in (last, last.subtract(days=9))])
    database.close()
    return Settings()


def test_a_trail_ahead_of_the_clock_is_refused_in_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(url, monkeypatch, pendulum.datetime(2027, 3, 5, 9, tz="Europe/London"))
    with pytest.raises(LodestarError) as raised:
        check_clock(settings, NOW)
    assert str(raised.value) == (
        "The trail of this installation reaches 5 March 2027, ahead of the clock: it was used for simulated time; use another LODESTAR_HOME."
    )


@pytest.mark.parametrize("minutes", [-1000, 0, 59])
def test_a_trail_that_ends_about_now_is_as_it_should_be(url: str, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    check_clock(settings_with(url, monkeypatch, NOW.add(minutes=minutes)), NOW)


def test_an_installation_without_a_database_or_without_tables_is_new(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    check_clock(settings, NOW)
    assert not settings.home.exists()
    settings.home.mkdir()
    settings.sqlite_file.touch()
    check_clock(settings, NOW)


def test_the_address_of_the_database_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LODESTAR_DATABASE_URL", "postgresql://ada:s3cret@db.example/lodestar")
    assert "s3cret" not in address(Settings()) and "db.example/lodestar" in address(Settings())
