"""Everything on one machine: a Prefect server, the flows, the outbox worker, the relay and, in development, a mail catcher."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pendulum
from sqlalchemy import func, inspect
from sqlalchemy.engine import make_url
from sqlmodel import col, select

from flows.server import PrefectServer, auth_of, client_environment
from models.database import Database
from models.errors import LodestarError
from models.migrating import upgrade
from models.moments import day_of
from models.settings import Settings
from models.trail import Event

_PATIENCE_SECONDS = 20
_WORKERS = ("deployments.serve", "deployments.outbox_worker")


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


class Station:
    """All processes of one installation; whatever stops by itself stops the rest, so that nothing half runs."""

    def __init__(self, settings: Settings, *, mail_catcher: bool) -> None:
        """Prepare to start."""
        self.settings, self.mail_catcher = settings, mail_catcher
        self.stop = threading.Event()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.log = settings.home / "up.log"

    def run(self) -> int:
        """Start everything, wait until told to stop or something ends, stop everything; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        with _only_one(self.settings), PrefectServer(self.settings, self.settings.prefect_port, quiet=False) as server:
            database = Database(self.settings.url())
            upgrade(database)
            database.close()
            server.wait()
            serving = self.settings.serving_file
            serving.unlink(missing_ok=True)
            environment = os.environ | client_environment(self.settings, server.port, quiet=False)
            if self.mail_catcher and "LODESTAR_MAIL" not in os.environ:
                # In development messages leave over a real connection, and get no further than the catcher.
                environment |= {"LODESTAR_MAIL": "smtp", "LODESTAR_SMTP_PORT": str(self.settings.mail_catcher_port)}
            try:
                for module in (*_WORKERS, *(("deployments.mail_catcher",) if self.mail_catcher else ())):
                    self._start(module, environment)
                self._watch(server, until=serving.exists)
                if serving.exists():
                    # Only now: what the relay finds waiting is asked for by triggers that came with the deployments.
                    self._start("deployments.relay_worker", environment)
                    self._tell()
                    self._watch(server, until=lambda: False)
                ended = [name for name, process in self.processes.items() if process.poll() is not None]
            finally:
                self._stop_all()
        if ended and not self.stop.is_set():
            raise LodestarError(f"{', '.join(ended)} ended by itself, so everything was stopped: the log is {self.log}.")
        _say("Stopped.")
        return 0

    def _watch(self, server: PrefectServer, until: Callable[[], bool]) -> None:
        """Wait until told to stop, until something ends, or until what is waited for has come."""
        while not until() and not self.stop.wait(0.2) and server.running and all(p.poll() is None for p in self.processes.values()):
            pass

    def _start(self, module: str, environment: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", module]
            self.processes[module] = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _tell(self) -> None:
        _say(
            f"Lodestar is up. Prefect: http://127.0.0.1:{self.settings.prefect_port} (sign in with the text in {self.settings.home / 'prefect-auth'})"
        )
        _say(f"Database: {address(self.settings)}")
        _say(f"Folder: {self.settings.home}. Log: {self.log}. Stop with Ctrl-C or `lodestar down`.")

    def _stop_all(self) -> None:
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def address(settings: Settings) -> str:
    """Return the address of the database without its password."""
    return make_url(settings.url()).render_as_string(hide_password=True)


def check_clock(settings: Settings, now: pendulum.DateTime) -> None:
    """Raise LodestarError if the trail reaches beyond now: what was played in simulated time would be mixed with real time."""
    if settings.database_url is None and not settings.sqlite_file.exists():
        return
    database = Database(settings.url())
    try:
        database.check_reachable()
        with database.reading() as session:
            there = inspect(session.connection()).has_table("events")
            last = session.exec(select(func.max(col(Event.at)))).one() if there else None
    finally:
        database.close()
    if last is not None and last > now.add(hours=1):
        raise LodestarError(
            f"The trail of this installation reaches {day_of(last):%-d %B %Y}, ahead of the clock: "
            "it was used for simulated time; use another LODESTAR_HOME."
        )


class _only_one:
    """Makes sure that one installation is up once, and leaves its number for `lodestar down`."""

    def __init__(self, settings: Settings) -> None:
        self.file: Path = settings.home / "up.pid"

    def __enter__(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self.file.exists() and _alive(self.file.read_text()):
            raise LodestarError("Lodestar is up here already: `lodestar down` stops it.")
        self.file.write_text(str(os.getpid()))

    def __exit__(self, *_error: object) -> None:
        self.file.unlink(missing_ok=True)


def _alive(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Run the station; an error that a person can mend is one sentence and exit code 1."""
    settings = Settings()
    try:
        check_clock(settings, pendulum.now("Europe/London"))
        auth_of(settings)
        sys.exit(Station(settings, mail_catcher="--no-mail-catcher" not in sys.argv).run())
    except LodestarError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
