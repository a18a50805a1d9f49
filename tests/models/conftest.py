"""Databases without any table, of each kind."""

import pathlib
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from models.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Database]:
    """A database of each kind in which nothing was ever made."""
    address = f"sqlite:///{tmp_path / 'bare.db'}"
    if request.param == "postgresql":
        server, name = request.getfixturevalue("postgres"), f"b_{uuid.uuid4().hex}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        address = server.get_uri(database=name, driver="psycopg")
    database = Database(address)
    yield database
    database.close()
