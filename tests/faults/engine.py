"""The engine in a process of its own, to be killed: for each moment on standard input it takes its whole turn."""

import sys
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


def post_into(folder: Path) -> Post:
    """Return a way out into a folder."""
    return Post(mailbox_channel(folder), Party("Partnership", "office@partnership.example"))


def main() -> None:
    """Serve turns until standard input ends."""
    database, post, commission_id = Database(sys.argv[1]), post_into(Path(sys.argv[2])), int(sys.argv[3])
    print("ready", flush=True)
    for line in sys.stdin:
        turn(database, post, commission_id, pendulum.parse(line.strip(), tz="Europe/London"))  # type: ignore[arg-type]
        print("done", flush=True)


if __name__ == "__main__":
    main()
