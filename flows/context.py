"""What every flow starts from: settings, the database, the moment, and telling operations when a run fails."""

import datetime
import os
from functools import cache
from typing import Any

import pendulum

from models.database import Database
from models.settings import Settings
from notifications.delivery import Post, post_from
from notifications.operations import alert


def settings() -> Settings:
    """Return the settings of this installation, read from the environment (again only where that has changed)."""
    return _settings(tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("LODESTAR_"))))


@cache
def _settings(environment: tuple[tuple[str, str], ...]) -> Settings:
    return Settings()


@cache
def _database(url: str) -> Database:
    return Database(url)


def database() -> Database:
    """Return this process's database."""
    return _database(settings().url())


def post() -> Post:
    """Return this installation's way out for messages."""
    return post_from(settings())


def moment(at: datetime.datetime | None) -> pendulum.DateTime:
    """Return the moment a run is for: the one that was asked for (a simulated one, say) or now."""
    return pendulum.now("Europe/London") if at is None else pendulum.instance(at).in_timezone("Europe/London")


def tell_operations(flow: Any, flow_run: Any, state: Any) -> None:
    """Tell operations that a run failed; a hook of every flow."""
    alert(f"Lodestar: {flow.name} failed", f"Run {flow_run.name}: {state.message or state.name}", settings())
