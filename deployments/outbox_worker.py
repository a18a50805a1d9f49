"""The outbox worker: delivers what waits, every other second, until told to stop; several may run side by side."""

import logging
import os
import signal
import socket
import threading

import pendulum

from models.database import Database
from models.settings import Settings
from notifications.channels.councilmail import hang_up
from notifications.delivery import deliver_waiting, post_from

_EVERY_SECONDS = 2.0


def work() -> None:
    """Deliver until SIGTERM or SIGINT; the message in flight is finished first."""
    logging.basicConfig(level=logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = Settings()
    database, post = Database(settings.url()), post_from(settings)
    worker = f"{socket.gethostname()}-{os.getpid()}"
    while not stop.is_set():
        deliver_waiting(database, post, worker, pendulum.now("Europe/London"), most=200)
        stop.wait(_EVERY_SECONDS)
    hang_up()
    database.close()


if __name__ == "__main__":
    work()
