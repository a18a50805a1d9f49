"""The engine in a process of its own, to be killed: for each moment that it is told it takes its whole turn."""

import contextlib
from multiprocessing.connection import Connection
from pathlib import Path

import pendulum

from models.database import Database
from notifications.channels.mail import Party
from notifications.delivery import Post, deliver_waiting, mailbox_channel
from stages.pipeline import run_all
from stages.reminders.work import remind


def turn(database: Database, post: Post, commission_id: int, at: pendulum.DateTime) -> None:
    """Advance, remind and deliver."""
    run_all(database, commission_id, at)
    remind(database, commission_id, at)
    deliver_waiting(database, post, "engine", at)


def post_into(folder: Path, repeats_replace: bool = False) -> Post:
    """Return a way out into a folder, by which messages go one by one unless a repeat may replace what was there, as it does in a mailbox."""
    return Post(mailbox_channel(folder), Party("Partnership", "office@partnership.example"), repeats_replace)


def serve(url: str, folder: Path, commission_id: int, line: Connection) -> None:
    """Take a turn for each moment that comes along `line`, until its other end is closed."""
    database, post = Database(url), post_into(folder)
    line.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            turn(database, post, commission_id, pendulum.parse(line.recv(), tz="Europe/London"))  # type: ignore[arg-type]
            line.send("done")
