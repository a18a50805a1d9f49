"""A Prefect server of our own on loopback, as one process; this module does not import Prefect, which takes seconds."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import TracebackType
from typing import Self

from models.errors import LodestarError
from models.settings import Settings

_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_ROOT_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}


def auth_of(settings: Settings) -> str:
    """Return user:password for the server: the one that was set, or one of our own kept where only its owner can read it."""
    if settings.prefect_auth:
        return settings.prefect_auth.get_secret_value()
    file = settings.home / "prefect-auth"
    if not file.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write("lodestar:" + secrets.token_urlsafe(24))
    return file.read_text()


def client_environment(settings: Settings, port: int, *, quiet: bool) -> dict[str, str]:
    """Return the environment with which this installation's processes find its Prefect server."""
    found = {
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_AUTH_STRING": auth_of(settings),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    return found | (_QUIET if quiet else {})


class PrefectServer:
    """A server process; started at once, waited for when needed, stopped at the end."""

    def __init__(self, settings: Settings, port: int | None = None, *, quiet: bool = True) -> None:
        """Start the server on `port` of loopback, or on any free port; it answers some seconds later."""
        self.settings = settings
        settings.prefect_home.mkdir(parents=True, exist_ok=True)
        listening = _listen(port or 0)
        self.port: int = listening.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment |= client_environment(settings, self.port, quiet=quiet)
        environment |= {
            "PREFECT_SERVER_API_AUTH_STRING": auth_of(settings),
            "PREFECT_UI_ENABLED": "false" if quiet else "true",
            "PREFECT_UI_API_URL": f"http://127.0.0.1:{self.port}/api",
            # An embedded server needs no scheduler; a standing one does.
            **({"PREFECT__SERVER_EPHEMERAL": "1"} if quiet else {}),
            "PREFECT__SERVER_FINAL": "1",
            # On SQLite each small write of these can collide with a request, which then waits two seconds to try again.
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
            "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
            "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
        }
        self._log = (settings.home / "prefect-server.log").open("ab")
        command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--fd", str(listening.fileno()),
                   "--log-level", "warning", "--lifespan", "on", "--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "120"]  # fmt: skip
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command, env=environment, pass_fds=(listening.fileno(),), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            start_new_session=True,
        )  # fmt: skip
        listening.close()

    def wait(self, seconds: float = 90) -> None:
        """Wait until the server answers; LodestarError says where its log is if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise LodestarError(f"The Prefect server did not start: its log is {self.settings.home / 'prefect-server.log'}.")
            if answers(self.port):
                return
            time.sleep(0.1)
        raise LodestarError(f"The Prefect server did not answer in {seconds:.0f} seconds: its log is {self.settings.home / 'prefect-server.log'}.")

    def stop(self) -> None:
        """Stop the server, by force if it takes too long."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(8)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    @property
    def running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    """Return a listening socket on loopback; LodestarError if the port is taken."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # without it each request waits 40 ms
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise LodestarError(f"Port {port} is taken: stop what uses it, or set LODESTAR_PREFECT_PORT to another.") from error
    listening.listen(64)
    listening.set_inheritable(True)
    return listening


def answers(port: int) -> bool:
    """Tell whether a Prefect server answers on `port` of loopback."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
