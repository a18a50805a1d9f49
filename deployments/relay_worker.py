"""The relay worker: tells Prefect what happened, so that a decision starts the next flow within seconds."""

import signal
import threading

from flows.relay import relay_until
from models.database import Database
from models.settings import Settings


def work() -> None:
    """Relay until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(Settings().url())
    relay_until(stop.is_set, database)
    database.close()


if __name__ == "__main__":
    work()
